#!/usr/bin/env bats
# The mysql kind against a real MariaDB server: no row, object or setting gets lost without a word, and what comes back is exactly what
# was there. Compared by the server's own dictionary and rows (maria_facts), never by a dump program.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell; facts are used by the scripts

NAMES=("it's" 'dou"ble' 'back`tick' '``' $'new\nline' $'cr\rx' $'tab\there' 'per%cent%s' '%0A' '한글' '-lead' 'a.b' 'sl/ash' 'back\slash' '$(id)' 'semi;colon' ' space' '-- x' '*/' '#' 'Null' 'a\nb')

setup_file() {
  source "$BATS_TEST_DIRNAME/lib/mariadb.bash"
  MARIA_TEMPLATE="$BATS_FILE_TMPDIR/template"
  export MARIA_TEMPLATE
  maria_template "$MARIA_TEMPLATE"
}

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/mariadb.bash"
}

teardown() {
  # A writer in the background ends.
  touch "$BATS_TEST_TMPDIR/enough"
  maria_stop_all "$BATS_TEST_TMPDIR"
  local left
  left="$(pgrep -f -- "--datadir=$BATS_TEST_TMPDIR/.*lifeboat-" || true)"
  # shellcheck disable=SC2086
  [[ -z $left ]] || {
    kill -KILL $left
    fail "a throw-away server was left running"
  }
}

# A server of this test's own, running with further flags: `own full|empty FLAG…`.
own() {
  local what="$1"
  shift
  maria_new "$BATS_TEST_TMPDIR/db" "$what"
  printf -- '%s\n' "$@" >>"$MY/flags"
  maria_up
  new_mysql_host
}

# The account of the documentation backs up.
as_documented() {
  printf 'b4ckup-pass\n' >"$HOST/secret"
  with CREDENTIALS_FILE '' MYSQL_USER backup MYSQL_SOCKET "$SOCK" PASSWORD_SECRET "file:$HOST/secret"
}

# Give the login of the administrator back.
as_root() { with CREDENTIALS_FILE "$MY/root.cnf" MYSQL_USER '' MYSQL_SOCKET '' PASSWORD_SECRET ''; }

# Hold two texts against each other.
same_facts() {
  diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") | head -n 20 || true
  [[ $1 == "$2" ]]
}

# bats test_tags=long
@test "sql_select_limit and other state of a session cut no rows: globally, and by init_connect for the documented account" {
  own full
  maria 'CREATE TABLE shop.many (a INT)' 'INSERT INTO shop.many SELECT seq FROM shop.seq_1_to_1000'
  local before
  before="$(maria_facts)"
  maria 'SET GLOBAL sql_select_limit = 200' 'SET GLOBAL max_statement_time = 1' 'SET GLOBAL wait_timeout = 5' 'SET GLOBAL time_zone = "+09:00"' 'SET GLOBAL autocommit = 0' \
    'SET GLOBAL sql_mode = "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,PIPES_AS_CONCAT"' 'SET GLOBAL group_concat_max_len = 4'
  run -0 backup
  assert_says 'cut to 200 rows'
  maria 'SET GLOBAL sql_select_limit = DEFAULT' "SET GLOBAL init_connect = 'SET sql_select_limit = 200, sql_mode = \"ANSI_QUOTES\", autocommit = 0, time_zone = \"-05:00\", net_write_timeout = 5'"
  as_documented
  run -0 backup
  assert_says 'cut to 200 rows'
  as_root
  maria 'SET GLOBAL init_connect = ""' 'SET GLOBAL sql_mode = DEFAULT' 'SET GLOBAL autocommit = 1' 'SET GLOBAL max_statement_time = 0'
  for set in $(sets); do
    assert_same "$(zstd -dc "$set/rows.tsv.zst" | grep -c $'^1000\tshop\tmany$')" 1
  done
  run -0 verify --deep --all
  maria 'DROP DATABASE shop'
  run -0 restore --yes
  same_facts "$(maria_facts)" "$before"
}

