# The log of an asset: a second series of sets, <store>/<type>/<asset>-log/<stamp>/, that leads from a full set to any later
# moment. Each of its sets says with position.follows where the one before it ended; one that follows nothing begins a
# chain, at a full set. Only kinds with a log have any of it: LOG_SECONDS is 0 for all others.

# Run a command whose functions on sets look at the series of the log.
in_log() {
  # shellcheck disable=SC2034  # the functions on sets see it: a local of their caller
  local SERIES="$ASSET-log"
  "$@"
}

# Print the sets of the log as `name until`, oldest first, whichever store of this host has them.
list_log() {
  local path name state until
  for path in "${STORE_PATHS[@]}"; do
    while read -r name state _ _ _ _ until; do
      if is_good_state "$state" && [[ $until != - ]]; then printf '%s %s\n' "$name" "$until"; fi
    done < <(in_log survey_store "$path")
  done | sort -u
}

# Choose what is replayed onto the set at SET_PATH: the sets of the log that lead to the time asked for, or to the end of the
# log, a path a line in $RUN_DIR/replay. Sets REPLAY_UNTIL (empty: to the end) and LOG_END (empty: nothing is replayed).
plan_replay() {
  local full="$SET_PATH" name until ends=''
  REPLAY_UNTIL="$AT" LOG_END=''
  ((LOG_SECONDS > 0)) && [[ $SET_CHOICE != --set ]] || return 0
  : >"$RUN_DIR/replay"
  while read -r name until; do
    [[ ! $until < ${full##*/} ]] || continue
    choose_log_set "$full" "$name" "$ends"
    [[ -n $LOG_SET ]] || continue
    printf '%s\n' "$LOG_SET" >>"$RUN_DIR/replay"
    look_up "$LOG_SET" position.ends
    ends="$VALUE" LOG_END="$until"
    [[ -z $REPLAY_UNTIL || $LOG_END < $REPLAY_UNTIL ]] || break
  done < <(list_log)
  warn_of_short_log "$full"
}

# Find a sound copy of a set of the log if it goes on where the chosen ones end, into LOG_SET; else LOG_SET is empty. One that
# goes on from elsewhere leaves a gap, over which nothing must be replayed.
choose_log_set() {
  local full="$1" name="$2" ends="$3" follows SET_PATH RUN_STORE CHECKED_SET
  in_log find_sound_copy "$name" ''
  LOG_SET=''
  look_up "$SET_PATH" position.follows
  follows="$VALUE"
  if [[ -z $ends ]]; then
    if ! kind_log_covers "$full" "$SET_PATH"; then
      # Closed before the full set stood where it stands: the next one may hold its position.
      [[ $(manifest_get "$SET_PATH" position.until_time) > $(manifest_get "$full" finished) ]] || return 0
      die "$EX_DATA" "the log has a gap: no set of it goes on from the full set ${full##*/}" "--set ${full##*/} restores that set alone"
    fi
  elif [[ $follows != "$ends" ]]; then
    die "$EX_DATA" "the log has a gap before $name: it was archived up to $(human_stamp "$LOG_END"), and what comes next is missing" "--at '${LOG_END}' restores to the end of what is there, --set ${full##*/} that set alone"
  fi
  require_decodable "$SET_PATH"
  LOG_SET="$SET_PATH"
}

# Say loudly when the log does not reach what was asked for. A log that was looked at later and held nothing new does.
warn_of_short_log() {
  local reached="${LOG_END:-${1##*/}}" seen=''
  seen="$(read_note "$STATE_DIR/$ASSET.archived")"
  if [[ -e $STATE_DIR/$ASSET.new-chain ]]; then seen=''; fi
  if [[ -n $REPLAY_UNTIL && $reached < $REPLAY_UNTIL && ! ($seen > $REPLAY_UNTIL || $seen == "$REPLAY_UNTIL") ]]; then
    log_warn "NOTHING is archived after $(human_stamp "$reached"): what happened from then to $(human_stamp "$REPLAY_UNTIL") will be MISSING. If the source still answers, run archive-$ASSET.sh first"
  fi
}

# Say what of the log is replayed.
describe_replay() {
  ((LOG_SECONDS > 0)) || return 0
  if [[ $SET_CHOICE == --set ]]; then
    printf '  log      not replayed: exactly this set was asked for\n'
  elif [[ -z $LOG_END ]]; then
    printf '  log      nothing is archived after this set\n'
  elif [[ -n $REPLAY_UNTIL && ! $REPLAY_UNTIL > $LOG_END ]]; then
    printf '  log      replayed up to %s, what began in that second or later left out\n' "$(human_stamp "$REPLAY_UNTIL")"
  else
    printf '  log      replayed to its end, %s\n' "$(human_stamp "$LOG_END")"
  fi
}

# What --help says of the log.
print_log_help() {
  ((LOG_SECONDS > 0)) || return 0
  cat <<HELP

The log of '$ASSET' is archived every $(human_seconds "$LOG_SECONDS"). --latest replays all of it, --at what began
before that second, --set nothing.
HELP
}

# A live restore ends the chain: what the source logs from now on does not go on from what was archived. The next full backup
# begins another one. What an earlier restore noted here stays on the second line, for an undo.
end_log_chain() {
  local file="$STATE_DIR/$ASSET.new-chain" before=''
  ((LOG_SECONDS > 0)) || return 0
  [[ ! -s $file ]] || IFS= read -r before <"$file" || true
  { printf '%s\n%s\n' "$STAMP" "$before" >"$file.new" && mv -f -- "$file.new" "$file"; } || die "$EX_IO" "cannot write in $STATE_DIR"
  sync_paths "$file"
}

# The inverse, for the restore of that stamp, which was undone: the chain is what it was before, ended by an earlier restore or not.
resume_log_chain() {
  local file="$STATE_DIR/$ASSET.new-chain" since='' before=''
  [[ -s $file ]] || return 0
  { IFS= read -r since && IFS= read -r before; } <"$file" || true
  [[ -n $since && $since == "$1" ]] || return 0
  if is_stamp "$before"; then
    { printf '%s\n' "$before" >"$file.new" && mv -f -- "$file.new" "$file"; } || log_warn "cannot write $file"
  else
    rm -f -- "$file"
  fi
}

# Remove the sets of the log that end before the oldest full set of a store: nothing there can be brought forward with them.
trim_log() {
  local store="$1" oldest='' name state until
  ((LOG_SECONDS > 0)) && [[ -z ${WRONG_CLOCK:-} ]] || return 0
  IFS= read -r oldest < <(list_sets "$store") || return 0
  [[ -n $oldest ]] || return 0
  oldest="${oldest##*/}"
  in_log survey_store "$store" >"$RUN_DIR/log.survey" || die "$EX_IO" "cannot list the log in $store"
  while read -r name state _ _ _ _ until; do
    [[ $until != - && $until < $oldest ]] || continue
    in_log remove_set "$store/$TYPE/$ASSET-log" "$name" || continue
    log_info "removed the log $name from $store: it ends before the oldest full set"
  done <"$RUN_DIR/log.survey"
  log_debug "the log in $store begins at $oldest"
}
