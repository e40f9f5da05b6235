# The frame of a run: start, guarded work, the way out.

readonly KILL_GRACE_SECONDS=5
# Where programs are looked for, after the directories that the plan names.
readonly SYSTEM_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin:/opt/homebrew/sbin:/opt/homebrew/bin

# Start a run: clean environment, log, private scratch directory, traps. Nothing is written when DRY_RUN is 1,
# apart from a scratch directory that is removed again.
begin_run() {
  ACTION="$1"
  LOG_TAG="$ASSET"
  prepare_shell
  read_utc
  # shellcheck disable=SC2034  # for roles and kinds
  STAMP="$STAMP_NOW"
  read_clock
  STARTED_MS="$NOW_MS"
  PHASES=()
  LOCK_HELD=0
  catch_exits
  if [[ $DRY_RUN == 1 ]]; then
    RUN_DIR="$(mktemp -d "${TMPDIR:-/tmp}/lifeboat.XXXXXX")" || die "$EX_CANTCREAT" 'cannot make a scratch directory'
  else
    open_log "$ASSET"
    make_run_dir
    record_start
  fi
  # shellcheck disable=SC2034  # for kinds
  WORK_DIR="$RUN_DIR"
  on_exit remove_run_dir
  log_debug "$ACTION of $ASSET ($KIND) on $HOST_ID, pid $$"
  # A list of sets wants none of them.
  ((${LIST:-0})) || ask_secrets
}

# From here on every way out of this process leads through finish_run. Until RUN_PID says that it is this process's own, a child that has
# just been forked acts upon none of what it inherited.
catch_exits() {
  GUARDED_PIDS=''
  EXIT_FUNCTIONS=()
  FINISHING=''
  find_own_pid
  RUN_PID="$OWN_PID"
  trap finish_run EXIT
  # A signal: leave with its status, but not out of the cleaning up, which goes on to its end.
  trap '[[ -n ${FINISHING:-} || ${FUNCNAME[0]:-} == finish_run ]] || exit 129' HUP
  trap '[[ -n ${FINISHING:-} || ${FUNCNAME[0]:-} == finish_run ]] || exit 130' INT
  trap '[[ -n ${FINISHING:-} || ${FUNCNAME[0]:-} == finish_run ]] || exit 143' TERM
  trap 'note_failure "$?" "$LINENO" "$BASH_COMMAND"' ERR
}

# The number of this very process, also in a subshell, into OWN_PID. Where bash does not say (3.2), the inner shell is to expand it: its
# parent is this process.
find_own_pid() {
  # shellcheck disable=SC2016
  OWN_PID="${BASHPID:-$(exec sh -c 'printf %s "$PPID"')}"
}

# The first thing of every script: leave behind what the environment would change, so that a run by hand does what cron's does. Programs
# are looked for in the plan's directories, then in those of the system, and nowhere else. Of the variables only those stay that
# is_kept_variable knows. Names that are no names of the shell's, such as functions that another shell exported, and what would be loaded
# into every program can only be shed by starting anew. LIFEBOAT_TRUST_ENVIRONMENT is for tests: all stays, the caller's path comes first.
shed_environment() {
  local name line
  local -a odd=()
  # odd is never empty where it is expanded.
  trap 'note_failure "$?" "$LINENO" "$BASH_COMMAND"' ERR
  if [[ -n ${LIFEBOAT_TRUST_ENVIRONMENT:-} ]]; then
    export PATH="$PATH${HOST_PATH:+:$HOST_PATH}"
    unset -v CDPATH GREP_OPTIONS TAR_OPTIONS GZIP ZSTD_CLEVEL ZSTD_NBTHREADS BASH_ENV ENV
    return 0
  fi
  export PATH="${HOST_PATH:+$HOST_PATH:}$SYSTEM_PATH"
  if [[ -z ${LIFEBOAT_SHED:-} ]]; then
    while IFS= read -r line; do
      name="${line%%=*}"
      [[ $line != *=* ]] || case "$name" in
        LD_* | DYLD_* | [0-9]* | *[!A-Za-z0-9_]*) odd+=(-u "$name") ;;
      esac
    done < <(env)
    ((${#odd[@]} == 0)) || exec env "${odd[@]}" LIFEBOAT_SHED=1 "$BASH" -p "$0" "$@"
  fi
  while IFS= read -r name; do
    is_kept_variable "$name" || {
      # shellcheck disable=SC2163  # the variable of that name
      export -n "$name"
      # A fact of this script may have the name: that one stays.
      unset -v "$name" 2>/dev/null || true
    }
  done < <(compgen -e)
}

# Does a variable of the environment stay? Who runs this and on what terminal; the time zone; proxies and certificates; agents;
# credentials and settings of the tools that reach clouds and clusters; secrets that the plan has put there.
is_kept_variable() {
  case "$1" in
    PATH | HOME | USER | LOGNAME | SHELL | TERM | COLUMNS | LINES | NO_COLOR | LANG | TZ) ;;
    HTTP_PROXY | HTTPS_PROXY | NO_PROXY | ALL_PROXY | http_proxy | https_proxy | no_proxy | all_proxy) ;;
    SSL_CERT_FILE | SSL_CERT_DIR | CURL_CA_BUNDLE | REQUESTS_CA_BUNDLE) ;;
    SSH_AUTH_SOCK | SSH_AGENT_PID | KRB5CCNAME | DBUS_SESSION_BUS_ADDRESS | XDG_RUNTIME_DIR | XDG_CONFIG_HOME) ;;
    KUBECONFIG | KUBERNETES_SERVICE_HOST | KUBERNETES_SERVICE_PORT | DOCKER_HOST) ;;
    AWS_* | AZURE_* | ARM_* | GOOGLE_* | CLOUDSDK_* | RCLONE_CONFIG | RCLONE_CONFIG_* | TF_TOKEN_* | TF_HTTP_* | TF_VAR_*) ;;
    *) is_one_of "$1" ${KEEP_ENVIRONMENT[@]+"${KEEP_ENVIRONMENT[@]}"} ;;
  esac
}