# bats test_tags=long
@test "a limit that cuts lists of names, and a limit on big selects, are named: nothing is published" {
  local limit
  own full
  # With an argument of the plan's for the dump, a list that was cut was only warned of.
  set_list DUMP_EXTRA_ARGS --ignore-table=shop.none
  relink
  for limit in 0 1 5 30; do
    maria "SET GLOBAL sql_select_limit = $limit"
    run -78 backup
    assert_says "cut to $limit rows a result (sql_select_limit, set globally or by init_connect): the dump program would list as many of "
    assert_says 'SET GLOBAL sql_select_limit = DEFAULT, and look at init_connect'
  done
  maria 'SET GLOBAL sql_select_limit = DEFAULT' "SET GLOBAL init_connect = 'SET sql_select_limit = 3'"
  as_documented
  run -78 backup
  assert_says 'cut to 3 rows a result'
  as_root
  with DUMP_EXTRA_ARGS '()'
  maria 'SET GLOBAL init_connect = ""' 'SET GLOBAL max_join_size = 2'
  run -78 backup
  assert_says 'sql_big_selects'
  maria 'SET GLOBAL max_join_size = DEFAULT' 'SET GLOBAL sql_big_selects = ON' "SET GLOBAL system_versioning_asof = '2001-01-01'"
  run -78 backup
  assert_says 'system_versioning_asof'
  assert_same "$(sets)" ''
  assert_tidy
}

# bats test_tags=long
@test "a limit that cuts lists of names keeps no database from being saved whole before it is replaced" {
  own full
  with DATABASES '(shop)' SERVICE_KIND none
  run -0 backup
  maria 'SET GLOBAL sql_select_limit = 3'
  local before
  before="$(maria_facts)"
  run -78 restore --yes
  assert_says 'cannot be saved: sessions of this account are cut to 3 rows'
  assert_says 'Nothing was changed'
  same_facts "$(maria_facts)" "$before"
  maria 'SET GLOBAL sql_select_limit = DEFAULT'
  run -0 restore --yes
}

# bats test_tags=long
@test "rows that are missing in a dump are found while it is made; a table that is written to meanwhile is no alarm" {
  own full
  shadow mariadb-dump <<'SHADOW'
case "$*" in *--version* | *--help*) exec REAL "$@" ;; esac
set -o pipefail
REAL "$@" | sed "/^(2,'Straße')/d; s/^(1,'Müller'),/(1,'Müller');/"
SHADOW
  run -65 shadowed backup
  assert_says 'ledger.entry has 1 of 2 rows'
  assert_same "$(sets)" ''
  # Another program inserts between the dump and the count.
  shadow mariadb-dump <<SHADOW
case "\$*" in *--version* | *--help*) exec REAL "\$@" ;; esac
REAL "\$@" || exit \$?
exec mariadb --defaults-file='$MY/root.cnf' -e "INSERT INTO ledger.entry VALUES (3, 'late')" >&2
SHADOW
  run -0 shadowed backup
  run -0 verify --deep
}

@test "a set whose dump lost rows is found by verify, and by every restore" {
  own full
  run -0 backup
  local set dump before
  set="$(last_set)"
  # As if a later version had written it so: all hashes are right, the list of rows is not that of the dump.
  zstd -dc "$set/rows.tsv.zst" | sed 's/^2\tledger\tentry$/7\tledger\tentry/' | zstd -q -c >"$BATS_TEST_TMPDIR/rows"
  forge_payload "$set" rows.tsv "$BATS_TEST_TMPDIR/rows"
  run -65 verify
  assert_says 'ledger.entry has 2 of 7 rows'
  rm -f "$set/SUSPECT"
  before="$(maria_facts)"
  for words in '--yes' "--into $BATS_TEST_TMPDIR/look"; do
    # shellcheck disable=SC2086
    run -65 restore $words
    assert_says 'ledger.entry has 2 of 7 rows'
  done
  run -65 drill
  same_facts "$(maria_facts)" "$before"
}

