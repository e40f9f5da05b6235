# The frame of a run: start, guarded work, the way out.

readonly KILL_GRACE_SECONDS=5

# Start a run: clean environment, log, private scratch directory, traps. Nothing is written when DRY_RUN is 1,
# apart from a scratch directory that is removed again.
begin_run() {
  ACTION="$1"
  LOG_TAG="$ASSET"
  prepare_shell
  # shellcheck disable=SC2034  # for roles and kinds
  STAMP="$(date -u +%Y%m%dT%H%M%SZ)"
  STARTED_MS="$(now_ms)"
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
}

# From here on every way out leads through finish_run.
catch_exits() {
  RUN_PID=$$
  GUARDED_PIDS=''
  EXIT_FUNCTIONS=()
  trap finish_run EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# Make the shell's surroundings the same whoever calls: locale, path, umask, no options smuggled in by the environment.
prepare_shell() {
  umask 077
  export LC_ALL=C
  export PATH="$PATH${HOST_PATH:+:$HOST_PATH}"
  unset -v CDPATH GREP_OPTIONS TAR_OPTIONS GZIP ZSTD_CLEVEL ZSTD_NBTHREADS POSIXLY_CORRECT BASH_ENV ENV
  cd /
}

# Make the private scratch directory of this run, and clear away those of runs that were killed.
make_run_dir() {
  local dir pid
  mkdir -p -- "$STATE_DIR/run" 2>/dev/null || die "$EX_CANTCREAT" "cannot make the state directory $STATE_DIR" "run as the user that install.sh ran as"
  for dir in "$STATE_DIR/run/"*; do
    pid="${dir##*.}"
    [[ -d $dir && $pid =~ ^[0-9]+$ ]] || continue
    kill -0 "$pid" 2>/dev/null || rm -rf -- "$dir"
  done
  RUN_DIR="$STATE_DIR/run/$ASSET.$ACTION.$$"
  rm -rf -- "$RUN_DIR"
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
  date +%Y%m%d%H%M >"$STATE_DIR/$name.last-start"
}

# Have a function called at the end of the run, last registered first, whatever the end is. Inside a guarded function
# it is called when that function ends.
on_exit() {
  EXIT_FUNCTIONS=("$1" ${EXIT_FUNCTIONS[@]+"${EXIT_FUNCTIONS[@]}"})
}

# The exit trap: stop what still runs, call the exit functions, leave with the status that led here.
finish_run() {
  EXIT_STATUS=$?
  local name
  trap - EXIT
  # Signals now only interrupt what is waited for: cleaning up goes on. Children get their default action.
  trap ':' HUP INT TERM
  set +e
  stop_guarded
  clear_progress
  if ((RUN_PID == $$ && (EXIT_STATUS != 0 && EXIT_STATUS < EX_USAGE || EXIT_STATUS > EX_CONFIG && EXIT_STATUS <= 128))); then
    log_error "a command failed with status $EXIT_STATUS where none was expected to"
    EXIT_STATUS="$EX_SOFTWARE"
  fi
  for name in ${EXIT_FUNCTIONS[@]+"${EXIT_FUNCTIONS[@]}"}; do
    # A subshell, so that one that dies does not keep the others from being called.
    ("$name")
  done
  exit "$EXIT_STATUS"
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
  set -m
  run_guarded_child "$@" </dev/null 9>&- &
  pid=$!
  GUARDED_PIDS="$pid $outer"
  watch_group "$pid" "$limit" "$dir" "$label" </dev/null >/dev/null 9>&- &
  watchdog=$!
  GUARDED_PIDS="$pid $watchdog $outer"
  set +m
  wait "$pid" 2>/dev/null || status=$?
  # Killed by a signal: perhaps by the watchdog, whose status then says why.
  ((status > 128)) || kill -KILL -- "-$watchdog" 2>/dev/null || true
  wait "$watchdog" 2>/dev/null || verdict=$?
  GUARDED_PIDS="$outer"
  clear_progress
  ((status == 0)) || stop_group "$pid"
  if ((status > 128 && (verdict == EX_IO || verdict == EX_TEMPFAIL))); then return "$verdict"; fi
  if ((status > 128)); then
    log_error "$label: ended by signal $((status - 128)) from outside"
    return "$EX_TEMPFAIL"
  fi
  return "$status"
}

# The body of a guarded process: its own exit functions, the same strictness.
run_guarded_child() {
  catch_exits
  # shellcheck disable=SC2016  # where bash does not say (3.2), the inner shell is to expand it: its parent is this subshell
  RUN_PID="${BASHPID:-$(exec sh -c 'printf %s "$PPID"')}"
  set -Ee
  "$@"
}

# Watch over a process group from outside of it. Ends with 75 (too long) or 74 (disk nearly full) after stopping the
# group, with 0 when the group's leader is gone. When the run itself was killed, nobody waits for the group: stop it.
watch_group() {
  local pid="$1" limit="$2" dir="$3" label="$4" began=$SECONDS free beat=0
  trap - EXIT HUP INT TERM
  set +e
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
    if [[ -n $dir && beat -gt 0 ]]; then
      free="$(free_bytes "$dir" 2>/dev/null)"
      if [[ -n $free ]] && ((free < RESERVE_BYTES)); then
        log_error "$label: only $(human_bytes "$free") free in $dir, below the reserve of $(human_bytes "$RESERVE_BYTES")"
        stop_group "$pid"
        return "$EX_IO"
      fi
    fi
    show_progress "$label" "$dir" $((SECONDS - began))
    beat=$((beat + 1))
    sleep 1
  done
  return 0
}

# One line that overwrites itself, on a terminal only.
show_progress() {
  local label="$1" dir="$2" seconds="$3" size=''
  [[ -t 2 && $QUIET == 0 && ${TERM:-dumb} != dumb ]] || return 0
  [[ -z $dir ]] || size="$(bytes_in "$dir" 2>/dev/null)"
  if [[ ${size:-0} == 0 ]]; then size=''; else size=", $(human_bytes "$size")"; fi
  printf '\r\033[K%s ... %s%s' "$label" "$(human_seconds "$seconds")" "$size" >&2
}

# Stop every process of a group: ask, wait a little, insist.
stop_group() {
  local pid="$1" waited=0
  kill -TERM -- "-$pid" 2>/dev/null || return 0
  while kill -0 -- "-$pid" 2>/dev/null; do
    if ((waited >= KILL_GRACE_SECONDS * 10)); then
      kill -KILL -- "-$pid" 2>/dev/null || true
      return 0
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
}

# Stop what guarded is waiting for; from the exit trap.
stop_guarded() {
  local pid
  for pid in ${GUARDED_PIDS:-}; do
    stop_group "$pid"
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
  ((!strict)) || set -e
}

# Run a command in strict mode, also where the caller had to turn errexit off to read PIPESTATUS.
run_strict() {
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
  PHASE_BEGAN="$(now_ms)"
}

# End the phase that begin_phase began. One that comes again adds up.
end_phase() {
  local i
  PHASE_MS=$(($(now_ms) - PHASE_BEGAN))
  for ((i = 0; i < ${#PHASES[@]}; i++)); do
    if [[ ${PHASES[i]%%=*} == "$PHASE_NAME" ]]; then
      PHASES[i]="$PHASE_NAME=$((${PHASES[i]##*=} + PHASE_MS))"
      return 0
    fi
  done
  PHASES+=("$PHASE_NAME=$PHASE_MS")
}
