# One change at a time for an asset.

# Take the lock NAME or leave with 75, saying who holds it.
acquire_lock() {
  local holder
  if ! try_lock "$1"; then
    holder="$(cat -- "$STATE_DIR/$1.lock" 2>/dev/null || sed -n 1p "$STATE_DIR/$1.lock.held" 2>/dev/null || true)"
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
    read_utc
    printf 'pid=%s since=%s action=%s\n' "$$" "$UTC_NOW" "$ACTION" >"$file"
  else
    try_lock_file "$file.held"
  fi
}

# Lock descriptor 9 without waiting.
lock_descriptor() {
  case "$1" in
    flock) flock -n 9 ;;
    perl) perl -e 'use Fcntl ":flock"; open(my $lock, ">&=", 9) or exit 1; flock($lock, LOCK_EX | LOCK_NB) or exit 1' 2>/dev/null ;;
  esac
}

# The lock where there is neither flock nor perl: a file with the holder's pid and its start time, so that a number used again is not
# taken for the holder. A link is made at once and whole, or not at all. A stale one is renamed away, by one run at a time, and looked
# at again there: what another run has made meanwhile is put back.
try_lock_file() {
  local file="$1" mine="$1.$$" tries=0
  read_utc
  printf 'pid=%s since=%s action=%s\n%s\n' "$$" "$UTC_NOW" "$ACTION" "$(process_start "$$")" >"$mine" || return 1
  until ln -- "$mine" "$file" 2>/dev/null; do
    tries=$((tries + 1))
    if ((tries > 20)) || lock_holder_lives "$file"; then
      rm -f -- "$mine"
      return 1
    fi
    break_stale_lock "$file"
  done
  rm -f -- "$mine"
  LOCK_FILE="$file"
  on_exit release_lock_file
}

# Take a stale lock away. One that was killed while it did so leaves the directory behind; nobody takes a minute for it.
break_stale_lock() {
  local file="$1" stale="$1.stale.$$"
  find "$file.breaking" -prune -mmin +1 -exec rmdir -- {} + 2>/dev/null || true
  if ! mkdir -- "$file.breaking" 2>/dev/null; then
    sleep 0.2
    return 0
  fi
  if ! lock_holder_lives "$file" && mv -- "$file" "$stale" 2>/dev/null; then
    ! lock_holder_lives "$stale" || ln -- "$stale" "$file" 2>/dev/null || true
    rm -f -- "$stale"
  fi
  rmdir -- "$file.breaking"
}

# Does the process that made this lock still run?
lock_holder_lives() {
  local line='' start='' pid
  { IFS= read -r line && IFS= read -r start; } 2>/dev/null <"$1" || true
  [[ $line =~ ^pid=([0-9]+)\  ]] || return 1
  pid="${BASH_REMATCH[1]}"
  kill -0 "$pid" 2>/dev/null && [[ $(process_start "$pid") == "$start" ]]
}

# When a process started, as ps says it; empty where ps cannot.
process_start() {
  ps -o lstart= -p "$1" 2>/dev/null || true
}

# Give the lock back.
release_lock_file() {
  rm -f -- "$LOCK_FILE"
}
