# etcd. A backup is a snapshot of one member, and counts once it was restored aside: `snapshot status` is content with
# damaged files. A restore makes a new cluster of all members from one snapshot; each member restores on its own host.

# Seconds for one request to a member. One that does not answer by then is down or hangs.
readonly ETCD_CALL_SECONDS=5
# Seconds that a member may be seen dead after its start before it is given up; a manager restarts it meanwhile.
readonly ETCD_DEAD_SECONDS=10
# What etcd allocates for a new write-ahead log, whatever the size of the data.
readonly ETCD_WAL_BYTES=67108864

# --- Backup ---------------------------------------------------------------------------------------------------------

# May we, and can we? Everything that would make the snapshot fail, or useless, is better known before.
kind_preflight() {
  require_tool etcdctl
  etcd_require_restore
  etcd_check_identity
  etcd_ask_status
  etcd_check_alarms
  etcd_check_members
}

# Take the snapshot, prove that it restores, then store it. The snapshot holds secrets in plain text: until it is
# encrypted it stays on this host, where etcd has them in plain text anyway, and does not touch the store.
kind_capture() {
  local file="$RUN_DIR/snapshot.db" bytes
  bytes="$(etcd_field DBSize "$RUN_DIR/etcd-status")"
  # The snapshot and the restored copy.
  require_space "$RUN_DIR" $((${bytes:-0} * 2 + ETCD_WAL_BYTES))
  etcd_save "$file"
  etcd_prove_snapshot "$file" "$RUN_DIR/scratch" || die $? 'the snapshot does not restore: nothing is published' 'run again; if it stays so, look at the disk and the memory of this host'
  etcd_add_positions "$file"
  write_payload_file snapshot.db "$file"
  rm -f -- "$file"
}

# The tool that restores: etcd 3.6 has it in etcdutl only, 3.4 in etcdctl only.
etcd_require_restore() {
  local tool=etcdctl
  if command -v etcdutl >/dev/null 2>&1; then tool=etcdutl; else require_tool etcdctl; fi
  case "$(etcd_snapshot_tool restore --help 2>&1 || true)" in
    *--data-dir*) ;;
    *) die "$EX_UNAVAILABLE" "$tool cannot restore a snapshot" "install etcdutl of the cluster's version: etcd 3.6 took 'snapshot restore' out of etcdctl" ;;
  esac
}

# The files of the client's identity must be there and readable.
etcd_check_identity() {
  local file
  for file in "$CACERT" "$CERT" "$CERT_KEY"; do
    [[ -n $file ]] || continue
    [[ -e $file ]] || die "$EX_CONFIG" "there is no $file on this host" "'tls' of the asset in the plan names the CA, certificate and key of an etcd client"
    [[ -r $file ]] || die "$EX_NOPERM" "cannot read $file" 'run this as root'
  done
}

# Ask the member how it is; leave with the reason if it does not say.
etcd_ask_status() {
  local out="$RUN_DIR/etcd-status"
  if ! etcd_call endpoint status -w fields >"$out" 2>"$out.err"; then
    etcd_refuse_unreachable "$out.err"
  fi
  if [[ $(etcd_field Leader "$out") == 0 ]]; then
    log_warn 'the cluster has no leader: the snapshot is what this one member knows, which may be old'
  fi
}

# Tell why a member could not be asked. etcdctl says it in the middle of a log line.
etcd_refuse_unreachable() {
  local words hint
  words="$(tail -n 5 -- "$1")"
  case "$words" in
    *x509:* | *"tls: "* | *"private key"* | *PEM*)
      die "$EX_NOPERM" "$ENDPOINT: no trust between etcd and this client: $(etcd_reason "$words")" "the CA must be the one that signed etcd's certificate, and $CERT one that etcd accepts"
      ;;
    *"permission denied"* | *"user name is empty"* | *"authentication failed"*)
      die "$EX_NOPERM" "$ENDPOINT: etcd refuses this client: $(etcd_reason "$words")" 'a snapshot needs the role root when authentication is on'
      ;;
    *"broken pipe"* | *"connection closed"* | *"closed network connection"* | *"connection reset"* | *EOF*)
      hint='a member that hangs up usually wants https, or a client certificate'
      ;;
    *"connection refused"*) hint='is etcd running? look at its log' ;;
    *"no such host"*) hint='the name is not known here' ;;
    *) hint="it took more than $ETCD_CALL_SECONDS s: it hangs, or its disk does; look at its log" ;;
  esac
  die "$EX_UNAVAILABLE" "$ENDPOINT does not answer: $(etcd_reason "$words")" "$hint"
}

# The innermost reason in what etcdctl printed, short.
etcd_reason() {
  local words="$1"
  words="$(printf '%s\n' "$words" | tr -d '\\"}{' | sed -n 's/.*desc = //; s/.*transport: //; s/^Error: //; s/latest balancer error: //; s/^Error while dialing //; s/^dial tcp: //; /[a-z]/p' | head -n 1)"
  printf '%s\n' "${words:0:160}"
}

