# ClickHouse. A backup has the server BACKUP its tables, or, where it cannot, freezes each (hard links to its parts, which never
# change), and streams that with the definitions. A restore makes new tables of it in a database of its own, reads every column of
# them, and renames old and new. All of it happens where the server is, in small scripts for its shell.

# The journal of a live restore: $STATE_DIR/$ASSET.clickhouse.
readonly UNDO_JOURNAL=clickhouse
# The database of tables that are being restored, and the beginning of the names of those with what was replaced.
readonly CH_NEW=lifeboat_new
# The beginning of the names of those with what was replaced.
readonly CH_OLD=lifeboat_old_
# Seconds for a throw-away server to answer.
readonly CH_START_SECONDS=120

# --- The server ---------------------------------------------------------------------------------------------------------

# Print what each script for the place of the server begins with: the password comes by stdin into a private file, since the client
# takes it from a file or an argument; `ask` runs a statement.
clickhouse_beginning() {
  # shellcheck disable=SC2016  # for the shell over there
  printf '%s\n' 'IFS= read -r password || exit 77
umask 077
private=$(mktemp -d "${TMPDIR:-/tmp}/lifeboat-clickhouse.XXXXXX") || exit 73
trap "rm -rf \"\$private\"" EXIT
trap "exit 143" HUP INT TERM
printf "<config><host>%s</host><port>%s</port><user>%s</user><password>%s</password></config>\n" "$1" "$2" "$3" "$password" >"$private/client.xml"
data=$4 asset=$5 method=$6 copy=$7/lifeboat-$5 disk=$8 tick=$(printf "\047")
shift 8
ask() { clickhouse-client --config-file="$private/client.xml" -q "$1" </dev/null; }
ask_all() { clickhouse-client --config-file="$private/client.xml" -n <"$1"; }
tables_there() { ask "SELECT name FROM system.tables WHERE database = ${tick}$1${tick} FORMAT TSV"; }
quoted() { printf "%s" "$1" | sed "s/\`/\\\\\`/g; s/^/\`/; s/\$/\`/"; }
# Where the server writes a backup to: a directory that its configuration allows, or one on a disk that it allows.
target() { if [ -n "$disk" ]; then printf "Disk(${tick}%s${tick}, ${tick}%s${tick})" "$disk" "lifeboat-$asset/$1"; else printf "File(${tick}%s${tick})" "$copy/$1"; fi; }
access_tables="TABLE system.users, TABLE system.roles, TABLE system.settings_profiles, TABLE system.row_policies, TABLE system.quotas"
# Is a version, as the server says it, one that has BACKUP and RESTORE?
has_backup() { minor=${1#*.}; [ "${1%%.*}" -gt 22 ] || { [ "${1%%.*}" = 22 ] && [ "${minor%%.*}" -ge 8 ]; }; }'
}

# The password, as XML has it, a line.
clickhouse_password() {
  printf '%s\n' "$CH_PASSWORD" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g'
}

# Read the password, once.
clickhouse_setup() {
  [[ -z ${CH_READY:-} ]] || return 0
  CH_PASSWORD=''
  if [[ -n $PASSWORD_SECRET ]]; then CH_PASSWORD="$(read_secret "$PASSWORD_SECRET")" || exit $?; fi
  CH_HOST="$CH_ADDRESS" CH_NUMBER="$CH_PORT" CH_LOGIN="$CH_USER" CH_DATA="$CH_DATA_DIR" CH_COPIES="$CH_BACKUP_DIR" CH_DISK="$CH_BACKUP_DISK" CH_READY=live
}

# Run a script where the server is: the live one, or a throw-away one on this host.
clickhouse_script() {
  local script
  script="$(clickhouse_beginning)"$'\n'"$1"
  shift
  if [[ $CH_READY == live ]]; then
    remote_use server
    clickhouse_password | remote_script "$script" "$CH_HOST" "$CH_NUMBER" "$CH_LOGIN" "$CH_DATA" "$ASSET" "$CH_METHOD" "$CH_COPIES" "$CH_DISK" "$@" 2>"$RUN_DIR/clickhouse.err"
  else
    clickhouse_password | sh -c "$script" lifeboat "$CH_HOST" "$CH_NUMBER" "$CH_LOGIN" "$CH_DATA" "$ASSET" "$CH_METHOD" "$CH_COPIES" "$CH_DISK" "$@" 2>"$RUN_DIR/clickhouse.err"
  fi
}

# Leave because something failed at the server: WHAT, and its words. Rows are not in them: statements are the script's own.
clickhouse_die() {
  local what="$1" words
  words="$(grep -v '^[[:space:]]*$' -- "$RUN_DIR/clickhouse.err" | grep -v '^Received exception' | tail -n 1 | sed -e 's/^[0-9T:Z-]* ERROR \[[^]]*\] //' -e 's/DB::Exception: Received from [^ ]* //' || true)"
  words="${words:0:250}"
  case "$words" in
    *'Code: 192'* | *'Code: 193'* | *'Code: 194'* | *'Code: 516'*) die "$EX_NOPERM" "$what: $words" "are user and password in the plan right?" ;;
    *'Code: 497'* | *'Permission denied'*) die "$EX_NOPERM" "$what: $words" 'the user needs to read all tables, ALTER FREEZE, and for restores CREATE, RENAME, DROP and ATTACH; the script needs to read and write the data directory' ;;
    *'Code: 210'* | *'Code: 209'* | *'onnection refused'*) die "$EX_UNAVAILABLE" "$what: $words" 'is the server running? are address and port in the plan right?' ;;
    *'backups.allowed_'*) die "$EX_CONFIG" "$what: $words" "let <backups><allowed_path> of its configuration name $CH_COPIES (backupDirectory in the plan), or take another method in the plan" ;;
    *'No space left'*) die "$EX_IO" "$what: $words" "make room where the server keeps its data" ;;
  esac
  clickhouse_is_damage "$words" || [[ ${2:-} != "$EX_DATA" ]] || die "$EX_UNAVAILABLE" "$what: ${words:-it failed without a word}" 'the log of the server may say more'
  die "${2:-$EX_UNAVAILABLE}" "$what: ${words:-it failed without a word}" 'the log of the server may say more'
}

