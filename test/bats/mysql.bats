#!/usr/bin/env bats
# The mysql kind against a real MariaDB server. What only MySQL's own programs do is played by the strict stubs in
# stubs/mysql8: they leave with an error on any argument that they do not know.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell; facts are used by the scripts

ODD="-od\`d 'name\" 한글 %s\\\$x"

setup_file() {
  source "$BATS_TEST_DIRNAME/lib/mariadb.bash"
  MARIA_TEMPLATE="$BATS_FILE_TMPDIR/template"
  export MARIA_TEMPLATE
  maria_template "$MARIA_TEMPLATE"
  # Every program of this machine except for those of a database.
  mkdir "$BATS_FILE_TMPDIR/no-database"
  find /usr/bin -mindepth 1 -maxdepth 1 ! -name 'mariadb*' ! -name 'mysql*' -exec ln -s -t "$BATS_FILE_TMPDIR/no-database" {} +
  # One server for the tests that only read.
  maria_new "$BATS_FILE_TMPDIR/calm"
  printf -- '--log-bin=bin\n' >>"$MY/flags"
  maria_up
  maria 'UPDATE shop.old_times SET a = 2' 'UPDATE shop.customer SET mail = mail'
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  BATS_TEST_TMPDIR="$BATS_FILE_TMPDIR/linked" new_mysql_host
}

teardown_file() {
  source "$BATS_TEST_DIRNAME/lib/mariadb.bash"
  maria_stop_all "$BATS_FILE_TMPDIR"
}

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/mariadb.bash"
}

teardown() {
  maria_stop_all "$BATS_TEST_TMPDIR"
  if [[ -n ${OTHER_DIR:-} ]]; then
    maria_stop_all "$OTHER_DIR"
    rm -rf "$OTHER_DIR"
  fi
  # A throw-away server has its data below this test's directory: none may be left.
  local left
  left="$(pgrep -f -- "--datadir=$BATS_TEST_TMPDIR/.*lifeboat-" || true)"
  # shellcheck disable=SC2086
  [[ -z $left ]] || {
    kill -KILL $left
    fail "a throw-away server was left running"
  }
}

# The shared server, for tests that change nothing in it.
calm() {
  MY="$BATS_FILE_TMPDIR/calm" SOCK="$BATS_FILE_TMPDIR/calm/s"
  new_mysql_host
}

# A server of this test's own, running.
own() {
  maria_new "$BATS_TEST_TMPDIR/db"
  maria_up
  new_mysql_host
}

