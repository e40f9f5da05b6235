# Redis. A backup is the RDB stream that a replica would get, checked from its first byte to its last. A restore puts the
# same data in place twice, as the RDB file and as the base of an append-only file: a server with AOF on never looks at
# the RDB file, and one without never looks at the other. Then it is proven that the server has loaded every key of it.

# Seconds for the questions that are asked of the server. One that does not answer by then hangs.
readonly REDIS_CALL_SECONDS=10
# Seconds for it to listen after its start. Loading may take longer, and is waited for.
readonly REDIS_START_SECONDS=60
# What the server has besides its data, per hundred of it.
readonly REDIS_MEMORY_PERCENT=110

# --- The live server --------------------------------------------------------------------------------------------------

# Read the password, once: the run's main process does it, so that a person is asked no more than once.
redis_setup() {
  [[ -z ${REDIS_READY:-} ]] || return 0
  # What the operator's shell says has no say: neither logins, nor a form of answers that is for terminals.
  unset -v REDISCLI_AUTH REDISCLI_CLUSTER_YES FAKETTY
  export REDISCLI_RCFILE=/dev/null REDISCLI_HISTFILE=/dev/null
  REDIS_PASSWORD=''
  if [[ -n $PASSWORD_SECRET ]]; then
    REDIS_PASSWORD="$(read_secret "$PASSWORD_SECRET")" || exit $?
  fi
  REDIS_READY=1
}

# Run redis-cli at the live server. The password is in the environment of this one command.
redis_call() {
  local -a where=(-h "$REDIS_HOST" -p "$REDIS_PORT")
  if [[ -n $REDIS_SOCKET ]]; then where=(-s "$REDIS_SOCKET"); fi
  if [[ -n $CACERT ]]; then where+=(--tls --cacert "$CACERT"); fi
  if [[ -n $CERT ]]; then where+=(--cert "$CERT" --key "$CERT_KEY"); fi
  if [[ -n $REDIS_USER ]]; then where+=(--user "$REDIS_USER"); fi
  if [[ -n $REDIS_PASSWORD ]]; then
    REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli "${where[@]}" "$@"
  else
    redis-cli "${where[@]}" "$@"
  fi
}

# Where the server is, for messages.
redis_where() {
  printf 'Redis at %s\n' "${REDIS_SOCKET:-$REDIS_HOST:$REDIS_PORT}"
}

# Ask the live server how it is. 0 when it said so; else redis_words tells why not, as far as it is known.
redis_reach() {
  redis_setup
  rm -f -- "$RUN_DIR/redis.info" "$RUN_DIR/redis.config" "$RUN_DIR/redis.err"
  attempt_to guarded "$REDIS_CALL_SECONDS" '' "asking $(redis_where)" redis_ask
  # What it had said by then is not the reason.
  if ((ATTEMPT_STATUS == EX_TEMPFAIL)); then rm -f -- "$RUN_DIR/redis.err" "$RUN_DIR/redis.info"; fi
  ((ATTEMPT_STATUS == 0))
}

# The body of redis_reach: INFO, and those settings that matter, where the account may read them. redis-cli ends with 0
# when it is refused, so only the answer counts.
redis_ask() {
  redis_call INFO >"$RUN_DIR/redis.raw" 2>"$RUN_DIR/redis.err" || true
  tr -d '\r' <"$RUN_DIR/redis.raw" >"$RUN_DIR/redis.info"
  rm -f -- "$RUN_DIR/redis.raw"
  if [[ -z $(redis_info redis_version) ]]; then
    cat -- "$RUN_DIR/redis.info" >>"$RUN_DIR/redis.err"
    return 1
  fi
  redis_ask_settings >"$RUN_DIR/redis.config" 2>/dev/null || true
}

# Print settings as `name=value`; those that cannot be read, or are not known to this version, are left out.
redis_ask_settings() {
  local name
  for name in dir dbfilename appenddirname appendfilename save; do printf 'CONFIG GET %s\n' "$name"; done |
    redis_call | awk '
      name != "" { print name "=" $0; name = ""; next }
      $0 ~ /^(dir|dbfilename|appenddirname|appendfilename|save)$/ { name = $0 }'
}

# A value of INFO, from what the live server said, or from another file.
redis_info() {
  awk -v name="$1:" 'index($0, name) == 1 { print substr($0, length(name) + 1); exit }' "${2:-$RUN_DIR/redis.info}"
}

# A setting of the live server; nothing when it is not known.
redis_setting() {
  [[ ! -f $RUN_DIR/redis.config ]] || awk -v name="$1=" 'index($0, name) == 1 { print substr($0, length(name) + 1); exit }' "$RUN_DIR/redis.config"
}

# Is a setting known?
redis_knows() {
  grep "^$1=" "$RUN_DIR/redis.config" >/dev/null 2>&1
}

# Why the server was not to be asked, in its own words or redis-cli's. The refused login comes before what it led to.
redis_words() {
  local words
  [[ -f $RUN_DIR/redis.err ]] || return 0
  words="$(grep -v -e '^[[:space:]]*$' -e '^sending ' -e '^SYNC sent' -- "$RUN_DIR/redis.err" | head -n 1 || true)"
  words="${words#AUTH failed: }"
  words="${words#SYNC with master failed: -}"
  printf '%s\n' "${words:0:200}"
}

