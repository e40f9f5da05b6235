#!/usr/bin/env bats
# The kind velero on a real API server, which judges all that is sent. Only Velero's server is a stub (stubs/velero-server): it makes, lists and restores
# Backups for real, of the objects of namespaces, in a directory for a bucket. Velero's command (stubs/velero) only brings the custom types.
# shellcheck disable=SC1091,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell
load lib/lifeboat
load lib/kubernetes

setup_file() {
  cluster_begin_file control
  export VELERO="$BATS_FILE_TMPDIR/velero" SECRET='[default] aws_secret_access_key=xyzzy-plugh'
  mkdir -p "$VELERO/buckets/lifeboat" "$BATS_FILE_TMPDIR/bin"
  printf '%s\n' "$SECRET" | tee "$VELERO/secret" >"$BATS_FILE_TMPDIR/credentials"
  ln -s "$BATS_TEST_DIRNAME/stubs/velero" "$BATS_FILE_TMPDIR/bin/velero"
  "$BATS_TEST_DIRNAME/stubs/velero-server" "$KUBECONFIG_FILE" velero-test "$VELERO" 3>&- >"$VELERO/log" 2>&1 &
  echo $! >"$VELERO/pid"
}

teardown_file() {
  kill "$(<"$VELERO/pid")" || true
  if [[ -n ${LIFEBOAT_CLUSTER:-} ]]; then
    kube delete namespace --wait=false --ignore-not-found velero-test velero-shop
    kube delete clusterrolebinding --ignore-not-found velero-velero-test
    kube get crd -o name | grep 'velero\.io$' | xargs kubectl --kubeconfig "$KUBECONFIG_FILE" delete
  fi
  cluster_end_file
}

setup() {
  kill -0 "$(<"$VELERO/pid")" || fail "the stub of Velero's server has ended: $(<"$VELERO/log")"
  new_host
  # The stub is quicker than a cluster.
  ROLES=(backup restore verify drill setup) CONSTANTS=(VELERO_POLL=0.2)
  set_fact KIND velero
  set_fact TYPE velero
  set_fact KUBE_CONFIG "$KUBECONFIG_FILE"
  set_fact KUBE_CONTEXT ''
  set_fact VELERO_NAMESPACE velero-test
  set_fact VELERO_IMAGE velero/velero:v1.16.2
  set_list VELERO_PLUGINS velero/velero-plugin-for-aws:v1.12.2
  set_fact VELERO_PROVIDER aws
  set_fact VELERO_BUCKET lifeboat
  set_fact VELERO_PREFIX "it's/here"
  set_list VELERO_CONFIG region=ap-northeast-2 s3Url=http://minio:9000/?a=b
  set_fact VELERO_CREDENTIALS "file:$BATS_FILE_TMPDIR/credentials"
  set_fact VELERO_LOCATION default
  set_fact VELERO_VOLUMES file-system
  set_fact VELERO_SNAPSHOT_CONFIG '()'
  set_list VELERO_INCLUDED velero-shop
  set_fact VELERO_EXCLUDED '()'
  set_fact VELERO_TTL 2592000
  set_fact VELERO_SCHEDULE '0 2 * * *'
  set_fact VELERO_PARTIAL refuse
  set_fact VELERO_EXISTING none
  set_fact VELERO_DRILL objects
  set_fact VELERO_KUBELET /var/lib/kubelet
  set_fact VELERO_BACKUP_WAIT 60
  set_fact VELERO_RESTORE_WAIT 60
  set_fact VELERO_LOCATION_WAIT 30
  relink
}

teardown() {
  rm -f "$VELERO"/{down,backup,restore,stall,slow,silent}
  mkdir -p "$VELERO/buckets/lifeboat"
}

set_up() { PATH="$BATS_FILE_TMPDIR/bin:$PATH" "$HOST/bin/setup.sh" "$@"; }
velero() { kube --namespace velero-test "$@"; }
manifest() { sed -n "s/^$2=//p" "$1/MANIFEST"; }
names_of() { velero get "$1.velero.io" -o name | wc -l; }

