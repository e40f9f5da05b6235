# Transports: the same demands on each. ssh is real, between network namespaces; kubectl is met in test/bats/volume.bats on a
# real cluster; Multipass is a strict stub.
load ../lib/lifeboat
load ../lib/nodes

setup_file() {
  export NODES="$BATS_FILE_TMPDIR/nodes"
  nodes_up "$NODES"
  node_up 1
}

teardown_file() {
  nodes_down
}

setup() {
  new_host
  mkdir -p "$HOST/vms" "$HOST/run"
  echo running >"$HOST/vms/vm"
  : >"$HOST/vms/stopped"
  export MULTIPASS_VMS="$HOST/vms" PATH="$LIFEBOAT_TESTS/stubs:$PATH"
  cat >>"$FACTS" <<END
REMOTE_IDS=(here node vm stopped gone nohost)
REMOTE_DRIVERS=(local ssh multipass multipass multipass ssh)
REMOTE_SETTINGS=(node.address=10.77.0.11 node.port=22 node.user=root node.identity=$NODES/key node.known_hosts=$NODES/known_hosts
  vm.name=vm stopped.name=stopped gone.name=gone
  nohost.address=10.77.0.99 nohost.port=22 nohost.user=root nohost.identity=$NODES/key nohost.known_hosts=$NODES/known_hosts)
END
}

# Run lines of bash at a place, inside of the test's network.
at() {
  local place="$1" code="$2"
  shift 2
  # shellcheck disable=SC2016
  in_runtime "RUN_DIR=\"\$1\"; remote_use \"\$2\"; shift 2; $code" "$HOST/run" "$place" "$@"
}

# in_runtime, in the network of the nodes. With PEAK set, the most KiB of memory that a program of it took come into that file.
bash() {
  ip netns exec "$(cat "$NODES/net")" ${PEAK:+/usr/bin/time -o "$PEAK" -f %M} bash "$@"
}

@test "arguments arrive as they are, whatever they hold" {
  local place nasty=$'a b\n\'"`$(touch /tmp/owned)`\\ ; * ~ é 빈칸 -n -- \t%s'
  for place in here node vm; do
    run -0 at "$place" 'remote_run printf "[%s]" "$@"' "$nasty" '' "'" '$HOME' '--'
    assert_same "$output" "[$nasty][]['][\$HOME][--]"
    run -0 at "$place" 'remote_script "printf \"(%s)\" \"\$@\"" "$@"' "$nasty" "'"
    assert_same "$output" "($nasty)(')"
  done
}

@test "exit codes come back, also those that transports use themselves" {
  local place code
  for place in here node vm; do
    for code in 0 1 2 7 69 124 126 127 129 254 255; do
      run -"$code" at "$place" 'remote_script "exit $1"' "$code"
      assert_same "$output" ''
    done
  done
}

@test "what a command says on stderr comes across, with and without an end of line" {
  local place
  for place in here node vm; do
    run -3 --separate-stderr at "$place" 'remote_script "echo out; printf \"one\ntwo\" >&2; exit 3"'
    assert_same "$output" out
    assert_same "$stderr" $'one\ntwo'
  done
}

@test "a place that cannot be reached is told from a command that failed" {
  run -69 at stopped 'remote_run true'
  assert_says 'the Multipass VM stopped cannot be reached'
  assert_says 'is not running'
  run -69 at gone 'remote_run true'
  assert_says 'does not exist'
  run -69 at nohost 'remote_run true'
  assert_says 'root@10.77.0.99 over ssh cannot be reached'
  run -127 at node 'remote_run no-such-program'
  assert_silent_about 'cannot be reached'
}

@test "an unknown or changed host key is refused, not accepted" {
  : >"$HOST/known"
  sed -i "s|node.known_hosts=[^ ]*|node.known_hosts=$HOST/known|" "$FACTS"
  run -69 at node 'remote_run true'
  assert_says 'Host key verification failed'
  [[ ! -s $HOST/known ]]
  ssh-keygen -q -t ed25519 -N '' -f "$HOST/other"
  printf '10.77.0.11 %s\n' "$(cut -d' ' -f1,2 "$HOST/other.pub")" >"$HOST/known"
  run -69 at node 'remote_run true'
  assert_says 'Host key verification failed'
}