# Do the words say that what was read is damaged, or is not what was backed up? Any other reason not to load is none to distrust a set.
clickhouse_is_damage() {
  case "$1" in
    *'hecksum doesn'* | *'annot decompress'* | *'annot read all data'* | *'nknown codec'* | *'orrupted'* | *'were backed up'* | *'no table to back up'* | *'Code: 40'[.,\ ]* | *'Code: 271'* | *'Code: 33'[.,\ ]* | *'Code: 246'*) return 0 ;;
    *) return 1 ;;
  esac
}

# --- Backup -------------------------------------------------------------------------------------------------------------

# Does the server answer, and are its databases and its data where the plan says?
kind_preflight() {
  local name
  clickhouse_setup
  # shellcheck disable=SC2016  # for the shell over there
  clickhouse_script 'ask "SELECT name FROM system.databases FORMAT TSV" || exit 69
if [ ! -d "$data/metadata" ]; then
  printf "%s is not the directory of its data\n" "$data" >&2
  exit 69
fi' >"$RUN_DIR/databases" || clickhouse_die 'ClickHouse does not answer'
  for name in ${DATABASES[@]+"${DATABASES[@]}"}; do
    grep -F -x -e "$name" "$RUN_DIR/databases" >/dev/null || die "$EX_DATA" "there is no database $name" "there are: $(paste -s -d ' ' "$RUN_DIR/databases")"
  done
}

# Freeze and stream.
kind_capture() {
  local note
  clickhouse_setup
  write_payload clickhouse.tar clickhouse_observe clickhouse_produce
  manifest_add tool.clickhouse "$(cat -- "$RUN_DIR/clickhouse.set/version")"
  clickhouse_count_set "$RUN_DIR/clickhouse.set"
  manifest_add position.tables "$CH_TABLES"
  manifest_add position.rows "$CH_ROWS"
  manifest_add position.method "$(sed -n 1p "$RUN_DIR/clickhouse.set/method")"
  log_info "$(count_of "$CH_TABLES" table), $(count_of "$CH_ROWS" row)"
  note="$(sed -n 2p "$RUN_DIR/clickhouse.set/method")"
  [[ -z $note ]] || log_warn "$note"
}