# Make the shell's surroundings the same whoever calls: locale, umask, directory, no job notices.
prepare_shell() {
  umask 077
  export LC_ALL=C
  cd /
}

# The trap for a command that fails where none was expected to: say which, where, before errexit ends this process. Only the
# innermost process of several says it. A status that sysexits.h knows was chosen by somebody who has said why. The command is shown
# as it is written, so no value of a variable, and no secret, is in it.
note_failure() {
  local status="$1" line="$2" command="${3%%$'\n'*}" mark="${RUN_DIR:-}/internal-error"
  # Without errexit nothing ends here: somebody looks at the status.
  [[ $- == *e* ]] || return 0
  if ((status > 128)) || ((status >= EX_USAGE && status <= EX_CONFIG)); then return 0; fi
  find_own_pid
  # What fails in a `< <(…)` ends nothing; in a pipeline, in a `(…)`, the process around it says so.
  [[ $OWN_PID == "${RUN_PID:-$$}" || $OWN_PID == "${STRICT_PID:-}" ]] || return 0
  if [[ -n ${RUN_DIR:-} ]]; then
    [[ ! -e $mark ]] || return 0
    { : >"$mark"; } 2>/dev/null || true
  fi
  if is_program_or_file "$command"; then
    # The program, or the shell, has said why.
    ((${#command} <= 60)) || command="${command:0:60}…"
    log_error "cannot do \`$command\` (exit $status, ${FUNCNAME[1]:-main}, line $line)"
    FILE_ERROR=1
    [[ -z ${RUN_DIR:-} ]] || { : >"$RUN_DIR/file-error"; } 2>/dev/null || true
  else
    ((${#command} <= 60)) || command="${command:0:60}…"
    log_error "internal error: \`$command\` failed (exit $status) in ${FUNCNAME[1]:-main}, line $line"
  fi
  # A script that has no way out of its own.
  if [[ -z ${RUN_PID:-} ]]; then
    [[ -z ${FILE_ERROR:-} ]] || exit "$EX_IO"
    exit "$EX_SOFTWARE"
  fi
}

# Is a command that failed a program, or was a file to be read or written by it? Both fail for reasons of the host's; what this script
# does by itself does not.
is_program_or_file() {
  local word="$1"
  [[ ! $word =~ ^[A-Za-z_][A-Za-z0-9_]*=\"?\$\((.*) ]] || word="${BASH_REMATCH[1]}"
  case "$word" in
    '[['* | '(('* | 'return'*) return 1 ;;
    '<'* | *' < '* | *' > '* | *' >> '*) return 0 ;;
  esac
  [[ $(type -t -- "${word%% *}") == file ]]
}

# Make the private scratch directory of this run, and clear away those of runs that were killed.
make_run_dir() {
  local dir pid
  [[ -d $STATE_DIR/run ]] || mkdir -p -- "$STATE_DIR/run" 2>/dev/null || die "$EX_CANTCREAT" "cannot make the state directory $STATE_DIR" "run as the user that install.sh ran as"
  for dir in "$STATE_DIR/run/"*; do
    pid="${dir##*.}"
    [[ -d $dir && $pid =~ ^[0-9]+$ ]] || continue
    kill -0 "$pid" 2>/dev/null || rm -rf -- "$dir"
  done
  RUN_DIR="$STATE_DIR/run/$ASSET.$ACTION.$$"
  [[ ! -e $RUN_DIR && ! -L $RUN_DIR ]] || rm -rf -- "$RUN_DIR"
  mkdir -- "$RUN_DIR" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in the state directory $STATE_DIR" "run as the user that install.sh ran as"
}

# Remove the scratch directory of this run.
remove_run_dir() {
  [[ -z $RUN_DIR ]] || rm -rf -- "$RUN_DIR"
}

# Remember when this job started, in local minutes: catch-up compares it with the schedule.
record_start() {
  local name="$ASSET"
  [[ $ACTION != restore ]] || return 0
  [[ $ACTION == backup ]] || name="$ASSET.$ACTION"
  { date +%Y%m%d%H%M >"$STATE_DIR/$name.last-start"; } 2>/dev/null || die "$EX_CANTCREAT" "cannot write $STATE_DIR/$name.last-start" "is its disk full? look at df -h $STATE_DIR"
}

# Have a function called at the end of the run, last registered first, whatever the end is. Inside a guarded function
# it is called when that function ends.
on_exit() {
  EXIT_FUNCTIONS=("$1" ${EXIT_FUNCTIONS[@]+"${EXIT_FUNCTIONS[@]}"})
}

# The exit trap: stop what still runs, call the exit functions, leave with the status that led here. Only the process that set it
# up does so: one that was forked from it and ends before it has traps of its own leaves at once.
finish_run() {
  EXIT_STATUS=$? FINISHING=1
  local name
  trap - EXIT ERR
  # No signal ends the cleaning up, a second Ctrl-C neither; what it runs ignores them, too, apart from what `guarded` runs.
  trap '' HUP INT TERM
  set +e
  # A signal that came while `guarded` waited: what is said now is for people again.
  if { : >&7; } 2>/dev/null; then exec 2>&7 7>&-; fi
  find_own_pid
  [[ $OWN_PID == "$RUN_PID" ]] || exit "$EXIT_STATUS"
  stop_guarded
  clear_progress
  if ((RUN_PID == $$ && (EXIT_STATUS != 0 && EXIT_STATUS < EX_USAGE || EXIT_STATUS > EX_CONFIG && EXIT_STATUS <= 128))); then
    [[ -n ${FILE_ERROR:-} || -e ${RUN_DIR:-}/internal-error ]] || log_error "internal error: a command failed (exit $EXIT_STATUS)"
    EXIT_STATUS="$EX_SOFTWARE"
    # Before there is a RUN_DIR no child has left a mark in it.
    [[ -z ${FILE_ERROR:-} && ! -e ${RUN_DIR:-}/file-error ]] || EXIT_STATUS="$EX_IO"
    # Scripts write their notes there all the time: where that cannot be done, that is the cause.
    if [[ -n ${RUN_DIR:-} ]] && ! can_write_in "$RUN_DIR"; then
      log_error "cannot write in $RUN_DIR: its disk is full, or it cannot be written"
      EXIT_STATUS="$EX_IO"
    elif [[ -n ${RUN_DIR:-} ]] && ! can_read_notes; then
      log_error "cannot read the notes of this run in $STATE_DIR"
      EXIT_STATUS="$EX_IO"
    fi
    ((EXIT_STATUS != EX_IO)) || hint_at_files
  elif ((RUN_PID == $$ && EXIT_STATUS > 128)) && ! is_one_of "$EXIT_STATUS" 129 130 141 143; then
    # Those are signals to the run itself; any other one came to a program of its, such as from a kernel without memory.
    log_error "a program that this run had started was killed (signal $((EXIT_STATUS - 128)))"
    EXIT_STATUS="$EX_TEMPFAIL"
  fi
  for name in ${EXIT_FUNCTIONS[@]+"${EXIT_FUNCTIONS[@]}"}; do
    # A subshell, so that one that dies does not keep the others from being called.
    ("$name")
  done
  exit "$EXIT_STATUS"
}

# What to do about a file that could not be made, moved or removed: where to look, what is safe now, what to run next.
hint_at_files() {
  local dir full='' safe
  for dir in "${RUN_DIR:-}" "${WORK_DIR:-}" "${STAGE_DIR:-}"; do
    [[ ! -d $dir ]] || can_write_in "$dir" || full="$dir"
  done
  case "${ACTION:-}:${RESTORE_STATE:-}" in
    restore: | restore:prepared) safe='nothing live was changed; ' ;;
    backup:* | archive:* | verify:* | drill:* | pull:* | push:*) safe='nothing live was changed, and every published set is whole; ' ;;
    # What becomes of the live data is said next.
    *) safe='' ;;
  esac
  if [[ -n $full ]]; then
    log_line HINT "nothing can be written in $full: is its file system full (df -h $full; df -i $full), read-only (mount) or failing (dmesg | tail)?"
  else
    log_line HINT 'what the program said names the file: is its file system full (df -h; df -i), read-only (mount) or failing (dmesg | tail), or is a right missing (ls -ld)?'
  fi
  log_line HINT "${safe}mend the cause, then run this again: $0"
}

# Can the small files be read that scripts keep their notes in?
can_read_notes() {
  local file
  for file in "$STATE_DIR/"* "$RUN_DIR/"*; do
    # What is large is data.
    [[ ! -f $file || -n $(find "$file" -prune -size +1024 2>/dev/null) ]] || cat -- "$file" >/dev/null 2>&1 || return 1
  done
}

# Can a note of usual size be written in a directory?
can_write_in() {
  { printf '%4096s\n' '' >"$1/.probe" && rm -f -- "$1/.probe"; } 2>/dev/null
}

# Demand programs.
require_tool() {
  local name
  for name in "$@"; do
    command -v "$name" >/dev/null 2>&1 || die "$EX_UNAVAILABLE" "$name is not installed on this host" "install it, or add its directory to the host's path in the plan"
  done
}

# Run a function in its own process group, so that all of it can be stopped: at once on INT or TERM, with 75 after
# SECONDS, with 74 when free space below WATCH_DIR (may be empty) falls under RESERVE_BYTES. Its standard input is
# empty. Returns the function's status; call it plainly, not from a condition, and errexit holds inside.
guarded() {
  local limit="$1" dir="$2" label="$3" pid watchdog status=0 verdict=0 outer="$GUARDED_PIDS"
  shift 3
  [[ -z $RUN_DIR || -p $RUN_DIR/tick ]] || mkfifo -- "$RUN_DIR/tick" 2>/dev/null || true
  set -m
  run_guarded_child "$@" </dev/null 8>&- 9>&- &
  pid=$!
  GUARDED_PIDS="$pid $outer"
  watch_group "$pid" "$limit" "$dir" "$label" </dev/null >/dev/null 8>&- 9>&- &
  watchdog=$!
  GUARDED_PIDS="$pid $watchdog $outer"
  set +m
  # A shell with job control tells of jobs that signals ended, on stderr.
  { wait "$pid" || status=$?; } 7>&2 2>/dev/null
  # Killed by a signal: perhaps by the watchdog, whose status then says why.
  ((status > 128)) || kill -KILL -- "-$watchdog" 2>/dev/null || true
  { wait "$watchdog" || verdict=$?; } 7>&2 2>/dev/null
  GUARDED_PIDS="$outer"
  clear_progress
  ((status == 0)) || stop_group "$pid"
  if ((status > 128 && (verdict == EX_IO || verdict == EX_TEMPFAIL))); then return "$verdict"; fi
  if ((status > 128)); then
    log_error "$label: ended by signal $((status - 128)) from outside"
    # shellcheck disable=SC2034  # for act_on_service
    WAS_SIGNALLED=1
    return "$EX_TEMPFAIL"
  fi
  return "$status"
}

# The body of a guarded process: its own exit functions, the same strictness.
run_guarded_child() {
  catch_exits
  set -Ee
  "$@"
}

# Watch over a process group from outside of it. Ends with 75 (too long) or 74 (disk nearly full) after stopping the
# group, with 0 when the group's leader is gone. When the run itself was killed, nobody waits for the group: stop it.
watch_group() {
  local pid="$1" limit="$2" dir="$3" label="$4" began=$SECONDS free='' beat=0 looking='' note="$RUN_DIR/free.$1"
  trap - EXIT HUP INT TERM ERR
  set +e
  # A pipe that nobody writes to, to wait at without a program.
  [[ ! -p $RUN_DIR/tick ]] || exec 6<>"$RUN_DIR/tick"
  while kill -0 "$pid" 2>/dev/null; do
    if ! kill -0 "$RUN_PID" 2>/dev/null; then
      stop_group "$pid"
      return 0
    fi
    if ((limit > 0 && SECONDS - began >= limit)); then
      log_error "$label: not done after $(human_seconds "$limit")"
      stop_group "$pid"
      return "$EX_TEMPFAIL"
    fi
    # Asked for in the background: a file system that does not answer must not keep the time limit from being kept.
    if [[ -n $dir && beat -gt 0 ]] && { [[ -z $looking ]] || ! kill -0 "$looking" 2>/dev/null; }; then
      free=''
      [[ -z $looking || ! -s $note ]] || read -r free <"$note"
      if is_count "$free" && ((free < RESERVE_BYTES)); then
        log_error "$label: only $(human_bytes "$free") free in $dir, below the reserve of $(human_bytes "$RESERVE_BYTES")"
        stop_group "$pid"
        return "$EX_IO"
      fi
      free_bytes "$dir" >"$note" 2>/dev/null &
      looking=$!
    fi
    show_progress "$label" "$dir" $((SECONDS - began))
    beat=$((beat + 1))
    if { : <&6; } 2>/dev/null; then read -r -t 1 <&6; else sleep 1; fi
  done
  return 0
}

# One line that overwrites itself, on a terminal only.
show_progress() {
  local label="$1" dir="$2" seconds="$3" size=''
  [[ -t 2 && $QUIET == 0 && ${TERM:-dumb} != dumb ]] || return 0
  if [[ -n $dir ]]; then
    count_bytes_in "$dir" 2>/dev/null
    size="$TOTAL_BYTES"
  fi
  if [[ ${size:-0} == 0 ]]; then size=''; else size=", $(human_bytes "$size")"; fi
  printf '\r\033[K%s ... %s%s' "$label" "$(human_seconds "$seconds")" "$size" >&2
}

# Stop every process of a group: ask, wait a little, insist. First as Ctrl-C would: of programs that TERM ends a shell tells on the screen.
stop_group() {
  local pid="$1" waited=0
  kill -INT -- "-$pid" 2>/dev/null || return 0
  while kill -0 -- "-$pid" 2>/dev/null; do
    if ((waited == 3)); then kill -TERM -- "-$pid" 2>/dev/null || true; fi
    if ((waited >= KILL_GRACE_SECONDS * 10)); then
      kill -KILL -- "-$pid" 2>/dev/null || true
      return 0
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
}

# Stop what guarded is waiting for; from the exit trap. Waited for without a word of the shell's about it.
stop_guarded() {
  local pid
  for pid in ${GUARDED_PIDS:-}; do
    { stop_group "$pid" && wait "$pid"; } 2>/dev/null
  done
  GUARDED_PIDS=''
}

# Run a command that may fail, with errexit on inside of guarded functions all the same (a condition would turn it off
# for good): call it plainly, then look at ATTEMPT_STATUS.
attempt_to() {
  local strict=0
  case "$-" in
    *e*) strict=1 ;;
  esac
  set +e
  "$@"
  ATTEMPT_STATUS=$?
  # Whoever looks at the status deals with it: what fails later is another failure.
  [[ -z ${RUN_DIR:-} || ! -e $RUN_DIR/internal-error ]] || rm -f -- "$RUN_DIR/internal-error"
  ((!strict)) || set -e
}

# Run a command in strict mode, also where the caller had to turn errexit off to read PIPESTATUS.
run_strict() {
  find_own_pid
  # shellcheck disable=SC2034  # for note_failure
  STRICT_PID="$OWN_PID"
  set -Ee
  "$@"
}

# Try a command several times, waiting twice as long each time. For networks.
retry() {
  local tries="$1" delay="$2" attempt=1 status
  shift 2
  while :; do
    status=0
    "$@" || status=$?
    ((status != 0)) || return 0
    ((attempt < tries)) || return "$status"
    log_warn "attempt $attempt of $tries failed (status $status), next in $delay s"
    sleep "$delay"
    attempt=$((attempt + 1)) delay=$((delay * 2))
  done
}

# Time a phase of the run: `begin_phase stage` … `end_phase`. Ends up in the history.
begin_phase() {
  PHASE_NAME="$1"
  read_clock
  PHASE_BEGAN="$NOW_MS"
}

# End the phase that begin_phase began. One that comes again adds up.
end_phase() {
  local i
  read_clock
  PHASE_MS=$((NOW_MS - PHASE_BEGAN))
  for ((i = 0; i < ${#PHASES[@]}; i++)); do
    if [[ ${PHASES[i]%%=*} == "$PHASE_NAME" ]]; then
      PHASES[i]="$PHASE_NAME=$((${PHASES[i]##*=} + PHASE_MS))"
      return 0
    fi
  done
  PHASES+=("$PHASE_NAME=$PHASE_MS")
}
