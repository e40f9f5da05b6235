# The role of verify-<asset>.sh: prove that sets are what they were, in every store.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--latest | --at TIME | --set NAME | --all]
           [--from STORE] [--deep | --hashes]

Verify backup sets of '$ASSET' ($KIND):
size, hash and MAC of every file, then the structure of what they hold. A set
that fails is marked suspect: it is kept, but no restore chooses it by itself,
and it no longer counts as a backup.

Options:
  --latest          the newest set of each store (the default)
  --at TIME         the newest set of each store made at or before TIME
  --set NAME        this set, in each store that has it
  --all             every set
  --from STORE      in this store only: ${STORE_IDS[*]}$(print_place_ids);
                    from another host or off-site they are fetched first
  --hashes          sizes and hashes only: do not look inside
  --deep            also restore into a throw-away place and check that, below
                    $SCRATCH_DIR
$(print_common_help)

Examples:
  ${0##*/}
  ${0##*/} --deep --all
HELP
}

# Verify the chosen sets; the exit code is that of the worst.
main() {
  local i stores set chosen
  parse_verify_arguments "$@"
  begin_run verify
  on_exit close_run
  run_hooks start
  [[ -z $AT ]] || AT="$(parse_time "$AT")"
  WORST=0 COUNT=0 TABLE=''
  stores="$(chosen_stores "$FROM")"
  ! is_place "$FROM" || verify_place
  for i in $stores; do
    chosen="$(chosen_sets "${STORE_PATHS[i]}")"
    [[ -n $chosen ]] || note_missing "${STORE_IDS[i]}"
    while IFS= read -r set; do
      [[ -z $set ]] || verify_set "$set" "${STORE_IDS[i]}"
    done <<<"$chosen"
  done
  if ((LOG_SECONDS > 0)) && [[ $SET_CHOICE != --set ]]; then
    for i in $stores; do verify_log "$i"; done
  fi
  if ((!QUIET || WORST)); then printf '%-17s %-12s %s\n%s' SET STORE RESULT "$TABLE"; fi
  ((COUNT > 0)) || die "$EX_DATA" "there is no such set of $ASSET" "restore-$ASSET.sh --list shows what there is"
  ((WORST == 0)) || exit "$WORST"
}

# Read the command line.
parse_verify_arguments() {
  local taken
  DRY_RUN=0 AT='' SET_NAME='' FROM='' DEEP=0 HASHES=0 SET_CHOICE=''
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
      --all) choose_by "$1" ;;
      --deep) DEEP=1 ;;
      --hashes) HASHES=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
}

# Verify the sets of a store elsewhere that were asked for: each is fetched, looked at, and thrown away.
verify_place() {
  local name chosen
  list_place "$FROM"
  case "$SET_CHOICE" in
    --all) chosen="$(awk '{ print $1 }' "$RUN_DIR/there")" ;;
    *) chosen="$(choose_name_there "$RUN_DIR/there")" || exit $? ;;
  esac
  FETCHED="$SCRATCH_DIR/.fetched-$ASSET-$$"
  on_exit remove_fetched
  for name in $chosen; do
    attempt_to guarded "$RESTORE_TIMEOUT" '' "fetching $name" fetch_set "$name" "$FETCHED"
    if ((ATTEMPT_STATUS == 0)); then
      verify_set "$FETCHED/$name" "$FROM"
    else
      COUNT=$((COUNT + 1)) WORST="$ATTEMPT_STATUS"
      TABLE+="$(printf '%-17s %-12s %s' "$name" "$FROM" "FAILED: $(cat -- "$RUN_DIR/last-error" 2>/dev/null || describe_exit "$WORST")")"$'\n'
    fi
    remove_fetched
  done
}

# Remove what was fetched to be looked at.
remove_fetched() {
  rm -rf -- "$FETCHED"
}

