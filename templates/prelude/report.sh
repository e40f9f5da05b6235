# What a run leaves behind for people and machines: history, metrics, hooks.

readonly HOOK_TIMEOUT=15
readonly SKIPS_BEFORE_ALARM=3

# The last exit function of a run: one line of history, the metrics, the hooks, one closing line.
close_run() {
  local status=success event=success
  MESSAGE=''
  if ((EXIT_STATUS != 0)); then
    status=failed event=failure
    MESSAGE="$(cat -- "$RUN_DIR/last-error" 2>/dev/null || true)"
  fi
  # A slip on the command line, or a "no" at the prompt, is not a run.
  ((EXIT_STATUS != EX_USAGE)) || return 0
  # A run that found another one at work did nothing. Once is no alarm; when it happens again and again, one of them hangs.
  if ((EXIT_STATUS == EX_TEMPFAIL)) && [[ ${LOCK_HELD:-0} == 0 && $MESSAGE == 'another run'* ]]; then
    record_history skipped "$EXIT_STATUS"
    count_skip
    write_metrics
    ((SKIPS < SKIPS_BEFORE_ALARM)) || run_hooks failure
    return 0
  fi
  forget_skips
  record_history "$status" "$EXIT_STATUS"
  write_metrics
  run_hooks "$event"
  if ((EXIT_STATUS != 0)); then
    read_clock
    log_line ERROR "$ACTION failed after $(human_ms $((NOW_MS - STARTED_MS))): exit $EXIT_STATUS, $(describe_exit "$EXIT_STATUS")"
  fi
}

# Count one more run of this action that did nothing, into SKIPS.
count_skip() {
  local file="$STATE_DIR/$ASSET.$ACTION.skips"
  SKIPS=''
  [[ ! -f $file ]] || read -r SKIPS <"$file" || true
  is_count "$SKIPS" || SKIPS=0
  SKIPS=$((SKIPS + 1))
  { printf '%d\n' "$SKIPS" >"$file"; } 2>/dev/null || log_warn "cannot write $file"
  ((SKIPS < SKIPS_BEFORE_ALARM)) || MESSAGE="$(count_of "$SKIPS" run) of $ACTION in a row did nothing: $MESSAGE"
}

# A run that had the lock ends the count.
forget_skips() {
  SKIPS=0
  [[ ! -e $STATE_DIR/$ASSET.$ACTION.skips ]] || rm -f -- "$STATE_DIR/$ASSET.$ACTION.skips"
}

# An exit code in words.
describe_exit() {
  case "$1" in
    64) printf 'wrong usage\n' ;;
    65) printf 'bad data\n' ;;
    69) printf 'a service or tool is missing\n' ;;
    70) printf 'a bug\n' ;;
    73 | 74) printf 'cannot write\n' ;;
    75) printf 'try again later\n' ;;
    77) printf 'permission or secret missing\n' ;;
    78) printf 'this host is set up wrongly\n' ;;
    129 | 130 | 143) printf 'interrupted\n' ;;
    *) printf 'unknown\n' ;;
  esac
}

# Append one JSON line about this run to the history.
record_history() {
  local status="$1" code="$2" JSON='' phases phase
  [[ $DRY_RUN == 0 ]] || return 0
  for phase in ${PHASES[@]+"${PHASES[@]}"}; do json_seconds "${phase%%=*}" "${phase##*=}"; done
  phases="$JSON"
  read_utc
  JSON=''
  json_text time "$UTC_NOW"
  json_run
  json_text status "$status"
  json_number code "$code"
  json_figures
  json_number raw_bytes "${RUN_RAW_BYTES:-0}"
  json_number stored_bytes "${RUN_STORED_BYTES:-0}"
  json_number phases "{$phases}"
  json_text message "${MESSAGE:-}"
  { printf '{%s}\n' "$JSON" >>"$STATE_DIR/history.jsonl"; } 2>/dev/null || log_warn "cannot write $STATE_DIR/history.jsonl"
}

