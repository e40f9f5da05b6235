/**
 * The host that faults are tried on: an asset in two stores with three sets, real scripts, and eyes of its own. Nothing here is shared with
 * the scripts: MANIFESTs, payloads and live data are read by this program.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

export const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
/** The live data, in the place of a world. People's paths have spaces. */
const LIVE = "live/my data";
/** How many sets the plan keeps. */
const KEPT = 3;

export const base = mkdtempSync(join(tmpdir(), "lifeboat-faults-"));
process.on("exit", () => rmSync(base, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** A host with one asset in two stores, three sets of it, and the same once more as it was then. */
export function makeWorld(kind) {
  const place = join(base, kind);
  const world = { kind, place, pristine: join(base, `${kind}.pristine`), type: kind, digests: new Map() };
  mkdirSync(join(place, "plans"), { recursive: true });
  for (const name of ["live", "one", "two", "state", "logs"]) mkdirSync(join(place, name));
  writeFileSync(join(place, "package.json"), "{}\n");
  writeFileSync(
    join(place, "plans/host.plan.yaml"),
    JSON.stringify({
      plan: "host",
      hosts: {
        box: {
          timeZone: "UTC",
          paths: {
            scripts: join(place, "opt"),
            state: join(place, "state"),
            logs: join(place, "logs"),
            scratch: join(place, "scratch"),
          },
        },
      },
      stores: {
        one: { kind: "directory", path: join(place, "one") },
        two: { kind: "directory", path: join(place, "two") },
      },
      assets: {
        thing: {
          kind,
          ...(kind === "files" ? { paths: [join(place, LIVE)] } : { path: join(place, LIVE) }),
          on: "box",
          schedule: { daily: "02:00" },
          copies: ["one", "two"],
          keep: { last: KEPT },
          compress: "gzip",
        },
      },
    }),
  );
  must(process.execPath, [join(root, "dist/lifeboat.mjs"), "build", "--shellcheck", "off"], { cwd: place });
  world.scripts = join(place, "generated/host/box");
  for (let version = 1; version <= KEPT; version++) {
    writeLive(world, version);
    must(join(world.scripts, "backup-thing.sh"), ["--quiet"], { env: environment() });
    world.digests.set(setNames(world, "one").at(-1), digestLive(world));
  }
  if (setNames(world, "two").length !== KEPT) throw new Error("the world is not what it should be");
  cpSync(place, world.pristine, { recursive: true, preserveTimestamps: true });
  prepare(world, "restore");
  world.now = digestLive(world);
  return world;
}

/** Live data as it is at a time: content, and which files there are, differ each time. */
export function writeLive(world, version) {
  const live = join(world.place, LIVE);
  if (world.kind === "sqlite") {
    must("sqlite3", [
      live,
      `drop table if exists t; create table t (a); insert into t values (${version}), ('row'), (null);`,
    ]);
    return;
  }
  rmSync(live, { recursive: true, force: true });
  mkdirSync(join(live, `only-in-${version}`), { recursive: true });
  writeFileSync(join(live, "same"), "the same each time\n");
  writeFileSync(join(live, "other"), `version ${version}\n`);
  writeFileSync(join(live, `only-in-${version}`, "a name\nof two lines"), Buffer.alloc(20_000, version));
}

/** What somebody would find who looked at the data: for a database its rows, for files all that can be told of them. */
export function digest(world, path) {
  if (!existsSync(path)) return "gone";
  if (world.kind === "sqlite") {
    const rows = spawnSync("sqlite3", [path, "select rowid, quote(a) from t; pragma integrity_check"], {
      encoding: "utf8",
    });
    return rows.status === 0 ? rows.stdout : `unreadable: ${rows.stderr}`;
  }
  const hash = createHash("sha256");
  const walk = (file, name) => {
    const status = lstatSync(file);
    hash.update(`${name}\0${status.mode}\0${status.uid}:${status.gid}\0`);
    if (status.isSymbolicLink()) hash.update(readlinkSync(file));
    else if (status.isFile()) hash.update(readFileSync(file));
    else for (const child of readdirSync(file).sort()) walk(join(file, child), `${name}/${child}`);
  };
  walk(path, "");
  return hash.digest("hex");
}

export function digestLive(world) {
  return digest(world, join(world.place, LIVE));
}

/** Names in a store that look like sets. */
export function setNames(world, store) {
  const folder = join(world.place, store, world.type, "thing");
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^\d{8}T\d{6}Z$/.test(name))
        .sort()
    : [];
}

/** Back to how it was before the last try, with the live data changed since the last set; for `undo` with a restore pending. */
export function prepare(world, verb) {
  const from = verb === "undo" ? pendingWorld(world) : world.pristine;
  for (const name of ["live", "one", "two", "state", "logs", "scratch"]) {
    rmSync(join(world.place, name), { recursive: true, force: true });
    if (existsSync(join(from, name))) must("cp", ["-a", join(from, name), world.place]);
  }
  if (verb !== "undo") writeLive(world, KEPT + 1);
}

/** A world whose restore was killed in the middle of its swap: the old data is aside, the new not in its place. */
export function pendingWorld(world) {
  const folder = `${world.pristine}.pending`;
  if (existsSync(folder)) return folder;
  prepare(world, "restore");
  const aside = join(world.place, "live");
  // mv renames the live data aside; then the run is killed, and with it the process that waits for mv.
  const tools = join(base, "tools");
  mkdirSync(tools, { recursive: true });
  writeFileSync(
    join(tools, "mv"),
    `#!/bin/bash\n/usr/bin/mv "$@" || exit\n[[ \${*: -1} != "${aside}/my data.lifeboat-old-"* ]] || kill -9 "$(cat "${base}/pid")" "$PPID"\n`,
    { mode: 0o755 },
  );
  const killed = spawnSync(
    "bash",
    ["-c", `echo $$ >"${base}/pid"; exec "$0" --yes`, join(world.scripts, "restore-thing.sh")],
    { env: { ...environment(), PATH: `${tools}:${process.env.PATH}` }, encoding: "utf8" },
  );
  if (killed.signal !== "SIGKILL") throw new Error(`the restore was not killed: ${killed.stderr}`);
  spawnSync("sleep", ["2"]);
  if (existsSync(join(world.place, LIVE)))
    throw new Error("the restore was not killed in the middle of its swap");
  // Its run has left pipes behind.
  must("cp", ["-a", world.place, folder]);
  return folder;
}

/** What a set holds, read by the test's own means, or why it holds nothing. */
export function decode(world, set) {
  try {
    return decodeSet(world, set);
  } catch (error) {
    return `unreadable: ${error.message}`;
  }
}

function decodeSet(world, set) {
  const manifest = new Map(
    readFileSync(join(set, "MANIFEST"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const stored = readFileSync(join(set, manifest.get("payload.1.file")));
  const sha = (data) => createHash("sha256").update(data).digest("hex");
  if (sha(stored) !== manifest.get("payload.1.stored_sha256"))
    return "its payload has another hash than its MANIFEST says";
  const raw = gunzipSync(stored);
  if (sha(raw) !== manifest.get("payload.1.raw_sha256"))
    return "its payload decodes to something else than its MANIFEST says";
  const out = mkdtempSync(join(base, "decoded-"));
  try {
    if (world.kind === "sqlite") {
      writeFileSync(join(out, "data"), raw);
      return digest(world, join(out, "data"));
    }
    must("tar", ["-xpf", "-", "-C", out], { input: raw });
    return digest(world, join(out, world.place, LIVE));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

export function environment() {
  return { PATH: process.env.PATH, HOME: base, LC_ALL: "C", LIFEBOAT_TRUST_ENVIRONMENT: "1" };
}

export function must(program, args, settings = {}) {
  const result = spawnSync(program, args, { encoding: "utf8", ...settings });
  if (result.status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${result.stderr}${result.stdout}${result.error ?? ""}`);
  return result.stdout;
}

/** mulberry32: the same faults for the same seed. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
