# Copies in other places: directories on other hosts, object stores, repositories. A set arrives file by file under a name that
# does not count, the MANIFEST last, and is taken only when every byte is what was written.

readonly COPY_TRIES=4
readonly COPY_DELAY=5
readonly COPY_LIST_TIMEOUT=600

# Go to a place by its id; the functions below, and the drivers', are about it. Call it plainly.
place_use() {
  local i
  for ((i = 0; i < ${#PLACE_IDS[@]}; i++)); do
    if [[ ${PLACE_IDS[i]} == "$1" ]]; then
      # shellcheck disable=SC2034  # for the drivers
      PLACE_ID="$1" PLACE_DRIVER="${PLACE_DRIVERS[i]}" PLACE_HOST="${PLACE_HOSTS[i]}" PLACE_LOCATION="${PLACE_LOCATIONS[i]}"
      ask_place_secrets
      return 0
    fi
  done
  die "$EX_SOFTWARE" "this script knows no store '$1'"
}

# Ask for what the place needs to have typed in, before a guarded step uses it. A variable of restic's is NAME=secret.
ask_place_secrets() {
  local line
  for line in ${PLACE_SETTINGS[@]+"${PLACE_SETTINGS[@]}"}; do
    [[ $line == "$PLACE_ID."* ]] || continue
    line="${line#*=}"
    case "$line" in
      prompt:*) ask_secret "$line" ;;
      [A-Za-z_]*=prompt:*) ask_secret "${line#*=}" ;;
    esac
  done
}

# Print a setting of the place; nothing when the plan gives none. OWN_SETTINGS are those of places that only the kind knows.
place_setting() {
  local line
  for line in ${PLACE_SETTINGS[@]+"${PLACE_SETTINGS[@]}"} "${OWN_SETTINGS[@]:-}"; do
    if [[ $line == "$PLACE_ID.$1="* ]]; then
      printf '%s\n' "${line#*=}"
      return 0
    fi
  done
}

# The retention of the place, as select_expired takes it.
place_keep() {
  local rule numbers='' number
  for rule in last hourly daily weekly monthly yearly; do
    number="$(place_setting "keep_$rule")"
    numbers+="${number:-0} "
  done
  printf '%s\n' "$numbers"
}

# Say where the place is, for people.
place_label() {
  printf '%s%s\n' "${PLACE_HOST:+$PLACE_HOST:}" "$PLACE_LOCATION"
}

# Print `stamp state` of every set of the place, in a file, since a status is lost in a process substitution. Whatever else the other
# side says is no name of a set, and goes no further.
place_names() {
  "${PLACE_DRIVER}_names" "${SERIES:-$ASSET}" >"$1.raw" || return $?
  find_late_stamp
  awk -v late="$LATE_STAMP" '
    NF == 2 && length($1) == 16 && $1 ~ /^[0-9][0-9][0-9][0-9][01][0-9][0-3][0-9]T[0-2][0-9][0-5][0-9][0-6][0-9]Z$/ && $2 ~ /^(ok|suspect)$/ {
      if ($1 > late) $2 = "future"
      print
    }' "$1.raw" >"$1" || return "$EX_IO"
  rm -f -- "$1.raw"
}

# Print a set's MANIFEST into a directory that stands for the set.
place_manifest() {
  local name="$1" dir="$2" status=0
  mkdir -p -- "$dir"
  "${PLACE_DRIVER}_manifest" "${SERIES:-$ASSET}" "$name" | head -c $((MANIFEST_BYTES + 1)) >"$dir/MANIFEST" || status=$?
  # Longer than any MANIFEST: it does not fill the disk, and is refused below.
  ((status == 0 || $(file_size "$dir/MANIFEST") > MANIFEST_BYTES)) || {
    log_error "cannot read the MANIFEST of set $name in $PLACE_ID"
    return "$EX_UNAVAILABLE"
  }
  MANIFEST_OF=''
  check_manifest "$dir" || return $?
  look_up "$dir" set
  if [[ $VALUE != "$name" ]]; then
    log_error "what $PLACE_ID has as $name was made as $VALUE: it is another set under a new name"
    return "$EX_DATA"
  fi
  require_strength "$dir"
}

# Fetch a set from the place into a directory of sets here. What arrived of it before is not fetched again.
fetch_set() {
  local name="$1" base="$2" partial="$2/.arriving-$1" payload status=0
  [[ ! -f $base/$name/MANIFEST ]] || return 0
  mkdir -p -- "$base" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in $base" "look at its owner and mode"
  place_manifest "$name" "$partial" || return $?
  need_manifest "$partial" || return $?
  clear_arriving "$partial"
  measure_set "$partial"
  count_bytes_in "$partial"
  require_space "$base" $((STORED_BYTES - TOTAL_BYTES + RESERVE_BYTES))
  list_payloads "$partial" name
  for payload in "${FIELDS[@]}"; do
    fetch_payload "$name" "$partial" "$payload" || return $?
  done
  check_set "$partial" || status=$?
  if ((status != 0)); then
    rm -rf -- "$partial"
    return "$status"
  fi
  sync_paths "$partial"/* "$partial"
  mv -- "$partial" "$base/$name" || die "$EX_IO" "cannot publish $base/$name"
  sync_paths "$base"
}

# A set that arrives has what its MANIFEST names, as plain files, and nothing else.
clear_arriving() {
  local partial="$1" entry
  local -a files=(MANIFEST)
  # files is never empty.
  list_payloads "$partial" file
  files+=("${FIELDS[@]}")
  for entry in "$partial"/* "$partial"/.[!.]* "$partial"/..?*; do
    [[ -e $entry || -L $entry ]] || continue
    if [[ -L $entry || ! -f $entry ]] || ! is_one_of "${entry##*/}" "${files[@]}"; then rm -rf -- "$entry"; fi
  done
}

