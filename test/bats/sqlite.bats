load lib/lifeboat
load lib/transcript

setup() {
  new_host
  DB="$HOST/data/app.db"
  set_fact KIND sqlite
  set_fact TYPE sqlite
  set_fact DB_PATH "$DB"
  sqlite3 "$DB" "PRAGMA journal_mode = wal; PRAGMA user_version = 42; CREATE TABLE orders(id INTEGER PRIMARY KEY, what TEXT);
    CREATE TABLE \"odd \"\"name\"\"\"(x); INSERT INTO \"odd \"\"name\"\"\" VALUES (1), (2);
    CREATE VIRTUAL TABLE search USING fts5(text); INSERT INTO search VALUES ('lifeboat 구명정');
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO orders SELECT i, 'order ' || i FROM n;" >/dev/null
  relink
}

teardown() { unmount_all; }

# Every row of the database, as SQL.
dump() {
  sqlite3 "$1" .dump
}

@test "destroy, restore, compare; owner and mode of the replaced file stay" {
  dump "$DB" >"$HOST/before"
  run -0 backup
  sqlite3 "$DB" 'DROP TABLE orders'
  chown 1234:5678 "$DB"
  chmod 640 "$DB"
  run -0 restore --yes
  dump "$DB" | diff "$HOST/before" -
  assert_same "$(stat -c '%u:%g %a' "$DB")" '1234:5678 640'
  assert_tidy
}

# bats test_tags=long
@test "a database that is gone comes back with the owner and mode of the backup" {
  dump "$DB" >"$HOST/before"
  chown 1234:5678 "$DB"
  chmod 604 "$DB"
  backup 2>/dev/null
  rm -rf "$HOST/data"
  run -0 restore --yes
  dump "$DB" | diff "$HOST/before" -
  assert_same "$(stat -c '%u:%g %a' "$DB")" '1234:5678 604'
}

@test "the MANIFEST holds the figures a restore is checked against" {
  backup 2>/dev/null
  grep -q '^position.user_version=42$' "$(last_set)/MANIFEST"
  rows="$(sed -n 's/^position.rows=//p' "$(last_set)/MANIFEST")"
  ((rows >= 5003))
}

@test "a backup in the middle of a writer's transactions is consistent" {
  cat >"$HOST/writer.py" <<'END'
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=30)
db.execute("CREATE TABLE pair(a, b)")
db.execute("INSERT INTO pair VALUES (0, 0)")
db.commit()
open(sys.argv[2] + "/ready", "w")
while not os.path.exists(sys.argv[2] + "/done"):
    db.execute("UPDATE pair SET a = a + 1")
    db.execute("UPDATE pair SET b = b + 1")
    db.commit()
END
  python3 "$HOST/writer.py" "$DB" "$HOST" 3>&- &
  eventually test -e "$HOST/ready"
  for n in 1 2 3; do
    run -0 backup
    run -0 restore --into "$HOST/back$n"
  done
  : >"$HOST/done"
  wait
  for n in 1 2 3; do
    assert_same "$(sqlite3 "$HOST/back$n/database.sqlite" 'SELECT a = b FROM pair')" 1
  done
}

@test "the old -wal and -shm go aside, so that they cannot be replayed into the restored file" {
  backup 2>/dev/null
  cp "$DB" "$HOST/x"
  printf 'stale' >"$DB-wal"
  printf 'stale' >"$DB-shm"
  printf 'stale' >"$DB-journal"
  run -0 restore --yes
  assert_same "$(sqlite3 "$DB" 'PRAGMA integrity_check')" ok
  assert_same "$(cat "$HOST"/data/app.db-wal.lifeboat-old-*)" stale
  [[ ! -s $DB-journal ]]
}

# bats test_tags=long
@test "an undo a day later keeps the new database with its log aside: neither is left beside the old one" {
  backup 2>/dev/null
  sqlite3 "$DB" 'DROP TABLE orders; CREATE TABLE later(x)'
  dump "$DB" >"$HOST/old"
  cp "$HOST/bin/restore.sh" "$HOST/bin/killed.sh"
  sed -i '$i swap_commit() { kill -9 $$; sleep 9; }' "$HOST/bin/killed.sh"
  run "$HOST/bin/killed.sh" --yes
  assert_status 137
  # A writer that dies leaves its log, which holds what was committed.
  python3 -c 'import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute("INSERT INTO orders VALUES (9999, ?)", ["a day of work"]); db.commit(); os._exit(0)' "$DB"
  [[ -s $DB-wal ]]
  run -0 restore --undo --yes
  [[ ! -e $DB-wal && ! -e $DB-shm ]]
  dump "$DB" | diff "$HOST/old" -
  assert_same "$(sqlite3 "$DB" 'PRAGMA integrity_check')" ok
  # What was kept is whole under its own names.
  cp "$HOST"/data/app.db.lifeboat-old-* "$HOST/kept.db"
  cp "$HOST"/data/app.db-wal.lifeboat-old-* "$HOST/kept.db-wal"
  assert_same "$(sqlite3 "$HOST/kept.db" 'SELECT what FROM orders WHERE id = 9999')" 'a day of work'
  assert_tidy
}

