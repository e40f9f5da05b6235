#!/usr/bin/env bats
# The redis kind against real Redis servers: what it is for. What can go wrong is in redis-faults.bats.
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

@test "a backup: one sound file, with the counts of the snapshot, not those of the live server" {
  own
  local name want set
  # Clients go on writing right after the snapshot.
  shadow redis-cli <<SHADOW
REAL "\$@" || exit
case "\$*" in *--rdb*) REAL -s '$SOCK' EVAL "for i = 1, 50 do redis.call('SET', 'late' .. i, 1) end" 0 >&2 ;; esac
SHADOW
  want="$(rd INFO keyspace | tr -d '\r' | sed -n 's/^db\([0-9]*\):keys=\([0-9]*\),expires=\([0-9]*\),.*/position.db.\1=\2 \3/p')"
  run -0 shadowed backup
  assert_says '20117 keys in 3 databases'
  set="$(last_set)"
  assert_same "$(grep '^position.db' "$set/MANIFEST")" "$want"
  assert_same "$(manifest "$set" position.keys) $(manifest "$set" position.expires)" '20117 101'
  assert_same "$(manifest "$set" position.repl_id)" "$(rd INFO replication | tr -d '\r' | sed -n 's/^master_replid://p')"
  assert_same "$(manifest "$set" tool.redis)" "$(rd INFO server | tr -d '\r' | sed -n 's/^redis_version://p')"
  zstd -dc "$set"/dump.rdb.zst | redis-check-rdb /dev/stdin | grep -F '20117 keys read'
  assert_silent_about WARN
  assert_tidy
}

# bats test_tags=long
@test "--dry-run and --help change nothing" {
  calm
  run -0 backup --dry-run
  run -0 backup --help
  run -0 restore --help
  assert_same "$(sets)" ''
  assert_same "$(ls "$HOST/state" "$HOST/log")" "$(printf '%s:\n\n%s:' "$HOST/log" "$HOST/state")"
}

# bats test_tags=long
@test "without an append-only file: all comes back, what is newer goes, the old file is kept" {
  own
  local before file
  before="$(redis_print)"
  run -0 backup
  redis_wreck
  run -0 restore --dry-run
  assert_says 'now   2 keys in 2 databases, append-only file off'
  assert_says 'then  20117 keys in 3 databases as of 2'
  assert_same "$(rd GET newer)" 1
  run -0 restore --yes
  assert_says 'a throw-away server loads it: 20117 keys in 3 databases'
  assert_says "the old data is kept in $RD/data/dump.rdb.lifeboat-old-"
  assert_same "$(redis_print)" "$before"
  # Kept is what the server saved when it was stopped, so nothing is lost for good.
  file="$(echo "$RD"/data/dump.rdb.lifeboat-old-*)"
  redis-check-rdb "$file" | grep -F '2 keys read'
  # An append-only file that nobody keeps would come up some day.
  [[ ! -e $RD/data/appendonlydir && ! -e $RD/data/appendonly.aof ]]
  assert_tidy
  # It stays over restarts.
  redis_down
  redis_up
  assert_same "$(redis_print)" "$before"
}

@test "with an append-only file: it is restored, not the empty one of a naive restore, and goes on" {
  CONFIG=('appendonly yes')
  own
  local before
  before="$(redis_print)"
  run -0 backup
  redis_wreck
  run -0 restore --yes
  assert_says 'append-only file on'
  assert_same "$(redis_print)" "$before"
  rd SET after 1
  redis_kill
  redis_up
  assert_same "$(rd GET after) $(rd GET number)" '1 -12'
  rd DEL after
  assert_same "$(redis_print)" "$before"
  [[ -e $(echo "$RD"/data/appendonlydir.lifeboat-old-*)/appendonly.aof.manifest ]]
  rd BGREWRITEAOF
  rewritten() { [[ -e $RD/data/appendonlydir/appendonly.aof.2.base.rdb ]]; }
  eventually rewritten
  assert_tidy
}

