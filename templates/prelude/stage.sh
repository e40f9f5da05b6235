# Restoring aside: a private directory that is gone again at the end, whatever the end is.

# Make a stage below a parent: sets STAGE_DIR. Its purpose, `live` or `scratch`, is part of its name. First clears away the
# stages of runs that were killed.
make_stage() {
  local purpose="$1" parent="${2%/}" bytes="$3" dir
  parent="${parent:-/}"
  [[ -d $parent ]] || mkdir -p -- "$parent" || die "$EX_CANTCREAT" "cannot make $parent"
  sweep_stages
  for dir in "${parent%/}/.lifeboat-$purpose-$ASSET-"*; do sweep_stage "$dir"; done
  require_space "$parent" $((bytes + RESERVE_BYTES))
  STAGE_DIR="${parent%/}/.lifeboat-$purpose-$ASSET-$$"
  on_exit remove_stage
  [[ $purpose != live ]] || note_stage "$STAGE_DIR"
  mkdir -- "$STAGE_DIR" || die "$EX_CANTCREAT" "cannot write in $parent"
}

# Note where a live stage is about to be: whoever finds it without its run knows whose it was.
note_stage() {
  encode_path "$1"
  printf '%s\n' "$ENCODED_PATH" >>"$STATE_DIR/$ASSET.stages" || die "$EX_IO" "cannot write $STATE_DIR/$ASSET.stages"
}

# Clear away the noted live stages of runs that were killed, wherever they lie.
sweep_stages() {
  local dir left=''
  [[ -s $STATE_DIR/$ASSET.stages ]] && ! swap_pending || return 0
  while IFS= read -r dir; do
    decode_path "$dir"
    sweep_stage "$DECODED_PATH"
  done <"$STATE_DIR/$ASSET.stages"
  while IFS= read -r dir; do
    encode_path "$dir"
    left+="$ENCODED_PATH"$'\n'
  done < <(left_stages)
  if [[ -z $left ]]; then
    rm -f -- "$STATE_DIR/$ASSET.stages"
  else
    printf '%s' "$left" >"$STATE_DIR/$ASSET.stages.new"
    mv -f -- "$STATE_DIR/$ASSET.stages.new" "$STATE_DIR/$ASSET.stages"
  fi
}