# Put another file in the place of a payload, and make the MANIFEST fit.
forge_payload() {
  local set="$1" name="$2" file="$3" number raw
  number="$(sed -n "s/^payload\.\([0-9]*\)\.name=$name\$/\1/p" "$set/MANIFEST")"
  cp "$file" "$set/$name.zst"
  raw="$(zstd -dc "$file" | sha256sum | cut -d ' ' -f 1)"
  sed -i -e "s/^payload\.$number\.raw_bytes=.*/payload.$number.raw_bytes=$(zstd -dc "$file" | wc -c | tr -d ' ')/" -e "s/^payload\.$number\.raw_sha256=.*/payload.$number.raw_sha256=$raw/" \
    -e "s/^payload\.$number\.stored_bytes=.*/payload.$number.stored_bytes=$(wc -c <"$file" | tr -d ' ')/" -e "s/^payload\.$number\.stored_sha256=.*/payload.$number.stored_sha256=$(sha256sum <"$file" | cut -d ' ' -f 1)/" -e '$d' "$set/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$set/MANIFEST" | cut -d ' ' -f 1)" >>"$set/MANIFEST"
}

# bats test_tags=long
@test "columns that take their default from a sequence, also of a later database, come back: all of it, and chosen databases" {
  own empty
  maria 'CREATE DATABASE a' 'CREATE DATABASE z' 'CREATE SEQUENCE a.s' 'CREATE SEQUENCE z.later START WITH 7 INCREMENT BY 3' \
    'CREATE TABLE a.t (id BIGINT NOT NULL DEFAULT NEXTVAL(a.s) PRIMARY KEY, v INT)' 'CREATE TABLE a.u (id BIGINT DEFAULT NEXTVAL(z.later), v INT)' \
    'INSERT INTO a.t (v) VALUES (1), (2)' 'INSERT INTO a.u (v) VALUES (1), (2)'
  local before
  before="$(maria_values)"
  run -0 backup
  run -0 verify --deep
  maria 'DROP DATABASE a' 'DROP DATABASE z'
  run -0 restore --yes
  assert_same "$(maria_values)" "$before"
  maria 'INSERT INTO a.t (v) VALUES (3)' 'INSERT INTO a.u (v) VALUES (3)'
  with_databases a z
  before="$(maria_values)"
  run -0 backup
  maria 'DELETE FROM a.t' 'DROP DATABASE z'
  run -0 restore --yes
  assert_same "$(maria_values)" "$before"
}

# What a test of sequences compares: the rows, and that the next number was never given away.
maria_values() { maria 'SELECT * FROM a.t' 'SELECT * FROM a.u' 'SELECT increment, minimum_value, maximum_value, cycle_option FROM a.s' 'SELECT increment, minimum_value FROM z.later' 'SELECT (SELECT next_not_cached_value FROM a.s) > (SELECT MAX(id) FROM a.t)'; }

