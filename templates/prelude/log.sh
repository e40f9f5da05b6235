# What a script says: log lines, errors, the way out.

# Exit codes are those of sysexits.h, so that cron, systemd and a tired operator read the same thing.
readonly EX_USAGE=64
readonly EX_DATA=65
readonly EX_UNAVAILABLE=69
readonly EX_SOFTWARE=70
readonly EX_CANTCREAT=73
readonly EX_IO=74
readonly EX_TEMPFAIL=75
readonly EX_NOPERM=77
readonly EX_CONFIG=78

readonly LOG_ROTATE_BYTES=10485760

# Say what usually interests nobody: shown with --verbose only.
log_debug() {
  [[ $VERBOSE == 1 ]] || return 0
  log_line DEBUG "$1"
}

# Say what was done.
log_info() {
  log_line INFO "$1"
}

# Say what the operator should look at; the run goes on.
log_warn() {
  log_line WARN "$1"
}

# Say what went wrong. The last error of a run ends up in its history.
log_error() {
  log_line ERROR "$1"
  [[ -z $RUN_DIR ]] || { printf '%s\n' "$1" >"$RUN_DIR/last-error"; } 2>/dev/null || true
}

# Log the error and a hint, then leave with the code. In a subshell only the subshell is left.
die() {
  log_error "$2"
  [[ -z ${3:-} ]] || log_line HINT "$3"
  exit "$1"
}

# Write one line to stderr and to the log file. Control characters become spaces: one message is one line.
log_line() {
  local level="$1" text="${2//[[:cntrl:]]/ }" line
  read_utc
  line="$UTC_NOW $level [${LOG_TAG:-lifeboat}] $text"
  [[ -z $LOG_FILE ]] || { printf '%s\n' "$line" >>"$LOG_FILE"; } 2>/dev/null || true
  show_log_line "$level" "$text" "$line"
}

# What the clock says, as `2026-11-22T02:00:00Z` into UTC_NOW, as a stamp into STAMP_NOW. Newer shells can tell without a program.
read_utc() {
  if [[ -n ${EPOCHREALTIME:-} ]]; then
    TZ=UTC0 printf -v UTC_NOW '%(%Y-%m-%dT%H:%M:%SZ)T' -1 # bash 5
  else
    UTC_NOW="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  fi
  # shellcheck disable=SC2034  # not every script looks at it
  STAMP_NOW="${UTC_NOW//[-:]/}"
}

# Show one line to whoever is watching: short and coloured on a terminal, complete elsewhere.
show_log_line() {
  local level="$1" text="$2" line="$3" colour='' reset=''
  if [[ $QUIET == 1 && ($level == INFO || $level == DEBUG) ]]; then return 0; fi
  if [[ ! -t 2 ]]; then
    printf '%s\n' "$line" >&2 || true
    return 0
  fi
  case "$level" in
    ERROR) text="error: $text" colour=$'\033[31m' ;;
    WARN) text="warning: $text" colour=$'\033[33m' ;;
    HINT) text="hint: $text" colour=$'\033[36m' ;;
    DEBUG) colour=$'\033[2m' ;;
  esac
  if [[ -n $colour && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then reset=$'\033[0m'; else colour=''; fi
  clear_progress
  printf '%s%s%s\n' "$colour" "$text" "$reset" >&2 || true
}

# A number with what it counts: `1 table`, `2 tables`; a plural without s is given: `count_of 2 entry entries`.
count_of() {
  if [[ $1 == 1 ]]; then printf '1 %s\n' "$2"; else printf '%s %s\n' "$1" "${3:-$2s}"; fi
}

# Wipe the progress line, if the terminal may show one.
clear_progress() {
  [[ -t 2 && ${TERM:-dumb} != dumb ]] || return 0
  printf '\r\033[K' >&2
}

# Start the log file of this run; one older file is kept beside it.
open_log() {
  local name="$1" size=0
  [[ -d $LOG_DIR ]] || mkdir -p -- "$LOG_DIR" 2>/dev/null || die "$EX_CANTCREAT" "cannot make the log directory $LOG_DIR" "run as the user that install.sh ran as"
  LOG_FILE="$LOG_DIR/$name.log"
  [[ ! -f $LOG_FILE ]] || size="$(wc -c 2>/dev/null <"$LOG_FILE")" || size=0
  if ((size > LOG_ROTATE_BYTES)); then mv -f -- "$LOG_FILE" "$LOG_FILE.1"; fi
  if ! { : >>"$LOG_FILE"; } 2>/dev/null; then
    LOG_FILE=''
    die "$EX_CANTCREAT" "cannot write the log $LOG_DIR/$name.log" "run as the user that install.sh ran as"
  fi
}

# Show the last words of a tool that failed: a few lines, each cut short, because a tool may quote data.
log_tool_errors() {
  local label="$1" file="$2" level="${3:-ERROR}" line
  [[ -s $file ]] || return 0
  tail -n 20 -- "$file" | grep -v '^[[:space:]]*$' | tail -n 3 | while IFS= read -r line; do
    ((${#line} <= 200)) || line="${line:0:197}..."
    log_line "$level" "$label: $line"
  done || true
}

# Pass on the stderr of a pipeline stage: our own log lines as they are, other words as the tool's, the last few only.
replay_stderr() {
  local label="$1" file="$2" level="$3" line text kind
  [[ -s $file ]] || return 0
  : >"$file.tool"
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line =~ ^[0-9]{4}-[0-9-]{5}T[0-9:]{8}Z\ ([A-Z]+)\ \[[^]]*\]\ (.*)$ ]]; then
      kind="${BASH_REMATCH[1]}" text="${BASH_REMATCH[2]}"
      show_log_line "$kind" "$text" "$line"
    else
      printf '%s\n' "$line" >>"$file.tool"
    fi
  done < <(tail -n 50 -- "$file")
  log_tool_errors "$label" "$file.tool" "$level"
}
