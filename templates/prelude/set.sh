# Backup sets: a directory <store>/<type>/<asset>/<stamp>/ of payload files and a MANIFEST. What has no MANIFEST under a
# stamp's name does not exist.

# Begin the set of this run in a store. WORK_DIR becomes the unpublished set; an exit function removes it.
begin_set() {
  local store="$1" base
  require_store "$store"
  base="$store/$TYPE/${SERIES:-$ASSET}"
  mkdir -p -- "$base" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in the store $store" "look at its owner and mode"
  sweep_leftovers "$base"
  while [[ -e $base/$STAMP ]]; do
    sleep 0.2
    STAMP="$(date -u +%Y%m%dT%H%M%SZ)"
  done
  SET_BASE="$base"
  SET_CODEC="$(choose_compression)"
  EMPTY_PAYLOAD_OK=0
  WORK_DIR="$base/.partial-$STAMP-$$"
  mkdir -- "$WORK_DIR" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in $base" "look at its owner, its mode and the disk"
  on_exit discard_partial
  begin_manifest
}

# Begin the MANIFEST of the set in WORK_DIR, made at STAMP.
begin_manifest() {
  manifest_add format 1
  manifest_add plan "$PLAN"
  manifest_add plan_sha256 "$PLAN_SHA256"
  manifest_add asset "$ASSET"
  [[ -z ${SERIES:-} ]] || manifest_add series "$SERIES"
  manifest_add kind "$KIND"
  manifest_add host "$HOST_ID"
  manifest_add set "$STAMP"
  manifest_add started "$STAMP"
  manifest_add lifeboat "$LIFEBOAT_VERSION"
}

# A store that is missing may be a disk that is not mounted: never make it here, or backups land on the wrong disk.
require_store() {
  [[ -d $1 ]] || die "$EX_CANTCREAT" "the store $1 is not there" "is its disk mounted? install.sh makes the directory once"
}

# Remove what killed runs left, and what arrived of a set that nobody went on fetching for a week. Only under the asset's lock.
sweep_leftovers() {
  local path
  while IFS= read -r path; do
    log_info "removing ${path##*/}, a transfer that was given up"
    rm -rf -- "$path"
  done < <(find "$1" -maxdepth 1 -name '.arriving-*' -mtime +7 2>/dev/null)
  for path in "$1"/.partial-* "$1"/.expired-*; do
    [[ -d $path ]] || continue
    log_info "removing ${path##*/}, left by a run that did not end"
    rm -rf -- "$path"
  done
}

# Remove the unpublished set of this process, if there is one.
discard_partial() {
  case "${WORK_DIR##*/}" in
    .partial-*) rm -rf -- "$WORK_DIR" ;;
  esac
}

