/**
 * Damaged and hostile sets: `node test/faults/sets.mjs --count 50000 --seed 7`. MANIFESTs changed by a grammar's rules, half of them with a
 * checksum that fits again, as somebody would do who can write in a store; payloads flipped, cut, longer, of another set, gone, a link, a
 * FIFO, a directory.
 *
 * Each set is judged by the functions of the generated verify script, sourced once. A set that passes must decode, by this program's own
 * means, to the data it was made of; nothing that stands in a set is ever carried out (a canary); nothing is written outside of the
 * store; and a set that is refused is refused with a documented code.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { base, decode, environment, folderOf, makeWorld, must, prepare, seeded, setNames } from "./world.mjs";

const argument = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const count = argument("count", 400);
const seed = argument("seed", 1);
/** Judged by one process; more would fill the disk. */
const BATCH = 200;

const random = seeded(seed);
const pick = (list) => list[Math.floor(random() * list.length)];
const canary = join(base, "canary");
const began = Date.now();
const tally = new Map();
const failures = [];

const HOSTILE = [
  `$(touch ${canary})`,
  `\`touch ${canary}\``,
  `BASH_VERSINFO[0$(touch ${canary})]`,
  `a[$(touch ${canary})]`,
  `;touch ${canary};`,
  `x'"; touch ${canary} #`,
  "../../../../etc/cron.d/x",
  "/etc/passwd",
  "..",
  "-rf",
  "--checkpoint-action=exec=false",
  "",
  " ",
  "0",
  "-1",
  "00",
  "08",
  "1e9",
  "0x10",
  "9223372036854775807",
  "9223372036854775808",
  "999999999999999999999999999999",
  "MANIFEST",
  "SUSPECT",
  "none",
  "age",
  "openssl",
  "20360101T000000Z",
  "%",
  "%0A",
  "%00",
  "%2e%2e%2f",
  "\u0000",
  "\r",
  "\u001b[31m",
  "é백업",
  "x".repeat(5000),
];

const world = makeWorld("files");
prepare(world, "verify");
const original = setNames(world, "one").at(-1);
const store = folderOf(world, "one");
const manifest = readFileSync(join(store, original, "MANIFEST"), "utf8");
const other = join(store, setNames(world, "one")[0]);
const payload = /^payload\.1\.file=(.*)$/m.exec(manifest)[1];
const wanted = world.digests.get(original);
const untouched = new Set(readdirSync(world.place));

const WAYS = {
  // The control: a judge that refuses everything has proven nothing.
  none: () => (text) => seal(text),
  value: () => lines((all, at) => all.with(at, `${key(all[at])}=${pick(HOSTILE)}`)),
  key: () =>
    lines((all, at) =>
      all.with(
        at,
        `${pick([...HOSTILE, "payload.2.name", "payload.1", "set.x", "rows.1"])}=${all[at].slice(all[at].indexOf("=") + 1)}`,
      ),
    ),
  twice: () =>
    lines((all, at) => all.toSpliced(at, 0, random() < 0.5 ? all[at] : `${key(all[at])}=${pick(HOSTILE)}`)),
  missing: () => lines((all, at) => all.toSpliced(at, 1)),
  order: () =>
    lines((all, at) => all.toSpliced(at, 1).toSpliced(Math.floor(random() * all.length), 0, all[at])),
  extra: () =>
    lines((all, at) =>
      all.toSpliced(
        at,
        0,
        pick([...HOSTILE, `payload.2.file=${pick(HOSTILE)}`, `position.entries=${pick(HOSTILE)}`]),
      ),
    ),
  "one bit": (set) => flip(join(set, "MANIFEST")),
  "cut MANIFEST": (set) => truncateSync(join(set, "MANIFEST"), Math.floor(random() * manifest.length)),
  "longer MANIFEST": (set) => appendFileSync(join(set, "MANIFEST"), `${pick(HOSTILE)}\n`),
  "payload: one bit": (set) => flip(join(set, payload)),
  "payload: cut": (set) =>
    truncateSync(join(set, payload), Math.floor(random() * readFileSync(join(set, payload)).length)),
  "payload: longer": (set) =>
    appendFileSync(
      join(set, payload),
      pick([Buffer.alloc(1), Buffer.from("x"), readFileSync(join(set, payload))]),
    ),
  "payload: another set's": (set) => writeFileSync(join(set, payload), readFileSync(join(other, payload))),
  "payload: gone": (set) => rmSync(join(set, payload)),
  "payload: no file": (set) => {
    rmSync(join(set, payload));
    const make = pick(["link", "fifo", "directory"]);
    if (make === "link") symlinkSync(join(store, original, payload), join(set, payload));
    else if (make === "fifo") must("mkfifo", [join(set, payload)]);
    else mkdirSync(join(set, payload));
  },
};

for (let done = 0; done < count; ) {
  const sets = [];
  for (; sets.length < BATCH && done < count; done++) sets.push(damaged(done));
  judge(sets);
}
report();