# An alarm travels in the snapshot. NOSPACE leaves the data good; CORRUPT means that members disagree on it.
etcd_check_alarms() {
  local alarms
  if ! alarms="$(etcd_call alarm list 2>/dev/null)"; then
    log_warn 'the cluster commits nothing (no quorum?): the snapshot is what this one member knows, which may be old'
    return 0
  fi
  case "$alarms" in
    *CORRUPT*) die "$EX_DATA" 'etcd raised the alarm CORRUPT: its members hold different data, and this may be the wrong one' 'older sets stay as they are; find the good member (etcdctl endpoint hashkv --cluster), replace the others, disarm the alarm' ;;
    *NOSPACE*) log_warn 'etcd raised the alarm NOSPACE and takes no writes: compact, defragment, disarm. The snapshot will carry the alarm' ;;
  esac
}

# Compare the cluster as it is with the plan: a restore builds the plan's members, at the plan's addresses.
etcd_check_members() {
  local out="$RUN_DIR/etcd-members" actual planned
  if ! etcd_call member list -w fields >"$out" 2>/dev/null; then
    log_warn 'cannot list the members'
    return 0
  fi
  actual="$(etcd_members "$out")"
  planned="$(printf '%s\n' "$INITIAL_CLUSTER" | tr , '\n' | sort)"
  if [[ $actual != "$planned" ]]; then
    log_warn "the cluster is not the plan's: it has $(etcd_join "$actual"), the plan has $(etcd_join "$planned"). A restore would build the plan's"
  fi
  # A member that never started has no name yet, and no endpoint to ask.
  if grep -q '^"Name" : ""$' "$out" || ! etcd_call endpoint health --cluster >/dev/null 2>&1; then
    log_warn 'not every member is healthy: etcdctl member list and endpoint health --cluster tell which'
  fi
}

