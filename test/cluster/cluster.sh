#!/usr/bin/env bash
# Start and stop a Kubernetes of the tests' own, all of it on loopback and below one directory.
#   cluster.sh up DIR [control|all]     cluster.sh down DIR [--wipe]
#   cluster.sh stop-control-plane DIR   cluster.sh start-control-plane DIR   cluster.sh control-plane-status DIR
#   cluster.sh restart-kubelet DIR
set -euo pipefail
source "${BASH_SOURCE[0]%/*}/conf.sh"
# Of DIR/ports.
etcd_port=0 peer_port=0 api_port=0 kubelet_port=0 healthz_port=0 controller_port=0 scheduler_port=0

main() {
  local verb="${1:-}" option="${3:-}"
  [[ ${2:-} == /* ]] || cluster_fail "usage: ${0##*/} up|down|stop-control-plane|start-control-plane|control-plane-status|restart-kubelet DIR (absolute)"
  dir="$2" run="$2/run" pki="$2/pki"
  case "$verb" in
    up)
      mkdir -p "$dir"
      exec 8>"$dir/lock"
      flock 8
      cluster_up "${option:-all}"
      ;;
    down) cluster_down "$option" ;;
    start-control-plane)
      read_ports
      control_plane_up
      ;;
    stop-control-plane) control_plane_down ;;
    restart-kubelet)
      read_ports
      stop_process kubelet
      start_kubelet
      ;;
    control-plane-status) is_alive etcd && is_alive kube-apiserver ;;
    *) cluster_fail "it knows no '$verb'" ;;
  esac
}

# Is a process of ours running? Its pid and start time are kept, so that a reused pid is never taken for it.
is_alive() {
  local pid began
  [[ -s $run/pids/$1 ]] && read -r pid began <"$run/pids/$1" && [[ $(awk '$3 != "Z" { print $22 }' "/proc/$pid/stat" 2>/dev/null) == "$began" ]]
}

# Start a process unless it runs: NAME COMMAND….
start_process() {
  local name="$1" pid
  shift
  ! is_alive "$name" || return 0
  # Not one descriptor of the caller's: bats would wait for it.
  (
    for fd in 3 4 5 6 7 8 9; do eval "exec $fd>&-"; done
    exec setsid "$@" >>"$run/log/$name.log" 2>&1 </dev/null
  ) &
  pid=$!
  disown
  printf '%s %s\n' "$pid" "$(awk '{ print $22 }' "/proc/$pid/stat")" >"$run/pids/$name"
}

# Stop a process: ask, wait (NAME [SECONDS]), insist.
stop_process() {
  local pid began try
  if is_alive "$1"; then
    read -r pid began <"$run/pids/$1"
    kill "$pid" || true
    for ((try = 0; try < ${2:-10} * 20; try++)); do
      is_alive "$1" || break
      sleep 0.05
    done
    if is_alive "$1"; then kill -KILL "$pid"; fi
  fi
  rm -f "$run/pids/$1"
}

# Wait for a command: NAME SECONDS COMMAND….
wait_for() {
  local name="$1" end=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then cluster_fail "$name is not ready; see $run/log"; fi
    sleep 0.1
  done
}

# Start what does not run: the control plane, or also a node.
cluster_up() {
  local what="$1" since=0 image
  mkdir -p "$run"/{pids,log,etcd,containerd,cni/bin,cni/net.d}
  chmod 700 "$run/etcd"
  [[ -e $dir/ports ]] || choose_ports
  read_ports
  "$cluster_source/build.sh"
  "$cluster_source/pki.sh" "$dir" "$api_port"
  if [[ $what == all ]]; then
    "$cluster_source/images.sh"
    start_containerd
  fi
  start_etcd
  wait_for etcd 60 etcd_healthy
  start_apiserver
  if [[ $what == all ]]; then
    # A kept etcd still says Ready from the last run.
    is_alive kubelet || since=$(($(date +%s) + 1))
    wait_for containerd 60 containers version
    for image in pause box; do
      containers images ls -q | grep -q "^localhost/$image:" || containers images import "$cluster_images/$image.tar" >/dev/null
    done
    # It first looks for Docker for 5 s: beside the API server's start.
    start_kubelet
  fi
  control_plane_up
  [[ $what != all ]] || wait_for 'the node' 120 node_is_fresh "$since"
}

# Pick ports that nobody listens on.
choose_ports() {
  python3 - >"$dir/ports" <<'PY'
import socket
sockets = []
for name in ("etcd_port", "peer_port", "api_port", "kubelet_port", "healthz_port", "controller_port", "scheduler_port"):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    sockets.append(s)
    print(f"{name}={s.getsockname()[1]}")
PY
}

# Learn the ports.
read_ports() {
  # shellcheck disable=SC1091
  source "$dir/ports"
}

