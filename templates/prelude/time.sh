# Points in time and lengths of time, without GNU date.

# Days from 1970-01-01 to a day of the proleptic Gregorian calendar (Howard Hinnant's days_from_civil), into DAYS.
days_from_civil() {
  local y="$1" m="$2" d="$3" era yoe doy
  if ((m <= 2)); then y=$((y - 1)) m=$((m + 9)); else m=$((m - 3)); fi
  era=$((y / 400))
  yoe=$((y - era * 400))
  doy=$(((153 * m + 2) / 5 + d - 1))
  DAYS=$((era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468))
}

# The inverse, into YEAR, MONTH and DAY, without leading zeros.
civil_from_days() {
  local z=$(($1 + 719468)) era doe yoe doy mp
  era=$((z / 146097))
  doe=$((z - era * 146097))
  yoe=$(((doe - doe / 1460 + doe / 36524 - doe / 146096) / 365))
  doy=$((doe - (365 * yoe + yoe / 4 - yoe / 100)))
  mp=$(((5 * doy + 2) / 153))
  YEAR=$((yoe + era * 400)) MONTH=$((mp < 10 ? mp + 3 : mp - 9))
  ((mp < 10)) || YEAR=$((YEAR + 1))
  DAY=$((doy - (153 * mp + 2) / 5 + 1))
}

# Print the seconds since 1970 of a stamp such as 20261122T020000Z.
stamp_to_epoch() {
  find_epoch "$1"
  printf '%d\n' "$EPOCH"
}

