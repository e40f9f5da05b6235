# Compression, encryption and hashes of payload streams, in constant memory. The filters become their program, so that a stage of a pipeline
# is one process: call them where a shell of their own ends with them.

readonly PBKDF2_ROUNDS=600000

# From so many bytes on openssl has caught up with sha256sum, which starts sooner.
readonly SMALL_BYTES=4194304

# The codec for a new set on this host, into CODEC.
choose_compression() {
  CODEC="$COMPRESSION"
  case "$COMPRESSION" in
    none) ;;
    auto)
      for CODEC in zstd gzip none; do
        if command -v "$CODEC" >/dev/null 2>&1; then return 0; fi
      done
      ;;
    *) require_tool "$COMPRESSION" ;;
  esac
}

# The suffixes of a payload file, for people and for `file`, into SUFFIX.
find_suffix() {
  local codec="$1" cipher="$2"
  SUFFIX=''
  case "$codec" in
    zstd) SUFFIX=.zst ;;
    gzip) SUFFIX=.gz ;;
  esac
  case "$cipher" in
    age) SUFFIX+=.age ;;
    openssl) SUFFIX+=.enc ;;
  esac
}

# Compress stdin to stdout.
compress_stream() {
  case "$1" in
    zstd) exec zstd -q -3 -T2 -c ;;
    gzip) if command -v pigz >/dev/null 2>&1; then exec pigz -n -p 2 -c; else exec gzip -n -c; fi ;;
    none) exec cat ;;
    *) die "$EX_DATA" "unknown compression '$1'" ;;
  esac
}

# The inverse of compress_stream.
decompress_stream() {
  case "$1" in
    zstd) exec zstd -q -d -c ;;
    gzip) exec gzip -d -c ;;
    none) exec cat ;;
    *) die "$EX_DATA" "unknown compression '$1'" ;;
  esac
}

# Encrypt stdin to stdout as the plan says. Recipients are public; keys are named by their file only.
encrypt_stream() {
  local recipient
  local -a args=()
  # args is never empty: a plan that encrypts to age has a recipient.
  case "$ENCRYPTION" in
    none) exec cat ;;
    age)
      for recipient in "${AGE_RECIPIENTS[@]}"; do args+=(-r "$recipient"); done
      exec age "${args[@]}"
      ;;
    openssl) exec openssl enc -aes-256-ctr -pbkdf2 -iter "$PBKDF2_ROUNDS" -md sha256 -salt -pass "file:$OPENSSL_KEY_FILE" ;;
    *) die "$EX_CONFIG" "unknown encryption '$ENCRYPTION'" ;;
  esac
}

# Decrypt stdin to stdout. The caller has checked the MAC of openssl's output: CTR itself accepts anything.
decrypt_stream() {
  case "$1" in
    none) exec cat ;;
    age) exec age -d -i "$AGE_IDENTITY_FILE" ;;
    openssl) exec openssl enc -d -aes-256-ctr -pbkdf2 -iter "$PBKDF2_ROUNDS" -md sha256 -pass "file:$OPENSSL_KEY_FILE" ;;
    *) die "$EX_DATA" "unknown encryption '$1'" ;;
  esac
}

# Is everything there to encrypt a new set? Dies otherwise.
require_encryption() {
  case "$ENCRYPTION" in
    age) require_tool age ;;
    openssl)
      require_tool openssl
      require_key_file
      ;;
  esac
}

# The key file must be readable, private and long enough; openssl uses its first line.
require_key_file() {
  local line=''
  [[ -r $OPENSSL_KEY_FILE ]] || die "$EX_NOPERM" "cannot read the key file $OPENSSL_KEY_FILE" "make one with: openssl rand -hex 32, mode 600, and keep a copy off this host"
  IFS= read -r line <"$OPENSSL_KEY_FILE" || true
  ((${#line} >= 20)) || die "$EX_CONFIG" "the first line of the key file $OPENSSL_KEY_FILE is shorter than 20 characters" "make one with: openssl rand -hex 32"
  case "$(file_mode "$OPENSSL_KEY_FILE")" in
    *00) ;;
    *) log_warn "others may read the key file $OPENSSL_KEY_FILE: chmod 600 it" ;;
  esac
}

# Can this host decrypt a payload of this cipher?
can_decrypt() {
  case "$1" in
    none) return 0 ;;
    age) command -v age >/dev/null 2>&1 && [[ -n ${AGE_IDENTITY_FILE:-} && -r $AGE_IDENTITY_FILE ]] ;;
    openssl) command -v openssl >/dev/null 2>&1 && [[ -n ${OPENSSL_KEY_FILE:-} && -r $OPENSSL_KEY_FILE ]] ;;
    *) return 1 ;;
  esac
}

