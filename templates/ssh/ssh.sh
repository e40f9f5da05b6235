# The transport ssh.

# Run a command on the host. ssh hands one string to the login shell there, so every word is quoted for it.
ssh_exec() {
  local word line='' setting quote="'\\''"
  local -a options=(-T -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=4)
  # options is never empty.
  options+=(-o StrictHostKeyChecking=yes -o LogLevel=ERROR -p "$(remote_setting port)" -l "$(remote_setting user)")
  setting="$(remote_setting identity)"
  [[ -z $setting ]] || options+=(-o IdentitiesOnly=yes -i "$setting")
  setting="$(remote_setting known_hosts)"
  [[ -z $setting ]] || options+=(-o "UserKnownHostsFile=\"$setting\"" -o GlobalKnownHostsFile=/dev/null)
  [[ $(remote_setting sudo) != yes ]] || set -- sudo -n -- "$@"
  for word in "$@"; do line+=" '${word//"'"/$quote}'"; done
  ssh "${options[@]}" -- "$(remote_setting address)" "${line# }"
}

# Where a command runs, for people.
ssh_label() {
  printf '%s over ssh\n' "$(remote_setting user)@$(remote_setting address)"
}
