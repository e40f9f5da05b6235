/**
 * `npm run test:faults`: faults at every call that changes the file system, in every process of a run, and what is left after each.
 *
 *     node test/faults/run.mjs --short              a fixed sample, part of npm test
 *     node test/faults/run.mjs                      the long form
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
/** Nothing that is wrong with a disk or a signal makes data bad, or is a bug of the script. */
const NEVER = new Set([65, 70]);
const ERRORS = { EIO: 5, ENOSPC: 28, EROFS: 30, EDQUOT: 122, ESTALE: 116 };

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
  prepare(world, verb);
  const calls = (await run(world, verb, { at: 0 })).count;
  if (calls < 5) throw new Error(`${world.kind} ${verb}: only ${calls} calls were counted`);
  const errors = Object.keys(ERRORS);
  const ways = ["kill", "term", ...(options.short ? [errors[Math.floor(random() * errors.length)]] : errors)];
  for (const way of ways.filter((name) => !options.only || name === options.only)) {
    for (const at of positions(calls)) {
      prepare(world, verb);
      const fault = { at, way, sticky: way in ERRORS && random() < 0.5 };
      const result = await run(world, verb, fault);
      const entry = row(world.kind, verb, way);
      // A run has a few calls more or less each time: where the last ones did not come, nothing was tried.
      if (!result.fired) {
        entry.missed++;
        continue;
      }
      entry.tried++;
      const wrong = await judge(world, verb, fault, result);
      if (wrong.length === 0) entry.survived++;
      else {
        lost.push({ kind: world.kind, verb, ...fault, call: result.call, wrong, output: result.output });
        process.stdout.write(
          `LOST ${world.kind} ${verb} ${way} at call ${at} (${result.call}): ${wrong.join("; ")}\n`,
        );
        if (options.verbose) process.stdout.write(result.output.replace(/^/gm, "    "));
      }
    }
  }
}

/** Which calls a way is tried at: all of them in the long form, else one. */
function positions(calls) {
  if (options.from) return [options.from];
  if (!options.short) return Array.from({ length: calls }, (_, index) => index + 1);
  // Not among the last ones, which a shorter run does not get to.
  return [1 + Math.floor(random() * calls * 0.9)];
}

// --- A run ----------------------------------------------------------------------------------------------------------------------

function command(world, verb) {
  if (verb === "restore") return [join(world.scripts, "restore-thing.sh"), "--yes"];
  if (verb === "undo") return [join(world.scripts, "restore-thing.sh"), "--undo", "--yes"];
  if (verb === "verify") return [join(world.scripts, "verify-thing.sh"), "--all"];
  return [join(world.scripts, `${verb}-thing.sh`)];
}

/** Run a verb with a fault. Once the fault has fired, the run is killed with all its processes, or told to end, or goes on with the error. */
function run(world, verb, { at, way, sticky }) {
  const counter = join(base, "counter");
  writeFileSync(counter, Buffer.alloc(64));
  const [program, ...args] = command(world, verb);
  const env = {
    ...environment(),
    LD_PRELOAD: library,
    FAULT_COUNTER: counter,
    FAULT_AT: String(at),
    FAULT_ERROR: String(ERRORS[way] ?? 0),
    FAULT_BELOW: world.place,
    ...(sticky ? { FAULT_STICKY: "1" } : {}),
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, cwd: base, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    let acted = false;
    const watch = setInterval(() => {
      if (acted || readFileSync(counter).readUInt32LE(4) === 0 || way in ERRORS) return;
      acted = true;
      if (way === "kill") killAll(counter);
      else {
        process.kill(child.pid, "SIGTERM");
        // The signal is there before the call is made.
        setTimeout(() => release(counter), 20);
      }
    }, 4);
    const limit = setTimeout(() => {
      output += "\nIT HUNG\n";
      killAll(counter);
    }, 120_000);
    child.on("close", (code, signal) => {
      clearInterval(watch);
      clearTimeout(limit);
      const bytes = readFileSync(counter);
      const call = bytes.subarray(16).toString("latin1").replace(/\0.*$/s, "");
      resolve({
        code,
        signal,
        output,
        count: bytes.readUInt32LE(0),
        fired: bytes.readUInt32LE(4) === 1,
        call,
      });
    });
  });
}

/** Let a run go on that waits at its fault. */
function release(counter) {
  const file = openSync(counter, "r+");
  writeSync(file, Buffer.from([1, 0, 0, 0]), 0, 4, 8);
  closeSync(file);
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
async function judge(world, verb, fault, result) {
  const wrong = [];
  if (result.output.includes("IT HUNG")) wrong.push("it hung");
  if (fault.way !== "kill") {
    if (!DOCUMENTED.has(result.code)) wrong.push(`ended with ${result.code ?? result.signal}`);
    if (NEVER.has(result.code)) wrong.push(`called it ${result.code}`);
    // Whoever sends a signal knows why the run ended; every other end says its cause.
    const isSignal = result.code > 128;
    if (result.code !== 0 && !isSignal && !/ERROR/.test(result.output))
      wrong.push(`ended with ${result.code} and said nothing`);
  }
  const done = fault.way !== "kill" && result.code === 0;
  wrong.push(...judgeSets(world, verb, done));
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
function judgeSets(world, verb, done) {
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
    if (verb === "backup" && done && fresh.length !== 1)
      wrong.push(`said that it is done, with ${fresh.length} new sets in ${store}`);
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
  demand(script("backup", "--quiet"), "the backup after it");
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
    if (name === "short" || name === "verbose") result[name] = true;
    else if (["only", "verb", "kind"].includes(name)) result[name] = args[++i];
    else if (["from", "seed"].includes(name)) result[name] = Number(args[++i]);
    else throw new Error(`unknown option ${args[i]}`);
  }
  return result;
}