# Which run this is, into JSON.
json_run() {
  json_text plan "$PLAN"
  json_text host "$HOST_ID"
  json_text asset "$ASSET"
  json_text kind "$KIND"
  json_text action "$ACTION"
}

# How long this run took, and what with, into JSON.
json_figures() {
  read_clock
  json_seconds seconds $((NOW_MS - STARTED_MS))
  json_text set "${RUN_SET:-}"
  json_text store "${RUN_STORE:-}"
}

# Add a member to the JSON object that is being made in JSON: a string,
json_text() {
  json_number "$1" ''
  json_append "$2"
}

# a number, or what is JSON already,
json_number() {
  JSON+="${JSON:+,}\"$1\":$2"
}

# or milliseconds as a number of seconds.
json_seconds() {
  local seconds
  printf -v seconds '%d.%03d' $(($2 / 1000)) $(($2 % 1000))
  json_number "$1" "$seconds"
}

# Append a string to JSON. Byte by byte under LC_ALL=C: UTF-8 passes, control characters are escaped.
json_append() {
  local text="$1" char i LC_ALL=C
  JSON+='"'
  for ((i = 0; i < ${#text}; i++)); do
    char="${text:i:1}"
    case "$char" in
      '"' | \\) JSON+="\\$char" ;;
      [[:cntrl:]])
        printf -v char '\\u%04x' "'$char"
        JSON+="$char"
        ;;
      *) JSON+="$char" ;;
    esac
  done
  JSON+='"'
}

# Print a string as JSON.
json_string() {
  local JSON=''
  json_append "$1"
  printf '%s\n' "$JSON"
}

# Write this run's figures for Prometheus' textfile collector, in one rename. The last success survives a failure.
write_metrics() {
  local file labels now seconds success=0
  [[ $DRY_RUN == 0 && -n $METRICS_DIR ]] || return 0
  file="$METRICS_DIR/lifeboat-$ASSET-$ACTION.prom"
  labels="{plan=\"$(metric_label "$PLAN")\",host=\"$(metric_label "$HOST_ID")\",asset=\"$(metric_label "$ASSET")\",action=\"$ACTION\"}"
  now="$(date +%s)"
  read_clock
  printf -v seconds '%d.%03d' $(((NOW_MS - STARTED_MS) / 1000)) $(((NOW_MS - STARTED_MS) % 1000))
  if ((EXIT_STATUS == 0)); then
    success="$now"
  elif [[ -r $file ]]; then
    success="$(sed -n 's/^lifeboat_last_success_timestamp_seconds{.*} //p' "$file")"
  fi
  {
    mkdir -p -- "$METRICS_DIR" &&
      {
        print_metric last_success_timestamp_seconds 'When the action last ended well, 0 for never.' "$labels" "${success:-0}"
        print_metric last_run_timestamp_seconds 'When the action last ended.' "$labels" "$now"
        print_metric last_status 'Exit code of the last run, 0 is good.' "$labels" "$EXIT_STATUS"
        print_metric last_duration_seconds 'How long the last run took.' "$labels" "$seconds"
        print_metric skipped_runs 'Runs in a row that did nothing because another one was at work.' "$labels" "${SKIPS:-0}"
        print_metric last_stored_bytes 'Bytes of the set of the last run.' "$labels" "${RUN_STORED_BYTES:-0}"
      } >"$file.$$" && chmod 644 "$file.$$" && mv -f -- "$file.$$" "$file"
  } 2>/dev/null || log_warn "cannot write metrics to $METRICS_DIR"
}

# One metric with its help.
print_metric() {
  printf '# HELP lifeboat_%s %s\n# TYPE lifeboat_%s gauge\nlifeboat_%s%s %s\n' "$1" "$2" "$1" "$1" "$3" "$4"
}

# A label's value: backslash, quote and newline escaped.
metric_label() {
  local text
  text="$(json_string "$1")"
  text="${text#\"}"
  printf '%s\n' "${text%\"}"
}

