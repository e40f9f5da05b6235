# Real PostgreSQL servers for postgres.bats, each in a directory of its own with its own socket and no network, so that two
# runs never meet. PostgreSQL refuses to run as root: they run as the user postgres.
#
#   pg_template DIR               an empty data directory, and one with everything that a restore must bring back
#   pg_new HOME [full|empty]      a server below HOME, not started; sets PG (its directory, which its socket is in, too)
#   pg_up / pg_down / pg_crash    start (and wait until it answers) / stop / kill the server of $PG
#   sql DATABASE [SQL…]           run SQL on it as its superuser
#   pg_print [DATABASE…]          fingerprint of what a backup holds: definitions, rows, roles
#   pg_print_catalog              the same by the catalogs and rows, as text
#   new_postgres_host             a host whose asset is the server of $PG; `own` makes both

PG_REAL_BIN="$(printf '%s\n' /usr/lib/postgresql/*/bin | tail -n 1)"

# A name with everything that has ever broken a quote.
ODD_NAME="-Od\"d 'na=me\\ 한글 %s\$x"

as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; }

# Make the data directories that all tests copy.
pg_template() {
  local dir="$1"
  mkdir -p "$dir"
  chown postgres "$dir"
  PG_TEMPLATE="$dir"
  as_postgres "$PG_REAL_BIN/initdb" -D "$dir/empty" -U postgres --locale=C --encoding=UTF8 --wal-segsize=1 --no-sync --auth=trust >"$dir/log" 2>&1 </dev/null
  pg_new "$dir/fill" empty
  pg_up
  pg_content | sql postgres
  pg_down
  mv "$PG/data" "$dir/full"
}

# Lay out a server.
pg_new() {
  PG="$1"
  mkdir -p "$PG"
  cp -a "$PG_TEMPLATE/${2:-full}" "$PG/data"
  chown postgres "$PG"
  : >"$PG/log"
}

# Start the server with further options, and wait until it answers.
pg_up() {
  local try
  (cd / && exec setsid setpriv --reuid=postgres --regid=postgres --init-groups -- "$PG_REAL_BIN/postgres" -D "$PG/data" -c listen_addresses= -c "unix_socket_directories=$PG" \
    -c fsync=off -c shared_buffers=16MB -c max_wal_size=32MB -c min_wal_size=2MB -c "log_statement=all" -c max_connections=40 "$@") >>"$PG/log" 2>&1 </dev/null 3>&- 4>&- &
  for ((try = 0; try < 1000; try++)); do
    ! "$PG_REAL_BIN/pg_isready" -q -h "$PG" || return 0
    sleep 0.05
  done
  fail "the test's own server does not start: $(tail -n 5 "$PG/log")"
}

# Stop the server by a signal, INT unless another one is given, and wait until it is gone.
pg_down() {
  local pid
  pid="$(head -n 1 "$PG/data/postmaster.pid")"
  kill "-${1:-INT}" "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
}

# End it as a power cut would.
pg_crash() { pg_down KILL; }

# Stop every server below a directory, by pid.
pg_stop_all() {
  local file
  while IFS= read -r file; do
    kill -QUIT "$(head -n 1 "$file")" 2>/dev/null || true
  done < <(find "$1" -name postmaster.pid 2>/dev/null)
}

# Run SQL from the arguments, or from stdin, as the superuser.
sql() {
  local database="$1" statement
  local -a args=()
  shift
  for statement in "$@"; do args+=(-c "$statement"); done
  PGOPTIONS='-c client_min_messages=warning' PGDATABASE="$database" "$PG_REAL_BIN/psql" -X -w -q -A -t -h "$PG" -U postgres -v ON_ERROR_STOP=1 ${args[@]+"${args[@]}"}
}

# The databases that belong to people.
pg_databases() {
  sql template1 "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname !~ '_lifeboat_old_' ORDER BY datname COLLATE \"C\""
}

