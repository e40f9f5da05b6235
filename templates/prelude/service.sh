# Stopping and starting what uses the data. A service that a run stopped is noted in $STATE_DIR/$ASSET.service, so that
# the exit trap, or the next run after a kill, starts it again.

# A kubelet looks at its manifests every 20 s and gives a pod 30 s to end.
readonly STATIC_POD_GRACE_SECONDS=90

# Stop the service, if the plan names one, and remember whether it ran.
service_stop() {
  local was=stopped
  [[ $SERVICE_KIND != none ]] || return 0
  if [[ ! -e $STATE_DIR/$ASSET.service ]]; then
    ! service_is_running || was=running
    printf '%s\n' "$was" >"$STATE_DIR/$ASSET.service" || die "$EX_IO" "cannot write $STATE_DIR/$ASSET.service"
    sync_paths "$STATE_DIR/$ASSET.service"
  fi
  if service_is_running; then
    log_info "stopping $(service_label)"
    act_on_service stop "$SERVICE_STOP_SECONDS" || die "$EX_UNAVAILABLE" "cannot stop $(service_label)" "stop it by hand and look at its own log; how long it may take is stopWithin of the service in the plan (now $(human_seconds "$SERVICE_STOP_SECONDS"))"
  fi
}

# Start the service and forget that it was stopped.
service_start() {
  [[ $SERVICE_KIND != none ]] || return 0
  log_info "starting $(service_label)"
  act_on_service start "$SERVICE_START_SECONDS" || die "$EX_UNAVAILABLE" "cannot start $(service_label)" "look at its own log; how long it may take is startWithin of the service in the plan (now $(human_seconds "$SERVICE_START_SECONDS"))"
  rm -f -- "$STATE_DIR/$ASSET.service"
}

# Stop or start the service within a time. While a run cleans up, a signal to all processes must not leave a service as it should not
# be: then it is asked again.
act_on_service() {
  local act="$1" limit="$2" try
  for try in 1 2 3; do
    WAS_SIGNALLED=0
    attempt_to guarded "$limit" '' "$act $(service_label)" service_act "$act"
    ((ATTEMPT_STATUS != 0)) || return 0
    [[ -n ${FINISHING:-} && $WAS_SIGNALLED == 1 ]] || break
    log_debug "asking for the $act of $(service_label) again, after try $try"
  done
  return "$ATTEMPT_STATUS"
}

# Start the service again if this or a killed run stopped it while it ran. For the exit trap and for recovery.
service_resume() {
  local note="$STATE_DIR/$ASSET.service"
  [[ -e $note ]] || return 0
  if [[ $(cat -- "$note") == running ]]; then
    service_start
  else
    log_info "$(service_label) was not running before: leaving it stopped"
    [[ $SERVICE_KIND != static-pod ]] || service_act start
    rm -f -- "$note"
  fi
}

# Does the service run, as far as its manager knows?
service_is_running() {
  local file
  case "$SERVICE_KIND" in
    systemd) systemctl is-active --quiet -- "$SERVICE_NAME" ;;
    commands) "${SERVICE_STATUS[@]}" </dev/null >/dev/null 2>&1 9>&- ;;
    static-pod)
      for file in "${STATIC_PODS[@]}"; do
        [[ -e $STATIC_POD_DIR/$file ]] || continue
        return 0
      done
      return 1
      ;;
    *) return 1 ;;
  esac
}

# Does the service stay up? One that dies at once on bad data does so in its first seconds. 69 when it is down.
service_settled() {
  local second
  [[ $SERVICE_KIND != none && $SERVICE_KIND != static-pod ]] || return 0
  for second in 1 2 3; do
    if ! service_is_running; then
      log_error "$(service_label) does not stay up (looked $second times)"
      return "$EX_UNAVAILABLE"
    fi
    sleep 0.5
  done
}

# Ask the service's manager to stop or start it. What it prints goes to the log: a daemon keeps no terminal of ours.
service_act() {
  local act="$1" log="${LOG_FILE:-/dev/null}"
  case "$SERVICE_KIND $act" in
    'systemd '*) systemctl "$act" -- "$SERVICE_NAME" </dev/null >>"$log" 2>&1 9>&- ;;
    'commands stop') "${SERVICE_STOP[@]}" </dev/null >>"$log" 2>&1 9>&- ;;
    'commands start') "${SERVICE_START[@]}" </dev/null >>"$log" 2>&1 9>&- ;;
    'static-pod stop') hold_static_pods && wait_static_pods ;;
    'static-pod start') release_static_pods ;;
  esac
}

# Take the manifests away from the kubelet, in the plan's order: it then ends the pods.
hold_static_pods() {
  local file
  mkdir -p -- "$STATIC_POD_HOLD_DIR" || return "$EX_CANTCREAT"
  for file in "${STATIC_PODS[@]}"; do
    [[ -e $STATIC_POD_DIR/$file ]] || continue
    mv -- "$STATIC_POD_DIR/$file" "$STATIC_POD_HOLD_DIR/$file" || return "$EX_IO"
  done
}

# Wait until the pods are gone. The kubelet ends them in its own time, and manifests given back before that would leave
# the old ones running. kubeadm names a manifest after the program in it; another program of that name is no reason to
# wait for ever, so kinds that must be sure look for themselves.
wait_static_pods() {
  local file began=$SECONDS
  for file in "${STATIC_PODS[@]}"; do
    while program_runs "${file%.yaml}"; do
      if ((SECONDS - began >= STATIC_POD_GRACE_SECONDS)); then
        log_warn "a program ${file%.yaml} still runs $STATIC_POD_GRACE_SECONDS s after its manifest was taken away: is the kubelet at work?"
        break
      fi
      sleep 0.5
    done
  done
}

# Does a program of this name run on this host, in a container or not?
program_runs() {
  local name="$1" file word
  for file in /proc/[0-9]*/cmdline; do
    { IFS= read -r -d '' word <"$file"; } 2>/dev/null || continue
    [[ ${word##*/} != "$name" ]] || return 0
  done
  return 1
}

# Give the manifests back, last taken first.
release_static_pods() {
  local i file
  for ((i = ${#STATIC_PODS[@]} - 1; i >= 0; i--)); do
    file="${STATIC_PODS[i]}"
    [[ -e $STATIC_POD_HOLD_DIR/$file && ! -e $STATIC_POD_DIR/$file ]] || continue
    mv -- "$STATIC_POD_HOLD_DIR/$file" "$STATIC_POD_DIR/$file" || return "$EX_IO"
  done
}

# What to call the service in messages.
service_label() {
  case "$SERVICE_KIND" in
    static-pod) printf 'the static pods %s\n' "${STATIC_PODS[*]%.yaml}" ;;
    commands) printf '%s\n' "${SERVICE_NAME:-the service of $ASSET}" ;;
    *) printf '%s\n' "$SERVICE_NAME" ;;
  esac
}
