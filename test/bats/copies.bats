#!/usr/bin/env bats
# Copies between hosts, as the compiler makes them: a VM that is reached with ssh over a network of the test's own, a controller
# that fetches and sends on, and the way back. The scripts are those of a compiled plan.
load lib/lifeboat
load lib/nodes
load lib/transcript

setup_file() {
  export ROOT="$BATS_TEST_DIRNAME/../.." PLACE="$BATS_FILE_TMPDIR/place" NODES="$BATS_FILE_TMPDIR/nodes"
  mkdir -p "$PLACE/plans"
  printf '{}\n' >"$PLACE/package.json"
  nodes_up "$NODES"
  node_up 1
  node_up 2
  cat >"$PLACE/plans/copies.plan.ts" <<END
import { copy, daily, directory, files, host, keep, plan, ssh } from "lifeboat";
const base = "$PLACE" as const;
const paths = (id: string) => ({
  paths: { scripts: \`\${base}/\${id}/opt\`, state: \`\${base}/\${id}/state\`, logs: \`\${base}/\${id}/logs\` } as const,
});
const key = { identity: "$NODES/key", knownHosts: "$NODES/known_hosts" } as const;
const mac = host("mac", paths("mac"));
const vm = host("vm", { ...paths("vm"), runsOn: mac, reach: ssh({ address: "10.77.0.11", ...key }) });
const nas = host("nas", { ...paths("nas"), reach: ssh({ address: "10.77.0.12", ...key }) });
const vmDisk = directory("vm", { path: \`\${base}/vm/backups\` });
const macDisk = directory("mac", { on: mac, path: \`\${base}/mac/backups\` });
const usb = directory("usb", { on: mac, path: \`\${base}/usb/backups\` });
const vault = directory("nas", { on: nas, path: \`\${base}/nas/backups\` });
export default plan("copies", {
  assets: [
    files("notes", {
      on: vm,
      paths: [\`\${base}/vm/data\`],
      schedule: daily("02:00"),
      rpo: "1d",
      copies: [vmDisk, macDisk, copy(usb, { keep: keep({ last: 2 }) })],
      keep: keep({ last: 3 }),
    }),
    files("ledger", {
      on: mac,
      paths: [\`\${base}/mac/data\`],
      schedule: daily("02:00"),
      copies: [directory("local", { path: \`\${base}/mac/own\` }), vault],
      keep: keep({ last: 3 }),
    }),
  ],
});
END
  (cd "$PLACE" && node "$ROOT/dist/lifeboat.mjs" build --shellcheck off)
}

teardown_file() {
  nodes_down
}

setup() {
  rm -rf "$PLACE"/{vm,mac,usb,nas}
  mkdir -p "$PLACE"/{vm,mac,nas}/{data,backups,opt,state,logs} "$PLACE/mac/own" "$PLACE/usb/backups"
  cp "$PLACE"/generated/copies/vm/*.sh "$PLACE/vm/opt"
  cp "$PLACE"/generated/copies/mac/*.sh "$PLACE/mac/opt"
  printf 'one\n' >"$PLACE/vm/data/one"
  head -c 300000 /dev/urandom >"$PLACE/vm/data/blob"
}

# A script of the VM, which runs there, and one of the controller, which runs in the network.
vm() { "$PLACE/vm/opt/$1.sh" "${@:2}"; }
mac() { in_net "$PLACE/mac/opt/$1.sh" "${@:2}"; }

# The names of the sets below a store.
names() {
  find "$PLACE/$1/files/notes" -mindepth 1 -maxdepth 1 -name '2*Z' -printf '%f\n' 2>/dev/null | sort
}

# Shift the time of the newest set of a store into the past, as if it had been made then.
age_set() {
  local store="$1" name="$2" to="$3" dir="$PLACE/$1/files/notes"
  mv "$dir/$name" "$dir/$to"
  sed -i -e "s/^set=.*/set=$to/" -e "s/^started=.*/started=$to/" -e '/^manifest_sha256=/d' "$dir/$to/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$dir/$to/MANIFEST" | cut -d' ' -f1)" >>"$dir/$to/MANIFEST"
}

@test "the crontabs: a copy follows what it copies" {
  grep -q '^30 2 \* \* \* .*/pull-notes.sh --quiet$' "$PLACE/generated/copies/mac/crontab"
  grep -q '^45 2 \* \* \* .*/push-notes.sh --quiet$' "$PLACE/generated/copies/mac/crontab"
  grep -q '^30 2 \* \* \* .*/push-ledger.sh --quiet$' "$PLACE/generated/copies/mac/crontab"
  [[ ! -e $PLACE/generated/copies/nas ]]
}

@test "a set goes from the VM to the controller and its second disk, and back after the VM is lost" {
  vm backup-notes
  run -0 mac pull-notes --dry-run
  assert_says "would fetch $(names vm/backups) from vm:$PLACE/vm/backups"
  [[ -z $(names mac/backups) ]]
  run -0 mac pull-notes
  assert_same "$(names mac/backups)" "$(names vm/backups)"
  run -0 mac push-notes
  assert_same "$(names usb/backups)" "$(names vm/backups)"
  diff -r "$PLACE/vm/backups" "$PLACE/mac/backups"
  diff -r "$PLACE/vm/backups" "$PLACE/usb/backups"
  run -75 mac status
  assert_says 'notes        mac'
  assert_says 'notes        usb'
  run -0 mac verify-notes --hashes
  assert_says 'size and hash ok'

  cp -a "$PLACE/vm/data" "$BATS_TEST_TMPDIR/before"
  rm -rf "$PLACE/vm/data"/* "$PLACE/vm/backups"/* "$PLACE/mac/backups/files"
  run -0 mac restore-notes --list
  assert_says usb
  run -64 mac restore-notes </dev/null
  assert_says 'a live restore must be confirmed'
  run -0 mac restore-notes --yes --from usb
  assert_says 'vm: '
  assert_says 'notes is live'
  diff -r "$BATS_TEST_TMPDIR/before" "$PLACE/vm/data"
  assert_same "$(names vm/backups)" "$(names usb/backups)"

  # A restore there that was killed is decided on from here.
  run -64 mac restore-notes --undo --latest
  run -0 mac restore-notes --undo --yes
  assert_says 'no interrupted restore of notes is pending'
  cp "$PLACE/vm/opt/restore-notes.sh" "$BATS_TEST_TMPDIR/restore-notes.sh"
  sed -i 's/^swap_commit() {/&\n  kill -9 $$; sleep 9/' "$PLACE/vm/opt/restore-notes.sh"
  run mac restore-notes --yes --from usb
  cp "$BATS_TEST_TMPDIR/restore-notes.sh" "$PLACE/vm/opt/restore-notes.sh"
  printf 'a day of work\n' >"$PLACE/vm/data/work"
  run -75 mac restore-notes --yes --from usb
  run -0 mac restore-notes --accept --dry-run
  assert_says 'complete and checked'
  run -64 mac restore-notes --accept </dev/null
  run -0 mac restore-notes --undo --yes
  diff -r "$BATS_TEST_TMPDIR/before" "$PLACE/vm/data"
  assert_same "$(cat "$PLACE/vm"/data.lifeboat-old-*/work)" 'a day of work'
}

# bats test_tags=long
@test "twice is once, only published sets are taken, suspect ones are not" {
  vm backup-notes
  mkdir -p "$PLACE/vm/backups/files/notes/.partial-20260101T000000Z-1" "$PLACE/vm/backups/files/notes/20260101T000000Z"
  run -0 mac pull-notes
  run -0 mac pull-notes
  assert_silent_about fetched
  sleep 1
  vm backup-notes
  touch "$PLACE/vm/backups/files/notes/$(names vm/backups | tail -n 1)/SUSPECT"
  run -0 mac pull-notes
  assert_same "$(names mac/backups | wc -l)" 1
}

@test "retention of each store is its own, and a deletion here is no deletion there" {
  local first
  vm backup-notes
  first="$(names vm/backups)"
  age_set vm/backups "$first" 20260101T000000Z
  vm backup-notes
  sleep 1
  vm backup-notes
  run -0 mac pull-notes
  assert_same "$(names mac/backups)" "$(names vm/backups)"
  run -0 mac push-notes
  # usb keeps two: the oldest was never sent.
  assert_same "$(names usb/backups)" "$(names vm/backups | tail -n 2)"
  rm -rf "$PLACE/vm/backups/files/notes"/2*
  run -0 mac pull-notes
  assert_same "$(names mac/backups | wc -l)" 3
}

# bats test_tags=long
@test "a source that makes no more sets is noticed where the copies are" {
  vm backup-notes
  age_set vm/backups "$(names vm/backups)" "$(date -u -d '-3 days' +%Y%m%dT%H%M%SZ)"
  run -75 mac pull-notes
  assert_says 'beyond the RPO of 1 d'
  assert_same "$(names mac/backups | wc -l)" 1
  rm -rf "$PLACE"/{vm,mac}/backups/files
  run -65 mac pull-notes
  assert_says 'there is no backup of notes yet'
}

@test "a payload that was changed or cut is refused, and what is here stays" {
  local set
  vm backup-notes
  set="$PLACE/vm/backups/files/notes/$(names vm/backups)"
  damage "$(ls "$set"/files.tar*)" 1000
  run -65 mac pull-notes
  assert_says 'fetching it anew'
  assert_says 'its SHA-256 differs from the MANIFEST'
  [[ -z $(names mac/backups) ]]
  truncate -s 2000 "$(ls "$set"/files.tar*)"
  sed -i 's/^readonly COPY_DELAY=5/readonly COPY_DELAY=0/' "$PLACE/mac/opt/pull-notes.sh"
  run -74 mac pull-notes
  assert_says 'was cut on the way: 2000 bytes of'
  printf 'x\n' >>"$set/MANIFEST"
  run -65 mac pull-notes
  assert_says 'the MANIFEST of'
}

@test "a transfer that was killed goes on where it stopped" {
  local partial size run
  head -c 150000000 /dev/urandom >"$PLACE/vm/data/large"
  vm backup-notes
  partial="$PLACE/mac/backups/files/notes/.arriving-$(names vm/backups)"
  in_net "$PLACE/mac/opt/pull-notes.sh" >/dev/null 2>&1 3>&- &
  run=$!
  until [[ -s $partial/files.tar.zst ]]; do kill -0 "$run"; done
  pkill -KILL -f "^/bin/bash -p $PLACE/mac/opt/pull-notes.sh|^ssh .*$NODES/key"
  ! wait "$run" || fail 'it was not killed'
  sleep 2
  size="$(wc -c <"$partial/files.tar.zst")"
  ((size > 0 && size < 150000000)) || fail "$size bytes arrived before the kill"
  run -0 mac pull-notes
  assert_says 'going on at'
  diff -r "$PLACE/vm/backups" "$PLACE/mac/backups"
}

# bats test_tags=long
@test "a dead host: the pull says so with 69 and keeps what is here; the restore still lists what it has" {
  vm backup-notes
  mac pull-notes
  node_down 1
  run -69 mac pull-notes
  assert_says 'over ssh cannot be reached'
  run -0 mac restore-notes --list
  assert_says 'vm (vm:'
  assert_says "$(names mac/backups)"
  run -69 mac restore-notes --yes
  node_up_again
  assert_same "$(names mac/backups | wc -l)" 1
}

# Start node 1's sshd again.
node_up_again() {
  in_node_1 /usr/sbin/sshd -D -e -f /dev/null -h "$NODES/hostkey" -o PidFile=none -o UsePAM=no -o PermitRootLogin=yes \
    -o StrictModes=no -o AuthorizedKeysFile="$NODES/key.pub" -o Port=22 >"$NODES/sshd1.log" 2>&1 3>&- </dev/null &
  printf '%s\n' "$!" >"$NODES/sshd1.pid"
  node_answers 1
}

in_node_1() {
  ip netns exec "$(cat "$NODES/net")-1" "$@"
}

@test "sent over ssh to a directory of another host: payloads first, checked there, and fetched back by --from" {
  printf 'ledger\n' >"$PLACE/mac/data/book"
  "$PLACE/mac/opt/backup-ledger.sh"
  run -0 mac push-ledger --dry-run
  assert_says 'would send'
  run -0 mac push-ledger
  diff -r "$PLACE/mac/own" "$PLACE/nas/backups"
  run -0 mac push-ledger
  assert_silent_about 'sent '
  rm -rf "$PLACE/mac/data"/* "$PLACE/mac/own"/*
  run -0 mac restore-ledger --list
  assert_says nas
  run -0 mac restore-ledger --from nas --dry-run
  assert_says 'fetch the set into'
  [[ -z $(ls -A "$PLACE/mac/own") ]]
  run -0 mac verify-ledger --from nas --deep
  assert_says 'ok, restores to'
  run -0 mac restore-ledger --from nas --yes
  assert_same "$(cat "$PLACE/mac/data/book")" ledger
}

# bats test_tags=long
@test "large data goes to a directory of another host and back with the same hash, in constant memory" {
  local peak
  print_large_data >"$PLACE/mac/data/book"
  "$PLACE/mac/opt/backup-ledger.sh" --quiet
  peak="$(in_net /usr/bin/time -f %M "$PLACE/mac/opt/push-ledger.sh" --quiet 2>&1)"
  ((peak < 100000)) || fail "a program took $peak KiB of memory"
  mv "$PLACE/mac/data/book" "$PLACE/mac/own" "$BATS_TEST_TMPDIR"
  mkdir "$PLACE/mac/own"
  run -0 mac restore-ledger --from nas --yes
  cmp "$BATS_TEST_TMPDIR/book" "$PLACE/mac/data/book"
}

@test "the help of every script names its options, a wrong one is 64" {
  local script
  for script in pull-notes push-notes restore-notes; do
    run -0 mac "$script" --help
    assert_says '--dry-run'
    run -64 mac "$script" --nonsense
  done
  run -64 mac push-notes --to nowhere
  assert_says 'it sends to: usb'
}

# bats test_tags=long
@test "a hand-run of every script, on the VM and on the controller, reads as its transcript" {
  local script
  transcript_begin "$PLACE"
  for script in backup restore verify drill; do
    by_hand "vm# $script-notes.sh" --help -- vm "$script-notes" --help
  done
  by_hand 'vm# status.sh' -- vm status
  by_hand 'vm# backup-notes.sh' --dry-run -- vm backup-notes --dry-run
  by_hand 'vm# backup-notes.sh' -- vm backup-notes
  sleep 1
  by_hand 'vm# backup-notes.sh' -- vm backup-notes
  by_hand 'vm# verify-notes.sh' --all --deep -- vm verify-notes --all --deep
  by_hand 'vm# drill-notes.sh' -- vm drill-notes
  by_hand 'vm# restore-notes.sh' --list -- vm restore-notes --list
  by_hand 'vm# restore-notes.sh' --dry-run -- vm restore-notes --dry-run
  by_hand 'vm# restore-notes.sh' -- vm restore-notes
  by_hand 'vm# restore-notes.sh' --into /HERE/look -- vm restore-notes --into "$BATS_TEST_TMPDIR/look"
  by_hand 'vm# restore-notes.sh' --yes -- vm restore-notes --yes
  sleep 1
  by_hand 'vm# restore-notes.sh' --yes -- vm restore-notes --yes
  by_hand 'vm# catch-up.sh' --dry-run -- vm catch-up --dry-run
  for script in pull-notes push-notes restore-notes status catch-up install; do
    by_hand "mac# $script.sh" --help -- mac "$script" --help
  done
  by_hand 'mac# pull-notes.sh' --dry-run -- mac pull-notes --dry-run
  by_hand 'mac# pull-notes.sh' -- mac pull-notes
  by_hand 'mac# pull-notes.sh' -- mac pull-notes
  by_hand 'mac# push-notes.sh' --dry-run -- mac push-notes --dry-run
  by_hand 'mac# push-notes.sh' -- mac push-notes
  by_hand 'mac# push-notes.sh' -- mac push-notes
  by_hand 'mac# verify-notes.sh' --all --hashes -- mac verify-notes --all --hashes
  by_hand 'mac# restore-notes.sh' --list -- mac restore-notes --list
  by_hand 'mac# restore-notes.sh' --dry-run -- mac restore-notes --dry-run
  by_hand 'mac# restore-notes.sh' --yes -- mac restore-notes --yes
  by_hand 'mac# status.sh' -- mac status
  transcript_is copies
}
