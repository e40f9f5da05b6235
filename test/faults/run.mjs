/**
 * `npm run test:faults`: faults at every call that changes the file system, in every process of a run, and what is left after each.
 *
 *     node test/faults/run.mjs --short              a fixed sample, part of npm test
 *     node test/faults/run.mjs                      the long form: everywhere
 *     node test/faults/run.mjs --sample 20 --seed 7 the same in 20 places for each way, chosen by chance
 *     node test/faults/run.mjs --only kill --verb restore --kind files --from 120 --verbose
 *
 * Real scripts, made by the compiler from a plan, with nothing replaced; fault.c is preloaded into every program. After each fault the
 * store and the live data are looked at by this program, which shares no code with the scripts: it reads MANIFESTs and payloads itself.
 *
 *   - every set that was there is there, byte for byte, unless a rule of the plan lets it go
 *   - every set that counts as one decodes to the very data it was made of
 *   - the live data is the old or the new, never a mixture and never gone; half-way only while the restore is pending, and then `--undo`
 *     brings the old
 *   - a run that says that it is done is done; one that is not says so, with a documented exit code
 *   - the next run succeeds, and nothing is left behind after it
 */
import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import {
  base,
  decode,
  digest,
  digestLive,
  environment,
  here,
  makeWorld,
  must,
  prepare,
  seeded,
  setNames,
} from "./world.mjs";

const options = parse(process.argv.slice(2));
const DOCUMENTED = new Set([0, 64, 65, 69, 70, 73, 74, 75, 77, 78, 129, 130, 143]);
/**
 * The ways in which a run goes wrong. `counts` says at which calls of it: those that change the file system, files that are opened to be
 * read, or programs that are started. `error` is what the call gives instead; without one the run stops there, and gets the signals. A power
 * cut is a kill that takes along what was written and not synced; its last place is after the end of the run. A twin is begun so many
 * hundredths of a second after the run.
 */
const WAYS = {
  kill: { counts: "changes", signals: ["SIGKILL"] },
  power: { counts: "changes", signals: ["SIGKILL"] },
  TERM: { counts: "changes", signals: ["SIGTERM"] },
  INT: { counts: "changes", signals: ["SIGINT"] },
  "TERM twice": { counts: "changes", signals: ["SIGTERM", "SIGTERM"] },
  EIO: { counts: "changes", error: 5 },
  ENOSPC: { counts: "changes", error: 28 },
  EROFS: { counts: "changes", error: 30 },
  EDQUOT: { counts: "changes", error: 122 },
  ESTALE: { counts: "changes", error: 116 },
  "EIO reading": { counts: "reads", error: 5 },
  "ESTALE reading": { counts: "reads", error: 116 },
  "program fails": { counts: "programs", error: 1 },
  "program killed": { counts: "programs", error: 9 },
  "two at once": { counts: "changes", isTwin: true },
};
/** Nothing that is wrong with a disk or a signal makes data bad, or is a bug of the script. */
const NEVER = new Set([65, 70]);

/** A place after the last call. */
const AFTER = 0xffffffff;

const library = join(base, "fault.so");
must("gcc", ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, join(here, "fault.c"), "-ldl"]);

const random = seeded(options.seed);
const table = new Map();
const lost = [];
const began = Date.now();
const kinds = options.short ? ["files"] : ["files", "sqlite"];
const verbs = options.short
  ? ["backup", "restore", "undo"]
  : ["backup", "restore", "undo", "verify", "drill"];
for (const kind of kinds.filter((name) => !options.kind || name === options.kind)) {
  const world = makeWorld(kind);
  for (const verb of verbs.filter((name) => !options.verb || name === options.verb))
    await tryAll(world, verb);
}
report();

/** Every way in which one verb of one kind can go wrong. */
async function tryAll(world, verb) {
  const counts = new Map();
  for (const way of waysToTry()) {
    const { counts: counted, error } = WAYS[way];
    if (!counts.has(counted)) {
      prepare(world, verb);
      counts.set(counted, (await run(world, verb, { way, at: 0 })).count);
      if (counts.get(counted) < 5)
        throw new Error(`${world.kind} ${verb}: only ${counts.get(counted)} ${counted} were counted`);
    }
    for (const at of positions(counts.get(counted), way)) {
      prepare(world, verb);
      const fault = { way, at, sticky: counted === "changes" && error !== undefined && random() < 0.5 };
      const result = await run(world, verb, fault);
      const entry = row(world.kind, verb, way);
      // A run has a few calls more or less each time: where the last ones did not come, nothing was tried.
      if (!result.fired && at !== AFTER) {
        entry.missed++;
        continue;
      }
      entry.tried++;
      const wrong = await judge(world, verb, result);
      if (wrong.length === 0) entry.survived++;
      else {
        lost.push({ kind: world.kind, verb, ...fault, call: result.call, wrong, output: result.output });
        process.stdout.write(
          `LOST ${world.kind} ${verb} ${way} at ${counted} ${at} (${result.call}): ${wrong.join("; ")}\n`,
        );
        if (options.verbose) process.stdout.write(result.output.replace(/^/gm, "    "));
        if (options["until-lost"]) return;
      }
    }
  }
}