# Leave because the server could not be asked, with the code that tells why.
redis_refuse() {
  local where words
  where="$(redis_where)"
  words="$(redis_words)"
  case "$words" in
    '') die "$EX_UNAVAILABLE" "$where hangs: no answer within $REDIS_CALL_SECONDS s" 'look at its log, and at the disk and the memory of its host' ;;
    *WRONGPASS* | *NOAUTH* | *'invalid password'*) die "$EX_NOPERM" "$where refuses the login: $words" "are 'user' and 'password' in the plan what the server knows?" ;;
    *NOPERM*) die "$EX_NOPERM" "$where: the account may not do this: $words" 'a backup needs +info +sync +psync +replconf +config|get, no keys and no channels' ;;
    *DENIED* | *'protected mode'*) die "$EX_NOPERM" "$where refuses this client: $words" 'use its Unix socket, or give it a password' ;;
    *SSL* | *certificate* | *'onnection reset'* | *'losed the connection'*) die "$EX_UNAVAILABLE" "$where: $words" "does the server speak TLS, and does 'tls' in the plan say so? is 'ca' the one that signed its certificate?" ;;
    *LOADING* | *BUSY*) die "$EX_TEMPFAIL" "$where is busy: $words" 'run this again later' ;;
    *) die "$EX_UNAVAILABLE" "$where does not answer: $words" 'is it running? its own log says why not' ;;
  esac
}

# --- Backup -----------------------------------------------------------------------------------------------------------

