#!/usr/bin/env bats
# The kind volume on a real cluster with a node: a StatefulSet, its claim, and the files in it.
load lib/lifeboat
load lib/kubernetes

setup_file() {
  cluster_begin_file all
  export KUBECONFIG="$KUBECONFIG_FILE"
  export ROOT="$BATS_TEST_DIRNAME/../.." PLACE="$BATS_FILE_TMPDIR/place"
  mkdir -p "$PLACE/plans"
  printf '{}\n' >"$PLACE/package.json"
  cat >"$PLACE/plans/volume.plan.ts" <<END
import { daily, directory, host, keep, kubernetes, plan, pod, volume } from "lifeboat";
const base = "$PLACE" as const;
const mac = host("mac", {
  paths: { scripts: \`\${base}/opt\`, state: \`\${base}/state\`, logs: \`\${base}/logs\`, scratch: \`\${base}/scratch\` },
});
const web = pod({ cluster: kubernetes({ kubeconfig: "$KUBECONFIG_FILE" }), namespace: "shop", pod: "web-0" });
const common = {
  on: mac,
  in: web,
  path: "/data",
  schedule: daily("02:00"),
  copies: [directory("disk", { path: \`\${base}/backups\` })],
  compress: "none",
  keep: keep({ last: 9 }),
} as const;
const workload = { kind: "statefulset", name: "web", claim: "data-web-0" } as const;
export default plan("volume", {
  assets: [
    volume("scaled", { ...common, workload, exclude: ["./cache"] }),
    volume("running", { ...common, quiesce: { before: ["touch", "/tmp/frozen"], after: ["rm", "/tmp/frozen"] } }),
  ],
});
END
  (cd "$PLACE" && node "$ROOT/dist/lifeboat.mjs" build --shellcheck off)
  export VOLUME="$BATS_FILE_TMPDIR/volume"
  mkdir -p "$VOLUME"
  kubectl apply -f - >/dev/null <<END
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: web-0}
spec:
  capacity: {storage: 8Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: manual
  hostPath: {path: $VOLUME}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop}
spec:
  serviceName: web
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: localhost/box:1
          imagePullPolicy: Never
          command: [sleep, infinity]
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {storageClassName: manual, accessModes: [ReadWriteOnce], resources: {requests: {storage: 8Gi}}}
END
  web_ready
}

teardown_file() {
  cluster_end_file
}

# Wait until the pod runs again.
web_ready() {
  eventually kubectl -n shop get pod web-0 >/dev/null 2>&1
  kubectl -n shop wait --for=condition=Ready --timeout=120s pod/web-0 >/dev/null
}

setup() {
  rm -rf "$PLACE"/{opt,state,logs,backups,scratch}
  mkdir -p "$PLACE"/{opt,state,logs,backups}
  cp "$PLACE"/generated/volume/mac/*.sh "$PLACE/opt"
  find "$VOLUME" -mindepth 1 -delete
  mkdir -p "$VOLUME/sub/deep" "$VOLUME/cache"
  printf 'one\n' >"$VOLUME/one"
  printf 'kept\n' >"$VOLUME/cache/x"
  ln -s ../one "$VOLUME/sub/link"
  ln "$VOLUME/one" "$VOLUME/sub/hard"
  printf 'odd\n' >"$VOLUME/sub/a b
c"
  chown 1234:4321 "$VOLUME/sub/deep"
  chmod 2751 "$VOLUME/sub/deep"
  head -c 5000000 /dev/urandom >"$VOLUME/.hidden"
}

ops() { "$PLACE/opt/$1.sh" "${@:2}"; }

# The volume's content with owners, modes, links and hashes; what Lifeboat puts aside is left out.
picture() {
  (cd "$1" && find . -path './.lifeboat-*' -prune -o -path ./cache -prune -o -printf '%p %y %m %U:%G %n %l\n' | sort &&
    find . -path './.lifeboat-*' -prune -o -path ./cache -prune -o -type f -print0 | sort -z | xargs -0 sha256sum)
}

@test "backed up, lost, restored: links, owners, modes and odd names, with the workload scaled down and back" {
  local before
  run -0 ops backup-scaled
  before="$(picture "$VOLUME")"
  find "$VOLUME" -mindepth 1 -delete
  printf 'wrong\n' >"$VOLUME/wrong"
  run -0 ops restore-scaled --dry-run
  assert_says 'scale statefulset/web to nothing for the swap, and back'
  assert_same "$(ls -A "$VOLUME")" wrong
  run -0 ops restore-scaled --yes
  assert_says 'scaled is live'
  diff <(printf '%s\n' "$before" | grep -v '^\. ') <(picture "$VOLUME" | grep -v '^\. ')
  assert_same "$(cat "$VOLUME"/.lifeboat-old-*/wrong)" wrong
  web_ready
  assert_same "$(kubectl -n shop get statefulset web -o 'jsonpath={.spec.replicas}')" 1
  run ! kubectl -n shop get pod lifeboat-data-web-0
  # A second backup does not hold what the restore put aside.
  run -0 ops backup-scaled
  run -0 ops verify-scaled --deep
  assert_says 'ok, restores to'
}

# bats test_tags=long
@test "restored under a running pod, data standing still while it is read" {
  local before
  kubectl -n shop exec web-0 -- sh -c 'until [ -e /tmp/frozen ]; do :; done; touch /tmp/seen' &
  run -0 ops backup-running
  wait
  kubectl -n shop exec web-0 -- sh -c 'test -e /tmp/seen && rm /tmp/seen && ! test -e /tmp/frozen'
  before="$(picture "$VOLUME")"
  rm -rf "$VOLUME/sub" "$VOLUME/one"
  run -0 ops restore-running --yes
  diff <(printf '%s\n' "$before" | grep -v '^\. ') <(picture "$VOLUME" | grep -v '^\. ')
}

# bats test_tags=long
@test "a run that was killed leaves the data to go on: the next one thaws it" {
  kubectl -n shop exec web-0 -- touch /tmp/frozen
  mkdir -p "$PLACE/state"
  date >"$PLACE/state/running.frozen"
  run -0 ops backup-running
  [[ ! -e $PLACE/state/running.frozen ]]
  run ! kubectl -n shop exec web-0 -- test -e /tmp/frozen
}

# bats test_tags=long
@test "a swap that fails is undone, also after a kill: data and replicas are as before" {
  local before
  ops backup-scaled
  printf 'newer\n' >"$VOLUME/newer"
  before="$(picture "$VOLUME")"
  # The live check refuses.
  sed -i 's/^kind_check_live() {/kind_check_live() {\n  return 65/' "$PLACE/opt/restore-scaled.sh"
  run -65 ops restore-scaled --yes
  assert_says 'is as it was before the restore'
  diff <(printf '%s\n' "$before" | grep -v '^\. ') <(picture "$VOLUME" | grep -v '^\. ')
  web_ready
  # Killed between putting aside and putting in place.
  cp "$PLACE/generated/volume/mac/restore-scaled.sh" "$PLACE/opt/restore-scaled.sh"
  sed -i "s/^: >\"\$old\/.lifeboat-all-aside\" || exit 73/exit 99/; s/^    log_warn \"the restore failed: putting everything back\"/kill -9 \$\$ \$BASHPID/; s/^  log_warn \"the restore failed: putting everything back\"/  kill -9 \$\$ \$BASHPID/" "$PLACE/opt/restore-scaled.sh"
  run -137 ops restore-scaled --yes
  [[ ! -e $VOLUME/newer ]] || fail 'it was not killed in the middle'
  assert_same "$(kubectl -n shop get statefulset web -o 'jsonpath={.spec.replicas}')" 0
  run -75 ops backup-scaled
  assert_says 'an interrupted restore of scaled is pending'
  cp "$PLACE/generated/volume/mac/restore-scaled.sh" "$PLACE/opt/restore-scaled.sh"
  run -75 ops restore-scaled --yes
  # Somebody has helped himself meanwhile.
  printf 'made meanwhile\n' >"$VOLUME/one"
  run -0 ops restore-scaled --undo --yes
  assert_same "$(cat "$VOLUME"/.lifeboat-old-*/one)" 'made meanwhile'
  rm -rf "$VOLUME"/.lifeboat-old-*
  diff <(printf '%s\n' "$before" | grep -v '^\. ') <(picture "$VOLUME" | grep -v '^\. ')
  web_ready
}

@test "killed after the swap: a day of work stays, an undo keeps it aside" {
  local before
  ops backup-scaled
  printf 'newer\n' >"$VOLUME/newer"
  before="$(picture "$VOLUME")"
  sed -i 's/^swap_commit() {/&\n  kill -9 $$; sleep 9/' "$PLACE/opt/restore-scaled.sh"
  run -137 ops restore-scaled --yes
  cp "$PLACE/generated/volume/mac/restore-scaled.sh" "$PLACE/opt/restore-scaled.sh"
  [[ ! -e $VOLUME/newer ]]
  printf 'a day of work\n' >"$VOLUME/sub/work"
  run -75 ops restore-scaled --yes
  assert_same "$(cat "$VOLUME/sub/work")" 'a day of work'
  run -0 ops restore-scaled --undo --yes
  diff <(printf '%s\n' "$before" | grep -v '^\. ') <(picture "$VOLUME" | grep -v '^\. ')
  assert_same "$(cat "$VOLUME"/.lifeboat-old-*/sub/work)" 'a day of work'
  rm -rf "$VOLUME"/.lifeboat-old-*
  web_ready
}

# bats test_tags=long
@test "a stream that is cut on the way is refused, and what is live stays" {
  mkdir -p "$BATS_TEST_TMPDIR/cut"
  # kubectl exec was seen to end early and well.
  printf '#!/bin/bash\nif [[ "$*" == *"exec -i"*produce* || "$*" == *--exclude* ]]; then /usr/bin/kubectl "$@" | { head -c 3000000; cat >/dev/null; }; exit "${PIPESTATUS[0]}"; fi\nexec /usr/bin/kubectl "$@"\n' >"$BATS_TEST_TMPDIR/cut/kubectl"
  chmod +x "$BATS_TEST_TMPDIR/cut/kubectl"
  PATH="$BATS_TEST_TMPDIR/cut:$PATH" run -65 ops backup-scaled
  assert_says 'was cut or changed on the way'
  [[ -z $(ls -A "$PLACE/backups/volumes/scaled" 2>/dev/null) ]]
}

# bats test_tags=long
@test "no pod is 69, a wrong path 78, no right 77; a damaged set is 65" {
  local set
  ops backup-scaled
  sed -i "s#^readonly VOLUME_PATH=.*#readonly VOLUME_PATH=/nowhere#" "$PLACE/opt/backup-scaled.sh"
  run -78 ops backup-scaled
  assert_says 'there is no /nowhere'
  sed -i "s#pod.pod=web-0#pod.pod=web-9#" "$PLACE/opt/backup-scaled.sh"
  run -69 ops backup-scaled
  assert_says 'the pod shop/web-9 cannot be reached'
  set="$(echo "$PLACE"/backups/volumes/scaled/2*)"
  damage "$set/volume.tar" 5000
  run -65 ops restore-scaled --yes
  assert_same "$(cat "$VOLUME/one")" one
}

# bats test_tags=long
@test "large data goes through kubectl with the same hash, in constant memory" {
  local peak sum
  print_large_data >"$VOLUME/large"
  sum="$(openssl dgst -sha256 -r <"$VOLUME/large" | cut -d' ' -f1)"
  peak="$(/usr/bin/time -f %M "$PLACE/opt/backup-scaled.sh" --quiet 2>&1 | tail -n 1)"
  ((peak < 200000)) || fail "a program took $peak KiB of memory"
  run -0 ops restore-scaled --into "$PLACE/scratch/out" --yes
  assert_same "$(openssl dgst -sha256 -r <"$PLACE/scratch/out/volume/large" | cut -d' ' -f1)" "$sum"
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  transcript_begin "$PLACE"
  hand_run_asset volume "$PLACE/opt" -scaled.sh
}
