# Which set, of which store: what --latest, --at, --set and --from mean.

# The indexes of the stores to look in, into CHOSEN_STORES: all, or the one that --from names by its id or path.
choose_stores() {
  local from="$1" i
  CHOSEN_STORES=''
  for ((i = 0; i < ${#STORE_PATHS[@]}; i++)); do
    if [[ -z $from || $from == "${STORE_IDS[i]}" || $from == "${STORE_PATHS[i]}" ]]; then CHOSEN_STORES+="$i "; fi
  done
  [[ -n $CHOSEN_STORES ]] || is_place "$from" || die "$EX_USAGE" "there is no store '$from' for $ASSET" "its stores are: ${STORE_IDS[*]}${PLACE_IDS[*]:+ ${PLACE_IDS[*]}}"
}

# Is this a store that is no directory here?
is_place() {
  ((${#PLACE_IDS[@]} > 0)) && is_one_of "$1" "${PLACE_IDS[@]}"
}

# When --from names a store elsewhere: choose the set there, fetch it into the first store here, and go on with that. A dry run
# fetches the MANIFEST only, and SET_PATH stands for the set.
bring_set() {
  is_place "$FROM" || return 0
  list_place "$FROM"
  SET_NAME="$(choose_name_there "$RUN_DIR/there")" || exit $?
  if ((DRY_RUN)); then
    SET_PATH="$RUN_DIR/$SET_NAME" RUN_STORE="$FROM"
    guarded "$COPY_LIST_TIMEOUT" '' "reading $SET_NAME" place_manifest "$SET_NAME" "$SET_PATH"
    return 0
  fi
  require_store "${STORE_PATHS[0]}"
  acquire_lock "$ASSET.fetch"
  log_info "fetching $SET_NAME from $FROM ($(place_label))"
  begin_phase fetch
  guarded "$RESTORE_TIMEOUT" "${STORE_PATHS[0]}" "fetching $SET_NAME" fetch_set "$SET_NAME" "${STORE_PATHS[0]}/$TYPE/$ASSET"
  ((LOG_SECONDS == 0)) || [[ $SET_CHOICE == --set ]] || in_log bring_log "$SET_NAME"
  end_phase
  FROM="${STORE_IDS[0]}"
}

# Fetch the log since a full set from the place into the first store here.
bring_log() {
  local name state
  guarded "$COPY_LIST_TIMEOUT" '' "listing the log in $PLACE_ID" place_names "$RUN_DIR/there"
  while read -r name state; do
    [[ $state == ok && ! $name < $1 ]] || continue
    guarded "$RESTORE_TIMEOUT" "${STORE_PATHS[0]}" "fetching log $name" fetch_set "$name" "${STORE_PATHS[0]}/$TYPE/$SERIES"
  done < <(sort "$RUN_DIR/there")
}

# Go to a place and list it into RUN_DIR/there.
list_place() {
  place_use "$1"
  guarded "$COPY_LIST_TIMEOUT" '' "listing $1" place_names "$RUN_DIR/there"
}

# Print which of the listed sets is meant: the one named, else the newest good one made at or before the time asked for.
choose_name_there() {
  local name
  name="$(sort "$1" | awk -v name="$SET_NAME" -v at="$AT" '
    name != "" { if ($1 == name) found = $1; next }
    $2 == "ok" && (at == "" || $1 <= at) { found = $1 }
    END { print found }')"
  [[ -n $name ]] || die "$EX_DATA" "there is no ${SET_NAME:+set $SET_NAME}${SET_NAME:-good backup set} of $ASSET${AT:+ made at or before $(human_stamp "$AT")} in $PLACE_ID" "restore-$ASSET.sh --list shows what there is"
  printf '%s\n' "$name"
}

# The name of the set to use, into RUN_SET: the one named, else the newest good one of the chosen stores, made at or before the
# given stamp. Dies when there is none. Newer sets that are not used are listed in RUN_DIR/passed, for print_passed.
choose_set_name() {
  local from="$1" name="$2" at="$3" i line
  choose_stores "$from"
  : >"$RUN_DIR/candidates" || die "$EX_IO" "cannot write in $RUN_DIR" "is its disk full? look at df -h $RUN_DIR"
  for i in $CHOSEN_STORES; do
    find_store_fault "${STORE_PATHS[i]}"
    [[ -z $STORE_FAULT ]] || log_warn "the store ${STORE_IDS[i]} (${STORE_PATHS[i]}) $STORE_FAULT"
    while IFS= read -r line; do printf '%s %d\n' "$line" "$i"; done < <(survey_store "${STORE_PATHS[i]}") >>"$RUN_DIR/candidates"
  done
  choose_candidate "$name" "$at" <"$RUN_DIR/candidates"
  if [[ -z $RUN_SET ]]; then
    [[ -n $name ]] || note_passed '' "$at"
    [[ -n $name || ! -s $RUN_DIR/passed ]] || print_passed >&2
    die "$EX_DATA" "there is no ${name:+set $name}${name:-good backup set} of $ASSET${at:+ made at or before $(human_stamp "$at")}${from:+ in $from}" "restore-$ASSET.sh --list shows what there is"
  fi
  [[ -n $name ]] || note_passed "$RUN_SET" "$at"
}

# Which of the lines `name state stored raw finished sum until store` is meant, into RUN_SET: a name that was given is taken in any state but
# one that cannot be a set.
choose_candidate() {
  local wanted="$1" at="$2" name state finished
  RUN_SET=''
  while read -r name state _ _ finished _; do
    if [[ -n $wanted ]]; then
      case "$state" in incomplete) continue ;; esac
      [[ $name != "$wanted" ]] || RUN_SET="$name"
      continue
    fi
    if ! is_good_state "$state" || [[ -n $at && $name > $at ]]; then continue; fi
    # A log is replayed onto a set: one that was not finished by then holds what came later.
    if [[ -n $at ]] && ((LOG_SECONDS > 0)) && [[ $finished > $at ]]; then continue; fi
    [[ ! $name > $RUN_SET ]] || RUN_SET="$name"
  done
}

# Note the sets newer than the chosen one that are not used, and why: `name store-index state` lines in RUN_DIR/passed.
note_passed() {
  awk -v chosen="$1" -v at="$2" -v weaker="${ACCEPT_WEAKER:-0}" '
    $1 <= chosen || (at != "" && $1 > at && $2 != "future") { next }
    $2 == "ok" || ($2 == "weaker" && weaker == 1) { next }
    { print $1, $(NF), $2 }' "$RUN_DIR/candidates" >"$RUN_DIR/passed"
  [[ ! -s $RUN_DIR/passed ]] || sort -r -o "$RUN_DIR/passed" -- "$RUN_DIR/passed"
}

# Say which newer sets are passed over, and why: what is restored is older than they are.
print_passed() {
  local name i state count=0
  [[ -s $RUN_DIR/passed ]] || return 0
  while read -r name i state; do
    count=$((count + 1))
    if ((count > 5)); then
      printf '  passed over  and %s\n' "$(count_of $(($(wc -l <"$RUN_DIR/passed") - 5)) more)"
      break
    fi
    find_series "${STORE_PATHS[i]}"
    printf '  passed over  %s in %s: %s\n' "$name" "${STORE_IDS[i]}" "$(explain_state "$SERIES_DIR/$name" "$state")"
  done <"$RUN_DIR/passed"
}

# Find a sound copy of a set, trying the chosen stores in their order. Sets SET_PATH and RUN_STORE, and holds the set. Call it plainly.
# Copies that cannot be read now are not damaged, and are not marked; when no copy is sound, the newest older good set is named.
find_sound_copy() {
  local name="$1" from="$2" i set worst="$EX_DATA"
  choose_stores "$from"
  for i in $CHOSEN_STORES; do
    find_series "${STORE_PATHS[i]}"
    set="$SERIES_DIR/$name"
    [[ -d $set ]] || continue
    hold_set "$set"
    [[ $ENCRYPTION != openssl ]] || ! can_decrypt openssl || open_mac_key
    attempt_to open_manifest "$set"
    ((ATTEMPT_STATUS)) || attempt_to guarded "$RESTORE_TIMEOUT" '' "checking the set $name" check_set "$set"
    if ((ATTEMPT_STATUS == 0)); then
      require_strength "$set" || exit $?
      SET_PATH="$set" CHECKED_SET="$set" RUN_STORE="${STORE_IDS[i]}"
      [[ ! -e $set/SUSPECT ]] || log_warn "the set $name is marked suspect: $(suspect_reason "$set")"
      return 0
    fi
    worst="$ATTEMPT_STATUS"
    log_warn "the copy of $name in ${STORE_IDS[i]} cannot be used"
    ((DRY_RUN || ATTEMPT_STATUS != EX_DATA)) || mark_suspect "$set" 'found damaged before a restore'
  done
  die "$(sysexit_of "$worst" "$EX_DATA")" "no store has a copy of the set $name that can be used: $(first_cause)" "$(older_set_hint "$name" "$from")"
}

# What the last check complained of.
first_cause() {
  local cause=''
  [[ ! -s $RUN_DIR/last-error ]] || IFS= read -r cause <"$RUN_DIR/last-error" || true
  printf '%s\n' "${cause:-its copies cannot be read}"
}

# Name the newest good set older than one that cannot be used, with the command that takes it.
older_set_hint() {
  local name="$1" from="$2" i candidate state older=''
  choose_stores "$from"
  for i in $CHOSEN_STORES; do
    while read -r candidate state _; do
      if is_good_state "$state" && [[ $candidate < $name && $candidate > $older ]]; then older="$candidate"; fi
    done < <(survey_store "${STORE_PATHS[i]}")
  done
  if [[ -n $older ]]; then
    printf 'the newest older good set: %s --set %s\n' "${0##*/}" "$older"
  else
    printf '%s --list shows what else there is\n' "${0##*/}"
  fi
}

# Read an option that chooses a set or a store, into SET_NAME, AT and FROM. The status says how many words were taken.
set_option() {
  case "$1" in
    --latest)
      choose_by "$1"
      return 1
      ;;
    --at)
      option_value "$@"
      choose_by "$1"
      AT="$2"
      return 2
      ;;
    --set)
      option_value "$@"
      choose_by "$1"
      SET_NAME="$2"
      is_stamp "$SET_NAME" || die "$EX_USAGE" "'$SET_NAME' is not the name of a set" "restore-$ASSET.sh --list shows them"
      return 2
      ;;
    --from)
      option_value "$@"
      FROM="$2"
      return 2
      ;;
    --accept-weaker)
      # shellcheck disable=SC2034  # for survey.sh and authenticity.sh
      ACCEPT_WEAKER=1
      return 1
      ;;
  esac
  return 0
}