# Velero is installed and a shop is there, whatever the test before left.
begin() {
  [[ $(velero get backupstoragelocations.velero.io default -o 'jsonpath={.status.phase}' 2>/dev/null) == Available ]] || set_up --quiet
  kube_until 60 no_shop_is_ending
  kube apply -f - >/dev/null <<'Y'
apiVersion: v1
kind: Namespace
metadata: {name: velero-shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: velero-shop}
data: {colour: red, odd: "it's $HOME\nsecond line"}
---
apiVersion: v1
kind: Secret
metadata: {name: password, namespace: velero-shop}
stringData: {word: hunter2-hunter2}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: clerk, namespace: velero-shop}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
Y
}

# Lose everything in the shop; its namespace too takes 6 s more.
lose_shop() { kube --namespace velero-shop delete configmaps,secrets,roles --all >/dev/null; }

no_shop_is_ending() { [[ $(kube get namespace velero-shop --ignore-not-found -o 'jsonpath={.status.phase}') != Terminating ]]; }

# The shop, as far as people wrote it.
shop() {
  kube --namespace "${1:-velero-shop}" get configmaps,secrets,roles -o json |
    jq -S '[.items[] | select(.type != "kubernetes.io/service-account-token" and .metadata.name != "kube-root-ca.crt") | {kind, name: .metadata.name, data, rules}] | sort_by(.kind, .name)'
}

drill_namespaces() { kube get namespaces -o name | grep lifeboat-drill || true; }
drills_are_gone() { [[ -z $(drill_namespaces) ]]; }

# bats test_tags=long
@test "setup: printed without a cluster and without secrets, compared, applied, twice; the location becomes available" {
  with KUBE_CONFIG /nowhere
  run -0 set_up --print
  printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/all.yaml"
  assert_silent_about xyzzy
  assert_silent_about "$(base64 <<<"$SECRET" | cut -c 1-20)"
  with KUBE_CONFIG "$KUBECONFIG_FILE"
  run -69 "$HOST/bin/setup.sh"
  assert_says 'there is no velero command'
  run -0 set_up --dry-run
  assert_says "create Velero's custom types"
  assert_says 'create BackupStorageLocation default'
  assert_says 'create DaemonSet node-agent'
  run ! kube get namespace velero-test
  run -0 set_up
  assert_says 'brought Velero'
  assert_says 'objects: 8 created'
  assert_says 'Velero is set up in velero-test'
  assert_same "$(velero get secret cloud-credentials -o 'jsonpath={.data.cloud}' | base64 -d)" "$SECRET"
  assert_same "$(velero get schedule thing -o 'jsonpath={.spec.schedule}/{.spec.template.ttl}/{.spec.template.includedNamespaces[0]}')" '0 2 * * */720h0m0s/velero-shop'
  run ! grep -r xyzzy "$HOST/log" "$HOST/state"
  # What --print shows is what is there: only the credentials are not.
  run kube diff -f "$BATS_TEST_TMPDIR/all.yaml"
  assert_same "$(grep '^+++' <<<"$output" | sed 's/.*LIVE[^/]*\/\|.*MERGED[^/]*\///; s/[\t ].*//')" "v1.Secret.velero-test.cloud-credentials"
  run -0 set_up
  assert_says 'objects: 0 created, 0 changed, 8 unchanged'
  run -0 set_up --dry-run
  assert_says 'leave 8 objects unchanged'
  # Another plan: the differences, but not those of secrets; applied, Velero must find the location good again.
  printf 'other-credentials\n' >"$BATS_TEST_TMPDIR/credentials"
  with VELERO_CREDENTIALS "file:$BATS_TEST_TMPDIR/credentials" VELERO_IMAGE velero/velero:v1.17.0 VELERO_LOCATION_WAIT 3
  run -0 set_up --dry-run
  assert_says 'change Deployment velero'
  assert_says '+        image: velero/velero:v1.17.0'
  assert_says 'change Secret cloud-credentials'
  assert_silent_about other-credentials
  assert_silent_about "$(base64 <"$BATS_TEST_TMPDIR/credentials" | cut -c 1-16)"
  run -69 set_up
  assert_says 'is Unavailable: rpc error: code = Unknown desc = InvalidAccessKeyId'
  with VELERO_CREDENTIALS "file:$BATS_FILE_TMPDIR/credentials" VELERO_IMAGE velero/velero:v1.16.2 VELERO_LOCATION_WAIT 30
  run -0 set_up
}

