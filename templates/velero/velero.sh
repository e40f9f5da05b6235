# Velero: its server in the cluster makes the backups and keeps them in its own object store. A set is the proof and the handle of one of
# them: the Backup as it ended, and the location that it lies in. Everything goes through Velero's own types and the API server.

# The journal of a live restore: $STATE_DIR/$ASSET.velero.
readonly UNDO_JOURNAL=velero
# Seconds between two looks at what Velero does.
readonly VELERO_POLL=1
# Types that the scripts use; the server wants more, but brings them all at once.
readonly VELERO_TYPES='backups restores schedules backupstoragelocations'
# Namespaces of the cluster's own, which no drill restores anywhere.
readonly VELERO_SYSTEM_NAMESPACES='kube-system kube-public kube-node-lease'
# What a drill of `objects` restores: nothing that starts, listens, or costs money.
readonly VELERO_QUIET_TYPES='configmaps secrets serviceaccounts roles.rbac.authorization.k8s.io rolebindings.rbac.authorization.k8s.io'

# --- The cluster, and what it says ----------------------------------------------------------------------------------------

# kubectl in Velero's namespace.
velero_ctl() {
  kube_ctl --namespace "$VELERO_NAMESPACE" "$@"
}

# Demand that the cluster answers, and leave its version in VELERO_KUBERNETES.
velero_reach() {
  require_tool kubectl jq
  [[ -e $KUBE_CONFIG ]] || die "$EX_CONFIG" "there is no kubeconfig $KUBE_CONFIG" 'is the path in the plan right?'
  [[ -r $KUBE_CONFIG ]] || die "$EX_NOPERM" "cannot read the kubeconfig $KUBE_CONFIG" 'run as a user who may'
  kube_ctl get --raw /version >"$RUN_DIR/velero.version" 2>"$RUN_DIR/velero.err" || velero_die 'cannot ask the cluster for its version'
  VELERO_KUBERNETES="$(jq -r .gitVersion "$RUN_DIR/velero.version" 2>/dev/null)" || die "$EX_UNAVAILABLE" 'what answers is no Kubernetes API server'
  log_debug "Kubernetes $VELERO_KUBERNETES"
}

# The last line that kubectl had to say, without its warnings.
velero_words() {
  grep -v -e '^Warning:' -e '^WARNING' -e '^[[:space:]]*$' -- "$RUN_DIR/velero.err" | sed -E -e 's/^(Error from server|error)( \([A-Za-z]+\))?: //' -e 's|"[^"]*/velero\.send": ||' | cut -c 1-300 | tail -n 1 || true
}

# Leave because of kubectl, with the code that its words ask for.
velero_die() {
  local what="$1" words
  words="$(velero_words)"
  case "$(cat -- "$RUN_DIR/velero.err")" in
    *Unauthorized* | *'must be logged in'* | *'certificate has expired'* | *'asked for the client to provide credentials'*) die "$EX_NOPERM" "$what: the cluster does not know who we are: $words" "has the certificate or token in $KUBE_CONFIG expired, or is it of another cluster?" ;;
    *'connection refused'* | *'Unable to connect'* | *'was refused'* | *'timeout'* | *'deadline exceeded'* | *'no route to host'* | *'TLS handshake'* | *'EOF'*) die "$EX_UNAVAILABLE" "$what: the API server does not answer: $words" 'does the control plane run, and is the address in the kubeconfig right?' ;;
    *'context'*'does not exist'* | *'error loading config'*) die "$EX_CONFIG" "$what: $words" "look at $KUBE_CONFIG and at the context in the plan" ;;
    *'unknown field'*) die "$EX_CONFIG" "$what: Velero's types in the cluster do not know a field: $words" 'the scripts speak to Velero 1.10 or later: upgrade it, its custom types first' ;;
    *'no matches for kind'* | *"doesn't have a resource type"*) die "$EX_UNAVAILABLE" "$what: Velero is not installed: $words" "run setup-$ASSET.sh" ;;
    *'(Invalid)'* | *'is invalid'* | *'error validating'* | *'admission webhook'* | *'is immutable'* | *'exceeded quota'*) die "$EX_CONFIG" "$what: $words" 'mend that in the plan or in the cluster, then run this again' ;;
    *forbidden* | *Forbidden*) die "$EX_NOPERM" "$what: $words" 'give the user of the kubeconfig that right' ;;
  esac
  die "$EX_UNAVAILABLE" "$what: ${words:-kubectl failed without a word}"
}

# Which of Velero's types does the cluster not have? Prints them.
velero_missing_types() {
  local type
  kube_ctl get customresourcedefinitions -o name >"$RUN_DIR/velero.types" 2>"$RUN_DIR/velero.err" || velero_die "cannot ask the cluster for its custom types"
  for type in $VELERO_TYPES; do
    grep -q -x "customresourcedefinition.apiextensions.k8s.io/$type.velero.io" "$RUN_DIR/velero.types" || printf '%s\n' "$type.velero.io"
  done
}

# Demand Velero's types.
velero_installed() {
  local missing
  missing="$(velero_missing_types | paste -s -d ' ' -)" || exit $?
  [[ -z $missing ]] || die "$EX_UNAVAILABLE" "Velero is not installed in the cluster: it has no $missing" "run setup-$ASSET.sh (first with --dry-run)"
}

