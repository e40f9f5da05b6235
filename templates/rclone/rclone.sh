# The store rclone: any remote that rclone knows.

# Run rclone. Its stderr is read for what went wrong.
rclone_call() {
  local config status=0 errors
  config="$(place_setting config)"
  [[ -r $config ]] || die "$EX_NOPERM" "cannot read rclone's configuration $config" "put it there with mode 600, or restore where it is"
  errors="$RUN_DIR/rclone.$RANDOM"
  # AWS_CA_BUNDLE of other tools breaks some versions of rclone.
  env -u AWS_CA_BUNDLE rclone --config "$config" --contimeout 15s --timeout 2m --retries 2 --low-level-retries 3 --stats 0 --log-level ERROR "$@" 2>"$errors" || status=$?
  if ((status != 0)); then
    rclone_failure "$status" "$errors" || status=$?
  fi
  rm -f -- "$errors"
  return "$status"
}

# What an error of rclone means: 66 not there, 77 refused, 78 an unknown remote, 69 else.
rclone_failure() {
  local text
  text="$(tr '\n' ' ' <"$2")"
  case "$text" in
    *'directory not found'* | *'object not found'*) return 66 ;;
    *"didn't find section in config file"*) log_error "rclone's configuration $(place_setting config) has no remote for $PLACE_LOCATION" && return "$EX_CONFIG" ;;
    *AccessDenied* | *SignatureDoesNotMatch* | *InvalidAccessKeyId* | *403* | *401* | *'permission denied'*)
      log_tool_errors rclone "$2"
      return "$EX_NOPERM"
      ;;
  esac
  if (($1 == 3 || $1 == 4)); then return 66; fi
  log_tool_errors rclone "$2"
  return "$EX_UNAVAILABLE"
}

# The path of a file of a set, or of a series when nothing more is given.
rclone_path() {
  local remote
  remote="$(place_setting remote)"
  [[ $remote == *: ]] || remote="$remote/"
  printf '%s%s/%s%s%s\n' "$remote" "$TYPE" "$1" "${2:+/$2}" "${3:+/$3}"
}

# Does the remote answer?
rclone_ready() {
  local status=0
  require_tool rclone
  rclone_call lsf --max-depth 1 "$(place_setting remote)" >/dev/null || status=$?
  ((status == 0 || status == 66)) || return "$status"
}

# Print `stamp ok` of every set of a series. A series that is not there yet is an empty one.
rclone_names() {
  local key status=0
  rclone_call lsf --recursive --files-only --include '/*/MANIFEST' "$(rclone_path "$1")" >"$RUN_DIR/rclone-keys" || status=$?
  ((status == 0 || status == 66)) || return "$status"
  while IFS= read -r key; do
    key="${key%/MANIFEST}"
    if is_stamp "$key"; then printf '%s ok\n' "$key"; fi
  done <"$RUN_DIR/rclone-keys"
}

# Print a set's MANIFEST.
rclone_manifest() {
  rclone_call cat "$(rclone_path "$1" "$2" MANIFEST)"
}

# Print a file of a set from an offset on.
rclone_get() {
  rclone_call cat --offset "$4" "$(rclone_path "$1" "$2" "$3")"
}

# Put a file of a set, unless it is there. A remote that knows no hash is read back, for only that is proof.
rclone_put() {
  local path
  path="$(rclone_path "$1" "$2" "$3")"
  if rclone_holds "$path" "$4"; then
    log_debug "$3 of set $2 is in $PLACE_ID already"
    return 0
  fi
  rclone_call copyto --ignore-times "$4" "$path" || return $?
  rclone_holds "$path" "$4" || {
    log_error "$PLACE_ID stored something else than was sent as $path"
    return "$EX_IO"
  }
}

# Is the file there, with the right length and hash?
rclone_holds() {
  local told
  told="$(rclone_call lsf --format s "$1" 2>/dev/null)" || return 1
  [[ $told == "$(file_size "$2")" ]] || return 1
  told="$(rclone_call hashsum MD5 "$1" 2>/dev/null | awk '{ print $1 }')" || told=''
  if [[ $told =~ ^[0-9a-f]{32}$ ]]; then
    [[ $told == "$(rclone_call hashsum MD5 "$2" | awk '{ print $1 }')" ]]
  else
    [[ $(rclone_call cat "$1" | hash_stream) == "$(sha256_of "$2")" ]]
  fi
}

# Make a set exist: its MANIFEST comes last.
rclone_publish() {
  rclone_put "$1" "$2" MANIFEST "$3/MANIFEST"
}

# Remove a set, its MANIFEST first: half a set is never seen.
rclone_remove() {
  rclone_call deletefile "$(rclone_path "$1" "$2" MANIFEST)" || return $?
  rclone_call purge "$(rclone_path "$1" "$2")"
}
