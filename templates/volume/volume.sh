# The kind `volume`: the files of a volume that a pod has mounted, as one tar with owners, modes and links. Nothing is copied with
# `kubectl cp`, which drops symbolic links and may stop half-way without a word; the stream is hashed at both ends.

# What a live restore takes is taken in the volume, not on this host.
readonly STAGES_ELSEWHERE=1
# A helper pod may have to wait for its image, and pods for their volume.
readonly VOLUME_PODS_SECONDS=600

# The pod answers, has the directory, and has a tar.
kind_preflight() {
  local status=0
  require_tool kubectl tar
  thaw_volume
  remote_use pod
  # shellcheck disable=SC2016  # for the shell over there
  remote_script '[ -d "$1" ] || exit 66
command -v tar >/dev/null && command -v mkfifo >/dev/null && command -v sha256sum >/dev/null || exit 67
ls "$1" >/dev/null' "$VOLUME_PATH" </dev/null || status=$?
  case "$status" in
    0) ;;
    66) die "$EX_CONFIG" "there is no $VOLUME_PATH in $(remote_label)" "is the volume mounted elsewhere? correct the path in the plan" ;;
    67) die "$EX_UNAVAILABLE" "$(remote_label) lacks tar, mkfifo or sha256sum" "name another container that mounts the volume" ;;
    *) die "$(sysexit_of "$status" "$EX_NOPERM")" "cannot read $VOLUME_PATH in $(remote_label)" ;;
  esac
}

# Make the data stand still, read it, let it go on.
kind_capture() {
  on_exit thaw_volume
  freeze_volume
  write_payload volume.tar count_volume_entries produce_volume
  thaw_volume
  manifest_add position.entries "$(cat -- "$RUN_DIR/entries")"
  manifest_add position.changed "$( ([[ -e $RUN_DIR/changed ]] && printf 1) || printf 0)"
  manifest_add position.path "$VOLUME_PATH"
}

