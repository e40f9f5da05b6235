# Putting a restored thing in the place of a live one, so that it can be undone at any point. A restore is a state machine, which
# docs/runtime.md draws: prepared, swapping, swapped, live, committed. Its state is one line in $STATE_DIR/$ASSET.restoring; what it renamed
# is in the journal $STATE_DIR/$ASSET.swap. A run undoes its own swap when it fails; what an earlier run left is undone or kept only by
# a person's decision, and nothing that was ever live is removed.

# --- The state -------------------------------------------------------------------------------------------------------------

# The stage is checked and nothing live has moved: have all of it on the disk, so that what becomes live survives a loss of power.
swap_begin() {
  RESTORE_STAMP="$STAMP" RESTORE_WAS=stopped RESTORE_SET="${RUN_SET:--}"
  ! service_is_running || RESTORE_WAS=running
  note_restore prepared
  sync_stage "$STAGE_DIR"
  note_restore swapping
}

# All of it is in place: have the directories on the disk. From here on what is live is complete. A kind that cannot be undone has ended the
# restore itself by then.
swap_done() {
  [[ -e $STATE_DIR/$ASSET.restoring ]] || return 0
  sync_swapped
  note_restore swapped
}

# What is live is complete and its check has passed: it stays, whatever happens from here on.
swap_checked() {
  [[ ! -e $STATE_DIR/$ASSET.restoring ]] || note_restore live
}

# Write the state, atomically: stamp, whether the service ran before, state, set.
note_restore() {
  local note="$STATE_DIR/$ASSET.restoring"
  RESTORE_STATE="$1"
  printf '%s %s %s %s\n' "$RESTORE_STAMP" "$RESTORE_WAS" "$RESTORE_STATE" "$RESTORE_SET" >"$note.new" || die "$EX_IO" "cannot write $note.new"
  sync_paths "$note.new"
  mv -f -- "$note.new" "$note" || die "$EX_IO" "cannot write $note"
  sync_paths "$STATE_DIR"
}

# Read the state that a restore noted, into RESTORE_STATE (empty: none is under way), RESTORE_STAMP, RESTORE_WAS, RESTORE_SET. What is not
# understood counts as the worst: half-way. Of another asset than the script's when RESTORE_OF names it.
# shellcheck disable=SC2034  # not every script looks at all of them
read_restore_note() {
  local state="$STATE_DIR/${RESTORE_OF:-${ASSET:-}}" line=''
  local note="$state.restoring"
  local form='^([0-9]{8}T[0-9]{6}Z) (running|stopped)( (prepared|swapping|swapped|live|committed) ([A-Za-z0-9._-]+))?$'
  RESTORE_STATE='' RESTORE_STAMP='' RESTORE_WAS=stopped RESTORE_SET=-
  if [[ -e $note ]]; then
    IFS= read -r line <"$note" || true
    if [[ $line =~ $form ]]; then
      RESTORE_STAMP="${BASH_REMATCH[1]}" RESTORE_WAS="${BASH_REMATCH[2]}"
      RESTORE_STATE="${BASH_REMATCH[4]:-swapping}" RESTORE_SET="${BASH_REMATCH[5]:--}"
      # The last thing that the check of such a kind does, when it passes, is to end its journal.
      if [[ $RESTORE_STATE == swapped ]] && is_way_back_gone; then RESTORE_STATE=live; fi
      return 0
    fi
    RESTORE_STATE=swapping
  elif [[ -s $state.swap || -e $state.service ]]; then
    RESTORE_STATE=swapping
  fi
  [[ ! -e $state.service || $(cat -- "$state.service") != running ]] || RESTORE_WAS=running
}

# Is a restore under way, or was it interrupted, such that a person must decide?
swap_pending() {
  read_restore_note
  case "$RESTORE_STATE" in
    '' | prepared | committed) return 1 ;;
  esac
}

