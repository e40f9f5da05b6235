# Certificates, keys and kubeconfigs: what is in them, read by OpenSSL. Nothing of a key is ever printed.

# Days before the end of a certificate from which on it is warned about.
readonly CERTIFICATE_WARN_DAYS=30

# What it means that OpenSSL did not take something: 65, or 69 when it does not run at all.
certificate_fault() {
  if openssl version >/dev/null 2>&1; then printf '%d\n' "$EX_DATA"; else printf '%d\n' "$EX_UNAVAILABLE"; fi
}

# Print the public key of a certificate.
certificate_public_key() {
  openssl x509 -in "$1" -noout -pubkey 2>/dev/null
}

# Print the public half of a private key. One with a passphrase cannot be read, and asks for none.
private_public_key() {
  openssl pkey -in "$1" -passin pass: -pubout 2>/dev/null
}

# When a certificate ends, in seconds since 1970.
certificate_end() {
  certificate_date "$1" -enddate
}

# Print one of a certificate's two dates, in seconds since 1970. OpenSSL says `notAfter=Nov 22 13:45:00 2027 GMT`.
certificate_date() {
  local text
  text="$(openssl x509 -in "$1" -noout "$2" 2>/dev/null)" || return 1
  text="$(printf '%s\n' "${text#*=}" | awk '{
    gsub(/:/, "", $3)
    printf "%04d%02d%02dT%sZ", $4, (index("JanFebMarAprMayJunJulAugSepOctNovDec", $1) + 2) / 3, $2, $3
  }')"
  stamp_to_epoch "$text"
}

# Print a certificate's SHA-256 fingerprint.
certificate_fingerprint() {
  local text
  text="$(openssl x509 -in "$1" -noout -fingerprint -sha256 2>/dev/null)" || return 1
  printf '%s\n' "${text#*=}"
}

# May a certificate sign others?
certificate_is_ca() {
  [[ $(openssl x509 -in "$1" -noout -text 2>/dev/null) == *'CA:TRUE'* ]]
}

# Was a certificate signed by one of the CAs in a file? Whether it has ended is asked elsewhere.
certificate_signed_by() {
  local begin
  if openssl verify -no_check_time -CAfile "$2" "$1" >/dev/null 2>&1; then return 0; fi
  # LibreSSL, which macOS has, has no such option: it is asked for the day on which the certificate was made.
  begin="$(certificate_date "$1" -startdate)" || return 1
  openssl verify -attime $((begin + 1)) -CAfile "$2" "$1" >/dev/null 2>&1
}

# Note the certificate that ends first, in CERTIFICATE_FIRST_END and CERTIFICATE_FIRST: the file and its name.
certificate_note_end() {
  local file="$1" name="$2" end
  end="$(certificate_end "$file")" || return 1
  if [[ -z ${CERTIFICATE_FIRST_END:-} ]] || ((end < CERTIFICATE_FIRST_END)); then
    CERTIFICATE_FIRST_END="$end" CERTIFICATE_FIRST="$name"
  fi
}

# Warn when the certificate that ends first does so soon, or has.
certificate_warn_end() {
  local left
  [[ -n ${CERTIFICATE_FIRST_END:-} ]] || return 0
  left=$((CERTIFICATE_FIRST_END - $(date +%s)))
  if ((left <= 0)); then
    log_warn "$CERTIFICATE_FIRST has ended on $(epoch_to_stamp "$CERTIFICATE_FIRST_END"): renew it (kubeadm certs renew all), then back up again"
  elif ((left < CERTIFICATE_WARN_DAYS * 86400)); then
    log_warn "$CERTIFICATE_FIRST ends in $(human_seconds "$left"), on $(epoch_to_stamp "$CERTIFICATE_FIRST_END"): renew it (kubeadm certs renew all)"
  fi
}

# --- Kubeconfigs --------------------------------------------------------------------------------------------------------

# Print the values of a key of a kubeconfig, a line each. In the block style that kubectl and kubeadm write, and in JSON.
kubeconfig_values() {
  awk -v key="$2" '
    { line = $0; sub(/^[ \t-]*/, "", line); sub(/,[ \t]*$/, "", line); gsub(/"/, "", line) }
    index(line, key ":") == 1 { value = substr(line, length(key) + 2); sub(/^[ \t]*/, "", value); sub(/[ \t\r]*$/, "", value); if (value != "") print value }
  ' <"$1"
}

# Prove a kubeconfig: it names a cluster and a user, every certificate and key in it can be read, and they belong together.
# ROOT is what stands before the paths that it names, for a stage.
kubeconfig_check() {
  local file="$1" name="$2" root="$3" dir="$RUN_DIR/kubeconfig" number=0 value kind reference status=0
  if ! grep -q -E '(^|")clusters"?:' "$file" || ! grep -q -E '(^|")contexts"?:' "$file"; then
    log_error "$name is no kubeconfig: it has no clusters or no contexts"
    return "$EX_DATA"
  fi
  rm -rf -- "$dir"
  mkdir -m 700 -- "$dir"
  for kind in certificate-authority client-certificate client-key; do
    number=0
    while IFS= read -r value; do
      number=$((number + 1))
      printf '%s' "$value" | openssl base64 -d -A >"$dir/$kind.$number" 2>/dev/null || true
    done < <(kubeconfig_values "$file" "$kind-data")
    while IFS= read -r reference; do
      [[ $reference == /* ]] || reference="${name%/*}/$reference"
      if [[ -e $root$reference ]]; then
        number=$((number + 1))
        cat -- "$root$reference" >"$dir/$kind.$number"
      elif [[ -e $reference ]]; then
        number=$((number + 1))
        cat -- "$reference" >"$dir/$kind.$number"
        log_warn "$name refers to $reference, which is not in the plan: a restore does not bring it back"
      else
        log_warn "$name refers to $reference, which is not there"
      fi
    done < <(kubeconfig_values "$file" "$kind")
  done
  kubeconfig_check_parts "$name" "$dir" || status=$?
  rm -rf -- "$dir"
  return "$status"
}

# The certificates and keys of a kubeconfig, one file each: the clients' ones come in pairs.
kubeconfig_check_parts() {
  local name="$1" dir="$2" part
  for part in "$dir"/certificate-authority.* "$dir"/client-certificate.*; do
    [[ -e $part ]] || continue
    if ! certificate_note_end "$part" "a certificate in $name"; then
      log_error "$name holds a certificate that cannot be read"
      return "$(certificate_fault)"
    fi
  done
  for part in "$dir"/client-key.*; do
    [[ -e $part ]] || continue
    if [[ ! -e $dir/client-certificate.${part##*.} || $(private_public_key "$part") != "$(certificate_public_key "$dir/client-certificate.${part##*.}")" ]]; then
      log_error "$name holds a key that does not belong to its certificate"
      return "$(certificate_fault)"
    fi
  done
}