# Clear away a stage whose run is gone. One whose restore is pending may be needed to undo it.
sweep_stage() {
  local dir="$1" pid="${1##*-}"
  [[ ${dir##*/} == .lifeboat-*-"$ASSET"-* && -d $dir && $pid =~ ^[0-9]+$ ]] || return 0
  if kill -0 "$pid" 2>/dev/null || { is_live_stage "$dir" && swap_pending; }; then return 0; fi
  log_info "removing ${dir##*/}, left by a run that did not end"
  (kind_stage_stop "$dir") || true
  remove_extra_stages "$dir"
  rm -rf -- "$dir"
}

# Print the noted live stages that are there.
left_stages() {
  local dir
  [[ -s $STATE_DIR/$ASSET.stages ]] || return 0
  while IFS= read -r dir; do
    decode_path "$dir"
    [[ ${DECODED_PATH##*/} != .lifeboat-live-"$ASSET"-* || ! -d $DECODED_PATH ]] || printf '%s\n' "$DECODED_PATH"
  done < <(sort -u -- "$STATE_DIR/$ASSET.stages")
}

# The path of a note that a kind left in the stage of a live restore, also of one that was killed before what is live was checked: a stage
# stays as long as its restore is pending. Nothing when there is none.
staged_note() {
  local dir
  while IFS= read -r dir; do
    [[ ! -s $dir/$1 ]] || printf '%s\n' "$dir/$1"
  done < <(left_stages)
}

# Say what a killed restore has left, where it is not cleared away: `warn_of_stages SCRIPT…` names what does that.
warn_of_stages() {
  local dir
  [[ -s $STATE_DIR/$ASSET.stages ]] && ! swap_pending || return 0
  while IFS= read -r dir; do
    kill -0 "${dir##*-}" 2>/dev/null || log_warn "$dir was left by a restore that did not end: $1 removes it"
  done < <(left_stages)
}

# Stop what runs in the stage and remove it; kept while a swap is not undone, because it may hold the data then.
remove_stage() {
  [[ -d ${STAGE_DIR:-} ]] || return 0
  (kind_stage_stop "$STAGE_DIR") || true
  if is_live_stage "$STAGE_DIR" && swap_pending; then
    log_warn "keeping $STAGE_DIR: it is needed to undo the restore"
    return 0
  fi
  remove_extra_stages "$STAGE_DIR"
  rm -rf -- "$STAGE_DIR"
  ! is_live_stage "$STAGE_DIR" || sweep_stages
}

# Will this stage be swapped in? Then it must lie on the file systems of what it replaces.
is_live_stage() {
  [[ ${1##*/} == .lifeboat-live-* ]]
}

# A further stage on the file system of another directory, for kinds whose data lies on several, into STAGE; it goes when the stage goes.
add_stage() {
  local stage="$1"
  STAGE="${2%/}/.lifeboat-live-$ASSET-$$"
  encode_path "$STAGE"
  printf '%s\n' "$ENCODED_PATH" >>"$stage/.lifeboat-extra"
  note_stage "$STAGE"
  mkdir -p -- "$STAGE" || die "$EX_CANTCREAT" "cannot make $STAGE"
}

# A stage and its further stages, into STAGES.
find_stages() {
  local line
  STAGES=("$1")
  [[ -f $1/.lifeboat-extra ]] || return 0
  while IFS= read -r line; do
    decode_path "$line"
    STAGES+=("$DECODED_PATH")
  done <"$1/.lifeboat-extra"
}

# Remove the further stages of a stage.
remove_extra_stages() {
  local line
  [[ -f $1/.lifeboat-extra ]] || return 0
  while IFS= read -r line; do
    decode_path "$line"
    rm -rf -- "$DECODED_PATH"
  done <"$1/.lifeboat-extra"
}

# Restore a set into a directory and prove it, timed as the phases stage and verify. Servers that it started still run.
stage_set() {
  local set="$1" dir="$2"
  begin_phase stage
  attempt_to guarded "$RESTORE_TIMEOUT" "$dir" 'restoring aside' kind_stage "$set" "$dir"
  if ((ATTEMPT_STATUS == 0 && LOG_SECONDS > 0)) && [[ -s $RUN_DIR/replay ]]; then
    attempt_to guarded "$RESTORE_TIMEOUT" "$dir" 'replaying the log' kind_replay "$set" "$dir" "$RUN_DIR/replay" "${REPLAY_UNTIL:-}"
  fi
  end_phase
  ((ATTEMPT_STATUS == 0)) || return "$(sysexit_of "$ATTEMPT_STATUS" "$EX_UNAVAILABLE")"
  ((!VERBOSE)) || log_debug "restored aside in $(human_ms "$PHASE_MS")"
  begin_phase verify
  attempt_to guarded "$RESTORE_TIMEOUT" '' 'checking what was restored' kind_check_stage "$set" "$dir"
  end_phase
  ((ATTEMPT_STATUS == 0)) || return "$(sysexit_of "$ATTEMPT_STATUS" "$EX_UNAVAILABLE")"
  ((!VERBOSE)) || log_debug "checked in $(human_ms "$PHASE_MS")"
}

# Milliseconds of a phase of this run, 0 when it did not happen, into PHASE_MS.
phase_ms() {
  local phase
  PHASE_MS=0
  for phase in ${PHASES[@]+"${PHASES[@]}"}; do
    if [[ ${phase%%=*} == "$1" ]]; then PHASE_MS="${phase##*=}"; fi
  done
}

# Print how long phases of this run took: `stage 1.2 s, verify 0.4 s`.
describe_phases() {
  local name between=''
  for name in "$@"; do
    phase_ms "$name"
    printf '%s%s ' "$between" "$name"
    human_ms "$PHASE_MS"
    between=', '
  done | tr -d '\n'
}

# Compare a time with the target.
describe_rto() {
  local ms="$1"
  if ((RTO_SECONDS == 0)); then
    printf 'no RTO is promised\n'
  elif ((ms <= RTO_SECONDS * 1000)); then
    printf 'within the RTO of %s\n' "$(human_seconds "$RTO_SECONDS")"
  else
    printf 'LONGER than the RTO of %s\n' "$(human_seconds "$RTO_SECONDS")"
  fi
}
