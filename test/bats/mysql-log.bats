#!/usr/bin/env bats
# Point-in-time recovery of the mysql kind: full backups, the archive of the binary log between them, restores to a second.
# A real MariaDB server with its binary log on.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell; facts are used by the scripts

setup_file() {
  source "$BATS_TEST_DIRNAME/lib/mariadb.bash"
  MARIA_TEMPLATE="$BATS_FILE_TMPDIR/template"
  export MARIA_TEMPLATE
  maria_template "$MARIA_TEMPLATE"
}

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/mariadb.bash"
  # The binary log outlives the data directory: its names go on counting after a restore.
  maria_new "$BATS_TEST_TMPDIR/db"
  mkdir "$MY/binlog"
  printf -- '--log-bin=%s/binlog/bin\n' "$MY" >>"$MY/flags"
  maria_up
  new_logged_host
}

teardown() {
  maria_stop_all "$BATS_TEST_TMPDIR"
  local left
  left="$(pgrep -f -- "--datadir=$BATS_TEST_TMPDIR/.*lifeboat-" || true)"
  # shellcheck disable=SC2086
  [[ -z $left ]] || {
    kill -KILL $left
    fail "a throw-away server was left running"
  }
}

# A host whose asset is the server of $MY, its log archived every five minutes.
new_logged_host() {
  local name
  new_host
  ROLES=(backup archive restore verify drill)
  mkdir -p "$HOST/second"
  set_fact ASSET orders
  set_fact KIND mysql
  set_fact TYPE mysql
  for name in MYSQL_USER PASSWORD_SECRET MYSQL_SOCKET MYSQL_HOST SERVER_BINARY RESTORE_CREDENTIALS_FILE; do set_fact "$name" ''; done
  set_fact MYSQL_PORT 0
  set_fact SERVER_USER root
  set_fact DATA_DIR "$MY/data"
  set_fact CREDENTIALS_FILE "$MY/root.cnf"
  set_list DATABASES
  set_list DUMP_EXTRA_ARGS
  set_fact LOG_SECONDS 300
  set_list STORE_IDS disk second
  set_list STORE_PATHS "$STORE" "$HOST/second"
  set_fact KEEP_LAST 2
  set_fact SERVICE_KIND commands
  set_fact SERVICE_NAME database
  set_list SERVICE_START "$MY/service" start
  set_list SERVICE_STOP "$MY/service" stop
  set_list SERVICE_STATUS "$MY/service" status
  relink
}

backup() { "$HOST/bin/backup.sh" --quiet "$@"; }
archive() { "$HOST/bin/archive.sh" "$@"; }
bring_back() { "$HOST/bin/restore.sh" --yes "$@"; }
log_sets() { find "$STORE/mysql/orders-log" -mindepth 1 -maxdepth 1 -name '2*' 2>/dev/null | sort; }

# Insert a row of the log's table at the beginning of a new second, and print that second.
row() {
  local now
  next_second
  now="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  maria "INSERT INTO shop.told VALUES ($1, '$now')"
  printf '%s\n' "$now"
}

# Wait for the next second to begin.
next_second() {
  local now="$EPOCHSECONDS"
  while ((EPOCHSECONDS == now)); do sleep 0.02; done
}

rows() { maria 'SELECT GROUP_CONCAT(id ORDER BY id) FROM shop.told'; }

