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
    require_signing
    describe_backup
    return 0
  fi
  on_exit close_run
  acquire_lock "$ASSET"
  refuse_unfinished_restore
  run_hooks start
  kind_preflight
  require_encryption
  require_signing
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
  refuse_pending "${0%/*}/restore-$ASSET.sh"
  warn_of_stages "${0%/*}/verify-$ASSET.sh"
}

# Make the set in the first store.
capture_asset() {
  begin_phase capture
  begin_set "${STORE_PATHS[0]}"
  find_expected_need
  require_space "$SET_BASE" "$EXPECTED_NEED"
  guarded "$CAPTURE_TIMEOUT" "$WORK_DIR" "backup of $ASSET" kind_capture
  publish_set
  end_phase
  RUN_SET="${PUBLISHED_SET##*/}"
  RUN_STORE="${STORE_IDS[0]}"
  measure_set "$PUBLISHED_SET"
  RUN_RAW_BYTES="$RAW_BYTES" RUN_STORED_BYTES="$STORED_BYTES"
  log_info "published $RUN_SET: $(human_bytes "$RUN_STORED_BYTES") of $(human_bytes "$RUN_RAW_BYTES") in $(human_ms "$PHASE_MS")"
}

# Bytes that a new set needs, into EXPECTED_NEED: the plan's estimate, else a fifth more than the last good one took, plus the reserve.
find_expected_need() {
  local state stored bytes="$EXPECTED_BYTES"
  if ((bytes == 0)); then
    while read -r _ state stored _; do
      ! is_good_state "$state" || bytes=$((stored * 12 / 10))
    done <<<"$SURVEYED"
  fi
  EXPECTED_NEED=$((bytes + RESERVE_BYTES))
}

# Thin out the first store, then bring the set to the others. A store that fails does not keep the next from its copy.
finish_backup() {
  local i failed=0
  note_degraded
  thin_out "${STORE_PATHS[0]}"
  trim_log "${STORE_PATHS[0]}"
  [[ -z ${WRONG_CLOCK:-} ]] || failed="$EX_CONFIG"
  for ((i = 1; i < ${#STORE_PATHS[@]}; i++)); do
    begin_phase "copy.${STORE_IDS[i]}"
    attempt_to guarded "$CAPTURE_TIMEOUT" '' "copy to ${STORE_IDS[i]}" copy_and_thin "${STORE_PATHS[i]}" "${STORE_KEEPS[i]:-}"
    end_phase
    if ((ATTEMPT_STATUS == 0)); then
      log_info "copied to ${STORE_IDS[i]} in $(human_ms "$PHASE_MS")"
    else
      failed="$ATTEMPT_STATUS"
      log_error "$(describe_missing_copy "$i")"
    fi
  done
  ((failed == 0)) || exit "$(sysexit_of "$failed" "$EX_IO")"
  ((DEGRADED == 0)) || die "$EX_DATA" "$RUN_SET was published, but DEGRADED: it lacks $(degraded_objects "$PUBLISHED_SET" | head -n 3 | tr '\n' ';' | sed 's/;$//;s/;/; /g')$( ((DEGRADED <= 3)) || printf ', and %d more' $((DEGRADED - 3)))" "mend or drop these, then run this again; all else is in the set"
  read_clock
  log_info "done in $(human_ms $((NOW_MS - STARTED_MS)))"
}

# What a store that could not be filled lacks.
describe_missing_copy() {
  if [[ -e ${STORE_PATHS[$1]}/$TYPE/$ASSET/$RUN_SET/MANIFEST ]]; then
    printf 'the set %s is in %s (%s), but not all older ones are\n' "$RUN_SET" "${STORE_IDS[$1]}" "${STORE_PATHS[$1]}"
  else
    printf 'the set %s was made, but there is no copy of it in %s (%s)\n' "$RUN_SET" "${STORE_IDS[$1]}" "${STORE_PATHS[$1]}"
  fi
}

# Copy to a store what it lacks and its retention would keep, the newest first, then thin it out: what a run missed that was killed, or
# that found the store away, is made good by the next one.
copy_and_thin() {
  local store="$1" keep="${2:-}" name missing
  require_store "$store"
  survey_store "$store" >"$RUN_DIR/there"
  survey_store "${STORE_PATHS[0]}" >"$RUN_DIR/here"
  missing="$(missing_sets "$RUN_DIR/there" "$RUN_DIR/here" "$keep")" || die "$EX_IO" "cannot tell what $store lacks" "is the disk of $STATE_DIR full (df -h) or failing (dmesg | tail)? the next run copies what is missing"
  for name in $missing; do
    [[ -d ${STORE_PATHS[0]}/$TYPE/$ASSET/$name ]] || continue
    [[ $name == "$RUN_SET" ]] || log_info "copying $name to $store, which an earlier run did not"
    copy_set "${STORE_PATHS[0]}/$TYPE/$ASSET/$name" "$store"
  done
  thin_out "$store" "$keep"
  trim_log "$store"
  tell_unreadable "$RUN_DIR/here" "${STORE_PATHS[0]}"
}

# How many objects does the new set lack, and are rows among them? Sets DEGRADED and LACKS_ROWS.
note_degraded() {
  local line
  DEGRADED=0
  need_manifest "$PUBLISHED_SET" || exit $?
  for line in "${MANIFEST_LINES[@]}"; do
    [[ ! $line =~ ^degraded\.[0-9]+= ]] || DEGRADED=$((DEGRADED + 1))
  done
  look_up "$PUBLISHED_SET" degraded.rows
  LACKS_ROWS="$VALUE"
}

# Retention, unless the new set lacks rows: an older one may be the last that has them.
thin_out() {
  if [[ $LACKS_ROWS == yes ]]; then
    log_warn "no set is removed from $1: the new one lacks data that older ones may have"
    return 0
  fi
  apply_retention "$@"
}

# Say what a backup would do.
describe_backup() {
  local i
  printf 'A backup of %s (%s) would now:\n' "$ASSET" "$KIND"
  printf '  make a set in  %s (%s, %s free)\n' "${STORE_PATHS[0]}/$TYPE/$ASSET" "${STORE_IDS[0]}" "$(human_bytes "$(free_bytes "$(existing_parent "${STORE_PATHS[0]}")")")"
  for ((i = 1; i < ${#STORE_PATHS[@]}; i++)); do
    printf '  copy it to     %s (%s)\n' "${STORE_PATHS[i]}/$TYPE/$ASSET" "${STORE_IDS[i]}"
  done
  choose_compression
  printf '  compression    %s\n  encryption     %s\n' "$CODEC" "$ENCRYPTION"
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
