# The role of restore-<asset>.sh: restore aside, prove it, swap it in, or put everything back as it was.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} --list
       ${0##*/} [--latest | --at TIME | --set NAME] [--from STORE]
           [--into TARGET] [--dry-run]$(print_force_usage) [--yes]
       ${0##*/} --undo | --accept [--dry-run] [--yes]

Restore '$ASSET' ($KIND) on host $HOST_ID.
$(print_promise help)
Killed before anything live was touched, it can be run again. Killed later, it
waits for your decision, --undo or --accept, and does nothing by itself.$(print_log_help)

Options:
  --list            show the sets there are, change nothing
  --latest          use the newest good set (the default)
  --at TIME         use the newest good set made at or before TIME: 2026-11-22,
                    '2026-11-22 02:00' (local time) or 2026-11-22T02:00:00Z
  --set NAME        use this set$(print_version_usage), as --list names it
  --from STORE      from this store only: ${STORE_IDS[*]}$(print_place_ids)
  --into TARGET     live (the default), or a directory that is empty or not
                    there: restore into it, touch nothing live
  --accept-weaker   also take a set that is less protected than the plan asks
                    for, from before it did
  --dry-run         check the set, say each step, change nothing
  --undo            after a restore that was killed: go back to what was live
                    before it. What is live now is kept aside
  --accept          after a restore that was killed: keep what is live now, if it
                    is complete and its check passes
  --yes             do not ask for confirmation$(print_force_help)
$(print_common_help)

Examples:
  ${0##*/} --list
  ${0##*/} --into /tmp/look --at 2026-11-22
  ${0##*/} --dry-run
  ${0##*/}
HELP
}

# The option that only some kinds know, as the first lines of --help show it.
print_force_usage() {
  [[ -z ${FORCE_HELP:-} ]] || printf ' [--force]'
}

# What it does, on a line of its own.
print_force_help() {
  [[ -z ${FORCE_HELP:-} ]] || printf '\n  --force           %s' "${FORCE_HELP:-}"
}

# Words for --set where the asset keeps versions of its own.
print_version_usage() {
  [[ -z ${VERSIONS_PREFIX:-} ]] || printf ', or version %s:ID' "${VERSIONS_PREFIX:-}"
}

# What a restore does before and after what the kind describes: `help` (in --help), `begin` and `end` (in the list of steps). A kind for
# which a sentence is not true has one of its own.
print_promise() {
  if declare -F kind_promise >/dev/null && kind_promise "$@"; then return 0; fi
  case "$1" in
    help) printf 'The set is restored aside and checked before anything live is touched, and what\nit replaces is kept. If a step fails, everything is put back as it was.\n' ;;
    begin) printf '  restore aside and check it\n' ;;
    end) printf '  check the result, and put everything back as it was if that fails\n' ;;
  esac
}

# Restore one set.
main() {
  parse_restore_arguments "$@"
  if ((LIST)); then
    # It writes nothing, like a dry run.
    DRY_RUN=1
    begin_run restore
    print_set_table "$FROM"
    [[ -z ${VERSIONS_PREFIX:-} || -n $FROM ]] || kind_list_versions
    return 0
  fi
  begin_run restore
  [[ -z $AT ]] || AT="$(parse_time "$AT")"
  ((DRY_RUN)) || on_exit close_run
  if [[ -n $DECISION ]]; then
    decide_pending
    return 0
  fi
  if [[ $INTO == live ]] && swap_pending; then
    ((DRY_RUN)) || acquire_lock "$ASSET"
    refuse_pending "$0"
  fi
  bring_set
  if is_version "$SET_NAME"; then
    bring_version
  elif is_place "$FROM"; then
    RUN_SET="$SET_NAME"
  else
    choose_set_name "$FROM" "$SET_NAME" "$AT"
    find_sound_copy "$RUN_SET" "$FROM"
    require_decodable "$SET_PATH"
  fi
  plan_replay
  measure_set "$SET_PATH"
  RUN_RAW_BYTES="$RAW_BYTES" RUN_STORED_BYTES="$STORED_BYTES"
  describe_restore
  if ((DRY_RUN)); then
    printf 'Nothing was changed.\n'
  elif [[ $INTO == live ]]; then
    confirm_restore
    restore_live
  else
    restore_into
  fi
}

# Read the command line.
parse_restore_arguments() {
  local taken
  LIST=0 DRY_RUN=0 ASSUME_YES=0 FORCE=0 RESTORE_CAVEAT='' AT='' SET_NAME='' FROM='' INTO=live ACCEPT_WEAKER=0 DECISION='' SET_CHOICE=''
  default_options
  split_arguments "$@"
  set -- ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
  while (($# > 0)); do
    taken=0
    { version_option "$@" && set_option "$@"; } || taken=$?
    if ((taken)); then
      shift "$taken"
      continue
    fi
    case "$1" in
      --list) LIST=1 ;;
      --into)
        option_value "$@"
        INTO="$2"
        shift
        ;;
      --dry-run) DRY_RUN=1 ;;
      --undo | --accept)
        [[ -z $DECISION || $DECISION == "${1#--}" ]] || die "$EX_USAGE" "--undo contradicts --accept" "${0##*/} --help tells what they do"
        DECISION="${1#--}"
        ;;
      --force)
        [[ -n ${FORCE_HELP:-} ]] || common_option "$1"
        # shellcheck disable=SC2034  # for the kind
        FORCE=1
        ;;
      --yes | -y) ASSUME_YES=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
  if [[ -n $DECISION && ($LIST == 1 || -n $SET_CHOICE$FROM || $INTO != live) ]]; then
    die "$EX_USAGE" "--$DECISION takes no set and no target: it is about the restore that was interrupted" "${0##*/} --$DECISION"
  fi
  [[ $INTO == live || $INTO == /* ]] || INTO="$PWD/$INTO"
}

# Take `--set PREFIX:ID`, a version that the asset's own storage keeps. The status says how many words were taken.
version_option() {
  if [[ $1 == --set ]] && is_version "${2:-}"; then
    choose_by "$1"
    SET_NAME="$2"
    return 2
  fi
  return 0
}

# Is this the name of such a version?
is_version() {
  [[ -n ${VERSIONS_PREFIX:-} && $1 == "${VERSIONS_PREFIX:-}":?* ]]
}

# Make a set of a version, below RUN_DIR, where it goes at the end of the run. Sets SET_PATH, SET_ORIGIN, RUN_SET and RUN_STORE.
bring_version() {
  [[ -z $FROM ]] || die "$EX_USAGE" "$SET_NAME is in no store" "leave out --from $FROM"
  WORK_DIR="$RUN_DIR/version"
  mkdir -- "$WORK_DIR"
  kind_bring_version "${SET_NAME#*:}"
  SET_PATH="$WORK_DIR"
  WORK_DIR="$RUN_DIR"
  check_set "$SET_PATH" || exit $?
  look_up "$SET_PATH" set
  RUN_SET="$VALUE" RUN_STORE="$SET_NAME"
  look_up "$SET_PATH" position.origin
  SET_ORIGIN="$VALUE"
}

# Say what will be done, before anything is.
describe_restore() {
  printf "Restore of '%s' (%s) on host %s\n" "$ASSET" "$KIND" "$HOST_ID"
  [[ -z $AT ]] || printf '  asked    how it was at %s\n' "$(both_times "$AT")"
  printf '  set      %s, %s\n' "$RUN_SET" "$(stamp_age "$RUN_SET")"
  printf '  from     %s (%s)\n' "${SET_ORIGIN:-$SET_PATH}" "$RUN_STORE"
  printf '  size     %s, %s unpacked\n' "$(human_bytes "$RUN_STORED_BYTES")" "$(human_bytes "$RUN_RAW_BYTES")"
  print_passed
  describe_replay
  if [[ $INTO != live ]]; then
    printf '  into     %s; nothing live is touched\n' "$INTO"
    return 0
  fi
  printf 'It will\n'
  ! is_place "$FROM" || printf '  fetch the set into %s\n' "${STORE_PATHS[0]}/$TYPE/$ASSET"
  print_promise begin "$SET_PATH"
  kind_describe_restore "$SET_PATH"
  print_promise end "$SET_PATH"
}

# A live restore needs a person who types the asset's name, or --yes.
confirm_restore() {
  local answer='' asked
  ((!ASSUME_YES)) || return 0
  [[ -t 0 && -t 2 ]] || die "$EX_USAGE" "a live restore must be confirmed, and there is no terminal" "add --yes, or look first with --dry-run"
  printf 'Type the name of the asset (%s) to go on%s: ' "$ASSET" "${RESTORE_CAVEAT:+, although $RESTORE_CAVEAT}" >&2
  read_clock
  asked="$NOW_MS"
  IFS= read -r answer || true
  # The time that a person thinks is not the time that a restore takes.
  read_clock
  STARTED_MS=$((STARTED_MS + NOW_MS - asked))
  [[ $answer == "$ASSET" ]] || die "$EX_USAGE" 'not confirmed: nothing was changed'
}

# Restore over the live asset.
restore_live() {
  local parent bytes="$RUN_RAW_BYTES"
  [[ $LOCK_HELD == 1 ]] || acquire_lock "$ASSET"
  refuse_pending "$0"
  # What is asked for may have gone while the question stood.
  MANIFEST_OF=''
  check_manifest "$SET_PATH" || exit $?
  run_hooks start
  # On a line of its own: a `die` inside an argument would end its subshell only.
  parent="$(kind_stage_parent)" || exit $?
  # A kind that stages in a pod or on another machine needs no room here.
  [[ -z ${STAGES_ELSEWHERE:-} ]] || bytes=0
  make_stage live "$parent" "$bytes"
  stage_set "$SET_PATH" "$STAGE_DIR"
  kind_stage_stop "$STAGE_DIR"
  begin_phase swap
  on_exit undo_failed_swap
  swap_begin
  end_log_chain
  guarded "$RESTORE_TIMEOUT" '' 'swapping it in' kind_swap "$SET_PATH" "$STAGE_DIR"
  swap_done
  end_phase
  begin_phase check
  guarded "$RESTORE_TIMEOUT" '' 'checking what is live' kind_check_live "$SET_PATH"
  end_phase
  swap_checked
  swap_commit
  report_restore
}

# After a failure: undo the swap, since this run knows that nobody has decided otherwise, and say plainly how things stand. What was
# checked when the run was interrupted stays. Does nothing once the swap was committed.
undo_failed_swap() {
  if ! swap_pending; then
    [[ -z $RESTORE_STATE ]] || forget_restore
    return 0
  fi
  if [[ $RESTORE_STATE == live ]]; then
    swap_commit
    log_info "the restore was interrupted when all was done: $ASSET is live and checked"
    return 0
  fi
  log_warn "the restore failed: putting everything back"
  if (swap_undo own); then
    log_info "$ASSET is as it was before the restore"
  else
    read_restore_note
    log_error "$ASSET could NOT be put back completely$(moved_so_far): $(pending_words)"
    log_line HINT "when the cause is mended, go on with it: $0 --undo"
  fi
}

# Where it stands what was moved, if anything was.
moved_so_far() {
  ! grep -e '^aside' -e '^place' "$STATE_DIR/$ASSET.swap" >/dev/null 2>&1 || printf '; the journal %s says what was moved' "$STATE_DIR/$ASSET.swap"
}

# Carry out what a person decided about an interrupted restore.
decide_pending() {
  ((DRY_RUN)) || acquire_lock "$ASSET"
  if ! swap_pending; then
    ((DRY_RUN)) || [[ -z $RESTORE_STATE ]] || forget_restore
    ((DRY_RUN)) || sweep_stages
    log_info "no interrupted restore of $ASSET is pending: nothing to $DECISION"
    return 0
  fi
  describe_decision
  if ((DRY_RUN)); then
    printf 'Nothing was changed.\n'
    return 0
  fi
  if [[ $DECISION == accept ]]; then
    refuse_incomplete
  elif [[ $RESTORE_STATE == live ]] && is_way_back_gone; then
    die "$EX_TEMPFAIL" "the interrupted restore of $ASSET cannot be undone any more: it was checked, and its way back ended with that; what was replaced is kept where the log says" "keep what is live: $0 --accept; then restore an older set"
  fi
  confirm_restore
  if [[ $DECISION == accept ]]; then accept_pending; else undo_pending; fi
}

# What is half-way cannot be kept as it is.
refuse_incomplete() {
  case "$RESTORE_STATE" in
    live | swapped) ;;
    *) die "$EX_TEMPFAIL" "the interrupted restore of $ASSET cannot be accepted: $(pending_words)" "go back to what was: $0 --undo" ;;
  esac
}

# Say what the decision does, before anything is done.
describe_decision() {
  local act from to
  printf "Restore of '%s' (%s) on host %s that was interrupted%s\n" "$ASSET" "$KIND" "$HOST_ID" "$(pending_since)"
  printf '  set      %s\n  now      %s\nIt will\n' "${RESTORE_SET/#-/unknown}" "$(pending_words)"
  if [[ $DECISION == accept ]]; then
    case "$RESTORE_STATE" in
      live) printf '  keep it, and end the journal of the restore\n' ;;
      swapped) printf '  check it, keep it, and end the journal of the restore\n' ;;
      *) printf '  refuse: this can only be undone\n' ;;
    esac
    return 0
  fi
  [[ $SERVICE_KIND == none ]] || printf '  stop %s\n' "$(service_label)"
  read_journal || exit $?
  for act in ${JOURNAL[@]+"${JOURNAL[@]}"}; do
    IFS=$'\t' read -r act from to _ <<<"$act"
    [[ $act == aside ]] || continue
    decode_path "$to" && to="$DECODED_PATH"
    decode_path "$from"
    [[ -e $to || -L $to ]] || continue
    [[ ! -e $DECODED_PATH && ! -L $DECODED_PATH ]] || printf '  move %s aside, under a name of its own\n' "$DECODED_PATH"
    printf '  put %s back as %s\n' "$to" "$DECODED_PATH"
  done
  ! declare -F kind_describe_undo >/dev/null || kind_describe_undo
  [[ $RESTORE_WAS != running ]] || printf '  start %s\n' "$(service_label)"
}

# Keep what is live: at once when it was checked, else when its check passes now.
accept_pending() {
  if [[ $RESTORE_STATE == swapped ]]; then
    RUN_SET="$RESTORE_SET"
    # The check compares with the set, under the stamp of the restore.
    STAMP="$RESTORE_STAMP"
    find_sound_copy "$RUN_SET" ''
    [[ ! -e $STATE_DIR/$ASSET.service ]] || (service_resume) || die "$EX_UNAVAILABLE" "what is live cannot be checked: $(service_label) does not start" "go back to what was: $0 --undo"
    begin_phase check
    attempt_to guarded "$RESTORE_TIMEOUT" '' 'checking what is live' kind_check_live "$SET_PATH"
    end_phase
    ((ATTEMPT_STATUS == 0)) || die "$(sysexit_of "$ATTEMPT_STATUS" "$EX_UNAVAILABLE")" "what is live was not accepted, its check did not pass; it stays as it is" "go back to what was: $0 --undo"
    note_restore live
  fi
  swap_commit
  sweep_stages
  log_info "the interrupted restore of $ASSET is accepted: what is live stays"
}

# Go back to what was live before the restore; what is live now is kept aside.
undo_pending() {
  local status=0
  (trap '' HUP INT TERM && FINISHING=1 && swap_undo later) || status=$?
  ((status == 0)) || die "$status" "the restore of $ASSET could not be undone completely$(moved_so_far)" "when the cause is mended, go on with it: $0 --undo"
  sweep_stages
  log_info "$ASSET is as it was before the restore"
}

# Restore into a directory of the operator's.
restore_into() {
  local entry
  INTO_EXISTED=0
  refuse_open_target "$INTO"
  if [[ -e $INTO ]]; then
    [[ -d $INTO ]] || die "$EX_USAGE" "$INTO is not a directory"
    for entry in "$INTO"/* "$INTO"/.[!.]* "$INTO"/..?*; do
      [[ ! -e $entry && ! -L $entry ]] || die "$EX_USAGE" "$INTO is not empty" "give a directory that is empty or not there"
    done
    INTO_EXISTED=1
  else
    mkdir -p -- "$INTO" || die "$EX_CANTCREAT" "cannot make $INTO"
  fi
  run_hooks start
  on_exit empty_failed_target
  require_space "$INTO" $((RUN_RAW_BYTES + RESERVE_BYTES))
  stage_set "$SET_PATH" "$INTO"
  kind_stage_stop "$INTO"
  log_info "restored $RUN_SET into $INTO: $(kind_stage_summary "$INTO")"
  read_clock
  log_info "$(describe_phases stage verify), total $(human_ms $((NOW_MS - STARTED_MS)))"
}

# Somebody else who may write in a directory, or rename one above it, could read what is restored, or have it written elsewhere. A sticky
# directory such as /tmp lets nobody rename what is another's.
refuse_open_target() {
  local path mode owner last
  path="$(existing_parent "$1")"
  path="$(cd -- "$path" && pwd -P)" || die "$EX_NOPERM" "cannot look into $(existing_parent "$1")"
  last="$path"
  while :; do
    owner="$(file_owner "$path")" mode="$(file_mode "$path")"
    [[ ${owner%%:*} == 0 || ${owner%%:*} == "$EUID" ]] || die "$EX_NOPERM" "$path belongs to another user (${owner%%:*}), who could change or read what is restored there" 'give --into a directory that is yours'
    if writable_by_others "$mode" "${owner##*:}" && { [[ $path == "$last" && -d $1 ]] || [[ ! -k $path ]]; }; then
      die "$EX_NOPERM" "others may write in $path, and could change or read what is restored there" "chmod go-w it, or give --into another directory"
    fi
    [[ $path != / ]] || return 0
    path="${path%/*}"
    path="${path:-/}"
  done
}

# May others write where the mode is MODE and the group is GROUP? One's own group, and root's, are not others.
writable_by_others() {
  local mode="$1" group="$2"
  ((mode % 10 & 2)) && return 0
  ((mode / 10 % 10 & 2)) && [[ $group != 0 && $group != "$(id -g)" ]]
}

# A restore into a directory that failed leaves nothing in it.
empty_failed_target() {
  (kind_stage_stop "$INTO") || true
  ((EXIT_STATUS != 0)) || return 0
  if ((INTO_EXISTED)); then
    rm -rf -- "${INTO:?}"/* "$INTO"/.[!.]* "$INTO"/..?*
  else
    rm -rf -- "$INTO"
  fi
}

# Say how long it took, against the target.
report_restore() {
  local total
  read_clock
  total=$((NOW_MS - STARTED_MS))
  log_info "restored $RUN_SET of $(human_stamp "$RUN_SET"): $ASSET is live"
  log_info "$(describe_phases stage verify swap check)"
  log_info "total $(human_ms "$total"), $(describe_rto "$total")"
}
