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

# bats test_tags=long
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

# bats test_tags=long
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
  # Whoever keeps what a killed restore has put in place is told, too.
  killed_in_check
  run -0 restore --accept --yes
  assert_says 'INDEX app strict_lost (SQLSTATE 42P01, a table is not found)'
  assert_says 'the restore is DEGRADED'
  assert_clean
}

# bats test_tags=long
@test "settings of roles, databases, the environment and start-up files change nothing in a dump or a restore" {
  local setting
  sql postgres 'CREATE ROLE nobody_at_all' 'CREATE ROLE boss LOGIN SUPERUSER' 'CREATE DATABASE data'
  sql data <<'SQL'
CREATE TABLE many AS SELECT g AS id, 'row 한글 ' || g AS t FROM generate_series(1, 1000) g;
CREATE TABLE kinds (d date, ts timestamptz, i interval, b bytea, a text[], f double precision, m money, x xml, n numeric);
INSERT INTO kinds VALUES ('2026-02-01', '2026-02-01 10:00:00.123456+09', '-1 year 2 mons -3 days 04:05:06', '\x00ff5c27', '{NULL,"NULL",a}', 0.1::float8 + 0.2, 1234.56, 'text <a/>', 1e-20);
CREATE TABLE secret (a int); INSERT INTO secret VALUES (1), (2); ALTER TABLE secret ENABLE ROW LEVEL SECURITY; ALTER TABLE secret FORCE ROW LEVEL SECURITY; CREATE POLICY none ON secret USING (false);
CREATE VIEW odd AS SELECT id FROM many WHERE (t = NULL) IS NOT TRUE;
CREATE TABLE words (w text[]); CREATE INDEX words_gin ON words USING gin (w);
INSERT INTO words SELECT ARRAY['x', g::text] FROM generate_series(1, 3000) g;
CREATE MATERIALIZED VIEW found AS SELECT count(*) AS n FROM (SELECT 1 FROM words WHERE w @> '{x}' OFFSET 0) AS q;
SQL
  data_print() { sql data 'SELECT count(*), sum(id), md5(string_agg(t, $$,$$ ORDER BY id)) FROM many' 'SELECT * FROM kinds' 'SELECT * FROM secret' "SELECT pg_get_viewdef('odd')" 'SELECT count(*) FROM words' 'SELECT * FROM found'; }
  data_print >"$HOST/before"
  for setting in statement_timeout=1 lock_timeout=1 default_transaction_read_only=on default_transaction_isolation=serializable row_security=on search_path=nowhere "DateStyle='SQL, DMY'" \
    IntervalStyle=sql_standard bytea_output=escape array_nulls=off transform_null_equals=on xmloption=document quote_all_identifiers=on extra_float_digits=-5 \
    gin_fuzzy_search_limit=1 session_replication_role=replica enable_seqscan=off "TimeZone='Asia/Seoul'" client_encoding=LATIN1 client_min_messages=error idle_session_timeout=1 role=nobody_at_all; do
    sql postgres "ALTER ROLE boss SET $setting"
    [[ $setting == role=* ]] || sql postgres "ALTER DATABASE data SET $setting"
  done
  mkdir "$HOST/home"
  printf '\\set ON_ERROR_STOP off\n\\pset format html\n\\timing on\nSELECT 1;\n' >"$HOST/home/.psqlrc"
  printf '[odd]\nhost=/nowhere\nuser=nobody\n' >"$HOST/home/.pg_service.conf"
  with PG_USER boss RESTORE_USER boss
  stranger() {
    env HOME="$HOST/home" PSQLRC="$HOST/home/.psqlrc" PGSERVICE=odd PGSYSCONFDIR="$HOST/home" PGHOST=/nowhere PGDATABASE=nowhere PGUSER=nobody PG_COLOR=always PG_COLORS=error=31 \
      PGOPTIONS='-c statement_timeout=1 -c row_security=on' PGCLIENTENCODING=LATIN1 PGDATESTYLE='SQL, DMY' PGTZ=Asia/Tokyo PAGER=false "$@"
  }
  run -0 stranger "$HOST/bin/backup.sh"
  assert_same "$(sed -n 's/^rows\.[0-9]*=//p' "$(last_set)/MANIFEST" | sort | paste -s -d ';')" '1 1 public.kinds;1000 1 public.many;2 1 public.secret;3000 1 public.words'
  run -0 stranger "$HOST/bin/verify.sh" --deep
  assert_silent_about DEGRADED
  sql postgres 'ALTER DATABASE data RENAME TO gone'
  run -0 stranger "$HOST/bin/restore.sh" --yes
  sql postgres 'ALTER DATABASE data RESET ALL'
  diff "$HOST/before" <(data_print)
  # What fails is told by the same code.
  run -65 stranger "$HOST/bin/restore.sh" --set 20000101T000000Z
}

# bats test_tags=long
@test "what is broken in one place does not stop the rest: a library that is gone, a damaged page; named, published, told" {
  local file before="$HOST/before"
  cp "$(dirname "$("$PG_REAL_BIN/pg_config" --pkglibdir)/x")/hstore.so" "$BATS_TEST_TMPDIR/gone.so"
  sql postgres 'CREATE DATABASE one' 'CREATE DATABASE two'
  sql two 'CREATE TABLE t AS SELECT 1 AS a'
  sql one <<SQL
CREATE TYPE pairs;
CREATE FUNCTION pairs_in(cstring) RETURNS pairs AS '$BATS_TEST_TMPDIR/gone.so', 'hstore_in' LANGUAGE C STRICT IMMUTABLE;
CREATE FUNCTION pairs_out(pairs) RETURNS cstring AS '$BATS_TEST_TMPDIR/gone.so', 'hstore_out' LANGUAGE C STRICT IMMUTABLE;
CREATE TYPE pairs (INPUT = pairs_in, OUTPUT = pairs_out, STORAGE = extended);
CREATE TABLE "Odd ""p" (id int, p pairs); INSERT INTO "Odd ""p" VALUES (1, 'a=>1');
CREATE TABLE good AS SELECT g AS id FROM generate_series(1, 100) g;
CREATE TABLE torn AS SELECT g AS id FROM generate_series(1, 100) g;
CREATE VIEW fine AS SELECT id FROM good;
CHECKPOINT;
SQL
  file="$PG/data/$(sql one "SELECT pg_relation_filepath('torn')")"
  pg_down
  rm "$BATS_TEST_TMPDIR/gone.so"
  printf 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' | dd of="$file" conv=notrunc 2>/dev/null
  pg_up
  run -65 backup
  assert_says 'the rows of public."Odd ""p" in the database one are not in this set'
  assert_says 'the rows of public.torn in the database one are not in this set'
  assert_says 'is DEGRADED'
  grep -q '"code":65.*DEGRADED' "$HOST/state/history.jsonl"
  assert_same "$(sets | wc -l)" 1
  assert_same "$(grep -c '^degraded\.' "$(last_set)/MANIFEST")" 2
  assert_same "$(grep -c '^rows\.' "$(last_set)/MANIFEST")" 2
  run -0 verify
  sql postgres 'DROP DATABASE one' 'DROP DATABASE two'
  run -0 restore --yes
  assert_says 'WITHOUT what could not be backed up: the rows of public.torn'
  assert_says 'not restored in one: FUNCTION public pairs_in(cstring) (SQLSTATE 58P01'
  assert_says 'the restore is DEGRADED'
  assert_same "$(sql one 'SELECT count(*) FROM fine' 'SELECT count(*) FROM torn' && sql two 'SELECT a FROM t')" $'100\n0\n1'
  assert_clean
}