# May we, and can we? Then what people should know about this server, while there is time.
kind_preflight() {
  require_tool redis-cli redis-check-rdb
  redis_reach || redis_refuse
  [[ $(redis_info loading) != 1 ]] || die "$EX_TEMPFAIL" "$(redis_where) is still loading its data" 'run this again later'
  redis_refuse_cluster
  redis_check_replica
  redis_warn_place
  redis_warn_persistence
  redis_warn_crash_loss
  if [[ -n $REDIS_PASSWORD ]] && grep 'without any password' "$RUN_DIR/redis.err" >/dev/null; then
    log_warn "$(redis_where) takes anybody: the plan has a password for it, the server has none"
  fi
  if [[ -n $(redis_modules) ]] && ((${#MODULES[@]} == 0)); then
    log_warn "the server has modules ($(redis_modules)), the plan names none: verify --deep, drills and restores may not be able to load the data"
  fi
}

# A node holds a share of the data, and the shares of several nodes are never of one moment.
redis_refuse_cluster() {
  [[ $(redis_info cluster_enabled) != 1 ]] || die "$EX_CONFIG" "$(redis_where) is a node of a Redis Cluster" 'backups of single nodes do not fit together: this kind does not support clusters'
}

# A replica is as good as its link to the master.
redis_check_replica() {
  [[ $(redis_info role) == slave ]] || return 0
  if [[ $(redis_info master_link_status) != up ]]; then
    die "$EX_UNAVAILABLE" "$(redis_where) is a replica of $(redis_info master_host):$(redis_info master_port) and has no link to it: its data is old" 'mend the link, or back up the master'
  fi
  log_info "backing up a replica of $(redis_info master_host):$(redis_info master_port), $(redis_info master_last_io_seconds_ago) s behind at most; a restore belongs on the master"
}

# Does the server keep its files where a restore would put them? Prints what is wrong. A directory that is not on this host
# is that of a container, and says nothing.
redis_misplaced() {
  local dir name
  dir="$(redis_setting dir)"
  if [[ -n $dir && -d $dir && ! $dir -ef $DATA_DIR ]]; then
    printf 'the server keeps its data in %s, the plan says %s\n' "$dir" "$DATA_DIR"
    return 0
  fi
  for name in "dbfilename $DUMP_FILE" "appenddirname $APPEND_DIR" "appendfilename $APPEND_FILE"; do
    if redis_knows "${name% *}" && [[ $(redis_setting "${name% *}") != "${name#* }" ]]; then
      printf "the server's %s is %s, the plan says %s\n" "${name% *}" "$(redis_setting "${name% *}")" "${name#* }"
      return 0
    fi
  done
}

# A backup does not need the place, the restore will.
redis_warn_place() {
  local problem
  problem="$(redis_misplaced)"
  [[ -z $problem ]] || log_warn "$problem: correct the plan, a restore will refuse"
}

# What the server says of its own saving.
redis_warn_persistence() {
  if [[ $(redis_info rdb_last_bgsave_status) == err ]]; then
    log_warn "the server could not save by itself the last time, and may refuse writes until it can: look at its log"
  fi
  if [[ $(redis_info aof_last_write_status) == err ]]; then
    log_warn 'the server cannot write its append-only file: look at its log and its disk'
  fi
}

# Backups are for a lost host. When Redis merely crashes, what counts is what it saves by itself: say so when that is less
# than the RPO promises.
redis_warn_crash_loss() {
  local save window since
  ((RPO_SECONDS > 0)) && [[ $(redis_info aof_enabled) == 0 ]] || return 0
  if redis_knows save; then
    save="$(redis_setting save)"
    window="$(redis_crash_window "$save")"
    if [[ $window == none ]]; then
      log_warn "a crash of Redis can lose changes of any age: it has no append-only file, and its save points (${save:-none}) do not save every change. The RPO is $(human_seconds "$RPO_SECONDS")"
    elif ((window > RPO_SECONDS)); then
      log_warn "a crash of Redis can lose $(human_seconds "$window"): it has no append-only file, and saves no more often (save $save). The RPO is $(human_seconds "$RPO_SECONDS")"
    fi
    return 0
  fi
  since=$(($(date +%s) - $(redis_info rdb_last_save_time)))
  if (($(redis_info rdb_changes_since_last_save) > 0 && since > RPO_SECONDS)); then
    log_warn "a crash of Redis would lose $(human_seconds "$since") now: it has no append-only file, and has not saved for so long. The RPO is $(human_seconds "$RPO_SECONDS")"
  fi
}

# After how many seconds at the latest does a set of save points, `3600 1 300 100`, save any change? A point that wants more
# than one change may wait for ever.
redis_crash_window() {
  printf '%s\n' "$1" | awk '{ for (i = 1; i < NF; i += 2) if ($(i + 1) <= 1 && (best == "" || $i < best)) best = $i } END { print (best == "" ? "none" : best) }'
}

# The modules that the live server has loaded, by name.
redis_modules() {
  sed -n 's/^module:name=\([^,]*\).*/\1/p' "$RUN_DIR/redis.info" | paste -s -d , -
}

# Take the RDB stream into a private file, check it, then store it. It is not piped: redis-cli cuts the marker that ends
# such a stream off a file only. It lies on this host, where Redis has the data anyway, and does not touch the store
# before it is encrypted.
kind_capture() {
  local file="$RUN_DIR/dump.rdb"
  redis_require_room
  redis_save "$file"
  redis_check_file "$file" || die $? 'what the server sent is no sound RDB file: nothing is published' 'run this again; if it stays so, look at the memory and the disk of this host'
  redis_add_positions "$file"
  write_payload_file dump.rdb "$file"
  rm -f -- "$file"
}

# Room for a file like the last one, and a fifth more.
redis_require_room() {
  local last
  last="$(newest_set "${STORE_PATHS[0]}")"
  [[ -n $last ]] || return 0
  measure_set "$last"
  require_space "$RUN_DIR" $((RAW_BYTES * 12 / 10))
}

# Have the server send a snapshot, as to a new replica. It forks for it, and without a disk of its own it waits a few seconds
# for other replicas first (repl-diskless-sync-delay).
redis_save() {
  local file="$1" status=0
  redis_call --rdb "$file" >"$RUN_DIR/redis.out" 2>"$RUN_DIR/redis.err" || status=$?
  if ((status == 0)); then
    [[ -s $file ]] || die "$EX_DATA" "$(redis_where) sent an empty snapshot"
    return 0
  fi
  case "$(tail -n 3 -- "$RUN_DIR/redis.err")" in
    *'No space left'* | *'quota exceeded'*) die "$EX_IO" "no room for the snapshot in $RUN_DIR" "make room in $STATE_DIR" ;;
    *'rror reading'* | *'closed the connection'*)
      die "$EX_UNAVAILABLE" "$(redis_where) broke off while it sent the snapshot" 'its log says why: it may have been stopped, be out of memory, or have dropped a client that was too slow (client-output-buffer-limit replica)'
      ;;
  esac
  redis_refuse
}

# Check an RDB file to its end: its structure, its checksum, and that nothing follows. Leaves what was found in redis.check;
# a message holds no key, as redis-check-rdb's own do. 0, 65 or 69.
redis_check_file() {
  local file="$1" end
  redis_run_check "$file" || return $?
  end="$(sed -n 's/^\[offset \([0-9]*\)\].*RDB looks OK.*/\1/p' "$RUN_DIR/redis.check")"
  count_bytes "$file"
  if [[ $end != "$BYTES" ]]; then
    log_error "the RDB file ends at byte ${end:-unknown} of $BYTES: something else follows"
    return "$EX_DATA"
  fi
}

# Run redis-check-rdb on a file, or on /dev/stdin.
redis_run_check() {
  local out="$RUN_DIR/redis.check" status=0 words
  redis-check-rdb "$1" >"$out" 2>&1 || status=$?
  if ((status == 0)) && grep 'RDB looks OK' "$out" >/dev/null; then return 0; fi
  if grep "Can't handle RDB format version" "$out" >/dev/null; then
    log_error "redis-check-rdb of this host ($(redis_tool_version redis-check-rdb)) is older than the server that made the backup"
    return "$EX_UNAVAILABLE"
  fi
  # Only what it says itself is damage: it may have been killed, or not been able to read.
  if ! grep 'RDB ERROR DETECTED' "$out" >/dev/null; then
    log_error "redis-check-rdb did not run to its end ($(describe_status "$status"))"
    return "$EX_UNAVAILABLE"
  fi
  words="$(sed -n '/RDB ERROR DETECTED/{n;s/^\[\(offset [0-9]*\)\] \([^:]*\).*/\1: \2/p;}' "$out" | head -n 1)"
  log_error "the RDB file is damaged (${words:-redis-check-rdb ended with status $status})"
  return "$EX_DATA"
}

# The version that one of Redis' programs prints of itself: `redis-cli 7.0.15`, `Redis server v=7.0.15 sha=…`.
redis_tool_version() {
  "$1" --version 2>/dev/null | sed -n 's/.*v=\([0-9.]*\).*/\1/p; s/^redis-[a-z-]* \([0-9][0-9.]*\).*/\1/p' | head -n 1 || true
}

# A field in the header of the checked RDB file. All of them are of the moment of the snapshot.
redis_field() {
  sed -n "s/^\[offset [0-9]*\] AUX FIELD $1 = '\(.*\)'\$/\1/p" "$RUN_DIR/redis.check" | head -n 1
}

# A count of the checked RDB file: `keys read`, `expires`.
redis_count() {
  sed -n "s/^\[info\] \([0-9]*\) $1\$/\1/p" "$RUN_DIR/redis.check" | head -n 1
}

# What a restore must find again, and what people look for in a MANIFEST. Taken from the snapshot: the live server has gone on
# meanwhile.
redis_add_positions() {
  local line time keys
  keys="$(redis_count 'keys read')"
  [[ $keys =~ ^[0-9]+$ ]] || die "$EX_UNAVAILABLE" 'redis-check-rdb does not say how many keys there are' 'is it of the same version as the server?'
  time="$(redis_field ctime)"
  manifest_add tool.redis "$(redis_info redis_version)"
  manifest_add tool.redis-cli "$(redis_tool_version redis-cli)"
  manifest_add position.keys "$keys"
  manifest_add position.expires "$(redis_count expires)"
  redis_list_databases "$1" >"$RUN_DIR/redis.databases"
  while IFS= read -r line; do manifest_add "position.db.${line%% *}" "${line#* }"; done <"$RUN_DIR/redis.databases"
  [[ ! $time =~ ^[0-9]+$ ]] || manifest_add position.time "$(epoch_to_stamp "$time")"
  manifest_add position.repl_id "$(redis_field repl-id)"
  manifest_add position.repl_offset "$(redis_field repl-offset)"
  manifest_add position.used_memory "$(redis_field used-mem)"
  manifest_add server.role "$(redis_info role)"
  manifest_add server.append_only "$(redis_info aof_enabled)"
  manifest_add server.save "$(redis_setting save)"
  manifest_add server.modules "$(redis_modules)"
  log_info "snapshot of $(redis_where): $(redis_key_words "$keys" "$(wc -l <"$RUN_DIR/redis.databases")")"
  redis_warn_emptied "$keys"
}

# `105 keys in 3 databases`.
redis_key_words() {
  printf '%s in %s\n' "$(count_of "$1" key)" "$(count_of "$(($2))" database)"
}

# Whoever emptied the server by mistake should hear of it before retention has taken the last full set.
redis_warn_emptied() {
  local last before
  (($1 == 0)) || return 0
  last="$(newest_set "${STORE_PATHS[0]}")"
  before=0
  [[ -z $last ]] || before="$(manifest_get "$last" position.keys)"
  if ((${before:-0} > 0)); then
    log_warn "the server is EMPTY; the set ${last##*/} had $before keys. If that is a mistake, restore now"
  else
    log_warn 'the server is empty'
  fi
}

# Print `db keys expires` for each database of the checked RDB file. redis-check-rdb says where each begins; there stands how
# large it is. Prints nothing at all when that is not as expected, or does not add up.
redis_list_databases() {
  local file="$1" line db at keys expires text='' sum=0
  while IFS= read -r line; do
    db="${line##* }" at="${line#*offset }"
    at="${at%%]*}"
    [[ $(redis_bytes "$file" "$at" 1) == 251 ]] || return 0
    redis_length "$file" $((at + 1))
    keys="$RDB_LENGTH"
    redis_length "$file" "$RDB_NEXT"
    expires="$RDB_LENGTH"
    text+="$db $keys $expires"$'\n' sum=$((sum + keys))
  done < <(grep 'Selecting DB ID' "$RUN_DIR/redis.check")
  [[ $sum == "$(redis_count 'keys read')" ]] || return 0
  printf '%s' "$text"
}

# Bytes of a file as numbers.
redis_bytes() {
  od -An -v -tu1 -j "$2" -N "$3" -- "$1" | tr -s ' \n' ' ' | sed 's/^ //; s/ $//'
}

# Read a length of the RDB format at an offset: RDB_LENGTH, and where the next thing begins, RDB_NEXT. The first two bits tell
# whether it has 6, 14, 32 or 64.
redis_length() {
  local -a b
  local i bytes=1
  read -r -a b <<<"$(redis_bytes "$1" "$2" 9)"
  RDB_LENGTH=$((b[0] & 63))
  case "${b[0]}" in
    128) bytes=5 RDB_LENGTH=0 ;;
    129) bytes=9 RDB_LENGTH=0 ;;
    *) ((b[0] < 64)) || bytes=2 ;;
  esac
  for ((i = 1; i < bytes; i++)); do RDB_LENGTH=$((RDB_LENGTH << 8 | b[i])); done
  RDB_NEXT=$(($2 + bytes))
}