# The same into EPOCH.
find_epoch() {
  local s="$1"
  days_from_civil "$((10#${s:0:4}))" "$((10#${s:4:2}))" "$((10#${s:6:2}))"
  EPOCH=$((DAYS * 86400 + 10#${s:9:2} * 3600 + 10#${s:11:2} * 60 + 10#${s:13:2}))
}

# Print the stamp of a moment in seconds since 1970.
epoch_to_stamp() {
  find_stamp "$1"
  printf '%s\n' "$FOUND_STAMP"
}

# The same into FOUND_STAMP.
find_stamp() {
  local epoch="$1" rest text
  civil_from_days $((epoch / 86400))
  rest=$((epoch % 86400))
  printf -v text '%04d%02d%02dT%02d%02d%02dZ' "$YEAR" "$MONTH" "$DAY" $((rest / 3600)) $((rest / 60 % 60)) $((rest % 60))
  FOUND_STAMP="$text"
}

# Is this word a stamp of a set?
is_stamp() {
  [[ $1 =~ ^[0-9]{4}[01][0-9][0-3][0-9]T[0-2][0-9][0-5][0-9][0-6][0-9]Z$ ]]
}

# Print the stamp that is the first word of a note, if it is one and not of the future: notes come from other hosts, too.
read_note() {
  local stamp=''
  [[ ! -f $1 || -L $1 ]] || read -r stamp _ <"$1" || true
  find_late_stamp
  if is_stamp "$stamp" && [[ ! $stamp > $LATE_STAMP ]]; then printf '%s\n' "$stamp"; fi
}

# This host's offset from UTC in seconds at a moment.
local_offset() {
  local text sign=1
  text="$(date -d "@$1" +%z 2>/dev/null || date -r "$1" +%z)"
  [[ $text != -* ]] || sign=-1
  printf '%d\n' $((sign * (10#${text:1:2} * 3600 + 10#${text:3:2} * 60)))
}

# The UTC stamp of a time that a person writes: a stamp, an ISO time with Z or an offset, or this host's local `2026-11-22 02:00`. A bare
# date means the end of that day, so that `--at 2026-11-22` finds that day's last set; a minute means its end, so that `--at 02:00` finds
# the set of that minute, but where a log is replayed its first second, and nothing that came after it. A local time that the clock skipped or showed twice is refused with both moments.
parse_time() {
  local text="$1" y mo d h=23 mi=59 s=59 zone='' epoch
  if is_stamp "$text"; then text="${text:0:4}-${text:4:2}-${text:6:2}T${text:9:2}:${text:11:2}:${text:13:2}Z"; fi
  if [[ ! $text =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})([T\ ]([0-9]{2}):([0-9]{2})(:([0-9]{2}))?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$ ]]; then
    die "$EX_USAGE" "cannot read the time '$text'" "write 2026-11-22, '2026-11-22 02:00', 2026-11-22T02:00:00Z or 2026-11-22T02:00:00+09:00"
  fi
  y=$((10#${BASH_REMATCH[1]})) mo=$((10#${BASH_REMATCH[2]})) d=$((10#${BASH_REMATCH[3]})) zone="${BASH_REMATCH[9]}"
  if [[ -n ${BASH_REMATCH[4]} ]]; then
    h=$((10#${BASH_REMATCH[5]})) mi=$((10#${BASH_REMATCH[6]}))
    ((LOG_SECONDS == 0)) || s=0
    [[ -z ${BASH_REMATCH[7]} ]] || s=$((10#${BASH_REMATCH[8]}))
  fi
  if ((mo < 1 || mo > 12 || d < 1 || d > $(days_in_month "$y" "$mo") || h > 23 || mi > 59 || s > 59)); then
    die "$EX_USAGE" "there is no such time: '$text'"
  fi
  days_from_civil "$y" "$mo" "$d"
  epoch=$((DAYS * 86400 + h * 3600 + mi * 60 + s))
  if [[ -n $zone ]]; then epoch="$(zoned_epoch "$epoch" "$zone")"; else epoch="$(local_epoch "$epoch" "$text")" || exit $?; fi
  epoch_to_stamp "$epoch"
}

# Turn the seconds of a wall clock of a named offset into seconds since 1970.
zoned_epoch() {
  local wall="$1" zone="$2" sign=1
  if [[ $zone == Z ]]; then
    printf '%d\n' "$wall"
    return 0
  fi
  [[ $zone != -* ]] || sign=-1
  zone="${zone/:/}"
  printf '%d\n' $((wall - sign * (10#${zone:1:2} * 3600 + 10#${zone:3:2} * 60)))
}

# Turn the seconds of this host's wall clock into seconds since 1970. Every offset that is in force within a day of it is tried: none of
# the moments shows that time when the clock went forward over it, two of them when it went back.
local_epoch() {
  local wall="$1" text="$2" probe moment zone found='' other=''
  for probe in -86400 0 86400; do
    moment=$((wall - $(local_offset $((wall + probe)))))
    (($(local_offset "$moment") == wall - moment)) || continue
    if [[ -z $found || $found == "$moment" ]]; then
      found="$moment"
    else
      other="$moment"
    fi
  done
  zone="$(date +%Z)"
  if [[ -z $found ]]; then
    moment=$((wall - $(local_offset $((wall - 86400)))))
    die "$EX_USAGE" "there is no '$text' in this host's time zone ($zone): the clock was set forward over it" "the moment of the change is $(human_stamp "$(epoch_to_stamp "$(zone_change $((moment - 86400)) $((moment + 86400)))")"); give the time with Z or an offset"
  elif [[ -n $other ]]; then
    ((found < other)) || { moment="$found" found="$other" other="$moment"; }
    die "$EX_USAGE" "'$text' was twice in this host's time zone ($zone): the clock was set back" "the first was $(epoch_to_stamp "$found"), the second $(epoch_to_stamp "$other"): give one of these"
  fi
  printf '%d\n' "$found"
}

# The second at which this host's offset changes between two moments.
zone_change() {
  local from="$1" to="$2" middle before
  before="$(local_offset "$from")"
  while ((to - from > 1)); do
    middle=$(((from + to) / 2))
    if (($(local_offset "$middle") == before)); then from="$middle"; else to="$middle"; fi
  done
  printf '%d\n' "$to"
}

# A stamp in both zones, as it is said to people who gave a local time.
both_times() {
  local epoch offset sign=+
  epoch="$(stamp_to_epoch "$1")"
  offset="$(local_offset "$epoch")"
  ((offset >= 0)) || sign=-
  printf '%s, here %s\n' "$(human_stamp "$1")" \
    "$(human_stamp "$(epoch_to_stamp $((epoch + offset)))" | sed "s/ UTC\$//") $(printf 'UTC%s%02d:%02d' "$sign" $((${offset#-} / 3600)) $((${offset#-} / 60 % 60)))"
}

# Number of days in a month.
days_in_month() {
  case "$2" in
    4 | 6 | 9 | 11) printf '30\n' ;;
    2) if (($1 % 4 == 0 && ($1 % 100 != 0 || $1 % 400 == 0))); then printf '29\n'; else printf '28\n'; fi ;;
    *) printf '31\n' ;;
  esac
}

# A length of time as people say it: `8 s`, `4 min 05 s`, `2 h 10 min`, `3 d 4 h`, `30 min`.
human_seconds() {
  local n="$1"
  if ((n < 60)); then
    printf '%d s\n' "$n"
  elif ((n < 3600 && n % 60 == 0)); then
    printf '%d min\n' $((n / 60))
  elif ((n < 86400 && n % 3600 == 0)); then
    printf '%d h\n' $((n / 3600))
  elif ((n % 86400 == 0)); then
    printf '%d d\n' $((n / 86400))
  elif ((n < 3600)); then
    printf '%d min %02d s\n' $((n / 60)) $((n % 60))
  elif ((n < 86400)); then
    printf '%d h %02d min\n' $((n / 3600)) $((n / 60 % 60))
  else
    printf '%d d %d h\n' $((n / 86400)) $((n / 3600 % 24))
  fi
}

# The same in at most seven characters, for tables: `8s`, `4m`, `2h 10m`, `3d 4h`.
short_seconds() {
  local n="$1"
  if ((n < 60)); then
    printf '%ds\n' "$n"
  elif ((n < 3600)); then
    printf '%dm\n' $((n / 60))
  elif ((n < 86400)); then
    printf '%dh %02dm\n' $((n / 3600)) $((n / 60 % 60))
  else
    printf '%dd %dh\n' $((n / 86400)) $((n / 3600 % 24))
  fi
}

# Milliseconds as `0.4 s`, `12.3 s`, then as human_seconds.
human_ms() {
  local ms="$1"
  if ((ms < 60000)); then printf '%d.%d s\n' $((ms / 1000)) $((ms / 100 % 10)); else human_seconds $((ms / 1000)); fi
}

# A stamp as `2026-11-22 02:00:00 UTC`.
human_stamp() {
  local s="$1"
  printf '%s-%s-%s %s:%s:%s UTC\n' "${s:0:4}" "${s:4:2}" "${s:6:2}" "${s:9:2}" "${s:11:2}" "${s:13:2}"
}

# Milliseconds since 1970; whole seconds where the shell and date know no better.
now_ms() {
  read_clock
  printf '%d\n' "$NOW_MS"
}

# The same into NOW_MS.
read_clock() {
  local text="${EPOCHREALTIME:-}"
  if [[ -n $text ]]; then
    text="${text//[!0-9]/}"
    NOW_MS=$((text / 1000))
    return 0
  fi
  text="$(date +%s%N)"
  if [[ $text =~ ^[0-9]{19}$ ]]; then NOW_MS=$((text / 1000000)); else NOW_MS=$(($(date +%s) * 1000)); fi
}