# bats test_tags=long
@test "a killed server whose files are destroyed comes back, with an append-only file" {
  CONFIG=('appendonly yes' 'appenddirname aof' 'appendfilename log' 'dbfilename data.rdb')
  wrecked APPEND_DIR aof APPEND_FILE log DUMP_FILE data.rdb
  redis_kill
  rm "$RD"/data/aof/*.base.rdb
  head -c 1000 /dev/urandom >"$RD/data/data.rdb"
  run -0 restore --yes
  assert_says 'it does not answer'
  assert_same "$(redis_print)" "$BEFORE"
}

# bats test_tags=long
@test "a data directory that is gone comes back, owned by the server's user" {
  OTHER_DIR="$(mktemp -d /tmp/lifeboat-redis.XXXXXX)"
  chmod 711 "$OTHER_DIR"
  redis_new "$OTHER_DIR/db"
  printf 'setpriv --reuid=redis --regid=redis --clear-groups\n' >"$RD/as"
  chown -R redis: "$RD"
  redis_up
  redis_fill
  new_redis_host SERVER_USER redis
  local before
  before="$(redis_print)"
  run -0 backup
  redis_kill
  rm -rf "$RD/data"
  run -0 restore --yes
  assert_same "$(redis_print)" "$before"
  assert_same "$(stat -c '%U:%G %a' "$RD/data" "$RD/data/dump.rdb" | paste -s -d ,)" 'redis:redis 750,redis:redis 640'
  rd SET more 1
  assert_same "$(rd SAVE)" OK
  with SERVER_USER nobody-at-all
  run -78 restore --yes
  assert_says 'there is no user nobody-at-all'
  assert_same "$(rd GET more)" 1
}

# bats test_tags=long
@test "an ordinary user can do all of it with a server of his own" {
  OTHER_DIR="$(mktemp -d /tmp/lifeboat-redis.XXXXXX)"
  chmod 711 "$OTHER_DIR"
  redis_new "$OTHER_DIR/db" 'appendonly yes'
  printf 'setpriv --reuid=redis --regid=redis --clear-groups\n' >"$RD/as"
  BATS_TEST_TMPDIR="$OTHER_DIR" new_redis_host SERVER_USER redis
  chown -R redis: "$OTHER_DIR"
  as_redis() { setpriv --reuid=redis --regid=redis --clear-groups "$@"; }
  : >"$RD/as"
  as_redis "$RD/service" start
  answers() { [[ $(rd PING 2>/dev/null) == PONG ]]; }
  eventually answers
  redis_fill
  local before
  before="$(redis_print)"
  run -0 as_redis "$HOST/bin/backup.sh"
  redis_wreck
  run -0 as_redis "$HOST/bin/restore.sh" --yes
  assert_same "$(redis_print)" "$before"
}

# bats test_tags=long
@test "times to live run on while a backup lies: what has expired stays gone, and is no reason to fail" {
  CONFIG=('appendonly yes')
  own
  rd FLUSHALL
  rd SET long 1 EX 5000
  local before seconds
  before="$(rd PEXPIRETIME long)"
  # As long as this machine takes to look at it.
  for seconds in 2 8 32 128; do
    rd SET brief 1 EX "$seconds"
    run -0 backup
    [[ $(manifest "$(last_set)" position.db.0) != '2 2' ]] || break
  done
  assert_same "$(manifest "$(last_set)" position.db.0)" '2 2'
  while [[ $(rd EXISTS brief) != 0 ]]; do sleep 0.2; done
  for mode in yes no; do
    rd CONFIG SET appendonly "$mode"
    rd CONFIG REWRITE
    run -0 restore --yes
    assert_same "$(rd EXISTS brief) $(rd PEXPIRETIME long)" "0 $before"
  done
}

# bats test_tags=long
@test "requirepass with odd characters" {
  own PASSWORD_SECRET "file:$HOST/secret"
  local password before
  before="$(redis_print)"
  with PASSWORD_SECRET "file:$HOST/secret"
  for password in ' it"s back\slash\n #' '-a 비밀번호' '$(id)`id`%s'"'"; do
    printf '%s' "$password" | rd -x CONFIG SET requirepass
    printf '%s' "$password" >"$RD/password"
    printf '%s\n' "$password" >"$HOST/secret"
    run -0 backup --dry-run
  done
  run -0 backup
  # Over a restart, which is where the password comes from the configuration.
  rd CONFIG REWRITE
  redis_wreck
  run -0 restore --yes
  assert_same "$(redis_print)" "$before"
  printf 'wr0ng-pass\n' >"$HOST/secret"
  run -77 backup
  assert_says 'refuses the login: WRONGPASS'
  assert_silent_about wr0ng-pass
  run -77 restore --yes
  rm "$HOST/secret"
  run -77 backup
  assert_same "$(sets | wc -l)" 1
  with PASSWORD_SECRET ''
  REDISCLI_AUTH="$password" run -77 backup
  assert_says 'NOAUTH'
  assert_same "$(redis_print)" "$before"
}

@test "an ACL user with few rights, an encrypted set, no secret in a process list, in logs, state or sets" {
  # Its own: other suites on this machine look for theirs.
  local secret="s3cr3t-Pa55-$$-$RANDOM"
  CONFIG=("user keeper on >$secret -@all +info +sync +psync +replconf +config|get")
  age-keygen -o "$BATS_TEST_TMPDIR/key" 2>"$BATS_TEST_TMPDIR/key.out"
  printf '%s\n' "$secret" >"$BATS_TEST_TMPDIR/secret"
  own REDIS_USER keeper PASSWORD_SECRET "file:$BATS_TEST_TMPDIR/secret" ENCRYPTION age \
    AGE_RECIPIENTS "($(sed -n 's/Public key: //p' "$BATS_TEST_TMPDIR/key.out"))" AGE_IDENTITY_FILE "$BATS_TEST_TMPDIR/key"
  local before
  before="$(redis_print)"
  (
    while [[ ! -e $BATS_TEST_TMPDIR/done ]]; do
      for file in /proc/[0-9]*/cmdline; do
        [[ $file == "/proc/$BASHPID/"* ]] || tr '\0' '\n' 2>/dev/null <"$file" || true
      done | grep -F -f "$BATS_TEST_TMPDIR/secret" >>"$BATS_TEST_TMPDIR/found" || true
    done
  ) 3>&- &
  run -0 backup
  redis_wreck
  run -0 restore --yes
  touch "$BATS_TEST_TMPDIR/done"
  wait
  assert_same "$(sort -u "$BATS_TEST_TMPDIR/found")" ''
  assert_same "$(redis_print)" "$before"
  run grep -r -F -a -l -f "$BATS_TEST_TMPDIR/secret" "$HOST"
  assert_same "$output" ''
  assert_same "$(grep -r -a -l session: "$HOST" || true)" ''
  assert_tidy
  # What is missing is said.
  rd ACL SETUSER keeper -sync -config
  run -77 backup
  assert_says 'a backup needs +info +sync +psync +replconf +config|get'
}