# The producer.
clickhouse_produce() {
  clickhouse_stream 2>"$RUN_DIR/clickhouse.err" || clickhouse_die 'cannot take a backup' "$(sysexit_of $? "$EX_UNAVAILABLE")"
}

# Have all tables written aside, then stream that. `tables` has a line for each: number, database, name, engine, rows (at least so
# many for a table that is not frozen). `method` says how, and what there is to say of it. Users, roles and the like that SQL made
# are in `access`: in the form of BACKUP (SHOW CREATE leaves the passwords out), which also tells whether the server allows BACKUP,
# else the server's own files. What was written aside goes when the script ends, and that of an earlier one that was killed.
clickhouse_stream() {
  local wanted="database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') AND database NOT LIKE 'lifeboat\\\\_%'" list
  if ((${#DATABASES[@]} > 0)); then
    list="$(printf "'%s'," ${DATABASES[@]+"${DATABASES[@]}"})"
    wanted="database IN (${list%,})"
  fi
  remote_use server
  # shellcheck disable=SC2016  # for the shell over there
  clickhouse_password | remote_pull_stream "$(clickhouse_beginning)"$'\n''frozen=$data/shadow/lifeboat-$asset tab=$(printf "\t")
trap "rm -rf \"\$private\" \"\$frozen\" \"\$copy\"" EXIT
rm -rf "$frozen" "$copy"
mkdir -p "$frozen" || exit 73
ask "SELECT version() FORMAT TSV" >"$frozen/version" || exit 69
how=freeze note= backed=
if has_backup "$(cat "$frozen/version")" && [ "$method" != freeze ]; then
  how=backup
  if ! ask "BACKUP $access_tables TO $(target access)" >/dev/null 2>"$private/why"; then
    words=$(tr "\n" " " <"$private/why" | cut -c 1-250)
    case "$method $words" in
      "auto "*backups.allowed_*) how=freeze note="the server does not allow BACKUP, so the tables were frozen: let <backups><allowed_path> of its configuration name ${copy%/*}" ;;
      *"Code: 497"*) note="users, roles, quotas, policies and profiles made by SQL are not in the backup, since the user may not read them: $words" ;;
      *) cat "$private/why" >&2; exit 69 ;;
    esac
  fi
elif [ "$method" = backup ]; then
  printf "ClickHouse %s has no BACKUP, which came with 22.8: take the method freeze in the plan\n" "$(cat "$frozen/version")" >&2
  exit 78
fi
if [ $how = freeze ] && [ -d "$data/access" ]; then cp -R "$data/access" "$frozen/access" || exit 74; fi
printf "%s\n%s\n" "$how" "$note" >"$frozen/method"
ask "SELECT database, table, sum(rows) FROM system.parts WHERE active GROUP BY database, table FORMAT TSV" >"$private/rows" || exit 69
ask "SELECT database, name, engine FROM system.tables WHERE ($1) AND NOT is_temporary ORDER BY database, name FORMAT TSV" >"$private/list" || exit 69
number=0
while IFS="$tab" read -r database name engine; do
  number=$((number + 1)) rows=0
  table=$(quoted "$database").$(quoted "$name")
  ask "SHOW CREATE TABLE $table FORMAT TSVRaw" >"$frozen/$number.sql" || exit 69
  mkdir "$frozen/$number"
  case "$how $engine" in
    backup*MergeTree)
      backed="$backed${backed:+, }TABLE $table"
      rows=$(grep -F "$database$tab$name$tab" "$private/rows" | awk -F "$tab" -v database="$database" -v name="$name" "\$1 == database && \$2 == name { rows = \$3 } END { print rows + 0 }")
      ;;
    *MergeTree)
      ask "ALTER TABLE $table FREEZE" || exit 69
      cut=$data/shadow/$(cat "$data/shadow/increment.txt")
      if [ -d "$cut" ]; then
        for parts in "$cut"/data/*/* "$cut"/store/*/*; do
          [ ! -d "$parts" ] || mv "$parts"/* "$frozen/$number/" || exit 74
        done
        rm -rf "$cut"
      fi
      for part in "$frozen/$number"/*; do
        [ -d "$part" ] || continue
        # Parts of the form of before 1.1.54310 have no such file.
        if [ -f "$part/count.txt" ]; then count=$(cat "$part/count.txt"); else count=$(ask "SELECT rows FROM system.parts WHERE database = ${tick}$database${tick} AND table = ${tick}$name${tick} AND name = ${tick}${part##*/}${tick} FORMAT TSV"); fi
        rows=$((rows + count)) || exit 69
      done
      ;;
    *Log | *Memory | *Set | *Join)
      rows=$(ask "SELECT count() FROM $table FORMAT TSV" 2>/dev/null) || rows=0
      ask "SELECT * FROM $table FORMAT Native" >"$frozen/$number/rows.native" || exit 69
      ;;
  esac
  printf "%s\t%s\t%s\t%s\t%s\n" "$number" "$database" "$name" "$engine" "$rows" >>"$frozen/tables"
