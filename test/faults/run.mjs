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
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { KINDS } from "./kinds/index.mjs";
import { digestTree } from "./kinds/tools.mjs";
import {
  base,
  bringDisk,
  command,
  decode,
  environment,
  folderOf,
  here,
  isPending,
  keepPending,
  look,
  loseDisk,
  makeWorld,
  must,
  prepare,
  seeded,
  service,
  setNames,
} from "./world.mjs";

const options = parse(process.argv.slice(2));
const DOCUMENTED = new Set([0, 64, 65, 69, 70, 73, 74, 75, 77, 78, 129, 130, 143]);
/**
 * The ways in which a run goes wrong. `counts` says at which calls of it: those that change the file system, files that are opened to be
 * read, or programs that are started. `error` is what the call gives instead; without one the run stops there, and gets the signals. A power
 * cut is a kill that takes along what was written and not synced; its last place is after the end of the run. A twin is begun so many
 * hundredths of a second after the run, and a kill at any time comes so many thousandths of the run's time after its beginning. A call that
 * hangs never comes back; only kinds with short time limits are tried so. A disk that is lost is so in the middle of a run.
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
  "kill, any time": { counts: "time", signals: ["SIGKILL"] },
  hangs: { counts: "changes" },
  "lost disk": { counts: "changes" },
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
const kinds = options.short ? ["files", "pulled"] : Object.keys(KINDS);
const verbs = options.short
  ? ["backup", "restore", "undo"]
  : ["backup", "restore", "undo", "verify", "drill"];
for (const kind of kinds.filter((name) => !options.kind || name === options.kind)) {
  const world = makeWorld(kind);
  const moves = world.kind.moves;
  for (const verb of (moves ? [moves] : verbs).filter((name) => !options.verb || name === options.verb))
    await tryAll(world, verb);
}
report();

/** Every way in which one verb of one kind can go wrong. */
async function tryAll(world, verb) {
  const counts = new Map();
  if (verb === "undo") await makePending(world);
  for (const way of waysToTry(world.kind)) {
    const { counts: counted, error } = WAYS[way];
    if (!counts.has(counted)) {
      prepare(world, verb);
      const began = Date.now();
      const { count } = await run(world, verb, { way, at: 0 });
      counts.set(counted, counted === "time" ? Date.now() - began : count);
      if (counts.get(counted) < 5)
        throw new Error(`${world.name} ${verb}: only ${counts.get(counted)} ${counted} were counted`);
    }
    for (const at of positions(counts.get(counted), way)) {
      prepare(world, verb);
      const fault = { way, at, sticky: counted === "changes" && error !== undefined && random() < 0.5 };
      const result = await run(world, verb, fault);
      const entry = row(world.name, verb, way);
      if (way === "lost disk") bringDisk(world);
      // A run has a few calls more or less each time: where the last ones did not come, nothing was tried.
      if (!result.fired && at !== AFTER) {
        entry.missed++;
        continue;
      }
      entry.tried++;
      const wrong = await judge(world, verb, result);
      if (wrong.length === 0) entry.survived++;
      else {
        lost.push({ kind: world.name, verb, ...fault, call: result.call, wrong, output: result.output });
        process.stdout.write(
          `LOST ${world.name} ${verb} ${way} at ${counted} ${at} (${result.call}): ${wrong.join("; ")}\n`,
        );
        if (options.verbose) process.stdout.write(result.output.replace(/^/gm, "    "));
        if (options["until-lost"]) return;
      }
    }
  }
}

/** A world for undo: a restore that was killed in the middle of its swap, or as near to it as the kind has it. */
async function makePending(world) {
  prepare(world, "restore");
  const { count } = await run(world, "restore", { way: "kill", at: 0 });
  for (let at = Math.floor(count * 0.4); at < count; at += Math.ceil(count / 60)) {
    prepare(world, "restore");
    await run(world, "restore", { way: "kill", at });
    if (isPending(world) && lookNow(world) !== world.now) return keepPending(world);
  }
  throw new Error(`no kill of ${world.name}'s restore left it pending`);
}

function waysToTry(kind) {
  const all = kind.ways ?? Object.keys(WAYS).filter((way) => way !== "hangs" && way !== "lost disk");
  if (options.only) return all.filter((way) => way === options.only);
  if (!options.short) return all;
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

/** Run a verb with a fault: the run, which waits at its place, gets its signals there, or goes on with the error. */
function run(world, verb, { way, at, sticky }) {
  const { counts, error, signals = [], isTwin = false } = WAYS[way];
  const counter = join(base, "counter");
  const journal = join(base, "journal");
  writeFileSync(counter, Buffer.alloc(8192));
  writeFileSync(journal, "");
  const [program, ...args] = command(world, verb);
  const env = {
    ...environment(),
    LD_PRELOAD: library,
    FAULT_COUNTER: counter,
    FAULT_COUNTS: counts,
    FAULT_AT: String(isTwin || counts === "time" ? AFTER : at),
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
    const twin = isTwin && at > 0 ? after(at * 10, program, args, child) : Promise.resolve(undefined);
    let acted = false;
    const killer = setTimeout(
      () => {
        acted = true;
        killAll(counter);
      },
      counts === "time" && at > 0 ? at : 2 ** 30,
    );
    const watch = setInterval(() => {
      if (
        acted ||
        (signals.length === 0 && way !== "lost disk") ||
        readFileSync(counter).readUInt32LE(4) === 0
      )
        return;
      acted = true;
      if (signals[0] === "SIGKILL") return killAll(counter);
      if (way === "lost disk") {
        loseDisk(world, world.kind.disk);
        return release(counter);
      }
      process.kill(child.pid, signals[0]);
      // The signal is there before the call is made. A second one comes while the run puts things in order.
      setTimeout(() => release(counter), 20);
      if (signals.length > 1) setTimeout(() => isAlive(child) && process.kill(child.pid, signals[1]), 120);
    }, 4);
    const limit = setTimeout(
      () => {
        // A call that hangs in the main program itself does so until somebody ends it.
        const waiting = readFileSync(counter).readUInt32LE(12);
        if (way !== "hangs" || isGuarded(waiting, child.pid)) output += "\nIT HUNG\n";
        killAll(counter);
      },
      way === "hangs" ? 60_000 : 240_000,
    );
    child.on("close", async (code, signal) => {
      clearInterval(watch);
      clearTimeout(killer);
      clearTimeout(limit);
      const second = await twin;
      if (way === "power") cutPower(world, journal);
      const bytes = readFileSync(counter);
      const text = (from, to) => bytes.subarray(from, to).toString("latin1").replace(/\0.*$/s, "");
      const call = `${text(16, 64)} ${text(64).slice(world.place.length + 1)}`.trim();
      resolve({
        code,
        signal,
        output,
        count: bytes.readUInt32LE(0),
        fired: bytes.readUInt32LE(4) === 1 || second !== undefined || (counts === "time" && acted),
        twin: second,
        call,
      });
    });
  });
}

