# The role of archive-<asset>.sh: bring what the asset's log says since the last time into a set of the series <asset>-log.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--dry-run] [--verbose | --quiet]

Archive the log of '$ASSET' ($KIND) on host $HOST_ID, so that a restore can go
to any moment: restore-$ASSET.sh --at TIME. Runs every $(human_seconds "$LOG_SECONDS"); a run that finds
nothing new makes no set.

Options:
  --dry-run         check that the log can be archived, change nothing
$(print_common_help)

A log that does not go on where the archive ended (65) needs a new full backup:
run backup-$ASSET.sh, then this again.
HELP
}

# Archive once.
main() {
  parse_archive_arguments "$@"
  begin_run archive
  if ((DRY_RUN)); then
    kind_log_preflight
    require_encryption
    require_signing
    printf 'The log of %s (%s) can be archived to %s.\nNothing was changed.\n' "$ASSET" "$KIND" "${STORE_PATHS[0]}/$TYPE/$ASSET-log"
    return 0
  fi
  on_exit close_run
  acquire_lock "$ASSET-log"
  ! swap_pending || die "$EX_TEMPFAIL" "a restore of $ASSET is at work or was interrupted: its log is not archived now" "if none is at work, go back to what was: ${0%/*}/restore-$ASSET.sh --undo; or keep what is live: ${0%/*}/restore-$ASSET.sh --accept"
  run_hooks start
  kind_log_preflight
  require_encryption
  require_signing
  choose_chain
  guarded "$CAPTURE_TIMEOUT" '' "reading the log of $ASSET" kind_log_scan "$PREVIOUS_SET" "$FULL_SET"
  if [[ -s $RUN_DIR/log.news ]]; then
    in_log archive_news
  else
    log_debug 'nothing new in the log'
  fi
  note_archived
  finish_archive
}

# Read the command line.
parse_archive_arguments() {
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

# Find what the archive goes on from: PREVIOUS_SET of the log, empty where a chain begins, and FULL_SET, at which one may.
choose_chain() {
  local store="${STORE_PATHS[0]}" since=''
  require_store "$store"
  FULL_SET="$(newest_set "$store")"
  PREVIOUS_SET="$(in_log newest_set "$store")"
  [[ -n $FULL_SET ]] || die "$EX_TEMPFAIL" "there is no full backup of $ASSET yet: a log without one restores nothing" "run backup-$ASSET.sh"
  if [[ -s $STATE_DIR/$ASSET.new-chain ]]; then
    read -r since <"$STATE_DIR/$ASSET.new-chain"
    [[ ${FULL_SET##*/} > $since ]] || die "$EX_DATA" "$ASSET was restored at $(human_stamp "$since"): its log no longer goes on from what was archived" "run backup-$ASSET.sh now: until then nothing newer than that restore can be brought back"
    PREVIOUS_SET=''
  fi
}

# Make a set of the log in the first store.
archive_news() {
  begin_phase capture
  begin_set "${STORE_PATHS[0]}"
  require_space "$SET_BASE" "$RESERVE_BYTES"
  guarded "$CAPTURE_TIMEOUT" "$WORK_DIR" "archiving the log of $ASSET" kind_archive
  publish_set
  end_phase
  RUN_SET="${PUBLISHED_SET##*/}" RUN_STORE="${STORE_IDS[0]}"
  measure_set "$PUBLISHED_SET"
  RUN_RAW_BYTES="$RAW_BYTES" RUN_STORED_BYTES="$STORED_BYTES"
  rm -f -- "$STATE_DIR/$ASSET.new-chain"
  log_info "archived the log up to $(manifest_get "$PUBLISHED_SET" position.until): $(human_bytes "$RUN_STORED_BYTES") of $(human_bytes "$RUN_RAW_BYTES") in $(human_ms "$PHASE_MS")"
}

# Note up to when the log is archived: status.sh counts the age of the data from there.
note_archived() {
  local file="$STATE_DIR/$ASSET.archived"
  if ! cat -- "$RUN_DIR/log.until" >"$file.new" || ! mv -f -- "$file.new" "$file"; then die "$EX_IO" "cannot write $file"; fi
  note_in_store "${STORE_PATHS[0]}"
}

# Have the note beside the sets, for hosts that fetch them. It counts only with them, so one that cannot be written is no failure.
note_in_store() {
  [[ ! -d $1/$TYPE/$ASSET-log ]] || cat -- "$STATE_DIR/$ASSET.archived" >"$1/$TYPE/$ASSET-log/.archived" || log_warn "cannot write $1/$TYPE/$ASSET-log/.archived"
}

# Thin out the first store, then bring the log to the others, also what they missed while they were away.
finish_archive() {
  local i failed=0
  [[ -z ${WRONG_CLOCK:-} ]] || failed="$EX_CONFIG"
  trim_log "${STORE_PATHS[0]}"
  for ((i = 1; i < ${#STORE_PATHS[@]}; i++)); do
    attempt_to guarded "$CAPTURE_TIMEOUT" '' "copying the log to ${STORE_IDS[i]}" copy_log "${STORE_PATHS[i]}"
    ((ATTEMPT_STATUS != 0)) || continue
    failed="$ATTEMPT_STATUS"
    log_error "the log is archived, but not in ${STORE_IDS[i]} (${STORE_PATHS[i]})"
  done
  ((failed == 0)) || exit "$(sysexit_of "$failed" "$EX_IO")"
}

# Copy the good sets of the log that a store lacks, and thin it out.
copy_log() {
  local store="$1" set
  require_store "$store"
  while IFS= read -r set; do
    [[ -e $store/$TYPE/$ASSET-log/${set##*/} ]] || in_log copy_set "$set" "$store"
  done < <(in_log list_good_sets "${STORE_PATHS[0]}")
  trim_log "$store"
}
