# Reading a command line, and what every --help ends with.

# Split `--name=value` into two words, into ARGUMENTS.
split_arguments() {
  local word
  ARGUMENTS=()
  for word in "$@"; do
    if [[ $word == --[a-z]*=* ]]; then ARGUMENTS+=("${word%%=*}" "${word#*=}"); else ARGUMENTS+=("$word"); fi
  done
}

# Set what every script starts with: no option given, no run begun.
default_options() {
  VERBOSE=0 QUIET=0 RUN_DIR='' LOG_FILE=''
}

# Take an option that every script knows, or leave with 64.
common_option() {
  case "$1" in
    --verbose | -v) VERBOSE=1 ;;
    --quiet | -q) QUIET=1 ;;
    --help | -h)
      usage
      exit 0
      ;;
    --version)
      printf 'lifeboat %s plan %s sha256 %s\n' "$LIFEBOAT_VERSION" "$PLAN" "$PLAN_SHA256"
      exit 0
      ;;
    -*) die "$EX_USAGE" "unknown option $1" "${0##*/} --help lists the options" ;;
    *) die "$EX_USAGE" "unexpected argument '$1'" "${0##*/} --help lists the options" ;;
  esac
}

# Demand the word after an option that takes one: `option_value "$@"`.
option_value() {
  [[ $# -ge 2 && -n ${2:-} ]] || die "$EX_USAGE" "$1 needs a value" "${0##*/} --help lists the options"
}

# Take one of --latest, --at, --set as the choice of a set; two of them contradict each other.
choose_by() {
  [[ -z ${SET_CHOICE:-} || $SET_CHOICE == "$1" ]] || die "$EX_USAGE" "$1 contradicts $SET_CHOICE" "give one of --latest, --at TIME, --set NAME"
  SET_CHOICE="$1"
}

# The end of every asset script's --help.
print_common_help() {
  cat <<HELP
  --verbose         say more
  --quiet           only warnings and errors
  --help            this text
  --version         versions of lifeboat and of the plan

Exit codes:
   0  done                        64  wrong usage
  65  bad data                    69  service or tool missing
  70  a bug                       73, 74  cannot write
  75  try again later             77  permission or secret missing
  78  this host is set up wrong   130, 143  interrupted

Files:
  log      $LOG_DIR/$ASSET.log
  state    $STATE_DIR
$(print_store_help)
HELP
}

# The stores of an asset, a line each.
print_store_help() {
  local i
  for ((i = 0; i < ${#STORE_PATHS[@]}; i++)); do
    printf '  store    %s (%s)\n' "${STORE_PATHS[i]}/$TYPE/$ASSET" "${STORE_IDS[i]}"
  done
}

# The ids of stores that are elsewhere, each after a space.
print_place_ids() {
  local id
  for id in ${PLACE_IDS[@]+"${PLACE_IDS[@]}"}; do printf ' %s' "$id"; done
}