# kubectl as the administrator.
kubectl_admin() {
  kubectl --kubeconfig "$pki/admin.kubeconfig" --request-timeout 10s "$@"
}

# ctr at our containerd.
containers() {
  ctr --address "$run/containerd/containerd.sock" -n k8s.io "$@"
}

# Start the control plane in order, and wait for it.
control_plane_up() {
  start_etcd
  wait_for etcd 60 etcd_healthy
  start_apiserver
  wait_for kube-apiserver 120 kubectl_admin get --raw /readyz
  start_controllers
  wait_for 'the default service account' 60 kubectl_admin -n default get serviceaccount default
}

# Stop it; pods go on.
control_plane_down() {
  stop_process kube-scheduler
  stop_process kube-controller-manager
  stop_process kube-apiserver 15
  stop_process etcd
}

etcd_healthy() {
  ETCDCTL_API=3 etcdctl --endpoints="https://127.0.0.1:$etcd_port" --cacert="$pki/ca.crt" --cert="$pki/etcd-client.crt" --key="$pki/etcd-client.key" endpoint health
}

start_etcd() {
  start_process etcd etcd --name default --data-dir "$run/etcd/data" --unsafe-no-fsync \
    --listen-client-urls "https://127.0.0.1:$etcd_port" --advertise-client-urls "https://127.0.0.1:$etcd_port" \
    --listen-peer-urls "https://127.0.0.1:$peer_port" --initial-advertise-peer-urls "https://127.0.0.1:$peer_port" \
    --initial-cluster "default=https://127.0.0.1:$peer_port" \
    --cert-file "$pki/etcd.crt" --key-file "$pki/etcd.key" --trusted-ca-file "$pki/ca.crt" --client-cert-auth \
    --peer-cert-file "$pki/etcd.crt" --peer-key-file "$pki/etcd.key" --peer-trusted-ca-file "$pki/ca.crt" --peer-client-cert-auth
}

start_apiserver() {
  start_process kube-apiserver "$cluster_bin/kube-apiserver" --etcd-servers="https://127.0.0.1:$etcd_port" --etcd-cafile="$pki/ca.crt" \
    --etcd-certfile="$pki/etcd-client.crt" --etcd-keyfile="$pki/etcd-client.key" \
    --bind-address=127.0.0.1 --secure-port="$api_port" --insecure-port=0 --advertise-address=192.0.2.254 --endpoint-reconciler-type=none \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt" \
    --service-cluster-ip-range=10.96.0.0/16 --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-signing-key-file="$pki/sa.key" --service-account-key-file="$pki/sa.pub" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
    --kubelet-client-certificate="$pki/apiserver-kubelet-client.crt" --kubelet-client-key="$pki/apiserver-kubelet-client.key" \
    --kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=InternalIP
}

start_controllers() {
  start_process kube-controller-manager "$cluster_bin/kube-controller-manager" --kubeconfig="$pki/kcm.kubeconfig" \
    --authentication-kubeconfig="$pki/kcm.kubeconfig" --authorization-kubeconfig="$pki/kcm.kubeconfig" \
    --bind-address=127.0.0.1 --secure-port="$controller_port" --port=0 --leader-elect=false --kube-api-qps=500 --kube-api-burst=1000 \
    --use-service-account-credentials=true --root-ca-file="$pki/ca.crt" --service-account-private-key-file="$pki/sa.key" \
    --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key"
  start_process kube-scheduler "$cluster_bin/kube-scheduler" --kubeconfig="$pki/scheduler.kubeconfig" \
    --authentication-kubeconfig="$pki/scheduler.kubeconfig" --authorization-kubeconfig="$pki/scheduler.kubeconfig" \
    --bind-address=127.0.0.1 --secure-port="$scheduler_port" --port=0 --leader-elect=false
}

# restrict_oom_score_adj: in a container without CAP_SYS_RESOURCE runc cannot lower oom_score_adj.
start_containerd() {
  cp "$cluster_source/cni/podonly" /usr/lib/cni/loopback "$run/cni/bin/"
  printf '{"cniVersion":"0.4.0","name":"podonly","plugins":[{"type":"podonly"}]}\n' >"$run/cni/net.d/10-podonly.conflist"
  cat >"$run/containerd/config.toml" <<T
version = 2
root = "$run/containerd/root"
state = "$run/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs","io.containerd.snapshotter.v1.zfs","io.containerd.snapshotter.v1.aufs","io.containerd.snapshotter.v1.devmapper","io.containerd.internal.v1.opt","io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:3.2"
  stream_server_address = "127.0.0.1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$run/cni/bin"
    conf_dir = "$run/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
T
  start_process containerd containerd --config "$run/containerd/config.toml"
}

