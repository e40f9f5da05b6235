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
# descriptor 9, so that a killed run cannot keep it. Where there is no flock (macOS), perl asks the system for the same lock: it
# belongs to the open file, which stays open here.
try_lock() {
  local file="$STATE_DIR/$1.lock" tool=''
  if command -v flock >/dev/null 2>&1; then tool=flock; elif command -v perl >/dev/null 2>&1; then tool=perl; fi
  if [[ -n $tool ]]; then
    exec 9>>"$file"
    lock_descriptor "$tool" || return 1
    printf 'pid=%s since=%s action=%s\n' "$$" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$ACTION" >"$file"
  else
    try_lock_directory "$file.d"
  fi
}

# Lock descriptor 9 without waiting.
lock_descriptor() {
  case "$1" in
    flock) flock -n 9 ;;
    perl) perl -e 'use Fcntl ":flock"; open(my $lock, ">&=", 9) && flock($lock, LOCK_EX | LOCK_NB) or exit 1' 2>/dev/null ;;
  esac
}

# The lock where there is neither flock nor perl: a directory, made atomically, with the holder's pid and its start time, so
# that a number used again is not taken for the holder. A stale one is taken away under a second lock, and looked at again there:
# what another run has made meanwhile is not stale.
try_lock_directory() {
  local dir="$1" tries=0
  until mkdir -- "$dir" 2>/dev/null; do
    tries=$((tries + 1))
    if ((tries > 5)) || lock_holder_lives "$dir"; then return 1; fi
    # One that was killed while it broke a lock leaves this behind; nobody takes a minute for it.
    find "$dir.breaking" -prune -mmin +1 -exec rmdir -- {} + 2>/dev/null || true
    if mkdir -- "$dir.breaking" 2>/dev/null; then
      lock_holder_lives "$dir" || rm -rf -- "$dir"
      rmdir -- "$dir.breaking"
    else
      sleep 0.2
    fi
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
