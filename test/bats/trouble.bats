#!/usr/bin/env bats
# What cannot be read is not damaged: tools that fail, full disks, stores that are away, wrong clocks. No good set is ever marked or
# removed for it, and what is really damaged does not hide the rest.
load lib/lifeboat

setup() { new_files_asset; }

teardown() { unmount_all; }

# A program that fails at each of its calls from the N-th on, or is killed: `failing NAME N 'exit 1' [FILE]`. With FILE only calls count whose
# stdin is such a file. It counts, so that a test can demand that it was called.
failing() {
  printf '0\n' >"$HOST/calls"
  shadow "$1" <<END
[[ \$(readlink /proc/self/fd/0) == *"${4:-}"* ]] || exec REAL "\$@"
n=\$((\$(cat "$HOST/calls") + 1))
printf '%d\n' "\$n" >"$HOST/calls"
if ((n >= $2)); then $3; fi
exec REAL "\$@"
END
}

no_mark() {
  assert_same "$(find "$STORE" -name SUSPECT)" ''
}

# Three good sets.
three_sets() {
  local n
  for n in 1 2 3; do
    printf '%s\n' "$n" >"$HOST/data/one"
    backup 2>/dev/null
    cp -a "$HOST/data" "$HOST/data.$n"
    sleep 1
  done
}

@test "a hash tool that fails or is killed marks nothing, and retention then removes no good set" {
  local how file tool
  set_fact KEEP_LAST 3
  set_fact HOST_PATH "$HOST/shadow"
  relink
  three_sets
  # What it is to hash first, which is the MANIFEST, and the payloads.
  for file in '' files.tar; do
    for how in 'exit 1' 'kill -9 $$' 'cat >/dev/null; exit 0' 'cat >/dev/null; echo garbage; exit 0'; do
      for tool in openssl sha256sum; do failing "$tool" 1 "$how" "$file"; done
      PATH="$HOST/shadow:$PATH" run verify --all --hashes
      [[ $status == 74 || $status == 69 ]] || fail "$how: $status $output"
      [[ $(cat "$HOST/calls") -gt 0 ]] || fail 'the fault did not fire'
      no_mark
    done
  done
  rm -rf "$HOST/shadow"
  before="$(sets | tail -n 2)"
  run -0 backup
  assert_same "$(sets | head -n 2)" "$before"
  run -0 verify --all
}

@test "a payload that is read wrongly once, and rightly the second time, is not damaged" {
  backup 2>/dev/null
  # The tool for what is small.
  failing sha256sum 1 'if ((n == 1)); then cat >/dev/null; echo "0000000000000000000000000000000000000000000000000000000000000007  -"; exit; fi' files.tar
  PATH="$HOST/shadow:$PATH" run -0 verify
  assert_says 'was read wrongly once, and rightly the second time: look at that disk'
  [[ $(cat "$HOST/calls") -gt 1 ]]
  no_mark
}

@test "a payload that cannot be read (EIO) is unreadable, not damaged" {
  local file
  backup 2>/dev/null
  file="$(ls "$(last_set)"/files.tar*)"
  # Whoever reads the payload, by whatever program: the disk does not give it.
  for program in openssl sha256sum cat tee zstd gzip wc dd head tail od cksum; do
    ! command -v "$program" >/dev/null || shadow "$program" <<END
exec strace -f -qq -o $HOST/trace.\$\$ -P "$file" -e trace=read -e inject=read:error=EIO REAL "\$@"
END
  done
  PATH="$HOST/shadow:$PATH" run verify
  [[ $status == 74 ]] || fail "$status $output"
  assert_says "cannot read ${file##*/} of set"
  grep -q INJECTED "$HOST"/trace.*
  no_mark
  run -0 verify
}

@test "a full state disk: 73 or 74, no mark, and the next backup removes no good set" {
  set_fact KEEP_LAST 3
  mkdir "$HOST/small"
  mount -t tmpfs -o size=1m tmpfs "$HOST/small"
  set_fact STATE_DIR "$HOST/small"
  relink
  three_sets
  before="$(sets)"
  head -c 2000000 /dev/zero >"$HOST/small/ballast" 2>/dev/null || true
  run verify --all
  [[ $status == 73 || $status == 74 ]] || fail "$status $output"
  assert_silent_about 'a bug'
  no_mark
  run backup
  [[ $status == 73 || $status == 74 ]] || fail "$status $output"
  rm "$HOST/small/ballast"
  assert_same "$(sets | tail -n 2)" "$(tail -n 2 <<<"$before")"
  run -0 verify --all
  run -0 backup
  umount "$HOST/small"
}

