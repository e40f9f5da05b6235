# The objects of a Kubernetes cluster. A set is one stream, an object a line, in the order in which they can be created: cleaned of what
# the server owns, without what the cluster makes by itself. A restore creates what is not there and replaces what differs. It
# deletes nothing, and changes nothing before the server has said, in a dry run, that it would take every object.

# The journal of a live restore: $STATE_DIR/$ASSET.kubernetes.
readonly UNDO_JOURNAL=kubernetes
# Types that the cluster itself makes and ends all the time.
readonly KUBERNETES_PASSING_TYPES='events events.events.k8s.io leases.coordination.k8s.io nodes componentstatuses csinodes.storage.k8s.io volumeattachments.storage.k8s.io csistoragecapacities.storage.k8s.io certificatesigningrequests.certificates.k8s.io controllerrevisions.apps ingresses.extensions ipaddresses.networking.k8s.io servicecidrs.networking.k8s.io'
# How often what the server does not take is tried: a quota or an API that has just come may need a moment.
readonly KUBERNETES_TRIES=3
# Seconds for namespaces and custom types to come and to go.
readonly KUBERNETES_PATIENCE=120
# As many lines of each sort are shown to people.
readonly KUBERNETES_SHOWN=20

# --- What is an object, and what of it is the server's: jq ----------------------------------------------------------------

