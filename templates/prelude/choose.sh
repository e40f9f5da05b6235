# Which set, of which store: what --latest, --at, --set and --from mean.

# Print the indexes of the stores to look in: all, or the one that --from names by its id or path.
chosen_stores() {
  local from="$1" i found=0
  for ((i = 0; i < ${#STORE_PATHS[@]}; i++)); do
    if [[ -z $from || $from == "${STORE_IDS[i]}" || $from == "${STORE_PATHS[i]}" ]]; then
      printf '%d\n' "$i"
      found=1
    fi
  done
  ((found)) || is_place "$from" || die "$EX_USAGE" "there is no store '$from' for $ASSET" "its stores are: ${STORE_IDS[*]}${PLACE_IDS[*]:+ ${PLACE_IDS[*]}}"
}

# Is this a store that is no directory here?
is_place() {
  ((${#PLACE_IDS[@]} > 0)) && is_one_of "$1" "${PLACE_IDS[@]}"
}

# When --from names a store elsewhere: choose the set there, fetch it into the first store here, and go on with that. A dry run
# fetches the MANIFEST only, and SET_PATH stands for the set.
bring_set() {
  is_place "$FROM" || return 0
  list_place "$FROM"
  SET_NAME="$(choose_name_there "$RUN_DIR/there")" || exit $?
  if ((DRY_RUN)); then
    SET_PATH="$RUN_DIR/$SET_NAME" RUN_STORE="$FROM"
    guarded "$COPY_LIST_TIMEOUT" '' "reading $SET_NAME" place_manifest "$SET_NAME" "$SET_PATH"
    return 0
  fi
  require_store "${STORE_PATHS[0]}"
  acquire_lock "$ASSET.fetch"
  log_info "fetching $SET_NAME from $FROM ($(place_label))"
  begin_phase fetch
  guarded "$RESTORE_TIMEOUT" "${STORE_PATHS[0]}" "fetching $SET_NAME" fetch_set "$SET_NAME" "${STORE_PATHS[0]}/$TYPE/$ASSET"
  ((LOG_SECONDS == 0)) || [[ $SET_CHOICE == --set ]] || in_log bring_log "$SET_NAME"
  end_phase
  FROM="${STORE_IDS[0]}"
}

# Fetch the log since a full set from the place into the first store here.
bring_log() {
  local name state
  guarded "$COPY_LIST_TIMEOUT" '' "listing the log in $PLACE_ID" place_names "$RUN_DIR/there"
  while read -r name state; do
    [[ $state == ok && ! $name < $1 ]] || continue
    guarded "$RESTORE_TIMEOUT" "${STORE_PATHS[0]}" "fetching log $name" fetch_set "$name" "${STORE_PATHS[0]}/$TYPE/$SERIES"
  done < <(sort "$RUN_DIR/there")
}

# Go to a place and list it into RUN_DIR/there.
list_place() {
  place_use "$1"
  guarded "$COPY_LIST_TIMEOUT" '' "listing $1" place_names "$RUN_DIR/there"
}

# Print which of the listed sets is meant: the one named, else the newest good one made at or before the time asked for.
choose_name_there() {
  local name
  name="$(sort "$1" | awk -v name="$SET_NAME" -v at="$AT" '
    name != "" { if ($1 == name) found = $1; next }
    $2 == "ok" && (at == "" || $1 <= at) { found = $1 }
    END { print found }')"
  [[ -n $name ]] || die "$EX_DATA" "there is no ${SET_NAME:+set $SET_NAME}${SET_NAME:-good backup set} of $ASSET${AT:+ made at or before $(human_stamp "$AT")} in $PLACE_ID" "restore-$ASSET.sh --list shows what there is"
  printf '%s\n' "$name"
}

# Print the name of the set to use: the one named, else the newest good one of the chosen stores, made at or before the
# given stamp. Dies when there is none.
choose_set_name() {
  local from="$1" name="$2" at="$3" stores i set newest=''
  stores="$(chosen_stores "$from")" || exit $?
  for i in $stores; do
    if [[ -n $name ]]; then
      [[ ! -f ${STORE_PATHS[i]}/$TYPE/$ASSET/$name/MANIFEST ]] || newest="$name"
    else
      set="$(newest_set "${STORE_PATHS[i]}" "$at")"
      [[ ! ${set##*/} > $newest ]] || newest="${set##*/}"
    fi
  done
  if [[ -z $newest ]]; then
    die "$EX_DATA" "there is no ${name:+set $name}${name:-good backup set} of $ASSET${at:+ made at or before $(human_stamp "$at")}${from:+ in $from}" "restore-$ASSET.sh --list shows what there is"
  fi
  printf '%s\n' "$newest"
}

# Find a sound copy of a set, trying the chosen stores in their order. Sets SET_PATH and RUN_STORE. Call it plainly.
find_sound_copy() {
  local name="$1" from="$2" stores i set
  stores="$(chosen_stores "$from")" || exit $?
  for i in $stores; do
    set="${STORE_PATHS[i]}/$TYPE/${SERIES:-$ASSET}/$name"
    [[ -f $set/MANIFEST ]] || continue
    attempt_to guarded "$RESTORE_TIMEOUT" '' "checking the set $name" check_set "$set"
    if ((ATTEMPT_STATUS == 0)); then
      SET_PATH="$set" CHECKED_SET="$set" RUN_STORE="${STORE_IDS[i]}"
      [[ ! -e $set/SUSPECT ]] || log_warn "the set $name is marked suspect: $(cat -- "$set/SUSPECT")"
      return 0
    fi
    ((ATTEMPT_STATUS == EX_DATA)) || exit "$ATTEMPT_STATUS"
    log_warn "the copy of $name in ${STORE_IDS[i]} cannot be used"
    ((DRY_RUN)) || mark_suspect "$set" 'found damaged before a restore'
  done
  die "$EX_DATA" "no store has a sound copy of the set $name" "restore-$ASSET.sh --list shows the others; choose one with --set"
}

# Read an option that chooses a set or a store, into SET_NAME, AT and FROM. The status says how many words were taken.
set_option() {
  case "$1" in
    --latest)
      choose_by "$1"
      return 1
      ;;
    --at)
      option_value "$@"
      choose_by "$1"
      AT="$2"
      return 2
      ;;
    --set)
      option_value "$@"
      choose_by "$1"
      SET_NAME="$2"
      is_stamp "$SET_NAME" || die "$EX_USAGE" "'$SET_NAME' is not the name of a set" "restore-$ASSET.sh --list shows them"
      return 2
      ;;
    --from)
      option_value "$@"
      FROM="$2"
      return 2
      ;;
  esac
  return 0
}

# How long ago a stamp was, in words.
stamp_age() {
  local seconds=$(($(date +%s) - $(stamp_to_epoch "$1")))
  if ((seconds < 0)); then printf 'in the future\n'; else printf '%s ago\n' "$(human_seconds "$seconds")"; fi
}

# Print every set of the chosen stores as a table, newest first.
print_set_table() {
  local from="$1" stores i set rows=''
  stores="$(chosen_stores "$from")" || exit $?
  for i in $stores; do
    while IFS= read -r set; do
      rows+="$(print_set_row "$set" "${STORE_IDS[i]}")"$'\n'
    done < <(list_sets "${STORE_PATHS[i]}")
  done
  for i in ${PLACE_IDS[@]+"${PLACE_IDS[@]}"}; do
    [[ -z $from || $from == "$i" ]] || continue
    rows+="$(print_place_rows "$i")"
    rows+="${rows:+$'\n'}"
  done
  if [[ -z ${rows//$'\n'/} ]]; then
    printf 'There is no backup set of %s yet.\n' "$ASSET"
    return 0
  fi
  printf '%-16s  %-19s %8s  %-7s  %s\n' SET AGE SIZE STATE STORE
  printf '%s' "$rows" | sed '/^$/d' | sort -s -r -k 1,1
}

# Rows of the table for a store elsewhere. One that cannot be reached now is said, and is no reason to show nothing.
print_place_rows() {
  local name state
  place_use "$1"
  attempt_to guarded "$COPY_LIST_TIMEOUT" '' "listing $1" place_names "$RUN_DIR/there"
  if ((ATTEMPT_STATUS != 0)); then
    log_warn "$1 ($(place_label)) cannot be listed from here"
    return 0
  fi
  while read -r name state; do
    printf '%-16s  %-19s %8s  %-7s  %s\n' "$name" "$(stamp_age "$name")" - "$state" "$1"
  done <"$RUN_DIR/there"
}

# One row of the table.
print_set_row() {
  local set="$1" state=ok
  [[ ! -e $set/SUSPECT ]] || state=suspect
  printf '%-16s  %-19s %8s  %-7s  %s\n' "${set##*/}" "$(stamp_age "${set##*/}")" "$(human_bytes "$(set_bytes "$set")")" "$state" "$2"
}
