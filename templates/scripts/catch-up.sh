# The role of catch-up.sh: run what should have run while this host was off or asleep. For cron, every few minutes.

readonly CATCH_UP_GRACE_MINUTES=5

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--dry-run] [--quiet]

Run the jobs of host $HOST_ID that missed their last scheduled start, one
after the other. A job is due when its schedule fired more than $CATCH_UP_GRACE_MINUTES minutes ago
and it has not started since. A job that was never seen is only noted: it runs
at its next scheduled time.

Options:
  --dry-run         list what is due, run nothing
  --verbose         say more
  --quiet           only warnings and errors
  --help            this text
  --version         versions of lifeboat and of the plan

Exit codes:
  0 nothing was due, or all of it ran well; else that of the first job that failed
HELP
}

# Run what is due.
main() {
  local i first=0 status
  parse_catch_up_arguments "$@"
  LOG_TAG=catch-up
  prepare_shell
  if ((!DRY_RUN)); then
    open_log catch-up
    mkdir -p -- "$STATE_DIR"
    ACTION=catch-up
    catch_exits
    # An earlier catch-up is still at it: it also takes care of what came due meanwhile, or the next one does.
    try_lock catch-up || return 0
  fi
  for ((i = 0; i < ${#JOB_ASSETS[@]}; i++)); do
    job_is_due "$i" || continue
    if ((DRY_RUN)); then
      printf '%s is due since %s: %s\n' "${JOB_ASSETS[i]}" "$(human_minute "$DUE_SINCE")" "${JOB_SCRIPTS[i]}"
      continue
    fi
    log_info "${JOB_ASSETS[i]} missed its start at $(human_minute "$DUE_SINCE"): running ${JOB_SCRIPTS[i]}"
    status=0
    "${JOB_SCRIPTS[i]}" --quiet </dev/null 9>&- || status=$?
    if ((status != 0)); then
      log_error "${JOB_SCRIPTS[i]} ended with exit status $status"
      ((first != 0)) || first="$status"
    fi
  done
  ((first == 0)) || exit "$first"
}

# Read the command line.
parse_catch_up_arguments() {
  default_options
  DRY_RUN=0
  split_arguments "$@"
  set -- ${ARGUMENTS[@]+"${ARGUMENTS[@]}"}
  while (($# > 0)); do
    case "$1" in
      --dry-run) DRY_RUN=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
}

# Did a job miss its last start? Sets DUE_SINCE. A job never seen is noted as of now.
job_is_due() {
  local i="$1" file now last
  file="$STATE_DIR/${JOB_ASSETS[i]}.last-start"
  now="$(date +%Y%m%d%H%M)"
  if [[ ! -s $file ]]; then
    ((DRY_RUN)) || printf '%s\n' "$now" >"$file"
    return 1
  fi
  last="$(cat -- "$file")"
  DUE_SINCE="$(previous_firing "${JOB_FIELDS[i]}" "$now")" || return 1
  [[ $last =~ ^[0-9]{12}$ ]] || last=190001010000
  log_debug "${JOB_ASSETS[i]}: last start $last, scheduled $DUE_SINCE"
  ((last < DUE_SINCE && $(minute_count "$now") - $(minute_count "$DUE_SINCE") > CATCH_UP_GRACE_MINUTES))
}
