# Commands elsewhere: on another host, in a VM, in a pod. Arguments, streams and exit codes come across as they are, and a
# place that cannot be reached is told from a command that failed: what ends there says so on its stderr.

# Go to one of the places that the plan knows; all functions below are about it.
remote_use() {
  local i
  for ((i = 0; i < ${#REMOTE_IDS[@]}; i++)); do
    if [[ ${REMOTE_IDS[i]} == "$1" ]]; then
      # shellcheck disable=SC2034  # for the transports, of which some need no settings
      REMOTE_ID="$1" REMOTE_DRIVER="${REMOTE_DRIVERS[i]}"
      return 0
    fi
  done
  die "$EX_SOFTWARE" "this script knows no place '$1'"
}

# Print a setting of the place; nothing when the plan gives none.
remote_setting() {
  local line
  for line in ${REMOTE_SETTINGS[@]+"${REMOTE_SETTINGS[@]}"}; do
    if [[ $line == "$REMOTE_ID.$1="* ]]; then
      printf '%s\n' "${line#*=}"
      return 0
    fi
  done
}

# Print what the place is, for people.
remote_label() {
  "${REMOTE_DRIVER}_label"
}

# Pass on a stream from where the wrapper over there has put its mark: a start-up file that prints does not get into the data.
remote_output() {
  local mark="$1" line found=0
  while IFS= read -r line; do
    if [[ $line == "$mark" ]]; then
      found=1
      break
    fi
  done
  ((found)) || return 0
  cat
}

# Run a command there. Its status is the command's own; 69 when the place was not reached or the connection broke.
remote_run() {
  local mark="lifeboat-$$-$RANDOM$RANDOM"
  # shellcheck disable=SC2016  # for the shell over there
  remote_marked "$mark" 'mark=$1
shift
printf "\n%s\n" "$mark"
"$@"
ended=$?
printf "\n%s %d\n" "$mark" "$ended" >&2
exit "$ended"' "$@"
}

# Run the text of a POSIX shell script there, with arguments.
remote_script() {
  local script="$1"
  shift
  remote_run sh -c "$script" lifeboat "$@"
}

# Run a wrapper there that ends with a line `MARK STATUS` on stderr, and take that line out.
remote_marked() {
  local mark="$1" wrapper="$2" errexit=0 notes
  local -a statuses=()
  # statuses is never empty.
  shift 2
  notes="$(mktemp "${RUN_DIR:-${TMPDIR:-/tmp}}/remote.XXXXXX")" || die "$EX_CANTCREAT" 'cannot make a scratch file'
  case "$-" in *e*) errexit=1 ;; esac
  set +e
  {
    "${REMOTE_DRIVER}_exec" sh -c "$wrapper" lifeboat "$mark" "$@" 2>&1 >&5 4>&- 5>&- | remote_errors "$mark" "$notes" 4>&- 5>&-
    printf '%s\n' "${PIPESTATUS[0]}" >&4
  } 5>&1 4>"$notes.status" | remote_output "$mark"
  statuses=("${PIPESTATUS[@]}")
  ((!errexit)) || set -e
  remote_verdict "$(cat -- "$notes.status")" "${statuses[1]}" "$mark" "$notes"
}

# Pass on the stderr of a command there. Lines that begin with the mark go into the notes instead; so does the last other line.
remote_errors() {
  local mark="$1" notes="$2" line held='' last=''
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == "$mark "* ]]; then
      # The wrapper puts an empty line before its mark, lest the mark be glued to a line without an end.
      [[ $held == $'\n' ]] || printf '%s' "$held" >&2
      printf '%s\n' "$line" >>"$notes"
      held=''
      continue
    fi
    printf '%s' "$held" >&2
    held="$line"$'\n'
    [[ -z $line ]] || last="$line"
  done
  printf '%s' "$held" >&2
  printf 'last %s\n' "$last" >>"$notes"
}

# The status of a command there, from what its wrapper noted.
remote_verdict() {
  local status="$1" written="$2" mark="$3" notes="$4" ended last
  is_count "$status" || status="$EX_UNAVAILABLE"
  ended="$(sed -n "s/^$mark \([0-9][0-9]*\)$/\1/p" "$notes" | tail -n 1)"
  last="$(sed -n 's/^last //p' "$notes" | cut -c 1-200)"
  # shellcheck disable=SC2034  # for streams, where a script has them
  REMOTE_DIGEST="$(sed -n "s/^$mark digest //p" "$notes" | tail -n 1)"
  rm -f -- "$notes" "$notes.status"
  # A stream that could not be passed on here: its reader was content (a broken pipe), or there is no room.
  if [[ $ended == 0 ]] && ((written != 0)); then return "$written"; fi
  [[ -z $ended ]] || return "$ended"
  if ((status == 127)) && ! command -v "${last%%:*}" >/dev/null 2>&1; then
    log_error "$(remote_label) cannot be reached: ${last:-a program is missing}"
  else
    log_error "$(remote_label) cannot be reached, or the connection broke${last:+: $last}"
  fi
  return "$EX_UNAVAILABLE"
}