/** Make one damaged set, under a name of its own that its MANIFEST has, too. */
function damaged(number) {
  const name = new Date(Date.UTC(2001, 0, 1) + number * 1000).toISOString().replace(/[-:]|\.\d+/g, "");
  const set = join(store, name);
  mkdirSync(set);
  writeFileSync(join(set, payload), readFileSync(join(store, original, payload)));
  const own = seal(manifest.replaceAll(`set=${original}`, `set=${name}`));
  writeFileSync(join(set, "MANIFEST"), own);
  // The first of every batch is the control.
  const way = number % BATCH === 0 ? "none" : pick(Object.keys(WAYS));
  const change = WAYS[way](set);
  if (change !== undefined) {
    const text = change(own);
    writeFileSync(join(set, "MANIFEST"), way === "none" || random() < 0.5 ? seal(text) : text);
  }
  return { name, set, way };
}

/** A change of the lines of a MANIFEST, at a line chosen at random; the last one, its checksum, is made anew when it is sealed. */
function lines(change) {
  return (text) => {
    const all = text.trimEnd().split("\n");
    return `${change(all, Math.floor(random() * all.length)).join("\n")}\n`;
  };
}

function key(line) {
  return line.slice(0, line.indexOf("="));
}

/** The checksum over all lines above it, as anybody can make it. */
function seal(text) {
  const above = text.replace(/^manifest_sha256=.*\n?/gm, "");
  return `${above}manifest_sha256=${createHash("sha256").update(above).digest("hex")}\n`;
}

function flip(file) {
  const bytes = readFileSync(file);
  bytes[Math.floor(random() * bytes.length)] ^= 1 << Math.floor(random() * 8);
  writeFileSync(file, bytes);
}

/** Let the script's own functions judge a batch of sets, then look at what they say. */
function judge(sets) {
  const judged = spawnSync(
    "bash",
    [
      "-Eeuo",
      "pipefail",
      "-c",
      `source "$1"
shift
default_options
DRY_RUN=1 ACTION=verify LOG_TAG=thing
prepare_shell
RUN_DIR="${base}/judged"
mkdir -p "$RUN_DIR"
survey_series "${store}" >"$RUN_DIR/survey"
for set in "$@"; do
  status=0
  (MANIFEST_OF='' && check_set "$set" && require_strength "$set" && kind_verify "$set") 2>"$RUN_DIR/words" || status=$?
  printf '%s %d %s\\n' "\${set##*/}" "$status" "$(head -n 1 "$RUN_DIR/words" | tr -c ' -~' '?')"
done
printf 'END\\n'
cat "$RUN_DIR/survey"`,
      "judge",
      join(world.scripts, "verify-thing.sh"),
      ...sets.map(({ set }) => set),
    ],
    { encoding: "utf8", env: environment(), timeout: 600_000, maxBuffer: 1 << 28 },
  );
  const [verdicts, survey = ""] = judged.stdout.split("END\n");
  const statuses = new Map(
    verdicts
      .trimEnd()
      .split("\n")
      .map((line) => [line.split(" ")[0], Number(line.split(" ")[1])]),
  );
  const states = new Map(
    survey
      .trimEnd()
      .split("\n")
      .map((line) => [line.split(" ")[0], line.split(" ")[1]]),
  );
  for (const { name, set, way } of sets) {
    const status = statuses.get(name);
    const wrong = [];
    if (status === undefined) wrong.push(`was not judged: ${judged.stderr.slice(0, 300)}`);
    else if (![0, 65, 69, 74, 75, 77].includes(status)) wrong.push(`ended with ${status}`);
    if (!states.has(name)) wrong.push("is in no list");
    if (status === 0) {
      const found = decode(world, set);
      if (found !== wanted) wrong.push(`passed, and holds ${found}`);
      if (states.get(name) !== "ok") wrong.push(`passed, and is listed as ${states.get(name)}`);
    }
    if (way === "none" && status !== 0) wrong.push(`is undamaged, and was refused with ${status}`);
    const entry = tally.get(way) ?? { tried: 0, refused: 0, harmless: 0 };
    tally.set(way, entry);
    entry.tried++;
    if (status === 0) entry.harmless++;
    else entry.refused++;
    if (wrong.length > 0) {
      failures.push(name);
      process.stdout.write(
        `LOST ${way}: ${wrong.join("; ")}\n${readFileSync(join(set, "MANIFEST"), "latin1").slice(0, 1500)}\n`,
      );
    }
    rmSync(set, { recursive: true, force: true });
  }
  if (existsSync(canary)) throw new Error("something in a set was carried out");
  const more = readdirSync(world.place).filter((entry) => !untouched.has(entry));
  if (more.length > 0) throw new Error(`something was written outside of the store: ${more.join(", ")}`);
}

function report() {
  process.stdout.write("\n| damage | tried | refused | passed, and the data is right |\n|---|---|---|---|\n");
  for (const [way, { tried, refused, harmless }] of tally)
    process.stdout.write(`| ${way} | ${tried} | ${refused} | ${harmless} |\n`);
  process.stdout.write(`\nSeed ${seed}, ${Math.round((Date.now() - began) / 1000)} s.\n`);
  process.stdout.write(`${count - failures.length} passed, ${failures.length} failed, 0 skipped\n`);
  process.exitCode = failures.length > 0 || count === 0 ? 1 : 0;
}