# Tell whoever wants to know. A hook that fails is a warning, never a failure of the run.
run_hooks() {
  local event="$1" i
  [[ $DRY_RUN == 0 ]] || return 0
  for ((i = 0; i < ${#HOOK_KINDS[@]}; i++)); do
    case ",${HOOK_EVENTS[i]}," in
      *",$event,"*) ;;
      *) continue ;;
    esac
    # What it says of itself is part of the one line that tells of it: it is no failure of the run, and must not look like one.
    (guarded "$HOOK_TIMEOUT" '' "hook ${HOOK_KINDS[i]}" run_quiet_hook "${HOOK_KINDS[i]}" "${HOOK_TARGETS[i]}" "$event") 2>"$RUN_DIR/hook.err" ||
      log_line WARN "the ${HOOK_KINDS[i]} hook for $event failed: $(first_error "$RUN_DIR/hook.err" 'it said nothing of why')"
  done
}

# Run one hook, with nothing of it in the log of the run (HOOK_LOG, of which a mail has the end).
run_quiet_hook() {
  local HOOK_LOG="$LOG_FILE" LOG_FILE=''
  run_hook "$@"
}

# Run one hook.
run_hook() {
  local kind="$1" target="$2" event="$3" url
  case "$kind" in
    webhook)
      url="$(read_secret "$target")"
      retry 3 1 post_json "$url" "$(hook_json "$event")"
      ;;
    healthchecks)
      url="$(read_secret "$target")"
      url="${url%/}"
      case "$event" in
        start) url="$url/start" ;;
        failure) url="$url/fail" ;;
      esac
      retry 3 1 post_json "$url" "$(hook_json "$event")"
      ;;
    mail) send_mail "$target" "$event" ;;
    command) "$target" "$event" "$ASSET" "${EXIT_STATUS:-0}" </dev/null >/dev/null 2>&1 ;;
  esac
}

# What a webhook is told.
hook_json() {
  local JSON=''
  json_text event "$1"
  json_run
  json_number code "${EXIT_STATUS:-0}"
  json_figures
  json_number stored_bytes "${RUN_STORED_BYTES:-0}"
  json_text message "${MESSAGE:-}"
  printf '{%s}\n' "$JSON"
}

# Post JSON. The URL holds a secret: curl gets it on stdin, not in its arguments.
post_json() {
  local url="$1" json="$2"
  require_tool curl
  url="$(json_string "$url")"
  printf 'url = %s\n' "$url" |
    curl --config - --fail --silent --max-time 4 --output /dev/null --header 'Content-Type: application/json' --data-binary "$json" 2>/dev/null
}

# Send a mail with the last lines of the log.
send_mail() {
  local address="$1" event="$2" sendmail
  sendmail="$(command -v sendmail || printf '/usr/sbin/sendmail')"
  if [[ -x $sendmail ]]; then
    mail_message "$address" "$event" | "$sendmail" -i -- "$address"
  else
    require_tool mail
    mail_message '' "$event" | mail -s "$(mail_subject "$event")" -- "$address"
  fi
}

# The subject of a mail.
mail_subject() {
  printf 'lifeboat: %s of %s on %s: %s\n' "$ACTION" "$ASSET" "$HOST_ID" "$1"
}

# A mail; headers only when an address is given.
mail_message() {
  if [[ -n $1 ]]; then printf 'To: %s\nSubject: %s\nContent-Type: text/plain; charset=utf-8\n\n' "$1" "$(mail_subject "$2")"; fi
  printf 'plan %s, host %s, asset %s (%s), %s: %s, exit code %d\n\n' "$PLAN" "$HOST_ID" "$ASSET" "$KIND" "$ACTION" "$2" "${EXIT_STATUS:-0}"
  [[ -z $HOOK_LOG ]] || tail -n 20 -- "$HOOK_LOG"
}
