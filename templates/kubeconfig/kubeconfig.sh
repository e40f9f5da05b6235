# Kubeconfigs of people and tools: how a cluster is reached, and by whom. They are files; what is added is the proof that they can be used.

# The files, and that they are kubeconfigs.
kind_preflight() {
  require_tool openssl
  archive_preflight
  CERTIFICATE_FIRST_END='' CERTIFICATE_FIRST=''
  kubeconfigs_check '' || exit $?
  certificate_warn_end
}

# The files as they are.
kind_capture() {
  archive_capture
  [[ -z $CERTIFICATE_FIRST_END ]] || manifest_add position.first_end "$(epoch_to_stamp "$CERTIFICATE_FIRST_END")"
}

# Decode the archive and count its entries.
kind_verify() {
  archive_verify "$1"
}

# Beside what is replaced.
kind_stage_parent() {
  archive_stage_parent
}

# Extract the archive.
kind_stage() {
  archive_stage "$1" "$2"
}

# Everything has arrived, and can be used.
kind_check_stage() {
  local dir="$2"
  archive_check_stage "$1" "$dir" || return $?
  CERTIFICATE_FIRST_END='' CERTIFICATE_FIRST=''
  kubeconfigs_check "$dir" || return $?
  certificate_warn_end
}

# Nothing runs in a stage of files.
kind_stage_stop() {
  return 0
}

# Say what is replaced.
kind_describe_restore() {
  archive_describe_restore "$1"
}

# Swap the files.
kind_swap() {
  archive_swap "$1" "$2"
}

# What is live can be used.
kind_check_live() {
  archive_check_live "$1" || return $?
  CERTIFICATE_FIRST_END='' CERTIFICATE_FIRST=''
  kubeconfigs_check ''
}

# The renames are all there is to undo.
kind_rollback() {
  return 0
}

# One line about a stage.
kind_stage_summary() {
  archive_stage_summary "$1"
}

# Prove every kubeconfig below ROOT, which is empty for the live ones, or is a stage.
kubeconfigs_check() {
  local root="$1" path below
  for path in "${KUBECONFIG_PATHS[@]}"; do
    below=''
    if [[ -n $root ]]; then
      find_stage "$root" "$path"
      below="$STAGE"
    fi
    [[ -e $below$path ]] || continue
    kubeconfig_check "$below$path" "$path" "$below" || return $?
    kubeconfig_check_contexts "$below$path" "$path" || return $?
  done
}

# Every context must lead to a cluster and a user that the file knows. Only kubectl can tell.
kubeconfig_check_contexts() {
  local file="$1" name="$2" context found status
  command -v kubectl >/dev/null 2>&1 || return 0
  while IFS= read -r context; do
    found="$(kubectl --kubeconfig "$file" config view --minify --context "$context" -o 'jsonpath={.clusters[0].cluster.server} {.users[0].name}' 2>/dev/null)" && status=0 || status=$? found=''
    if ((status > 1)); then
      log_error "kubectl did not run to its end ($(describe_status "$status")): $name was not looked through"
      return "$EX_UNAVAILABLE"
    fi
    if [[ $found != ?*' '?* ]]; then
      log_error "$name: the context $context names a cluster or a user that is not in it"
      return "$EX_DATA"
    fi
  done < <(kubectl --kubeconfig "$file" config get-contexts -o name 2>/dev/null)
}
