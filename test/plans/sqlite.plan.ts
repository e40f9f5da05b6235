import { daily, directory, every, host, keep, opensslKey, plan, sqlite } from "lifeboat";

const web = host("web");

export default plan("sqlite", {
  assets: [
    sqlite("ledger", {
      on: web,
      path: "/srv/ledger.db",
      schedule: every("1h"),
      drill: daily("04:00"),
      copies: [directory("disk", { path: "/backup" })],
      keep: keep({ hourly: 24 }),
      encrypt: opensslKey("/etc/lifeboat/backup.key"),
    }),
  ],
});