# `name=peerURL` of each member, sorted, from the fields output of `member list`. One that never started goes by the name
# that the plan gives its address.
etcd_members() {
  awk -F ' : ' -v plan="$INITIAL_CLUSTER" '
    BEGIN { n = split(plan, pair, ","); for (i = 1; i <= n; i++) named[substr(pair[i], index(pair[i], "=") + 1)] = substr(pair[i], 1, index(pair[i], "=") - 1) }
    $1 == "\"Name\"" { name = $2; gsub(/"/, "", name) }
    $1 == "\"PeerURL\"" { url = $2; gsub(/"/, "", url); print (name == "" ? named[url] : name) "=" url }' "$1" | sort
}

# Lines as one line with commas.
etcd_join() {
  printf '%s\n' "$1" | paste -s -d , -
}

# Have the member write a snapshot. It is given the whole time of the capture: etcdctl would wait for ever for a member
# that is gone, and takes --command-timeout for the whole transfer.
etcd_save() {
  local file="$1" log="$RUN_DIR/etcd-save.log" status=0
  etcd_call --command-timeout="$((CAPTURE_TIMEOUT > 0 ? CAPTURE_TIMEOUT : 86400))s" snapshot save "$file" >"$log" 2>&1 || status=$?
  ((status == 0)) && [[ -s $file ]] && return 0
  case "$(tail -n 5 -- "$log")" in
    *"no space left"* | *"disk quota"* | *"input/output error"*) die "$EX_IO" "cannot write the snapshot in $RUN_DIR: $(etcd_reason "$(tail -n 1 -- "$log")")" "make room in $STATE_DIR" ;;
  esac
  etcd_refuse_unreachable "$log"
}

# Restore a snapshot into a scratch directory, which checks its hash, and remove that again. 0, 65 or 74.
etcd_prove_snapshot() {
  local file="$1" scratch="$2" status=0
  etcd_restore_file "$file" "$scratch" scratch scratch=http://127.0.0.1:2380 http://127.0.0.1:2380 scratch || status=$?
  rm -rf -- "$scratch"
  return "$status"
}

# What a restore must find again, and what people look for in a MANIFEST.
etcd_add_positions() {
  local status="$RUN_DIR/etcd-status" snapshot="$RUN_DIR/etcd-snapshot" revision keys
  etcd_snapshot_tool status "$1" -w fields >"$snapshot" 2>"$snapshot.err" || die "$EX_DATA" 'cannot read the revision of the snapshot'
  revision="$(etcd_field Revision "$snapshot")"
  [[ $revision =~ ^[0-9]+$ ]] || die "$EX_DATA" 'the snapshot has no revision'
  # Keys as of the snapshot's revision, however much was written since. Unknown when that was compacted away meanwhile.
  keys="$(etcd_count "$revision" etcd_call 2>/dev/null)" || keys=''
  manifest_add tool.etcd "$(etcd_field Version "$status")"
  manifest_add tool.etcdctl "$(etcd_tool_version etcdctl)"
  if command -v etcdutl >/dev/null 2>&1; then manifest_add tool.etcdutl "$(etcd_tool_version etcdutl)"; fi
  manifest_add position.revision "$revision"
  manifest_add position.keys "$keys"
  manifest_add position.records "$(etcd_field Keys "$snapshot")"
  manifest_add position.db_bytes "$(etcd_field Size "$snapshot")"
  manifest_add position.cluster_id "$(etcd_hex "$(etcd_field ClusterID "$status")")"
  manifest_add position.member_id "$(etcd_hex "$(etcd_field MemberID "$status")")"
  manifest_add position.member "$MEMBER_NAME"
  manifest_add position.members "$(etcd_join "$(etcd_members "$RUN_DIR/etcd-members")")"
  log_info "snapshot of $MEMBER_NAME: revision $revision, $(count_of "${keys:-unknown}" key), proven by restoring it"
}

# --- etcd's programs ------------------------------------------------------------------------------------------------

# Run one of etcd's programs without the caller's environment: any flag can be set by ETCD_… and ETCDCTL_… variables,
# and proxies by others.
etcd_bare() {
  env -i PATH="$PATH" ETCDCTL_API=3 "$@"
}

# etcdctl at this host's member. A later --command-timeout wins.
etcd_call() {
  local -a tls=()
  [[ -z $CACERT ]] || tls+=(--cacert="$CACERT")
  [[ -z $CERT ]] || tls+=(--cert="$CERT")
  [[ -z $CERT_KEY ]] || tls+=(--key="$CERT_KEY")
  etcd_bare etcdctl --endpoints="$ENDPOINT" --dial-timeout="${ETCD_CALL_SECONDS}s" \
    --command-timeout="${ETCD_CALL_SECONDS}s" ${tls[@]+"${tls[@]}"} "$@"
}

# The snapshot commands that work on files.
etcd_snapshot_tool() {
  if command -v etcdutl >/dev/null 2>&1; then etcd_bare etcdutl snapshot "$@"; else etcd_bare etcdctl snapshot "$@"; fi
}

# Restore a snapshot FILE into the new directory DATA as member NAME of CLUSTER. Logs and returns 65 when the snapshot is damaged, which
# its own hash tells, 69 when the tool did not do it, 74 without room.
etcd_restore_file() {
  local file="$1" data="$2" name="$3" cluster="$4" peer="$5" token="$6" log="$RUN_DIR/etcd-restore.log"
  shift 6
  etcd_snapshot_tool restore "$file" --data-dir="$data" --name="$name" --initial-cluster="$cluster" \
    --initial-advertise-peer-urls="$peer" --initial-cluster-token="$token" "$@" >"$log" 2>&1 && [[ -d $data/member/wal ]] && return 0
  case "$(tail -n 40 -- "$log")" in
    *"no space left"* | *"disk quota"* | *"input/output error"*)
      log_error "no room to restore the snapshot in ${data%/*}"
      return "$EX_IO"
      ;;
    *"expected sha256"*) log_error 'the snapshot is damaged: its content does not have the hash at its end' ;;
    *"missing hash"*) log_error 'the snapshot has no hash at its end: it was cut, or copied out of a data directory' ;;
    *"unknown flag"* | *"unknown command"* | *"permission denied"* | *"not found"*)
      # Not the set's fault: no reason to distrust it.
      log_error "cannot restore the snapshot here: $(etcd_reason "$(grep -v '^{' "$log" | tail -n 1)")"
      return "$EX_UNAVAILABLE"
      ;;
    *)
      etcd_check_hash "$file" || return $?
      log_error "the restore of a sound snapshot failed: $(etcd_reason "$(grep -v '^{' "$log" | tail -n 1)")"
      return "$EX_UNAVAILABLE"
      ;;
  esac
  return "$EX_DATA"
}

# One value of the `fields` output, which has a line `"Name" : value` each and quotes every key and value.
etcd_field() {
  awk -F ' : ' -v name="\"$1\"" '$1 == name { gsub(/"/, "", $2); print $2; exit }' "$2"
}

# The version that a program prints of itself.
etcd_tool_version() {
  etcd_bare "$1" version 2>/dev/null | sed -n 's/^[a-z]* [Vv]ersion: *//p' || true
}

# A 64-bit id as etcd's logs print it. Bash wraps where printf would clamp.
etcd_hex() {
  [[ $1 =~ ^[0-9]+$ ]] || return 0
  printf '%x\n' "$(($1))"
}

# Number of keys at a revision; 0 means now. The rest is the function that calls etcdctl.
etcd_count() {
  local revision="$1" out
  shift
  out="$("$@" get '' --prefix --limit=1 --keys-only --rev="$revision" -w fields)" || return 1
  etcd_field Count <(printf '%s\n' "$out")
}

