#!/usr/bin/env bats
# The postgres kind where the user's own code runs during a load, where settings from outside change what a session means, and where
# something in a server is broken: against real PostgreSQL servers.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell; facts are used by the scripts

setup_file() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/postgres.bash"
  chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR"
  export PG_TEMPLATE="$BATS_FILE_TMPDIR/template"
  mkdir -p "$PG_TEMPLATE"
  chown postgres "$PG_TEMPLATE"
  as_postgres "$PG_REAL_BIN/initdb" -D "$PG_TEMPLATE/empty" -U postgres --locale=C --encoding=UTF8 --wal-segsize=1 --no-sync --auth=trust >"$PG_TEMPLATE/log" 2>&1 </dev/null
}

teardown_file() {
  source "$BATS_TEST_DIRNAME/lib/postgres.bash"
  pg_stop_all "$BATS_FILE_TMPDIR"
}

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/postgres.bash"
  chmod 711 "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
  pg_new "$BATS_TEST_TMPDIR/db" empty
  pg_up
  new_postgres_host
}

teardown() {
  pg_stop_all "$BATS_TEST_TMPDIR"
}

# A database `code` whose rows and definitions need functions of its own that read tables without saying where they are: found by the
# database's path, and for one by its owner's.
user_code() {
  sql postgres 'CREATE ROLE maker LOGIN' 'CREATE DATABASE code' 'ALTER DATABASE code SET search_path = app, public' "ALTER DATABASE code SET lifeboat.factor = '3'"
  sql code <<'SQL'
CREATE SCHEMA app; CREATE SCHEMA side AUTHORIZATION maker;
SET search_path = app, public;
CREATE TABLE limits (kind text PRIMARY KEY, most int);
INSERT INTO limits VALUES ('small', 10), ('big', 1000);
CREATE FUNCTION most(k text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT most * current_setting(''lifeboat.factor'')::int FROM limits WHERE kind = k';
CREATE DOMAIN few AS int CHECK (VALUE <= most('small'));
CREATE TABLE boxed (id int PRIMARY KEY, s few);
INSERT INTO boxed VALUES (1, 5), (2, NULL), (3, 10);
CREATE TABLE item (id int PRIMARY KEY, kind text, n int CHECK (n <= most('big')));
INSERT INTO item SELECT g, CASE g % 2 WHEN 0 THEN 'small' ELSE 'big' END, g FROM generate_series(1, 50) g;
CREATE INDEX item_most ON item (most(kind));
CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := 0; RETURN NEW; END';
CREATE TRIGGER seen BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION seen();
CREATE MATERIALIZED VIEW summary AS SELECT kind, most(kind) AS m, count(*) AS c FROM item GROUP BY kind;
CREATE UNIQUE INDEX ON summary (kind);
CREATE MATERIALIZED VIEW second AS SELECT max(m) AS m FROM summary;
CREATE TABLE item_note (id int PRIMARY KEY, item int REFERENCES item);
INSERT INTO item_note SELECT g, g FROM generate_series(1, 50) g;
CREATE TABLE "Odd ""t
COPY x (y) FROM stdin;" (a text); INSERT INTO "Odd ""t
COPY x (y) FROM stdin;" VALUES (E'COPY z FROM stdin;\n\\.\n'), ('2');
ALTER ROLE maker IN DATABASE code SET search_path = side;
SET search_path = side;
CREATE TABLE side.own_limits AS SELECT 5 AS n;
CREATE FUNCTION side.own() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT sum(n) FROM own_limits';
CREATE TABLE side.guarded (n int); INSERT INTO side.guarded VALUES (1), (5);
ALTER TABLE side.own_limits OWNER TO maker; ALTER FUNCTION side.own() OWNER TO maker; ALTER TABLE side.guarded OWNER TO maker;
ALTER TABLE guarded ADD CHECK (n <= side.own());
SQL
}

# What `code` holds, not by way of pg_dump: rows in order, what views show, what is valid.
code_print() {
  sql code "SET search_path = app, side" "SELECT 'item', * FROM item ORDER BY id" "SELECT 'boxed', * FROM boxed ORDER BY id" "SELECT * FROM limits ORDER BY 1" "SELECT * FROM item_note ORDER BY 1" \
    "SELECT 'summary', * FROM summary ORDER BY 1" 'SELECT * FROM second' 'SELECT * FROM guarded ORDER BY 1' \
    "SELECT conrelid::regclass, contypid::regtype, conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace IN ('app'::regnamespace, 'side'::regnamespace) ORDER BY conrelid::regclass::text, contypid::regtype::text, conname" \
    "SELECT indexrelid::regclass, indisvalid, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'app'::regnamespace ORDER BY relname" \
    "SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname" "SELECT datname, rolname, setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = setrole JOIN pg_database d ON d.oid = setdatabase WHERE datname !~ 'lifeboat'" "SELECT count(*), sum(length(a)) FROM \"Odd \"\"t
COPY x (y) FROM stdin;\""
}

@test "functions that find their tables by the database's path: in checks, domains, indexes, materialized views; with one connection and with several" {
  user_code
  local before
  before="$HOST/before"
  code_print >"$before"
  with JOBS 3
  run -0 backup
  run -0 verify --deep
  sql postgres 'DROP DATABASE code' 'DROP OWNED BY maker' 'DROP ROLE maker'
  run -0 restore --yes
  assert_silent_about DEGRADED
  diff "$before" <(code_print)
  assert_clean
  # And again, over what is there, with one connection.
  with JOBS 1
  run -0 restore --yes
  diff "$before" <(code_print)
  run -0 restore --into "$BATS_TEST_TMPDIR/look"
}

@test "rows per table are in the MANIFEST, whatever their names and contents; fewer rows pass nowhere" {
  user_code
  run -0 backup
  local set
  set="$(last_set)"
  assert_same "$(grep -c '^rows\.' "$set/MANIFEST")" 7
  assert_same "$(sed -n 's/^rows\.[0-9]*=//p' "$set/MANIFEST" | grep '^50 1 app.item$')" '50 1 app.item'
  assert_same "$(sed -n 's/^rows\.[0-9]*=//p' "$set/MANIFEST" | grep Odd)" '2 1 app."Odd ""t%250ACOPY x (y) FROM stdin;"'
  # A set whose MANIFEST knows of more rows than its dump has.
  sed -i -e 's/=50 1 app.item$/=51 1 app.item/' -e '$d' "$set/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$set/MANIFEST" | cut -d ' ' -f 1)" >>"$set/MANIFEST"
  run -69 drill
  assert_says 'the table app.item of code has 50 rows, the backup has 51'
  run -69 restore --yes
  assert_says '--force restores everything else'
  assert_clean
  run -0 restore --yes --force
  assert_says 'DEGRADED'
  run -65 verify
  assert_says '50 rows of app.item'
}

