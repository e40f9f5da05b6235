# One change at a time for an asset.

# Take the lock NAME or leave with 75, saying who holds it.
acquire_lock() {
  local holder
  if ! try_lock "$1"; then
    holder="$(cat -- "$STATE_DIR/$1.lock" 2>/dev/null || cat -- "$STATE_DIR/$1.lock.d/holder" 2>/dev/null || true)"
    die "$EX_TEMPFAIL" "another run holds the lock of $1 (${holder:-holder unknown})" "wait for it to end, then try again"
  fi
  LOCK_HELD=1
}

# Take the lock NAME; 1 when it is held. It is held until this process ends: guarded children and services get no copy of
# descriptor 9, so that a killed run cannot keep it.
try_lock() {
  local file="$STATE_DIR/$1.lock"
  if command -v flock >/dev/null 2>&1; then
    exec 9>>"$file"
    flock -n 9 || return 1
    printf 'pid=%s since=%s action=%s\n' "$$" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$ACTION" >"$file"
  else
    try_lock_directory "$file.d"
  fi
}

# The lock where there is no flock (macOS): a directory, made atomically, with the holder's pid and its start time, so
# that a number used again is not taken for the holder.
try_lock_directory() {
  local dir="$1" tries=0
  until mkdir -- "$dir" 2>/dev/null; do
    tries=$((tries + 1))
    if ((tries > 5)) || lock_holder_lives "$dir"; then return 1; fi
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
