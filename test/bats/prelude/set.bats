load ../lib/lifeboat

setup() { new_files_asset; }

teardown() { unmount_all; }

# A kind whose producer and observer are given as bash.
fake_kind() {
  cat >"$HOST/fake.sh" <<END
kind_preflight() { return 0; }
kind_capture() { write_payload data.bin ${3:--} produce_fake; }
produce_fake() {
  $1
}
observe_fake() {
  ${2:-cat >/dev/null}
}
kind_rollback() { return 0; }
END
  { sed '$d' "$HOST/bin/backup.sh" && cat "$HOST/fake.sh" && tail -n 1 "$HOST/bin/backup.sh"; } >"$HOST/bin/fake.sh"
  chmod +x "$HOST/bin/fake.sh"
}

# No process of the fake script is left.
nothing_runs() {
  ! pgrep -f "$HOST/bin/fake.sh" >/dev/null
}

@test "a set is a MANIFEST and its payloads, private, with everything in the MANIFEST" {
  backup 2>/dev/null
  set="$(last_set)"
  assert_same "$(ls "$set" | tr '\n' ' ')" 'MANIFEST files.tar.zst '
  assert_same "$(stat -c %a "$set" "$set/MANIFEST" "$set/files.tar.zst" | tr '\n' ' ')" '700 600 600 '
  assert_same "$(sed -n 's/^payload.1.stored_bytes=//p' "$set/MANIFEST")" "$(stat -c %s "$set/files.tar.zst")"
  assert_same "$(sed -n 's/^payload.1.stored_sha256=//p' "$set/MANIFEST")" "$(sha256sum <"$set/files.tar.zst" | cut -d' ' -f1)"
  assert_same "$(sed -n 's/^payload.1.raw_sha256=//p' "$set/MANIFEST")" "$(zstd -dcq "$set/files.tar.zst" | sha256sum | cut -d' ' -f1)"
  assert_tidy
}

@test "values in the MANIFEST survive newlines, percents and equals signs" {
  run -0 in_runtime 'RUN_DIR=$1; WORK_DIR=$1; manifest_add position.a "1=2%0A
3 \x41 $2"; manifest_add position.b ""; printf "[%s]" "$(manifest_get "$1" position.a)" "$(manifest_get "$1" position.b)" "$(manifest_get "$1" position.c)"; wc -l <"$1/.manifest"' "$HOST/data" $'tab\t escape\e[31m bell\a del\x7f'
  assert_same "$output" '[1=2%0A
3 \x41 '$'tab\t escape\e[31m bell\a del\x7f''][][]2'
}

@test "a failing producer leaves no set, an exit code, its last words, and the older sets" {
  backup 2>/dev/null
  before="$(sets)"
  set_fact KEEP_LAST 1
  make_scripts files backup
  fake_kind 'printf "half of it"; echo "Access denied for user" >&2; return 2'
  run -69 "$HOST/bin/fake.sh"
  assert_says 'data.bin: Access denied for user'
  assert_says 'cannot capture data.bin: exit status 2'
  assert_same "$(sets)" "$before"
  assert_tidy
  fake_kind 'die 77 "no password" "put one there"'
  run -77 "$HOST/bin/fake.sh"
  assert_says 'no password'
  assert_same "$(sets)" "$before"
}

@test "an empty payload is refused" {
  fake_kind ':'
  run -65 "$HOST/bin/fake.sh"
  assert_says 'data.bin is empty'
  assert_same "$(sets)" ''
  assert_tidy
}

@test "an observer's verdict counts, and one that stops reading does not hang the rest" {
  fake_kind 'seq 1 2000000' 'read -r line; [[ $line == 1 ]]' observe_fake
  run -0 timeout 30 "$HOST/bin/fake.sh"
  fake_kind 'seq 1 2000000' 'read -r line; die 65 "bad header"' observe_fake
  run -65 timeout 30 "$HOST/bin/fake.sh"
  assert_says 'bad header'
  fake_kind 'seq 1 2000000' 'exit 3' observe_fake
  run -65 timeout 30 "$HOST/bin/fake.sh"
  fake_kind 'seq 1 20' 'cat >/dev/null; kill -9 $(exec sh -c "echo \$PPID")' observe_fake
  run -65 timeout 30 "$HOST/bin/fake.sh"
  assert_tidy
}

