/**
 * `npm run demo`: sets up, compiles the reference plan, then backs up, destroys, restores and compares real data of the embedded
 * plan in a temporary directory, with the scripts as an operator would run them.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runOrExit, setUp } from "./setup.mjs";

const bold = (text) => (process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[1m${text}\x1b[0m` : text);
const say = (text = "") => process.stdout.write(`${text}\n`);
const heading = (text) => say(`\n${bold(text)}`);

setUp();
const lifeboat = join(root, "dist/lifeboat.mjs");
const place = mkdtempSync(join(tmpdir(), "lifeboat-demo-"));
process.on("exit", () => rmSync(place, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

heading("1  The reference plan becomes scripts");
run(process.execPath, [
  lifeboat,
  "build",
  "plans/reference.plan.ts",
  "--out",
  join(place, "reference"),
  "--shellcheck",
  "off",
]);
const reference = join(place, "reference/reference");
for (const host of readdirSync(reference)) {
  const files = readdirSync(join(reference, host));
  say(`   ${host.padEnd(14)} ${files.filter((file) => file.startsWith("restore-")).join(" ")}`);
}

heading("2  A small plan runs for real: files and an SQLite database on this machine");
const hasSqlite = ensureSqlite();
const data = join(place, "data");
makeData();
process.env.LIFEBOAT_DEMO = place;
run(process.execPath, [
  lifeboat,
  "build",
  "plans/embedded.plan.ts",
  "--out",
  join(place, "generated"),
  "--shellcheck",
  "off",
]);
const bundle = join(place, "generated/embedded/this-machine");
mkdirSync(join(place, "backups"));
const assets = hasSqlite ? ["notes", "ledger"] : ["notes"];
const before = fingerprint();

heading("3  Back up");
for (const asset of assets) script(`backup-${asset}.sh`);

heading("4  Destroy");
rmSync(data, { recursive: true });
mkdirSync(data);
say(`   ${data} is gone: ${fingerprint() === before ? "no?" : "nothing of it is left"}`);

heading("5  Restore, timed");
const began = performance.now();
for (const asset of assets) script(`restore-${asset}.sh`, "--latest", "--yes");
const seconds = ((performance.now() - began) / 1000).toFixed(2);

heading("6  Compare");
const same = fingerprint() === before;
say(
  same
    ? "   names, contents, modes, times and links are those from before, byte for byte"
    : "   THE DATA DIFFERS",
);

heading("7  A drill: the same in a throw-away place, measured, nothing touched");
for (const asset of assets) script(`drill-${asset}.sh`);
script("status.sh");

if (!same) process.exit(1);
heading("What you saw");
say(`   Two typed plans became plain bash; data was backed up, destroyed and restored: measured RTO ${seconds} s.
   ${hasSqlite ? "" : "sqlite3 is not installed here, so the database was left out.\n   "}The scripts need neither Node nor this folder: copy a host's folder to it and run its install.sh.
   Next: read plans/reference.plan.ts, write plans/yours.plan.ts, run \`npx lifeboat build\`.`);

function run(program, args) {
  const { stdout } = runOrExit(program, args, { stdio: "pipe", encoding: "utf8" });
  say(stdout.trimEnd().replace(/^/gm, "   ").replaceAll(place, "…"));
}

/** Runs a generated script as an operator would, and shows what it prints. */
function script(name, ...args) {
  say(`   $ ./${[name, ...args].join(" ")}`);
  const result = spawnSync(join(bundle, name), args, { encoding: "utf8" });
  const output = `${result.stdout}${result.stderr}`.trimEnd();
  if (output !== "") say(output.replace(/^/gm, "     ").replaceAll(place, "…"));
  if (result.status !== 0) {
    say(`   failed with exit code ${result.status ?? result.signal}`);
    process.exit(1);
  }
}

/** SQLite's own shell is what the database is backed up with; on Debian as root it is installed when missing. */
function ensureSqlite() {
  const present = () => spawnSync("sqlite3", ["--version"]).status === 0;
  if (present()) return true;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    say("   installing sqlite3 …");
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const args of [
      ["update", "-qq"],
      ["install", "-y", "-qq", "--no-install-recommends", "sqlite3"],
    ]) {
      spawnSync("apt-get", args, { env: environment });
    }
  }
  return present();
}

function makeData() {
  const notes = join(data, "notes");
  mkdirSync(join(notes, "회의록 2026"), { recursive: true });
  writeFileSync(join(notes, 'it\'s a "note" with $(odd) name.txt'), "kept as it is\n", { mode: 0o640 });
  writeFileSync(join(notes, "회의록 2026", "9월 📒.md"), "백업은 복원해 봐야 백업이다.\n");
  writeFileSync(join(notes, "large.bin"), Buffer.alloc(8 << 20, "lifeboat "));
  symlinkSync("large.bin", join(notes, "latest"));
  if (!hasSqlite) return;
  const sql = `create table entries (id integer primary key, amount integer not null);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
    insert into entries select i, i * 7 % 1000 from n;`;
  runOrExit("sqlite3", [join(data, "ledger.db"), sql], { stdio: "pipe" });
}

/** A hash over every name, mode, time, link and content below the data. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const entry of readdirSync(data, { recursive: true }).sort()) {
    const path = join(data, entry);
    const stat = lstatSync(path);
    const content = stat.isSymbolicLink() ? readlinkSync(path) : stat.isFile() ? readFileSync(path) : "";
    const time = stat.isFile() && !entry.endsWith(".db") ? Math.floor(stat.mtimeMs / 1000) : "";
    const body = entry.endsWith(".db") ? rows(path) : content;
    hash.update(`${entry}\0${stat.mode}\0${stat.uid}\0${stat.gid}\0${time}\0`).update(body);
  }
  return hash.digest("hex");
}

/** A database is compared by what it says: its pages may lie in another order. */
function rows(path) {
  return runOrExit("sqlite3", [path, ".dump"], { stdio: "pipe", encoding: "utf8" }).stdout;
}