# bats test_tags=long
@test "a view that refers to nothing, a past kept by transaction, a table that cannot be opened: the rest is published, 65 names them" {
  own full
  maria 'CREATE TABLE shop.gone (i INT)' 'CREATE VIEW shop.`in``valid %s` AS SELECT i FROM shop.gone' 'CREATE VIEW shop.broken AS SELECT * FROM shop.`in``valid %s`' 'DROP TABLE shop.gone' \
    'CREATE TABLE shop.exact (x INT, s BIGINT UNSIGNED GENERATED ALWAYS AS ROW START, e BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING' \
    'INSERT INTO shop.exact (x) VALUES (1), (2)' 'UPDATE shop.exact SET x = 3 WHERE x = 1' 'CREATE VIEW shop.over AS SELECT x FROM shop.exact'
  run -65 backup
  assert_says 'DEGRADED'
  assert_says 'the view shop.in`valid %s'
  assert_says 'the past of the table shop.exact'
  assert_silent_about 'no set is removed'
  local set before
  set="$(last_set)"
  [[ -n $set ]]
  assert_same "$(sed -n 's/.*"action":"backup","status":"\([a-z]*\)","code":\([0-9]*\).*/\1 \2/p' "$HOST/state/history.jsonl" | tail -n 1)" 'failed 65'
  zstd -dc "$set/left-out.sql.zst" | grep -q 'VIEW `in``valid %s` AS select'
  before="$(maria_facts ledger)$(maria 'SELECT x FROM shop.exact ORDER BY 1' 'SELECT * FROM shop.past FOR SYSTEM_TIME ALL' 'SELECT * FROM shop.over ORDER BY 1')"
  run -0 verify --deep
  assert_says 'lacks the view shop.in`valid %s'
  run -0 restore --yes
  assert_same "$(maria_facts ledger)$(maria 'SELECT x FROM shop.exact ORDER BY 1' 'SELECT * FROM shop.past FOR SYSTEM_TIME ALL' 'SELECT * FROM shop.over ORDER BY 1')" "$before"
  # A table whose file is gone.
  maria_down
  rm "$MY/data/shop/picture.ibd"
  maria_up
  with KEEP_LAST 1
  run -65 backup
  assert_says 'the table shop.picture is NOT in this backup'
  assert_says 'no set is removed'
  assert_same "$(sets | wc -l)" 2
  run -0 verify --deep
}

# bats test_tags=long
@test "a database that the server's own dump program cannot name: 65 with its name, all others are published" {
  own full
  local name
  for name in "it's" 'back\slash' $'new\nline' $'cr\rx'; do
    { printf 'CREATE DATABASE `%s`;\n' "$name" && hostile_objects "$name" t; } | maria
  done
  # A part of a name with a line break is a name, too.
  maria 'CREATE DATABASE new' 'CREATE TABLE new.t (a INT)'
  run -65 backup
  assert_says "the database it's"
  assert_says 'the database new line (a line break'
  run -0 grep -x 'content.[0-9]*=database new' "$(last_set)/MANIFEST"
  run -0 verify --deep
  set_list DATABASES "it's"
  with KEEP_LAST 0
  run -65 backup
  assert_says "cannot dump it's"
}

