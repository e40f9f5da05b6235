# The role of pull-<asset>.sh: fetch the sets that another host has and this one lacks.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--dry-run] [--accept-weaker] [--verbose | --quiet]

Fetch backup sets of '$ASSET' ($KIND) to host $HOST_ID.
Only published sets are taken, and only such as this store's own retention
would keep. A transfer that broke off goes on where it stopped. Sets that
vanish at the source stay here.

Options:
  --dry-run         say what would be fetched, change nothing
  --accept-weaker   also take sets that are less protected than the plan asks
                    for, from before it did
$(print_common_help)

Examples:
  ${0##*/} --dry-run
  ${0##*/} --verbose
HELP
}

# Fetch what is new.
main() {
  parse_copy_arguments "$@"
  begin_run pull
  if ((!DRY_RUN)); then
    on_exit close_run
    acquire_lock "$ASSET"
    run_hooks start
  fi
  require_store "${STORE_PATHS[0]}"
  REFUSED=0
  find_series "${STORE_PATHS[0]}"
  ((DRY_RUN)) || sweep_leftovers "$SERIES_DIR"
  pull_from_all
  ((LOG_SECONDS == 0)) || in_log pull_from_all
  ((!DRY_RUN)) || return 0
  apply_retention "${STORE_PATHS[0]}"
  trim_log "${STORE_PATHS[0]}"
  report_newest
  ((REFUSED == 0)) || die "$REFUSED" "not all sets of the source were taken" "the lines above say why; what is here stays"
}

# Fetch a series from each source in turn. One that cannot be reached does not keep the others from being asked.
pull_from_all() {
  local source status=0 reached=0
  survey_store "${STORE_PATHS[0]}" >"$RUN_DIR/here"
  for source in "${SOURCE_IDS[@]}"; do
    place_use "$source"
    attempt_to guarded "$COPY_LIST_TIMEOUT" '' "listing $source" place_names "$RUN_DIR/there"
    if ((ATTEMPT_STATUS != 0)); then
      status="$ATTEMPT_STATUS"
      log_warn "cannot list the sets in $(place_label)"
      continue
    fi
    reached=1
    pull_from_one
  done
  ((reached)) || die "$(sysexit_of "$status" "$EX_UNAVAILABLE")" "no source of $ASSET could be reached" "the sets that are here stay; the next run takes what is missing"
}

# Fetch what one source has more.
pull_from_one() {
  local name missing base unread=0
  base="${STORE_PATHS[0]}/$TYPE/${SERIES:-$ASSET}"
  if [[ -z ${SERIES:-} ]]; then
    missing="$(missing_sets "$RUN_DIR/here" "$RUN_DIR/there" '')" || {
      log_error "cannot tell what $base lacks"
      return "$EX_IO"
    }
  else
    missing="$(missing_log_sets "$(oldest_full)" "$RUN_DIR/here" "$RUN_DIR/there")" || {
      log_error "cannot tell what $base lacks"
      return "$EX_IO"
    }
    ((DRY_RUN)) || fetch_archived_note
  fi
  for name in $missing; do
    if ((DRY_RUN)); then
      printf 'would fetch %s from %s\n' "$name" "$(place_label)"
      continue
    fi
    begin_phase fetch
    attempt_to guarded "$CAPTURE_TIMEOUT" "${STORE_PATHS[0]}" "fetching $name" fetch_set "$name" "$base"
    end_phase
    # One that is damaged, forged or weaker does not keep the others from being fetched; a broken connection would.
    case "$ATTEMPT_STATUS" in
      0) ;;
      "$EX_DATA" | "$EX_NOPERM")
        REFUSED="$ATTEMPT_STATUS"
        log_warn "the set $name of $(place_label) is not taken"
        continue
        ;;
      "$EX_UNAVAILABLE")
        # It may have gone since it was listed; a second one says that the connection is broken.
        ((!unread)) || exit "$ATTEMPT_STATUS"
        unread=1 REFUSED="$ATTEMPT_STATUS"
        log_warn "the set $name of $(place_label) could not be fetched"
        continue
        ;;
      *) exit "$ATTEMPT_STATUS" ;;
    esac
    printf '%s ok\n' "$name" >>"$RUN_DIR/here"
    RUN_SET="$name" RUN_STORE="${STORE_IDS[0]}"
    measure_set "$base/$name" || exit $?
    RUN_STORED_BYTES="$STORED_BYTES"
    log_info "fetched ${SERIES:+log }$name from $(place_label): $(human_bytes "$RUN_STORED_BYTES") in $(human_ms "$PHASE_MS")"
  done
  if [[ -z $missing ]]; then
    if ((DRY_RUN)); then printf 'nothing new in %s\n' "$(place_label)"; else log_debug "nothing new in $(place_label)"; fi
  fi
}

# Print the name of the oldest full set here: a log that ends before it brings nothing forward.
oldest_full() {
  local SERIES='' set=''
  IFS= read -r set < <(list_good_sets "${STORE_PATHS[0]}") || true
  printf '%s\n' "${set##*/}"
}

# Fetch what the source notes of its log: up to when it was looked at, also when it held nothing new.
fetch_archived_note() {
  local note="$STATE_DIR/$ASSET.archived"
  if "${PLACE_DRIVER}_get" "$ASSET-log" . .archived 0 2>/dev/null | head -c 64 >"$note.new" && [[ -n $(read_note "$note.new") ]]; then
    mv -f -- "$note.new" "$note"
    mkdir -p -- "${STORE_PATHS[0]}/$TYPE/$ASSET-log"
    cat -- "$note" >"${STORE_PATHS[0]}/$TYPE/$ASSET-log/.archived"
  else
    rm -f -- "$note.new"
  fi
}

# A source that makes no more sets is noticed here too, on another host than the one that fell silent.
report_newest() {
  local newest age note="$STATE_DIR/$ASSET.archived" archived
  newest="$(newest_set "${STORE_PATHS[0]}")"
  newest="${newest##*/}"
  [[ -n $newest ]] || die "$EX_DATA" "there is no backup of $ASSET yet, here or at its source" "look at backup-$ASSET.sh there"
  archived="$( ((LOG_SECONDS == 0)) || read_note "$note")"
  if [[ $archived > $newest ]]; then newest="$archived"; fi
  age=$(($(date +%s) - $(stamp_to_epoch "$newest")))
  if ((RPO_SECONDS > 0 && age > RPO_SECONDS)); then
    die "$EX_TEMPFAIL" "the newest data of $ASSET here is $(human_seconds "$age") old, beyond the RPO of $(human_seconds "$RPO_SECONDS"): its source makes no more" "look at backup-$ASSET.sh there"
  fi
  log_info "the data is of $newest, $(human_seconds "$age") old; done in $(human_ms $(($(now_ms) - STARTED_MS)))"
}

# Read the command line.
parse_copy_arguments() {
  DRY_RUN=0 ACCEPT_WEAKER=0
  default_options
  split_arguments "$@"
  set -- ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
  while (($# > 0)); do
    case "$1" in
      --dry-run) DRY_RUN=1 ;;
      --accept-weaker)
        # shellcheck disable=SC2034  # for survey.sh and authenticity.sh
        ACCEPT_WEAKER=1
        ;;
      *) common_option "$1" ;;
    esac
    shift
  done
}
