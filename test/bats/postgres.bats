#!/usr/bin/env bats
# The postgres kind against real PostgreSQL servers.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell; facts are used by the scripts

setup_file() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/postgres.bash"
  # The servers' user must be able to pass.
  chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
  export PG_TEMPLATE="$BATS_FILE_TMPDIR/template"
  pg_template "$PG_TEMPLATE"
  # One server for the tests that only read, and one set of it for those that only need a set.
  pg_new "$BATS_FILE_TMPDIR/calm"
  pg_up
  mkdir -p "$BATS_FILE_TMPDIR/made"
  BATS_TEST_TMPDIR="$BATS_FILE_TMPDIR/made" new_postgres_host
  "$BATS_FILE_TMPDIR/made/host/bin/backup.sh" --quiet
}

teardown_file() {
  source "$BATS_TEST_DIRNAME/lib/postgres.bash"
  pg_stop_all "$BATS_FILE_TMPDIR"
}

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/postgres.bash"
  chmod 711 "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
}

teardown() {
  pg_stop_all "$BATS_TEST_TMPDIR"
  unmount_all
  # A throw-away server has its data below this test's directory: none may be left.
  local left
  left="$(pgrep -f -- "-D $BATS_TEST_TMPDIR/(host/scratch|look)" || true)"
  # shellcheck disable=SC2086
  [[ -z $left ]] || {
    kill -KILL $left
    fail 'a throw-away server was left running'
  }
}

