# The kind `sqlite`: one database file, copied through SQLite's online backup while it is in use.

readonly SQLITE_BUSY_MS=60000

# The tool is there, and the file is a database.
kind_preflight() {
  local magic
  require_tool sqlite3
  [[ -e $DB_PATH ]] || die "$EX_UNAVAILABLE" "there is no database $DB_PATH" "is its disk mounted?"
  [[ -r $DB_PATH ]] || die "$EX_NOPERM" "cannot read $DB_PATH" "run as a user that can"
  magic="$(head -c 15 -- "$DB_PATH" | tr -d '\000')"
  [[ $magic == 'SQLite format 3' ]] || die "$EX_DATA" "$DB_PATH is not an SQLite database"
}

# Copy, check the copy, then write it as the payload: what is published has passed SQLite's own check.
kind_capture() {
  local copy=database.copy
  cd -- "$WORK_DIR"
  if ! run_sqlite "$DB_PATH" ".backup main $copy" 2>"$RUN_DIR/sqlite.err"; then
    log_tool_errors sqlite3 "$RUN_DIR/sqlite.err"
    die "$EX_UNAVAILABLE" "SQLite could not copy $DB_PATH" "is it locked for longer than $((SQLITE_BUSY_MS / 1000)) s, or the disk full?"
  fi
  sqlite_sound "$copy" || die "$EX_DATA" "$DB_PATH is corrupt: no set was made" "restore the last good set, or repair it with: sqlite3 $DB_PATH .recover"
  write_payload_file database.sqlite "$copy"
  manifest_add tool.sqlite3 "$(sqlite3 --version | awk '{ print $1 }')"
  manifest_add position.owner "$(file_owner "$DB_PATH")"
  manifest_add position.mode "$(file_mode "$DB_PATH")"
  add_sqlite_positions "$copy"
  cd /
  rm -f -- "$WORK_DIR/$copy"
}

# Note what a restore must find again.
add_sqlite_positions() {
  local line
  while IFS= read -r line; do
    manifest_add "position.${line%%=*}" "${line#*=}"
  done < <(sqlite_figures "$1")
}

# Print the figures of a database, `name=value` a line.
sqlite_figures() {
  local db="$1"
  printf 'page_count=%s\n' "$(run_sqlite "$db" 'PRAGMA page_count')"
  printf 'user_version=%s\n' "$(run_sqlite "$db" 'PRAGMA user_version')"
  printf 'application_id=%s\n' "$(run_sqlite "$db" 'PRAGMA application_id')"
  printf 'tables=%s\n' "$(run_sqlite "$db" "SELECT count(*) FROM sqlite_master WHERE type = 'table'")"
  printf 'foreign_key_violations=%s\n' "$(run_sqlite "$db" 'SELECT count(*) FROM pragma_foreign_key_check')"
  printf 'rows=%s\n' "$(count_sqlite_rows "$db")"
}

# Rows of all tables together. A virtual table whose module this sqlite3 lacks counts as none.
count_sqlite_rows() {
  run_sqlite "$1" "SELECT 'SELECT count(*) FROM \"' || replace(name, '\"', '\"\"') || '\";' FROM sqlite_master WHERE type = 'table'" |
    sqlite3 -batch -readonly "$1" 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f\n", sum }' || true
}

# Run one statement or dot command; waits for locks.
run_sqlite() {
  sqlite3 -batch -bail -cmd ".timeout $SQLITE_BUSY_MS" "$1" "$2"
}

# Is a database sound? Says what is wrong, without data.
sqlite_sound() {
  local db="$1" verdict
  verdict="$(run_sqlite "$db" 'PRAGMA integrity_check(3)' 2>&1)" || true
  if [[ $verdict != ok ]]; then
    log_error "integrity check: ${verdict:0:300}"
    return "$EX_DATA"
  fi
}

# Decode into a scratch file and check it as a stage.
kind_verify() {
  local set="$1" dir="$RUN_DIR/verify" status=0
  rm -rf -- "$dir"
  mkdir -- "$dir"
  kind_stage "$set" "$dir" && kind_check_stage "$set" "$dir" || status=$?
  rm -rf -- "$dir"
  return "$status"
}