@test "a backup, everything lost, restored: as it was; twice in a row; --dry-run and --into change nothing" {
  begin
  run -0 backup --dry-run
  assert_says 'the node agent runs on no node'
  assert_same "$(names_of backups)" 0
  run -0 backup
  assert_says 'Velero holds'
  assert_says 'has 1 warning;'
  local set before name
  set="$(last_set)"
  name="$(manifest "$set" position.backup)"
  assert_same "$(manifest "$set" position.phase) $(manifest "$set" position.namespaces) $(manifest "$set" tool.velero)" 'Completed velero-shop velero/velero:v1.16.2'
  assert_same "$(manifest "$set" position.expiration)" "$(velero get backup "$name" -o 'jsonpath={.status.expiration}')"
  (($(manifest "$set" position.items) > 3))
  run ! grep -r -a -e hunter2 -e xyzzy "$STORE"
  before="$(shop)"
  kube delete namespace velero-shop --timeout 60s
  run -78 backup
  assert_says 'there is no namespace velero-shop'
  run -0 restore --dry-run
  assert_says 'create the namespaces velero-shop'
  assert_says 'Nothing was changed.'
  run -0 restore --into "$BATS_TEST_TMPDIR/look"
  assert_same "$(cd "$BATS_TEST_TMPDIR/look" && echo *.*)" 'backup.json location.json restore.yaml schedule.json'
  run ! kube get namespace velero-shop
  assert_same "$(names_of restores)" 0
  run -0 restore --yes
  assert_says 'items, 0 errors'
  assert_same "$(shop)" "$before"
  # What is there stays, unless the plan says otherwise.
  kube --namespace velero-shop patch configmap settings --patch '{"data":{"colour":"blue"}}'
  run -0 restore --yes
  assert_says 'what is there stays as it is'
  assert_same "$(kube --namespace velero-shop get configmap settings -o 'jsonpath={.data.colour}')" blue
  with VELERO_EXISTING update
  run -0 restore --yes
  assert_says 'CHANGE what differs'
  assert_same "$(shop)" "$before"
  # By hand, from the set alone.
  kube --namespace velero-shop delete configmap settings
  kube apply -f "$BATS_TEST_TMPDIR/look/restore.yaml"
  kube_until 20 kube --namespace velero-shop get configmap settings
  assert_tidy
}

# bats test_tags=long
@test "a new cluster does not know the Backup: the restore waits until Velero has found it in its location" {
  begin
  run -0 backup
  local before name
  before="$(shop)"
  name="$(manifest "$(last_set)" position.backup)"
  touch "$VELERO/down"
  velero delete backup "$name"
  velero patch backupstoragelocation default --type merge --patch '{"status":{"lastSyncedTime":null}}'
  lose_shop
  with VELERO_LOCATION_WAIT 2
  run -69 restore --yes
  assert_says 'has not listed its location of late'
  with VELERO_LOCATION_WAIT 30
  (sleep 3 && rm "$VELERO/down") 3>&- &
  run -0 restore --yes
  assert_same "$(shop)" "$before"
}

# bats test_tags=long
@test "phases: PartiallyFailed 65 or accepted, FailedValidation 78, Failed 69, never ending 75, never begun 69: no set but the accepted" {
  begin
  printf PartiallyFailed >"$VELERO/backup"
  run -65 backup
  assert_says 'items, 2 errors, 1 warning;'
  assert_says 'velero --namespace velero-test backup logs thing-2'
  printf FailedValidation >"$VELERO/backup"
  run -78 backup
  assert_says 'Velero refuses backups/thing-'
  assert_says 'the stub was told so'
  printf Failed >"$VELERO/backup"
  run -69 backup
  assert_says 'error uploading backup'
  rm "$VELERO/backup"
  with VELERO_BACKUP_WAIT 2
  touch "$VELERO/stall"
  run -75 backup
  assert_says 'is InProgress after 2 s'
  rm "$VELERO/stall"
  touch "$VELERO/down"
  run -69 backup
  assert_says 'Velero did not begin with backups/thing-'
  rm "$VELERO/down"
  assert_same "$(last_set)" ''
  assert_tidy
  printf PartiallyFailed >"$VELERO/backup"
  with VELERO_PARTIAL accept VELERO_BACKUP_WAIT 60
  run -0 backup
  assert_says 'which the plan accepts'
  assert_same "$(manifest "$(last_set)" position.errors)" 2
}