@test "a database that another program has open is not replaced" {
  backup 2>/dev/null
  sqlite3 "$DB" 'DROP TABLE orders'
  python3 -c 'import sqlite3, sys, time; db = sqlite3.connect(sys.argv[1]); db.execute("SELECT 1 FROM sqlite_master").fetchall(); open(sys.argv[2], "w"); time.sleep(60)' "$DB" "$HOST/ready" 3>&- &
  holder=$!
  eventually test -e "$HOST/ready"
  run restore --yes
  kill "$holder"
  assert_status 75
  assert_says "is open in another program (pid $holder"
  assert_says 'as it was before'
  assert_same "$(sqlite3 "$DB" "SELECT count(*) FROM sqlite_master WHERE name = 'orders'")" 0
  assert_tidy
}

@test "a corrupt database is not backed up: the older sets are the ones to use" {
  backup 2>/dev/null
  sqlite3 "$DB" 'PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = delete' >/dev/null
  python3 -c 'import sys
with open(sys.argv[1], "r+b") as f: f.seek(4096 * 3 + 5); f.write(b"\xff" * 3000)' "$DB"
  run backup
  [[ $status == 65 || $status == 69 ]] || fail "$output"
  assert_same "$(sets | wc -l)" 1
  assert_tidy
}

# bats test_tags=long
@test "not a database, no database: 65, 69" {
  printf 'just text, long enough to look at' >"$DB"
  run -65 backup
  assert_says 'not an SQLite database'
  rm "$DB"
  run -69 backup
}

# bats test_tags=long
@test "a locked database is waited for, then 69" {
  sed -i 's/^readonly SQLITE_BUSY_MS=.*/readonly SQLITE_BUSY_MS=300/' "$HOST/bin/backup.sh"
  sqlite3 "$DB" 'PRAGMA journal_mode = delete' >/dev/null
  python3 -c 'import sqlite3, sys, time; db = sqlite3.connect(sys.argv[1]); db.execute("BEGIN EXCLUSIVE"); open(sys.argv[2], "w"); time.sleep(60)' "$DB" "$HOST/ready" 3>&- &
  holder=$!
  eventually test -e "$HOST/ready"
  run backup
  kill "$holder"
  assert_status 69
  assert_says locked
  assert_tidy
}

@test "rows that differ from the MANIFEST fail the stage" {
  backup 2>/dev/null
  sed -i -e 's/^position.rows=.*/position.rows=1/' -e '/^manifest_sha256=/d' "$(last_set)/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$(last_set)/MANIFEST" | cut -d' ' -f1)" >>"$(last_set)/MANIFEST"
  run -65 verify
  assert_says 'the backup had 1'
}

@test "verify --deep and drill run on it" {
  backup 2>/dev/null
  run -0 verify --deep
  assert_says ' table'
  run -0 drill
  assert_says PASSED
  assert_tidy
}

# bats test_tags=long
@test "start-up files of the caller change nothing" {
  dump "$DB" >"$HOST/before"
  mkdir -p "$HOST/home/.config/sqlite3"
  printf '.headers on\n.mode box\nPRAGMA foreign_keys = on;\nSELECT 1;\n' | tee "$HOST/home/.sqliterc" >"$HOST/home/.config/sqlite3/sqliterc"
  export HOME="$HOST/home" XDG_CONFIG_HOME="$HOST/home/.config"
  run -0 backup
  run -0 verify --deep
  sqlite3 -init /dev/null "$DB" 'DROP TABLE orders'
  run -0 restore --yes
  sqlite3 -init /dev/null "$DB" .dump | diff "$HOST/before" -
}

# Write a row every 20 ms, or as fast as can be, until $HOST/done is there.
start_writer() {
  cat >"$HOST/writer.py" <<'END'
import os, sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
n = 0
while not os.path.exists(sys.argv[2] + "/done"):
    db.execute("INSERT INTO pair VALUES (?, ?)", (n, n))
    n += 1
    open(sys.argv[2] + "/ready", "w")
    time.sleep(0.005)
END
  sqlite3 "$DB" 'CREATE TABLE pair(a, b)'
  python3 "$HOST/writer.py" "$DB" "$HOST" 3>&- &
  eventually test -e "$HOST/ready"
}

