/**
 * The smallest useful plan: notes and an SQLite database on this very machine, no server. `npm run demo` runs it for real in a
 * temporary directory, which it names in LIFEBOAT_DEMO; by itself it describes a machine with its data under /srv/embedded.
 */
import { type AbsolutePath, daily, directory, every, files, host, keep, plan, sqlite } from "lifeboat";

const base = (process.env.LIFEBOAT_DEMO ?? "/srv/embedded") as AbsolutePath;

const machine = host("this-machine", {
  paths: {
    scripts: `${base}/lifeboat/scripts`,
    state: `${base}/lifeboat/state`,
    logs: `${base}/lifeboat/logs`,
  },
});

const disk = directory("disk", { path: `${base}/backups` });

const notes = files("notes", {
  on: machine,
  paths: [`${base}/data/notes`],
  schedule: daily("02:00"),
  rpo: "25h",
  rto: "5m",
  expect: { size: "1MiB", backup: "1m", restore: "1m" },
  copies: [disk],
  keep: keep({ last: 3, daily: 7, weekly: 4 }),
});

const ledger = sqlite("ledger", {
  on: machine,
  path: `${base}/data/ledger.db`,
  schedule: every("1h"),
  rpo: "90m",
  rto: "5m",
  expect: { size: "1MiB", backup: "1m", restore: "1m" },
  copies: [disk],
  keep: keep({ hourly: 24, daily: 7 }),
});

export default plan("embedded", { assets: [notes, ledger] });