# Print the sets of a store that were asked for. Suspect ones too: a person may want to know again.
chosen_sets() {
  local set newest=''
  while IFS= read -r set; do
    case "$SET_CHOICE" in
      --all) printf '%s\n' "$set" ;;
      --set) [[ ${set##*/} != "$SET_NAME" ]] || printf '%s\n' "$set" ;;
      *) [[ -n $AT && ${set##*/} > $AT ]] || newest="$set" ;;
    esac
  done < <(list_sets "$1")
  [[ -z $newest ]] || printf '%s\n' "$newest"
}

# A store without a set is worth a word; when a single set was asked for, other stores may have it.
note_missing() {
  [[ $SET_CHOICE == --set || $SET_CHOICE == --at ]] || log_warn "the store $1 has no set of $ASSET"
}

# Verify one set and note the result.
verify_set() {
  local set="$1" store="$2" result=ok code=0
  COUNT=$((COUNT + 1))
  RUN_SET="${set##*/}" RUN_STORE="$store" RUN_RAW_BYTES="$(set_raw_bytes "$set")" RUN_STORED_BYTES="$(set_bytes "$set")"
  attempt_to guarded "$RESTORE_TIMEOUT" '' "checking $RUN_SET" check_set "$set"
  if ((ATTEMPT_STATUS == 0)); then
    CHECKED_SET="$set"
    if ((HASHES)); then
      result='size and hash ok'
    elif ! can_decode "$set"; then
      result='size and hash ok; no key here to look inside'
      ((!DEEP)) || code="$EX_NOPERM"
    else
      attempt_to guarded "$RESTORE_TIMEOUT" '' "verifying $RUN_SET" kind_verify "$set"
      if ((ATTEMPT_STATUS == 0 && DEEP)); then
        verify_deeply "$set"
        result="ok, restores to $STAGE_SUMMARY"
      fi
    fi
  fi
  # A set that went away meanwhile fell to retention.
  if [[ ! -d $set ]]; then
    result='removed by retention meanwhile'
  elif ((ATTEMPT_STATUS != 0)); then
    code="$(sysexit_of "$ATTEMPT_STATUS" "$EX_DATA")"
    result="FAILED: $(cat -- "$RUN_DIR/last-error" 2>/dev/null || describe_exit "$code")"
    ((code != EX_DATA)) || ! is_one_of "$store" "${STORE_IDS[@]}" || mark_suspect "$set" "$result"
  elif [[ -e $set/SUSPECT ]]; then
    code="$EX_DATA"
    result="$result, but marked suspect: $(cat -- "$set/SUSPECT")"
    log_warn "$RUN_SET in $store passes these checks but is marked suspect; remove $set/SUSPECT to trust it again"
  fi
  ((code <= WORST)) || WORST="$code"
  TABLE+="$(printf '%-17s %-12s %s' "$RUN_SET" "$store" "$result")"$'\n'
}

# Restore a set into a throw-away place and check that. Leaves ATTEMPT_STATUS and STAGE_SUMMARY.
verify_deeply() {
  local status
  STAGE_SUMMARY=''
  make_stage scratch "$SCRATCH_DIR" "$RUN_RAW_BYTES"
  attempt_to stage_set "$1" "$STAGE_DIR"
  status="$ATTEMPT_STATUS"
  ((status != 0)) || STAGE_SUMMARY="$(kind_stage_summary "$STAGE_DIR")"
  remove_stage
  ATTEMPT_STATUS="$status"
}

# Verify the log in a store: every set of it, and that each begins where the one before it ended. A set that begins a chain
# of its own is right, and the archive's log said so then.
verify_log() {
  local i="$1" set ends='' count=0 code=0 result=ok
  while IFS= read -r set; do
    count=$((count + 1))
    attempt_to guarded "$RESTORE_TIMEOUT" '' "checking the log ${set##*/}" check_log_set "$set"
    if ((ATTEMPT_STATUS != 0)); then
      code="$(sysexit_of "$ATTEMPT_STATUS" "$EX_DATA")"
      result="FAILED: $(cat -- "$RUN_DIR/last-error" 2>/dev/null || describe_exit "$code")"
      ((code != EX_DATA)) || mark_suspect "$set" "$result"
    elif [[ -n $(manifest_get "$set" position.follows) && $count -gt 1 && $(manifest_get "$set" position.follows) != "$ends" ]]; then
      code="$EX_DATA"
      result="FAILED: a set of the log is missing before ${set##*/}"
      log_error "the log in ${STORE_IDS[i]} has a gap: a set is missing before ${set##*/}"
    fi
    ends="$(manifest_get "$set" position.ends)"
  done < <(in_log list_sets "${STORE_PATHS[i]}" | skip_suspect)
  ((code <= WORST)) || WORST="$code"
  [[ $result != ok ]] || result="ok, $(count_of "$count" set) of the log"
  TABLE+="$(printf '%-17s %-12s %s' log "${STORE_IDS[i]}" "$result")"$'\n'
}

# Verify one set of the log: hashes, and unless only these were asked for or there is no key, what it holds.
check_log_set() {
  in_log check_set "$1"
  ((HASHES)) || ! can_decode "$1" || kind_verify_log "$1"
}
