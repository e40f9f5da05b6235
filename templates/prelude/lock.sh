# One change at a time for an asset.

# Take the lock NAME or leave with 75. It is held until this process ends: guarded children and services get no copy
# of descriptor 9, so that a killed run cannot keep it.
acquire_lock() {
  local name="$1" file="$STATE_DIR/$1.lock"
  if command -v flock >/dev/null 2>&1; then
    exec 9>>"$file"
    flock -n 9 || refuse_locked "$name" "$file"
    printf 'pid=%s since=%s action=%s\n' "$$" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$ACTION" >"$file"
  else
    acquire_lock_directory "$name" "$file.d"
  fi
  LOCK_HELD=1
}

# The lock where there is no flock (macOS): a directory, made atomically, with the holder's pid and its start time, so
# that a number used again is not taken for the holder.
acquire_lock_directory() {
  local name="$1" dir="$2" tries=0
  until mkdir -- "$dir" 2>/dev/null; do
    tries=$((tries + 1))
    if ((tries > 5)) || lock_holder_lives "$dir"; then refuse_locked "$name" "$dir/holder"; fi
    # Only one of several waiting runs can rename it away.
    if mv -- "$dir" "$dir.stale.$$" 2>/dev/null; then rm -rf -- "$dir.stale.$$"; fi
  done
  printf '%s\n' "$(process_start "$$")" >"$dir/start"
  printf 'pid=%s since=%s action=%s\n' "$$" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$ACTION" >"$dir/holder"
  LOCK_DIRECTORY="$dir"
  on_exit release_lock_directory
}

# Does the process that made this lock directory still run? A directory without a holder is being made right now, unless
# it stays so.
lock_holder_lives() {
  local dir="$1" pid
  [[ -s $dir/holder ]] || sleep 1
  [[ -s $dir/holder ]] || return 1
  pid="$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$dir/holder")"
  [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null && [[ "$(process_start "$pid")" == "$(cat -- "$dir/start" 2>/dev/null)" ]]
}

# When a process started, as ps says it; empty where ps cannot.
process_start() {
  ps -o lstart= -p "$1" 2>/dev/null || true
}

# Give the lock directory back.
release_lock_directory() {
  rm -rf -- "$LOCK_DIRECTORY"
}

# Say who holds the lock and leave.
refuse_locked() {
  local holder
  holder="$(cat -- "$2" 2>/dev/null || true)"
  die "$EX_TEMPFAIL" "another run holds the lock of $1 (${holder:-holder unknown})" "wait for it to end, then try again"
}