@test "a backup of everything: roles, one dump for each database, what they hold" {
  calm
  run -0 backup
  local set
  set="$(last_set)"
  assert_same "$(payload_of "$set" globals.sql | grep -c '^CREATE ROLE')" 7
  run -0 cat "$set/MANIFEST"
  for line in dump.scope=all server.superuser=postgres server.encoding=UTF8 database.count=4 database.2.name=latin database.2.encoding=LATIN1 \
    database.4.name=shop 'database.4.extensions=hstore 1.8, plpgsql 1.0' database.4.collate=C.UTF-8 database.4.provider=libc; do
    assert_says "$line"
  done
  for line in '9 TABLE in shop' '1 VIEW in shop' '1 MATERIALIZED VIEW in shop' '2 large objects in shop' '2 FUNCTION in shop' '1 TRIGGER in shop' '1 POLICY in shop' '1 DEFAULT ACL in shop' 'database postgres'; do
    assert_says "=$line"
  done
  assert_same "$(payload_of "$set" database-4.dump | head -c 5)" PGDMP
  [[ $(manifest "$set" tool.server) == 15.* && $(manifest "$set" position.wal_lsn) == */* ]]
  run -0 verify
  assert_clean
}

@test "everything comes back: rows, definitions, roles, settings; old databases are kept, others left alone" {
  own
  local before old
  before="$(pg_print)"
  pg_print_catalog >"$HOST/catalog"
  run -0 backup
  wreck
  run -0 restore --dry-run
  assert_says 'make the roles that are missing: keeper'
  assert_says 'leave alone the databases that the backup does not have: extra'
  assert_says 'shop  (the present one is kept as shop_lifeboat_old_'
  assert_says 'latin  (not there now)'
  assert_clean
  run -0 restore --yes
  assert_says 'these roles are not in the backup and were left as they are: late'
  sql postgres 'DROP DATABASE extra' 'DROP ROLE late'
  assert_same "$(pg_print)" "$before"
  pg_print_catalog | diff "$HOST/catalog" -
  assert_clean
  old="$(sql template1 "SELECT datname FROM pg_database WHERE datname LIKE 'shop_lifeboat_old_%'")"
  assert_says "DROP DATABASE \"$old\";"
  sql "$old" 'SELECT * FROM shop.late'
  # Again, and from the other side.
  run -0 restore --yes
  assert_same "$(pg_print)" "$before"
}

# bats test_tags=long
@test "a new, empty server takes everything: the disaster" {
  own_with_set
  local before
  before="$(pg_print)"
  pg_crash
  rm -rf "$PG/data"
  run -69 restore --yes
  assert_says 'pg_createcluster 15 main --start'
  pg_new "$PG" empty
  pg_up
  run -0 restore --yes
  assert_same "$(pg_print)" "$before"
  assert_clean
  # The password of the time of the backup is back.
  printf 'local all app scram-sha-256\nlocal all all trust\n' >"$PG/data/pg_hba.conf"
  sql template1 'SELECT pg_reload_conf()'
  connects() { PGPASSWORD="$1" "$PG_REAL_BIN/psql" -X -w -h "$PG" -U app -d shop -c 'SELECT 1'; }
  eventually connects old-app-password
  run connects wrong
  assert_says 'authentication failed'
}

# bats test_tags=long
@test "chosen databases, encrypted with age: they come back, all others and the roles stay as they are" {
  own
  age-keygen -o "$HOST/key" 2>"$HOST/key.out"
  set_list DATABASES shop "$ODD_NAME"
  with ENCRYPTION age AGE_RECIPIENTS "($(sed -n 's/Public key: //p' "$HOST/key.out"))" AGE_IDENTITY_FILE "$HOST/key" JOBS 1
  local before others roles
  before="$(pg_print shop "$ODD_NAME")"
  run -0 backup
  run grep -a -c 홍길동 "$(last_set)/database-1.dump.zst.age"
  assert_same "$output" 0
  wreck
  sql template1 "DROP DATABASE \"${ODD_NAME//\"/\"\"}\""
  others="$(pg_print postgres extra)"
  roles="$(pg_print_roles | grep -v keeper)"
  run -0 restore --yes
  assert_same "$(pg_print shop "$ODD_NAME")" "$before"
  assert_same "$(pg_print postgres extra)" "$others"
  # The role that was missing is as it was, the others were not touched; what they had in the database is part of that.
  assert_same "$(pg_print_roles | grep -v keeper)" "$roles"
  assert_same "$(sql template1 "SELECT pg_has_role('keeper', 'pg_read_all_data', 'member'), rolcanlogin FROM pg_roles WHERE rolname = 'keeper'")" 't|t'
  assert_clean
}

# bats test_tags=long
@test "as root the server is reached as another user, and its dumps are loaded by several connections" {
  own
  printf 'local all all peer\n' >"$PG/data/pg_hba.conf"
  sql template1 'SELECT pg_reload_conf()' >/dev/null
  eventually as_postgres "$PG_REAL_BIN/psql" -X -q -h "$PG" -d template1 -c ''
  run -77 backup
  assert_says 'peer authentication wants runAs'
  with RUN_AS postgres PG_USER '' RESTORE_USER ''
  run -0 backup
  as_postgres "$PG_REAL_BIN/psql" -X -q -h "$PG" -d shop -c 'TRUNCATE shop.picture'
  run -0 restore --yes
  assert_silent_about 'cannot reach'
  assert_same "$(as_postgres "$PG_REAL_BIN/psql" -X -A -t -h "$PG" -d shop -c 'SELECT count(*) FROM shop.picture')" 2
  run -0 verify --deep
}

# bats test_tags=long
@test "an ordinary user can do all of it" {
  own
  chown -R postgres "$HOST"
  local before
  before="$(pg_print)"
  run -0 as_postgres "$HOST/bin/backup.sh"
  wreck
  sql postgres 'DROP DATABASE extra' 'DROP ROLE late'
  run -0 as_postgres "$HOST/bin/restore.sh" --yes
  assert_same "$(pg_print)" "$before"
  run -0 as_postgres "$HOST/bin/drill.sh"
  assert_says 'restored  4 databases, 11 tables'
  with RUN_AS nobody
  chmod 755 "$HOST/bin/backup.sh"
  run -77 as_postgres "$HOST/bin/backup.sh"
  assert_says 'run it as root or as nobody'
}

# bats test_tags=long
@test "a role that only reads makes a complete backup; a restore logs in as another one" {
  own
  printf 'local all keeper scram-sha-256\nlocal all boss scram-sha-256\nlocal all all trust\n' >"$PG/data/pg_hba.conf"
  sql template1 "CREATE ROLE boss LOGIN SUPERUSER PASSWORD 'b0ss:pa\\ss'" 'SELECT pg_reload_conf()' >/dev/null
  printf 'k33per-pass\n' >"$HOST/secret"
  printf '%s\n' 'b0ss:pa\ss' >"$HOST/boss"
  with PG_USER keeper PASSWORD_SECRET "file:$HOST/secret" RESTORE_USER keeper RESTORE_PASSWORD_SECRET "file:$HOST/secret"
  run -0 backup
  assert_same "$(payload_of "$(last_set)" globals.sql | grep -c SCRAM-SHA-256)" 3
  run -77 restore --yes
  assert_says 'the role keeper may not restore'
  local before
  with RESTORE_USER boss RESTORE_PASSWORD_SECRET "file:$HOST/boss"
  before="$(pg_print)"
  # Its password was changed since: it keeps the new one, or nobody could log in to undo the restore.
  sql template1 "ALTER ROLE boss PASSWORD 'new'"
  printf 'new\n' >"$HOST/boss"
  wreck
  run -0 restore --yes
  assert_says 'as whom this logs in'
  PGPASSWORD=new "$PG_REAL_BIN/psql" -X -w -h "$PG" -U boss -d shop -c 'SELECT 1'
  # And one that reads less is refused: its dump would lack things.
  sql template1 'REVOKE pg_read_all_data FROM keeper'
  run -77 backup
  assert_says 'GRANT pg_read_all_data'
}

@test "no secret in a process list, in the environment of others, in logs, state or the server's log" {
  own
  # Its own: other suites on this machine look for theirs.
  local secret="s3cr3t-Pa55-$$-$RANDOM"
  printf '%s\n' "$secret" >"$BATS_TEST_TMPDIR/secret"
  printf 'local all boss scram-sha-256\nlocal all all trust\n' >"$PG/data/pg_hba.conf"
  sql template1 "CREATE ROLE boss LOGIN SUPERUSER PASSWORD '$secret'" 'SELECT pg_reload_conf()' >/dev/null
  : >"$PG/log"
  with PG_USER boss PASSWORD_SECRET "file:$BATS_TEST_TMPDIR/secret" RESTORE_USER boss RESTORE_PASSWORD_SECRET "file:$BATS_TEST_TMPDIR/secret"
  printf '%s\nSCRAM-SHA-256$4096\n' "$secret" >"$BATS_TEST_TMPDIR/patterns"
  (
    while [[ ! -e $BATS_TEST_TMPDIR/done ]]; do
      grep -F -a -f "$BATS_TEST_TMPDIR/patterns" /proc/[0-9]*/cmdline /proc/[0-9]*/environ >>"$BATS_TEST_TMPDIR/found" 2>/dev/null || true
      sleep 0.02
    done
  ) 3>&- &
  local poller=$!
  run -0 backup
  run -0 restore --yes
  run -0 verify --deep
  touch "$BATS_TEST_TMPDIR/done"
  wait "$poller"
  assert_same "$(sort -u "$BATS_TEST_TMPDIR/found")" ''
  run grep -r -F -a -l -f "$BATS_TEST_TMPDIR/patterns" "$HOST" "$PG/log"
  # The roles as they were before the restore: for their owner alone.
  assert_same "$output" "$(echo "$HOST"/state/thing.lifeboat-old-*.roles.sql)"
  assert_same "$(stat -c %a "$output")" 600
  assert_clean
}

# bats test_tags=long
@test "wrong password: 77; an unknown database: 65; a server that is down: 69" {
  own
  printf 'local all all scram-sha-256\n' >"$PG/data/pg_hba.conf"
  sql template1 'SELECT pg_reload_conf()' >/dev/null
  printf 'wr0ng-pass\n' >"$HOST/secret"
  with PG_USER app PASSWORD_SECRET "file:$HOST/secret"
  refused() { backup 2>&1 | grep 'password authentication failed'; }
  eventually refused
  run -77 backup
  assert_silent_about wr0ng-pass
  printf 'local all all trust\n' >"$PG/data/pg_hba.conf"
  pg_down
  pg_up
  set_list DATABASES shop shopp
  with PG_USER postgres PASSWORD_SECRET ''
  run -65 backup
  assert_says "there is no database 'shopp'"
  assert_says 'latin, postgres, shop'
  with_databases template1
  run -78 backup
  pg_down
  run -69 backup
  assert_says 'is the server up?'
  run -69 backup --dry-run
  assert_same "$(sets)" ''
  assert_tidy
}

# bats test_tags=long
@test "programs older than the server or the set are refused: 69, and say what to install" {
  calm_with_set
  shadow_program pg_dump <<'SHADOW'
case "$*" in *--version*) echo 'pg_dump (PostgreSQL) 14.9 (Debian 14.9-1)' ;; *) exec REAL "$@" ;; esac
SHADOW
  run -69 backup
  assert_says "the server is PostgreSQL 15."
  assert_says 'install the client programs of version 15'
  shadow_program pg_restore <<'SHADOW'