@test "hostile names of databases and of all kinds of objects come back exactly: the whole server, and chosen databases" {
  own full
  local name before
  maria 'CREATE DATABASE objects'
  for name in "${NAMES[@]}"; do
    hostile_objects objects "$name" | maria
    [[ $name != *[$'\n\r']* ]] || continue
    { printf 'CREATE DATABASE `%s`;\n' "${name//\`/\`\`}" && if [[ $name == *[\'\"\\]* ]]; then EVENTS=0 hostile_objects "$name" "$name"; else hostile_objects "$name" "$name"; fi; } | maria
  done
  maria "CREATE USER 'o''dd %'@'%' IDENTIFIED BY 'x'" "GRANT SELECT (\`it's\`), INSERT ON objects.\`it's\` TO 'o''dd %'@'%'" "GRANT EXECUTE ON PROCEDURE objects.\`pback\\slash\` TO 'o''dd %'@'%' WITH GRANT OPTION" \
    "CREATE DEFINER = 'o''dd %'@'%' SQL SECURITY INVOKER VIEW objects.defined AS SELECT 1 AS one"
  before="$(maria_facts)"
  run -0 backup
  assert_same "$(manifest "$(last_set)" content.agreed) $(manifest "$(last_set)" rows.agreed)" 'yes yes'
  maria 'DROP DATABASE objects' 'DROP DATABASE ``````' "DROP USER 'o''dd %'@'%'" 'DELETE FROM `-lead`.`-lead`'
  run -0 restore --yes
  same_facts "$(maria_facts)" "$before"
  with_databases objects '``' '-lead' "it's" 'per%cent%s' '%0A'
  before="$(maria_facts)"
  run -0 backup
  maria 'DROP DATABASE objects' 'DELETE FROM `-lead`.`-lead`' "DROP TABLE \`it's\`.\`it's\`"
  run -0 restore --yes
  same_facts "$(maria_facts)" "$before"
}

# bats test_tags=long
@test "indexes of words, rows too wide for the strict mode, rows that a CHECK refuses, and a full table in memory come back as they were" {
  own empty --innodb-ft-min-token-size=2 --ft-min-word-len=2 --innodb-strict-mode=OFF --max-heap-table-size=64M
  maria 'CREATE DATABASE w' 'CREATE TABLE w.words (id INT PRIMARY KEY, t TEXT, FULLTEXT (t))' "INSERT INTO w.words VALUES (1, 'qi up'), (2, 'down there')" \
    'CREATE TABLE w.old (id INT PRIMARY KEY, t TEXT, FULLTEXT (t)) ENGINE=MyISAM' "INSERT INTO w.old SELECT * FROM w.words" "INSERT INTO w.old SELECT seq, 'filler text' FROM w.seq_10_to_30" \
    "CREATE TABLE w.wide (id INT PRIMARY KEY, $(for n in {1..40}; do printf 'c%d CHAR(255),' "$n"; done) z INT) DEFAULT CHARSET latin1 ROW_FORMAT=COMPACT" "INSERT INTO w.wide (id, c1) VALUES (1, 'x')" \
    'CREATE TABLE w.checked (a INT CHECK (a > 0))' 'SET check_constraint_checks = 0; INSERT INTO w.checked VALUES (-1)' \
    'CREATE TABLE w.memory (a CHAR(200)) ENGINE=MEMORY' "SET max_heap_table_size = 67108864; INSERT INTO w.memory SELECT seq FROM w.seq_1_to_100000"
  find_words() { maria "SELECT COUNT(*) FROM w.words WHERE MATCH (t) AGAINST ('qi')" "SELECT COUNT(*) FROM w.old WHERE MATCH (t) AGAINST ('qi')" 'SELECT * FROM w.checked' 'SELECT COUNT(*), MAX(a) FROM w.memory' "SELECT COUNT(*) FROM w.wide WHERE c1 = 'x'"; }
  assert_same "$(find_words)" $'1\n1\n-1\n100000\t99999\n1'
  run -0 backup
  run -0 verify --deep
  maria 'DROP DATABASE w'
  run -0 restore --yes
  # It was started with what was restored, and a table in memory lives until then.
  assert_says 'every start of the server empties them: w.memory'
  assert_same "$(find_words)" $'1\n1\n-1\n0\tNULL\n1'
  # The live server was given another word length since: what serves the index decides.
  maria_down
  sed -i 's/token-size=2/token-size=4/; s/word-len=2/word-len=4/' "$MY/flags"
  maria_up
  run -0 restore --yes
  assert_silent_about 'searches may miss rows'
  assert_same "$(maria "SELECT COUNT(*) FROM w.words WHERE MATCH (t) AGAINST ('down')" "SELECT COUNT(*) FROM w.words WHERE MATCH (t) AGAINST ('qi')")" $'1\n0'
  with_databases w
  maria "SET max_heap_table_size = 67108864; INSERT INTO w.memory SELECT seq FROM w.seq_1_to_100000"
  run -0 backup
  maria 'DROP TABLE w.checked'
  run -0 restore --yes
  assert_same "$(maria 'SELECT * FROM w.checked' 'SELECT COUNT(*) FROM w.memory')" $'-1\n100000'
}

# bats test_tags=long
@test "encrypted tables come back encrypted, and without the keys of the server nothing is begun" {
  local keys="$BATS_TEST_TMPDIR/keys"
  printf '1;%s\n2;%s\n' "$(openssl rand -hex 32)" "$(openssl rand -hex 32)" >"$keys"
  own empty --plugin-load-add=file_key_management "--file-key-management-filename=$keys" --innodb-encrypt-tables=ON --innodb-encrypt-log=ON --innodb-encryption-threads=1
  maria 'CREATE DATABASE e' 'CREATE TABLE e.secret (a VARCHAR(50)) ENCRYPTED=YES ENCRYPTION_KEY_ID=2' "INSERT INTO e.secret VALUES ('find-me-in-the-clear')"
  local before
  before="$(maria_facts)"
  run -0 backup
  run -0 verify --deep
  maria 'DROP DATABASE e'
  run -0 restore --yes
  same_facts "$(maria_facts)" "$before"
  run ! grep -a -q find-me-in-the-clear "$MY/data/e/secret.ibd"
  mv "$keys" "$keys.away"
  run -77 restore --into "$BATS_TEST_TMPDIR/look"
  assert_says "$keys, which are not on this host"
  run -77 restore --yes
}

# bats test_tags=long
@test "chosen databases that cannot be saved first are not touched; --force goes on, and says that there is no way back" {
  own full
  with_databases shop ledger
  run -0 backup
  maria_down
  rm "$MY/data/shop/picture.ibd"
  maria_up
  local before
  before="$(maria_facts ledger)"
  run -69 restore --yes
  assert_says 'cannot be saved'
  assert_says 'Nothing was changed'
  assert_says '--force'
  assert_same "$(maria 'SELECT @@read_only' 'SELECT COUNT(*) FROM shop.customer')" $'0\n4'
  same_facts "$(maria_facts ledger)" "$before"
  assert_tidy
  run -0 restore --yes --force
  assert_says 'there is no way back'
  assert_same "$(maria 'SELECT COUNT(*) FROM shop.picture' 'SELECT @@read_only')" $'2\n0'
}

# bats test_tags=long
@test "no room for the safety dump: 74, and nothing is touched" {
  own full
  with_databases shop
  run -0 backup
  with RESERVE_BYTES $((1 << 50))
  local before
  before="$(maria_facts)"
  run -74 restore --yes
  same_facts "$(maria_facts)" "$before"
  with RESERVE_BYTES 0
  # It runs out while the safety dump is written.
  shadow zstd <<'SHADOW'
case "$*" in *-d*) exec REAL "$@" ;; esac
echo 'zstd: error 25 : Write error : No space left on device' >&2
exit 1
SHADOW
  run -74 shadowed restore --yes
  assert_says 'Nothing was changed'
  same_facts "$(maria_facts)" "$before"
  assert_same "$(maria 'SELECT @@read_only')" 0
}

# bats test_tags=long
@test "in a plan that encrypts, the safety dump is encrypted, and undoing reads it" {
  own full
  age-keygen -o "$HOST/key" 2>"$HOST/key.out"
  openssl rand -hex 32 >"$HOST/osslkey"
  set_list DATABASES shop ledger
  local before cipher file
  for cipher in age openssl; do
    with ENCRYPTION "$cipher" AGE_RECIPIENTS "($(sed -n 's/Public key: //p' "$HOST/key.out"))" AGE_IDENTITY_FILE "$HOST/key" OPENSSL_KEY_FILE "$HOST/osslkey"
    run -0 backup
    maria "INSERT INTO ledger.entry VALUES ($RANDOM, 'since-$cipher')"
    before="$(maria_facts)"
    # The first load into the live server breaks off in the middle.
    rm -rf "$HOST/shadow"
    shadow mariadb <<'SHADOW'
case "$*" in
  *root.cnf*--binary-mode*--max-allowed*)
    if mkdir "$0.once" 2>/dev/null; then head -c 9000 | REAL "$@"; echo "ERROR 1062 (23000) at line 77: Duplicate entry 'secret-row' for key" >&2; exit 1; fi ;;
esac
exec REAL "$@"
SHADOW
    run -69 shadowed restore --yes
    assert_says 'is as it was before the restore'
    same_facts "$(maria_facts)" "$before"
    assert_same "$(maria 'SELECT @@read_only')" 0
    for file in "$MY"/thing.lifeboat-old-*.sql.*; do
      run ! grep -a -q -e 'CREATE TABLE' -e since- "$file"
      run ! zstd -dc "$file"
    done
    run -0 restore --yes
  done
}

# bats test_tags=long
@test "a program that writes is locked out from the safety dump to the proof: each of its rows is live or in the safety dump, and it goes on afterwards" {
  own full
  maria 'DROP VIEW ledger.across' 'CREATE TABLE ledger.steady (n INT PRIMARY KEY)' "CREATE USER app2@localhost IDENTIFIED BY 'x'" 'GRANT ALL ON ledger.* TO app2@localhost'
  with_databases ledger
  run -0 backup
  # It notes what the server said yes to.
  (
    n=0
    while [[ ! -e $BATS_TEST_TMPDIR/enough && -d $BATS_TEST_TMPDIR ]]; do
      n=$((n + 1))
      ! mariadb --no-defaults --socket="$SOCK" --user=app2 --password=x -e "INSERT INTO ledger.steady VALUES ($n)" 2>>"$BATS_TEST_TMPDIR/refused" || printf '%d\n' "$n" >>"$BATS_TEST_TMPDIR/accepted"
    done
  ) 3>&- &
  eventually test -s "$BATS_TEST_TMPDIR/accepted"
  run -0 restore --yes
  local last
  last="$(wc -l <"$BATS_TEST_TMPDIR/accepted")"
  more() { (($(wc -l <"$BATS_TEST_TMPDIR/accepted") > last)); }
  eventually more
  touch "$BATS_TEST_TMPDIR/enough"
  wait
  grep -q 1290 "$BATS_TEST_TMPDIR/refused"
  { zstd -dc "$MY"/thing.lifeboat-old-*.sql.zst | sed -n '/^INSERT INTO `steady`/,/;$/s/^(\([0-9]*\))[,;]$/\1/p' && maria 'SELECT n FROM ledger.steady'; } | sort -n >"$BATS_TEST_TMPDIR/kept"
  diff <(sort -n "$BATS_TEST_TMPDIR/accepted") "$BATS_TEST_TMPDIR/kept"
  assert_same "$(maria 'SELECT @@read_only')" 0
}

# bats test_tags=long
@test "killed while others are locked out, also with its guardian: they are let in again, and undoing puts everything back" {
  own full
  with_databases shop ledger
  run -0 backup
  maria "INSERT INTO ledger.entry VALUES (77, 'since')"
  local before unlocked
  before="$(maria_facts)"
  shadow mariadb <<'SHADOW'
case "$*" in
  *root.cnf*--binary-mode*--max-allowed*)
    if mkdir "$0.once" 2>/dev/null; then head -c 9000 | REAL "$@"; : >"$0.hangs"; exec sleep 60; fi ;;
esac
exec REAL "$@"
SHADOW
  PATH="$HOST/shadow:$PATH" "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  eventually test -e "$HOST/shadow/mariadb.hangs"
  assert_same "$(maria 'SELECT @@read_only')" 1
  kill -KILL $!
  wait $! || true
  unlocked() { [[ $(maria 'SELECT @@read_only') == 0 ]]; }
  eventually unlocked
  assert_same "$(maria 'SELECT @@max_allowed_packet')" 16777216
  # Somebody writes into what is half restored: it is kept.
  maria 'CREATE TABLE shop.meanwhile (a INT)' 'INSERT INTO shop.meanwhile VALUES (4711)'
  shadow mariadb <<'SHADOW'
case "$*" in *root.cnf*--binary-mode*--max-allowed*) exit 1 ;; esac
exec REAL "$@"
SHADOW
  rm -rf "$HOST/shadow/mariadb.once"
  run -75 restore --yes
  assert_says 'an interrupted restore of thing is pending'
  run -0 restore --undo --yes
  same_facts "$(maria_facts)" "$before"
  run -0 restore --yes
  zstd -dc "$MY"/thing.lifeboat-undone-*.sql.zst | grep -q '^(4711)'
  [[ ! -e $HOST/state/thing.locked ]]
  assert_same "$(maria 'SELECT @@read_only')" 0
  # The guardian is killed, too, and an undo lets them in.
  before="$(maria_facts)"
  rm -rf "$HOST/shadow"
  shadow mariadb <<'SHADOW'
case "$*" in
  *root.cnf*--binary-mode*--max-allowed*)
    if mkdir "$0.once" 2>/dev/null; then : >"$0.hangs"; exec sleep 60; fi ;;
