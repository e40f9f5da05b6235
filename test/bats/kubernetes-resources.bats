#!/usr/bin/env bats
# The kind kubernetesResources on a real control plane of the suite's own: it backs up and restores a whole cluster, so it shares none.
# There is no node: no pod runs, and none has to.
# shellcheck disable=SC1091,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell
load lib/lifeboat
load lib/kubernetes

setup_file() {
  export LIFEBOAT_CLUSTER=''
  cluster_begin_file control
  export KUBECONFIG="$KUBECONFIG_FILE"
  age-keygen -o "$BATS_FILE_TMPDIR/age.key" 2>/dev/null
  make_types
  make_shop
}

teardown_file() {
  cluster_end_file
}

setup() {
  new_host
  set_fact KIND kubernetesResources
  set_fact TYPE k8s
  set_fact KUBE_CONFIG "$KUBECONFIG_FILE"
  set_fact KUBE_CONTEXT ''
  set_fact KUBERNETES_NAMESPACES '()'
  set_fact KUBERNETES_EXCLUDE '()'
  set_fact KUBERNETES_SECRETS 1
  set_fact ENCRYPTION age
  set_list AGE_RECIPIENTS "$(sed -n 's/^# public key: //p' "$BATS_FILE_TMPDIR/age.key")"
  set_fact AGE_IDENTITY_FILE "$BATS_FILE_TMPDIR/age.key"
  relink
}

# What belongs to no namespace.
make_types() {
  kube apply -f - <<'Y'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "shop:reader"}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "shop:readers"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "shop:reader"}
subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: shop}]
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: shop-first}
value: 1000
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: manual}
provisioner: kubernetes.io/no-provisioner
Y
  kube wait --for=condition=Established crd/widgets.example.com >/dev/null
}

# A shop in a namespace: of everything something.
make_shop() {
  mkdir -p "$BATS_FILE_TMPDIR/volume"
  kube apply -f - <<Y
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: retail}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: shop-data}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: manual
  hostPath: {path: "$BATS_FILE_TMPDIR/volume"}
Y
  stateful shop db
  kube_until 20 kube --namespace shop get serviceaccount default
  kube --namespace shop patch serviceaccount default --patch '{"imagePullSecrets":[{"name":"registry"}]}'
  kube --namespace shop apply -f - <<'Y'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: red, odd: "it's $HOME \"quoted\" \\ ünïcode\nsecond line\n"}