# Beside the database.
kind_stage_parent() {
  existing_parent "${DB_PATH%/*}/"
}

# Decode the database into the stage.
kind_stage() {
  stream_payload "$1" database.sqlite write_file "$2/database.sqlite"
}

# Write stdin to a file.
write_file() {
  cat >"$1"
}

# SQLite's own check, and the figures of the day of the backup.
kind_check_stage() {
  local set="$1" db="$2/database.sqlite" line expected bad=0
  sqlite_sound "$db" || return "$EX_DATA"
  while IFS= read -r line; do
    expected="$(manifest_get "$set" "position.${line%%=*}")"
    if [[ ${line#*=} != "$expected" ]]; then
      log_error "the restored database has ${line%%=*} ${line#*=}, the backup had $expected"
      bad=1
    fi
  done < <(sqlite_figures "$db")
  ((bad == 0)) || return "$EX_DATA"
}

# Nothing runs in the stage.
kind_stage_stop() {
  return 0
}

# Say what is replaced.
kind_describe_restore() {
  [[ $SERVICE_KIND == none ]] || printf '  stop %s\n' "$(service_label)"
  if [[ -e $DB_PATH ]]; then
    printf '  replace %s\n    keep the old one beside it as %s\n' "$DB_PATH" "${DB_PATH##*/}.lifeboat-old-$STAMP"
  else
    printf '  create %s\n' "$DB_PATH"
  fi
  [[ $SERVICE_KIND == none ]] || printf '  start %s\n' "$(service_label)"
}

# Put the database in place. The old one's -wal, -shm and -journal go aside with it: with the new file they would be
# replayed into it and destroy it.
kind_swap() {
  local set="$1" db="$2/database.sqlite" suffix
  service_stop
  refuse_open_database
  own_staged_database "$set" "$db"
  (umask 022 && mkdir -p -- "${DB_PATH%/*}/")
  for suffix in -wal -shm -journal; do swap_aside "$DB_PATH$suffix" "$DB_PATH"; done
  swap_path "$db" "$DB_PATH"
  service_start
}

# The restored file belongs to whom the replaced one belonged, else to whom it belonged when it was backed up.
own_staged_database() {
  local set="$1" db="$2"
  if [[ -e $DB_PATH ]]; then
    copy_owner_and_mode "$DB_PATH" "$db"
  else
    chown -- "$(manifest_get "$set" position.owner)" "$db" 2>/dev/null || log_warn "cannot give $DB_PATH its owner $(manifest_get "$set" position.owner)"
    chmod -- "$(manifest_get "$set" position.mode)" "$db"
  fi
}

# A process that has the old file open would go on writing into it, unseen.
refuse_open_database() {
  local pids=''
  [[ -e $DB_PATH ]] || return 0
  if command -v fuser >/dev/null 2>&1; then
    pids="$(fuser "$DB_PATH" 2>/dev/null || true)"
  elif command -v lsof >/dev/null 2>&1; then
    pids="$(lsof -t -- "$DB_PATH" 2>/dev/null || true)"
  else
    log_warn "neither fuser nor lsof is here: cannot tell whether $DB_PATH is in use"
  fi
  pids="$(tr -s -c 0-9 ' ' <<<"$pids")"
  [[ -z ${pids// /} ]] || die "$EX_TEMPFAIL" "$DB_PATH is open in another program (pid ${pids# })" "stop that program, or name its service in the plan so that a restore stops it"
}

# The live file is sound; when nothing writes to it yet, it also has the backup's figures.
kind_check_live() {
  local set="$1"
  sqlite_sound "$DB_PATH" || return "$EX_DATA"
  if [[ $SERVICE_KIND == none && $(run_sqlite "$DB_PATH" 'PRAGMA page_count') != "$(manifest_get "$set" position.page_count)" ]]; then
    log_error "$DB_PATH is not the size that was restored"
    return "$EX_DATA"
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
  printf '%s, %s\n' "$tables" "$(human_bytes "$(count_stream <"$db")")"
}