@test "a table dropped at a known second is back with every row up to it; later rows, open transactions and accounts are as they were" {
  local dropped middle
  maria 'CREATE TABLE shop.told (id INT PRIMARY KEY, at VARCHAR(30))' 'INSERT INTO shop.told VALUES (0, "before")'
  backup
  row 1
  archive
  row 2
  # Accounts are statements: they need those of the dump.
  maria "CREATE USER late@localhost IDENTIFIED BY 'late-pass'" 'FLUSH PRIVILEGES'
  # The server is restarted, somebody flushes: neither breaks the chain.
  maria_down
  maria_up
  maria 'FLUSH LOGS'
  row 3
  # A transaction that begins before the second and ends after it.
  {
    printf 'BEGIN; INSERT INTO shop.told VALUES (50, "open");\n'
    until [[ -e $BATS_TEST_TMPDIR/go-on ]]; do sleep 0.05; done
    printf 'INSERT INTO shop.told VALUES (51, "open"); COMMIT;\n'
  } | maria &
  is_open() { [[ $(maria 'SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_rows_modified = 1') == 1 ]]; }
  eventually is_open
  next_second
  middle="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  touch "$BATS_TEST_TMPDIR/go-on"
  wait $!
  row 4
  next_second
  dropped="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  maria 'DROP TABLE shop.told' 'CREATE TABLE shop.after (a INT)'
  archive
  [ "$(log_sets | wc -l)" -eq 2 ]
  [ "$(find "$HOST/second/mysql/orders-log" -name MANIFEST | wc -l)" -eq 2 ]

  run -0 "$HOST/bin/restore.sh" --dry-run --at "$dropped"
  [[ $output == *"replayed up to ${dropped/T/ }"* || $output == *'replayed up to'* ]]
  run ! maria 'SELECT 1 FROM shop.told'

  run -0 bring_back --at "$dropped"
  [ "$(rows)" = '0,1,2,3,4,50,51' ]
  run -1 maria 'SELECT 1 FROM shop.after'
  mariadb --no-defaults --socket="$SOCK" --user=late --password=late-pass -e 'SELECT 1' >/dev/null

  # In the middle of the transaction: none of it, into a directory.
  run -0 bring_back --at "$middle" --into "$BATS_TEST_TMPDIR/into"
  [ ! -e "$BATS_TEST_TMPDIR/into/replay" ]
  maria_down
  mv "$MY/data" "$MY/data.live"
  mv "$BATS_TEST_TMPDIR/into/data" "$MY/data"
  maria_up
  [ "$(rows)" = '0,1,2,3' ]
}

