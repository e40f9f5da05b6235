# Real etcd members over TLS, each on its own free ports, for etcd.bats. Every member plays a host of its own: its own
# data directory, state, log and store below $FLEET.
#
#   etcd_make_identity DIR        a CA, one certificate for everything, and a CA that signed nothing
#   etcd_fleet DIR N              lay out N members (m0, m1, …); sets FLEET, INITIAL, CLIENT_URL[], PEER_URL[]
#   etcd_up I… / etcd_down I…     start (and wait until healthy) / stop members
#   etcd_at I ARG…                etcdctl at member I
#   etcd_content I                sha256 of all keys and values of member I
#   etcd_facts I                  the facts of member I's scripts

# Stand-ins for programs are found by the path: the scripts are to leave it as it is.
export LIFEBOAT_TRUST_ENVIRONMENT=1

source "${BASH_SOURCE[0]%/*}/damage.bash"

# A CA, a certificate for 127.0.0.1 that serves and dials, and a stranger's CA.
etcd_make_identity() {
  local dir="$1" name
  mkdir -p -- "$dir"
  for name in ca stranger; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$name" \
      -keyout "$dir/$name.key" -out "$dir/$name.pem" 2>/dev/null
  done
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=etcd \
    -keyout "$dir/member.key" -out "$dir/member.csr" 2>/dev/null
  printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n' >"$dir/ext"
  openssl x509 -req -days 2 -in "$dir/member.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial \
    -extfile "$dir/ext" -out "$dir/member.pem" 2>/dev/null
}

# A port of loopback on which nobody listens, below the range that the kernel hands out by itself.
etcd_free_port() {
  local port
  while :; do
    port=$((10000 + (RANDOM * 32768 + RANDOM) % 22000))
    if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%d\n' "$port"
      return 0
    fi
  done
}

# Lay out N members below DIR, with a start/stop/status script each.
etcd_fleet() {
  local count="$2" i
  FLEET="$1" INITIAL='' CLIENT_URL=() PEER_URL=()
  for ((i = 0; i < count; i++)); do
    CLIENT_URL[i]="https://127.0.0.1:$(etcd_free_port)"
    PEER_URL[i]="https://127.0.0.1:$(etcd_free_port)"
    INITIAL+="${INITIAL:+,}m$i=${PEER_URL[i]}"
    mkdir -p "$FLEET/m$i/"{state,log,store,stubs}
  done
  for ((i = 0; i < count; i++)); do etcd_write_service "$i"; done
}

# The member's "init script": what systemd or a kubelet would run.
etcd_write_service() {
  local i="$1" home="$FLEET/m$1"
  cat >"$home/service" <<SERVICE
#!/usr/bin/env bash
# Start, stop and ask after etcd member m$i.
set -eu
cd '$home'
# One that ended but was not waited for yet (Z) is dead: init is slow to do that here and there.
alive() { [ -s pid ] && case "\$(ps -o stat= -p "\$(cat pid)")" in '' | Z*) false ;; esac; }
case "\$1" in
  start)
    alive && exit 0
    setsid etcd --name m$i --data-dir '$home/data' --heartbeat-interval=30 --election-timeout=300 \\
      --listen-client-urls '${CLIENT_URL[i]}' --advertise-client-urls '${CLIENT_URL[i]}' \\
      --listen-peer-urls '${PEER_URL[i]}' --initial-advertise-peer-urls '${PEER_URL[i]}' \\
      --initial-cluster '$INITIAL' --initial-cluster-token first --initial-cluster-state new \\
      --cert-file '$TLS/member.pem' --key-file '$TLS/member.key' --trusted-ca-file '$TLS/ca.pem' --client-cert-auth \\
      --peer-cert-file '$TLS/member.pem' --peer-key-file '$TLS/member.key' --peer-trusted-ca-file '$TLS/ca.pem' \\
      --peer-client-cert-auth \$(cat flags 2>/dev/null) >>etcd.log 2>&1 </dev/null 3>&- &
    echo \$! >pid
    echo start >>calls
    ;;
  stop)
    echo stop >>calls
    alive || exit 0
    kill "\$(cat pid)"
    for _ in \$(seq 1 100); do alive || exit 0; sleep 0.05; done
    kill -9 "\$(cat pid)"
    ;;
  status) alive ;;
  *) exit 64 ;;
esac
SERVICE
  chmod 755 "$home/service"
}

# Start members and wait until each commits a proposal.
etcd_up() {
  local i
  for i in "$@"; do "$FLEET/m$i/service" start; done
  for i in "$@"; do etcd_wait_healthy "$i"; done
}