done <"$private/list"
[ -s "$frozen/tables" ] || { echo "there is no table to back up" >&2; exit 65; }
if [ -n "$backed" ]; then
  printf "BACKUP %s TO %s;\n" "$backed" "$(target parts)" >"$private/backup.sql"
  ask_all "$private/backup.sql" >/dev/null || exit 69
  [ -d "$copy/parts" ] || { echo "the server wrote its backup elsewhere than in ${copy%/*}: is backupDirectory in the plan right?" >&2; exit 78; }
fi
for made in "$copy"/*; do [ ! -d "$made" ] || mv "$made" "$frozen/" || exit 74; done
cd "$frozen" && tar -cf - version method tables *.sql $(ls -d access parts 2>/dev/null) $(cut -f 1 tables)' "$CH_HOST" "$CH_NUMBER" "$CH_LOGIN" "$CH_DATA" "$ASSET" "$CH_METHOD" "$CH_COPIES" "$CH_DISK" "$wanted"
}

# The observer, and the consumer that verifies: the archive can be read to its end, and has the list that it is about. Leaves that in
# clickhouse.set; the parts themselves are proven by loading them.
clickhouse_observe() {
  local dir="$RUN_DIR/clickhouse.set"
  rm -rf -- "$dir"
  mkdir -- "$dir"
  local status=0
  tar -xf - -C "$dir" version method tables 2>"$RUN_DIR/clickhouse.tar" || status=$?
  ((status != 0)) || return 0
  ! grep 'No space left' "$RUN_DIR/clickhouse.tar" >/dev/null || die "$EX_IO" "no room to look through the archive in $RUN_DIR" "make room in $STATE_DIR"
  status="$(tar_status "$status")"
  ((status == EX_DATA)) || die "$status" "tar did not run to its end: the archive was not looked through"
  die "$EX_DATA" "the archive of the tables cannot be read: it is cut or damaged"
}

# Count the tables and rows of a set's list: CH_TABLES, CH_ROWS.
clickhouse_count_set() {
  CH_TABLES="$(awk 'END { print NR }' "$1/tables")"
  CH_ROWS="$(awk -F '\t' '{ rows += $5 } END { printf "%.0f\n", rows }' "$1/tables")"
}

# Look through a set.
kind_verify() {
  stream_payload "$1" clickhouse.tar clickhouse_observe
  clickhouse_compare "$1" "$RUN_DIR/clickhouse.set"
}

# Is the list in DIR the one that the MANIFEST speaks of?
clickhouse_compare() {
  clickhouse_count_set "$2"
  if [[ $CH_TABLES != "$(manifest_get "$1" position.tables)" || $CH_ROWS != "$(manifest_get "$1" position.rows)" ]]; then
    log_error "there are $CH_TABLES tables and $CH_ROWS rows, the MANIFEST of ${1##*/} says $(manifest_get "$1" position.tables) and $(manifest_get "$1" position.rows)"
    return "$EX_DATA"
  fi
}

# --- Restore aside ------------------------------------------------------------------------------------------------------

# The stage holds little when the restore is live: the parts go to the server's own disk.
kind_stage_parent() {
  printf '%s\n' "$SCRATCH_DIR"
}

# Load a set beside the live tables, or into a throw-away server.
kind_stage() {
  local set="$1" dir="$2" status=0
  if is_live_stage "$dir"; then
    clickhouse_setup
    clickhouse_undo
    stream_payload "$set" clickhouse.tar clickhouse_send || status=$?
  else
    clickhouse_start_aside "$dir"
    stream_payload "$set" clickhouse.tar clickhouse_unpack "$CH_DATA/lifeboat-$ASSET" || status=$?
  fi
  ((status == 0)) || exit "$status"
  clickhouse_load
  # shellcheck disable=SC2016  # for the shell over there
  clickhouse_script 'cat "$data/lifeboat-$asset/tables"' >"$dir/tables"
}