@test "what cannot be loaded under any path is named with its SQLSTATE and left for last; the rest is live, with all its rows" {
  user_code
  sql code <<'SQL'
SET search_path = app, elsewhere;
CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.hidden (n int); INSERT INTO elsewhere.hidden VALUES (7);
CREATE FUNCTION lost(k int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT k + count(*)::int FROM hidden';
CREATE TABLE strict (n int); INSERT INTO strict VALUES (1), (8);
ALTER TABLE strict ADD CONSTRAINT above CHECK (lost(n) < 100);
ALTER TABLE strict ADD CONSTRAINT plain CHECK (n < 10);
CREATE INDEX strict_lost ON strict (lost(n));
CREATE MATERIALIZED VIEW blind AS SELECT lost(n) FROM strict;
CREATE TABLE made (n int, m int GENERATED ALWAYS AS (lost(n)) STORED); INSERT INTO made VALUES (1), (2);
SQL
  local before
  before="$HOST/before"
  code_print | grep -v strict >"$before"
  run -0 backup
  run -0 verify
  run -69 verify --deep
  assert_says 'DEGRADED'
  [[ ! -e $(last_set)/SUSPECT ]] || fail 'marked'
  run -69 drill
  sql postgres 'DROP DATABASE code'
  run restore --yes
  assert_says 'INDEX app strict_lost (SQLSTATE 42P01, a table is not found)'
  assert_says 'MATERIALIZED VIEW DATA app blind (SQLSTATE 42P01'
  assert_says 'the checks above (SQLSTATE 42P01)'
  diff "$before" <(code_print | grep -v strict)
  assert_same "$(sql code 'SELECT array_agg(n ORDER BY n) FROM app.strict')" '{1,8}'
  assert_same "$(sql code "SELECT string_agg(conname || convalidated, ' ' ORDER BY conname) FROM pg_constraint WHERE conrelid = 'app.strict'::regclass")" 'abovefalse plaintrue'
  # A generated column that cannot be computed: the rows are there, without it.
  assert_status 0
  assert_same "$(sql code 'SELECT array_agg((n, m) ORDER BY n) FROM app.made')" '{"(1,)","(2,)"}'
  assert_clean
}