# Print the jq functions that know objects. `kind_of` is `Deployment.apps`, `key` also has namespace and name.
kubernetes_rules() {
  # shellcheck disable=SC2016  # jq's variables
  printf '%s\n' '
def group: .apiVersion | if contains("/") then split("/")[0] else "" end;
def count_of($what): "\(.) \($what)" + if . == 1 then "" else "s" end;
def kind_of: .kind + (group | if . == "" then "" else "." + . end);
def key: kind_of + " " + (.metadata.namespace // "") + "/" + .metadata.name;
def title: kind_of + " " + (if .metadata.namespace then .metadata.namespace + "/" else "" end) + .metadata.name;
def each: if .kind == "List" then .items[] else . end;

# Which comes before which.
def order: {
  "CustomResourceDefinition.apiextensions.k8s.io": 10, "Namespace": 20,
  "PriorityClass.scheduling.k8s.io": 25, "StorageClass.storage.k8s.io": 25, "CSIDriver.storage.k8s.io": 25,
  "IngressClass.networking.k8s.io": 25, "RuntimeClass.node.k8s.io": 25, "PodSecurityPolicy.policy": 25,
  "PersistentVolume": 30, "ServiceAccount": 35, "ClusterRole.rbac.authorization.k8s.io": 35, "Role.rbac.authorization.k8s.io": 35,
  "ClusterRoleBinding.rbac.authorization.k8s.io": 36, "RoleBinding.rbac.authorization.k8s.io": 36,
  "NetworkPolicy.networking.k8s.io": 40, "LimitRange": 40, "ConfigMap": 41, "Secret": 42, "PersistentVolumeClaim": 45,
  "Service": 50, "Endpoints": 51, "EndpointSlice.discovery.k8s.io": 51, "PodTemplate": 60, "ReplicationController": 60,
  "ReplicaSet.apps": 60, "Deployment.apps": 60, "StatefulSet.apps": 60, "DaemonSet.apps": 60, "Job.batch": 60, "CronJob.batch": 60,
  "Pod": 65, "Ingress.networking.k8s.io": 70, "HorizontalPodAutoscaler.autoscaling": 70, "PodDisruptionBudget.policy": 70,
  "ResourceQuota": 75, "APIService.apiregistration.k8s.io": 90,
  "ValidatingAdmissionPolicy.admissionregistration.k8s.io": 95, "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io": 96,
  "MutatingWebhookConfiguration.admissionregistration.k8s.io": 96, "ValidatingWebhookConfiguration.admissionregistration.k8s.io": 96
  }[kind_of] // 80;

# Annotations by which controllers take notes.
def notes: [
  "deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation", "pv.kubernetes.io/bind-completed",
  "pv.kubernetes.io/bound-by-controller", "volume.kubernetes.io/selected-node", "endpoints.kubernetes.io/last-change-trigger-time",
  "autoscaling.alpha.kubernetes.io/conditions", "autoscaling.alpha.kubernetes.io/current-metrics"
  ];
def tidy(path): if path == {} or path == [] then del(path) else . end;
def without_notes: if .metadata.annotations then .metadata.annotations |= with_entries(select(.key as $k | notes | index($k) | not)) | tidy(.metadata.annotations) else . end;
# What `kubectl apply` remembers is a form of the object, too: equal when it says the same. `kubectl create` and `replace` would write
# their own into it, so objects go without it, and get it back afterwards.
def memory: "kubectl.kubernetes.io/last-applied-configuration";
def remembered: (.metadata.annotations // {})[memory] as $text | if $text == null then null else try ($text | fromjson) catch $text end;
def forgetful: if .metadata.annotations then del(.metadata.annotations[memory]) | tidy(.metadata.annotations) else . end;
def token_mount: .mountPath == "/var/run/secrets/kubernetes.io/serviceaccount";
def job_labels: ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"];

# Without what only this life of the object has.
def bare: del(.status, .metadata.uid, .metadata.resourceVersion, .metadata.generation, .metadata.creationTimestamp, .metadata.managedFields,
  .metadata.selfLink, .metadata.deletionTimestamp, .metadata.deletionGracePeriodSeconds, .metadata.generateName);

# As it is kept in a set.
def clean:
  kind_of as $kind | .metadata.name as $name
  | bare | del(.metadata.ownerReferences) | without_notes
  | if .metadata.finalizers then .metadata.finalizers |= map(select(test("^external-(attacher|provisioner)") | not)) | tidy(.metadata.finalizers) else . end
  | if $kind == "Namespace" then del(.spec)
    elif $kind == "PersistentVolume" and .spec.claimRef then .spec.claimRef |= {apiVersion, kind, namespace, name}
    elif $kind == "ServiceAccount" and .secrets then .secrets |= map(select(.name | startswith($name + "-token-") | not)) | tidy(.secrets)
    elif $kind == "Job.batch" and .spec.manualSelector != true then
      del(.spec.selector) | reduce job_labels[] as $mark (.; del(.spec.template.metadata.labels[$mark], .metadata.labels[$mark]))
    elif $kind == "Pod" then
      ([.spec.containers[].volumeMounts[]? | select(token_mount) | .name]) as $tokens
      | del(.spec.nodeName, .spec.priority)
      | if .spec.volumes then .spec.volumes |= map(select(.name as $v | $tokens | index($v) | not)) | tidy(.spec.volumes) else . end
      | .spec |= with_entries(if .key == "containers" or .key == "initContainers" then
          .value |= map(if .volumeMounts then .volumeMounts |= map(select(token_mount | not)) | tidy(.volumeMounts) else . end) else . end)
    else . end;

# As it is compared: addresses are given by the cluster, and of a pod little can be changed.
def comparable:
  clean | forgetful
  | if kind_of == "Service" and .spec.clusterIP != "None" then del(.spec.clusterIP, .spec.clusterIPs)
    elif kind_of == "Pod" then {apiVersion, kind, metadata: (.metadata | {name, namespace, labels, annotations}), images: [.spec.containers[] | {name, image}]}
    else . end;

# Does the cluster make it by itself? Then it has no place in a set. $uids: of all objects; $manual: Services without a selector.
def by_itself($uids; $manual):
  kind_of as $kind | .metadata.name as $name | (.metadata.namespace // "") as $space | (.metadata.labels // {}) as $labels | (.metadata.annotations // {}) as $annotations
  | .metadata.deletionTimestamp != null
  or ($labels["kubernetes.io/bootstrapping"] != null) or ($labels["kube-aggregator.kubernetes.io/automanaged"] != null)
  or ($annotations["kubernetes.io/config.mirror"] != null) or ($annotations["control-plane.alpha.kubernetes.io/leader"] != null)
  or ((["Secret", "ConfigMap", "PersistentVolumeClaim"] | index($kind) | not) and any(.metadata.ownerReferences[]?; .controller == true and $uids[.uid]))
  or (if $kind == "Secret" then .type == "kubernetes.io/service-account-token" or .type == "bootstrap.kubernetes.io/token" or ($space == "kube-system" and $name == "kubeadm-certs")
    elif $kind == "ConfigMap" then $name == "kube-root-ca.crt" or $name == "openshift-service-ca.crt" or ($space == "kube-public" and $name == "cluster-info")
      or ($space == "kube-system" and ($name == "extension-apiserver-authentication" or $name == "kubeadm-config" or ($name | startswith("kubelet-config")) or ($name | startswith("kube-apiserver-legacy-service-account-token-tracking"))))
    elif $kind == "ServiceAccount" then $name == "default" and (clean | .secrets == null and .imagePullSecrets == null and .automountServiceAccountToken == null and .metadata.labels == null and .metadata.annotations == null)
    elif $kind == "Service" then $space == "default" and $name == "kubernetes"
    elif $kind == "Endpoints" then $manual[$space + "/" + $name] | not
    elif $kind == "EndpointSlice.discovery.k8s.io" then $labels["endpointslice.kubernetes.io/managed-by"] != null or ($space == "default" and $name == "kubernetes")
    elif $kind == "PriorityClass.scheduling.k8s.io" then $name | startswith("system-")
    elif group == "flowcontrol.apiserver.k8s.io" then $annotations["apf.kubernetes.io/autoupdate-spec"] == "true"
      or ($name | test("^(exempt|catch-all|probes|global-default|service-accounts|leader-election|workload-(high|low|leader-election)|node-high|endpoint-controller|system(-.*)?|kube-.*)$"))
    elif $kind == "Job.batch" then any(.status.conditions[]?; (.type == "Complete" or .type == "Failed") and .status == "True")
    elif $kind == "Pod" then .status.phase == "Succeeded" or .status.phase == "Failed"
    else false end);

# From a List of everything, the objects of a set, in order.
def objects_of_set:
  .items
  | (reduce .[] as $o ({}; .[$o.metadata.uid] = true)) as $uids
  | (reduce (.[] | select(.kind == "Service" and (.spec.selector // {}) == {} and (.metadata.namespace + "/" + .metadata.name) != "default/kubernetes")) as $o ({}; .[$o.metadata.namespace + "/" + $o.metadata.name] = true)) as $manual
  | map(select(by_itself($uids; $manual) | not) | clean) | sort_by([order, kind_of, .metadata.namespace // "", .metadata.name]) | .[];

# The paths at which two objects differ, without the values: they may be secret.
def differences($a; $b):
  def leaves: [paths(type != "object" and type != "array")];
  [(($a | leaves) + ($b | leaves) | unique)[] | select(. as $p | ($a | try getpath($p) catch null) != ($b | try getpath($p) catch null)) | map(tostring) | join(".")];

# A volume whose claim is gone is of no use to a new claim until it forgets the old one.
def is_left_over: kind_of == "PersistentVolume" and (.status.phase == "Released" or .status.phase == "Failed");

# The object with what must stay of the live one, so that the server takes it.
def carrying($now):
  kind_of as $kind
  | if $now.metadata.ownerReferences then .metadata.ownerReferences = $now.metadata.ownerReferences else . end
  | if $now | is_left_over then .
    else reduce (notes[] | select($now.metadata.annotations[.]?)) as $note (.; .metadata.annotations[$note] = $now.metadata.annotations[$note]) end
  | if $kind == "Service" and .spec.clusterIP != "None" and $now.spec.clusterIP != null and $now.spec.clusterIP != "None" then
      .spec.clusterIP = $now.spec.clusterIP | if $now.spec.clusterIPs then .spec.clusterIPs = $now.spec.clusterIPs else del(.spec.clusterIPs) end
    elif $kind == "PersistentVolume" and $now.status.phase == "Bound" then .spec.claimRef = $now.spec.claimRef
    elif $kind == "PersistentVolumeClaim" and $now.spec.volumeName then .spec.volumeName //= $now.spec.volumeName
    elif $kind == "ServiceAccount" and $now.secrets then .secrets = ((.secrets // []) + $now.secrets | unique_by(.name))
    elif $kind == "Job.batch" and .spec.manualSelector != true then
      .spec.selector = $now.spec.selector | reduce (job_labels[] | select($now.spec.template.metadata.labels[.]?)) as $mark (.; .spec.template.metadata.labels[$mark] = $now.spec.template.metadata.labels[$mark])
    elif $kind == "Namespace" then .spec = $now.spec
    elif $kind == "Pod" then (reduce .spec.containers[] as $c ({}; .[$c.name] = $c.image)) as $images
      | .spec = $now.spec | .spec.containers |= map(.image = ($images[.name] // .image))
    else . end;

# A volume that comes back to a claim which still waits for it, and a claim whose volume nobody has.
def fitting($live; $known):
  if kind_of == "PersistentVolume" and .spec.claimRef then
    .metadata.name as $name | $live["PersistentVolumeClaim " + .spec.claimRef.namespace + "/" + .spec.claimRef.name] as $claim
    | if $claim and $claim.spec.volumeName == $name then .spec.claimRef.uid = $claim.metadata.uid else . end
  elif kind_of == "PersistentVolumeClaim" and .spec.volumeName and ($known["PersistentVolume /" + .spec.volumeName] | not) then del(.spec.volumeName)
  else . end;

# From a List of what is live, and $set, what a restore would do with each object of the set.
def steps($set):
  (reduce .items[] as $o ({}; .[$o | key] = $o)) as $live
  | (reduce (($live | keys[]), ($set[] | key)) as $k ({}; .[$k] = true)) as $known
  | $set[] | $live[key] as $now
  | {key: key, title: title, order: order} +
    if $now == null then {act: "create", object: fitting($live; $known)} | if .object.kind == "PersistentVolumeClaim" and .object.spec.volumeName == null then .why = ["with a new, empty volume"] else . end
    elif $now.metadata.deletionTimestamp then {act: "going"}
    elif comparable == ($now | comparable) and remembered == ($now | remembered) and ($now | is_left_over | not) then {act: "same"}
    else {act: "change", object: (carrying($now) | if $now | is_left_over then fitting($live; $known) else . end), before: ($now | bare), now: ($now | comparable),
      why: differences(comparable; $now | comparable),
      also: ((if $now | is_left_over then ["free for its claim again"] else [] end) + if remembered == ($now | remembered) then [] else ["what kubectl apply remembers of it"] end)} end;

# From a List of what is live, what an undo would do with each object that a restore $created or $changed, with how it is now: `gone` goes
# with its namespace. A namespace and a type that hold what the restore did not make stay, for with them all that would go.
def undo_steps($created; $changed):
  def is_container: .kind == "Namespace" or .kind == "CustomResourceDefinition";
  def holds($o): if .kind == "Namespace" then .metadata.name == $o.metadata.namespace else .spec.names.kind + "." + .spec.group == ($o | kind_of) end;
  (reduce .items[] as $o ({}; .[$o | key] = $o)) as $live
  | (reduce $created[] as $o ({}; .[$o | key] = true)) as $made
  | [objects_of_set | select($made[key] | not)] as $others
  | [$created[] | $live[key] // empty | if is_container then . as $c | .others = [$others[] | select(. as $o | $c | holds($o)) | title] else . end] as $there
  | [$there[] | select(is_container and .others == [])] as $going
  | ($there[] | {key: key, title: title, now: (del(.others) | bare)} + if (.others // []) == [] then {act: "delete"} else {act: "leave", why: .others} end),
    (.items[] | select((.kind == "Job" or .kind == "Pod") and ($made[key] | not) and (any(.metadata.ownerReferences[]?; .controller == true) | not))
      | . as $o | select(any($going[]; holds($o))) | {key: key, title: title, act: "gone", now: bare}),
    ($changed[] | $live[key] as $now | {key: key, title: title}
      + if $now == null then {act: "create"}
        elif comparable == ($now | comparable) and remembered == ($now | remembered) then {act: "same"}
        else {act: "change", now: ($now | bare), why: differences(comparable; $now | comparable)} end);
'
}

# Run a jq program with these functions. jq says what it does not like of the data: keep that out of logs. 65 when it was the data, 74
# without room, 69 when jq did not run to its end.
kubernetes_jq() {
  local program="$1" status=0
  shift
  jq -c "$(kubernetes_rules)$program" "$@" 2>"$RUN_DIR/kubernetes.jq" || status=$?
  ((status != 0)) || return 0
  log_debug "jq: $(tail -n 1 "$RUN_DIR/kubernetes.jq")"
  ! grep -e 'No space left' -e 'writing output failed' "$RUN_DIR/kubernetes.jq" >/dev/null 2>&1 || return "$EX_IO"
  if ((status == 5)) || grep -e 'parse error' -e 'jq: error (at' "$RUN_DIR/kubernetes.jq" >/dev/null 2>&1; then return "$EX_DATA"; fi
  log_error "jq did not run to its end ($(describe_status "$status"))"
  return "$EX_UNAVAILABLE"
}

# --- The cluster --------------------------------------------------------------------------------------------------------

# Demand that the cluster answers, and leave its version in KUBERNETES_VERSION.
kubernetes_reach() {
  require_tool kubectl jq
  [[ -e $KUBE_CONFIG ]] || die "$EX_CONFIG" "there is no kubeconfig $KUBE_CONFIG" 'is the path in the plan right?'
  [[ -r $KUBE_CONFIG ]] || die "$EX_NOPERM" "cannot read the kubeconfig $KUBE_CONFIG" 'run as a user who may'
  kube_ctl get --raw /version >"$RUN_DIR/kubernetes.version" 2>"$RUN_DIR/kubernetes.err" || kubernetes_die 'cannot ask the cluster for its version'
  # shellcheck disable=SC2034  # for hooks, where a script has them
  KUBERNETES_VERSION="$(jq -r .gitVersion "$RUN_DIR/kubernetes.version" 2>/dev/null)" || die "$EX_UNAVAILABLE" "what answers is no Kubernetes API server"
}

# Is there a cluster to compare with? A rehearsal can do without.
kubernetes_answers() {
  command -v kubectl >/dev/null 2>&1 && [[ -r $KUBE_CONFIG ]] && kube_ctl get --raw /version >/dev/null 2>&1
}

# What kubectl had to say, without its warnings, a line each, at most $1 lines. Values that the server quotes are left out: they may
# be secret.
kubernetes_words() {
  grep -v -e '^Warning:' -e '^WARNING' -e 'does not support dry run' -e '^ensure CRDs' -e '^[[:space:]]*$' -- "$RUN_DIR/kubernetes.err" |
    sed -E -e 's/^(Error from server|error)( \([A-Za-z]+\))?: //' -e 's/error when (creating|replacing|patching|deleting) "[^"]*": //' -e 's/ from "[^"]*kubernetes\.send": /: /' -e 's/(Invalid|Unsupported) value: ("([^"\\]|\\.)*"|[^:]*)/\1 value/g' |
    cut -c 1-300 | tail -n "$1" || true
}

# Leave because of kubectl, with the code that its words ask for.
kubernetes_die() {
  local what="$1" words
  words="$(kubernetes_words 1)"
  case "$(cat -- "$RUN_DIR/kubernetes.err")" in
    *Unauthorized* | *'must be logged in'* | *'certificate has expired'* | *'asked for the client to provide credentials'*) die "$EX_NOPERM" "$what: the cluster does not know who we are: $words" "has the certificate or token in $KUBE_CONFIG expired, or is it of another cluster?" ;;
    *'connection refused'* | *'Unable to connect'* | *'was refused'* | *'timeout'* | *'deadline exceeded'* | *'no route to host'* | *'TLS handshake'* | *'EOF'*) die "$EX_UNAVAILABLE" "$what: the API server does not answer: $words" 'does the control plane run, and is the address in the kubeconfig right?' ;;
    *'context'*'does not exist'* | *'error loading config'*) die "$EX_CONFIG" "$what: $words" "look at $KUBE_CONFIG and at the context in the plan" ;;
    *'exceeded quota'* | *'admission webhook'* | *'failed calling webhook'* | *'is immutable'* | *'are forbidden'* | *'is invalid'* | *'no matches for kind'*) die "$EX_CONFIG" "$what: $words" 'mend that in the cluster, then run this again' ;;
    *forbidden*) die "$EX_NOPERM" "$what: $words" 'give the user of the kubeconfig that right' ;;
  esac
  die "$EX_UNAVAILABLE" "$what: ${words:-kubectl failed without a word}"
}

# Print the types that are listed, joined by commas. A first word of `all` passes over what the plan leaves out.
kubernetes_types() {
  local lost type
  if ! kube_ctl api-resources --verbs=list,create -o name >"$RUN_DIR/kubernetes.types" 2>"$RUN_DIR/kubernetes.err"; then
    # An API that does not answer hides its types. Metrics have nothing to keep.
    lost="$(grep -o '[A-Za-z0-9.-]*/v[0-9a-z]*: ' "$RUN_DIR/kubernetes.err" | sed 's|/.*||' | grep -v 'metrics\.k8s\.io$' | sort -u | paste -s -d ' ' -)" || true
    grep 'complete list of server APIs' "$RUN_DIR/kubernetes.err" >/dev/null || kubernetes_die 'cannot ask the cluster for its types'
    [[ -z $lost ]] || die "$EX_UNAVAILABLE" "the cluster cannot say which types the API $lost has: a backup without them would not be whole" "mend what serves it (kubectl get apiservices), or delete its APIService"
  fi
  {
    # shellcheck disable=SC2086  # words
    printf '%s\n' $KUBERNETES_PASSING_TYPES
    if [[ $1 != all ]]; then
      for type in ${KUBERNETES_EXCLUDE[@]+"${KUBERNETES_EXCLUDE[@]}"}; do printf '%s\n' "$type"; done
    fi
    ((KUBERNETES_SECRETS)) || printf 'secrets\n'
  } >"$RUN_DIR/kubernetes.left-out"
  grep -v -x -F -f "$RUN_DIR/kubernetes.left-out" -- "$RUN_DIR/kubernetes.types" | grep -v '\.metrics\.k8s\.io$' | paste -s -d , -
}

# Write everything that is live, as one List, to a file: of the types that the plan says, or of `all`.
kubernetes_list() {
  local which="$1" file="$2" types namespace
  local -a flags=()
  types="$(kubernetes_types "$which")" || exit $?
  if ((${#KUBERNETES_NAMESPACES[@]} == 0)); then
    kube_ctl get "$types" --all-namespaces -o json >"$file" 2>"$RUN_DIR/kubernetes.err" || kubernetes_die 'cannot list the objects of the cluster'
    return 0
  fi
  kube_ctl api-resources --namespaced=true -o name >"$RUN_DIR/kubernetes.namespaced" 2>/dev/null || true
  types="$(tr , '\n' <<<"$types" | grep -x -F -f "$RUN_DIR/kubernetes.namespaced" | paste -s -d , -)"
  for namespace in "${KUBERNETES_NAMESPACES[@]}"; do
    flags=()
    # In a restore it may be lost.
    [[ $which != all ]] || flags+=(--ignore-not-found)
    kube_ctl get namespace "$namespace" -o json ${flags[@]+"${flags[@]}"} 2>"$RUN_DIR/kubernetes.err" || kubernetes_die "cannot read the namespace $namespace"
    kube_ctl get "$types" --namespace "$namespace" -o json 2>"$RUN_DIR/kubernetes.err" || kubernetes_die "cannot list the objects of $namespace"
  done >"$file.parts"
  kube_ctl get persistentvolumes -o json >"$file.volumes" 2>"$RUN_DIR/kubernetes.err" || kubernetes_die 'cannot list the volumes of the cluster'
  # In a restore every volume counts: one of the set may be there, and claimed from elsewhere.
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq '{kind: "List", items: ([inputs | each] + ($volumes[0].items | map(select($all == "all" or (.spec.claimRef.namespace as $n | ($spaces | split(" ")) | index($n))))))}' \
    -n --slurpfile volumes "$file.volumes" --arg all "$which" --arg spaces "${KUBERNETES_NAMESPACES[*]}" "$file.parts" >"$file"
}

# --- Backup -------------------------------------------------------------------------------------------------------------

# The cluster answers and says its types.
kind_preflight() {
  kubernetes_reach
  kubernetes_types plan >/dev/null
}

# List, clean, count.
kind_capture() {
  local kind count
  kubernetes_reach
  kubernetes_list plan "$RUN_DIR/kubernetes.live"
  kubernetes_jq objects_of_set -S "$RUN_DIR/kubernetes.live" >"$RUN_DIR/kubernetes.objects" || die "$EX_SOFTWARE" 'cannot read what the cluster says of its objects'
  write_payload_file resources.jsonl "$RUN_DIR/kubernetes.objects"
  manifest_add tool.kubernetes "$KUBERNETES_VERSION"
  manifest_add position.objects "$(wc -l <"$RUN_DIR/kubernetes.objects" | tr -d ' ')"
  manifest_add position.cluster "$(kubernetes_jq '.items[] | select(.kind == "Namespace" and .metadata.name == "kube-system") | .metadata.uid' -r "$RUN_DIR/kubernetes.live")"
  kubernetes_count <"$RUN_DIR/kubernetes.objects" >"$RUN_DIR/kubernetes.counts"
  while read -r kind count; do manifest_add "count.$kind" "$count"; done <"$RUN_DIR/kubernetes.counts"
  log_info "$(count_of "$(wc -l <"$RUN_DIR/kubernetes.objects" | tr -d ' ')" object) of $(count_of "$(wc -l <"$RUN_DIR/kubernetes.counts" | tr -d ' ')" kind), from Kubernetes $KUBERNETES_VERSION"
  rm -f -- "$RUN_DIR/kubernetes.live" "$RUN_DIR/kubernetes.objects"
}

# Count the objects on stdin: `kind number` lines. 65 when a line is no object.
kubernetes_count() {
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq 'reduce (inputs | if (.apiVersion and .kind and .metadata.name) then kind_of else error("no object") end) as $k ({}; .[$k] += 1) | to_entries[] | .key + " " + (.value | tostring)' -n -r
}

# The counts of the MANIFEST, in the same form.
kubernetes_promised() {
  manifest_group "$1" count | sed 's/=/ /'
}

# --- Verify and stage ---------------------------------------------------------------------------------------------------

# Every line is an object, and there are as many of each kind as were written.
kind_verify() {
  local set="$1"
  require_tool jq
  stream_payload "$set" resources.jsonl kubernetes_count >"$RUN_DIR/kubernetes.counts" || return "$(sysexit_of $? "$EX_UNAVAILABLE")"
  kubernetes_same_counts "$set" "$RUN_DIR/kubernetes.counts"
}

# Compare counts with the MANIFEST's.
kubernetes_same_counts() {
  [[ $(sort "$2") == "$(kubernetes_promised "$1" | sort)" ]] && return 0
  log_error "the set ${1##*/} does not hold as many objects of each kind as its MANIFEST says"
  return "$EX_DATA"
}

# The stage of a live restore is private, and on a local disk.
kind_stage_parent() {
  printf '%s\n' "$STATE_DIR"
}

# One file for each object, `42-Secret/<namespace>/<name>.json`, in folders that sort as they are created; and the stream itself.
kind_stage() {
  local set="$1" dir="$2"
  require_tool jq
  stream_payload "$set" resources.jsonl cat >"$dir/resources.jsonl"
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq '(order | tostring) + "-" + kind_of + "/" + (.metadata.namespace // "_cluster")' -r "$dir/resources.jsonl" | sort -u | while IFS= read -r folder; do
    mkdir -p -- "$dir/$folder"
  done
  # Indented objects have no line that begins with an @.
  jq -r "$(kubernetes_rules)"'"@" + (order | tostring) + "-" + kind_of + "/" + (.metadata.namespace // "_cluster") + "/" + .metadata.name + ".json", .' "$dir/resources.jsonl" |
    awk -v dir="$dir" '/^@/ { if (out) close(out); out = dir "/" substr($0, 2); next } { print >out }'
}

# As many files as objects. And would the cluster take them? A live restore that it would not take ends here, with nothing changed;
# a rehearsal only says so, when there is a cluster that answers.
kind_check_stage() {
  local set="$1" dir="$2" files
  files="$(find "$dir" -type f -name '*.json' | wc -l | tr -d ' ')"
  if [[ $files != "$(manifest_get "$set" position.objects)" ]]; then
    log_error "there are $files files of objects, $(manifest_get "$set" position.objects) were written: this file system did not take them all"
    return "$EX_IO"
  fi
  kubernetes_count <"$dir/resources.jsonl" >"$RUN_DIR/kubernetes.counts" || return "$(sysexit_of $? "$EX_UNAVAILABLE")"
  kubernetes_same_counts "$set" "$RUN_DIR/kubernetes.counts" || return "$EX_DATA"
  if is_live_stage "$dir"; then
    kubernetes_plan "$dir/resources.jsonl"
    kubernetes_refuse
  elif ! kubernetes_answers; then
    log_info 'no cluster answers: the set is not compared with one'
  elif (kubernetes_plan "$dir/resources.jsonl"); then
    log_info "in the cluster as it is now: $(kubernetes_tally)"
    kubernetes_show_refused log_warn
  else
    log_warn 'the set could not be compared with the cluster'
  fi
}

# Nothing was started.
kind_stage_stop() {
  return 0
}

# One line for people.
kind_stage_summary() {
  kubernetes_jq '[inputs] | "\(length | count_of("object")) of \(map(kind_of) | unique | length | count_of("kind")) in \(map(.metadata.namespace // empty) | unique | length | count_of("namespace"))"' -n -r "$1/resources.jsonl"
}

# --- What a restore would do --------------------------------------------------------------------------------------------

# Compare the objects of a file with what is live, and ask the server what it would make of each difference: $RUN_DIR/kubernetes.plan,
# an object's step a line. What the server refuses is in kubernetes.refused.
kubernetes_plan() {
  local objects="$1" verb plan="$RUN_DIR/kubernetes.plan"
  kubernetes_reach
  kubernetes_list all "$RUN_DIR/kubernetes.live"
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq 'steps($set)' --slurpfile set "$objects" "$RUN_DIR/kubernetes.live" >"$plan" || die "$EX_SOFTWARE" 'cannot compare the set with the cluster'
  rm -f -- "$RUN_DIR/kubernetes.live"
  : >"$RUN_DIR/kubernetes.refused"
  : >"$RUN_DIR/kubernetes.tried"
  for verb in create replace; do
    kubernetes_triable "$verb" >"$RUN_DIR/kubernetes.send"
    [[ -s $RUN_DIR/kubernetes.send ]] || continue
    if ! kube_ctl "$verb" --dry-run=server --validate=false -o json -f "$RUN_DIR/kubernetes.send" >>"$RUN_DIR/kubernetes.tried" 2>"$RUN_DIR/kubernetes.err"; then
      case "$(cat -- "$RUN_DIR/kubernetes.err")" in
        *'connection refused'* | *'Unable to connect'* | *Unauthorized*) kubernetes_die 'cannot ask the cluster what it would take' ;;
      esac
      kubernetes_words 100 >>"$RUN_DIR/kubernetes.refused"
    fi
  done
  # A difference that the server's own defaults make up for is none.
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq '(reduce ($tried[] | each) as $o ({}; .[$o | key] = ($o | comparable))) as $made
    | inputs | if .act == "change" and $made[.key] then .now as $now | $made[.key] as $new
        | if $new == $now and .also == [] then {key, title, order, act: "same"} else .why = differences($new; $now) end else . end
      | del(.now) | .why = (.why // []) + (.also // [])' \
    -n --slurpfile tried "$RUN_DIR/kubernetes.tried" "$plan" >"$plan.new" || die "$EX_SOFTWARE" 'cannot read what the server says of the set'
  mv -f -- "$plan.new" "$plan"
  rm -f -- "$RUN_DIR/kubernetes.tried" "$RUN_DIR/kubernetes.send"
}

# Print a List of the objects for a verb that the server can judge now: not those whose namespace or type comes with the restore, and no
# Pods, whose ServiceAccount may.
# A Service may be refused for its old address only, and then gets another.
kubernetes_triable() {
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq '[inputs] | (map(select(.act == "create") | .object)) as $new
    | ($new | map(select(.kind == "Namespace") | .metadata.name)) as $spaces
    | ($new | map(select(.kind == "CustomResourceDefinition") | .spec.names.kind + "." + .spec.group)) as $types
    | map(select(.act == (if $verb == "create" then "create" else "change" end)) | .object
        | select((.kind == "Pod" and $verb == "create" | not) and (.metadata.namespace as $n | $spaces | index($n) | not) and (kind_of as $k | $types | index($k) | not))
        | forgetful | if $verb == "create" and .kind == "Service" and .spec.clusterIP != "None" then del(.spec.clusterIP, .spec.clusterIPs) else . end)
    | select(length > 0) | {apiVersion: "v1", kind: "List", items: .}' -n --arg verb "$1" "$RUN_DIR/kubernetes.plan"
}

# The number of steps of a sort, of the plan or of another file.
kubernetes_steps() {
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq '[inputs | select(.act == $act)] | length' -n --arg act "$1" "${2:-$RUN_DIR/kubernetes.plan}"
}

# The steps in numbers.
kubernetes_tally() {
  printf '%s to create, %s to change, %s unchanged\n' "$(kubernetes_steps create)" "$(kubernetes_steps change)" "$(kubernetes_steps same)"
}

# Print the steps of a sort, of the plan or of another file, a line each, with what differs; not too many.
kubernetes_lines() {
  local act="$1" file="${2:-$RUN_DIR/kubernetes.plan}" total
  total="$(kubernetes_steps "$act" "$file")"
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq 'select(.act == $act) | .title + (if (.why // []) | length > 0 then ": " + (.why[:4] | join(", ")) + (if (.why | length) > 4 then " and \((.why | length) - 4) more" else "" end) else "" end)' -r --arg act "$act" "$file" | awk -v most="$KUBERNETES_SHOWN" 'NR <= most'
  ((total <= KUBERNETES_SHOWN)) || printf 'and %d more\n' $((total - KUBERNETES_SHOWN))
}

# Log what the server would refuse, with log_warn or log_error.
kubernetes_show_refused() {
  local line
  while IFS= read -r line; do "$1" "the cluster would refuse: $line"; done < <(head -n 10 "$RUN_DIR/kubernetes.refused")
}

# Stop a live restore that could not be carried through.
kubernetes_refuse() {
  local going
  going="$(kubernetes_lines going | paste -s -d ';' -)"
  [[ -z $going ]] || die "$EX_TEMPFAIL" "the cluster is still deleting: $going" 'wait until they are gone, then run this again; what hangs there has a finalizer that nobody serves'
  [[ -s $RUN_DIR/kubernetes.refused ]] || return 0
  kubernetes_show_refused log_error
  die "$EX_CONFIG" "the cluster would refuse $(wc -l <"$RUN_DIR/kubernetes.refused" | tr -d ' ') objects of the set: nothing was changed" 'mend that in the cluster (an object with immutable fields has to be deleted first), or take single objects from a restore --into DIR'
}

# Say what a live restore changes: a diff that the server has a part in.
kind_describe_restore() {
  local set="$1" line found
  stream_payload "$set" resources.jsonl cat >"$RUN_DIR/kubernetes.objects" || exit "$(sysexit_of $? "$EX_IO")"
  kubernetes_plan "$RUN_DIR/kubernetes.objects"
  rm -f -- "$RUN_DIR/kubernetes.objects"
  found="$(kube_ctl get namespace kube-system -o 'jsonpath={.metadata.uid}' 2>/dev/null)" || found=''
  printf '  in the cluster %s, Kubernetes %s (the set: %s)\n' "$(kube_ctl config view --minify -o 'jsonpath={.clusters[0].cluster.server}' 2>/dev/null)" "$KUBERNETES_VERSION" "$(manifest_get "$set" tool.kubernetes)"
  [[ -z $found || -z $(manifest_get "$set" position.cluster) || $found == "$(manifest_get "$set" position.cluster)" ]] || printf '  which is not the cluster that was backed up\n'
  printf '  objects: %s\n' "$(kubernetes_tally)"
  while IFS= read -r line; do printf '    create %s\n' "$line"; done < <(kubernetes_lines create)
  while IFS= read -r line; do printf '    change %s\n' "$line"; done < <(kubernetes_lines change)
  while IFS= read -r line; do printf '    STOP: the cluster is still deleting %s\n' "$line"; done < <(kubernetes_lines going)
  while IFS= read -r line; do printf '    STOP: the cluster would refuse: %s\n' "$line"; done < <(head -n "$KUBERNETES_SHOWN" "$RUN_DIR/kubernetes.refused")
  printf '  delete nothing: what the set does not hold stays\n'
}

# --- Live ---------------------------------------------------------------------------------------------------------------

# Put aside what will change, note what will be created, then do it in order.
kind_swap() {
  local dir="$2" order journal="$STATE_DIR/$ASSET.kubernetes"
  rm -rf -- "$journal.new" "$journal"
  mkdir -- "$journal.new"
  kubernetes_jq 'select(.act == "change") | .before' "$RUN_DIR/kubernetes.plan" >"$journal.new/changed"
  kubernetes_jq 'select(.act == "create") | .object | {apiVersion, kind, metadata: (.metadata | {name, namespace} | with_entries(select(.value)))}' "$RUN_DIR/kubernetes.plan" >"$journal.new/created"
  sync_paths "$journal.new/changed" "$journal.new/created" "$journal.new"
  mv -- "$journal.new" "$journal"
  kubernetes_jq 'select(.act == "create" or .act == "change") | .order' "$RUN_DIR/kubernetes.plan" | sort -n -u >"$RUN_DIR/kubernetes.orders"
  while read -r order; do
    # shellcheck disable=SC2016  # jq's variables
    kubernetes_jq 'select((.act == "create" or .act == "change") and .order == $order) | .object' --argjson order "$order" "$RUN_DIR/kubernetes.plan" >"$RUN_DIR/kubernetes.todo"
    kubernetes_send "$RUN_DIR/kubernetes.todo"
    ((order != 10)) || kubernetes_await_types
  done <"$RUN_DIR/kubernetes.orders"
  log_info "objects: $(kubernetes_steps create) created, $(kubernetes_steps change) changed, $(kubernetes_steps same) unchanged"
}

# Create or replace the objects of a file, until the server has taken all. Each is first created, which fails for one that exists,
# then replaced. A Service that does not get its old address gets a new one.
kubernetes_send() {
  local todo="$1" try verb
  cp -- "$todo" "$todo.all"
  for ((try = 1; try <= KUBERNETES_TRIES; try++)); do
    for verb in create replace; do
      kubernetes_jq '[inputs | forgetful] | select(length > 0) | {apiVersion: "v1", kind: "List", items: .}' -n "$todo" >"$RUN_DIR/kubernetes.send" || die "$EX_IO" "cannot write in $RUN_DIR"
      [[ -s $RUN_DIR/kubernetes.send ]] || break
      kube_ctl "$verb" --validate=false -o json -f "$RUN_DIR/kubernetes.send" >"$RUN_DIR/kubernetes.done" 2>"$RUN_DIR/kubernetes.$verb" || true
      # shellcheck disable=SC2016  # jq's variables
      kubernetes_jq '(reduce ($taken[] | each | key) as $k ({}; .[$k] = true)) as $taken | inputs | select($taken[key] | not)' -n --slurpfile taken "$RUN_DIR/kubernetes.done" "$todo" >"$todo.left" || die "$EX_IO" "cannot write in $RUN_DIR"
      mv -f -- "$todo.left" "$todo"
    done
    [[ -s $todo ]] || break
    # Of the two errors of an object the one counts that is not about its being there or not.
    {
      grep -v '(AlreadyExists)' "$RUN_DIR/kubernetes.create"
      grep -v '(NotFound)' "$RUN_DIR/kubernetes.replace"
    } >"$RUN_DIR/kubernetes.err" || true
    ((try < KUBERNETES_TRIES)) || kubernetes_die "the cluster does not take $(kubernetes_jq title -r "$todo" | awk 'NR <= 3' | paste -s -d ';' -)"
    log_debug "not yet taken: $(kubernetes_words 3 | paste -s -d ';' -)"
    kubernetes_jq 'if .kind == "Service" and .spec.clusterIP != "None" then del(.spec.clusterIP, .spec.clusterIPs) else . end' "$todo" >"$todo.left" || die "$EX_IO" "cannot write in $RUN_DIR"
    mv -f -- "$todo.left" "$todo"
    sleep 2
  done
  kubernetes_remind "$todo.all"
}

# Give objects back what `kubectl apply` remembers of them, so that the next apply sees what its user changed, and no more. One whose
# memory is of an API that is gone cannot have it: that loses nothing but the memory.
kubernetes_remind() {
  kubernetes_jq '[inputs | remembered | select(type == "object")] | select(length > 0) | {apiVersion: "v1", kind: "List", items: .}' -n "$1" >"$RUN_DIR/kubernetes.send"
  [[ -s $RUN_DIR/kubernetes.send ]] || return 0
  kube_ctl apply set-last-applied --create-annotation=true -f "$RUN_DIR/kubernetes.send" >/dev/null 2>"$RUN_DIR/kubernetes.err" ||
    log_warn "kubectl apply does not remember all objects: $(kubernetes_words 1)"
}

# A type is of use when the server has established it.
kubernetes_await_types() {
  local -a names=()
  local name
  # names is never empty: this comes after types were sent.
  while IFS= read -r name; do names+=("customresourcedefinition/$name"); done < <(kubernetes_jq 'select(.order == 10 and .act != "same") | .object.metadata.name' -r "$RUN_DIR/kubernetes.plan")
  kube_ctl wait --for=condition=Established --timeout="${KUBERNETES_PATIENCE}s" "${names[@]}" >/dev/null 2>"$RUN_DIR/kubernetes.err" || kubernetes_die 'a type was not established'
}

# Everything of the set is there. What differs has been changed by somebody else meanwhile: a controller, an autoscaler.
kind_check_live() {
  local set="$1" missing line journal="$STATE_DIR/$ASSET.kubernetes" kept
  stream_payload "$set" resources.jsonl cat >"$RUN_DIR/kubernetes.objects" || return "$(sysexit_of $? "$EX_IO")"
  kubernetes_plan "$RUN_DIR/kubernetes.objects"
  # What ends by itself may have ended.
  missing="$(kubernetes_jq 'select(.act == "create" and .object.kind != "Pod" and .object.kind != "Job") | .title' -r "$RUN_DIR/kubernetes.plan" | awk 'NR <= 3' | paste -s -d ';' -)"
  if [[ -n $missing ]]; then
    log_error "the cluster does not hold all of the set: $missing"
    return "$EX_DATA"
  fi
  while IFS= read -r line; do log_warn "differs from the set, changed by something else: $line"; done < <(kubernetes_lines change)
  log_info "the cluster holds $(count_of "$(kubernetes_steps same)" object) of the set unchanged"
  if [[ -s $journal/changed ]]; then
    kept="$(kubernetes_kept_file)"
    (encrypt_stream) <"$journal/changed" >"$kept" || die "$EX_IO" "cannot write $kept"
    log_info "what the changed objects were before is kept in $kept; remove it when you no longer need it"
  fi
  rm -rf -- "$journal"
}

# Where the old form of objects is kept.
kubernetes_kept_file() {
  find_suffix none "$ENCRYPTION"
  printf '%s\n' "$STATE_DIR/$ASSET.lifeboat-old-$STAMP.jsonl$SUFFIX"
}

# Say what an undo would do to what is live now: people may have worked since the restore.
kind_describe_undo() {
  local line plan="$RUN_DIR/kubernetes.undo"
  [[ -d $STATE_DIR/$ASSET.kubernetes ]] || return 0
  kubernetes_plan_undo
  printf '  keep %s that it deletes or changes, as they are now, in %s\n' "$(count_of "$(kubernetes_jq 'select(.now and .act != "leave")' "$plan" | wc -l | tr -d ' ')" object)" "$(kubernetes_kept_file)"
  while IFS= read -r line; do printf '    delete %s\n' "$line"; done < <(kubernetes_lines delete "$plan")
  while IFS= read -r line; do printf '    delete %s, which is done\n' "$line"; done < <(kubernetes_lines gone "$plan")
  while IFS= read -r line; do printf '    change %s\n' "$line"; done < <(kubernetes_lines change "$plan")
  while IFS= read -r line; do printf '    create %s, which is gone\n' "$line"; done < <(kubernetes_lines create "$plan")
  while IFS= read -r line; do printf '    leave %s (not made by the restore)\n' "$line"; done < <(kubernetes_lines leave "$plan")
}

# What an undo would do, a step a line, in $RUN_DIR/kubernetes.undo. A namespace whose Secrets the plan leaves out is looked into all the
# same: when it holds one, or that cannot be seen, it stays.
kubernetes_plan_undo() {
  local name journal="$STATE_DIR/$ASSET.kubernetes" live="$RUN_DIR/kubernetes.live"
  kubernetes_reach
  kubernetes_list all "$live"
  if ((!KUBERNETES_SECRETS)); then
    cp -- "$live" "$live.parts" || die "$EX_IO" "cannot write in $RUN_DIR"
    while IFS= read -r name; do
      kube_ctl get secrets --namespace "$name" -o json >>"$live.parts" 2>/dev/null ||
        printf '{"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"%s","name":"any"}}\n' "$name" >>"$live.parts"
    done < <(kubernetes_jq 'select(.kind == "Namespace") | .metadata.name' -r "$journal/created")
    kubernetes_jq '{kind: "List", items: [inputs | each]}' -n "$live.parts" >"$live" || die "$EX_IO" "cannot write in $RUN_DIR"
  fi
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq 'undo_steps($created; $changed)' --slurpfile created "$journal/created" --slurpfile changed "$journal/changed" "$live" >"$RUN_DIR/kubernetes.undo" || die "$EX_SOFTWARE" 'cannot compare what the restore did with the cluster'
  rm -f -- "$live" "$live.parts"
}

# Keep what an undo takes away, before it does: somebody may have worked on it since the restore.
kubernetes_keep_undone() {
  local kept
  kept="$(kubernetes_kept_file)"
  kubernetes_jq 'select(.act != "leave") | .now // empty' "$RUN_DIR/kubernetes.undo" >"$RUN_DIR/kubernetes.kept" || die "$EX_IO" "cannot write in $RUN_DIR"
  [[ -s $RUN_DIR/kubernetes.kept ]] || return 0
  (encrypt_stream) <"$RUN_DIR/kubernetes.kept" >"$kept" || die "$EX_IO" "cannot write $kept"
  sync_paths "$kept" || die "$EX_IO" "cannot write $kept"
  log_info "what was live until now of the $(count_of "$(wc -l <"$RUN_DIR/kubernetes.kept" | tr -d ' ')" object) that this changes is kept in $kept; remove it when you no longer need it"
}

# Take back what a restore did: delete what it created, give what it changed its old form. What was live is kept when somebody may have
# worked on it.
kind_rollback() {
  local journal="$STATE_DIR/$ASSET.kubernetes" created="$RUN_DIR/kubernetes.created" order kind line
  rm -rf -- "$journal.new"
  [[ -d $journal ]] || return 0
  kubernetes_reach
  cp -- "$journal/created" "$created" || die "$EX_IO" "cannot read $journal/created"
  if [[ ${UNDOING:-own} == later ]]; then
    kubernetes_plan_undo
    kubernetes_keep_undone
    # shellcheck disable=SC2016  # jq's variables
    kubernetes_jq '(reduce $steps[] as $s ({}; if $s.act == "leave" then .[$s.key] = true else . end)) as $stays | inputs | select($stays[key] | not)' -n --slurpfile steps "$RUN_DIR/kubernetes.undo" "$journal/created" >"$created" || die "$EX_IO" "cannot read $journal/created"
    while IFS= read -r line; do log_warn "stays, since it holds what the restore did not make: $line"; done < <(kubernetes_lines leave "$RUN_DIR/kubernetes.undo")
  fi
  kubernetes_protect_volumes "$created" "$journal/changed"
  kubernetes_jq '"\(order) \(kind_of)"' -r "$created" >"$RUN_DIR/kubernetes.kinds" || die "$EX_IO" "cannot read $journal/created"
  sort -rn -u -- "$RUN_DIR/kubernetes.kinds" >"$RUN_DIR/kubernetes.orders"
  while read -r order kind; do
    kubernetes_delete "$created" "$kind"
    ((order > 20)) || kubernetes_await_gone
  done <"$RUN_DIR/kubernetes.orders"
  cp -- "$journal/changed" "$RUN_DIR/kubernetes.todo" || die "$EX_IO" "cannot read $journal/changed"
  kubernetes_send "$RUN_DIR/kubernetes.todo"
  rm -rf -- "$journal"
}

# Delete the objects of a kind. A type that was never created has none.
kubernetes_delete() {
  local file="$1" kind="$2"
  # shellcheck disable=SC2016  # jq's variables
  kubernetes_jq '[inputs | select(kind_of == $kind)] | {apiVersion: "v1", kind: "List", items: .}' -n --arg kind "$kind" "$file" >"$RUN_DIR/kubernetes.send" || die "$EX_IO" "cannot read $file"
  kube_ctl delete --ignore-not-found --wait=false -f "$RUN_DIR/kubernetes.send" >/dev/null 2>"$RUN_DIR/kubernetes.err" || ! kubernetes_words 9 | grep -v 'no matches for kind' >/dev/null || kubernetes_die "cannot delete what the restore created ($kind)"
}

# Namespaces and types take a while to go.
kubernetes_await_gone() {
  local end=$((SECONDS + KUBERNETES_PATIENCE))
  while [[ -n $(kube_ctl get --ignore-not-found -o name -f "$RUN_DIR/kubernetes.send" 2>/dev/null) ]]; do
    if ((SECONDS > end)); then
      log_warn 'the cluster is still deleting what the restore created'
      return 0
    fi
    sleep 1
  done
}

# Before claims are deleted: no volume that the restore made or bound, or that one of these claims has got since, may be deleted with
# them. The files of what was created and changed.
kubernetes_protect_volumes() {
  local name
  kubernetes_jq '[inputs | select(.kind == "PersistentVolumeClaim")] | select(length > 0) | {apiVersion: "v1", kind: "List", items: .}' -n "$1" >"$RUN_DIR/kubernetes.send" || die "$EX_IO" "cannot read $1"
  : >"$RUN_DIR/kubernetes.claims"
  if [[ -s $RUN_DIR/kubernetes.send ]]; then
    kube_ctl get --ignore-not-found -o json -f "$RUN_DIR/kubernetes.send" >"$RUN_DIR/kubernetes.claims" 2>"$RUN_DIR/kubernetes.err" || kubernetes_die 'cannot look at the claims that the restore created'
  fi
  {
    kubernetes_jq 'select(.kind == "PersistentVolume") | .metadata.name' -r "$1" "$2"
    kubernetes_jq 'each | .spec.volumeName // empty' -r "$RUN_DIR/kubernetes.claims"
  } | sort -u >"$RUN_DIR/kubernetes.volumes"
  while IFS= read -r name; do
    kube_ctl patch persistentvolume "$name" --patch '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}' >/dev/null 2>"$RUN_DIR/kubernetes.err" || grep NotFound "$RUN_DIR/kubernetes.err" >/dev/null || kubernetes_die "cannot protect the volume $name"
  done <"$RUN_DIR/kubernetes.volumes"
}