# Is there nothing to undo with any more? A kind that does not rename files, but keeps a journal of its own, says its name in UNDO_JOURNAL.
is_way_back_gone() {
  local state="$STATE_DIR/${RESTORE_OF:-${ASSET:-}}"
  [[ -n ${UNDO_JOURNAL:-} && ! -s $state.swap && ! -e $state.${UNDO_JOURNAL:-} ]]
}

# What is live now, in plain words.
pending_words() {
  case "$RESTORE_STATE" in
    live) printf 'what is live is the restored data, complete and checked\n' ;;
    swapped) printf 'what is live is the restored data, complete, but its check did not end\n' ;;
    *) printf 'what is live may be partly old and partly new\n' ;;
  esac
}

# When it was begun, for messages.
pending_since() {
  [[ -z $RESTORE_STAMP ]] || printf ', begun %s' "$(human_stamp "$RESTORE_STAMP")"
}

# Refuse to go on over an interrupted restore: `refuse_pending COMMAND`, the restore script as a person types it. What has moved nothing
# live, or is done but for its notes, is no hindrance: its notes go.
refuse_pending() {
  local script="$1"
  if swap_pending; then
    die "$EX_TEMPFAIL" "an interrupted restore of $ASSET is pending$(pending_since): $(pending_words)" "go back to what was: $script --undo; keep what is live: $script --accept"
  fi
  [[ -z $RESTORE_STATE ]] || forget_restore
}

# Remove the notes of a restore, its state last, and have that on the disk.
forget_restore() {
  rm -f -- "$STATE_DIR/$ASSET.swap"
  sync_paths "$STATE_DIR"
  rm -f -- "$STATE_DIR/$ASSET.restoring" "$STATE_DIR/$ASSET.restoring.new"
  sync_paths "$STATE_DIR"
}

# The restore stands: say where the old data is, and end the journal. A run that is killed in between is committed all the same.
swap_commit() {
  local act from to said=''
  read_restore_note
  if [[ -s $STATE_DIR/$ASSET.swap ]]; then
    while IFS=$'\t' read -r act from to; do
      [[ $act == aside ]] || continue
      decode_path "$to"
      [[ ${DECODED_PATH%/*} != */.lifeboat-old-* ]] || DECODED_PATH="${DECODED_PATH%/*}"
      [[ $DECODED_PATH != "$said" ]] || continue
      said="$DECODED_PATH"
      log_info "the old data is kept in $said; remove it when you no longer need it"
    done <"$STATE_DIR/$ASSET.swap"
  fi
  [[ -z $RESTORE_STAMP ]] || note_restore committed
  forget_restore
}

# --- Swapping --------------------------------------------------------------------------------------------------------------

# Rename LIVE aside and STAGED to LIVE. Both on one file system: a rename is all or nothing. The journal line is on the disk
# before the act, and undoing looks at what really happened.
swap_path() {
  local staged="$1" live="$2"
  [[ -e $staged || -L $staged ]] || die "$EX_SOFTWARE" "there is no $staged to put in the place of $live"
  swap_aside "$live"
  place_path "$staged" "$live"
}

# Rename LIVE aside, if there is one, and put nothing in its place. If there is none and it belongs to another path, such as the log of a
# database, then it must not be there either when that other one, MAIN, is put back: `swap_aside LIVE [MAIN]`.
swap_aside() {
  local live="$1" main="${2:-}"
  if [[ -e $live || -L $live ]]; then
    find_free_name "$live.lifeboat-old-$STAMP"
    journal_swap aside "$live" "$FREE_NAME"
    rename_path "$live" "$FREE_NAME"
  elif [[ -n $main ]]; then
    journal_swap absent "$live" "$main"
  fi
}

# The name, or with a number the first like it, that nothing has yet, into FREE_NAME.
find_free_name() {
  local try=1
  FREE_NAME="$1"
  while [[ -e $FREE_NAME || -L $FREE_NAME ]]; do
    try=$((try + 1)) FREE_NAME="$1-$try"
  done
}

# Rename STAGED to LIVE, which is not there.
place_path() {
  journal_swap place "$1" "$2"
  rename_path "$1" "$2"
}

# The same for a mount point, which cannot be renamed: its children go to LIVE/.lifeboat-old-STAMP/, those of STAGED come.
swap_children() {
  local staged="$1" live="$2" old child
  find_free_name "$live/.lifeboat-old-$STAMP"
  old="$FREE_NAME"
  journal_swap folder "$live" "$old" "$(file_owner "$live") $(file_mode "$live")"
  mkdir -- "$old" || die "$EX_CANTCREAT" "cannot make $old"
  for child in "$live"/* "$live"/.[!.]* "$live"/..?*; do
    [[ -e $child || -L $child ]] || continue
    if [[ ${child##*/} == lost+found ]] || is_own_name "${child##*/}"; then continue; fi
    journal_swap aside "$child" "$old/${child##*/}"
    rename_path "$child" "$old/${child##*/}"
  done
  for child in "$staged"/* "$staged"/.[!.]* "$staged"/..?*; do
    [[ -e $child || -L $child ]] || continue
    place_path "$child" "$live/${child##*/}"
  done
}