start_kubelet() {
  keep_sysctls
  make_cgroups
  cat >"$run/kubelet.yaml" <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: $kubelet_port
readOnlyPort: 0
healthzBindAddress: 127.0.0.1
healthzPort: $healthz_port
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: "$pki/ca.crt"}}
authorization: {mode: Webhook}
tlsCertFile: "$pki/kubelet-server.crt"
tlsPrivateKeyFile: "$pki/kubelet-server.key"
cgroupDriver: cgroupfs
cgroupRoot: /lifeboat-$api_port
failSwapOn: false
makeIPTablesUtilChains: false
enforceNodeAllocatable: []
evictionHard: {memory.available: 50Mi}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
fileCheckFrequency: 5s
syncFrequency: 5s
nodeStatusUpdateFrequency: 1s
volumePluginDir: "$run/volume-plugins"
Y
  start_process kubelet env AWS_EC2_METADATA_DISABLED=true "$cluster_bin/kubelet" --config="$run/kubelet.yaml" --kubeconfig="$pki/kubelet.kubeconfig" \
    --root-dir="$run/kubelet" --cert-dir="$run/kubelet-pki" --hostname-override=127.0.0.1 --container-runtime=remote \
    --container-runtime-endpoint="unix://$run/containerd/containerd.sock" --register-node=true --pod-infra-container-image=localhost/pause:3.2
}

# A kubelet sets these for the whole machine: keep the values for `down`.
keep_sysctls() {
  local name file
  [[ ! -e $run/sysctl.old ]] || return 0
  for name in vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes; do
    file="/proc/sys/${name//.//}"
    [[ ! -e $file ]] || printf '%s %s\n' "$file" "$(cat "$file")"
  done >"$run/sysctl.old"
}

# The control group that all pods are in, of the old hierarchy and of the new.
make_cgroups() {
  local group file name
  for group in /sys/fs/cgroup/*/; do
    [[ ! -e $group/cgroup.clone_children ]] || mkdir -p "$group/lifeboat-$api_port"
  done
  if [[ -d /sys/fs/cgroup/cpuset/lifeboat-$api_port ]]; then
    for file in cpuset.cpus cpuset.mems; do cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/lifeboat-$api_port/$file"; done
  fi
  if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    for name in $(cat /sys/fs/cgroup/cgroup.controllers); do printf '+%s\n' "$name" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true; done
    mkdir -p "/sys/fs/cgroup/lifeboat-$api_port"
  fi
}

# Ready, and reported since this kubelet began.
node_is_fresh() {
  local ready at
  read -r ready at < <(kubectl_admin get node 127.0.0.1 -o jsonpath='{range .status.conditions[?(@.type=="Ready")]}{.status} {.lastHeartbeatTime}{"\n"}{end}')
  [[ $ready == True ]] && (($(date -d "$at" +%s) >= $1))
}

# Stop everything that was started, and leave the machine as it was.
cluster_down() {
  local file value point
  [[ -d $run ]] || return 0
  stop_process kubelet
  ! is_alive containerd || end_pods
  control_plane_down
  stop_process containerd
  # Mounts below our own directory only.
  while IFS= read -r point; do umount "$point" || umount -l "$point"; done < <(awk -v below="$run/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r)
  remove_cgroups
  if [[ -e $run/sysctl.old ]]; then
    while read -r file value; do [[ $(cat "$file") == "$value" ]] || printf '%s\n' "$value" >"$file"; done <"$run/sysctl.old"
    rm -f "$run/sysctl.old"
  fi
  [[ ${1:-} != --wipe ]] || wipe
}

# End containers, then sandboxes, by their ids in our own containerd.
end_pods() {
  local task try
  for task in $(containers tasks ls -q); do containers tasks kill -s KILL "$task" >/dev/null 2>&1 || true; done
  for ((try = 0; try < 60; try++)); do
    containers tasks ls | grep -q RUNNING || break
    sleep 0.05
  done
  for task in $(containers containers ls -q); do
    containers tasks rm -f "$task" >/dev/null 2>&1 || true
    containers containers rm "$task" >/dev/null 2>&1 || true
  done
}

remove_cgroups() {
  local group
  read_ports
  for group in "/sys/fs/cgroup/"*"/lifeboat-$api_port" "/sys/fs/cgroup/lifeboat-$api_port"; do
    [[ ! -d $group ]] || find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  done
}

# Remove all state. kubelet 1.20 has the path of logs built in.
wipe() {
  local pod
  for pod in "$run"/kubelet/pods/*/; do
    [[ -d $pod ]] || continue
    pod="${pod%/}"
    rm -rf /var/log/pods/*_"${pod##*/}"
  done
  [[ ! -d /var/log/containers ]] || find /var/log/containers -xtype l -lname '/var/log/pods/*' -delete
  rm -rf "$run" "$pki" "$dir/ports"
}

main "$@"