binaryData: {blob: /wD+AQ==}
---
apiVersion: v1
kind: Secret
metadata: {name: password}
stringData: {word: xyzzy-plugh}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: clerk}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: clerk}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: clerk}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: clerk}
subjects: [{kind: ServiceAccount, name: clerk}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {priorityClassName: shop-first, containers: [{name: web, image: "localhost/box:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {ports: [{port: 5432}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: outside}
subsets: [{addresses: [{ip: 192.0.2.7}], ports: [{port: 5432}]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 2, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: waiting}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: "localhost/box:1"}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec: {containers: [{name: main, image: "localhost/box:1"}]}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: gear}
spec: {teeth: 12, ratio: 1.5}
Y
  kube_until 30 claim_is Bound
}

# The shop as it was, as far as people wrote it.
shop() {
  kube --namespace shop get configmaps,secrets,serviceaccounts,roles,rolebindings,deployments,statefulsets,persistentvolumeclaims,services,endpoints,ingresses.networking.k8s.io,networkpolicies,horizontalpodautoscalers,jobs,widgets -o json |
    jq -S '[.items[] | select(.type != "kubernetes.io/service-account-token" and .metadata.name != "kube-root-ca.crt" and (.kind != "Endpoints" or .metadata.name == "outside"))
      | del(.status, .secrets, .metadata["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"])
      | .metadata.annotations |= (. // {} | {applied: .["kubectl.kubernetes.io/last-applied-configuration"]})
      | if .kind == "Job" then del(.metadata.labels, .spec.selector, .spec.template.metadata) else . end
      | if .kind == "Service" then del(.spec.clusterIP, .spec.clusterIPs) else . end] | sort_by(.kind, .metadata.name)'
}

claim_is() { [[ $(kube --namespace shop get pvc data-db-0 -o 'jsonpath={.status.phase}') == "$1" ]]; }
manifest() { sed -n "s/^$2=//p" "$1/MANIFEST"; }
objects() { restore --into "$1" --quiet && (cd "$1" && find . -name '*.json' | sort); }

@test "a set holds what people made, encrypted, and nothing that the cluster makes by itself" {
  # A job that is done would run again.
  kube --namespace shop create job finished --image localhost/box:1
  kube --namespace shop get job finished -o json | jq '.status = {succeeded: 1, conditions: [{type: "Complete", status: "True"}]}' |
    kube replace --raw /apis/batch/v1/namespaces/shop/jobs/finished/status -f - >/dev/null
  kube_until 20 kube --namespace shop get pod db-0
  run -0 backup
  assert_says 'kinds, from Kubernetes v1.20'
  local set
  set="$(last_set)"
  assert_same "$(manifest "$set" count.Secret) $(manifest "$set" count.Widget.example.com) $(manifest "$set" count.StatefulSet.apps)" '1 1 1'
  assert_same "$(manifest "$set" position.cluster)" "$(kube get namespace kube-system -o 'jsonpath={.metadata.uid}')"
  run ! grep -r -a -e xyzzy -e eHl6enk "$STORE" "$HOST/log" "$HOST/state"
  run -0 verify --deep
  assert_says 'ok, restores to'
  assert_says '0 to create, 0 to change'
  run -0 drill
  assert_says PASSED
  run -0 objects "$BATS_TEST_TMPDIR/look"
  assert_says ./10-CustomResourceDefinition.apiextensions.k8s.io/_cluster/widgets.example.com.json
  assert_says './35-ClusterRole.rbac.authorization.k8s.io/_cluster/shop:reader.json'
  assert_says ./35-ServiceAccount/shop/default.json
  assert_says ./42-Secret/shop/password.json
  assert_says ./51-Endpoints/shop/outside.json
  assert_says ./60-Job.batch/shop/waiting.json
  assert_says ./65-Pod/shop/alone.json
  assert_says ./80-Widget.example.com/shop/gear.json
  for word in ReplicaSet Event Lease kube-root-ca.crt token APIService FlowSchema ControllerRevision EndpointSlice Endpoints/shop/web Node shop/finished Pod/shop/db-0 system-cluster cluster-admin ./35-ServiceAccount/kube-public kubernetes.json; do
    assert_silent_about "$word"
  done
  assert_same "$(jq -r .stringData.word,.data.word "$BATS_TEST_TMPDIR/look/42-Secret/shop/password.json")" $'null\neHl6enktcGx1Z2g='
  assert_same "$(jq -r '.metadata | has("uid"), has("resourceVersion"), has("managedFields")' "$BATS_TEST_TMPDIR/look/60-Deployment.apps/shop/web.json" | paste -s -d ' ' -)" 'false false false'
  kube --namespace shop delete job finished --wait=false
  assert_tidy
}

@test "everything is lost: namespace, types, roles, classes. The restore brings it back, claims bind to their volumes again" {
  run -0 backup
  local before volume
  before="$(shop)"
  volume="$(kube get pv shop-data -o 'jsonpath={.metadata.uid}')"
  kube delete namespace shop --timeout 60s
  kube delete crd widgets.example.com
  kube delete clusterrole shop:reader
  kube delete clusterrolebinding shop:readers
  kube delete priorityclass shop-first
  kube delete storageclass manual
  assert_same "$(kube get pv shop-data -o 'jsonpath={.status.phase}')" Released
  run -0 verify --deep
  assert_says 'to create, 1 to change'
  run -0 restore --dry-run
  assert_says 'create Namespace shop'
  assert_says 'create CustomResourceDefinition.apiextensions.k8s.io widgets.example.com'
  assert_says 'change PersistentVolume shop-data: free for its claim again'
  assert_says 'Nothing was changed.'
  run ! kube get namespace shop
  run -0 restore --yes
  assert_says '1 changed'
  assert_same "$(shop)" "$before"
  kube_until 30 claim_is Bound
  assert_same "$(kube --namespace shop get pvc data-db-0 -o 'jsonpath={.spec.volumeName}') $(kube get pv shop-data -o 'jsonpath={.metadata.uid}')" "shop-data $volume"
  assert_same "$(kube get priorityclass shop-first -o 'jsonpath={.value}')" 1000
  # Controllers took it up.
  kube_until 30 kube --namespace shop get pod db-0
  kube_until 30 test -n "$(kube --namespace shop get replicaset -o name)"
  run -0 restore --yes
  assert_says '0 to create, 0 to change'
  assert_says '0 created, 0 changed'
  assert_tidy
}

# bats test_tags=long
@test "what was changed is in the diff without its values, and goes back; what came later stays; the old form is kept" {
  run -0 backup
  local before
  before="$(shop)"
  kube --namespace shop patch configmap settings --patch '{"data":{"colour":"blue","late":"x"}}'
  kube --namespace shop patch secret password --patch '{"stringData":{"word":"hunter2-hunter2"}}'
  kube --namespace shop scale deployment web --replicas 7
  kube --namespace shop delete service web
  kube --namespace shop create service clusterip another --tcp 80
  kube --namespace shop create configmap later
  kube --namespace shop patch widget gear --type merge --patch '{"spec":{"teeth":13}}'
  run -0 restore --dry-run
  assert_says 'objects: 1 to create, 4 to change'
  assert_says 'change ConfigMap shop/settings: data.colour, data.late'
  assert_says 'change Secret shop/password: data.word'
  assert_says 'change Deployment.apps shop/web: spec.replicas'
  assert_says 'change Widget.example.com shop/gear: spec.teeth'
  assert_says 'create Service shop/web'
  assert_silent_about hunter2
  assert_same "$(kube --namespace shop get configmap settings -o 'jsonpath={.data.colour}')" blue
  run -0 restore --yes
  assert_says '1 created, 4 changed'
  kube --namespace shop get configmap later
  kube --namespace shop delete configmap later
  kube --namespace shop delete service another
  assert_same "$(shop)" "$before"
  local kept
  kept="$(echo "$HOST"/state/thing.lifeboat-old-*.jsonl.age)"
  assert_same "$(stat -c %a "$kept") $(age -d -i "$BATS_FILE_TMPDIR/age.key" "$kept" | jq -r 'select(.kind == "ConfigMap") | .data.colour')" '600 blue'
  run ! grep -r -a hunter2 "$HOST/state" "$HOST/log"
  # Its old address went to another: it gets a new one.
  local address
  address="$(kube --namespace shop get service web -o 'jsonpath={.spec.clusterIP}')"
  kube --namespace shop delete service web
  kube --namespace shop create service clusterip thief --tcp 80 --clusterip "$address"
  run -0 restore --yes
  [[ $(kube --namespace shop get service web -o 'jsonpath={.spec.clusterIP}') != "$address" ]]
  kube --namespace shop delete service thief
}

# bats test_tags=long
@test "a cluster that would refuse is not changed at all; one that refuses half-way is as it was" {
  kube --namespace shop create configmap first --from-literal a=1
  kube --namespace shop create configmap second --from-literal a=1
  run -0 backup
  local before count
  kube --namespace shop delete configmap first second
  kube --namespace shop patch configmap settings --patch '{"data":{"colour":"green"}}'
  before="$(shop)"
  count="$(kube --namespace shop get configmaps -o name | wc -l)"
  kube --namespace shop create quota tight --hard "count/configmaps=$count"
  kube_until 30 quota_knows "$count"
  run -78 restore --yes
  assert_says 'the cluster would refuse'
  assert_says 'exceeded quota'
  assert_says 'nothing was changed'
  assert_same "$(shop)" "$before"
  run -0 restore --dry-run
  assert_says 'STOP: the cluster would refuse'
  # Room for one of the two: each alone would be taken.
  kube --namespace shop patch quota tight --patch "{\"spec\":{\"hard\":{\"count/configmaps\":\"$((count + 1))\"}}}"
  kube_until 30 quota_allows $((count + 1))
  run -78 restore --yes
  assert_says 'the cluster does not take ConfigMap shop/'
  assert_says 'thing is as it was before the restore'
  assert_same "$(shop)" "$before"
  kube --namespace shop delete quota tight
  run -0 restore --yes
  assert_same "$(kube --namespace shop get configmap first second settings -o json | jq -r '[.items[].data | .a // .colour] | join(" ")')" '1 1 red'
  # What cannot be changed is said before anything is.
  kube --namespace shop delete deployment web
  kube --namespace shop apply -f - <<'Y'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: other}}
  template: {metadata: {labels: {app: other}}, spec: {containers: [{name: web, image: "localhost/box:1"}]}}
Y
  run -78 restore --yes
  assert_says 'field is immutable'
  kube --namespace shop delete deployment web
  run -0 restore --yes
  assert_tidy
}

