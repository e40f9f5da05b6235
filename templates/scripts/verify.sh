# The role of verify-<asset>.sh: prove that sets are what they were, in every store.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--latest | --at TIME | --set NAME | --all]
           [--from STORE] [--deep | --hashes]
       ${0##*/} --trust NAME

Verify backup sets of '$ASSET' ($KIND):
size and hash of every file and who made the set, then the structure of what
they hold. A set whose bytes are not those that were written is marked: it is
kept, but no restore chooses it by itself, and it no longer counts as a backup.
What cannot be read, decrypted or loaded today is reported, and not marked.

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
  --trust NAME      verify this set, and take the mark away where it passes
  --accept-weaker   also pass sets that are less protected than the plan asks
                    for, from before it did
$(print_common_help)

Examples:
  ${0##*/}
  ${0##*/} --deep --all
HELP
}

# Verify the chosen sets; the exit code is that of the worst.
main() {
  local i
  parse_verify_arguments "$@"
  begin_run verify
  on_exit close_run
  run_hooks start
  [[ -z $AT ]] || AT="$(parse_time "$AT")"
  WORST=0 COUNT=0 TABLE=''
  # Once for all sets: the derivation is slow.
  [[ $ENCRYPTION != openssl ]] || ! can_decrypt openssl || open_mac_key
  ! is_place "$FROM" || verify_place
  choose_stores "$FROM"
  for i in $CHOSEN_STORES; do verify_store "$i"; done
  if ((LOG_SECONDS > 0)) && [[ $SET_CHOICE != --set ]]; then
    for i in $CHOSEN_STORES; do verify_log "$i"; done
  fi
  if ((!QUIET || WORST)); then printf '%-17s %-12s %s\n%s' SET STORE RESULT "$TABLE"; fi
  ((COUNT > 0)) || die "$EX_DATA" "there is no such set of $ASSET" "restore-$ASSET.sh --list shows what there is"
  ((WORST == 0)) || exit "$WORST"
}

# Verify the chosen sets of a store. What has a set's name and is none is reported as what it is, and does not hide the others.
verify_store() {
  local store="${STORE_PATHS[$1]}" id="${STORE_IDS[$1]}" series name state found=0
  find_store_fault "$store"
  if [[ -n $STORE_FAULT ]]; then
    log_error "the store $id ($store) $STORE_FAULT: its sets cannot be verified"
    COUNT=$((COUNT + 1))
    note_result - "$id" "FAILED: the store $STORE_FAULT" "$EX_CANTCREAT"
    return 0
  fi
  find_series "$store"
  series="$SERIES_DIR"
  survey_series "$series" >"$RUN_DIR/survey" || die "$EX_IO" "cannot write in $RUN_DIR" "is its disk full? look at df -h $RUN_DIR"
  chosen_sets <"$RUN_DIR/survey" >"$RUN_DIR/chosen"
  while read -r name state; do
    found=1
    case "$state" in
      invalid | incomplete | unreadable) verify_wreck "$series/$name" "$id" "$state" ;;
      *) verify_set "$series/$name" "$id" ;;
    esac
  done <"$RUN_DIR/chosen"
  ((found)) || note_missing "$id"
  ((DRY_RUN)) || forget_verified "$id" "$RUN_DIR/survey"
}

# Report a directory that has the name of a set and is none.
verify_wreck() {
  local set="$1" store="$2" state="$3" code=0 reason
  attempt_to open_manifest "$set"
  code="$ATTEMPT_STATUS"
  reason="$(first_cause)"
  if [[ $state == invalid && $code == 0 ]]; then
    check_place "$set" || code=$?
    reason="$(first_cause)"
  fi
  [[ -d $set ]] || return 0
  COUNT=$((COUNT + 1))
  note_result "${set##*/}" "$store" "FAILED: $reason" "$((code ? code : EX_DATA))"
}

