# The role of backup-<asset>.sh: make a set, publish it, thin out the old ones, copy it on.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--dry-run] [--verbose | --quiet]

Back up '$ASSET' ($KIND) on host $HOST_ID.
A set is published only when it is complete and checked; whatever goes wrong,
the sets that exist stay as they are.

Options:
  --dry-run         check that a backup can be made, say how, change nothing
$(print_common_help)

Examples:
  ${0##*/} --dry-run
  ${0##*/} --verbose
HELP
}

# Make one backup.
main() {
  parse_backup_arguments "$@"
  begin_run backup
  if ((DRY_RUN)); then
    kind_preflight
    require_encryption
    describe_backup
    return 0
  fi
  on_exit close_run
  acquire_lock "$ASSET"
  refuse_unfinished_restore
  run_hooks start
  kind_preflight
  require_encryption
  capture_asset
  finish_backup
}

# Read the command line.
parse_backup_arguments() {
  DRY_RUN=0
  default_options
  split_arguments "$@"
  set -- ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
  while (($# > 0)); do
    case "$1" in
      --dry-run) DRY_RUN=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
}

# A half-swapped asset must not be backed up: the set would look good and hold the wrong thing.
refuse_unfinished_restore() {
  ! swap_pending || die "$EX_TEMPFAIL" "a restore of $ASSET did not end: what is live now may be half of it" "run its restore script again: it first undoes what the interrupted one did"
}

# Make the set in the first store.
capture_asset() {
  begin_phase capture
  begin_set "${STORE_PATHS[0]}"
  require_space "$SET_BASE" "$(expected_need)"
  guarded "$CAPTURE_TIMEOUT" "$WORK_DIR" "backup of $ASSET" kind_capture
  publish_set
  end_phase
  RUN_SET="${PUBLISHED_SET##*/}"
  RUN_STORE="${STORE_IDS[0]}"
  RUN_RAW_BYTES="$(set_raw_bytes "$PUBLISHED_SET")"
  RUN_STORED_BYTES="$(set_bytes "$PUBLISHED_SET")"
  log_info "published $RUN_SET: $(human_bytes "$RUN_STORED_BYTES") of $(human_bytes "$RUN_RAW_BYTES") in $(human_ms "$PHASE_MS")"
}

# Bytes that a new set needs: the plan's estimate, else a fifth more than the last one took, plus the reserve.
expected_need() {
  local last bytes="$EXPECTED_BYTES"
  if ((bytes == 0)); then
    last="$(newest_set "${STORE_PATHS[0]}")"
    [[ -z $last ]] || bytes=$(($(set_bytes "$last") * 12 / 10))
  fi
  printf '%d\n' $((bytes + RESERVE_BYTES))
}

# Thin out the first store, then bring the set to the others. A store that fails does not keep the next from its copy.
finish_backup() {
  local i failed=0
  apply_retention "${STORE_PATHS[0]}"
  trim_log "${STORE_PATHS[0]}"
  for ((i = 1; i < ${#STORE_PATHS[@]}; i++)); do
    begin_phase "copy.${STORE_IDS[i]}"
    attempt_to guarded "$CAPTURE_TIMEOUT" '' "copy to ${STORE_IDS[i]}" copy_and_thin "${STORE_PATHS[i]}" "${STORE_KEEPS[i]:-}"
    end_phase
    if ((ATTEMPT_STATUS == 0)); then
      log_info "copied to ${STORE_IDS[i]} in $(human_ms "$PHASE_MS")"
    else
      failed="$ATTEMPT_STATUS"
      log_error "the set $RUN_SET was made, but there is no copy of it in ${STORE_IDS[i]} (${STORE_PATHS[i]})"
    fi
  done
  ((failed == 0)) || exit "$(sysexit_of "$failed" "$EX_IO")"
  refuse_degraded_set
  log_info "done in $(human_ms $(($(now_ms) - STARTED_MS)))"
}

# A set without what its kind could not capture is better than none, and is kept; the run fails, so that somebody looks. The kind names
# in $RUN_DIR/degraded, a line each, what is missing.
refuse_degraded_set() {
  local count
  [[ -s $RUN_DIR/degraded ]] || return 0
  count="$(grep -c '' "$RUN_DIR/degraded")"
  die "$EX_DATA" "the set $RUN_SET is DEGRADED: $(head -n 1 "$RUN_DIR/degraded")$( ((count == 1)) || printf ', and %d more' $((count - 1)))" 'it holds everything else and is kept; mend what is named, then run this again'
}

# Copy the new set to a store and thin that store out.
copy_and_thin() {
  copy_set "$PUBLISHED_SET" "$1"
  apply_retention "$1" "$2"
  trim_log "$1"
}

# Say what a backup would do.
describe_backup() {
  local i
  printf 'A backup of %s (%s) would now:\n' "$ASSET" "$KIND"
  printf '  make a set in  %s (%s, %s free)\n' "${STORE_PATHS[0]}/$TYPE/$ASSET" "${STORE_IDS[0]}" "$(human_bytes "$(free_bytes "$(existing_parent "${STORE_PATHS[0]}")")")"
  for ((i = 1; i < ${#STORE_PATHS[@]}; i++)); do
    printf '  copy it to     %s (%s)\n' "${STORE_PATHS[i]}/$TYPE/$ASSET" "${STORE_IDS[i]}"
  done
  printf '  compression    %s\n  encryption     %s\n' "$(choose_compression)" "$ENCRYPTION"
  printf '  keep           %s\n' "$(describe_retention)"
  printf 'Nothing was changed.\n'
}

# The retention in words.
describe_retention() {
  local text='' rule
  ((KEEP_LAST == 0)) || text="the last $KEEP_LAST"
  for rule in "$KEEP_HOURLY hourly" "$KEEP_DAILY daily" "$KEEP_WEEKLY weekly" "$KEEP_MONTHLY monthly" "$KEEP_YEARLY yearly"; do
    [[ $rule == 0\ * ]] || text+="${text:+, }$rule"
  done
  printf '%s\n' "${text:-every set}"
}