# --- Verify -----------------------------------------------------------------------------------------------------------

# Decode the file straight into redis-check-rdb.
kind_verify() {
  local set="$1"
  if ! command -v redis-check-rdb >/dev/null 2>&1; then
    log_warn 'redis-check-rdb is not here: only size and hash of the RDB file are checked'
    stream_payload "$set" dump.rdb redis_discard
    return $?
  fi
  stream_payload "$set" dump.rdb redis_run_check /dev/stdin || return $?
  redis_compare_totals "$set"
}

# Read a stream to its end.
redis_discard() {
  cat >/dev/null
}

# The checked file must hold as many keys as the MANIFEST says.
redis_compare_totals() {
  local set="$1" wanted found
  wanted="$(manifest_get "$set" position.keys) $(manifest_get "$set" position.expires)"
  found="$(redis_count 'keys read') $(redis_count expires)"
  if [[ $found == ' ' ]]; then
    log_error 'redis-check-rdb does not say how many keys there are'
    return "$EX_UNAVAILABLE"
  fi
  if [[ $found != "$wanted" ]]; then
    log_error "the RDB file has ${found% *} keys, ${found#* } of which expire; the MANIFEST says ${wanted% *} and ${wanted#* }"
    return "$EX_DATA"
  fi
}

# --- Stage ------------------------------------------------------------------------------------------------------------

# In the data directory: files are renamed within it.
kind_stage_parent() {
  existing_parent "$DATA_DIR"
}

# Decode the RDB file.
kind_stage() {
  local set="$1" dir="$2"
  stream_payload "$set" dump.rdb redis_write_file "$dir/dump.rdb"
}

# Write a stream to a file; what cannot be written is no fault of the set's.
redis_write_file() {
  local status=0
  cat >"$1" || status=$?
  ((status == 0)) || die "$EX_IO" "cannot write $1: $(describe_status "$status")" 'is the disk full?'
}

# Prove the stage: the file is sound and holds what the MANIFEST says, and a throw-away server loads every key of it. For the
# live place that is done in the form that is the more delicate one: with an append-only file that was made of it.
kind_check_stage() {
  local set="$1" dir="$2" aof=no status=0
  redis_check_stage_file "$set" "$dir" || return $?
  if is_live_stage "$dir"; then redis_make_append_only "$set" "$dir"; fi
  redis_describe_stage "$set" >"$RUN_DIR/redis.summary"
  redis_can_load "$set" "$dir" || return $?
  ((LOADABLE)) || return 0
  # Older servers append to the very file that they are started on: there the plain form is tried.
  if is_live_stage "$dir" && redis_is_multi_part "$set"; then aof=yes; fi
  redis_load_alone "$set" "$dir" "$aof" || status=$?
  kind_stage_stop "$dir"
  return "$status"
}