# Run the plan's command that makes the data stand still, and note that it is to be undone.
freeze_volume() {
  ((${#VOLUME_QUIESCE[@]} > 0)) || return 0
  remote_use pod
  date -u +%Y-%m-%dT%H:%M:%SZ >"$STATE_DIR/$ASSET.frozen"
  remote_run "${VOLUME_QUIESCE[@]}" </dev/null >/dev/null || die "$EX_UNAVAILABLE" "the command that makes the data stand still failed in $(remote_label)" "try it by hand: ${VOLUME_QUIESCE[*]}"
}

# Let the data go on, if it was made to stand still, be it by a run that was killed.
thaw_volume() {
  [[ -e $STATE_DIR/$ASSET.frozen ]] || return 0
  remote_use pod
  if remote_run "${VOLUME_THAW[@]}" </dev/null >/dev/null; then
    rm -f -- "$STATE_DIR/$ASSET.frozen"
  else
    log_error "the data in $(remote_label) still stands still: ${VOLUME_THAW[*]} failed there"
  fi
}

# Stream the volume as a tar. GNU tar says 1 when files changed while they were read.
produce_volume() {
  local pattern status=0
  local -a excludes=('--exclude=./.lifeboat-*')
  # excludes is never empty.
  remote_use pod
  for pattern in ${VOLUME_EXCLUDES[@]+"${VOLUME_EXCLUDES[@]}"}; do excludes+=("--exclude=$pattern"); done
  # shellcheck disable=SC2016  # for the shell over there
  remote_pull_stream 'cd "$1" || exit 66
shift
if tar --version 2>/dev/null | grep -q GNU; then
  set -- --format=posix --numeric-owner --sparse --warning=no-file-changed --warning=no-file-removed "$@"
fi
tar -c -f - "$@" .
ended=$?
[ "$ended" != 1 ] || ended=11
exit "$ended"' "$VOLUME_PATH" "${excludes[@]}" </dev/null || status=$?
  if ((status == 11)); then
    log_warn 'files changed while they were read; the set says so'
    : >"$RUN_DIR/changed"
    status=0
  fi
  ((status == 0)) || die "$(sysexit_of "$status" "$EX_IO")" "cannot read all of $VOLUME_PATH in $(remote_label)"
}

# The observer: every header is read, so a torn archive is not published.
count_volume_entries() {
  list_volume_entries >"$RUN_DIR/entries" || die "$EX_DATA" 'the archive cannot be listed'
}

# Print the number of entries of the tar on stdin. tar escapes newlines in names: a line is an entry.
list_volume_entries() {
  local n
  n="$(tar -tf - | wc -l)" || return "$EX_DATA"
  printf '%d\n' "$((n))"
}

# Decode the archive and count its entries.
kind_verify() {
  local set="$1" found
  found="$(stream_payload "$set" volume.tar list_volume_entries)" || return $?
  if [[ $found != "$(manifest_get "$set" position.entries)" ]]; then
    log_error "the archive holds $found entries, $(manifest_get "$set" position.entries) were written"
    return "$EX_DATA"
  fi
}

# A live restore is staged inside of the volume; here only a marker is made.
kind_stage_parent() {
  printf '%s\n' "$RUN_DIR"
}

# Unpack: into the volume beside the live data for a live restore, else into DIR.
kind_stage() {
  local set="$1" dir="$2"
  if ! is_live_stage "$dir"; then
    mkdir -- "$dir/volume"
    stream_payload "$set" volume.tar tar -xpf - -C "$dir/volume"
    return
  fi
  start_volume_helper
  use_volume_helper
  measure_set "$set"
  require_volume_space "$RAW_BYTES"
  stream_payload "$set" volume.tar push_volume
}

# Both the old and the new data must fit into the volume.
require_volume_space() {
  local free
  # shellcheck disable=SC2016  # for the shell over there
  free="$(remote_script 'df -Pk "$1" | tail -n 1' "$VOLUME_PATH" </dev/null | awk 'match($0, /[0-9]+ +[0-9]+ +-?[0-9]+ +[0-9]+%/) { split(substr($0, RSTART), field, / +/); printf "%.0f", field[3] * 1024 }')"
  if ((${free:-0} < $1)); then
    die "$EX_IO" "not enough space in $VOLUME_PATH of $(remote_label): $(human_bytes "$1") wanted, $(human_bytes "${free:-0}") free" "make room there, or enlarge the volume: the old data stays beside the new"
  fi
}

# Send the tar on stdin to the volume's stage.
push_volume() {
  # shellcheck disable=SC2016  # for the shell over there
  remote_push_stream 'cd "$1" && rm -rf .lifeboat-new && mkdir .lifeboat-new && cd .lifeboat-new && tar -xpf -' "$VOLUME_PATH"
}

# The place of the swap: the helper pod when the plan names a workload, else the pod itself.
use_volume_helper() {
  if [[ -n $VOLUME_WORKLOAD ]]; then remote_use helper; else remote_use pod; fi
}

# Every entry must have arrived.
kind_check_stage() {
  local set="$1" dir="$2" found expected
  if is_live_stage "$dir"; then
    use_volume_helper
    found="$(count_in_volume .lifeboat-new)" || return "$EX_UNAVAILABLE"
  else
    found="$(find "$dir/volume" -print0 | tr -dc '\000' | wc -c)"
  fi
  expected="$(manifest_get "$set" position.entries)"
  if ((found != expected)); then
    log_error "$((found)) entries were restored, the set holds $expected"
    return "$EX_DATA"
  fi
}

# Print the number of entries of a directory of the volume, itself included; what Lifeboat puts aside does not count.
count_in_volume() {
  # shellcheck disable=SC2016  # for the shell over there
  remote_script 'cd "$1/$2" && find . -path "./.lifeboat-*" -prune -o -exec sh -c "for each in \"\$@\"; do printf .; done" sh {} + | wc -c' "$VOLUME_PATH" "$1" </dev/null
}

# The helper pod is needed until the end of the run, and longer when a swap is still to be undone with it.
kind_stage_stop() {
  is_live_stage "$1" && [[ -n ${EXIT_STATUS:-} && -n $VOLUME_WORKLOAD && ! -e $STATE_DIR/$ASSET.restoring ]] || return 0
  stop_volume_helper
}

# Say what is replaced.
kind_describe_restore() {
  remote_use pod
  [[ -z $VOLUME_WORKLOAD ]] || printf '  start the pod %s/%s, which mounts the claim %s\n' "$VOLUME_NAMESPACE" "$VOLUME_HELPER" "$VOLUME_CLAIM"
  [[ -z $VOLUME_WORKLOAD ]] || printf '  scale %s to nothing for the swap, and back\n' "$VOLUME_WORKLOAD"
  printf '  replace what is in %s of %s\n    keep the old content there in .lifeboat-old-%s\n' "$VOLUME_PATH" "$(remote_label)" "$STAMP"
}

# Start the helper pod: beside the workload's pods, which may still run, so on their node.
start_volume_helper() {
  local image node
  [[ -n $VOLUME_WORKLOAD ]] || return 0
  image="$VOLUME_IMAGE"
  [[ -n $image ]] || image="$(kube_ctl -n "$VOLUME_NAMESPACE" get "$VOLUME_WORKLOAD" -o 'jsonpath={.spec.template.spec.containers[0].image}')"
  remote_use pod
  node="$(kube_ctl -n "$VOLUME_NAMESPACE" get pod "$(remote_setting pod)" -o 'jsonpath={.spec.nodeName}' 2>/dev/null)" || node=''
  stop_volume_helper
  volume_helper_manifest "$image" "$node" | kube_ctl -n "$VOLUME_NAMESPACE" create -f - >/dev/null || die "$EX_UNAVAILABLE" "cannot start the helper pod $VOLUME_HELPER"
  kube_ctl -n "$VOLUME_NAMESPACE" wait --for=condition=Ready --timeout="${VOLUME_PODS_SECONDS}s" "pod/$VOLUME_HELPER" >/dev/null ||
    die "$EX_TEMPFAIL" "the helper pod $VOLUME_NAMESPACE/$VOLUME_HELPER is not ready after $VOLUME_PODS_SECONDS s" "kubectl -n $VOLUME_NAMESPACE describe pod $VOLUME_HELPER"
}

# The helper pod as JSON, which is YAML too.
volume_helper_manifest() {
  local pinned=''
  [[ -z $2 ]] || pinned="\"nodeName\":$(json_string "$2"),"
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":%s,"labels":{"app.kubernetes.io/managed-by":"lifeboat"}},"spec":{%s"restartPolicy":"Never","terminationGracePeriodSeconds":1,"containers":[{"name":"lifeboat","image":%s,"imagePullPolicy":"IfNotPresent","command":["sh","-c","trap exit TERM; while :; do sleep 1; done"],"volumeMounts":[{"name":"data","mountPath":%s}]}],"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":%s}}]}}\n' \
    "$(json_string "$VOLUME_HELPER")" "$pinned" "$(json_string "$1")" "$(json_string "$VOLUME_PATH")" "$(json_string "$VOLUME_CLAIM")"
}

# Remove the helper pod.
stop_volume_helper() {
  kube_ctl -n "$VOLUME_NAMESPACE" delete pod "$VOLUME_HELPER" --ignore-not-found --wait >/dev/null || log_warn "cannot remove the helper pod $VOLUME_NAMESPACE/$VOLUME_HELPER"
}

# Scale the workload to nothing, noting what it was; wait until its pods are gone.
scale_volume_down() {
  local replicas
  [[ -n $VOLUME_WORKLOAD ]] || return 0
  replicas="$(kube_ctl -n "$VOLUME_NAMESPACE" get "$VOLUME_WORKLOAD" -o 'jsonpath={.spec.replicas}')" || die "$EX_UNAVAILABLE" "cannot ask for the replicas of $VOLUME_WORKLOAD"
  # A run that was killed may have scaled it down already: what it noted counts.
  [[ -s $STATE_DIR/$ASSET.scaled ]] || printf '%s\n' "$replicas" >"$STATE_DIR/$ASSET.scaled"
  kube_ctl -n "$VOLUME_NAMESPACE" scale "$VOLUME_WORKLOAD" --replicas=0 >/dev/null
  wait_for_replicas 0
}

# Scale the workload back, and wait for its pods.
scale_volume_up() {
  local replicas
  [[ -s $STATE_DIR/$ASSET.scaled ]] || return 0
  replicas="$(cat -- "$STATE_DIR/$ASSET.scaled")"
  stop_volume_helper
  kube_ctl -n "$VOLUME_NAMESPACE" scale "$VOLUME_WORKLOAD" --replicas="$replicas" >/dev/null || die "$EX_UNAVAILABLE" "cannot scale $VOLUME_WORKLOAD back to $replicas" "kubectl -n $VOLUME_NAMESPACE scale $VOLUME_WORKLOAD --replicas=$replicas"
  wait_for_replicas "$replicas"
  rm -f -- "$STATE_DIR/$ASSET.scaled"
}

# Wait until a workload has that many pods, all of them ready.
wait_for_replicas() {
  local wanted="$1" began=$SECONDS seen
  while :; do
    seen="$(kube_ctl -n "$VOLUME_NAMESPACE" get "$VOLUME_WORKLOAD" -o 'jsonpath={.status.replicas}/{.status.readyReplicas}' 2>/dev/null)" || seen=''
    case "$seen" in
      "$wanted/$wanted") return 0 ;;
      '/' | '0/' | '0/0') ((wanted != 0)) || return 0 ;;
    esac
    ((SECONDS - began < VOLUME_PODS_SECONDS)) || die "$EX_TEMPFAIL" "$VOLUME_WORKLOAD has not $wanted ready pods after $VOLUME_PODS_SECONDS s (seen: ${seen:-nothing})" "kubectl -n $VOLUME_NAMESPACE get pods"
    sleep 1
  done
}

# Put the stage in the place of what is live, by renames inside of the volume, while nothing uses it. A mark in the directory of the
# old data tells where a swap that was interrupted had come to.
kind_swap() {
  scale_volume_down
  use_volume_helper
  # shellcheck disable=SC2016  # for the shell over there
  remote_script 'cd "$1" || exit 66
old=.lifeboat-old-$2
mkdir "$old" || exit 73
for each in ./* ./.[!.]* ./..?*; do
  case "$each" in ./.lifeboat-*) continue ;; esac
  if [ -e "$each" ] || [ -L "$each" ]; then mv "$each" "$old/" || exit 73; fi
done
: >"$old/.lifeboat-all-aside" || exit 73
cd .lifeboat-new || exit 66
for each in ./* ./.[!.]* ./..?*; do
  if [ -e "$each" ] || [ -L "$each" ]; then mv "$each" .. || exit 73; fi
done
cd .. && rmdir .lifeboat-new && sync' "$VOLUME_PATH" "$STAMP" </dev/null || die "$EX_IO" "cannot swap the data in $(remote_label)"
  scale_volume_up
}

# What is live is what the set holds, give or take what the workload has written since.
kind_check_live() {
  local found expected
  remote_use pod
  found="$(count_in_volume .)" || {
    log_error "$(remote_label) cannot be asked for its data"
    return "$EX_UNAVAILABLE"
  }
  expected="$(manifest_get "$1" position.entries)"
  if [[ -z $VOLUME_WORKLOAD ]] && ((found != expected)); then
    log_error "$VOLUME_PATH holds $found entries, the set $expected"
    return "$EX_DATA"
  fi
  log_info "$VOLUME_PATH holds $((found)) entries, the set $expected; the data it had is in .lifeboat-old-$STAMP there: remove that when all is well"
}

# Put what a swap moved aside back, wherever it stopped; then let the workload run again. What was live until now is kept in a directory of its
# own, and so is what was made meanwhile under the name of something old; the run itself removes what nobody has changed since.
kind_rollback() {
  local stamp kept
  read -r stamp _ <"$STATE_DIR/$ASSET.restoring" || return 0
  scale_volume_down
  start_volume_helper
  use_volume_helper
  # The mark goes before the first old thing comes back: what is there then is never put away again by another try.
  # shellcheck disable=SC2016  # for the shell over there
  kept="$(remote_script 'cd "$1" || exit 66
old=.lifeboat-old-$2 kept=.lifeboat-old-$3 try=1
rm -rf .lifeboat-new
[ -d "$old" ] || exit 0
while [ -e "$kept" ]; do try=$((try + 1)) kept=.lifeboat-old-$3-$try; done
put_away() { [ -d "$kept" ] || mkdir "$kept" || exit 73; mv "$1" "$kept/" || exit 73; }
if [ -e "$old/.lifeboat-all-aside" ]; then
  changed=yes
  if [ "$4" = own ]; then changed=$(find . -path "./.lifeboat-*" -prune -o ! -path . -newer "$old/.lifeboat-all-aside" -print) || changed=yes; fi
  for each in ./* ./.[!.]* ./..?*; do
    case "$each" in ./.lifeboat-*) continue ;; esac
    if [ -e "$each" ] || [ -L "$each" ]; then
      if [ -n "$changed" ]; then put_away "$each"; else rm -rf "$each" || exit 73; fi
    fi
  done
  sync
  rm -f "$old/.lifeboat-all-aside" || exit 73
  sync
fi
for each in "$old"/* "$old"/.[!.]* "$old"/..?*; do
  if [ -e "$each" ] || [ -L "$each" ]; then
    name=./${each##*/}
    if [ -e "$name" ] || [ -L "$name" ]; then put_away "$name"; fi
    mv "$each" . || exit 73
  fi
done
rmdir "$old" && sync || exit 73
[ ! -d "$kept" ] || printf "%s\n" "$kept"' "$VOLUME_PATH" "$stamp" "$STAMP" "${UNDOING:-own}" </dev/null)" || die "$EX_IO" "cannot put the data in $(remote_label) back" "the old data is in .lifeboat-old-$stamp of $VOLUME_PATH there"
  [[ -z $kept ]] || log_info "what was live until now is kept in $kept of $VOLUME_PATH in $(remote_label); remove it when you no longer need it"
  scale_volume_up
}

# One line about a stage.
kind_stage_summary() {
  local files kib
  files="$(find "$1" ! -type d -print0 | tr -dc '\000' | wc -c)"
  kib="$(du -sk -- "$1" | awk '{ print $1 }')"
  printf '%s, %s\n' "$(count_of $((files)) file)" "$(human_bytes $((kib * 1024)))"
}