# bats test_tags=long
@test "the location: not there, another bucket, read-only: 78; not available: 69 with Velero's reason" {
  begin
  with VELERO_LOCATION other
  run -78 backup
  assert_says 'Velero has no storage location other'
  with VELERO_LOCATION default VELERO_BUCKET elsewhere
  run -78 backup
  assert_says "it is 'aws lifeboat it's/here', the plan says 'aws elsewhere it's/here'"
  with VELERO_BUCKET lifeboat
  velero patch backupstoragelocation default --type merge --patch '{"spec":{"accessMode":"ReadOnly"}}'
  run -78 backup
  assert_says 'is read-only'
  run -0 set_up
  run -0 backup
  mv "$VELERO/buckets/lifeboat" "$VELERO/buckets/gone"
  kube_until 20 location_is Unavailable
  run -69 backup
  assert_says 'NoSuchBucket'
  run -69 verify
  run -69 restore --yes
  mv "$VELERO/buckets/gone" "$VELERO/buckets/lifeboat"
  kube_until 20 location_is Available
  run -0 verify
}

location_is() { [[ $(velero get backupstoragelocation default -o 'jsonpath={.status.phase}') == "$1" ]]; }

# bats test_tags=long
@test "a Backup that expired, that is being deleted, that was deleted, that is another one: 69, named so, and no mark" {
  begin
  local set name completed expires
  run -0 backup
  set="$(last_set)" name="$(manifest "$(last_set)" position.backup)"
  completed="$(manifest "$set" position.completed)" expires="$(manifest "$set" position.expiration)"
  run -0 verify
  assert_says 'is in Velero'
  # Another backup of that name: only the time tells them apart.
  refused '{"completionTimestamp":"2020-01-01T00:00:00Z"}' 'is not the one of this set'
  refused "{\"completionTimestamp\":\"$completed\",\"expiration\":\"2020-01-01T00:00:00Z\"}" 'expired at 2020-01-01'
  # One whose data Velero cannot remove stays so.
  refused '{"phase":"Deleting"}' 'expired at 2020-01-01'
  run -69 restore --yes
  assert_says 'expired at 2020-01-01'
  refused '{"phase":"FailedValidation","completionTimestamp":null}' 'expired at 2020-01-01'
  refused "{\"phase\":\"Deleting\",\"completionTimestamp\":\"$completed\",\"expiration\":\"$expires\"}" 'is being deleted'
  refused '{"phase":"FailedValidation","validationErrors":["the location is gone"]}' 'was Completed when the set was made, and is FailedValidation now: the location is gone'
  velero patch backup "$name" --type merge --patch '{"status":{"phase":"Completed"}}'
  run -0 verify
  rm -r "$VELERO/buckets/lifeboat/it's/here/backups/$name"
  velero delete backup "$name"
  sleep 1.5
  run -69 verify
  assert_says "Velero knows no Backup $name any more"
  run -69 restore --yes
  [[ ! -e $set/SUSPECT ]]
}

# Velero's Backup with this status: neither verify nor restore has anything of it, and both say why.
refused() {
  velero patch backup "$name" --type merge --patch "{\"status\":$1}"
  run -69 verify
  assert_says "$2"
  assert_says 'the set is not damaged'
  [[ ! -e $set/SUSPECT ]]
}

# bats test_tags=long
@test "a damaged set is refused; one in part that the plan accepted stays what it was" {
  begin
  local set
  printf PartiallyFailed >"$VELERO/backup"
  with VELERO_PARTIAL accept
  run -0 backup
  rm "$VELERO/backup"
  with VELERO_PARTIAL refuse
  run -0 verify
  assert_says 'is PartiallyFailed, which the plan of its time accepted'
  set="$(last_set)"
  [[ ! -e $set/SUSPECT ]]
  truncate -s -1 "$set"/backup.json*
  run -65 verify
  [[ -e $set/SUSPECT ]]
  run -65 restore --yes
}

# bats test_tags=long
@test "a restore that fails in part says what stays and is no longer pending; one refused changes nothing" {
  begin
  run -0 backup
  kube --namespace velero-shop delete configmap settings
  printf FailedValidation >"$VELERO/restore"
  run -78 restore --yes
  assert_says 'Error retrieving backup'
  assert_says 'thing is as it was before the restore'
  run ! kube --namespace velero-shop get configmap settings
  printf PartiallyFailed >"$VELERO/restore"
  run -65 restore --yes
  assert_says 'is not whole: what Velero restored stays'
  assert_silent_about 'as it was before the restore'
  rm "$VELERO/restore"
  run -0 backup
  touch "$VELERO/stall"
  with VELERO_RESTORE_WAIT 2
  run -75 restore --yes
  assert_says 'is InProgress after 2 s'
  assert_says 'Velero has begun the Restore'
  assert_silent_about 'as it was before the restore'
  run -75 backup
  velero delete restore --all
  rm "$VELERO/stall"
  with VELERO_RESTORE_WAIT 60
  run -75 restore --yes
  run -0 restore --undo --yes
  run -0 restore --yes
  assert_tidy
}