# How long ago a stamp was, in words.
stamp_age() {
  local seconds
  read_clock
  find_epoch "$1"
  seconds=$((NOW_MS / 1000 - EPOCH))
  if ((seconds < 0)); then printf 'in the future\n'; else printf '%s ago\n' "$(human_seconds "$seconds")"; fi
}

# Print everything that has a set's name in the chosen stores as a table, newest first.
print_set_table() {
  local from="$1" i
  choose_stores "$from"
  : >"$RUN_DIR/rows" || die "$EX_IO" "cannot write in $RUN_DIR" "is its disk full? look at df -h $RUN_DIR"
  for i in $CHOSEN_STORES; do list_store_rows "$i" >>"$RUN_DIR/rows"; done
  for i in ${PLACE_IDS[@]+"${PLACE_IDS[@]}"}; do
    [[ -n $from && $from != "$i" ]] || list_place_rows "$i" >>"$RUN_DIR/rows"
  done
  if [[ ! -s $RUN_DIR/rows ]]; then
    printf 'There is no backup set of %s yet.\n' "$ASSET"
    return 0
  fi
  printf '%-16s  %-19s %8s  %-12s  %s\n' SET AGE SIZE STATE STORE
  sort -s -r -k 1,1 "$RUN_DIR/rows" | print_set_rows
}

