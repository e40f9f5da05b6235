# The role of setup-<asset>.sh: Velero in the cluster as the plan says, the first time and every time.

# Say how to use this script.
usage() {
  cat <<HELP
Usage: ${0##*/} [--print | --dry-run]

Install Velero for '$ASSET' into the namespace $VELERO_NAMESPACE, from host $HOST_ID,
or bring an installation to what the plan says: the server with its plugins,
the credentials, the storage location, the node agent, the schedule. Then wait
until the location is available. It may be run at any time again.

Options:
  --print           print what would be applied, as YAML, without the
                    credentials; no cluster is asked
  --dry-run         say what would be created or changed, change nothing
$(print_common_help)
HELP
}

# Install.
main() {
  local print=0
  DRY_RUN=0
  default_options
  while (($# > 0)); do
    case "$1" in
      --print) print=1 DRY_RUN=1 ;;
      --dry-run) DRY_RUN=1 ;;
      *) common_option "$1" ;;
    esac
    shift
  done
  begin_run setup
  if ((print)); then
    require_tool jq
    velero_print_installation
    return 0
  fi
  if ((!DRY_RUN)); then
    on_exit close_run
    acquire_lock "$ASSET"
  fi
  velero_reach
  velero_write_installation
  if ((DRY_RUN)); then
    velero_describe_setup
    return 0
  fi
  run_hooks start
  guarded "$RESTORE_TIMEOUT" '' 'installing Velero' velero_install
  velero_check_servers
  log_info "Velero is set up in $VELERO_NAMESPACE: location $VELERO_LOCATION ($VELERO_BUCKET) is available"
}

# The whole as YAML, with the credentials masked.
velero_print_installation() {
  printf '# Velero for %s, from the plan %s. Its custom types come before it: velero install --crds-only --dry-run -o yaml\n' "$ASSET" "$PLAN"
  # shellcheck disable=SC2016  # jq's variable
  velero_jq 'installation("base64 of the credentials" | @base64) | "---", yaml("")' -n -r
}

# Write the objects of the installation to velero.all, one a line, with the credentials: private, and gone with the run.
velero_write_installation() {
  : >"$RUN_DIR/velero.secret"
  [[ -z $VELERO_CREDENTIALS ]] || { read_secret "$VELERO_CREDENTIALS" && printf '\n'; } >"$RUN_DIR/velero.secret" || exit "$EX_NOPERM"
  # shellcheck disable=SC2016  # jq's variable
  velero_jq '@base64 as $secret | installation($secret)' -R -s -c "$RUN_DIR/velero.secret" >"$RUN_DIR/velero.all" || die "$EX_SOFTWARE" 'cannot make the installation'
  rm -f -- "$RUN_DIR/velero.secret"
}

# Say what would be created or changed.
velero_describe_setup() {
  local object title missing same=0 status
  missing="$(velero_missing_types | paste -s -d ' ' -)" || exit $?
  printf "Setting up Velero for '%s' in %s would now:\n" "$ASSET" "$(kube_ctl config view --minify -o 'jsonpath={.clusters[0].cluster.server}' 2>/dev/null)"
  if [[ -n $missing ]]; then
    if command -v velero >/dev/null; then printf '  create Velero'\''s custom types\n'; else printf '  STOP: there is no velero command that could bring the custom types\n'; fi
  fi
  while IFS= read -r object; do
    printf '%s\n' "$object" >"$RUN_DIR/velero.send"
    title="$(jq -r '.kind + " " + .metadata.name' "$RUN_DIR/velero.send")"
    if ! kube_ctl get -f "$RUN_DIR/velero.send" >/dev/null 2>"$RUN_DIR/velero.err"; then
      grep -e NotFound -e 'no matches for kind' "$RUN_DIR/velero.err" >/dev/null || velero_die "cannot look at $title"
      printf '  create %s\n' "$title"
      continue
    fi
    status=0
    kube_ctl diff -f "$RUN_DIR/velero.send" >"$RUN_DIR/velero.diff" 2>"$RUN_DIR/velero.err" || status=$?
    case "$status" in
      0) same=$((same + 1)) ;;
      1) velero_print_diff "$title" ;;
      *) velero_die "cannot compare $title" ;;
    esac
  done <"$RUN_DIR/velero.all"
  printf '  leave %s unchanged\nNothing was changed.\n' "$(count_of "$same" object)"
}

