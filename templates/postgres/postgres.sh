# The postgres kind. A backup is the server's roles and one dump in the custom format for each database. A live restore loads
# every database under a scratch name into the running server and proves it there; then one transaction gives the old ones
# another name, the new ones theirs, and the roles what the backup says: all of it, or nothing.

# The journal of a live restore: $STATE_DIR/$ASSET.postgres.
readonly UNDO_JOURNAL=postgres
# A throw-away server answers within this time after it was started.
readonly PG_START_SECONDS=120

# A fast shutdown writes what is still in memory.
readonly PG_STOP_SECONDS=300

# pg_dump waits this long for a table that somebody alters.
readonly PG_LOCK_WAIT_SECONDS=600

# Databases under these names are restores that did not end, and what earlier restores replaced: a backup leaves both out.
readonly PG_SCRATCH_PATTERN='^lifeboat_new_[0-9a-f]{16}$'
readonly PG_OLD_PATTERN='_lifeboat_old_[0-9]{8}T[0-9]{6}Z$'

# A restore that would lack rows goes on only when it is told to.
# shellcheck disable=SC2034  # for the role
readonly FORCE_HELP='go on although rows of the set cannot be loaded here'

# Failed entries are tried again as long as that brings some of them, at most so often: one may wait for another.
readonly PG_LOAD_ROUNDS=5

# What every version of pg_dump counts alike. The rest is compared only between dumps of one version.
readonly PG_STABLE_TYPES='TABLE|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|SEQUENCE|INDEX|TRIGGER|FUNCTION|PROCEDURE|AGGREGATE|TYPE|DOMAIN|EXTENSION|large objects'

# ---------------------------------------------------------------- connecting

# Point every client program at the live server, by libpq's variables: none of them is a secret. What the operator's
# environment says of other servers has no say; ~/.pgpass and PGSSL* have.
pg_point_at_live() {
  local user="$PG_USER" secret="$PASSWORD_SECRET"
  [[ ${PG_TARGET:-} != live ]] || return 0
  if [[ -n $RUN_AS ]] && ((EUID != 0)) && [[ $(id -un) != "$RUN_AS" ]]; then
    die "$EX_NOPERM" "this runs as $(id -un), and the plan wants the server reached as $RUN_AS" "run it as root or as $RUN_AS"
  fi
  if [[ $ACTION == restore && -n ${RESTORE_USER:-} ]]; then user="$RESTORE_USER" secret="$RESTORE_PASSWORD_SECRET"; fi
  pg_clean_environment
  [[ -z $PG_HOST ]] || export PGHOST="$PG_HOST"
  ((PG_PORT == 0)) || export PGPORT="$PG_PORT"
  [[ -z $user ]] || export PGUSER="$user"
  [[ -z $secret ]] || pg_password_file "$user" "$secret"
  PG_CLIENT_USER="$RUN_AS"
  PG_TARGET=live
  pg_find_programs 0 psql
}

# Forget what the environment says of a server, and have no setting of a server, a role or a database get in the way: what is given
# when a session begins goes before all of these. Money is written and read by lc_monetary, NULL in arrays by array_nulls, and
# gin_fuzzy_search_limit cuts what a query finds: a dump and its restore must mean the same by them.
pg_clean_environment() {
  unset -v PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGSYSCONFDIR PGOPTIONS PGDATA PGCLUSTER \
    PGCLIENTENCODING PGTZ PGDATESTYLE PGGEQO PGREQUIREAUTH PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS PSQLRC PSQL_PAGER PAGER PG_COLOR PG_COLORS
  export PGCONNECT_TIMEOUT=10 PGAPPNAME=lifeboat
  PGOPTIONS='-c standard_conforming_strings=on -c search_path=pg_catalog -c role=none -c statement_timeout=0 -c lock_timeout=0'
  PGOPTIONS+=' -c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off -c default_transaction_isolation=read\ committed'
  PGOPTIONS+=' -c default_transaction_deferrable=off -c row_security=off -c client_min_messages=warning -c DateStyle=ISO -c IntervalStyle=postgres'
  PGOPTIONS+=' -c extra_float_digits=1 -c bytea_output=hex -c array_nulls=on -c lc_monetary=C -c transform_null_equals=off'
  PGOPTIONS+=' -c gin_fuzzy_search_limit=0 -c xmloption=content -c quote_all_identifiers=off -c default_tablespace='
  export PGOPTIONS
}

# Hand the password over in a file of mode 600 in the run's scratch directory: it goes with it.
pg_password_file() {
  local user="$1" secret="$2" password file="$RUN_DIR/pgpass"
  if [[ ! -e $file ]]; then
    password="$(read_secret "$secret")" || exit $?
    [[ $password != *[[:cntrl:]]* ]] || die "$EX_NOPERM" "the password of $user holds a control character" "is it the right file? one line is expected"
    password="${password//\\/\\\\}"
    printf '*:*:*:*:%s\n' "${password//:/\\:}" >"$file.new" || die "$EX_IO" "cannot write in $RUN_DIR"
    mv -- "$file.new" "$file"
  fi
  export PGPASSFILE="$file"
}

# Choose the directory of PostgreSQL's programs: PG_BIN. The plan's, else that of the wanted major version (0: any), else
# the newest that there is: Debian and others keep several side by side, and its wrappers on the path choose by themselves.
pg_find_programs() {
  local major="$1" program="$2" dir number found='' best=0
  if [[ -n $BIN_DIR ]]; then
    [[ -x $BIN_DIR/$program ]] || die "$EX_UNAVAILABLE" "there is no program $program in $BIN_DIR" "correct binDirectory in the plan"
    PG_BIN="$BIN_DIR"
    return 0
  fi
  for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
    [[ -x $dir/$program ]] || continue
    number="${dir%/bin}"
    number="${number##*[!0-9]}"
    [[ -n $number ]] || continue
    if ((number == major)); then best=1000000; elif ((number > best)); then best="$number"; else continue; fi
    found="$dir"
  done
  if [[ -z $found ]]; then
    found="$(command -v "$program")" || die "$EX_UNAVAILABLE" "PostgreSQL's program $program is not installed on this host" "install PostgreSQL's client (for throw-away servers the server, too), or name binDirectory in the plan"
    found="${found%/*}"
  fi
  PG_BIN="$found"
}

# Run a command as another user of the system, which only root can; an empty name changes nothing.
pg_as_user() {
  local user="$1"
  shift
  if [[ -z $user ]] || ((EUID != 0)); then
    "$@"
  elif command -v setpriv >/dev/null 2>&1; then
    setpriv --reuid="$user" --regid="$(id -g -- "$user")" --init-groups -- "$@"
  elif command -v runuser >/dev/null 2>&1; then
    runuser -u "$user" -- "$@"
  else
    sudo -n -E -u "$user" -- "$@"
  fi
}

# Run one of PostgreSQL's client programs against the server that was pointed at. Names come and go as the bytes that they are, whatever
# encoding a role or a database is set to speak; a dump of a database speaks the database's own.
pg_run() {
  local program="$1"
  shift
  PGCLIENTENCODING="${PG_ENCODING:-SQL_ASCII}" pg_as_user "${PG_CLIENT_USER:-}" "$PG_BIN/$program" "$@"
}

# Run a statement in a database; rows on stdout. The tool's words are in $RUN_DIR/psql.err when it fails.
pg_query() {
  PGDATABASE="$1" pg_run psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=terse -c "$2" </dev/null 2>"$RUN_DIR/psql.err"
}

# The same in the database that is always there, or leave with a code that tells why not.
pg_require() {
  pg_query "$PG_HOME" "$2" || pg_die "$1" "$RUN_DIR/psql.err"
}

# Run the statements of stdin in one session that ends at the first error. They may hold passwords' hashes: nothing of them
# is in an argument list, in messages, or, where it can be helped, in the server's log.
pg_execute() {
  PGDATABASE="$1" pg_run psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=terse -v SHOW_CONTEXT=never -f - >/dev/null 2>"$RUN_DIR/execute.err"
}

# Leave because a client failed: WHAT failed, and the file with the tool's words.
pg_die() {
  local what="$1" text code=69 hint=''
  text="$(pg_last_words "$2")"
  case "$text" in
    *'authentication failed'* | *'no password supplied'* | *'no pg_hba.conf entry'* | *'FATAL:  role '*'does not exist'* | *'is not permitted to log in'*)
      code="$EX_NOPERM" hint='are user and password right, and does pg_hba.conf let this user in from here? peer authentication wants runAs in the plan'
      ;;
    *'permission denied'* | *'must be owner'* | *'must be superuser'* | *'row-level security policy'*)
      code="$EX_NOPERM" hint='the role lacks a right: see "The role" in the documentation of the postgres kind'
      ;;
    *'database "'*'" does not exist'*) code="$EX_DATA" ;;
    *'the database system is'* | *'too many clients'* | *'connection slots'* | *'lock timeout'* | *'conflict with recovery'* | *'too many connections'*)
      code="$EX_TEMPFAIL" hint='run this again when the server is less busy'
      ;;
    *'No space left'* | *'disk full'*) code="$EX_IO" hint="make room on the server's disk, then run this again" ;;
    *'server version mismatch'*) hint="install the client programs of the server's version, or name binDirectory in the plan" ;;
    *'connection to server'* | *'could not connect'* | *'could not translate'*) hint="$(pg_start_hint)" ;;
    *'server closed the connection'* | *'terminating connection'*) hint='look at the log of the server: it may have crashed, been restarted or run out of memory' ;;
    *'being accessed by other users'* | *'prepared transaction'*) code="$EX_TEMPFAIL" hint='end what uses the database (also prepared transactions), then run this again' ;;
  esac
  die "$code" "$what: $text" "$hint"
}

