# Room on a file system, and sizes.

readonly DF_SECONDS=30

# Print the bytes that may still be written below a directory.
free_bytes() {
  find_free_bytes "$1" || return $?
  printf '%s\n' "$FREE_BYTES"
}

# The same into FREE_BYTES; empty where df does not say. Names in its output may hold spaces, hence the pattern.
find_free_bytes() {
  local kib
  FREE_BYTES=''
  ask_df -Pk -- "$1" || return $?
  [[ ${DF_LINES#*$'\n'} =~ [0-9]+\ +[0-9]+\ +(-?[0-9]+)\ +[0-9]+% ]] || return 0
  kib="${BASH_REMATCH[1]}"
  FREE_BYTES=$((kib < 0 ? 0 : kib * 1024))
}

# Have df's answer in DF_LINES. A file system that is gone (a lost NFS server) lets df hang: after half a minute it is 75, and no run hangs.
ask_df() {
  local status
  DF_LINES=''
  IFS= read -r -d '' -t "$DF_SECONDS" DF_LINES < <(
    df "$@" 2>/dev/null
    printf '%d\0' "$?"
  ) || {
    log_error "the file system of ${*: -1} does not answer"
    return "$EX_TEMPFAIL"
  }
  status="${DF_LINES##*$'\n'}"
  DF_LINES="${DF_LINES%"$status"}"
  [[ $status == 0 ]] || return "$EX_IO"
}

# Refuse to start what cannot fit.
require_space() {
  local dir="$1" bytes="$2"
  find_free_bytes "$dir"
  if ((FREE_BYTES < bytes)); then
    die "$EX_IO" "not enough space in $dir: $(human_bytes "$bytes") wanted, $(human_bytes "$FREE_BYTES") free" "make room there, or lower the reserve in the plan"
  fi
  ((!VERBOSE)) || log_debug "space in $dir: $(human_bytes "$FREE_BYTES") free, $(human_bytes "$bytes") wanted"
}

# A size as people read it: `0 B`, `120 KiB`, `1.2 GiB`.
human_bytes() {
  local n="$1" tenths unit
  if ((n < 1024)); then
    printf '%d B\n' "$n"
    return 0
  fi
  tenths=$((n * 10 / 1024))
  for unit in KiB MiB GiB TiB; do
    ((tenths >= 10240)) || break
    [[ $unit == TiB ]] || tenths=$((tenths / 1024))
  done
  if ((tenths < 100)); then printf '%d.%d %s\n' $((tenths / 10)) $((tenths % 10)) "$unit"; else printf '%d %s\n' $((tenths / 10)) "$unit"; fi
}

# Print the mount point that holds a path: two paths of one mount point can be renamed into each other.
mount_point() {
  find_mount_point "$1" || return $?
  printf '%s\n' "$MOUNT_POINT"
}

# The same into MOUNT_POINT.
find_mount_point() {
  MOUNT_POINT=''
  ask_df -P -- "$1" || return $?
  # The last column: its name may hold spaces, and so may the device's.
  DF_LINES="${DF_LINES%$'\n'}"
  if [[ ${DF_LINES#*$'\n'} =~ [0-9-]+%?\ +(/.*) ]]; then MOUNT_POINT="${BASH_REMATCH[1]}"; fi
}

# Print the nearest existing parent of a path, for df and for stages.
existing_parent() {
  find_existing_parent "$1"
  printf '%s\n' "$EXISTING_PARENT"
}

# The same into EXISTING_PARENT.
find_existing_parent() {
  EXISTING_PARENT="$1"
  while [[ ! -d $EXISTING_PARENT && $EXISTING_PARENT == */* && $EXISTING_PARENT != / ]]; do
    EXISTING_PARENT="${EXISTING_PARENT%/*}"
    [[ -n $EXISTING_PARENT ]] || EXISTING_PARENT=/
  done
}

# Bytes of all payload files right below a directory, into TOTAL_BYTES.
count_bytes_in() {
  local file
  TOTAL_BYTES=0
  for file in "$1"/*; do
    if [[ ! -f $file ]] || ! count_bytes "$file"; then continue; fi
    TOTAL_BYTES=$((TOTAL_BYTES + BYTES))
  done
}

# Give a path the owner and mode of another.
copy_owner_and_mode() {
  local from="$1" to="$2"
  chown -- "$(file_owner "$from")" "$to" 2>/dev/null || log_warn "cannot give $to its owner $(file_owner "$from")"
  chmod -- "$(file_mode "$from")" "$to"
}

# Numeric owner and group of a file, as `0:0`.
file_owner() {
  stat -c %u:%g -- "$1" 2>/dev/null || stat -f %u:%g -- "$1"
}

# Is a directory the root of a file system?
is_mount_point() {
  [[ -d $1 && ! -L $1 ]] && find_mount_point "$1" && [[ $MOUNT_POINT == "$1" ]]
}