# Show what differs, but never of a Secret.
velero_print_diff() {
  printf '  change %s\n' "$1"
  [[ $1 != Secret\ * ]] || return 0
  grep '^[-+] ' "$RUN_DIR/velero.diff" | grep -v -e ' generation: ' -e ' resourceVersion: ' | head -n 20 | sed 's/^/    /' || true
}

# Types, objects, and a wait for the location.
velero_install() {
  local before=''
  velero_install_types
  kube_ctl apply -f "$RUN_DIR/velero.all" >"$RUN_DIR/velero.out" 2>"$RUN_DIR/velero.err" || velero_die 'the cluster does not take the installation'
  rm -f -- "$RUN_DIR/velero.all"
  log_info "objects: $(grep -c ' created$' "$RUN_DIR/velero.out" || true) created, $(grep -c ' configured$' "$RUN_DIR/velero.out" || true) changed, $(grep -c ' unchanged$' "$RUN_DIR/velero.out" || true) unchanged"
  # What Velero said of the location before it got the new objects says nothing of them. Read after the apply: it may have looked in between.
  if grep -q -e ' created$' -e ' configured$' "$RUN_DIR/velero.out"; then
    before="$(velero_ctl get backupstoragelocations.velero.io "$VELERO_LOCATION" -o 'jsonpath={.status.lastValidationTime}' 2>/dev/null)" || before=''
  fi
  velero_await_location "$before"
}

# Bring Velero's custom types with its own command, which knows those of its version.
velero_install_types() {
  local type missing
  missing="$(velero_missing_types | paste -s -d ' ' -)" || exit $?
  [[ -n $missing ]] || return 0
  command -v velero >/dev/null || die "$EX_UNAVAILABLE" "the cluster has no $missing, and there is no velero command here that could bring them" "install the velero command of the same version as $VELERO_IMAGE, then run this again"
  velero install --crds-only --dry-run -o yaml >"$RUN_DIR/velero.send" 2>"$RUN_DIR/velero.err" </dev/null || die "$EX_UNAVAILABLE" "velero install --crds-only failed: $(velero_words)"
  kube_ctl apply -f "$RUN_DIR/velero.send" >/dev/null 2>"$RUN_DIR/velero.err" || velero_die "the cluster does not take Velero's custom types"
  for type in $VELERO_TYPES; do
    kube_ctl wait --for=condition=Established --timeout=60s "customresourcedefinition/$type.velero.io" >/dev/null 2>"$RUN_DIR/velero.err" || velero_die "the type $type was not established"
  done
  log_info "brought Velero's custom types: $missing"
}

# Wait until Velero finds the location good, later than the time given: with the plugin and the credentials of now.
velero_await_location() {
  local before="$1" end=$((SECONDS + VELERO_LOCATION_WAIT)) state=''
  while ((SECONDS < end)); do
    state="$(velero_ctl get backupstoragelocations.velero.io "$VELERO_LOCATION" -o 'jsonpath={.status.phase} {.status.lastValidationTime}' 2>/dev/null)" || state=''
    [[ $state != Available\ * || ${state#* } == "$before" ]] || return 0
    sleep "$VELERO_POLL"
  done
  velero_check_servers
  velero_check_location write
  die "$EX_UNAVAILABLE" "Velero did not look at its location again within $(human_seconds "$VELERO_LOCATION_WAIT")" "does its server run? kubectl --namespace $VELERO_NAMESPACE get pods; kubectl --namespace $VELERO_NAMESPACE logs deployment/velero"
}