etcd_wait_healthy() {
  local i="$1" tries=0
  until etcd_at "$i" endpoint health >/dev/null 2>&1; do
    tries=$((tries + 1))
    if ((tries > 100)); then
      tail -n 5 "$FLEET/m$i/etcd.log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# Keep the fleet's layout for other tests of the file, which bats runs in processes of their own.
etcd_keep_fleet() {
  declare -p FLEET INITIAL CLIENT_URL PEER_URL | sed 's/^declare /declare -g /' >"$FLEET/fleet"
}

# Put a stub of test/bats/stubs/ before the real programs of member I; the scripts must be run with etcd_stubbed.
etcd_stub() {
  cp -- "$REPO/test/bats/stubs/$2" "$FLEET/m$1/stubs/"
}

# Run a command as on member I's host, its stubs first in PATH.
etcd_stubbed() {
  local i="$1"
  shift
  PATH="$FLEET/m$i/stubs:$PATH" "$@"
}

# The sets of member I, one a line.
etcd_sets() {
  ls "$FLEET/m$1/store/etcd/etcd" 2>/dev/null || true
}

# Stop members.
etcd_down() {
  local i
  for i in "$@"; do "$FLEET/m$i/service" stop; done
}

# Stop whatever still runs below a directory, by the pid files there.
etcd_stop_all() {
  local file pid
  for file in "$1"/*/pid "$1"/*/*/pid; do
    [[ -s $file ]] || continue
    pid="$(cat "$file")"
    kill -CONT "$pid" 2>/dev/null || continue
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# etcdctl at one member.
etcd_at() {
  local i="$1"
  shift
  env -i PATH="$PATH" ETCDCTL_API=3 etcdctl --endpoints="${CLIENT_URL[i]}" --dial-timeout=2s \
    --cacert="$TLS/ca.pem" --cert="$TLS/member.pem" --key="$TLS/member.key" "$@"
}

# All that a client can read.
etcd_content() {
  etcd_at "$1" get --prefix '' | sha256sum
}

# One value of etcdctl's `fields` output.
etcd_value() {
  local i="$1" name="$2"
  shift 2
  etcd_at "$i" "$@" -w fields | awk -F ' : ' -v name="\"$name\"" '$1 == name { print $2; exit }'
}

# Keys, with bytes that shells and parsers trip over.
etcd_fill() {
  local i="$1" n
  for n in 1 2 3; do etcd_at "$i" put "/registry/pods/default/p$n" "value $n" >/dev/null; done
  head -c 3000 /dev/urandom | etcd_at "$i" put $'/odd/\001 "q" \\ %s\n\xff\xfe' >/dev/null
  etcd_at "$i" put '' 2>/dev/null && return 1
  printf '%b' 'Revision" : 9\n"Count" : 9\n' | etcd_at "$i" put '"Revision" : 99' >/dev/null
  etcd_at "$i" put /gone soon >/dev/null
  etcd_at "$i" del /gone >/dev/null
}

# The members' names.
etcd_names() {
  local i
  for ((i = 0; i < ${#PEER_URL[@]}; i++)); do printf 'm%d ' "$i"; done
}

# Put the script of a role together for member I; prints its path. More arguments are facts, as in etcd_facts.
etcd_script() {
  local role="$1" i="$2" home="$FLEET/m$2"
  shift 2
  etcd_facts "$i" "$@" >"$home/facts"
  # A member that does not answer is given up sooner than in production, to keep the tests short.
  bash "$REPO/test/bats/lib/assemble.sh" - etcd "$home/facts" "$role" |
    sed 's/^readonly ETCD_CALL_SECONDS=.*/readonly ETCD_CALL_SECONDS=2/' >"$home/$role-etcd.sh"
  chmod 755 "$home/$role-etcd.sh"
  printf '%s\n' "$home/$role-etcd.sh"
}

# The facts of member I's scripts. Lines given after I are added last; a line `X=…` there wins.
etcd_facts() {
  local i="$1" home="$FLEET/m$1"
  shift
  {
    printf '%s\n' "$@"
    cat <<FACTS
PLAN='test'
PLAN_SHA256='0000000000000000000000000000000000000000000000000000000000000000'
LIFEBOAT_VERSION='0.1.0'
ASSET='etcd'
KIND='etcd'
TYPE='etcd'
HOST_ID='m$i'
RPO_SECONDS=86400
RTO_SECONDS=1800
LOG_SECONDS=0
STATE_DIR='$home/state'
LOG_DIR='$home/log'
METRICS_DIR=''
SCRATCH_DIR='$home/scratch'
HOST_PATH=''
-a KEEP_ENVIRONMENT=()
-a ASKED_SECRETS=()
-a STORE_IDS=(disk)
-a STORE_PATHS=('$home/store')
COMPRESSION='auto'
ENCRYPTION='none'
-a AGE_RECIPIENTS=()
AGE_IDENTITY_FILE=''
OPENSSL_KEY_FILE=''
SIGN_KEY_FILE=''
-a SIGN_KEYS=()
KEEP_LAST=7
KEEP_HOURLY=0
KEEP_DAILY=0
KEEP_WEEKLY=0
KEEP_MONTHLY=0
KEEP_YEARLY=0
STORE_KEEPS=()
PLACE_IDS=()
PLACE_DRIVERS=()
PLACE_LOCATIONS=()
PLACE_HOSTS=()
PLACE_SETTINGS=()
REMOTE_IDS=()
REMOTE_DRIVERS=()
REMOTE_SETTINGS=()
CAPTURE_TIMEOUT=60
RESTORE_TIMEOUT=60
EXPECTED_BYTES=0
RESERVE_BYTES=0
-a HOOK_KINDS=()
-a HOOK_EVENTS=()
-a HOOK_TARGETS=()
SERVICE_KIND='commands'
SERVICE_NAME=''
-a SERVICE_START=('$home/service' start)
-a SERVICE_STOP=('$home/service' stop)
-a SERVICE_STATUS=('$home/service' status)
SERVICE_START_SECONDS=180
SERVICE_STOP_SECONDS=180
STATIC_POD_DIR='$home/manifests'
STATIC_POD_HOLD_DIR='$home/held'
-a STATIC_PODS=()
ENDPOINT='${CLIENT_URL[i]}'
CACERT='$TLS/ca.pem'
CERT='$TLS/member.pem'
CERT_KEY='$TLS/member.key'
DATA_DIR='$home/data'
DATA_OWNER=''
MEMBER_NAME='m$i'
MEMBER_PEER_URL='${PEER_URL[i]}'
INITIAL_CLUSTER='$INITIAL'
-a MEMBER_NAMES=($(etcd_names))
BUMP_REVISION=0
QUORUM_WAIT_SECONDS=15
FACTS
  } | awk '{ name = $0; sub(/^-a /, "", name); sub(/=.*/, "", name) } NF && !seen[name]++ { print "readonly " $0 }'
}