function waysToTry() {
  if (options.only) return [options.only];
  if (!options.short) return Object.keys(WAYS);
  const errors = Object.keys(WAYS).filter((way) => WAYS[way].error !== undefined);
  return ["kill", "power", errors[Math.floor(random() * errors.length)]];
}

/** Where a way is tried: everywhere in the long form, else in some places. */
function positions(count, way) {
  if (options.from) return [options.from];
  const sample = options.short ? 1 : options.sample;
  // Not among the last ones, which a shorter run does not get to.
  const some = Array.from({ length: sample ?? 0 }, () => 1 + Math.floor(random() * count * 0.95));
  const places = sample ? [...new Set(some)] : Array.from({ length: count }, (_, index) => index + 1);
  if (WAYS[way].isTwin) return [...new Set(places.map((place) => 1 + (place % 150)))];
  return way === "power" ? [...places, AFTER] : places;
}

// --- A run ----------------------------------------------------------------------------------------------------------------------

function command(world, verb) {
  if (verb === "restore") return [join(world.scripts, "restore-thing.sh"), "--yes"];
  if (verb === "undo") return [join(world.scripts, "restore-thing.sh"), "--undo", "--yes"];
  if (verb === "verify") return [join(world.scripts, "verify-thing.sh"), "--all"];
  return [join(world.scripts, `${verb}-thing.sh`)];
}

/** Run a verb with a fault: the run, which waits at its place, gets its signals there, or goes on with the error. */
function run(world, verb, { way, at, sticky }) {
  const { counts, error, signals = [], isTwin = false } = WAYS[way];
  const counter = join(base, "counter");
  const journal = join(base, "journal");
  writeFileSync(counter, Buffer.alloc(64));
  writeFileSync(journal, "");
  const [program, ...args] = command(world, verb);
  const env = {
    ...environment(),
    LD_PRELOAD: library,
    FAULT_COUNTER: counter,
    FAULT_COUNTS: counts,
    FAULT_AT: String(isTwin ? AFTER : at),
    FAULT_ERROR: String(error ?? 0),
    FAULT_BELOW: world.place,
    ...(way === "power" ? { FAULT_JOURNAL: journal } : {}),
    ...(sticky ? { FAULT_STICKY: "1" } : {}),
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, cwd: base, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    const twin = isTwin && at > 0 ? after(at * 10, program, args) : Promise.resolve(undefined);
    let acted = false;
    const watch = setInterval(() => {
      if (acted || signals.length === 0 || readFileSync(counter).readUInt32LE(4) === 0) return;
      acted = true;
      if (signals[0] === "SIGKILL") return killAll(counter);
      process.kill(child.pid, signals[0]);
      // The signal is there before the call is made. A second one comes while the run puts things in order.
      setTimeout(() => release(counter), 20);
      if (signals.length > 1) setTimeout(() => isAlive(child) && process.kill(child.pid, signals[1]), 120);
    }, 4);
    const limit = setTimeout(() => {
      output += "\nIT HUNG\n";
      killAll(counter);
    }, 120_000);
    child.on("close", async (code, signal) => {
      clearInterval(watch);
      clearTimeout(limit);
      const second = await twin;
      if (way === "power") cutPower(world, journal);
      const bytes = readFileSync(counter);
      const call = bytes.subarray(16).toString("latin1").replace(/\0.*$/s, "");
      resolve({
        code,
        signal,
        output,
        count: bytes.readUInt32LE(0),
        fired: bytes.readUInt32LE(4) === 1 || isTwin,
        twin: second,
        call,
      });
    });
  });
}

/** The same program once more, some milliseconds later. */
function after(delay, program, args) {
  return new Promise((resolve) => {
    setTimeout(() => {
      const child = spawn(program, args, { env: environment(), cwd: base, stdio: "ignore" });
      child.on("close", (code) => resolve(code));
    }, delay);
  });
}

