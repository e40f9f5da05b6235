# Vault with integrated storage. A backup is a raft snapshot of the active replica, whose own hashes are proven here. A restore gives
# it back to the active replica, which hands it to the others, and unseals every replica that is sealed afterwards. Tokens and keys
# reach the vault command by stdin or its environment, never as an argument.

# The journal of a live restore: $STATE_DIR/$ASSET.vault.
readonly UNDO_JOURNAL=vault
# The way of a token into the environment of a vault command.
readonly VAULT_TAKE_TOKEN='IFS= read -r VAULT_TOKEN || exit 77; export VAULT_TOKEN; export VAULT_CLIENT_TIMEOUT=86400; '
# Seconds for a replica to say how it is.
readonly VAULT_ASK_SECONDS=15
# Seconds for all replicas to be unsealed and one of them active.
readonly VAULT_UP_SECONDS=300
# How many looks in a row must find them so: a restore may seal them a moment after it has ended.
readonly VAULT_CALM_LOOKS=3

# --- Replicas -----------------------------------------------------------------------------------------------------------

# Print what a script begins with in the place where the vault command runs: the plan's address, CA and name in the certificate, and
# what the environment there says where the plan does not.
vault_settings() {
  # shellcheck disable=SC2016  # for the shell over there
  printf '%s\n' 'unset VAULT_FORMAT
if [ -n "$1" ]; then
  unset VAULT_NAMESPACE VAULT_SKIP_VERIFY VAULT_CACERT VAULT_CAPATH VAULT_CLIENT_CERT VAULT_CLIENT_KEY VAULT_TLS_SERVER_NAME VAULT_AGENT_ADDR VAULT_PROXY_ADDR VAULT_HTTP_PROXY VAULT_WRAP_TTL
  export VAULT_ADDR="$1"
fi
[ -z "$2" ] || export VAULT_CACERT="$2"
[ -z "$3" ] || export VAULT_TLS_SERVER_NAME="$3"
shift 3'
}

# Run the text of a shell script where a replica's vault command is, with the plan's settings.
vault_script() {
  local number="$1" script="$2"
  shift 2
  remote_use "replica-$number"
  remote_script "$(vault_settings)"$'\n'"$script" "${VAULT_ADDRESSES[number]}" "$VAULT_CA" "$VAULT_SERVER_NAME" "$@"
}

# A replica, for people.
vault_label() {
  remote_use "replica-$1"
  if [[ -n ${VAULT_ADDRESSES[$1]} ]]; then printf '%s\n' "${VAULT_ADDRESSES[$1]}"; else remote_label; fi
}

# A value of what a replica said of itself when it was looked at last.
vault_value() {
  tr '{},' '\n' <"$RUN_DIR/vault.$1" | sed -n "s/^ *\"$2\": *\"\{0,1\}\([^\"]*\)\"\{0,1\} *\$/\1/p" | head -n 1
}

# Look at a replica: VAULT_STATE is `active`, `standby`, `sealed`, `new` (never initialized) or `away`; vault_words says why it is away.
vault_look() {
  local number="$1" status=0
  # `vault status` ends with 2 when the replica is sealed.
  # shellcheck disable=SC2016  # for the shell over there
  vault_script "$number" 'export VAULT_CLIENT_TIMEOUT="$1" VAULT_MAX_RETRIES=0; exec vault status -format=json' "$VAULT_ASK_SECONDS" >"$RUN_DIR/vault.$number" 2>"$RUN_DIR/vault.err" </dev/null || status=$?
  case "$status $(vault_value "$number" initialized) $(vault_value "$number" sealed) $(vault_value "$number" is_self)" in
    [02]' false '*) VAULT_STATE=new ;;
    [02]' true true '*) VAULT_STATE=sealed ;;
    '0 true false true') VAULT_STATE=active ;;
    '0 true false '*) VAULT_STATE=standby ;;
    *) VAULT_STATE=away ;;
  esac
}