case "$*" in *--version*) echo 'pg_restore (PostgreSQL) 14.9' ;; *) exec REAL "$@" ;; esac
SHADOW
  run -69 verify
  assert_says 'pg_restore is older: 14.9'
  run -69 restore --dry-run
  with BIN_DIR "$HOST/nowhere"
  run -69 backup
  assert_says 'correct binDirectory'
}

# bats test_tags=long
@test "a set that was cut or changed is refused: 65, and nothing live is touched" {
  own_with_set
  local set file
  set="$(last_set)" file="$(last_set)/database-4.dump.zst"
  sql shop 'CREATE TABLE shop.late (a int)'
  cp "$file" "$HOST/good"
  head -c $(($(stat -c %s "$file") - 7)) "$HOST/good" >"$file"
  run -65 restore --yes
  run -65 verify
  rm "$set/SUSPECT"
  { head -c 2000 "$HOST/good" && printf 'X' && tail -c +2002 "$HOST/good"; } >"$file"
  run -65 restore --set "${set##*/}" --yes
  assert_says 'is damaged'
  sql shop 'SELECT * FROM shop.late'
  assert_clean
}

# Make a set whose dumps of databases went through a filter, as if pg_dump had written them so: hashes and all. The observer,
# which would refuse it, is looking at its own business.
forge_set() {
  shadow_program pg_dump <<SHADOW
case "\$*" in *--version* | *--schema-only*) exec REAL "\$@" ;; esac
REAL "\$@" | $1
SHADOW
  sed 's/^pg_observe_archive() {/pg_observe_archive() { cat >"$OBSERVED.whole"; "$PG_BIN\/pg_restore" --list <"$OBSERVED.whole" >"$OBSERVED.toc"; { "$PG_BIN\/pg_restore" --data-only --file=- <"$OBSERVED.whole" || true; } | pg_count_rows >"$OBSERVED.rows"; return 0/' "$HOST/bin/backup.sh" >"$HOST/bin/forge.sh"
  chmod +x "$HOST/bin/forge.sh"
  "$HOST/bin/forge.sh" --quiet
  with BIN_DIR ''
}