# bats test_tags=long
@test "over TCP with TLS, and a client certificate" {
  local port tls="$BATS_TEST_TMPDIR/tls" name
  port=$((10000 + (RANDOM * 32768 + RANDOM) % 22000))
  mkdir "$tls"
  for name in ca stranger; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$name" -keyout "$tls/$name.key" -out "$tls/$name.pem" 2>/dev/null
  done
  CONFIG=("tls-port $port" 'bind 127.0.0.1' "tls-cert-file $tls/ca.pem" "tls-key-file $tls/ca.key" "tls-ca-cert-file $tls/ca.pem")
  own REDIS_SOCKET '' REDIS_PORT "$port" CACERT "$tls/ca.pem" CERT "$tls/ca.pem" CERT_KEY "$tls/ca.key"
  local before
  before="$(redis_print)"
  run -0 backup
  redis_wreck
  run -0 restore --yes
  assert_same "$(redis_print)" "$before"
  with CACERT "$tls/stranger.pem"
  run -69 backup
  assert_says 'certificate'
  with CACERT '' CERT '' CERT_KEY ''
  run -69 backup
  assert_says 'speak TLS'
}

# bats test_tags=long
@test "a replica is backed up while it has its master, and is not restored; a master with replicas is" {
  local port before
  port=$((10000 + (RANDOM * 32768 + RANDOM) % 22000))
  CONFIG=("port $port" 'bind 127.0.0.1')
  own
  before="$(redis_print)"
  run -0 backup
  redis_new "$BATS_TEST_TMPDIR/replica" "replicaof 127.0.0.1 $port"
  redis_up
  linked() { rd INFO replication | grep -q master_link_status:up; }
  eventually linked
  with REDIS_SOCKET "$SOCK" DATA_DIR "$RD/data"
  run -0 backup
  assert_says "backing up a replica of 127.0.0.1:$port"
  assert_same "$(manifest "$(last_set)" position.keys)" 20117
  run -78 restore --yes
  assert_says 'would overwrite what is restored'
  RD="$BATS_TEST_TMPDIR/db" SOCK="$BATS_TEST_TMPDIR/db/s"
  redis_wreck
  with REDIS_SOCKET "$SOCK" DATA_DIR "$RD/data"
  run -0 restore --yes
  assert_says 'its replica will take the restored data, too'
  assert_same "$(redis_print)" "$before"
  RD="$BATS_TEST_TMPDIR/replica" SOCK="$BATS_TEST_TMPDIR/replica/s"
  same() { [[ $(redis_print) == "$before" ]]; }
  eventually same
  rd REPLICAOF 127.0.0.1 1
  with REDIS_SOCKET "$SOCK" DATA_DIR "$RD/data"
  run -69 backup
  assert_says 'is a replica of 127.0.0.1:1 and has no link to it'
}