# Is the storage location there, the plan's, and available? `write` also demands that backups may go there.
velero_check_location() {
  local purpose="$1" file="$RUN_DIR/velero.location" is planned phase
  if ! velero_ctl get backupstoragelocations.velero.io "$VELERO_LOCATION" -o json >"$file" 2>"$RUN_DIR/velero.err"; then
    grep NotFound "$RUN_DIR/velero.err" >/dev/null || velero_die "cannot read the storage location $VELERO_LOCATION"
    die "$EX_CONFIG" "Velero has no storage location $VELERO_LOCATION in the namespace $VELERO_NAMESPACE" "run setup-$ASSET.sh"
  fi
  is="$(jq -r '[(.spec.provider | ltrimstr("velero.io/")), .spec.objectStorage.bucket, .spec.objectStorage.prefix // ""] | join(" ")' "$file")"
  planned="${VELERO_PROVIDER#velero.io/} $VELERO_BUCKET $VELERO_PREFIX"
  [[ $is == "$planned" ]] || die "$EX_CONFIG" "the storage location $VELERO_LOCATION is not the plan's: it is '$is', the plan says '$planned'" "if the plan is right, run setup-$ASSET.sh"
  phase="$(jq -r '.status.phase // ""' "$file")"
  case "$phase" in
    Available) ;;
    '') die "$EX_UNAVAILABLE" "nobody has looked at the storage location $VELERO_LOCATION yet" "does Velero's server run? kubectl --namespace $VELERO_NAMESPACE get pods" ;;
    *) die "$EX_UNAVAILABLE" "the storage location $VELERO_LOCATION is $phase: $(jq -r '.status.message // "Velero does not say why"' "$file" | tr '\n' ' ' | cut -c 1-300)" "is the bucket $VELERO_BUCKET there, and may Velero's credentials use it? setup-$ASSET.sh sets both" ;;
  esac
  [[ $purpose != write || $(jq -r '.spec.accessMode // ""' "$file") != ReadOnly ]] || die "$EX_CONFIG" "the storage location $VELERO_LOCATION is read-only" 'as after a restore? set its accessMode to ReadWrite'
}

# Warn of a server or a node agent that does not run: what they should do would not be done.
velero_check_servers() {
  if [[ $(velero_ctl get deployment velero -o 'jsonpath={.metadata.name} {.status.availableReplicas}' 2>/dev/null) == 'velero ' ]]; then
    log_warn "no replica of the Deployment velero is available: kubectl --namespace $VELERO_NAMESPACE get pods"
  fi
  [[ $VELERO_VOLUMES == file-system ]] || return 0
  case "$(velero_ctl get daemonset node-agent -o 'jsonpath=-{.status.numberReady}' 2>/dev/null)" in
    '') log_warn "there is no DaemonSet node-agent in $VELERO_NAMESPACE: the data of volumes cannot be backed up; setup-$ASSET.sh installs it" ;;
    - | -0) log_warn 'the node agent runs on no node: the data of volumes cannot be backed up' ;;
  esac
}

# --- What Velero is asked for: jq -------------------------------------------------------------------------------------------