# Send the archive to the disk of the server.
clickhouse_send() {
  remote_use server
  # shellcheck disable=SC2016  # for the shell over there
  remote_push_stream 'umask 077; rm -rf "$1"; mkdir "$1" && tar -xf - -C "$1"' "$CH_DATA/lifeboat-$ASSET" 2>"$RUN_DIR/clickhouse.err" || clickhouse_die 'cannot send the tables to the server' "$(sysexit_of $? "$EX_IO")"
}

# Unpack the archive on this host.
clickhouse_unpack() {
  mkdir -- "$1"
  tar -xf - -C "$1" 2>"$RUN_DIR/clickhouse.err" || clickhouse_die 'cannot unpack the tables' "$EX_IO"
}

# Make a new table for each of the set with its rows, read every column of it, count. Definitions without data wait for the swap.
clickhouse_load() {
  # shellcheck disable=SC2016  # for the shell over there
  clickhouse_script 'set=$data/lifeboat-$asset tab=$(printf "\t")
ask "CREATE DATABASE IF NOT EXISTS $1" || exit 69
how=$(sed -n 1p "$set/method") version=$(ask "SELECT version() FORMAT TSV") backed=
if [ "$how" = backup ]; then
  has_backup "$version" || { echo "the set is a BACKUP of ClickHouse $(cat "$set/version"): the server here, $version, is too old to restore it" >&2; exit 75; }
  rm -rf "$copy"
  mkdir -p "$copy" || exit 73
  for made in parts access; do [ ! -d "$set/$made" ] || mv "$set/$made" "$copy/" || exit 74; done
  chown -R "$(ls -nd "$data/metadata" | awk "{ print \$3 \":\" \$4 }")" "$copy" 2>/dev/null || [ -w "$data/metadata" ] || exit 77
  while IFS="$tab" read -r number database name engine rows; do
    case "$engine" in *MergeTree) backed="$backed${backed:+, }TABLE $(quoted "$database").$(quoted "$name") AS $1.t$number" ;; esac
  done <"$set/tables"
  printf "RESTORE %s FROM %s;\n" "$backed" "$(target parts)" >"$private/restore.sql"
  [ -z "$backed" ] || ask_all "$private/restore.sql" >/dev/null || exit 65
fi
while IFS="$tab" read -r number database name engine rows; do
  case "$engine" in *MergeTree | *Log | Memory | Set | Join) ;; *) continue ;; esac
  query=$(cat "$set/$number.sql") rest=
  for head in "$database.$name" "$database.$(quoted "$name")" "$(quoted "$database").$name" "$(quoted "$database").$(quoted "$name")"; do
    case "$query" in "CREATE TABLE $head"[!0-9A-Za-z_]*) rest=${query#"CREATE TABLE $head"} ;; esac
  done
  [ -n "$rest" ] || { echo "the definition of $database.$name is not understood" >&2; exit 65; }
  : >"$private/load.sql"
  case "$how $engine" in backup*MergeTree) ;; *) ask "CREATE TABLE $1.t$number$rest" || exit 69 ;; esac
  case "$how $engine" in
    backup*MergeTree) ;;
    *MergeTree)
      place=$(ask "SELECT data_path FROM system.tables WHERE database = ${tick}$1${tick} AND name = ${tick}t$number${tick} FORMAT TSVRaw" 2>/dev/null) ||
        place=$(ask "SELECT data_paths[1] FROM system.tables WHERE database = ${tick}$1${tick} AND name = ${tick}t$number${tick} FORMAT TSVRaw") || exit 69
      owner=$(ls -nd "$place/detached" | awk "{ print \$3 \":\" \$4 }")
      for part in "$set/$number"/*; do
        [ -d "$part" ] || continue
        chown -R "$owner" "$part" 2>/dev/null || [ -w "$place/detached" ] || exit 77
        mv "$part" "$place/detached/" || exit 74
        printf "ALTER TABLE %s ATTACH PART ${tick}%s${tick};\n" "$1.t$number" "${part##*/}" >>"$private/load.sql"
      done
      ;;
    *) clickhouse-client --config-file="$private/client.xml" -q "INSERT INTO $1.t$number FORMAT Native" <"$set/$number/rows.native" || exit 65 ;;
  esac
  # Reading every column proves the checksums of every block.
  case "$engine" in Set | Join) continue ;; esac
  printf "SELECT * FROM %s FORMAT Null; SELECT count() FROM %s FORMAT TSV;\n" "$1.t$number" "$1.t$number" >>"$private/load.sql"
  found=$(ask_all "$private/load.sql") || exit 65
  # Other engines than MergeTree may merge rows between the count and BACKUP.
  case "$how $engine" in freeze*MergeTree) [ "$found" = "$rows" ] ;; "backup MergeTree" | *Log | *Memory) [ "$found" -ge "$rows" ] ;; esac || { echo "$database.$name has $found rows, $rows were backed up" >&2; exit 65; }