# A tool's last words about an error, without its name. Only for words that hold no rows: connecting, catalogs, dumping.
pg_last_words() {
  local text
  text="$(grep -e 'error:' -e 'ERROR:' -e 'FATAL:' -e 'detail:' -- "$1" | head -n 2 | tr '\n' ' ' || true)"
  [[ -n $text ]] || text="$(grep -v '^[[:space:]]*$' -- "$1" | tail -n 1 || true)"
  text="${text#psql: }" text="${text#psql:<stdin>:}" text="${text#pg_dump: }" text="${text#pg_dumpall: }" text="${text#pg_restore: }" text="${text#error: }" text="${text% }"
  ((${#text} <= 300)) || text="${text:0:297}..."
  printf '%s\n' "${text:-it ended without a word}"
}

# How to get a server to restore into.
pg_start_hint() {
  if [[ $ACTION != restore ]]; then
    printf 'is the server up? are socket directory, address and port in the plan right?\n'
  else
    printf 'a restore needs a running server, which may be empty. Start it (systemctl start postgresql); if its data directory is lost, make a new one first (Debian: pg_dropcluster 15 main; pg_createcluster 15 main --start; elsewhere: initdb -D DIR as the user of the server, then start it). --into DIR needs no server\n'
  fi
}

# ---------------------------------------------------------------- names

# A text as SQL's literal; pg_point_at_live sees to standard_conforming_strings.
pg_sql_text() {
  local quote="'"
  printf "'%s'" "${1//$quote/$quote$quote}"
}

# A name as SQL's identifier.
pg_sql_name() {
  local quote='"'
  printf '"%s"' "${1//$quote/$quote$quote}"
}

# `'a', 'b'` of names; NULL of none, so that IN () is never empty.
pg_sql_list() {
  local name out=''
  for name in "$@"; do out+="${out:+, }$(pg_sql_text "$name")"; done
  printf '%s\n' "${out:-NULL}"
}

# `a, b, c` for people.
pg_join_names() {
  local out='' name
  for name in "$@"; do out+="${out:+, }$name"; done
  printf '%s\n' "$out"
}

# The name under which a restore keeps what it replaces. Names have at most 63 bytes: a long one is cut at a character and
# told from others by its number.
pg_old_name() {
  local name="$1" number="$2"
  if ((${#name} > 33)); then
    name="${name:0:29}"
    # Under LC_ALL=C these are bytes: drop a character that was cut.
    while [[ $name == *[$'\x80'-$'\xbf'] ]]; do name="${name%?}"; done
    while [[ $name == *[$'\xc0'-$'\xff'] ]]; do name="${name%?}"; done
    name+="_$number"
  fi
  printf '%s_lifeboat_old_%s\n' "$name" "$STAMP"
}

# ---------------------------------------------------------------- what the live server is

# Ask the live server who it is: PG_VERSION, PG_MAJOR, PG_LOGIN, PG_HOME; takes the programs of its version. A restore asks in
# template1, which it never replaces.
pg_identify() {
  local text=''
  pg_point_at_live
  [[ -z ${PG_MAJOR:-} ]] || return 0
  PG_HOME=template1
  [[ $ACTION == restore ]] || PG_HOME=postgres
  text="$(pg_ask_identity)" || {
    # Only newer servers know this setting; one that has it may end the session before it is asked.
    if grep 'idle-session timeout' "$RUN_DIR/psql.err" >/dev/null; then PGOPTIONS+=' -c idle_session_timeout=0'; fi
    if grep 'database "postgres" does not exist' "$RUN_DIR/psql.err" >/dev/null; then PG_HOME=template1; fi
    text="$(pg_ask_identity)" || pg_die 'the server does not answer' "$RUN_DIR/psql.err"
  }
  PG_MAJOR=$((${text%% *} / 10000))
  text="${text#* }"
  PG_VERSION="${text%% *}"
  PG_LOGIN="${text#* }"
  log_debug "the server is PostgreSQL $PG_VERSION, this logs in as $PG_LOGIN"
  pg_extend_options
  pg_find_programs "$PG_MAJOR" pg_dump
}

# Print the server's version as a number and as text, and as whom this logs in.
pg_ask_identity() {
  pg_query "$PG_HOME" "SELECT current_setting('server_version_num') || ' ' || split_part(current_setting('server_version'), ' ', 1) || ' ' || session_user"
}

# Settings that only newer servers have, or only a superuser may change. A server that is told to read over damaged pages would
# give a dump without their rows.
pg_extend_options() {
  local words
  pg_extend_options_by "$PG_MAJOR"
  words="$(pg_require 'cannot read the settings of the server' "SELECT current_setting('is_superuser') || ' ' || coalesce(string_agg(name, ', '), '') FROM pg_settings WHERE name IN ('zero_damaged_pages', 'ignore_checksum_failure', 'ignore_system_indexes') AND setting = 'on'")" || exit $?
  if [[ $words == on\ * ]]; then
    PGOPTIONS+=' -c zero_damaged_pages=off -c ignore_checksum_failure=off -c session_replication_role=origin'
  elif [[ -n ${words#* } && $ACTION == backup ]]; then
    die "$EX_CONFIG" "the server reads over damaged data (${words#* }), and the role $PG_LOGIN cannot switch that off for itself: a dump would lack rows without a word" "set them off in postgresql.conf, or let a superuser make the backup"
  fi
}

# Settings that only servers of a major version and newer have.
pg_extend_options_by() {
  (($1 < 14)) || PGOPTIONS+=' -c idle_session_timeout=0'
  (($1 < 17)) || PGOPTIONS+=' -c transaction_timeout=0'
}

# The major version in a tool's or a server's version text: `pg_dump (PostgreSQL) 15.18 (Debian …)` and `15.18` give 15.
pg_major_of() {
  local text="${1#*) }"
  text="${text%%[!0-9]*}"
  printf '%d\n' "${text:-0}"
}

# The version of one of the chosen programs, as `15.18`.
pg_program_version() {
  local text
  text="$("$PG_BIN/$1" --version)" || die "$EX_UNAVAILABLE" "$PG_BIN/$1 does not run"
  text="${text#*) }"
  printf '%s\n' "${text%% *}"
}

# The databases to dump, into PG_DATABASES: those of the plan, or all of people's. template1 is what CREATE DATABASE copies;
# it belongs to the server, like template0.
pg_list_databases() {
  local name found
  # DATABASES is never empty where it is expanded.
  PG_DATABASES=()
  if ((${#DATABASES[@]})); then
    PG_DATABASES=("${DATABASES[@]}")
    return 0
  fi
  found="$(pg_require 'cannot list the databases' "SELECT datname FROM pg_database WHERE datallowconn AND datname <> 'template1' AND datname !~ '$PG_SCRATCH_PATTERN' AND datname !~ '$PG_OLD_PATTERN' ORDER BY datname COLLATE \"C\"")" || exit $?
  while IFS= read -r name; do
    [[ -z $name ]] || PG_DATABASES+=("$name")
  done <<<"$found"
  ((${#PG_DATABASES[@]})) || die "$EX_DATA" 'the server has no database to back up'
}

# ---------------------------------------------------------------- backup

# Can a backup be made? Programs, login, rights and databases.
kind_preflight() {
  local version name found
  pg_identify
  version="$(pg_program_version pg_dump)" || exit $?
  if (($(pg_major_of "$version") < PG_MAJOR)); then
    die "$EX_UNAVAILABLE" "the server is PostgreSQL $PG_VERSION, and $PG_BIN/pg_dump is older: $version" "install the client programs of version $PG_MAJOR, or name their directory as binDirectory in the plan"
  fi
  pg_find_programs "$PG_MAJOR" pg_restore
  found="$(pg_require 'cannot list the databases' "SELECT count(*) FROM pg_database WHERE datname ~ '[\\n\\r]'")" || exit $?
  [[ $found == 0 ]] || die "$EX_CONFIG" 'the name of a database holds a line break: it could not be handled safely' 'rename that database'
  pg_list_databases
  for name in "${PG_DATABASES[@]}"; do pg_check_database "$name"; done
  found="$(pg_require 'cannot read the rights of the role' "SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')")" || exit $?
  [[ $found == t ]] || die "$EX_NOPERM" "the role $PG_LOGIN may not read the other roles: a backup would lack their passwords" "GRANT pg_read_all_data TO it (PostgreSQL 14 and later), or use a superuser"
  pg_warn_of_omissions
}

# Is a database there, and can one connect to it?
pg_check_database() {
  local name="$1" found
  case "$name" in
    template0 | template1) die "$EX_CONFIG" "$name belongs to the server and cannot be restored" "leave it out of the plan" ;;
  esac
  found="$(pg_require 'cannot list the databases' "SELECT CASE WHEN datallowconn THEN 'open' ELSE 'closed' END FROM pg_database WHERE datname = $(pg_sql_text "$name")")" || exit $?
  case "$found" in
    open) ;;
    closed) die "$EX_UNAVAILABLE" "the database '$name' takes no connections, so it cannot be dumped" "ALTER DATABASE … ALLOW_CONNECTIONS true" ;;
    *)
      found="$(pg_require 'cannot list the databases' "SELECT string_agg(datname, ', ' ORDER BY datname) FROM pg_database WHERE datallowconn AND datname <> 'template1'")" || exit $?
      die "$EX_DATA" "there is no database '$name' on this server" "there are: $found"
      ;;
  esac
}

# Name what a backup of everything leaves out.
pg_warn_of_omissions() {
  local found
  ((${#DATABASES[@]} == 0)) || return 0
  found="$(pg_require 'cannot list the databases' "SELECT string_agg(datname, ', ' ORDER BY datname) FROM pg_database WHERE datname ~ '$PG_OLD_PATTERN'")" || exit $?
  [[ -z $found ]] || log_info "not backed up, since restores put them aside: $found; DROP DATABASE when nobody needs them any more"
  found="$(pg_require 'cannot list the databases' "SELECT string_agg(datname, ', ' ORDER BY datname) FROM pg_database WHERE datname ~ '$PG_SCRATCH_PATTERN'")" || exit $?
  [[ -z $found ]] || log_warn "left by a restore that did not end: $found; the next restore removes them"
  found="$(pg_require 'cannot list the databases' "SELECT string_agg(datname, ', ' ORDER BY datname) FROM pg_database WHERE NOT datallowconn AND datname <> 'template0'")" || exit $?
  [[ -z $found ]] || log_warn "not backed up, since they take no connections: $found"
  found="$(pg_query template1 "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'")" || return 0
  [[ $found == 0 ]] || log_warn "template1 holds $found tables and other objects of its own, which are not backed up: new databases of a new server would lack them"
}

# Make the backup: the roles, then the databases, each looked through while it is written. What cannot be dumped does not keep the
# rest from being saved: it is named in the MANIFEST and at the end of the run, which then fails.
kind_capture() {
  local name number=1
  pg_identify
  pg_find_programs "$PG_MAJOR" pg_restore
  pg_list_databases
  pg_describe_server
  write_payload globals.sql pg_observe_globals pg_produce_globals
  : >"$RUN_DIR/content.dump"
  : >"$RUN_DIR/rows.dump"
  : >"$RUN_DIR/degraded"
  for name in "${PG_DATABASES[@]}"; do
    attempt_to pg_capture_database "$number" "$name"
    ((ATTEMPT_STATUS == 0)) || continue
    OBSERVED="$RUN_DIR/database-$number"
    pg_count_entries "$name" <"$OBSERVED.toc" >>"$RUN_DIR/content.dump"
    pg_number_rows "$number" "$OBSERVED.rows" >>"$RUN_DIR/rows.dump"
    number=$((number + 1))
  done
  ((number > 1)) || die "$EX_UNAVAILABLE" 'no database could be dumped: nothing is published' 'the errors above say why'
  manifest_add database.count $((number - 1))
  pg_enter_lines content "$RUN_DIR/content.dump"
  pg_enter_lines rows "$RUN_DIR/rows.dump"
  pg_enter_lines degraded "$RUN_DIR/degraded"
  [[ ! -s $RUN_DIR/degraded ]] || manifest_add degraded.rows yes
}

# Dump one database. Without the rows of those tables that cannot be read; 1 when nothing of it can be dumped. Whatever else
# ails the server ends the run.
pg_capture_database() {
  local number="$1" name="$2" table words
  local -a without=()
  OBSERVED="$RUN_DIR/database-$number"
  while :; do
    attempt_to pg_write_database "$number" "$name" ${without[@]+"${without[@]}"}
    ((ATTEMPT_STATUS != 0)) || return 0
    words="$(pg_last_words "$RUN_DIR/pg_dump.err" 2>/dev/null || true)"
    pg_is_of_one_object "$RUN_DIR/pg_dump.err" || exit "$(sysexit_of "$ATTEMPT_STATUS" "$EX_UNAVAILABLE")"
    table="$(pg_blamed_table "$RUN_DIR/pg_dump.err")"
    if [[ -z $table ]] || is_one_of "--exclude-table-data=$table" ${without[@]+"${without[@]}"}; then
      pg_note_degraded "the database $name is not in this set: $words"
      return 1
    fi
    without+=("--exclude-table-data=$table")
    pg_note_degraded "the rows of $table in the database $name are not in this set: $words"
  done
}

# Write and describe the dump of a database, in a shell of its own: it may be tried again.
pg_write_database() {
  local number="$1" name="$2" key value
  shift 2
  (
    set -Ee
    : >"$RUN_DIR/pg_dump.err"
    pg_describe_database "$number" "$name" >"$RUN_DIR/described"
    write_payload "database-$number.dump" pg_observe_archive pg_produce_database "$name" "$@"
    while IFS=$'\t' read -r key value; do manifest_add "$key" "$value"; done <"$RUN_DIR/described"
  )
}

# Did pg_dump fail on something in the database, so that the rest can be dumped? Not when the server is gone or busy, when a right
# is missing, or when there is no room.
pg_is_of_one_object() {
  grep -e 'ERROR: ' -e 'error: ' -- "$1" >/dev/null 2>&1 || return 1
  ! grep -e 'permission denied' -e 'row-level security' -e 'lock timeout' -e 'statement timeout' -e 'canceling statement' -e 'No space left' \
    -e 'server closed the connection' -e 'terminating connection' -e 'connection to server' -e 'conflict with recovery' -e 'out of memory' \
    -e 'too many' -e 'connection slots' -e 'server version mismatch' -e 'deadlock' -e 'shutting down' -- "$1" >/dev/null || return 1
  pg_query "$PG_HOME" 'SELECT 1' >/dev/null
}

# The table whose rows pg_dump could not read, as SQL writes its name; nothing when it was something else, or when the name holds
# what pg_dump would not take for that very table.
pg_blamed_table() {
  local line
  line="$(sed -n 's/^pg_dump: detail: Command was: COPY \(.*\) TO stdout;$/\1/p' "$1" | tail -n 1)"
  if [[ $line =~ ^(\"([^\"]|\"\")+\"|[a-z_][a-z0-9_]*)\.(\"([^\"]|\"\")+\"|[a-z_][a-z0-9_]*)\ (\(.*\))?$ ]]; then printf '%s.%s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}"; fi
}

# Note and say that something is missing.
pg_note_degraded() {
  printf '%s\n' "$1" >>"$RUN_DIR/degraded"
  log_warn "$1"
}

# Enter what a restore must know of the server.
pg_describe_server() {
  local value
  manifest_add tool.server "$PG_VERSION"
  value="$(pg_program_version pg_dump)" || exit $?
  manifest_add tool.pg_dump "$value"
  if ((${#DATABASES[@]})); then manifest_add dump.scope databases; else manifest_add dump.scope all; fi
  value="$(pg_require 'cannot read the catalog' 'SELECT rolname FROM pg_roles WHERE oid = 10')" || exit $?
  manifest_add server.superuser "$value"
  value="$(pg_require 'cannot read the catalog' "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template1'")" || exit $?
  manifest_add server.encoding "$value"
  # Not every role may ask.
  value="$(pg_query "$PG_HOME" 'SHOW shared_preload_libraries')" || value=''
  manifest_add server.shared_preload_libraries "$value"
  value="$(pg_require 'cannot read the position' 'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END')" || exit $?
  manifest_add position.wal_lsn "$value"
}

# Print what a restore must know of a database, a key and a value a line.
pg_describe_database() {
  local number="$1" name="$2" key value
  printf 'database.%d.name\t%s\n' "$number" "$name"
  for key in encoding collate ctype provider locale; do
    case "$key" in
      encoding) value='pg_encoding_to_char(encoding)' ;;
      collate) value=datcollate ;;
      ctype) value=datctype ;;
      # Columns of newer versions only.
      provider) value="CASE to_jsonb(d) ->> 'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END" ;;
      locale) value="coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')" ;;
    esac
    value="$(pg_require "cannot read the catalog" "SELECT $value FROM pg_database d WHERE datname = $(pg_sql_text "$name")")" || exit $?
    [[ -z $value ]] || printf 'database.%d.%s\t%s\n' "$number" "$key" "$value"
  done
  value="$(pg_query "$name" "SELECT string_agg(extname || ' ' || extversion, ', ' ORDER BY extname) FROM pg_extension")" || {
    cp -- "$RUN_DIR/psql.err" "$RUN_DIR/pg_dump.err"
    pg_die "cannot look into the database $name" "$RUN_DIR/psql.err"
  }
  printf 'database.%d.extensions\t%s\n' "$number" "$value"
}

# The producer of the roles.
pg_produce_globals() {
  pg_produce 'cannot dump the roles' pg_dumpall --globals-only --no-password
}

# The producer of a database. It is not compressed here: the set's codec does better, and encrypted data cannot be.
pg_produce_database() {
  local name="$1" PG_ENCODING
  shift
  PG_ENCODING="$(pg_require 'cannot read the catalog' "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = $(pg_sql_text "$name")")" || exit $?
  PGDATABASE="$name" pg_produce "cannot dump the database $name" pg_dump --format=custom --compress=0 --no-password "--lock-wait-timeout=${PG_LOCK_WAIT_SECONDS}s" "$@"
}

# Run a dump program to stdout. Its words are judged here, where its own status is known.
pg_produce() {
  local what="$1" status=0 file="$RUN_DIR/$2.err"
  shift
  pg_run "$@" </dev/null 2>"$file" || status=$?
  # Killed by the end of the pipe: what failed is downstream.
  ((status != 141)) || return 141
  ((status == 0)) || pg_die "$what" "$file"
  log_tool_errors "$1" "$file" WARN
}

# The observer of the roles: they are whole, and understood.
pg_observe_globals() {
  pg_parse_statements >/dev/null || die "$EX_DATA" 'the dump of the roles has no end' 'pg_dumpall was cut short; look at the log of the server'
}

# The observer of a database's dump, and the consumer that verifies one: leaves its table of contents in $OBSERVED.toc, and how many
# rows of each table it holds in $OBSERVED.rows. The table of contents comes first: a cut dump has it whole, so every row is read
# as well.
pg_observe_archive() {
  local status=0 lister fifo="$OBSERVED.fifo"
  rm -f -- "$fifo"
  mkfifo -- "$fifo"
  pg_list_archive <"$fifo" >"$OBSERVED.toc" 2>"$OBSERVED.list.err" &
  lister=$!
  tee -- "$fifo" | pg_read_archive 2>"$OBSERVED.read.err" || status=$?
  wait "$lister" || status=$?
  rm -f -- "$fifo"
  ((status == 0)) || die "$EX_DATA" "the dump of a database cannot be read: $(pg_archive_error "$OBSERVED.read.err")" 'it was cut short, or made by a newer version'
}

# Print the table of contents of the archive on stdin, read it to its end.
pg_list_archive() {
  local status=0
  "$PG_BIN/pg_restore" --list || status=$?
  cat >/dev/null
  return "$status"
}

# Read all of the archive on stdin, and count the rows in it.
pg_read_archive() {
  pg_decode_rows | pg_count_rows >"$OBSERVED.rows"
}

# Print the rows of the archive on stdin as SQL; read it to its end.
pg_decode_rows() {
  local status=0
  "$PG_BIN/pg_restore" --data-only --file=- || status=$?
  cat >/dev/null
  return "$status"
}

# Count the rows for each table in what pg_restore prints of an archive: `12 shop.customer`, the name as SQL writes it, encoded. A
# row is a line, whatever is in it; a statement may go over several, because names may hold line breaks. Lines of large objects are long,
# and looked at by their beginning only.
pg_count_rows() {
  awk '
    function identifier(text, from,   i, c) {
      if (substr(text, from, 1) != "\"") {
        for (i = from; i <= length(text) && substr(text, i, 1) ~ /[a-z0-9_$]/; i++);
        return i
      }
      for (i = from + 1; i <= length(text); i++) {
        if (substr(text, i, 1) != "\"") continue
        if (substr(text, i + 1, 1) != "\"") break
        i++
      }
      return i + 1
    }
    copying { if ($0 == "\\.") copying = 0; else rows[name]++; next }
    statement == "" && (/^--/ || /^$/ || /^\\/ || /^SELECT pg_catalog\.lowrite\(/) { next }
    {
      statement = statement == "" ? $0 : statement "\n" $0
      text = statement
      if (gsub(statement ~ /^COPY / ? "\"" : "\047", "", text) % 2) next
      if (statement ~ /^COPY / && statement ~ / FROM stdin;$/) {
        i = identifier(statement, 6)
        name = substr(statement, 6, identifier(statement, i + 1) - 6)
        gsub(/%/, "%25", name); gsub(/\t/, "%09", name); gsub(/\n/, "%0A", name);
        rows[name] += 0
        copying = 1
      }
      statement = ""
    }
    END { for (name in rows) printf "%.0f %s\n", rows[name], name }
  '
}

# What pg_restore says of an archive that it cannot read; never more than a known phrase.
pg_archive_error() {
  local text
  text="$(grep -o -e 'end of file' -e 'unsupported version ([0-9.]*)' -e 'did not find magic string' -e 'input file [a-z ]*' -e 'could not find block ID' -e 'unrecognized data block type' -e 'out of memory' -e 'could not uncompress data' -e 'unexpected section code' -- "$1" | tail -n 1 || true)"
  printf '%s\n' "${text:-it is damaged}"
}

# Count a table of contents (stdin) by type, in the words of the MANIFEST: `12 TABLE in shop`. Rows and what belongs to them
# are left out: a dump of definitions, with which a restored database is compared, has none of these. awk would read
# backslashes in an assignment, so the name comes by the environment.
pg_count_entries() {
  ENTRIES_OF="$1" awk '
    /^[0-9]+; [0-9]+ [0-9]+ / {
      class = $2
      text = $0
      sub(/^[0-9]+; [0-9]+ [0-9]+ /, "", text)
      if (text ~ /^(ACL|COMMENT|SECURITY LABEL) - (LARGE OBJECT|LARGE OBJECTS|DATABASE) /) next
      if (match(text, /^(FK CONSTRAINT|CHECK CONSTRAINT|MATERIALIZED VIEW DATA|MATERIALIZED VIEW|TABLE DATA|TABLE ATTACH|INDEX ATTACH|SEQUENCE OWNED BY|SEQUENCE SET|DEFAULT ACL|EVENT TRIGGER|ROW SECURITY|TEXT SEARCH [A-Z]+|FOREIGN DATA WRAPPER|FOREIGN TABLE|USER MAPPING|OPERATOR CLASS|OPERATOR FAMILY|ACCESS METHOD|PUBLICATION TABLES IN SCHEMA|PUBLICATION TABLE|SUBSCRIPTION TABLE|SHELL TYPE|PROCEDURAL LANGUAGE|BLOB METADATA|DATABASE PROPERTIES|SECURITY LABEL|STATISTICS DATA) /)) type = substr(text, 1, RLENGTH - 1)
      else { type = text; sub(/ .*/, "", type) }
      # A table in a schema named DATA.
      if (type == "TABLE DATA" && class != 0) type = "TABLE"
      if (type == "BLOB") type = "large objects"
      if (type ~ / DATA$/ || type == "SEQUENCE SET" || type == "BLOBS" || type == "BLOB METADATA") next
      seen[type]++
    }
    END {
      printf "database %s\n", ENVIRON["ENTRIES_OF"]
      for (type in seen) printf "%d %s in %s\n", seen[type], type, ENVIRON["ENTRIES_OF"]
    }
  '
}

# Put the number of the database into counts of rows: `12 4 shop.customer`.
pg_number_rows() {
  sed "s/^\\([0-9]*\\) /\\1 $1 /" "$2"
}

# Enter the lines of a file in the MANIFEST: what the dumps hold, how many rows of each table, what is missing.
pg_enter_lines() {
  local key="$1" line number=0
  while IFS= read -r line; do
    number=$((number + 1))
    manifest_add "$key.$number" "$line"
  done < <(sort "$2")
}

# The lines of a kind that the MANIFEST of a set has, sorted.
pg_recorded_lines() {
  manifest_values "$1" "$2" | sort
}

# Does a place hold the content that the MANIFEST of a set names? PLACE is a word for messages, FILE its content. Between
# versions only what all of them count alike is compared.
pg_same_content() {
  local set="$1" place="$2" file="$3" alike="$4" wanted="$RUN_DIR/content.set" found="$RUN_DIR/content.found" only_wanted only_found
  pg_recorded_lines "$set" content >"$wanted"
  sort "$file" >"$found"
  if [[ $alike != yes ]]; then
    pg_stable_content "$wanted"
    pg_stable_content "$found"
  fi
  if cmp -s -- "$wanted" "$found"; then return 0; fi
  only_wanted="$(lines_without "$wanted" "$found" | head -n 5 | tr '\n' ';')"
  only_found="$(lines_without "$found" "$wanted" | head -n 5 | tr '\n' ';')"
  log_error "the $place does not hold what the MANIFEST of ${set##*/} names: MANIFEST: ${only_wanted:-nothing more;} $place: ${only_found:-nothing more;}"
  return "$EX_DATA"
}

# Reduce a list of content to what every version counts alike.
pg_stable_content() {
  grep -E "^(database |[0-9]+ ($PG_STABLE_TYPES) in )" "$1" >"$1.stable" || true
  mv -- "$1.stable" "$1"
}

# Look through a set without loading it: it decodes, it can be read to its end, it holds what its MANIFEST says.
kind_verify() {
  local set="$1" i count
  pg_find_programs "$(pg_major_of "$(manifest_get "$set" tool.server)")" pg_restore
  pg_require_new_enough "$set"
  stream_payload "$set" globals.sql pg_observe_globals
  count="$(manifest_get "$set" database.count)"
  : >"$RUN_DIR/content.dump"
  : >"$RUN_DIR/rows.dump"
  for ((i = 1; i <= count; i++)); do
    OBSERVED="$RUN_DIR/database-$i"
    stream_payload "$set" "database-$i.dump" pg_observe_archive
    pg_count_entries "$(manifest_get "$set" "database.$i.name")" <"$OBSERVED.toc" >>"$RUN_DIR/content.dump"
    pg_number_rows "$i" "$OBSERVED.rows" >>"$RUN_DIR/rows.dump"
  done
  pg_same_content "$set" dump "$RUN_DIR/content.dump" yes
  pg_same_rows "$set"
}

# Do the dumps of a set hold as many rows of each table as its MANIFEST says? Sets from before do not say.
pg_same_rows() {
  local set="$1" differing
  [[ -n $(manifest_group "$set" rows) ]] || return 0
  pg_recorded_lines "$set" rows >"$RUN_DIR/rows.set"
  sort "$RUN_DIR/rows.dump" >"$RUN_DIR/rows.found"
  if cmp -s -- "$RUN_DIR/rows.set" "$RUN_DIR/rows.found"; then return 0; fi
  differing="$(lines_without "$RUN_DIR/rows.found" "$RUN_DIR/rows.set" | head -n 3 | sed 's/^\([0-9]*\) [0-9]* /\1 rows of /' | paste -s -d ';' -)"
  log_error "the dumps of ${set##*/} do not hold the rows that its MANIFEST names; they hold: ${differing:-fewer tables}"
  return "$EX_DATA"
}

# Refuse programs that are too old to read a set.
pg_require_new_enough() {
  local set="$1" made_with version
  made_with="$(manifest_get "$set" tool.pg_dump)"
  version="$(pg_program_version pg_restore)" || exit $?
  if (($(pg_major_of "$version") < $(pg_major_of "$made_with"))); then
    die "$EX_UNAVAILABLE" "the set was made by pg_dump $made_with, and $PG_BIN/pg_restore is older: $version" "install PostgreSQL's programs of version $(pg_major_of "$made_with") or newer, or name binDirectory in the plan"
  fi
}

# ---------------------------------------------------------------- statements

# Split the SQL that a dump program writes (stdin) into statements, a line each: KIND, tab, the role or tablespace it is
# about, tab, the statement. Tabs and newlines are encoded, since comments, settings and names may hold them: what looks
# like a statement in a comment is none. psql's own commands are passed over. 65 without the dump's last words.
pg_parse_statements() {
  awk '
    function encoded(text) {
      gsub(/%/, "%25", text); gsub(/\t/, "%09", text); gsub(/\n/, "%0A", text)
      return text
    }
    # The identifier that a text begins with; what follows is left in REST.
    function identifier(text,   i, c, name) {
      if (substr(text, 1, 1) != "\"") {
        match(text, /^[^ ;]*/)
        REST = substr(text, RLENGTH + 1)
        return substr(text, 1, RLENGTH)
      }
      for (i = 2; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\"") {
          if (substr(text, i + 1, 1) != "\"") break
          i++
        }
        name = name c
      }
      REST = substr(text, i + 1)
      return name
    }
    function emit(   kind, name, all) {
      all = statement
      if (statement ~ /^CREATE ROLE /) { kind = "create-role"; name = identifier(substr(statement, 13)) }
      else if (statement ~ /^ALTER ROLE /) { kind = "role"; name = identifier(substr(statement, 12)); if (REST ~ /^ IN DATABASE /) kind = "other" }
      else if (statement ~ /^COMMENT ON ROLE /) { kind = "role"; name = identifier(substr(statement, 17)) }
      else if (statement ~ /^SECURITY LABEL .*ON ROLE /) { kind = "role"; name = statement; sub(/^SECURITY LABEL .*ON ROLE /, "", name); name = identifier(name) }
      else if (statement ~ /^CREATE TABLESPACE /) { kind = "create-tablespace"; name = identifier(substr(statement, 19)) }
      else if (statement ~ /^CREATE DATABASE /) { kind = "create-database"; name = identifier(substr(statement, 17)); all = REST }
      else if (statement ~ /^(SET|SELECT pg_catalog\.set_config) ?/) kind = "set"
      else if (statement ~ /^GRANT /) {
        identifier(substr(statement, 7))
        if (REST ~ /^ TO /) { kind = "member"; name = identifier(substr(REST, 5)) } else kind = "other"
      }
      else kind = "other"
      printf "%s\t%s\t%s\n", kind, encoded(name), encoded(all)
      statement = ""
    }
    {
      if (statement == "") {
        if ($0 ~ /^-- PostgreSQL database (cluster )?dump complete/) complete = 1
        if ($0 ~ /^(--|\\)/ || $0 ~ /^ *$/) next
      } else statement = statement "\n"
      size = length($0)
      for (i = 1; i <= size; i++) {
        c = substr($0, i, 1)
        if (statement == "" && c == " ") continue
        statement = statement c
        if (quote == "") {
          if (c == "\"" || c == "\047") { quote = c; escapes = (c == "\047" && substr($0, i - 1, 1) == "E") }
          else if (c == ";") emit()
        } else if (escapes && c == "\\") { i++; statement = statement substr($0, i, 1) }
        else if (c == quote) {
          if (substr($0, i + 1, 1) == quote) { i++; statement = statement quote } else quote = ""
        }
      }
    }
    END { exit(complete && statement == "" ? 0 : 65) }
  '
}

# Decode the roles of a set into statements: $RUN_DIR/globals, and the names of its roles: $RUN_DIR/roles.set.
pg_read_globals() {
  local set="$1" status=0
  stream_payload "$set" globals.sql pg_save_globals "$RUN_DIR/globals" || status=$?
  ((status == 0)) || exit "$status"
  pg_roles_in "$RUN_DIR/globals" >"$RUN_DIR/roles.set"
}

# The consumer of the roles.
pg_save_globals() {
  local file="$1"
  pg_parse_statements >"$file" || die "$EX_DATA" 'the dump of the roles has no end'
}

# Names of the roles that statements make, encoded and sorted.
pg_roles_in() {
  awk -F '\t' '$1 == "create-role" { print $2 }' "$1" | sort
}

# The roles of the server pointed at, encoded and sorted: $RUN_DIR/roles.now. Those of the set that it lacks:
# $RUN_DIR/roles.missing.
pg_compare_roles() {
  pg_require 'cannot list the roles' "SELECT replace(replace(replace(rolname, '%', '%25'), chr(9), '%09'), chr(10), '%0A') FROM pg_roles WHERE rolname !~ '^pg_'" | sort >"$RUN_DIR/roles.now"
  lines_without "$RUN_DIR/roles.set" "$RUN_DIR/roles.now" >"$RUN_DIR/roles.missing"
}

# Encoded names (stdin) as `a, b` for people.
pg_name_roles() {
  local line
  local -a names=()
  while IFS= read -r line; do
    decode_path "$line"
    names+=("$DECODED_PATH")
  done
  pg_join_names ${names[@]+"${names[@]}"}
}

# Make the roles that are missing, without any right: owners and grants of the databases name them. They get what the backup
# gives them with the swap.
pg_make_missing_roles() {
  local line made=''
  pg_compare_roles
  while IFS= read -r line; do
    decode_path "$line"
    pg_journal role "$DECODED_PATH"
    made+="CREATE ROLE $(pg_sql_name "$DECODED_PATH"); "
  done <"$RUN_DIR/roles.missing"
  [[ -n $made ]] || return 0
  printf '%s\n' "$made" | pg_execute "$PG_HOME" || pg_die 'cannot make roles' "$RUN_DIR/execute.err"
}

# Print the SQL that gives the roles named in LIST what the statements in FILE say: settings, attributes, passwords and
# memberships that are not there go. Several statements of one transaction.
pg_roles_sql() {
  local file="$1" list="$2" line literals=''
  while IFS= read -r line; do
    decode_path "$line"
    printf 'ALTER ROLE %s RESET ALL;\n' "$(pg_sql_name "$DECODED_PATH")"
    printf 'COMMENT ON ROLE %s IS NULL;\n' "$(pg_sql_name "$DECODED_PATH")"
    # Without a PASSWORD in the dump a role has none.
    printf 'ALTER ROLE %s PASSWORD NULL CONNECTION LIMIT -1;\n' "$(pg_sql_name "$DECODED_PATH")"
    literals+="${literals:+, }$(pg_sql_text "$DECODED_PATH")"
  done <"$list"
  [[ -n $literals ]] || return 0
  pg_strip_roles_sql "$literals"
  awk -F '\t' 'NR == FNR { chosen[$1]; next } ($1 == "role" || $1 == "member") && $2 in chosen { print $3 }' "$list" "$file" | pg_decode_statements
}

# Print the statement that takes every membership, and the date after which a password is void, away from the roles named.
pg_strip_roles_sql() {
  cat <<SQL
DO \$lifeboat\$ DECLARE r record; BEGIN
  FOR r IN SELECT g.rolname AS role, m.rolname AS member, s.rolname AS grantor FROM pg_auth_members a
    JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member LEFT JOIN pg_roles s ON s.oid = a.grantor WHERE m.rolname IN ($1)
  LOOP
    EXECUTE format('REVOKE %I FROM %I', r.role, r.member) ||
      CASE WHEN current_setting('server_version_num')::int >= 160000 THEN format(' GRANTED BY %I CASCADE', r.grantor) ELSE '' END;
  END LOOP;
  FOR r IN SELECT rolname FROM pg_roles WHERE rolvaliduntil < 'infinity' AND rolname IN ($1) LOOP
    EXECUTE format('ALTER ROLE %I VALID UNTIL ''infinity''', r.rolname);
  END LOOP;
END \$lifeboat\$;
SQL
}

# Decode statements, a line each.
pg_decode_statements() {
  local line
  while IFS= read -r line; do
    decode_path "$line"
    printf '%s\n' "$DECODED_PATH"
  done
}

# The roles whose attributes a restore sets, into $RUN_DIR/roles.chosen: all of the set with a set of everything, only those
# that were missing with chosen databases. The one that is logged in as keeps what it has: it is the way back.
pg_choose_roles() {
  local set="$1"
  if [[ $(manifest_get "$set" dump.scope) == all ]]; then cp -- "$RUN_DIR/roles.set" "$RUN_DIR/roles.chosen"; else cp -- "$RUN_DIR/roles.missing" "$RUN_DIR/roles.chosen"; fi
  encode_path "$PG_LOGIN"
  pg_without_line "$ENCODED_PATH" "$RUN_DIR/roles.chosen"
}

# Take a line out of a file.
pg_without_line() {
  LINE="$1" awk '$0 != ENVIRON["LINE"]' "$2" >"$2.new"
  mv -- "$2.new" "$2"
}

# ---------------------------------------------------------------- databases

# Load every database of a set, each under a scratch name, into the server pointed at. Leaves their numbers and scratch names
# in $RUN_DIR/loaded, and what could not be loaded in $RUN_DIR/degraded.
pg_load_databases() {
  local set="$1" dir="$2" i count name scratch
  count="$(manifest_get "$set" database.count)"
  : >"$RUN_DIR/loaded"
  : >"$RUN_DIR/degraded"
  for ((i = 1; i <= count; i++)); do
    name="$(manifest_get "$set" "database.$i.name")"
    scratch="lifeboat_new_$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')"
    log_info "loading the database $name ($i of $count)"
    pg_load_database "$set" "$dir" "$i" "$scratch"
    printf '%d %s\n' "$i" "$scratch" >>"$RUN_DIR/loaded"
  done
}

# Load one database under a scratch name. Several connections need the dump in a file; its hash is then proven before
# anything is made of it.
pg_load_database() {
  local set="$1" dir="$2" number="$3" scratch="$4" dump="$2/database.dump" status=0 text name section
  name="$(manifest_get "$set" "database.$number.name")"
  stream_payload "$set" "database-$number.dump" pg_save_stream "$dump" || status=$?
  ((status == 0)) || exit "$status"
  pg_read_properties "$dump" "$RUN_DIR/properties.$number"
  text="$(awk -F '\t' '$1 == "create-database" { print $3; exit }' "$RUN_DIR/properties.$number")"
  [[ -n $text ]] || die "$EX_DATA" 'the dump does not say how its database is made'
  decode_path "$text"
  pg_journal scratch "$scratch"
  printf 'CREATE DATABASE %s%s\n' "$scratch" "$DECODED_PATH" | pg_execute "$PG_HOME" || pg_die "cannot make a database for $name" "$RUN_DIR/execute.err"
  pg_write_settings "$name" "$RUN_DIR/properties.$number" >"$RUN_DIR/settings.$number"
  : >"$RUN_DIR/lost.$number"
  "$PG_BIN/pg_restore" --list <"$dump" >"$RUN_DIR/toc.$number" 2>/dev/null || die "$EX_UNAVAILABLE" "cannot read the table of contents of the dump of $name"
  for section in pre-data data post-data; do pg_load_section "$dump" "$number" "$scratch" "$name" "$section"; done
  rm -f -- "$dump"
}

# Write a stream to a file.
pg_save_stream() {
  cat >"$1" || die "$EX_IO" "cannot write $1"
}

# The statements that concern a database as a whole, and not what is in it: how it is made, its owner, settings, grants and
# comment.
pg_read_properties() {
  local dump="$1" file="$2" list="$2.list" status=0
  "$PG_BIN/pg_restore" --list --create <"$dump" 2>"$RUN_DIR/pg_restore.err" |
    grep -E '^[0-9]+; [0-9]+ [0-9]+ (DATABASE|DATABASE PROPERTIES|(ACL|COMMENT|SECURITY LABEL) - DATABASE) ' >"$list" || status=$?
  ((status != 0)) || "$PG_BIN/pg_restore" --create --use-list="$list" --file=- <"$dump" 2>"$RUN_DIR/pg_restore.err" | pg_parse_statements >"$file" || status=$?
  ((status == 0)) || die "$EX_DATA" "the dump of a database cannot be read: $(pg_archive_error "$RUN_DIR/pg_restore.err")"
}

# Load a section of a dump: definitions, then rows, then what is made of rows. Functions of the user run meanwhile (in checks,
# domains, generated columns, indexes, materialized views), and pg_restore gives them an empty search_path. So what it could not
# load is tried again, under the settings of the database, before the next section. What fails then, too, is named: the rest stands.
pg_load_section() {
  local dump="$1" number="$2" scratch="$3" name="$4" section="$5" status=0 errors="$RUN_DIR/pg_restore.err" failed="$RUN_DIR/failed" round=0 before
  local -a args=(--verbose --no-password "--section=$section" "--dbname=$scratch")
  if ((JOBS > 1)) && [[ $section != pre-data ]] && pg_may_read "$dump"; then
    pg_run pg_restore "${args[@]}" "--jobs=$JOBS" -- "$dump" </dev/null >/dev/null 2>"$errors" || status=$?
  else
    pg_run pg_restore "${args[@]}" <"$dump" >/dev/null 2>"$errors" || status=$?
  fi
  ((status != 0)) || return 0
  pg_refuse_trouble "$errors"
  grep '^pg_restore: warning: errors ignored on restore: ' "$errors" >/dev/null || pg_load_die "$errors"
  pg_failed_entries "$errors" "$RUN_DIR/toc.$number" >"$failed"
  [[ -s $failed ]] || pg_load_die "$errors"
  log_info "$(count_of "$(wc -l <"$failed" | tr -d ' ')" entry entries) of $name could not be loaded without the settings of the database: trying again with them"
  until [[ ! -s $failed ]] || ((round == PG_LOAD_ROUNDS)); do
    before="$(wc -l <"$failed")"
    pg_retry_entries "$dump" "$number" "$scratch" "$name" "$section"
    (($(wc -l <"$failed") < before)) || break
    round=$((round + 1))
  done
  pg_give_up_entries "$dump" "$number" "$scratch" "$name" "$section"
}

# Print the lines of the table of contents, in its order, that pg_restore says it failed on.
pg_failed_entries() {
  awk '
    FNR == NR {
      if (!/^pg_restore: from TOC entry [0-9]+; [0-9]+ [0-9]+ /) { if (entry != "" && /^pg_restore: error: /) { failed[entry]; entry = "" } next }
      entry = $5
      next
    }
    /^[0-9]+; [0-9]+ [0-9]+ / && $1 in failed
  ' "$1" "$2"
}

# Try the entries of $RUN_DIR/failed once more, one after the other; leaves in it what failed again.
pg_retry_entries() {
  local dump="$1" number="$2" scratch="$3" name="$4" section="$5" line failed="$RUN_DIR/failed"
  : >"$failed.again"
  while IFS= read -r line; do
    pg_retry_entry "$dump" "$number" "$scratch" "$name" "$section" "$line" || printf '%s\n' "$line" >>"$failed.again"
  done <"$failed"
  mv -- "$failed.again" "$failed"
}

# Load one entry, a line of the table of contents, in one transaction: under the settings of the database, and if that fails under
# those of its owner; a definition, which computes nothing, at last under a path of all schemas. 1 leaves the SQLSTATE in $RUN_DIR/sqlstate. BEFORE and AFTER are functions that print SQL to go around it.
pg_retry_entry() {
  local who
  printf '%s\n' "${6%%;*};" >"$RUN_DIR/entry.list"
  for who in database owner all; do
    [[ $who != all || $5 == pre-data ]] || continue
    attempt_to pg_run_entry "$who" "$@"
    ((ATTEMPT_STATUS != 0)) || return 0
    pg_refuse_trouble "$RUN_DIR/entry.err"
    pg_sqlstate "$RUN_DIR/entry.err" >"$RUN_DIR/sqlstate"
    pg_refuse_state "$(cat -- "$RUN_DIR/sqlstate")"
  done
  return 1
}

# Send one entry to the server as SQL. The dump sets an empty search_path in its first lines: the settings of the database come in
# its place.
pg_run_entry() {
  local who="$1" dump="$2" number="$3" scratch="$4" name="$5" section="$6" entry="$7" before="${8:-:}" after="${9:-:}" line
  "$PG_BIN/pg_restore" "--use-list=$RUN_DIR/entry.list" --file=- <"$dump" 2>"$RUN_DIR/entry.read.err" | {
    while IFS= read -r line; do
      if [[ $line == "SELECT pg_catalog.set_config('search_path', '', false);" ]]; then
        cat -- "$RUN_DIR/settings.$number"
        case "$who" in
          owner) pg_owner_settings "$number" "$name" "$entry" ;;
          all) pg_all_schemas_sql "$scratch" ;;
        esac
        # A materialized view shows what its owner may see.
        [[ $section != post-data ]] || printf 'SET row_security = on;\n'
        "$before"
        break
      fi
      printf '%s\n' "$line"
    done
    cat
    "$after"
  } | PGDATABASE="$scratch" pg_run psql -X -w -q -1 -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -v SHOW_CONTEXT=never -f - >/dev/null 2>"$RUN_DIR/entry.err"
}

# Print the SQL that puts all schemas of a database on the path.
pg_all_schemas_sql() {
  pg_query "$1" "SELECT 'SET search_path = ' || string_agg(quote_ident(nspname), ', ') || ';' FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
}

# The SQLSTATE in psql's words, whatever their language; nothing of the row that they may quote.
pg_sqlstate() {
  local state
  state="$(sed -n 's/^psql:[^:]*:[0-9]*: [^ ]*  \([0-9A-Z]\{5\}\): .*/\1/p' "$1" | head -n 1)"
  printf '%s\n' "${state:-unknown}"
}

# Leave when a server does not load anything more, or not now: that is no fault of an entry.
pg_refuse_state() {
  case "$1" in
    53100 | 58030) die "$EX_IO" 'the server cannot write any more: No space left on device, or its disk fails' "make room on the server's disk, then run this again" ;;
    53* | 55P03 | 40*) die "$EX_TEMPFAIL" "the server is too busy to load the dump (SQLSTATE $1)" 'run this again later' ;;
    57* | 08* | 25006) die "$EX_UNAVAILABLE" "the server does not load the dump any more (SQLSTATE $1)" 'look at the log of the server' ;;
  esac
}

# Leave when a tool says that the server is gone or full.
pg_refuse_trouble() {
  ! grep -e 'No space left on device' -e 'server closed the connection' -e 'no connection to the server' -e 'terminating connection' -e 'connection to server' \
    -e '^pg_restore: error: could not \(open\|read\|write\|seek\)' -e 'out of memory' -e 'worker process' -- "$1" >/dev/null || pg_load_die "$1"
}

# Print the settings of a database that its users' code may want, as SQL for one session: search_path, those of its own, and how it
# reads dates.
pg_write_settings() {
  local name="$1"
  # shellcheck disable=SC2016  # SQL's $user
  printf 'SET search_path = "$user", public;\n'
  awk -F '\t' '$1 == "other" { print $3 }' "$2" | pg_decode_statements | pg_settings_of "ALTER DATABASE $name SET " "ALTER DATABASE $(pg_sql_name "$name") SET "
}

# Print the settings that statements (stdin) beginning with one of the given words make, as SQL for one session. What would change
# how rows are read is left out.
pg_settings_of() {
  local line start wanted='^("?TimeZone"?|"?DateStyle"?|search_path|"?[A-Za-z_][A-Za-z0-9_]*"?[.]"?[A-Za-z0-9_.]+"?) (TO|=) '
  while IFS= read -r line; do
    for start in "$@"; do
      [[ $line == "$start"*';' && ${line#"$start"} =~ $wanted ]] || continue
      printf 'SET %s\n' "${line#"$start"}"
    done
  done
}

# Print the settings under which the owner of an entry of the table of contents works.
pg_owner_settings() {
  local number="$1" name="$2" entry="$3" owner quoted
  owner="$(pg_owner_of "$entry")"
  quoted="$(pg_sql_name "$owner")"
  # shellcheck disable=SC2016  # SQL's $user
  grep '^SET search_path = "$user"' "$RUN_DIR/settings.$number" >/dev/null && printf 'SET search_path = %s, public;\n' "$quoted"
  awk -F '\t' '$1 == "role" { print $3 }' "$RUN_DIR/globals" | pg_decode_statements | pg_settings_of "ALTER ROLE $owner SET " "ALTER ROLE $quoted SET "
  awk -F '\t' '$1 == "other" { print $3 }' "$RUN_DIR/properties.$number" | pg_decode_statements |
    pg_settings_of "ALTER ROLE $owner IN DATABASE $name SET " "ALTER ROLE $quoted IN DATABASE $name SET " \
      "ALTER ROLE $owner IN DATABASE $(pg_sql_name "$name") SET " "ALTER ROLE $quoted IN DATABASE $(pg_sql_name "$name") SET "
}

# The owner that a line of the table of contents ends with: the longest of the roles that fit.
pg_owner_of() {
  local line owner=''
  while IFS= read -r line; do
    decode_path "$line"
    if [[ $1 == *" $DECODED_PATH" ]] && ((${#DECODED_PATH} > ${#owner})); then owner="$DECODED_PATH"; fi
  done <"$RUN_DIR/roles.set"
  printf '%s\n' "$owner"
}

# What could not be loaded even so. Rows come first: a table takes them without its checks, which are then made again, not valid where
# a row breaks them. The rest is named, with its SQLSTATE, and is what the restored database lacks.
pg_give_up_entries() {
  local dump="$1" number="$2" scratch="$3" name="$4" section="$5" line state what
  while IFS= read -r line; do
    state="$(pg_state_of "$dump" "$number" "$scratch" "$name" "$section" "$line")" || exit $?
    [[ $state != 00000 ]] || continue
    if [[ $section == data ]] && pg_load_relaxed "$dump" "$number" "$scratch" "$name" "$line"; then continue; fi
    printf '%s\n' "$line" >>"$RUN_DIR/lost.$number"
    what="${line#* }"
    what="${what#* }"
    what="${what#* }"
    pg_note_degraded "not restored in $name: ${what% "$(pg_owner_of "$line")"} (SQLSTATE $state, $(pg_describe_state "$state"))"
  done <"$RUN_DIR/failed"
}

# Try an entry a last time; print the SQLSTATE of its failure, 00000 when it was loaded.
pg_state_of() {
  if pg_retry_entry "$1" "$2" "$3" "$4" "$5" "$6"; then printf '00000\n'; else cat -- "$RUN_DIR/sqlstate"; fi
}

# The more frequent SQLSTATEs in words.
pg_describe_state() {
  case "$1" in
    42P01) printf 'a table is not found\n' ;;
    42883) printf 'a function is not found\n' ;;
    42704 | 42703 | 3F000) printf 'an object is not found\n' ;;
    23514) printf 'rows violate a check\n' ;;
    23505) printf 'rows violate a unique key\n' ;;
    23503) printf 'rows violate a foreign key\n' ;;
    23502) printf 'rows lack a value\n' ;;
    58P01 | 0A000) printf 'an extension or its library is not installed\n' ;;
    42501) printf 'a right is missing\n' ;;
    22*) printf 'a value is not accepted\n' ;;
    P0001) printf 'a function raised it\n' ;;
    *) printf 'see the list of error codes in the documentation of PostgreSQL\n' ;;
  esac
}

# Load the rows of a table without its checks, and if need be with its generated columns empty. 1 when that does not help either.
pg_load_relaxed() {
  local dump="$1" number="$2" scratch="$3" name="$4" line="$5" found
  [[ $line =~ ^[0-9]+\;\ [0-9]+\ [0-9]+\ TABLE\ DATA\  ]] || return 1
  printf '%s\n' "${line%%;*};" >"$RUN_DIR/entry.list"
  RELAXED_TABLE="$("$PG_BIN/pg_restore" --data-only "--use-list=$RUN_DIR/entry.list" --file=- <"$dump" 2>/dev/null | pg_count_rows | sed -n '1s/^[0-9]* //p')"
  decode_path "$RELAXED_TABLE"
  RELAXED_TABLE="$DECODED_PATH"
  [[ -n $RELAXED_TABLE ]] || return 1
  pg_retry_entry "$dump" "$number" "$scratch" "$name" data "$line" pg_relax_sql pg_tighten_sql ||
    pg_retry_entry "$dump" "$number" "$scratch" "$name" data "$line" pg_relax_more_sql pg_tighten_sql || return 1
  found="$(pg_query "$scratch" "SELECT string_agg(conname, ', ' ORDER BY conname) FROM pg_constraint WHERE contype = 'c' AND NOT convalidated")" || pg_die "cannot look into the restored database $name" "$RUN_DIR/psql.err"
  [[ -z $found ]] || pg_note_degraded "restored in $name, but not valid for the rows that are there: the checks $found (SQLSTATE $(cat -- "$RUN_DIR/sqlstate"))"
}

# Print the SQL that takes the checks of RELAXED_TABLE, its parents and the domains of its columns away, and keeps what they were.
pg_relax_sql() {
  cat <<SQL
CREATE TEMPORARY TABLE lifeboat_relaxed (number serial, statement text);
DO \$lifeboat\$ DECLARE r record; path text := current_setting('search_path'); BEGIN
  PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
  FOR r IN
    WITH RECURSIVE up(relation) AS (SELECT $(pg_sql_text "$RELAXED_TABLE")::regclass::oid UNION SELECT inhparent FROM pg_inherits JOIN up ON inhrelid = relation),
    kinds(type) AS (
      SELECT atttypid FROM pg_attribute WHERE attrelid = $(pg_sql_text "$RELAXED_TABLE")::regclass AND attnum > 0 AND NOT attisdropped
      UNION SELECT unnest(ARRAY[t.typbasetype, t.typelem] || ARRAY(SELECT atttypid FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
        FROM kinds JOIN pg_type t ON t.oid = type)
    SELECT CASE WHEN conrelid <> 0 THEN format('ALTER TABLE %s', conrelid::regclass) ELSE format('ALTER DOMAIN %s', contypid::regtype) END AS target,
      conname, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE contype = 'c' AND conislocal AND (conrelid IN (SELECT relation FROM up) OR contypid <> 0 AND contypid IN (SELECT type FROM kinds))
    ORDER BY coninhcount, oid
  LOOP
    INSERT INTO lifeboat_relaxed (statement) VALUES (format('%s ADD CONSTRAINT %I %s', r.target, r.conname, r.definition));
    EXECUTE format('%s DROP CONSTRAINT IF EXISTS %I', r.target, r.conname);
  END LOOP;
  PERFORM set_config('search_path', path, true);
END \$lifeboat\$;
SQL
}

# The same, and its generated columns become plain ones: a dump does not have their values.
pg_relax_more_sql() {
  pg_relax_sql
  cat <<SQL
DO \$lifeboat\$ DECLARE r record; BEGIN
  FOR r IN SELECT attname FROM pg_attribute WHERE attrelid = $(pg_sql_text "$RELAXED_TABLE")::regclass AND attgenerated = 's' AND NOT attisdropped LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP EXPRESSION', $(pg_sql_text "$RELAXED_TABLE")::regclass, r.attname);
  END LOOP;
END \$lifeboat\$;
SQL
}

# Print the SQL that makes the checks again: valid where that can be, else for new rows only.
pg_tighten_sql() {
  cat <<'SQL'
DO $lifeboat$ DECLARE r record; BEGIN
  FOR r IN SELECT statement FROM pg_temp.lifeboat_relaxed ORDER BY number LOOP
    BEGIN
      EXECUTE r.statement;
    EXCEPTION WHEN OTHERS THEN
      EXECUTE r.statement || ' NOT VALID';
    END;
  END LOOP;
END $lifeboat$;
SQL
}

# Let the user whom the clients run as read a dump by its name.
pg_may_read() {
  local dump="$1"
  if [[ -z ${PG_CLIENT_USER:-} ]] || ((EUID != 0)); then return 0; fi
  if pg_make_reachable "$PG_CLIENT_USER" "${dump%/*}" && chown -- "$PG_CLIENT_USER" "$dump" "${dump%/*}"; then return 0; fi
  log_warn "$PG_CLIENT_USER cannot reach ${dump%/*}: loading with one connection instead of $JOBS"
  return 1
}

# Leave because a dump was not taken: 69, since its bytes are what was written. What pg_restore says may quote rows: only phrases that
# cannot are shown, and the name of what it was about.
pg_load_die() {
  local file="$1" entry text code="$EX_UNAVAILABLE" hint=''
  entry="$(sed -n 's/^pg_restore: from TOC entry [0-9]*; [0-9]* [0-9]* //p' "$file" | tail -n 1)"
  text="$(grep -o -e 'No space left on device' -e 'extension "[^"]*" is not available' -e 'role "[^"]*" does not exist' -e 'tablespace "[^"]*" does not exist' -e 'could not open extension control file' -e 'could not access file' -e 'permission denied' -e 'duplicate key value violates unique constraint' -e 'violates [a-z]* *[a-z-]* constraint' -e 'server closed the connection' -e 'terminating connection' -e 'no connection to the server' -e 'connection to server' -e 'out of memory' -e 'end of file' -e 'unsupported version' -e 'could not find block ID' -e 'must be [a-z ]*' -e 'invalid byte sequence' -e 'invalid input syntax' -e 'syntax error' -e 'can only create extension in database' -- "$file" | head -n 1 || true)"
  case "$text" in
    'No space left'*) code="$EX_IO" hint="make room on the server's disk, then run this again" ;;
    extension* | 'could not open extension'* | 'could not access file'*) hint="install the extension's package for this server, then run this again" ;;
    'permission denied'* | 'must be'*) code="$EX_NOPERM" hint='a live restore needs a superuser: see restoreLogin in the documentation' ;;
    'end of file' | 'could not find block'*) code="$EX_DATA" hint='the dump was already short when it was hashed: take an older set' ;;
    'server closed'* | 'terminating'* | 'connection to'* | 'no connection'* | 'out of memory'*) hint='look at the log of the server' ;;
    'can only create extension'*) hint='an extension that lives in one database only cannot be restored beside it: restore with --into DIR' ;;
  esac
  die "$code" "the server did not take the dump: ${text:-it is not understood}${entry:+ ($entry)}" "$hint"
}