# What happened since the backup, and must be gone after a restore: new things, changed things, lost things.
wreck() {
  maria 'CREATE DATABASE extra' 'CREATE TABLE extra.t (a INT)' 'CREATE TABLE shop.late (a INT)' 'CREATE VIEW shop.late_view AS SELECT 1' \
    'CREATE EVENT shop.late_event ON SCHEDULE EVERY 1 DAY DO DELETE FROM shop.late' 'CREATE TRIGGER shop.late_trigger BEFORE INSERT ON shop.late FOR EACH ROW SET NEW.a = 1' \
    'CREATE FUNCTION shop.late_function() RETURNS INT RETURN 1' 'CREATE USER late@localhost' "SET PASSWORD FOR app@localhost = PASSWORD('new-app-password')" \
    'DELETE FROM shop.picture' 'DROP PROCEDURE shop.report' 'DROP TABLE ledger.entry' 'DROP DATABASE empty' 'ALTER DATABASE shop CHARACTER SET latin1' "DROP DATABASE $(printf "\`%s\`" "${ODD//\`/\`\`}")"
}

# Make a set whose dump went through a filter, as if the dump program had written it so: hashes and all.
forge_set() {
  local filter="$1"
  shadow mariadb-dump <<SHADOW
set -o pipefail
case "\$*" in *--version* | *--help*) exec REAL "\$@" ;; esac
REAL "\$@" | $filter
SHADOW
  # A forged set is made only if what looks at it is turned a blind eye on.
  sed -e 's/complete ? 0 : 65/0/' -e 's/die "$EX_DATA" "the dump lacks/log_warn "the dump lacks/' -e 's/die "$EX_DATA" "rows are missing/log_warn "rows are missing/' "$HOST/bin/backup.sh" >"$HOST/bin/forge.sh"
  chmod +x "$HOST/bin/forge.sh"
  shadowed "$HOST/bin/forge.sh" --quiet
}

@test "a backup of everything: one set, with versions, positions and content" {
  calm
  run -0 backup
  local set position
  set="$(last_set)"
  position="$(maria 'SHOW MASTER STATUS' | cut -f 1,2 | tr '\t' ' ')"
  assert_same "$(manifest "$set" position.binlog_file) $(manifest "$set" position.binlog_pos)" "$position"
  assert_same "$(manifest "$set" position.gtid)" "$(maria 'SELECT @@gtid_binlog_pos')"
  [[ $(manifest "$set" tool.server) == *MariaDB* && $(manifest "$set" dump.scope) == all && $(manifest "$set" content.agreed) == yes ]]
  run -0 cat "$set/MANIFEST"
  for line in '5 InnoDB tables in shop' '1 MyISAM tables in shop' '3 routines in shop' '2 events in shop' '2 triggers in shop' '2 views in shop' '1 sequences in shop' 'database empty'; do
    assert_says "=$line"
  done
  [[ $(dump_of "$set" | tail -n 1) == '-- Dump completed on '* ]]
  dump_of "$set" | grep -a -q 'INSERT INTO `global_priv`'
  assert_tidy
}

@test "--dry-run and --help change nothing" {
  calm
  run -0 backup --dry-run
  assert_says 'Nothing was changed'
  run -0 backup --help
  run -0 restore --help
  assert_same "$(sets)" ''
  assert_same "$(ls "$HOST/state" "$HOST/log")" "$(printf '%s:\n\n%s:' "$HOST/log" "$HOST/state")"
}

# bats test_tags=long
@test "tables without transactions are named, and a clean server warns of nothing" {
  calm
  run -0 backup
  assert_says '2 tables have no transactions'
  with_databases ledger
  run -0 backup
  assert_says 'the view ledger.across uses shop, which is not in this backup'
  with_databases empty
  run -0 backup
  assert_silent_about WARN
}

@test "everything comes back: rows, definitions, accounts; what is newer goes; the old data is kept" {
  own
  local before
  before="$(maria_print)"
  run -0 backup
  wreck
  run -0 restore --yes
  assert_says 'the old data is kept in'
  assert_same "$(maria_print)" "$before"
  mariadb --no-defaults --socket="$SOCK" --user=app --password=old-app-password -e 'SELECT 1' >/dev/null
  run mariadb --no-defaults --socket="$SOCK" --user=late -e 'SELECT 1'
  assert_says 'Access denied'
  [[ -d $(echo "$MY"/data.lifeboat-old-*)/extra ]]
  assert_tidy
  # Again, and from the other side.
  run -0 restore --yes
  assert_same "$(maria_print)" "$before"
}

# bats test_tags=long
@test "a killed server with destroyed files comes back" {
  own
  local before
  before="$(maria_print)"
  run -0 backup
  maria_kill
  head -c 100000 /dev/urandom >"$MY/data/ibdata1"
  rm -rf "$MY/data/mysql" "$MY/data/shop"
  run maria_up
  [[ $status != 0 ]]
  run -0 restore --yes
  assert_same "$(maria_print)" "$before"
}

# bats test_tags=long
@test "a data directory that is gone altogether comes back, owned by the server's user" {
  local dir before seen=''
  # Everybody can reach this one, so the throw-away server runs as the server's user, too.
  dir="$(mktemp -d /tmp/lifeboat-mysql.XXXXXX)" OTHER_DIR="$dir"
  chmod 711 "$dir"
  maria_new "$dir/db"
  chmod 711 "$dir/db"
  printf 'mysql\n' >"$MY/user"
  chown -R mysql: "$MY"
  chmod 755 "$MY/data"
  maria_up
  new_mysql_host
  with SERVER_USER mysql
  before="$(maria_print)"
  run -0 backup
  maria_down
  rm -rf "$MY/data"
  "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  while kill -0 $! 2>/dev/null && [[ -z $seen ]]; do
    seen="$(stat -c %U "$dir"/db/.lifeboat-live-*/data/lifeboat.sock 2>/dev/null || true)"
  done
  wait $!
  assert_same "$seen" mysql
  assert_same "$(maria_print)" "$before"
  assert_same "$(stat -c '%U %a' "$MY/data") $(stat -c %U "$MY/data/shop")" 'mysql 750 mysql'
}

# bats test_tags=long
@test "an ordinary user can do all of it with a server of his own" {
  local dir
  dir="$(mktemp -d /tmp/lifeboat-mysql.XXXXXX)" OTHER_DIR="$dir"
  chmod 711 "$dir"
  maria_new "$dir/db"
  printf 'mysql\n' >"$MY/user"
  BATS_TEST_TMPDIR="$dir" new_mysql_host
  with SERVER_USER mysql
  chown -R mysql: "$dir"
  as_mysql() { setpriv --reuid=mysql --regid=mysql --clear-groups "$@"; }
  as_mysql "$MY/service" start
  local before
  before="$(maria_print)"
  run -0 as_mysql "$HOST/bin/backup.sh"
  wreck
  run -0 as_mysql "$HOST/bin/restore.sh" --yes
  assert_same "$(maria_print)" "$before"
}

@test "chosen databases, encrypted with age: they come back, all others stay as they are" {
  own
  age-keygen -o "$HOST/key" 2>"$HOST/key.out"
  set_list DATABASES shop "$ODD"
  with ENCRYPTION age AGE_RECIPIENTS "($(sed -n 's/Public key: //p' "$HOST/key.out"))" AGE_IDENTITY_FILE "$HOST/key"
  local before others
  before="$(maria_print shop "$ODD")"
  run -0 backup
  wreck
  others="$(maria_print ledger extra)"
  run -0 restore --dry-run
  assert_says "$ODD"
  run -0 restore --yes
  assert_same "$(maria_print shop "$ODD")" "$before"
  assert_same "$(maria_print ledger extra)" "$others"
  assert_same "$(maria "SELECT COUNT(*) FROM mysql.user WHERE User = 'late'")" 1
  # The way back is a complete dump of what was there, encrypted like the sets, readable by its owner only.
  local safety
  safety="$(echo "$MY"/thing.lifeboat-old-*.sql.zst.age)"
  assert_same "$(stat -c %a "$safety")" 600
  age -d -i "$HOST/key" "$safety" | zstd -dc | grep -a -q late_trigger
  assert_tidy
}

# bats test_tags=long
@test "chosen databases that are gone come back, encrypted with openssl" {
  own
  openssl rand -hex 32 >"$HOST/key"
  set_list DATABASES shop "$ODD"
  with ENCRYPTION openssl OPENSSL_KEY_FILE "$HOST/key"
  local before
  before="$(maria_print shop "$ODD")"
  run -0 backup
  maria 'DROP DATABASE shop' "DROP DATABASE $(printf "\`%s\`" "${ODD//\`/\`\`}")"
  run -0 restore --yes
  assert_says 'no safety dump is needed'
  assert_same "$(maria_print shop "$ODD")" "$before"
}

# bats test_tags=long
@test "when the live server does not take the dump, the databases are put back as they were" {
  own
  with_databases shop ledger
  run -0 backup
  wreck
  local before
  before="$(maria_print)"
  # The first load into the live server breaks off in the middle.
  shadow mariadb <<'SHADOW'
case "$*" in
  *root.cnf*--binary-mode*--max-allowed*)
    if mkdir "$0.once" 2>/dev/null; then head -c 9000 | REAL "$@"; echo "ERROR 1062 (23000) at line 77: Duplicate entry 'secret-row' for key" >&2; exit 1; fi ;;
esac
exec REAL "$@"
SHADOW
  run -69 shadowed restore --yes
  assert_says 'error 1062 (23000) at line 77, a key value exists twice'
  assert_silent_about secret-row
  assert_says 'is as it was before the restore'
  assert_same "$(maria_print)" "$before"
  assert_tidy
}

@test "a restore that was killed while it loaded: nothing goes on over it; --undo puts back what was, and the next restore succeeds" {
  own
  with_databases shop ledger
  run -0 backup
  local before
  before="$(maria_print shop ledger)"
  wreck
  maria_print shop ledger >"$HOST/wrecked"
  shadow mariadb <<'SHADOW'
case "$*" in
  *root.cnf*--binary-mode*--max-allowed*)
    if mkdir "$0.once" 2>/dev/null; then head -c 9000 | REAL "$@"; : >"$0.hangs"; exec sleep 60; fi ;;
esac
exec REAL "$@"
SHADOW
  PATH="$HOST/shadow:$PATH" "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  eventually test -e "$HOST/shadow/mariadb.hangs"
  kill -KILL $!
  wait $! || true
  run -75 backup
  assert_says 'an interrupted restore of thing is pending'
  run -75 restore --yes
  local wrecked
  wrecked="$(cat "$HOST/wrecked")"
  run -0 restore --undo --yes
  assert_says 'loaded the databases as they were from'
  assert_same "$(maria_print shop ledger)" "$wrecked"
  run -0 restore --yes
  assert_same "$(maria_print shop ledger)" "$before"
  assert_tidy
}

# bats test_tags=long
@test "a database too damaged for a safety dump can be restored with --force" {
  own
  with_databases shop ledger
  local before
  before="$(maria_print shop ledger)"
  run -0 backup
  maria_down
  rm "$MY/data/shop/picture.ibd"
  maria_up
  run -69 restore --yes
  assert_says 'Nothing was changed'
  run -0 restore --yes --force
  assert_says 'cannot be saved completely'
  assert_says '.incomplete; there is no way back'
  assert_same "$(maria_print shop ledger)" "$before"
}

# bats test_tags=long
@test "a server that does not start with the restored data gets its old data back" {
  own
  run -0 backup
  maria 'CREATE DATABASE newer'
  local before
  before="$(maria_print)"
  # It starts with old data only.
  printf '#!/usr/bin/env bash\n[[ -d %q/data/newer ]] || exit 1\nexec %q/service start\n' "$MY" "$MY" >"$MY/start"
  chmod +x "$MY/start"
  set_list SERVICE_START "$MY/start"
  with KEEP_LAST 0
  run -69 restore --yes
  assert_says 'putting everything back'
  assert_same "$(maria_print)" "$before"
  assert_tidy
}

# bats test_tags=long
@test "a server that still runs although its service says it was stopped keeps its data" {
  own
  run -0 backup
  set_list SERVICE_STOP true
  with KEEP_LAST 0
  run -69 restore --yes
  assert_says 'a server still runs in'
  maria 'SELECT 1' >/dev/null
  assert_same "$(echo "$MY"/data.lifeboat-old-*)" "$MY/data.lifeboat-old-*"
}

# bats test_tags=long
@test "a data directory that is a mount point is replaced from the inside" {
  mkdir -p "$BATS_TEST_TMPDIR/db/data"
  mount -t tmpfs -o size=400m none "$BATS_TEST_TMPDIR/db/data"
  cp -a "$MARIA_TEMPLATE/full/." "$BATS_TEST_TMPDIR/db/data/"
  mkdir "$BATS_TEST_TMPDIR/db/data/lost+found"
  MARIA_TEMPLATE="$BATS_TEST_TMPDIR/none" maria_new "$BATS_TEST_TMPDIR/db" 2>/dev/null || true
  maria_up
  new_mysql_host
  local before failed=0
  before="$(maria_print)"
  run -0 backup
  maria 'CREATE DATABASE newer'
  run -0 restore --yes
  [[ $(maria_print) == "$before" ]] || failed=1
  [[ -d $(echo "$MY"/data/.lifeboat-old-*)/newer ]] || failed=2
  # What was put aside there looks like a database to the server, and must not disturb the next backup.
  run backup
  ((status == 0)) || failed=3
  maria_down
  umount "$BATS_TEST_TMPDIR/db/data"
  assert_same "$failed" 0
}

# bats test_tags=long
@test "a restore of everything is refused before anything happens when the service is unknown" {
  calm
  with SERVICE_KIND none
  run -0 backup
  run -78 restore --yes
  assert_says 'the plan does not say how to stop'
  run -78 restore --dry-run
}

# bats test_tags=long
@test "a set of chosen databases is not restored as a whole server, nor the other way round" {
  calm
  run -0 backup
  with_databases shop
  run -78 restore --yes
  assert_says 'holds the whole server'
  run -0 backup
  with_databases
  run -78 restore --yes
  assert_says 'holds chosen databases only'
}

# bats test_tags=long
@test "--into leaves a data directory that a server can be started on, and nothing running" {
  calm
  local before
  before="$(maria_print)"
  run -0 backup
  run -0 restore --into "$BATS_TEST_TMPDIR/look"
  assert_says '5 databases, 9 tables, 3 views, 7 routines, triggers and events'
  [[ ! -e $BATS_TEST_TMPDIR/look/server.pid ]]
  MARIA_DATA="$BATS_TEST_TMPDIR/look/data" maria_new "$BATS_TEST_TMPDIR/again" empty
  maria_up
  assert_same "$(maria_print)" "$before"
}

@test "verify, verify --deep and drill" {
  calm
  run -0 backup
  run -0 verify
  assert_says ' ok'
  run -0 verify --deep
  assert_says 'restores to 5 databases, 9 tables'
  run -0 drill
  assert_says PASSED
  assert_tidy
}

# bats test_tags=long
@test "a page size and a case rule of the server's own are those of the throw-away server" {
  MY="$BATS_TEST_TMPDIR/db" SOCK="$BATS_TEST_TMPDIR/db/s"
  MARIA_TEMPLATE="$BATS_TEST_TMPDIR/template"
  mkdir "$MARIA_TEMPLATE"
  mariadb-install-db --no-defaults --datadir="$MARIA_TEMPLATE/empty" --user=root --auth-root-authentication-method=normal --skip-test-db \
    --skip-name-resolve --innodb-page-size=8192 --innodb-log-file-size=4M --lower-case-table-names=1 >/dev/null 2>&1
  maria_new "$BATS_TEST_TMPDIR/db" empty
  printf -- '--innodb-page-size=8192 --lower-case-table-names=1\n' >>"$MY/flags"
  maria_up
  new_mysql_host
  maria 'CREATE DATABASE Mixed' 'CREATE TABLE Mixed.Table1 (a INT)' 'INSERT INTO mixed.table1 VALUES (1)'
  run -0 backup
  maria 'DROP DATABASE mixed'
  run -0 restore --yes
  assert_same "$(maria 'SELECT a, @@innodb_page_size FROM MIXED.TABLE1')" $'1\t8192'
}

# bats test_tags=long
@test "tables with a DATA DIRECTORY do not touch the live files while they are restored aside" {
  own
  mkdir "$BATS_TEST_TMPDIR/ext"
  maria "CREATE TABLE shop.far (a INT) DATA DIRECTORY='$BATS_TEST_TMPDIR/ext'" 'INSERT INTO shop.far VALUES (7)'
  run -0 backup
  local before
  before="$(find "$BATS_TEST_TMPDIR/ext" -type f -printf '%p %i %T@\n')"
  run -0 restore --into "$BATS_TEST_TMPDIR/look"
  assert_same "$(find "$BATS_TEST_TMPDIR/ext" -type f -printf '%p %i %T@\n')" "$before"
  [[ -e $BATS_TEST_TMPDIR/look/data/shop/far.ibd ]]
}

@test "a dump without its last line is no backup, even when the dump program ends with 0" {
  calm
  run -0 backup
  shadow mariadb-dump <<'SHADOW'
case "$*" in *--version* | *--help*) exec REAL "$@" ;; esac
REAL "$@" | sed '/^-- Dump completed/d'
SHADOW
  run -65 shadowed backup
  assert_says 'the dump has no end'
  assert_same "$(sets | wc -l)" 1
  assert_tidy
}

@test "a set whose dump was cut between two statements is found by verify, and never restored" {
  own
  forge_set "sed '/^-- Current Database: .shop/,\$d'"
  run -65 verify
  assert_says 'the dump has no end'
  rm "$(last_set)/SUSPECT"
  local before
  before="$(maria_print)"
  run -65 restore --yes
  assert_says 'the dump has no end'
  assert_same "$(maria_print)" "$before"
}

# bats test_tags=long
@test "a row that is not taken does not get into the log" {
  calm
  forge_set "sed \"s/'hong@example.com'/secret-row 'x'/\""
  run -69 restore --into "$BATS_TEST_TMPDIR/look"
  assert_says 'the throw-away server did not take the dump: error 1064 (42000) at line'
  assert_silent_about secret-row
  run grep -r -a secret-row "$HOST/log" "$HOST/state"
  [[ $status != 0 ]]
  [[ ! -e $BATS_TEST_TMPDIR/look ]]
}

# bats test_tags=long
@test "a dump that does not hold what its MANIFEST names is found, by looking and by loading" {
  calm
  run -0 backup
  local set
  set="$(last_set)"
  sed -i -e 's/=5 InnoDB tables in shop/=6 InnoDB tables in shop/' -e '$d' "$set/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$set/MANIFEST" | cut -d ' ' -f 1)" >>"$set/MANIFEST"
  run -65 verify
  assert_says 'the dump does not hold what the MANIFEST of'
  rm "$set/SUSPECT"
  run -65 restore --into "$BATS_TEST_TMPDIR/look"
  assert_says 'MANIFEST: 6 InnoDB tables in shop; throw-away server: 5 InnoDB tables in shop;'
}

@test "server down: 69, and older sets stay" {
  own
  run -0 backup
  maria_down
  run -69 backup
  assert_says "the server does not answer: ERROR 2002"
  run -69 backup --dry-run
  assert_same "$(sets | wc -l)" 1
  assert_tidy
}

@test "wrong password: 77; a password is never shown" {
  calm
  printf 'wr0ng-pass\n' >"$HOST/secret"
  with CREDENTIALS_FILE '' MYSQL_USER backup MYSQL_SOCKET "$SOCK" PASSWORD_SECRET "file:$HOST/secret"
  run -77 backup
  assert_says 'Access denied for user'
  assert_silent_about wr0ng-pass
  assert_same "$(sets)" ''
}

# bats test_tags=long
@test "an unknown database: 65, and the known ones are named" {
  calm
  with_databases shop shopp
  run -65 backup
  assert_says "there is no database 'shopp'"
  assert_says 'empty, '
  assert_same "$(sets)" ''
}

@test "databases of the server itself cannot be chosen, arguments that spoil a dump cannot be added" {
  calm
  with_databases mysql
  run -78 backup
  with_databases
  for arg in --compact --result-file=/x -psecret --no-create-info; do
    set_list DUMP_EXTRA_ARGS "$arg"
    with KEEP_LAST 0
    run -78 backup
    assert_silent_about psecret
  done
  set_list DUMP_EXTRA_ARGS --ignore-table=shop.split
  with KEEP_LAST 0
  run -0 backup
  assert_says 'there now: 5 InnoDB tables in shop'
  run -0 verify --deep
}

@test "a missing program: 69" {
  calm
  mkdir "$HOST/few"
  ln -s /usr/bin/mariadb "$HOST/few/"
  PATH="$HOST/few:$BATS_FILE_TMPDIR/no-database" run -69 backup
  assert_says 'none of these is installed on this host: mariadb-dump mysqldump'
}

# bats test_tags=long
@test "an account with the four rights of the documentation makes a complete backup" {
  calm
  printf 'b4ckup-pass\n' >"$HOST/secret"
  with CREDENTIALS_FILE '' MYSQL_USER backup MYSQL_SOCKET "$SOCK" PASSWORD_SECRET "file:$HOST/secret"
  run -0 backup
  assert_same "$(manifest "$(last_set)" position.gtid)" "$(maria 'SELECT @@gtid_binlog_pos')"
  run -0 grep '3 routines in shop' "$(last_set)/MANIFEST"
}

@test "an account that may not see everything is refused: its dump would lack things without an error" {
  own
  maria "CREATE USER less@localhost" 'GRANT SELECT, SHOW VIEW, EVENT ON *.* TO less@localhost'
  with CREDENTIALS_FILE '' MYSQL_USER less MYSQL_SOCKET "$SOCK"
  run -77 backup
  assert_says 'no right TRIGGER'
  maria 'REVOKE ALL ON *.* FROM less@localhost' 'GRANT SELECT, SHOW VIEW, EVENT, TRIGGER ON shop.* TO less@localhost'
  run -77 backup
  assert_says 'no right SELECT'
  with_databases shop
  run -77 backup
  assert_says 'mysql.proc'
  maria 'GRANT SELECT ON mysql.proc TO less@localhost'
  run -0 backup
  run -77 restore --yes
  assert_says 'may not restore'
}

# bats test_tags=long
@test "odd passwords, by secret and over the socket" {
  own
  local password
  with CREDENTIALS_FILE '' MYSQL_USER odd MYSQL_SOCKET "$SOCK" PASSWORD_SECRET "file:$HOST/secret"
  maria "CREATE USER odd@localhost" 'GRANT ALL ON *.* TO odd@localhost'
  for password in "it's" 'say "x"#y' 'back\slash\n' ' lead and trail ' '비밀#번호' '"quoted"' "'\"#" 'a=b;[client]' '#' '$(id)`id`'; do
    printf '%s\n' "$password" >"$HOST/secret"
    maria "SET sql_mode = 'NO_BACKSLASH_ESCAPES'" "SET PASSWORD FOR odd@localhost = PASSWORD('${password//\'/\'\'}')"
    run -0 backup --dry-run
  done
}

# bats test_tags=long
@test "over TCP, with the password from the environment" {
  maria_new "$BATS_TEST_TMPDIR/db"
  local port
  port=$((10000 + (RANDOM * 32768 + RANDOM) % 22000))
  printf -- '--skip-name-resolve --bind-address=127.0.0.1 --port=%d\n' "$port" >"$MY/flags"
  maria_up
  new_mysql_host
  maria "CREATE USER net@'127.0.0.1' IDENTIFIED BY 'x'" "GRANT ALL ON *.* TO net@'127.0.0.1'"
  with CREDENTIALS_FILE '' MYSQL_USER net MYSQL_PORT "$port" PASSWORD_SECRET env:DB_PASSWORD
  DB_PASSWORD=x run -0 backup --dry-run
  DB_PASSWORD=y run -77 backup --dry-run
  run -77 backup --dry-run
  assert_says 'DB_PASSWORD is not set'
}

# bats test_tags=long
@test "a credentials file that others may read is refused" {
  calm
  cp "$MY/root.cnf" "$HOST/cnf"
  with CREDENTIALS_FILE "$HOST/cnf"
  for mode in 644 640 604; do
    chmod "$mode" "$HOST/cnf"
    run -77 backup
    assert_says "chmod 600"
  done
  rm "$HOST/cnf"
  run -77 backup
  assert_says 'is not there'
}

# bats test_tags=long
@test "option files and the environment of the operator have no say" {
  calm
  mkdir "$HOST/home"
  printf '[client]\nuser=nobody\npassword=wrong\n[mysqldump]\nno-data\nwhere=1=0\n' >"$HOST/home/.my.cnf"
  HOME="$HOST/home" MYSQL_PWD=wrong MYSQL_HOST=nowhere.invalid MYSQL_UNIX_PORT=/nonexistent run -0 backup
  dump_of "$(last_set)" | grep -a -q 'Müller'
}

@test "no secret in a process list, in the environment of others, in logs, state or sets" {
  own
  # Its own: other suites on this machine look for theirs.
  local secret="s3cr3t-Pa55-$$-$RANDOM"
  printf '%s\n' "$secret" >"$BATS_TEST_TMPDIR/secret"
  maria "CREATE USER keeper@localhost IDENTIFIED BY '$secret'" 'GRANT ALL ON *.* TO keeper@localhost WITH GRANT OPTION'
  with CREDENTIALS_FILE '' MYSQL_USER keeper MYSQL_SOCKET "$SOCK" PASSWORD_SECRET "file:$BATS_TEST_TMPDIR/secret"
  (
    while [[ ! -e $BATS_TEST_TMPDIR/done ]]; do
      grep -F -a -f "$BATS_TEST_TMPDIR/secret" /proc/[0-9]*/cmdline /proc/[0-9]*/environ >>"$BATS_TEST_TMPDIR/found" 2>/dev/null || true
    done
  ) 3>&- &
  run -0 backup
  run -0 restore --yes
  run -0 verify --deep
  touch "$BATS_TEST_TMPDIR/done"
  wait
  assert_same "$(sort -u "$BATS_TEST_TMPDIR/found")" ''
  run grep -r -F -a -l -f "$BATS_TEST_TMPDIR/secret" "$HOST"
  assert_same "$output" ''
  assert_tidy
}

# bats test_tags=long
@test "a server that is killed while it is dumped: 69, no set, older sets stay" {
  own
  run -0 backup
  maria 'CREATE TABLE shop.big (a LONGTEXT)' "INSERT INTO shop.big SELECT REPEAT('x', 200000) FROM shop.seq_1_to_300"
  # It waits for the kill.
  shadow mariadb-dump <<'SHADOW'
case "$*" in *--version* | *--help*) exec REAL "$@" ;; esac
REAL "$@" > >(head -c 5000000; : >"$0.at-work"; until [[ -e $0.killed ]]; do sleep 0.05; done; cat)
SHADOW
  PATH="$HOST/shadow:$PATH" "$HOST/bin/backup.sh" >"$HOST/out" 2>&1 3>&- &
  eventually test -e "$HOST/shadow/mariadb-dump.at-work"
  maria_kill
  touch "$HOST/shadow/mariadb-dump.killed"
  status=0
  wait $! || status=$?
  output="$(<"$HOST/out")"
  assert_status 69
  assert_says 'Lost connection'
  assert_same "$(sets | wc -l)" 1
  assert_tidy
}

# bats test_tags=long
@test "a backup that is told to end leaves nothing; one that is killed is swept away by the next" {
  own
  shadow mariadb-dump <<'SHADOW'
case "$*" in *--version* | *--help*) exec REAL "$@" ;; esac
printf '%s\n' "$$" >"$0.at-work"
exec sleep 60
SHADOW
  PATH="$HOST/shadow:$PATH" "$HOST/bin/backup.sh" --quiet 3>&- &
  eventually test -s "$HOST/shadow/mariadb-dump.at-work"
  kill -TERM $!
  status=0
  wait $! || status=$?
  assert_status 143
  assert_tidy
  local dump
  dump="$(<"$HOST/shadow/mariadb-dump.at-work")"
  gone() { ! kill -0 "$dump" 2>/dev/null; }
  gone
  rm "$HOST/shadow/mariadb-dump.at-work"
  PATH="$HOST/shadow:$PATH" "$HOST/bin/backup.sh" --quiet 3>&- &
  eventually test -s "$HOST/shadow/mariadb-dump.at-work"
  kill -KILL $!
  wait $! || true
  dump="$(<"$HOST/shadow/mariadb-dump.at-work")"
  eventually gone
  run -0 backup
  assert_tidy
  assert_same "$(sets | wc -l)" 1
}

# bats test_tags=long
@test "a restore that is killed takes its throw-away server along" {
  own
  run -0 backup
  shadow mariadb-check <<'SHADOW'
: >"$0.at-work"
exec sleep 60
SHADOW
  PATH="$HOST/shadow:$PATH" "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  eventually test -e "$HOST/shadow/mariadb-check.at-work"
  local server
  server="$(cat "$MY"/.lifeboat-live-*/server.pid)"
  kill -KILL $!
  wait $! || true
  gone() { ! kill -0 "$server" 2>/dev/null; }
  eventually gone
  run -0 restore --yes
  assert_tidy
}

# bats test_tags=long
@test "a store without room: 74, older sets stay" {
  own
  maria 'CREATE TABLE shop.big (a LONGBLOB)' 'INSERT INTO shop.big SELECT RANDOM_BYTES(1024) FROM shop.seq_1_to_9000'
  mount -t tmpfs -o size=4m none "$STORE"
  with_databases ledger
  backup --quiet
  with_databases
  run backup
  local left failed=''
  left="$(sets | wc -l) $(find "$STORE" -name '.partial*' | wc -l)"
  umount "$STORE"
  assert_status 74
  assert_same "$left" '1 0'
}

# A host with MySQL's own programs, as far as the stubs play them, and without MariaDB's.
as_mysql8() {
  PATH="$BATS_TEST_DIRNAME/stubs/mysql8:$BATS_FILE_TMPDIR/no-database" "$@"
}

# bats test_tags=long
@test "MySQL (strict stubs): its own flags, positions and GTID set; backup, verify and restore of everything" {
  own
  printf -- '--log-bin=bin\n' >>"$MY/flags"
  maria_down
  maria_up
  # MySQL has no such tables.
  maria 'DROP TABLE shop.past'
  local before set
  before="$(maria_print shop ledger)"
  run -0 as_mysql8 backup
  set="$(last_set)"
  assert_same "$(manifest "$set" server.flavour) $(manifest "$set" tool.server) $(manifest "$set" position.binlog_file)" 'mysql 8.0.36 bin.000001'
  assert_same "$(manifest "$set" position.gtid)" '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-77,4e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:9'
  assert_same "$(manifest "$set" content.agreed)" yes
  run -0 as_mysql8 verify
  maria 'DROP TABLE shop.picture' 'DROP DATABASE ledger'
  run -0 as_mysql8 restore --yes
  assert_same "$(maria_print shop ledger)" "$before"
  # And this set is not for MariaDB.
  run -78 restore --yes
  assert_says 'the set was made with 8.0.36'
}

# bats test_tags=long
@test "MySQL (strict stubs): older versions get the flags that they know, chosen databases are restored in place" {
  own
  printf -- '--log-bin=bin\n' >>"$MY/flags"
  maria_down
  maria_up
  with_databases shop
  maria 'DROP TABLE shop.past'
  local before version
  before="$(maria_print shop)"
  for version in 5.7.44 8.0.16 8.0.25 8.4.3; do
    STUB_MYSQL="$version" run -0 as_mysql8 backup
    assert_same "$(manifest "$(last_set)" position.binlog_file)" bin.000001
  done
  STUB_MYSQL=8.0.36 run -78 as_mysql8 restore --dry-run
  assert_says 'the server here is older'
  maria 'DROP TABLE shop.picture'
  STUB_MYSQL=8.4.3 run -0 as_mysql8 restore --yes
  assert_same "$(maria_print shop)" "$before"
}

# bats test_tags=long
@test "MySQL (strict stubs): MariaDB's dump program is refused for a MySQL server" {
  calm
  mkdir "$HOST/few"
  ln -s "$BATS_TEST_DIRNAME/stubs/mysql8/mysql" /usr/bin/mariadb-dump "$HOST/few/"
  ln -s /usr/bin/mariadb-dump "$HOST/few/mysqldump"
  PATH="$HOST/few:$BATS_FILE_TMPDIR/no-database" run -69 backup
  assert_says 'belongs to the other one of MySQL and MariaDB'
}

# bats test_tags=long
@test "versions, flags and grants" {
  calm
  set +eu
  # shellcheck disable=SC1091
  source "$HOST/bin/backup.sh"
  set -e
  assert_same "$(version_number 8.0.26-0ubuntu0.20.04.2)" 80026
  assert_same "$(version_number 10.11.19-MariaDB-log)" 101119
  assert_same "$(MYSQL_DUMP_VERSION='mysqldump  Ver 8.0.36-0ubuntu0.22.04.1 for Linux on x86_64 ((Ubuntu))' dump_program_version)" 80036
  assert_same "$(MYSQL_DUMP_VERSION='mysqldump  Ver 10.13 Distrib 5.7.44, for Linux (x86_64)' dump_program_version)" 50744
  assert_same "$(MYSQL_DUMP_VERSION='mariadb-dump from 11.4.2-MariaDB, client 10.19 for Linux (x86_64)' dump_program_version)" 0
  local grants
  grants=$'GRANT SELECT, SHOW VIEW ON *.* TO `u`@`h`\nGRANT ALL PRIVILEGES ON `shop`.* TO `u`@`h`\nGRANT `r`@`%` TO `u`@`h`'
  has_grant SELECT '*.*' "$grants"
  has_grant 'SHOW VIEW' '*.*' "$grants"
  has_grant TRIGGER '' "$grants"
  run ! has_grant TRIGGER '*.*' "$grants"
  run ! has_grant VIEW '*.*' "$grants"
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  own
  transcript_begin "$HOST"
  hand_run_asset mysql "$HOST/bin" .sh
}