quota_knows() { [[ $(kube --namespace shop get quota tight -o 'jsonpath={.status.used.count/configmaps}') == "$1" ]]; }
quota_allows() { [[ $(kube --namespace shop get quota tight -o 'jsonpath={.status.hard.count/configmaps}') == "$1" ]]; }

@test "killed half-way: no backup until --undo has taken back what was done; then it is done again" {
  run -0 backup
  local before
  before="$(shop)"
  kube --namespace shop delete configmap,deployment,rolebinding,widget --all >/dev/null
  kube patch clusterrole shop:reader --type json --patch '[{"op":"replace","path":"/rules/0/verbs/0","value":"list"}]'
  sed 's/^kubernetes_send() {/&\n  if [[ -e $RUN_DIR\/twice ]]; then touch "$STATE_DIR\/there"; sleep 900; fi; [[ $order != 41 ]] || touch "$RUN_DIR\/twice"/' "$HOST/bin/restore.sh" >"$HOST/bin/hang.sh"
  chmod +x "$HOST/bin/hang.sh"
  "$HOST/bin/hang.sh" --yes --quiet 3>&- &
  kube_until 60 test -e "$HOST/state/there"
  kill -KILL $!
  wait $! || true
  kube --namespace shop get configmap settings
  run -75 backup
  assert_says 'an interrupted restore of thing is pending'
  run -75 restore --yes
  run -0 restore --undo --yes
  run -0 restore --yes
  assert_same "$(shop)" "$before"
  assert_same "$(kube get clusterrole shop:reader -o 'jsonpath={.rules[0].verbs[0]}')" get
  assert_tidy
}