/** Let a run go on that waits at its fault. */
function release(counter) {
  const file = openSync(counter, "r+");
  writeSync(file, Buffer.from([1, 0, 0, 0]), 0, 4, 8);
  closeSync(file);
}

function isAlive(child) {
  return child.exitCode === null && child.signalCode === null;
}

/** Take away what was written and not synced: each file has what it had when it was last safe. Renames are taken to be safe. */
function cutPower(world, journal) {
  const sizes = new Map();
  for (const line of readFileSync(journal, "utf8").trimEnd().split("\n")) {
    const [what, inode, size] = line.split(" ");
    if (what === "dirty" && !sizes.has(inode)) sizes.set(inode, Number(size));
    if (what === "clean" && inode === "0") sizes.clear();
    else if (what === "clean") sizes.delete(inode);
  }
  for (const entry of readdirSync(world.place, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const status = statSync(file);
    const size = sizes.get(String(status.ino));
    if (size !== undefined && size < status.size) truncateSync(file, size);
  }
}

/** SIGKILL to every process of a run: they are told by the counter in their environment. */
function killAll(counter) {
  for (let found = true; found; ) {
    found = false;
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const text = readFileSync(`/proc/${pid}/environ`, "latin1");
        if (!text.includes(`FAULT_COUNTER=${counter}\0`)) continue;
        process.kill(Number(pid), "SIGKILL");
        found = found || !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
      } catch {
        // It is gone.
      }
    }
  }
}

// --- What is left ---------------------------------------------------------------------------------------------------------------

/** Everything that is wrong after a fault: nothing, if all is well. */
async function judge(world, verb, result) {
  const wrong = [];
  if (result.output.includes("IT HUNG")) wrong.push("it hung");
  const killed = result.signal === "SIGKILL";
  if (!killed) {
    if (!DOCUMENTED.has(result.code)) wrong.push(`ended with ${result.code ?? result.signal}`);
    if (NEVER.has(result.code)) wrong.push(`called it ${result.code}`);
    // Whoever sends a signal knows why the run ended; every other end says its cause.
    const isSignal = result.code > 128;
    if (result.code !== 0 && !isSignal && !/ERROR/.test(result.output))
      wrong.push(`ended with ${result.code} and said nothing`);
  }
  const done = !killed && result.code === 0;
  if (result.twin !== undefined && (!DOCUMENTED.has(result.twin) || NEVER.has(result.twin)))
    wrong.push(`its twin ended with ${result.twin}`);
  wrong.push(...judgeSets(world, verb, done ? (result.twin === 0 ? [1, 2] : [1]) : [0, 1, 2]));
  const target = world.digests.get([...world.digests.keys()].at(-1));
  const live = digestLive(world);
  if (verb === "restore") {
    if (done && live !== target) wrong.push("said that the restore is done, and it is not");
    if (live !== world.now && live !== target && !isPending(world))
      wrong.push("the live data is neither old nor new, and nothing is pending");
  } else if (verb === "undo") {
    if (done && live !== world.now) wrong.push("said that it is undone, and it is not");
    if (live !== world.now && !isPending(world))
      wrong.push("the old data is not back, and nothing is pending");
  } else if (live !== world.now) wrong.push("the live data was changed");
  wrong.push(...(await goOn(world, verb, live === target)));
  return wrong;
}

/** Every set of before is there as it was, or went by the rule; every new one is what was live. */
function judgeSets(world, verb, allowed) {
  const wrong = [];
  for (const store of ["one", "two"]) {
    const names = setNames(world, store);
    const folder = (root) => join(root, store, world.type, "thing");
    const fresh = names.filter((name) => !world.digests.has(name));
    for (const name of fresh) {
      const found = decode(world, join(folder(world.place), name));
      if (found !== world.now)
        wrong.push(`the new set ${name} in ${store} is not what was backed up: ${found}`);
    }
    if (verb === "backup" && !allowed.includes(fresh.length))
      wrong.push(`there are ${fresh.length} new sets in ${store}`);
    if (verb !== "backup" && fresh.length > 0) wrong.push(`${verb} made a set`);
    const old = [...world.digests.keys()];
    const kept = old.filter((name) => names.includes(name));
    const mayGo = fresh.length;
    if (old.length - kept.length > mayGo)
      wrong.push(`${store} lost ${old.filter((name) => !kept.includes(name)).join(", ")}`);
    if (kept.some((name, index) => name !== old.slice(old.length - kept.length)[index]))
      wrong.push(`${store} lost a newer set before an older one`);
    for (const name of kept) {
      const before = digest({ kind: "files" }, join(folder(world.pristine), name));
      if (before !== digest({ kind: "files" }, join(folder(world.place), name)))
        wrong.push(`the set ${name} in ${store} was changed`);
    }
  }
  return wrong;
}