# bats test_tags=long
@test "the newest set with all that is archived, that set alone, and a time that nothing reaches" {
  local set
  maria 'CREATE TABLE shop.told (id INT PRIMARY KEY, at VARCHAR(30))'
  backup
  row 1
  archive
  run -0 archive --verbose
  [[ $output == *'nothing new in the log'* ]]
  [ "$(log_sets | wc -l)" -eq 1 ]
  row 2
  archive
  # The age that status.sh shows is that of what is archived.
  set_list STATUS_ASSETS orders
  set_list STATUS_KINDS mysql
  set_list STATUS_TYPES mysql
  set_list STATUS_STORES disk
  set_list STATUS_PATHS "$STORE"
  set_list STATUS_RPOS 60
  set_list STATUS_LOGS 1
  set_list STATUS_FIELDS ''
  set_list STATUS_CIPHERS none
  set_list STATUS_SIGNED 0
  make_scripts - status
  run -0 "$HOST/bin/status.sh" --json
  [[ $output == *"\"safe_until\":\"$(cat "$HOST/state/orders.archived")\""*'"verdict":"OK"'* ]]
  for set in "$STORE"/mysql/orders*/*; do [[ ${set%/*} == *-log ]] || mv "$set" "${set%/*}/20200101T000000Z"; done
  run -0 "$HOST/bin/status.sh"
  printf '20200101T000000Z\n' >"$HOST/state/orders.archived"
  mkdir "$BATS_TEST_TMPDIR/away"
  mv "$STORE/mysql/orders-log" "$BATS_TEST_TMPDIR/away/"
  run -75 "$HOST/bin/status.sh"
  [[ $output == *LATE* ]]
  mv "$BATS_TEST_TMPDIR/away/orders-log" "$STORE/mysql/"
  set="$(sed -n 's/^set=//p' "$STORE/mysql/orders/20200101T000000Z/MANIFEST")"
  mv "$STORE/mysql/orders/20200101T000000Z" "$STORE/mysql/orders/$set"
  row 3
  run -0 "$HOST/bin/drill.sh"
  [[ $output == *'replayed to its end'* ]]
  run -0 "$HOST/bin/restore.sh" --dry-run --at 2099-01-01
  [[ $output == *'NOTHING is archived after'*'archive-orders.sh first'* ]]
  run -0 bring_back --latest
  [ "$(rows)" = 1,2 ]
  # The log goes on counting, but it is another history now: it must not be taken for the continuation.
  row 4
  run -65 archive
  [[ $output == *'was restored at'*'run backup-orders.sh'* ]]
  backup
  row 5
  archive
  run -0 "$HOST/bin/verify.sh" --all
  [[ $output == *'log '*'disk '*'ok, 3 sets of the log'* ]]
  run -0 bring_back
  [ "$(rows)" = 1,2,4,5 ]
  run -0 bring_back --set "$(basename "$(find "$STORE/mysql/orders" -mindepth 1 -maxdepth 1 | sort | tail -n 1)")"
  [[ $output == *'not replayed'* ]]
  [ "$(rows)" = 1,2,4 ]
}

# bats test_tags=long
@test "gaps are said: purged too early, reset, no full backup, log off; a new full backup begins another chain" {
  run -75 archive
  [[ $output == *'no full backup'*'run backup-orders.sh'* ]]
  maria 'CREATE TABLE shop.told (id INT PRIMARY KEY, at VARCHAR(30))'
  backup
  row 1
  archive
  # An account that may see the list of logs, not what is in them: an error, never "nothing new".
  maria "CREATE USER peek@localhost IDENTIFIED BY 'p'" 'GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, RELOAD ON *.* TO peek@localhost'
  printf '[client]\nuser=peek\npassword=p\nsocket=%s\n' "$SOCK" >"$MY/peek.cnf"
  chmod 600 "$MY/peek.cnf"
  set_fact CREDENTIALS_FILE "$MY/peek.cnf"
  relink
  run -77 archive
  [[ $output == *BINLOG\ MONITOR* ]]
  sed -i 's/peek/nobody/' "$MY/peek.cnf"
  run -77 archive
  set_fact CREDENTIALS_FILE "$MY/root.cnf"
  relink
  archive
  maria 'FLUSH LOGS' 'INSERT INTO shop.told VALUES (2, "lost")' 'FLUSH LOGS'
  # MariaDB keeps a log that a crash recovery might need, without a word: ask until it is gone.
  for _ in {1..100}; do
    maria "PURGE BINARY LOGS TO '$(maria 'SHOW BINARY LOGS' | tail -n 1 | cut -f 1)'"
    [[ $(maria 'SHOW BINARY LOGS' | wc -l) -gt 1 ]] || break
    sleep 0.2
  done
  run -65 archive
  [[ $output == *'does not go on where the archive ended'*'run backup-orders.sh'* ]]
  [ "$(log_sets | wc -l)" -eq 2 ]
  backup
  row 3
  run -0 archive
  [[ $output == *'a new chain begins'* ]]
  # A moment in the gap: nothing leads there.
  run -0 bring_back
  [ "$(rows)" = 1,2,3 ]
  backup
  maria 'RESET MASTER' 'INSERT INTO shop.told VALUES (4, "after the reset")'
  run -65 archive
  [[ $output == *'reset or replaced'* ]]
  sed -i '/log-bin/d' "$MY/flags"
  printf -- '--skip-networking\n' >"$MY/flags"
  maria_down
  run -69 archive
  maria_up
  run -78 archive --dry-run
  [[ $output == *'log_bin'*'restart it'* ]]
}

# bats test_tags=long
@test "a log that was tampered with or has a hole is refused; a sound copy in another store is taken; retention removes what no full set needs" {
  local set
  maria 'CREATE TABLE shop.told (id INT PRIMARY KEY, at VARCHAR(30))'
  backup
  row 1
  archive
  row 2
  archive
  row 3
  archive
  set="$(log_sets | sed -n 2p)"
  printf 'x' >>"$(find "$set" -name 'bin.*' | head -n 1)"
  run -65 "$HOST/bin/verify.sh"
  [[ $output == *'log '*disk*FAILED* && -e $set/SUSPECT ]]
  run -0 bring_back --into "$BATS_TEST_TMPDIR/a"
  [[ $output == *'replaying 3 binary logs'* ]]
  rm -rf "$HOST/second/mysql/orders-log/${set##*/}" "$BATS_TEST_TMPDIR/a"
  run -65 bring_back
  [[ $output == *'has a gap before'*'--set '* ]]
  [ "$(rows)" = 1,2,3 ]
  # The hole in the first store heals: the server still has that file.
  maria "INSERT INTO shop.told VALUES (9, 'last')"
  backup
  backup
  archive
  backup
  archive
  [ -z "$(find "$STORE/mysql/orders-log" -name '.expired*')" ]
  [ ! -e "$set" ]
  row 10
  archive
  run -0 bring_back
  [ "$(rows)" = 1,2,3,9,10 ]
}