# What the last vault command had to say, in one line. It says nothing of secrets.
vault_words() {
  local words
  words="$(grep -e '^\* ' -e 'Error' -e 'error' -e 'cannot' -e 'not found' -- "$RUN_DIR/vault.err" | grep -v -e 'making API request' -e '^Errors' -e 'API request' | sed -e 's/^\* //' -e 's/^[0-9T:Z-]* ERROR \[[^]]*\] //' | tail -n 1 || true)"
  [[ -n $words ]] || words="$(grep -v '^[[:space:]]*$' -- "$RUN_DIR/vault.err" | tail -n 1 || true)"
  printf '%s\n' "${words:0:250}"
}

# Look at all replicas: VAULT_ACTIVE is the number of the active one, empty without one; VAULT_SEALED of those that are sealed;
# VAULT_STATES their states.
vault_survey() {
  local i
  VAULT_ACTIVE='' VAULT_SEALED='' VAULT_AWAY='' VAULT_STATES=()
  for ((i = 0; i < ${#VAULT_ADDRESSES[@]}; i++)); do
    vault_look "$i"
    VAULT_STATES+=("$VAULT_STATE")
    case "$VAULT_STATE" in
      active) VAULT_ACTIVE="$i" ;;
      sealed) VAULT_SEALED+="${VAULT_SEALED:+ }$i" ;;
      new | away) VAULT_AWAY="$i $(vault_words)" ;;
    esac
  done
}

# Demand an active replica: VAULT_ACTIVE. Each other one that does not serve is worth a warning.
vault_require_active() {
  local i
  vault_survey
  for ((i = 0; i < ${#VAULT_STATES[@]}; i++)); do
    case "${VAULT_STATES[i]}" in
      sealed) log_warn "$(vault_label "$i") is sealed: unseal-$ASSET.sh unseals it" ;;
      new) log_warn "$(vault_label "$i") is not initialized: it belongs to no cluster yet" ;;
      away) log_warn "$(vault_label "$i") does not answer" ;;
    esac
  done
  [[ -z $VAULT_ACTIVE ]] || return 0
  if [[ " ${VAULT_STATES[*]} " == *' standby '* ]]; then
    die "$EX_UNAVAILABLE" 'no replica is active: they have no leader' 'do most of the replicas run unsealed, and reach each other? Vault before 1.9 does not say which one is active'
  elif [[ -n $VAULT_SEALED ]]; then
    die "$EX_UNAVAILABLE" 'Vault is sealed: no replica is active' "unseal it: unseal-$ASSET.sh"
  elif [[ ${VAULT_STATES[0]} == new ]]; then
    die "$EX_UNAVAILABLE" 'Vault is not initialized' "a restore needs a Vault that serves: vault operator init, unseal it, join the other replicas, and give this script its root token; its keys are replaced by those of the backup (differentCluster in the plan)"
  fi
  die "$EX_UNAVAILABLE" "Vault does not answer: ${VAULT_AWAY#* }" 'is it running? are the addresses (or pods) and the CA in the plan right?'
}

# Only integrated storage has snapshots.
vault_require_raft() {
  local storage
  storage="$(vault_value "$VAULT_ACTIVE" storage_type)"
  [[ $storage == raft ]] || die "$EX_CONFIG" "Vault keeps its data in $storage, not in integrated storage" "back up the place where it keeps it; vault operator migrate moves to raft"
}

# Read the token, once.
vault_read_token() {
  if [[ -z ${VAULT_SECRET:-} ]]; then VAULT_SECRET="$(read_secret "$TOKEN_SECRET")" || exit $?; fi
}

