# The transport to this very machine.

# Run a command here.
local_exec() {
  "$@"
}

# Where a command runs, for people.
local_label() {
  printf 'this machine\n'
}