# What a database holds now, counted as its dump was.
pg_content_of_database() {
  local database="$1" name="$2" count
  PGDATABASE="$database" pg_run pg_dump --schema-only --format=custom --compress=0 --no-password </dev/null 2>"$RUN_DIR/psql.err" | pg_list_archive 2>/dev/null | pg_count_entries "$name" || pg_die "cannot look into the restored database $name" "$RUN_DIR/psql.err"
  count="$(pg_query "$database" 'SELECT count(*) FROM pg_largeobject_metadata')" || pg_die "cannot look into the restored database $name" "$RUN_DIR/psql.err"
  [[ $count == 0 ]] || printf '%d large objects in %s\n' "$count" "$name"
}

# Print the statements that put loaded databases in their places: old ones aside, new ones under their names with their
# properties.
pg_databases_sql() {
  local set="$1" number scratch name old
  while read -r number scratch; do
    name="$(manifest_get "$set" "database.$number.name")"
    old="$(sed -n "s/^$number //p" "$RUN_DIR/aside")"
    if [[ -n $old ]]; then printf 'ALTER DATABASE %s RENAME TO %s;\n' "$(pg_sql_name "$name")" "$(pg_sql_name "$old")"; fi
    printf 'ALTER DATABASE %s RENAME TO %s;\n' "$scratch" "$(pg_sql_name "$name")"
    awk -F '\t' '$1 != "create-database" { print $3 }' "$RUN_DIR/properties.$number" | pg_decode_statements
    printf 'RESET client_encoding;\n'
  done <"$RUN_DIR/loaded"
}