@test "killed in the middle of a restore: the next run waits for Velero to end it, then restores what is missing" {
  begin
  run -0 backup
  local before pid
  before="$(shop)"
  lose_shop
  touch "$VELERO/slow"
  "$HOST/bin/restore.sh" --yes --quiet 3>&- &
  pid=$!
  kube_until 60 restore_is_under_way
  kill -KILL "$pid"
  wait "$pid" || true
  run -75 backup
  assert_says 'an interrupted restore of thing is pending'
  (sleep 2 && rm "$VELERO/slow") 3>&- &
  run -0 restore --undo --yes
  assert_says 'waiting for its end'
  assert_says 'it ended as Completed'
  assert_same "$(shop)" "$before"
  assert_same "$(velero get restore -o 'jsonpath={range .items[*]}{.status.phase} {end}' | grep -c InProgress)" 0
  run -0 backup
  assert_tidy
}

restore_is_under_way() { [[ $(velero get restore -o 'jsonpath={range .items[*]}{.status.phase} {.status.progress.itemsRestored};{end}') == *'InProgress '[1-9]* ]]; }

# bats test_tags=long
@test "a drill restores beside what lives, proves it there, and leaves nothing; also when it fails, is late, or is killed" {
  begin
  run -0 backup
  local before pid
  before="$(shop)"
  run -0 drill
  assert_says PASSED
  assert_says 'in 1 namespace, by Velero'
  assert_same "$(velero get restore -o name | grep -c drill)" 0
  run -0 verify --deep
  assert_says 'ok, restores to'
  printf PartiallyFailed >"$VELERO/restore"
  run -65 drill
  assert_says FAILED
  rm "$VELERO/restore"
  touch "$VELERO/slow"
  "$HOST/bin/drill.sh" --quiet 3>&- &
  pid=$!
  kube_until 60 restore_is_under_way
  kill -KILL "$pid"
  wait "$pid" || true
  rm "$VELERO/slow"
  run -0 drill
  assert_says 'left by a run that did not end'
  # Velero goes on after the limit, and makes again what was deleted under its hands.
  touch "$VELERO/slow"
  with VELERO_RESTORE_WAIT 3
  run -75 drill
  [[ -s $HOST/state/thing.drill-left ]]
  rm "$VELERO/slow"
  with VELERO_RESTORE_WAIT 60
  run -0 drill
  [[ ! -e $HOST/state/thing.drill-left ]]
  kube_until 60 drills_are_gone
  assert_same "$(shop)" "$before"
  assert_tidy
}

# bats test_tags=long
@test "no answer 69, a stranger 77, no such context 78" {
  begin
  run -0 backup
  kube config view --raw --flatten -o json >"$BATS_TEST_TMPDIR/config"
  jq --arg port "$(free_port)" '.clusters[0].cluster.server = "https://127.0.0.1:" + $port' "$BATS_TEST_TMPDIR/config" >"$BATS_TEST_TMPDIR/down"
  jq '.users[0].user = {token: "wrong"}' "$BATS_TEST_TMPDIR/config" >"$BATS_TEST_TMPDIR/stranger"
  with KUBE_CONFIG "$BATS_TEST_TMPDIR/down"
  local action
  for action in backup verify 'restore --yes' drill set_up; do
    # shellcheck disable=SC2086  # words
    run -69 $action
    assert_says 'the API server does not answer'
  done
  [[ ! -e $(last_set)/SUSPECT ]]
  with KUBE_CONFIG "$BATS_TEST_TMPDIR/stranger"
  run -77 backup
  run -77 verify
  run -77 restore --yes
  with KUBE_CONFIG "$KUBECONFIG_FILE" KUBE_CONTEXT nowhere
  run -78 backup
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  begin
  velero delete schedule thing >/dev/null
  transcript_begin "$HOST"
  hand_run_script setup.sh set_up
  hand_run_asset velero "$HOST/bin" .sh lose_shop
}
