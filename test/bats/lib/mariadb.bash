# Real MariaDB servers for mysql.bats, each in a directory of its own with its own socket, so that two runs never meet.
#
#   maria_template DIR            an empty data directory, and one with everything that a restore must bring back
#   maria_new HOME [full|empty]   a server below HOME, not started; sets MY and SOCK
#   maria_up / maria_down         start (and wait until it answers) / stop the server of $MY
#   maria SQL…                    run SQL on it as root
#   maria_facts                   the same word for word, asked of the server's own dictionary and tables, not of a dump program
#   maria_print                   fingerprint of everything that a backup holds: rows, definitions, accounts

# Make the data directories that all tests copy.
maria_template() {
  local dir="$1"
  mkdir -p "$dir"
  mariadb-install-db --no-defaults --datadir="$dir/empty" --user=root --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve --innodb-log-file-size=4M >"$dir/install.log" 2>&1
  cp -a "$dir/empty" "$dir/data"
  MARIA_TEMPLATE="$dir"
  maria_new "$dir/fill" empty
  maria_up
  maria_content | maria
  # Half a second of every restore would go into these.
  maria 'TRUNCATE mysql.help_topic' 'TRUNCATE mysql.help_keyword' 'TRUNCATE mysql.help_relation' 'TRUNCATE mysql.help_category'
  maria_down
  rm -rf "$dir/data"
  mv "$MY/data" "$dir/full"
}

# Lay out a server: data directory, init script with a status of its own, login file of an administrator.
maria_new() {
  local what="${2:-full}"
  MY="$1" SOCK="$1/s"
  mkdir -p "$MY"
  cp -a "$MARIA_TEMPLATE/$what" "$MY/data"
  : >"$MY/flags"
  printf '[client]\nuser=root\nsocket=%s\n' "$SOCK" >"$MY/root.cnf"
  chmod 600 "$MY/root.cnf"
  cat >"$MY/service" <<SERVICE
#!/usr/bin/env bash
# Start, stop and ask after this server, as systemd would.
cd / || exit 1
# A dead process that nobody has waited for yet is a zombie.
alive() { [[ -s '$MY/pid' ]] && grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/\$(cat '$MY/pid')/status" 2>/dev/null; }
ready() { /usr/bin/mariadb-admin --no-defaults --socket='$SOCK' ping >/dev/null 2>&1; }
case "\$1" in
  start)
    alive && exit 0
    setsid /usr/sbin/mariadbd --no-defaults --datadir='${MARIA_DATA:-$MY/data}' --socket='$SOCK' --user=\$(cat '$MY/user' 2>/dev/null || echo root) \\
      --pid-file='$MY/server-pid' --innodb-log-file-size=4M --innodb-buffer-pool-size=16M --skip-name-resolve --server-id=7 \\
      --innodb-flush-log-at-trx-commit=0 --loose-performance-schema=OFF \$(cat '$MY/flags') >>'$MY/log' 2>&1 </dev/null 3>&- 4>&- &
    echo \$! >'$MY/pid'
    for _ in {1..1200}; do
      ready && exit 0
      alive || exit 1
      sleep 0.05
    done
    exit 1
    ;;
  stop)
    alive || exit 0
    kill "\$(cat '$MY/pid')"
    for _ in {1..2400}; do alive || exit 0; sleep 0.05; done
    exit 1
    ;;
  status) alive ;;
esac
SERVICE
  chmod +x "$MY/service"
  grep -q -- networking "$MY/flags" || printf -- '--skip-networking\n' >>"$MY/flags"
}

maria_up() { "$MY/service" start || fail "the test's own server does not start: $(tail -n 5 "$MY/log")"; }
maria_down() { "$MY/service" stop; }

# Kill the server as a power cut would.
maria_kill() {
  kill -KILL "$(cat "$MY/pid")"
  while "$MY/service" status; do sleep 0.02; done
}