# Leave because a snapshot command failed: WHAT failed, and the words of the vault command.
vault_die() {
  local what="$1" words
  words="$(vault_words)"
  case "$words" in
    *'permission denied'* | *'missing client token'* | *'invalid token'*) die "$EX_NOPERM" "$what: $words" "may the token of the plan do that? it takes 'read' (backup) and 'update' (restore) on sys/storage/raft/snapshot; after a new initialization it is the new root token" ;;
    *'sealed'*) die "$EX_UNAVAILABLE" "$what: $words" "unseal it: unseal-$ASSET.sh" ;;
    *'different set of unseal keys'* | *'could not verify hash'*) die "$EX_CONFIG" "$what: Vault has other keys than the snapshot" "it was re-keyed or initialized anew since: differentCluster: \"force\" in the plan replaces its keys by those of the backup, with which it must then be unsealed" ;;
    *'No space left'*) die "$EX_IO" "$what: $words" 'make room where the snapshot lies for a moment, or name another place as temporaryDirectory in the plan' ;;
  esac
  die "$EX_UNAVAILABLE" "$what: ${words:-it failed without a word}" 'look at the log of the active replica'
}

# --- Backup -------------------------------------------------------------------------------------------------------------

# Can a backup be made?
kind_preflight() {
  vault_require_active
  vault_require_raft
  vault_read_token
}

# Take a snapshot of the active replica.
kind_capture() {
  vault_require_active
  write_payload vault.snap vault_observe vault_take
  manifest_add tool.vault "$(vault_value "$VAULT_ACTIVE" version)"
  manifest_add position.index "$(vault_meta Index)"
  manifest_add position.term "$(vault_meta Term)"
  manifest_add position.version "$(vault_meta Version)"
  manifest_add cluster.id "$(vault_value "$VAULT_ACTIVE" cluster_id)"
  manifest_add cluster.name "$(vault_value "$VAULT_ACTIVE" cluster_name)"
  manifest_add seal.type "$(vault_value "$VAULT_ACTIVE" type)"
  manifest_add seal.threshold "$(vault_value "$VAULT_ACTIVE" t)"
  manifest_add seal.shares "$(vault_value "$VAULT_ACTIVE" n)"
  log_info "snapshot at index $(vault_meta Index), term $(vault_meta Term)"
}

# The producer of the snapshot.
vault_take() {
  vault_stream_snapshot "$VAULT_ACTIVE" 2>"$RUN_DIR/vault.err" || vault_failed_take "$?"
}

# A snapshot could not be taken. What the stream itself said was logged.
vault_failed_take() {
  (($1 != EX_DATA)) || die "$EX_DATA" "the snapshot did not arrive whole: $(vault_words)" 'run this again; if it stays so, look at the connection'
  vault_die 'cannot take a snapshot'
}

# Print a fresh snapshot of a replica. It lies there for a moment, in a directory that goes with the script, also one that
# an earlier run left. Where the vault command can, it looks through the snapshot itself.
vault_stream_snapshot() {
  local number="$1"
  remote_use "replica-$number"
  # shellcheck disable=SC2016  # for the shell over there
  printf '%s\n' "$VAULT_SECRET" | remote_pull_stream "$(vault_settings)"$'\n'"$VAULT_TAKE_TOKEN"'umask 077
place=${1:-${TMPDIR:-/tmp}}/lifeboat-vault-$2
rm -rf "$place".*
dir=$(mktemp -d "$place.XXXXXX") || exit 73
trap "rm -rf \"\$dir\"" EXIT
trap "exit 143" HUP INT TERM
vault operator raft snapshot save "$dir/snapshot" >&2 || exit 1
case "$(vault operator raft snapshot -h 2>&1)" in
  *inspect*) vault operator raft snapshot inspect "$dir/snapshot" >"$dir/seen" || exit 1 ;;
esac
cat "$dir/snapshot"' "${VAULT_ADDRESSES[number]}" "$VAULT_CA" "$VAULT_SERVER_NAME" "$VAULT_TEMPORARY" "$ASSET"
}