# Everything that a backup of the given databases (or of all, with roles) holds, as a hash a line.
pg_print() {
  local name
  local -a names=("$@")
  if (($# == 0)); then
    while IFS= read -r name; do names+=("$name"); done < <(pg_databases)
    pg_print_roles | sha256sum | sed 's/-/roles/'
  fi
  for name in "${names[@]}"; do
    pg_print_database "$name" | sha256sum | sed "s/-\$/${name//[\/\\&]/.}/"
  done
}

# The parts of a fingerprint as text.
pg_print_roles() { "$PG_REAL_BIN/pg_dumpall" -h "$PG" -U postgres --globals-only | grep -v -e '^\\' | sed "s/ VALID UNTIL 'infinity'//" | sort; }
pg_print_database() { PGDATABASE="$1" "$PG_REAL_BIN/pg_dump" -h "$PG" -U postgres --create | grep -v -a -e '^\\\(un\)\{0,1\}restrict'; }

# The same, read from the catalogs and the rows themselves, not by way of a dump program: what is there, whose it is, who may what with
# it, every row, every large object, where sequences stand; then roles and databases.
pg_print_catalog() {
  local name
  while IFS= read -r name; do
    printf '== %s\n' "$name"
    sql "$name" <<'SQL'
CREATE FUNCTION pg_temp.rights(acl aclitem[], kind "char", owner oid) RETURNS text LANGUAGE sql AS
  $$ SELECT string_agg(coalesce(nullif(pg_get_userbyid(grantee), 'unknown (OID=0)'), 'PUBLIC') || ' ' || privilege_type || CASE WHEN is_grantable THEN '*' ELSE '' END, ', ' ORDER BY grantee = 0, pg_get_userbyid(grantee), privilege_type) FROM aclexplode(coalesce(acl, acldefault(kind, owner))) $$;
SELECT 'schema', nspname, pg_get_userbyid(nspowner), pg_temp.rights(nspacl, 'n', nspowner) FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)' ORDER BY 2;
CREATE TEMPORARY VIEW people AS SELECT c.*, nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema';
SELECT 'relation', nspname, relname, relkind, relpersistence, pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity, reloptions, obj_description(oid, 'pg_class'),
  pg_temp.rights(relacl, CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner), pg_get_expr(relpartbound, oid) FROM people ORDER BY 2, 3;
SELECT 'column', c.nspname, relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid), pg_temp.rights(attacl, 'c', relowner) FROM people c JOIN pg_attribute a ON attrelid = c.oid LEFT JOIN pg_attrdef d ON adrelid = c.oid AND adnum = attnum WHERE attnum > 0 AND NOT attisdropped ORDER BY 2, 3, 4;
SELECT 'index', indexrelid::regclass, indisvalid, indisprimary, pg_get_indexdef(indexrelid) FROM pg_index JOIN people c ON c.oid = indrelid ORDER BY indexrelid::regclass::text;
SELECT 'constraint', conname, conrelid::regclass, contypid::regtype, convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace IN (SELECT relnamespace FROM people) ORDER BY conname, conrelid::regclass::text, contypid::regtype::text;
SELECT 'trigger', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 3;
SELECT 'policy', * FROM pg_policies ORDER BY 2, 3, 4; SELECT 'rule', * FROM pg_rules WHERE schemaname !~ '^pg_' ORDER BY 2, 3, 4;
SELECT 'view', viewname, definition FROM pg_views WHERE schemaname !~ '^(pg_|information_)' ORDER BY 2; SELECT 'matview', matviewname, ispopulated, definition FROM pg_matviews ORDER BY 2;
SELECT 'function', p.oid::regprocedure, pg_get_userbyid(proowner), prokind, provolatile, proconfig, md5(prosrc), pg_temp.rights(proacl, 'f', proowner) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY p.oid::regprocedure::text;
SELECT 'type', t.oid::regtype, typtype, pg_get_userbyid(typowner), pg_temp.rights(typacl, 'T', typowner), (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY t.oid::regtype::text;
SELECT 'default', pg_get_userbyid(defaclrole), defaclnamespace::regnamespace, defaclobjtype, pg_temp.rights(defaclacl, 'r', defaclrole) FROM pg_default_acl ORDER BY 2, 4;
SELECT 'extension', extname, extversion FROM pg_extension ORDER BY 2; SELECT 'publication', * FROM pg_publication_tables; SELECT 'statistics', stxname, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext;
SELECT 'large', oid, pg_get_userbyid(lomowner), pg_temp.rights(lomacl, 'L', lomowner), md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY oid;
SELECT format('SELECT %L, count(*), md5(string_agg(t::text, E''\n'' ORDER BY t::text COLLATE "C")) FROM ONLY %s t', oid::regclass, oid::regclass) FROM people WHERE relkind IN ('r', 'm') ORDER BY nspname, relname \gexec
SELECT format('SELECT %L, last_value, is_called FROM %s', oid::regclass, oid::regclass) FROM people WHERE relkind = 'S' ORDER BY nspname, relname \gexec
SQL
  done < <(pg_databases)
  sql template1 <<'SQL'
SELECT 'database', datname, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit, shobj_description(d.oid, 'pg_database'), (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(datacl) a) FROM pg_database d WHERE datname !~ 'lifeboat_old' ORDER BY 2;
SELECT 'setting', datname, rolname, s.setconfig FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = setdatabase LEFT JOIN pg_roles r ON r.oid = setrole WHERE coalesce(datname, '') !~ 'lifeboat_old' ORDER BY 2, 3;
SELECT 'role', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, rolpassword, nullif(rolvaliduntil, 'infinity'), shobj_description(oid, 'pg_authid') FROM pg_authid WHERE rolname !~ '^pg_' ORDER BY 2;
SELECT 'member', pg_get_userbyid(member), pg_get_userbyid(roleid), admin_option FROM pg_auth_members WHERE member > 16383 ORDER BY 2, 3;
SQL
}

# SQL that fills a server with one of each: what dumps and restores have been known to lose.
pg_content() {
  local odd="\"${ODD_NAME//\"/\"\"}\""
  cat <<SQL
CREATE ROLE app LOGIN PASSWORD 'old-app-password' CONNECTION LIMIT 9;
CREATE ROLE "Odd ""R'o-le 한글" NOLOGIN;
CREATE ROLE auditor NOLOGIN; CREATE ROLE reader NOLOGIN;
CREATE ROLE keeper LOGIN PASSWORD 'k33per-pass' BYPASSRLS; GRANT pg_read_all_data TO keeper;
GRANT auditor TO app; GRANT reader TO "Odd ""R'o-le 한글";
ALTER ROLE app SET search_path TO shop, public; ALTER ROLE app SET "work_mem" TO '3MB';
COMMENT ON ROLE app IS E'several\nlines;\nCREATE ROLE liar;\n\\\\connect nowhere ''"';
CREATE DATABASE shop OWNER app TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8' CONNECTION LIMIT 30;
ALTER DATABASE shop SET default_statistics_target TO 50;
ALTER DATABASE shop SET search_path TO "shop", public;
ALTER ROLE app IN DATABASE shop SET work_mem TO '5MB';
REVOKE CONNECT, TEMPORARY ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO auditor, keeper;
COMMENT ON DATABASE shop IS E'the shop; it''s\nCREATE DATABASE liar';
CREATE DATABASE $odd OWNER "Odd ""R'o-le 한글";
GRANT CREATE ON DATABASE $odd TO app;
CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C';
SQL
  printf '\\connect shop\n'
  cat <<'SQL'
CREATE SCHEMA shop AUTHORIZATION app;
CREATE SCHEMA "DATA";
SET search_path = shop, public;
CREATE EXTENSION hstore SCHEMA public;
CREATE TYPE mood AS ENUM ('sad', 'it''s', '행복');
CREATE DOMAIN price AS numeric(20, 6) CHECK (VALUE > -100);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mail text UNIQUE,
  upper_name text GENERATED ALWAYS AS (upper(name)) STORED, m mood DEFAULT 'sad', tags text[], doc jsonb, extra hstore, p pair);
CREATE TABLE purchase (id bigserial PRIMARY KEY, customer int NOT NULL REFERENCES customer ON DELETE CASCADE, at timestamptz(6), amount price,
  ratio double precision, note text, CONSTRAINT positive CHECK (ratio IS NULL OR ratio > -1));
CREATE TABLE picture (id int PRIMARY KEY, body bytea, large oid);
CREATE TABLE split (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE split_low PARTITION OF split FOR VALUES FROM (MINVALUE) TO (10);
CREATE TABLE split_rest PARTITION OF split DEFAULT;
CREATE TABLE "DATA"."Mixed Case ""t 한글" ("co l" int PRIMARY KEY, "컬럼" text);
CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree DEFERRABLE INITIALLY DEFERRED);
CREATE UNLOGGED TABLE scratch (a int);
CREATE SEQUENCE numbers START WITH 100 INCREMENT BY 5;
INSERT INTO customer (name, mail, m, tags, doc, extra, p) VALUES
  ('Zoë 😀', 'zoe@example.com', '행복', '{"a b","c,d",NULL}', '{"k": ["값", 1.50]}', 'a=>"b c"', '(1,"x,y")'),
  ('홍길동', 'hong@example.com', NULL, '{}', 'null', NULL, NULL), (E'line\r\nbreak\t\\ ''q'' "d" \\.', NULL, 'it''s', NULL, NULL, NULL, NULL),
  ('\connect nowhere', 'x@y', DEFAULT, '{{1,2},{3,4}}', '[]', NULL, NULL);
INSERT INTO purchase (customer, at, amount, ratio, note) VALUES (1, '2026-11-23 01:02:03.456789+09', 12.345678, 0.1, E'COPY x FROM stdin;\n\\.\n'), (2, NULL, -1, 1e300, NULL), (2, 'infinity', NULL, 'NaN', '');
INSERT INTO picture SELECT 1, string_agg(decode(lpad(to_hex(i), 2, '0'), 'hex'), NULL ORDER BY i), lo_from_bytea(0, '\x00ff0d0a1a5c27') FROM generate_series(0, 255) i;
INSERT INTO picture SELECT 2, '', lo_from_bytea(0, convert_to(repeat('large 객체', 1000), 'UTF8'));
INSERT INTO split VALUES (1, 1), (11, 2);
INSERT INTO "DATA"."Mixed Case ""t 한글" VALUES (1, '값');
INSERT INTO tree VALUES (1, 2), (2, 1);
SELECT nextval('numbers'), setval('purchase_id_seq', 4711);
CREATE INDEX by_name ON customer (lower(name)); CREATE INDEX by_doc ON customer USING gin (doc) WHERE doc IS NOT NULL;
CREATE STATISTICS correlated ON a, b FROM split_low;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
-- it's; "fine"
NEW.at := coalesce(NEW.at, '2001-01-01'); RETURN NEW; END $$;
CREATE PROCEDURE sweep() LANGUAGE sql AS 'DELETE FROM shop.scratch';
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
CREATE TRIGGER stamp BEFORE INSERT ON purchase FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE VIEW rich AS SELECT c.name, sum(p.amount) AS total FROM customer c JOIN purchase p ON p.customer = c.id GROUP BY c.name;
CREATE MATERIALIZED VIEW richest AS SELECT * FROM rich WHERE total > 10;
CREATE RULE no_delete AS ON DELETE TO split_low DO INSTEAD NOTHING;
ALTER TABLE customer ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON customer TO app USING (name <> 'x');
GRANT SELECT ON customer TO auditor; GRANT UPDATE (mail) ON customer TO reader WITH GRANT OPTION; GRANT USAGE ON SCHEMA shop TO PUBLIC;
REVOKE EXECUTE ON FUNCTION twice(int) FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA shop GRANT SELECT ON TABLES TO auditor;
ALTER TABLE customer OWNER TO app; ALTER TABLE "DATA"."Mixed Case ""t 한글" OWNER TO "Odd ""R'o-le 한글";
SELECT format('GRANT SELECT ON LARGE OBJECT %s TO app, keeper', large) FROM picture \gexec
COMMENT ON TABLE customer IS E'people;\n-- PostgreSQL database dump complete\n\\connect x';
CREATE PUBLICATION everything FOR TABLE purchase;
SQL
  printf "\\\\connect -reuse-previous=on \"dbname='%s'\"\n" "$(printf '%s' "$ODD_NAME" | sed -e 's/\\/\\\\/g' -e "s/'/\\\\'/g" -e 's/"/""/g')"
  printf 'CREATE TABLE "t %%s 한글" (id int PRIMARY KEY, t text);\nINSERT INTO "t %%s 한글" VALUES (1, %s);\n' "'odd'"
  printf '\\connect latin\n'
  printf "CREATE TABLE entry (id int PRIMARY KEY, t text);\nINSERT INTO entry VALUES (1, 'Müller'), (2, 'Straße');\nCREATE VIEW entries AS SELECT * FROM entry;\n"
}

