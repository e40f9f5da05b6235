# The certificates and keys of a kubeadm control plane, and its kubeconfigs: without the CA that signed everything a restored etcd is of no
# use. They are files; what is added is the proof that they belong together.

# The files, and that they are a PKI.
kind_preflight() {
  require_tool openssl
  archive_preflight
  CERTIFICATE_FIRST_END='' CERTIFICATE_FIRST=''
  pki_check '' || exit $?
  certificate_warn_end
}

# The files as they are, and what identifies them.
kind_capture() {
  archive_capture
  manifest_add tool.openssl "$(openssl version 2>/dev/null)"
  manifest_add position.ca "$(certificate_fingerprint "$PKI_DIRECTORY/ca.crt")"
  manifest_add position.first_end "$(epoch_to_stamp "$CERTIFICATE_FIRST_END")"
  manifest_add position.first_end_of "$CERTIFICATE_FIRST"
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

# Everything has arrived, and belongs together.
kind_check_stage() {
  local set="$1" dir="$2" found
  archive_check_stage "$set" "$dir" || return $?
  CERTIFICATE_FIRST_END='' CERTIFICATE_FIRST=''
  find_stage "$dir" "$PKI_DIRECTORY"
  pki_check "$STAGE" || return $?
  found="$(certificate_fingerprint "$STAGE$PKI_DIRECTORY/ca.crt")"
  if [[ $found != "$(manifest_get "$set" position.ca)" ]]; then
    log_error "the CA in the set is not the one that its MANIFEST names"
    return "$(certificate_fault)"
  fi
  certificate_warn_end
}

# Nothing runs in a stage of files.
kind_stage_stop() {
  return 0
}

# Say what is replaced, and whether the cluster gets another CA by it.
kind_describe_restore() {
  local live
  archive_describe_restore "$1"
  if [[ ! -e $PKI_DIRECTORY/ca.crt ]]; then
    printf '  there is no CA now: the one of the set becomes it\n'
  else
    live="$(certificate_fingerprint "$PKI_DIRECTORY/ca.crt")" || live='none that can be read'
    if [[ $live == "$(manifest_get "$1" position.ca)" ]]; then
      printf '  the CA stays the same\n'
    else
      printf '  the CA becomes ANOTHER one: certificates, kubeconfigs and tokens that the present one signed are refused afterwards\n'
    fi
  fi
  printf '  the first certificate to end is %s, at %s\n' "$(manifest_get "$1" position.first_end_of)" "$(human_stamp "$(manifest_get "$1" position.first_end)")"
}

# Swap the files, with the service stopped.
kind_swap() {
  archive_swap "$1" "$2"
}

# What is live belongs together.
kind_check_live() {
  archive_check_live "$1" || return $?
  CERTIFICATE_FIRST_END='' CERTIFICATE_FIRST=''
  pki_check '' || return $?
  if [[ $SERVICE_KIND == none ]]; then
    log_warn 'the control plane still works with the certificates that it has read: restart the kubelet (systemctl restart kubelet), and each pod of the control plane by moving its manifest out of /etc/kubernetes/manifests for 20 s'
  fi
}

# The renames are all there is to undo.
kind_rollback() {
  return 0
}

# One line about a stage.
kind_stage_summary() {
  local count
  count="$(find "$1" -name '*.crt' -print0 | tr -dc '\000' | wc -c)"
  printf '%s, %s\n' "$(count_of $((count)) certificate)" "$(archive_stage_summary "$1")"
}

# Prove the PKI below ROOT, which is empty for the live one: the files that everything hangs on, pairs of keys and certificates, signatures.
pki_check() {
  local root="$1" dir="$1$PKI_DIRECTORY" file authorities="$RUN_DIR/authorities"
  local -a leaves=()
  for file in ca.crt sa.key sa.pub; do
    [[ -s $dir/$file ]] || die "$EX_UNAVAILABLE" "$PKI_DIRECTORY/$file is not there" 'is this a control-plane host of kubeadm?'
  done
  [[ -s $dir/ca.key || $PKI_EXTERNAL == 1 ]] || die "$EX_UNAVAILABLE" "$PKI_DIRECTORY/ca.key is not there" 'a cluster whose CA is elsewhere: say externalCa: true in the plan, and protect the CA there'
  : >"$authorities"
  while IFS= read -r file; do
    if ! certificate_note_end "$file" "${file#"$root"}"; then
      log_error "${file#"$root"} is no certificate that can be read"
      return "$(certificate_fault)"
    fi
    if certificate_is_ca "$file"; then cat -- "$file" >>"$authorities"; else leaves+=("$file"); fi
  done < <(find "$dir" -name '*.crt' -type f | sort)
  while IFS= read -r file; do pki_check_pair "$file" "$root" || return $?; done < <(find "$dir" -name '*.key' -type f | sort)
  for file in ${leaves[@]+"${leaves[@]}"}; do
    if ! certificate_signed_by "$file" "$authorities"; then
      log_error "${file#"$root"} was signed by no CA in $PKI_DIRECTORY"
      return "$(certificate_fault)"
    fi
  done
  for file in ${PKI_CONFIGS[@]+"${PKI_CONFIGS[@]}"}; do kubeconfig_check "$root$file" "$file" "$root" || return $?; done
}

# A private key belongs to what has its name.
pki_check_pair() {
  local key="$1" name="${1#"$2"}" public other
  public="$(private_public_key "$key")" || {
    log_error "$name is no private key that can be read"
    return "$(certificate_fault)"
  }
  if [[ -e ${key%.key}.crt ]]; then
    other="$(certificate_public_key "${key%.key}.crt")" || other=''
  elif [[ -e ${key%.key}.pub ]]; then
    other="$(openssl pkey -pubin -in "${key%.key}.pub" -pubout 2>/dev/null)" || other=''
  else
    return 0
  fi
  if [[ $public != "$other" ]]; then
    log_error "$name does not belong to what lies beside it"
    return "$(certificate_fault)"
  fi
}
