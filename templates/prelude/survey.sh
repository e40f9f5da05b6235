# What is in a store: every directory below <store>/<type>/<asset> that has a set's name, and what it is worth.

# How far ahead of this host's clock a stamp may be before one of the two is wrong.
readonly CLOCK_TOLERANCE=600

# Print `name state stored raw finished sum until` of every set below a series, oldest first, whatever state each is in; one that is bad
# does not hide the others. `until` is up to when a set of a log goes, else a dash. The states:
#   ok          in order, as far as its MANIFEST says
#   suspect     marked: found damaged
#   weaker      less protected than the plan asks for: plain, or without the MAC or the signature
#   future      made later than now: this host's clock or the maker's is wrong
#   invalid     its MANIFEST breaks the grammar, or is another set's
#   incomplete  it has no MANIFEST
#   unreadable  its MANIFEST cannot be read now
survey_series() {
  [[ -d $1 ]] || return 0
  find_late_stamp
  find "$1/." -mindepth 1 -maxdepth 2 -type d ! -name "$STAMP_GLOB" -prune -o \
    -type d -print -o -type f -name MANIFEST -size "-$MANIFEST_BLOCKS" -print -o -name SUSPECT -print |
    manifest_reader survey 0 "$LATE_STAMP" | sort || {
    # Whoever reads this through a `< <(…)` does not learn of the status: nobody takes a part for the whole without a word.
    log_warn "the sets in $1 cannot all be listed"
    return "$EX_IO"
  }
}

# The last stamp that is not in the future, into LATE_STAMP.
find_late_stamp() {
  read_clock
  find_stamp $((NOW_MS / 1000 + CLOCK_TOLERANCE))
  LATE_STAMP="$FOUND_STAMP"
}

# The directory of the asset's sets in a store, or of the series that is looked at, into SERIES_DIR.
find_series() {
  SERIES_DIR="$1/$TYPE/${SERIES:-$ASSET}"
}

# What survey_series prints, of a store.
survey_store() {
  find_series "$1"
  survey_series "$SERIES_DIR"
}

# Print the sets of a store that have a MANIFEST in order, oldest first, as paths: also suspect ones and such as are weaker.
list_sets() {
  local name state
  find_series "$1"
  while read -r name state _; do
    case "$state" in invalid | incomplete | unreadable) continue ;; esac
    printf '%s\n' "$SERIES_DIR/$name"
  done < <(survey_series "$SERIES_DIR")
}

# Print the good sets of a store, oldest first, as paths.
list_good_sets() {
  local name state
  find_series "$1"
  while read -r name state _; do
    ! is_good_state "$state" || printf '%s\n' "$SERIES_DIR/$name"
  done < <(survey_series "$SERIES_DIR")
}

# May a set of this state be used without anybody saying so?
is_good_state() {
  [[ $1 == ok || ($1 == weaker && ${ACCEPT_WEAKER:-0} == 1) ]]
}

# Print the newest good set of a store, made at or before a stamp if one is given. Nothing if none is. A log is replayed onto a set:
# it must have been finished by then, or it holds what came later.
newest_set() {
  local name state finished newest=''
  find_series "$1"
  while read -r name state _ _ finished _; do
    is_good_state "$state" || continue
    if [[ -n ${2:-} && $name > $2 ]]; then continue; fi
    if [[ -n ${2:-} ]] && ((LOG_SECONDS > 0)) && [[ $finished > $2 ]]; then continue; fi
    newest="$SERIES_DIR/$name"
  done < <(survey_series "$SERIES_DIR")
  [[ -z $newest ]] || printf '%s\n' "$newest"
}

# Why a set is passed over, in a sentence, with the command that takes it all the same where there is one.
explain_state() {
  local set="$1" state="$2"
  case "$state" in
    suspect) printf 'marked suspect: %s\n' "$(suspect_reason "$set")" ;;
    weaker) printf 'less protected than the plan asks for; --accept-weaker takes it\n' ;;
    future) printf "later than this host's clock; --set takes it\n" ;;
    invalid) printf 'its MANIFEST is damaged or forged\n' ;;
    incomplete) printf 'it has no MANIFEST\n' ;;
    unreadable) printf 'its MANIFEST cannot be read\n' ;;
  esac
}

# The reason in the mark of a suspect set, without control characters.
suspect_reason() {
  local reason=''
  [[ ! -f $1/SUSPECT || -L $1/SUSPECT ]] || IFS= read -r -n 300 reason <"$1/SUSPECT" || true
  reason="${reason//[[:cntrl:]]/ }"
  printf '%s\n' "${reason:-no reason given}"
}