# bats test_tags=long
@test "a restore that failed and was undone leaves the chain as an earlier restore ended it" {
  maria 'CREATE TABLE shop.told (id INT PRIMARY KEY, at VARCHAR(30))'
  backup
  row 1
  archive
  run -0 bring_back
  row 2
  run -65 archive
  [[ $output == *'was restored at'* ]]
  local marked
  marked="$(head -n 1 "$HOST/state/orders.new-chain")"
  # The next restore cannot start the server with what it restored.
  printf '#!/usr/bin/env bash\n[[ -e %q/once ]] && exec %q/service start\ntouch %q/once; exit 1\n' "$MY" "$MY" "$MY" >"$MY/start"
  chmod +x "$MY/start"
  set_list SERVICE_START "$MY/start"
  relink
  run -69 bring_back
  [[ $output == *'is as it was before the restore'* ]]
  [ "$(rows)" = 1,2 ]
  assert_same "$(head -n 1 "$HOST/state/orders.new-chain")" "$marked"
  # What was archived before the first restore must not be gone on from.
  run -65 archive
  [[ $output == *'was restored at'* ]]
  backup
  archive
  [ ! -e "$HOST/state/orders.new-chain" ]
}

@test "killed in the middle of an archive and of a replay: run again" {
  local pid
  maria 'CREATE TABLE shop.told (id INT PRIMARY KEY, at VARCHAR(30))'
  backup
  row 1
  archive
  row 2
  "$HOST/bin/archive.sh" --quiet &
  pid=$!
  while ! compgen -G "$STORE/mysql/orders-log/.partial-*" >/dev/null && kill -0 "$pid" 2>/dev/null; do :; done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" || true
  row 3
  archive
  "$HOST/bin/restore.sh" --yes --quiet &
  pid=$!
  while ! compgen -G "$MY/.lifeboat-live-*/replay" >/dev/null && kill -0 "$pid"; do :; done
  kill -KILL "$pid"
  wait "$pid" || true
  run -0 bring_back
  [ "$(rows)" = 1,2,3 ]
}

