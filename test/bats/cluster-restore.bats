#!/usr/bin/env bats
# A whole cluster back from an etcd snapshot, on a real control plane and node: what was made after the snapshot is gone, and the
# controllers work afterwards. The cluster is this suite's own, since nobody else's objects would survive it.
load lib/lifeboat
load lib/kubernetes

setup_file() {
  unset LIFEBOAT_CLUSTER
  cluster_begin_file all
  export ROOT="$BATS_TEST_DIRNAME/../.." PLACE="$BATS_FILE_TMPDIR/place"
  local port_client port_peer script="$ROOT/test/cluster/cluster.sh"
  port_client="$(sed -n 's/^etcd_port=//p' "$CLUSTER/ports")"
  port_peer="$(sed -n 's/^peer_port=//p' "$CLUSTER/ports")"
  mkdir -p "$PLACE/plans" "$PLACE/backups"
  printf '{}\n' >"$PLACE/package.json"
  cat >"$PLACE/plans/cluster.plan.ts" <<END
import { commands, daily, directory, etcd, host, keep, plan } from "lifeboat";
const base = "$PLACE" as const;
const master = host("master", { paths: { scripts: \`\${base}/opt\`, state: \`\${base}/state\`, logs: \`\${base}/logs\`, scratch: \`\${base}/scratch\` } });
export default plan("cluster", {
  assets: [
    etcd("etcd", {
      members: [{ on: master, name: "default", peerUrl: "https://127.0.0.1:$port_peer", clientUrl: "https://127.0.0.1:$port_client" }],
      tls: { ca: "$CLUSTER/pki/ca.crt", cert: "$CLUSTER/pki/etcd-client.crt", key: "$CLUSTER/pki/etcd-client.key" },
      dataDirectory: "$CLUSTER/run/etcd/data",
      // etcd, the API server, the controllers and the scheduler stop and start together.
      service: commands({
        start: ["$script", "start-control-plane", "$CLUSTER"],
        stop: ["$script", "stop-control-plane", "$CLUSTER"],
        status: ["$script", "control-plane-status", "$CLUSTER"],
      }),
      schedule: daily("02:00"),
      copies: [directory("disk", { path: \`\${base}/backups\` })],
      keep: keep({ daily: 7 }),
    }),
  ],
});
END
  (cd "$PLACE" && node "$ROOT/dist/lifeboat.mjs" build --shellcheck off)
  mkdir -p "$PLACE"/{opt,state,logs}
  cp "$PLACE"/generated/cluster/master/*.sh "$PLACE/opt"
}

teardown_file() {
  cluster_end_file
}

# A Deployment with that many pods.
deploy() {
  kube -n "${3:-default}" apply -f - <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1}
spec:
  replicas: $2
  selector: {matchLabels: {app: $1}}
  template:
    metadata: {labels: {app: $1}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: "localhost/box:1", imagePullPolicy: Never, command: [sleep, infinity]}]
END
}

# Are that many pods of a Deployment ready?
has_ready() {
  [[ $(kube get deployment "$1" -o 'jsonpath={.status.readyReplicas}' 2>/dev/null) == "$2" ]]
}

@test "restored on the real control plane: later objects are gone, earlier ones are there, a new Deployment gets its pods" {
  kube create configmap before --from-literal=when=before
  kube create namespace kept
  kube -n kept create secret generic password --from-literal=value=secret
  deploy old 2
  kube_until 300 has_ready old 2
  run -0 "$PLACE/opt/backup-etcd.sh"
  kube create configmap later --from-literal=when=later
  kube delete namespace kept
  kube delete configmap before
  kube delete deployment old
  run -0 "$PLACE/opt/restore-etcd.sh" --dry-run
  run -0 kube get configmap later
  run -0 "$PLACE/opt/restore-etcd.sh" --yes
  assert_says 'etcd is live'
  # This etcd cannot move revisions ahead. A kubelet that kept running goes on with a watch of a revision that is still to come, and sees
  # no pod until then: the script says so, the operator does it.
  assert_says 'the kubelet of every node'
  "$CLUSTER_SCRIPT" restart-kubelet "$CLUSTER"
  kube_until 300 kube get --raw /readyz
  run -1 kube get configmap later
  assert_says NotFound
  run -0 kube get configmap before -o 'jsonpath={.data.when}'
  assert_same "$output" before
  run -0 kube -n kept get secret password -o 'jsonpath={.data.value}'
  assert_same "$output" "$(printf secret | base64)"
  # Controllers that went on with the watches of the old etcd make nothing: a new Deployment proves that they do not.
  deploy new 2
  kube_until 300 has_ready new 2
  kube_until 300 has_ready old 2
}

# bats test_tags=long
@test "restored after the data directory was lost, and verified deeply" {
  run -0 "$PLACE/opt/backup-etcd.sh"
  run -0 "$PLACE/opt/verify-etcd.sh" --deep
  cluster_stop_control_plane
  rm -rf "$CLUSTER/run/etcd/data"
  run -0 "$PLACE/opt/restore-etcd.sh" --yes
  "$CLUSTER_SCRIPT" restart-kubelet "$CLUSTER"
  kube_until 300 kube get --raw /readyz
  run -0 kube get configmap before -o 'jsonpath={.data.when}'
  assert_same "$output" before
  deploy after 1
  kube_until 300 has_ready after 1
}