# The shared server, for tests that change nothing in it.
calm() {
  PG="$BATS_FILE_TMPDIR/calm"
  new_postgres_host
}

# The same, with a set of it in the store.
calm_with_set() {
  calm
  cp -a "$BATS_FILE_TMPDIR/made/host/store/postgres" "$STORE/"
}

# A server of this test's own, running.
own() {
  pg_new "$BATS_TEST_TMPDIR/db"
  pg_up "$@"
  new_postgres_host
}

# The same, and a set of what it holds in the store.
own_with_set() {
  own "$@"
  cp -a "$BATS_FILE_TMPDIR/made/host/store/postgres" "$STORE/"
}

# A host whose asset is the server of $PG: every database, or those given.
new_postgres_host() {
  local name
  new_host
  chmod 711 "$HOST"
  set_fact KIND postgres
  set_fact TYPE postgres
  for name in PASSWORD_SECRET RESTORE_PASSWORD_SECRET RUN_AS BIN_DIR; do set_fact "$name" ''; done
  set_fact PG_HOST "$PG"
  set_fact PG_PORT 0
  set_fact PG_USER postgres
  set_fact RESTORE_USER postgres
  set_fact JOBS 2
  set_list DATABASES
  relink
}

# Back up chosen databases.
with_databases() {
  set_list DATABASES "$@"
  relink
}

