#!/usr/bin/env bats
# The clickhouse kind against a real ClickHouse 18.16.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell

setup_file() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/clickhouse.bash"
  ch_new "$BATS_FILE_TMPDIR/server"
  ch_up
}

teardown_file() {
  source "$BATS_TEST_DIRNAME/lib/clickhouse.bash"
  CH="$BATS_FILE_TMPDIR/server"
  ch_down KILL
}

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/clickhouse.bash"
  CH="$BATS_FILE_TMPDIR/server"
  export TMPDIR="$BATS_TEST_TMPDIR/tmp"
  mkdir "$TMPDIR"
  ch_fill
  new_clickhouse_host
}

teardown() {
  local left
  touch "$BATS_TEST_TMPDIR/done"
  left="$(pgrep -f -- "--config-file=$BATS_TEST_TMPDIR" || true)"
  # shellcheck disable=SC2086
  [[ -z $left ]] || {
    kill -KILL $left 2>/dev/null || true
    fail 'a throw-away server was left running'
  }
}

# Nothing half-made is left on the server or the host.
assert_clean() {
  assert_tidy
  assert_same "$(ch "SELECT name FROM system.databases WHERE name = 'lifeboat_new'")" ''
  assert_same "$(find "$CH/data/shadow" "$CH/data"/lifeboat-* "$TMPDIR" -name '*lifeboat*' 2>/dev/null)" ''
}

# bats test_tags=long
@test "a backup: every table as of its freeze, with its definition and rows; then verify, drill, --into" {
  run -0 backup
  assert_says '8 tables'
  local set
  set="$(last_set)"
  assert_same "$(manifest "$set" tool.clickhouse) $(manifest "$set" position.tables) $(manifest "$set" position.rows)" "18.16.1 8 $((20000 + 1000 + 3 + 1000 + 2 + 3))"
  assert_clean
  run -0 verify
  run -0 drill
  assert_says "restored  8 tables, $((20000 + 1000 + 3 + 1000 + 2 + 3)) rows"
  run -0 verify --deep
  assert_clean
  with SERVER_BINARY /nonexistent
  run -75 drill
  assert_says 'cannot be loaded here'
}