@test "a compressor that dies early is named, nothing hangs" {
  mkdir "$HOST/tools"
  printf '#!/bin/sh\nhead -c 1000 >/dev/null; kill -9 $$\n' >"$HOST/tools/zstd"
  chmod +x "$HOST/tools/zstd"
  fake_kind 'seq 1 2000000'
  PATH="$HOST/tools:$PATH" run -74 timeout 30 "$HOST/bin/fake.sh"
  assert_says 'cannot compress data.bin with zstd: ended by signal 9'
  assert_same "$(sets)" ''
  assert_tidy
}

@test "errexit holds in producers: a command that fails half-way is not passed over" {
  fake_kind 'echo first
  false
  echo second'
  run -69 "$HOST/bin/fake.sh"
  assert_same "$(sets)" ''
}

@test "a second that is taken is waited out; sets are never overwritten" {
  backup 2>/dev/null &
  backup 2>/dev/null || true
  wait
  backup 2>/dev/null
  backup 2>/dev/null
  [[ $(sets | wc -l) -ge 3 ]]
}

@test "two at once: one makes the set, the other says who holds the lock" {
  fake_kind 'sleep 3; echo data'
  "$HOST/bin/fake.sh" 2>/dev/null 3>&- &
  eventually test -s "$HOST/state/thing.lock"
  run -75 backup
  assert_says "another run holds the lock of thing (pid=$!"
  wait "$!"
  assert_same "$(sets | wc -l)" 1
  grep -q '"status":"skipped","code":75' "$HOST/state/history.jsonl"
}

@test "kill -9 half-way: nothing is published, the lock is free, the next run clears up" {
  fake_kind 'echo begun; sleep 60'
  "$HOST/bin/fake.sh" 2>/dev/null 3>&- &
  pid=$!
  eventually compgen -G "$STORE/files/thing/.partial-*/data.bin*" >/dev/null
  kill -9 "$pid"
  wait "$pid" || true
  assert_same "$(sets)" ''
  run -0 backup
  assert_says 'left by a run that did not end'
  assert_same "$(sets | wc -l)" 1
  eventually nothing_runs
  assert_tidy
}

@test "TERM and INT half-way: everything stops at once, 143 and 130, nothing is left" {
  local signal code
  for signal in TERM:143 INT:130; do
    code="${signal#*:}"
    fake_kind 'echo begun; sleep 61'
    # Without -m a background job would start with INT ignored.
    set -m
    "$HOST/bin/fake.sh" 2>"$HOST/err" 3>&- &
    set +m
    pid=$!
    eventually compgen -G "$STORE/files/thing/.partial-*/data.bin*" >/dev/null
    began=$SECONDS
    kill -"${signal%:*}" "$pid"
    got=0
    wait "$pid" || got=$?
    assert_same "$got" "$code"
    ((SECONDS - began < 4))
    grep -q "exit $code, interrupted" "$HOST/err"
    assert_same "$(sets)" ''
    assert_tidy
    nothing_runs
    ! pgrep -f '^sleep 61$' >/dev/null
  done
}

@test "too slow: 75 after the time limit, nothing is left" {
  set_fact CAPTURE_TIMEOUT 1
  make_scripts files backup
  fake_kind 'echo begun; sleep 62'
  run -75 timeout 20 "$HOST/bin/fake.sh"
  assert_says 'not done after 1 s'
  assert_same "$(sets)" ''
  assert_tidy
}

@test "a full disk: 74, a clear word, the older sets untouched" {
  mkdir "$HOST/small"
  mount -t tmpfs -o size=3m tmpfs "$HOST/small"
  set_list STORE_PATHS "$HOST/small"
  relink
  backup 2>/dev/null
  head -c 8000000 /dev/urandom >"$HOST/data/big"
  run backup
  left="$(sets "$HOST/small" | wc -l)"
  partial="$(compgen -G "$HOST/small/files/thing/.partial-*" || true)"
  umount "$HOST/small"
  assert_status 74
  assert_says 'No space left'
  assert_same "$left" 1
  assert_same "$partial" ''
}

@test "the reserve is kept while data is written, and asked for before" {
  mkdir "$HOST/small"
  mount -t tmpfs -o size=30m tmpfs "$HOST/small"
  set_list STORE_PATHS "$HOST/small"
  set_fact RESERVE_BYTES 20000000
  set_fact COMPRESSION none
  make_scripts files backup
  fake_kind 'head -c 15000000 /dev/urandom; sleep 20'
  run timeout 15 "$HOST/bin/fake.sh"
  first="$status $output"
  set_fact RESERVE_BYTES 40000000
  make_scripts files backup
  run backup
  umount "$HOST/small"
  [[ $first == 74* && $first == *'below the reserve'* ]] || fail "$first"
  assert_status 74
  assert_says 'not enough space'
}

