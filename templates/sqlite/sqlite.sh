# The kind `sqlite`: one database file, copied through SQLite's online backup while it is in use.

readonly SQLITE_BUSY_MS=60000

# An online backup begins anew whenever somebody writes. After this time it is made in one read transaction instead, which makes
# writers wait in journal modes other than WAL.
readonly SQLITE_ONLINE_SECONDS=120

# The tool is there, and the file is a database.
kind_preflight() {
  local magic
  require_tool sqlite3
  sqlite_find
  [[ -e $DB_FILE ]] || die "$EX_UNAVAILABLE" "there is no database $DB_PATH" "is its disk mounted?"
  [[ -r $DB_FILE ]] || die "$EX_NOPERM" "cannot read $DB_PATH" "run as a user that can"
  magic="$(head -c 15 -- "$DB_FILE" | tr -d '\000')" || die "$EX_IO" "cannot read $DB_PATH"
  [[ $magic == 'SQLite format 3' ]] || die "$EX_DATA" "$DB_PATH is not an SQLite database"
}

# Where the database really is: DB_FILE. SQLite follows symbolic links, and keeps -wal and -journal beside the file itself.
sqlite_find() {
  local dir link hops=0
  DB_FILE="$DB_PATH"
  while :; do
    dir="${DB_FILE%/*}/"
    if [[ -d $dir ]]; then
      dir="$(cd -- "$dir" && pwd -P)" || die "$EX_NOPERM" "cannot look into ${DB_FILE%/*}" 'run as a user that can'
      DB_FILE="${dir%/}/${DB_FILE##*/}"
    fi
    [[ -L $DB_FILE ]] || return 0
    link="$(readlink -- "$DB_FILE")" || die "$EX_NOPERM" "cannot read the link $DB_FILE"
    [[ $link == /* ]] || link="${DB_FILE%/*}/$link"
    DB_FILE="$link" hops=$((hops + 1))
    ((hops <= 40)) || die "$EX_CONFIG" "$DB_PATH is a symbolic link that leads nowhere but to itself"
  done
}

# Copy, check the copy, then write it as the payload: what is published has passed SQLite's own check.
kind_capture() {
  local copy=database.copy figures="$RUN_DIR/figures" line
  sqlite_find
  cd -- "$WORK_DIR"
  sqlite_copy "$copy"
  attempt_to sqlite_sound "$copy"
  case "$ATTEMPT_STATUS" in
    0) ;;
    "$EX_DATA") die "$EX_DATA" "$DB_PATH is corrupt: no set was made" "restore the last good set, or repair it with: sqlite3 $DB_PATH .recover" ;;
    *) die "$ATTEMPT_STATUS" "the copy of $DB_PATH could not be checked: no set was made" ;;
  esac
  sqlite_figures "$copy" "$figures" || exit $?
  write_payload_file database.sqlite "$copy"
  line="$(sqlite3 --version)"
  manifest_add tool.sqlite3 "${line%% *}"
  manifest_add position.owner "$(file_owner "$DB_FILE")"
  manifest_add position.mode "$(file_mode "$DB_FILE")"
  while IFS= read -r line; do manifest_add "${line%%=*}" "${line#*=}"; done <"$figures"
  cd /
  rm -f -- "$WORK_DIR/$copy"
}

# Copy the database into a file of the working directory. A reader does not hinder writers in WAL mode: there one read transaction
# is enough, and it ends. In other modes writers go first, as long as that is no obstacle.
sqlite_copy() {
  local copy="$1" mode
  mode="$(run_sqlite "$DB_FILE" 'PRAGMA journal_mode' 2>/dev/null || true)"
  if [[ $mode != wal ]]; then
    attempt_to sqlite_copy_online "$copy"
    ((ATTEMPT_STATUS != 0)) || return 0
    ((ATTEMPT_STATUS == EX_TEMPFAIL)) || sqlite_copy_die
    log_info "the online backup of $DB_PATH begins anew with every write: making the copy in one read transaction"
  fi
  rm -f -- "$copy" "$copy-journal"
  # The transaction begins with the first read.
  sqlite_bare "$DB_FILE" BEGIN 'SELECT count(*) FROM sqlite_master' ".backup main $copy" COMMIT >/dev/null 2>"$RUN_DIR/sqlite.err" || sqlite_copy_die
}

# Copy page by page, for a limited time: 75 when that was not enough.
sqlite_copy_online() {
  local copy="$1" pid began=$SECONDS
  run_sqlite "$DB_FILE" ".backup main $copy" >/dev/null 2>"$RUN_DIR/sqlite.err" &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if ((SECONDS - began >= SQLITE_ONLINE_SECONDS)); then
      kill -KILL "$pid" 2>/dev/null || true
      wait "$pid" 2>/dev/null || true
      return "$EX_TEMPFAIL"
    fi
    sleep 0.1
  done
  wait "$pid" || return "$EX_UNAVAILABLE"
}

# Leave because there is no copy.
sqlite_copy_die() {
  local words
  words="$(cat -- "$RUN_DIR/sqlite.err")"
  log_tool_errors sqlite3 "$RUN_DIR/sqlite.err"
  case "$words" in
    *malformed* | *'not a database'*) die "$EX_DATA" "$DB_PATH is corrupt: no set was made" "restore the last good set, or repair it with: sqlite3 $DB_PATH .recover" ;;
    *'disk is full'* | *'disk I/O'*) die "$EX_IO" "SQLite could not copy $DB_PATH" "is the disk of $WORK_DIR full?" ;;
    *) die "$EX_UNAVAILABLE" "SQLite could not copy $DB_PATH" "is it locked for longer than $((SQLITE_BUSY_MS / 1000)) s?" ;;
  esac
}

# Write the figures of a database into a file, `key=value` a line as the MANIFEST has them: what a restore must find again.
sqlite_figures() {
  local db="$1" file="$2"
  {
    sqlite_figure page_count "$db" 'PRAGMA page_count' &&
      sqlite_figure user_version "$db" 'PRAGMA user_version' &&
      sqlite_figure application_id "$db" 'PRAGMA application_id' &&
      sqlite_figure tables "$db" "SELECT count(*) FROM sqlite_master WHERE type = 'table'" &&
      sqlite_figure foreign_key_violations "$db" 'SELECT count(*) FROM pragma_foreign_key_check' &&
      sqlite_rows "$db"
  } >"$file" && return 0
  log_tool_errors sqlite3 "$RUN_DIR/sqlite.err"
  log_error 'the figures of the database cannot be read'
  return "$EX_UNAVAILABLE"
}

# One figure: a number.
sqlite_figure() {
  local value
  value="$(run_sqlite "$2" "$3" 2>"$RUN_DIR/sqlite.err")" || return 1
  [[ $value =~ ^-?[0-9]+$ ]] || return 1
  printf 'position.%s=%s\n' "$1" "$value"
}

# Rows of each table, `rows.1=12 orders`, and of all together. A virtual table whose module this sqlite3 lacks cannot be counted, and
# is left out.
sqlite_rows() {
  local db="$1" list="$RUN_DIR/sqlite.rows"
  run_sqlite "$db" "SELECT 'SELECT count(*) || '' ' || replace(replace(replace(replace(name, '%', '%25'), char(10), '%0A'), char(13), '%0D'), '''', '''''') || ''' FROM \"' || replace(name, '\"', '\"\"') || '\";' FROM sqlite_master WHERE type = 'table' ORDER BY name" >"$list.sql" 2>"$RUN_DIR/sqlite.err" || return 1
  sqlite3 -init /dev/null -batch -readonly "$db" <"$list.sql" >"$list" 2>/dev/null || true
  awk '/^[0-9]+ / { sum += $1; print "rows." ++n "=" $0 } END { printf "position.rows=%.0f\n", sum }' "$list"
}

# Run one statement or dot command; waits for locks.
run_sqlite() {
  sqlite_bare "$1" "$2"
}

# Run statements and dot commands on a database, without the start-up files of whoever calls.
sqlite_bare() {
  sqlite3 -init /dev/null -batch -bail -cmd ".timeout $SQLITE_BUSY_MS" "$@" </dev/null
}

# Is a database sound? Says what is wrong, without data. 65 when SQLite read it and says that it is not; 69 or 74 when it could not
# be looked at.
sqlite_sound() {
  local db="$1" verdict status=0
  verdict="$(run_sqlite "$db" 'PRAGMA integrity_check(3)' 2>&1)" || status=$?
  if ((status == 0)) && [[ $verdict == ok ]]; then return 0; fi
  log_error "integrity check: ${verdict:0:300}"
  case "$status $verdict" in
    0\ ?* | *malformed* | *'not a database'* | *'schema corrupt'*) return "$EX_DATA" ;;
    *'disk is full'* | *'disk I/O'*) return "$EX_IO" ;;
    *) return "$EX_UNAVAILABLE" ;;
  esac
}

# Decode into a scratch file and check it as a stage.
kind_verify() {
  local set="$1" dir="$RUN_DIR/verify" status=0
  require_tool sqlite3
  rm -rf -- "$dir"
  mkdir -- "$dir" || die "$EX_CANTCREAT" "cannot make $dir"
  kind_stage "$set" "$dir" && kind_check_stage "$set" "$dir" || status=$?
  rm -rf -- "$dir"
  return "$status"
}

# Beside the database.
kind_stage_parent() {
  sqlite_find
  existing_parent "${DB_FILE%/*}/"
}

# Decode the database into the stage.
kind_stage() {
  require_tool sqlite3
  stream_payload "$1" database.sqlite write_file "$2/database.sqlite"
}

# Write stdin to a file.
write_file() {
  cat >"$1" || die "$EX_IO" "cannot write $1"
}

# SQLite's own check, and the figures of the day of the backup.
kind_check_stage() {
  local set="$1" db="$2/database.sqlite" figures="$RUN_DIR/figures" line expected bad=0
  sqlite_sound "$db" || return $?
  sqlite_figures "$db" "$figures" || return $?
  while IFS= read -r line; do
    expected="$(manifest_get "$set" "${line%%=*}")"
    # A set from before has no rows of single tables.
    [[ -n $expected || $line != rows.* ]] || continue
    if [[ ${line#*=} != "$expected" ]]; then
      log_error "the restored database has ${line%%=*} ${line#*=}, the backup had $expected"
      bad=1
    fi
  done < <(sqlite_comparable "$set" "$figures")
  ((bad == 0)) || return "$EX_DATA"
}

# The figures that can be compared: another sqlite3 may lack the module of a virtual table, and then counts fewer tables.
sqlite_comparable() {
  local set="$1" figures="$2" here there
  here="$(grep -c '^rows\.' "$figures" || true)"
  there="$(manifest_group "$set" rows | grep -c '' || true)"
  if ((there == 0 || here == there)); then
    cat -- "$figures"
    return 0
  fi
  log_warn "this sqlite3 can look into $here of the $there tables and modules that the backup counted: their rows were not compared"
  grep -v -e '^rows\.' -e '^position\.rows=' "$figures"
}

# Nothing runs in the stage.
kind_stage_stop() {
  return 0
}

# Say what is replaced.
kind_describe_restore() {
  sqlite_find
  sqlite_refuse_mount
  [[ $SERVICE_KIND == none ]] || printf '  stop %s\n' "$(service_label)"
  [[ $DB_FILE == "$DB_PATH" ]] || printf '  follow %s to %s\n' "$DB_PATH" "$DB_FILE"
  if [[ -e $DB_FILE ]]; then
    printf '  replace %s\n    keep the old one beside it as %s\n' "$DB_FILE" "${DB_FILE##*/}.lifeboat-old-$STAMP"
  else
    printf '  create %s\n' "$DB_FILE"
  fi
  [[ $SERVICE_KIND == none ]] || printf '  start %s\n' "$(service_label)"
}

# A file that is a mount point of its own (a container's) cannot be renamed.
sqlite_refuse_mount() {
  [[ -e $DB_FILE ]] || return 0
  [[ $(mount_point "$DB_FILE") != "$DB_FILE" ]] ||
    die "$EX_CONFIG" "$DB_FILE is a mount point, and cannot be replaced" 'mount its directory instead (the -wal file must be in the same place, too), or restore with --into and copy it by hand while nothing uses it'
}

# Put the database in place. The old one's -wal, -shm and -journal go aside with it: with the new file they would be
# replayed into it and destroy it.
kind_swap() {
  local set="$1" db="$2/database.sqlite" suffix
  sqlite_find
  sqlite_refuse_mount
  service_stop
  refuse_open_database
  own_staged_database "$set" "$db"
  (umask 022 && mkdir -p -- "${DB_FILE%/*}/")
  for suffix in -wal -shm -journal; do swap_aside "$DB_FILE$suffix" "$DB_FILE"; done
  swap_path "$db" "$DB_FILE"
  service_start
}

# The restored file belongs to whom the replaced one belonged, else to whom it belonged when it was backed up.
own_staged_database() {
  local set="$1" db="$2"
  if [[ -e $DB_FILE ]]; then
    copy_owner_and_mode "$DB_FILE" "$db"
  else
    chown -- "$(manifest_get "$set" position.owner)" "$db" 2>/dev/null || log_warn "cannot give $DB_FILE its owner $(manifest_get "$set" position.owner)"
    chmod -- "$(manifest_get "$set" position.mode)" "$db"
  fi
}

# A process that has the old file open would go on writing into it, unseen.
refuse_open_database() {
  local pids=''
  [[ -e $DB_FILE ]] || return 0
  if command -v fuser >/dev/null 2>&1; then
    pids="$(fuser "$DB_FILE" 2>/dev/null || true)"
  elif command -v lsof >/dev/null 2>&1; then
    pids="$(lsof -t -- "$DB_FILE" 2>/dev/null || true)"
  else
    log_warn "neither fuser nor lsof is here: cannot tell whether $DB_FILE is in use"
  fi
  pids="$(tr -s -c 0-9 ' ' <<<"$pids")"
  [[ -z ${pids// /} ]] || die "$EX_TEMPFAIL" "$DB_FILE is open in another program (pid ${pids# })" "stop that program, or name its service in the plan so that a restore stops it"
}

# The live file is sound; when nothing writes to it yet, it also has the backup's figures.
kind_check_live() {
  local set="$1"
  sqlite_find
  sqlite_sound "$DB_FILE" || return $?
  if [[ $SERVICE_KIND == none && $(run_sqlite "$DB_FILE" 'PRAGMA page_count') != "$(manifest_get "$set" position.page_count)" ]]; then
    log_error "$DB_FILE is not the size that was restored: is a program writing to it?"
    return "$EX_TEMPFAIL"
  fi
  service_settled
}

# The renames are all there is to undo.
kind_rollback() {
  return 0
}

# One line about a stage.
kind_stage_summary() {
  local db="$1/database.sqlite" tables
  tables="$(run_sqlite "$db" "SELECT count(*) || CASE count(*) WHEN 1 THEN ' table' ELSE ' tables' END FROM sqlite_master WHERE type = 'table'")"
  count_bytes "$db"
  printf '%s, %s\n' "$tables" "$(human_bytes "$BYTES")"
}
