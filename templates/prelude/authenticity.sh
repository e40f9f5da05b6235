# Who made a set. A checksum says that a set is as it was written, not by whom: whoever can write in a store can make both. A MAC, made
# with the key file of OpenSSL, and a signature, made with a key of ssh-keygen, cover the MANIFEST, which has the hashes of all
# payloads: so nothing can be forged, and nothing be swapped between sets.

# The salt of the key for MACs, `lifeboat` in hex: constant, so that the slow derivation is made once a run.
readonly MAC_SALT=6c696665626f6174
readonly SIGNATURE_NAMESPACE=lifeboat-set

# Derive the key for MACs, once a run: into MAC_KEY. Call it plainly, outside of subshells, so that it lasts.
open_mac_key() {
  [[ -z ${MAC_KEY:-} ]] || return 0
  MAC_KEY="$(derive_key "$MAC_SALT")" || die "$EX_NOPERM" "cannot make a key from $OPENSSL_KEY_FILE" "is the key file readable for this user, and openssl of version 1.1.1 or later?"
}

# What tells two key files apart without giving either away, into KEY_ID: once a run, as the key.
find_key_id() {
  [[ -z ${KEY_ID:-} ]] || return 0
  find_hmac "$MAC_KEY" <<<'lifeboat key id' || return $?
  KEY_ID="${HMAC:0:16}"
}

# Add MAC and signature to the MANIFEST of the set in WORK_DIR, as the plan asks for them. Each covers all lines above it.
seal_manifest() {
  local text
  if [[ $ENCRYPTION == openssl ]]; then
    open_mac_key
    find_key_id || die "$EX_IO" "cannot make the MAC of the set: openssl failed"
    manifest_add key_id "$KEY_ID"
    find_hmac "$MAC_KEY" <"$WORK_DIR/.manifest" || die "$EX_IO" "cannot make the MAC of the set: openssl failed"
    manifest_add manifest_mac "$HMAC"
  fi
  if [[ -n ${SIGN_KEY_FILE:-} ]]; then
    text="$(sign_stream <"$WORK_DIR/.manifest")" || die "$EX_NOPERM" "cannot sign the set with $SIGN_KEY_FILE: ${text:-ssh-keygen failed}" "make a key without a passphrase: ssh-keygen -t ed25519 -N '' -f $SIGN_KEY_FILE; its .pub goes into the plan"
    manifest_add manifest_signature "$text"
  fi
}

# Sign stdin: prints the signature in one line of base64, or what went wrong.
sign_stream() {
  local text
  text="$(ssh-keygen -q -Y sign -f "$SIGN_KEY_FILE" -n "$SIGNATURE_NAMESPACE" 2>"$RUN_DIR/sign.err")" || {
    sed -n 1p "$RUN_DIR/sign.err"
    return 1
  }
  printf '%s\n' "$text" | sed -e '/^-----/d' | tr -d '\n'
}

# Is everything there to sign a new set? Dies otherwise.
require_signing() {
  [[ -n ${SIGN_KEY_FILE:-} ]] || return 0
  require_tool ssh-keygen
  [[ -r $SIGN_KEY_FILE ]] || die "$EX_NOPERM" "cannot read the signing key $SIGN_KEY_FILE" "make one with: ssh-keygen -t ed25519 -N '' -f $SIGN_KEY_FILE; its .pub goes into the plan"
}

