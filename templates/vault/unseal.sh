# The role of unseal-<asset>.sh: Vault is sealed, and nothing is lost.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--dry-run]

Unseal every replica of '$ASSET' ($KIND) that is sealed, from host $HOST_ID, and
wait until one of them is active. The unseal keys come from where the plan
says, else they are asked for.

Options:
  --dry-run         say how each replica is, change nothing
$(print_common_help)
HELP
}

# Unseal what is sealed.
main() {
  local count=0 number
  DRY_RUN=0
  default_options
  while (($# > 0)); do
    case "$1" in
      --dry-run) DRY_RUN=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
  begin_run unseal
  if ((!DRY_RUN)); then
    on_exit close_run
    acquire_lock "$ASSET"
  fi
  vault_survey
  vault_say_states
  ((!DRY_RUN)) || return 0
  run_hooks start
  for number in $VAULT_SEALED; do
    if [[ $(vault_value "$number" type) == shamir ]] && (($(vault_value "$number" t) > count)); then count="$(vault_value "$number" t)"; fi
  done
  ((count == 0)) || vault_read_keys "$count"
  guarded "$RESTORE_TIMEOUT" '' 'unsealing' vault_bring_up "$VAULT_UP_SECONDS"
  log_info "all ${#VAULT_ADDRESSES[@]} replicas of $ASSET serve"
}