@test "ENOSPC in mid-stream is the disk's fault, not the producer's" {
  head -c 8000000 /dev/urandom >"$HOST/data/big"
  mkdir "$HOST/tools"
  # tee's second use writes the file: let its 20th write fail as a full disk does.
  printf '#!/bin/sh\ncase "$*" in *.stored) exec strace -o /dev/null -e trace=write -e inject=write:error=ENOSPC:when=20+ /usr/bin/tee "$@" ;; esac\nexec /usr/bin/tee "$@"\n' >"$HOST/tools/tee"
  chmod +x "$HOST/tools/tee"
  PATH="$HOST/tools:$PATH" run -74 timeout 60 "$HOST/bin/backup.sh"
  assert_says 'cannot write files.tar'
  assert_same "$(sets)" ''
  assert_tidy
}

@test "a MANIFEST that was changed, a file that was cut, a set that was renamed: 65" {
  backup 2>/dev/null
  set="$(last_set)"
  cp -a "$set" "$HOST/good"
  sed -i 's/^position.entries=.*/position.entries=1/' "$set/MANIFEST"
  run -65 verify
  assert_says 'MANIFEST'
  rm -rf "$set" && cp -a "$HOST/good" "$set"
  truncate -s -1 "$set/files.tar.zst"
  run -65 verify
  assert_says 'bytes'
  rm -rf "$set" && cp -a "$HOST/good" "$set"
  mv "$set" "${set%/*}/20300101T000000Z"
  run -65 verify
  assert_says 'renamed'
  rm -rf "${set%/*}/20300101T000000Z" && cp -a "$HOST/good" "$set"
  rm "$set/files.tar.zst"
  run -65 verify
  assert_says 'missing'
}

@test "copies: made in every further store, checked, thinned out; one that fails does not undo the set" {
  mkdir "$HOST/second" "$HOST/third"
  set_list STORE_IDS disk second third
  set_list STORE_PATHS "$STORE" "$HOST/second" "$HOST/third"
  set_fact KEEP_LAST 2
  relink
  backup 2>/dev/null && sleep 1 && backup 2>/dev/null && sleep 1 && backup 2>/dev/null
  for store in "$STORE" "$HOST/second" "$HOST/third"; do assert_same "$(sets "$store" | wc -l)" 2; done
  diff -r "$STORE/files" "$HOST/third/files"
  rm -rf "$HOST/second"
  sleep 1
  run -73 backup
  assert_says 'is its disk mounted'
  assert_says 'there is no copy of it in second'
  assert_same "$(sets | tail -n 1 | xargs basename)" "$(sets "$HOST/third" | tail -n 1 | xargs basename)"
  grep -q '"status":"failed","code":73' "$HOST/state/history.jsonl"
  assert_tidy
}

@test "a store that is not there is not made: its disk may not be mounted" {
  rm -rf "$STORE"
  run -73 backup
  assert_says 'is its disk mounted'
  [[ ! -e $STORE ]]
}

@test "--dry-run changes nothing at all" {
  find "$HOST" -printf '%p %T@ %s\n' | sort >"$BATS_TEST_TMPDIR/before"
  run -0 backup --dry-run
  assert_says 'Nothing was changed'
  find "$HOST" -printf '%p %T@ %s\n' | sort | diff "$BATS_TEST_TMPDIR/before" -
}

@test "what failed a deep verification is not taken back by one that looks less closely, but by a deep one, or with another MANIFEST" {
  local listed
  listed='printf "20260101T000000Z ok 1 1 x %s -\n" "$sum" | mark_verified disk | cut -d " " -f 2'
  run -0 in_runtime "sum=abc; note_verified disk 20260101T000000Z abc failed-deep; note_verified disk 20260101T000000Z abc content; $listed"
  assert_same "$output" failed
  run -0 in_runtime "sum=abc; note_verified disk 20260101T000000Z abc deep; $listed"
  assert_same "$output" verified
  run -0 in_runtime "sum=abd; note_verified disk 20260101T000000Z abc failed-deep; note_verified disk 20260101T000000Z abd hashes; $listed"
  assert_same "$output" verified
  # Another set's note stays as it is.
  run -0 in_runtime "sum=abd; note_verified disk 20260102T000000Z abc failed-hashes; note_verified second 20260101T000000Z abd failed-content; $listed"
  assert_same "$output" verified
}