# Add a line to the table, and remember the worst.
note_result() {
  local row
  printf -v row '%-17s %-12s %s\n' "$1" "$2" "$3"
  TABLE+="$row"
  # Damage weighs more than what could not be looked at.
  if (($4 == EX_DATA || (WORST != EX_DATA && $4 > WORST))); then WORST="$4"; fi
}

# Read the command line.
parse_verify_arguments() {
  local taken
  DRY_RUN=0 AT='' SET_NAME='' FROM='' DEEP=0 HASHES=0 TRUST=0 ACCEPT_WEAKER=0 SET_CHOICE=''
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
      --trust)
        option_value "$@"
        choose_by --set
        is_stamp "$2" || die "$EX_USAGE" "'$2' is not the name of a set" "restore-$ASSET.sh --list shows them"
        SET_NAME="$2" TRUST=1
        shift
        ;;
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
      COUNT=$((COUNT + 1))
      note_result "$name" "$FROM" "FAILED: $(first_cause)" "$(sysexit_of "$ATTEMPT_STATUS" "$EX_UNAVAILABLE")"
    fi
    remove_fetched
  done
}

# Remove what was fetched to be looked at.
remove_fetched() {
  rm -rf -- "$FETCHED"
}

# Print `name state` of the sets that were asked for, of lines of survey_series. Suspect ones too: a person may want to know again. The
# newest that counts is wanted when one is, and with it whatever is newer and does not count.
chosen_sets() {
  awk -v choice="$SET_CHOICE" -v wanted="$SET_NAME" -v at="$AT" '
    choice == "--all" { print $1, $2; next }
    choice == "--set" { if ($1 == wanted) print $1, $2; next }
    at != "" && $1 > at { next }
    $2 !~ /^(invalid|incomplete|unreadable)$/ { count = 0 }
    { name[++count] = $1; state[count] = $2 }
    END { for (i = 1; i <= count; i++) print name[i], state[i] }'
}

# A store without a set is worth a word; when a single set was asked for, other stores may have it.
note_missing() {
  [[ $SET_CHOICE == --set || $SET_CHOICE == --at ]] || log_warn "the store $1 has no set of $ASSET"
}

# Verify one set and note the result. Only bytes that are not those that were written make a set suspect.
verify_set() {
  local set="$1" store="$2" result=ok code=0 level=hashes damaged=0
  RUN_SET="${set##*/}" RUN_STORE="$store"
  rm -f -- "$RUN_DIR/last-error"
  hold_set "$set"
  attempt_to open_manifest "$set"
  if ((ATTEMPT_STATUS == 0)); then
    measure_set "$set"
    RUN_RAW_BYTES="$RAW_BYTES" RUN_STORED_BYTES="$STORED_BYTES"
    attempt_to guarded "$RESTORE_TIMEOUT" '' "checking $RUN_SET" check_set "$set"
  fi
  ((ATTEMPT_STATUS != EX_DATA)) || damaged=1
  ((ATTEMPT_STATUS)) || attempt_to require_strength "$set"
  if ((ATTEMPT_STATUS == 0)); then
    CHECKED_SET="$set"
    if ((HASHES)); then
      result='size and hash ok'
    elif ! can_decode "$set"; then
      result='size and hash ok; no key here to look inside'
      ((!DEEP)) || code="$EX_NOPERM"
    else
      look_inside "$set"
    fi
  fi
  # A set that went away meanwhile fell to retention.
  if [[ ! -d $set ]]; then
    COUNT=$((COUNT + 1))
    note_result "$RUN_SET" "$store" 'removed by retention meanwhile' 0
    return 0
  fi
  if ((ATTEMPT_STATUS != 0)); then
    code="$(sysexit_of "$ATTEMPT_STATUS" "$EX_UNAVAILABLE")" level="failed-$(asked_level)"
    result="FAILED: $(first_cause)"
    ((!damaged)) || ! is_one_of "$store" "${STORE_IDS[@]}" || mark_suspect "$set" "$result"
  elif [[ -e $set/SUSPECT ]] && ((TRUST)); then
    trust_set "$set"
    result="$result, trusted again"
  elif [[ -e $set/SUSPECT ]]; then
    code="$EX_DATA"
    result="$result, but marked suspect: $(suspect_reason "$set")"
    log_warn "$RUN_SET in $store passes these checks but is marked suspect; ${0##*/} --trust $RUN_SET trusts it again"
  fi
  COUNT=$((COUNT + 1))
  # A dash stands for the checksum of a MANIFEST that has none.
  look_up "$set" manifest_sha256 2>/dev/null || VALUE=''
  ((code == EX_TEMPFAIL)) || ! is_one_of "$store" "${STORE_IDS[@]}" || note_verified "$store" "$RUN_SET" "${VALUE:--}" "$level"
  note_result "$RUN_SET" "$store" "$result" "$code"
}

