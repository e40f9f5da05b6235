# When a job should have run last and will run next, from explicit cron lists: `minutes hours doms months dows mode`,
# each `*` or integers joined by commas (Sunday is 0), mode `and` or `or`: cron's rule for day of month and day of week.

# Print the last local minute YYYYMMDDHHMM at or before now (or the given one) that the fields name. 1 if none in 5 years.
previous_firing() {
  find_firing -1 "$1" "${2:-$(date +%Y%m%d%H%M)}"
}

# Print the first local minute YYYYMMDDHHMM after now (or the given one) that the fields name. 1 if none in 5 years.
next_firing() {
  find_firing 1 "$1" "${2:-$(date +%Y%m%d%H%M)}"
}

# Walk day by day in one direction (-1 or 1). All numbers: no date(1), the same everywhere.
find_firing() {
  local step="$1" now="$3" minutes hours doms months dows mode y m d dow left time bound
  local -a lengths=(0 31 28 31 30 31 30 31 31 30 31 30 31)
  read -r minutes hours doms months dows mode <<<"$2"
  y=$((10#${now:0:4})) m=$((10#${now:4:2})) d=$((10#${now:6:2}))
  bound=$((10#${now:8:2} * 60 + 10#${now:10:2}))
  days_from_civil "$y" "$m" "$d"
  dow=$(((DAYS + 4) % 7))
  for ((left = 1828; left > 0; left--)); do
    if in_list "$m" "$months" && day_matches "$d" "$dow" "$doms" "$dows" "$mode"; then
      time="$(pick_minute "$step" "$hours" "$minutes" "$bound")"
      if [[ -n $time ]]; then
        printf '%04d%02d%02d%s\n' "$y" "$m" "$d" "$time"
        return 0
      fi
    fi
    bound=$((step < 0 ? 1439 : -1))
    d=$((d + step)) dow=$(((dow + step + 7) % 7))
    lengths[2]=$((y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 29 : 28))
    if ((d < 1)); then
      m=$((m - 1))
      if ((m < 1)); then m=12 y=$((y - 1)); fi
      lengths[2]=$((y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 29 : 28))
      d=${lengths[m]}
    elif ((d > lengths[m])); then
      d=1 m=$((m + 1))
      if ((m > 12)); then m=1 y=$((y + 1)); fi
    fi
  done
  return 1
}

# Is a number in a list of fields?
in_list() {
  [[ $2 == '*' || ",$2," == *",$1,"* ]]
}

# Does a day match both day fields, or one of them where cron says so?
day_matches() {
  local d="$1" dow="$2" doms="$3" dows="$4" mode="$5"
  if [[ $mode == or && $doms != '*' && $dows != '*' ]]; then
    in_list "$d" "$doms" || in_list "$dow" "$dows"
  else
    in_list "$d" "$doms" && in_list "$dow" "$dows"
  fi
}

# Print HHMM: the last minute at or before the bound (step -1), or the first one after it (step 1). Nothing if none.
pick_minute() {
  local step="$1" hours="$2" minutes="$3" bound="$4" h m t best=-1
  [[ $hours != '*' ]] || hours='0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23'
  [[ $minutes != '*' ]] || minutes="$(printf "%d," 0 1 2 3 4 5 6 7 8 9 1{0..9} 2{0..9} 3{0..9} 4{0..9} 5{0..9})"
  for h in ${hours//,/ }; do
    for m in ${minutes//,/ }; do
      t=$((h * 60 + m))
      if ((step < 0)); then
        if ((t <= bound && t > best)); then best=$t; fi
      elif ((t > bound && (best < 0 || t < best))); then
        best=$t
      fi
    done
  done
  ((best < 0)) || printf '%02d%02d\n' $((best / 60)) $((best % 60))
}

# A local minute as `2026-11-22 02:00`.
human_minute() {
  local t="$1"
  printf '%s-%s-%s %s:%s\n' "${t:0:4}" "${t:4:2}" "${t:6:2}" "${t:8:2}" "${t:10:2}"
}

# A local minute as a count of minutes, to take differences of.
minute_count() {
  local t="$1"
  days_from_civil $((10#${t:0:4})) $((10#${t:4:2})) $((10#${t:6:2}))
  printf '%d\n' $((DAYS * 1440 + 10#${t:8:2} * 60 + 10#${t:10:2}))
}
