#!/usr/bin/env bats
# The redis kind against real Redis servers that are dead, hang, lie, or are killed, and against damaged sets and full disks.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell; CONFIG is for the helpers

setup_file() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/redis.bash"
  redis_begin_file
}

teardown_file() {
  source "$BATS_TEST_DIRNAME/lib/redis.bash"
  redis_stop_all "$BATS_FILE_TMPDIR"
}

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/redis.bash"
}

teardown() {
  redis_end_test
}

@test "what the server sent is not published when it is cut, turned or followed by something" {
  calm
  for change in 'truncate -s -9 "$1"' "$FLIP" 'printf x >>"$1"'; do
    # shellcheck disable=SC2016
    printf '%s\n' 'REAL "$@" || exit' 'case "$*" in *--rdb*) set -- "${@: -1}";' "$change" ';; esac' | shadow redis-cli
    run -65 shadowed backup
    assert_says 'nothing is published'
  done
  assert_same "$(sets)" ''
  assert_tidy
}

# bats test_tags=long
@test "a damaged set is not restored: cut or turned in the store" {
  wrecked
  local before set
  set="$(last_set)"
  before="$(live_files) $(redis_print)"
  cp "$set/dump.rdb.zst" "$HOST/whole"
  truncate -s -9 "$set/dump.rdb.zst"
  run -65 restore --yes
  cp "$HOST/whole" "$set/dump.rdb.zst"
  bash -c "$FLIP" - "$set/dump.rdb.zst"
  run -65 restore --yes
  run -65 verify
  assert_same "$(live_files) $(redis_print)" "$before"
  assert_tidy
}

@test "a set that was damaged before it was hashed is found by verify, and never restored" {
  own
  local before change
  before="$(live_files) $(redis_print)"
  for change in 'truncate -s -9 "$1"' "$FLIP"; do
    forge_set "$change"
    run -65 restore --yes
    assert_says 'the RDB file is damaged (offset '
    run -65 verify
    assert_says 'the RDB file is damaged (offset '
    rm -rf "$(last_set)"
  done
  assert_same "$(live_files) $(redis_print)" "$before"
  # No key of the data gets into the log.
  run grep -a -e 'session:' -e 'key:' "$HOST/log/thing.log"
  assert_same "$output" ''
}

# bats test_tags=long
@test "counts that are not those of the MANIFEST are found, in the file and in a server" {
  wrecked
  local before set
  before="$(live_files)"
  set="$(last_set)"
  cp "$set/MANIFEST" "$HOST/MANIFEST"
  forge_manifest "$set" 's/^position.keys=.*/position.keys=20118/'
  run -65 verify
  assert_says 'has 20117 keys, 101 of which expire; the MANIFEST says 20118 and 101'
  rm "$set/SUSPECT"
  cp "$HOST/MANIFEST" "$set/MANIFEST"
  forge_manifest "$set" 's/^position.db.3=.*/position.db.3=20001 0/'
  run -65 restore --yes
  assert_says 'does not hold what was backed up: db3 has 20000 keys'
  assert_same "$(live_files)" "$before"
}

# bats test_tags=long
@test "server down: 69; hung: 69; older sets stay" {
  own
  run -0 backup
  redis_down
  run -69 backup
  assert_says 'does not answer: Could not connect'
  redis_up
  kill -STOP "$(cat "$RD/pid")"
  run -69 backup
  kill -CONT "$(cat "$RD/pid")"
  assert_says 'hangs: no answer within'
  assert_same "$(sets | wc -l)" 1
  assert_tidy
}

@test "a server that is killed while it sends: 69, no set" {
  CONFIG=('rdb-key-save-delay 100')
  own
  "$HOST/bin/backup.sh" >"$HOST/out" 2>&1 3>&- &
  sending() { [[ -s $(echo "$HOST"/state/run/*/dump.rdb) ]]; }
  eventually sending
  redis_kill
  status=0
  wait $! || status=$?
  output="$(<"$HOST/out")"
  assert_status 69
  assert_says 'broke off while it sent the snapshot'
  assert_same "$(sets)" ''
  assert_tidy
}

# bats test_tags=long
@test "a backup that is told to end leaves nothing; one that is killed is swept away by the next" {
  CONFIG=('rdb-key-save-delay 100')
  own
  sending() { [[ -s $(echo "$HOST"/state/run/*/dump.rdb) ]]; }
  "$HOST/bin/backup.sh" --quiet 3>&- &
  eventually sending
  kill -TERM $!
  status=0
  wait $! || status=$?
  assert_status 143
  assert_tidy
  "$HOST/bin/backup.sh" --quiet 3>&- &
  eventually sending
  kill -KILL $!
  wait $! || true
  ended() { ! pgrep -f -- "--rdb $HOST" >/dev/null; }
  eventually ended
  rd CONFIG SET rdb-key-save-delay 0
  run -0 backup
  assert_tidy
  assert_same "$(sets | wc -l)" 1
}

# bats test_tags=long
@test "a restore that is killed takes its throw-away server along, and can be run again" {
  wrecked
  local server
  # The server is asked, and does not get to answer.
  shadow redis-cli <<'SHADOW'
case "$*" in *lifeboat.sock*) [[ -e $0.at-work ]] || { : >"$0.at-work"; exec sleep 60; } ;; esac
exec REAL "$@"
SHADOW
  PATH="$HOST/shadow:$PATH" "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  eventually test -e "$HOST/shadow/redis-cli.at-work"
  server="$(cat "$RD"/data/.lifeboat-live-*/server.pid)"
  kill -KILL $!
  wait $! || true
  gone() { ! kill -0 "$server" 2>/dev/null; }
  eventually gone
  assert_same "$(rd GET newer)" 1
  run -0 restore --yes
  assert_same "$(redis_print)" "$BEFORE"
  assert_tidy
}