# Stream what a script there prints to stdout here; its length and SHA-256, taken there, must be those that arrived. 65 when
# they are not, 69 when the connection broke, else the script's status.
remote_pull_stream() {
  local script="$1" mark="lifeboat-$$-$RANDOM$RANDOM" pipe status reader
  local -a statuses=()
  # statuses is never empty.
  shift
  pipe="$RUN_DIR/pull.$RANDOM"
  mkfifo -- "$pipe.hash" "$pipe.count"
  hash_filter <"$pipe.hash" >"$pipe.sha256" &
  reader=$!
  wc -c <"$pipe.count" >"$pipe.bytes" &
  reader="$reader $!"
  set +e
  # shellcheck disable=SC2016  # for the shell over there
  {
    remote_marked "$mark" 'mark=$1
shift
printf "\n%s\n" "$mark"
dir=$(mktemp -d 2>/dev/null || mktemp -d /dev/shm/lifeboat.XXXXXX) || exit 73
trap "rm -rf \"\$dir\"" EXIT
mkfifo "$dir/hash" "$dir/count"
if command -v openssl >/dev/null 2>&1; then openssl dgst -sha256; else sha256sum; fi <"$dir/hash" >"$dir/sum" &
hash=$!
wc -c <"$dir/count" >"$dir/size" &
count=$!
{ "$@"; printf "%d\n" "$?" >"$dir/status"; } | tee "$dir/hash" "$dir/count"
sent=$?
wait "$hash" && wait "$count" || sent=74
ended=$(cat "$dir/status")
[ "$ended" != 0 ] || ended=$sent
printf "\n%s digest %s %s\n%s %d\n" "$mark" "$(sed "s/.*= //; s/ .*//" "$dir/sum")" "$(($(cat "$dir/size")))" "$mark" "$ended" >&2
exit "$ended"' sh -c "$script" lifeboat "$@"
    status=$?
    printf '%s %s\n' "$status" "$REMOTE_DIGEST" >"$pipe.told"
  } | tee -- "$pipe.hash" "$pipe.count"
  statuses=("${PIPESTATUS[@]}")
  for status in hash count; do : <>"$pipe.$status"; done
  # shellcheck disable=SC2086 # two process ids
  wait $reader
  set -e
  remote_compare "$pipe" "${statuses[1]}"
}

# Compare what was told of a stream with what arrived: the verdict of remote_pull_stream and remote_push_stream.
remote_compare() {
  local pipe="$1" written="$2" status digest bytes='' sum=''
  read -r status digest <"$pipe.told"
  { read -r bytes <"$pipe.bytes" && read -r sum _ <"$pipe.sha256"; } || true
  if ((status == 0 && written != 0)); then
    log_error "cannot pass on the stream of $(remote_label)"
    status="$EX_IO"
  elif ((status == 0)) && [[ $digest != "$sum $bytes" ]]; then
    log_error "the stream of $(remote_label) was cut or changed on the way: ${digest#* } bytes at the one end, $bytes at the other"
    status="$EX_DATA"
  fi
  rm -f -- "$pipe".*
  return "$status"
}

# Stream stdin here to a script there; its length and SHA-256, taken there, must be those that were sent. Statuses as above.
remote_push_stream() {
  local script="$1" mark="lifeboat-$$-$RANDOM$RANDOM" pipe status reader
  local -a statuses=()
  # statuses is never empty.
  shift
  pipe="$RUN_DIR/push.$RANDOM"
  mkfifo -- "$pipe.hash" "$pipe.count"
  hash_filter <"$pipe.hash" >"$pipe.sha256" &
  reader=$!
  wc -c <"$pipe.count" >"$pipe.bytes" &
  reader="$reader $!"
  set +e
  # shellcheck disable=SC2016  # for the shell over there
  tee -- "$pipe.hash" "$pipe.count" | {
    remote_marked "$mark" 'mark=$1
shift
printf "\n%s\n" "$mark"
dir=$(mktemp -d 2>/dev/null || mktemp -d /dev/shm/lifeboat.XXXXXX) || exit 73
trap "rm -rf \"\$dir\"" EXIT
mkfifo "$dir/hash" "$dir/count"
if command -v openssl >/dev/null 2>&1; then openssl dgst -sha256; else sha256sum; fi <"$dir/hash" >"$dir/sum" &
hash=$!
wc -c <"$dir/count" >"$dir/size" &
count=$!
tee "$dir/hash" "$dir/count" | { "$@"; printf "%d\n" "$?" >"$dir/status"; cat >/dev/null; }
wait "$hash" && wait "$count" || printf "74\n" >"$dir/status"
ended=$(cat "$dir/status")
printf "\n%s digest %s %s\n%s %d\n" "$mark" "$(sed "s/.*= //; s/ .*//" "$dir/sum")" "$(($(cat "$dir/size")))" "$mark" "$ended" >&2
exit "$ended"' sh -c "$script" lifeboat "$@"
    status=$?
    printf '%s %s\n' "$status" "$REMOTE_DIGEST" >"$pipe.told"
  }
  statuses=("${PIPESTATUS[@]}")
  for status in hash count; do : <>"$pipe.$status"; done
  # shellcheck disable=SC2086 # two process ids
  wait $reader
  set -e
  # A broken pipe only says that the other end was gone, which has its own verdict.
  remote_compare "$pipe" "$((statuses[0] == 141 ? 0 : statuses[0]))"
}