# Revision now, as a quorum sees it.
etcd_revision() {
  local out
  out="$("$@" get '' --prefix --limit=1 --keys-only -w fields)" || return 1
  etcd_field Revision <(printf '%s\n' "$out")
}

# --- Verify ---------------------------------------------------------------------------------------------------------

# Decode the snapshot and restore it aside. Where no tool can restore, its own hash at least is checked.
kind_verify() {
  local set="$1" file="$RUN_DIR/snapshot.db" status=0
  measure_set "$set"
  require_space "$RUN_DIR" $((RAW_BYTES * 2 + ETCD_WAL_BYTES))
  etcd_decode "$set" "$file" || return $?
  if etcd_can_restore; then
    etcd_prove_snapshot "$file" "$RUN_DIR/scratch" || status=$?
  else
    etcd_check_hash "$file" || status=$?
    log_warn 'neither etcdutl nor etcdctl is here to restore the snapshot: only its hash was checked'
  fi
  rm -f -- "$file"
  return "$status"
}

# Decode the snapshot of a set into a file. The plain 1 of a `cat` that could not write is a full disk.
etcd_decode() {
  local status=0
  read_payload "$1" snapshot.db >"$2" || status=$?
  ((status != 0)) || return 0
  log_error "cannot decode the snapshot into ${2%/*}"
  return "$(sysexit_of "$status" "$EX_IO")"
}

# Is there a tool here that restores?
etcd_can_restore() {
  command -v etcdutl >/dev/null 2>&1 || command -v etcdctl >/dev/null 2>&1 || return 1
  (etcd_require_restore) >/dev/null 2>&1
}

# A snapshot ends with the SHA-256 of all that comes before.
etcd_check_hash() {
  local file="$1" recorded actual
  count_bytes "$file"
  if ((BYTES % 512 != 32 || BYTES == 32)); then
    log_error 'the snapshot has no hash at its end: it was cut, or copied out of a data directory'
    return "$EX_DATA"
  fi
  recorded="$(tail -c 32 -- "$file" | od -An -v -tx1 | tr -d ' \n')"
  actual="$(head -c $((BYTES - 32)) -- "$file" | hash_stream)"
  if [[ $recorded != "$actual" ]]; then
    log_error 'the snapshot is damaged: its content does not have the hash at its end'
    return "$EX_DATA"
  fi
}

# --- Stage ----------------------------------------------------------------------------------------------------------

# Beside the data directory, so that it can be renamed into place; inside, when that is a mount point of its own.
kind_stage_parent() {
  local live
  live="$(etcd_live_dir)"
  existing_parent "${live%/*}"
}

# What is replaced: the data directory, or, when that is a mount point and cannot be renamed, all that etcd keeps in it.
etcd_live_dir() {
  local dir="$DATA_DIR"
  if [[ -d $dir ]]; then dir="$(cd -- "$dir" && pwd -P)"; fi
  if [[ -d $dir && $(mount_point "$dir") == "$dir" ]]; then dir="$dir/member"; fi
  printf '%s\n' "$dir"
}

# Restore the snapshot aside: as this host's member of the plan's cluster for the live place, else as a member that can
# be started alone and finds nobody.
kind_stage() {
  local set="$1" dir="$2"
  local -a bump=()
  etcd_require_restore
  measure_set "$set"
  # The decoded snapshot, the restored copy, and for the live place one more to try out.
  require_space "$dir" $((RAW_BYTES * 3 + ETCD_WAL_BYTES * 2))
  etcd_compare_versions "$set"
  etcd_decode "$set" "$dir/snapshot.db" || return $?
  if ! is_live_stage "$dir"; then
    etcd_restore_alone "$set" "$dir" data
    return $?
  fi
  if ((BUMP_REVISION > 0)) && etcd_can_bump; then bump=(--bump-revision="$BUMP_REVISION" --mark-compacted); fi
  etcd_restore_file "$dir/snapshot.db" "$dir/data" "$MEMBER_NAME" "$INITIAL_CLUSTER" "$MEMBER_PEER_URL" \
    "$(etcd_token "$set")" ${bump[@]+"${bump[@]}"} || return $?
  etcd_give_owner "$dir/data"
}

# Restore the decoded snapshot of a stage into DIR/SUB, as a cluster of one that talks over a socket in its directory.
etcd_restore_alone() {
  local set="$1" dir="$2" sub="$3"
  etcd_restore_file "$dir/snapshot.db" "$dir/$sub" lifeboat lifeboat=unix://peer:1 unix://peer:1 "$(etcd_token "$set")-alone"
}

# The token of the new cluster, and with it the cluster's and members' ids: the same on all hosts that restore the same
# snapshot, and on no others. Two snapshots of one minute from two hosts share their stamp: the hash keeps members that
# restored different ones from making a cluster that disagrees with itself.
etcd_token() {
  printf 'lifeboat-%s-%s\n' "$(manifest_get "$1" set)" "$(etcd_fingerprint "$1")"
}