# The mode bits of a file in octal, as `600` or `1777`.
file_mode() {
  local mode
  # On BSD, M are the bits for setuid, setgid and sticky, as one digit, and L the others.
  mode="$(stat -c %a -- "$1" 2>/dev/null || stat -f %Mp%Lp -- "$1")" || return 1
  printf '%s\n' "${mode#0}"
}

# The program that hashes stdin, as another filter: SHA-256 in hex is the first word that it prints. openssl takes long to start, and is far
# faster then: with `small`, for what takes no time, it is the second choice.
hash_filter() {
  if [[ ${1:-} == small ]] && command -v sha256sum >/dev/null 2>&1; then
    exec sha256sum
  elif command -v openssl >/dev/null 2>&1; then
    exec openssl dgst -sha256 -r
  elif command -v sha256sum >/dev/null 2>&1; then
    exec sha256sum
  else
    exec shasum -a 256
  fi
}

# SHA-256 of stdin in hex, into SHA256. 74 when the tool fails: that says nothing of the data.
find_sha256() {
  SHA256="$(hash_filter "$@")" || return "$EX_IO"
  SHA256="${SHA256%% *}"
  is_sha256 "$SHA256" || return "$EX_IO"
}

# Print SHA-256 of stdin in hex.
hash_stream() {
  find_sha256 || return $?
  printf '%s\n' "$SHA256"
}

# Is this a SHA-256 in hex?
is_sha256() {
  [[ $1 =~ ^[0-9a-f]{64}$ ]]
}

# SHA-256 of a file in hex, into SHA256; 74 when it cannot be read to its end. A FIFO is no file: opening one would wait for ever. With its
# size, where that is known, the better tool is taken.
hash_file() {
  local size=''
  [[ -f $1 ]] || return "$EX_IO"
  ((${2:-SMALL_BYTES} >= SMALL_BYTES)) || size=small
  find_sha256 "$size" <"$1"
}

# Print SHA-256 of a file.
sha256_of() {
  hash_file "$1" || return $?
  printf '%s\n' "$SHA256"
}

# A key that openssl derives from the key file and a salt of 16 hex digits; dies 77 where it cannot.
derive_key() {
  local key
  key="$(openssl enc -aes-256-ctr -pbkdf2 -iter "$PBKDF2_ROUNDS" -md sha256 -S "$1" -pass "file:$OPENSSL_KEY_FILE" -P </dev/null 2>/dev/null | sed -n 's/^key *= *//p')" || return "$EX_NOPERM"
  [[ $key =~ ^[0-9A-Fa-f]{64}$ ]] || return "$EX_NOPERM"
  printf '%s\n' "$key"
}

# HMAC-SHA256 of a file as sets of format 1 have it, a salt for each payload, into HMAC.
openssl_mac() {
  local key
  key="$(derive_key "$2")" || return "$EX_NOPERM"
  find_hmac "$key" <"$1"
}

# HMAC-SHA256 of stdin, into HMAC. openssl's own HMAC options want the key in the argument list, so the two rounds are made from plain hashes.
find_hmac() {
  HMAC="$({
    mac_pad "$1" 92
    { mac_pad "$1" 54 && exec cat; } | openssl dgst -sha256 -binary
  } | hash_filter small)" || return "$EX_IO"
  HMAC="${HMAC%% *}"
  is_sha256 "$HMAC" || return "$EX_IO"
}

# Print the 64-byte block of an HMAC: the key, filled with zeros, each byte XOR 54 (inner) or 92 (outer). By a builtin:
# nothing of it shows in a process list.
mac_pad() {
  local key="$1" pad="$2" i byte escaped=''
  for ((i = 0; i < 64; i++)); do
    byte=0
    ((i >= ${#key} / 2)) || byte=$((16#${key:i*2:2}))
    printf -v byte '\\x%02x' $((byte ^ pad))
    escaped+="$byte"
  done
  # shellcheck disable=SC2059  # the escapes are the data
  printf "$escaped"
}