# What is in the file that an undo keeps.
kept_of() { age -d -i "$BATS_FILE_TMPDIR/age.key" "$1" | jq -c "$2"; }
extra() { kube --namespace extra "$@"; }
is_gone() { ! kube get "$@"; }
claim_is_bound() { [[ $(extra get pvc claim -o 'jsonpath={.status.phase}') == Bound ]]; }

@test "after a day of work --undo says what it takes away, keeps it first, and leaves what the restore did not make" {
  local kept
  kube create namespace extra
  extra create configmap one --from-literal n=1
  run -0 backup
  kube delete namespace extra --timeout 60s
  kube --namespace shop patch configmap settings --patch '{"data":{"colour":"blue"}}'
  killed_in_check
  assert_same "$(kube --namespace shop get configmap settings -o 'jsonpath={.data.colour}')" red
  # The day's work.
  kube --namespace shop patch configmap settings --patch '{"data":{"colour":"green"}}'
  extra patch configmap one --patch '{"data":{"n":"2"}}'
  extra create configmap later
  run -0 restore --undo --dry-run
  assert_says 'keep 2 objects that it deletes or changes, as they are now, in '
  assert_says 'delete ConfigMap extra/one'
  assert_says 'change ConfigMap shop/settings: data.colour'
  assert_says 'leave Namespace extra: ConfigMap extra/later (not made by the restore)'
  assert_silent_about green
  assert_same "$(kube --namespace shop get configmap settings -o 'jsonpath={.data.colour}')" green
  run -0 restore --undo --yes
  assert_says 'stays, since it holds what the restore did not make: Namespace extra: ConfigMap extra/later'
  kept="$(echo "$HOST"/state/thing.lifeboat-old-*.jsonl.age)"
  assert_says "is kept in $kept"
  assert_same "$(stat -c %a "$kept") $(kept_of "$kept" '[.kind, .metadata.name, .data.colour // .data.n]' | sort | paste -s -d ' ' -)" '600 ["ConfigMap","one","2"] ["ConfigMap","settings","green"]'
  assert_same "$(kube --namespace shop get configmap settings -o 'jsonpath={.data.colour}')" blue
  run ! extra get configmap one
  extra get configmap later
  assert_tidy
  # Nobody has worked there: all of it goes. And what is kept is kept once it was looked at.
  kube delete namespace extra --timeout 60s
  killed_in_check
  run -0 restore --undo --yes
  kube_until 60 is_gone namespace extra
  killed_in_check
  run -0 restore --accept --yes
  assert_same "$(kube --namespace shop get configmap settings -o 'jsonpath={.data.colour}') $(extra get configmap one -o 'jsonpath={.data.n}')" 'red 1'
  assert_tidy
  kube delete namespace extra --wait=false
}