# The observer of a snapshot, and the consumer that verifies one. It is a gzipped tar of meta.json, state.bin and their hashes: what
# `vault operator raft snapshot inspect` looks at, for every host and version. Leaves meta.json in the run's scratch directory.
vault_observe() {
  local dir="$RUN_DIR/vault.check" sum name seen='' status=0 found
  rm -rf -- "$dir"
  mkdir -- "$dir"
  printf '0\n' >"$RUN_DIR/vault.gzip"
  { gzip -dc 2>"$RUN_DIR/vault.check.err" || printf '%d\n' $? >"$RUN_DIR/vault.gzip"; } |
    tar -xf - -C "$dir" meta.json state.bin SHA256SUMS 2>>"$RUN_DIR/vault.check.err" || status=$?
  if ((status != 0)) || [[ $(cat -- "$RUN_DIR/vault.gzip") != 0 ]]; then
    ! grep 'No space left' "$RUN_DIR/vault.check.err" >/dev/null || die "$EX_IO" "no room to look through the snapshot in $RUN_DIR" "make room in $STATE_DIR"
    if [[ $(tar_status "$status") == "$EX_UNAVAILABLE" || $(tar_status "$(cat -- "$RUN_DIR/vault.gzip")") == "$EX_UNAVAILABLE" ]]; then
      die "$EX_UNAVAILABLE" 'gzip or tar did not run to its end: the snapshot was not looked through'
    fi
    die "$EX_DATA" 'the snapshot is damaged: it cannot be unpacked' 'run this again; if it stays so, look at the disk of the active replica'
  fi
  while read -r sum name; do
    case "$name" in meta.json | state.bin) ;; *) die "$EX_DATA" "the snapshot holds a hash of an unknown part: $name" ;; esac
    found="$(sha256_of "$dir/$name")" || die "$EX_IO" "cannot hash $name of the snapshot in $RUN_DIR"
    [[ $found == "$sum" ]] || die "$EX_DATA" "the snapshot is damaged: $name is not what its hash says"
    seen+=" $name"
  done <"$dir/SHA256SUMS"
  [[ $seen == *meta.json* && $seen == *state.bin* ]] || die "$EX_DATA" 'the snapshot lacks the hash of a part'
  rm -rf -- "$RUN_DIR/vault.meta"
  mv -- "$dir/meta.json" "$RUN_DIR/vault.meta"
  rm -rf -- "$dir"
  [[ $(vault_meta Index) =~ ^[1-9][0-9]*$ ]] || die "$EX_DATA" 'the snapshot does not say its index'
}

# A number of the snapshot that was looked through last.
vault_meta() {
  tr '{},' '\n' <"$RUN_DIR/vault.meta" | sed -n "s/^ *\"$1\": *\([0-9]*\) *\$/\1/p" | head -n 1
}

# Look through a set: its hashes, and those of the snapshot; and that it is the one of the MANIFEST.
kind_verify() {
  stream_payload "$1" vault.snap vault_observe
  vault_compare "$1"
}

# Is the snapshot that was looked through the one that the MANIFEST speaks of?
vault_compare() {
  local found
  found="$(vault_meta Index) $(vault_meta Term)"
  if [[ $found != "$(manifest_get "$1" position.index) $(manifest_get "$1" position.term)" ]]; then
    log_error "the snapshot of ${1##*/} is at index and term $found, its MANIFEST says $(manifest_get "$1" position.index) $(manifest_get "$1" position.term)"
    return "$EX_DATA"
  fi
}

# --- Restore aside ------------------------------------------------------------------------------------------------------

# Where the snapshot lies before it is sent to Vault.
kind_stage_parent() {
  printf '%s\n' "$SCRATCH_DIR"
}

# Decode the snapshot.
kind_stage() {
  stream_payload "$1" vault.snap vault_write "$2/vault.snap"
}

# Write a stream to a file.
vault_write() {
  cat >"$1" || die "$EX_IO" "cannot write $1"
}