# Check the staged file where there is a tool for it; the stream's hash was proven on the way here.
redis_check_stage_file() {
  local set="$1" dir="$2"
  if ! command -v redis-check-rdb >/dev/null 2>&1; then
    log_warn 'redis-check-rdb is not here: only the hash of the RDB file was checked'
    return 0
  fi
  redis_check_file "$dir/dump.rdb" || return $?
  redis_compare_totals "$set"
}

# Can the stage be loaded by a throw-away server here? Sets LOADABLE; returns 75 when that is what was asked for and memory
# does not suffice. A live restore goes on without: what counts is proven on the live server, which can be put back.
redis_can_load() {
  local set="$1" dir="$2" program wanted free
  LOADABLE=0
  program="$(redis_server)"
  if [[ -z $program ]]; then
    log_warn "there is no ${SERVER_BINARY:-redis-server} on this host: what was restored is checked by its structure, not by loading it"
    return 0
  fi
  wanted="$(manifest_get "$set" position.used_memory)"
  free="$(redis_free_memory)"
  if [[ $wanted =~ ^[0-9]+$ && -n $free ]] && ((wanted * REDIS_MEMORY_PERCENT / 100 > free)); then
    if is_live_stage "$dir"; then
      log_warn "the data needs $(human_bytes "$wanted") of memory, $(human_bytes "$free") are free beside what runs: it is not loaded for a trial, the live server will show"
      return 0
    fi
    log_error "not enough memory to load the data for a trial: it needs $(human_bytes "$wanted"), $(human_bytes "$free") are free"
    return "$EX_TEMPFAIL"
  fi
  LOADABLE=1
}

# Path of the server program, or nothing.
redis_server() {
  command -v "${SERVER_BINARY:-redis-server}" 2>/dev/null || true
}

# Memory that programs may still take, where the system tells.
redis_free_memory() {
  [[ ! -r /proc/meminfo ]] || awk '$1 == "MemAvailable:" { printf "%.0f\n", $2 * 1024 }' /proc/meminfo
}

# Does the live server keep its append-only file in parts, in a directory (Redis 7), or in one file? As it says itself; else
# as its program on this host says; else as the backup knows.
redis_is_multi_part() {
  local set="$1" version='' program
  [[ ! -f $RUN_DIR/redis.info ]] || version="$(redis_info redis_version)"
  program="$(redis_server)"
  if [[ -z $version && -n $program ]]; then version="$(redis_tool_version "$program")"; fi
  [[ -n $version ]] || version="$(manifest_get "$set" tool.redis)"
  (($(redis_version_number "$version") >= 700))
}

# Make the append-only form beside the RDB file. Since Redis 7 it is a directory with a list of parts, the first of which, the
# base, may be an RDB file; nothing is ever written into a base, so it is the same file. Before, an append-only file may
# begin with a whole RDB file, and what happens is appended to it.
redis_make_append_only() {
  local set="$1" dir="$2" base="$APPEND_FILE.1.base.rdb"
  if redis_is_multi_part "$set"; then
    mkdir -- "$dir/$APPEND_DIR"
    ln -- "$dir/dump.rdb" "$dir/$APPEND_DIR/$base" 2>/dev/null || redis_copy "$dir/dump.rdb" "$dir/$APPEND_DIR/$base"
    printf 'file %s seq 1 type b\n' "$base" >"$dir/$APPEND_DIR/$APPEND_FILE.manifest"
  else
    redis_copy "$dir/dump.rdb" "$dir/$APPEND_FILE"
  fi
}

# Copy a file of the stage.
redis_copy() {
  count_bytes "$1"
  require_space "${2%/*}" $((BYTES + RESERVE_BYTES))
  cp -- "$1" "$2" || die "$EX_IO" "cannot copy ${1##*/} to $2" 'is the disk full?'
}

# Load a stage into a throw-away server and compare what it holds with the MANIFEST.
redis_load_alone() {
  local set="$1" dir="$2" aof="$3" info="$RUN_DIR/redis.alone"
  redis_start_alone "$set" "$dir" "$aof"
  redis_wait_alone "$dir" "$info" || return $?
  redis_compare_loaded "$set" "$info" 'the throw-away server' || return $?
  redis_compare_databases "$set" "$info" 'the throw-away server' || return $?
  log_info "a throw-away server loads it: $(cat -- "$RUN_DIR/redis.summary")"
}

# Start a throw-away server on a stage. It listens on a socket in a directory that nobody else may enter, saves nothing, and
# is the first to go when memory runs out.
redis_start_alone() {
  local set="$1" dir="$2" aof="$3" program module
  local -a args=(--port 0 --unixsocket lifeboat.sock --unixsocketperm 700 --dir . --dbfilename dump.rdb --save '' --daemonize no --logfile ''
    --databases "$(redis_databases_needed "$set")" --appendonly "$aof" --appendfilename "$APPEND_FILE" --appendfsync no --auto-aof-rewrite-percentage 0)
  program="$(redis_server)"
  [[ $aof == no ]] || args+=(--appenddirname "$APPEND_DIR")
  # Look into every value, not only at the frame around it.
  if (($(redis_version_number "$(redis_tool_version "$program")") >= 602)); then args+=(--sanitize-dump-payload yes); fi
  for module in ${MODULES[@]+"${MODULES[@]}"}; do args+=(--loadmodule "$module"); done
  (
    cd -- "$dir" || exit "$EX_IO"
    { printf 1000 >/proc/self/oom_score_adj; } 2>/dev/null || true
    exec "$program" "${args[@]}" >"$RUN_DIR/redis.alone.log" 2>&1
  ) </dev/null 9>&- &
  printf '%d\n' "$!" >"$dir/server.pid"
}