@test "one flipped bit in a number of a MANIFEST, a lost MANIFEST, a torn one: each is told, none hides the others" {
  three_sets
  first="$(sets | sed -n 1p)" second="$(sets | sed -n 2p)" third="$(sets | sed -n 3p)"
  sed -i 's/^\(payload.1.stored_bytes=.*\)$/\1x/' "$first/MANIFEST"
  rm "$second/MANIFEST"
  run -0 restore --list
  assert_says 'bad MANIFEST'
  assert_says 'no MANIFEST'
  assert_says 'unchecked'
  run -65 verify --all
  assert_says "$(basename "$third")  disk         ok"
  assert_says "$(basename "$second")  disk         FAILED: the set $(basename "$second") has no MANIFEST"
  assert_says 'payload.1.stored_bytes is no size'
  assert_silent_about 'a bug'
  # The newest loses its MANIFEST: what is restored instead is older, and that is said before anything is done.
  three_sets
  newest="$(last_set)"
  older="$(sets | tail -n 2 | head -n 1)"
  rm "$newest/MANIFEST"
  run -0 restore --dry-run
  assert_says "passed over  $(basename "$newest") in disk: it has no MANIFEST"
  assert_says "set      $(basename "$older")"
  # The daily verification, which looks at the newest only, tells it as well.
  run -65 verify
  assert_says "$(basename "$newest")"
  : >"$newest/MANIFEST"
  run -65 verify
  head -c 100 "$older/MANIFEST" >"$newest/MANIFEST"
  run -65 verify
  assert_says 'was cut'
}

@test "damage: marked, passed over with the reason, refused with the newest older good set and its command; --trust takes the mark away" {
  three_sets
  newest="$(last_set)"
  older="$(sets | sed -n 2p)"
  cp -a "$newest" "$HOST/kept"
  damage "$(ls "$newest"/files.tar*)" 100
  run -65 restore --set "$(basename "$newest")" --into "$HOST/back"
  assert_says 'checksum mismatch'
  assert_says "restore.sh --set $(basename "$older")"
  [[ -s $newest/SUSPECT ]]
  run -0 restore --list
  assert_says damaged
  run -0 restore --into "$HOST/back"
  assert_says "passed over  $(basename "$newest") in disk: marked suspect"
  diff -r "$HOST/data.2" "$HOST/back$HOST/data"
  run -65 verify --trust "$(basename "$newest")"
  [[ -s $newest/SUSPECT ]]
  cp "$HOST/kept"/files.tar* "$newest/"
  run -0 verify --trust "$(basename "$newest")"
  [[ ! -e $newest/SUSPECT ]]
  run -0 restore --list
  assert_says verified
}

@test "the list tells verified from unchecked, and a set that changed since from both" {
  three_sets
  verify >/dev/null 2>&1
  run -0 restore --list
  assert_same "$(grep -c verified <<<"$output") $(grep -c unchecked <<<"$output")" '1 2'
  set="$(last_set)"
  sed -i -e 's/^host=.*/host=other/' -e '/^manifest_sha256=/d' "$set/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$set/MANIFEST" | cut -d' ' -f1)" >>"$set/MANIFEST"
  run -0 restore --list
  assert_same "$(grep -c unchecked <<<"$output")" 3
}

@test "a set from a wrong clock: nothing good is removed for it, it never counts as fresh, the run is loud" {
  set_fact KEEP_LAST 2
  relink
  three_sets
  before="$(sets)"
  future="$STORE/files/thing/20360101T000000Z"
  cp -a "$(last_set)" "$future"
  sed -i -e 's/^set=.*/set=20360101T000000Z/' -e '/^manifest_sha256=/d' "$future/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$future/MANIFEST" | cut -d' ' -f1)" >>"$future/MANIFEST"
  run -78 backup
  assert_says 'the clock is wrong'
  # The three, the one of 2036, and the one that was just made.
  assert_same "$(sets | wc -l)" 4
  assert_same "$(sets | head -n 2)" "$before"
  run -0 restore --list
  assert_says future
  run -0 restore --dry-run
  assert_says "passed over  20360101T000000Z in disk: later than this host's clock"
  set_list STATUS_ASSETS thing
  set_list STATUS_KINDS files
  set_list STATUS_TYPES files
  set_list STATUS_STORES disk
  set_list STATUS_PATHS "$STORE"
  set_list STATUS_RPOS 86400
  set_list STATUS_LOGS 0
  set_list STATUS_FIELDS ''
  set_list STATUS_CIPHERS none
  set_list STATUS_SIGNED 0
  make_scripts files backup
  "$LIFEBOAT_TESTS/lib/assemble.sh" - - "$FACTS.linked" status >"$HOST/bin/status.sh"
  run -75 bash "$HOST/bin/status.sh"
  assert_says CLOCK
  assert_silent_about '-28'
  # A clock that went back.
  rm -rf "$future"
  run -78 faketime -f '@2020-01-01 00:00:00' "$HOST/bin/backup.sh"
  assert_says 'the clock is wrong'
}

