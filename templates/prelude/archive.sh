# Directories and files with owners, modes, ACLs, extended attributes, links and holes, as one tar: for kinds that are made of files.
# Such a kind says which in SOURCE_PATHS, EXCLUDES and CHANGE_POLICY, and calls these from its hooks.

# Every source must be there: a backup without one of them would look complete.
archive_preflight() {
  local path
  require_tool tar
  find_tar_options --exclude=x
  ((${#KNOWN_OPTIONS[@]} > 0)) || die "$EX_UNAVAILABLE" "this host's tar cannot leave files out: it is too simple a one" "install GNU tar or bsdtar"
  for path in "${SOURCE_PATHS[@]}"; do
    if [[ -L $path ]]; then
      die "$EX_CONFIG" "$path is a symbolic link: the backup would hold the link, not the data" "name its target $(readlink -- "$path") in the plan"
    elif [[ ! -e $path ]]; then
      die "$EX_UNAVAILABLE" "$path is not there" "is its disk mounted? if it is no longer needed, take it out of the plan"
    elif [[ ! -r $path || (-d $path && ! -x $path) ]]; then
      die "$EX_NOPERM" "cannot read $path" "run as a user that can"
    fi
  done
}

# One tar of all sources, listed and counted while it is written.
archive_capture() {
  local path number=0 changed=0
  is_bsdtar || true
  write_payload files.tar count_entries produce_tar
  [[ ! -e $RUN_DIR/changed ]] || changed=1
  manifest_add tool.tar "${TAR_WORDS:-unknown}"
  manifest_add position.entries "$(<"$RUN_DIR/entries")"
  manifest_add position.changed "$changed"
  for path in "${SOURCE_PATHS[@]}"; do
    number=$((number + 1))
    manifest_add "position.path.$number" "$path"
  done
}

# Write the tar. Names in it begin with `./`, so that none can be taken for an option.
produce_tar() {
  local path pattern status=0
  local -a args=(--create --file=-) names=() of_root=()
  # names is never empty: a plan names at least one path.
  ! is_root || of_root=('--xattrs-include=*')
  find_tar_options --format=posix --numeric-owner --acls --xattrs --sparse --warning=no-file-ignored ${of_root[@]+"${of_root[@]}"}
  args+=(${KNOWN_OPTIONS[@]+"${KNOWN_OPTIONS[@]}"})
  while IFS= read -r pattern; do args+=("--exclude=$pattern"); done < <(own_name_patterns)
  for pattern in ${EXCLUDES[@]+"${EXCLUDES[@]}"}; do
    [[ $pattern != /* ]] || pattern=".$pattern"
    args+=("--exclude=$pattern")
  done
  for path in "${SOURCE_PATHS[@]}"; do names+=(".$path"); done
  if is_bsdtar; then
    : >"$RUN_DIR/tar.began" || die "$EX_IO" "cannot write $RUN_DIR/tar.began" "is its disk full? look at df -h $RUN_DIR"
    run_tar "${args[@]}" -C / -- "${names[@]}" 2>"$RUN_DIR/tar.errors" || status=$?
    cat -- "$RUN_DIR/tar.errors" >&2
    status="$(bsdtar_status "$status" "${args[@]}")" || exit $?
  else
    run_tar "${args[@]}" -C / -- "${names[@]}" || status=$?
  fi
  judge_tar "$status"
}

# What GNU tar's status would have been. bsdtar does not look whether a file changed while it read it, and ends with 1 for a file that went
# away meanwhile as for one that it could not read.
bsdtar_status() {
  local status="$1" path kept=0
  shift
  if ((status > 1)) || grep -v -E ': (Cannot stat: No such file or directory|Truncated write; file may have grown while being archived\.)$|: Error exit delayed from previous errors\.$' "$RUN_DIR/tar.errors" | grep -q .; then
    printf '2\n'
    return 0
  fi
  # What goes away while it is looked for has changed.
  for path in "${SOURCE_PATHS[@]}"; do
    (cd / && find ".$path" \( -newer "$RUN_DIR/tar.began" -o -cnewer "$RUN_DIR/tar.began" \) -print0) 2>/dev/null || status=1
  done >"$RUN_DIR/tar.changed"
  # tar itself says which of the changed files the plan leaves out.
  if [[ -s $RUN_DIR/tar.changed ]]; then
    kept="$(run_tar "$@" -n --null -C / -T "$RUN_DIR/tar.changed" 2>/dev/null | run_tar -tf - 2>/dev/null | wc -l)" || kept=1
  fi
  if ((status == 1 || kept > 0)); then printf '1\n'; else printf '0\n'; fi
}

# The patterns of the names that this program gives: stages of this asset, and what restores put aside. People's files may begin
# with .lifeboat-, too: they are theirs.
own_name_patterns() {
  local digit='[0-9]' digits='' stamp i
  stamp="$digit$digit$digit$digit$digit$digit$digit${digit}T$digit$digit$digit$digit$digit${digit}Z"
  printf '*.lifeboat-old-%s\n*.lifeboat-old-%s-%s\n*.lifeboat-old-%s-%s%s\n' "$stamp" "$stamp" "$digit" "$stamp" "$digit" "$digit"
  # A process' number has seven digits at most.
  for i in 1 2 3 4 5 6 7; do
    digits+="$digit"
    printf '.lifeboat-live-%s-%s\n.lifeboat-scratch-%s-%s\n' "$ASSET" "$digits" "$ASSET" "$digits"
  done
}

# GNU tar says 1 when a file changed or went while it was read, 2 when it could not read everything.
judge_tar() {
  case "$1" in
    0) ;;
    1)
      [[ $CHANGE_POLICY != fail ]] || die "$EX_TEMPFAIL" 'files changed while they were read, and the plan does not accept that' 'stop what writes to them, or set onChange to "warn"'
      log_warn 'files changed while they were read; the set says so'
      : >"$RUN_DIR/changed"
      ;;
    *) die "$EX_IO" "tar could not read everything (exit status $1)" 'its last words are above' ;;
  esac
}

# Those of the given options that this host's tar knows, into KNOWN_OPTIONS.
find_tar_options() {
  local option
  # Most tars know all of them.
  KNOWN_OPTIONS=("$@")
  if tar "$@" -cf - -T /dev/null >/dev/null 2>&1; then return 0; fi
  KNOWN_OPTIONS=()
  for option in "$@"; do
    if tar "$option" -cf - -T /dev/null >/dev/null 2>&1; then KNOWN_OPTIONS+=("$option"); fi
  done
}

# Run tar. bsdtar wants a UTF-8 locale to store names that are not ASCII; GNU tar stores the bytes as they are.
run_tar() {
  local locale
  if is_bsdtar; then
    locale="$(locale -a 2>/dev/null | grep -i -E '^(C|en_US)\.utf-?8$' | sed -n 1p)"
    LC_ALL="${locale:-C}" tar "$@"
  else
    tar "$@"
  fi
}

# Is this host's tar the one of the BSDs and macOS? TAR_WORDS is what it says of itself. Asked once a run: hooks are children, and what one
# of them has heard is a note for the next.
is_bsdtar() {
  local note="${RUN_DIR:-/nonexistent}/tar.words"
  if [[ -z ${TAR_WORDS:-} && -s $note ]]; then IFS= read -r TAR_WORDS <"$note" || true; fi
  if [[ -z ${TAR_WORDS:-} ]]; then
    # One that did not answer is asked again.
    TAR_WORDS="$(tar --version 2>/dev/null)" || return 1
    TAR_WORDS="${TAR_WORDS%%$'\n'*}"
    { printf '%s\n' "$TAR_WORDS" >"$note"; } 2>/dev/null || true
  fi
  [[ $TAR_WORDS == *bsdtar* ]]
}

# Is this root, who alone may give files away?
is_root() {
  ((EUID == 0))
}

# The observer: every header is read, so a torn archive is not published.
count_entries() {
  list_entries >"$RUN_DIR/entries" || die "$EX_DATA" 'the archive cannot be listed'
}

# Print the number of entries of the tar on stdin. tar escapes newlines in names: a line is an entry.
list_entries() {
  local n
  n="$(run_tar -tf - | wc -l)" || return "$(tar_status $?)"
  printf '%d\n' "$((n))"
}

# What a tar that could not read an archive means: 69 when it did not run to its end, else 65.
tar_status() {
  if (($1 == 126 || $1 == 127 || $1 > 128)); then printf '%d\n' "$EX_UNAVAILABLE"; else printf '%d\n' "$EX_DATA"; fi
}

# Decode the archive and count its entries.
archive_verify() {
  local set="$1" found
  require_tool tar
  is_bsdtar || true
  found="$(stream_payload "$set" files.tar list_entries)" || return $?
  look_up "$set" position.entries
  if [[ $found != "$VALUE" ]]; then
    log_error "the archive holds $found entries, $VALUE were written"
    return "$EX_DATA"
  fi
}

# The first source's file system; archive_stage makes further stages where others lie elsewhere.
archive_stage_parent() {
  find_stage_parent "${SOURCE_PATHS[0]}"
  printf '%s\n' "$STAGE_PARENT"
}

# Where the stage of a path must be, so that it can be renamed into place, into STAGE_PARENT: beside it, or inside it when it is a mount
# point.
find_stage_parent() {
  STAGE_PARENT="$1"
  is_mount_point "$1" && return 0
  find_existing_parent "${1%/*}/"
  STAGE_PARENT="$EXISTING_PARENT"
}

# Extract every source into the stage; for a live restore, and where one is tried out, one pass for each file system that holds some
# of them. A file may be linked to one that is extracted elsewhere, or not at all: that one comes along, and goes again.
archive_stage() {
  local set="$1" dir="$2" path stage i
  local -a stages=() names=() done_stages=() linked=()
  # stages and names are never empty: a set without the paths of the plan was refused before.
  require_tool tar
  is_bsdtar || true
  [[ ! -e $RUN_DIR/links && ! -e $RUN_DIR/mounts ]] || rm -f -- "$RUN_DIR/links" "$RUN_DIR/mounts"
  find_restored_paths "$set"
  for path in "${RESTORED_PATHS[@]}"; do
    find_stage "$dir" "$path" || return $?
    stages+=("$STAGE")
  done
  printf '%s\0' "${stages[@]}" >"$RUN_DIR/stages" || die "$EX_IO" "cannot write in $RUN_DIR" "is its disk full? look at df -h $RUN_DIR"
  for stage in "${stages[@]}"; do
    ! is_one_of "$stage" ${done_stages[@]+"${done_stages[@]}"} || continue
    done_stages+=("$stage")
    names=()
    for ((i = 0; i < ${#stages[@]}; i++)); do
      [[ ${stages[i]} != "$stage" ]] || names+=(".${RESTORED_PATHS[i]}")
    done
    linked=()
    if ((${#names[@]} < SET_PATHS)); then
      [[ -s $RUN_DIR/links ]] || stream_payload "$set" files.tar list_links || return $?
      while IFS= read -r -d '' path; do
        is_one_of "$path" ${linked[@]+"${linked[@]}"} || linked+=("$path")
      done < <(links_from_outside "${names[@]}")
    fi
    stream_payload "$set" files.tar extract_tar "$stage" "${names[@]}" ${linked[@]+"${linked[@]}"} || return $?
    for path in ${linked[@]+"${linked[@]}"}; do rm -f -- "$stage/$path"; done
  done
}

# List the hard links of the tar on stdin into $RUN_DIR/links: its lines begin with h. Names are escaped.
list_links() {
  local status=0
  find_tar_options --quoting-style=c
  run_tar ${KNOWN_OPTIONS[@]+"${KNOWN_OPTIONS[@]}"} -tvf - >"$RUN_DIR/links.all" || status=$?
  grep '^h' "$RUN_DIR/links.all" >"$RUN_DIR/links" || printf '\n' >"$RUN_DIR/links"
  rm -f -- "$RUN_DIR/links.all"
  ((status == 0)) || return "$(tar_status "$status")"
}

# Print, each ended by NUL, the names outside of the given ones that hard links inside of them lead to.
links_from_outside() {
  local line name target wanted
  local quoted='"(([^"\\]|\\.)*)" link to "(([^"\\]|\\.)*)"$'
  while IFS= read -r line; do
    if [[ $line =~ $quoted ]]; then
      name="${BASH_REMATCH[1]}" target="${BASH_REMATCH[3]}"
      printf -v name '%b' "${name//\\\"/\"}"
      printf -v target '%b' "${target//\\\"/\"}"
    elif [[ $line =~ \ (\./.*)\ link\ to\ (\./.*)$ ]]; then
      printf -v name '%b' "${BASH_REMATCH[1]}"
      printf -v target '%b' "${BASH_REMATCH[2]}"
    else
      continue
    fi
    for wanted in "$@"; do
      if [[ $name == "$wanted" || $name == "$wanted"/* ]] && ! is_below "$target" "$@"; then
        printf '%s\0' "$target"
        break
      fi
    done
  done <"$RUN_DIR/links"
}

# Is a name one of the others, or below one?
is_below() {
  local name="$1" other
  shift
  for other in "$@"; do
    if [[ $name == "$other" || $name == "$other"/* ]]; then return 0; fi
  done
  return 1
}

# The stages that archive_stage has put the paths into, in the order of RESTORED_PATHS: into STAGE_OF.
read_stages() {
  local stage
  STAGE_OF=()
  while IFS= read -r -d '' stage; do STAGE_OF+=("$stage"); done <"$RUN_DIR/stages" || die "$EX_IO" "cannot read $RUN_DIR/stages"
  ((${#STAGE_OF[@]} == ${#RESTORED_PATHS[@]})) || die "$EX_SOFTWARE" "there are ${#STAGE_OF[@]} stages for ${#RESTORED_PATHS[@]} paths"
}

# Which of the plan's paths the set holds, into RESTORED_PATHS, and how many it holds of any plan, into SET_PATHS. The plan may have changed
# since the set was made: what only one of the two knows is left alone, and said.
find_restored_paths() {
  local set="$1" path number=1
  local -a in_set=()
  while look_up "$set" "position.path.$number" && [[ -n $VALUE ]]; do
    path="$VALUE"
    in_set+=("$path")
    number=$((number + 1))
    is_one_of "$path" "${SOURCE_PATHS[@]}" || log_warn "the set holds $path, which is no longer in the plan: not restored"
  done
  SET_PATHS="${#in_set[@]}"
  RESTORED_PATHS=()
  for path in "${SOURCE_PATHS[@]}"; do
    if is_one_of "$path" ${in_set[@]+"${in_set[@]}"}; then
      RESTORED_PATHS+=("$path")
    else
      log_warn "the set does not hold $path, which came into the plan later: left as it is"
    fi
  done
  ((${#RESTORED_PATHS[@]} > 0)) || die "$EX_DATA" "the set ${set##*/} holds none of the paths in the plan"
}

# The stage of a path, into STAGE: DIR, unless a live restore needs one on the path's own file system. What tries a restore out is divided
# likewise, in directories.
find_stage() {
  local dir="$1" path="$2" here
  STAGE="$dir"
  if ! is_live_stage "$dir"; then
    [[ $ACTION == restore ]] || find_trial_stage "$dir" "$path"
    return
  fi
  find_stage_parent "$path"
  # Most assets need no other.
  [[ ${dir%/*} != "${STAGE_PARENT%/}" ]] || return 0
  find_mount_point "$STAGE_PARENT"
  here="$MOUNT_POINT"
  # STAGES is never empty.
  find_stages "$dir"
  for STAGE in "${STAGES[@]}"; do
    find_mount_point "$STAGE"
    if [[ $MOUNT_POINT == "$here" ]]; then return 0; fi
  done
  add_stage "$dir" "$STAGE_PARENT"
}

# The directory of a stage that stands for the file system of a path; the stage itself for that of the plan's first path.
find_trial_stage() {
  local dir="$1" path="$2" here number=0 line
  STAGE="$dir"
  [[ $path != "${SOURCE_PATHS[0]}" ]] || return 0
  find_stage_parent "$path"
  find_mount_point "$STAGE_PARENT"
  here="$MOUNT_POINT"
  find_stage_parent "${SOURCE_PATHS[0]}"
  find_mount_point "$STAGE_PARENT"
  if [[ $here != "$MOUNT_POINT" ]]; then
    while IFS= read -r line; do
      number=$((number + 1))
      [[ $line != "$here" ]] || break
    done < <(cat -- "$RUN_DIR/mounts" 2>/dev/null)
    if [[ ${line:-} != "$here" ]]; then
      number=$((number + 1))
      printf '%s\n' "$here" >>"$RUN_DIR/mounts"
    fi
    STAGE="$dir/.lifeboat-mount-$number"
    mkdir -p -- "$STAGE" || die "$EX_CANTCREAT" "cannot write in $dir"
  fi
}

# Extract the tar on stdin below a directory. Only root can give files back to their owners.
extract_tar() {
  local dir="$1"
  local -a of_root=()
  shift
  ! is_root || of_root=(--same-owner '--xattrs-include=*')
  find_tar_options --numeric-owner --acls --xattrs --no-wildcards ${of_root[@]+"${of_root[@]}"}
  run_tar --extract --file=- -p ${KNOWN_OPTIONS[@]+"${KNOWN_OPTIONS[@]}"} -C "$dir" -- "$@" || {
    log_error "tar could not extract the archive into $dir (exit status $?)"
    return "$EX_IO"
  }
}

# Every entry must have arrived.
archive_check_stage() {
  local set="$1" path i found=0
  find_restored_paths "$set" 2>/dev/null
  read_stages
  for ((i = 0; i < ${#RESTORED_PATHS[@]}; i++)); do
    path="${STAGE_OF[i]}${RESTORED_PATHS[i]}"
    if [[ ! -e $path && ! -L $path ]]; then
      log_error "the set should hold ${path##*/}, but nothing was extracted"
      return "$EX_IO"
    fi
    count_files "$path"
    found=$((found + FILE_COUNT))
  done
  look_up "$set" position.entries
  if ((${#RESTORED_PATHS[@]} == SET_PATHS && found != VALUE)); then
    log_error "$found entries were restored, the set holds $VALUE: this file system did not take them all"
    return "$EX_IO"
  fi
}

# Number of entries below and including a path, whatever their names, into FILE_COUNT.
count_files() {
  FILE_COUNT="$(find "$1" -print0 | tr -dc '\000' | wc -c)"
  FILE_COUNT=$((FILE_COUNT))
}

# Say what is replaced.
archive_describe_restore() {
  local path
  refuse_inner_mounts
  find_restored_paths "$1"
  [[ $SERVICE_KIND == none ]] || printf '  stop %s\n' "$(service_label)"
  for path in "${RESTORED_PATHS[@]}"; do
    if is_mount_point "$path"; then
      printf '  replace what is in %s\n    keep the old content in its .lifeboat-old-%s\n' "$path" "$STAMP"
    elif [[ -e $path || -L $path ]]; then
      printf '  replace %s\n    keep the old one beside it as %s\n' "$path" "${path##*/}.lifeboat-old-$STAMP"
    else
      printf '  create %s\n' "$path"
    fi
  done
  [[ $SERVICE_KIND == none ]] || printf '  start %s\n' "$(service_label)"
}

# A file system mounted below a path would be moved aside with it; a file that is a mount point cannot be renamed at all.
refuse_inner_mounts() {
  local path line point linux='^.* on (/.*) type .*$' bsd='^.* on (/.*) \(.*$'
  while IFS= read -r line; do
    [[ $line =~ $linux || $line =~ $bsd ]] || continue
    point="${BASH_REMATCH[1]}"
    for path in "${SOURCE_PATHS[@]}"; do
      if [[ $point == "$path"/* || ($point == "$path" && ! -d $path) ]]; then
        die "$EX_CONFIG" "$point is mounted inside $path, so $path cannot be replaced as a whole" "unmount it for the restore, or make it an asset of its own; --into restores elsewhere"
      fi
    done
  done < <(mount)
}

# Swap each path with its stage, with the service stopped.
archive_swap() {
  local set="$1" path staged i
  find_restored_paths "$set" 2>/dev/null
  read_stages
  service_stop
  for ((i = 0; i < ${#RESTORED_PATHS[@]}; i++)); do
    path="${RESTORED_PATHS[i]}"
    staged="${STAGE_OF[i]}$path"
    if is_mount_point "$path"; then
      swap_children "$staged" "$path"
      copy_owner_and_mode "$staged" "$path"
    else
      [[ -d ${path%/*}/ ]] || (umask 022 && mkdir -p -- "${path%/*}/")
      swap_path "$staged" "$path"
    fi
  done
  service_start
}

# Every path is there, and the service runs.
archive_check_live() {
  local path
  find_restored_paths "$1" 2>/dev/null
  for path in "${RESTORED_PATHS[@]}"; do
    if [[ ! -e $path ]]; then
      log_error "$path is not there after the restore: something took it away"
      return "$EX_IO"
    fi
  done
  service_settled
}

# One line about a stage.
archive_stage_summary() {
  local files kib
  files="$(find "$1" ! -type d -print0 | tr -dc '\000' | wc -c)"
  kib="$(du -sk -- "$1" | awk '{ print $1 }')"
  printf '%s, %s\n' "$(count_of $((files)) file)" "$(human_bytes $((kib * 1024)))"
}