# Which databases of the set are there now, and what they will be called: lines of number and name in $RUN_DIR/aside.
pg_plan_aside() {
  local set="$1" i count name found
  count="$(manifest_get "$set" database.count)"
  : >"$RUN_DIR/aside"
  for ((i = 1; i <= count; i++)); do
    name="$(manifest_get "$set" "database.$i.name")"
    found="$(pg_require 'cannot list the databases' "SELECT count(*) FROM pg_database WHERE datname = $(pg_sql_text "$name")")" || exit $?
    [[ $found == 0 ]] || printf '%d %s\n' "$i" "$(pg_old_name "$name" "$i")" >>"$RUN_DIR/aside"
  done
}

# The frame of a transaction with roles in it: their hashes do not go to the server's log.
pg_begin_sql() {
  printf 'BEGIN;\n'
  printf 'SET LOCAL log_statement = %s; SET LOCAL log_min_duration_statement = -1; SET LOCAL log_min_error_statement = %s;\n' "'none'" "'panic'"
}

# ---------------------------------------------------------------- restoring aside

# Where a live restore keeps the dump that it is loading. The databases themselves are made on the live server.
kind_stage_parent() {
  printf '%s\n' "$SCRATCH_DIR"
}

# Restore a set: for a live restore into databases with scratch names on the live server, else into a throw-away server
# below DIR: DIR/data is its data directory, DIR/server.log its log.
kind_stage() {
  local set="$1" dir="$2"
  if is_live_stage "$dir"; then pg_stage_live "$set" "$dir"; else pg_stage_aside "$set" "$dir"; fi
}

