/**
 * `npm run test:bugs`: does the suite find a bug? One at a time is put into the templates of a copy of this checkout, and the test that is there
 * to find it must fail; without a bug it must pass. With words as arguments, only the bugs whose names hold one of them.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const copy = mkdtempSync(join(tmpdir(), "lifeboat-bugs-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** The faults suite at one verb, until something is lost. */
const faults = (...args) => ["node", "test/faults/run.mjs", "--kind", "files", "--until-lost", ...args];
const bats = (file, name) => [
  "bash",
  "node_modules/bats/bin/bats",
  "--filter",
  name,
  `test/bats/${file}.bats`,
];

/** `file` is below templates/. `from`, which must stand there once, becomes `to`. */
const BUGS = [
  {
    name: "a set is published before it is on the disk",
    file: "prelude/set.sh",
    from: '  sync_paths "${files[@]}" "$WORK_DIR/MANIFEST" "$WORK_DIR"\n',
    to: "",
    found: faults("--verb", "backup", "--only", "power", "--sample", "1"),
  },
  {
    name: "restored data goes live before it is on the disk",
    file: "prelude/swap.sh",
    from: '    sync_file_system "$dir"\n',
    to: "",
    found: faults("--verb", "restore", "--only", "power", "--sample", "1"),
  },
  {
    name: "a set is written where it is looked for",
    file: "prelude/set.sh",
    from: '  WORK_DIR="$base/.partial-$STAMP-$$"\n',
    to: '  WORK_DIR="$base/$STAMP"\n  mv() { [[ $2 == "$3" ]] || command mv "$@"; }\n',
    found: faults("--verb", "backup", "--only", "kill", "--sample", "8"),
  },
  {
    name: "an old set goes before the new one is there",
    file: "scripts/backup.sh",
    from: "  require_signing\n  capture_asset\n",
    to: `  require_signing
  survey_store "\${STORE_PATHS[0]}" >"$RUN_DIR/early"
  [[ $(wc -l <"$RUN_DIR/early") -lt $KEEP_LAST ]] || remove_set "\${STORE_PATHS[0]}/$TYPE/$ASSET" "$(sed -n "1s/ .*//p" "$RUN_DIR/early")"
  capture_asset
`,
    found: faults("--verb", "backup", "--only", "kill", "--sample", "8"),
  },
  {
    name: "the lock is let go at once",
    file: "prelude/lock.sh",
    from: "  LOCK_HELD=1\n",
    to: "  LOCK_HELD=1\n  exec 9>&-\n",
    found: bats("prelude/set", "two at once"),
  },
  {
    name: "what could not be read is not missed",
    file: "scripts/backup.sh",
    from: '  tell_unreadable "$RUN_DIR/here" "${STORE_PATHS[0]}"\n',
    to: "",
    found: bats("trouble", "MANIFEST cannot be read"),
  },
  {
    name: "a word without its quotes",
    file: "prelude/swap.sh",
    from: '  mv -- "$from" "$to" || die "$EX_IO" "cannot rename $from to $to"\n',
    to: '  mv -- $from "$to" || die "$EX_IO" "cannot rename $from to $to"\n',
    found: faults("--verb", "restore", "--only", "power", "--sample", "1"),
  },
  {
    name: "nobody looks how the stages of a pipe ended",
    file: "prelude/set.sh",
    from: '    tee -- "$pipe.stored" 2>"$pipe.write.err" >"$WORK_DIR/$file"\n  statuses=("${PIPESTATUS[@]}")\n',
    to: '    tee -- "$pipe.stored" 2>"$pipe.write.err" >"$WORK_DIR/$file"\n  statuses=(0 0 0 0 0)\n',
    found: bats("prelude/set", "a failing producer"),
  },
  {
    name: "whoever reads a set does not hold it",
    file: "prelude/store.sh",
    from: '  HELD="$STATE_DIR/holds/',
    to: '  return 0\n  HELD="$STATE_DIR/holds/',
    found: bats("trouble", "a set that is being read"),
  },
  {
    name: "one reading is enough to call a set damaged",
    file: "prelude/set.sh",
    from: '  ! hash_file "$file" "$bytes" || second="$SHA256"\n  if [[ $second == "$sum" ]]; then',
    to: '  second="$first"\n  if [[ $second == "$sum" ]]; then',
    found: bats("trouble", "is read wrongly once"),
  },
  {
    name: "a file that cannot be read is called damaged",
    file: "prelude/set.sh",
    from: '  log_error "cannot read ${file##*/} of set $set: $(read_failure "$file")"\n  return "$EX_IO"\n',
    to: '  log_error "${file##*/} of set $set is damaged"\n  return "$EX_DATA"\n',
    found: bats("trouble", "EIO"),
  },
  {
    name: "an undo removes what was live",
    file: "prelude/swap.sh",
    from: '  if ! mv -- "$live" "$FREE_NAME"; then\n',
    to: '  if ! rm -rf -- "$live"; then\n',
    found: bats("prelude/undo", "an undo that is run again|moved aside by an undo"),
  },
  {
    name: "a rename is done before it is in the journal",
    file: "prelude/swap.sh",
    from: '    journal_swap aside "$live" "$FREE_NAME"\n    rename_path "$live" "$FREE_NAME"\n  elif',
    to: '    rename_path "$live" "$FREE_NAME"\n    journal_swap aside "$live" "$FREE_NAME"\n  elif',
    found: bats("prelude/swap", "kill -9 at any point"),
  },
  {
    name: "a set that is weaker than the plan is taken",
    file: "prelude/authenticity.sh",
    from: "  [[ -n $WEAKNESS ]] || return 0\n  if [[ ${ACCEPT_WEAKER",
    to: "  return 0\n  if [[ ${ACCEPT_WEAKER",
    found: bats("intruder", "a plain set where"),
  },
  {
    name: "a hash of the payload is not looked at",
    file: "prelude/set.sh",
    from: '  [[ $first != "$sum" ]] || return 0\n',
    to: "  return 0\n",
    // With its key a host would notice all the same.
    found: bats("prelude/codec", "without the identity"),
  },
  {
    name: "bad sets push good ones out",
    file: "prelude/retention.sh",
    from: '(!all && state[i] != "ok")',
    to: "0",
    found: bats("prelude/retention", "no bad set pushes"),
  },
];