# Print the plan as JSON, for the programs below.
velero_plan() {
  # Lists are one text, a word a line.
  local IFS=$'\n'
  # shellcheck disable=SC2016  # jq's variables
  jq -n -c --arg namespace "$VELERO_NAMESPACE" --arg asset "$(velero_word "$ASSET" 40)" --arg image "$VELERO_IMAGE" --arg plugins "${VELERO_PLUGINS[*]}" \
    --arg provider "$VELERO_PROVIDER" --arg bucket "$VELERO_BUCKET" --arg prefix "$VELERO_PREFIX" --arg config "${VELERO_CONFIG[*]:-}" --arg secret "$VELERO_CREDENTIALS" \
    --arg location "$VELERO_LOCATION" --arg volumes "$VELERO_VOLUMES" --arg snapshots "${VELERO_SNAPSHOT_CONFIG[*]:-}" --arg included "${VELERO_INCLUDED[*]:-}" \
    --arg excluded "${VELERO_EXCLUDED[*]:-}" --argjson ttl "$VELERO_TTL" --arg schedule "$VELERO_SCHEDULE" --arg kubelet "$VELERO_KUBELET" --arg existing "$VELERO_EXISTING" \
    '{$namespace, $asset, $image, $plugins, $provider, $bucket, $prefix, $config, secret: ($secret != ""), $location, $volumes, $snapshots, $included, $excluded, $ttl, $schedule, $kubelet, $existing}
      | (.plugins, .config, .snapshots, .included, .excluded) |= split("\n") - [""]
      | .ttl |= "\(. / 3600 | floor)h\(. % 3600 / 60 | floor)m\(. % 60)s"
      | (.config, .snapshots) |= (map(index("=") as $i | {(.[:$i]): .[$i + 1:]}) | add // {})'
}

# A word that Kubernetes takes as a name and as a label's value, no longer than $2.
velero_word() {
  local word
  word="$(printf '%s' "$1" | tr 'A-Z_.' 'a-z--' | tr -c -d 'a-z0-9-')"
  word="${word:0:$2}"
  while [[ $word == -* ]]; do word="${word#-}"; done
  printf '%s\n' "${word:-asset}"
}

# The name of what a run of the asset asks for: `orders-20261122t020000z`.
velero_name() {
  velero_word "$(velero_word "$ASSET" 40)-$1" 63
}

# Print the functions that make the objects of the plan $p.
velero_rules() {
  # shellcheck disable=SC2016  # jq's variables
  printf '%s\n' '
def labels: {"app.kubernetes.io/managed-by": "lifeboat", "lifeboat/asset": $p.asset};
def object($api; $kind; $name): {apiVersion: $api, kind: $kind, metadata: {name: $name, namespace: $p.namespace, labels: labels}};
def given(f): if f == "" or f == [] or f == {} then empty else f end;
def backup_spec:
  {storageLocation: $p.location, ttl: $p.ttl, defaultVolumesToFsBackup: ($p.volumes == "file-system"), snapshotVolumes: ($p.volumes == "snapshots")}
  + ({includedNamespaces: given($p.included)} // {}) + ({excludedNamespaces: given($p.excluded)} // {})
  + if $p.volumes == "snapshots" then {volumeSnapshotLocations: [$p.location]} else {} end;
def backup($name): object("velero.io/v1"; "Backup"; $name) + {spec: backup_spec};
def restore($name; $backup): object("velero.io/v1"; "Restore"; $name) + {spec: {backupName: $backup, existingResourcePolicy: $p.existing}};

# Into namespaces of the own, beside what lives.
def drill($name; $backup; $spaces; $scope; $types):
  object("velero.io/v1"; "Restore"; $name)
  + {spec: ({backupName: $backup, includedNamespaces: ($spaces | keys), namespaceMapping: $spaces, preserveNodePorts: false}
      + if $scope == "objects" then {includedResources: $types, includeClusterResources: false, restorePVs: false}
        else {excludedResources: ["ingresses.networking.k8s.io"]} end)};

def mount($name; $path): {name: $name, mountPath: $path};
def folder($name; $path): {name: $name, hostPath: {path: $path}};
def scratch: {name: "scratch", emptyDir: {}};
def variables:
  [{name: "VELERO_NAMESPACE", valueFrom: {fieldRef: {fieldPath: "metadata.namespace"}}}, {name: "VELERO_SCRATCH_DIR", value: "/scratch"}]
  + if $p.secret then ["AWS_SHARED_CREDENTIALS_FILE", "GOOGLE_APPLICATION_CREDENTIALS", "AZURE_CREDENTIALS_FILE"] | map({name: ., value: "/credentials/cloud"}) else [] end;
def with_credentials:
  if $p.secret then .containers[0].volumeMounts += [mount("cloud-credentials"; "/credentials")]
    | .volumes += [{name: "cloud-credentials", secret: {secretName: "cloud-credentials"}}] else . end;
# What an init container is called matters to nobody, but two must differ.
def plugin_name: (split("/") | last | split("@")[0] | split(":")[0] | gsub("[^a-z0-9-]"; "-"));

def server: object("apps/v1"; "Deployment"; "velero") | .metadata.labels.component = "velero" | .spec = {
  replicas: 1, strategy: {type: "Recreate"}, selector: {matchLabels: {deploy: "velero"}},
  template: {metadata: {labels: {component: "velero", deploy: "velero"}}, spec: ({
    serviceAccountName: "velero", restartPolicy: "Always",
    initContainers: [$p.plugins | to_entries[] | {name: "\(.value | plugin_name | .[:50])-\(.key)", image: .value, imagePullPolicy: "IfNotPresent", volumeMounts: [mount("plugins"; "/target")]}],
    containers: [{name: "velero", image: $p.image, imagePullPolicy: "IfNotPresent", command: ["/velero"],
      args: ["server", "--uploader-type=kopia"],
      ports: [{name: "metrics", containerPort: 8085}],
      env: (variables + [{name: "LD_LIBRARY_PATH", value: "/plugins"}]),
      resources: {requests: {cpu: "500m", memory: "128Mi"}, limits: {cpu: "1", memory: "1Gi"}},
      volumeMounts: [mount("plugins"; "/plugins"), mount("scratch"; "/scratch")]}],
    volumes: [{name: "plugins", emptyDir: {}}, scratch]} | with_credentials)}};
def agent: object("apps/v1"; "DaemonSet"; "node-agent") | .metadata.labels.component = "velero" | .spec = {
  selector: {matchLabels: {name: "node-agent"}},
  template: {metadata: {labels: {component: "velero", name: "node-agent", role: "node-agent"}}, spec: ({
    serviceAccountName: "velero", securityContext: {runAsUser: 0},
    containers: [{name: "node-agent", image: $p.image, imagePullPolicy: "IfNotPresent", command: ["/velero"], args: ["node-agent", "server"],
      env: (variables + [{name: "NODE_NAME", valueFrom: {fieldRef: {fieldPath: "spec.nodeName"}}}]),
      volumeMounts: [mount("host-pods"; "/host_pods") + {mountPropagation: "HostToContainer"},
        mount("host-plugins"; $p.kubelet + "/plugins") + {mountPropagation: "HostToContainer"}, mount("scratch"; "/scratch")]}],
    volumes: [folder("host-pods"; $p.kubelet + "/pods"), folder("host-plugins"; $p.kubelet + "/plugins"), scratch]} | with_credentials)}};

# All that an installation is, in the order in which it can be created. The credentials come as base64.
def installation($credentials):
  (object("v1"; "Namespace"; $p.namespace) | del(.metadata.namespace)),
  (if $p.secret then object("v1"; "Secret"; "cloud-credentials") + {type: "Opaque", data: {cloud: $credentials}} else empty end),
  object("v1"; "ServiceAccount"; "velero"),
  ((object("rbac.authorization.k8s.io/v1"; "ClusterRoleBinding"; if $p.namespace == "velero" then "velero" else "velero-" + $p.namespace end) | del(.metadata.namespace))
    + {roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin"}, subjects: [{kind: "ServiceAccount", name: "velero", namespace: $p.namespace}]}),
  (object("velero.io/v1"; "BackupStorageLocation"; $p.location)
    + {spec: ({provider: $p.provider, default: true, accessMode: "ReadWrite", objectStorage: ({bucket: $p.bucket} + ({prefix: given($p.prefix)} // {}))} + ({config: given($p.config)} // {}))}),
  (if $p.volumes == "snapshots" then object("velero.io/v1"; "VolumeSnapshotLocation"; $p.location) + {spec: {provider: $p.provider, config: $p.snapshots}} else empty end),
  server,
  (if $p.volumes == "file-system" then agent else empty end),
  (if $p.schedule == "" then empty else object("velero.io/v1"; "Schedule"; $p.asset) + {spec: {schedule: $p.schedule, template: backup_spec}} end);

# As YAML, for people. JSON strings are YAML strings.
def scalar: if type == "string" and test("^[A-Za-z/][A-Za-z0-9_./-]*$") and (test("^(true|false|null|yes|no|on|off|y|n)$"; "i") | not) then . else tojson end;
def is_full: (type == "object" or type == "array") and length > 0;
def yaml($in):
  if type == "object" then to_entries[] | ($in + (.key | scalar) + ":") as $head
    | if .value | is_full then $head, (.value | yaml($in + "  ")) else $head + " " + (.value | scalar) end
  else .[] | if is_full then [yaml($in + "  ")] | (.[0] |= $in + "- " + .[($in | length) + 2:]) | .[] else $in + "- " + scalar end end;

# What is known of a Backup or a Restore.
def phase: .status.phase // "New";
def count_of($what): "\(.) \($what)" + if . == 1 then "" else "s" end;
def progress: .status.progress // {} | "\(.itemsBackedUp // .itemsRestored // 0) of \(.totalItems // 0 | count_of("item"))";
def kept: del(.metadata["uid", "resourceVersion", "generation", "managedFields", "selfLink", "creationTimestamp"]);
def said: (.status.validationErrors // []) + [.status.failureReason // empty] | map(gsub("\\s+"; " ")) | join("; ") | .[:300];
def seconds: sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601;
'
}

# Run a jq program with these functions. Its first argument is the program, the rest are jq's.
velero_jq() {
  local program="$1"
  shift
  if [[ ! -s $RUN_DIR/velero.plan ]]; then velero_plan >"$RUN_DIR/velero.plan" || die "$EX_SOFTWARE" 'jq 1.6 or later is needed'; fi
  jq --argjson p "$(<"$RUN_DIR/velero.plan")" "$(velero_rules)$program" "$@"
}

# --- Waiting ----------------------------------------------------------------------------------------------------------------

# Send what lies in velero.send.
velero_create() {
  velero_ctl create "${@:2}" -f "$RUN_DIR/velero.send" >/dev/null 2>"$RUN_DIR/velero.err" || velero_die "$1"
}

# Wait until a Backup or Restore has ended, and leave it in velero.object: TYPE NAME SECONDS. A server that does not answer for a while is waited
# for like one that works.
velero_await() {
  local type="$1" name="$2" limit="$3" end=$((SECONDS + $3)) phase=New now
  while true; do
    if velero_ctl get "$type.velero.io" "$name" -o json >"$RUN_DIR/velero.new" 2>"$RUN_DIR/velero.err"; then
      mv -f -- "$RUN_DIR/velero.new" "$RUN_DIR/velero.object"
      now="$(velero_jq phase -r "$RUN_DIR/velero.object")"
      case "$now" in Completed | PartiallyFailed | Failed | FailedValidation | Deleting) return 0 ;; esac
      [[ $now == "$phase" ]] || log_debug "$type $name: $now, $(velero_jq progress -r "$RUN_DIR/velero.object")"
      phase="$now"
    elif grep NotFound "$RUN_DIR/velero.err" >/dev/null; then
      die "$EX_UNAVAILABLE" "somebody deleted $type/$name while Velero was at it"
    fi
    ((SECONDS < end)) || break
    sleep "$VELERO_POLL"
  done
  [[ ! -s $RUN_DIR/velero.err ]] || velero_die "lost sight of $type/$name"
  [[ $phase != New ]] || die "$EX_UNAVAILABLE" "Velero did not begin with $type/$name within $(human_seconds "$limit")" "does its server run, or is it at another backup? kubectl --namespace $VELERO_NAMESPACE get pods,$type.velero.io"
  die "$EX_TEMPFAIL" "$type/$name is $phase after $(human_seconds "$limit"), $(velero_jq progress -r "$RUN_DIR/velero.object")" "Velero goes on with it; look with kubectl --namespace $VELERO_NAMESPACE get $type.velero.io $name. The limit is in the plan (waits)"
}

# Say how the Backup or Restore in velero.object ended: TYPE NAME. 65 when a part of it failed.
velero_judge() {
  local type="$1" name="$2" file="$RUN_DIR/velero.object" warnings
  warnings="$(jq -r '.status.warnings // 0' "$file")"
  case "$(velero_jq phase -r "$file")" in
    Completed)
      ((warnings == 0)) || log_warn "$type/$name has $(count_of "$warnings" warning); what they are says velero --namespace $VELERO_NAMESPACE ${type%s} logs $name"
      ;;
    PartiallyFailed)
      if [[ $type == backups && $VELERO_PARTIAL == accept ]]; then
        log_warn "$type/$name is PartiallyFailed, which the plan accepts: $(velero_counts)"
        return 0
      fi
      log_error "$type/$name is PartiallyFailed: $(velero_counts); what failed says velero --namespace $VELERO_NAMESPACE ${type%s} logs $name"
      return "$EX_DATA"
      ;;
    FailedValidation) die "$EX_CONFIG" "Velero refuses $type/$name: $(velero_jq said -r "$file")" 'mend that in the plan or in the cluster' ;;
    Deleting) die "$EX_UNAVAILABLE" "somebody deletes $type/$name" ;;
    *) die "$EX_UNAVAILABLE" "$type/$name failed: $(velero_jq said -r "$file")" "more is in velero --namespace $VELERO_NAMESPACE ${type%s} logs $name, and in the log of its server" ;;
  esac
}

# The counts of what is in velero.object, for people.
velero_counts() {
  velero_jq '"\(progress), \(.status.errors // 0 | count_of("error")), \(.status.warnings // 0 | count_of("warning"))"' -r "$RUN_DIR/velero.object"
}

# --- Backup -----------------------------------------------------------------------------------------------------------------

# Velero is there, its location is available, the namespaces exist, and the API server would take the Backup.
kind_preflight() {
  velero_reach
  velero_installed
  velero_check_location write
  velero_check_servers
  velero_namespaces >/dev/null
  # shellcheck disable=SC2016  # jq's variable
  velero_jq 'backup($name)' -n --arg name "$(velero_name "$STAMP")" >"$RUN_DIR/velero.send" || die "$EX_SOFTWARE" 'cannot make the Backup'
  velero_create 'the cluster would refuse the Backup' --dry-run=server
}

# Print the namespaces that the plan backs up. Velero would pass over one that is not there, and call that Completed.
velero_namespaces() {
  local name
  kube_ctl get namespaces -o json >"$RUN_DIR/velero.namespaces" 2>"$RUN_DIR/velero.err" || velero_die 'cannot list the namespaces'
  for name in ${VELERO_INCLUDED[@]+"${VELERO_INCLUDED[@]}"}; do
    # shellcheck disable=SC2016  # jq's variable
    jq -e --arg name "$name" 'any(.items[]; .metadata.name == $name)' "$RUN_DIR/velero.namespaces" >/dev/null || die "$EX_CONFIG" "there is no namespace $name in the cluster" 'Velero would make a backup without it and call that Completed: mend the plan, or restore the namespace'
  done
  # shellcheck disable=SC2016  # jq's variable
  velero_jq '[.items[].metadata.name | select(. as $n | ($p.included == [] or ($p.included | index($n))) and ($p.excluded | index($n) | not))] | join(" ")' -r "$RUN_DIR/velero.namespaces"
}

# Have Velero make a backup, wait for its end, and keep what it says of it.
kind_capture() {
  local name spaces
  velero_reach
  name="$(velero_name "$STAMP")"
  spaces="$(velero_namespaces)" || exit $?
  # shellcheck disable=SC2016  # jq's variable
  velero_jq 'backup($name)' -n --arg name "$name" >"$RUN_DIR/velero.send"
  velero_create "cannot create the Backup $name"
  log_info "Velero makes the Backup $name"
  velero_await backups "$name" "$VELERO_BACKUP_WAIT"
  velero_judge backups "$name" || die "$EX_DATA" "the Backup $name is not whole" "it stays in Velero's store until its TTL is over; partial: \"accept\" in the plan would count it"
  velero_check_items "$name"
  velero_jq kept -S "$RUN_DIR/velero.object" >"$RUN_DIR/backup.json"
  velero_check_location write
  velero_jq kept -S "$RUN_DIR/velero.location" >"$RUN_DIR/location.json"
  write_payload_file backup.json "$RUN_DIR/backup.json"
  write_payload_file location.json "$RUN_DIR/location.json"
  if [[ -n $VELERO_SCHEDULE ]]; then
    velero_keep_schedule
    write_payload_file schedule.json "$RUN_DIR/schedule.json"
  fi
  velero_add_positions "$name" "$spaces"
}

# A backup of nothing is none; and volumes that were to be snapshotted, were they?
velero_check_items() {
  local file="$RUN_DIR/velero.object"
  (($(jq -r '.status.progress.itemsBackedUp // 0' "$file") > 0)) || die "$EX_DATA" "the Backup $1 is Completed, but there is nothing in it" 'do the namespaces of the plan hold anything?'
  [[ $VELERO_VOLUMES == snapshots ]] || return 0
  (($(jq -r '(.status.volumeSnapshotsAttempted // 0) + (.status.csiVolumeSnapshotsAttempted // 0)' "$file") > 0)) ||
    log_warn 'Velero made no snapshot of any volume: does the plugin know these disks?'
}

# Keep the Schedule, and warn of one that does not run.
velero_keep_schedule() {
  local name file="$RUN_DIR/velero.schedule"
  name="$(velero_word "$ASSET" 40)"
  velero_ctl get schedules.velero.io "$name" -o json >"$file" 2>"$RUN_DIR/velero.err" || velero_die "cannot read Velero's own schedule $name (setup-$ASSET.sh makes it)"
  [[ $(jq -r '.spec.paused // false' "$file") == false ]] || log_warn "Velero's own schedule $name is paused"
  [[ $(jq -r '.status.phase // "New"' "$file") != FailedValidation ]] || log_warn "Velero refuses its own schedule $name: $(velero_jq said -r "$file")"
  velero_jq kept -S "$file" >"$RUN_DIR/schedule.json"
}

# What the MANIFEST says of a backup: NAME NAMESPACES.
velero_add_positions() {
  local file="$RUN_DIR/velero.object" image
  manifest_add tool.kubernetes "$VELERO_KUBERNETES"
  image="$(velero_ctl get deployment velero -o 'jsonpath={.spec.template.spec.containers[0].image}' 2>/dev/null)" || image=''
  manifest_add tool.velero "${image:-unknown}"
  manifest_add position.backup "$1"
  manifest_add position.namespaces "$2"
  manifest_add position.location "$VELERO_LOCATION $VELERO_PROVIDER $VELERO_BUCKET/$VELERO_PREFIX"
  manifest_add position.phase "$(velero_jq phase -r "$file")"
  manifest_add position.items "$(jq -r '.status.progress.itemsBackedUp' "$file")"
  manifest_add position.errors "$(jq -r '.status.errors // 0' "$file")"
  manifest_add position.warnings "$(jq -r '.status.warnings // 0' "$file")"
  manifest_add position.completed "$(jq -r '.status.completionTimestamp' "$file")"
  manifest_add position.expiration "$(jq -r '.status.expiration' "$file")"
  log_info "Velero holds $(jq -r '.status.progress.itemsBackedUp' "$file") items of $(count_of "$(wc -w <<<"$2" | tr -d ' ')" namespace) in $VELERO_BUCKET until $(jq -r '.status.expiration' "$file")"
}

# --- Verify -----------------------------------------------------------------------------------------------------------------

# The set is what was written; its Backup is still what it was, and is not over.
kind_verify() {
  local set="$1"
  require_tool jq
  velero_check_set "$set" || return $?
  velero_reach
  velero_installed
  velero_check_location read
  velero_check_backup "$set" 0
}

# Does the set hold the Backup that its MANIFEST names?
velero_check_set() {
  local set="$1" status=0
  stream_payload "$set" backup.json cat >"$RUN_DIR/velero.kept" || return "$(sysexit_of $? "$EX_IO")"
  stream_payload "$set" location.json jq -e .spec.objectStorage.bucket >/dev/null || status=$?
  # shellcheck disable=SC2016  # jq's variables
  ((status != 0)) || jq -e --arg name "$(manifest_get "$set" position.backup)" --arg at "$(manifest_get "$set" position.completed)" \
    '.kind == "Backup" and .metadata.name == $name and .status.completionTimestamp == $at' "$RUN_DIR/velero.kept" >/dev/null || status=$?
  ((status != 0)) || return 0
  if ((status == 126 || status == 127 || status > 128)); then
    log_error 'jq did not run to its end: the set was not looked through'
    return "$EX_UNAVAILABLE"
  elif ((status >= 64)); then
    return "$status"
  fi
  log_error "the set ${set##*/} does not hold the Backup that its MANIFEST names"
  return "$EX_DATA"
}

# Does Velero still have the Backup of a set, as it ended? SET SECONDS: so long it may take until Velero knows what lies in its location.
# One that is gone, or about to go, is no damage of the set: 69.
velero_check_backup() {
  local set="$1" end=$((SECONDS + $2)) name problem left
  name="$(manifest_get "$set" position.backup)"
  until velero_ctl get backups.velero.io "$name" -o json >"$RUN_DIR/velero.object" 2>"$RUN_DIR/velero.err"; do
    grep NotFound "$RUN_DIR/velero.err" >/dev/null || velero_die "cannot read the Backup $name"
    ((SECONDS < end)) || velero_lost_backup "$set" "$name"
    log_debug "Velero does not know the Backup $name yet"
    sleep "$VELERO_POLL"
  done
  # shellcheck disable=SC2016  # jq's variables
  problem="$(velero_jq '(.status.expiration // $expiration) as $over | .status.completionTimestamp as $completed
    | if $completed != null and $completed != $was then "is not the one of this set: it is another one of that name, completed at \($completed)"
      elif ($over | seconds) <= now then "expired at \($over): Velero removes its data, or has done so"
      elif .metadata.deletionTimestamp != null or phase == "Deleting" then "is being deleted"
      elif phase != $phase then "was \($phase) when the set was made, and is \(phase) now: \(said)"
      else empty end' -r --arg expiration "$(manifest_get "$set" position.expiration)" --arg was "$(manifest_get "$set" position.completed)" \
    --arg phase "$(manifest_get "$set" position.phase)" "$RUN_DIR/velero.object")" || die "$EX_UNAVAILABLE" "cannot read what Velero says of the Backup $name"
  [[ -z $problem ]] || velero_refuse_backup "the Backup $name $problem"
  [[ $(manifest_get "$set" position.phase) == Completed ]] || log_warn "the Backup $name is $(manifest_get "$set" position.phase), which the plan of its time accepted: $(velero_counts)"
  left="$(velero_jq '.status.expiration | seconds - now | floor' -r "$RUN_DIR/velero.object")" || left=0
  ((left > 86400)) || log_warn "the Backup $name expires in $(human_seconds "$left")"
  log_info "the Backup $name is in Velero's store for another $((left / 86400)) d $((left % 86400 / 3600)) h"
}

# Leave because Velero cannot restore what a set is the handle of.
velero_refuse_backup() {
  die "$EX_UNAVAILABLE" "$1" "the set is not damaged, but there is nothing in Velero that it could restore: take another set (restore-$ASSET.sh --list), or make a new one (backup-$ASSET.sh)"
}

# Leave because a Backup is not known: gone, or not seen yet?
velero_lost_backup() {
  local set="$1" name="$2"
  # shellcheck disable=SC2016  # jq's variable
  if (($(velero_jq '$at | seconds - now | floor' -n -r --arg at "$(manifest_get "$set" position.expiration)") <= 0)); then
    velero_refuse_backup "the Backup $name expired at $(manifest_get "$set" position.expiration), and Velero has removed its data"
  fi
  velero_check_location read
  # Velero lists its location every minute.
  # shellcheck disable=SC2016  # jq's variable
  velero_jq '.status.lastSyncedTime as $t | $t != null and ($t | seconds) > ($at | seconds) and now - ($t | seconds) < 3600' -e --arg at "$(manifest_get "$set" position.completed)" "$RUN_DIR/velero.location" >/dev/null ||
    die "$EX_UNAVAILABLE" "Velero does not know the Backup $name, but has not listed its location of late" 'does its server run? Try again in a few minutes'
  velero_refuse_backup "Velero knows no Backup $name any more, and its location $VELERO_LOCATION has none: somebody has deleted it"
}

# --- Stage: what to restore by hand, or a rehearsal in namespaces of its own ---------------------------------------------------

# The stage of a live restore holds no data.
kind_stage_parent() {
  printf '%s\n' "$STATE_DIR"
}

# Lay out what the set holds and the Restore that it asks for. A rehearsal restores into namespaces beside the live ones.
kind_stage() {
  local set="$1" dir="$2" name file
  require_tool kubectl jq
  velero_check_set "$set"
  list_payloads "$set" name
  for file in backup.json location.json schedule.json; do
    ! is_one_of "$file" "${FIELDS[@]}" || stream_payload "$set" "$file" cat >"$dir/$file"
  done
  name="$(manifest_get "$set" position.backup)"
  # shellcheck disable=SC2016  # jq's variables
  velero_jq 'restore($name; $backup) | yaml("")' -n -r --arg name "$name-again" --arg backup "$name" >"$dir/restore.yaml"
  printf 'the Backup %s of %s items, and restore.yaml to apply\n' "$name" "$(manifest_get "$set" position.items)" >"$dir/summary"
  if is_live_stage "$dir" || [[ ${dir##*/} == .lifeboat-scratch-* ]]; then
    velero_reach
    velero_installed
    velero_check_location read
    # The structure was looked at right before, and said to be good.
    [[ $ACTION == verify ]] || velero_check_backup "$set" "$VELERO_LOCATION_WAIT"
  fi
  [[ ${dir##*/} != .lifeboat-scratch-* ]] || velero_rehearse "$set" "$dir" "$name"
}

# Restore into namespaces of its own. What they are called is noted before anything is made, so that they go whatever happens.
velero_rehearse() {
  local set="$1" dir="$2" backup="$3" name left="$STATE_DIR/$ASSET.drill-left"
  if [[ -s $left ]]; then
    velero_remove_rehearsal "$left"
    rm -f -- "$left"
  fi
  name="$(velero_word "$(velero_word "$ASSET" 40)-drill-$STAMP" 63)"
  # shellcheck disable=SC2016  # jq's variables
  velero_jq '($spaces | split(" ") - ($system | split(" ")) - [$p.namespace]) | to_entries
    | map({(.value): "\(.value[:26])-lifeboat-drill-\($stamp)-\(.key)"}) | add // {} | {name: $name, spaces: .}' -n \
    --arg spaces "$(manifest_get "$set" position.namespaces)" --arg system "$VELERO_SYSTEM_NAMESPACES" --arg stamp "$(velero_word "$STAMP" 20)" --arg name "$name" >"$dir/drill.json"
  [[ $(jq '.spaces | length' "$dir/drill.json") != 0 ]] || die "$EX_CONFIG" 'there is no namespace in the Backup that could be rehearsed' 'a drill passes over those of the cluster itself and of Velero'
  # shellcheck disable=SC2016  # jq's variables
  velero_jq 'drill(.name; $backup; .spaces; $scope; $types | split(" "))' --arg backup "$backup" --arg scope "$VELERO_DRILL" --arg types "$VELERO_QUIET_TYPES" "$dir/drill.json" >"$RUN_DIR/velero.send"
  velero_create "cannot create the Restore $name"
  log_info "Velero rehearses in $(jq -r '[.spaces[]] | join(" ")' "$dir/drill.json")"
  velero_await restores "$name" "$VELERO_RESTORE_WAIT"
  velero_judge restores "$name"
}

# A rehearsal is proven by what is in its namespaces now, not by what Velero says.
kind_check_stage() {
  local dir="$2" found lost
  [[ -s $dir/drill.json ]] || return 0
  # shellcheck disable=SC2086  # words
  kube_ctl get "$(printf '%s,' $VELERO_QUIET_TYPES | sed 's/,$//')" --all-namespaces --selector "velero.io/restore-name=$(jq -r .name "$dir/drill.json")" -o json >"$RUN_DIR/velero.found" 2>"$RUN_DIR/velero.err" || velero_die 'cannot look at what was restored'
  # shellcheck disable=SC2016  # jq's variable
  lost="$(jq -r --slurpfile drill "$dir/drill.json" '([.items[].metadata.namespace] | unique) as $there | $drill[0].spaces | to_entries[] | select(.value as $n | $there | index($n) | not) | .key' "$RUN_DIR/velero.found" | paste -s -d ' ' -)"
  found="$(jq '.items | length' "$RUN_DIR/velero.found")"
  if [[ -n $lost ]]; then
    log_error "Velero says Completed, but restored nothing of $lost"
    return "$EX_DATA"
  fi
  printf '%s (ConfigMaps, Secrets, accounts, roles) in %s, by Velero%s\n' "$(count_of "$found" object)" "$(count_of "$(jq '.spaces | length' "$dir/drill.json")" namespace)" "$([[ $VELERO_DRILL == objects ]] || printf ', with their workloads')" >"$dir/summary"
}

# Remove the namespaces of a rehearsal and its Restore. Velero may still be at it and make them again: then the next one removes them, too.
kind_stage_stop() {
  local dir="$1" phase
  [[ -s $dir/drill.json ]] || return 0
  phase="$(velero_ctl get restores.velero.io "$(jq -r .name "$dir/drill.json")" --ignore-not-found -o 'jsonpath={.status.phase}' 2>/dev/null)" || phase=unknown
  case "$phase" in
    '' | Completed | PartiallyFailed | Failed | FailedValidation) ;;
    *) cp -- "$dir/drill.json" "$STATE_DIR/$ASSET.drill-left" ;;
  esac
  velero_remove_rehearsal "$dir/drill.json"
}

# Delete what a rehearsal made, as its note says.
velero_remove_rehearsal() {
  local note="$1" space
  velero_ctl delete restores.velero.io "$(jq -r .name "$note")" --ignore-not-found --wait=false >/dev/null 2>"$RUN_DIR/velero.err" || log_warn "cannot delete the Restore of the drill: $(velero_words)"
  while IFS= read -r space; do
    kube_ctl delete namespace "$space" --ignore-not-found --wait=false >/dev/null 2>"$RUN_DIR/velero.err" || log_warn "cannot delete the namespace $space of the drill: $(velero_words)"
  done < <(jq -r '.spaces[] | select(contains("-lifeboat-drill-"))' "$note")
}

# One line for people.
kind_stage_summary() {
  cat -- "$1/summary"
}

# --- Live -------------------------------------------------------------------------------------------------------------------

# Say what a live restore does. A Backup that is not known, or a location that is not there, is said here already.
kind_describe_restore() {
  local set="$1" there='' lost='' name
  velero_reach
  velero_installed
  velero_check_location read
  printf '  in the cluster %s, Kubernetes %s\n' "$(kube_ctl config view --minify -o 'jsonpath={.clusters[0].cluster.server}' 2>/dev/null)" "$VELERO_KUBERNETES"
  printf '  have Velero restore %s items of %s from the location %s\n' "$(manifest_get "$set" position.items)" "$(manifest_get "$set" position.backup)" "$(manifest_get "$set" position.location)"
  for name in $(manifest_get "$set" position.namespaces); do
    if kube_ctl get namespace "$name" >/dev/null 2>&1; then there+=" $name"; else lost+=" $name"; fi
  done
  [[ -z $lost ]] || printf '  create the namespaces%s\n' "$lost"
  if [[ -n $there && $VELERO_EXISTING == update ]]; then
    printf '  in%s create what is missing, and CHANGE what differs to what it was\n' "$there"
  elif [[ -n $there ]]; then
    printf '  in%s create what is missing; what is there stays as it is, also if it differs\n' "$there"
  fi
}

# Velero restores in the cluster itself, and cannot take that back.
kind_promise() {
  case "$1" in
    help) printf 'Velero creates what is missing in the cluster and removes nothing. It cannot take\nback what it has restored: if a part fails, the rest stays.\n' ;;
    begin) printf '  make sure that Velero has the Backup of this set\n' ;;
    end) printf '  check that the namespaces are there; what Velero has restored stays, also when a part fails\n' ;;
  esac
}

# Create the Restore and wait for its end. Noted before, so that a later run knows of one that nobody waited for.
kind_swap() {
  local set="$1" name journal="$STATE_DIR/$ASSET.velero"
  velero_reach
  name="$(velero_name "$STAMP")"
  printf '%s %s\n' "$name" "$STAMP" >"$journal"
  sync_paths "$journal"
  # shellcheck disable=SC2016  # jq's variables
  velero_jq 'restore($name; $backup)' -n --arg name "$name" --arg backup "$(manifest_get "$set" position.backup)" >"$RUN_DIR/velero.send"
  velero_create "cannot create the Restore $name"
  log_info "Velero restores: kubectl --namespace $VELERO_NAMESPACE get restores.velero.io $name"
  velero_await restores "$name" "$VELERO_RESTORE_WAIT"
  [[ $(velero_jq phase -r "$RUN_DIR/velero.object") == FailedValidation ]] || velero_end_restore
  velero_judge restores "$name" || die "$EX_DATA" "the Restore $name is not whole: what Velero restored stays" 'mend what it complains of, then run this again: what is there is passed over'
  log_info "Velero restored $(velero_counts)"
}

# The Restore has ended, however: there is nothing left that a later run could undo.
velero_end_restore() {
  rm -f -- "$STATE_DIR/$ASSET.velero"
  swap_commit
}

# All namespaces of the Backup are there.
kind_check_live() {
  local set="$1" name lost=''
  for name in $(manifest_get "$set" position.namespaces); do
    kube_ctl get namespace "$name" >/dev/null 2>&1 || lost+=" $name"
  done
  [[ -z $lost ]] && return 0
  log_error "Velero says Completed, but these namespaces are not there:$lost"
  return "$EX_DATA"
}

# Velero cannot undo a Restore, nor stop one. In the run that began it that is said; a later run waits for its end, so that two do not meet.
kind_rollback() {
  local journal="$STATE_DIR/$ASSET.velero" name stamp phase
  [[ -s $journal ]] || return 0
  read -r name stamp <"$journal"
  if ! phase="$(velero_ctl get restores.velero.io "$name" -o 'jsonpath=-{.status.phase}' 2>"$RUN_DIR/velero.err")"; then
    grep NotFound "$RUN_DIR/velero.err" >/dev/null || velero_die "cannot see how far the Restore $name is"
    phase=never
  fi
  case "$phase" in
    never | -FailedValidation) ;;
    *)
      if [[ $stamp == "$STAMP" ]]; then
        log_error "Velero has begun the Restore $name (${phase#-}) and cannot take it back"
        return "$EX_TEMPFAIL"
      fi
      log_info "the Restore $name was begun at $stamp: waiting for its end"
      velero_await restores "$name" "$VELERO_RESTORE_WAIT"
      log_info "it ended as $(velero_jq phase -r "$RUN_DIR/velero.object"); what it restored stays"
      ;;
  esac
  rm -f -- "$journal"
}
