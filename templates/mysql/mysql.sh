# The mysql kind: MySQL and MariaDB. A backup is one consistent logical dump. A restore loads it into a throw-away server
# and proves it there; then either that server's data directory takes the place of the live one (all databases), or the
# chosen databases are dropped and loaded again in the live server, after a safety dump of them.

# The journal of a live restore: $STATE_DIR/$ASSET.undo.
readonly UNDO_JOURNAL=undo
# Databases that belong to the server. `mysql` holds the accounts and goes into a dump of everything.
readonly MYSQL_SYSTEM_DATABASES="'information_schema', 'performance_schema', 'mysql', 'sys', 'ndbinfo'"

# A server answers within this time after it was started, also when InnoDB has something to recover.
readonly MYSQL_START_SECONDS=120

# A clean shutdown writes what is still in memory.
readonly MYSQL_STOP_SECONDS=300

# ---------------------------------------------------------------- connecting

# Choose the client and the arguments with which it reaches the live server: MYSQL_CLIENT and MYSQL_ARGS. Option files
# other than the plan's own are not read: a forgotten `where=` in one of them would thin out every backup.
mysql_setup() {
  local file
  [[ -z ${MYSQL_CLIENT:-} ]] || return 0
  unset -v MYSQL_PWD MYSQL_TCP_PORT MYSQL_UNIX_PORT MYSQL_GROUP_SUFFIX MYSQL_HOME MYSQL_PS1
  export -n MYSQL_HOST MYSQL_USER MYSQL_PORT MYSQL_SOCKET
  # MySQL's clients read ~/.mylogin.cnf whatever they are told; this names another one, which is empty.
  export MYSQL_TEST_LOGIN_FILE=/dev/null
  file="$(mysql_credentials_file)" || exit $?
  MYSQL_ARGS=("--defaults-file=$file" --default-character-set=utf8mb4)
  [[ -z $MYSQL_SOCKET ]] || MYSQL_ARGS+=("--socket=$MYSQL_SOCKET")
  if [[ -n $MYSQL_HOST ]]; then
    MYSQL_ARGS+=("--host=$MYSQL_HOST")
  elif ((MYSQL_PORT > 0)) && [[ -z $MYSQL_SOCKET ]]; then
    MYSQL_ARGS+=(--host=127.0.0.1)
  fi
  ((MYSQL_PORT == 0)) || MYSQL_ARGS+=("--port=$MYSQL_PORT")
  MYSQL_CLIENT="$(first_tool mariadb mysql)" || exit $?
}

# Print the first of some tools that is there, or leave with 69.
first_tool() {
  local name
  for name in "$@"; do
    command -v "$name" && return 0
  done
  die "$EX_UNAVAILABLE" "none of these is installed on this host: $*" "install it, or add its directory to the host's path in the plan"
}

# Print the option file that holds the login. A restore may have one of its own: it needs more rights than a backup.
mysql_credentials_file() {
  local file="$CREDENTIALS_FILE"
  if [[ $ACTION == restore && -n ${RESTORE_CREDENTIALS_FILE:-} ]]; then file="$RESTORE_CREDENTIALS_FILE"; fi
  if [[ -n $file ]]; then
    require_private_file "$file"
    printf '%s\n' "$file"
    return 0
  fi
  file="$RUN_DIR/mysql.cnf"
  if [[ ! -e $file ]]; then
    write_login "$file.new"
    mv -- "$file.new" "$file"
  fi
  printf '%s\n' "$file"
}

# Refuse an option file that others may read: a password in it is no secret.
require_private_file() {
  local mode
  [[ -e $1 ]] || die "$EX_NOPERM" "the credentials file $1 is not there" "make it with mode 600: [client], then a line user=… and a line password=…"
  [[ -f $1 && -r $1 ]] || die "$EX_NOPERM" "cannot read the credentials file $1" "run as its owner, or as root"
  mode="$(ls -lLd -- "$1")"
  [[ ${mode:4:6} == ------ ]] || die "$EX_NOPERM" "others than its owner may read the credentials file $1" "chmod 600 $1, and change the password: it may have been read"
}

# Write the option file for a user with a password by reference. The umask makes it private; it lies in the run's
# scratch directory and goes with it.
write_login() {
  local file="$1" password=''
  if [[ -n $PASSWORD_SECRET ]]; then
    password="$(read_secret "$PASSWORD_SECRET")" || exit $?
    [[ $password != *[[:cntrl:]]* ]] || die "$EX_NOPERM" "the password of $MYSQL_USER holds a control character" "is it the right file? one line is expected"
  fi
  {
    printf '[client]\n'
    [[ -z $MYSQL_USER ]] || printf 'user=%s\n' "$(quote_option "$MYSQL_USER")"
    [[ -z $password ]] || printf 'password=%s\n' "$(quote_option "$password")"
  } >"$file" || die "$EX_IO" "cannot write in $RUN_DIR"
}

# A value for an option file. Inside double quotes only the backslash and the quote are special, `#` and spaces are not.
quote_option() {
  local text="${1//\\/\\\\}"
  printf '"%s"' "${text//\"/\\\"}"
}

# Run a statement on the live server; rows on stdout. The tool's words are in $RUN_DIR/mysql.err when it fails.
mysql_query() {
  "$MYSQL_CLIENT" "${MYSQL_ARGS[@]}" --connect-timeout=10 --batch --raw --skip-column-names --execute="$1" </dev/null 2>"$RUN_DIR/mysql.err"
}

# The same, or leave with a code that tells why not.
require_query() {
  mysql_query "$2" || die_of_mysql "$1" "$RUN_DIR/mysql.err"
}

# Leave because a client or a dump failed: WHAT failed, and the file with the tool's words.
die_of_mysql() {
  local what="$1" file="$2" number
  number="$(mysql_error_number "$file")"
  die "$(mysql_error_code "$number")" "$what: $(mysql_error_text "$number" "$file")" "$(mysql_error_hint "$number")"
}

# The number of the last error in a tool's words: `ERROR 1045 (28000)`, `Got error: 1045:`, `Error 2013:`, `… (1044)`.
mysql_error_number() {
  sed -n -e 's/^ERROR \([0-9][0-9]*\).*/\1/p' -e 's/.*[Ee]rror:\{0,1\} \([0-9][0-9][0-9][0-9]*\):.*/\1/p' -e 's/.*(\([0-9][0-9][0-9][0-9]\))$/\1/p' "$1" | tail -n 1
}

# The exit code for an error of the server or the client.
mysql_error_code() {
  case "$1" in
    1044 | 1045 | 1130 | 1142 | 1143 | 1227 | 1370 | 1396 | 1698 | 1820 | 1862 | 3118) printf '%d\n' "$EX_NOPERM" ;;
    1049 | 1146) printf '%d\n' "$EX_DATA" ;;
    1040 | 1203 | 1205 | 1213 | 1226 | 1412) printf '%d\n' "$EX_TEMPFAIL" ;;
    *) printf '%d\n' "$EX_UNAVAILABLE" ;;
  esac
}

# What to do about it.
mysql_error_hint() {
  case "$1" in
    2002 | 2003 | 2005) printf 'is the server up? are socket, host and port in the plan right?\n' ;;
    2006 | 2013) printf 'look at the log of the server: it may have crashed, been restarted or run out of memory\n' ;;
    1045 | 1698) printf 'are user and password right, and may this user log in from here?\n' ;;
    1044 | 1142 | 1143 | 1227 | 1370) printf 'the account lacks a privilege: see the list in the documentation of the mysql kind\n' ;;
    1412) printf 'a table was altered during the dump: do that at another time, then run this again\n' ;;
    1040 | 1203 | 1226) printf 'the server has too many connections\n' ;;
  esac
}

