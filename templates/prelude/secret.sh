# Secrets: read where they are kept, when they are needed, never written anywhere. What a person types is kept in the memory of the run.

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
    prompt:*) value="$(typed_secret "$ref")" || exit $? ;;
    *) die "$EX_SOFTWARE" 'a secret reference of unknown form' ;;
  esac
  [[ -n $value ]] || die "$EX_NOPERM" "the secret ${ref%%:*} is empty"
  printf '%s' "$value"
}

# Ask for all that this script needs to have typed in: once, and while the terminal is this process's own. What runs under `guarded` is in
# a process group of its own, and would be stopped if it read there. ASKED_SECRETS are the names of facts of the asset's scripts; a script
# has those of them that it uses.
ask_secrets() {
  local name
  for name in ${ASKED_SECRETS[@]+"${ASKED_SECRETS[@]}"}; do
    [[ -z ${!name:-} ]] || ask_secret "${!name}"
  done
}

# Have the answer to `prompt:LABEL` in memory. Without a terminal whoever needs it says so; a restore would stop half-way then, and does now.
ask_secret() {
  local value
  if [[ $1 != prompt:* ]] || is_one_of "$1" ${SECRET_REFS[@]+"${SECRET_REFS[@]}"}; then return 0; fi
  if ! has_terminal && [[ ${INTO:-} != live ]]; then return 0; fi
  value="$(prompt_secret "${1#prompt:}")" || exit $?
  [[ -n $value ]] || die "$EX_NOPERM" "the secret prompt is empty"
  SECRET_REFS+=("$1") SECRET_VALUES+=("$value")
}

# Print what was typed for `prompt:LABEL`, or ask for it now.
typed_secret() {
  local ref i=0
  for ref in ${SECRET_REFS[@]+"${SECRET_REFS[@]}"}; do
    if [[ $ref == "$1" ]]; then
      printf '%s' "${SECRET_VALUES[i]}"
      return 0
    fi
    i=$((i + 1))
  done
  prompt_secret "${1#prompt:}"
}

# Is there a terminal to ask at?
has_terminal() {
  { : </dev/tty; } 2>/dev/null
}

# Ask the person at the terminal, without showing what is typed.
prompt_secret() {
  local label="$1" value=''
  has_terminal || die "$EX_NOPERM" "$label must be typed in, and there is no terminal" "run this script by hand"
  # To read there in a guarded step would stop it for good.
  ((${RUN_PID:-$$} == $$)) || die "$EX_NOPERM" "$label must be typed in, and was not asked for before this step began" "keep the secret in a file"
  printf '%s: ' "$label" >/dev/tty
  IFS= read -rs value </dev/tty || true
  printf '\n' >/dev/tty
  printf '%s' "$value"
}
