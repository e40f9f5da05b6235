# Real Redis servers for redis.bats and redis-faults.bats, each in a directory of its own with its own Unix socket, so that two runs never meet.
#
#   redis_new HOME [CONFIG-LINE…]  a server below HOME, not started; sets RD and SOCK
#   redis_up / redis_down          start (and wait until it answers) / stop the server of $RD
#   rd ARG…                        redis-cli as its administrator
#   redis_fill                     one of each: what backups have been known to lose
#   redis_print                    fingerprint of everything in it: values, times to live, functions
#   new_redis_host [FACT VALUE]…   a host whose asset is the server of $RD; `with FACT VALUE…` changes facts later
#   calm / own / wrecked           a shared server that is only read; one of the test's own, filled; one after the disaster, with a
#                                  set to restore and its fingerprint in BEFORE

# Lay out a server: data directory, configuration, init script with a status of its own.
redis_new() {
  RD="$1" SOCK="$1/s"
  shift
  mkdir -p "$RD/data"
  # The snapshot would wait 5 s for other replicas. Save points, so that a server that is told to end writes its file.
  printf '%s\n' "port 0" "unixsocket $SOCK" "dir $RD/data" 'save 3600 1' 'appendonly no' 'repl-diskless-sync-delay 0' \
    'enable-debug-command local' 'logfile ""' 'daemonize no' "$@" >"$RD/conf"
  : >"$RD/password"
  cat >"$RD/service" <<SERVICE
#!/usr/bin/env bash
# Start, stop and ask after this server, as systemd would.
cd / || exit 1
# One that ended but was not waited for yet (Z) is dead: init is slow to do that here and there.
alive() { [[ -s '$RD/pid' ]] && case "\$(ps -o stat= -p "\$(cat '$RD/pid')")" in '' | Z*) false ;; esac; }
case "\$1" in
  start)
    alive && exit 0
    setsid \$(cat '$RD/as' 2>/dev/null) redis-server '$RD/conf' >>'$RD/log' 2>&1 </dev/null 3>&- 4>&- &
    echo \$! >'$RD/pid'
    ;;
  stop)
    alive || exit 0
    kill "\$(cat '$RD/pid')"
    for _ in {1..200}; do alive || exit 0; sleep 0.05; done
    exit 1
    ;;
  status) alive ;;
esac
SERVICE
  chmod +x "$RD/service"
}

redis_up() {
  local try
  "$RD/service" start
  for ((try = 0; try < 1000; try++)); do
    [[ $(rd PING 2>/dev/null) != PONG ]] || return 0
    sleep 0.03
  done
  fail "the test's own server does not start: $(tail -n 5 "$RD/log")"
}

redis_down() { "$RD/service" stop; }

# Kill the server as a power cut would.
redis_kill() {
  kill -KILL "$(cat "$RD/pid")"
  while "$RD/service" status; do sleep 0.02; done
}

# Stop every server below a directory, by pid.
redis_stop_all() {
  local file
  for file in "$1"/*/pid; do
    if [[ -s $file ]]; then kill -KILL "$(cat "$file")" 2>/dev/null || true; fi
  done
}

# redis-cli at the server of $RD, as an administrator.
rd() {
  if [[ -s $RD/password ]]; then
    REDISCLI_AUTH="$(<"$RD/password")" redis-cli -s "$SOCK" "$@"
  else
    redis-cli -s "$SOCK" "$@"
  fi
}

# Fill a server: every type, bytes that shells and parsers trip over, times to live, three databases (two of them with so many
# keys that their number takes 2 and 5 bytes in the file), a function.
redis_fill() {
  rd EVAL "
    local bytes = {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    bytes = table.concat(bytes)
    redis.call('SET', 'bytes' .. bytes, bytes .. string.rep('x', 70000))
    redis.call('SET', '', '') redis.call('SET', 'number', -12)
    redis.call('SET', 'db9:keys=9,expires=9', '[offset 9] Selecting DB ID 9')
    for i = 1, 300 do redis.call('RPUSH', 'list', i, string.rep('v', i)) redis.call('HSET', 'hash', 'f' .. i, i) redis.call('ZADD', 'zset', i / 3, 'm' .. i) end
    redis.call('SADD', 'numbers', 1, 2, 70000) redis.call('SADD', 'set', 'a', bytes)
    redis.call('HSET', 'small', 'f', 'v') redis.call('ZADD', 'scores', '-inf', 'low', '+inf', 'high')
    redis.call('PFADD', 'hll', 'a', 'b') redis.call('SETBIT', 'bits', 1000, 1) redis.call('GEOADD', 'geo', 126.97, 37.56, '서울')
    redis.call('XADD', 'stream', '1-1', 'f', 'v') redis.call('XADD', 'stream', '2-1', 'f', bytes) redis.call('XDEL', 'stream', '1-1')
    redis.call('XGROUP', 'CREATE', 'stream', 'readers', '0') redis.call('XREADGROUP', 'GROUP', 'readers', 'me', 'STREAMS', 'stream', '>')
    for i = 1, 100 do redis.call('SET', 'session:' .. i, i, 'EX', 5000 + i) end
    redis.call('HSET', 'cart', 'f', 'v') redis.call('PEXPIREAT', 'cart', 4102444800123)
  " 0 >/dev/null
  rd -n 3 DEBUG POPULATE 20000 key 20 >/dev/null
  rd -n 15 SET last one >/dev/null
  rd FUNCTION LOAD "#!lua name=lib
redis.register_function('f', function() return 'made by a function' end)" >/dev/null
}

# All that must not be lost: a hash of the values of all databases, the times to live to the millisecond, functions.
redis_print() {
  rd DEBUG DIGEST
  rd EVAL "
    local keys, out = redis.call('KEYS', '*'), {}
    table.sort(keys)
    for i, key in ipairs(keys) do out[i] = key .. ' ' .. redis.call('PEXPIRETIME', key) .. ' ' .. redis.call('TYPE', key).ok end
    return #keys .. ' keys in db0 ' .. redis.sha1hex(table.concat(out, ' '))" 0
  rd INFO keyspace | sed 's/,avg_ttl.*//'
  rd FUNCTION LIST WITHCODE | sha256sum
}