# bats test_tags=long
@test "an undo deletes no type with objects of others, no Secret that the plan leaves out, and no volume that a claim got since" {
  local before
  kube_until 60 is_gone namespace extra
  kube create namespace extra
  extra apply -f - <<'Y'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim}
spec: {storageClassName: manual, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
Y
  with KUBERNETES_SECRETS 0 ENCRYPTION none
  run -0 backup
  kube delete namespace extra --timeout 60s
  kube delete crd widgets.example.com
  killed_in_check
  # A class whose volumes go with their claims gives the claim one.
  kube apply -f - <<Y
apiVersion: v1
kind: PersistentVolume
metadata: {name: given}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Delete
  storageClassName: manual
  claimRef: {namespace: extra, name: claim}
  hostPath: {path: "$BATS_TEST_TMPDIR/given"}
Y
  kube_until 30 claim_is_bound
  extra create secret generic later --from-literal word=plugh
  kube --namespace shop apply -f - <<'Y'
apiVersion: example.com/v1
kind: Widget
metadata: {name: wheel}
spec: {teeth: 0}
Y
  kube --namespace shop patch widget gear --type merge --patch '{"spec":{"teeth":99}}'
  run -0 restore --undo --yes
  assert_says 'Namespace extra: Secret extra/later'
  assert_says 'CustomResourceDefinition.apiextensions.k8s.io widgets.example.com: Widget.example.com shop/wheel'
  extra get secret later
  kube --namespace shop get widget wheel
  run ! kube --namespace shop get widget gear
  assert_same "$(jq -c 'select(.kind == "Widget") | .spec.teeth' "$HOST"/state/thing.lifeboat-old-*.jsonl)" 99
  run ! grep -r -a -e plugh -e cGx1Z2g "$HOST/state" "$HOST/log"
  assert_same "$(kube get pv given -o 'jsonpath={.spec.persistentVolumeReclaimPolicy}')" Retain
  run ! extra get pvc claim
  kube --namespace shop delete widget wheel
  kube delete namespace extra --timeout 60s
  kube delete pv given
  run -0 restore --yes
  assert_same "$(kube --namespace shop get widget gear -o 'jsonpath={.spec.teeth}')" 12
  kube delete namespace extra --wait=false
}

# bats test_tags=long
@test "no answer: 69; not known or not allowed: 77; no such context or file: 78; a broken API: 69" {
  run -0 backup
  sed "s|server: .*|server: \"https://127.0.0.1:$(free_port)\"}}]|" "$KUBECONFIG_FILE" >"$BATS_TEST_TMPDIR/down"
  with KUBE_CONFIG "$BATS_TEST_TMPDIR/down"
  run -69 backup
  assert_says 'the API server does not answer'
  run -69 restore --yes
  run -0 drill
  assert_says 'no cluster answers'
  kube config view --raw --flatten -o json | jq 'del(.users[0].user) | .users[0].user.token = "wrong"' >"$BATS_TEST_TMPDIR/stranger"
  with KUBE_CONFIG "$BATS_TEST_TMPDIR/stranger"
  run -77 backup
  assert_says 'does not know who we are'
  run -77 restore --yes
  # A user who may see the types, but not list them all.
  kube create namespace six
  kube --namespace six create serviceaccount guest
  kube_until 20 test -n "$(kube --namespace six get serviceaccount guest -o 'jsonpath={.secrets[0].name}')"
  token="$(kube --namespace six get secret "$(kube --namespace six get serviceaccount guest -o 'jsonpath={.secrets[0].name}')" -o 'jsonpath={.data.token}' | base64 -d)"
  jq --arg token "$token" '.users[0].user.token = $token' "$BATS_TEST_TMPDIR/stranger" >"$BATS_TEST_TMPDIR/guest"
  with KUBE_CONFIG "$BATS_TEST_TMPDIR/guest"
  run -77 backup
  assert_says 'cannot list resource'
  with KUBE_CONFIG "$KUBECONFIG_FILE" KUBE_CONTEXT nobody
  run -78 backup
  with KUBE_CONFIG "$BATS_TEST_TMPDIR/nowhere" KUBE_CONTEXT ''
  run -78 backup
  with KUBE_CONFIG "$KUBECONFIG_FILE"
  # An API that does not answer hides its types: a set without them would not be whole.
  kube apply -f - <<'Y'
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.broken.example.com}
spec: {group: broken.example.com, version: v1, groupPriorityMinimum: 100, versionPriority: 100, service: {namespace: six, name: nothing}, insecureSkipTLSVerify: true}
Y
  kube_until 20 api_is_broken
  run -69 backup
  assert_says 'which types the API broken.example.com has'
  kube delete apiservice v1.broken.example.com
  assert_same "$(sets | wc -l)" 1
  assert_tidy
}