# `7.0.15` as 700, `6.2` as 602.
redis_version_number() {
  local major rest
  IFS=. read -r major rest <<<"$1"
  printf '%d\n' $((${major:-0} * 100 + 10#0${rest%%.*}))
}

# How many databases a server must have to load a set: at least the usual 16.
redis_databases_needed() {
  manifest_group "$1" position.db | sed 's/=.*//' | awk 'BEGIN { max = 15 } $1 > max { max = $1 } END { print max + 1 }'
}

# Wait until the throw-away server has loaded everything, and leave its INFO in a file. 0, or why it did not: 65 when the data
# is to blame.
redis_wait_alone() {
  local dir="$1" info="$2" pid
  pid="$(cat -- "$dir/server.pid")"
  until redis_alone_info "$dir" "$info"; do
    kill -0 "$pid" 2>/dev/null || redis_alone_died "$pid" || return $?
    sleep 0.05
  done
}

# The INFO of the throw-away server, once it has loaded its data.
redis_alone_info() {
  (
    unset -v REDISCLI_AUTH
    cd -- "$1" && [[ -S lifeboat.sock ]] && redis-cli -s lifeboat.sock INFO </dev/null 2>/dev/null | tr -d '\r' >"$2"
  ) && [[ $(redis_info loading "$2") == 0 ]]
}

# Say why the throw-away server ended. Its own words stay where they are: they may quote keys.
redis_alone_died() {
  local pid="$1" status=0 log="$RUN_DIR/redis.alone.log"
  wait "$pid" 2>/dev/null || status=$?
  if grep "Can't handle RDB format version" "$log" >/dev/null; then
    log_error "$(redis_server) ($(redis_tool_version "$(redis_server)")) is older than the server that made the backup"
  elif grep -i -e 'no matching module' -e 'module data I can' -e "can't load the module" -e "Can't load module" "$log" >/dev/null; then
    log_error "the data needs a module that is not loaded here: name the server's modules in the plan"
    return "$EX_CONFIG"
  elif grep -i 'space left' "$log" >/dev/null; then
    log_error 'the throw-away server has no room on its disk'
    return "$EX_IO"
  elif grep -i -e 'Wrong RDB checksum' -e 'Internal error in RDB' -e 'Bad file format reading' -e 'Wrong signature' "$log" >/dev/null; then
    log_error 'the throw-away server does not load the backup: its content is damaged'
    return "$EX_DATA"
  elif grep -i -e 'Short read or OOM' -e 'Terminating server after rdb' -e 'Fatal error loading the DB' "$log" >/dev/null; then
    log_error 'the throw-away server does not load the backup, whose hash is right: is there enough memory, can it read its disk?'
  elif ((status > 128)) || grep -i 'out of memory' "$log" >/dev/null; then
    log_error "the throw-away server was killed while it loaded the backup: is there enough memory?"
    return "$EX_TEMPFAIL"
  else
    log_error "the throw-away server does not start: $(sed -n 's/^[^#]*# //p' "$log" | grep -v -e WARNING -e oO0Oo | tail -n 1 | cut -c 1-160)"
  fi
  return "$EX_UNAVAILABLE"
}

# Did a server load every key of a set? Since Redis 7 it counts them while it loads, those that expired meanwhile too, whatever
# its clients do afterwards. Older ones do not say.
redis_compare_loaded() {
  local set="$1" info="$2" who="$3" loaded wanted
  wanted="$(manifest_get "$set" position.keys)"
  loaded="$(redis_info rdb_last_load_keys_loaded "$info")"
  [[ -n $loaded ]] || return 0
  loaded=$((loaded + $(redis_info rdb_last_load_keys_expired "$info")))
  if ((loaded != wanted)); then
    log_error "$who has loaded $loaded keys, the backup has $wanted"
    return "$EX_DATA"
  fi
}

# Compare a server's databases with the MANIFEST's. Keys that never expire must be there to the last; of the others time may
# have taken some.
redis_compare_databases() {
  local set="$1" info="$2" who="$3" wrong
  wrong="$(
    awk -F '[:=, ]' '
      FNR == NR { if ($0 ~ /^position\.db\./) { split($1, part, "."); keys[part[3]] = $2; expires[part[3]] = $3 }; next }
      /^db[0-9]+:keys=/ { db = substr($1, 3); found[db] = 1; if (!(db in keys) || $3 - $5 != keys[db] - expires[db] || $5 > expires[db]) print "db" db " has " $3 " keys, " $5 " of which expire" }
      END { for (db in keys) if (!(db in found) && keys[db] > expires[db]) print "db" db " is empty" }' <(manifest_group "$set" position.db | sed 's/^/position.db./; s/=/:/') "$info" | paste -s -d ';' -
  )"
  # Nothing to compare with: the file did not say.
  [[ -n $(manifest_group "$set" position.db) ]] || return 0
  [[ -n $wrong ]] || return 0
  log_error "$who does not hold what was backed up: $wrong"
  return "$EX_DATA"
}

# Stop the throw-away server of a stage. The stage may be one that a killed run left before the host was booted again, and its
# number belong to somebody else now.
kind_stage_stop() {
  local dir="$1" pid waited=0
  [[ -s $dir/server.pid ]] || return 0
  pid="$(cat -- "$dir/server.pid")"
  if redis_is_alone "$pid" "$dir"; then kill -TERM "$pid" 2>/dev/null || true; fi
  while redis_is_alone "$pid" "$dir"; do
    waited=$((waited + 1))
    if ((waited > 300)); then kill -KILL "$pid" 2>/dev/null || true; fi
    sleep 0.1
  done
  rm -f -- "$dir/server.pid" "$dir/lifeboat.sock"
}

# Is this pid still the server of this stage?
redis_is_alone() {
  local pid="$1" dir="$2"
  kill -0 "$pid" 2>/dev/null || return 1
  if [[ -d /proc/self ]]; then
    [[ /proc/$pid/cwd -ef $dir ]]
  else
    case "$(ps -o args= -p "$pid" 2>/dev/null || true)" in
      *redis* | *valkey*) return 0 ;;
      *) return 1 ;;
    esac
  fi
}