# Add a line to the MANIFEST of the set being made.
manifest_add() {
  local key="$1" value="$2"
  value=${value//'%'/%25}
  value=${value//$'\n'/%0A}
  value=${value//$'\r'/%0D}
  printf '%s=%s\n' "$key" "$value" >>"$WORK_DIR/.manifest" || die "$EX_IO" "cannot write the manifest in $WORK_DIR"
}

# Print a value of a set's MANIFEST; nothing when the key is not there. Asked for dozens of times a run, so without a program.
manifest_get() {
  local file="$1/MANIFEST" key="$2" line value=''
  [[ -f $file ]] || file="$1/.manifest"
  while IFS= read -r line; do
    if [[ $line == "$key="* ]]; then
      value="${line#*=}"
      break
    fi
  done <"$file" || return $?
  value=${value//'%0A'/$'\n'}
  value=${value//'%0D'/$'\r'}
  value=${value//'%25'/%}
  printf '%s\n' "$value"
}

# Print one field of every payload of a set, one a line, in the order they were written: `payload_fields SET cipher`.
payload_fields() {
  local file="$1/MANIFEST" line
  [[ -f $file ]] || file="$1/.manifest"
  while IFS= read -r line; do
    [[ ! $line =~ ^payload\.[0-9]+\.$2=(.*)$ ]] || printf '%s\n' "${BASH_REMATCH[1]}"
  done <"$file"
}

# Print the payload names of a set, one a line, in the order they were written.
payload_names() {
  payload_fields "$1" name
}

# Print what a set lacks although it was asked for, one object a line: the kind could not capture it (`degraded.N`).
degraded_objects() {
  sed -n -e '/^degraded\.[0-9][0-9]*=/ { s/^degraded\.[0-9]*=//; s/%0[AD]/ /g; s/%25/%/g; p; }' "$1/MANIFEST"
}

# Print the number of a payload in the MANIFEST of a set.
payload_number() {
  local line
  while IFS= read -r line; do
    if [[ $line =~ ^payload\.([0-9]+)\.name=(.*)$ && ${BASH_REMATCH[2]} == "$2" ]]; then
      printf '%s\n' "${BASH_REMATCH[1]}"
      return 0
    fi
  done <"$1/MANIFEST"
  die "$EX_DATA" "the set ${1##*/} has no payload $2"
}

# Write one payload in one pass: producer | count and hash | compress | encrypt | hash | file. OBSERVER is `-` or a
# function that reads the raw stream to its end and judges it by its status. Every stage's status counts.
write_payload() {
  local name="$1" observer="$2" file pipe reader
  local -a statuses=() readers=() verdicts=()
  # statuses, readers and verdicts are never empty, also where bash 3.2 minds.
  shift 2
  [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || die "$EX_SOFTWARE" "'$name' cannot be the name of a payload"
  file="$name$(codec_suffix "$SET_CODEC" "$ENCRYPTION")"
  pipe="$RUN_DIR/$name"
  rm -f -- "$pipe".*
  mkfifo -- "$pipe.hash" "$pipe.count" "$pipe.stored" "$pipe.observe"
  hash_stream <"$pipe.hash" >"$pipe.raw_sha256" &
  readers+=($!)
  count_stream <"$pipe.count" >"$pipe.raw_bytes" &
  readers+=($!)
  hash_stream <"$pipe.stored" >"$pipe.stored_sha256" &
  readers+=($!)
  observe_stream "$observer" <"$pipe.observe" >/dev/null 2>"$pipe.observe.err" &
  readers+=($!)
  set +e
  run_strict "$@" 2>"$pipe.produce.err" |
    tee -- "$pipe.hash" "$pipe.count" "$pipe.observe" 2>"$pipe.tee.err" |
    compress_stream "$SET_CODEC" 2>"$pipe.compress.err" |
    encrypt_stream 2>"$pipe.encrypt.err" |
    tee -- "$pipe.stored" 2>"$pipe.write.err" >"$WORK_DIR/$file"
  statuses=("${PIPESTATUS[@]}")
  set -e
  # A reader whose pipe nobody opened still waits in open(): opening both ends lets it see the end.
  for reader in hash count stored observe; do : <>"$pipe.$reader"; done
  for reader in "${readers[@]}"; do
    wait "$reader" 2>/dev/null && verdicts+=(0) || verdicts+=($?)
  done
  judge_payload "$name" "$pipe" "${statuses[@]}" "${verdicts[@]}"
  enter_payload "$name" "$file" "$pipe"
  rm -f -- "$pipe".*
}

# Write a payload from a finished file, which must not change meanwhile.
write_payload_file() {
  write_payload "$1" - cat_file "$2"
}

# The producer of write_payload_file.
cat_file() {
  cat -- "$1"
}

# Bytes of stdin.
count_stream() {
  local n
  n="$(wc -c)"
  printf '%d\n' "$((n))"
}

# Let an observer read the raw stream. One that is content early does not stop the rest.
observe_stream() {
  local status=0
  if [[ $1 != - ]]; then
    run_strict "$1"
    status=$?
  fi
  cat >/dev/null
  return "$status"
}

# Name the stage that failed, and die. Downstream stages take a cut stream for a short one, upstream stages die of a
# broken pipe: so the last stage that failed is the cause.
judge_payload() {
  local name="$1" pipe="$2" produce="$3" tee="$4" compress="$5" encrypt="$6" write="$7"
  local hash="$8" count="$9" stored="${10}" observe="${11}"
  if ((write != 0 || stored != 0)); then
    log_tool_errors write "$pipe.write.err"
    die "$EX_IO" "cannot write $name: $(describe_status $((write ? write : stored)))" "is the disk full? look at df -h ${SET_BASE:-}"
  elif ((encrypt != 0)); then
    log_tool_errors "$ENCRYPTION" "$pipe.encrypt.err"
    die "$EX_CONFIG" "cannot encrypt $name with $ENCRYPTION: $(describe_status "$encrypt")" "look at the recipients or the key file in the plan"
  elif ((compress != 0)); then
    log_tool_errors "$SET_CODEC" "$pipe.compress.err"
    die "$EX_IO" "cannot compress $name with $SET_CODEC: $(describe_status "$compress")"
  elif ((produce != 0 && !(produce == 141 && observe != 0))); then
    replay_stderr "$name" "$pipe.produce.err" ERROR
    die "$(sysexit_of "$produce" "$EX_UNAVAILABLE")" "$(first_error "$pipe.produce.err" "cannot capture $name: $(describe_status "$produce")")"
  elif ((observe != 0)); then
    replay_stderr "$name" "$pipe.observe.err" ERROR
    die "$(sysexit_of "$observe" "$EX_DATA")" "$(first_error "$pipe.observe.err" "$name did not pass its check while it was written")"
  elif ((tee != 0 || hash != 0 || count != 0)); then
    log_tool_errors tee "$pipe.tee.err"
    die "$EX_IO" "cannot hash $name while it is written"
  fi
  replay_stderr "$name" "$pipe.produce.err" WARN
  replay_stderr "$name" "$pipe.observe.err" WARN
}

# The last error that a stage logged itself, else the given words.
first_error() {
  local file="$1" words="$2" own
  own="$(sed -n 's/^[0-9T:Z-]* ERROR \[[^]]*\] //p' "$file" | tail -n 1)"
  printf '%s\n' "${own:-$words}"
}

# Say what an exit status means.
describe_status() {
  if (($1 > 128 && $1 < 160)); then printf 'ended by signal %d\n' $(($1 - 128)); else printf 'exit status %d\n' "$1"; fi
}

# A sysexits code stays, anything else becomes the given one.
sysexit_of() {
  if (($1 >= 64 && $1 <= 78)); then printf '%d\n' "$1"; else printf '%d\n' "$2"; fi
}

# Enter a written payload in the MANIFEST.
enter_payload() {
  local name="$1" file="$2" pipe="$3" number salt mac raw
  raw="$(cat -- "$pipe.raw_bytes")"
  if ((raw == 0 && ${EMPTY_PAYLOAD_OK:-0} == 0)); then
    die "$EX_DATA" "$name is empty: the source gave no data" 'an empty backup is no backup; look at the source'
  fi
  number="$(payload_names "$WORK_DIR" | wc -l)"
  number="payload.$((number + 1))"
  manifest_add "$number.name" "$name"
  manifest_add "$number.file" "$file"
  manifest_add "$number.codec" "$SET_CODEC"
  manifest_add "$number.cipher" "$ENCRYPTION"
  manifest_add "$number.raw_bytes" "$raw"
  manifest_add "$number.raw_sha256" "$(cat -- "$pipe.raw_sha256")"
  manifest_add "$number.stored_bytes" "$(count_stream <"$WORK_DIR/$file")"
  manifest_add "$number.stored_sha256" "$(cat -- "$pipe.stored_sha256")"
  if [[ $ENCRYPTION == openssl ]]; then
    salt="$(openssl rand -hex 8)"
    mac="$(openssl_mac "$WORK_DIR/$file" "$salt")" || die "$EX_NOPERM" "cannot make the MAC of $name from $OPENSSL_KEY_FILE"
    manifest_add "$number.mac_salt" "$salt"
    manifest_add "$number.mac" "$mac"
  fi
}

# Make the set exist: complete the MANIFEST, drop scratch files, flush, rename. Sets PUBLISHED_SET.
publish_set() {
  local path entry final="$SET_BASE/$STAMP"
  local -a files=()
  # files is never empty: a set without a payload was refused before.
  end_manifest
  while IFS= read -r entry; do
    files+=("$WORK_DIR/$entry")
  done < <(payload_fields "$WORK_DIR" file)
  ((${#files[@]} > 0)) || die "$EX_SOFTWARE" "nothing was captured for $ASSET"
  for path in "$WORK_DIR"/* "$WORK_DIR"/.[!.]*; do
    is_one_of "$path" "$WORK_DIR/MANIFEST" "${files[@]}" || rm -rf -- "$path"
  done
  sync_paths "${files[@]}" "$WORK_DIR/MANIFEST" "$WORK_DIR"
  mv -- "$WORK_DIR" "$final" || die "$EX_IO" "cannot publish the set $final"
  WORK_DIR="$RUN_DIR"
  PUBLISHED_SET="$final"
  sync_paths "$SET_BASE"
}

# Complete the MANIFEST of the set in WORK_DIR.
end_manifest() {
  local sum
  manifest_add finished "$(date -u +%Y%m%dT%H%M%SZ)"
  manifest_add verified capture
  sum="$(sha256_of "$WORK_DIR/.manifest")" || exit $?
  manifest_add manifest_sha256 "$sum"
  mv -- "$WORK_DIR/.manifest" "$WORK_DIR/MANIFEST"
}

# Enter the only payload of a set that is never published: a file in WORK_DIR, as it is. The set lies below RUN_DIR, so that
# there is nothing to encrypt.
enter_plain_payload() {
  local name="$1" bytes sum
  bytes="$(count_stream <"$WORK_DIR/$name")"
  sum="$(sha256_of "$WORK_DIR/$name")" || exit $?
  manifest_add payload.1.name "$name"
  manifest_add payload.1.file "$name"
  manifest_add payload.1.codec none
  manifest_add payload.1.cipher none
  manifest_add payload.1.raw_bytes "$bytes"
  manifest_add payload.1.raw_sha256 "$sum"
  manifest_add payload.1.stored_bytes "$bytes"
  manifest_add payload.1.stored_sha256 "$sum"
}

# Is the first word one of the others?
is_one_of() {
  local word="$1" other
  shift
  for other in "$@"; do [[ $word != "$other" ]] || return 0; done
  return 1
}

# Have files and directories on the disk, not only in memory. coreutils can flush single ones; else flush everything.
sync_paths() {
  [[ -n ${SYNC_VERSION:-} ]] || SYNC_VERSION="$(sync --version 2>/dev/null || printf 'unknown\n')"
  if [[ $SYNC_VERSION == *coreutils* ]]; then
    sync -- "$@" || die "$EX_IO" "cannot flush $1 to its disk"
  else
    sync
  fi
}

# Print the complete sets of a store, oldest first, as paths.
list_sets() {
  list_sets_in "$1/$TYPE/${SERIES:-$ASSET}"
}

# Print the complete sets below <store>/<type>/<asset>, oldest first, as paths.
list_sets_in() {
  local path
  for path in "$1"/*/MANIFEST; do
    path="${path%/MANIFEST}"
    is_stamp "${path##*/}" && printf '%s\n' "$path"
  done
  return 0
}

# Print the newest set of a store that is not suspect, made at or before a stamp if one is given. Nothing if none is. A log
# is replayed onto a set: it must have been finished by then, or it holds what came later.
newest_set() {
  local path newest=''
  while IFS= read -r path; do
    [[ -e $path/SUSPECT || (-n ${2:-} && ${path##*/} > ${2:-}) ]] && continue
    if [[ -n ${2:-} ]] && ((LOG_SECONDS > 0)) && [[ $(manifest_get "$path" finished) > $2 ]]; then continue; fi
    newest="$path"
  done < <(list_sets "$1")
  [[ -z $newest ]] || printf '%s\n' "$newest"
}

# Stored bytes of a set, as its MANIFEST has them.
set_bytes() {
  sum_lines < <(payload_fields "$1" stored_bytes)
}

# Raw bytes of a set, as its MANIFEST has them.
set_raw_bytes() {
  sum_lines < <(payload_fields "$1" raw_bytes)
}

# Print the sum of the numbers of stdin, one a line.
sum_lines() {
  local number sum=0
  while IFS= read -r number; do sum=$((sum + number)); done
  printf '%d\n' "$sum"
}

# Prove that a set is as it was written: MANIFEST, then size, hash and MAC of every payload. Logs what is wrong; 65.
check_set() {
  local set="$1" name bad=0
  check_manifest "$set" || return "$EX_DATA"
  while IFS= read -r name; do
    check_payload "$set" "$name" || bad=1
  done < <(payload_names "$set")
  ((bad == 0)) || return "$EX_DATA"
  # shellcheck disable=SC2034  # for stream_payload, where a script has it
  CHECKED_SET="$set"
}

# Prove that a MANIFEST is whole, of a known format, and in its place.
check_manifest() {
  local set="$1" recorded actual
  if [[ ! -f $set/MANIFEST ]]; then
    log_error "the set $set has no MANIFEST: it is not a backup"
    return "$EX_DATA"
  fi
  recorded="$(manifest_get "$set" manifest_sha256)"
  actual="$(sed '$d' "$set/MANIFEST" | hash_stream)"
  if [[ $recorded != "$actual" || $(tail -n 1 "$set/MANIFEST") != manifest_sha256=* ]]; then
    log_error "the MANIFEST of ${set##*/} was changed or cut after it was written"
    return "$EX_DATA"
  fi
  if [[ $(manifest_get "$set" format) != 1 ]]; then
    log_error "the set ${set##*/} has format $(manifest_get "$set" format); this script knows format 1"
    return "$EX_DATA"
  fi
  if [[ $(manifest_get "$set" asset) != "$ASSET" || $(manifest_get "$set" kind) != "$KIND" ]]; then
    log_error "the set ${set##*/} is of $(manifest_get "$set" asset) ($(manifest_get "$set" kind)), not of $ASSET ($KIND)"
    return "$EX_DATA"
  fi
  if [[ $(manifest_get "$set" series) != "${SERIES:-}" ]]; then
    log_error "the set ${set##*/} does not belong to the sets of ${SERIES:-$ASSET}, where it lies"
    return "$EX_DATA"
  fi
  if is_stamp "${set##*/}" && [[ $(manifest_get "$set" set) != "${set##*/}" ]]; then
    log_error "the set ${set##*/} was made as $(manifest_get "$set" set) and renamed"
    return "$EX_DATA"
  fi
}

# Prove that one payload file is as it was written.
check_payload() {
  local set="$1" name="$2" number file expected actual
  number="payload.$(payload_number "$set" "$name")" || return "$EX_DATA"
  file="$set/$(manifest_get "$set" "$number.file")"
  if [[ ! -r $file ]]; then
    log_error "${file##*/} of set ${set##*/} is missing or not readable"
    return "$EX_DATA"
  fi
  expected="$(manifest_get "$set" "$number.stored_bytes")"
  actual="$(count_stream <"$file")"
  if [[ $actual != "$expected" ]]; then
    log_error "${file##*/} of set ${set##*/} has $actual bytes, $expected were written"
    return "$EX_DATA"
  fi
  if [[ $(sha256_of "$file") != "$(manifest_get "$set" "$number.stored_sha256")" ]]; then
    log_error "${file##*/} of set ${set##*/} is damaged: its SHA-256 differs from the MANIFEST"
    return "$EX_DATA"
  fi
  check_mac "$set" "$number" "$file"
}

# Check openssl's MAC of a payload, where this host has the key.
check_mac() {
  local set="$1" number="$2" file="$3"
  [[ $(manifest_get "$set" "$number.cipher") == openssl ]] && can_decrypt openssl || return 0
  if [[ $(openssl_mac "$file" "$(manifest_get "$set" "$number.mac_salt")") != "$(manifest_get "$set" "$number.mac")" ]]; then
    log_error "${file##*/} of set ${set##*/} fails its MAC: it was tampered with, or $OPENSSL_KEY_FILE is not the key it was made with"
    return "$EX_DATA"
  fi
}

# Does this host have what it takes to decode every payload of a set?
can_decode() {
  local cipher
  while IFS= read -r cipher; do
    can_decrypt "$cipher" || return 1
  done < <(payload_fields "$1" cipher)
}

# Leave with 77 when a set cannot be decoded here.
require_decodable() {
  can_decode "$1" || die "$EX_NOPERM" "this host has no key to decrypt the set ${1##*/}" "put the age identity at ${AGE_IDENTITY_FILE:-the path in the plan} or the key at ${OPENSSL_KEY_FILE:-the path in the plan}"
}

# Print a decoded payload. Dies 65 when it does not decode to what was captured.
read_payload() {
  stream_payload "$1" "$2" cat
}

# Decode a payload into a consumer that reads stdin, proving size and hash of the raw stream on the way. Returns the
# consumer's status when it fails; 65 when the data is not what was captured.
stream_payload() {
  local set="$1" name="$2" number file pipe codec cipher reader
  local -a statuses=() readers=() verdicts=()
  # statuses, readers and verdicts are never empty, also where bash 3.2 minds.
  shift 2
  number="payload.$(payload_number "$set" "$name")" || return "$EX_DATA"
  file="$set/$(manifest_get "$set" "$number.file")"
  codec="$(manifest_get "$set" "$number.codec")"
  cipher="$(manifest_get "$set" "$number.cipher")"
  [[ $codec == none || $codec == gzip ]] || require_tool "$codec"
  can_decrypt "$cipher" || require_decodable "$set"
  [[ ${CHECKED_SET:-} == "$set" ]] || check_mac "$set" "$number" "$file" || return "$EX_DATA"
  pipe="$RUN_DIR/read-$name.${RUN_PID:-$$}"
  rm -f -- "$pipe".*
  mkfifo -- "$pipe.hash" "$pipe.count"
  hash_stream <"$pipe.hash" >"$pipe.sha256" &
  readers+=($!)
  count_stream <"$pipe.count" >"$pipe.bytes" &
  readers+=($!)
  set +e
  decrypt_stream "$cipher" <"$file" 2>"$pipe.decrypt.err" |
    decompress_stream "$codec" 2>"$pipe.decompress.err" |
    tee -- "$pipe.hash" "$pipe.count" 2>"$pipe.tee.err" |
    consume_stream "$@"
  statuses=("${PIPESTATUS[@]}")
  set -e
  for reader in hash count; do : <>"$pipe.$reader"; done
  for reader in "${readers[@]}"; do
    wait "$reader" 2>/dev/null && verdicts+=(0) || verdicts+=($?)
  done
  judge_reading "$set" "$name" "$number" "$pipe" "$cipher" "$codec" "${statuses[@]}" "${verdicts[@]}" || return $?
  rm -f -- "$pipe".*
}

# Let a consumer read the raw stream; one that is content before the end (tar) must not break the pipe.
consume_stream() {
  local status
  run_strict "$@"
  # Reached with a failure only where a caller's condition has turned errexit off.
  status=$?
  cat >/dev/null
  return "$status"
}

# Name what went wrong while a payload was decoded. A cut stream makes the stages after it complain, and a consumer that
# fails gives the stages before it a broken pipe (141): the first failure that is no broken pipe is the cause.
judge_reading() {
  local set="$1" name="$2" number="$3" pipe="$4" cipher="$5" codec="$6" decrypt="$7" decompress="$8" tee="$9"
  local consume="${10}" hash="${11}" count="${12}"
  if ((decrypt != 0 && decrypt != 141)); then
    log_tool_errors "$cipher" "$pipe.decrypt.err"
    log_error "cannot decrypt $name of set ${set##*/}: wrong key, or the file was changed"
    return "$EX_DATA"
  elif ((decompress != 0 && decompress != 141)); then
    log_tool_errors "$codec" "$pipe.decompress.err"
    log_error "cannot decompress $name of set ${set##*/}: the file is damaged or the key is wrong"
    return "$EX_DATA"
  elif ((consume != 0)); then
    log_debug "the consumer of $name ended with status $consume"
    return "$consume"
  elif ((decrypt != 0 || decompress != 0 || tee != 0 || hash != 0 || count != 0)); then
    log_tool_errors read "$pipe.tee.err"
    log_error "cannot read $name of set ${set##*/}"
    return "$EX_IO"
  elif [[ $(cat "$pipe.bytes") != "$(manifest_get "$set" "$number.raw_bytes")" || $(cat "$pipe.sha256") != "$(manifest_get "$set" "$number.raw_sha256")" ]]; then
    log_error "$name of set ${set##*/} does not decode to what was captured"
    return "$EX_DATA"
  fi
}

# Copy a set to another store of this host: aside, checked, flushed, renamed. Copying what is there already is done.
copy_set() {
  local set="$1" store="$2" base final file
  require_store "$store"
  base="$store/$TYPE/${SERIES:-$ASSET}"
  final="$base/${set##*/}"
  mkdir -p -- "$base" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in the store $store" "look at its owner and mode"
  sweep_leftovers "$base"
  if [[ -e $final ]]; then
    cmp -s -- "$set/MANIFEST" "$final/MANIFEST" || die "$EX_CANTCREAT" "another set ${set##*/} is already in $store"
    log_debug "${set##*/} is already in $store"
    return 0
  fi
  require_space "$base" $(($(set_bytes "$set") + RESERVE_BYTES))
  WORK_DIR="$base/.partial-${set##*/}-$$"
  on_exit discard_partial
  mkdir -- "$WORK_DIR" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in $base"
  while IFS= read -r file; do
    cat -- "$set/$file" >"$WORK_DIR/$file" || die "$EX_IO" "cannot copy $file of set ${set##*/} to $store"
  done < <(payload_fields "$set" file && printf 'MANIFEST\n')
  check_set "$WORK_DIR" || die "$EX_IO" "the copy in $store is not what was written" "look at that disk"
  sync_paths "$WORK_DIR"/* "$WORK_DIR"
  mv -- "$WORK_DIR" "$final" || die "$EX_IO" "cannot publish the copy $final"
  WORK_DIR="$RUN_DIR"
  sync_paths "$base"
}

# Mark a set as not to be trusted, with the reason. Nothing else of it is touched; only a person takes the mark away.
mark_suspect() {
  local set="$1" reason="${2//[[:cntrl:]]/ }"
  if [[ -e $set/SUSPECT ]]; then return 0; fi
  if { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$reason" >"$set/SUSPECT"; } 2>/dev/null; then
    log_warn "marked the set ${set##*/} suspect: it no longer counts as a backup"
  else
    log_warn "cannot mark the set ${set##*/} suspect in ${set%/*}"
  fi
}