# Fetch one payload, going on where an earlier try stopped. One that is whole but wrong is fetched anew, once.
fetch_payload() {
  local name="$1" partial="$2" payload="$3" path bytes sum anew=0
  find_payload "$partial" "$payload" || return $?
  look_up "$partial" "$PAYLOAD.file"
  path="$partial/$VALUE"
  look_up "$partial" "$PAYLOAD.stored_bytes"
  bytes="$VALUE"
  look_up "$partial" "$PAYLOAD.stored_sha256"
  sum="$VALUE"
  while :; do
    retry "$COPY_TRIES" "$COPY_DELAY" fetch_rest "$name" "$path" "$bytes" || return $?
    if hash_file "$path" "$bytes" && [[ $SHA256 == "$sum" ]]; then return 0; fi
    rm -f -- "$path"
    if ((anew)); then
      log_error "${path##*/} of set $name in $PLACE_ID is damaged: its SHA-256 differs from the MANIFEST"
      return "$EX_DATA"
    fi
    log_warn "${path##*/} of set $name did not arrive as it was written: fetching it anew"
    anew=1
  done
}

# Fetch what is missing of a file. A short answer is a failure, to be tried again from there.
fetch_rest() {
  local name="$1" path="$2" bytes="$3" have status=0
  have="$(file_size "$path")"
  if ((have > bytes)); then
    rm -f -- "$path"
    have=0
  fi
  ((have < bytes)) || return 0
  ((have == 0)) || log_info "${path##*/} of set $name: going on at $(human_bytes "$have") of $(human_bytes "$bytes")"
  # No more than the MANIFEST says: what sends for ever does not fill the disk.
  attempt_to fetch_stream "$name" "$path" "$have" $((bytes - have))
  status="$ATTEMPT_STATUS"
  have="$(file_size "$path")"
  ((have < bytes)) || return 0
  ((status == 0)) || return "$status"
  ((have >= bytes)) || {
    log_error "${path##*/} of set $name was cut on the way: $have bytes of $bytes arrived"
    return "$EX_IO"
  }
}

# Append at most so many bytes of a file there, from an offset on, to the one here.
fetch_stream() {
  local name="$1" path="$2" have="$3" most="$4"
  local -a statuses=()
  # statuses is never empty.
  set +e
  "${PLACE_DRIVER}_get" "${SERIES:-$ASSET}" "$name" "${path##*/}" "$have" | head -c "$most" >>"$path"
  statuses=("${PIPESTATUS[@]}")
  ((statuses[1] == 0)) || {
    log_error "cannot write $path"
    return "$EX_IO"
  }
  return "${statuses[0]}"
}

# Bytes of a file, 0 when it is not there.
file_size() {
  BYTES=0
  [[ ! -f $1 ]] || count_bytes "$1" || return $?
  printf '%d\n' "$BYTES"
}

# Send a set to the place: payloads first, the MANIFEST last. What is there already is not sent again.
send_set() {
  local set="$1" name="${1##*/}" file
  hold_set "$set"
  check_set "$set" || return $?
  open_manifest "$set" || return $?
  list_payloads "$set" file
  for file in "${FIELDS[@]}"; do
    retry "$COPY_TRIES" "$COPY_DELAY" "${PLACE_DRIVER}_put" "${SERIES:-$ASSET}" "$name" "$file" "$set/$file" || return $?
  done
  retry "$COPY_TRIES" "$COPY_DELAY" "${PLACE_DRIVER}_publish" "${SERIES:-$ASSET}" "$name" "$set"
}

# Print the sets of a source that a destination lacks and its retention would keep, the newest first, so that what matters most is safe
# first. Only good ones are copied on. Both are files of lines that begin with `stamp state`. Its status counts: nothing printed is nothing
# to copy only where it is 0.
missing_sets() {
  local destination="$1" source="$2" keep="$3"
  sort -u -k 1,1 -- "$destination" "$source" | PUBLISHED_SET='' select_expired "$keep" | awk '
    wanted { if ($2 == "ok" && !($1 in skip)) print $1; next }
    { skip[$1] = 1 }' "$destination" - wanted=1 "$source" | sort -r -u
}

# Say which sets of a source cannot be read now, and so were not copied: `tell_unreadable FILE PLACE`, 74 if there are any.
tell_unreadable() {
  local name state status=0
  while read -r name state _; do
    [[ $state == unreadable ]] || continue
    log_error "the set $name in $2 cannot be read now, so it is not copied"
    log_line HINT "look at that disk (dmesg | tail); a later run copies the set once it can be read"
    status="$EX_IO"
  done <"$1"
  return "$status"
}

# The sets of the log that a store elsewhere lacks, oldest first, since one that is missing ends what can be replayed: those since the
# oldest full set that it has or will have.
missing_log_sets() {
  local oldest="$1" name missing
  missing="$(missing_sets "$2" "$3" '0 0 0 0 0 0' | sort)" || return $?
  for name in $missing; do
    [[ $name < $oldest ]] || printf '%s\n' "$name"
  done
}
