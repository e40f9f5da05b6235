# The mysql kind: MySQL and MariaDB. A backup is one consistent logical dump. A restore loads it into a throw-away server
# and proves it there; then either that server's data directory takes the place of the live one (all databases), or the
# chosen databases are dropped and loaded again in the live server, after a safety dump of them.

# The journal of a live restore: $STATE_DIR/$ASSET.undo.
readonly UNDO_JOURNAL=undo
# Databases that belong to the server. `mysql` holds the accounts and goes into a dump of everything.
readonly MYSQL_SYSTEM_DATABASES="'information_schema', 'performance_schema', 'mysql', 'sys', 'ndbinfo'"

# A server answers within this time after it was started, also when InnoDB has something to recover.
readonly MYSQL_START_SECONDS=120

# A program that holds a lock on what is to be replaced is waited for so long.
readonly MYSQL_LOCK_SECONDS=60

# What `--force` does, for `--help` of the restore.
readonly FORCE_HELP='go on although chosen databases cannot be saved first'

# A clean shutdown writes what is still in memory.
readonly MYSQL_STOP_SECONDS=300

# What every session of these scripts starts with. Options of the server, `init_connect` and limits of the account change or
# cut what a session sees (`sql_select_limit = 10` gives ten rows of any table), so nothing of them is left to chance. Comments
# with a version are read by the servers that know the variable: /*M!… MariaDB, /*!5… and /*!8… MySQL.
readonly MYSQL_SESSION="SET NAMES utf8mb4, SESSION sql_mode = '', time_zone = '+00:00', sql_select_limit = 18446744073709551615, sql_big_selects = 1, autocommit = 1, group_concat_max_len = 1048576, wait_timeout = 86400, net_read_timeout = 86400, net_write_timeout = 86400 /*M!100100 , max_statement_time = 0 */ /*M!100304 , system_versioning_asof = DEFAULT */ /*!50708 , max_execution_time = 0 */ /*!80000 , information_schema_stats_expiry = 0 */"

# What a session that loads a dump starts with: what the live server once took must be taken again, also a row that a CHECK would
# refuse today and a row that is too wide for the strict mode of InnoDB.
readonly MYSQL_LOAD_SESSION="SET NAMES utf8mb4, SESSION sql_select_limit = 18446744073709551615, autocommit = 1, innodb_strict_mode = 0, wait_timeout = 86400, net_read_timeout = 86400, net_write_timeout = 86400 /*M!100100 , max_statement_time = 0 */ /*M!100201 , check_constraint_checks = 0 */ /*M!100100 , tx_read_only = 0 */ /*!50720 , transaction_read_only = 0 */ /*!80013 , sql_require_primary_key = 0 */"

# The dump program takes no such words. A LIMIT of its own is what `sql_select_limit` gives way to; where that one would cut its lists of
# names there is no dump (cut_lists).
readonly MYSQL_EVERY_ROW='1 LIMIT 18446744073709551615'

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
  "$MYSQL_CLIENT" "${MYSQL_ARGS[@]}" --init-command="$MYSQL_SESSION" --connect-timeout=10 --batch --raw --skip-column-names --execute="$1" </dev/null 2>"$RUN_DIR/mysql.err"
}

# Run the statements of stdin on the live server; rows on stdout.
mysql_batch() {
  "$MYSQL_CLIENT" "${MYSQL_ARGS[@]}" --init-command="$MYSQL_SESSION" --connect-timeout=10 --batch --raw --skip-column-names --binary-mode 2>"$RUN_DIR/mysql.err"
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
    1104) printf '%d\n' "$EX_CONFIG" ;;
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
    1104) printf 'sql_big_selects is off for sessions of this account: SET GLOBAL max_join_size = DEFAULT, SET GLOBAL sql_big_selects = ON, and look at init_connect\n' ;;
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
    leave_out_databases
    return 0
  fi
  found="$(require_query 'cannot list the databases' "SELECT $(sql_encoded SCHEMA_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'mysql' OR SCHEMA_NAME NOT IN ($MYSQL_SYSTEM_DATABASES) ORDER BY SCHEMA_NAME = 'mysql', CAST(SCHEMA_NAME AS BINARY)")" || exit $?
  while IFS= read -r name; do
    decode_name "$name"
    name="$DECODED_NAME"
    # A directory that the server takes for a database: lost+found, or what a restore put aside on a mount point.
    if [[ $name == '#mysql50#'* ]]; then
      log_debug "${name#'#mysql50#'} in the data directory is no database"
      continue
    fi
    MYSQL_DATABASES+=("$name")
  done <<<"$found"
  leave_out_databases
}