# A short name of a snapshot's content.
etcd_fingerprint() {
  local sum
  sum="$(manifest_get "$1" payload.1.raw_sha256)"
  printf '%s\n' "${sum:0:12}"
}

# Can this etcd move revisions ahead while it restores?
etcd_can_bump() {
  case "$(etcd_snapshot_tool restore --help 2>&1 || true)" in
    *--bump-revision*--mark-compacted*) return 0 ;;
    *) return 1 ;;
  esac
}

# An etcd older than the one that wrote the snapshot refuses it or worse.
etcd_compare_versions() {
  local theirs ours tool=etcdctl
  if command -v etcdutl >/dev/null 2>&1; then tool=etcdutl; fi
  theirs="$(manifest_get "$1" tool.etcd)"
  ours="$(etcd_tool_version "$tool")"
  if [[ -n $theirs && -n $ours && ${theirs%.*} != "${ours%.*}" ]]; then
    log_warn "the snapshot is of etcd $theirs, $tool here is $ours: use the same minor version if the restore misbehaves"
  fi
}

# Give the restored files to the user that etcd runs as.
etcd_give_owner() {
  local owner
  chmod 700 -- "$1"
  owner="$(etcd_owner)"
  [[ -z $owner || $owner == "$(id -u):$(id -g)" ]] || chown -R -- "$owner" "$1" || die "$EX_NOPERM" "cannot give $1 to $owner" 'run this as root'
}

# The owner that the plan names, else that of what is replaced, else the user of the systemd unit.
etcd_owner() {
  local user=''
  if [[ -n $DATA_OWNER ]]; then
    printf '%s\n' "$DATA_OWNER"
  elif [[ -d $DATA_DIR ]]; then
    # shellcheck disable=SC2012  # stat differs between systems, and only the numbers are used
    ls -ldn -- "$DATA_DIR" | awk '{ print $3 ":" $4 }'
  elif [[ $SERVICE_KIND == systemd ]]; then
    user="$(systemctl show --property=User "$SERVICE_NAME" 2>/dev/null)" || user=''
    user="${user#User=}"
    [[ -z $user ]] || printf '%s:%s\n' "$user" "$(id -gn -- "$user")"
  fi
}

# Prove the stage. The snapshot's revision must be the recorded one; then a throw-away etcd is started on a copy (on the
# stage itself when that is a throw-away) and must hold as many keys as were counted.
kind_check_stage() {
  local set="$1" dir="$2" sub=data status=0
  etcd_check_revision "$set" "$dir/snapshot.db" || return $?
  if ! command -v etcd >/dev/null 2>&1 || ! command -v etcdctl >/dev/null 2>&1; then
    log_warn 'there is no etcd program on this host (it runs in a container?): the stage was checked by hash and revision, not by starting it'
    return 0
  fi
  if is_live_stage "$dir"; then
    sub=alone
    etcd_restore_alone "$set" "$dir" "$sub" || return $?
  fi
  etcd_check_running "$set" "$dir" "$sub" || status=$?
  kind_stage_stop "$dir"
  if [[ $sub == alone ]]; then rm -rf -- "${dir:?}/alone"; fi
  ((status != 0)) || is_live_stage "$dir" || etcd_say_how_to_start "$dir"
  return "$status"
}

# The snapshot must be of the revision that the MANIFEST records.
etcd_check_revision() {
  local set="$1" file="$2" out="$RUN_DIR/etcd-snapshot" wanted found
  wanted="$(manifest_get "$set" position.revision)"
  etcd_snapshot_tool status "$file" -w fields >"$out" 2>/dev/null || true
  found="$(etcd_field Revision "$out")"
  if [[ -z $found ]]; then
    log_error 'the revision of the snapshot cannot be read'
    return "$EX_UNAVAILABLE"
  elif [[ $found != "$wanted" ]]; then
    log_error "the snapshot is of revision $found, the MANIFEST says $wanted"
    return "$EX_DATA"
  fi
}

# Start a throw-away etcd on DIR/SUB and count.
etcd_check_running() {
  local set="$1" dir="$2" sub="$3" revision wanted found
  revision="$(manifest_get "$set" position.revision)"
  wanted="$(manifest_get "$set" position.keys)"
  etcd_start_alone "$dir" "$sub" || return $?
  if ! found="$(etcd_count "$revision" etcd_alone_call "$dir" 2>"$RUN_DIR/etcd-count.err")"; then
    log_tool_errors etcdctl "$RUN_DIR/etcd-count.err"
    log_error "the restored etcd cannot be read at revision $revision"
    return "$EX_UNAVAILABLE"
  fi
  if [[ -n $wanted && $found != "$wanted" ]]; then
    log_error "the restored etcd holds $found keys, the MANIFEST says $wanted"
    return "$EX_DATA"
  fi
  printf '%s at revision %s\n' "$(count_of "$found" key)" "$revision" >"$RUN_DIR/etcd-summary"
  log_info "a throw-away etcd on the restored data holds $(count_of "$found" key) at revision $revision"
}