@test "a writer that never rests: the backup ends, in WAL mode and in others, and nothing is lost or torn" {
  local mode
  CONSTANTS=(SQLITE_ONLINE_SECONDS=1)
  relink
  # So many pages that a copy of them takes longer than the writer rests.
  sqlite3 "$DB" 'CREATE TABLE big(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) INSERT INTO big SELECT randomblob(4000) FROM n'
  for mode in delete wal; do
    rm -f "$HOST/done" "$HOST/ready"
    sqlite3 "$DB" "PRAGMA journal_mode = $mode" 'DROP TABLE IF EXISTS pair' >/dev/null
    start_writer
    run -0 backup
    : >"$HOST/done"
    wait
    run -0 restore --into "$HOST/back-$mode"
    assert_same "$(sqlite3 "$HOST/back-$mode/database.sqlite" 'SELECT count(*) = max(a) + 1 AND min(a = b) FROM pair')" 1
    assert_same "$(sqlite3 "$HOST/back-$mode/database.sqlite" 'SELECT count(*) FROM big')" 6000
  done
}

# bats test_tags=long
@test "a database behind symbolic links: the file itself is replaced, the links stay, its own -wal goes aside" {
  mkdir "$HOST/real" "$HOST/links"
  sqlite3 "$DB" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
  mv "$DB" "$HOST/real/the.db"
  ln -s ../real "$HOST/links/dir"
  ln -s dir/the.db "$HOST/links/first.db"
  ln -s ../links/first.db "$DB"
  chown 1234:5678 "$HOST/real/the.db"
  chmod 640 "$HOST/real/the.db"
  dump "$DB" >"$HOST/before"
  run -0 backup
  sqlite3 "$DB" 'DROP TABLE orders'
  printf 'stale' >"$HOST/real/the.db-journal"
  run -0 restore --dry-run
  assert_says "follow $DB to $HOST/real/the.db"
  run -0 restore --yes
  [[ -L $DB && -L $HOST/links/first.db && ! -L $HOST/real/the.db ]]
  assert_same "$(stat -c '%u:%g %a' "$HOST/real/the.db")" '1234:5678 640'
  assert_same "$(cat "$HOST"/real/the.db-journal.lifeboat-old-*)" stale
  dump "$DB" | diff "$HOST/before" -
  # Its target is gone.
  rm "$HOST/real/"*
  run -0 restore --yes
  assert_same "$(stat -c '%u:%g %a' "$HOST/real/the.db")" '1234:5678 640'
  dump "$DB" | diff "$HOST/before" -
  assert_tidy
  ln -sf "$DB" "$HOST/links/first.db"
  run -78 restore --dry-run
  assert_says 'leads nowhere'
}

@test "a database file that is a mount point is refused before anything is done" {
  backup 2>/dev/null
  sqlite3 "$DB" 'PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = delete' >/dev/null
  cp "$DB" "$HOST/elsewhere.db"
  mount --bind "$HOST/elsewhere.db" "$DB"
  run restore --dry-run
  local dry="$status"
  run restore --yes
  umount "$DB"
  assert_same "$dry $status" '78 78'
  assert_says 'is a mount point'
  assert_tidy
}

@test "a tool that fails, is missing or has no room marks no set: only damage does" {
  backup 2>/dev/null
  shadow sqlite3 <<'END'
[[ "$*" != *integrity_check* ]] || kill -KILL $$
exec REAL "$@"
END
  run -69 shadowed verify
  shadow sqlite3 <<'END'
[[ "$*" != *integrity_check* ]] || { echo 'Error: disk I/O error' >&2; exit 10; }
exec REAL "$@"
END
  run -74 shadowed verify
  shadow sqlite3 <<'END'
[[ "$*" != *page_count* ]] || { echo 'Error: out of memory' >&2; exit 7; }
exec REAL "$@"
END
  run -69 shadowed verify --deep
  [[ ! -e $(last_set)/SUSPECT ]] || fail 'marked'
  run -0 verify
}

@test "rows of each table are in the MANIFEST and compared" {
  sqlite3 "$DB" "CREATE TABLE \"50% it's
odd\"(x); INSERT INTO \"50% it's
odd\" VALUES (1)"
  backup 2>/dev/null
  assert_same "$(grep -c '^rows\.' "$(last_set)/MANIFEST")" "$(sqlite3 "$DB" "SELECT count(*) FROM sqlite_master WHERE type = 'table'")"
  run -0 verify
  grep -q '=5000 orders$' "$(last_set)/MANIFEST"
  sed -i -e 's/=5000 orders$/=5001 orders/' -e '/^manifest_sha256=/d' "$(last_set)/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$(last_set)/MANIFEST" | cut -d' ' -f1)" >>"$(last_set)/MANIFEST"
  run -65 verify
  assert_says 'the backup had 5001 orders'
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  transcript_begin "$HOST"
  hand_run_asset sqlite "$HOST/bin" .sh
}