# bats test_tags=long
@test "a dead replica is found out when it is up again, and put back" {
  wrecked
  redis_down
  printf 'replicaof 127.0.0.1 1\n' >>"$RD/conf"
  local before
  before="$(live_files)"
  run -78 restore --yes
  assert_says 'which overwrites what was restored: restore there'
  # What the server has written since it ran on the restored data was live: it is kept, beside what is as it was.
  assert_same "$(live_files | grep -v '\.lifeboat-old-')" "$before"
}

# bats test_tags=long
@test "a node of a cluster is refused" {
  redis_new "$BATS_TEST_TMPDIR/db" 'cluster-enabled yes' "port $((10000 + (RANDOM * 32768 + RANDOM) % 22000))" 'bind 127.0.0.1'
  redis_up
  new_redis_host
  run -78 backup
  assert_says 'is a node of a Redis Cluster'
}

# bats test_tags=long
@test "it is said when a crash of Redis costs more than the RPO" {
  redis_new "$BATS_TEST_TMPDIR/db"
  redis_up
  new_redis_host RPO_SECONDS 600
  run -0 backup --dry-run
  assert_says 'a crash of Redis can lose 1 h: it has no append-only file'
  rd CONFIG SET save '3600 1 300 100 60 10000 500 1'
  run -0 backup --dry-run
  assert_silent_about WARN
  rd CONFIG SET save '60 10000'
  run -0 backup --dry-run
  assert_says 'can lose changes of any age'
  rd CONFIG SET save ''
  run -0 backup --dry-run
  assert_says 'its save points (none)'
  rd CONFIG SET appendonly yes
  run -0 backup --dry-run
  assert_silent_about WARN
  with RPO_SECONDS 0
  rd CONFIG SET appendonly no
  run -0 backup --dry-run
  assert_silent_about WARN
}

# bats test_tags=long
@test "an emptied server is backed up, and everybody hears of it" {
  own
  run -0 backup
  rd FLUSHALL
  run -0 backup
  assert_says "the server is EMPTY; the set $(basename "$(sets | head -n 1)") had 20117 keys"
  run -0 verify --deep
  assert_says '0 keys in 0 databases'
  run -0 restore --yes
}

@test "verify, verify --deep, drill and --into" {
  calm
  run -0 backup
  run -0 verify
  assert_says ' ok'
  run -0 verify --deep
  assert_says 'restores to 20117 keys in 3 databases'
  run -0 drill
  assert_says PASSED
  run -0 restore --into "$BATS_TEST_TMPDIR/look"
  assert_says "to look at it: redis-server --dir $BATS_TEST_TMPDIR/look --port 0"
  assert_same "$(ls -A "$BATS_TEST_TMPDIR/look")" dump.rdb
  assert_tidy
  local before
  before="$(redis_print)"
  redis_new "$BATS_TEST_TMPDIR/again"
  mv "$BATS_TEST_TMPDIR/look/dump.rdb" "$RD/data/"
  redis_up
  assert_same "$(redis_print)" "$before"
}

# bats test_tags=long
@test "a host without the server program checks what it can" {
  wrecked SERVER_BINARY /nonexistent/redis-server
  run -0 restore --yes
  assert_says 'is checked by its structure, not by loading it'
  assert_same "$(redis_print)" "$BEFORE"
}

