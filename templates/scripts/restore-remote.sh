# The role of restore-<asset>.sh where only copies are: bring a set to the asset's own host, and restore it there.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} --list
       ${0##*/} [--latest | --at TIME | --set NAME] [--from STORE]
           [--host HOST]… [--into TARGET] [--dry-run] [--yes]
       ${0##*/} --undo | --accept [--host HOST]… [--dry-run] [--yes]

Restore '$ASSET' ($KIND) on ${ASSET_HOSTS[*]}, from host $HOST_ID.
The set is brought there unless it is there already, and the restore script of
that host does the rest: it restores aside, checks, and only then replaces what
is live. With several hosts, all of them restore the same set at once.

Options:
  --list            show the sets there are, in every store, change nothing
  --latest          use the newest good set (the default)
  --at TIME         use the newest good set made at or before TIME: 2026-11-22,
                    '2026-11-22 02:00' (local time) or 2026-11-22T02:00:00Z
  --set NAME        use this set, as --list names it
  --from STORE      from this store only: ${STORE_IDS[*]}$(print_place_ids)
  --host HOST       only on this host; may be given more than once
  --into TARGET     live (the default), or a directory of that host
  --accept-weaker   also take a set that is less protected than the plan asks
                    for, from before it did
  --bring-only      bring the set there and stop
  --undo            there, after a restore that was killed: go back to what was
                    live before it. What is live now is kept aside
  --accept          there, after a restore that was killed: keep what is live now,
                    if it is complete and its check passes
  --dry-run         say each step, change nothing
  --yes             do not ask for confirmation
$(print_common_help)

Examples:
  ${0##*/} --list
  ${0##*/} --dry-run --from ${STORE_IDS[0]}
  ${0##*/}
HELP
}

# Restore one set.
main() {
  parse_remote_restore_arguments "$@"
  if ((LIST)); then
    DRY_RUN=1
    begin_run restore
    print_set_table "$FROM"
    return 0
  fi
  begin_run restore
  [[ -z $AT ]] || AT="$(parse_time "$AT")"
  ((DRY_RUN)) || on_exit close_run
  if [[ -n $DECISION ]]; then
    decide_on_hosts
    return 0
  fi
  choose_anywhere
  describe_remote_restore
  if ((DRY_RUN)); then
    rehearse_on_hosts
    printf 'Nothing was changed.\n'
    return 0
  fi
  confirm_remote_restore
  run_hooks start
  bring_to_hosts
  ((BRING_ONLY)) || restore_on_hosts
  log_info "total $(human_ms $(($(now_ms) - STARTED_MS)))"
}

# Read the command line.
parse_remote_restore_arguments() {
  local taken
  LIST=0 DRY_RUN=0 ASSUME_YES=0 BRING_ONLY=0 AT='' SET_NAME='' FROM='' INTO=live SET_CHOICE='' ACCEPT_WEAKER=0 DECISION='' TARGETS=()
  default_options
  split_arguments "$@"
  set -- ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
  while (($# > 0)); do
    taken=0
    set_option "$@" || taken=$?
    if ((taken)); then
      shift "$taken"
      continue
    fi
    case "$1" in
      --list) LIST=1 ;;
      --host)
        option_value "$@"
        is_one_of "$2" "${ASSET_HOSTS[@]}" || die "$EX_USAGE" "$ASSET is not on host '$2'" "it is on: ${ASSET_HOSTS[*]}"
        TARGETS+=("$2")
        shift
        ;;
      --into)
        option_value "$@"
        INTO="$2"
        [[ $INTO == live || $INTO == /* ]] || die "$EX_USAGE" "--into must be an absolute path on the asset's host, or live"
        shift
        ;;
      --bring-only) BRING_ONLY=1 ;;
      --undo | --accept)
        [[ -z $DECISION || $DECISION == "${1#--}" ]] || die "$EX_USAGE" "--undo contradicts --accept" "${0##*/} --help tells what they do"
        DECISION="${1#--}"
        ;;
      --dry-run) DRY_RUN=1 ;;
      --yes | -y) ASSUME_YES=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
  ((${#TARGETS[@]} > 0)) || TARGETS=("${ASSET_HOSTS[@]}")
  if [[ -n $DECISION && ($LIST == 1 || $BRING_ONLY == 1 || -n $SET_CHOICE$FROM || $INTO != live) ]]; then
    die "$EX_USAGE" "--$DECISION takes no set and no target: it is about the restore that was interrupted" "${0##*/} --$DECISION"
  fi
}

# Let each host undo or accept its interrupted restore, after all have said what they would do.
decide_on_hosts() {
  local host failed=0
  for host in "${TARGETS[@]}"; do
    printf '\non %s:\n' "$host"
    decide_on_host "$host" --dry-run
  done
  if ((DRY_RUN)); then return 0; fi
  confirm_remote_restore
  for host in "${TARGETS[@]}"; do
    attempt_to guarded "$RESTORE_TIMEOUT" '' "--$DECISION on $host" decide_on_host "$host" --yes
    ((ATTEMPT_STATUS == 0)) || failed="$ATTEMPT_STATUS"
  done
  ((failed == 0)) || exit "$(sysexit_of "$failed" "$EX_SOFTWARE")"
}

# Run the restore script of a host with the decision.
decide_on_host() {
  local host="$1"
  shift
  remote_use "$host"
  find_script_of "$host"
  remote_run "$HOST_SCRIPT" "--$DECISION" "$@" </dev/null
}

# Choose the set among all the stores, or the one that --from names: sets RUN_SET and RUN_STORE. Here before elsewhere, since
# what is here need not be fetched.
choose_anywhere() {
  local place newest='' i
  RUN_STORE='' SET_PATH=''
  for ((i = 0; i < ${#STORE_IDS[@]}; i++)); do
    [[ -z $FROM || $FROM == "${STORE_IDS[i]}" ]] || continue
    place="$(choose_name_in "${STORE_PATHS[i]}")"
    [[ $place > $newest ]] || continue
    newest="$place" RUN_STORE="${STORE_IDS[i]}" SET_PATH="${STORE_PATHS[i]}/$TYPE/$ASSET/$place"
  done
  for place in ${PLACE_IDS[@]+"${PLACE_IDS[@]}"}; do
    [[ -z $FROM || $FROM == "$place" ]] || continue
    place_use "$place"
    attempt_to guarded "$COPY_LIST_TIMEOUT" '' "listing $place" place_names "$RUN_DIR/there"
    if ((ATTEMPT_STATUS != 0)); then
      log_warn "$place ($(place_label)) cannot be listed from here"
      [[ -z $FROM ]] || exit "$ATTEMPT_STATUS"
      continue
    fi
    place="$(choose_name_there "$RUN_DIR/there" 2>/dev/null)" || continue
    if [[ $place > $newest ]]; then newest="$place" RUN_STORE="$PLACE_ID" SET_PATH=''; fi
  done
  [[ -n $newest ]] || die "$EX_DATA" "there is no ${SET_NAME:+set $SET_NAME}${SET_NAME:-good backup set} of $ASSET${FROM:+ in $FROM}" "${0##*/} --list shows what there is"
  RUN_SET="$newest"
}

# Print the set that is meant, if it is in a directory here.
choose_name_in() {
  local store="$1" set
  if [[ -n $SET_NAME ]]; then
    [[ ! -f $store/$TYPE/$ASSET/$SET_NAME/MANIFEST ]] || printf '%s\n' "$SET_NAME"
    return 0
  fi
  set="$(newest_set "$store" "$AT")"
  [[ -z $set ]] || printf '%s\n' "${set##*/}"
}

# Say what will be done.
describe_remote_restore() {
  local what='restore it'
  printf "Restore of '%s' (%s) on %s\n" "$ASSET" "$KIND" "${TARGETS[*]}"
  [[ -z $AT ]] || printf '  asked    how it was at %s\n' "$(both_times "$AT")"
  printf '  set      %s, %s\n' "$RUN_SET" "$(stamp_age "$RUN_SET")"
  printf '  from     %s\n' "$RUN_STORE"
  printf '  into     %s\nIt will\n' "$INTO"
  printf '  bring the set to %s, unless it is there\n' "${TARGETS[*]}"
  ((!BRING_ONLY)) || what='leave it there'
  printf '  %s\n' "$what"
  if replays_log; then printf '  replay its log%s\n' "${AT:+ up to $(human_stamp "$AT")}"; fi
}

# A live restore needs a person who types the asset's name, or --yes.
confirm_remote_restore() {
  local answer='' asked
  ((!ASSUME_YES && !BRING_ONLY)) && [[ $INTO == live ]] || return 0
  [[ -t 0 && -t 2 ]] || die "$EX_USAGE" "a live restore must be confirmed, and there is no terminal" "add --yes, or look first with --dry-run"
  printf 'Type the name of the asset (%s) to go on: ' "$ASSET" >&2
  asked="$(now_ms)"
  IFS= read -r answer || true
  STARTED_MS=$((STARTED_MS + $(now_ms) - asked))
  [[ $answer == "$ASSET" ]] || die "$EX_USAGE" 'not confirmed: nothing was changed'
}

# Have the set in the first store here, then on each host. A host that has it already is left alone.
bring_to_hosts() {
  local place
  acquire_lock "$ASSET.fetch"
  [[ -n $SET_PATH ]] || SET_PATH="${STORE_PATHS[0]}/$TYPE/$ASSET/$RUN_SET"
  begin_phase bring
  if [[ ! -f $SET_PATH/MANIFEST && $(home_place_with_set) == '' ]]; then
    place_use "$RUN_STORE"
    log_info "fetching $RUN_SET from $RUN_STORE ($(place_label))"
    require_store "${STORE_PATHS[0]}"
    guarded "$RESTORE_TIMEOUT" "${STORE_PATHS[0]}" "fetching $RUN_SET" fetch_set "$RUN_SET" "${STORE_PATHS[0]}/$TYPE/$ASSET"
    ! replays_log || in_log bring_log "$RUN_SET"
  fi
  for place in "${ASSET_STORE_IDS[@]}"; do
    place_use "$place"
    is_one_of "$PLACE_HOST" "${TARGETS[@]}" || continue
    ! replays_log || in_log send_log
    guarded "$COPY_LIST_TIMEOUT" '' "listing $place" place_names "$RUN_DIR/there.$PLACE_HOST"
    if grep -q "^$RUN_SET " "$RUN_DIR/there.$PLACE_HOST"; then
      log_info "$RUN_SET is on $PLACE_HOST already"
      continue
    fi
    fetch_from_sibling
    log_info "bringing $RUN_SET to $PLACE_HOST"
    guarded "$RESTORE_TIMEOUT" '' "bringing $RUN_SET to $PLACE_HOST" send_set "$SET_PATH"
  done
  end_phase
}

# Is the log replayed onto the set? Not onto one that was asked for by name, and not when the copy was: the asset's host may have
# newer full sets than that copy, and --latest would take those.
replays_log() {
  ((LOG_SECONDS > 0)) && [[ $SET_CHOICE != --set && -z $FROM ]]
}

# Bring the log since the set to the host of the place.
send_log() {
  local set name
  guarded "$COPY_LIST_TIMEOUT" '' "listing the log in $PLACE_ID" place_names "$RUN_DIR/there.log"
  while IFS= read -r set; do
    name="${set##*/}"
    if [[ $name < $RUN_SET ]] || grep -q "^$name " "$RUN_DIR/there.log"; then continue; fi
    log_info "bringing log $name to $PLACE_HOST"
    guarded "$RESTORE_TIMEOUT" '' "bringing log $name to $PLACE_HOST" send_set "$set"
  done < <(list_good_sets "${SET_PATH%"/$TYPE/"*}")
}

# Print a store on one of the chosen hosts that has the set; nothing when none has.
home_place_with_set() {
  is_one_of "$RUN_STORE" "${ASSET_STORE_IDS[@]}" && ((${#TARGETS[@]} == 1)) || return 0
  printf '%s\n' "$RUN_STORE"
}

# Another host of the asset may be the only one that has the set: then it comes through here.
fetch_from_sibling() {
  local place="$PLACE_ID"
  [[ ! -f $SET_PATH/MANIFEST ]] || return 0
  place_use "$RUN_STORE"
  guarded "$RESTORE_TIMEOUT" "${STORE_PATHS[0]}" "fetching $RUN_SET" fetch_set "$RUN_SET" "${STORE_PATHS[0]}/$TYPE/$ASSET"
  place_use "$place"
}

# Let each host say what it would do.
rehearse_on_hosts() {
  local host
  for host in "${TARGETS[@]}"; do
    printf '\non %s:\n' "$host"
    attempt_to run_there "$host" --dry-run
    ((ATTEMPT_STATUS == 0)) || log_warn "on $host: $(describe_exit "$ATTEMPT_STATUS"); the set may have to be brought there first"
  done
}

# Restore on every host at once: members of a cluster wait for one another.
restore_on_hosts() {
  local host failed=0 i
  local -a jobs=()
  # jobs is never empty.
  begin_phase restore
  for host in "${TARGETS[@]}"; do
    (guarded "$RESTORE_TIMEOUT" '' "restore on $host" restore_on_host "$host") &
    jobs+=($!)
  done
  for ((i = 0; i < ${#jobs[@]}; i++)); do
    if wait "${jobs[i]}"; then
      log_info "restored $RUN_SET on ${TARGETS[i]}"
    else
      failed=$?
      log_error "the restore on ${TARGETS[i]} failed: exit $failed, $(describe_exit "$failed")"
    fi
  done
  end_phase
  ((failed == 0)) || exit "$(sysexit_of "$failed" "$EX_SOFTWARE")"
}

# Restore on one host; each of its lines says which.
restore_on_host() {
  run_there "$1" --yes 2>&1 | sed "s/^/$1: /" >&2
}

# Run the restore script of a host.
run_there() {
  local host="$1"
  local -a options=(--into "$INTO")
  # options is never empty.
  shift
  if ! replays_log; then
    options+=(--set "$RUN_SET")
  elif [[ -n $AT ]]; then
    options+=(--at "$AT")
  else
    options+=(--latest)
  fi
  ((!VERBOSE)) || options+=(--verbose)
  ((!ACCEPT_WEAKER)) || options+=(--accept-weaker)
  remote_use "$host"
  find_script_of "$host"
  remote_run "$HOST_SCRIPT" "${options[@]}" "$@" </dev/null
}

# Find the restore script of a host, into HOST_SCRIPT.
find_script_of() {
  local host="$1" i
  HOST_SCRIPT=''
  for ((i = 0; i < ${#ASSET_HOSTS[@]}; i++)); do
    [[ ${ASSET_HOSTS[i]} != "$host" ]] || HOST_SCRIPT="${ASSET_SCRIPT_DIRS[i]}/restore-$ASSET.sh"
  done
  remote_run test -x "$HOST_SCRIPT" </dev/null || die "$EX_CONFIG" "$HOST_SCRIPT is not on $host" "copy the bundle of $host there and run its install.sh"
}