@test "a dump that pg_dump left short is no backup, though its table of contents is whole" {
  calm
  shadow_program pg_dump <<'SHADOW'
case "$*" in *--version*) exec REAL "$@" ;; esac
REAL "$@" | head -c 9000
SHADOW
  with_databases shop
  run -65 backup
  assert_says 'the dump of a database cannot be read'
  assert_same "$(sets)" ''
  with BIN_DIR ''
  # The same, forged into a set with good hashes.
  forge_set 'head -c -300'
  run -65 verify
  assert_says 'end of file'
  rm "$(last_set)/SUSPECT"
  run -65 restore --into "$BATS_TEST_TMPDIR/look"
  [[ ! -e $BATS_TEST_TMPDIR/look ]]
  run -65 restore --yes
  assert_clean
}

# bats test_tags=long
@test "rows that are not taken do not get into the log; live is as it was" {
  own
  with_databases shop
  forge_set "sed 's/hong@example.com/zoe@example.com\\x20/; s/zoe@example.com /zoe@example.com/'"
  # A key value twice, of the same length: the archive counts bytes.
  rm -rf "$(last_set)"
  forge_set "sed 's/hong@example.com/zoe@example.comX/; s/zoe@example.com\t/zoe@example.comX\t/; s/x@y/x@y/; s/^2\\t1\\t/2\\t2\\t/' | sed 's/^2\\t11*\$/&/'"
  local before status_of
  before="$(pg_print)"
  run restore --yes
  [[ $status != 0 ]]
  assert_silent_about zoe@example
  run grep -r -a zoe@example "$HOST/log"
  [[ $status != 0 ]]
  assert_same "$(pg_print)" "$before"
  assert_clean
}