@test "everything comes back: rows, definitions, views; what is newer is kept aside; other tables stay" {
  local before
  before="$(ch_print)"
  run -0 backup
  ch 'DROP TABLE shop.t' 'INSERT INTO shop.p VALUES (99999, [])' 'ALTER TABLE shop.odd DROP COLUMN b' 'DROP TABLE shop.v' 'DROP TABLE shop.mv' 'TRUNCATE TABLE shop.l' 'CREATE TABLE shop.late (a Int8) ENGINE = Log' 'DROP DATABASE other'
  run -0 restore --dry-run
  assert_says 'load 8 tables with'
  assert_clean
  run -0 restore --yes
  assert_same "$(ch 'EXISTS TABLE shop.late')" 1
  ch 'DROP TABLE shop.late'
  assert_same "$(ch_print)" "$before"
  local old
  old="$(ch "SELECT name FROM system.databases WHERE name LIKE 'lifeboat\\\\_old\\\\_%'")"
  assert_same "$(ch "SELECT count() FROM $old.\`shop.p\`")" 1001
  assert_clean
  # The materialized view goes on.
  ch 'INSERT INTO shop.p VALUES (7, [])'
  assert_same "$(ch 'SELECT sum(c) FROM shop.mv')" 1001
  # Again: what the last one put aside is not backed up, nor in the way.
  run -0 backup
  assert_same "$(manifest "$(last_set)" position.tables)" 8
  run -0 restore --yes
  assert_clean
}

# bats test_tags=long
@test "chosen databases; a password with odd characters; none of it in a process list" {
  printf 'pw<&>"x\n' >"$HOST/password"
  with CH_USER odd DATABASES '(other)'
  (
    while [[ ! -e $BATS_TEST_TMPDIR/done ]]; do
      grep -F -a -l 'pw<&>' /proc/[0-9]*/cmdline /proc/[0-9]*/environ >>"$BATS_TEST_TMPDIR/found" 2>/dev/null || true
    done
  ) 3>&- &
  run -0 backup
  ch 'DROP TABLE other.d'
  run -0 restore --yes
  touch "$BATS_TEST_TMPDIR/done"
  wait
  assert_same "$(sort -u "$BATS_TEST_TMPDIR/found")" ''
  assert_same "$(ch 'SELECT count() FROM other.d')" 3
  run grep -r -F -a -l 'pw<&>' "$HOST/state" "$HOST/log" "$STORE"
  assert_same "$output" ''
}

# bats test_tags=long
@test "wrong password: 77; no server: 69; no such database: 65; not its data: 69; no BACKUP: 78; nothing is published" {
  printf 'wr0ng\n' >"$HOST/password"
  run -77 backup
  assert_silent_about wr0ng
  printf '%s\n' "$CH_TEST_PASSWORD" >"$HOST/password"
  with DATABASES '(shop shopp)'
  run -65 backup
  assert_says 'there is no database shopp'
  with DATABASES '()' CH_DATA_DIR "$HOST"
  run -69 backup
  assert_says 'is not the directory of its data'
  with CH_DATA_DIR "$CH/data" CH_METHOD backup
  run -78 backup
  assert_says 'has no BACKUP'
  with CH_METHOD auto CH_PORT 1
  run -69 backup
  assert_says 'is the server running?'
  assert_same "$(sets)" ''
}

@test "a set that is cut: 65; a part whose bytes were changed before it was hashed is found by loading it" {
  run -0 backup
  local set before
  set="$(last_set)" before="$(ch_print)"
  truncate -s -9 "$set"/clickhouse.tar*
  run -65 restore --yes
  run -65 verify
  rm -rf "$set"
  # The server's disk has rotted; the archive is sound.
  local file
  file="$(find "$CH/data/data/shop/p" -name s.bin -o -name 's%2E*.bin' | grep -v detached | head -n 1)"
  cp "$file" "$HOST/good"
  python3 -c 'import sys; p = sys.argv[1]; b = bytearray(open(p, "rb").read()); b[len(b) // 2] ^= 1; open(p, "wb").write(b)' "$file"
  run -0 backup
  cat "$HOST/good" >"$file"
  run -65 verify --deep
  # A server may have reasons of its own not to load something: that alone is no mark, but it is remembered.
  [[ ! -e $(last_set)/SUSPECT ]]
  run -0 restore --list
  assert_says 'failed'
  run -65 restore --yes
  assert_same "$(ch_print)" "$before"
  assert_clean
}

# bats test_tags=long
@test "a restore that fails after the swap is undone; killed in the middle: the next one undoes it first" {
  run -0 backup
  ch 'INSERT INTO shop.p VALUES (99999, [])' 'DROP TABLE shop.t'
  local before
  before="$(ch_print)"
  sed 's/^kind_check_live() {/&\n  return 65/' "$HOST/bin/restore.sh" >"$HOST/bin/fail.sh"
  sed 's/^kind_check_live() {/&\n  touch "$STATE_DIR\/there"; sleep 60/' "$HOST/bin/restore.sh" >"$HOST/bin/hang.sh"
  chmod +x "$HOST/bin"/*.sh
  run -65 "$HOST/bin/fail.sh" --yes
  assert_says 'thing is as it was before the restore'
  assert_same "$(ch_print)" "$before"
  assert_clean
  "$HOST/bin/hang.sh" --yes --quiet 3>&- &
  local try
  for ((try = 0; try < 600; try++)); do
    [[ ! -e $HOST/state/there ]] || break
    sleep 0.2
  done
  kill -KILL $!
  wait $! || true
  assert_same "$(ch 'SELECT count() FROM shop.p')" 1000
  run -75 backup
  assert_says 'an interrupted restore of thing is pending'
  run -75 restore --yes
  run -0 restore --undo --yes
  assert_same "$(ch_print)" "$before"
  run -0 restore --yes
  assert_same "$(ch 'SELECT count() FROM shop.t')" 20000
  assert_clean
}

# bats test_tags=long
@test "killed in the check or after it: --accept looks at what is live and keeps it; --undo goes back from there" {
  local words before
  run -0 backup
  # The restored rows are counted, and the run does not get to say so.
  for words in 'kind_check_live() {' '  old="$(cat -- "$STATE_DIR/$ASSET.clickhouse")"'; do
    ch 'INSERT INTO shop.p VALUES (99999, [])' 'DROP TABLE shop.t'
    before="$(ch_print)"
    killed_in_check "$words"
    run -0 restore --undo --yes
    assert_same "$(ch_print)" "$before"
    killed_in_check "$words"
    run -0 restore --accept --yes
    assert_same "$(ch 'SELECT count() FROM shop.t') $(ch 'SELECT count() FROM shop.p')" '20000 1000'
    assert_clean
  done
}

# bats test_tags=long
@test "in a pod: the same, through kubectl exec; a pod that is away: 69" {
  export PODS="$BATS_TEST_TMPDIR/pods"
  local pod="$PODS/signoz/signoz-clickhouse-0" before
  mkdir -p "$BATS_TEST_TMPDIR/stubs" "$pod"
  : >"$pod/env"
  ln -s "$BATS_TEST_DIRNAME/stubs/kubectl-exec" "$BATS_TEST_TMPDIR/stubs/kubectl"
  PATH="$BATS_TEST_TMPDIR/stubs:$PATH"
  set_list REMOTE_DRIVERS kubectl
  set_list REMOTE_SETTINGS server.kubeconfig=/k server.namespace=signoz server.pod=signoz-clickhouse-0
  relink
  before="$(ch_print)"
  run -0 backup
  ch 'DROP DATABASE other' 'TRUNCATE TABLE shop.p' 'DROP TABLE shop.mv'
  run -0 restore --yes
  assert_same "$(ch_print)" "$before"
  assert_clean
  # The scripts' own files went from the container, too.
  assert_same "$(find "$pod" -mindepth 1 ! -name env)" ''
  : >"$pod/down"
  run -69 backup
  assert_says 'pods "signoz-clickhouse-0" not found'
}

# bats test_tags=long
@test "users made by SQL are files when tables are frozen: what is missing comes back, what is there stays" {
  mkdir "$CH/data/access"
  printf 'ATTACH USER alice IDENTIFIED WITH sha256_hash BY %s;\nATTACH GRANT SELECT ON shop.* TO alice;\n' "'AB'" >"$CH/data/access/1.sql"
  printf 'ATTACH USER al;\n' >"$CH/data/access/2.sql"
  printf 'ATTACH SETTINGS PROFILE slow SETTINGS max_threads = 1;\n' >"$CH/data/access/3.sql"
  run -0 backup
  local alice
  alice="$(cat "$CH/data/access/1.sql")"
  rm "$CH/data/access"/[123].sql
  printf 'ATTACH SETTINGS PROFILE slow SETTINGS max_threads = 8;\n' >"$CH/data/access/4.sql"
  run -0 restore --yes
  assert_says 'restart ClickHouse when it suits you: 2 users'
  assert_same "$(cat "$CH/data/access/1.sql")" "$alice"
  assert_same "$(cd "$CH/data/access" && echo *)" '1.sql 2.sql 4.sql need_rebuild_lists.mark'
  rm -r "$CH/data/access"
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  transcript_begin "$HOST"
  hand_run_asset clickhouse "$HOST/bin" .sh
}