@test "a restore that is killed in the middle of the swap waits for --undo; then the next run succeeds" {
  CONFIG=('appendonly yes')
  wrecked
  # Killed when the first of two paths is in place.
  shadow mv <<'SHADOW'
case "$*" in *appendonlydir*) if mkdir "$0.once" 2>/dev/null; then : >"$0.at-work"; exec sleep 60; fi ;; esac
exec REAL "$@"
SHADOW
  PATH="$HOST/shadow:$PATH" "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  eventually test -e "$HOST/shadow/mv.at-work"
  kill -KILL $!
  wait $! || true
  run -75 backup
  assert_says 'an interrupted restore of thing is pending'
  # Undoing it gives the state before it, which the answer to --dry-run does not touch.
  run -75 restore --yes
  run -0 restore --undo --dry-run
  run -0 restore --undo --yes
  run -0 restore --yes
  assert_same "$(redis_print)" "$BEFORE"
  rd SET newest 1
  # Killed after all of it, when the server starts: told to end now.
  printf '#!/usr/bin/env bash\n[[ -e %q/hung ]] && exec %q/service start\n: >%q/hung; exec sleep 60\n' "$RD" "$RD" "$RD" >"$RD/start"
  chmod +x "$RD/start"
  set_list SERVICE_START "$RD/start"
  with
  "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  eventually test -e "$RD/hung"
  kill -TERM $!
  status=0
  wait $! || status=$?
  assert_status 143
  redis_up
  assert_same "$(rd GET newest)" 1
  assert_tidy
}

# bats test_tags=long
@test "a server that does not start with the restored data gets its old data back" {
  CONFIG=('appendonly yes')
  wrecked
  local before
  before="$(redis_print)"
  # It starts with old data only.
  printf '#!/usr/bin/env bash\nls %q/data/appendonlydir.lifeboat-old-* >/dev/null 2>&1 && exit 1\nexec %q/service start\n' "$RD" "$RD" >"$RD/start"
  chmod +x "$RD/start"
  set_list SERVICE_START "$RD/start"
  with
  run -69 restore --yes
  assert_says 'is as it was before the restore'
  redis_up
  assert_same "$(redis_print)" "$before"
  assert_tidy
  # One that dies of the data soon after it was started.
  printf '#!/usr/bin/env bash\n%q/service start\nls %q/data/appendonlydir.lifeboat-old-* >/dev/null 2>&1 && kill -KILL "$(cat %q/pid)"\nexit 0\n' "$RD" "$RD" "$RD" >"$RD/start"
  run -69 restore --yes
  assert_says 'does not come up on the restored data'
  redis_up
  assert_same "$(redis_print)" "$before"
}

# bats test_tags=long
@test "a server that loads something else is found out, and put back" {
  wrecked
  redis_down
  # The plan and the server do not mean the same file, and nobody could be asked.
  mkdir "$RD/else"
  sed -i "s|^dir .*|dir $RD/else|" "$RD/conf"
  local before
  before="$(live_files)"
  run -65 restore --yes
  assert_says 'the server has loaded 0 keys, the backup has 20117'
  assert_says "the server keeps its data in $RD/else, the plan says $RD/data"
  assert_same "$(live_files | grep -v '\.lifeboat-old-')" "$before"
  redis_up
  run -78 restore --yes
  assert_says 'the server would never see what is restored'
  run -0 backup
  assert_says 'correct the plan, a restore will refuse'
}

# bats test_tags=long
@test "a server that still runs although its service says it was stopped keeps its data" {
  wrecked
  set_list SERVICE_STOP true
  set_fact SERVICE_STOP_SECONDS 2
  with
  local before
  before="$(live_files) $(redis_print)"
  run -69 restore --yes
  assert_says "a Redis server still runs in $RD/data: process $(cat "$RD/pid")"
  assert_same "$(live_files) $(redis_print)" "$before"
  assert_tidy
}

# bats test_tags=long
@test "where memory is short, nothing is loaded for a trial" {
  wrecked
  forge_manifest "$(last_set)" 's/^position.used_memory=.*/position.used_memory=99999999999999/'
  run -75 verify --deep
  assert_says 'not enough memory to load the data for a trial: it needs 90 TiB'
  [[ ! -e $(last_set)/SUSPECT ]]
  run -0 restore --yes
  assert_says 'it is not loaded for a trial, the live server will show'
  assert_same "$(redis_print)" "$BEFORE"
}

# bats test_tags=long
@test "disks without room: 74, older sets stay" {
  own
  rd EVAL "for i = 1, 40 do local t = {} for j = 1, 4000 do t[j] = string.format('%08x', math.random(0, 2147483647)) end redis.call('SET', 'big' .. i, table.concat(t)) end" 0
  run -0 backup
  mkdir "$HOST/small"
  mount -t tmpfs -o size=256k none "$HOST/small"
  with STATE_DIR "$HOST/small"
  run -74 backup
  with STATE_DIR "$HOST/state" STORE_PATHS "($HOST/small)"
  run -74 backup
  assert_same "$(find "$HOST/small" -name '.partial*' | wc -l)" 0
  with STORE_PATHS "($STORE)" SCRATCH_DIR "$HOST/small"
  run -74 verify --deep
  [[ ! -e $(last_set)/SUSPECT ]]
  assert_same "$(sets | wc -l)" 1
}
