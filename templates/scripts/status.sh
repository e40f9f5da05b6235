# The role of status.sh: what this host's assets have to show, against what the plan promises.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--json]

Show the newest good backup set of each asset of host $HOST_ID in each store
that it fills, its age against the RPO, and the next run. Reads only; what is in
a store elsewhere is what was last sent there.

Options:
  --json            the same as one JSON object
  --help            this text
  --version         versions of lifeboat and of the plan

Exit codes:
  0   every asset has a set that is young enough
  75  an asset is in any other state than OK
  64  wrong usage

The age of an asset whose log is archived is that of the newest archived change.

States:
  OK      young enough            LATE    older than the RPO
  NONE    no good set             BROKEN  a restore was interrupted: decide, with
                                          --undo or --accept of its script
  AWAY    the store is not there  CLOCK   a set is later than now: the clock of
                                          this host, or of its maker, is wrong
HELP
}

# Show every asset.
main() {
  local i json=0
  default_options
  split_arguments "$@"
  set -- ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
  while (($# > 0)); do
    case "$1" in
      --json) json=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
  LOG_TAG=status
  prepare_shell
  NOW="$(date +%s)" BAD=0 ROWS='' NOTES=''
  for ((i = 0; i < ${#STATUS_ASSETS[@]}; i++)); do
    look_at_asset "$i"
    if ((json)); then
      ROWS+="${ROWS:+,}$(print_json_row "$i")"
    else
      ROWS+="$(print_text_row "$i")"$'\n'
    fi
  done
  if ((json)); then
    printf '{"time":%s,"plan":%s,"host":%s,"ok":%s,"assets":[%s]}\n' "$(json_string "$(date -u +%Y-%m-%dT%H:%M:%SZ)")" \
      "$(json_string "$PLAN")" "$(json_string "$HOST_ID")" "$( ((BAD)) && printf false || printf true)" "$ROWS"
  else
    print_text_row - ASSET STORE 'LAST GOOD SET' AGE RPO STATE SIZE 'NEXT RUN'
    printf '%s%s' "$ROWS" "$NOTES"
    print_pending
  fi
  ((BAD == 0)) || exit "$EX_TEMPFAIL"
}

# Judge one asset in one store: sets LAST_SET, AGE, SIZE, VERDICT, NEXT, and adds to NOTES.
look_at_asset() {
  local i="$1" rpo state
  rpo="${STATUS_RPOS[i]}" state="$STATE_DIR/${STATUS_ASSETS[i]}"
  LAST_SET='' AGE=0 SIZE=0 VERDICT=NONE NEXT=''
  if [[ -z ${STATUS_PATHS[i]} ]]; then
    look_at_sent "$state.${STATUS_STORES[i]}.sent"
  else
    find_store_fault "${STATUS_PATHS[i]}"
    if [[ -n $STORE_FAULT ]]; then
      VERDICT=AWAY
      NOTES+="${STATUS_STORES[i]}: ${STATUS_PATHS[i]} $STORE_FAULT"$'\n'
    else
      look_at_store "$i"
    fi
  fi
  log_debug "${STATUS_ASSETS[i]}: newest good set ${LAST_SET:-none}"
  if [[ -n $LAST_SET ]]; then
    ARCHIVED="$LAST_SET"
    if [[ ${STATUS_LOGS[i]} != 0 ]]; then find_archived "$state" "${STATUS_PATHS[i]}/${STATUS_TYPES[i]}/${STATUS_ASSETS[i]}-log"; fi
    AGE=$((NOW - $(stamp_to_epoch "$ARCHIVED")))
    if ((AGE < 0)); then AGE=0; fi
    [[ $VERDICT == CLOCK ]] || VERDICT=OK
    if ((rpo > 0 && AGE > rpo)); then VERDICT=LATE; fi
  fi
  RESTORE_OF="${STATUS_ASSETS[i]}"
  if swap_pending; then VERDICT=BROKEN; fi
  [[ -z ${STATUS_FIELDS[i]} ]] || NEXT="$(next_firing "${STATUS_FIELDS[i]}")" || NEXT=''
  [[ $VERDICT == OK ]] || BAD=1
}

# What was last sent to a store elsewhere, as the script that sends it noted.
look_at_sent() {
  LAST_SET="$(read_note "$1")"
  [[ -n $LAST_SET ]] || return 0
  read -r _ SIZE <"$1" || true
  is_count "$SIZE" || SIZE=0
}

# The newest good set of a directory, and what else is in it that has a set's name.
look_at_store() {
  local i="$1" base name state stored others=''
  # shellcheck disable=SC2034  # for the reader of MANIFESTs, which takes what is weaker than the plan for no good set
  local READER_CIPHER="${STATUS_CIPHERS[i]}" READER_SIGNED="${STATUS_SIGNED[i]}"
  base="${STATUS_PATHS[i]}/${STATUS_TYPES[i]}/${STATUS_ASSETS[i]}"
  while read -r name state stored _; do
    case "$state" in
      ok)
        LAST_SET="$name" SIZE="$stored"
        continue
        ;;
      future) VERDICT=CLOCK ;;
    esac
    others+="  $name in ${STATUS_STORES[i]}: $(explain_state "$base/$name" "$state")"$'\n'
  done < <(survey_series "$base")
  [[ -z $others ]] || NOTES+="${STATUS_ASSETS[i]}: not counted"$'\n'"$(tail -n 5 <<<"${others%$'\n'}")"$'\n'
  note_leftovers "$base" "${STATUS_ASSETS[i]}"
}

# Say what runs that did not end have left in a store: the next run there clears it away.
note_leftovers() {
  local path
  for path in "$1"/.partial-* "$1"/.arriving-* "$1"/.expired-*; do
    [[ ! -d $path ]] || NOTES+="$2: leftover $path"$'\n'
  done
}

# Find how far the data of an asset with a log is safe, into ARCHIVED: the last look at a log that held nothing new, else
# the end of the newest set of the log; the newest full set when that is younger, or when the log was broken off.
find_archived() {
  local state="$1" base="$2" name verdict until stamp=''
  [[ ! -e $state.new-chain ]] || return 0
  while read -r name verdict _ _ _ _ until; do
    if [[ $verdict == ok && $until != - ]]; then stamp="$until"; fi
  done < <(survey_series "$base")
  [[ ! $stamp > $ARCHIVED ]] || ARCHIVED="$stamp"
  stamp="$(read_note "$state.archived")"
  [[ ! $stamp > $ARCHIVED ]] || ARCHIVED="$stamp"
}

# One row of the table: of an asset, or with `-` of the given words.
print_text_row() {
  local i="$1" age='-' rpo='-' size='-' next='-'
  if [[ $i != - ]]; then
    if [[ -n $LAST_SET ]]; then
      age="$(short_seconds "$AGE")"
      size="$(human_bytes "$SIZE")"
    fi
    ((STATUS_RPOS[i] == 0)) || rpo="$(short_seconds "${STATUS_RPOS[i]}")"
    [[ -z $NEXT ]] || next="$(human_minute "$NEXT")" next="${next#*-}"
    set -- - "${STATUS_ASSETS[i]}" "${STATUS_STORES[i]}" "${LAST_SET:--}" "$age" "$rpo" "$VERDICT" "$size" "$next"
  fi
  printf '%-12s %-8s %-16s %6s %6s %-6s %8s %s\n' "${@:2}"
}

# Below the table: what each interrupted restore has left, and the commands of the two ways out.
print_pending() {
  local said=' '
  for RESTORE_OF in "${STATUS_ASSETS[@]}"; do
    if [[ $said == *" $RESTORE_OF "* ]] || ! swap_pending; then continue; fi
    said+="$RESTORE_OF "
    printf '\n%s: a restore was interrupted%s: %s\n  go back to what was    %s --undo\n  keep what is live now  %s --accept\n' \
      "$RESTORE_OF" "$(pending_since)" "$(pending_words)" "${0%/*}/restore-$RESTORE_OF.sh" "${0%/*}/restore-$RESTORE_OF.sh"
  done
}

# An interrupted restore as JSON, or null.
print_json_pending() {
  if ! swap_pending; then
    printf 'null\n'
    return 0
  fi
  printf '{"state":"%s","begun":%s,"undo":%s,"accept":%s}\n' "$RESTORE_STATE" "$(json_string "$RESTORE_STAMP")" \
    "$(json_string "${0%/*}/restore-$RESTORE_OF.sh --undo")" "$(json_string "${0%/*}/restore-$RESTORE_OF.sh --accept")"
}

# One asset as JSON; times are UTC, sizes bytes, ages seconds.
print_json_row() {
  local i="$1" age="$AGE" last safe=null
  last="$(json_string "$LAST_SET")"
  if [[ -z $LAST_SET ]]; then last=null age=null; else safe="$(json_string "$ARCHIVED")"; fi
  printf '{"asset":%s,"kind":%s,"store":%s,"set":%s,"age_seconds":%s,"safe_until":%s,"rpo_seconds":%d,"verdict":"%s","stored_bytes":%d,"next_run_local":%s,"pending_restore":%s}' \
    "$(json_string "${STATUS_ASSETS[i]}")" "$(json_string "${STATUS_KINDS[i]}")" "$(json_string "${STATUS_STORES[i]}")" "$last" "$age" "$safe" "${STATUS_RPOS[i]}" "$VERDICT" "$SIZE" \
    "$([[ -n $NEXT ]] && json_string "$(human_minute "$NEXT")" || printf null)" "$(print_json_pending)"
}