done <"$set/tables"' "$CH_NEW" || clickhouse_die 'the tables cannot be loaded' "$(sysexit_of $? "$EX_UNAVAILABLE")"
}

# Start a throw-away server in DIR: on a port of loopback, with a password of its own.
clickhouse_start_aside() {
  local dir="$1" program="${SERVER_BINARY:-clickhouse-server}" waited=0
  command -v "$program" >/dev/null 2>&1 || die "$EX_TEMPFAIL" "there is no $program on this host: the set is proven by its hashes and its list, but cannot be loaded here" 'install ClickHouse on this host, or name serverProgram in the plan'
  command -v clickhouse-client >/dev/null 2>&1 || die "$EX_TEMPFAIL" 'there is no clickhouse-client on this host'
  CH_HOST=127.0.0.1 CH_LOGIN=default CH_DATA="$dir/data" CH_COPIES="$dir/data/backups" CH_DISK="" CH_READY=aside CH_NUMBER=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
  CH_PASSWORD="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  mkdir -p -- "$CH_DATA/tmp"
  printf '<yandex><logger><level>warning</level><log>%s/server.log</log><errorlog>%s/error.log</errorlog></logger><tcp_port>%d</tcp_port><listen_host>127.0.0.1</listen_host><path>%s/</path><tmp_path>%s/tmp/</tmp_path><users_config>%s/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database><mark_cache_size>67108864</mark_cache_size><backups><allowed_path>%s</allowed_path></backups></yandex>\n' \
    "$dir" "$dir" "$CH_NUMBER" "$CH_DATA" "$CH_DATA" "$dir" "$CH_COPIES" >"$dir/config.xml"
  printf '<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password>%s</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>\n' "$CH_PASSWORD" >"$dir/users.xml"
  "$program" "--config-file=$dir/config.xml" </dev/null >"$dir/server.out" 2>&1 9>&- &
  printf '%d\n' $! >"$dir/server.pid"
  # shellcheck disable=SC2016  # for the shell over there
  until clickhouse_script 'ask "SELECT 1"' >/dev/null; do
    if ((waited >= CH_START_SECONDS * 5)) || ! kill -0 "$(cat -- "$dir/server.pid")" 2>/dev/null; then
      die "$EX_UNAVAILABLE" "the throw-away server does not start: $(tail -n 1 -- "$dir/error.log" 2>/dev/null | cut -c 1-200)"
    fi
    sleep 0.2
    waited=$((waited + 1))
  done
}

# What was loaded was read through and counted; the list must be that of the MANIFEST.
kind_check_stage() {
  clickhouse_compare "$1" "$2"
  printf '%s, %s\n' "$(count_of "$CH_TABLES" table)" "$(count_of "$CH_ROWS" row)" >"$2/summary"
}

# Stop the throw-away server; take away what a live restore loaded when the run ends without having put it in place.
kind_stage_stop() {
  local dir="$1" pid waited=0
  if [[ -s $dir/server.pid ]]; then
    pid="$(cat -- "$dir/server.pid")"
    if ps -o args= -p "$pid" 2>/dev/null | grep -F -e "--config-file=$dir/config.xml" >/dev/null; then
      kill "$pid" 2>/dev/null || true
      while kill -0 "$pid" 2>/dev/null && ((waited < 100)); do
        sleep 0.1
        waited=$((waited + 1))
      done
      kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f -- "$dir/server.pid" "$dir/users.xml"
  fi
  is_live_stage "$dir" || return 0
  # Called before the swap, too: then what was loaded is what will be swapped in.
  if [[ -n ${EXIT_STATUS:-} || $dir != "${STAGE_DIR:-}" ]] && ! swap_pending; then
    clickhouse_setup
    clickhouse_undo
  fi
}