# Prove who made a set, as far as the plan has means for it and this host has the key. The MANIFEST is open. 65: forged; 77: made with
# another key.
check_authenticity() {
  local set="$1" recorded
  if [[ $ENCRYPTION == openssl ]] && can_decrypt openssl; then
    look_up "$set" manifest_mac || return $?
    recorded="$VALUE"
    if [[ -n $recorded ]]; then
      open_mac_key
      find_key_id || return "$EX_IO"
      look_up "$set" key_id
      if [[ $KEY_ID != "$VALUE" ]]; then
        log_error "the set ${set##*/} was made with another key than $OPENSSL_KEY_FILE"
        return "$EX_NOPERM"
      fi
      find_lines_above manifest_mac
      find_hmac "$MAC_KEY" <<<"$LINES_ABOVE" || return "$EX_IO"
      # Twice: a tool that failed once says nothing of the set.
      [[ $HMAC == "$recorded" ]] || find_hmac "$MAC_KEY" <<<"$LINES_ABOVE" || return "$EX_IO"
      if [[ $HMAC != "$recorded" ]]; then
        log_error "the set ${set##*/} is forged or was changed: its MAC does not fit its MANIFEST"
        return "$EX_DATA"
      fi
    fi
  fi
  ((${#SIGN_KEYS[@]} > 0)) || return 0
  look_up "$set" manifest_signature || return $?
  [[ -z $VALUE ]] || check_signature "$set"
}

# Check the signature of a set against the keys that the plan trusts. Twice: a tool that failed once says nothing of the set.
check_signature() {
  local set="$1" key file="$RUN_DIR/signature.${RUN_PID:-$$}" status=0
  require_tool ssh-keygen
  for key in "${SIGN_KEYS[@]}"; do printf 'lifeboat namespaces="%s" %s\n' "$SIGNATURE_NAMESPACE" "$key"; done >"$file.signers" || return "$EX_IO"
  look_up "$set" manifest_signature
  printf -- '-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n' "$(fold_text "$VALUE")" >"$file" || return "$EX_IO"
  find_lines_above manifest_signature
  verify_signature "$file" || verify_signature "$file" || status=$?
  if ((status == 0)); then
    rm -f -- "$file" "$file.signers" "$file.err"
    return 0
  fi
  log_tool_errors ssh-keygen "$file.err"
  if ((status >= 126 && status < 192)); then
    log_error "cannot check the signature of ${set##*/}: ssh-keygen: $(describe_status "$status")"
    return "$EX_UNAVAILABLE"
  fi
  log_error "the set ${set##*/} is forged, or was signed with a key that the plan does not name"
  return "$EX_DATA"
}

# Have ssh-keygen look at a signature of LINES_ABOVE.
verify_signature() {
  ssh-keygen -Y verify -f "$1.signers" -I lifeboat -n "$SIGNATURE_NAMESPACE" -s "$1" <<<"$LINES_ABOVE" >/dev/null 2>"$1.err"
}

# A long word in lines of 70 characters.
fold_text() {
  local text="$1"
  while [[ -n $text ]]; do
    printf '%s\n' "${text:0:70}"
    text="${text:70}"
  done
}

# The lines of the open MANIFEST above the one of a key, which are what that one covers, into LINES_ABOVE: without the end of the last
# line, which `<<<` gives back.
find_lines_above() {
  local line
  LINES_ABOVE=''
  for line in "${MANIFEST_LINES[@]}"; do
    [[ $line != "$1="* ]] || return 0
    LINES_ABOVE+="${LINES_ABOVE:+$'\n'}$line"
  done
}

# Why a set is less protected than the plan asks for, into WEAKNESS; empty when it is not.
find_weakness() {
  local cipher
  WEAKNESS=''
  list_payloads "$1" cipher || return $?
  for cipher in "${FIELDS[@]}"; do
    if [[ $ENCRYPTION != none && $cipher == none ]]; then
      WEAKNESS="it is not encrypted, and the plan encrypts with $ENCRYPTION"
      return 0
    elif [[ $ENCRYPTION == openssl && $cipher != openssl ]]; then
      WEAKNESS="it is encrypted with $cipher, which does not say who made it"
      return 0
    fi
  done
  look_up "$1" manifest_mac
  if [[ $ENCRYPTION == openssl && -z $VALUE ]]; then
    WEAKNESS='its MANIFEST has no MAC: it is of format 1, whose files could be swapped between sets'
    return 0
  fi
  look_up "$1" manifest_signature
  if ((${#SIGN_KEYS[@]} > 0)) && [[ -z $VALUE ]]; then WEAKNESS='it is not signed, and the plan signs'; fi
}

# The plan's protection is the floor: refuse a set below it with 77, unless a person has said --accept-weaker, which is said loudly.
require_strength() {
  find_weakness "$1" || return $?
  [[ -n $WEAKNESS ]] || return 0
  if [[ ${ACCEPT_WEAKER:-0} == 1 ]]; then
    log_warn "taking the set ${1##*/} although $WEAKNESS: whoever can write in the store can have made it"
    return 0
  fi
  log_error "the set ${1##*/} is refused: $WEAKNESS"
  log_line HINT "if it is one of yours from before the plan asked for that, --accept-weaker takes it"
  return "$EX_NOPERM"
}