# bats test_tags=long
@test "an extension that the server has not installed is named before anything is done: 69" {
  calm_with_set
  local set
  set="$(last_set)"
  sed -i -e 's/=hstore 1.8, /=hstore 1.8, postgis-topology 3.3, /' -e '$d' "$set/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$set/MANIFEST" | cut -d ' ' -f 1)" >>"$set/MANIFEST"
  run -69 restore --dry-run
  assert_says 'has not installed these extensions of the backup: postgis-topology'
}

# bats test_tags=long
@test "a database that does not hold what the MANIFEST names is found, by looking and by loading" {
  calm_with_set
  local set
  set="$(last_set)"
  sed -i -e 's/=9 TABLE in shop/=8 TABLE in shop/' -e '$d' "$set/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$set/MANIFEST" | cut -d ' ' -f 1)" >>"$set/MANIFEST"
  run -65 verify
  assert_says 'MANIFEST: 8 TABLE in shop; dump: 9 TABLE in shop;'
  rm "$set/SUSPECT"
  run -69 restore --yes
  assert_says 'restored server: 9 TABLE in shop;'
  assert_clean
}

# bats test_tags=long
@test "the set and the plan must speak of the same thing" {
  calm_with_set
  with_databases shop
  run -78 restore --dry-run
  assert_says 'holds the whole server'
}

# bats test_tags=long
@test "sessions are ended, also those that come back; new ones find the restored database" {
  own_with_set
  (while [[ ! -e $HOST/done ]]; do sql shop 'SELECT pg_sleep(30)' >>"$HOST/app" 2>&1 || true; done) 3>&- &
  local app=$!
  eventually grep -q pg_sleep "$PG/log"
  sql shop 'CREATE TABLE shop.late (a int)'
  run -0 restore --yes
  touch "$HOST/done"
  assert_same "$(sql shop "SELECT to_regclass('shop.late')")" ''
  sql template1 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'" >/dev/null
  wait "$app"
  grep -q 'terminating connection' "$HOST/app"
}

# bats test_tags=long
@test "when what is live fails its check, databases and roles are put back as they were" {
  own_with_set
  wreck
  local before
  before="$(pg_print)"
  # The database is swapped in, and does not answer.
  shadow_program psql <<'SHADOW'
case "$PGDATABASE $*" in "shop "*current_database*) echo 'psql: error: connection to server failed: FATAL:  no' >&2; exit 2 ;; esac
exec REAL "$@"
SHADOW
  run -69 restore --yes
  assert_says 'thing is as it was before the restore'
  assert_same "$(pg_print)" "$before"
  assert_clean
  assert_same "$(sql template1 "SELECT count(*) FROM pg_database WHERE datname LIKE '%lifeboat%'")" 0
}

@test "killed after the swap: no backup is made, and --undo goes back" {
  own_with_set
  wreck
  local before
  before="$(pg_print)"
  shadow_program psql <<'SHADOW'
case "$PGDATABASE $*" in "shop "*current_database*) [[ -e $0.go ]] || { : >"$0.at-work"; sleep 60; } ;; esac
exec REAL "$@"
SHADOW
  chmod 777 "$HOST/programs"
  "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  eventually test -e "$HOST/programs/psql.at-work"
  kill -KILL $!
  wait $! || true
  : >"$HOST/programs/psql.go"
  assert_same "$(sql shop "SELECT to_regclass('shop.late')")" ''
  run -75 backup
  assert_says 'an interrupted restore of thing is pending'
  run -75 restore --yes
  # What was live until then is kept, too: somebody may have worked in it.
  run -0 restore --undo --yes
  assert_says 'gave the databases as they were their names back'
  assert_says 'what was live until now is kept'
  assert_says 'the role keeper, which the restore had made, is in use and stays'
  while IFS= read -r name; do sql template1 "$name"; done < <(sql template1 "SELECT format('DROP DATABASE %I', datname) FROM pg_database WHERE datname ~ '_lifeboat_old_'")
  sql template1 'DROP ROLE keeper'
  assert_same "$(pg_print)" "$before"
  assert_clean
  with BIN_DIR ''
  run -0 restore --yes
  assert_clean
}