# One line on what was loaded.
kind_stage_summary() {
  cat -- "$1/summary"
}

# --- Restore ------------------------------------------------------------------------------------------------------------

# Say what a live restore replaces.
kind_describe_restore() {
  local set="$1"
  kind_preflight
  printf '  load %s with %s beside the live ones, then rename old and new;\n    the present tables are kept in the database %s%s\n' \
    "$(count_of "$(manifest_get "$set" position.tables)" table)" "$(count_of "$(manifest_get "$set" position.rows)" row)" "$CH_OLD" "$STAMP"
  printf '  leave tables alone that are not in the backup\n'
  printf '  add users, roles, quotas, policies and profiles that SQL made, where they are missing;\n    those of users.xml are not in this backup\n'
}

# Bring back users and the like that are missing: those that are there stay as they are. Without BACKUP they are files, which the
# server reads when it starts. What cannot be brought back does not keep the tables from it.
clickhouse_restore_access() {
  # shellcheck disable=SC2016  # for the shell over there
  clickhouse_script 'set=$data/lifeboat-$asset
if [ -d "$copy/access" ]; then
  ask "RESTORE $access_tables FROM $(target access)" >/dev/null || exit
elif [ -d "$set/access" ] && [ -d "$data/access" ]; then
  for file in "$set/access"/*.sql; do
    [ -f "$file" ] || continue
    # The first line begins with ATTACH, what it is, and its name: one of the same name but another number is there already.
    begin=$(sed -n "1s/^\(ATTACH [A-Z ]* [^ ;]*\).*/\1/p" "$file")
    if sed "s/;/ /" "$data/access"/*.sql 2>/dev/null | grep -F "$begin " >/dev/null; then continue; fi
    cp "$file" "$data/access/" || exit 74
    chown "$(ls -nd "$data/access" | awk "{ print \$3 \":\" \$4 }")" "$data/access/${file##*/}" || exit 77
    : >"$data/access/need_rebuild_lists.mark"
    printf "%s\n" "${file##*/}"
  done
fi' >"$RUN_DIR/clickhouse.access" || log_warn "users, roles, quotas, policies and profiles that SQL made were not brought back: $(tail -n 1 -- "$RUN_DIR/clickhouse.err" | cut -c 1-250)"
  if [[ -s $RUN_DIR/clickhouse.access ]]; then log_warn "restart ClickHouse when it suits you: $(wc -l <"$RUN_DIR/clickhouse.access" | tr -d ' ') users, roles, quotas, policies or profiles were brought back, which it reads when it starts"; fi
}

# Rename the old tables away and the loaded ones into place, one statement for each; then make the views that are missing.
kind_swap() {
  clickhouse_setup
  clickhouse_restore_access
  printf '%s\n' "$CH_OLD$STAMP" >"$STATE_DIR/$ASSET.clickhouse" || die "$EX_IO" "cannot write in $STATE_DIR"
  sync_paths "$STATE_DIR/$ASSET.clickhouse"
  # shellcheck disable=SC2016  # for the shell over there
  clickhouse_script 'set=$data/lifeboat-$asset tab=$(printf "\t")
ask "CREATE DATABASE IF NOT EXISTS $2" || exit 69
cut -f 2 "$set/tables" | sort -u | while IFS= read -r database; do ask "CREATE DATABASE IF NOT EXISTS $(quoted "$database")" || exit 69; done || exit 69
tables_there "$1" >"$private/new" || exit 69
while IFS="$tab" read -r number database name engine rows; do
  table=$(quoted "$database").$(quoted "$name") there=
  if tables_there "$database" | grep -F -x -e "$name" >/dev/null; then there=1; fi
  if grep -x "t$number" "$private/new" >/dev/null; then
    ask "RENAME TABLE ${there:+$table TO $2.$(quoted "$database.$name"), }$1.t$number TO $table" || exit 69
  fi
done <"$set/tables"
# A view needs what it reads: those that fail are tried again after the others.
for try in 1 2 3; do
  missing=
  while IFS="$tab" read -r number database name engine rows; do
    case "$engine" in *MergeTree | *Log | Memory | Set | Join) continue ;; esac
    if tables_there "$database" | grep -F -x -e "$name" >/dev/null; then continue; fi
    query=$(cat "$set/$number.sql")
    # Its inner table is there already.
    case "$query" in "CREATE MATERIALIZED"*) query="ATTACH${query#CREATE}" ;; esac
    ask "$query" 2>"$private/why" || missing=$database.$name
  done <"$set/tables"
  [ -n "$missing" ] || break
