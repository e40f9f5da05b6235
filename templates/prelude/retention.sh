# Which sets go. Runs only after a new set was published.

# Read `stamp state` lines (state: ok or suspect) or bare stamps, print the stamps to remove, oldest first. Each rule keeps
# the newest set of each of the N most recent hours, days, ISO weeks, months, years that have one; a suspect set stands
# for its bucket only when the bucket has no good one. The newest good set always stays. No rule at all keeps everything.
# The rules are those of the first store, or given as `last hourly daily weekly monthly yearly`.
select_expired() {
  local last hourly daily weekly monthly yearly
  read -r last hourly daily weekly monthly yearly <<<"${1:-$KEEP_LAST $KEEP_HOURLY $KEEP_DAILY $KEEP_WEEKLY $KEEP_MONTHLY $KEEP_YEARLY}"
  if ((last + hourly + daily + weekly + monthly + yearly == 0)); then
    cat >/dev/null
    return 0
  fi
  sort -r | awk -v last="$last" -v hourly="$hourly" -v daily="$daily" -v weekly="$weekly" -v monthly="$monthly" -v yearly="$yearly" '
    function days(y, m, d,   a) {
      a = int((14 - m) / 12); y = y + 4800 - a; m = m + 12 * a - 3
      return d + int((153 * m + 2) / 5) + 365 * y + int(y / 4) - int(y / 100) + int(y / 400) - 32045
    }
    # An ISO week starts on Monday; Julian day 0 was one.
    function bucket(rule, s) {
      if (rule == 1) return s
      if (rule == 2) return substr(s, 1, 11)
      if (rule == 3) return substr(s, 1, 8)
      if (rule == 4) return int(days(substr(s, 1, 4) + 0, substr(s, 5, 2) + 0, substr(s, 7, 2) + 0) / 7)
      if (rule == 5) return substr(s, 1, 6)
      return substr(s, 1, 4)
    }
    NF { n++; stamp[n] = $1; bad[n] = ($2 == "suspect") }
    END {
      limit[1] = last; limit[2] = hourly; limit[3] = daily; limit[4] = weekly; limit[5] = monthly; limit[6] = yearly
      for (i = 1; i <= n; i++) if (!bad[i]) { keep[i] = 1; break }
      if (n > 0 && i > n) keep[1] = 1
      for (rule = 1; rule <= 6; rule++) {
        used = 0
        for (i = 1; i <= n && used <= limit[rule]; i++) {
          b = rule ":" bucket(rule, stamp[i])
          if (rule == 1 && bad[i]) continue
          if (!(b in seen)) {
            seen[b] = i
            if (++used > limit[rule]) break
            chosen[b] = i
          } else if (bad[chosen[b]] && !bad[i]) chosen[b] = i
        }
      }
      for (b in chosen) keep[chosen[b]] = 1
      for (i = n; i >= 1; i--) if (!(i in keep)) print stamp[i]
    }'
}

# Remove the sets of a store that no rule keeps: its own rules, else those of the first store. A set disappears by a rename
# first: half a set is never seen.
apply_retention() {
  local store="$1" keep="${2:-}" base path stamp removed=0
  base="$store/$TYPE/$ASSET"
  while IFS= read -r stamp; do
    path="$base/$stamp"
    [[ -d $path ]] || continue
    mv -- "$path" "$base/.expired-$stamp" || die "$EX_IO" "cannot remove the expired set $path"
    rm -rf -- "$base/.expired-$stamp" || die "$EX_IO" "cannot remove $base/.expired-$stamp"
    log_info "removed the expired set $stamp from $store"
    removed=$((removed + 1))
  done < <(list_states "$store" | select_expired "$keep")
  log_debug "retention in $store: $removed removed"
}

# Print `stamp state` of every set of a store.
list_states() {
  local path
  while IFS= read -r path; do
    if [[ -e $path/SUSPECT ]]; then printf '%s suspect\n' "${path##*/}"; else printf '%s ok\n' "${path##*/}"; fi
  done < <(list_sets "$1")
}