# The scripts of a controller that fetches from the host, sends on to a further directory, and brings back.
new_controller() {
  local facts="$FACTS" bin="$HOST/bin" role
  FACTS="$HOST/controller.facts"
  cp "$facts" "$FACTS"
  mkdir -p "$HOST/controller"/{state,log,store} "$HOST/far" "$HOST/opt"
  cp "$bin/restore.sh" "$HOST/opt/restore-orders.sh"
  set_fact HOST_ID controller
  set_fact STATE_DIR "$HOST/controller/state"
  set_fact LOG_DIR "$HOST/controller/log"
  set_list STORE_IDS mac
  set_list STORE_PATHS "$HOST/controller/store"
  set_list REMOTE_IDS vm
  set_list REMOTE_DRIVERS local
  set_list PLACE_IDS vm far
  set_list PLACE_DRIVERS remote_directory remote_directory
  set_list PLACE_LOCATIONS "$STORE" "$HOST/far"
  set_list PLACE_HOSTS vm vm
  set_list PLACE_SETTINGS "vm.path=$STORE" "far.path=$HOST/far" far.keep_last=9
  set_list SOURCE_IDS vm
  set_list PUSH_IDS far
  set_list ASSET_HOSTS vm
  set_list ASSET_SCRIPT_DIRS "$HOST/opt"
  set_list ASSET_STORE_IDS vm
  for role in pull push restore-remote; do make_scripts mysql "$role"; done
  FACTS="$facts"
}

# bats test_tags=long
@test "killed before its check: --accept compares with what the log led to, not with the full set" {
  maria 'CREATE TABLE shop.told (id INT PRIMARY KEY, at VARCHAR(30))'
  backup
  row 1
  maria 'CREATE TABLE shop.later (a INT)'
  archive
  maria 'DROP TABLE shop.told'
  killed_in_check
  run -0 "$HOST/bin/restore.sh" --accept --yes
  [ "$(rows)" = 1 ]
  maria 'SELECT 1 FROM shop.later'
  killed_in_check
  maria 'DROP TABLE shop.later'
  run -65 "$HOST/bin/restore.sh" --accept --yes
  assert_says 'the live server does not hold what was restored'
}

# bats test_tags=long
@test "the log goes with the full sets to another host and on, and comes back from there after the host lost all of it" {
  local last
  maria 'CREATE TABLE shop.told (id INT PRIMARY KEY, at VARCHAR(30))'
  backup
  row 1
  archive
  new_controller
  run -0 "$HOST/bin/pull.sh"
  assert_says 'fetched log '
  run -0 "$HOST/bin/push.sh"
  assert_says 'sent log '
  row 2
  archive
  run -0 "$HOST/bin/pull.sh"
  # A look at the log that finds nothing new makes the data younger all the same.
  next_second
  archive
  run -0 "$HOST/bin/pull.sh"
  last="$(cut -d' ' -f1 "$HOST/state/orders.archived")"
  assert_says "the data is of $last"
  run -0 "$HOST/bin/push.sh"
  assert_same "$(cut -d' ' -f1 "$HOST/controller/state/orders.far.sent")" "$last"
  diff -r "$STORE/mysql" "$HOST/controller/store/mysql"
  diff -r --exclude=.archived "$STORE/mysql" "$HOST/far/mysql"

  maria 'DROP TABLE shop.told'
  rm -rf "$STORE/mysql" "$HOST/second/mysql"
  run -0 "$HOST/bin/restore-remote.sh" --dry-run
  assert_says 'replay its log'
  run -0 "$HOST/bin/restore-remote.sh" --yes
  assert_says 'bringing log '
  assert_same "$(rows)" 1,2
  # From the further store alone, when the controller's own copy is gone too.
  rm -rf "$STORE/mysql" "$HOST/second/mysql" "$HOST/controller/store/mysql"
  run -0 "$HOST/bin/restore-remote.sh" --yes
  assert_same "$(rows)" 1,2
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  maria 'CREATE TABLE shop.told (id INT PRIMARY KEY, at VARCHAR(30))'
  backup
  row 1
  transcript_begin "$HOST"
  hand_run_script archive.sh archive
  # The next full set is of a later second than the end of the log, however fast this machine is: retention then drops that log.
  next_second
  hand_run_asset mysql-log "$HOST/bin" .sh lose_a_table
}

# After more rows were archived.
lose_a_table() {
  row 2
  archive --quiet
  maria 'DROP TABLE shop.told'
}