# Start etcd on DIR/SUB, on Unix sockets in DIR, which nobody else may enter: on a port of loopback every local user
# could read the secrets in it.
etcd_start_alone() {
  local dir="$1" sub="$2" waited=0
  (
    cd -- "$dir" || exit "$EX_IO"
    exec env -i PATH="$PATH" etcd --name lifeboat --data-dir "$sub" --heartbeat-interval=10 --election-timeout=100 \
      --listen-client-urls unix://client:1 --advertise-client-urls unix://client:1 --listen-peer-urls unix://peer:1 \
      --initial-advertise-peer-urls unix://peer:1 --initial-cluster lifeboat=unix://peer:1 >"$RUN_DIR/etcd-alone.log" 2>&1
  ) </dev/null 9>&- &
  printf '%d\n' "$!" >"$dir/etcd.pid"
  until etcd_revision etcd_alone_call "$dir" >/dev/null 2>&1; do
    if ! kill -0 "$(cat -- "$dir/etcd.pid")" 2>/dev/null; then
      log_tool_errors etcd "$RUN_DIR/etcd-alone.log"
      log_error 'etcd does not start on the restored data'
      ! grep -q 'no space left\|disk quota\|input/output error' "$RUN_DIR/etcd-alone.log" || return "$EX_IO"
      return "$EX_UNAVAILABLE"
    fi
    waited=$((waited + 1))
    if ((waited > SERVICE_START_SECONDS * 5)); then
      log_error "etcd does not answer on the restored data after $(human_seconds "$SERVICE_START_SECONDS") (startWithin of the service in the plan)"
      return "$EX_TEMPFAIL"
    fi
    sleep 0.2
  done
}

# etcdctl at the throw-away etcd of a stage.
etcd_alone_call() {
  local dir="$1"
  shift
  (cd -- "$dir" && [[ -S client:1 ]] && etcd_bare etcdctl --endpoints=unix://client:1 --command-timeout="${ETCD_CALL_SECONDS}s" "$@")
}

# Stop the throw-away etcd of a stage. The stage may be one that a killed run left before the host was booted again, and
# its number belong to somebody else now.
kind_stage_stop() {
  local dir="$1" pid waited=0
  [[ -s $dir/etcd.pid ]] || return 0
  pid="$(cat -- "$dir/etcd.pid")"
  case "$(ps -o args= -p "$pid" 2>/dev/null || true)" in
    *'--name lifeboat '*) ;;
    *) return 0 ;;
  esac
  kill -TERM "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do
    waited=$((waited + 1))
    if ((waited > 50)); then kill -KILL "$pid" 2>/dev/null || true; fi
    sleep 0.1
  done
  rm -f -- "$dir/etcd.pid"
}

# What to type to look into a stage that is left to the operator.
etcd_say_how_to_start() {
  [[ $ACTION == restore ]] || return 0
  log_info "to look into it: cd $1 && etcd --data-dir data --listen-client-urls unix://client:1 --advertise-client-urls unix://client:1 --listen-peer-urls unix://peer:1"
  log_info "and beside it: cd $1 && ETCDCTL_API=3 etcdctl --endpoints unix://client:1 get '' --prefix --keys-only"
}

# One line on what the stage holds.
kind_stage_summary() {
  count_bytes "$1/data/member/snap/db"
  if [[ -s $RUN_DIR/etcd-summary ]]; then
    printf '%s, %s\n' "$(cat -- "$RUN_DIR/etcd-summary")" "$(human_bytes "$BYTES")"
  else
    printf 'a data directory of %s\n' "$(human_bytes "$BYTES")"
  fi
}

# --- Live restore ---------------------------------------------------------------------------------------------------

