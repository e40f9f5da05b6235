# What is demanded of every store that is no directory: the same plan, the same scenario. A suite sets STORE_CODE, the TypeScript
# that makes the store `offsite`, and calls the demands one by one.

# Compile a plan of one host with a file asset and its copy in the store.
compile_store_plan() {
  export ROOT="$BATS_TEST_DIRNAME/../.." PLACE="$BATS_FILE_TMPDIR/place"
  mkdir -p "$PLACE/plans"
  printf '{}\n' >"$PLACE/package.json"
  cat >"$PLACE/plans/store.plan.ts" <<END
import { azureBlob, copy, daily, directory, files, gcs, host, keep, plan, rclone, restic, s3, secretFile } from "lifeboat";
const base = "$PLACE" as const;
const box = host("box", {
  paths: { scripts: \`\${base}/opt\`, state: \`\${base}/state\`, logs: \`\${base}/logs\`, scratch: \`\${base}/scratch\` },
});
const disk = directory("disk", { path: \`\${base}/backups\` });
const offsite = $STORE_CODE;
export default plan("store", {
  assets: [
    files("notes", {
      on: box,
      paths: [\`\${base}/data\`],
      schedule: daily("02:00"),
      copies: [disk, copy(offsite, { keep: keep({ last: 2 }) })],
      compress: "none",
      keep: keep({ last: 9 }),
    }),
  ],
});
END
  (cd "$PLACE" && node "$ROOT/dist/lifeboat.mjs" build --shellcheck off)
}

# A host with its scripts and a little data.
fresh_store_host() {
  rm -rf "$PLACE"/{data,opt,state,logs,backups,scratch}
  mkdir -p "$PLACE"/{data,opt,state,logs,backups}
  cp "$PLACE"/generated/store/box/*.sh "$PLACE/opt"
  sed -i 's/^readonly COPY_DELAY=5/readonly COPY_DELAY=0/' "$PLACE"/opt/*.sh
  printf 'one\n' >"$PLACE/data/one"
  head -c 300000 /dev/urandom >"$PLACE/data/blob"
}

box() { "$PLACE/opt/$1.sh" "${@:2}"; }

# The names of the sets on the disk.
disk_sets() {
  find "$PLACE/backups/files/notes" -mindepth 1 -maxdepth 1 -name '2*Z' -printf '%f\n' 2>/dev/null | sort
}

# The names of the sets in the store, as the restore script lists them.
offsite_sets() {
  box restore-notes --list --from offsite | awk '$NF == "offsite" { print $1 }' | sort
}

# Sent, listed, verified, and restored after everything on the host is lost.
demand_round_trip() {
  box backup-notes
  run -0 box push-notes --dry-run
  assert_says "would send $(disk_sets) to offsite"
  assert_same "$(offsite_sets)" ''
  run -0 box push-notes
  assert_says "sent $(disk_sets) to offsite"
  assert_same "$(offsite_sets)" "$(disk_sets)"
  run -0 box push-notes
  assert_silent_about 'sent '
  run -0 box status
  assert_says 'notes        offsite'
  run -0 box verify-notes --from offsite --deep
  assert_says 'ok, restores to'
  cp -a "$PLACE/data" "$BATS_TEST_TMPDIR/before"
  cp -a "$PLACE/backups" "$BATS_TEST_TMPDIR/sets"
  rm -rf "$PLACE/data"/* "$PLACE/backups"/*
  run -0 box restore-notes --from offsite --yes
  assert_says 'notes is live'
  diff -r "$BATS_TEST_TMPDIR/before" "$PLACE/data"
  diff -r "$BATS_TEST_TMPDIR/sets" "$PLACE/backups"
}

# The store keeps two sets whatever happens to the disk.
demand_own_retention() {
  local n
  for n in 1 2 3; do
    box backup-notes --quiet
    box push-notes --quiet
    sleep 1
  done
  assert_same "$(disk_sets | wc -l)" 3
  assert_same "$(offsite_sets)" "$(disk_sets | tail -n 2)"
  rm -rf "$PLACE/backups/files/notes"/2*
  run -0 box push-notes
  assert_same "$(offsite_sets | wc -l)" 2
}

# No set is half in the store: its MANIFEST is the last that comes. HALFWAY is a command that makes the sending stop before.
demand_nothing_half() {
  box backup-notes
  run "$@"
  ((status != 0)) || fail "the sending was not stopped: $output"
  assert_same "$(offsite_sets)" ''
  run -0 box push-notes
  assert_same "$(offsite_sets)" "$(disk_sets)"
  run -0 box verify-notes --from offsite
}

# Large data goes through: same hash, constant memory (in KiB, of the whole run and of each program of it).
demand_large_data() {
  local most="$1" peak
  print_large_data >"$PLACE/data/large"
  box backup-notes
  /usr/bin/time -o "$BATS_TEST_TMPDIR/push" -f %M "$PLACE/opt/push-notes.sh" --quiet
  mv "$PLACE/backups/files" "$BATS_TEST_TMPDIR/sets"
  /usr/bin/time -o "$BATS_TEST_TMPDIR/fetch" -f %M "$PLACE/opt/restore-notes.sh" --from offsite --into "$PLACE/scratch/out" --yes --quiet
  cmp "$PLACE/data/large" "$(find "$PLACE/scratch/out" -name large)"
  for peak in push fetch; do
    peak="$(cat "$BATS_TEST_TMPDIR/$peak")"
    ((peak < most)) || fail "a program took $peak KiB of memory"
  done
}