# How closely this run looks.
asked_level() {
  if ((HASHES)); then printf 'hashes\n'; elif ((DEEP)); then printf 'deep\n'; else printf 'content\n'; fi
}

# Have the kind look at what a set holds, and with --deep restore it. Leaves ATTEMPT_STATUS; sets result, level and damaged of the caller.
look_inside() {
  local set="$1"
  attempt_to guarded "$RESTORE_TIMEOUT" '' "verifying $RUN_SET" kind_verify "$set"
  # What it holds is not what a backup of this kind must hold, at two readings.
  if ((ATTEMPT_STATUS == EX_DATA)); then
    attempt_to guarded "$RESTORE_TIMEOUT" '' "verifying $RUN_SET again" kind_verify "$set"
    ((ATTEMPT_STATUS != EX_DATA)) || damaged=1
  fi
  ((ATTEMPT_STATUS == 0)) || return 0
  level=content
  ((DEEP)) || return 0
  verify_deeply "$set"
  # shellcheck disable=SC2034  # of the caller
  ((ATTEMPT_STATUS)) || level=deep result="ok, restores to $STAGE_SUMMARY"
}

# Take the mark of a set away that passes.
trust_set() {
  rm -f -- "$1/SUSPECT" || die "$EX_IO" "cannot remove the mark $1/SUSPECT"
  sync_paths "$1"
  log_info "${1##*/} is trusted again"
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
  local store="${STORE_PATHS[$1]}" id="${STORE_IDS[$1]}" name state set ends='' follows count=0 code=0 result=ok
  find_store_fault "$store"
  [[ -z $STORE_FAULT ]] || return 0
  in_log survey_store "$store" >"$RUN_DIR/log.states"
  while read -r name state _; do
    [[ $state != suspect ]] || continue
    count=$((count + 1))
    set="$store/$TYPE/$ASSET-log/$name"
    rm -f -- "$RUN_DIR/last-error"
    in_log hold_set "$set"
    attempt_to open_manifest "$set"
    ((ATTEMPT_STATUS)) || attempt_to guarded "$RESTORE_TIMEOUT" '' "checking the log $name" check_log_set "$set"
    if ((ATTEMPT_STATUS != 0)); then
      code="$(sysexit_of "$ATTEMPT_STATUS" "$EX_UNAVAILABLE")"
      result="FAILED: $(first_cause)"
      ((code != EX_DATA)) || mark_suspect "$set" "$result"
      continue
    fi
    look_up "$set" position.follows
    follows="$VALUE"
    if [[ -n $follows && $count -gt 1 && $follows != "$ends" ]]; then
      code="$EX_DATA"
      result="FAILED: a set of the log is missing before $name"
      log_error "the log in $id has a gap: a set is missing before $name"
    fi
    look_up "$set" position.ends
    ends="$VALUE"
  done <"$RUN_DIR/log.states"
  [[ $result != ok ]] || result="ok, $(count_of "$count" set) of the log"
  note_result log "$id" "$result" "$code"
}

# Verify one set of the log: hashes, and unless only these were asked for or there is no key, what it holds.
check_log_set() {
  in_log check_set "$1"
  require_strength "$1"
  ((HASHES)) || ! can_decode "$1" || kind_verify_log "$1"
}