# What a live restore stops and replaces, and what the operator must do elsewhere.
kind_describe_restore() {
  local set="$1" keys
  keys="$(manifest_get "$set" position.keys)"
  [[ $SERVICE_KIND == none ]] || printf '  stop %s and start it again\n' "$(service_label)"
  printf '  replace %s, the data of etcd member %s\n' "$(etcd_live_dir)" "$MEMBER_NAME"
  printf '    now    %s\n' "$(etcd_describe_now)"
  printf '    then   revision %s, %s of cluster %s, etcd %s\n' "$(manifest_get "$set" position.revision)" \
    "$(count_of "${keys:-unknown}" key)" "$(manifest_get "$set" position.cluster_id)" "$(manifest_get "$set" tool.etcd)"
  printf '    from   snapshot %s, taken of member %s\n' "$(etcd_fingerprint "$set")" "$(manifest_get "$set" position.member)"
  printf '    and the old data is kept beside it\n'
  ((${#MEMBER_NAMES[@]} == 1)) || etcd_describe_others "$set"
  etcd_demand_one_set "$set"
}

# Members that restored different snapshots are strangers to one another: what is newest here may not be newest there, so the set must be
# named.
etcd_demand_one_set() {
  if ((${#MEMBER_NAMES[@]} == 1 || DRY_RUN)) || [[ ${SET_CHOICE:-} == --set ]]; then return 0; fi
  die "$EX_USAGE" "all of ${MEMBER_NAMES[*]} must restore one and the same set: name it" "$0 --set ${1##*/}, on the host of every member"
}

# The live member in a few words; it may well be dead.
etcd_describe_now() {
  local out="$RUN_DIR/etcd-now"
  if ! etcd_port_is_open; then
    printf 'nothing listens at %s\n' "$ENDPOINT"
  elif etcd_call endpoint status -w fields >"$out" 2>/dev/null; then
    printf 'revision %s of cluster %s, etcd %s\n' "$(etcd_field Revision "$out")" "$(etcd_hex "$(etcd_field ClusterID "$out")")" "$(etcd_field Version "$out")"
  else
    printf '%s does not answer\n' "$ENDPOINT"
  fi
}

# A cluster is restored whole or not at all.
etcd_describe_others() {
  printf '  begin a new cluster of %s: each must restore this very snapshot (%s), on its own host, with\n' "${MEMBER_NAMES[*]}" "$(etcd_fingerprint "$1")"
  printf '    %s --set %s --yes\n' "${0##*/}" "${1##*/}"
  printf '  at the same time: this script waits %s for the others, and puts everything back if they do not come\n' "$(human_seconds "$QUORUM_WAIT_SECONDS")"
  printf '  If only this member is lost and the others still work, do NOT restore: etcdctl member remove and member add\n'
  printf '  bring it back from them, with all their data.\n'
}

# Put the stage in the place of the live data. Nothing that etcd holds open is renamed: it is waited for first.
kind_swap() {
  local dir="$2" live staged="$2/data"
  etcd_refuse_foreign_wal
  etcd_stop
  live="$(etcd_live_dir)"
  if etcd_data_is_mount; then staged="$dir/data/member"; fi
  mkdir -p -- "${live%/*}"
  swap_path "$staged" "$live"
  service_start
}

# Is the data directory a mount point?
etcd_data_is_mount() {
  [[ $(etcd_live_dir) != "$DATA_DIR" && $(etcd_live_dir) == */member ]]
}

# A log kept elsewhere (--wal-dir) would stay as it is and not fit the restored data.
etcd_refuse_foreign_wal() {
  [[ ! -d $DATA_DIR/member/snap || -d $DATA_DIR/member/wal ]] ||
    die "$EX_CONFIG" "etcd keeps its write-ahead log outside of $DATA_DIR (--wal-dir): this script does not replace it there" 'restore by hand, with --wal-dir'
}

# Stop etcd and wait until it is gone.
etcd_stop() {
  local began=$SECONDS
  service_stop
  while etcd_is_up; do
    if [[ $SERVICE_KIND == none ]]; then
      die "$EX_CONFIG" "etcd runs at $ENDPOINT, and the plan does not say how to stop it" "stop it, then run this again; 'service' of the asset in the plan names it"
    fi
    ((SECONDS - began < SERVICE_STOP_SECONDS)) || die "$EX_TEMPFAIL" "etcd at $ENDPOINT still runs $(human_seconds "$SERVICE_STOP_SECONDS") after it was told to stop" 'stop it by hand, then run this again; how long it may take is stopWithin of the service in the plan'
    sleep 0.5
  done
}

# Does an etcd run on the data or at the endpoint?
etcd_is_up() {
  etcd_data_is_locked || etcd_port_is_open
}

# etcd locks its database while it runs, also from within a container.
etcd_data_is_locked() {
  local db="$DATA_DIR/member/snap/db"
  [[ -f $db ]] && command -v flock >/dev/null 2>&1 || return 1
  ! flock -n "$db" true 2>/dev/null
}

# Does anything listen at the endpoint?
etcd_port_is_open() {
  local address="${ENDPOINT#*://}" host
  host="${address%:*}"
  host="${host#[}"
  (exec 8<>"/dev/tcp/${host%]}/${address##*:}") 2>/dev/null
}

# Prove that the member answers with what the backup holds. A member of a larger cluster cannot answer before most of the members
# were restored, and is not live before: this host waits for them.
kind_check_live() {
  local set="$1"
  etcd_wait_up || return $?
  ((${#MEMBER_NAMES[@]} == 1)) || etcd_say_what_others_do "$set"
  if etcd_wait_quorum; then
    etcd_check_content "$set"
    return $?
  fi
  if ((${#MEMBER_NAMES[@]} == 1)) || ! etcd_port_is_open; then
    log_error "etcd at $ENDPOINT runs but does not work: look at its log"
    return "$EX_UNAVAILABLE"
  fi
  log_error "$MEMBER_NAME waited $(human_seconds "$QUORUM_WAIT_SECONDS") for $((${#MEMBER_NAMES[@]} / 2 + 1)) of ${MEMBER_NAMES[*]} to restore the snapshot $(etcd_fingerprint "$set"): there is no cluster"
  log_line HINT "run ${0##*/} --set ${set##*/} --yes on the hosts of all members at the same time; it must name the snapshot $(etcd_fingerprint "$set") on each. quorumWait in the plan says how long they wait for one another"
  return "$EX_TEMPFAIL"
}

# The other members' part, said before they are waited for.
etcd_say_what_others_do() {
  ! etcd_revision etcd_call --command-timeout=2s >/dev/null 2>&1 || return 0
  log_info "$MEMBER_NAME is restored and waits for the others: $((${#MEMBER_NAMES[@]} / 2 + 1)) of ${MEMBER_NAMES[*]} must have restored the snapshot $(etcd_fingerprint "$1") before etcd answers"
  log_info "run on the host of each other member, now: ${0##*/} --set ${1##*/} --yes"
  log_info "it must name the same snapshot there; if it names another one or finds no such set, copy $1 to that host's store"
}

# Wait until the member listens; soon after it was found dead, give up.
etcd_wait_up() {
  local began=$SECONDS seen=$SECONDS
  while ! etcd_port_is_open; do
    if service_is_running; then seen=$SECONDS; fi
    if ((SECONDS - seen > ETCD_DEAD_SECONDS || SECONDS - began > SERVICE_START_SECONDS)); then
      log_error "etcd does not come up on the restored data: nothing listens at $ENDPOINT after $((SECONDS - began)) s. Its own log says why"
      return "$EX_UNAVAILABLE"
    fi
    sleep 0.5
  done
}

# Wait until a quorum answers. A single member is one.
etcd_wait_quorum() {
  local began=$SECONDS limit="$QUORUM_WAIT_SECONDS" said=$SECONDS
  if ((${#MEMBER_NAMES[@]} == 1)); then limit="$SERVICE_START_SECONDS"; fi
  until etcd_revision etcd_call --command-timeout=2s >/dev/null 2>&1; do
    ((SECONDS - began < limit)) || return 1
    if ((SECONDS - said >= 10)); then
      said=$SECONDS
      log_info "waiting for the cluster to answer ($((SECONDS - began)) of $limit s)"
    fi
    sleep 0.5
  done
}

# Compare what the cluster answers with the MANIFEST. Clients may have written since, so keys are counted as of the
# backup's revision; with revisions moved ahead that is no longer readable.
etcd_check_content() {
  local set="$1" wanted keys found now least
  wanted="$(manifest_get "$set" position.revision)"
  keys="$(manifest_get "$set" position.keys)"
  now="$(etcd_revision etcd_call)" || now=0
  least="$wanted"
  if etcd_bumps; then least=$((wanted + BUMP_REVISION)); fi
  if ((now < least)); then
    log_error "etcd answers with revision $now, at least $least was expected"
    return "$EX_DATA"
  fi
  if etcd_bumps || ! found="$(etcd_count "$wanted" etcd_call 2>/dev/null)"; then
    found="$(etcd_count 0 etcd_call)" || found=unknown
    log_info "etcd answers: revision $now, $(count_of "$found" key) (the backup had ${keys:-unknown})"
  elif [[ -n $keys && $found != "$keys" ]]; then
    log_error "etcd answers with $found keys at revision $wanted, the MANIFEST says $keys"
    return "$EX_DATA"
  else
    log_info "etcd answers: revision $now, $(count_of "$found" key) as of the backup"
  fi
  etcd_say_afterwards "$wanted"
}

# Does a live restore move revisions ahead here?
etcd_bumps() {
  ((BUMP_REVISION > 0)) && etcd_can_bump
}

# What else a restored etcd needs.
etcd_say_afterwards() {
  local clients='kube-apiserver, kube-controller-manager, kube-scheduler, the kubelet of every node and whatever else watches this cluster'
  if [[ $(etcd_call alarm list 2>/dev/null || true) == *NOSPACE* ]]; then
    log_warn 'the restored etcd still has the alarm NOSPACE and takes no writes: compact, defragment, then etcdctl alarm disarm'
  fi
  if etcd_bumps; then
    log_info "revisions were moved ahead by $BUMP_REVISION: watches end and begin anew. Restart $clients if this script did not"
  else
    log_warn "revisions went back to $1 and will be given out again: a client that kept running misses changes. Restart $clients on every host"
  fi
}

# The live data is put back by the caller; what must not happen is that etcd runs meanwhile.
kind_rollback() {
  [[ -s $STATE_DIR/$ASSET.swap ]] || return 0
  etcd_stop
}