# bats test_tags=long
@test "killed or told to end while it loads: the next run, or this one, takes away what was loaded" {
  own_with_set
  sql template1 'CREATE ROLE late' 'ALTER ROLE reader RENAME TO reader2'
  local before pid
  before="$(pg_print)"
  shadow_program vacuumdb <<'SHADOW'
: >"$0.at-work"
exec sleep 60
SHADOW
  chmod 777 "$HOST/programs"
  "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  eventually test -e "$HOST/programs/vacuumdb.at-work"
  assert_same "$(sql template1 "SELECT count(*) FROM pg_database WHERE datname LIKE 'lifeboat_new_%'")" 4
  kill -TERM $!
  status=0
  wait $! || status=$?
  assert_status 143
  assert_same "$(pg_print)" "$before"
  assert_clean
  rm "$HOST/programs/vacuumdb.at-work"
  "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  eventually test -e "$HOST/programs/vacuumdb.at-work"
  kill -KILL $!
  wait $! || true
  run -0 backup
  assert_says 'left by a restore that did not end: lifeboat_new_'
  assert_same "$(manifest "$(last_set)" database.count)" 4
  with BIN_DIR ''
  run -0 restore --yes
  assert_clean
}

# bats test_tags=long
@test "a journal of another server is not acted upon" {
  own_with_set
  printf 'server\t1234\nscratch\tpostgres\nrole\tapp\n' >"$HOST/state/thing.postgres"
  run -0 restore --yes
  assert_says 'that was on another server'
  assert_clean
}

# bats test_tags=long
@test "a server without room: 74, live as it was; a store without room: 74, older sets stay" {
  own
  mkdir "$BATS_TEST_TMPDIR/small"
  pg_down
  mount -t tmpfs -o size=150m none "$BATS_TEST_TMPDIR/small"
  mv "$PG/data" "$BATS_TEST_TMPDIR/small/data"
  ln -s "$BATS_TEST_TMPDIR/small/data" "$PG/data"
  chmod 711 "$BATS_TEST_TMPDIR/small"
  pg_up
  sql shop 'CREATE TABLE shop.big AS SELECT g, md5(g::text) || md5((-g)::text) AS t FROM generate_series(1, 60000) g' 'CHECKPOINT'
  with_databases shop
  mount -t tmpfs -o size=1m none "$STORE"
  run -74 backup
  umount "$STORE"
  run -0 backup
  local before free
  before="$(pg_print)"
  free="$(df -Pk "$BATS_TEST_TMPDIR/small" | awk 'NR > 1 { print $4 }')"
  head -c $(((free - 10000) * 1024)) /dev/zero >"$BATS_TEST_TMPDIR/small/ballast"
  run -74 restore --yes
  assert_says 'No space left on device'
  rm "$BATS_TEST_TMPDIR/small/ballast"
  assert_same "$(pg_print)" "$before"
  assert_clean
  pg_down
}

# bats test_tags=long
@test "a restore into a directory leaves a server's data to look at; a drill and a deep verification leave nothing" {
  calm_with_set
  run -0 drill
  assert_says 'restored  4 databases, 11 tables, 3 views, 5 functions and triggers, 6 roles'
  run -0 verify --deep
  assert_says 'ok, restores to 4 databases'
  mkdir "$BATS_TEST_TMPDIR/closed"
  chmod 700 "$BATS_TEST_TMPDIR/closed"
  run -78 restore --into "$BATS_TEST_TMPDIR/closed/look"
  assert_says 'choose a directory that everybody may pass through'
  local before
  before="$(pg_print)"
  run -0 restore --into "$BATS_TEST_TMPDIR/look"
  assert_says 'to look at it'
  PG="$BATS_TEST_TMPDIR/look"
  pg_up -c min_wal_size=32MB
  assert_same "$(pg_print)" "$before"
  assert_same "$(sql template1 'SHOW listen_addresses')" ''
  pg_down
  assert_tidy
}

# bats test_tags=long
@test "a stage whose path is too long for a socket" {
  calm_with_set
  local long
  long="$HOST/scratch/$(printf 'x%.0s' {1..70})"
  mkdir -m 711 "$HOST/scratch"
  with SCRATCH_DIR "$long"
  local before
  before="$(find /tmp -maxdepth 1 -name 'lifeboat-pg.*' | sort)"
  run -0 drill
  assert_same "$(find /tmp -maxdepth 1 -name 'lifeboat-pg.*' | sort)" "$before"
}