# What happened since the backup: all is lost, some is new.
redis_wreck() {
  rd FLUSHALL >/dev/null
  rd FUNCTION FLUSH >/dev/null
  rd SET newer 1 >/dev/null
  rd -n 7 SET newer 2 >/dev/null
}

# A host whose asset is the server of $RD.
new_redis_host() {
  new_host
  # A server that hangs is given up sooner than in production.
  CONSTANTS=(REDIS_CALL_SECONDS=2)
  set_fact KIND redis
  set_fact TYPE redis
  set_fact REDIS_SOCKET "$SOCK"
  set_fact REDIS_HOST 127.0.0.1
  set_fact REDIS_PORT 6379
  for name in REDIS_USER PASSWORD_SECRET CACERT CERT CERT_KEY SERVER_BINARY; do set_fact "$name" ''; done
  set_fact DATA_DIR "$RD/data"
  set_fact DUMP_FILE dump.rdb
  set_fact APPEND_DIR appendonlydir
  set_fact APPEND_FILE appendonly.aof
  set_list MODULES
  set_fact SERVER_USER root
  set_fact SERVICE_KIND commands
  set_fact SERVICE_NAME cache
  set_list SERVICE_START "$RD/service" start
  set_list SERVICE_STOP "$RD/service" stop
  set_list SERVICE_STATUS "$RD/service" status
  with "$@"
}

# Once a file: what its tests share.
redis_begin_file() {
  # One server for the tests that only read.
  redis_new "$BATS_FILE_TMPDIR/calm"
  redis_up
  redis_fill
  # And a set of it, for the tests that only restore, with the fingerprint of what it holds.
  BATS_TEST_TMPDIR="$BATS_FILE_TMPDIR/first" new_redis_host
  backup --quiet
  mv "$STORE" "$BATS_FILE_TMPDIR/store"
  redis_print >"$BATS_FILE_TMPDIR/print"
}

# After each test: nothing may be left.
redis_end_test() {
  local pid left=''
  redis_stop_all "$BATS_TEST_TMPDIR"
  if [[ -n ${OTHER_DIR:-} ]]; then
    redis_stop_all "$OTHER_DIR"
    rm -rf "$OTHER_DIR"
  fi
  # A throw-away server works below this test's directory: none may be left.
  for pid in $(pgrep -f 'redis-server unixsocket:lifeboat.sock'); do
    [[ $(readlink "/proc/$pid/cwd") != "$BATS_TEST_TMPDIR"* ]] || left+=" $pid"
  done
  unmount_all
  # shellcheck disable=SC2086
  [[ -z $left ]] || {
    kill -KILL $left
    fail "a throw-away server was left running"
  }
}

# The shared server, for tests that change nothing in it.
calm() {
  RD="$BATS_FILE_TMPDIR/calm" SOCK="$BATS_FILE_TMPDIR/calm/s"
  new_redis_host
}

# A server of this test's own, running and filled. Lines of configuration are in CONFIG; words are facts.
own() {
  redis_new "$BATS_TEST_TMPDIR/db" ${CONFIG[@]+"${CONFIG[@]}"}
  redis_up
  redis_fill
  new_redis_host "$@"
}

# A server of this test's own with what came after the disaster in it; the set that setup_file made is in the store, and BEFORE
# is the fingerprint of what it holds.
wrecked() {
  redis_new "$BATS_TEST_TMPDIR/db" ${CONFIG[@]+"${CONFIG[@]}"}
  redis_up
  redis_wreck
  new_redis_host "$@"
  cp -R "$BATS_FILE_TMPDIR/store/." "$STORE"
  BEFORE="$(<"$BATS_FILE_TMPDIR/print")"
}

# A value of a set's MANIFEST.
manifest() { sed -n "s/^$2=//p" "$1/MANIFEST"; }

# Change a MANIFEST with sed, and make it whole again.
forge_manifest() {
  sed -i -e "$2" -e '$d' "$1/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$1/MANIFEST" | cut -d ' ' -f 1)" >>"$1/MANIFEST"
}

# Make a set whose RDB file went through a command that changes the file $1, and was not looked at.
forge_set() {
  # The shadow's file is the last argument.
  # shellcheck disable=SC2016
  printf '%s\n' 'REAL "$@" || exit' 'case "$*" in *--rdb*) set -- "${@: -1}";' "$1" ';; esac' | shadow redis-cli
  sed 's/^redis_check_file() {/&\n  redis-check-rdb "$1" >"$RUN_DIR\/redis.check" 2>\&1; printf "[info] 7 keys read\\n" >>"$RUN_DIR\/redis.check"; return 0/' "$HOST/bin/backup.sh" >"$HOST/bin/forge.sh"
  chmod +x "$HOST/bin/forge.sh"
  shadowed "$HOST/bin/forge.sh" --quiet
}

# The middle byte of a file, turned.
FLIP='python3 -c "import sys; p = sys.argv[1]; b = bytearray(open(p, \"rb\").read()); b[len(b) // 2] ^= 1; open(p, \"wb\").write(b)" "$1"'

# All files of the live server, with their content.
live_files() { (cd "$RD/data" && find . -type f -exec sha256sum {} + | sort -k 2); }
