# The store restic: each file of a set is a snapshot, tagged with the asset, the set and its own name; a set exists once its MANIFEST
# is there. restic deduplicates, encrypts, and goes on where it stopped, since what was stored is not stored again.

# Run restic. Password and variables go through the environment of this one command. Its stderr is read for what went wrong.
restic_call() {
  local status=0 errors line name password
  errors="$RUN_DIR/restic.$RANDOM"
  password="$(read_secret "$(place_setting password)")" || exit $?
  (
    export RESTIC_REPOSITORY RESTIC_PASSWORD RESTIC_CACHE_DIR RESTIC_PROGRESS_FPS=0
    RESTIC_REPOSITORY="$(place_setting repository)"
    RESTIC_PASSWORD="$password"
    RESTIC_CACHE_DIR="$(place_setting cache)"
    RESTIC_CACHE_DIR="${RESTIC_CACHE_DIR:-$STATE_DIR/restic-cache}"
    for line in "${PLACE_SETTINGS[@]}"; do
      [[ $line == "$PLACE_ID.variable."* ]] || continue
      name="${line#"$PLACE_ID.variable."}"
      line="$(read_secret "${name#*=}")" || exit $?
      export "${name%%=*}=$line"
    done
    restic --quiet "$@" 2>"$errors"
  ) || status=$?
  if ((status != 0)); then
    restic_failure "$status" "$errors" || status=$?
  fi
  rm -f -- "$errors"
  return "$status"
}

# What an error of restic means: 77 wrong password or refused, 78 no repository, 75 locked, 69 else.
restic_failure() {
  local text
  (($1 < EX_USAGE || $1 > EX_CONFIG)) || return "$1"
  text="$(tr '\n' ' ' <"$2")"
  case "$text" in
    *'wrong password'* | *'Access Denied'* | *AccessDenied* | *SignatureDoesNotMatch* | *'permission denied'*)
      log_tool_errors restic "$2"
      return "$EX_NOPERM"
      ;;
    *'Is there a repository'* | *'does not exist'*) log_error "there is no repository at $PLACE_LOCATION" && return "$EX_CONFIG" ;;
    *'already locked'*) log_tool_errors restic "$2" && return "$EX_TEMPFAIL" ;;
    *) log_tool_errors restic "$2" && return "$EX_UNAVAILABLE" ;;
  esac
}

# Is the repository there, and does the password open it?
restic_ready() {
  require_tool restic
  restic_call cat config >/dev/null
}

# Print the ids and tags of the snapshots that have all the given tags, a line each. What restic prints is JSON without newlines.
restic_snapshots() {
  restic_call snapshots --json --tag "$1" >"$RUN_DIR/restic-json" || return $?
  sed 's/{"time":/\n&/g' "$RUN_DIR/restic-json" | sed -n 's/.*"tags":\[\([^]]*\)\].*"id":"\([0-9a-f]*\)".*/\2 \1/p'
}

# Print `stamp ok` of every set of a series.
restic_names() {
  restic_snapshots "lifeboat,plan=$PLAN,series=$1,file=MANIFEST" >"$RUN_DIR/restic-sets" || return $?
  sed -n 's/.*"set=\([0-9TZ]*\)".*/\1 ok/p' "$RUN_DIR/restic-sets" | sort -u
}

# The tags of a file of a set.
restic_tags() {
  printf 'lifeboat,plan=%s,series=%s,set=%s,file=%s\n' "$PLAN" "$1" "$2" "$3"
}

# Print a set's MANIFEST.
restic_manifest() {
  restic_get "$1" "$2" MANIFEST 0
}

# Print a file of a set from an offset on. restic reads from the beginning; what is before the offset is left off here.
restic_get() {
  restic_call dump --tag "$(restic_tags "$1" "$2" "$3")" latest "/$3" | tail -c +"$(($4 + 1))"
}

# Put a file of a set, unless it is there. It is read back: only that proves that it can be.
restic_put() {
  local tags there
  tags="$(restic_tags "$1" "$2" "$3")"
  there="$(restic_snapshots "$tags")" || return $?
  if [[ -n $there ]] && restic_holds "$tags" "$3" "$4"; then
    log_debug "$3 of set $2 is in $PLACE_ID already"
    return 0
  fi
  restic_call backup --stdin --stdin-filename "$3" --host "$HOST_ID" --tag "$tags" <"$4" >/dev/null || return $?
  restic_holds "$tags" "$3" "$4" || {
    log_error "$PLACE_ID stored something else than was sent as $3 of set $2"
    return "$EX_IO"
  }
}

# Does the newest snapshot of these tags hold the very bytes of a file?
restic_holds() {
  [[ $(restic_call dump --tag "$1" latest "/$2" | hash_stream) == "$(sha256_of "$3")" ]]
}

# Make a set exist: its MANIFEST comes last.
restic_publish() {
  restic_put "$1" "$2" MANIFEST "$3/MANIFEST"
}

# Remove a set and what no other snapshot needs, then have the repository checked.
restic_remove() {
  local ids
  ids="$(restic_snapshots "lifeboat,plan=$PLAN,series=$1,set=$2" | cut -d ' ' -f 1)" || return $?
  # shellcheck disable=SC2086 # ids, each a word of its own
  restic_call forget --prune $ids >/dev/null || return $?
  restic_call check >/dev/null
}