@test "streams are binary-safe both ways and carry their hash" {
  local place
  head -c 3000001 /dev/urandom >"$HOST/blob"
  for place in here node vm; do
    at "$place" 'remote_pull_stream "cat \"\$1\"" "$1"' "$HOST/blob" >"$HOST/got"
    cmp "$HOST/blob" "$HOST/got"
    at "$place" 'remote_push_stream "cat >\"\$1\"" "$1" <"$2"' "$HOST/sent" "$HOST/blob"
    cmp "$HOST/blob" "$HOST/sent"
    : | at "$place" 'remote_pull_stream "true"'
  done
  [[ -z $(ls "$HOST/run") ]] || fail "left behind: $(ls "$HOST/run")"
}

@test "a stream whose producer or consumer fails there has failed, with its status" {
  local place
  for place in here node vm; do
    run -3 at "$place" 'remote_pull_stream "echo begun; exit 3"'
    run -5 at "$place" 'head -c 3000000 /dev/zero | remote_push_stream "head -c 10 >/dev/null; exit 5"'
  done
}

@test "a stream that is cut or changed on the way is refused" {
  head -c 3000001 /dev/urandom >"$HOST/blob"
  # A transport that loses the tail and still ends well, as kubectl cp was seen to do.
  run -65 at here 'local_exec() { "$@" | { head -c 2000000; cat >/dev/null; }; }; remote_pull_stream "cat \"\$1\"" "$1" >"$1.got"' "$HOST/blob"
  # The mark at which the stream begins counts, too; it holds a process' number.
  [[ $output =~ 'was cut or changed on the way: 3000001 bytes at the one end, '1999[89][0-9][0-9]' at the other' ]]
  run -65 at here 'local_exec() { { head -c 2000000; cat >/dev/null; } | "$@"; }; remote_push_stream "cat >/dev/null" <"$1"' "$HOST/blob"
  assert_says 'was cut or changed on the way: 2000000 bytes at the one end, 3000001 at the other'
  run -65 at here 'local_exec() { "$@" | tr a b; }; remote_pull_stream "cat \"\$1\"" "$1" >"$1.got"' "$HOST/blob"
  assert_says 'was cut or changed on the way'
}

@test "a host that dies in the middle of a stream is unreachable, not empty" {
  node_up 2
  sed -i 's/^REMOTE_IDS=(/REMOTE_IDS=(dying /; s/^REMOTE_DRIVERS=(/REMOTE_DRIVERS=(ssh /' "$FACTS"
  sed -i "s|^REMOTE_SETTINGS=(|REMOTE_SETTINGS=(dying.address=10.77.0.12 dying.port=22 dying.user=root dying.identity=$NODES/key dying.known_hosts=$NODES/known_hosts |" "$FACTS"
  (sleep 2 && node_down 2) &
  run -69 at dying 'remote_pull_stream "cat /dev/zero" >/dev/null'
  assert_says 'the connection broke'
}

@test "a time limit ends a command that hangs there" {
  local began=$SECONDS
  run -75 at node 'catch_exits; ACTION=test; LOCK_HELD=0; RUN_PID=$$; guarded 2 "" hanging remote_run sleep 300'
  assert_says 'not done after 2 s'
  ((SECONDS - began < 30)) || fail "took $((SECONDS - began)) s"
}

@test "large data goes through each transport with the same hash, in constant memory" {
  local place sum peak stream
  stream="$(large_data_command)"
  sum="$(sh -c "$stream" | openssl dgst -sha256 -r | cut -d' ' -f1)"
  for place in here node vm; do
    PEAK="$HOST/peak" run -0 at "$place" 'remote_pull_stream "$1" | openssl dgst -sha256 -r' "$stream"
    assert_same "${output%% *}" "$sum"
    peak="$(cat "$HOST/peak")"
    ((peak < 100000)) || fail "a program took $peak KiB of memory"
  done
  # shellcheck disable=SC2016
  run -0 at node 'sh -c "$1" | remote_push_stream "openssl dgst -sha256 -r"' "$stream"
  assert_says "$sum"
}