# Look through what was decoded.
kind_check_stage() {
  local set="$1" dir="$2"
  vault_observe <"$dir/vault.snap"
  vault_compare "$set"
  count_bytes "$dir/vault.snap"
  printf 'a snapshot at index %s, term %s, %s\n' "$(vault_meta Index)" "$(vault_meta Term)" "$(human_bytes "$BYTES")" >"$dir/summary"
}

# Nothing was started.
kind_stage_stop() {
  return 0
}

# One line on what was decoded.
kind_stage_summary() {
  cat -- "$1/summary"
}

# --- Restore ------------------------------------------------------------------------------------------------------------

# Say what a live restore replaces; ask for what it will need of a person while there is one.
kind_describe_restore() {
  local set="$1" threshold
  vault_require_active
  vault_require_raft
  printf '  replace all that Vault holds (%d replica%s, active is %s) with the snapshot at index %s:\n  secrets, policies, tokens and leases that are newer are gone\n' \
    "${#VAULT_ADDRESSES[@]}" "$( ((${#VAULT_ADDRESSES[@]} == 1)) || printf s)" "$(vault_label "$VAULT_ACTIVE")" "$(manifest_get "$set" position.index)"
  if vault_is_other "$set"; then
    [[ $DIFFERENT_CLUSTER == force ]] || die "$EX_CONFIG" "this Vault is not the one that was backed up: it was initialized anew" "if that is meant, write differentCluster: \"force\" in the plan: its keys are then replaced by those of the backup"
    printf '  replace its keys, too: it is another cluster than the one that was backed up\n'
  fi
  printf '  keep a snapshot of what it holds now in %s\n' "$STATE_DIR"
  threshold="$(manifest_get "$set" seal.threshold)"
  if [[ $(manifest_get "$set" seal.type) == shamir ]]; then
    printf '  unseal every replica that is sealed afterwards, with %s keys of the time of the backup\n' "$threshold"
  fi
  ((!DRY_RUN)) || return 0
  vault_read_token
  [[ $(manifest_get "$set" seal.type) != shamir ]] || vault_read_keys "$threshold"
}

# A Vault that was initialized anew has other keys after the restore, and nobody has the token any more that could undo it.
kind_promise() {
  [[ $1 == end ]] && vault_is_other "$2" || return 1
  printf '  check the result; a failure after the snapshot was taken is NOT undone, but is mended by unsealing with the keys of the backup\n'
}

# Is the live cluster another one than that of the set?
vault_is_other() {
  [[ $(vault_value "$VAULT_ACTIVE" cluster_id) != "$(manifest_get "$1" cluster.id)" ]]
}

# Keep a snapshot of what is there, then install the one of the set, then unseal.
kind_swap() {
  local set="$1" dir="$2" old="$STATE_DIR/$ASSET.lifeboat-old-$STAMP.snap" force=''
  vault_require_active
  if vault_is_other "$set"; then force=force; fi
  vault_stream_snapshot "$VAULT_ACTIVE" >"$dir/present.snap" 2>"$RUN_DIR/vault.err" || vault_failed_take "$?"
  vault_observe <"$dir/present.snap"
  mv -- "$dir/present.snap" "$old" || die "$EX_IO" "cannot write $old"
  printf '%s %s\n%s\n' "$(vault_value "$VAULT_ACTIVE" cluster_id)" "$force" "$old" >"$STATE_DIR/$ASSET.vault" || die "$EX_IO" "cannot write in $STATE_DIR"
  sync_paths "$old" "$STATE_DIR/$ASSET.vault"
  (vault_install "$dir/vault.snap" "$force") || vault_refused "$?"
  vault_bring_up "$VAULT_UP_SECONDS"
}

# Leave because the snapshot was not installed. When Vault itself refused it there is nothing to undo.
vault_refused() {
  ! grep '^Code: 4' "$RUN_DIR/vault.err" >/dev/null || rm -f -- "$STATE_DIR/$ASSET.vault"
  exit "$1"
}