# Have the scripts use a program of the test's (stdin) in the place of one of PostgreSQL's; `REAL` in the text becomes the
# real one's path.
shadow_program() {
  local name="$1" file="$HOST/programs/$1"
  if [[ ! -d $HOST/programs ]]; then
    mkdir "$HOST/programs"
    chmod 711 "$HOST/programs"
    ln -s "$PG_REAL_BIN"/* "$HOST/programs/"
  fi
  rm -f "$file"
  { printf '#!/usr/bin/env bash\n' && sed "s|REAL|$PG_REAL_BIN/$name|g"; } >"$file"
  chmod 755 "$file"
  with BIN_DIR "$HOST/programs"
}

# What happened since the backup, and must be gone after a restore: new things, changed things, lost things.
wreck() {
  sql shop 'CREATE TABLE shop.late (a int)' 'DELETE FROM shop.picture' 'DROP VIEW shop.rich CASCADE' 'UPDATE shop.customer SET mail = NULL' \
    'ALTER TABLE shop.customer OWNER TO postgres' 'SELECT lo_unlink(oid) FROM pg_largeobject_metadata' >/dev/null
  sql postgres 'DROP DATABASE latin' 'ALTER DATABASE shop RESET ALL' 'ALTER DATABASE shop SET work_mem = 100' 'ALTER DATABASE shop OWNER TO postgres' \
    'GRANT CONNECT ON DATABASE shop TO PUBLIC' "ALTER ROLE app PASSWORD 'new-app-password' CONNECTION LIMIT -1 VALID UNTIL '2020-01-01'" \
    'ALTER ROLE app SET statement_timeout = 1' 'ALTER ROLE app NOLOGIN' 'GRANT auditor TO reader' 'REVOKE auditor FROM app' 'COMMENT ON ROLE app IS NULL' \
    'CREATE ROLE late LOGIN' 'CREATE DATABASE extra' 'REVOKE pg_read_all_data FROM keeper'
  sql shop 'DROP OWNED BY keeper'
  sql postgres 'REVOKE ALL ON DATABASE shop FROM keeper' 'DROP ROLE keeper'
}

# The decoded payload of a set of this test.
payload_of() { zstd -dc "$1/$2.zst"; }

# A value of a set's MANIFEST.
manifest() { sed -n "s/^$2=//p" "$1/MANIFEST"; }

# Nothing half-made is left on the server or the host.
assert_clean() {
  assert_tidy
  assert_same "$(sql template1 "SELECT datname FROM pg_database WHERE datname LIKE 'lifeboat_new_%'")" ''
  [[ ! -e $HOST/state/thing.postgres ]] || fail 'a journal is left'
}