esac
exec REAL "$@"
SHADOW
  PATH="$HOST/shadow:$PATH" "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  local run=$!
  eventually test -e "$HOST/shadow/mariadb.hangs"
  local pid
  # shellcheck disable=SC2009
  for pid in $(ps -eo pid=,args= | grep -F "$HOST/bin/restore.sh" | grep -v grep | awk '{ print $1 }'); do kill -KILL "$pid" 2>/dev/null || true; done
  wait "$run" || true
  assert_same "$(maria 'SELECT @@read_only')" 1
  run -0 restore --undo --yes
  assert_same "$(maria 'SELECT @@read_only')" 0
  same_facts "$(maria_facts)" "$before"
  run -0 restore --yes
  [[ ! -e $HOST/state/thing.locked ]]
}

# bats test_tags=long
@test "an account that cannot write to a read-only server, or a program that holds a lock, ends a restore before anything is dropped" {
  own full
  with_databases shop
  run -0 backup
  maria 'CREATE USER half@localhost' 'GRANT SUPER, SELECT, INSERT, CREATE, DROP, ALTER, TRIGGER, EVENT, SHOW VIEW, CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE, EXECUTE, REFERENCES, INDEX, LOCK TABLES, PROCESS, RELOAD, SET USER ON *.* TO half@localhost'
  local before
  before="$(maria_facts)"
  with CREDENTIALS_FILE '' MYSQL_USER half MYSQL_SOCKET "$SOCK"
  run -77 restore --yes
  assert_says 'nothing was changed'
  same_facts "$(maria_facts)" "$before"
  assert_same "$(maria 'SELECT @@read_only')" 0
}