# Send a snapshot to the active replica, prove that it arrived whole, then install it.
vault_install() {
  local file="$1" force="$2" number="$VAULT_ACTIVE"
  remote_use "replica-$number"
  # shellcheck disable=SC2016  # for the shell over there
  remote_push_stream 'umask 077
place=${1:-${TMPDIR:-/tmp}}/lifeboat-vault-$2
rm -rf "$place".*
mkdir "$place.restore" && cat >"$place.restore/snapshot"' "$VAULT_TEMPORARY" "$ASSET" <"$file" 2>"$RUN_DIR/vault.err" || vault_die "cannot send the snapshot to $(vault_label "$number")"
  # shellcheck disable=SC2016  # for the shell over there
  printf '%s\n' "$VAULT_SECRET" | vault_script "$number" "$VAULT_TAKE_TOKEN"'place=${1:-${TMPDIR:-/tmp}}/lifeboat-vault-$2
trap "rm -rf \"\$place\".*" EXIT
trap "exit 143" HUP INT TERM
vault operator raft snapshot restore ${3:+-force} "$place.restore/snapshot"' "$VAULT_TEMPORARY" "$ASSET" "$force" >/dev/null 2>"$RUN_DIR/vault.err" || vault_die 'Vault does not take the snapshot'
  log_info "$(vault_label "$number") took the snapshot"
}