const wanted = process.argv.slice(2);
const bugs = BUGS.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
const began = Date.now();
let failed = 0;

cpSync(root, copy, {
  recursive: true,
  filter: (path) => !/^(node_modules|dist|generated|\.git)(\/|$)/.test(relative(root, path)),
});
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

build();
for (const command of new Set(bugs.map(({ found }) => found.join("\0")))) {
  const { status, output } = attempt(command.split("\0"));
  say(status === 0, `passes without a bug: ${command.replaceAll("\0", " ")}`, output);
}
for (const { name, file, from, to, found } of bugs) {
  const path = join(copy, "templates", file);
  const text = readFileSync(path, "utf8");
  if (text.split(from).length !== 2)
    throw new Error(`${file} has this ${text.split(from).length - 1} times: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  build();
  const { status, output } = attempt(found);
  // It failed because something was lost, not because the suite could not run.
  say(status !== 0 && /^(LOST|not ok)/m.test(output), `found: ${name}`, output);
  writeFileSync(path, text);
}
process.stdout.write(`\n${Math.round((Date.now() - began) / 1000)} s.\n`);
process.exitCode = failed > 0 ? 1 : 0;

function build() {
  const { status, stderr } = spawnSync("node", ["compiler/build/bundle.mjs"], {
    cwd: copy,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the copy cannot be built: ${stderr}`);
}

function attempt([program, ...args]) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: copy,
    encoding: "utf8",
    env: { ...process.env, BATS_LIB_PATH: join(copy, "node_modules") },
    maxBuffer: 1 << 28,
  });
  return { status, output: `${stdout}${stderr}` };
}

function say(good, text, output) {
  process.stdout.write(`${good ? "✓" : "✗"} ${text}\n`);
  const loss = /^(LOST.*|not ok.*)$/m.exec(output)?.[1];
  if (good && loss) process.stdout.write(`    ${loss.slice(0, 160)}\n`);
  if (!good) {
    failed++;
    process.stdout.write(output.replace(/^/gm, "    "));
  }
}
