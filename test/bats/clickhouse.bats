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

new_clickhouse_host() {
  new_host
  set_fact KIND clickhouse
  set_fact TYPE volumes
  printf '%s\n' "$CH_TEST_PASSWORD" >"$HOST/password"
  set_list DATABASES
  set_fact CH_ADDRESS 127.0.0.1
  set_fact CH_PORT "$(cat "$CH/port")"
  set_fact CH_USER default
  set_fact PASSWORD_SECRET "file:$HOST/password"
  set_fact CH_DATA_DIR "$CH/data"
  set_fact CH_METHOD auto
  set_fact CH_BACKUP_DIR "$CH/data/backups"
  set_fact CH_BACKUP_DISK ''
  set_fact SERVER_BINARY ''
  set_list REMOTE_IDS server
  set_list REMOTE_DRIVERS local
  set_list REMOTE_SETTINGS
  link_clickhouse
}

# Put the scripts together: linked once a file, with the facts of each test before it.
link_clickhouse() {
  local role body="$BATS_FILE_TMPDIR/body"
  if [[ ! -d $body ]]; then
    make_scripts clickhouse backup restore verify drill
    mkdir "$body"
    for role in backup restore verify drill; do
      sed "1,$(($(wc -l <"$FACTS.linked") + 2))d" "$HOST/bin/$role.sh" >"$body/$role"
    done
  fi
  sed -e 's/^\([A-Z0-9_]*\)=(/readonly -a \1=(/; t' -e 's/^/readonly /' "$FACTS" >"$FACTS.linked"
  for role in backup restore verify drill; do
    { printf '#!/usr/bin/env bash\nset -Eeuo pipefail\n' && cat "$FACTS.linked" "$body/$role"; } >"$HOST/bin/$role.sh"
    chmod +x "$HOST/bin/$role.sh"
  done
}

with() {
  while (($#)); do
    set_fact "$1" "$2"
    shift 2
  done
  link_clickhouse
}

manifest() { sed -n "s/^$2=//p" "$1/MANIFEST"; }

# Nothing half-made is left on the server or the host.
assert_clean() {
  assert_tidy
  assert_same "$(ch "SELECT name FROM system.databases WHERE name = 'lifeboat_new'")" ''
  assert_same "$(find "$CH/data/shadow" "$CH/data"/lifeboat-* "$TMPDIR" -name '*lifeboat*' 2>/dev/null)" ''
}

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

@test "wrong password: 77; no server: 69; no such database: 65; not its data: 69; nothing is published" {
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
  with CH_DATA_DIR "$CH/data" CH_PORT 1
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
  rm "$(last_set)/SUSPECT"
  run -65 restore --yes
  assert_same "$(ch_print)" "$before"
  assert_clean
}

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
  assert_says 'did not end'
  run -65 "$HOST/bin/fail.sh" --yes
  assert_same "$(ch_print)" "$before"
  run -0 restore --yes
  assert_same "$(ch 'SELECT count() FROM shop.t')" 20000
  assert_clean
}