# `105 keys in 3 databases`, as the MANIFEST has it.
redis_describe_stage() {
  redis_key_words "$(manifest_get "$1" position.keys)" "$(manifest_group "$1" position.db | grep -c '' || true)"
}

# One line on what is there; a person who asked for it is told how to look at it.
kind_stage_summary() {
  local dir="$1" line
  line="$(cat -- "$RUN_DIR/redis.summary")"
  if [[ $ACTION == restore ]]; then line+="; to look at it: redis-server --dir $dir --port 0 --unixsocket $dir/socket --save ''"; fi
  printf '%s\n' "$line"
}

# --- Live restore -----------------------------------------------------------------------------------------------------

# What a live restore stops and replaces. What would make it useless is said now, if the server lives to tell.
kind_describe_restore() {
  local set="$1" now='it does not answer' problem
  if redis_reach; then
    redis_refuse_cluster
    redis_refuse_replica
    problem="$(redis_misplaced)"
    [[ -z $problem ]] || die "$EX_CONFIG" "$problem" 'correct the plan: the server would never see what is restored'
    now="$(redis_describe_now)"
  else
    case "$(redis_words)" in
      *WRONGPASS* | *NOAUTH* | *'invalid password'* | *NOPERM* | *DENIED*) redis_refuse ;;
    esac
  fi
  printf '  stop %s\n' "$(service_label)"
  printf '  replace %s and its append-only file in %s\n' "$DUMP_FILE" "$DATA_DIR"
  printf '    now   %s\n' "$now"
  printf '    then  %s as of %s\n' "$(redis_describe_stage "$set")" "$(redis_time "$set")"
  printf '    and the old files are kept beside them\n'
  printf '  start %s\n' "$(service_label)"
  redis_describe_replicas
}

# What becomes of the live server's replicas.
redis_describe_replicas() {
  local count=0
  [[ ! -f $RUN_DIR/redis.info ]] || count="$(redis_info connected_slaves)"
  ((${count:-0} > 0)) || return 0
  printf '    its %s take the restored data, too\n' "$([[ $count == 1 ]] && printf 'replica will' || printf '%d replicas will' "$count")"
  printf '    Sentinel would make one of them the master meanwhile: stop it first\n'
}

# When the snapshot was taken.
redis_time() {
  local time
  time="$(manifest_get "$1" position.time)"
  human_stamp "${time:-${1##*/}}"
}

# The live server in a few words.
redis_describe_now() {
  local words
  words="$(awk -F '[:=,]' '/^db[0-9]+:keys=/ { keys += $3; n++ } END { printf "%d %d\n", keys, n }' "$RUN_DIR/redis.info")"
  printf '%s, append-only file %s\n' "$(redis_key_words "${words% *}" "${words#* }")" "$([[ $(redis_info aof_enabled) == 1 ]] && printf on || printf off)"
}

# A replica throws away whatever it has for what its master has.
redis_refuse_replica() {
  [[ $(redis_info role) == slave ]] || return 0
  die "$EX_CONFIG" "$(redis_where) is a replica of $(redis_info master_host):$(redis_info master_port), which would overwrite what is restored" 'restore on the master; or make this server one first: REPLICAOF NO ONE, here and in its configuration'
}

# Put the stage in the place of the live files, while nobody can write them: a server that is told to end writes its RDB file
# once more, over whatever lies there.
kind_swap() {
  local set="$1" dir="$2"
  redis_own_stage "$dir"
  service_stop
  redis_wait_gone
  redis_make_data_dir
  swap_path "$dir/dump.rdb" "$DATA_DIR/$DUMP_FILE"
  redis_swap_append_only "$dir"
  redis_restore_labels
  service_start
}

# The old append-only file goes, in both its forms: a server takes up whichever it finds.
redis_swap_append_only() {
  local dir="$1" name
  for name in "$APPEND_FILE" "$APPEND_DIR"; do
    if [[ -e $dir/$name ]]; then swap_path "$dir/$name" "$DATA_DIR/$name"; else swap_aside "$DATA_DIR/$name" "$DATA_DIR/$DUMP_FILE"; fi
  done
}

# Restored files belong to the user that the server runs as, and are on the disk before the old ones go.
redis_own_stage() {
  local dir="$1" owner path
  owner="$(redis_owner)" || exit $?
  for path in "$dir/dump.rdb" "$dir/$APPEND_FILE" "$dir/$APPEND_DIR"; do
    [[ -e $path ]] || continue
    chmod -R u=rwX,g=rX,o= -- "$path" || die "$EX_NOPERM" "cannot set the mode of $path"
    [[ -z $owner ]] || chown -R -- "$owner" "$path" || die "$EX_NOPERM" "cannot give $path to $owner"
    if [[ -d $path ]]; then sync_paths "$path"/* "$path"; else sync_paths "$path"; fi
  done
}

# Whom they belong to; nothing when this is not root, who alone can give files away.
redis_owner() {
  ((EUID == 0)) || return 0
  if [[ $SERVER_USER =~ ^[0-9]+(:[0-9]+)?$ ]]; then
    printf '%s\n' "$SERVER_USER"
  elif id -u -- "$SERVER_USER" >/dev/null 2>&1; then
    printf '%s:%s\n' "$(id -u -- "$SERVER_USER")" "$(id -g -- "$SERVER_USER")"
  else
    die "$EX_CONFIG" "there is no user $SERVER_USER on this host to own the data" "correct 'serverUser' in the plan; numbers such as 999:999 will do"
  fi
}

# Make the data directory, if it is gone.
redis_make_data_dir() {
  local owner
  [[ ! -d $DATA_DIR ]] || return 0
  owner="$(redis_owner)" || exit $?
  (umask 022 && mkdir -p -- "${DATA_DIR%/*}/" && umask 027 && mkdir -- "$DATA_DIR") || die "$EX_CANTCREAT" "cannot make $DATA_DIR"
  [[ -z $owner ]] || chown -- "$owner" "$DATA_DIR" || die "$EX_NOPERM" "cannot give $DATA_DIR to $owner"
}

# Under SELinux files carry the label of where they were made.
redis_restore_labels() {
  command -v selinuxenabled >/dev/null 2>&1 && selinuxenabled || return 0
  restorecon -R -- "$DATA_DIR" || log_warn "cannot restore the SELinux labels of $DATA_DIR: the server may not start"
}

# Wait until no server has the data directory any more, whatever the service's manager believes.
redis_wait_gone() {
  local began=$SECONDS pid
  while pid="$(redis_holder)" && [[ -n $pid ]]; do
    ((SECONDS - began < SERVICE_STOP_SECONDS)) || die "$EX_UNAVAILABLE" "a Redis server still runs in $DATA_DIR: process $pid" "stopping $(service_label) did not stop it within $(human_seconds "$SERVICE_STOP_SECONDS") (stopWithin of the service in the plan); stop it by hand, then run this again"
    sleep 0.2
  done
}

# The pid of a server that works in the data directory: it is its working directory. A container's shows here, too.
redis_holder() {
  local process
  [[ -d $DATA_DIR ]] || return 0
  if [[ -d /proc/self ]]; then
    for process in /proc/[0-9]*; do
      [[ $process/cwd -ef $DATA_DIR ]] || continue
      redis_is_server "$(readlink -- "$process/exe" 2>/dev/null || true)" || continue
      printf '%s\n' "${process##*/}"
      return 0
    done
  elif command -v lsof >/dev/null 2>&1; then
    lsof -a -d cwd -c redis -F pn 2>/dev/null | awk -v dir="$DATA_DIR" '/^p/ { pid = substr($0, 2) } $0 == "n" dir { print pid; exit }' || true
  fi
}

