# Putting a restored thing in the place of a live one, so that it can be undone at any point, also by the next run.

# Rename LIVE aside and STAGED to LIVE. Both on one file system: a rename is all or nothing. The journal line is written
# before the act, and undoing looks at what really happened.
swap_path() {
  local staged="$1" live="$2"
  [[ -e $staged || -L $staged ]] || die "$EX_SOFTWARE" "there is no $staged to put in the place of $live"
  swap_aside "$live"
  place_path "$staged" "$live"
}

# Rename LIVE aside, if there is one, and put nothing in its place.
swap_aside() {
  local live="$1" old="$1.lifeboat-old-$STAMP" try=1
  [[ -e $live || -L $live ]] || return 0
  while [[ -e $old || -L $old ]]; do
    try=$((try + 1)) old="$live.lifeboat-old-$STAMP-$try"
  done
  journal_swap aside "$live" "$old"
  rename_path "$live" "$old"
}

# Rename STAGED to LIVE, which is not there.
place_path() {
  journal_swap place "$1" "$2"
  rename_path "$1" "$2"
}

# The same for a mount point, which cannot be renamed: its children go to LIVE/.lifeboat-old-STAMP/, those of STAGED come.
swap_children() {
  local staged="$1" live="$2" old="$2/.lifeboat-old-$STAMP" child try=1
  while [[ -e $old ]]; do
    try=$((try + 1)) old="$live/.lifeboat-old-$STAMP-$try"
  done
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
  local from="$1" to="$2"
  [[ ! -e $to && ! -L $to ]] || die "$EX_IO" "cannot rename $from to $to: that exists"
  [[ ${from%/*} == "${to%/*}" || $(mount_point "${from%/*}/") == "$(mount_point "${to%/*}/")" ]] || die "$EX_CONFIG" "cannot rename $from to $to: they are on different file systems"
  mv -- "$from" "$to" || die "$EX_IO" "cannot rename $from to $to"
}

# Note one act in the journal and flush it.
journal_swap() {
  printf '%s\t%s\t%s\n' "$1" "$(encode_path "$2")" "$(encode_path "$3")" >>"$STATE_DIR/$ASSET.swap" || die "$EX_IO" "cannot write $STATE_DIR/$ASSET.swap"
  sync_paths "$STATE_DIR/$ASSET.swap"
}

# A path as one word of a journal line.
encode_path() {
  local path="$1"
  path=${path//'%'/%25}
  path=${path//$'\n'/%0A}
  path=${path//$'\t'/%09}
  printf '%s\n' "$path"
}

# The inverse of encode_path; the result, which may end in a newline, is left in DECODED_PATH.
decode_path() {
  DECODED_PATH=${1//'%09'/$'\t'}
  DECODED_PATH=${DECODED_PATH//'%0A'/$'\n'}
  DECODED_PATH=${DECODED_PATH//'%25'/%}
}

# Undo every journalled act, newest first, and end the journal. Acts that did not happen are passed over.
swap_rollback() {
  local journal="$STATE_DIR/$ASSET.swap" act from to i bad=0
  local -a lines=()
  [[ -s $journal ]] || return 0
  while IFS= read -r act; do lines+=("$act"); done <"$journal"
  for ((i = ${#lines[@]} - 1; i >= 0; i--)); do
    IFS=$'\t' read -r act from to <<<"${lines[i]}"
    decode_path "$from" && from="$DECODED_PATH"
    decode_path "$to" && to="$DECODED_PATH"
    undo_rename "$act" "$from" "$to" || bad=1
  done
  if ((bad)); then
    log_error "not everything could be put back; the journal $journal says what was moved"
    return "$EX_IO"
  fi
  rm -f -- "$journal"
}

# Undo one rename if it happened.
undo_rename() {
  local act="$1" from="$2" to="$3"
  [[ -e $to || -L $to ]] || return 0
  if [[ -e $from || -L $from ]]; then
    # `place` that never happened: its source is still there. `aside` cannot be: something took the old place.
    [[ $act == aside ]] || return 0
    log_error "cannot put $to back: $from exists"
    return 1
  fi
  mkdir -p -- "${from%/*}/"
  if ! mv -- "$to" "$from"; then
    log_error "cannot put $to back to $from"
    return 1
  fi
  [[ $act != aside ]] || log_info "put $from back as it was"
}

# The restore stands: end the journal and say where the old data is.
swap_commit() {
  local journal="$STATE_DIR/$ASSET.swap" act from to said=''
  if [[ -s $journal ]]; then
    while IFS=$'\t' read -r act from to; do
      [[ $act == aside ]] || continue
      decode_path "$to"
      [[ ${DECODED_PATH%/*} != */.lifeboat-old-* ]] || DECODED_PATH="${DECODED_PATH%/*}"
      [[ $DECODED_PATH != "$said" ]] || continue
      said="$DECODED_PATH"
      log_info "the old data is kept in $said; remove it when you no longer need it"
    done <"$journal"
  fi
  rm -f -- "$journal" "$STATE_DIR/$ASSET.restoring"
}

# Note that the live asset is about to be changed, so that the next run knows if this one is killed.
swap_begin() {
  SERVICE_WAS=stopped
  ! service_is_running || SERVICE_WAS=running
  printf '%s %s\n' "$STAMP" "$SERVICE_WAS" >"$STATE_DIR/$ASSET.restoring" || die "$EX_IO" "cannot write in $STATE_DIR"
  sync_paths "$STATE_DIR/$ASSET.restoring"
}

# Did a restore end half-way? What it noted is still there.
swap_pending() {
  [[ -s $STATE_DIR/$ASSET.swap || -e $STATE_DIR/$ASSET.service || -e $STATE_DIR/$ASSET.restoring ]]
}

# Undo a restore that went wrong, in this run or an earlier one: what was renamed is renamed back with the service
# stopped, then the service is as it was before the restore.
swap_undo() {
  local stamp was=stopped bad=0
  if [[ -e $STATE_DIR/$ASSET.restoring ]]; then
    read -r stamp was <"$STATE_DIR/$ASSET.restoring" || true
    log_debug "undoing the restore begun at $stamp"
  elif [[ -e $STATE_DIR/$ASSET.service ]]; then
    was="$(cat -- "$STATE_DIR/$ASSET.service")"
  fi
  if [[ -s $STATE_DIR/$ASSET.swap ]]; then service_stop || return "$EX_IO"; fi
  [[ ! -e $STATE_DIR/$ASSET.restoring ]] || (kind_rollback) || bad=1
  swap_rollback || return "$EX_IO"
  if [[ -e $STATE_DIR/$ASSET.service ]]; then
    printf '%s\n' "$was" >"$STATE_DIR/$ASSET.service"
    service_resume || return "$EX_UNAVAILABLE"
  fi
  ((bad == 0)) || return "$EX_IO"
  rm -f -- "$STATE_DIR/$ASSET.restoring"
}

# At the start of a restore: undo what an interrupted one left, so that this one starts from the state before it.
swap_recover() {
  swap_pending || return 0
  log_warn "an earlier restore of $ASSET did not end: undoing what it had done"
  (swap_undo) || die "$EX_IO" "cannot undo the interrupted restore of $ASSET" "the journal $STATE_DIR/$ASSET.swap says what it had moved"
}
