# Hosts that are reached with ssh: a network namespace and an sshd each, joined by a bridge in a namespace of its own, so that
# two runs at once do not meet. Their files are this machine's; a test gives each node its own directories.

# Make the network and the keys below a directory. The test itself stands in the namespace $NET, at 10.77.0.1.
nodes_up() {
  NODES="$1"
  mkdir -p "$NODES"
  NET="lifeboat-$$-$RANDOM"
  printf '%s\n' "$NET" >"$NODES/net"
  ip netns add "$NET"
  ip -n "$NET" link set lo up
  ip -n "$NET" link add bridge type bridge
  ip -n "$NET" address add 10.77.0.1/24 dev bridge
  ip -n "$NET" link set bridge up
  ssh-keygen -q -t ed25519 -N '' -f "$NODES/key"
  ssh-keygen -q -t ed25519 -N '' -f "$NODES/hostkey"
}

# Start node N (1 to 9) at 10.77.0.1N with its sshd.
node_up() {
  local n="$1" net
  net="$(cat "$NODES/net")"
  ip netns add "$net-$n"
  ip -n "$net" link add "veth$n" type veth peer name eth0 netns "$net-$n"
  ip -n "$net" link set "veth$n" master bridge
  ip -n "$net" link set "veth$n" up
  ip -n "$net-$n" address add "10.77.0.1$n/24" dev eth0
  ip -n "$net-$n" link set eth0 up
  ip -n "$net-$n" link set lo up
  mkdir -p /run/sshd
  ip netns exec "$net-$n" /usr/sbin/sshd -D -e -f /dev/null -h "$NODES/hostkey" -o PidFile=none -o UsePAM=no -o PermitRootLogin=yes \
    -o StrictModes=no -o AuthorizedKeysFile="$NODES/key.pub" -o Port=22 >"$NODES/sshd$n.log" 2>&1 3>&- </dev/null &
  printf '%s\n' "$!" >"$NODES/sshd$n.pid"
  printf '10.77.0.1%s %s\n' "$n" "$(cut -d' ' -f1,2 "$NODES/hostkey.pub")" >>"$NODES/known_hosts"
  node_answers "$n" || fail "sshd of node $n did not start: $(cat "$NODES/sshd$n.log")"
}

# Wait until a node's sshd answers.
node_answers() {
  local try net
  net="$(cat "$NODES/net")"
  for ((try = 0; try < 600; try++)); do
    # shellcheck disable=SC2016
    if ip netns exec "$net" bash -c 'exec 3<>"/dev/tcp/10.77.0.1$1/22"' bash "$1" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  return 1
}

# Stop a node's sshd; connections that are open end with it.
node_down() {
  local pid
  pid="$(cat "$NODES/sshd$1.pid")"
  pkill -P "$pid" 2>/dev/null || true
  kill "$pid" 2>/dev/null || true
}

# Cut a node off: packets vanish, as when its power is gone.
node_unplug() {
  ip -n "$(cat "$NODES/net")" link set "veth$1" down
}

# Run a command where the test stands.
in_net() {
  ip netns exec "$(cat "$NODES/net")" "$@"
}

# Remove everything.
nodes_down() {
  local file net n
  [[ -f ${NODES:-}/net ]] || return 0
  net="$(cat "$NODES/net")"
  for file in "$NODES"/sshd*.pid; do
    [[ -f $file ]] || continue
    n="${file##*/sshd}" n="${n%.pid}"
    node_down "$n"
    ip netns delete "$net-$n" 2>/dev/null || true
  done
  ip netns delete "$net" 2>/dev/null || true
}