# Read unseal keys: as many as COUNT, from where the plan says or from the person at the terminal. Into VAULT_KEYS.
vault_read_keys() {
  local count="$1" i key other ref
  VAULT_KEYS=()
  if ((${#UNSEAL_KEYS[@]} > 0 && ${#UNSEAL_KEYS[@]} < count)); then
    die "$EX_CONFIG" "Vault wants $count unseal keys, and the plan names ${#UNSEAL_KEYS[@]}" 'name more as unsealKeys, or none, and they are asked for'
  fi
  for ((i = 0; i < count; i++)); do
    ref="prompt:unseal key $((i + 1)) of $count of $ASSET"
    if ((${#UNSEAL_KEYS[@]} > 0)); then ref="${UNSEAL_KEYS[i]}"; fi
    key="$(read_secret "$ref")" || exit $?
    for other in ${VAULT_KEYS[@]+"${VAULT_KEYS[@]}"}; do
      [[ $key != "$other" ]] || die "$EX_NOPERM" "unseal key $((i + 1)) is one of those before it" "$count different keys are needed"
    done
    VAULT_KEYS+=("$key")
  done
}

# Unseal what is sealed, until all replicas serve and one of them is active.
vault_bring_up() {
  local limit="$1" began=$SECONDS calm=0 number
  while ((calm < VAULT_CALM_LOOKS)); do
    vault_survey
    for number in $VAULT_SEALED; do
      [[ $(vault_value "$number" type) == shamir ]] || continue
      vault_unseal "$number"
      began=$SECONDS
    done
    if [[ -n $VAULT_ACTIVE && -z $VAULT_SEALED && -z $VAULT_AWAY ]]; then
      calm=$((calm + 1))
    else
      calm=0
      if ((SECONDS - began >= limit)); then
        vault_say_states
        die "$EX_UNAVAILABLE" "Vault does not serve after $limit s" 'the log of the replicas says why; with auto-unseal: is the key that they are unsealed with still there?'
      fi
    fi
    sleep 1
  done
}

# Log how each replica was when it was looked at last.
vault_say_states() {
  local i
  for ((i = 0; i < ${#VAULT_STATES[@]}; i++)); do log_info "$(vault_label "$i"): ${VAULT_STATES[i]}"; done
}

# Unseal one replica. `vault operator unseal` takes a key from a terminal or as an argument only; its API takes it from stdin.
vault_unseal() {
  local number="$1" key label given=0 threshold
  threshold="$(vault_value "$number" t)"
  label="$(vault_label "$number")"
  # Keys that somebody entered half-way would be mixed with these.
  vault_script "$number" 'exec vault operator unseal -reset' </dev/null >/dev/null 2>"$RUN_DIR/vault.err" || vault_die "cannot unseal $label"
  for key in ${VAULT_KEYS[@]+"${VAULT_KEYS[@]}"}; do
    printf '%s' "$key" | vault_script "$number" 'exec vault write sys/unseal key=-' >/dev/null 2>"$RUN_DIR/vault.err" ||
      die "$EX_NOPERM" "$label does not take the unseal keys: $(vault_words)" 'are they of this Vault, and of the time of its snapshot? they change when it is re-keyed'
    given=$((given + 1))
    # After a -force restore a standby may name another threshold than it has: the last look is after the last key.
    ((given >= threshold || given == ${#VAULT_KEYS[@]})) || continue
    vault_look "$number"
    if [[ $VAULT_STATE != sealed ]]; then
      log_info "$label is unsealed"
      return 0
    fi
  done
  die "$EX_NOPERM" "$label is still sealed after ${#VAULT_KEYS[@]} keys: it wants $(vault_value "$number" t)" "give more keys: unseal-$ASSET.sh"
}

# All replicas serve, and what they hold is the cluster of the backup.
kind_check_live() {
  local set="$1" found
  vault_require_active
  found="$(vault_value "$VAULT_ACTIVE" cluster_id)"
  if [[ $found != "$(manifest_get "$set" cluster.id)" ]]; then
    log_error "Vault says that it is the cluster $found, the backup is of $(manifest_get "$set" cluster.id)"
    return "$EX_DATA"
  fi
  log_info "Vault serves: $(vault_label "$VAULT_ACTIVE") is active; what it held before is in $(sed -n 2p "$STATE_DIR/$ASSET.vault"); remove it when you no longer need it"
  rm -f -- "$STATE_DIR/$ASSET.vault"
}

# Somebody may have worked with what a killed restore had put in place: it is kept before it is replaced.
vault_keep_undone() {
  local kept="$STATE_DIR/$ASSET.lifeboat-old-$STAMP.snap"
  [[ ${UNDOING:-own} == later ]] || return 0
  vault_stream_snapshot "$VAULT_ACTIVE" >"$kept" 2>"$RUN_DIR/vault.err" || vault_failed_take "$?"
  sync_paths "$kept"
  log_info "what Vault held until now is kept in $kept; remove it when you no longer need it"
}

# Give Vault back what it held before a restore that did not end. A new cluster whose keys were replaced held nothing, and its token
# is no longer known: it is not put back.
kind_rollback() {
  local journal="$STATE_DIR/$ASSET.vault" cluster force file found=''
  [[ -s $journal ]] || return 0
  { read -r cluster force && IFS= read -r file; } <"$journal"
  vault_survey
  if [[ -n $VAULT_ACTIVE ]]; then found="$(vault_value "$VAULT_ACTIVE" cluster_id)"; fi
  if [[ -n $force ]]; then
    [[ $found == "$cluster" ]] || log_warn "Vault has the data and the keys of the backup already. Unseal it with these keys (unseal-$ASSET.sh) and the restore is done. What the new, empty Vault held is in $file"
    rm -f -- "$journal"
    return 0
  fi
  if [[ -z $VAULT_ACTIVE ]]; then
    log_error "Vault is not active: unseal it with unseal-$ASSET.sh, then run this restore again. What it held before is in $file"
    return "$EX_UNAVAILABLE"
  fi
  vault_read_token
  if [[ $found != "$cluster" ]]; then force=force; fi
  # Replicas may seal themselves when they take it. What a run undoes itself, it has the keys for.
  if [[ -z ${VAULT_KEYS+read} && $(vault_value "$VAULT_ACTIVE" type) == shamir ]]; then vault_read_keys "$(vault_value "$VAULT_ACTIVE" t)"; fi
  vault_keep_undone
  vault_install "$file" "$force"
  vault_bring_up "$VAULT_UP_SECONDS"
  rm -f -- "$journal" "$file"
}