@test "a copy that was missed is made by the next run, the newest first" {
  mkdir "$HOST/second"
  set_list STORE_IDS disk second
  set_list STORE_PATHS "$STORE" "$HOST/second"
  relink
  mv "$HOST/second" "$HOST/away"
  for _ in 1 2 3; do
    run -73 backup
    sleep 1
  done
  mv "$HOST/away" "$HOST/second"
  run -0 backup
  assert_same "$(sets "$HOST/second" | wc -l)" 4
  diff -r "$STORE/files" "$HOST/second/files"
  assert_same "$(grep -o 'copying [0-9TZ]*' <<<"$output" | cut -d' ' -f2)" "$(sets | head -n 3 | sort -r | xargs -n 1 basename)"
}

@test "a set whose MANIFEST cannot be read (EIO) while it is copied: 74, it is said, and the next run copies it" {
  mkdir "$HOST/second"
  set_list STORE_IDS disk second
  set_list STORE_PATHS "$STORE" "$HOST/second"
  relink
  run -0 backup
  # The reader opens the MANIFESTs of a store by names that it was given on stdin, and says of this one that it cannot.
  shadow awk <<SHADOW
if [[ \$* == *mode=survey* ]]; then
  exec strace -f -qq -o $HOST/trace.\$\$ -P "$STORE/files/thing/./\$(ls "$STORE/files/thing" | tail -n 1)/MANIFEST" -e trace=read -e inject=read:error=EIO REAL "\$@"
fi
exec REAL "\$@"
SHADOW
  sleep 1
  run -74 shadowed backup
  grep -l INJECTED "$HOST"/trace.* >/dev/null
  assert_says 'cannot be read now, so it is not copied'
  assert_same "$(sets "$HOST/second" | wc -l)" 1
  rm "$HOST/shadow/awk"
  run -0 backup
  diff -r "$STORE/files" "$HOST/second/files"
}

@test "a second verification, retention and copy change no byte, but for the notes of the runs" {
  mkdir "$HOST/second"
  set_list STORE_IDS disk second
  set_list STORE_PATHS "$STORE" "$HOST/second"
  set_fact KEEP_LAST 2
  relink
  three_sets
  run -0 verify --all
  # Names, modes, times and contents of all that there is, logs, histories and times of last runs apart.
  picture() {
    (cd "$HOST" && find data store second state \( -name '*history*' -o -name '*.log' -o -name '*.lock' -o -path 'state/run' -o -name '*.last-*' -o -name '*verified*' \) -prune -o -type f -printf '%p %m %T@ ' -exec sha256sum {} \;)
  }
  picture >"$HOST/before"
  [[ $(grep -c /MANIFEST "$HOST/before") == 4 ]]
  run -0 verify --all
  picture | diff "$HOST/before" -
  # The same sets, once more through the rule and to the other store: as the next backup would, without its new set.
  sed "s|^  capture_asset\$|  PUBLISHED_SET=\"$(last_set)\" RUN_SET=\"$(basename "$(last_set)")\"|" "$HOST/bin/backup.sh" >"$HOST/bin/again.sh"
  chmod +x "$HOST/bin/again.sh"
  grep -q "^  PUBLISHED_SET=" "$HOST/bin/again.sh"
  run -0 "$HOST/bin/again.sh"
  picture | diff "$HOST/before" -
}

@test "a store whose disk is not mounted is not the store: nothing is made there, and it is said" {
  mkdir -p "$HOST/state"
  mount -t tmpfs tmpfs "$STORE"
  printf '0123456789abcdef0123456789abcdef\n' >"$STORE/.lifeboat-store"
  printf '0123456789abcdef0123456789abcdef %s %s\n' "$STORE" "$STORE" >"$HOST/state/stores"
  run -0 backup
  umount "$STORE"
  run -73 backup
  assert_says 'is its disk mounted'
  assert_same "$(ls -A "$STORE")" ''
  # Also when the empty directory below has been marked once.
  printf '0123456789abcdef0123456789abcdef\n' >"$STORE/.lifeboat-store"
  run -73 backup
  assert_says 'is on another file system than when it was installed'
  run -0 restore --list
  assert_says 'what is in it cannot be shown'
  run verify
  assert_status 73
}

