# The role of drill-<asset>.sh: restore for practice, into a throw-away place, with a stop watch.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--latest | --at TIME | --set NAME] [--from STORE]
           [--keep]

Practise the restore of '$ASSET' ($KIND):
restore a set into a throw-away place, check it, measure each phase, clean up.
Nothing live is touched. The figures go to the history.

Options:
  --latest          use the newest good set (the default)
  --at TIME         use the newest good set made at or before TIME: 2026-11-22,
                    '2026-11-22 02:00' (local time) or 2026-11-22T02:00:00Z
  --set NAME        use this set
  --from STORE      take it from this store only: ${STORE_IDS[*]}$(print_place_ids)
  --accept-weaker   also take a set that is less protected than the plan asks
                    for, from before it did
  --keep            leave what was restored, to look at, below
                    $SCRATCH_DIR
$(print_common_help)

Examples:
  ${0##*/}
  ${0##*/} --from ${STORE_IDS[${#STORE_IDS[@]} - 1]}
HELP
}

# Run one drill.
main() {
  parse_drill_arguments "$@"
  begin_run drill
  on_exit close_run
  [[ -z $AT ]] || AT="$(parse_time "$AT")"
  run_hooks start
  on_exit report_failed_drill
  bring_set
  choose_set_name "$FROM" "$SET_NAME" "$AT"
  begin_phase check
  find_sound_copy "$RUN_SET" "$FROM"
  end_phase
  require_decodable "$SET_PATH"
  plan_replay
  measure_set "$SET_PATH"
  RUN_RAW_BYTES="$RAW_BYTES" RUN_STORED_BYTES="$STORED_BYTES"
  make_stage scratch "$SCRATCH_DIR" "$RUN_RAW_BYTES"
  stage_set "$SET_PATH" "$STAGE_DIR"
  STAGE_SUMMARY="$(kind_stage_summary "$STAGE_DIR")"
  kind_stage_stop "$STAGE_DIR"
  report_drill
}

# Read the command line.
parse_drill_arguments() {
  local taken
  DRY_RUN=0 AT='' SET_NAME='' FROM='' KEEP=0 ACCEPT_WEAKER=0 SET_CHOICE=''
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
      --keep) KEEP=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
}

# Say how it went. A drill that is slower than the RTO is a failed drill: the data is good, the promise is not.
report_drill() {
  local total verdict=PASSED kept='' check stage
  phase_ms check
  check="$PHASE_MS"
  phase_ms stage
  stage="$PHASE_MS"
  phase_ms verify
  total=$((check + stage + PHASE_MS))
  if ((RTO_SECONDS > 0 && total > RTO_SECONDS * 1000)); then verdict='TOO SLOW'; fi
  if ((KEEP)); then
    kept="$SCRATCH_DIR/drill-$ASSET-$STAMP"
    mv -- "$STAGE_DIR" "$kept"
  fi
  if ((QUIET)) && [[ $verdict == PASSED ]]; then return 0; fi
  printf "Drill of '%s' (%s) on host %s: %s\n" "$ASSET" "$KIND" "$HOST_ID" "$verdict"
  printf '  set       %s, %s, from %s\n' "$RUN_SET" "$(stamp_age "$RUN_SET")" "$RUN_STORE"
  describe_replay
  printf '  restored  %s\n' "$STAGE_SUMMARY"
  printf '  check     %s (size and hash of %s)\n' "$(human_ms "$check")" "$(human_bytes "$RUN_STORED_BYTES")"
  printf '  restore   %s\n' "$(human_ms "$stage")"
  printf '  verify    %s\n' "$(human_ms "$PHASE_MS")"
  printf '  total     %s, %s\n' "$(human_ms "$total")" "$(describe_rto "$total")"
  [[ -z $kept ]] || printf '  kept in   %s\n' "$kept"
  [[ $verdict == PASSED ]] || die "$EX_TEMPFAIL" "the drill took longer than the RTO of $(human_seconds "$RTO_SECONDS")" "speed the restore up, or promise less in the plan"
}

# A drill that did not get to its report says so on stdout, too.
report_failed_drill() {
  ((EXIT_STATUS != 0 && EXIT_STATUS != EX_TEMPFAIL)) || return 0
  printf "Drill of '%s' (%s) on host %s: FAILED\n  %s\n" "$ASSET" "$KIND" "$HOST_ID" "$(cat -- "$RUN_DIR/last-error" 2>/dev/null || describe_exit "$EXIT_STATUS")"
}