# Is this the name of a stage of this asset, or of what a restore put into a mount point? Other names that begin with .lifeboat- are
# people's own.
is_own_name() {
  [[ $1 =~ ^\.lifeboat-old-[0-9]{8}T[0-9]{6}Z(-[0-9]{1,2})?$ ]] && return 0
  [[ $1 == ".lifeboat-live-$ASSET-"* || $1 == ".lifeboat-scratch-$ASSET-"* ]] && [[ ${1##*-} =~ ^[0-9]{1,7}$ ]]
}

# Rename one path to another that does not exist. Never a copy across file systems.
rename_path() {
  local from="$1" to="$2" here
  [[ ! -e $to && ! -L $to ]] || die "$EX_IO" "cannot rename $from to $to: that exists"
  if [[ ${from%/*} != "${to%/*}" ]]; then
    find_mount_point "${from%/*}/"
    here="$MOUNT_POINT"
    find_mount_point "${to%/*}/"
    [[ $here == "$MOUNT_POINT" ]] || die "$EX_CONFIG" "cannot rename $from to $to: they are on different file systems"
  fi
  mv -- "$from" "$to" || die "$EX_IO" "cannot rename $from to $to"
}

# Note one act in the journal and flush it: `aside LIVE OLD`, `place STAGED LIVE`, `absent LIVE MAIN`, `folder LIVE OLD OWNER-AND-MODE`, and of an undo
# `undone LIVE KEPT`.
journal_swap() {
  local journal="$STATE_DIR/$ASSET.swap" is_new=0 line
  [[ -e $journal ]] || is_new=1
  encode_path "$2"
  line="$1"$'\t'"$ENCODED_PATH"
  encode_path "$3"
  printf '%s\t%s%s\n' "$line" "$ENCODED_PATH" "${4:+$'\t'$4}" >>"$journal" || die "$EX_IO" "cannot write $journal"
  sync_paths "$journal"
  ((!is_new)) || sync_paths "$STATE_DIR"
}

# A path as one word of a journal line, into ENCODED_PATH.
encode_path() {
  ENCODED_PATH=${1//'%'/%25}
  ENCODED_PATH=${ENCODED_PATH//$'\n'/%0A}
  ENCODED_PATH=${ENCODED_PATH//$'\t'/%09}
}

# The inverse of encode_path; the result, which may end in a newline, is left in DECODED_PATH.
decode_path() {
  DECODED_PATH=${1//'%09'/$'\t'}
  DECODED_PATH=${DECODED_PATH//'%0A'/$'\n'}
  DECODED_PATH=${DECODED_PATH//'%25'/%}
}

# Have a stage on its disk, and all that it has on others.
sync_stage() {
  local dir
  # STAGES is never empty.
  find_stages "$1"
  for dir in "${STAGES[@]}"; do
    sync_file_system "$dir"
    # What is changed in it later than this was changed while it was live.
    : >"$dir/.lifeboat-swap" || die "$EX_IO" "cannot write in $dir"
  done
}

# Have the directories on the disk in which something was renamed, or from which.
sync_swapped() {
  local act from to
  local -a dirs=()
  # dirs is never empty where it is expanded.
  read_journal
  for act in ${JOURNAL[@]+"${JOURNAL[@]}"}; do
    IFS=$'\t' read -r act from to _ <<<"$act"
    for to in "$from" "$to"; do
      decode_path "$to"
      to="${DECODED_PATH%/*}/"
      if [[ -d $to ]] && ! is_one_of "$to" ${dirs[@]+"${dirs[@]}"}; then dirs+=("$to"); fi
    done
  done
  ((${#dirs[@]} == 0)) || sync_paths "${dirs[@]}"
}

# --- Undoing ---------------------------------------------------------------------------------------------------------------

# The journal, a line each, into JOURNAL. A last line without its end was cut by a loss of power before its act was begun.
read_journal() {
  local journal="$STATE_DIR/$ASSET.swap" line
  JOURNAL=()
  [[ -s $journal ]] || return 0
  while IFS= read -r line; do
    if ! is_journal_line "$line"; then
      log_error "cannot read the journal $journal: its line $((${#JOURNAL[@]} + 1)) is damaged"
      return "$EX_IO"
    fi
    JOURNAL+=("$line")
  done <"$journal"
}

# Is this a line as journal_swap writes it? Nothing else is ever acted upon.
is_journal_line() {
  local tab=$'\t'
  [[ $1 =~ ^(aside|place|absent|undone)$tab/[^$tab]*$tab/[^$tab]*$ || $1 =~ ^folder$tab/[^$tab]*$tab/[^$tab]*${tab}[0-9]+:[0-9]+\ [0-7]+$ ]]
}

# Undo a restore: what was renamed is renamed back with the service stopped, then the service is as it was before the restore. UNDOING is
# `own` when the run undoes what it has just done itself, `later` when a person has decided so. Only one process at a time does it.
swap_undo() {
  local bad=0
  UNDOING="$1"
  hold_undo || return $?
  read_restore_note
  [[ -n $RESTORE_STATE ]] || return 0
  log_debug "undoing the restore begun at ${RESTORE_STAMP:-an unknown time}"
  # From now on what is live is half-way, also for whoever finds this run dead.
  [[ -z $RESTORE_STAMP || $RESTORE_STATE == swapping ]] || note_restore swapping
  read_journal || return $?
  if ((${#JOURNAL[@]} > 0)); then service_stop || return "$EX_IO"; fi
  [[ ! -e $STATE_DIR/$ASSET.restoring ]] || (kind_rollback) || bad=$?
  swap_rollback || return "$EX_IO"
  if [[ -e $STATE_DIR/$ASSET.service ]]; then
    printf '%s\n' "$RESTORE_WAS" >"$STATE_DIR/$ASSET.service"
    service_resume || return "$EX_UNAVAILABLE"
  fi
  ((bad == 0)) || return "$(sysexit_of "$bad" "$EX_IO")"
  # The log goes on where it was before the restore.
  resume_log_chain "$RESTORE_STAMP"
  forget_restore
}

# Two undos at once would take each other's work for their own: this process alone, until it ends. With flock the lock is on descriptor 8,
# else a file that is linked into place.
hold_undo() {
  local lock="$STATE_DIR/$ASSET.undo-lock" mine holder start
  if command -v flock >/dev/null 2>&1; then
    exec 8>>"$lock"
    flock -n 8 && return 0
    log_error "another process is undoing the restore of $ASSET"
    return "$EX_TEMPFAIL"
  fi
  find_own_pid
  mine="$lock.$OWN_PID"
  printf '%s %s\n' "$OWN_PID" "$(process_start "$OWN_PID")" >"$mine" || die "$EX_IO" "cannot write $mine"
  if ! ln -- "$mine" "$lock" 2>/dev/null; then
    read -r holder start <"$lock" || true
    if [[ $holder =~ ^[0-9]+$ ]] && kill -0 "$holder" 2>/dev/null && [[ "$(process_start "$holder")" == "$start" ]]; then
      rm -f -- "$mine"
      log_error "another process is undoing the restore of $ASSET: pid $holder"
      return "$EX_TEMPFAIL"
    fi
    # Of several that found the same dead holder only one can make this link: that one takes its place.
    ln -- "$mine" "$lock.after-$(printf '%s' "$holder $start" | tr -c 'A-Za-z0-9' _)" 2>/dev/null || die "$EX_TEMPFAIL" "another process is about to undo the restore of $ASSET" "if none is: rm $lock*"
    mv -f -- "$mine" "$lock"
    rm -f -- "$lock.after-"*
  fi
  rm -f -- "$mine"
}

# Undo every journalled act, newest first. Acts that did not happen, or are undone, are passed over.
swap_rollback() {
  local act from to rest i bad=0
  read_journal || return $?
  for ((i = ${#JOURNAL[@]} - 1; i >= 0; i--)); do
    IFS=$'\t' read -r act from to rest <<<"${JOURNAL[i]}"
    decode_path "$from" && from="$DECODED_PATH"
    decode_path "$to" && to="$DECODED_PATH"
    case "$act" in
      place) undo_place "$from" "$to" || bad=1 ;;
      aside) undo_aside "$from" "$to" || bad=1 ;;
      absent) ! was_replaced "$to" || keep_path "$from" || bad=1 ;;
      folder) undo_folder "$from" "$to" "$rest" || bad=1 ;;
    esac
  done
  sync_swapped
  if ((bad)); then
    log_error "not everything could be put back; the journal $STATE_DIR/$ASSET.swap says what was moved"
    return "$EX_IO"
  fi
}

# Was what the journal says put in the place of LIVE, and is the way back in hand: is the old one there, or was there none?
was_replaced() {
  local live line act from to
  encode_path "$1"
  live="$ENCODED_PATH"
  for line in ${JOURNAL[@]+"${JOURNAL[@]}"}; do
    IFS=$'\t' read -r act from to _ <<<"$line"
    if [[ $act == undone && $from == "$live" ]]; then return 0; fi
  done
  for line in ${JOURNAL[@]+"${JOURNAL[@]}"}; do
    IFS=$'\t' read -r act from to _ <<<"$line"
    if [[ $act == aside && $from == "$live" ]]; then
      decode_path "$to"
      [[ -e $DECODED_PATH || -L $DECODED_PATH ]]
      return
    fi
  done
  for line in ${JOURNAL[@]+"${JOURNAL[@]}"}; do
    IFS=$'\t' read -r act from to _ <<<"$line"
    if [[ $act == place && $to == "$live" ]]; then
      decode_path "$from"
      [[ ! -e $DECODED_PATH && ! -L $DECODED_PATH ]]
      return
    fi
  done
  return 1
}

# Take what was restored out of its place, if it got there. The run that has put it there puts it back into the stage, as long as nobody
# has changed it; anything else has been live, and is kept.
undo_place() {
  local staged="$1" live="$2"
  [[ -e $live || -L $live ]] || return 0
  # It never happened: its source is there. Or the old one is back already.
  if [[ -e $staged || -L $staged ]] || is_undone "$live" || ! was_replaced "$live"; then return 0; fi
  if [[ ${UNDOING:-own} == own ]] && is_as_placed "$staged" "$live"; then
    if ! mkdir -p -- "${staged%/*}/" || ! mv -- "$live" "$staged"; then
      log_error "cannot take $live out of its place"
      return 1
    fi
    journal_undone "$live" "$staged"
    return 0
  fi
  keep_path "$live"
}

# Does the journal say that LIVE was taken out of its place?
is_undone() {
  local line
  encode_path "$1"
  for line in ${JOURNAL[@]+"${JOURNAL[@]}"}; do
    [[ $line != undone$'\t'"$ENCODED_PATH"$'\t'* ]] || return 0
  done
  return 1
}

# Note that LIVE was taken out of its place, here and on the disk.
journal_undone() {
  local line
  journal_swap undone "$1" "$2"
  encode_path "$1"
  line="undone"$'\t'"$ENCODED_PATH"
  encode_path "$2"
  JOURNAL+=("$line"$'\t'"$ENCODED_PATH")
}

# Is nothing in LIVE, which came from STAGED, newer than the swap? The mark is on the same file system, and so by the same clock.
is_as_placed() {
  local staged="$1" live="$2" dir mark='' newer
  find_stages "${STAGE_DIR:-/nonexistent}"
  for dir in "${STAGES[@]}"; do
    [[ $staged != "$dir"/* ]] || mark="$dir/.lifeboat-swap"
  done
  [[ -e $mark ]] || return 1
  newer="$(find "$live" -newer "$mark" -print)" || return 1
  [[ -z $newer ]]
}

# Put the old one back, if it was put aside. What another program has made in its place meanwhile is kept.
undo_aside() {
  local live="$1" old="$2"
  [[ -e $old || -L $old ]] || return 0
  if [[ -e $live || -L $live ]]; then keep_path "$live" || return 1; fi
  mkdir -p -- "${live%/*}/"
  if ! mv -- "$old" "$live"; then
    log_error "cannot put $old back to $live"
    return 1
  fi
  log_info "put $live back as it was"
}

# Move what is live now aside for good: beside it, or with its siblings in a directory of their own where the journal has them so.
keep_path() {
  local live="$1" line parent
  [[ -e $live || -L $live ]] || return 0
  encode_path "${live%/*}"
  parent="$ENCODED_PATH"
  find_free_name "$live.lifeboat-old-$STAMP"
  for line in ${JOURNAL[@]+"${JOURNAL[@]}"}; do
    [[ $line == folder$'\t'"$parent"$'\t'* ]] || continue
    if [[ -z ${KEPT_FOLDER:-} || ${KEPT_FOLDER%/*} != "${live%/*}" ]]; then
      find_free_name "${live%/*}/.lifeboat-old-$STAMP"
      KEPT_FOLDER="$FREE_NAME"
      mkdir -- "$KEPT_FOLDER" || return 1
      log_info "what was live until now is kept in $KEPT_FOLDER; remove it when you no longer need it"
    fi
    find_free_name "$KEPT_FOLDER/${live##*/}"
  done
  if ! mv -- "$live" "$FREE_NAME"; then
    log_error "cannot move $live aside to $FREE_NAME"
    return 1
  fi
  journal_undone "$live" "$FREE_NAME"
  [[ -n ${KEPT_FOLDER:-} && ${FREE_NAME%/*} == "$KEPT_FOLDER" ]] || log_info "what was live until now is kept in $FREE_NAME; remove it when you no longer need it"
}

# The children of a mount point are back. What has been made beside the restored ones is kept with them; owner and mode are as before, and the
# empty directory goes. Only where restored ones had begun to come were all old ones aside: else what is there is old.
undo_folder() {
  local live="$1" old="$2" was="$3" child text=$'\n' line
  for line in ${JOURNAL[@]+"${JOURNAL[@]}"}; do text+="$line"$'\n'; done
  encode_path "$live"
  if [[ $text == *$'\nplace\t'*$'\t'"$ENCODED_PATH/"* ]]; then
    for child in "$live"/* "$live"/.[!.]* "$live"/..?*; do
      if [[ ${child##*/} == lost+found ]] || is_own_name "${child##*/}"; then continue; fi
      encode_path "$child"
      [[ $text == *$'\naside\t'"$ENCODED_PATH"$'\t'* ]] || keep_path "$child" || return 1
    done
  fi
  chown -- "${was% *}" "$live" 2>/dev/null || true
  chmod -- "${was#* }" "$live" || return 1
  [[ ! -d $old ]] || rmdir -- "$old" 2>/dev/null || log_warn "$old is not empty: it stays"
}