@test "a set that is being read stays while retention removes the others; it goes with the next run" {
  set_fact KEEP_LAST 1
  relink
  backup 2>/dev/null
  held="$(last_set)"
  sleep 1
  # A reader that stands still in the middle of the set.
  shadow tar <<END
if [[ "\$*" == *--extract* && ! -e $HOST/go ]]; then
  : >$HOST/reading
  while [[ ! -e $HOST/go ]]; do sleep 0.1; done
fi
exec REAL "\$@"
END
  PATH="$HOST/shadow:$PATH" "$HOST/bin/restore.sh" --into "$HOST/back" 3>&- 2>"$HOST/err" &
  pid=$!
  eventually test -e "$HOST/reading"
  backup 2>/dev/null
  sleep 1
  run -0 backup
  assert_says "keeping the expired set $(basename "$held"): it is being read"
  : >"$HOST/go"
  wait "$pid"
  diff -r "$HOST/data" "$HOST/back$HOST/data"
  sleep 1
  backup 2>/dev/null
  assert_same "$(sets | wc -l)" 1
  assert_same "$(ls "$HOST/state/holds")" ''
}

@test "runs that find another one at work: the third in a row alarms, and each is counted" {
  set_list HOOK_KINDS command
  set_list HOOK_EVENTS failure
  set_list HOOK_TARGETS "$HOST/alarm"
  set_fact METRICS_DIR "$HOST/metrics"
  printf '#!/bin/sh\necho "$@" >>%s/alarms\n' "$HOST" >"$HOST/alarm"
  chmod +x "$HOST/alarm"
  relink
  exec 8>>"$HOST/state/thing.lock"
  flock -n 8
  run -75 backup
  run -75 backup
  [[ ! -e $HOST/alarms ]]
  run -75 backup
  grep -q 'failure thing 75' "$HOST/alarms"
  grep -q '^lifeboat_skipped_runs{.*} 3$' "$HOST/metrics/lifeboat-thing-backup.prom"
  exec 8>&-
  run -0 backup
  grep -q '^lifeboat_skipped_runs{.*} 0$' "$HOST/metrics/lifeboat-thing-backup.prom"
}

# Have twenty runs won or lost?
all_have_tried() {
  [[ $(cat "$HOST/got" "$HOST/lost" 2>/dev/null | wc -l) == 20 ]]
}

@test "without flock and perl: of twenty that want a stale lock at once, one gets it" {
  local n run
  in_runtime :
  for n in 1 2 3 4 5; do
    printf 'pid=999999 since=x action=x\nlong ago\n' >"$HOST/state/thing.lock.held"
    rm -f "$HOST/got" "$HOST/go"
    for run in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      # shellcheck disable=SC2016
      RUNTIME="$HOST/runtime.sh" bash -euo pipefail -c 'source "$RUNTIME"; default_options; ACTION=test RUN_DIR=$1 EXIT_FUNCTIONS=()
        if try_lock_file "$STATE_DIR/thing.lock.held"; then echo got >>"$1/got"; else echo lost >>"$1/lost"; fi
        while [[ ! -e $1/go ]]; do sleep 0.1; done' taker "$HOST" 3>&- &
    done
    eventually all_have_tried
    : >"$HOST/go"
    wait
    assert_same "$(wc -l <"$HOST/got")" 1
    rm -f "$HOST/state/thing.lock.held" "$HOST/lost"
  done
}

@test "perl takes the same lock as flock, and lets go when the run ends" {
  # shellcheck disable=SC2016
  run -0 in_runtime 'command() { [[ $1 == -v && $2 == flock ]] && return 1; builtin command "$@"; }; ACTION=test
    try_lock thing && flock -n "$STATE_DIR/thing.lock" true && echo two || echo one'
  assert_same "$output" one
  flock -n "$HOST/state/thing.lock" true
}

@test "ten thousand sets are listed, thinned out and watched in seconds" {
  local n name
  backup 2>/dev/null
  good="$(last_set)"
  python3 - "$good" 10000 <<'END'
import datetime, hashlib, os, shutil, sys
good, many = sys.argv[1], int(sys.argv[2])
base, lines = os.path.dirname(good), open(good + "/MANIFEST").read().splitlines()[:-1]
payload = [f for f in os.listdir(good) if f != "MANIFEST"][0]
at = datetime.datetime(2026, 1, 1)
for n in range(many):
    name = (at + datetime.timedelta(minutes=30 * n // 2)).strftime("%Y%m%dT%H%M%SZ")
    os.mkdir(f"{base}/{name}")
    text = "\n".join(f"set={name}" if l.startswith("set=") else l for l in lines) + "\n"
    open(f"{base}/{name}/MANIFEST", "w").write(text + "manifest_sha256=" + hashlib.sha256(text.encode()).hexdigest() + "\n")
    os.link(f"{good}/{payload}", f"{base}/{name}/{payload}")
END
  assert_same "$(sets | wc -l)" 10001
  # In processes, since seconds say more of the machine than of the script: no program a set.
  strace -f -c -e trace=execve -o "$HOST/count" "$HOST/bin/restore.sh" --list >"$HOST/list"
  assert_same "$(wc -l <"$HOST/list")" 10002
  calls="$(awk '$NF == "execve" { print $4 }' "$HOST/count")"
  ((calls < 60)) || fail "$calls programs for a list"
}