# bats test_tags=long
@test "before Redis 7: one append-only file, and databases that are compared" {
  CONFIG=('appendonly yes')
  wrecked
  # A server that calls itself 6.2 and does not count what it loads. The real one takes the old form up, too.
  shadow redis-cli <<'SHADOW'
REAL "$@" | sed -e 's/^redis_version:7.*/redis_version:6.2.14\r/' -e /^rdb_last_load_keys/d
exit "${PIPESTATUS[0]}"
SHADOW
  # What the stage holds in this form, seen before it is moved.
  shadow mv <<SHADOW
case "\$*" in */appendonly.aof\ *data/appendonly.aof) cp "\${@: -2:1}" "$HOST/seen" ;; esac
exec REAL "\$@"
SHADOW
  run -0 shadowed restore --yes
  assert_same "$(redis_print)" "$BEFORE"
  assert_same "$(sha256sum <"$HOST/seen" | cut -d ' ' -f 1)" "$(manifest "$(last_set)" payload.1.raw_sha256)"
  # Without a password it comes up empty: that is noticed, too.
  redis_down
  mkdir "$RD/else"
  sed -i "s|^dir .*|dir $RD/else|" "$RD/conf"
  run -65 shadowed restore --yes
  assert_says 'the server does not hold what was backed up: db0 is empty'
}

# bats test_tags=long
@test "data of a module: said, refused without it, restored with it" {
  local module=/usr/lib/redis/modules/redisearch.so
  redis_new "$BATS_TEST_TMPDIR/db" "loadmodule $module"
  redis_up
  rd FT.CREATE words SCHEMA text TEXT
  rd FT.ADD words doc 1 FIELDS text hello
  new_redis_host
  run -0 backup
  assert_says 'the server has modules (ft), the plan names none'
  rd FLUSHALL
  run -78 restore --yes
  assert_says "name the server's modules in the plan"
  set_list MODULES "$module"
  with
  run -0 restore --yes
  [[ $(rd FT.SEARCH words hello) == *doc*hello* ]]
  run -0 backup
  assert_silent_about modules
}

# bats test_tags=long
@test "start-up files and variables of the caller change nothing" {
  own
  mkdir "$HOST/home"
  printf ':set nohints\nset stray 1\n' | tee "$HOST/home/.redisclirc" >"$HOST/rc"
  stranger() { env HOME="$HOST/home" REDISCLI_RCFILE="$HOST/rc" REDISCLI_AUTH=wrong FAKETTY=1 REDISCLI_HISTFILE="$HOST/history" "$@"; }
  local before
  before="$(redis_print)"
  run -0 stranger "$HOST/bin/backup.sh"
  assert_silent_about WARN
  run -0 stranger "$HOST/bin/verify.sh" --deep
  redis_wreck
  run -0 stranger "$HOST/bin/restore.sh" --yes
  assert_same "$(redis_print)" "$before"
  [[ ! -e $HOST/history ]]
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  own
  transcript_begin "$HOST"
  hand_run_asset redis "$HOST/bin" .sh
}

@test "a password that a person types is asked for once, before anything begins, also by --accept; without a terminal: 77" {
  own PASSWORD_SECRET 'prompt:the password of the cache' ASKED_SECRETS '(PASSWORD_SECRET)'
  # Over a restart it comes from the configuration; $RD/password is for the helpers of this suite.
  printf 'sesame-plugh' | rd -x CONFIG SET requirepass
  printf 'sesame-plugh' >"$RD/password"
  rd CONFIG REWRITE
  local before
  before="$(redis_print)"
  run -0 at_terminal "$HOST/bin/backup.sh"
  redis_wreck
  run -77 setsid "$HOST/bin/restore.sh" --yes
  assert_says 'the password of the cache must be typed in, and there is no terminal'
  assert_silent_about 'It will'
  run -77 setsid "$HOST/bin/backup.sh"
  awk '{ print } /^kind_check_live\(\) \{/ { print "  kill -KILL $$; sleep 60" }' "$HOST/bin/restore.sh" >"$HOST/bin/killed.sh"
  chmod +x "$HOST/bin/killed.sh"
  # Killed by signal 9, as Python has it.
  run -247 at_terminal "$HOST/bin/killed.sh" --yes
  run -0 at_terminal "$HOST/bin/restore.sh" --accept --yes
  assert_same "$(grep -c 'the password of the cache' <<<"$output")" 1
  assert_says 'is accepted'
  assert_same "$(redis_print)" "$before"
  run ! grep -r -a plugh "$HOST/state" "$HOST/log" "$STORE"
}

at_terminal() { "$BATS_TEST_DIRNAME/lib/typed.py" 'the password of the cache: ' sesame-plugh "$@"; }