# Stop every server below a directory, by pid.
maria_stop_all() {
  local file
  for file in "$1"/*/pid "$1"/pid; do
    if [[ -s $file ]]; then kill -KILL "$(cat "$file")" 2>/dev/null || true; fi
  done
}

# Run SQL from the arguments, or from stdin, as root.
maria() {
  local statement='' word
  for word in "$@"; do statement+="$word; "; done
  if (($#)); then
    mariadb --defaults-file="$MY/root.cnf" --default-character-set=utf8mb4 --batch --raw --skip-column-names --binary-mode -e "$statement"
  else
    mariadb --defaults-file="$MY/root.cnf" --default-character-set=utf8mb4 --batch --raw --skip-column-names --binary-mode
  fi
}

# The databases that belong to people, quoted for SQL.
maria_databases() {
  maria "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') AND SCHEMA_NAME NOT LIKE '#mysql50#%' ORDER BY CAST(SCHEMA_NAME AS BINARY)"
}

# Everything that a backup of the given databases (or of all, with accounts) holds, as a hash a line.
maria_print() {
  local name
  local -a names=("$@")
  if (($# == 0)); then
    while IFS= read -r name; do names+=("$name"); done < <(maria_databases)
    maria 'SELECT Host, User, Priv FROM mysql.global_priv ORDER BY 1, 2' 'SELECT * FROM mysql.db ORDER BY 1, 2, 3' \
      'SELECT Host, Db, User, Table_name, Table_priv FROM mysql.tables_priv ORDER BY 1, 2, 3, 4' 'SELECT * FROM mysql.roles_mapping ORDER BY 1, 2, 3' | sed 's/"password_last_changed":[0-9]*//' | sha256sum | sed 's/-/accounts/'
  fi
  for name in "${names[@]}"; do
    mariadb-dump --defaults-file="$MY/root.cnf" --default-character-set=utf8mb4 --skip-dump-date --hex-blob --routines --events --triggers \
      --single-transaction --dump-history --skip-comments --databases -- "$name" | sha256sum | sed "s/-\$/${name//\//.}/"
  done
}