# Is this the program of a Redis server?
redis_is_server() {
  case "${1##*/}" in
    *redis* | *valkey* | *keydb*) return 0 ;;
    *) [[ -n $SERVER_BINARY && $1 -ef $SERVER_BINARY ]] ;;
  esac
}

# Prove the live server: up, a master, and every key of the backup loaded. Then take away what its configuration does not
# use.
kind_check_live() {
  local set="$1"
  redis_setup
  redis_wait_ready || return $?
  if [[ $(redis_info role) == slave ]]; then
    log_error "the server is a replica of $(redis_info master_host):$(redis_info master_port), which overwrites what was restored: restore there"
    return "$EX_CONFIG"
  fi
  redis_compare_live "$set" || return $?
  redis_drop_unused
  log_info "Redis answers: $(redis_describe_now)"
}

# Wait until the server has loaded its data. While it loads it says so, and may take its time.
redis_wait_ready() {
  local began=$SECONDS seen=$SECONDS said=$SECONDS
  while :; do
    if redis_reach; then
      [[ $(redis_info loading) == 1 ]] || return 0
      seen=$SECONDS
      if ((SECONDS - said >= 10)); then
        said=$SECONDS
        log_info "Redis is loading its data ($(redis_info loading_loaded_perc)%)"
      fi
    else
      case "$(redis_words)" in
        *WRONGPASS* | *NOAUTH* | *'invalid password'* | *NOPERM* | *DENIED*) redis_refuse ;;
      esac
      if ((SECONDS - seen >= REDIS_START_SECONDS)) || ((SECONDS - began >= 3)) && ! service_is_running; then
        log_error "Redis does not come up on the restored data ($(redis_words)); its own log says why"
        return "$EX_UNAVAILABLE"
      fi
    fi
    sleep 0.2
  done
}

# Did the live server load every key? Clients may be at work already: where the server does not count while it loads (before
# Redis 7), its databases are compared while they are untouched, else only looked into.
redis_compare_live() {
  local set="$1" info="$RUN_DIR/redis.info" problem status=0
  if [[ -n $(redis_info rdb_last_load_keys_loaded) ]]; then
    redis_compare_loaded "$set" "$info" 'the server' || status=$?
  elif [[ $(redis_info rdb_changes_since_last_save) == 0 ]]; then
    redis_compare_databases "$set" "$info" 'the server' || status=$?
  elif ! grep '^db[0-9]*:keys=' "$info" >/dev/null && (($(manifest_get "$set" position.keys) > $(manifest_get "$set" position.expires))); then
    log_error 'the server is empty: it did not load the backup'
    status="$EX_UNAVAILABLE"
  else
    log_warn 'clients are already writing: only a look was taken, not every key counted'
  fi
  ((status != 0)) || return 0
  problem="$(redis_misplaced)"
  [[ -z $problem ]] || log_error "$problem: correct the plan"
  return "$status"
}

# Take away the append-only file that was put in place for a server that keeps none: it would be loaded instead of newer data on
# the day that somebody switches it on.
redis_drop_unused() {
  [[ $(redis_info aof_enabled) == 0 ]] || return 0
  rm -rf -- "${DATA_DIR:?}/$APPEND_FILE" "${DATA_DIR:?}/$APPEND_DIR"
}

# The renames are undone by the caller; what must not happen is that a server that is about to end writes into what was put
# back.
kind_rollback() {
  [[ -s $STATE_DIR/$ASSET.swap ]] || return 0
  redis_wait_gone
}