# Load the databases beside the live ones.
pg_stage_live() {
  local set="$1" dir="$2" number scratch
  pg_live_setup "$set"
  pg_undo
  pg_begin_journal
  pg_read_globals "$set"
  pg_make_missing_roles
  pg_load_databases "$set" "$dir"
  while read -r number scratch; do
    # Without statistics every query of the first hour would be slow.
    pg_run vacuumdb --analyze-only --quiet --no-password "--jobs=$JOBS" "--dbname=$scratch" </dev/null >/dev/null 2>"$RUN_DIR/vacuumdb.err" || log_warn "cannot gather statistics for database $number: run vacuumdb --analyze-only on it"
  done <"$RUN_DIR/loaded"
}

# Reach the live server, with programs that can read the set.
pg_live_setup() {
  pg_identify
  pg_find_programs "$PG_MAJOR" pg_restore
  pg_require_new_enough "$1"
}

# Load the databases into a throw-away server.
pg_stage_aside() {
  local set="$1" dir="$2"
  pg_stage_setup "$set"
  pg_stage_prepare "$dir"
  pg_stage_initialize "$set" "$dir"
  pg_stage_start "$set" "$dir"
  pg_stage_point "$dir" "$(manifest_get "$set" server.superuser)"
  pg_read_globals "$set"
  pg_make_missing_roles
  pg_make_tablespaces "$dir"
  pg_load_databases "$set" "$dir"
  pg_stage_swap "$set"
}