# SQL that fills a server with one of each: what dumps have been known to lose.
maria_content() {
  cat <<'SQL'
CREATE DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE DATABASE `ledger` CHARACTER SET latin1 COLLATE latin1_german1_ci;
CREATE DATABASE `-od``d 'name" 한글 %s\$x` CHARACTER SET utf8mb4;
CREATE DATABASE empty CHARACTER SET utf8mb3;
CREATE DATABASE EMPTY CHARACTER SET utf8mb4;
CREATE TABLE EMPTY.t (a INT);
USE shop;
CREATE TABLE customer (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(80) NOT NULL, mail VARCHAR(80) UNIQUE,
  upper_name VARCHAR(80) GENERATED ALWAYS AS (UPPER(name)) STORED, short VARCHAR(5) GENERATED ALWAYS AS (LEFT(name, 5)) VIRTUAL,
  FULLTEXT KEY words (name)) COMMENT 'a\n-- Table structure for table `liar`\n-- Dump completed';
CREATE TABLE purchase (id BIGINT PRIMARY KEY, customer INT NOT NULL, at TIMESTAMP(6) NULL, amount DECIMAL(20, 6), ratio DOUBLE, f FLOAT,
  flags BIT(9), kind ENUM('a', 'b,c', 'd''e'), doc JSON, place POINT, note TEXT,
  CONSTRAINT buys FOREIGN KEY (customer) REFERENCES customer (id) ON DELETE CASCADE, CHECK (amount > -100));
CREATE TABLE picture (id INT PRIMARY KEY, body LONGBLOB, fixed BINARY(8), nothing INT NULL);
CREATE TABLE split (a INT, b INT) PARTITION BY RANGE (a) (PARTITION low VALUES LESS THAN (10), PARTITION rest VALUES LESS THAN MAXVALUE);
CREATE TABLE past (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING;
CREATE TABLE old_times (a INT, b VARCHAR(20)) ENGINE=MyISAM;
CREATE SEQUENCE numbers START WITH 100 INCREMENT BY 5;
INSERT INTO customer (name, mail) VALUES ('Zoë 😀', 'zoe@example.com'), ('홍길동', 'hong@example.com'), ('line\r\nbreak\t\\ ''q'' "d" \0 nul', NULL), ('-- Dump completed on 1999-01-01', 'x@y');
INSERT INTO purchase VALUES (1, 1, '2026-11-23 01:02:03.456789', 12.345678, 0.1, 1.5, b'101010101', 'b,c', '{"k": "값"}', POINT(1.5, 2), 'INSERT INTO `x` VALUES (1);\nDELIMITER ;;\n'), (9223372036854775807, 2, NULL, -1, 1e300, -0.25, b'0', 'd''e', NULL, NULL, NULL);
INSERT INTO picture VALUES (1, NULL, x'0001FF0D0A1A2722', NULL), (2, '', 'abc', 0);
UPDATE picture SET body = (SELECT GROUP_CONCAT(CHAR(seq USING binary) ORDER BY seq SEPARATOR '') FROM seq_0_to_255) WHERE id = 1;
INSERT INTO split VALUES (1, 1), (11, 2);
INSERT INTO past VALUES (1, 1); UPDATE past SET v = 2; DELETE FROM past;
INSERT INTO old_times VALUES (1, 'x');
SELECT NEXTVAL(numbers) INTO @n;
CREATE VIEW rich AS SELECT c.name, SUM(p.amount) AS total FROM customer c JOIN purchase p ON p.customer = c.id GROUP BY c.name;
CREATE VIEW richer AS SELECT * FROM rich WHERE total > 10;
DELIMITER //
CREATE TRIGGER stamp BEFORE INSERT ON purchase FOR EACH ROW SET NEW.at = IFNULL(NEW.at, '2001-01-01')//
CREATE TRIGGER stamp2 BEFORE UPDATE ON purchase FOR EACH ROW BEGIN
-- Current Database: `liar`
SET NEW.note = 'x;y'; END//
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2//
CREATE PROCEDURE report() BEGIN
-- Table structure for table `liar`
SELECT 'a' AS `1`; CREATE TEMPORARY TABLE t (i INT); DROP TEMPORARY TABLE t;
END//
CREATE EVENT sweep ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM old_times; DELETE FROM split; END//
CREATE EVENT once ON SCHEDULE AT '2038-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE DO DELETE FROM split//
DELIMITER ;
USE ledger;
CREATE TABLE entry (id INT PRIMARY KEY, t VARCHAR(20)) DEFAULT CHARSET=latin1;
INSERT INTO entry VALUES (1, 'Müller'), (2, 'Straße');
CREATE VIEW across AS SELECT id FROM shop.customer;
USE `-od``d 'name" 한글 %s\$x`;
CREATE TABLE `ta``b 'le 한글 %` (`co l` INT PRIMARY KEY, `컬럼` TEXT) ENGINE=Aria;
INSERT INTO `ta``b 'le 한글 %` VALUES (1, '값');
CREATE USER app@localhost IDENTIFIED BY 'old-app-password';
GRANT SELECT, INSERT ON shop.* TO app@localhost;
CREATE ROLE auditor; GRANT SELECT ON ledger.* TO auditor; GRANT auditor TO app@localhost;
CREATE USER backup@localhost IDENTIFIED BY 'b4ckup-pass';
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO backup@localhost;
SQL
  printf "DELIMITER //\nCREATE PROCEDURE shop.windows() BEGIN\r\n  SELECT 'two\r\nlines';\r\nEND//\nDELIMITER ;\n"
}

# A host whose asset is the server of $MY: every database, or those given.
new_mysql_host() {
  local name
  new_host
  set_fact KIND mysql
  set_fact TYPE mysql
  for name in MYSQL_USER PASSWORD_SECRET MYSQL_SOCKET MYSQL_HOST SERVER_BINARY RESTORE_CREDENTIALS_FILE; do set_fact "$name" ''; done
  set_fact MYSQL_PORT 0
  set_fact SERVER_USER root
  set_fact DATA_DIR "$MY/data"
  set_fact CREDENTIALS_FILE "$MY/root.cnf"
  set_list DATABASES
  set_list DUMP_EXTRA_ARGS
  set_fact SERVICE_KIND commands
  set_fact SERVICE_NAME database
  set_list SERVICE_START "$MY/service" start
  set_list SERVICE_STOP "$MY/service" stop
  set_list SERVICE_STATUS "$MY/service" status
  relink
}

# Back up chosen databases: by name.
with_databases() {
  set_list DATABASES "$@"
  relink
}

# The decoded dump of a set of this test.
dump_of() { zstd -dc "$1/dump.sql.zst"; }

# A value of a set's MANIFEST.
manifest() { sed -n "s/^$2=//p" "$1/MANIFEST"; }

# Everything that a backup of the given databases (or of all, with accounts) holds, as lines of words: definitions from the server's
# dictionary, rows value by value. Nothing of it comes from a dump program. Names are in hexadecimal.
maria_facts() {
  local where name
  where="NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
  if (($#)); then
    where='IN ('
    for name in "$@"; do where+="x'$(printf '%s' "$name" | od -An -v -tx1 | tr -d ' \n')',"; done
    where="${where%,})"
  else
    maria 'SELECT "account", Host, User, JSON_REMOVE(Priv, "$.password_last_changed") FROM mysql.global_priv ORDER BY 2, 3' 'SELECT "db", d.* FROM mysql.db d ORDER BY 2, 3, 4' \
      'SELECT "tables_priv", Host, Db, User, Table_name, Grantor, Table_priv, Column_priv FROM mysql.tables_priv ORDER BY 2, 3, 4, 5' 'SELECT "columns_priv", Host, Db, User, Table_name, Column_name, Column_priv FROM mysql.columns_priv ORDER BY 2, 3, 4, 5, 6' \
      'SELECT "procs_priv", Host, Db, User, Routine_name, Routine_type, Grantor, Proc_priv FROM mysql.procs_priv ORDER BY 2, 3, 4, 5, 6' 'SELECT "proxies", Host, User, Proxied_host, Proxied_user, With_grant FROM mysql.proxies_priv ORDER BY 2, 3, 4, 5' 'SELECT "roles", r.* FROM mysql.roles_mapping r ORDER BY 2, 3, 4'
  fi
  # A directory that is no database looks like one.
  where="$where AND X NOT LIKE '#mysql50#%'"
  maria_dictionary "$where" | maria
  # shellcheck disable=SC2016  # the quotes of SQL
  maria "SET SESSION group_concat_max_len = 1000000; SELECT CONCAT('SELECT ''rows'', ''', HEX(c.TABLE_SCHEMA), ''', ''', HEX(c.TABLE_NAME), ''', ', GROUP_CONCAT(CONCAT('IFNULL(HEX(CONCAT(\`', REPLACE(c.COLUMN_NAME, '\`', '\`\`'), '\`)), ''NULL'')') ORDER BY c.ORDINAL_POSITION SEPARATOR ', '),
    IF(t.TABLE_TYPE = 'SYSTEM VERSIONED' AND SUM(c.GENERATION_EXPRESSION <=> 'ROW START') = 0, ', ROW_START, ROW_END', ''), ' FROM \`', REPLACE(c.TABLE_SCHEMA, '\`', '\`\`'), '\`.\`', REPLACE(c.TABLE_NAME, '\`', '\`\`'), '\`', IF(t.TABLE_TYPE = 'SYSTEM VERSIONED' AND SUM(c.GENERATION_EXPRESSION <=> 'ROW START') = 0, ' FOR SYSTEM_TIME ALL', ''), ';')
    FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME) WHERE t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE') AND c.TABLE_SCHEMA ${where//X/c.TABLE_SCHEMA} GROUP BY CAST(c.TABLE_SCHEMA AS BINARY), CAST(c.TABLE_NAME AS BINARY)" | maria | LC_ALL=C sort
}

# SQL for the definitions in databases that a condition chooses. A server that reads its own SHOW CREATE TABLE writes down Aria's default.
maria_dictionary() {
  local where="$1"
  cat <<SQL
SELECT 'schema', HEX(SCHEMA_NAME), DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME, SCHEMA_COMMENT FROM information_schema.SCHEMATA WHERE SCHEMA_NAME ${where//X/SCHEMA_NAME} ORDER BY 2;
SELECT 'table', HEX(TABLE_SCHEMA), HEX(TABLE_NAME), TABLE_TYPE, ENGINE, ROW_FORMAT, AUTO_INCREMENT, TABLE_COLLATION, REPLACE(CREATE_OPTIONS, 'page_checksum=1 ', ''), HEX(TABLE_COMMENT) FROM information_schema.TABLES WHERE TABLE_SCHEMA ${where//X/TABLE_SCHEMA} ORDER BY 2, 3;
SELECT 'column', HEX(TABLE_SCHEMA), HEX(TABLE_NAME), HEX(COLUMN_NAME), ORDINAL_POSITION, HEX(COLUMN_DEFAULT), IS_NULLABLE, HEX(COLUMN_TYPE), COLLATION_NAME, COLUMN_KEY, EXTRA, HEX(COLUMN_COMMENT), HEX(GENERATION_EXPRESSION) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ${where//X/TABLE_SCHEMA} ORDER BY 2, 3, 5;
SELECT 'index', HEX(TABLE_SCHEMA), HEX(TABLE_NAME), HEX(INDEX_NAME), SEQ_IN_INDEX, HEX(COLUMN_NAME), NON_UNIQUE, COLLATION, SUB_PART, NULLABLE, INDEX_TYPE, HEX(INDEX_COMMENT) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA ${where//X/TABLE_SCHEMA} ORDER BY 2, 3, 4, 5;
SELECT 'reference', HEX(CONSTRAINT_SCHEMA), HEX(TABLE_NAME), HEX(CONSTRAINT_NAME), HEX(UNIQUE_CONSTRAINT_SCHEMA), HEX(REFERENCED_TABLE_NAME), UPDATE_RULE, DELETE_RULE FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA ${where//X/CONSTRAINT_SCHEMA} ORDER BY 2, 3, 4;
SELECT 'check', HEX(CONSTRAINT_SCHEMA), HEX(TABLE_NAME), HEX(CONSTRAINT_NAME), LEVEL, HEX(CHECK_CLAUSE) FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA ${where//X/CONSTRAINT_SCHEMA} ORDER BY 2, 3, 4;
SELECT 'partition', HEX(TABLE_SCHEMA), HEX(TABLE_NAME), HEX(PARTITION_NAME), PARTITION_METHOD, HEX(PARTITION_EXPRESSION), HEX(PARTITION_DESCRIPTION) FROM information_schema.PARTITIONS WHERE PARTITION_NAME IS NOT NULL AND TABLE_SCHEMA ${where//X/TABLE_SCHEMA} ORDER BY 2, 3, PARTITION_ORDINAL_POSITION;
SELECT 'view', HEX(TABLE_SCHEMA), HEX(TABLE_NAME), HEX(VIEW_DEFINITION), CHECK_OPTION, DEFINER, SECURITY_TYPE, ALGORITHM, CHARACTER_SET_CLIENT, COLLATION_CONNECTION FROM information_schema.VIEWS WHERE TABLE_SCHEMA ${where//X/TABLE_SCHEMA} ORDER BY 2, 3;
SELECT 'routine', HEX(ROUTINE_SCHEMA), HEX(ROUTINE_NAME), ROUTINE_TYPE, DTD_IDENTIFIER, HEX(ROUTINE_DEFINITION), IS_DETERMINISTIC, SQL_DATA_ACCESS, SECURITY_TYPE, SQL_MODE, HEX(ROUTINE_COMMENT), DEFINER, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA ${where//X/ROUTINE_SCHEMA} ORDER BY 2, 3, 4;
SELECT 'parameter', HEX(SPECIFIC_SCHEMA), HEX(SPECIFIC_NAME), ORDINAL_POSITION, PARAMETER_MODE, HEX(PARAMETER_NAME), DTD_IDENTIFIER, ROUTINE_TYPE FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA ${where//X/SPECIFIC_SCHEMA} ORDER BY 2, 3, 8, 4;
SELECT 'trigger', HEX(TRIGGER_SCHEMA), HEX(TRIGGER_NAME), EVENT_MANIPULATION, HEX(EVENT_OBJECT_TABLE), ACTION_ORDER, HEX(ACTION_STATEMENT), ACTION_TIMING, SQL_MODE, DEFINER, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA ${where//X/TRIGGER_SCHEMA} ORDER BY 2, 3;
SELECT 'event', HEX(EVENT_SCHEMA), HEX(EVENT_NAME), DEFINER, TIME_ZONE, HEX(EVENT_DEFINITION), EVENT_TYPE, EXECUTE_AT, INTERVAL_VALUE, INTERVAL_FIELD, SQL_MODE, STARTS, ENDS, STATUS, ON_COMPLETION, HEX(EVENT_COMMENT), CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION FROM information_schema.EVENTS WHERE EVENT_SCHEMA ${where//X/EVENT_SCHEMA} ORDER BY 2, 3;
SQL
}

# SQL that makes one of each in a database, each with the given name and rows of its own: `hostile_objects DATABASE NAME`. EVENTS=0
# leaves the event out.
hostile_objects() {
  local db="${1//\`/\`\`}" name="${2//\`/\`\`}"
  cat <<SQL
CREATE TABLE \`$db\`.\`$name\` (\`$name\` INT PRIMARY KEY, v VARCHAR(20), KEY \`$name\` (v)) COMMENT 'INSERT INTO \`x\` VALUES (1)';
INSERT INTO \`$db\`.\`$name\` VALUES (1, 'x),(y'), (2, 'a\\\\''),(''b'), (3, NULL);
CREATE TABLE \`$db\`.\`p$name\` (a INT, b INT) WITH SYSTEM VERSIONING;
INSERT INTO \`$db\`.\`p$name\` VALUES (1, 1), (2, 2);
UPDATE \`$db\`.\`p$name\` SET b = 3 WHERE a = 1;
CREATE VIEW \`$db\`.\`v$name\` AS SELECT \`$name\` AS \`$name\`, 'a;b' AS \`two words\` FROM \`$db\`.\`$name\`;
CREATE PROCEDURE \`$db\`.\`p$name\`(IN \`$name\` INT) SELECT \`$name\`;
CREATE FUNCTION \`$db\`.\`f$name\`() RETURNS INT RETURN 1;
CREATE TRIGGER \`$db\`.\`t$name\` BEFORE INSERT ON \`$db\`.\`$name\` FOR EACH ROW SET NEW.v = 'z';
CREATE SEQUENCE \`$db\`.\`s$name\`;
SELECT NEXTVAL(\`$db\`.\`s$name\`) INTO @ignored;
SQL
  [[ ${EVENTS:-1} == 0 ]] || printf 'CREATE EVENT `%s`.`e%s` ON SCHEDULE EVERY 1 DAY DO SELECT 1;\n' "$db" "$name"
}