api_is_broken() { ! kube api-resources -o name; }

# bats test_tags=long
@test "a set that was cut, or that does not hold what it says, is refused" {
  run -0 backup
  local set
  set="$(last_set)"
  sed -i -e 's/^count.Namespace=.*/count.Namespace=99/' -e '$d' "$set/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$set/MANIFEST" | cut -d ' ' -f 1)" >>"$set/MANIFEST"
  run -65 verify
  assert_says 'does not hold as many objects'
  rm "$set/SUSPECT"
  run -65 restore --yes
  run -65 drill
  truncate -s -5 "$set"/resources.jsonl*
  run -65 restore --yes --set "${set##*/}"
  run -65 verify
  [[ -e $set/SUSPECT ]]
  assert_tidy
}

# bats test_tags=long
@test "single namespaces, without Secrets and without a type: nothing else of the cluster is touched" {
  with KUBERNETES_NAMESPACES '(shop)' KUBERNETES_EXCLUDE '(networkpolicies.networking.k8s.io)' KUBERNETES_SECRETS 0 ENCRYPTION none
  run -0 backup
  run -0 objects "$BATS_TEST_TMPDIR/look"
  assert_says ./20-Namespace/_cluster/shop.json
  assert_says ./30-PersistentVolume/_cluster/shop-data.json
  assert_says ./80-Widget.example.com/shop/gear.json
  for word in Secret NetworkPolicy ClusterRole another-data default.json/ kube-system CustomResource; do assert_silent_about "$word"; done
  kube --namespace shop delete deployment,secret,networkpolicy --all >/dev/null
  kube patch clusterrole shop:reader --type json --patch '[{"op":"replace","path":"/rules/0/verbs/0","value":"watch"}]'
  run -0 restore --yes
  kube --namespace shop get deployment web
  run ! kube --namespace shop get secret password
  assert_same "$(kube get clusterrole shop:reader -o 'jsonpath={.rules[0].verbs[0]}')" watch
  run -0 restore --yes
  assert_says '0 created, 0 changed'
}

@test "a plan that would keep Secrets in plain text does not compile" {
  local root="$BATS_TEST_DIRNAME/../.."
  mkdir -p "$BATS_TEST_TMPDIR/p/plans"
  printf '{}\n' >"$BATS_TEST_TMPDIR/p/package.json"
  cd "$BATS_TEST_TMPDIR/p"
  sed '/encrypt: age/d; s/"shop", "shop-jobs"/"Shop"/' "$root/test/plans/kubernetes-resources.plan.ts" >plans/plain.plan.ts
  run -1 node "$root/dist/lifeboat.mjs" check
  assert_says 'the Secrets of the cluster would lie in the store in plain text'
  assert_says "'Shop' is not a namespace's name"
  sed 's/age, //; s/encrypt: age.*/secrets: false,/' "$root/test/plans/kubernetes-resources.plan.ts" >plans/plain.plan.ts
  run -0 node "$root/dist/lifeboat.mjs" check
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  # Only what is its own: other namespaces and types differ between versions.
  with KUBERNETES_NAMESPACES '(shop)'
  transcript_begin "$HOST"
  hand_run_asset kubernetes-resources "$HOST/bin" .sh lose_some
}

lose_some() {
  kube --namespace shop patch configmap settings --patch '{"data":{"colour":"blue","late":"x"}}'
  kube --namespace shop delete service outside
  kube --namespace shop create configmap later
}