# A tool's last words about an error, without the name of the tool. Only for words that hold no data: connecting, asking
# for metadata, dumping. What a client says when it loads a dump goes through mysql_load_error.
mysql_error_text() {
  local text
  text="$(grep -v -e '^--------------$' -e '^[[:space:]]*$' -- "$2" | grep -e "${1:-.}" | tail -n 1 || true)"
  text="${text#mysqldump: }" text="${text#mariadb-dump: }" text="${text#Got error: }"
  ((${#text} <= 300)) || text="${text:0:297}..."
  printf '%s\n' "${text:-it ended without a word}"
}

# ---------------------------------------------------------------- what the live server is

# Is this server or tool MariaDB's? By its version text.
flavour_of() {
  case "$1" in
    *[Mm]aria[Dd][Bb]*) printf 'mariadb\n' ;;
    *) printf 'mysql\n' ;;
  esac
}

# Ask the live server who it is: MYSQL_FLAVOUR, MYSQL_VERSION; takes MySQL's own client for a MySQL server.
mysql_identify() {
  local text
  mysql_setup
  [[ -z ${MYSQL_FLAVOUR:-} ]] || return 0
  text="$(require_query 'the server does not answer' "SELECT CONCAT(VERSION(), '|', @@version_comment)")" || exit $?
  MYSQL_VERSION="${text%%|*}"
  MYSQL_FLAVOUR="$(flavour_of "$text")"
  if [[ $MYSQL_FLAVOUR == mysql ]]; then
    MYSQL_CLIENT="$(first_tool mysql)" || exit $?
    MYSQL_DUMP="$(first_tool mysqldump)" || exit $?
  else
    MYSQL_DUMP="$(first_tool mariadb-dump mysqldump)" || exit $?
  fi
  text="$("$MYSQL_DUMP" --version)" || die "$EX_UNAVAILABLE" "$MYSQL_DUMP does not run"
  # shellcheck disable=SC2034  # not used where no dump is made
  MYSQL_DUMP_VERSION="$text"
  if [[ $(flavour_of "$text") != "$MYSQL_FLAVOUR" ]]; then
    die "$EX_UNAVAILABLE" "the server is $MYSQL_VERSION, but $MYSQL_DUMP belongs to the other one of MySQL and MariaDB" "install the dump program of this server: one of the other family leaves things out"
  fi
}

# Print the value of a server variable; nothing when the server does not have it.
mysql_variable() {
  require_query 'cannot read the variables of the server' "SHOW GLOBAL VARIABLES LIKE '$1'" | cut -f 2
}

# The databases to dump, into MYSQL_DATABASES. All of them means: those of people, and `mysql`, which holds the accounts;
# the server makes the other system databases itself.
mysql_list_databases() {
  local name found
  # DATABASES is never empty where it is expanded.
  MYSQL_DATABASES=()
  if ((${#DATABASES[@]})); then
    MYSQL_DATABASES=("${DATABASES[@]}")
    return 0
  fi
  found="$(require_query 'cannot list the databases' "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'mysql' OR SCHEMA_NAME NOT IN ($MYSQL_SYSTEM_DATABASES) ORDER BY SCHEMA_NAME = 'mysql', CAST(SCHEMA_NAME AS BINARY)")" || exit $?
  while IFS= read -r name; do
    # A directory that the server takes for a database: lost+found, or what a restore put aside on a mount point.
    if [[ $name == '#mysql50#'* ]]; then
      log_debug "${name#'#mysql50#'} in the data directory is no database"
      continue
    fi
    MYSQL_DATABASES+=("$name")
  done <<<"$found"
}

# A name as SQL's bytes, whatever characters and whatever sql_mode. Compare it with CAST(… AS BINARY): the collation of
# names would take `Shop` for `shop`.
sql_text() {
  printf '0x%s' "$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')"
}

# A name as SQL's identifier.
sql_name() {
  # shellcheck disable=SC2016  # the quotes of SQL
  printf '`%s`' "${1//\`/\`\`}"
}

# `a, b, c` of SQL texts.
sql_list() {
  local name out=''
  for name in "$@"; do out+="${out:+, }$(sql_text "$name")"; done
  printf '%s\n' "$out"
}

# The query for what databases hold, in the words of the MANIFEST: `database shop`, `12 InnoDB tables in shop`. The
# condition chooses databases by the column X.
content_query() {
  local where="$1"
  cat <<SQL
SELECT CONCAT('database ', SCHEMA_NAME) FROM information_schema.SCHEMATA WHERE ${where//X/SCHEMA_NAME}
UNION ALL SELECT CONCAT(COUNT(*), ' ', IFNULL(ENGINE, 'broken'), ' tables in ', MIN(TABLE_SCHEMA)) FROM information_schema.TABLES
  WHERE TABLE_TYPE NOT IN ('VIEW', 'SYSTEM VIEW', 'SEQUENCE') AND ${where//X/TABLE_SCHEMA} GROUP BY CAST(TABLE_SCHEMA AS BINARY), ENGINE
UNION ALL SELECT CONCAT(COUNT(*), ' views in ', MIN(TABLE_SCHEMA)) FROM information_schema.TABLES
  WHERE TABLE_TYPE = 'VIEW' AND ${where//X/TABLE_SCHEMA} GROUP BY CAST(TABLE_SCHEMA AS BINARY)
UNION ALL SELECT CONCAT(COUNT(*), ' sequences in ', MIN(TABLE_SCHEMA)) FROM information_schema.TABLES
  WHERE TABLE_TYPE = 'SEQUENCE' AND ${where//X/TABLE_SCHEMA} GROUP BY CAST(TABLE_SCHEMA AS BINARY)
UNION ALL SELECT CONCAT(COUNT(*), ' routines in ', MIN(ROUTINE_SCHEMA)) FROM information_schema.ROUTINES
  WHERE ${where//X/ROUTINE_SCHEMA} GROUP BY CAST(ROUTINE_SCHEMA AS BINARY)
UNION ALL SELECT CONCAT(COUNT(*), ' triggers in ', MIN(TRIGGER_SCHEMA)) FROM information_schema.TRIGGERS
  WHERE ${where//X/TRIGGER_SCHEMA} GROUP BY CAST(TRIGGER_SCHEMA AS BINARY)
UNION ALL SELECT CONCAT(COUNT(*), ' events in ', MIN(EVENT_SCHEMA)) FROM information_schema.EVENTS
  WHERE ${where//X/EVENT_SCHEMA} GROUP BY CAST(EVENT_SCHEMA AS BINARY)
SQL
}

# The condition for all databases but the server's own.
all_databases_condition() {
  printf "X NOT IN (%s) AND X NOT LIKE '#mysql50#%%'\n" "$MYSQL_SYSTEM_DATABASES"
}

# The condition for the databases named, or for all.
content_condition() {
  if (($#)); then
    printf 'CAST(X AS BINARY) IN (%s)\n' "$(sql_list "$@")"
  else
    all_databases_condition
  fi
}

# ---------------------------------------------------------------- backup

# Can a backup be made? Tools, login, databases, and rights: whoever may not see a routine or a trigger dumps the rest
# without it and without an error.
kind_preflight() {
  mysql_identify
  mysql_list_databases
  check_dump_arguments
  check_databases
  check_privileges
}

# Refuse additions to the dump's arguments that take away what a restore relies on.
check_dump_arguments() {
  local arg
  for arg in ${DUMP_EXTRA_ARGS[@]+"${DUMP_EXTRA_ARGS[@]}"}; do
    case "$arg" in
      --compact | --skip-comments | --comments=0 | --comments=FALSE | --result-file* | -r* | --tab* | -T* | --xml | -X | --flush-privileges | --skip-create-options | --compatible* | --all-databases | -A | --no-create-db | -n | --no-create-info | -t | --defaults-* | --no-defaults | --password* | -p* | [!-]*)
        [[ $arg == --* ]] || arg="${arg:0:2}"
        die "$EX_CONFIG" "the plan gives the dump the argument ${arg%%=*}, which does not go with this backup" "take it out of the plan"
        ;;
    esac
  done
}

# Are the databases of the plan there, with names that can be handled?
check_databases() {
  local name found
  found="$(require_query 'cannot list the databases' 'SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE LOCATE(CHAR(10), SCHEMA_NAME) OR LOCATE(CHAR(13), SCHEMA_NAME)')" || exit $?
  [[ $found == 0 ]] || die "$EX_CONFIG" 'the name of a database holds a line break: its dump would not come back as it is' 'rename that database'
  for name in ${DATABASES[@]+"${DATABASES[@]}"}; do
    case "$name" in
      mysql | sys | information_schema | performance_schema | ndbinfo)
        die "$EX_CONFIG" "$name belongs to the server and cannot be restored by itself" "leave it out, or back up all databases"
        ;;
    esac
    found="$(require_query 'cannot list the databases' "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE CAST(SCHEMA_NAME AS BINARY) = $(sql_text "$name")")" || exit $?
    [[ $found != 0 ]] || die "$EX_DATA" "there is no database '$name' on this server, or the account may not see it" "$(describe_databases)"
  done
}

# A hint that names the databases there are.
describe_databases() {
  local names
  names="$(mysql_query "SELECT GROUP_CONCAT(SCHEMA_NAME ORDER BY SCHEMA_NAME SEPARATOR ', ') FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ($MYSQL_SYSTEM_DATABASES)" || true)"
  printf 'it may see: %s\n' "${names:-none}"
}

# Has the account the rights without which a dump is incomplete and nobody tells?
check_privileges() {
  local grants scope='*.*' right
  grants="$(require_query 'cannot read the rights of the account' 'SHOW GRANTS')" || exit $?
  if ((${#DATABASES[@]})); then scope=''; fi
  for right in SELECT TRIGGER EVENT; do
    has_grant "$right" "$scope" "$grants" || missing_privilege "$right" "${scope:-the databases of the plan}" "$grants"
  done
  if [[ $MYSQL_FLAVOUR == mariadb ]]; then
    mysql_query 'SELECT 1 FROM mysql.proc LIMIT 1' >/dev/null || has_grant 'SHOW CREATE ROUTINE' '*.*' "$grants" || missing_privilege SELECT mysql.proc ''
  elif ! has_grant SELECT '*.*' "$grants" && ! has_grant SHOW_ROUTINE '*.*' "$grants"; then
    missing_privilege SHOW_ROUTINE '*.*' "$grants"
  fi
}

# Does a list of grants give a right, on this scope or (empty) on any?
has_grant() {
  local right="$1" scope="$2" line
  while IFS= read -r line; do
    [[ $line == GRANT\ *\ ON\ * ]] || continue
    [[ -z $scope || $line == *" ON $scope TO "* ]] || continue
    line=", ${line#GRANT }"
    line="${line%% ON *},"
    if [[ $line == *", $right,"* || $line == *', ALL PRIVILEGES,'* || $line == *', ALL,'* ]]; then return 0; fi
  done <<<"$3"
  return 1
}

# Leave because of a missing right; where roles are at work, which this cannot look through, only warn.
missing_privilege() {
  local line
  while IFS= read -r line; do
    [[ $line == GRANT\ * && $line != *' ON '* ]] || continue
    log_warn "cannot tell whether a role of the account gives $1 on $2; without it the backup silently lacks things"
    return 0
  done <<<"$3"
  die "$EX_NOPERM" "the account has no right $1 on $2: a dump would silently lack what it may not see" "GRANT $1 ON ${2/the databases of the plan/…} TO the account"
}

# Make the backup: one dump, looked through while it is written.
kind_capture() {
  local log_bin
  mysql_identify
  mysql_list_databases
  log_bin="$(mysql_variable log_bin)" || exit $?
  mysql_dump_arguments "$log_bin"
  warn_of_loose_ends
  describe_server
  write_payload dump.sql observe_dump produce_dump
  if [[ $log_bin == ON ]] && ! grep '^position\.' "$RUN_DIR/dump.facts" >/dev/null; then
    log_warn "the binary log is on, but the dump does not name its position: no point-in-time recovery from this set"
  fi
  ((LOG_SECONDS == 0)) || enter_binlog_identity
  enter_content
}

# Enter what was seen in the dump. `content.agreed` says whether the server, asked afterwards, held the same: if so a
# restore must come to the same, if not it can only be told that something differs.
enter_content() {
  local line number=0 agreed=yes
  while IFS= read -r line; do
    manifest_add "${line%%=*}" "${line#*=}"
  done < <(grep -v '^content=' "$RUN_DIR/dump.facts")
  recorded_content "$RUN_DIR/dump.facts" >"$RUN_DIR/content.dump"
  while IFS= read -r line; do
    number=$((number + 1))
    manifest_add "content.$number" "$line"
  done <"$RUN_DIR/content.dump"
  require_query 'cannot count what the databases hold' "$(content_query "$(content_condition ${DATABASES[@]+"${DATABASES[@]}"})")" | sort >"$RUN_DIR/content.live"
  if ! cmp -s -- "$RUN_DIR/content.live" "$RUN_DIR/content.dump"; then
    agreed=no
    log_warn "tables or routines came or went while the dump was made: $(content_difference "$RUN_DIR/content.dump" "$RUN_DIR/content.live" dumped 'there now')"
  fi
  manifest_add content.agreed "$agreed"
}

# The arguments of the dump program, into DUMP_ARGS. Each flag that only one family, or only newer versions, know is
# added where it is known: the others leave with `unknown option`.
mysql_dump_arguments() {
  local log_bin="$1" version
  DUMP_ARGS=("${MYSQL_ARGS[@]}" --single-transaction --quick --routines --events --triggers --hex-blob --no-tablespaces --max-allowed-packet=1G)
  version="$(dump_program_version)"
  if [[ $MYSQL_FLAVOUR == mariadb ]]; then
    [[ $log_bin != ON ]] || DUMP_ARGS+=(--master-data=2)
    ! keeps_row_history || DUMP_ARGS+=(--dump-history)
  else
    if [[ $log_bin == ON ]]; then
      if ((version >= 80026)); then DUMP_ARGS+=(--source-data=2); else DUMP_ARGS+=(--master-data=2); fi
    fi
    ((version < 80000)) || DUMP_ARGS+=(--column-statistics=0)
    # As a comment the GTID set is on record, and loading the dump does not rewrite the history of a live server.
    if ((version >= 80017)) && [[ $(mysql_variable gtid_mode) == ON* ]]; then
      DUMP_ARGS+=(--set-gtid-purged=COMMENTED)
    else
      DUMP_ARGS+=(--set-gtid-purged=OFF)
    fi
  fi
  DUMP_ARGS+=(${DUMP_EXTRA_ARGS[@]+"${DUMP_EXTRA_ARGS[@]}"} --databases -- "${MYSQL_DATABASES[@]}")
}

# The version of the dump program as a number, 80026 for 8.0.26; 0 when it cannot be read. MariaDB's tools and MySQL's
# before 8.0 say it as `Distrib`.
dump_program_version() {
  local text
  text="$(printf '%s\n' "$MYSQL_DUMP_VERSION" | sed -n -e 's/.*Distrib \([0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' -e 's/.*Ver \([0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)"
  version_number "$text"
}

# `10.11.19-MariaDB-log` as 101119: a number that can be compared within a family.
version_number() {
  if [[ $1 =~ ^([0-9]+)\.([0-9]+)\.([0-9]+) ]]; then
    printf '%d\n' $((BASH_REMATCH[1] * 10000 + BASH_REMATCH[2] * 100 + BASH_REMATCH[3]))
  else
    printf '0\n'
  fi
}

# Are there tables WITH SYSTEM VERSIONING, and does the dump program know how to take their past along?
keeps_row_history() {
  local count
  count="$(require_query 'cannot look at the tables' "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_TYPE = 'SYSTEM VERSIONED' AND CAST(TABLE_SCHEMA AS BINARY) IN ($(sql_list "${MYSQL_DATABASES[@]}"))")" || exit $?
  [[ $count != 0 ]] || return 1
  if "$MYSQL_DUMP" --no-defaults --help | grep -e '--dump-history' >/dev/null; then return 0; fi
  log_warn "$count tables keep old versions of their rows, which this dump program cannot take along: only the present rows are backed up"
  return 1
}

# Say what a consistent dump cannot cover.
warn_of_loose_ends() {
  local list found
  list="$(sql_list "${MYSQL_DATABASES[@]}")"
  found="$(require_query 'cannot look at the tables' "SELECT CONCAT(COUNT(*), ' ', IFNULL(MIN(CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, ' (', ENGINE, ')')), '')) FROM information_schema.TABLES t JOIN information_schema.ENGINES e USING (ENGINE) WHERE t.TABLE_TYPE <> 'VIEW' AND e.TRANSACTIONS <> 'YES' AND t.TABLE_SCHEMA <> 'mysql' AND CAST(t.TABLE_SCHEMA AS BINARY) IN ($list)")" || exit $?
  if [[ ${found%% *} != 0 ]]; then
    log_warn "${found%% *} tables have no transactions, such as ${found#* }: what is written to them during the dump may be torn"
  fi
  ((${#DATABASES[@]})) || return 0
  found="$(require_query 'cannot look at the views' "SELECT CONCAT(v.TABLE_SCHEMA, '.', v.TABLE_NAME, ' uses ', s.SCHEMA_NAME) FROM information_schema.VIEWS v JOIN information_schema.SCHEMATA s ON LOCATE(CONCAT(CHAR(96), REPLACE(s.SCHEMA_NAME, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96), '.'), v.VIEW_DEFINITION) WHERE CAST(v.TABLE_SCHEMA AS BINARY) IN ($list) AND CAST(s.SCHEMA_NAME AS BINARY) NOT IN ($list) AND s.SCHEMA_NAME NOT IN ($MYSQL_SYSTEM_DATABASES) LIMIT 1")" || exit $?
  [[ -z $found ]] || log_warn "the view $found, which is not in this backup: it cannot be restored without it"
}

# Enter what a restore must know of the server.
describe_server() {
  local name value
  manifest_add tool.server "$MYSQL_VERSION"
  manifest_add tool.dump "$MYSQL_DUMP_VERSION"
  manifest_add server.flavour "$MYSQL_FLAVOUR"
  if ((${#DATABASES[@]})); then manifest_add dump.scope databases; else manifest_add dump.scope all; fi
  for name in lower_case_table_names innodb_page_size innodb_data_file_path innodb_data_home_dir innodb_log_group_home_dir innodb_undo_directory character_set_server collation_server; do
    value="$(mysql_variable "$name")" || exit $?
    manifest_add "server.$name" "$value"
  done
  value="$(require_query 'cannot list the storage engines' "SELECT GROUP_CONCAT(DISTINCT p.PLUGIN_LIBRARY ORDER BY 1 SEPARATOR ' ') FROM information_schema.PLUGINS p WHERE p.PLUGIN_TYPE = 'STORAGE ENGINE' AND p.PLUGIN_STATUS = 'ACTIVE' AND p.PLUGIN_LIBRARY IS NOT NULL")" || exit $?
  manifest_add server.engine_plugins "${value/#NULL/}"
}

# The producer of the payload: the dump. Its words are judged here, where the tool's own status is known.
produce_dump() {
  local status=0
  "$MYSQL_DUMP" "${DUMP_ARGS[@]}" </dev/null 2>"$RUN_DIR/mysqldump.err" || status=$?
  # Killed by the end of the pipe: what failed is downstream.
  ((status != 141)) || return 141
  ((status == 0)) || die_of_mysql 'the dump failed' "$RUN_DIR/mysqldump.err"
  log_tool_errors "${MYSQL_DUMP##*/}" "$RUN_DIR/mysqldump.err" WARN
}

# The observer of the payload: leaves what it saw in $RUN_DIR/dump.facts. A dump cut between two statements loads without
# an error: only its last line tells.
observe_dump() {
  local status=0
  scan_dump >"$RUN_DIR/dump.facts" || status=$?
  case "$status" in
    0) ;;
    65) die "$EX_DATA" 'the dump has no end: its last line is not "-- Dump completed"' 'the dump program was cut short; look at the log of the server' ;;
    *) die "$EX_SOFTWARE" "cannot look through the dump: awk ended with status $status" ;;
  esac
}

# Read a dump, print `key=value` lines of positions and content, fail with 65 when the last line is missing. Rows and
# bodies of routines are passed over, so that text in them is not taken for structure.
scan_dump() {
  awk '
    function note(what) { if (db != "" && !(db in system_db)) seen[what " in " db]++ }
    function close_table() { if (table) { note((engine == "" ? "unknown" : engine) " tables"); table = 0 } }
    function grow(line) {
      size += length(line) + 1
      if (size > longest) longest = size
      if (substr(line, length(line)) == ";") size = 0
    }
    BEGIN {
      system_db["mysql"]; system_db["sys"]; system_db["information_schema"]; system_db["performance_schema"]; system_db["ndbinfo"]
    }
    $0 == "" { next }
    { complete = 0 }
    # Several events share one body.
    body { if ($0 == "DELIMITER ;") body = 0; else if ($0 == "DELIMITER ;;") note(section); next }
    /^\(/ { grow($0); next }
    /^INSERT / { size = 0; grow($0); next }
    $0 == "DELIMITER ;;" { body = 1; note(section); next }
    /^-- Dump completed/ { complete = 1; next }
    /^-- Current Database: / {
      close_table()
      db = substr($0, 22)
      sub(/^`/, "", db)
      sub(/`$/, "", db)
      gsub(/``/, "`", db)
      if (!(db in system_db)) listed[db]
      section = "triggers"
      next
    }
    /^-- Table structure for table / { close_table(); table = 1; engine = ""; section = "triggers"; next }
    /^-- Sequence structure for / { close_table(); note("sequences"); next }
    /^-- Temporary (table|view) structure for view / { close_table(); note("views"); next }
    /^-- Dumping events for database / { close_table(); section = "events"; next }
    /^-- Dumping routines for database / { close_table(); section = "routines"; next }
    /^(-- )?CHANGE (MASTER|REPLICATION SOURCE) TO (MASTER|SOURCE)_LOG_FILE=\047/ && file == "" {
      file = $0
      sub(/^[^\047]*\047/, "", file)
      sub(/\047.*/, "", file)
      position = $0
      sub(/.*_LOG_POS=/, "", position)
      sub(/[^0-9].*/, "", position)
      next
    }
    /^(-- )?SET GLOBAL gtid_slave_pos=\047/ { gtid = $0; sub(/^[^\047]*\047/, "", gtid); sub(/\047.*/, "", gtid); next }
    /SET @@GLOBAL\.GTID_PURGED=/ { sub(/.*GTID_PURGED=/, ""); sub(/\/\*![0-9]+ \047\+\047\*\//, ""); purged = 1 }
    purged {
      if ($0 ~ /\047;/) purged = 0
      gsub(/[\047*;\/ ]/, "")
      gtid = gtid $0
      next
    }
    table && engine == "" && /^\) ENGINE=/ { engine = substr($0, 10); sub(/[^A-Za-z0-9_].*/, "", engine) }
    END {
      close_table()
      if (file != "") printf "position.binlog_file=%s\nposition.binlog_pos=%s\n", file, position
      if (gtid != "") printf "position.gtid=%s\n", gtid
      printf "dump.longest_statement=%.0f\n", longest
      for (name in listed) printf "content=database %s\n", name
      for (what in seen) printf "content=%d %s\n", seen[what], what
      exit(complete ? 0 : 65)
    }
  '
}

# The content that a scan of a dump or (decoded) a MANIFEST speaks of, sorted.
recorded_content() {
  sed -n -e 's/^content=//p' -e '/^content\.[0-9]*=/ { s/^content\.[0-9]*=//; s/%25/%/g; p; }' "$1" | sort
}

# Does a place hold the content that the MANIFEST of a set names? PLACE is a word for messages, the file is its content.
same_content() {
  local set="$1" place="$2" file="$3"
  recorded_content "$set/MANIFEST" >"$RUN_DIR/content.set"
  if cmp -s -- "$RUN_DIR/content.set" "$file"; then return 0; fi
  if [[ $(manifest_get "$set" content.agreed) == no ]]; then
    log_warn "the $place does not hold what the MANIFEST names, which was already in doubt when the set was made: $(content_difference "$RUN_DIR/content.set" "$file" MANIFEST "$place")"
    return 0
  fi
  log_error "the $place does not hold what the MANIFEST of ${set##*/} names: $(content_difference "$RUN_DIR/content.set" "$file" MANIFEST "$place")"
  return "$EX_DATA"
}

# Two lists of content in one line of words: what only the first has, then what only the second has.
content_difference() {
  local only_first only_second
  only_first="$(comm -23 "$1" "$2" | head -n 5 | tr '\n' ';')"
  only_second="$(comm -13 "$1" "$2" | head -n 5 | tr '\n' ';')"
  printf '%s: %s %s: %s\n' "$3" "${only_first:-nothing more;}" "$4" "${only_second:-nothing more;}"
}

# Look through a set without loading it: it decodes, it has its last line, it holds what its MANIFEST says.
kind_verify() {
  local set="$1" status=0
  stream_payload "$set" dump.sql observe_dump || status=$?
  ((status == 0)) || return "$status"
  recorded_content "$RUN_DIR/dump.facts" >"$RUN_DIR/content.dump"
  same_content "$set" dump "$RUN_DIR/content.dump"
}

# ---------------------------------------------------------------- the throw-away server

# Print the directory in which a stage is made: the file system of the data directory, which it replaces by a rename.
kind_stage_parent() {
  local dir parent
  dir="$(real_data_dir)"
  parent="${dir%/*}"
  if is_mount_point "$dir"; then printf '%s\n' "$dir"; else existing_parent "${parent:-/}"; fi
}

# The data directory with symbolic links resolved, as far as it exists.
real_data_dir() {
  if [[ -d $DATA_DIR ]]; then (cd -P -- "$DATA_DIR" && pwd -P); else printf '%s\n' "$DATA_DIR"; fi
}

# Print the server program.
server_binary() {
  local name
  if [[ -n $SERVER_BINARY ]]; then
    [[ -x $SERVER_BINARY ]] || die "$EX_UNAVAILABLE" "the server program $SERVER_BINARY is not there" "correct it in the plan, or leave it out"
    printf '%s\n' "$SERVER_BINARY"
    return 0
  fi
  for name in mariadbd mysqld; do
    command -v "$name" && return 0
  done
  # sbin is not on the path of every user and of no crontab.
  for name in /usr/sbin/mariadbd /usr/sbin/mysqld /usr/libexec/mariadbd /usr/libexec/mysqld /usr/local/sbin/mysqld; do
    [[ ! -x $name ]] || { printf '%s\n' "$name" && return 0; }
  done
  die "$EX_UNAVAILABLE" 'there is no mariadbd and no mysqld on this host' "a restore is proven in a throw-away server first: install the server, or name its program in the plan"
}

# Restore a set into a throw-away server below DIR: DIR/data is its data directory, DIR/server.log its log.
kind_stage() {
  local set="$1" dir="$2" status=0
  stage_setup "$set"
  stage_prepare "$dir"
  stage_initialize "$set" "$dir"
  stage_start "$set" "$dir"
  log_info "loading the dump into a throw-away server ($STAGE_VERSION)"
  stream_payload "$set" dump.sql load_stage "$dir" || status=$?
  ((status == 0)) || exit "$status"
  stage_upgrade "$set" "$dir"
}

# Choose the server program and its client, and refuse what cannot hold this set: STAGE_SERVER, STAGE_FLAVOUR,
# STAGE_VERSION, STAGE_CLIENT.
stage_setup() {
  local set="$1" made_with
  STAGE_SERVER="$(server_binary)" || exit $?
  STAGE_VERSION="$("$STAGE_SERVER" --no-defaults --version 2>/dev/null | tail -n 1)" || die "$EX_UNAVAILABLE" "$STAGE_SERVER does not run"
  STAGE_FLAVOUR="$(flavour_of "$STAGE_VERSION")"
  STAGE_VERSION="$(printf '%s\n' "$STAGE_VERSION" | sed 's/.*Ver \([^ ]*\).*/\1/')"
  made_with="$(manifest_get "$set" tool.server)"
  if [[ $STAGE_FLAVOUR != "$(manifest_get "$set" server.flavour)" ]]; then
    die "$EX_CONFIG" "the set was made with $made_with, and $STAGE_SERVER is $STAGE_VERSION" "install the server that made it; moving between MySQL and MariaDB is a migration, not a restore"
  fi
  if (($(version_series "$STAGE_VERSION") < $(version_series "$made_with"))); then
    die "$EX_CONFIG" "the set was made with $made_with, and the server here is older: $STAGE_VERSION" "install that version or a newer one"
  fi
  if [[ $STAGE_FLAVOUR == mysql ]]; then
    STAGE_CLIENT="$(first_tool mysql)" || exit $?
  else
    STAGE_CLIENT="$(first_tool mariadb mysql)" || exit $?
  fi
}

# `10.11.19-MariaDB` as 1011.
version_series() {
  printf '%d\n' $(($(version_number "$1") / 100))
}

# Make the directories of a throw-away server and decide as whom it runs: STAGE_USER, empty for whoever runs this. As
# root it runs as the plan's server user where that user can reach the directory.
stage_prepare() {
  local dir="$1"
  mkdir -p -- "$dir/data" "$dir/tmp" || die "$EX_CANTCREAT" "cannot write in $dir"
  STAGE_USER=''
  ((EUID == 0)) || return 0
  STAGE_USER=root
  id -u -- "$SERVER_USER" >/dev/null 2>&1 && can_traverse "$dir" || return 0
  STAGE_USER="$SERVER_USER"
  chown -- "$STAGE_USER:" "$dir" "$dir/data" "$dir/tmp" || die "$EX_NOPERM" "cannot give $dir to $STAGE_USER"
}

# May everybody pass through all parents of a directory?
can_traverse() {
  local path="${1%/*}"
  while [[ -n $path ]]; do
    case "$(file_mode "$path/.")" in
      *[1357]) ;;
      *) return 1 ;;
    esac
    path="${path%/*}"
  done
}

# The options that a data directory must be made and served with, into STAGE_ARGS. No option file is read, no other
# program can connect, nothing is executed by itself, nothing is written outside of the stage.
stage_arguments() {
  local set="$1" dir="$2" value plugin
  STAGE_ARGS=(--no-defaults "--datadir=$dir/data" "--tmpdir=$dir/tmp" "--secure-file-priv=$dir/tmp")
  [[ -z $STAGE_USER ]] || STAGE_ARGS+=("--user=$STAGE_USER")
  value="$(manifest_get "$set" server.lower_case_table_names)"
  [[ -z $value ]] || STAGE_ARGS+=("--lower-case-table-names=$value")
  value="$(manifest_get "$set" server.innodb_page_size)"
  [[ -z $value ]] || STAGE_ARGS+=("--innodb-page-size=$value")
  value="$(manifest_get "$set" server.innodb_data_file_path)"
  # Relative names only: an absolute one would be the live server's file.
  [[ -z $value || $value == */* ]] || STAGE_ARGS+=("--innodb-data-file-path=$value")
  for plugin in $(manifest_get "$set" server.engine_plugins); do
    [[ ! $plugin =~ ^[A-Za-z0-9_.-]+$ ]] || STAGE_ARGS+=("--plugin-load-add=$plugin")
  done
}

# Make an empty data directory, with a root that needs no password: nobody but this run can reach its socket.
stage_initialize() {
  local set="$1" dir="$2" status=0 install
  stage_arguments "$set" "$dir"
  if [[ $STAGE_FLAVOUR == mysql ]]; then
    "$STAGE_SERVER" "${STAGE_ARGS[@]}" --initialize-insecure </dev/null >"$dir/server.log" 2>&1 || status=$?
  else
    install="$(install_program)" || exit $?
    set -- --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve
    # A server that lies elsewhere than the distribution's knows its own place.
    [[ -z $SERVER_BINARY ]] || set -- "$@" "--basedir=$(server_base)"
    "$install" "${STAGE_ARGS[@]}" "$@" </dev/null >"$dir/server.log" 2>&1 || status=$?
  fi
  ((status == 0)) || die_of_stage "$dir" 'cannot make an empty data directory'
}

# MariaDB's program that makes a data directory: beside the server, else on the path.
install_program() {
  local base name
  base="$(server_base)"
  for name in "$base/bin/mariadb-install-db" "$base/scripts/mariadb-install-db" "$base/scripts/mysql_install_db" "$base/bin/mysql_install_db"; do
    [[ ! -x $name ]] || { printf '%s\n' "$name" && return 0; }
  done
  first_tool mariadb-install-db mysql_install_db
}

# The directory above bin/ or sbin/ of the server program.
server_base() {
  local program
  program="$(server_binary)" || exit $?
  program="${program%/*}"
  printf '%s\n' "${program%/*}"
}

# Start the throw-away server, with further arguments, and wait until it answers. It must not outlive a run that was killed:
# a guardian watches.
stage_start() {
  local set="$1" dir="$2" pid waited=0
  shift 2
  stage_arguments "$set" "$dir"
  STAGE_ARGS+=(--socket=lifeboat.sock "--pid-file=$dir/data/lifeboat.pid" --skip-networking --skip-log-bin --event-scheduler=OFF
    --loose-skip-symbolic-links --max-allowed-packet=1G --skip-name-resolve --loose-mysqlx=OFF --loose-skip-slave-start --loose-skip-replica-start
    --loose-performance-schema=OFF --innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=0 --loose-local-infile=0 "$@")
  rm -f -- "$dir/stopped"
  "$STAGE_SERVER" "${STAGE_ARGS[@]}" </dev/null >>"$dir/server.log" 2>&1 9>&- &
  pid=$!
  printf '%d\n' "$pid" >"$dir/server.pid"
  guard_stage "$pid" "$$" </dev/null >/dev/null 2>&1 9>&- &
  printf '%d\n' $! >"$dir/guardian.pid"
  until stage_query "$dir" 'SELECT 1' >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || die_of_stage "$dir" 'the throw-away server does not start'
    ((waited < MYSQL_START_SECONDS * 10)) || die_of_stage "$dir" "the throw-away server does not answer after $MYSQL_START_SECONDS s"
    sleep 0.1
    waited=$((waited + 1))
  done
}

# End the throw-away server when the run that started it is gone.
guard_stage() {
  trap - EXIT HUP INT TERM
  set +e
  while kill -0 "$1" && kill -0 "$2"; do sleep 1; done
  kill "$1"
}

# Leave because the throw-away server failed: its own errors, which hold no data, are shown.
die_of_stage() {
  local dir="$1" hint=''
  grep -e 'ERROR' -e 'FATAL' -- "$dir/server.log" >"$RUN_DIR/stage.err" || tail -n 3 -- "$dir/server.log" >"$RUN_DIR/stage.err" || true
  log_tool_errors server "$RUN_DIR/stage.err"
  if grep -i -e 'space left' -e 'errno: 28' -- "$dir/server.log" >/dev/null; then die "$EX_IO" "$2: the disk of $dir is full"; fi
  [[ ! -e /etc/apparmor.d/usr.sbin.mysqld ]] || hint="AppArmor confines mysqld to its own directory: allow it $dir as the documentation of the mysql kind says"
  die "$EX_UNAVAILABLE" "$2 in $dir" "$hint"
}

# Run the client against the throw-away server. Its socket is named relative to its directory: paths of sockets must be
# short, those of stages may be long.
stage_client() {
  local dir="$1"
  shift
  (cd -- "$dir/data" && exec "$STAGE_CLIENT" --no-defaults --socket=lifeboat.sock --user=root --default-character-set=utf8mb4 "$@")
}

# Run a statement on the throw-away server.
stage_query() {
  stage_client "$1" --batch --raw --skip-column-names --execute="$2" </dev/null
}

# The consumer of the dump for the throw-away server.
load_stage() {
  load_dump 'the throw-away server' stage_client "$1"
}

# Load a dump from stdin through a client command; 65 when it fails or has no end. Binary mode keeps line ends in bodies
# of routines and turns off the client's own commands, which a doctored dump could use.
load_dump() {
  local where="$1" status=0 ended last
  shift
  ended="$RUN_DIR/load.${RUN_PID:-$$}"
  rm -f -- "$ended" "$ended.last"
  mkfifo -- "$ended"
  tail -c 1000 <"$ended" >"$ended.last" &
  last=$!
  tee -- "$ended" | pass_dump "$@" 2>"$RUN_DIR/load.err" || status=$?
  wait "$last" || true
  if ((status != 0)); then
    log_error "$where did not take the dump: $(mysql_load_error "$RUN_DIR/load.err")"
    rm -f -- "$RUN_DIR/load.err"
    return "$(load_status)"
  fi
  if ! tail -n 5 -- "$ended.last" | grep '^-- Dump completed' >/dev/null; then
    log_error 'the dump has no end: its last line is not "-- Dump completed"'
    return "$EX_DATA"
  fi
  rm -f -- "$ended" "$ended.last"
}

# Give the client its input, then read what it left: tee must not die of it before the client's status is known.
pass_dump() {
  local status=0
  "$@" --binary-mode --max-allowed-packet=1G || status=$?
  cat >/dev/null
  return "$status"
}

# What a client said while it loaded a dump, without the data in it: a message quotes the row that it complains about,
# and before it the client prints the whole statement.
mysql_load_error() {
  local line number
  line="$(sed -n 's/^ERROR \([0-9]*\)\( ([0-9A-Z]*)\)\{0,1\}\( at line [0-9]*\)\{0,1\}:.*/\1\2\3/p' "$1" | tail -n 1)"
  if [[ -z $line ]]; then
    line="$(sed -n 's/^ERROR\( at line [0-9]*\):.*/\1/p' "$1" | tail -n 1)"
    printf 'error%s, it is not understood: cut, or from another version\n' "$line"
    return 0
  fi
  number="${line%% *}"
  case "$number" in
    1044 | 1045 | 1142 | 1227) line+=', a privilege is missing' ;;
    1049 | 1146 | 1356) line+=', something refers to a database or table that is not in the dump' ;;
    1062) line+=', a key value exists twice' ;;
    1064) line+=', it is not understood: cut, or from another version' ;;
    1114 | 1021 | 3) line+=', the disk is full' ;;
    1153) line+=', a statement is longer than max_allowed_packet' ;;
    1286) line+=', a storage engine is missing' ;;
    1452) line+=', a foreign key has no parent' ;;
    2006 | 2013) line+=', the server went away' ;;
  esac
  printf 'error %s\n' "$line"
  printf '%s\n' "$number" >"$RUN_DIR/load.number"
}

# The exit code for the load that failed last.
load_status() {
  case "$(cat -- "$RUN_DIR/load.number" 2>/dev/null || true)" in
    1044 | 1045 | 1142 | 1227) printf '%d\n' "$EX_NOPERM" ;;
    1114 | 1021 | 3) printf '%d\n' "$EX_IO" ;;
    2002 | 2003 | 2006 | 2013) printf '%d\n' "$EX_UNAVAILABLE" ;;
    *) printf '%d\n' "$EX_DATA" ;;
  esac
}

# Bring the system tables of an older MariaDB up to this server. MySQL's server does so by itself when it starts.
stage_upgrade() {
  local set="$1" dir="$2" program
  [[ $STAGE_FLAVOUR == mariadb && $(manifest_get "$set" dump.scope) == all ]] || return 0
  (($(version_series "$STAGE_VERSION") > $(version_series "$(manifest_get "$set" tool.server)"))) || return 0
  program="$(first_tool mariadb-upgrade mysql_upgrade)" || exit $?
  log_info "bringing the system tables from $(manifest_get "$set" tool.server) to $STAGE_VERSION"
  (cd -- "$dir/data" && exec "$program" --no-defaults --socket=lifeboat.sock --user=root --force) </dev/null >"$dir/upgrade.log" 2>&1 ||
    die "$EX_DATA" 'cannot upgrade the system tables' "look at $dir/upgrade.log"
}

# Prove what is in the throw-away server: the objects that the MANIFEST names, no table that CHECK TABLE complains about,
# and accounts when everything was backed up.
kind_check_stage() {
  local set="$1" dir="$2" count
  [[ -n ${STAGE_CLIENT:-} ]] || stage_setup "$set"
  if [[ -e $dir/replayed ]]; then
    # The live server must come to the same.
    cp -- "$dir/replayed" "$RUN_DIR/content.replayed"
    cp -- "$dir/replayed" "$RUN_DIR/content.stage"
  elif ! stage_query "$dir" "$(content_query "$(all_databases_condition)")" 2>"$RUN_DIR/mysql.err" | sort >"$RUN_DIR/content.stage"; then
    log_error "cannot look into the throw-away server: $(mysql_error_text '' "$RUN_DIR/mysql.err")"
    return "$EX_DATA"
  fi
  [[ -e $dir/replayed ]] || same_content "$set" 'throw-away server' "$RUN_DIR/content.stage" || return $?
  check_stage_tables "$dir" || return $?
  if [[ $(manifest_get "$set" dump.scope) == all ]]; then
    count="$(stage_query "$dir" 'SELECT COUNT(*) FROM mysql.user' 2>/dev/null || printf 0)"
    if ((count == 0)); then
      log_error 'the restored server has no accounts'
      return "$EX_DATA"
    fi
  fi
  summarize_stage "$dir"
}

# CHECK TABLE on every table of people, a database at a time.
check_stage_tables() {
  local dir="$1" checker bad
  checker="$(first_tool mariadb-check mysqlcheck)" || return "$EX_UNAVAILABLE"
  (cd -- "$dir/data" && exec "$checker" --no-defaults --socket=lifeboat.sock --user=root --default-character-set=utf8mb4 --check --quick --silent --all-databases) </dev/null >"$RUN_DIR/check.out" 2>"$RUN_DIR/check.err" || {
    log_tool_errors check "$RUN_DIR/check.err"
    log_error 'cannot check the restored tables'
    return "$EX_DATA"
  }
  bad="$(grep -i -e '^error' -e 'corrupt' -- "$RUN_DIR/check.out" | head -n 3 | tr '\n' ' ' || true)"
  [[ -z $bad ]] || {
    log_error "CHECK TABLE finds damage in what was restored: $bad"
    return "$EX_DATA"
  }
}

# Leave the line for people in DIR/summary: the server is not there any more when it is asked for.
summarize_stage() {
  awk '
    /^database / { databases++ }
    / tables in / { tables += $1 }
    / views in / { views += $1 }
    / (routines|triggers|events) in / { code += $1 }
    END { printf "%d database%s, %d table%s, %d view%s, %d routine%s\n", databases, databases == 1 ? "" : "s", tables, tables == 1 ? "" : "s", views, views == 1 ? "" : "s", code, code == 1 ? "" : "s, triggers and events" }
  ' "$RUN_DIR/content.stage" >"$1/summary"
}

# One line on what was restored; a person who asked for it is told how to look at it.
kind_stage_summary() {
  local line='nothing'
  [[ ! -s $1/summary ]] || IFS= read -r line <"$1/summary"
  if [[ $ACTION == restore ]]; then line+="; to look at it: mariadbd or mysqld --no-defaults --datadir=$1/data --socket=$1/socket --skip-networking"; fi
  printf '%s\n' "$line"
}

# Stop the throw-away server, cleanly: what is then in DIR/data is complete without a recovery. May be called twice.
kind_stage_stop() {
  local dir="$1" pid guardian waited=0
  [[ -s $dir/server.pid ]] || return 0
  pid="$(cat -- "$dir/server.pid")"
  guardian="$(cat -- "$dir/guardian.pid" 2>/dev/null || true)"
  if is_stage_server "$pid" "$dir"; then
    kill -TERM "$pid" 2>/dev/null || true
    while is_stage_server "$pid" "$dir"; do
      if ((waited >= MYSQL_STOP_SECONDS * 10)); then
        log_warn "the throw-away server does not stop: ending it by force"
        kill -KILL "$pid" 2>/dev/null || true
        break
      fi
      sleep 0.1
      waited=$((waited + 1))
    done
  fi
  [[ -z $guardian ]] || kill -TERM "$guardian" 2>/dev/null || true
  if tail -n 20 -- "$dir/server.log" 2>/dev/null | grep -i 'shutdown complete' >/dev/null; then : >"$dir/stopped"; fi
  rm -f -- "$dir/server.pid" "$dir/guardian.pid" "$dir/data/lifeboat.sock" "$dir/data/lifeboat.sock.lock" "$dir/data/lifeboat.pid"
  rm -rf -- "$dir/tmp"
}

# Is this pid still the server of this stage? Numbers are used again.
is_stage_server() {
  local pid="$1" args
  kill -0 "$pid" 2>/dev/null || return 1
  if [[ -r /proc/$pid/cmdline ]]; then args="$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" || return 1; else args="$(ps -o args= -p "$pid")" || return 1; fi
  [[ $args == *"--datadir=$2/data "* ]]
}

# ---------------------------------------------------------------- live

# Does a set replace the whole server?
replaces_server() {
  [[ $(manifest_get "$1" dump.scope) == all ]]
}

# Say what a live restore will do, and refuse now what could not be done later.
kind_describe_restore() {
  local set="$1" name
  stage_setup "$set"
  check_scope "$set"
  if replaces_server "$set"; then
    check_server_swap "$set"
    printf '  stop %s\n' "$(service_label)"
    printf '  replace the data directory %s: every database and every account becomes that of the backup\n' "$(real_data_dir)"
    printf '  start %s\n' "$(service_label)"
    return 0
  fi
  check_database_swap "$set"
  printf '  drop these databases in the running server and load them from the backup; all others stay as they are:\n'
  set_databases "$set" | while IFS= read -r name; do printf '    %s\n' "$name"; done
  printf '  before that, dump them as they are now to %s\n' "$(safety_file)"
  printf '  programs that use these databases should be stopped until it is done\n'
}

# The databases of a set, a line each.
set_databases() {
  recorded_content "$1/MANIFEST" | sed -n 's/^database //p'
}

# Do the plan and the set speak of the same thing?
check_scope() {
  local set="$1"
  if ((${#DATABASES[@]} == 0)) && ! replaces_server "$set"; then
    die "$EX_CONFIG" "the set ${set##*/} holds chosen databases only, and the plan now says all databases" "restore it with --into, or with the plan of its time"
  elif ((${#DATABASES[@]})) && replaces_server "$set"; then
    die "$EX_CONFIG" "the set ${set##*/} holds the whole server, and the plan now says chosen databases" "restore it with --into DIR and take the databases from there, or with the plan of its time"
  fi
}

# Can the data directory of this server be replaced at all?
check_server_swap() {
  local set="$1" name value real
  [[ $SERVICE_KIND != none ]] || die "$EX_CONFIG" 'the plan does not say how to stop and start the server, so its data directory cannot be replaced' "name its service in the plan; until then restore with --into DIR"
  real="$(real_data_dir)"
  for name in innodb_data_home_dir innodb_log_group_home_dir innodb_undo_directory; do
    value="$(manifest_get "$set" "server.$name")"
    case "${value%/}" in
      '' | . | ./* | "${DATA_DIR%/}" | "${DATA_DIR%/}"/* | "$real" | "$real"/*) ;;
      *) die "$EX_CONFIG" "this server keeps a part of its data outside of $DATA_DIR: $name is $value" "restore with --into DIR and move the parts by hand, with the server stopped" ;;
    esac
  done
  value="$(manifest_get "$set" server.innodb_data_file_path)"
  [[ $value != */* ]] || die "$EX_CONFIG" "this server keeps a part of its data outside of $DATA_DIR: innodb_data_file_path is $value" "restore with --into DIR and move the parts by hand, with the server stopped"
}

# Can the chosen databases be replaced in the live server? It must answer, the account must be able to make everything
# again, and the longest statement must fit: all of that before anything is dropped.
check_database_swap() {
  local set="$1" grants packet longest
  mysql_identify
  grants="$(require_query 'cannot read the rights of the account' 'SHOW GRANTS')" || exit $?
  has_grant 'ALL PRIVILEGES' '*.*' "$grants" || has_grant SUPER '*.*' "$grants" || has_grant SET_USER_ID '*.*' "$grants" || has_grant SET_ANY_DEFINER '*.*' "$grants" || has_grant 'SET USER' '*.*' "$grants" ||
    die "$EX_NOPERM" 'the account of the plan may not restore: it cannot make routines, triggers and views of other accounts' "give the plan a login for restores with all privileges, or put one in ${RESTORE_CREDENTIALS_FILE:-${CREDENTIALS_FILE:-the credentials}} for this run"
  packet="$(mysql_variable max_allowed_packet)" || exit $?
  longest="$(manifest_get "$set" dump.longest_statement)"
  if ((packet <= ${longest:-0} + 1024)); then
    has_grant 'ALL PRIVILEGES' '*.*' "$grants" || has_grant SUPER '*.*' "$grants" || has_grant SYSTEM_VARIABLES_ADMIN '*.*' "$grants" ||
      die "$EX_CONFIG" "the dump has a statement of $(human_bytes "$longest"), the server takes $(human_bytes "$packet")" "SET GLOBAL max_allowed_packet = 1073741824 as an administrator, then run this again"
  fi
}

# Where the safety dump of the chosen databases goes: beside the data directory, as the old data directory would.
safety_file() {
  local dir
  dir="$(kind_stage_parent)"
  if [[ ! -d $dir || ! -w $dir ]]; then dir="$STATE_DIR"; fi
  printf '%s/%s.lifeboat-old-%s.sql%s\n' "${dir%/}" "$ASSET" "$STAMP" "$(codec_suffix "$(choose_compression)" none)"
}

# Make the stage live.
kind_swap() {
  local set="$1" dir="$2"
  if replaces_server "$set"; then swap_server "$dir"; else swap_databases "$set"; fi
}

# Put the data directory of the throw-away server in the place of the live one.
swap_server() {
  local dir="$1" real
  real="$(real_data_dir)"
  [[ -e $dir/stopped ]] || die "$EX_DATA" 'the throw-away server did not end cleanly: its data directory is not put in place' "look at $dir/server.log, then run this again"
  dress_data_directory "$dir/data" "$real"
  service_stop
  require_unused "$real"
  if is_mount_point "$real"; then swap_children "$dir/data" "$real"; else swap_path "$dir/data" "$real"; fi
  restore_labels "$real"
  service_start
}

# Give the new data directory what the old one had besides data: owner, mode, the server's certificates, marks of the
# distribution's package.
dress_data_directory() {
  local new="$1" old="$2" file mode=750
  if [[ -d $old ]]; then
    mode="$(file_mode "$old")"
    for file in "$old"/*.pem "$old"/debian-*.flag; do
      [[ -f $file && ! -e $new/${file##*/} ]] || continue
      cp -p -- "$file" "$new/" || die "$EX_IO" "cannot copy $file"
    done
  fi
  chmod -- "$mode" "$new" || die "$EX_NOPERM" "cannot set the mode of $new"
  ((EUID == 0)) || return 0
  if id -u -- "$SERVER_USER" >/dev/null 2>&1; then
    chown -R -- "$SERVER_USER:" "$new" || die "$EX_NOPERM" "cannot give $new to $SERVER_USER"
  else
    die "$EX_CONFIG" "there is no user $SERVER_USER on this host to own the data directory" "correct the server's user in the plan"
  fi
}

# Refuse to move a data directory under a server that still runs, whatever the service manager believes.
require_unused() {
  local dir="$1" pid
  for pid in /proc/[0-9]*; do
    # A server's working directory is its data directory.
    [[ $pid/cwd -ef $dir ]] || continue
    case "$(readlink -- "$pid/exe" 2>/dev/null)" in
      *mysqld* | *mariadbd*) die "$EX_UNAVAILABLE" "a server still runs in $dir: process ${pid##*/}" "stopping $(service_label) did not stop it; stop it by hand, then run this again" ;;
    esac
  done
}

# Under SELinux files carry the label of where they were made.
restore_labels() {
  command -v selinuxenabled >/dev/null 2>&1 && selinuxenabled || return 0
  restorecon -R -- "$1" || log_warn "cannot restore the SELinux labels of $1: the server may not start"
}

# Replace the chosen databases in the live server.
swap_databases() {
  local set="$1" status=0
  mysql_identify
  check_database_swap "$set"
  make_safety_dump "$set"
  raise_packet_limit
  drop_databases "$set"
  log_info 'loading the backup into the live server'
  stream_payload "$set" dump.sql load_live || status=$?
  lower_packet_limit
  ((status == 0)) || exit "$status"
}

# Dump the databases as they are now, and note where: the way back, also for the run after a kill. Data so damaged that
# it cannot be dumped must not keep anybody from restoring it: then what can be read is kept.
make_safety_dump() {
  local set="$1" file name exists
  file="$(safety_file)"
  MYSQL_DATABASES=()
  while IFS= read -r name; do
    exists="$(require_query 'cannot list the databases' "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE CAST(SCHEMA_NAME AS BINARY) = $(sql_text "$name")")" || exit $?
    [[ $exists == 0 ]] || MYSQL_DATABASES+=("$name")
  done < <(set_databases "$set")
  if ((${#MYSQL_DATABASES[@]} == 0)); then
    log_info 'none of these databases is there now: no safety dump is needed'
    note_way_back "$set" -
    return 0
  fi
  mysql_dump_arguments "$(mysql_variable log_bin)"
  if write_safety_dump "$file"; then
    log_info "dumped the databases as they are now to $file"
    note_way_back "$set" "$file"
  else
    log_warn "the databases as they are now cannot be dumped completely: $(mysql_error_text '' "$RUN_DIR/mysqldump.err")"
    rm -f -- "$file"
    DUMP_ARGS=("${DUMP_ARGS[0]}" --force "${DUMP_ARGS[@]:1}")
    write_safety_dump "$file.incomplete" || true
    log_warn "what could be read of them is in $file.incomplete; there is no way back from this restore"
    note_way_back "$set" "$file.incomplete"
  fi
}

# Write the safety dump, with its end.
write_safety_dump() {
  local file="$1" codec status=0
  codec="$(choose_compression)"
  "$MYSQL_DUMP" "${DUMP_ARGS[@]}" </dev/null 2>"$RUN_DIR/mysqldump.err" | compress_stream "$codec" >"$file" || status=$?
  ((status == 0)) || return "$status"
  sync_paths "$file"
  decompress_stream "$codec" <"$file" | tail -n 5 | grep '^-- Dump completed' >/dev/null
}

# Note how to undo: the stamp of this restore, the codec and the safety dump (`-`: none of them was there), then the
# databases.
note_way_back() {
  local set="$1" file="$2" name
  {
    printf '%s %s %s\n' "$STAMP" "$(choose_compression)" "$file"
    set_databases "$set"
  } >"$STATE_DIR/$ASSET.undo" || die "$EX_IO" "cannot write $STATE_DIR/$ASSET.undo"
  sync_paths "$STATE_DIR/$ASSET.undo"
}

# Let long statements pass while a dump is loaded; what the limit was is put back afterwards.
raise_packet_limit() {
  OLD_PACKET="$(mysql_variable max_allowed_packet)" || exit $?
  on_exit lower_packet_limit
  mysql_query 'SET GLOBAL max_allowed_packet = 1073741824' || OLD_PACKET=''
}

# The inverse of raise_packet_limit.
lower_packet_limit() {
  [[ -n ${OLD_PACKET:-} ]] || return 0
  mysql_query "SET GLOBAL max_allowed_packet = $OLD_PACKET" || true
  OLD_PACKET=''
}

# Drop the databases of a set, so that nothing made since the backup stays in them.
drop_databases() {
  local name
  while IFS= read -r name; do
    require_query "cannot drop the database $name" "SET SESSION foreign_key_checks = 0; DROP DATABASE IF EXISTS $(sql_name "$name")"
  done < <(set_databases "$1")
}

# The consumer of a dump for the live server.
load_live() {
  load_dump 'the live server' "$MYSQL_CLIENT" "${MYSQL_ARGS[@]}"
}

# Prove the live server: it answers, and it holds what the MANIFEST names.
kind_check_live() {
  local set="$1" name
  local -a names=()
  mysql_setup
  wait_for_server || return $?
  if replaces_server "$set" && ! mysql_query 'SELECT 1' >/dev/null; then
    log_warn "the server runs, but refuses the plan's login ($(mysql_error_text '' "$RUN_DIR/mysql.err")): the accounts are now those of the backup"
    return 0
  fi
  replaces_server "$set" || while IFS= read -r name; do names+=("$name"); done < <(set_databases "$set")
  require_query 'cannot count what the databases hold' "$(content_query "$(content_condition ${names[@]+"${names[@]}"})")" | sort >"$RUN_DIR/content.live"
  if [[ ! -e $RUN_DIR/content.replayed ]]; then
    same_content "$set" 'live server' "$RUN_DIR/content.live" || return $?
  elif ! cmp -s -- "$RUN_DIR/content.replayed" "$RUN_DIR/content.live"; then
    log_error "the live server does not hold what was restored: $(content_difference "$RUN_DIR/content.replayed" "$RUN_DIR/content.live" restored live)"
    return "$EX_DATA"
  fi
  rm -f -- "$STATE_DIR/$ASSET.undo"
}

# Wait until the live server answers, if only to refuse the login.
wait_for_server() {
  local waited=0
  until mysql_query 'SELECT 1' >/dev/null; do
    case "$(mysql_error_number "$RUN_DIR/mysql.err")" in
      1045 | 1698 | 1130 | 1044) return 0 ;;
    esac
    if ((waited >= MYSQL_START_SECONDS)); then
      log_error "the server does not answer after $MYSQL_START_SECONDS s: $(mysql_error_text '' "$RUN_DIR/mysql.err")"
      return "$EX_DATA"
    fi
    sleep 1
    waited=$((waited + 1))
  done
}

# Undo a restore of chosen databases: load the safety dump that the note of this very restore names. A server that was
# swapped is put back by the renames alone. A later run that finds no way back goes on: it replaces all of it anyway.
kind_rollback() {
  local note="$STATE_DIR/$ASSET.undo" made_at began codec file name status=0
  [[ -s $note && -s $STATE_DIR/$ASSET.restoring ]] || return 0
  read -r made_at codec file <"$note"
  read -r began _ <"$STATE_DIR/$ASSET.restoring"
  [[ $made_at == "$began" ]] || return 0
  if [[ $file == *.incomplete || ($file != - && ! -f $file) ]]; then
    log_error "there is no complete safety dump of the databases as they were"
    [[ $made_at != "$STAMP" ]] || return "$EX_IO"
    return 0
  fi
  mysql_identify
  raise_packet_limit
  while IFS= read -r name; do
    require_query "cannot drop the database $name" "SET SESSION foreign_key_checks = 0; DROP DATABASE IF EXISTS $(sql_name "$name")"
  done < <(sed 1d "$note")
  if [[ $file != - ]]; then
    decompress_stream "$codec" <"$file" | load_live || status=$?
    if ((status != 0)); then
      lower_packet_limit
      die "$status" "cannot load the safety dump $file" "correct what is wrong with the server, then run this restore again: it first loads that dump; to give up on it, move it away"
    fi
    log_info "loaded the databases as they were from $file"
  fi
  lower_packet_limit
  rm -f -- "$note"
}

# ---------------------------------------------------------------- the binary log

# Can the binary log be archived? It must be on, hold everything, and be readable: its closed files are copied as they are.
kind_log_preflight() {
  local value statement='SHOW MASTER STATUS'
  mysql_identify
  value="$(mysql_variable log_bin)" || exit $?
  [[ $value == ON ]] || die "$EX_CONFIG" 'the binary log of the server is off: there is nothing to archive' 'add to its configuration: [mysqld], log_bin, server_id=1; restart it, then make a full backup'
  for value in encrypt_binlog binlog_encryption; do
    [[ $(mysql_variable "$value") != ON ]] || die "$EX_CONFIG" "the server encrypts its binary log ($value): a restore elsewhere could not read it" "turn it off; the sets of the archive are encrypted as the plan says"
  done
  if [[ $MYSQL_FLAVOUR == mysql ]] && (($(version_number "$MYSQL_VERSION") >= 80400)); then statement='SHOW BINARY LOG STATUS'; fi
  value="$(require_query 'cannot ask for the state of the binary log' "$statement" | cut -f 3,4 | tr -d '\t')" || exit $?
  [[ -z $value ]] || die "$EX_CONFIG" "the binary log leaves databases out: $value" 'take binlog_do_db and binlog_ignore_db out of the configuration'
  value="$(binlog_directory)" || exit $?
  [[ -r $value && -x $value ]] || die "$EX_NOPERM" "cannot read the binary logs in $value" 'run this as root or as the user of the server, on its host'
  BINLOG_TOOL="$(binlog_tool)" || exit $?
}

# The directory of the binary logs.
binlog_directory() {
  local base
  base="$(mysql_variable log_bin_basename)" || exit $?
  printf '%s\n' "${base%/*}"
}

# The program that reads binary logs, of the server's family.
binlog_tool() {
  if [[ ${MYSQL_FLAVOUR:-${STAGE_FLAVOUR:-}} == mysql ]]; then first_tool mysqlbinlog; else first_tool mariadb-binlog mysqlbinlog; fi
}

# What tells a file of the binary log from another one of the same name: the head of its first event has the second of its
# making and the server's id. A server that was reset begins to count anew.
binlog_identity() {
  head -c 21 -- "$1" 2>/dev/null | od -An -v -tx1 | tr -d ' \n'
}

# Enter the identity of the file in which the dump's position lies.
enter_binlog_identity() {
  local file id directory
  file="$(sed -n 's/^position\.binlog_file=//p' "$RUN_DIR/dump.facts")"
  [[ -n $file ]] || die "$EX_CONFIG" 'the plan wants pointInTime, but the dump names no position of the binary log' 'is log_bin on? add to the configuration of the server: [mysqld], log_bin, server_id=1; restart it'
  directory="$(binlog_directory)" || exit $?
  id="$(binlog_identity "$directory/$file")"
  [[ ${#id} == 42 ]] || die "$EX_NOPERM" "cannot read the binary log $directory/$file" 'run this as root or as the user of the server, on its host'
  manifest_add position.binlog_id "$id"
}

# Print `file size` of every binary log, oldest first; the last one is being written.
list_binlogs() {
  require_query 'cannot list the binary logs' 'SHOW BINARY LOGS' | cut -f 1,2 | tr '\t' ' '
}

# Find what is new: $RUN_DIR/log.news gets `file size` of closed files to archive, log.follows what they go on from (empty: a
# chain begins), log.until the moment up to which all is in them.
kind_log_scan() {
  local previous="$1" full="$2" logs active events
  : >"$RUN_DIR/log.news"
  : >"$RUN_DIR/log.follows"
  logs="$(list_binlogs)" || exit $?
  choose_first_binlog "$previous" "$full" "$logs"
  # Asked before the log is closed: what was committed by then is in the closed files.
  require_query 'cannot ask for the time' "SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y%m%dT%H%i%sZ')" >"$RUN_DIR/log.until"
  active="$(printf '%s\n' "$logs" | tail -n 1)"
  events="$(require_query 'cannot look into the binary log' "SHOW BINLOG EVENTS IN '${active%% *}' LIMIT 20")" || exit $?
  events="$(printf '%s\n' "$events" | cut -f 3 | grep -v -c -x -E 'Format_desc|Gtid_list|Binlog_checkpoint|Previous_gtids|Start_encryption|Rotate|Stop|' || true)"
  if ((events > 0)); then
    require_query 'cannot close the binary log' 'FLUSH BINARY LOGS' >/dev/null
    logs="$(list_binlogs)" || exit $?
  fi
  printf '%s\n' "$logs" | sed '$d' | awk -v first="$FIRST_BINLOG" '$1 == first { take = 1 } take' >"$RUN_DIR/log.news"
}

# Where does the archive go on? Sets FIRST_BINLOG. A log that does not go on from the archive is a gap: a newer full set begins another chain, otherwise it is time to make one.
choose_first_binlog() {
  local previous="$1" full="$2" logs="$3" ends='' file id directory
  directory="$(binlog_directory)" || exit $?
  if [[ -n $previous ]]; then
    ends="$(manifest_get "$previous" position.ends)"
    file="${ends%%@*}" id="${ends##*@}"
    if has_binlog "$logs" "$file" && [[ $(binlog_identity "$directory/$file") == "$id" ]]; then
      printf '%s\n' "$ends" >"$RUN_DIR/log.follows"
      FIRST_BINLOG="$(printf '%s\n' "$logs" | awk -v after="$file" 'take { print $1; exit } $1 == after { take = 1 }')"
      return 0
    fi
    if [[ ! ${full##*/} > $(manifest_get "$previous" position.until_time) ]]; then
      die "$EX_DATA" "the binary log does not go on where the archive ended: $file is not there any more, or the server was reset or replaced" "run backup-$ASSET.sh now, then this again: between the archive's end ($(human_stamp "$(manifest_get "$previous" position.until_time)")) and that backup no moment can be restored. Keep binary logs longer (binlog_expire_logs_seconds, expire_logs_days), and purge none by hand"
    fi
    log_warn "the binary log does not go on where the archive ended ($file): a new chain begins at the full backup ${full##*/}; no moment between $(human_stamp "$(manifest_get "$previous" position.until_time)") and that backup can be restored"
  fi
  file="$(manifest_get "$full" position.binlog_file)" id="$(manifest_get "$full" position.binlog_id)"
  if [[ -z $file || -z $id ]]; then
    die "$EX_DATA" "the newest full backup, ${full##*/}, does not say where in the binary log it stands" "run backup-$ASSET.sh: the plan did not ask for pointInTime, or the log was off, when that one was made"
  fi
  if ! has_binlog "$logs" "$file" || [[ $(binlog_identity "$directory/$file") != "$id" ]]; then
    die "$EX_DATA" "the binary log $file, at which the full backup ${full##*/} stands, is not there any more, or the server was reset or replaced" "run backup-$ASSET.sh now, then this again"
  fi
  FIRST_BINLOG="$file"
}

# Does a list of binary logs name a file?
has_binlog() {
  printf '%s\n' "$1" | awk -v file="$2" '$1 == file { found = 1 } END { exit !found }'
}

# Archive the files that kind_log_scan found, each read through by the server's own tool before.
kind_archive() {
  local directory file size first='' id='' until=''
  mysql_identify
  BINLOG_TOOL="$(binlog_tool)" || exit $?
  directory="$(binlog_directory)" || exit $?
  manifest_add tool.server "$MYSQL_VERSION"
  manifest_add server.flavour "$MYSQL_FLAVOUR"
  while read -r file size; do
    check_binlog "$directory/$file" "$size"
    write_payload_file "$file" "$directory/$file"
    id="$(binlog_identity "$directory/$file")"
    manifest_add "binlog_id.$file" "$id"
    first="${first:-$file}" until="$file:$size"
  done <"$RUN_DIR/log.news"
  manifest_add position.from "$first:4"
  manifest_add position.until "$until"
  manifest_add position.until_time "$(cat -- "$RUN_DIR/log.until")"
  manifest_add position.follows "$(cat -- "$RUN_DIR/log.follows")"
  manifest_add position.ends "${until%:*}@$id"
}

# Is a closed file of the binary log whole?
check_binlog() {
  local file="$1" size="$2" actual
  [[ -r $file ]] || die "$EX_NOPERM" "cannot read the binary log $file" 'run this as root or as the user of the server; it may also have been purged this moment'
  actual="$(count_stream <"$file")"
  [[ $actual == "$size" ]] || die "$EX_DATA" "the binary log $file has $actual bytes, the server says $size" 'look at its disk'
  "$BINLOG_TOOL" --no-defaults --verify-binlog-checksum -- "$file" >/dev/null 2>"$RUN_DIR/binlog.err" || {
    log_tool_errors "${BINLOG_TOOL##*/}" "$RUN_DIR/binlog.err"
    die "$EX_DATA" "the binary log $file is damaged" "run backup-$ASSET.sh now: what is after the damage cannot be replayed"
  }
}

# Does a set of the log hold the position of a full set? Only the file that the dump named will do, not one of its name.
kind_log_covers() {
  local full="$1" log="$2" file id
  file="$(manifest_get "$full" position.binlog_file)" id="$(manifest_get "$full" position.binlog_id)"
  [[ -n $file && -n $id && $(manifest_get "$log" "binlog_id.$file") == "$id" ]]
}

# Look through a set of the log without replaying it.
kind_verify_log() {
  local set="$1" name
  MYSQL_FLAVOUR="$(manifest_get "$set" server.flavour)"
  BINLOG_TOOL="$(binlog_tool)" || exit $?
  while IFS= read -r name; do
    stream_payload "$set" "$name" read_binlog || return $?
  done < <(payload_names "$set")
}

# The consumer of an archived binary log: the tool reads it to its end.
read_binlog() {
  "$BINLOG_TOOL" --no-defaults --verify-binlog-checksum - >/dev/null 2>"$RUN_DIR/binlog.err" && return 0
  log_tool_errors "${BINLOG_TOOL##*/}" "$RUN_DIR/binlog.err"
  log_error 'the archived binary log is damaged'
  return "$EX_DATA"
}

# Replay the archived log into the throw-away server: LIST names the sets, from the position of the full set on, up to but
# without what began in the second UNTIL. A transaction whose end is not reached is rolled back.
kind_replay() {
  local set="$1" dir="$2" list="$3" until="$4" log name
  local -a files=() words=()
  # files and words are never empty: the first file is the one that the set names.
  stage_setup "$set"
  mkdir -p -- "$dir/replay" || die "$EX_CANTCREAT" "cannot write in $dir"
  while IFS= read -r log; do
    while IFS= read -r name; do
      ((${#files[@]} > 0)) || [[ $name == "$(manifest_get "$set" position.binlog_file)" ]] || continue
      stream_payload "$log" "$name" write_binlog "$dir/replay/$name" || exit $?
      files+=("$dir/replay/$name")
    done < <(payload_names "$log")
  done <"$list"
  words=("--start-position=$(manifest_get "$set" position.binlog_pos)")
  # The tool reads this in the time zone of its process, which is UTC below.
  [[ -z $until ]] || words+=("--stop-datetime=${until:0:4}-${until:4:2}-${until:6:2} ${until:9:2}:${until:11:2}:${until:13:2}")
  # MySQL's server refuses its GTIDs while gtid_mode is off.
  [[ $STAGE_FLAVOUR != mysql ]] || words+=(--skip-gtids)
  log_info "replaying $(count_of ${#files[@]} 'binary log')${until:+ up to $(human_stamp "$until")}"
  feed_binlogs "$dir" "${words[@]}" -- "${files[@]}"
  rm -rf -- "$dir/replay"
  # Accounts now have the passwords of that time, root too: from here on nobody is asked for one.
  kind_stage_stop "$dir"
  stage_prepare "$dir"
  stage_start "$set" "$dir" --skip-grant-tables
}

# Write a stream to a file.
write_binlog() {
  cat >"$1"
}

# Pass binary logs through the server's tool into the throw-away server. One pass over all files: temporary tables and
# half-done transactions go across them. What is there in the end is asked for in the same session and left in DIR/replayed: a
# server that asks nobody for a password does not show its events.
feed_binlogs() {
  local dir="$1" tool
  local -a statuses=()
  # statuses is never empty.
  shift
  tool="$(binlog_tool)" || exit $?
  set +e
  # Statements about accounts need the accounts of the dump, which were loaded behind the server's back.
  {
    printf 'FLUSH PRIVILEGES;\n' && TZ=UTC "$tool" --no-defaults "$@" 2>"$RUN_DIR/binlog.err" &&
      printf "\nROLLBACK; SET NAMES utf8mb4, SESSION sql_mode = '';\nSELECT '-- content';\n%s;\n" "$(content_query "$(all_databases_condition)")"
  } | stage_client "$dir" --batch --raw --skip-column-names --binary-mode --max-allowed-packet=1G 2>"$RUN_DIR/load.err" |
    awk 'seen; $0 == "-- content" { seen = 1 }' | sort >"$dir/replayed"
  statuses=("${PIPESTATUS[@]}")
  set -e
  if ((statuses[1] != 0)); then
    log_error "the throw-away server did not take the log: $(mysql_load_error "$RUN_DIR/load.err")"
    rm -f -- "$RUN_DIR/load.err"
    exit "$(load_status)"
  elif ((statuses[2] != 0 || statuses[3] != 0)); then
    die "$EX_IO" "cannot write in $dir"
  elif ((statuses[0] != 0)); then
    log_tool_errors "${tool##*/}" "$RUN_DIR/binlog.err"
    die "$EX_DATA" 'the archived log cannot be read to its end' "restore an earlier moment with --at TIME, or the full set alone with --set"
  fi
}
