# Which sets go. Runs only after a new set was published.

# Read lines that begin with `stamp state`, or bare stamps, print the stamps to remove, oldest first. Each rule keeps the newest good set of each of the N
# most recent hours, days, ISO weeks, months, years that have one: only good sets count, so that no bad one pushes a good one out. What
# is not good (suspect, weaker, without a MANIFEST) goes when it would have gone were it good: never sooner, and never in the place of
# a good one. The newest good set always stays, and so do what was just published and what is of the future. No rule at all keeps
# everything. The rules are those of the first store, or given as `last hourly daily weekly monthly yearly`.
select_expired() {
  local last hourly daily weekly monthly yearly published="${PUBLISHED_SET:-}"
  read -r last hourly daily weekly monthly yearly <<<"${1:-$KEEP_LAST $KEEP_HOURLY $KEEP_DAILY $KEEP_WEEKLY $KEEP_MONTHLY $KEEP_YEARLY}"
  if ((last + hourly + daily + weekly + monthly + yearly == 0)); then
    cat >/dev/null
    return 0
  fi
  sort -r | awk -v published="${published##*/}" -v last="$last" -v hourly="$hourly" -v daily="$daily" -v weekly="$weekly" -v monthly="$monthly" -v yearly="$yearly" '
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
    # Keep what the rules keep of the sets that count.
    function keep_of(all,   i, rule, used, b, seen) {
      for (rule = 1; rule <= 6; rule++) {
        used = 0
        split("", seen)
        for (i = 1; i <= n; i++) {
          if (state[i] == "future" || (!all && state[i] != "ok")) continue
          b = bucket(rule, stamp[i])
          if (b in seen) continue
          seen[b] = 1
          if (++used > limit[rule]) break
          keep[i] = 1
        }
      }
    }
    NF { n++; stamp[n] = $1; state[n] = $2 == "" ? "ok" : $2 }
    END {
      limit[1] = last; limit[2] = hourly; limit[3] = daily; limit[4] = weekly; limit[5] = monthly; limit[6] = yearly
      keep_of(0)
      keep_of(1)
      for (i = 1; i <= n; i++) if (state[i] == "ok") { keep[i] = 1; break }
      if (n > 0 && i > n) keep[1] = 1
      for (i = n; i >= 1; i--) if (!(i in keep) && state[i] != "future" && stamp[i] != published) print stamp[i]
    }'
}

# Remove the sets of a store that no rule keeps: its own rules, else those of the first store.
apply_retention() {
  local store="$1" keep="${2:-}" base stamp states removed=0
  if [[ -n ${WRONG_CLOCK:-} ]]; then
    log_warn "no set is removed from $store while the clock is wrong"
    return 0
  fi
  base="$store/$TYPE/$ASSET"
  survey_store "$store" >"$RUN_DIR/states" || die "$EX_IO" "cannot list the sets in $store"
  states="$(<"$RUN_DIR/states")"
  while IFS= read -r stamp; do
    # What cannot be read now may be good: a person looks at it.
    if [[ $'\n'$states == *$'\n'"$stamp unreadable "* ]]; then continue; fi
    remove_set "$base" "$stamp" || continue
    log_info "removed the expired set $stamp from $store"
    removed=$((removed + 1))
  done < <(select_expired "$keep" <"$RUN_DIR/states")
  log_debug "retention in $store: $removed removed"
}

# Remove a set of a directory. It disappears by a rename first: half a set is never seen. One that somebody reads comes back, and stays
# until the next run.
remove_set() {
  local base="$1" stamp="$2"
  [[ -d $base/$stamp ]] || return 1
  if is_held "$stamp"; then
    log_info "keeping the expired set $stamp: it is being read"
    return 1
  fi
  mv -- "$base/$stamp" "$base/.expired-$stamp" || die "$EX_IO" "cannot remove the expired set $base/$stamp"
  if is_held "$stamp"; then
    mv -- "$base/.expired-$stamp" "$base/$stamp" || die "$EX_IO" "cannot put the set $base/.expired-$stamp back, which is being read"
    return 1
  fi
  rm -rf -- "$base/.expired-$stamp" || die "$EX_IO" "cannot remove $base/.expired-$stamp"
}
