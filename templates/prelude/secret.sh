# Secrets: read where they are kept, when they are needed, never written anywhere.

# Print a secret named by a reference: file:/path, env:NAME, command:/program or prompt:label. Without its last newline.
read_secret() {
  local ref="$1" value=''
  case "$ref" in
    file:*)
      [[ -r ${ref#file:} ]] || die "$EX_NOPERM" "cannot read the secret file ${ref#file:}" "put it there with mode 600, owned by the user that runs this script"
      value="$(cat -- "${ref#file:}")" || die "$EX_NOPERM" "cannot read the secret file ${ref#file:}"
      ;;
    env:*)
      ref="${ref#env:}"
      [[ -n ${!ref:-} ]] || die "$EX_NOPERM" "the environment variable $ref is not set" "set it for this command, or keep the secret in a file"
      value="${!ref}"
      ;;
    command:*)
      [[ -x ${ref#command:} ]] || die "$EX_NOPERM" "cannot run ${ref#command:}, which knows a secret"
      value="$("${ref#command:}" </dev/null 2>/dev/null)" || die "$EX_NOPERM" "${ref#command:}, which knows a secret, failed"
      ;;
    prompt:*) value="$(prompt_secret "${ref#prompt:}")" ;;
    *) die "$EX_SOFTWARE" 'a secret reference of unknown form' ;;
  esac
  [[ -n $value ]] || die "$EX_NOPERM" "the secret ${ref%%:*} is empty"
  printf '%s' "$value"
}

# Ask the person at the terminal, without showing what is typed.
prompt_secret() {
  local label="$1" value=''
  if ! { : </dev/tty; } 2>/dev/null; then
    die "$EX_NOPERM" "$label must be typed in, and there is no terminal" "run this script by hand"
  fi
  printf '%s: ' "$label" >/dev/tty
  IFS= read -rs value </dev/tty || true
  printf '\n' >/dev/tty
  printf '%s' "$value"
}
