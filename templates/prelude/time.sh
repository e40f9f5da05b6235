# Points in time and lengths of time, without GNU date.

# Days from 1970-01-01 to a day of the proleptic Gregorian calendar (Howard Hinnant's days_from_civil).
days_from_civil() {
  local y="$1" m="$2" d="$3" era yoe doy
  if ((m <= 2)); then y=$((y - 1)) m=$((m + 9)); else m=$((m - 3)); fi
  era=$((y / 400))
  yoe=$((y - era * 400))
  doy=$(((153 * m + 2) / 5 + d - 1))
  printf '%d\n' $((era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468))
}

# The inverse: prints `year month day` without leading zeros.
civil_from_days() {
  local z=$(($1 + 719468)) era doe yoe doy mp y
  era=$((z / 146097))
  doe=$((z - era * 146097))
  yoe=$(((doe - doe / 1460 + doe / 36524 - doe / 146096) / 365))
  doy=$((doe - (365 * yoe + yoe / 4 - yoe / 100)))
  mp=$(((5 * doy + 2) / 153))
  y=$((yoe + era * 400))
  if ((mp < 10)); then mp=$((mp + 3)); else mp=$((mp - 9)) y=$((y + 1)); fi
  printf '%d %d %d\n' "$y" "$mp" $((doy - (153 * ((mp + 9) % 12) + 2) / 5 + 1))
}

# Seconds since 1970 of a stamp such as 20261122T020000Z.
stamp_to_epoch() {
  local s="$1" days
  days="$(days_from_civil "$((10#${s:0:4}))" "$((10#${s:4:2}))" "$((10#${s:6:2}))")"
  printf '%d\n' $((days * 86400 + 10#${s:9:2} * 3600 + 10#${s:11:2} * 60 + 10#${s:13:2}))
}

# The stamp of a moment in seconds since 1970.
epoch_to_stamp() {
  local epoch="$1" y m d rest
  read -r y m d <<<"$(civil_from_days $((epoch / 86400)))"
  rest=$((epoch % 86400))
  printf '%04d%02d%02dT%02d%02d%02dZ\n' "$y" "$m" "$d" $((rest / 3600)) $((rest / 60 % 60)) $((rest % 60))
}

# Is this word a stamp of a set?
is_stamp() {
  [[ $1 =~ ^[0-9]{8}T[0-9]{6}Z$ ]]
}

# This host's offset from UTC in seconds at a moment.
local_offset() {
  local text sign=1
  text="$(date -d "@$1" +%z 2>/dev/null || date -r "$1" +%z)"
  [[ $text != -* ]] || sign=-1
  printf '%d\n' $((sign * (10#${text:1:2} * 3600 + 10#${text:3:2} * 60)))
}

# The UTC stamp of a time that a person writes: a stamp, an ISO time with Z or an offset, or this host's local
# `2026-11-22 02:00`. A bare date means the end of that day, so that `--at 2026-11-22` finds that day's last set.
parse_time() {
  local text="$1" y mo d h=23 mi=59 s=59 zone='' epoch
  if is_stamp "$text"; then text="${text:0:4}-${text:4:2}-${text:6:2}T${text:9:2}:${text:11:2}:${text:13:2}Z"; fi
  if [[ ! $text =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})([T\ ]([0-9]{2}):([0-9]{2})(:([0-9]{2}))?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$ ]]; then
    die "$EX_USAGE" "cannot read the time '$text'" "write 2026-11-22, '2026-11-22 02:00', 2026-11-22T02:00:00Z or 2026-11-22T02:00:00+09:00"
  fi
  y=$((10#${BASH_REMATCH[1]})) mo=$((10#${BASH_REMATCH[2]})) d=$((10#${BASH_REMATCH[3]})) zone="${BASH_REMATCH[9]}"
  if [[ -n ${BASH_REMATCH[4]} ]]; then
    h=$((10#${BASH_REMATCH[5]})) mi=$((10#${BASH_REMATCH[6]})) s=59
    [[ -z ${BASH_REMATCH[7]} ]] || s=$((10#${BASH_REMATCH[8]}))
  fi
  if ((mo < 1 || mo > 12 || d < 1 || d > $(days_in_month "$y" "$mo") || h > 23 || mi > 59 || s > 59)); then
    die "$EX_USAGE" "there is no such time: '$text'"
  fi
  epoch=$(($(days_from_civil "$y" "$mo" "$d") * 86400 + h * 3600 + mi * 60 + s))
  epoch_to_stamp "$(zoned_epoch "$epoch" "$zone")"
}

# Turn the seconds of a wall clock into seconds since 1970; an empty zone is this host's own.
zoned_epoch() {
  local wall="$1" zone="$2" sign=1 guess
  case "$zone" in
    Z) printf '%d\n' "$wall" ;;
    [+-]*)
      [[ $zone != -* ]] || sign=-1
      zone="${zone/:/}"
      printf '%d\n' $((wall - sign * (10#${zone:1:2} * 3600 + 10#${zone:3:2} * 60)))
      ;;
    *)
      guess=$((wall - $(local_offset "$wall")))
      printf '%d\n' $((wall - $(local_offset "$guess")))
      ;;
  esac
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
  local text
  if [[ -n ${EPOCHREALTIME:-} ]]; then
    text="${EPOCHREALTIME//[!0-9]/}"
    printf '%d\n' $((text / 1000))
    return 0
  fi
  text="$(date +%s%N)"
  if [[ $text =~ ^[0-9]{19}$ ]]; then printf '%d\n' $((text / 1000000)); else printf '%d\n' $(($(date +%s) * 1000)); fi
}