# Choose the programs of a throw-away server, and refuse those that are too old for the set.
pg_stage_setup() {
  local set="$1" made_with version
  made_with="$(manifest_get "$set" tool.server)"
  pg_find_programs "$(pg_major_of "$made_with")" initdb
  version="$(pg_program_version postgres)" || exit $?
  if (($(pg_major_of "$version") < $(pg_major_of "$made_with") || $(pg_major_of "$version") < $(pg_major_of "$(manifest_get "$set" tool.pg_dump)"))); then
    die "$EX_UNAVAILABLE" "the set was made on PostgreSQL $made_with by pg_dump $(manifest_get "$set" tool.pg_dump), and the server program here is older: $version" "install that version or a newer one"
  fi
}

# Make the directories of a throw-away server and decide as whom it runs: STAGE_USER, empty for whoever runs this.
# PostgreSQL refuses to run as root.
pg_stage_prepare() {
  local dir="$1"
  STAGE_USER=''
  mkdir -p -- "$dir/data" "$dir/tablespaces" || die "$EX_CANTCREAT" "cannot write in $dir"
  : >"$dir/server.log"
  ((EUID == 0)) || return 0
  STAGE_USER="${RUN_AS:-postgres}"
  id -u -- "$STAGE_USER" >/dev/null 2>&1 || die "$EX_CONFIG" "there is no user $STAGE_USER on this host, and PostgreSQL refuses to run as root" "name one as runAs in the plan"
  pg_make_reachable "$STAGE_USER" "$dir" || die "$EX_CONFIG" "the user $STAGE_USER cannot reach $dir, and PostgreSQL refuses to run as root" "choose a directory that everybody may pass through, such as one in /var/tmp"
  chown -- "$STAGE_USER:" "$dir" "$dir/data" "$dir/tablespaces" "$dir/server.log" || die "$EX_NOPERM" "cannot give $dir to $STAGE_USER"
}

