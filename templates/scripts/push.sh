# The role of push-<asset>.sh: send the sets of this host to the stores that lack them.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--to STORE]… [--dry-run] [--verbose | --quiet]

Send backup sets of '$ASSET' ($KIND) from host $HOST_ID to
  ${PUSH_IDS[*]}
Payloads go first, the MANIFEST last: a set that is half there does not exist.
Each store has a retention of its own; a set that vanishes here stays there.

Options:
  --to STORE        only to this store; may be given more than once
  --dry-run         say what would be sent, change nothing
$(print_common_help)

Examples:
  ${0##*/} --dry-run
  ${0##*/} --to ${PUSH_IDS[0]} --verbose
HELP
}

# Send what is new.
main() {
  local store failed=0
  parse_push_arguments "$@"
  begin_run push
  if ((!DRY_RUN)); then
    on_exit close_run
    acquire_lock "$ASSET.push"
    run_hooks start
  fi
  require_store "${STORE_PATHS[0]}"
  for store in "${TARGETS[@]}"; do
    place_use "$store"
    attempt_to push_to_one
    if ((ATTEMPT_STATUS == 0 && LOG_SECONDS > 0)); then attempt_to in_log push_log; fi
    ((ATTEMPT_STATUS == 0)) || failed="$ATTEMPT_STATUS"
  done
  ((failed == 0)) || exit "$(sysexit_of "$failed" "$EX_UNAVAILABLE")"
  ((DRY_RUN)) || log_info "done in $(human_ms $(($(now_ms) - STARTED_MS)))"
}

# Send to one store what it lacks, then thin it out. One that fails does not keep the next from its copy.
push_to_one() {
  local name missing keep
  keep="$(place_keep)"
  survey_store "${STORE_PATHS[0]}" >"$RUN_DIR/here" || return $?
  attempt_to guarded "$COPY_LIST_TIMEOUT" '' "listing $PLACE_ID" look_at_store
  if ((ATTEMPT_STATUS != 0)); then
    log_error "cannot send to $PLACE_ID ($(place_label))"
    return "$ATTEMPT_STATUS"
  fi
  missing="$(missing_sets "$RUN_DIR/there" "$RUN_DIR/here" "$keep")" || {
    log_error "cannot tell what $PLACE_ID lacks"
    return "$EX_IO"
  }
  for name in $missing; do
    if ((DRY_RUN)); then
      printf 'would send %s to %s (%s)\n' "$name" "$PLACE_ID" "$(place_label)"
      continue
    fi
    # What retention has removed here meanwhile is not missed there.
    [[ -d ${STORE_PATHS[0]}/$TYPE/$ASSET/$name ]] || continue
    send_one "$name" || return $?
    printf '%s ok\n' "$name" >>"$RUN_DIR/there"
  done
  if ((DRY_RUN)); then
    [[ -n $missing ]] || printf 'nothing new for %s (%s)\n' "$PLACE_ID" "$(place_label)"
    return 0
  fi
  note_newest
  thin_out "$keep"
  tell_unreadable "$RUN_DIR/here" "${STORE_PATHS[0]}"
}

# Send the log to the store that has the full sets now, and remove there what ends before the oldest of them.
push_log() {
  local name oldest missing
  oldest="$(sort "$RUN_DIR/there" | awk 'NR == 1 { print $1 }')"
  [[ -n $oldest ]] || return 0
  attempt_to guarded "$COPY_LIST_TIMEOUT" '' "listing $PLACE_ID" place_names "$RUN_DIR/there"
  ((ATTEMPT_STATUS == 0)) || return "$ATTEMPT_STATUS"
  survey_store "${STORE_PATHS[0]}" >"$RUN_DIR/here" || return $?
  missing="$(missing_log_sets "$oldest" "$RUN_DIR/there" "$RUN_DIR/here")" || {
    log_error "cannot tell what $PLACE_ID lacks of the log"
    return "$EX_IO"
  }
  for name in $missing; do
    if ((DRY_RUN)); then
      printf 'would send log %s to %s (%s)\n' "$name" "$PLACE_ID" "$(place_label)"
    else
      send_one "$name" || return $?
    fi
  done
  ((!DRY_RUN)) || return 0
  name="$(read_note "$STATE_DIR/$ASSET.archived")"
  [[ -z $name ]] || note_sent "$name"
  while read -r name _; do
    [[ $name < $oldest ]] || continue
    remove_there "$name"
  done <"$RUN_DIR/there"
}

# Is the store as the plan says, and what does it hold?
look_at_store() {
  "${PLACE_DRIVER}_ready"
  place_names "$RUN_DIR/there"
}

# Send one set.
send_one() {
  local set status
  find_series "${STORE_PATHS[0]}"
  set="$SERIES_DIR/$1"
  begin_phase "send.$PLACE_ID"
  attempt_to guarded "$CAPTURE_TIMEOUT" '' "sending $1 to $PLACE_ID" send_set "$set"
  status="$ATTEMPT_STATUS"
  end_phase
  if ((status != 0)); then
    log_error "the set $1 could not be sent to $PLACE_ID ($(place_label))"
    return "$status"
  fi
  measure_set "$set" || return $?
  RUN_SET="$1" RUN_STORE="$PLACE_ID" RUN_STORED_BYTES="$STORED_BYTES"
  log_info "sent ${SERIES:+log }$1 to $PLACE_ID: $(human_bytes "$RUN_STORED_BYTES") in $(human_ms "$PHASE_MS")"
}

# Note what the store has now: status.sh shows it without asking the network.
note_newest() {
  local newest
  newest="$(awk '$2 == "ok" { print $1 }' "$RUN_DIR/there" | sort | tail -n 1)"
  [[ -z $newest ]] || note_sent "$newest"
}

# Note up to when the data is in the store, unless it is known to be newer.
note_sent() {
  local file="$STATE_DIR/$ASSET.$PLACE_ID.sent" known='' bytes=0
  [[ ! -s $file ]] || read -r known bytes <"$file" || true
  is_count "$bytes" || bytes=0
  is_stamp "$known" || known=''
  [[ ! $1 > $known ]] || printf '%s %s\n' "$1" "${RUN_STORED_BYTES:-$bytes}" >"$file"
}

# Remove what the store's own retention does not keep. Locked objects stay until their lock ends.
thin_out() {
  local name
  while IFS= read -r name; do
    remove_there "$name"
  done < <(select_expired "$1" <"$RUN_DIR/there")
}

# Remove a set from the store. What cannot be removed is no failure of the sending.
remove_there() {
  local name="$1" locked
  locked="$(place_setting lock_seconds)"
  if [[ -n $locked ]] && (($(date +%s) - $(stamp_to_epoch "$name") < locked)); then return 0; fi
  attempt_to guarded "$COPY_LIST_TIMEOUT" '' "removing $name from $PLACE_ID" "${PLACE_DRIVER}_remove" "${SERIES:-$ASSET}" "$name"
  if ((ATTEMPT_STATUS == 0)); then
    log_info "removed the expired set $name from $PLACE_ID"
  else
    log_warn "cannot remove the expired set $name from $PLACE_ID"
  fi
}

# Read the command line.
parse_push_arguments() {
  DRY_RUN=0 TARGETS=()
  default_options
  split_arguments "$@"
  set -- ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
  while (($# > 0)); do
    case "$1" in
      --dry-run) DRY_RUN=1 ;;
      --to)
        option_value "$@"
        is_one_of "$2" "${PUSH_IDS[@]}" || die "$EX_USAGE" "this script does not send to '$2'" "it sends to: ${PUSH_IDS[*]}"
        TARGETS+=("$2")
        shift
        ;;
      *) common_option "$1" ;;
    esac
    shift
  done
  ((${#TARGETS[@]} > 0)) || TARGETS=("${PUSH_IDS[@]}")
}
