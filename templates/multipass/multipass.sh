# The transport to a Multipass VM.

# Run a command in the VM, as root: `multipass exec` logs in as a user who may become root without a password.
multipass_exec() {
  multipass exec "$(remote_setting name)" -- sudo -n -- "$@"
}

# Where a command runs, for people.
multipass_label() {
  printf 'the Multipass VM %s\n' "$(remote_setting name)"
}