# Take out of MYSQL_DATABASES what the dump program cannot name: a line break in the name of a database, and a quote or a
# backslash in it where it has events. They are left in MYSQL_UNNAMEABLE, `name (why)` a line: the rest must not go without a
# backup for their sake, and nobody may believe that they have one.
leave_out_databases() {
  local name encoded events
  local -a nameable=()
  MYSQL_UNNAMEABLE=''
  events="$(require_query 'cannot list the events' "SELECT DISTINCT $(sql_encoded EVENT_SCHEMA) FROM information_schema.EVENTS")" || exit $?
  for name in ${MYSQL_DATABASES[@]+"${MYSQL_DATABASES[@]}"}; do
    encoded="$(encode_name "$name")"
    if [[ $name == *[$'\n\r']* ]]; then
      MYSQL_UNNAMEABLE+="$encoded (a line break in its name)"$'\n'
    elif [[ $name == *[\'\"\\]* ]] && has_line "$events" "$encoded"; then
      MYSQL_UNNAMEABLE+="$encoded (events, and a quote or a backslash in its name)"$'\n'
    else
      nameable+=("$name")
    fi
  done
  MYSQL_DATABASES=(${nameable[@]+"${nameable[@]}"})
  ((${#MYSQL_DATABASES[@]} > 0)) || die "$EX_DATA" "the dump program of the server cannot dump ${MYSQL_UNNAMEABLE//$'\n'/ }" 'rename that database'
}

# Is a line among others?
has_line() {
  [[ $'\n'$1$'\n' == *$'\n'"$2"$'\n'* ]]
}

# SQL for a name as a word of rows.tsv and of messages: percent, tab and line breaks are percent-encoded.
sql_encoded() {
  printf "REPLACE(REPLACE(REPLACE(REPLACE(%s, '%%', '%%25'), CHAR(9), '%%09'), CHAR(10), '%%0A'), CHAR(13), '%%0D')" "$1"
}

# The same of a name in hand.
encode_name() {
  local name="${1//'%'/%25}"
  name="${name//$'\t'/%09}"
  name="${name//$'\n'/%0A}"
  printf '%s\n' "${name//$'\r'/%0D}"
}

# The inverse; the result, which may end in a newline, is left in DECODED_NAME.
decode_name() {
  DECODED_NAME=${1//'%09'/$'\t'}
  DECODED_NAME=${DECODED_NAME//'%0A'/$'\n'}
  DECODED_NAME=${DECODED_NAME//'%0D'/$'\r'}
  DECODED_NAME=${DECODED_NAME//'%25'/%}
}

# The bytes of a text in hexadecimal, as SQL prints them: HEX. Without a program: a plan may name many databases.
hex_of() {
  local LC_ALL=C number i
  HEX=''
  for ((i = 0; i < ${#1}; i++)); do
    # What a locale of bytes has above 127 is negative for some versions of bash.
    printf -v number '%d' "'${1:i:1}"
    printf -v number '%02X' "$((number & 255))"
    HEX+="$number"
  done
}

# A name as SQL's bytes, whatever characters and whatever sql_mode. Compare it with CAST(… AS BINARY): the collation of
# names would take `Shop` for `shop`.
sql_text() {
  hex_of "$1"
  printf '0x%s' "$HEX"
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
# condition chooses databases by the column X. MariaDB's `mysql` has routines and events also of databases that are not there.
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
  WHERE ${where//X/ROUTINE_SCHEMA} AND CAST(ROUTINE_SCHEMA AS BINARY) IN (SELECT CAST(SCHEMA_NAME AS BINARY) FROM information_schema.SCHEMATA) GROUP BY CAST(ROUTINE_SCHEMA AS BINARY)
UNION ALL SELECT CONCAT(COUNT(*), ' triggers in ', MIN(TRIGGER_SCHEMA)) FROM information_schema.TRIGGERS
  WHERE ${where//X/TRIGGER_SCHEMA} GROUP BY CAST(TRIGGER_SCHEMA AS BINARY)
UNION ALL SELECT CONCAT(COUNT(*), ' events in ', MIN(EVENT_SCHEMA)) FROM information_schema.EVENTS
  WHERE ${where//X/EVENT_SCHEMA} AND CAST(EVENT_SCHEMA AS BINARY) IN (SELECT CAST(SCHEMA_NAME AS BINARY) FROM information_schema.SCHEMATA) GROUP BY CAST(EVENT_SCHEMA AS BINARY)
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
  check_session
}

# Run a statement in a session as the server makes it for this account, as the dump program has one. A LIMIT of its own keeps a limit of
# the session from taking the answer away.
bare_query() {
  "$MYSQL_CLIENT" "${MYSQL_ARGS[@]}" --connect-timeout=10 --batch --raw --skip-column-names --execute="$1" </dev/null 2>"$RUN_DIR/mysql.err" || die_of_mysql 'cannot ask for the state of a session' "$RUN_DIR/mysql.err"
}

# What does a session of this account start with? The dump program cannot be told to start with anything else.
check_session() {
  local limit charset asof found cut
  limit="$(bare_query 'SELECT @@SESSION.sql_select_limit LIMIT 1')" || exit $?
  charset="$(bare_query 'SELECT @@SESSION.character_set_results LIMIT 1')" || exit $?
  [[ $charset == utf8mb4 ]] || log_warn "sessions of this account speak $charset whatever they ask for (init_connect, or skip_character_set_client_handshake): the dump fails at a name that this lacks"
  if [[ $limit != 18446744073709551615 ]]; then
    log_warn "sessions of this account are cut to $limit rows a result (sql_select_limit, set globally or by init_connect): the dump asks for every row"
    cut="$(cut_lists)" || exit $?
    [[ -z $cut ]] || die "$EX_CONFIG" "$cut" "$(short_session_hint)"
  fi
  [[ $MYSQL_FLAVOUR == mariadb ]] || return 0
  found="$(versioned_tables "$(dumped_condition)" | wc -l)" || exit $?
  ((found > 0)) || return 0
  asof="$(bare_query 'SELECT @@SESSION.system_versioning_asof LIMIT 1')" || exit $?
  [[ $asof == DEFAULT ]] || die "$EX_CONFIG" "sessions of this account look at $asof (system_versioning_asof): the dump would hold the rows of that day" "SET GLOBAL system_versioning_asof = DEFAULT, and look at init_connect"
}

# Would the dump program get less than all names from the server, of tables, columns, triggers, routines or events? It lists them in
# sessions that nobody can tell to have no limit. Prints so; nothing when all is well.
cut_lists() {
  local limit condition part longest
  limit="$(bare_query 'SELECT @@SESSION.sql_select_limit LIMIT 1')" || exit $?
  [[ $limit =~ ^[0-9]{1,20}$ ]] || die "$EX_UNAVAILABLE" 'the server does not say what its sql_select_limit is'
  condition="$(content_condition "${MYSQL_DATABASES[@]}")"
  # The server compares: the number may be larger than the shell can count.
  longest="$(require_query 'cannot count what the databases hold' "SELECT MAX(n) FROM ($(
    for part in TABLES:TABLE_SCHEMA COLUMNS:TABLE_SCHEMA,TABLE_NAME TRIGGERS:TRIGGER_SCHEMA,EVENT_OBJECT_TABLE ROUTINES:ROUTINE_SCHEMA EVENTS:EVENT_SCHEMA; do
      printf 'SELECT COUNT(*) AS n FROM information_schema.%s WHERE %s GROUP BY %s UNION ALL ' "${part%%:*}" "${condition//X/$(cut -d , -f 1 <<<"${part#*:}")}" "${part#*:}"
    done
  )SELECT 1) AS lists HAVING MAX(n) > $limit")" || exit $?
  [[ -z $longest ]] || printf 'sessions of this account are cut to %s rows a result (sql_select_limit, set globally or by init_connect): the dump program would list as many of %s names\n' "$limit" "$longest"
}

# Refuse additions to the dump's arguments that take away what a restore relies on.
check_dump_arguments() {
  local arg
  for arg in ${DUMP_EXTRA_ARGS[@]+"${DUMP_EXTRA_ARGS[@]}"}; do
    case "$arg" in
      --compact | --skip-comments | --comments=0 | --comments=FALSE | --result-file* | -r* | --tab* | -T* | --xml | -X | --flush-privileges | --skip-create-options | --compatible* | --all-databases | -A | --no-create-db | -n | --no-create-info | -t | --where* | -w* | --defaults-* | --no-defaults | --password* | -p* | [!-]*)
        [[ $arg == --* ]] || arg="${arg:0:2}"
        die "$EX_CONFIG" "the plan gives the dump the argument ${arg%%=*}, which does not go with this backup" "take it out of the plan"
        ;;
    esac
  done
}

# Are the databases of the plan there, with names that can be handled?
check_databases() {
  local name found
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
  find_left_out
  mysql_dump_arguments "$log_bin"
  warn_of_loose_ends
  describe_server
  list_dumped_content >"$RUN_DIR/content.before"
  DUMP_BEGAN="$(require_query 'cannot ask for the time' 'SELECT UTC_TIMESTAMP()')" || exit $?
  write_payload dump.sql observe_dump produce_dump
  if [[ $log_bin == ON ]] && ! grep '^position\.' "$RUN_DIR/dump.facts" >/dev/null; then
    log_warn "the binary log is on, but the dump does not name its position: no point-in-time recovery from this set"
  fi
  ((LOG_SECONDS == 0)) || enter_binlog_identity
  enter_content
  enter_rows
  enter_persisted_settings
  enter_left_out
}

# Take the settings along that MySQL's server keeps in its data directory (SET PERSIST), where this script may read them.
enter_persisted_settings() {
  [[ $MYSQL_FLAVOUR == mysql && ${#DATABASES[@]} -eq 0 && -f $DATA_DIR/mysqld-auto.cnf && -r $DATA_DIR/mysqld-auto.cnf ]] || return 0
  write_payload_file mysqld-auto.cnf "$DATA_DIR/mysqld-auto.cnf"
}

# What databases hold now, sorted; without names of databases: all of them.
list_content() {
  require_query 'cannot count what the databases hold' "$(content_query "$(content_condition "$@")")" | sort
}

# The condition for the databases that are dumped, without `mysql`: the server keeps that one itself.
dumped_condition() {
  local name
  local -a names=()
  for name in "${MYSQL_DATABASES[@]}"; do
    [[ $name == mysql ]] || names+=("$name")
  done
  if ((${#names[@]})); then content_condition ${names[@]+"${names[@]}"}; else printf '0 = 1\n'; fi
}

# What they hold now, sorted.
list_dumped_content() {
  require_query 'cannot count what the databases hold' "$(content_query "$(dumped_condition)")" | sort
}

# Enter what was seen in the dump, and demand that the server, asked before and afterwards, held the same. `content.agreed` says
# whether it did; if not (tables came or went meanwhile), a restore can only tell that something differs.
enter_content() {
  local line number=0 agreed=yes
  while IFS= read -r line; do
    manifest_add "${line%%=*}" "${line#*=}"
  done < <(grep -v -e '^content=' -e '^rows=' "$RUN_DIR/dump.facts")
  recorded_content "$RUN_DIR/dump.facts" >"$RUN_DIR/content.dump"
  while IFS= read -r line; do
    number=$((number + 1))
    manifest_add "content.$number" "$line"
  done <"$RUN_DIR/content.dump"
  list_dumped_content >"$RUN_DIR/content.live"
  if ! same_but_left_out "$RUN_DIR/content.live" "$RUN_DIR/content.dump"; then
    agreed=no
    line="$(content_difference "$RUN_DIR/content.dump" "$RUN_DIR/content.live" dumped 'there now')"
    if cmp -s -- "$RUN_DIR/content.before" "$RUN_DIR/content.live" && ((${#DUMP_EXTRA_ARGS[@]} == 0)); then
      die "$EX_DATA" "the dump lacks what the server has, before and after it: $line" "$(short_session_hint)"
    fi
    log_warn "tables or routines came or went while the dump was made: $line"
  fi
  manifest_add content.agreed "$agreed"
}

# What to look at when a dump lacks things.
short_session_hint() {
  printf 'does the account see all of it, and does anything cut its sessions? SELECT @@sql_select_limit as this account; SET GLOBAL sql_select_limit = DEFAULT, and look at init_connect\n'
}

# Are two lists of content the same, apart from the databases of which something was left out?
same_but_left_out() {
  local name
  local -a names=()
  while IFS=$'\t' read -r _ name _; do
    decode_name "$name"
    names+=("$DECODED_NAME")
  done <"$RUN_DIR/left-out"
  [[ "$(content_without "$1" ${names[@]+"${names[@]}"})" == "$(content_without "$2" ${names[@]+"${names[@]}"})" ]]
}

# A list of content without what it says of some databases.
content_without() {
  local file="$1" line name
  shift
  while IFS= read -r line; do
    for name in "$@"; do
      [[ $line != *" in $name" ]] || continue 2
    done
    printf '%s\n' "$line"
  done <"$file"
}

# ---------------------------------------------------------------- rows

# Tables of the database `mysql` whose rows count: the accounts. Others change by themselves.
readonly MYSQL_ACCOUNT_TABLES="'global_priv', 'user', 'db', 'tables_priv', 'columns_priv', 'procs_priv', 'proxies_priv', 'roles_mapping', 'role_edges', 'default_roles', 'global_grants', 'servers', 'func'"

# SQL that makes SQL: a statement a table that counts its rows, with the names as rows.tsv has them. CONDITION chooses databases by
# the column X; HISTORY says whether rows of the past count where a table keeps them by time; SCOPE is `all` where accounts count.
rows_query() {
  local condition="$1" history="$2" scope="$3" past="''" accounts='0 = 1'
  [[ $scope != all ]] || accounts="t.TABLE_SCHEMA = 'mysql' AND t.TABLE_NAME IN ($MYSQL_ACCOUNT_TABLES)"
  if [[ $history == yes ]]; then
    past="IF(t.TABLE_TYPE = 'SYSTEM VERSIONED' AND NOT EXISTS (SELECT 1 FROM information_schema.COLUMNS c WHERE c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME AND c.GENERATION_EXPRESSION = 'ROW START' AND c.DATA_TYPE = 'bigint'), ' FOR SYSTEM_TIME ALL', '')"
  fi
  cat <<SQL
SELECT CONCAT('SELECT COUNT(*), x''', HEX($(sql_encoded t.TABLE_SCHEMA)), ''', x''', HEX($(sql_encoded t.TABLE_NAME)), ''' FROM ', CHAR(96), REPLACE(t.TABLE_SCHEMA, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96), '.', CHAR(96), REPLACE(t.TABLE_NAME, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96), $past, ';')
FROM information_schema.TABLES t WHERE t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
  AND IFNULL(t.ENGINE, 'InnoDB') NOT IN ('MRG_MyISAM', 'MRG_MYISAM', 'FEDERATED', 'CONNECT', 'SPIDER', 'OQGRAPH', 'VP')
  AND (${condition//X/t.TABLE_SCHEMA} AND t.TABLE_SCHEMA <> 'mysql' OR $accounts)
SQL
}

# Count the rows of every table of the live server in databases that a condition chooses, as lines of rows.tsv.
count_live_rows() {
  local condition="$1" history="$2" scope="$3"
  require_query 'cannot list the tables' "$(rows_query "$condition" "$history" "$scope")" | leave_out_statements >"$RUN_DIR/count.sql"
  mysql_batch <"$RUN_DIR/count.sql" || die_of_mysql 'cannot count the rows' "$RUN_DIR/mysql.err"
}

# Drop the statements about tables that were left out, which cannot be counted.
leave_out_statements() {
  local what db name line
  local -a words=()
  if [[ -s $RUN_DIR/left-out ]]; then
    while IFS=$'\t' read -r what db name _; do
      [[ $what == table ]] || continue
      hex_of "$db"
      db="$HEX"
      hex_of "$name"
      words+=(-e "x'$db', x'$HEX' FROM")
    done <"$RUN_DIR/left-out"
  fi
  if ((${#words[@]} > 0)); then grep -a -v -F ${words[@]+"${words[@]}"} || true; else cat; fi
}

# The tables of the list EXPECTED whose rows the list FOUND has not, or has in another number: `table<tab>expected<tab>found`.
rows_difference() {
  awk -F '\t' '
    FNR == 1 { file++ }
    /^#/ { next }
    file == 1 { found[$2 "\t" $3] = $1; next }
    { key = $2 "\t" $3; if (!(key in found)) print key "\t" $1 "\t-"; else if (found[key] != $1) print key "\t" $1 "\t" found[key] }
  ' <(printf '#\n' && cat -- "$2") <(printf '#\n' && cat -- "$1")
}

# Some of that in words.
describe_rows_difference() {
  local db table expected found count=0 text=''
  while IFS=$'\t' read -r db table expected found; do
    count=$((count + 1))
    if ((count <= 3)); then text+="${text:+, }$db.$table has $found of $expected rows"; fi
  done <"$1"
  ((count <= 3)) || text+=", and $((count - 3)) more tables"
  printf '%s\n' "$text"
}

# Compare the rows of the dump (file of lines as in rows.tsv) with those that the server counts now. One that was written to since
# DUMP_BEGAN may differ. Any other must not: then rows are missing. Leaves the suspects in $RUN_DIR/rows.lost; 1 if there are any.
compare_live_rows() {
  local rows="$1" history="$2" scope=all condition db table dumped counted again
  ((${#DATABASES[@]} == 0)) || scope=databases
  condition="$(dumped_condition)"
  count_live_rows "$condition" "$history" "$scope" >"$RUN_DIR/rows.live"
  : >"$RUN_DIR/rows.lost"
  rows_difference "$RUN_DIR/rows.live" "$rows" >"$RUN_DIR/rows.differ"
  [[ -s $RUN_DIR/rows.differ ]] || return 0
  count_live_rows "$condition" "$history" "$scope" >"$RUN_DIR/rows.again"
  while IFS=$'\t' read -r db table counted dumped; do
    again="$(awk -F '\t' -v db="$db" -v name="$table" '$2 == db && $3 == name { print $1 }' "$RUN_DIR/rows.again")"
    [[ $again == "$counted" ]] || continue
    ! written_since "$db" "$table" "$DUMP_BEGAN" || continue
    printf '%s\t%s\t%s\t%s\n' "$db" "$table" "$counted" "$dumped" >>"$RUN_DIR/rows.lost"
  done <"$RUN_DIR/rows.differ"
  [[ ! -s $RUN_DIR/rows.lost ]] || return 1
}

# Was a table written to, or made, since a moment? An engine that keeps no such time may have been.
written_since() {
  local db table found
  decode_name "$1" && db="$DECODED_NAME"
  decode_name "$2" && table="$DECODED_NAME"
  found="$(require_query 'cannot look at the tables' "SELECT IFNULL(UPDATE_TIME >= '$3', 0) OR CREATE_TIME >= '$3' OR ENGINE NOT IN ('InnoDB', 'MyISAM', 'Aria') FROM information_schema.TABLES WHERE CAST(TABLE_SCHEMA AS BINARY) = $(sql_text "$db") AND CAST(TABLE_NAME AS BINARY) = $(sql_text "$table")")" || exit $?
  [[ $found != 0 ]]
}

# Write the payload rows.tsv: how many rows the dump holds of each table. The server's own count must agree for every table that
# nobody wrote to; what is loaded later must come to the same for all.
enter_rows() {
  local agreed=yes
  rows_of_facts "$RUN_DIR/dump.facts" >"$RUN_DIR/rows.dump"
  if ! compare_live_rows "$RUN_DIR/rows.dump" "$(cat -- "$RUN_DIR/dump.history")"; then
    if ((${#DUMP_EXTRA_ARGS[@]} == 0)); then
      die "$EX_DATA" "rows are missing in the dump, and nobody wrote to these tables meanwhile: $(describe_lost_rows)" "$(short_session_hint)"
    fi
    agreed=no
  fi
  manifest_add rows.agreed "$agreed"
  manifest_add rows.history "$(cat -- "$RUN_DIR/dump.history")"
  { printf '# rows\tdatabase\ttable\n' && cat -- "$RUN_DIR/rows.dump"; } >"$RUN_DIR/rows.tsv"
  write_payload_file rows.tsv "$RUN_DIR/rows.tsv"
}

# The lost rows in words: `shop.t: 10 of 1000`.
describe_lost_rows() {
  describe_rows_difference "$RUN_DIR/rows.lost"
}

# The rows that a scan of a dump counted, as lines of rows.tsv.
rows_of_facts() {
  sed -n 's/^rows=//p' "$1" | sort
}

# The consumer of rows.tsv: leaves it in $RUN_DIR/rows.set, if every line is one.
read_rows() {
  cat >"$RUN_DIR/rows.set"
  if grep -a -v -E $'^(#.*|[0-9]{1,18}\t[^\t]+\t[^\t]+)$' -- "$RUN_DIR/rows.set" >/dev/null; then
    log_error 'rows.tsv holds lines that are none of it'
    return "$EX_DATA"
  fi
}

# Has a set a list of its rows? Sets of older versions have none.
has_rows() {
  list_payloads "$1" name && is_one_of rows.tsv "${FIELDS[@]}"
}

# ---------------------------------------------------------------- what cannot be dumped

# Tables that keep old rows by transaction: the dump program refuses to take their past along, and the whole dump with it.
versioned_tables() {
  require_query 'cannot look at the tables' "SELECT CONCAT($(sql_encoded t.TABLE_SCHEMA), CHAR(9), $(sql_encoded t.TABLE_NAME), CHAR(9), IF(EXISTS (SELECT 1 FROM information_schema.COLUMNS c WHERE c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME AND c.GENERATION_EXPRESSION = 'ROW START' AND c.DATA_TYPE = 'bigint'), 'transaction', 'time')) FROM information_schema.TABLES t WHERE t.TABLE_TYPE = 'SYSTEM VERSIONED' AND ${1//X/t.TABLE_SCHEMA}"
}

# Find what would end the dump: a view that refers to nothing, a table that cannot be opened, a table whose past cannot be dumped.
# Leaves `what<tab>database<tab>name<tab>why` in $RUN_DIR/left-out, percent-encoded, the definitions of views in left-out.sql, and
# `database<tab>name` of tables whose present alone is dumped in $RUN_DIR/present. One of them must not keep all others from being saved.
find_left_out() {
  local condition list="$RUN_DIR/probe.list" line what db name number text
  condition="$(dumped_condition)"
  : >"$RUN_DIR/left-out"
  : >"$RUN_DIR/present"
  : >"$RUN_DIR/left-out.sql"
  # shellcheck disable=SC2016  # the quotes of SQL
  require_query 'cannot list the tables' "SELECT CONCAT(IF(TABLE_TYPE = 'VIEW', 'view', 'table'), CHAR(9), $(sql_encoded TABLE_SCHEMA), CHAR(9), $(sql_encoded TABLE_NAME), CHAR(9), HEX(CONCAT(IF(TABLE_TYPE = 'VIEW', 'SHOW FIELDS FROM ', 'SELECT 1 FROM '), CHAR(96), REPLACE(TABLE_SCHEMA, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96), '.', CHAR(96), REPLACE(TABLE_NAME, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96), IF(TABLE_TYPE = 'VIEW', '', ' LIMIT 1')))) FROM information_schema.TABLES WHERE TABLE_TYPE IN ('VIEW', 'BASE TABLE', 'SYSTEM VERSIONED') AND IFNULL(ENGINE, 'InnoDB') NOT IN ('MRG_MyISAM', 'MRG_MYISAM', 'FEDERATED', 'CONNECT', 'SPIDER', 'OQGRAPH', 'VP') AND ${condition//X/TABLE_SCHEMA} AND TABLE_SCHEMA <> 'mysql'" >"$list"
  # A line a statement, so that an error names the line; every row of an answer is thrown away.
  sed -e "s/^.*	\([0-9A-F]*\)\$/SET @probe = CONVERT(x'\1' USING utf8mb4); PREPARE probe FROM @probe; EXECUTE probe;/" "$list" >"$RUN_DIR/probe.sql"
  "$MYSQL_CLIENT" "${MYSQL_ARGS[@]}" --init-command="$MYSQL_SESSION" --connect-timeout=10 --batch --force <"$RUN_DIR/probe.sql" >/dev/null 2>"$RUN_DIR/probe.err" || true
  grep '^ERROR ' -- "$RUN_DIR/probe.err" >"$RUN_DIR/probe.errors" || true
  if grep -E '^ERROR (2002|2003|2006|2013|1053) ' -- "$RUN_DIR/probe.errors" >/dev/null; then die_of_mysql 'the server went away while its tables were looked at' "$RUN_DIR/probe.err"; fi
  while IFS= read -r line; do
    [[ $line =~ ^ERROR\ ([0-9]+)\ \([0-9A-Z]+\)\ at\ line\ ([0-9]+):\ (.*)$ ]] || continue
    # It was dropped this moment; or nothing was executed because nothing could be prepared, which was said before.
    [[ ${BASH_REMATCH[1]} != 1146 && ${BASH_REMATCH[1]} != 1243 ]] || continue
    number="${BASH_REMATCH[2]}" text="${BASH_REMATCH[1]}: ${BASH_REMATCH[3]//[[:cntrl:]]/ }"
    IFS=$'\t' read -r what db name _ < <(sed -n "${number}p" "$list")
    [[ -n ${name:-} ]] || die "$EX_SOFTWARE" "there is no line $number in what was asked of the tables"
    printf '%s\t%s\t%s\t%s\n' "$what" "$db" "$name" "error $text" >>"$RUN_DIR/left-out"
    [[ $what != view ]] || keep_definition "$db" "$name"
  done <"$RUN_DIR/probe.errors"
  [[ $MYSQL_FLAVOUR == mariadb ]] || return 0
  versioned_tables "$condition" >"$RUN_DIR/versioned"
  awk -F '\t' '$3 == "transaction" { print $1 "\t" $2 }' "$RUN_DIR/versioned" >"$RUN_DIR/present"
}

# Keep the definition of a view that cannot be dumped, for a person.
keep_definition() {
  local db table
  decode_name "$1" && db="$DECODED_NAME"
  decode_name "$2" && table="$DECODED_NAME"
  printf -- '-- %s.%s\nUSE %s;\n' "$1" "$2" "$(sql_name "$db")" >>"$RUN_DIR/left-out.sql"
  mysql_query "SELECT CONCAT('CREATE OR REPLACE SQL SECURITY ', SECURITY_TYPE, ' VIEW ', CHAR(96), REPLACE(TABLE_NAME, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96), ' AS ', VIEW_DEFINITION, ';  -- definer ', DEFINER) FROM information_schema.VIEWS WHERE CAST(TABLE_SCHEMA AS BINARY) = $(sql_text "$db") AND CAST(TABLE_NAME AS BINARY) = $(sql_text "$table")" >>"$RUN_DIR/left-out.sql" || true
}

# Enter what is not in the set although it was asked for: the backup then ends with 65 after it was published.
enter_left_out() {
  local what db name why number=0 rows=no
  while IFS=$'\t' read -r what db name why; do
    number=$((number + 1))
    decode_name "$db" && db="$DECODED_NAME"
    decode_name "$name" && name="$DECODED_NAME"
    log_warn "the $what $db.$name is NOT in this backup: $why"
    manifest_add "degraded.$number" "the $what $db.$name ($why)"
    [[ $what != table ]] || rows=yes
  done <"$RUN_DIR/left-out"
  while IFS=$'\t' read -r db name; do
    [[ $(cat -- "$RUN_DIR/dump.history") == yes ]] || break
    number=$((number + 1))
    decode_name "$db" && db="$DECODED_NAME"
    decode_name "$name" && name="$DECODED_NAME"
    log_warn "the table $db.$name keeps old rows by transaction, which the dump program cannot take along: this backup has its present rows only, of a moment before the rest"
    manifest_add "degraded.$number" "the past of the table $db.$name (kept by transaction, its present rows are there)"
  done <"$RUN_DIR/present"
  while IFS= read -r name; do
    [[ -n $name ]] || continue
    number=$((number + 1))
    decode_name "$name" && name="$DECODED_NAME"
    log_warn "the database $name is NOT in this backup: the dump program cannot dump it"
    manifest_add "degraded.$number" "the database $name"
    rows=yes
  done <<<"$MYSQL_UNNAMEABLE"
  [[ $rows == no ]] || manifest_add degraded.rows yes
  if [[ -s $RUN_DIR/left-out.sql ]]; then write_payload_file left-out.sql "$RUN_DIR/left-out.sql"; fi
}

# ---------------------------------------------------------------- the dump

# The arguments of the dump program, into DUMP_ARGS. Each flag that only one family, or only newer versions, know is
# added where it is known: the others leave with `unknown option`.
mysql_dump_arguments() {
  local log_bin="$1" version db name
  printf 'no\n' >"$RUN_DIR/dump.history"
  DUMP_ARGS=("${MYSQL_ARGS[@]}" --single-transaction --quick --routines --events --triggers --hex-blob --no-tablespaces --skip-add-locks "--where=$MYSQL_EVERY_ROW" --max-allowed-packet=1G)
  version="$(dump_program_version)"
  if [[ $MYSQL_FLAVOUR == mariadb ]]; then
    [[ $log_bin != ON ]] || DUMP_ARGS+=(--master-data=2)
    if keeps_row_history; then
      DUMP_ARGS+=(--dump-history)
      printf 'yes\n' >"$RUN_DIR/dump.history"
    fi
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
  while IFS=$'\t' read -r db name; do
    decode_name "$db" && db="$DECODED_NAME"
    decode_name "$name" && DUMP_ARGS+=("--ignore-table=$db.$DECODED_NAME")
  done < <(cut -f 2,3 -- "$RUN_DIR/left-out" && ([[ $(cat -- "$RUN_DIR/dump.history") == no ]] || cat -- "$RUN_DIR/present"))
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
  count="$(grep -c "$(printf '\ttime$')" -- "$RUN_DIR/versioned" || true)"
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

# Settings of a server that what is on its disk depends on: indexes of words, formats of rows and pages, encryption at rest, and what
# tables may hold. The throw-away server runs with those of the live one.
readonly MYSQL_SETTINGS="'innodb_ft_min_token_size', 'innodb_ft_max_token_size', 'innodb_ft_enable_stopword', 'innodb_ft_server_stopword_table', 'ft_min_word_len', 'ft_max_word_len', 'ft_stopword_file', 'ngram_token_size', 'innodb_default_row_format', 'innodb_compression_default', 'innodb_compression_algorithm', 'innodb_compression_level', 'innodb_checksum_algorithm', 'innodb_undo_tablespaces', 'innodb_default_encryption_key_id', 'innodb_encrypt_tables', 'innodb_encrypt_log', 'innodb_encrypt_temporary_tables', 'aria_encrypt_tables', 'encrypt_tmp_disk_tables', 'innodb_read_only_compressed', 'explicit_defaults_for_timestamp', 'old_mode', 'max_heap_table_size', 'character_set_server', 'collation_server', 'file_key_management_filename', 'file_key_management_filekey', 'file_key_management_encryption_algorithm'"

# Of these, what an index of words is built with: the server that will serve it decides.
readonly MYSQL_WORD_SETTINGS='innodb_ft_min_token_size innodb_ft_max_token_size innodb_ft_enable_stopword innodb_ft_server_stopword_table ft_min_word_len ft_max_word_len ft_stopword_file ngram_token_size'

# Ask the live server for its settings, as `name<tab>value` lines.
live_settings() {
  require_query 'cannot read the variables of the server' "SHOW GLOBAL VARIABLES WHERE Variable_name IN ($MYSQL_SETTINGS)"
}

# Enter what a restore must know of the server.
describe_server() {
  local name value
  manifest_add tool.server "$MYSQL_VERSION"
  manifest_add tool.dump "$MYSQL_DUMP_VERSION"
  manifest_add server.flavour "$MYSQL_FLAVOUR"
  if ((${#DATABASES[@]})); then manifest_add dump.scope databases; else manifest_add dump.scope all; fi
  for name in lower_case_table_names innodb_page_size innodb_data_file_path innodb_data_home_dir innodb_log_group_home_dir innodb_undo_directory; do
    value="$(mysql_variable "$name")" || exit $?
    manifest_add "server.$name" "$value"
  done
  live_settings >"$RUN_DIR/settings"
  while IFS=$'\t' read -r name value; do
    # A key that stands in the configuration itself is a secret.
    [[ $name != file_key_management_filekey || -z $value || $value == FILE:* ]] || value=''
    manifest_add "server.$name" "$value"
  done <"$RUN_DIR/settings"
  value="$(require_query 'cannot list the storage engines' "SELECT GROUP_CONCAT(DISTINCT p.PLUGIN_LIBRARY ORDER BY 1 SEPARATOR ' ') FROM information_schema.PLUGINS p WHERE p.PLUGIN_TYPE IN ('STORAGE ENGINE', 'ENCRYPTION', 'FTPARSER', 'DATA TYPE') AND p.PLUGIN_STATUS = 'ACTIVE' AND p.PLUGIN_LIBRARY IS NOT NULL")" || exit $?
  manifest_add server.engine_plugins "${value/#NULL/}"
}

# The producer of the payload: the dump. Its words are judged here, where the tool's own status is known.
produce_dump() {
  local status=0
  run_dump || status=$?
  # Killed by the end of the pipe: what failed is downstream.
  ((status != 141)) || return 141
  ((status == 0)) || die_of_mysql 'the dump failed' "$RUN_DIR/mysqldump.err"
  log_tool_errors "${MYSQL_DUMP##*/}" "$RUN_DIR/mysqldump.err" WARN
}

# Print the dump. Tables whose past cannot be taken along come first, with their present rows: views further down may use them.
run_dump() {
  local db name
  if [[ $(cat -- "$RUN_DIR/dump.history") == yes ]]; then
    while IFS=$'\t' read -r db name; do
      decode_name "$db" && db="$DECODED_NAME"
      decode_name "$name" && name="$DECODED_NAME"
      printf -- '-- Current Database: %s\n' "$(sql_name "$db")"
      mysql_query "SHOW CREATE DATABASE IF NOT EXISTS $(sql_name "$db")" | cut -f 2 | sed 's/$/;/' || die_of_mysql 'cannot read the definition of a database' "$RUN_DIR/mysql.err"
      printf 'USE %s;\n' "$(sql_name "$db")"
      "$MYSQL_DUMP" "${MYSQL_ARGS[@]}" --single-transaction --quick --triggers --hex-blob --no-tablespaces --skip-add-locks "--where=$MYSQL_EVERY_ROW" --max-allowed-packet=1G -- "$db" "$name" </dev/null 2>"$RUN_DIR/mysqldump.err" || return $?
    done <"$RUN_DIR/present"
  fi
  "$MYSQL_DUMP" "${DUMP_ARGS[@]}" </dev/null 2>"$RUN_DIR/mysqldump.err"
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
  awk -v accounts="$MYSQL_ACCOUNT_TABLES" '
    function note(what) { if (db != "" && !(db in system_db)) seen[what " in " db]++ }
    # The name in backquotes at the start of a text, unquoted, into NAMED; what comes after it into REST. A name may hold a line break.
    function take_name(text, line) {
      while ((!match(text, /^`([^`]|``)*`/) || substr(text, RLENGTH + 1, 1) == "`") && (getline line) > 0) text = text "\n" line
      named = substr(text, 2, RLENGTH - 2)
      rest = substr(text, RLENGTH + 1)
      gsub(/``/, "`", named)
    }
    # A name as a word of rows.tsv.
    function encoded(name) {
      gsub(/%/, "%25", name); gsub(/\t/, "%09", name); gsub(/\n/, "%0A", name); gsub(/\r/, "%0D", name)
      return name
    }
    function count_rows(number) { rows[encoded(db) "\t" encoded(filled)] += number }
    # Rows that follow VALUES on its line: strings out, then a comma between parentheses parts two rows.
    function count_inline(text) {
      gsub(/\\./, "", text)
      gsub(/\047[^\047]*\047/, "", text)
      count_rows(gsub(/\),\(/, "", text) + 1)
    }
    function close_table() { if (table) { note((engine == "" ? "unknown" : engine) " tables"); table = 0 } }
    function grow(line) {
      size += length(line) + 1
      if (size > longest) longest = size
      if (substr(line, length(line)) == ";") size = 0
    }
    BEGIN {
      split(accounts, account_list, /[^a-z_]+/)
      for (i in account_list) account["mysql\t" account_list[i]]
      system_db["mysql"]; system_db["sys"]; system_db["information_schema"]; system_db["performance_schema"]; system_db["ndbinfo"]
    }
    $0 == "" { next }
    { complete = 0 }
    # Several events share one body.
    body { if ($0 == "DELIMITER ;") body = 0; else if ($0 == "DELIMITER ;;") note(section); next }
    inserting && /^\(/ { grow($0); count_rows(1); if (substr($0, length($0)) == ";") inserting = 0; next }
    /^\(/ { next }
    data && /^INSERT INTO `/ {
      size = 0
      grow($0)
      take_name(substr($0, 13))
      filled = named
      # A list of columns, in which a name may hold a line break, too.
      while (rest !~ /^( \((`([^`]|``)*`|[a-z_]+)(, ?(`([^`]|``)*`|[a-z_]+))*\))? VALUES/ && (getline more) > 0) rest = rest "\n" more
      sub(/^( \((`([^`]|``)*`|[a-z_]+)(, ?(`([^`]|``)*`|[a-z_]+))*\))? VALUES ?/, "", rest)
      inserting = substr(rest, length(rest)) != ";"
      if (rest != "") count_inline(rest)
      next
    }
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
      data = 0
      next
    }
    /^-- Table structure for table / { close_table(); table = 1; engine = ""; section = "triggers"; data = 0; next }
    table && /^CREATE TABLE (IF NOT EXISTS )?`/ { created = $0; sub(/^CREATE TABLE (IF NOT EXISTS )?/, "", created); take_name(created); filled = named; next }
    /^-- Dumping data for table / { data = 1; count_rows(0); next }
    /^-- Sequence structure for / { close_table(); note("sequences"); data = 0; next }
    /^-- Temporary (table|view) structure for view / { close_table(); note("views"); data = 0; next }
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
      for (key in rows) {
        split(key, words, "\t")
        if (!(words[1] in system_db) || key in account) printf "rows=%.0f\t%s\n", rows[key], key
      }
      exit(complete ? 0 : 65)
    }
  '
}

# The content that a scan of a dump speaks of, sorted.
recorded_content() {
  sed -n 's/^content=//p' "$1" | sort
}

# The content that the MANIFEST of a set names, sorted.
promised_content() {
  manifest_values "$1" content | sort
}

# Does a place hold the content that the MANIFEST of a set names? PLACE is a word for messages, the file is its content.
same_content() {
  local set="$1" place="$2" file="$3"
  promised_content "$set" >"$RUN_DIR/content.set"
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
  only_first="$(lines_without "$1" "$2" | head -n 5 | tr '\n' ';')"
  only_second="$(lines_without "$2" "$1" | head -n 5 | tr '\n' ';')"
  printf '%s: %s %s: %s\n' "$3" "${only_first:-nothing more;}" "$4" "${only_second:-nothing more;}"
}

# Look through a set without loading it: it decodes, it has its last line, it holds what its MANIFEST says.
kind_verify() {
  local set="$1" status=0
  stream_payload "$set" dump.sql observe_dump || status=$?
  ((status == 0)) || return "$status"
  recorded_content "$RUN_DIR/dump.facts" >"$RUN_DIR/content.dump"
  same_content "$set" dump "$RUN_DIR/content.dump" || return $?
  warn_of_degraded "$set"
  has_rows "$set" || return 0
  stream_payload "$set" rows.tsv read_rows || return $?
  rows_of_facts "$RUN_DIR/dump.facts" >"$RUN_DIR/rows.dump"
  rows_difference "$RUN_DIR/rows.set" "$RUN_DIR/rows.dump" >"$RUN_DIR/rows.differ"
  [[ ! -s $RUN_DIR/rows.differ ]] || {
    log_error "the dump of ${set##*/} does not hold the rows that the set names: $(describe_rows_difference "$RUN_DIR/rows.differ")"
    return "$EX_DATA"
  }
}

# Name what a set lacks although it was asked for.
warn_of_degraded() {
  local line
  while IFS= read -r line; do
    log_warn "the set ${1##*/} lacks $line"
  done < <(degraded_objects "$1")
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
  require_table_keys "$set"
  ask_live_settings "$set"
  stage_prepare "$dir"
  stage_initialize "$set" "$dir"
  stage_start "$set" "$dir"
  log_info "loading the dump into a throw-away server ($STAGE_VERSION)"
  load_set "$set" 'the throw-away server' stage_client "$dir" || status=$?
  ((status == 0)) || exit "$status"
  check_stage_rows "$set" "$dir"
  { printf '[mysqld]\n' && stage_settings "$set" | sed -e 's/^/loose-/' -e 's/	/ = /'; } >"$dir/server.cnf"
  rebuild_word_indexes "$set" "$dir"
  stage_upgrade "$set" "$dir"
  keep_beside_data "$set" "$dir"
}

# Load the dump of a set through a client command. Sequences come first: a column of an earlier table may take its default from one
# that the dump makes later.
load_set() {
  local set="$1" status=0
  shift
  if promised_content "$set" | grep ' sequences in ' >/dev/null; then
    stream_payload "$set" dump.sql load_sequences "$@" || status=$?
    ((status == 0)) || return "$status"
  fi
  stream_payload "$set" dump.sql load_dump "$@"
}

# The consumer of a dump that loads its sequences alone.
load_sequences() {
  local where="$1" status=0
  shift
  only_sequences | pass_dump "$@" 2>"$RUN_DIR/load.err" || status=$?
  ((status == 0)) || {
    log_error "$where did not take the sequences of the dump: $(mysql_load_error "$RUN_DIR/load.err")"
    rm -f -- "$RUN_DIR/load.err"
    return "$(load_status)"
  }
}

# Of a dump, the databases and their sequences. Statements of several lines (a name may hold a line break) end in a semicolon.
only_sequences() {
  awk '
    body { if ($0 == "DELIMITER ;") body = 0; next }
    $0 == "DELIMITER ;;" { body = 1; next }
    going { print; if ($0 ~ /;$/) going = 0; next }
    /^(CREATE DATABASE |USE `|CREATE SEQUENCE `)/ { print; if ($0 !~ /;$/) going = 1 }
  '
}

# Drop the locks that dumps of older versions have: a row whose default comes from a sequence cannot be inserted under them.
without_locks() {
  awk '
    body { if ($0 == "DELIMITER ;") body = 0; print; next }
    $0 == "DELIMITER ;;" { body = 1; print; next }
    /^LOCK TABLES `.*` (READ|WRITE)( LOCAL|, )?[^;]*;$/ || $0 == "UNLOCK TABLES;" { print "--"; next }
    { print }
  '
}

# Does the throw-away server hold every row of the dump? Before a log is replayed onto it.
check_stage_rows() {
  local set="$1" dir="$2"
  has_rows "$set" || return 0
  stream_payload "$set" rows.tsv read_rows || exit $?
  if ! { stage_query "$dir" "$(rows_query "$(all_databases_condition)" "$(manifest_get "$set" rows.history)" "$(manifest_get "$set" dump.scope)")" >"$RUN_DIR/count.sql" &&
    stage_client "$dir" --batch --raw --skip-column-names --binary-mode <"$RUN_DIR/count.sql" >"$RUN_DIR/rows.stage"; } 2>"$RUN_DIR/mysql.err"; then
    die "$EX_UNAVAILABLE" "cannot count the rows in the throw-away server: $(mysql_error_text '' "$RUN_DIR/mysql.err")"
  fi
  require_rows "$set" 'throw-away server' "$RUN_DIR/rows.stage"
}

# Leave when a place does not hold the rows of a set, which $RUN_DIR/rows.set has.
require_rows() {
  rows_difference "$RUN_DIR/rows.set" "$3" >"$RUN_DIR/rows.differ"
  [[ ! -s $RUN_DIR/rows.differ ]] || die "$EX_DATA" "the $2 does not hold the rows of the set ${1##*/}: $(describe_rows_difference "$RUN_DIR/rows.differ")"
}

# Put aside what a server keeps beside its data: the settings of SET PERSIST, for the swap. The throw-away server must not read them.
keep_beside_data() {
  local set="$1" dir="$2" file
  mkdir -p -- "$dir/beside"
  list_payloads "$set" name
  for file in "${FIELDS[@]}"; do
    [[ $file == mysqld-auto.cnf ]] || continue
    stream_payload "$set" "$file" write_stream "$dir/beside/$file" || exit $?
  done
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
  while IFS=$'\t' read -r plugin value; do
    STAGE_ARGS+=("--loose-${plugin//_/-}=$value")
  done < <(stage_settings "$set")
}

# The settings of the live server that the throw-away one runs with, as `name<tab>value` lines: those of the time of the backup, and
# those of today for indexes of words where the live server told them.
stage_settings() {
  local set="$1" line name value
  while IFS= read -r line; do
    name="${line%%=*}" value="${line#*=}"
    name="${name#server.}" value="${value//%25/%}"
    if [[ -s ${RUN_DIR}/settings.live && " $MYSQL_WORD_SETTINGS " == *" $name "* ]]; then
      value="$(sed -n "s/^$name	//p" "$RUN_DIR/settings.live")"
    fi
    # A table of stop words is named once it is there; words that are no word of an option stay out.
    case "$name=$value" in
      *= | innodb_ft_server_stopword_table=* | 'ft_stopword_file=(built-in)') continue ;;
    esac
    [[ $value =~ ^[A-Za-z0-9_.,:/@+-]*$ ]] || continue
    if [[ $name == ft_stopword_file && ! -r $value ]]; then continue; fi
    printf '%s\t%s\n' "$name" "$value"
  done < <(manifest_group "$set" server | grep -E "^($(printf '%s' "$MYSQL_SETTINGS" | tr -d "' " | tr , '|'))=" | sed 's/^/server./' || true)
}

# The keys of encryption at rest are no part of a backup. Without them nothing that is encrypted can be made again.
require_table_keys() {
  local set="$1" file
  for file in "$(manifest_get "$set" server.file_key_management_filename)" "$(manifest_get "$set" server.file_key_management_filekey)"; do
    file="${file#FILE:}"
    [[ -z $file || -r $file ]] || die "$EX_NOPERM" "the server that was backed up encrypts its tables with the keys in $file, which are not on this host" "bring that file here (it is in no backup), then run this again"
  done
}

# Ask the live server for the settings of its indexes of words, where a restore of all databases will be served by it: it may have been
# given others since the backup. A server that is down, or a login that does not work any more, is no obstacle.
ask_live_settings() {
  local set="$1"
  rm -f -- "$RUN_DIR/settings.live"
  [[ $ACTION == restore && ${INTO:-} == live ]] && replaces_server "$set" || return 0
  [[ -z $CREDENTIALS_FILE || -r $CREDENTIALS_FILE ]] && [[ -z ${RESTORE_CREDENTIALS_FILE:-} || -r $RESTORE_CREDENTIALS_FILE ]] || return 0
  mysql_setup
  if mysql_query "SHOW GLOBAL VARIABLES WHERE Variable_name IN ($MYSQL_SETTINGS)" >"$RUN_DIR/settings.asked"; then mv -- "$RUN_DIR/settings.asked" "$RUN_DIR/settings.live"; fi
}

# Build the indexes of words anew where the live server has a table of stop words of its own: it was not there while they were made.
rebuild_word_indexes() {
  local set="$1" dir="$2" table='' statements
  [[ ! -s $RUN_DIR/settings.live ]] || table="$(sed -n 's/^innodb_ft_server_stopword_table	//p' "$RUN_DIR/settings.live")"
  [[ -s $RUN_DIR/settings.live ]] || table="$(manifest_get "$set" server.innodb_ft_server_stopword_table)"
  [[ -n $table ]] || return 0
  if ! stage_query "$dir" "SET GLOBAL innodb_ft_server_stopword_table = $(sql_text "$table")" 2>"$RUN_DIR/mysql.err"; then
    log_warn "the table of stop words $table is not in this backup: indexes of words are built with the server's own list"
    return 0
  fi
  # shellcheck disable=SC2016  # the quotes of SQL
  statements="$(stage_query "$dir" "SELECT DISTINCT CONCAT('ALTER TABLE ', CHAR(96), REPLACE(TABLE_SCHEMA, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96), '.', CHAR(96), REPLACE(TABLE_NAME, CHAR(96), CONCAT(CHAR(96), CHAR(96))), CHAR(96), ' FORCE;') FROM information_schema.STATISTICS WHERE INDEX_TYPE = 'FULLTEXT' AND TABLE_SCHEMA <> 'mysql'")" || die_of_stage "$dir" 'cannot list the indexes of words'
  [[ -n $statements ]] || return 0
  printf '%s\n' "$statements" | stage_client "$dir" --batch --binary-mode >/dev/null 2>"$RUN_DIR/load.err" || {
    log_error "cannot build the indexes of words anew: $(mysql_load_error "$RUN_DIR/load.err")"
    exit "$EX_UNAVAILABLE"
  }
}

# Say it when the live server was started with other settings for indexes of words than those it was given.
compare_live_settings() {
  local set="$1" name now built
  live_settings >"$RUN_DIR/settings.now"
  for name in $MYSQL_WORD_SETTINGS; do
    now="$(sed -n "s/^$name	//p" "$RUN_DIR/settings.now")"
    if [[ -s $RUN_DIR/settings.live ]]; then built="$(sed -n "s/^$name	//p" "$RUN_DIR/settings.live")"; else built="$(manifest_get "$set" "server.$name")"; fi
    [[ -n $built && $now != "$built" ]] || continue
    log_warn "the server now runs with $name = $now, and its indexes of words were built with $built: searches may miss rows until each such table was rebuilt (ALTER TABLE … FORCE)"
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
    --loose-performance-schema=OFF --loose-innodb-strict-mode=OFF --innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=0 --loose-local-infile=0 "$@")
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
  (cd -- "$dir/data" && exec "$STAGE_CLIENT" --no-defaults --socket=lifeboat.sock --user=root --default-character-set=utf8mb4 --init-command="$MYSQL_LOAD_SESSION" "$@")
}

# Run a statement on the throw-away server.
stage_query() {
  stage_client "$1" --batch --raw --skip-column-names --execute="$2" </dev/null
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
  tee -- "$ended" | without_locks | pass_dump "$@" 2>"$RUN_DIR/load.err" || status=$?
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
    1100) line+=', a default comes from a sequence that is locked' ;;
    1118) line+=', a row is too wide for this server' ;;
    1305) line+=', a function is missing' ;;
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
    # Its bytes are what was captured: a dump that a server does not take is not damaged.
    *) printf '%d\n' "$EX_UNAVAILABLE" ;;
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
    END { printf "%d database%s, %d table%s, %d view%s, %d routine%s\n", databases, (databases == 1 ? "" : "s"), tables, (tables == 1 ? "" : "s"), views, (views == 1 ? "" : "s"), code, (code == 1 ? "" : "s, triggers and events") }
  ' "$RUN_DIR/content.stage" >"$1/summary"
}

# One line on what was restored; a person who asked for it is told how to look at it.
kind_stage_summary() {
  local line='nothing'
  [[ ! -s $1/summary ]] || IFS= read -r line <"$1/summary"
  if [[ $ACTION == restore ]]; then line+="; to look at it: mariadbd or mysqld --defaults-file=$1/server.cnf --datadir=$1/data --socket=$1/socket --skip-networking"; fi
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
  require_table_keys "$set"
  degraded_objects "$set" | while IFS= read -r name; do printf '  (the set lacks %s)\n' "$name"; done
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
  printf '  make the whole server read-only for other programs until it is done; stop those with all privileges\n'
}

# The databases of a set, a line each.
set_databases() {
  promised_content "$1" | sed -n 's/^database //p'
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
  choose_compression
  find_suffix "$CODEC" "$ENCRYPTION"
  printf '%s/%s.lifeboat-old-%s.sql%s\n' "${dir%/}" "$ASSET" "$STAMP" "$SUFFIX"
}

# Make the stage live.
kind_swap() {
  local set="$1" dir="$2"
  if replaces_server "$set"; then swap_server "$dir"; else swap_databases "$set" "$dir"; fi
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

# Give the new data directory what the old one had besides data: owner, mode, the server's certificates and persisted settings
# (those of the set when the old ones are gone), marks of the distribution's package.
dress_data_directory() {
  local new="$1" old="$2" file mode=750
  if [[ -d $old ]]; then
    mode="$(file_mode "$old")"
    for file in "$old"/*.pem "$old"/debian-*.flag "$old"/mysqld-auto.cnf; do
      [[ -f $file && ! -e $new/${file##*/} ]] || continue
      cp -p -- "$file" "$new/" || die "$EX_IO" "cannot copy $file"
    done
  fi
  for file in "$new"/../beside/*; do
    [[ -f $file && ! -e $new/${file##*/} ]] || continue
    cp -- "$file" "$new/" || die "$EX_IO" "cannot copy $file"
  done
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

# Replace the chosen databases in the live server. From before the safety dump until the new content is proven no other program may
# write: what it wrote in between would be in neither.
swap_databases() {
  local set="$1" dir="$2" status=0
  mysql_identify
  check_database_swap "$set"
  # It was proven; the live server needs the room.
  rm -rf -- "${dir:?}/data"
  lock_writers
  make_safety_dump "$set"
  drop_databases "$set"
  log_info 'loading the backup into the live server'
  load_set "$set" 'the live server' live_client || status=$?
  ((status == 0)) || exit "$status"
}

# Dump the databases as they are now, and note where: the way back, also for the run after a kill. Where that cannot be done, the
# restore ends here, with nothing changed, unless it was told to go on without.
make_safety_dump() {
  local set="$1" file name exists status=0
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
  can_decrypt "$ENCRYPTION" || die "$EX_NOPERM" "this host cannot decrypt what it would dump of the databases as they are now ($ENCRYPTION), so there would be no way back; nothing was changed" "put the key where the plan says"
  find_left_out
  mysql_dump_arguments "$(mysql_variable log_bin)"
  write_safety_dump "$file" || status=$?
  if ((status == 0)); then
    log_info "dumped the databases as they are now to $file"
    keep_broken_views "$file"
    note_way_back "$set" "$file"
    return 0
  fi
  rm -f -- "$file"
  if ((!${FORCE:-0})); then
    die "$status" "the databases as they are now cannot be saved: $(cat -- "$RUN_DIR/safety.why"). Nothing was changed" "correct that; or run this with --force: it keeps what can be read of them, and there is no way back"
  fi
  log_warn "the databases as they are now cannot be saved completely: $(cat -- "$RUN_DIR/safety.why")"
  # Without these a dump program goes on after an error, and says every one.
  DUMP_ARGS=("${DUMP_ARGS[0]}" --force "${DUMP_ARGS[@]:1}")
  write_safety_dump "$file.incomplete" || true
  log_warn "what could be read of them is in $file.incomplete; there is no way back from this restore"
  note_way_back "$set" "$file.incomplete"
}

# A view that refers to nothing cannot be dumped: keep what it says beside the safety dump.
keep_broken_views() {
  [[ -s $RUN_DIR/left-out.sql ]] || return 0
  cat -- "$RUN_DIR/left-out.sql" >"${1%.sql*}.views.sql" || die "$EX_IO" "cannot write ${1%.sql*}.views.sql"
  log_warn "views that refer to nothing are not in that dump: what they say is in ${1%.sql*}.views.sql"
}

# Write the safety dump, encrypted as the plan says, and prove it: it is read back to its last line, and holds every row that the
# server counts. The reason of a failure is left in $RUN_DIR/safety.why; the status is one of sysexits.
write_safety_dump() {
  local file="$1" codec need
  local -a statuses=()
  # statuses is never empty.
  choose_compression
  codec="$CODEC"
  cut_lists >"$RUN_DIR/safety.why"
  if [[ -s $RUN_DIR/safety.why && $file != *.incomplete ]]; then return "$EX_CONFIG"; fi
  if grep '^table' -- "$RUN_DIR/left-out" >/dev/null && [[ $file != *.incomplete ]]; then
    grep '^table' -- "$RUN_DIR/left-out" | head -n 3 | tr '\t' ' ' | tr '\n' ';' >"$RUN_DIR/safety.why"
    return "$EX_UNAVAILABLE"
  fi
  need="$(data_bytes "${MYSQL_DATABASES[@]}")" || exit $?
  find_free_bytes "${file%/*}"
  if ((FREE_BYTES < need + RESERVE_BYTES)) && [[ $file != *.incomplete ]]; then
    printf 'a dump of them may need %s in %s, and %s are free' "$(human_bytes $((need + RESERVE_BYTES)))" "${file%/*}" "$(human_bytes "$FREE_BYTES")" >"$RUN_DIR/safety.why"
    return "$EX_IO"
  fi
  last_writes >"$RUN_DIR/writes.before"
  set +e
  run_dump | compress_stream "$codec" 2>"$RUN_DIR/safety.err" | encrypt_stream 2>>"$RUN_DIR/safety.err" >"$file"
  statuses=("${PIPESTATUS[@]}")
  set -e
  if ((statuses[1] != 0 || statuses[2] != 0)); then
    printf 'cannot write %s: %s' "$file" "$(tail -n 1 -- "$RUN_DIR/safety.err")" >"$RUN_DIR/safety.why"
    return "$EX_IO"
  elif ((statuses[0] != 0)); then
    mysql_error_text '' "$RUN_DIR/mysqldump.err" >"$RUN_DIR/safety.why"
    return "$EX_UNAVAILABLE"
  fi
  (sync_paths "$file") || return "$EX_IO"
  if ! decrypt_stream "$ENCRYPTION" <"$file" | decompress_stream "$codec" | scan_dump >"$RUN_DIR/safety.facts"; then
    printf '%s cannot be read back to its end' "$file" >"$RUN_DIR/safety.why"
    return "$EX_IO"
  fi
  last_writes >"$RUN_DIR/writes.after"
  if ! cmp -s -- "$RUN_DIR/writes.before" "$RUN_DIR/writes.after"; then
    printf 'an account that may write to a read-only server wrote to them meanwhile: stop that program' >"$RUN_DIR/safety.why"
    return "$EX_TEMPFAIL"
  fi
  rows_of_facts "$RUN_DIR/safety.facts" >"$RUN_DIR/rows.safety"
  count_live_rows "$(dumped_condition)" "$(cat -- "$RUN_DIR/dump.history")" databases >"$RUN_DIR/rows.live"
  rows_difference "$RUN_DIR/rows.live" "$RUN_DIR/rows.safety" >"$RUN_DIR/rows.differ"
  [[ ! -s $RUN_DIR/rows.differ ]] || {
    printf 'rows are missing in the dump of them: %s' "$(describe_rows_difference "$RUN_DIR/rows.differ")" >"$RUN_DIR/safety.why"
    return "$EX_UNAVAILABLE"
  }
}

# Bytes of the rows of some databases, as the server estimates them.
data_bytes() {
  local sum
  sum="$(require_query 'cannot ask for the size of the databases' "SELECT CAST(IFNULL(SUM(DATA_LENGTH), 0) AS UNSIGNED) FROM information_schema.TABLES WHERE CAST(TABLE_SCHEMA AS BINARY) IN ($(sql_list "$@"))")" || exit $?
  [[ $sum =~ ^[0-9]{1,18}$ ]] || sum=0
  printf '%d\n' "$sum"
}

# When each table of the databases was last written to. Waits until the clock of the server has passed the last of these seconds: a
# later write then shows.
last_writes() {
  local condition
  condition="$(content_condition "${MYSQL_DATABASES[@]}")"
  while [[ $(require_query 'cannot look at the tables' "SELECT IFNULL(MAX(UPDATE_TIME), 0) >= UTC_TIMESTAMP() FROM information_schema.TABLES WHERE ${condition//X/TABLE_SCHEMA}") == 1 ]]; do sleep 0.1; done
  require_query 'cannot look at the tables' "SELECT $(sql_encoded TABLE_SCHEMA), $(sql_encoded TABLE_NAME), UPDATE_TIME FROM information_schema.TABLES WHERE ${condition//X/TABLE_SCHEMA} ORDER BY 1, 2"
}

# Note how to undo: the stamp of this restore, codec, cipher, SHA-256 and MAC of the safety dump and its name (`-`: none of the
# databases was there), then the databases.
note_way_back() {
  local set="$1" file="$2" name sum=- salt=- mac=-
  if [[ $file != - ]]; then
    sum="$(sha256_of "$file")" || exit $?
    if [[ $ENCRYPTION == openssl ]]; then
      salt="$(openssl rand -hex 8)"
      openssl_mac "$file" "$salt" || die "$EX_NOPERM" "cannot make the MAC of $file"
      mac="$HMAC"
    fi
  fi
  choose_compression
  {
    printf '2 %s %s %s %s %s %s %s\n' "$STAMP" "$CODEC" "$ENCRYPTION" "$sum" "$salt" "$mac" "$file"
    set_databases "$set" | while IFS= read -r name; do encode_name "$name"; done
  } >"$STATE_DIR/$ASSET.undo" || die "$EX_IO" "cannot write $STATE_DIR/$ASSET.undo"
  sync_paths "$STATE_DIR/$ASSET.undo"
}

# ---------------------------------------------------------------- nobody else writes

# Lock other programs out of writing, and let long statements pass while a dump is loaded. What was before is noted in
# $STATE_DIR/$ASSET.locked first, and put back on every way out: by unlock_writers, by a guardian when this run is killed, by the next
# run when the guardian was killed, too. A server that is restarted forgets both by itself.
lock_writers() {
  local read_only packet
  # What a killed run noted is what was before.
  if [[ ! -s $STATE_DIR/$ASSET.locked ]]; then
    read_only="$(mysql_variable read_only)" || exit $?
    packet="$(mysql_variable max_allowed_packet)" || exit $?
    [[ $packet =~ ^[0-9]{1,18}$ ]] || die "$EX_UNAVAILABLE" 'the server does not say what its max_allowed_packet is'
    # A newer server has more words than two for it.
    [[ $read_only =~ ^[A-Z_0-9]{1,30}$ ]] || read_only=OFF
    printf '%s %s\n' "$read_only" "$packet" >"$STATE_DIR/$ASSET.locked" || die "$EX_IO" "cannot write $STATE_DIR/$ASSET.locked"
    sync_paths "$STATE_DIR/$ASSET.locked"
  fi
  # In a process group of its own: it must outlive the end of this one.
  set -m
  guard_writers "$$" </dev/null >/dev/null 2>&1 9>&- 3>&- 4>&- &
  set +m
  mysql_query "SET SESSION lock_wait_timeout = $MYSQL_LOCK_SECONDS; SET GLOBAL read_only = ON; DROP DATABASE IF EXISTS $(sql_name "lifeboat_may_write_$STAMP")" || refuse_lock
  mysql_query 'SET GLOBAL max_allowed_packet = 1073741824' || true
  log_info 'the server is read-only for other programs until this restore is done'
}

# Leave because other programs cannot be locked out, or this one was, too.
refuse_lock() {
  local number
  number="$(mysql_error_number "$RUN_DIR/mysql.err")"
  unlock_writers
  case "$number" in
    1227 | 1290) die "$EX_NOPERM" 'the account for restores cannot make the server read-only for others and write itself; nothing was changed' 'GRANT ALL PRIVILEGES ON *.* TO it; on MariaDB from 10.11 that includes READ ONLY ADMIN, which SUPER does not' ;;
    1205) die "$EX_TEMPFAIL" "a program holds a lock for more than $MYSQL_LOCK_SECONDS s; nothing was changed" 'stop the programs that use these databases (SHOW PROCESSLIST), then run this again' ;;
    *) die_of_mysql 'cannot make the server read-only for other programs; nothing was changed' "$RUN_DIR/mysql.err" ;;
  esac
}

# Put back what lock_writers changed. Does nothing when nothing is noted.
unlock_writers() {
  local note="$STATE_DIR/$ASSET.locked" read_only packet
  [[ -s $note ]] || { rm -f -- "$note" && return 0; }
  read -r read_only packet <"$note"
  [[ $read_only =~ ^[A-Z_0-9]{1,30}$ ]] || read_only=OFF
  [[ $packet =~ ^[0-9]{1,18}$ ]] || packet=16777216
  mysql_identify
  # Where nothing was locked there is nothing to undo, and perhaps no right to.
  if [[ "$(mysql_query "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'max_allowed_packet')" | sort | cut -f 2 | tr '\n' ' ')" == "$packet $read_only " ]]; then
    rm -f -- "$note"
  elif mysql_query "SET GLOBAL read_only = $read_only, GLOBAL max_allowed_packet = $packet"; then
    rm -f -- "$note"
    log_info 'other programs may write to the server again'
  else
    log_error "the server is still read-only for other programs: $(mysql_error_text '' "$RUN_DIR/mysql.err"). Run there: SET GLOBAL read_only = $read_only, GLOBAL max_allowed_packet = $packet; then remove $note"
    return "$EX_UNAVAILABLE"
  fi
}

# Wait until the run that locked other programs out has unlocked them, or is gone; then do it in its place.
guard_writers() {
  local run="$1" note="$STATE_DIR/$ASSET.locked" read_only packet
  trap - EXIT
  trap '' HUP INT TERM
  set +e
  while [[ -e $note ]] && kill -0 "$run" 2>/dev/null; do sleep 0.5; done
  while [[ -s $note ]] && read -r read_only packet <"$note"; do
    [[ $read_only =~ ^[A-Z_0-9]{1,30}$ && $packet =~ ^[0-9]{1,18}$ ]] || return 0
    if "$MYSQL_CLIENT" "${MYSQL_ARGS[@]}" --connect-timeout=10 --execute="SET GLOBAL read_only = $read_only, GLOBAL max_allowed_packet = $packet" </dev/null; then
      rm -f -- "$note"
      return 0
    fi
    # A server that is down forgets it.
    sleep 5
    kill -0 "$run" 2>/dev/null || [[ -d $STATE_DIR ]] || return 0
  done
}

# The client, for a dump that goes into the live server.
live_client() {
  "$MYSQL_CLIENT" "${MYSQL_ARGS[@]}" --init-command="$MYSQL_LOAD_SESSION" "$@"
}

# Drop the databases of a set, so that nothing made since the backup stays in them.
drop_databases() {
  local name
  while IFS= read -r name; do
    require_query "cannot drop the database $name" "SET SESSION foreign_key_checks = 0, lock_wait_timeout = $MYSQL_LOCK_SECONDS; DROP DATABASE IF EXISTS $(sql_name "$name")"
  done < <(set_databases "$1")
}

# Prove the live server: it answers, and it holds what the MANIFEST names.
kind_check_live() {
  local set="$1" name replayed
  local -a names=()
  mysql_setup
  wait_for_server || return $?
  if replaces_server "$set" && ! mysql_query 'SELECT 1' >/dev/null; then
    log_warn "the server runs, but refuses the plan's login ($(mysql_error_text '' "$RUN_DIR/mysql.err")): the accounts are now those of the backup"
    return 0
  fi
  replaces_server "$set" || while IFS= read -r name; do names+=("$name"); done < <(set_databases "$set")
  list_content ${names[@]+"${names[@]}"} >"$RUN_DIR/content.live"
  # With its log a set came to something else than its MANIFEST says.
  replayed="$(staged_note replayed)"
  if [[ -z $replayed ]]; then
    same_content "$set" 'live server' "$RUN_DIR/content.live" || return $?
  elif ! cmp -s -- "$replayed" "$RUN_DIR/content.live"; then
    log_error "the live server does not hold what was restored: $(content_difference "$replayed" "$RUN_DIR/content.live" restored live)"
    return "$EX_DATA"
  fi
  if replaces_server "$set"; then
    compare_live_settings "$set"
    tell_of_memory_tables
  else
    check_live_rows "$set" ${names[@]+"${names[@]}"}
    rm -f -- "$STATE_DIR/$ASSET.undo"
    unlock_writers
  fi
}

# A start of the server empties tables in memory, that of a restore, too.
tell_of_memory_tables() {
  local names
  names="$(require_query 'cannot list the tables' "SELECT CONCAT($(sql_encoded TABLE_SCHEMA), '.', $(sql_encoded TABLE_NAME)) FROM information_schema.TABLES WHERE ENGINE = 'MEMORY' AND TABLE_SCHEMA NOT IN ($MYSQL_SYSTEM_DATABASES)")" || exit $?
  [[ -z $names ]] || log_warn "these tables live in memory, and every start of the server empties them: ${names//$'\n'/, }; let the programs that fill them do so again"
}

# Does the live server hold every row of the chosen databases? Nobody else can write yet.
check_live_rows() {
  local set="$1"
  shift
  has_rows "$set" || return 0
  # What could not be opened before the restore counts now.
  rm -f -- "$RUN_DIR/left-out"
  stream_payload "$set" rows.tsv read_rows || exit $?
  count_live_rows "$(content_condition "$@")" "$(manifest_get "$set" rows.history)" databases >"$RUN_DIR/rows.live"
  require_rows "$set" 'live server' "$RUN_DIR/rows.live"
}

# Wait until the live server answers, if only to refuse the login.
wait_for_server() {
  local waited=0
  until mysql_query 'SELECT 1' >/dev/null; do
    case "$(mysql_error_number "$RUN_DIR/mysql.err")" in
      1045 | 1698 | 1130 | 1044) return 0 ;;
    esac
    if ((waited >= SERVICE_START_SECONDS)); then
      log_error "the server does not answer after $(human_seconds "$SERVICE_START_SECONDS") (startWithin of the service in the plan): $(mysql_error_text '' "$RUN_DIR/mysql.err")"
      return "$EX_UNAVAILABLE"
    fi
    sleep 1
    waited=$((waited + 1))
  done
}

# Undo a restore of chosen databases: load the safety dump that the note of this very restore names. A server that was
# swapped is put back by the renames alone. A later run that finds no way back goes on: it replaces all of it anyway. Whatever
# comes of it, other programs may write again.
kind_rollback() {
  local status=0
  (undo_databases) || status=$?
  unlock_writers || status=$?
  return "$status"
}

# The inverse of swap_databases.
undo_databases() {
  local note="$STATE_DIR/$ASSET.undo" version made_at codec cipher sum salt mac file began name status=0
  local -a names=()
  [[ -s $note && -s $STATE_DIR/$ASSET.restoring ]] || return 0
  read -r version made_at codec cipher sum salt mac file <"$note"
  # Notes of older versions: stamp, codec, file.
  [[ $version == 2 ]] || read -r made_at codec file <"$note"
  [[ $version == 2 ]] || cipher=none sum=- mac=-
  read -r began _ <"$STATE_DIR/$ASSET.restoring"
  [[ $made_at == "$began" ]] || return 0
  if [[ $file == *.incomplete || ($file != - && ! -f $file) ]]; then
    log_error "there is no complete safety dump of the databases as they were"
    [[ $made_at != "$STAMP" ]] || return "$EX_IO"
    return 0
  fi
  require_safety_dump "$file" "$cipher" "$sum" "$salt" "$mac"
  while IFS= read -r name; do
    decode_name "$name"
    names+=("$DECODED_NAME")
  done < <(sed 1d "$note")
  mysql_identify
  lock_writers
  [[ $made_at == "$STAMP" ]] || keep_undone ${names[@]+"${names[@]}"}
  for name in ${names[@]+"${names[@]}"}; do
    require_query "cannot drop the database $name" "SET SESSION foreign_key_checks = 0, lock_wait_timeout = $MYSQL_LOCK_SECONDS; DROP DATABASE IF EXISTS $(sql_name "$name")"
  done
  if [[ $file != - ]]; then
    decode_file "$file" "$codec" "$cipher" load_sequences 'the live server' live_client || status=$?
    ((status != 0)) || decode_file "$file" "$codec" "$cipher" load_dump 'the live server' live_client || status=$?
    ((status == 0)) || die "$status" "cannot load the safety dump $file" "correct what is wrong with the server, then run this restore again: it first loads that dump; to give up on it, move it away"
    log_info "loaded the databases as they were from $file"
  fi
  rm -f -- "$note"
}

# Prove a safety dump before anything is dropped for its sake.
require_safety_dump() {
  local file="$1" cipher="$2" sum="$3" salt="$4" mac="$5"
  [[ $file != - ]] || return 0
  can_decrypt "$cipher" || die "$EX_NOPERM" "this host has no key to decrypt the safety dump $file; the databases stay as they are" 'put the key where the plan says, then run this restore again'
  [[ $sum == - || $(sha256_of "$file") == "$sum" ]] || die "$EX_DATA" "the safety dump $file is not what was written; the databases stay as they are" 'look at its disk; to give up on it, move it away'
  [[ $mac == - ]] || { openssl_mac "$file" "$salt" && [[ $HMAC == "$mac" ]]; } || die "$EX_DATA" "the safety dump $file fails its MAC; the databases stay as they are" 'to give up on it, move it away'
}

# Give the decoded text of a file to a consumer.
decode_file() {
  local file="$1" codec="$2" cipher="$3"
  shift 3
  decrypt_stream "$cipher" <"$file" | decompress_stream "$codec" | "$@"
}

# Before a later run takes away what is live since a killed restore: keep it. It may hold what was written meanwhile.
keep_undone() {
  local file name exists
  MYSQL_DATABASES=()
  for name in "$@"; do
    exists="$(require_query 'cannot list the databases' "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE CAST(SCHEMA_NAME AS BINARY) = $(sql_text "$name")")" || exit $?
    [[ $exists == 0 ]] || MYSQL_DATABASES+=("$name")
  done
  ((${#MYSQL_DATABASES[@]} > 0)) || return 0
  file="$(safety_file)"
  file="${file/.lifeboat-old-/.lifeboat-undone-}"
  find_left_out
  mysql_dump_arguments "$(mysql_variable log_bin)"
  if write_safety_dump "$file"; then
    log_info "what was live since that restore is kept in $file"
  else
    log_warn "what was live since that restore cannot be kept completely ($(cat -- "$RUN_DIR/safety.why")): what could be read is in $file"
  fi
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
  local file="$1" size="$2"
  [[ -r $file ]] || die "$EX_NOPERM" "cannot read the binary log $file" 'run this as root or as the user of the server; it may also have been purged this moment'
  count_bytes "$file"
  [[ $BYTES == "$size" ]] || die "$EX_DATA" "the binary log $file has $BYTES bytes, the server says $size" 'look at its disk'
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
  list_payloads "$set" name
  for name in "${FIELDS[@]}"; do
    stream_payload "$set" "$name" read_binlog || return $?
  done
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
    list_payloads "$log" name
    for name in "${FIELDS[@]}"; do
      ((${#files[@]} > 0)) || [[ $name == "$(manifest_get "$set" position.binlog_file)" ]] || continue
      stream_payload "$log" "$name" write_stream "$dir/replay/$name" || exit $?
      files+=("$dir/replay/$name")
    done
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
write_stream() {
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