# Let a user pass through the directories above DIR: those of this program may be opened for passing, which shows nothing of
# what is in them; others are the operator's. 1 when one of those is closed.
pg_make_reachable() {
  local user="$1" path="${2%/*}"
  while [[ -n $path ]]; do
    case "$(file_mode "$path/.")" in
      *[1357]) ;;
      *)
        case "$path/" in
          "${SCRATCH_DIR%/}"/* | "${STATE_DIR%/}"/*) ;;
          *) return 1 ;;
        esac
        chmod o+x -- "$path" 2>/dev/null || return 1
        log_debug "$user may now pass through $path"
        ;;
    esac
    path="${path%/*}"
  done
}

# Make an empty data directory with the superuser and the encoding of the one that was backed up; each database brings its
# own encoding and locale. Nobody else can reach its socket, so it needs no password.
pg_stage_initialize() {
  local set="$1" dir="$2" status=0 encoding
  pg_clean_environment
  encoding="$(manifest_get "$set" server.encoding)"
  pg_as_user "$STAGE_USER" "$PG_BIN/initdb" "--pgdata=$dir/data" "--username=$(manifest_get "$set" server.superuser)" "--encoding=${encoding:-UTF8}" --locale=C \
    --auth-local=trust --auth-host=reject --no-sync </dev/null >>"$dir/server.log" 2>&1 || status=$?
  ((status == 0)) || pg_die_of_stage "$dir" 'cannot make an empty data directory'
}

# Start the throw-away server and wait until it answers. No network, nothing that runs by itself, no rows in its log. It must
# not outlive a run that was killed: a guardian watches.
pg_stage_start() {
  local set="$1" dir="$2" pid waited=0 socket libraries
  local -a args=()
  # args is never empty.
  socket="$(pg_stage_socket "$dir")" || exit $?
  args=(-D "$dir/data" -c listen_addresses= -c "unix_socket_directories=$socket" -c port=5432 -c unix_socket_permissions=0700
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off -c archive_mode=off -c wal_level=minimal -c max_wal_senders=0
    -c max_connections=$((JOBS + 20)) -c max_worker_processes=0 -c max_logical_replication_workers=0 -c max_locks_per_transaction=1024
    -c max_prepared_transactions=0 -c shared_buffers=128MB -c maintenance_work_mem=128MB -c logging_collector=off -c log_destination=stderr
    -c log_min_messages=log -c log_min_error_statement=panic -c log_statement=none -c lc_messages=C)
  libraries="$(pg_stage_libraries "$set")"
  [[ -z $libraries ]] || args+=(-c "shared_preload_libraries=$libraries")
  pg_as_user "$STAGE_USER" "$PG_BIN/postgres" "${args[@]}" </dev/null >>"$dir/server.log" 2>&1 9>&- &
  pid=$!
  pg_guard_stage "$dir" "$$" "$pid" "$socket" </dev/null >/dev/null 2>&1 9>&- &
  printf '%d\n' $! >"$dir/guardian.pid"
  until "$PG_BIN/pg_isready" -q -h "$socket" -p 5432 -d template1 >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || pg_die_of_stage "$dir" 'the throw-away server does not start'
    ((waited < PG_START_SECONDS * 10)) || pg_die_of_stage "$dir" "the throw-away server does not answer after $PG_START_SECONDS s"
    sleep 0.1
    waited=$((waited + 1))
  done
}

# The directory of the throw-away server's socket: in the stage, or, since paths of sockets must be short, a private one
# elsewhere. Noted in DIR/socket-directory.
pg_stage_socket() {
  local dir="$1" socket="$1/socket"
  if ((${#socket} > 85)); then
    socket="$(mktemp -d /tmp/lifeboat-pg.XXXXXX)" || die "$EX_CANTCREAT" 'cannot make a directory for a socket in /tmp'
  else
    mkdir -p -- "$socket" || die "$EX_CANTCREAT" "cannot write in $dir"
  fi
  printf '%s\n' "$socket" >"$dir/socket-directory"
  if [[ -n $STAGE_USER ]]; then chown -- "$STAGE_USER:" "$socket" || die "$EX_NOPERM" "cannot give $socket to $STAGE_USER"; fi
  printf '%s\n' "$socket"
}

# The libraries that extensions of the set want loaded from the start. No others: they might act on what was restored.
pg_stage_libraries() {
  local set="$1" library out='' extensions
  extensions=", $(manifest_group "$set" database | sed -n 's/^[0-9]*\.extensions=//p' | tr '\n' ',' | sed 's/,/, /g')"
  for library in $(manifest_get "$set" server.shared_preload_libraries | tr ',' ' '); do
    library="${library//\"/}"
    [[ $library =~ ^[A-Za-z0-9_.-]+$ && $extensions == *", $library "* ]] || continue
    out+="${out:+,}$library"
  done
  printf '%s\n' "$out"
}

# End the throw-away server when the run that started it is gone.
pg_guard_stage() {
  trap - EXIT HUP INT TERM
  set +e
  local dir="$1" run="$2" server="$3" socket="$4"
  while kill -0 "$server" && kill -0 "$run"; do sleep 1; done
  kill -0 "$run" && return 0
  kill -INT "$(head -n 1 -- "$dir/data/postmaster.pid")"
  while kill -0 "$server"; do sleep 0.2; done
  [[ $socket == "$dir"/* ]] || rm -rf -- "$socket"
}

# Leave because the throw-away server failed: its own errors, which hold no data, are shown.
pg_die_of_stage() {
  local dir="$1"
  grep -e 'error:' -e 'ERROR:' -e 'FATAL:' -e 'PANIC:' -- "$dir/server.log" >"$RUN_DIR/stage.err" || tail -n 3 -- "$dir/server.log" >"$RUN_DIR/stage.err" || true
  log_tool_errors server "$RUN_DIR/stage.err"
  if grep 'No space left' -- "$dir/server.log" >/dev/null; then die "$EX_IO" "$2: the disk of $dir is full"; fi
  die "$EX_UNAVAILABLE" "$2 in $dir"
}

# Point the client programs at the throw-away server of DIR.
pg_stage_point() {
  local dir="$1" version
  pg_clean_environment
  # Its databases have their settings, too.
  version="$(pg_program_version postgres)" || exit $?
  pg_extend_options_by "$(pg_major_of "$version")"
  PGOPTIONS+=' -c session_replication_role=origin'
  PG_TARGET=stage PG_CLIENT_USER='' PG_HOME=template1 PG_LOGIN="$2"
  PGHOST="$(cat -- "$dir/socket-directory")"
  PGPORT=5432 PGUSER="$2"
  export PGHOST PGPORT PGUSER
}

# Make the tablespaces of the set below the stage, never where the live server has them.
pg_make_tablespaces() {
  local dir="$1" kind name text number=0 place
  while IFS=$'\t' read -r kind name text; do
    [[ $kind == create-tablespace ]] || continue
    number=$((number + 1)) place="$dir/tablespaces/$number"
    mkdir -- "$place" || die "$EX_CANTCREAT" "cannot write in $dir"
    if [[ -n $STAGE_USER ]]; then chown -- "$STAGE_USER:" "$place" || die "$EX_NOPERM" "cannot give $place to $STAGE_USER"; fi
    decode_path "$name"
    printf 'CREATE TABLESPACE %s LOCATION %s;\n' "$(pg_sql_name "$DECODED_PATH")" "$(pg_sql_text "$place")" | pg_execute template1 || pg_die "cannot make the tablespace $DECODED_PATH" "$RUN_DIR/execute.err"
  done <"$RUN_DIR/globals"
}

# Give the databases of the throw-away server their names and properties, and its roles theirs, as a live restore would.
pg_stage_swap() {
  local set="$1"
  if [[ -n $(manifest_group "$set" database | sed -n '/^[0-9]*\.name=postgres$/p') ]]; then
    pg_require 'cannot prepare the throw-away server' 'DROP DATABASE IF EXISTS postgres'
  fi
  : >"$RUN_DIR/aside"
  {
    pg_begin_sql
    pg_roles_sql "$RUN_DIR/globals" "$RUN_DIR/roles.set"
    pg_databases_sql "$set"
    printf 'COMMIT;\n'
  } >"$RUN_DIR/swap.sql"
  pg_execute template1 <"$RUN_DIR/swap.sql" || pg_die 'the throw-away server does not take the roles and properties of the backup' "$RUN_DIR/execute.err"
  : >"$RUN_DIR/swapped"
}

# Prove what was loaded: each database holds what the MANIFEST names.
kind_check_stage() {
  local set="$1" dir="$2" number scratch name alike=yes
  if is_live_stage "$dir"; then
    pg_live_setup "$set"
  else
    pg_stage_setup "$set"
    pg_stage_point "$dir" "$(manifest_get "$set" server.superuser)"
  fi
  # Another version of either may count some things otherwise.
  if (($(pg_major_of "$(pg_program_version pg_dump)") != $(pg_major_of "$(manifest_get "$set" tool.pg_dump)") || $(pg_major_of "$(manifest_get "$set" tool.server)") != $(pg_major_of "$(manifest_get "$set" tool.pg_dump)"))); then alike=no; fi
  : >"$RUN_DIR/content.loaded"
  : >"$RUN_DIR/content.lost"
  : >"$RUN_DIR/rows.differing"
  while read -r number scratch; do
    name="$(manifest_get "$set" "database.$number.name")"
    [[ ! -e $RUN_DIR/swapped ]] || scratch="$name"
    pg_content_of_database "$scratch" "$name" >>"$RUN_DIR/content.loaded"
    pg_count_entries "$name" <"$RUN_DIR/lost.$number" | grep -v '^database ' >>"$RUN_DIR/content.lost" || true
    pg_compare_rows "$set" "$number" "$scratch" "$name" >>"$RUN_DIR/rows.differing"
  done <"$RUN_DIR/loaded"
  pg_summarize_stage "$set" "$dir"
  if [[ -s $RUN_DIR/degraded ]]; then pg_add_lost_content "$set"; fi
  # The dump is what was backed up, byte by byte: this server cannot take all of it.
  pg_same_content "$set" 'restored server' "$RUN_DIR/content.loaded" "$alike" || return "$EX_UNAVAILABLE"
  pg_judge_rows || return $?
  pg_judge_degraded "$dir"
}

# Print the tables of a database that do not have as many rows as the MANIFEST says: `name: 3 rows, the backup has 5`. Sets from before
# do not say. A configuration table of an extension has the rows of the extension, besides.
pg_compare_rows() {
  local set="$1" number="$2" database="$3" name="$4" wanted="$RUN_DIR/rows.wanted" found="$RUN_DIR/rows.counted"
  pg_recorded_lines "$set" rows | sed -n "s/^\\([0-9]*\\) $number /\\1 /p" >"$wanted"
  [[ -s $wanted ]] || return 0
  # Counting needs no function, but planning it looks into the expressions of indexes.
  pg_count_rows_sql <"$wanted" >"$RUN_DIR/rows.sql"
  cat -- "$RUN_DIR/settings.$number" "$RUN_DIR/rows.sql" | pg_run_counts "$database" >"$found" || pg_die "cannot count the rows of the restored database $name" "$RUN_DIR/psql.err"
  if (($(wc -l <"$found") < $(wc -l <"$wanted"))); then
    { pg_all_schemas_sql "$database" && cat -- "$RUN_DIR/rows.sql"; } | pg_run_counts "$database" >>"$found" || pg_die "cannot count the rows of the restored database $name" "$RUN_DIR/psql.err"
  fi
  DATABASE="$name" awk '
    FILENAME == ARGV[1] { rows[$1] = $2; least[$1] = ($3 == "t"); next }
    { name = $0; sub(/^[0-9]+ /, "", name) }
    !(FNR in rows) { if ($1 > 0) print "the table " name " of " ENVIRON["DATABASE"] " is missing, the backup has " $1 " rows of it"; next }
    rows[FNR] != $1 && !(least[FNR] && rows[FNR] > $1) { print "the table " name " of " ENVIRON["DATABASE"] " has " rows[FNR] " rows, the backup has " $1 }
  ' "$found" "$wanted"
}

# Run statements that count, each for itself.
pg_run_counts() {
  PGDATABASE="$1" pg_run psql -X -w -q -A -t -F ' ' -v VERBOSITY=terse -f - 2>"$RUN_DIR/psql.err"
}

# Print the statements that count the rows of tables (stdin: `rows name`), each answered by its number, its rows, and whether it is
# an extension's. A table that is not there makes one statement fail, and no other.
pg_count_rows_sql() {
  local line name number=0
  while IFS= read -r line; do
    number=$((number + 1))
    decode_path "${line#* }"
    name="$DECODED_PATH"
    pg_is_table_name "$name" || continue
    printf "SELECT %d, CASE WHEN relkind = 'p' THEN (SELECT count(*) FROM %s) ELSE (SELECT count(*) FROM ONLY %s) END, EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND deptype = 'e' AND objid = c.oid) FROM pg_class c WHERE oid = %s::regclass;\n" \
      "$number" "$name" "$name" "$(pg_sql_text "$name")"
  done
}

# Rows that are missing end what is not told to go on without them; and nothing that proves a set is.
pg_judge_rows() {
  local line
  [[ -s $RUN_DIR/rows.differing ]] || return 0
  while IFS= read -r line; do
    decode_path "$line"
    if ((${FORCE:-0})); then pg_note_degraded "$DECODED_PATH"; else log_error "$DECODED_PATH"; fi
  done < <(head -n 20 "$RUN_DIR/rows.differing")
  ((!${FORCE:-0})) || return 0
  log_error "this server does not take $(count_of "$(wc -l <"$RUN_DIR/rows.differing" | tr -d ' ')" table) of the backup whole: the reasons are above"
  if [[ $ACTION == restore ]]; then log_line HINT 'take the cause away, then run this again; --force restores everything else'; fi
  return "$EX_UNAVAILABLE"
}

# What could not be restored is in $RUN_DIR/degraded, and was said. A restore stands all the same, with its rows whole; a proof does not:
# what a weekly verification says is what a restore would do.
pg_judge_degraded() {
  local dir="$1"
  [[ -s $RUN_DIR/degraded ]] || return 0
  sed "s/\$/, DEGRADED: $(count_of "$(wc -l <"$RUN_DIR/degraded" | tr -d ' ')" thing) could not be restored/" "$dir/summary" >"$dir/summary.new" && mv -- "$dir/summary.new" "$dir/summary"
  # Said again when all is done, by whichever run that is.
  cp -- "$RUN_DIR/degraded" "$dir/degraded" || return "$EX_IO"
  [[ $ACTION != restore ]] || return 0
  log_error "a restore would be DEGRADED: $(head -n 1 "$RUN_DIR/degraded")$(pg_and_more)"
  return "$EX_UNAVAILABLE"
}

# ` and 3 more`, of what is degraded.
pg_and_more() {
  local count
  count="$(wc -l <"$RUN_DIR/degraded")"
  ((count <= 1)) || printf ', and %d more\n' $((count - 1))
}

# Count what was named as not restored as if it were there, and leave out what a degraded database has more than the MANIFEST says
# (a check that is not valid is one of its own): what else is missing is missing without a word.
pg_add_lost_content() {
  local file="$RUN_DIR/content.loaded"
  pg_recorded_lines "$1" content | awk '
    { count = $1; rest = $0; sub(/^[0-9]+ /, "", rest) }
    FILENAME != "-" { if (/^database /) print; else found[rest] += count; next }
    /^database / { next }
    # The first half of a type is not dumped where the second is missing.
    rest ~ /^SHELL TYPE in / { print; next }
    { print (found[rest] >= count ? count : found[rest] + 0) " " rest }
  ' "$file" "$RUN_DIR/content.lost" - >"$file.new"
  mv -- "$file.new" "$file"
}

# Is this a table's name as SQL writes it, and nothing more?
pg_is_table_name() {
  local part='("([^"]|"")+"|[a-z_][a-z0-9_$]*)'
  [[ $1 =~ ^$part\.$part$ ]]
}

# Leave the line for people in DIR/summary: the server is not there any more when it is asked for.
pg_summarize_stage() {
  awk -v roles="$(wc -l <"$RUN_DIR/roles.set" | tr -d ' ')" '
    function count(number, one) { return number " " one (number == 1 ? "" : "s") }
    /^database / { databases++ }
    /^[0-9]+ (TABLE|FOREIGN TABLE) in / { tables += $1 }
    /^[0-9]+ (VIEW|MATERIALIZED VIEW) in / { views += $1 }
    /^[0-9]+ (FUNCTION|PROCEDURE|AGGREGATE|TRIGGER) in / { code += $1 }
    END { print count(databases, "database") ", " count(tables, "table") ", " count(views, "view") ", " count(code, "function") (code == 1 ? "" : " and triggers") ", " count(roles, "role") }
  ' "$RUN_DIR/content.loaded" >"$2/summary"
}

# One line on what was restored; a person who asked for it is told how to look at it.
kind_stage_summary() {
  local dir="$1" line='nothing'
  [[ ! -s $dir/summary ]] || IFS= read -r line <"$dir/summary"
  if [[ $ACTION == restore ]]; then line+="; to look at it, as the owner of $dir/data: postgres -D $dir/data -k /tmp -p 54321 -c listen_addresses= , then psql -h /tmp -p 54321"; fi
  printf '%s\n' "$line"
}

# Stop the throw-away server; drop what a live restore loaded when the run ends without having put it in place. May be called
# twice.
kind_stage_stop() {
  local dir="$1"
  pg_stop_stage_server "$dir"
  is_live_stage "$dir" || return 0
  # Called before the swap, too: then the loaded databases are what will be swapped in.
  if [[ -n ${EXIT_STATUS:-} || $dir != "${STAGE_DIR:-}" ]] && ! swap_pending; then pg_undo; fi
}

# Stop the throw-away server of a stage, if there is one: quickly, but cleanly.
pg_stop_stage_server() {
  local dir="$1" pid guardian waited=0 socket
  [[ -s $dir/socket-directory ]] || return 0
  guardian="$(cat -- "$dir/guardian.pid" 2>/dev/null || true)"
  pid="$(head -n 1 -- "$dir/data/postmaster.pid" 2>/dev/null || true)"
  if [[ -n $pid ]] && pg_is_stage_server "$pid" "$dir"; then
    kill -INT "$pid" 2>/dev/null || true
    while pg_is_stage_server "$pid" "$dir"; do
      if ((waited >= PG_STOP_SECONDS * 10)); then
        log_warn "the throw-away server does not stop: ending it by force"
        kill -QUIT "$pid" 2>/dev/null || true
        break
      fi
      sleep 0.1
      waited=$((waited + 1))
    done
  fi
  [[ -z $guardian ]] || kill -TERM "$guardian" 2>/dev/null || true
  socket="$(cat -- "$dir/socket-directory")"
  rm -rf -- "$socket"
  rm -f -- "$dir/socket-directory" "$dir/guardian.pid" "$dir/database.dump"
}

# Is this pid still the server of this stage? Numbers are used again.
pg_is_stage_server() {
  local pid="$1" args
  kill -0 "$pid" 2>/dev/null || return 1
  if [[ -r /proc/$pid/cmdline ]]; then args="$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" || return 1; else args="$(ps -o args= -p "$pid")" || return 1; fi
  [[ $args == *" -D $2/data "* ]]
}

# ---------------------------------------------------------------- live

# Say what a live restore will do, and refuse now what could not be done later.
kind_describe_restore() {
  local set="$1" i count name old
  pg_live_setup "$set"
  pg_check_scope "$set"
  pg_check_server "$set"
  pg_check_extensions "$set"
  pg_read_globals "$set"
  pg_check_tablespaces
  pg_compare_roles
  pg_plan_aside "$set"
  count="$(manifest_get "$set" database.count)"
  printf '  replace these databases in the running server (PostgreSQL %s) by renaming, all in one transaction:\n' "$PG_VERSION"
  for ((i = 1; i <= count; i++)); do
    name="$(manifest_get "$set" "database.$i.name")"
    old="$(sed -n "s/^$i //p" "$RUN_DIR/aside")"
    if [[ -n $old ]]; then printf '    %s  (the present one is kept as %s)\n' "$name" "$old"; else printf '    %s  (not there now)\n' "$name"; fi
  done
  pg_describe_gaps "$set"
  printf '  end the sessions that use them; programs connect again by themselves, or must be told to\n'
  pg_describe_roles "$set"
  pg_describe_bystanders "$set"
}

# What the set itself lacks.
pg_describe_gaps() {
  local line
  pg_recorded_lines "$1" degraded | while IFS= read -r line; do printf '  WITHOUT what could not be backed up: %s\n' "$line"; done
}

# What happens to roles.
pg_describe_roles() {
  local set="$1" found
  if [[ -s $RUN_DIR/roles.missing ]]; then printf '  make the roles that are missing: %s\n' "$(pg_name_roles <"$RUN_DIR/roles.missing")"; fi
  if [[ $(manifest_get "$set" dump.scope) == all ]]; then
    printf '  set attributes, passwords, settings and memberships of all other roles to those of the backup, but for %s,\n  as whom this logs in\n' "$PG_LOGIN"
    found="$(lines_without "$RUN_DIR/roles.now" "$RUN_DIR/roles.set" | pg_name_roles)"
    [[ -z $found ]] || printf '  leave alone the roles that the backup does not have: %s\n' "$found"
  else
    printf '  leave alone all roles that are there\n'
  fi
}

# What is neither in the set nor touched.
pg_describe_bystanders() {
  local found
  found="$(pg_other_databases "$1")" || exit $?
  [[ -z $found ]] || printf '  leave alone the databases that the backup does not have: %s\n' "$found"
}

# Name the databases of the server that the set does not have, but for what earlier restores put aside.
pg_other_databases() {
  local set="$1" i count
  local -a names=()
  count="$(manifest_get "$set" database.count)"
  for ((i = 1; i <= count; i++)); do names+=("$(manifest_get "$set" "database.$i.name")"); done
  pg_require 'cannot list the databases' "SELECT string_agg(datname, ', ' ORDER BY datname) FROM pg_database WHERE datname NOT IN ('template0', 'template1', $(pg_sql_list ${names[@]+"${names[@]}"})) AND datname !~ '$PG_SCRATCH_PATTERN' AND datname !~ '$PG_OLD_PATTERN'"
}

# Do the plan and the set speak of the same thing?
pg_check_scope() {
  local set="$1" scope
  scope="$(manifest_get "$set" dump.scope)"
  if ((${#DATABASES[@]} == 0)) && [[ $scope != all ]]; then
    die "$EX_CONFIG" "the set ${set##*/} holds chosen databases only, and the plan now says all databases" "restore it with --into, or with the plan of its time"
  elif ((${#DATABASES[@]})) && [[ $scope == all ]]; then
    die "$EX_CONFIG" "the set ${set##*/} holds the whole server, and the plan now says chosen databases" "restore it with --into DIR and take the databases from there, or with the plan of its time"
  fi
}

# Can this server take the set, and may this role do it?
pg_check_server() {
  local set="$1" found made_with
  made_with="$(manifest_get "$set" tool.server)"
  if ((PG_MAJOR < $(pg_major_of "$made_with"))); then
    die "$EX_CONFIG" "the set was made on PostgreSQL $made_with, and the server is older: $PG_VERSION" "restore into a server of that version or a newer one"
  fi
  found="$(pg_require 'cannot read the rights of the role' "SELECT current_setting('is_superuser') || ' ' || pg_is_in_recovery()")" || exit $?
  [[ $found == on\ * ]] || die "$EX_NOPERM" "the role $PG_LOGIN may not restore: that takes a superuser" "give the plan one as restoreLogin, or restore with --into DIR"
  [[ $found != *\ true ]] || die "$EX_CONFIG" 'this server is a standby: it takes no changes' 'restore on its primary, or promote it first'
  # Only where its disk is this host's.
  found="$(pg_query "$PG_HOME" 'SHOW data_directory')" || return 0
  if [[ -z $PG_HOST || $PG_HOST == /* || $PG_HOST == localhost || $PG_HOST == 127.0.0.1 ]] && [[ -d $found ]]; then
    measure_set "$set"
    require_space "$found" "$RAW_BYTES"
  fi
}

# Are the extensions of the set installed here?
pg_check_extensions() {
  local set="$1" name found
  local -a names=()
  while IFS= read -r name; do
    [[ -z $name ]] || names+=("${name% *}")
  done < <(manifest_group "$set" database | sed -n 's/^[0-9]*\.extensions=//p' | sed 's/, /,/g' | tr ',' '\n' | sort -u)
  ((${#names[@]})) || return 0
  found="$(pg_require 'cannot list the extensions' "SELECT string_agg(name, ', ') FROM unnest(ARRAY[$(pg_sql_list ${names[@]+"${names[@]}"})]::text[]) AS name WHERE name NOT IN (SELECT a.name FROM pg_available_extensions a)")" || exit $?
  [[ -n $found ]] || return 0
  ((FORCE)) || die "$EX_UNAVAILABLE" "the server has not installed these extensions of the backup: $found" "install their packages for PostgreSQL $PG_MAJOR, then run this again; --force restores what can be restored without them"
  log_warn "the server has not installed these extensions of the backup: $found. What needs them will be missing"
}

# Are the tablespaces of the set there? They are directories of the server's host, which only a person can choose.
pg_check_tablespaces() {
  local kind name text found
  while IFS=$'\t' read -r kind name text; do
    [[ $kind == create-tablespace ]] || continue
    decode_path "$name" && name="$DECODED_PATH"
    found="$(pg_require 'cannot list the tablespaces' "SELECT count(*) FROM pg_tablespace WHERE spcname = $(pg_sql_text "$name")")" || exit $?
    decode_path "$text"
    [[ $found != 0 ]] || die "$EX_CONFIG" "the server has no tablespace '$name'" "make its directory, owned by the user of the server, then as a superuser: $DECODED_PATH"
  done <"$RUN_DIR/globals"
}

# Make the loaded databases live, and give the roles what the backup says: one transaction.
kind_swap() {
  local set="$1" number scratch name old
  local -a renamed=()
  pg_live_setup "$set"
  pg_plan_aside "$set"
  pg_choose_roles "$set"
  while read -r number scratch; do
    name="$(manifest_get "$set" "database.$number.name")"
    old="$(sed -n "s/^$number //p" "$RUN_DIR/aside")"
    pg_journal database "$(pg_oid_of_database "$scratch")" "$scratch" "$name" "$old"
    renamed+=("$name")
  done <"$RUN_DIR/loaded"
  pg_keep_old_roles "$set"
  {
    pg_begin_sql
    pg_roles_sql "$RUN_DIR/globals" "$RUN_DIR/roles.chosen"
    [[ $(manifest_get "$set" dump.scope) != all ]] || awk -F '\t' '$1 == "other" { print $3 }' "$RUN_DIR/globals" | pg_decode_statements
    pg_databases_sql "$set"
    printf 'COMMIT;\n'
  } >"$RUN_DIR/swap.sql"
  log_info "swapping in ${#renamed[@]} database$( ((${#renamed[@]} == 1)) || printf s)"
  pg_run_swap "$RUN_DIR/swap.sql" ${renamed[@]+"${renamed[@]}"}
}

# The oid of a database, which stays when it is renamed.
pg_oid_of_database() {
  pg_require 'cannot list the databases' "SELECT oid FROM pg_database WHERE datname = $(pg_sql_text "$1")"
}

# Run a transaction of renames while the sessions of the databases named are ended: the rename waits for them, and keeps new
# ones out meanwhile.
pg_run_swap() {
  local file="$1" status=0 names ender
  shift
  names="$(pg_sql_list "$@")"
  : >"$RUN_DIR/ending-sessions"
  pg_end_sessions "$names" </dev/null >/dev/null 2>&1 &
  ender=$!
  pg_execute template1 <"$file" || status=$?
  # A signal alone could come while it is still ignored, as it is in the middle of a swap.
  rm -f -- "$RUN_DIR/ending-sessions"
  kill -TERM "$ender" 2>/dev/null || true
  wait "$ender" 2>/dev/null || true
  rm -f -- "$file"
  ((status == 0)) || pg_die 'the server does not take the swap, which is undone' "$RUN_DIR/execute.err"
}

# End the sessions of some databases, again and again: programs come back.
pg_end_sessions() {
  trap - EXIT HUP INT TERM
  set +e
  while [[ -e $RUN_DIR/ending-sessions ]]; do
    PGDATABASE=template1 pg_run psql -X -w -q -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ($1) AND pid <> pg_backend_pid()"
    sleep 0.2
  done
}

# Keep the roles as they are now, for the way back. A file of mode 600: hashes of passwords are in it.
pg_keep_old_roles() {
  local set="$1" file="$STATE_DIR/$ASSET.lifeboat-old-$STAMP.roles.sql"
  [[ $(manifest_get "$set" dump.scope) == all ]] || return 0
  pg_run pg_dumpall --globals-only --no-password </dev/null >"$file" 2>"$RUN_DIR/psql.err" || pg_die 'cannot save the roles as they are now' "$RUN_DIR/psql.err"
  sync_paths "$file"
  pg_journal roles "$file"
}

# Prove the live server: what was loaded and checked is what now has the names, and answers. Then the restore stands.
kind_check_live() {
  local set="$1" kind oid scratch name old found
  pg_live_setup "$set"
  while IFS=$'\t' read -r kind oid scratch name old; do
    [[ $kind == database ]] || continue
    decode_path "$name" && name="$DECODED_PATH"
    found="$(pg_query "$name" "SELECT oid FROM pg_database WHERE datname = current_database()")" || {
      log_error "the restored database $name does not answer: $(pg_last_words "$RUN_DIR/psql.err")"
      return "$EX_UNAVAILABLE"
    }
    if [[ $found != "$oid" ]]; then
      log_error "the database $name is not the one that was restored: something made another one meanwhile"
      return "$EX_TEMPFAIL"
    fi
  done <"$STATE_DIR/$ASSET.postgres"
  pg_say_what_is_kept "$set"
  pg_say_what_is_missing
  rm -f -- "$STATE_DIR/$ASSET.postgres"
}

# Say what the restored databases lack, once more, where it is read last.
pg_say_what_is_missing() {
  local line lacking
  lacking="$(staged_note degraded)"
  [[ -n $lacking ]] || return 0
  while IFS= read -r line; do log_warn "$line"; done <"$lacking"
  log_warn "the restore is DEGRADED: $(count_of "$(wc -l <"$lacking" | tr -d ' ')" thing) could not be restored; all rows but those named are there. Mend what is named above by hand"
}

# Say where the old things are, how to remove them, and what was left alone.
pg_say_what_is_kept() {
  local set="$1" kind oid scratch name old found
  while IFS=$'\t' read -r kind oid scratch name old; do
    case "$kind" in
      database)
        decode_path "$old"
        [[ -z $old ]] || log_info "the old database is kept; when you no longer need it: DROP DATABASE $(pg_sql_name "$DECODED_PATH");"
        ;;
      roles)
        decode_path "$oid"
        log_info "the roles as they were are in $DECODED_PATH; remove it when you no longer need it"
        ;;
    esac
  done <"$STATE_DIR/$ASSET.postgres"
  [[ $(manifest_get "$set" dump.scope) == all ]] || return 0
  found="$(pg_other_databases "$set")" || exit $?
  [[ -z $found ]] || log_warn "these databases are not in the backup and were left as they are: $found"
  pg_read_globals "$set"
  pg_compare_roles
  found="$(lines_without "$RUN_DIR/roles.now" "$RUN_DIR/roles.set" | pg_name_roles)"
  [[ -z $found ]] || log_warn "these roles are not in the backup and were left as they are: $found"
}

# ---------------------------------------------------------------- the way back

# Begin the journal of a live restore. The server's identifier tells later whether this is still the same server.
pg_begin_journal() {
  local identifier
  identifier="$(pg_require 'cannot identify the server' 'SELECT system_identifier FROM pg_control_system()')" || exit $?
  rm -f -- "$STATE_DIR/$ASSET.postgres"
  pg_journal server "$identifier"
}

# Note what is about to be done, and flush it: words, tab-separated and encoded. A throw-away server needs no journal.
pg_journal() {
  local line="$1" word
  [[ $PG_TARGET == live ]] || return 0
  shift
  for word in "$@"; do
    encode_path "$word"
    line+=$'\t'"$ENCODED_PATH"
  done
  printf '%s\n' "$line" >>"$STATE_DIR/$ASSET.postgres" || die "$EX_IO" "cannot write $STATE_DIR/$ASSET.postgres"
  sync_paths "$STATE_DIR/$ASSET.postgres"
}

# The first value of a kind of line in a journal, as it stands there.
pg_journal_value() {
  awk -F '\t' -v kind="$2" '$1 == kind { print $2; exit }' "$1"
}

# Undo a live restore that did not come to its end, in this run or an earlier one.
kind_rollback() {
  pg_undo
}

# Undo what the journal speaks of, as far as it happened: swap the databases back, drop what was loaded, give the roles
# what they had, drop those that were made.
pg_undo() {
  local journal="$STATE_DIR/$ASSET.postgres" identifier
  [[ -s $journal ]] || return 0
  pg_identify
  identifier="$(pg_require 'cannot identify the server' 'SELECT system_identifier FROM pg_control_system()')" || exit $?
  if [[ $(pg_journal_value "$journal" server) != "$identifier" ]]; then
    log_warn 'an earlier restore did not end, but that was on another server: there is nothing to undo on this one'
    rm -f -- "$journal"
    return 0
  fi
  pg_undo_swap "$journal"
  pg_drop_loaded "$journal"
  pg_drop_made_roles "$journal"
  decode_path "$(pg_journal_value "$journal" roles)"
  rm -f -- "$journal" ${DECODED_PATH:+"$DECODED_PATH"}
}

# If the swap was committed, swap back. It was all or nothing: one database tells.
pg_undo_swap() {
  local journal="$1" kind oid scratch name old committed=0
  local -a renamed=() spared=()
  pg_begin_sql >"$RUN_DIR/undo.sql"
  while IFS=$'\t' read -r kind oid scratch name old; do
    [[ $kind == database ]] || continue
    decode_path "$name" && name="$DECODED_PATH"
    decode_path "$old" && old="$DECODED_PATH"
    [[ $(pg_require 'cannot list the databases' "SELECT count(*) FROM pg_database WHERE oid = $oid AND datname = $(pg_sql_text "$name")") != 1 ]] || committed=1
    # Somebody may have worked in it since it went live: then it is kept, under a name that is not dropped.
    [[ ${UNDOING:-own} == own ]] || scratch="$(pg_sql_name "$(pg_old_name "$name" "$oid")")"
    printf 'ALTER DATABASE %s RENAME TO %s;\n' "$(pg_sql_name "$name")" "$scratch"
    [[ ${UNDOING:-own} == own ]] || spared+=("$scratch")
    if [[ -n $old ]]; then printf 'ALTER DATABASE %s RENAME TO %s;\n' "$(pg_sql_name "$old")" "$(pg_sql_name "$name")"; fi
    renamed+=("$name" "$old")
  done <"$journal" >>"$RUN_DIR/undo.sql"
  if ((committed)); then
    pg_undo_roles_sql "$journal" >>"$RUN_DIR/undo.sql"
    printf 'COMMIT;\n' >>"$RUN_DIR/undo.sql"
    pg_run_swap "$RUN_DIR/undo.sql" ${renamed[@]+"${renamed[@]}"}
    log_info 'gave the databases as they were their names back'
    for name in ${spared[@]+"${spared[@]}"}; do log_info "what was live until now is kept; when you no longer need it: DROP DATABASE $name;"; done
  fi
  rm -f -- "$RUN_DIR/undo.sql"
}

# Print the SQL that gives the roles what they had before the swap.
pg_undo_roles_sql() {
  local journal="$1" file
  file="$(pg_journal_value "$journal" roles)"
  [[ -n $file ]] || return 0
  decode_path "$file"
  pg_save_globals "$RUN_DIR/globals.old" <"$DECODED_PATH"
  pg_roles_in "$RUN_DIR/globals.old" >"$RUN_DIR/roles.old"
  encode_path "$PG_LOGIN"
  pg_without_line "$ENCODED_PATH" "$RUN_DIR/roles.old"
  pg_roles_sql "$RUN_DIR/globals.old" "$RUN_DIR/roles.old"
}

# Drop the databases that were loaded under scratch names: they hold a copy of the backup and nothing else.
pg_drop_loaded() {
  local journal="$1" kind scratch found
  while IFS=$'\t' read -r kind scratch _; do
    [[ $kind == scratch ]] || continue
    found="$(pg_oid_of_database "$scratch")" || exit $?
    [[ -n $found ]] || continue
    pg_require 'cannot drop a database that was loaded' "ALTER DATABASE $scratch WITH ALLOW_CONNECTIONS false IS_TEMPLATE false"
    pg_require 'cannot drop a database that was loaded' "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$scratch'" >/dev/null
    retry 3 1 pg_query "$PG_HOME" "DROP DATABASE $scratch" || pg_die 'cannot drop a database that was loaded' "$RUN_DIR/psql.err"
  done <"$journal"
}

# Drop the roles that this restore had made. One that somebody gave something meanwhile stays.
pg_drop_made_roles() {
  local journal="$1" kind name
  while IFS=$'\t' read -r kind name; do
    [[ $kind == role ]] || continue
    decode_path "$name"
    pg_query "$PG_HOME" "DROP ROLE IF EXISTS $(pg_sql_name "$DECODED_PATH")" || log_warn "the role $DECODED_PATH, which the restore had made, is in use and stays"
  done <"$journal"
}