# Lines `name state bytes store` of a store here. A set that a verification of this host has passed, and that has not changed since, is
# verified.
list_store_rows() {
  local store="${STORE_PATHS[$1]}" id="${STORE_IDS[$1]}"
  find_store_fault "$store"
  if [[ -n $STORE_FAULT ]]; then
    log_warn "the store $id ($store) $STORE_FAULT: what is in it cannot be shown"
    return 0
  fi
  survey_store "$store" | mark_verified "$id" | awk -v id="$id" '
    { print $1, $2, $2 ~ /^(incomplete|invalid|unreadable)$/ ? "-" : $3, id }'
}

# The same of a store elsewhere. One that cannot be reached now is said, and is no reason to show nothing.
list_place_rows() {
  place_use "$1"
  attempt_to guarded "$COPY_LIST_TIMEOUT" '' "listing $1" place_names "$RUN_DIR/there"
  if ((ATTEMPT_STATUS != 0)); then
    log_warn "$1 ($(place_label)) cannot be listed from here"
    return 0
  fi
  awk -v id="$1" '{ print $1, ($2 == "ok" ? "unchecked" : $2), "-", id }' "$RUN_DIR/there"
}

# Print lines `name state bytes store` as rows of the table: in one program, since there may be thousands. Ages and sizes read as
# human_seconds and human_bytes would say them.
print_set_rows() {
  read_clock
  awk -v now="$((NOW_MS / 1000))" '
    function days(y, m, d,   a) {
      a = int((14 - m) / 12); y = y + 4800 - a; m = m + 12 * a - 3
      return d + int((153 * m + 2) / 5) + 365 * y + int(y / 4) - int(y / 100) + int(y / 400) - 2472633
    }
    function epoch(s) {
      return days(substr(s, 1, 4) + 0, substr(s, 5, 2) + 0, substr(s, 7, 2) + 0) * 86400 + substr(s, 10, 2) * 3600 + substr(s, 12, 2) * 60 + substr(s, 14, 2)
    }
    function age(n) {
      if (n < 0) return "in the future"
      if (n < 60) return n " s ago"
      if (n < 3600) return n % 60 ? sprintf("%d min %02d s ago", n / 60, n % 60) : int(n / 60) " min ago"
      if (n < 86400) return n % 3600 ? sprintf("%d h %02d min ago", n / 3600, n / 60 % 60) : int(n / 3600) " h ago"
      return n % 86400 ? sprintf("%d d %d h ago", n / 86400, n / 3600 % 24) : int(n / 86400) " d ago"
    }
    function size(n,   tenths, i) {
      if (n == "-") return n
      if (n < 1024) return n " B"
      tenths = int(n * 10 / 1024)
      for (i = 1; i < 4 && tenths >= 10240; i++) tenths = int(tenths / 1024)
      return (tenths < 100 ? int(tenths / 10) "." tenths % 10 : int(tenths / 10)) " " substr("KiBMiBGiBTiB", i * 3 - 2, 3)
    }
    BEGIN { word["suspect"] = "damaged"; word["incomplete"] = "no MANIFEST"; word["invalid"] = "bad MANIFEST" }
    { printf "%-16s  %-19s %8s  %-12s  %s\n", $1, age(now - epoch($1)), size($3), $2 in word ? word[$2] : $2, $4 }'
}