# bats test_tags=long
@test "MySQL (strict stubs): settings of SET PERSIST are carried: those of the old data directory, else those of the set" {
  own full
  maria 'DROP TABLE shop.past'
  mkdir "$BATS_FILE_TMPDIR/no-database" 2>/dev/null || true
  find /usr/bin -mindepth 1 -maxdepth 1 ! -name 'mariadb*' ! -name 'mysql*' -exec ln -sf -t "$BATS_FILE_TMPDIR/no-database" {} +
  as_mysql8() { PATH="$BATS_TEST_DIRNAME/stubs/mysql8:$BATS_FILE_TMPDIR/no-database" "$@"; }
  printf '{"Version": 2, "mysql_dynamic_variables": {"a": 1}}' >"$MY/data/mysqld-auto.cnf"
  run -0 as_mysql8 backup
  printf '{"Version": 2, "mysql_dynamic_variables": {"a": 2}}' >"$MY/data/mysqld-auto.cnf"
  run -0 as_mysql8 restore --yes
  assert_same "$(cat "$MY/data/mysqld-auto.cnf")" '{"Version": 2, "mysql_dynamic_variables": {"a": 2}}'
  maria_down
  rm -rf "$MY/data"
  run -0 as_mysql8 restore --yes
  assert_same "$(cat "$MY/data/mysqld-auto.cnf")" '{"Version": 2, "mysql_dynamic_variables": {"a": 1}}'
}
