# A real Kubernetes for suites: the one that `npm test` shares among them ($LIFEBOAT_CLUSTER), else one of the suite's own.
#
#   cluster_begin_file [control|all]   in setup_file: a cluster that answers; sets CLUSTER and KUBECONFIG_FILE
#   cluster_end_file                   in teardown_file
#   kube ARG…                          kubectl as its administrator
#   cluster_stop_control_plane, cluster_start_control_plane
#   kube_until SECONDS COMMAND…        wait for a command
#   pod_runs NAMESPACE POD             is the pod ready, and not about to go?
#   manual_volume NAME DIR             a PersistentVolume (class `manual`, Retain) on a directory of this machine
#   stateful NAMESPACE NAME            a StatefulSet with one pod and a volume at /data

CLUSTER_SCRIPT="$(cd "${BASH_SOURCE[0]%/*}/../../cluster" && pwd)/cluster.sh"

# Start the cluster or join the shared one.
cluster_begin_file() {
  export CLUSTER="${LIFEBOAT_CLUSTER:-$BATS_FILE_TMPDIR/cluster}"
  export KUBECONFIG_FILE="$CLUSTER/pki/admin.kubeconfig"
  "$CLUSTER_SCRIPT" up "$CLUSTER" "${1:-all}"
}

# Stop it, unless it is shared: then who shares it stops it.
cluster_end_file() {
  [[ -n ${LIFEBOAT_CLUSTER:-} || -z ${CLUSTER:-} ]] || "$CLUSTER_SCRIPT" down "$CLUSTER" --wipe
}

cluster_stop_control_plane() { "$CLUSTER_SCRIPT" stop-control-plane "$CLUSTER"; }

cluster_start_control_plane() { "$CLUSTER_SCRIPT" start-control-plane "$CLUSTER"; }

kube() {
  kubectl --kubeconfig "$KUBECONFIG_FILE" --request-timeout 20s "$@" 2> >(grep -v 'version difference between client\|^$' >&2)
}

# Wait until a command succeeds: so many seconds on an idle machine, eight times as long on a busy one.
kube_until() {
  local end=$((SECONDS + $1 * 8))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || fail "in vain: $*"
    sleep 0.3
  done
}

pod_runs() {
  [[ $(kube --namespace "$1" get pod "$2" -o jsonpath='{.metadata.deletionTimestamp}{range .status.conditions[?(@.type=="Ready")]}{.status}{end}' 2>/dev/null) == True ]]
}

manual_volume() {
  mkdir -p "$2"
  kube apply -f - <<Y
apiVersion: v1
kind: PersistentVolume
metadata: {name: "$1"}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: manual
  hostPath: {path: "$2", type: DirectoryOrCreate}
Y
}

# The pod's name is NAME-0, its claim's data-NAME-0.
stateful() {
  kube apply -f - <<Y
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: "$2", namespace: "$1"}
spec:
  serviceName: "$2"
  replicas: 1
  selector: {matchLabels: {app: "$2"}}
  template:
    metadata: {labels: {app: "$2"}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: localhost/box:1
        imagePullPolicy: Never
        command: [sleep, infinity]
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {storageClassName: manual, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
Y
}
