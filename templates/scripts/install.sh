# The role of install.sh: put this host's scripts and crontab in place, or take them away again.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--dry-run] [--adopt-stores] [--uninstall]

Install the scripts and the crontab of plan $PLAN for host $HOST_ID.
Checks every file of this bundle first. Doing it again changes nothing; a newer
bundle replaces what is older and removes what it no longer has.

Options:
  --dry-run         list what would change, change nothing
  --adopt-stores    take the stores as they are now: their disk was exchanged, or
                    they were moved to another file system
  --uninstall       remove the scripts and the crontab lines; state, logs and
                    backups stay
  --verbose         say more
  --quiet           only warnings and errors
  --help            this text
  --version         versions of lifeboat and of the plan

Exit codes:
   0  done                        64  wrong usage
  65  the bundle is damaged       69  no crontab program
  73, 74  cannot write            77  cannot read the crontab
  78  this host's time zone is not the plan's, or its crontab is torn

Installs to:
  scripts  $INSTALL_DIR
  state    $STATE_DIR
  logs     $LOG_DIR
  crontab  of the user who runs this (now: $(id -un))
HELP
}

# Install or uninstall.
main() {
  parse_install_arguments "$@"
  BUNDLE="$(cd -- "${BASH_SOURCE[0]%/*}/" 2>/dev/null && pwd -P)" || BUNDLE="$PWD"
  LOG_TAG=install
  prepare_shell
  RUN_DIR="$(mktemp -d "${TMPDIR:-/tmp}/lifeboat.XXXXXX")" || die "$EX_CANTCREAT" 'cannot make a scratch directory'
  CHANGES=0
  catch_exits
  on_exit remove_run_dir
  if ((UNINSTALL)); then uninstall_bundle; else install_bundle; fi
}

# Read the command line.
parse_install_arguments() {
  default_options
  DRY_RUN=0 UNINSTALL=0 ADOPT=0
  split_arguments "$@"
  set -- ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
  while (($# > 0)); do
    case "$1" in
      --dry-run) DRY_RUN=1 ;;
      --uninstall) UNINSTALL=1 ;;
      --adopt-stores) ADOPT=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
}

# Check everything, then change things, the crontab last: a job never fires before its script is there.
install_bundle() {
  check_bundle
  check_host
  read_crontab
  merge_crontab "$BUNDLE/crontab"
  make_directories
  mark_stores
  install_files
  install_crontab
  note_baselines
  if ((CHANGES == 0)); then
    printf 'Plan %s is installed on %s: nothing to change.\n' "$PLAN" "$HOST_ID"
  elif ((DRY_RUN)); then
    printf 'Nothing was changed: this was a dry run.\n'
  else
    printf 'Plan %s is installed on %s: %s scheduled jobs.\n' "$PLAN" "$HOST_ID" "$(count_jobs "$BUNDLE/crontab")"
    [[ ! -e $INSTALL_DIR/status.sh ]] || printf 'Look at it with %s\n' "$INSTALL_DIR/status.sh"
  fi
}

# Every file must be the one that was compiled, and nothing that can be run may have come along.
check_bundle() {
  local hash name file bad=0
  [[ -f $BUNDLE/SHA256SUMS ]] || die "$EX_DATA" "there is no SHA256SUMS in $BUNDLE" 'copy the whole directory of this host'
  while read -r hash name; do
    name="${name#\*}"
    if [[ ! $hash =~ ^[0-9a-f]{64}$ || $name == /* || /$name/ == */../* || -z $name ]]; then
      die "$EX_DATA" 'SHA256SUMS has a line that is no checksum of a file in the bundle'
    elif [[ ! -f $BUNDLE/$name ]]; then
      log_error "missing: $name"
      bad=1
    elif [[ $(sha256_of "$BUNDLE/$name") != "$hash" ]]; then
      log_error "changed since it was compiled: $name"
      bad=1
    fi
  done <"$BUNDLE/SHA256SUMS"
  while IFS= read -r file; do
    file="${file#"$BUNDLE"/}"
    bundle_names "$BUNDLE" | grep -F -x -e "$file" >/dev/null && continue
    log_error "not of this bundle, yet executable: $file"
    bad=1
  done < <(find "$BUNDLE" -type f -perm -100)
  ((bad == 0)) || die "$EX_DATA" "the bundle in $BUNDLE is not as it was compiled: nothing was installed" 'build and copy it again'
  log_debug "the bundle in $BUNDLE is as it was compiled"
  bundle_names "$BUNDLE" | grep -x crontab >/dev/null || die "$EX_DATA" 'the bundle has no crontab'
}

# Names of the files that the SHA256SUMS of a directory lists.
bundle_names() {
  [[ ! -f $1/SHA256SUMS ]] || sed -e 's/^[0-9a-f]* [ *]//' "$1/SHA256SUMS"
}

# What a job will need at night must be seen now.
check_host() {
  local tool at
  for tool in ${REQUIRED_TOOLS[@]+"${REQUIRED_TOOLS[@]}"}; do
    command -v "$tool" >/dev/null 2>&1 || log_warn "$tool is not installed: the scripts that need it will say so and fail"
  done
  [[ -n $TIME_ZONE ]] || return 0
  if [[ ! -e /usr/share/zoneinfo/$TIME_ZONE ]]; then
    log_warn "this host does not know the time zone $TIME_ZONE: cannot check it"
    return 0
  fi
  # Half a year apart, so that zones that differ in summer only are told apart.
  for at in "$(date +%s)" $(($(date +%s) + 180 * 86400)); do
    if [[ $(unset -v TZ && local_offset "$at") != "$(TZ="$TIME_ZONE" local_offset "$at")" ]]; then
      die "$EX_CONFIG" "this host's clock is not in $TIME_ZONE, so its cron would run the jobs at other times than planned" "set it (Linux: timedatectl set-timezone $TIME_ZONE), or change the host's timeZone in the plan"
    fi
  done
}

# Number of jobs in a crontab.
count_jobs() {
  grep -c -v -E '^[[:space:]]*(#|$)' "$1" || true
}

# Fetch the user's crontab into RUN_DIR/crontab.old. Having none is fine; having no cron is not when there are jobs.
read_crontab() {
  : >"$RUN_DIR/crontab.old"
  if ! command -v crontab >/dev/null 2>&1; then
    if ((!UNINSTALL)) && (($(count_jobs "$BUNDLE/crontab") > 0)); then
      die "$EX_UNAVAILABLE" 'there is no crontab program on this host: nothing was installed' 'install cron, then run this again'
    fi
    return 0
  fi
  crontab -l >"$RUN_DIR/crontab.old" 2>"$RUN_DIR/crontab.err" || {
    grep -i 'no crontab' "$RUN_DIR/crontab.err" >/dev/null || die "$EX_NOPERM" "cannot read the crontab of $(id -un): $(sed -n 1p "$RUN_DIR/crontab.err")"
    : >"$RUN_DIR/crontab.old"
  }
}

# Make RUN_DIR/crontab.new: the old crontab with our block replaced by a file's lines (where it stood, else at the end), or
# removed when no file is given. No other line is touched.
merge_crontab() {
  local jobs="${1:-/dev/null}" begin="# BEGIN lifeboat $PLAN/$HOST_ID" end="# END lifeboat $PLAN/$HOST_ID"
  if [[ $(grep -c -F -x -e "$begin" "$RUN_DIR/crontab.old") != $(grep -c -F -x -e "$end" "$RUN_DIR/crontab.old") ]]; then
    die "$EX_CONFIG" "the crontab of $(id -un) has '$begin' without its END, or the reverse" 'mend it with crontab -e, then run this again'
  fi
  if [[ $jobs != /dev/null ]] && (($(count_jobs "$jobs") > 0)); then
    { printf '%s\n' "$begin" && cat -- "$jobs" && printf '%s\n' "$end"; } >"$RUN_DIR/block"
  else
    : >"$RUN_DIR/block"
  fi
  awk -v begin="$begin" -v end="$end" -v block="$RUN_DIR/block" '
    function put(   line) { if (!done) while ((getline line < block) > 0) print line; done = 1 }
    $0 == begin { put(); inside = 1; next }
    inside { if ($0 == end) inside = 0; next }
    { print }
    END { put() }' "$RUN_DIR/crontab.old" >"$RUN_DIR/crontab.new"
}

# Load the merged crontab, if it differs.
install_crontab() {
  local line
  if cmp -s -- "$RUN_DIR/crontab.old" "$RUN_DIR/crontab.new"; then return 0; fi
  while IFS= read -r line; do
    case "$line" in
      [\<\>]\ *) note_change "crontab  $(printf '%s' "$line" | sed -e 's/^< /- /' -e 's/^> /+ /')" ;;
    esac
  done < <(diff -- "$RUN_DIR/crontab.old" "$RUN_DIR/crontab.new" || true)
  ((!DRY_RUN)) || return 0
  if [[ -s $RUN_DIR/crontab.new ]]; then
    crontab "$RUN_DIR/crontab.new" 2>"$RUN_DIR/crontab.err" || die "$EX_IO" "cron refused the crontab: $(sed -n 1p "$RUN_DIR/crontab.err")" 'the old one is still in force; the scripts are in place'
  else
    crontab -r
  fi
}

# Say one change, of a dry run or a real one.
note_change() {
  CHANGES=$((CHANGES + 1))
  ((QUIET)) || printf '%s\n' "$1"
}

# Make the directories that are not there: private ones, but parents as usual, and metrics for others to read.
make_directories() {
  local dir mode
  for dir in "$INSTALL_DIR" "$STATE_DIR" "$LOG_DIR" ${METRICS_DIR:+"$METRICS_DIR"} ${STORE_DIRS[@]+"${STORE_DIRS[@]}"}; do
    [[ ! -d $dir ]] || continue
    mode=700
    [[ $dir != "${METRICS_DIR:-}" ]] || mode=755
    note_change "directory + $dir"
    ((!DRY_RUN)) || continue
    if ! { (umask 022 && mkdir -p -- "${dir%/*}/") && mkdir -- "$dir" && chmod "$mode" "$dir"; } 2>/dev/null; then
      die "$EX_CANTCREAT" "cannot make $dir" 'run this as the user who owns that place, mostly root'
    fi
  done
}

# Put a mark into each store, and note it and the mount point: a directory that is there while its disk is not is not the store. One that
# was marked before keeps its mark; a store that is not the one that was noted is taken only when it holds something, or nothing was noted.
mark_stores() {
  local store mark
  : >"$RUN_DIR/stores"
  for store in ${STORE_DIRS[@]+"${STORE_DIRS[@]}"}; do
    if [[ ! -d $store ]]; then continue; fi
    find_store_fault "$store"
    if [[ -n $STORE_FAULT ]]; then
      if ((!ADOPT)); then
        die "$EX_CANTCREAT" "the store $store $STORE_FAULT: nothing was installed" "mount its disk, then run this again; if this is the store from now on, add --adopt-stores"
      fi
      log_warn "the store $store $STORE_FAULT: taking it as it is now"
    fi
    mark=''
    [[ ! -f $store/$STORE_MARK ]] || mark="$(sed -n 1p "$store/$STORE_MARK")"
    if [[ ! $mark =~ ^[0-9a-f-]{16,64}$ ]]; then
      mark="$(new_mark)"
      note_change "store     + $store/$STORE_MARK"
      ((DRY_RUN)) || printf '%s\n' "$mark" >"$store/$STORE_MARK" || die "$EX_CANTCREAT" "cannot write $store/$STORE_MARK"
    fi
    find_mount_point "$store"
    encode_word "$MOUNT_POINT"
    printf '%s %s %s\n' "$mark" "$ENCODED_WORD" "$store" >>"$RUN_DIR/stores"
  done
  if cmp -s -- "$RUN_DIR/stores" "$STATE_DIR/stores" || [[ ! -s $RUN_DIR/stores ]]; then return 0; fi
  ((!DRY_RUN)) || return 0
  if ! cat -- "$RUN_DIR/stores" >"$STATE_DIR/stores.new" || ! mv -f -- "$STATE_DIR/stores.new" "$STATE_DIR/stores"; then
    die "$EX_CANTCREAT" "cannot write $STATE_DIR/stores"
  fi
}

# A word that no other store has.
new_mark() {
  local word
  word="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  printf '%s\n' "$word"
}

# Copy what is new or changed, each file in one rename; remove what an earlier bundle had and this one has not. The list
# goes last: an interrupted installation is completed by the next one.
install_files() {
  local name
  while IFS= read -r name; do
    install_file "$name"
  done < <(bundle_names "$BUNDLE")
  while IFS= read -r name; do
    bundle_names "$BUNDLE" | grep -F -x -e "$name" >/dev/null || remove_file "$name"
  done < <(bundle_names "$INSTALL_DIR")
  install_file SHA256SUMS
}

# Copy one file if it differs.
install_file() {
  local name="$1" from="$BUNDLE/$1" to="$INSTALL_DIR/$1" mode=600 sign='+'
  [[ $name != *.sh ]] || mode=700
  if [[ -e $to ]]; then
    sign='~'
    if cmp -s -- "$from" "$to" && [[ $(file_mode "$to") == "$mode" ]]; then return 0; fi
  fi
  note_change "file      $sign $to"
  ((!DRY_RUN)) || return 0
  if ! { mkdir -p -- "${to%/*}" && cat -- "$from" >"$to.new" && chmod "$mode" "$to.new" && mv -f -- "$to.new" "$to"; }; then
    rm -f -- "$to.new"
    die "$EX_IO" "cannot write $to"
  fi
}

# Remove one installed file.
remove_file() {
  local file="$INSTALL_DIR/$1"
  [[ -e $file && /$1/ != */../* ]] || return 0
  note_change "file      - $file"
  ((DRY_RUN)) || rm -f -- "$file"
}

# A job counts as started when it is installed: its first run is at its next time, not at the first catch-up.
note_baselines() {
  local asset
  ((!DRY_RUN)) || return 0
  for asset in ${JOB_ASSETS[@]+"${JOB_ASSETS[@]}"}; do
    [[ -e $STATE_DIR/$asset.last-start ]] || date +%Y%m%d%H%M >"$STATE_DIR/$asset.last-start"
  done
}

# Take the crontab block, then the scripts away. Nothing else.
uninstall_bundle() {
  local name
  read_crontab
  merge_crontab
  install_crontab
  while IFS= read -r name; do
    remove_file "$name"
  done < <(bundle_names "$INSTALL_DIR" && printf 'SHA256SUMS\n')
  ((DRY_RUN)) || rmdir -- "$INSTALL_DIR" 2>/dev/null || true
  if ((CHANGES == 0)); then
    printf 'Plan %s is not installed on %s: nothing to change.\n' "$PLAN" "$HOST_ID"
  elif ((DRY_RUN)); then
    printf 'Nothing was changed: this was a dry run.\n'
  else
    printf 'Removed the scripts and jobs of plan %s.\n' "$PLAN"
  fi
  printf 'Kept: state %s, logs %s%s\n' "$STATE_DIR" "$LOG_DIR" "$(print_kept_stores)"
}

# The stores, for the last line of an uninstallation.
print_kept_stores() {
  local dir
  for dir in ${STORE_DIRS[@]+"${STORE_DIRS[@]}"}; do printf ', backups %s' "$dir"; done
}