/** Does a process belong to a step of a run that has a time limit? Such steps have process groups of their own. */
function isGuarded(pid, run) {
  try {
    return (
      Number(
        readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /, "")
          .split(" ")[2],
      ) !== run
    );
  } catch {
    return true;
  }
}

/** The same program once more, some milliseconds later; nothing where the first has ended by then. */
function after(delay, program, args, first) {
  return new Promise((resolve) => {
    setTimeout(() => {
      if (!isAlive(first)) return resolve(undefined);
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
  if (!killed && !isPending(world) && !service(world, "status")) wrong.push("its service stays stopped");
  const live = lookNow(world);
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

/** The live data; of a server that a kill has left stopped, once it is started, unless that is for the pending restore to do. */
function lookNow(world) {
  if (!service(world, "status") && isPending(world)) return "stopped";
  return service(world, "start") ? look(world) : "does not start";
}

/** Every set of before is there as it was, or went by the rule; every new one is what was live, or what it is where it comes from. */
function judgeSets(world, verb, allowed) {
  const wrong = [];
  for (const store of ["one", "two"]) {
    const names = setNames(world, store);
    const old = setNames(world, store, world.pristine);
    const isFilled = verb === "backup" || ((verb === "pull" || verb === "push") && store === "two");
    const fresh = names.filter((name) => !old.includes(name));
    for (const name of fresh) {
      const found = decode(world, join(folderOf(world, store), name));
      if (found !== (verb === "backup" ? world.now : world.digests.get(name)))
        wrong.push(`the new set ${name} in ${store} is not what it should be: ${found}`);
    }
    if (isFilled && !allowed.includes(fresh.length))
      wrong.push(`there are ${fresh.length} new sets in ${store}`);
    if (!isFilled && fresh.length > 0) wrong.push(`${verb} made a set in ${store}`);
    const kept = old.filter((name) => names.includes(name));
    if (old.length - kept.length > fresh.length)
      wrong.push(`${store} lost ${old.filter((name) => !kept.includes(name)).join(", ")}`);
    if (kept.some((name, index) => name !== old.slice(old.length - kept.length)[index]))
      wrong.push(`${store} lost a newer set before an older one`);
    for (const name of kept) {
      const before = digestTree(join(folderOf(world, store, world.pristine), name));
      if (before !== digestTree(join(folderOf(world, store), name)))
        wrong.push(`the set ${name} in ${store} was changed`);
    }
  }
  return wrong;
}

/** The next run succeeds; where a restore is pending, after the decision that the message names; and nothing is left then. */
async function goOn(world, verb, isNew) {
  const wrong = [];
  const again = (name, ...more) => {
    const [program, ...args] = command(world, name);
    return spawnSync(program, [...args, ...more], { encoding: "utf8", env: environment() });
  };
  const demand = (result, what) => {
    if (result.status !== 0)
      wrong.push(
        `${what} ended with ${result.status}: ${result.stderr.trim().split("\n").slice(0, 2).join(" | ")}`,
      );
  };
  const isRestore = verb === "restore" || verb === "undo";
  const name = isRestore ? "restore" : verb;
  let next = again(name);
  if (next.status === 75 && /--undo/.test(next.stderr)) {
    demand(again("undo"), "--undo");
    const live = lookNow(world);
    if (live !== world.now) wrong.push(`--undo did not bring the old data back: ${live}`);
    next = again(name);
  } else if (isRestore && !isNew && isPending(world))
    wrong.push("a pending restore did not stop the next one");
  demand(next, `the next ${name}`);
  if (isRestore && lookNow(world) !== [...world.digests.values()].at(-1))
    wrong.push("the next restore did not bring the data");
  if (!service(world, "status")) wrong.push("the service stays stopped");
  if (verb !== "backup" && !world.kind.moves) demand(again("backup", "--quiet"), "the backup after it");
  // This program has read the sets itself; the script's own view of them is asked for now and then.
  if (!world.kind.moves && random() < 0.1) demand(again("verify", "--quiet"), "the verification after it");
  const left = spawnSync(
    "find",
    [
      ...["live", "one", "two", "state", "state-other", "scratch", "scratch-other"].map((name) =>
        join(world.place, name),
      ),
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
      `${world.place}/state*/run/*`,
      "-o",
      "-path",
      `${world.place}/scratch*/*`,
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
  if (missed > tried / 4) lost.push("too many faults never fired");
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