function isPending(world) {
  return (
    existsSync(join(world.place, "state/thing.restoring")) ||
    existsSync(join(world.place, "state/thing.swap"))
  );
}

/** The next run succeeds; where a restore is pending, after the decision that the message names; and nothing is left then. */
async function goOn(world, verb, isNew) {
  const wrong = [];
  const script = (name, ...args) =>
    spawnSync(join(world.scripts, `${name}-thing.sh`), args, { encoding: "utf8", env: environment() });
  const demand = (result, what) => {
    if (result.status !== 0)
      wrong.push(
        `${what} ended with ${result.status}: ${result.stderr.trim().split("\n").slice(0, 2).join(" | ")}`,
      );
  };
  let next = script(
    verb === "undo" ? "restore" : verb,
    ...(verb === "restore" || verb === "undo" ? ["--yes"] : []),
  );
  if (next.status === 75 && /--undo/.test(next.stderr)) {
    demand(script("restore", "--undo", "--yes"), "--undo");
    const live = digestLive(world);
    if (live !== world.now) wrong.push(`--undo did not bring the old data back: ${live}`);
    next = script(
      verb === "undo" ? "restore" : verb,
      ...(verb === "restore" || verb === "undo" ? ["--yes"] : []),
    );
  } else if ((verb === "restore" || verb === "undo") && !isNew && isPending(world))
    wrong.push("a pending restore did not stop the next one");
  demand(next, `the next ${verb}`);
  if (verb !== "backup") demand(script("backup", "--quiet"), "the backup after it");
  demand(script("verify", "--all", "--quiet"), "the verification after it");
  const left = spawnSync(
    "find",
    [
      world.place,
      "-name",
      ".partial-*",
      "-o",
      "-name",
      ".expired-*",
      "-o",
      "-name",
      ".lifeboat-live-*",
      "-o",
      "-name",
      ".lifeboat-scratch-*",
      "-o",
      "-name",
      "*.swap",
      "-o",
      "-name",
      "*.restoring*",
      "-o",
      "-name",
      "SUSPECT",
      "-o",
      "-path",
      `${world.place}/state/run/*`,
    ],
    { encoding: "utf8" },
  ).stdout.trim();
  if (left !== "")
    wrong.push(
      `left behind: ${left
        .split("\n")
        .map((path) => path.slice(world.place.length + 1))
        .join(", ")}`,
    );
  return wrong;
}

// --- Telling --------------------------------------------------------------------------------------------------------------------

function row(kind, verb, way) {
  const key = `${kind} ${verb} ${way}`;
  if (!table.has(key)) table.set(key, { kind, verb, way, tried: 0, survived: 0, missed: 0 });
  return table.get(key);
}

function report() {
  process.stdout.write("\n| kind | verb | fault | tried | survived | lost |\n|---|---|---|---|---|---|\n");
  let tried = 0;
  let missed = 0;
  for (const each of table.values()) {
    tried += each.tried;
    missed += each.missed;
    process.stdout.write(
      `| ${each.kind} | ${each.verb} | ${each.way} | ${each.tried} | ${each.survived} | ${each.tried - each.survived} |\n`,
    );
  }
  process.stdout.write(`\nSeed ${options.seed}, ${Math.round((Date.now() - began) / 1000)} s.\n`);
  // A run differs a little from time to time: a call near its end may not come.
  if (missed > tried / 10) lost.push("too many faults never fired");
  process.stdout.write(`${tried - lost.length} passed, ${lost.length} failed, 0 skipped\n`);
  process.exitCode = lost.length > 0 || tried === 0 ? 1 : 0;
}

function parse(args) {
  const result = { seed: 1, short: false, verbose: false };
  for (let i = 0; i < args.length; i++) {
    const name = args[i].replace(/^--/, "");
    if (["short", "verbose", "until-lost"].includes(name)) result[name] = true;
    else if (["only", "verb", "kind"].includes(name)) result[name] = args[++i];
    else if (["from", "seed", "sample"].includes(name)) result[name] = Number(args[++i]);
    else throw new Error(`unknown option ${args[i]}`);
  }
  return result;
}