# bats test_tags=long
@test "a restore that is killed takes its throw-away server along" {
  calm_with_set
  shadow_program pg_restore <<'SHADOW'
case "$*" in *--section=*) : >"$0.at-work"; exec sleep 60 ;; esac
exec REAL "$@"
SHADOW
  "$HOST/bin/drill.sh" --quiet 3>&- &
  eventually test -e "$HOST/programs/pg_restore.at-work"
  local server
  server="$(head -n 1 "$HOST"/scratch/.lifeboat-scratch-*/data/postmaster.pid)"
  kill -KILL $!
  wait $! || true
  gone() { ! kill -0 "$server" 2>/dev/null; }
  eventually gone
  with BIN_DIR ''
  run -0 drill
  assert_tidy
}

# bats test_tags=long
@test "a backup that is told to end leaves nothing" {
  calm
  shadow_program pg_dump <<'SHADOW'
case "$*" in *--version*) exec REAL "$@" ;; esac
printf '%s\n' "$$" >"$0.at-work"
exec sleep 60
SHADOW
  "$HOST/bin/backup.sh" --quiet 3>&- &
  eventually test -s "$HOST/programs/pg_dump.at-work"
  kill -TERM $!
  status=0
  wait $! || status=$?
  assert_status 143
  run ! kill -0 "$(<"$HOST/programs/pg_dump.at-work")"
  assert_same "$(sets)" ''
  assert_clean
}

# bats test_tags=long
@test "tablespaces: below the stage in a drill, asked for on a server that lacks them" {
  own
  mkdir "$BATS_TEST_TMPDIR/space"
  chown postgres "$BATS_TEST_TMPDIR/space"
  sql template1 "CREATE TABLESPACE \"fast 한글\" LOCATION '$BATS_TEST_TMPDIR/space'" 'CREATE DATABASE quick TABLESPACE "fast 한글"'
  sql shop 'ALTER TABLE shop.split_low SET TABLESPACE "fast 한글"'
  local before
  before="$(pg_print)"
  run -0 backup
  run -0 drill
  run -0 restore --yes
  assert_same "$(pg_print)" "$before"
  pg_down
  rm -rf "$PG/data"
  pg_new "$PG" empty
  pg_up
  run -78 restore --yes
  assert_says "the server has no tablespace 'fast 한글'"
  assert_says "LOCATION '$BATS_TEST_TMPDIR/space'"
}

# bats test_tags=long
@test "a standby is not restored into" {
  calm_with_set
  pg_new "$BATS_TEST_TMPDIR/standby"
  as_postgres touch "$PG/data/standby.signal"
  pg_up
  with PG_HOST "$PG"
  run -78 restore --dry-run
  assert_says 'this server is a standby'
  # A backup of it is fine.
  run -0 backup
}

# bats test_tags=long
@test "statements, versions and names" {
  calm
  set +eu
  source "$HOST/bin/restore.sh"
  set -e
  assert_same "$(pg_major_of 'pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)')" 15
  assert_same "$(pg_major_of 17beta1)" 17
  STAMP=20261122T020000Z
  export LC_ALL=C
  assert_same "$(pg_old_name shop 1)" shop_lifeboat_old_20261122T020000Z
  assert_same "$(pg_old_name 한글한글한글한글한글한글 12)" 한글한글한글한글한_12_lifeboat_old_20261122T020000Z
  local out
  out="$(printf '%s\n' '-- note;' '\restrict x' 'CREATE ROLE "a""b;c";' "COMMENT ON ROLE x IS E'it''s \\';" "CREATE ROLE liar;" "';" 'GRANT "r 1" TO x GRANTED BY y;' "ALTER ROLE x IN DATABASE d SET a TO 'b';" '-- PostgreSQL database cluster dump complete' | pg_parse_statements | cut -f 1,2)"
  assert_same "$out" $'create-role\ta"b;c\nrole\tx\nmember\tx\nother\tx'
  run -65 pg_parse_statements <<<'CREATE ROLE x;'
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  own
  transcript_begin "$HOST"
  hand_run_asset postgres "$HOST/bin" .sh
}
