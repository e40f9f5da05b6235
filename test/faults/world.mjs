/**
 * The host that faults are tried on: an asset in two stores with three sets, real scripts, and eyes of its own. Nothing here is shared with
 * the scripts: MANIFESTs, payloads and live data are read by this program.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { KINDS } from "./kinds/index.mjs";
import { must, sha256 } from "./kinds/tools.mjs";

export { must };
export const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
/** How many sets the plan keeps. */
const KEPT = 3;

export const base = mkdtempSync(join(tmpdir(), "lifeboat-faults-"));
const places = [];
process.on("exit", () => {
  for (const place of places) {
    if (existsSync(join(place, "service"))) spawnSync(join(place, "service"), ["stop"]);
    for (const store of ["one", "two"]) loseDisk({ place }, store);
  }
  rmSync(base, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** A host with one asset in two stores, some sets of it, and live data that changed since; and the same once more as it is now. */
export function makeWorld(name, sets = KEPT) {
  const kind = KINDS[name];
  const place = join(base, name);
  const world = {
    kind,
    name,
    place,
    pristine: join(base, `${name}.pristine`),
    scripts: join(place, "generated/host/box"),
    digests: new Map(),
    decoded: new Map(),
  };
  mkdirSync(join(place, "plans"), { recursive: true });
  places.push(place);
  for (const folder of ["live", "one", "two", "state", "logs"]) mkdirSync(join(place, folder));
  if (kind.disk) bringDisk(world);
  if (kind.seal === "age") must("age-keygen", ["-o", join(place, "key")]);
  if (kind.seal === "openssl")
    writeFileSync(join(place, "key"), "0123456789abcdef0123456789abcdef\n", { mode: 0o600 });
  writeFileSync(join(place, "package.json"), "{}\n");
  writeFileSync(join(place, "plans/host.plan.ts"), planOf(kind, place));
  must(process.execPath, [join(root, "dist/lifeboat.mjs"), "build", "--shellcheck", "off"], { cwd: place });
  for (const host of kind.moves ? ["box", "other"] : ["box"])
    must(join(place, "generated/host", host, "install.sh"), [], { env: environment() });
  kind.begin?.(place);
  service(world, "start");
  for (let version = 1; version <= sets; version++) {
    kind.write(place, version);
    backUp(world);
  }
  if (kind.moves) {
    moveSets(world);
    // One more that the other store does not have yet.
    backUp(world);
  }
  if (setNames(world, "two").length !== sets) throw new Error("the world is not what it should be");
  kind.write(place, KEPT + 1);
  world.now = kind.look(place);
  service(world, "stop");
  cpSync(place, world.pristine, { recursive: true, preserveTimestamps: true });
  must("cp", ["-a", join(place, "live"), world.pristine]);
  service(world, "start");
  return world;
}

function planOf(kind, place) {
  const paths = (suffix) =>
    JSON.stringify({
      scripts: `${place}/opt${suffix}`,
      state: `${place}/state${suffix}`,
      logs: `${place}/logs${suffix}`,
      scratch: `${place}/scratch${suffix}`,
    });
  const protection = {
    age: () =>
      `compress: "auto", encrypt: age("${must("age-keygen", ["-y", join(place, "key")]).trim()}", { identity: "${place}/key" })`,
    openssl: () => `compress: "auto", encrypt: opensslKey("${place}/key")`,
  };
  const limits = kind.limit ? `timeLimit: { backup: "${kind.limit}", restore: "${kind.limit}" },` : "";
  const reach = (is) => (is ? "reach: local()," : "");
  return `import { age, daily, directory, ${kind.import}, host, keep, local, opensslKey, plan } from "lifeboat";
const on = host("box", { timeZone: "UTC", ${reach(kind.moves === "pull")} paths: ${paths("")} });
const other = host("other", { timeZone: "UTC", ${reach(kind.moves)} paths: ${paths("-other")} });
const shared = {
  schedule: daily("02:00"), keep: keep({ last: ${KEPT} }), ${limits}
  ${protection[kind.seal]?.() ?? 'compress: "gzip"'},
  copies: [directory("one", { path: "${place}/one" }), directory("two", { ${kind.moves ? "on: other, " : ""}path: "${place}/two" })],
} as const;
const common = { ...shared, on };
void [age, opensslKey, other, local, common];
export default plan("host", { assets: [${kind.asset(place)}] });
`;
}

function backUp(world) {
  must(join(world.scripts, "backup-thing.sh"), ["--quiet"], { env: environment() });
  world.digests.set(setNames(world, "one").at(-1), world.kind.look(world.place));
  if (world.kind.moves && setNames(world, "two").length < KEPT) moveSets(world);
}

function moveSets(world) {
  const [program, ...args] = command(world, world.kind.moves);
  must(program, [...args, "--quiet"], { env: environment() });
}

/** Start, stop or ask after the server of a world, if it has one. */
export function service(world, verb) {
  const script = join(world.place, "service");
  return !existsSync(script) || spawnSync(script, [verb], { env: environment() }).status === 0;
}

/** The program of a verb, and its arguments. */
export function command(world, verb) {
  if (verb === "restore") return [join(world.scripts, "restore-thing.sh"), "--yes"];
  if (verb === "undo") return [join(world.scripts, "restore-thing.sh"), "--undo", "--yes"];
  if (verb === "verify") return [join(world.scripts, "verify-thing.sh"), "--all"];
  const host = verb === "pull" ? "other" : "box";
  return [join(world.place, "generated/host", host, `${verb}-thing.sh`)];
}

/** What somebody finds who reads the live data. */
export function look(world) {
  return world.kind.look(world.place);
}

export function folderOf(world, store, from = world.place) {
  return join(from, store, world.kind.type, "thing");
}

/** Names in a store that look like sets. */
export function setNames(world, store, from = world.place) {
  const folder = folderOf(world, store, from);
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^\d{8}T\d{6}Z$/.test(name))
        .sort()
    : [];
}

const FOLDERS = ["one", "two", "state", "state-other", "logs", "logs-other", "scratch", "scratch-other"];

/** Back to how it was before the last try: three sets, and live data that changed since; for `undo`, with a restore pending. */
export function prepare(world, verb) {
  const from = verb === "undo" ? world.pendingAt : world.pristine;
  putBack(world, from, FOLDERS);
  const isTouched =
    verb === "undo" || verb === "restore" || !service(world, "status") || look(world) !== world.now;
  if (!isTouched) return;
  service(world, "stop");
  putBack(world, from, ["live"]);
  if (verb !== "undo" || world.pendingIsUp) service(world, "start");
}

function putBack(world, from, names) {
  for (const name of names) {
    const to = join(world.place, name);
    if (name === world.kind.disk) {
      bringDisk(world);
      for (const entry of readdirSync(to)) rmSync(join(to, entry), { recursive: true, force: true });
    } else rmSync(to, { recursive: true, force: true });
    if (existsSync(join(from, name))) must("cp", ["-a", join(from, name), world.place]);
  }
}

/** The disk of a store, which is a directory beside it, is mounted. */
export function bringDisk(world) {
  const { place } = world;
  const { disk } = world.kind;
  loseDisk(world, disk);
  mkdirSync(`${place}.disk`, { recursive: true });
  must("mount", ["--bind", `${place}.disk`, join(place, disk)]);
}

/** It is gone, for whoever opens a file there from now on. */
export function loseDisk({ place }, store) {
  while (spawnSync("umount", ["-l", join(place, store)]).status === 0);
}

/** Keep the world as it stands, a restore pending, for tries of `undo`. */
export function keepPending(world) {
  world.pendingAt = `${world.pristine}.pending`;
  world.pendingIsUp = service(world, "status");
  service(world, "stop");
  must("cp", ["-a", world.place, world.pendingAt]);
}

export function isPending(world, from = world.place) {
  return existsSync(join(from, "state/thing.restoring")) || existsSync(join(from, "state/thing.swap"));
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
  const payloads = new Map();
  const sums = [];
  for (let number = 1; manifest.has(`payload.${number}.file`); number++) {
    const field = (name) => manifest.get(`payload.${number}.${name}`);
    const stored = readFileSync(join(set, field("file")));
    if (sha256(stored) !== field("stored_sha256"))
      return `${field("file")} has another hash than its MANIFEST says`;
    const raw = decompress(field("codec"), decrypt(world, field("cipher"), stored));
    if (sha256(raw) !== field("raw_sha256"))
      return `${field("file")} decodes to something else than its MANIFEST says`;
    payloads.set(field("name"), raw);
    sums.push(field("raw_sha256"));
  }
  // The same payloads are read once.
  const key = sums.join(" ");
  if (!world.decoded.has(key)) {
    const scratch = mkdtempSync(join(base, "d-"));
    try {
      world.decoded.set(key, world.kind.read(payloads, scratch, world.place));
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  return world.decoded.get(key);
}

function decrypt({ place }, cipher, input) {
  if (cipher === "none") return input;
  if (cipher === "age") return must("age", ["-d", "-i", join(place, "key")], { input, encoding: "buffer" });
  const args = `enc -d -aes-256-ctr -pbkdf2 -iter 600000 -md sha256 -pass file:${place}/key`;
  return must("openssl", args.split(" "), { input, encoding: "buffer" });
}

function decompress(codec, input) {
  return codec === "none" ? input : must(codec, ["-dc"], { input, encoding: "buffer" });
}

/** Programs of the test's own: a STUB of crontab that keeps the table in a file, as picky as cron's about the last newline. */
const tools = join(base, "bin");
mkdirSync(tools);
writeFileSync(
  join(tools, "crontab"),
  `#!/bin/sh
case $1 in
  -l) cat '${base}/crontab' 2>/dev/null || { echo "no crontab for root" >&2; exit 1; } ;;
  *) [ $# = 1 ] && [ -z "$(tail -c 1 "$1")" ] || { echo "missing newline before EOF" >&2; exit 1; }
     cp "$1" '${base}/crontab' ;;
esac
`,
  { mode: 0o755 },
);

export function environment() {
  return { PATH: `${tools}:${process.env.PATH}`, HOME: base, LC_ALL: "C", LIFEBOAT_TRUST_ENVIRONMENT: "1" };
}

/** Run something to its end without stopping this program's own timers. */
export function finish(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: environment(), cwd: base, stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stdout.resume();
    child.stderr.on("data", (data) => (stderr += data));
    child.on("close", (status) => resolve({ status, stderr }));
  });
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