done
[ -z "$missing" ] || { cat "$private/why" >&2; exit 69; }' "$CH_NEW" "$CH_OLD$STAMP" || clickhouse_die 'the tables cannot be renamed'
}

# Every table answers with at least the rows of the backup; writers may have added some, and merges of engines that replace rows
# make them fewer.
kind_check_live() {
  local old
  clickhouse_setup
  # shellcheck disable=SC2016  # for the shell over there
  clickhouse_script 'set=$data/lifeboat-$asset tab=$(printf "\t")
while IFS="$tab" read -r number database name engine rows; do
  case "$engine" in MergeTree | *Log | Memory) ;; *) continue ;; esac
  found=$(ask "SELECT count() FROM $(quoted "$database").$(quoted "$name") FORMAT TSV") || exit 65
  [ "$found" -ge "$rows" ] || { echo "$database.$name has $found rows, $rows were backed up" >&2; exit 65; }
done <"$set/tables"' || clickhouse_die 'what is live is not what was backed up' "$(sysexit_of $? "$EX_UNAVAILABLE")"
  old="$(cat -- "$STATE_DIR/$ASSET.clickhouse")"
  log_info "the old tables are kept in the database $old; when you no longer need them: DROP DATABASE $old"
  # From now on what was loaded is removed with the stage, the list of it, too: never before, since only with that list is there a way back.
  rm -f -- "$STATE_DIR/$ASSET.clickhouse"
}

# Undo what a restore did that did not come to its end.
kind_rollback() {
  clickhouse_setup
  clickhouse_undo
}

# Give the old tables their names back, as far as they lost them, and drop what was loaded, or keep what was live. Each table tells by where it is.
clickhouse_undo() {
  local old='' kept=''
  # Somebody may have worked with it since it went live: then it is kept.
  [[ ${UNDOING:-own} == own ]] || kept="$CH_OLD$STAMP"
  if [[ -s $STATE_DIR/$ASSET.clickhouse ]]; then old="$(cat -- "$STATE_DIR/$ASSET.clickhouse")"; fi
  # shellcheck disable=SC2016  # for the shell over there
  clickhouse_script 'set=$data/lifeboat-$asset tab=$(printf "\t")
if [ -n "$2" ] && [ -f "$set/tables" ]; then
  tables_there "$1" >"$private/new" && tables_there "$2" >"$private/old" || exit 69
  while IFS="$tab" read -r number database name engine rows; do
    case "$engine" in *MergeTree | *Log | Memory | Set | Join) ;; *) continue ;; esac
    table=$(quoted "$database").$(quoted "$name")
    # What was loaded and is not in its own database any more has the name of the live table.
    if ! grep -x "t$number" "$private/new" >/dev/null && tables_there "$database" | grep -F -x -e "$name" >/dev/null; then
      if [ -n "$3" ]; then
        ask "CREATE DATABASE IF NOT EXISTS $3" && ask "RENAME TABLE $table TO $3.$(quoted "$database.$name")" || exit 69
      else
        ask "RENAME TABLE $table TO $1.t$number" || exit 69
      fi
    fi
    if grep -F -x -e "$database.$name" "$private/old" >/dev/null; then ask "RENAME TABLE $2.$(quoted "$database.$name") TO $table" || exit 69; fi
  done <"$set/tables"
  ask "DROP DATABASE IF EXISTS $2" || exit 69
fi
ask "DROP DATABASE IF EXISTS $1" && rm -rf "$set" "$copy"' "$CH_NEW" "$old" "$kept" || clickhouse_die 'cannot undo the restore'
  rm -f -- "$STATE_DIR/$ASSET.clickhouse"
}
