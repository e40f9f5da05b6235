# Backup sets: a directory <store>/<type>/<asset>/<stamp>/ of payload files and a MANIFEST. What has no MANIFEST under a
# stamp's name does not exist.

# Begin the set of this run in a store. WORK_DIR becomes the unpublished set; an exit function removes it.
begin_set() {
  local store="$1" base
  require_store "$store"
  base="$store/$TYPE/${SERIES:-$ASSET}"
  [[ -d $base ]] || mkdir -p -- "$base" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in the store $store" "look at its owner and mode"
  sweep_leftovers "$base"
  take_stamp "$base"
  SET_BASE="$base"
  choose_compression
  SET_CODEC="$CODEC"
  EMPTY_PAYLOAD_OK=0
  WORK_DIR="$base/.partial-$STAMP-$$"
  mkdir -- "$WORK_DIR" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in $base" "look at its owner, its mode and the disk"
  on_exit discard_partial
  begin_manifest
}

# Survey the series (SURVEYED), and take a stamp that is newer than every set there is: a second that is taken is waited out. Where the
# newest set is later than now by more than a minute, this clock or the one that made it is wrong: the backup is made all the same,
# retention stays away, and the run ends loudly (WRONG_CLOCK).
take_stamp() {
  local base="$1" newest waited=0
  SURVEYED="$(survey_series "$base")"
  newest="${SURVEYED##*$'\n'}"
  newest="${newest%% *}"
  WRONG_CLOCK=''
  while [[ -e $base/$STAMP || ! $STAMP > $newest ]]; do
    read_clock
    find_stamp $((NOW_MS / 1000 + 60))
    if ((waited >= 300)) || [[ -n $newest && ! $FOUND_STAMP > $newest && ! -e $base/$STAMP ]]; then
      WRONG_CLOCK="$newest"
      log_error "the clock is wrong: it is $(human_stamp "$STAMP") here, and the set $newest was made later"
      [[ -e $base/$STAMP ]] || return 0
      die "$EX_CONFIG" "there is a set $STAMP already, and the clock does not go on" "set this host's clock, then run this again"
    fi
    sleep 0.2
    waited=$((waited + 1))
    read_utc
    STAMP="$STAMP_NOW"
  done
}

# Begin the MANIFEST of the set in WORK_DIR, made at STAMP.
begin_manifest() {
  manifest_add format 2
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

# Remove what killed runs left, and what arrived of a set that nobody went on fetching for a week. Only under the asset's lock.
sweep_leftovers() {
  local path
  for path in "$1"/.arriving-*; do
    [[ (-e $path || -L $path) && -n $(find "$path" -prune -mtime +7 2>/dev/null) ]] || continue
    log_info "removing ${path##*/}, a transfer that was given up"
    rm -rf -- "$path"
  done
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
  encode_value "$2"
  printf '%s=%s\n' "$1" "$ENCODED_VALUE" >>"$WORK_DIR/.manifest" || die "$EX_IO" "cannot write the manifest in $WORK_DIR"
}

# Write one payload in one pass: producer | count and hash | compress | encrypt | hash | file. OBSERVER is `-` or a
# function that reads the raw stream to its end and judges it by its status. Every stage's status counts.
write_payload() {
  local name="$1" observer="$2" file pipe reader
  local -a statuses=() readers=() verdicts=() pipes=()
  # statuses, readers, verdicts and pipes are never empty where they are expanded, also where bash 3.2 minds.
  shift 2
  [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || die "$EX_SOFTWARE" "'$name' cannot be the name of a payload"
  find_suffix "$SET_CODEC" "$ENCRYPTION"
  file="$name$SUFFIX"
  pipe="$RUN_DIR/$name"
  pipes=("$pipe.hash" "$pipe.count")
  [[ $observer == - ]] || pipes+=("$pipe.observe")
  remove_pipes "$pipe"
  mkfifo -- "${pipes[@]}" "$pipe.stored" || die "$EX_IO" "cannot make pipes in $RUN_DIR" "is its disk full? look at df -h $RUN_DIR"
  hash_filter <"$pipe.hash" >"$pipe.raw_sha256" &
  readers+=($!)
  wc -c <"$pipe.count" >"$pipe.raw_bytes" &
  readers+=($!)
  hash_filter <"$pipe.stored" >"$pipe.stored_sha256" &
  readers+=($!)
  if [[ $observer != - ]]; then
    observe_stream "$observer" <"$pipe.observe" >/dev/null 2>"$pipe.observe.err" &
    readers+=($!)
  fi
  set +e
  run_strict "$@" 2>"$pipe.produce.err" |
    tee -- "${pipes[@]}" 2>"$pipe.tee.err" |
    compress_stream "$SET_CODEC" 2>"$pipe.compress.err" |
    encrypt_stream 2>"$pipe.encrypt.err" |
    tee -- "$pipe.stored" 2>"$pipe.write.err" >"$WORK_DIR/$file"
  statuses=("${PIPESTATUS[@]}")
  set -e
  # A reader whose pipe nobody opened still waits in open(): opening both ends lets it see the end.
  for reader in "${pipes[@]}" "$pipe.stored"; do : <>"$reader"; done
  for reader in "${readers[@]}"; do
    wait "$reader" 2>/dev/null && verdicts+=(0) || verdicts+=($?)
  done
  judge_payload "$name" "$pipe" "${statuses[@]}" "${verdicts[@]}"
  enter_payload "$name" "$file"
  remove_pipes "$pipe"
}

# Remove what the reading or writing of a payload has left under a name.
remove_pipes() {
  [[ ! -e $1.hash ]] || rm -f -- "$1".*
}

# Write a payload from a finished file, which must not change meanwhile.
write_payload_file() {
  write_payload "$1" - cat_file "$2"
}

# The producer of write_payload_file.
cat_file() {
  cat -- "$1"
}

# Print the lines of one file that another lacks, in their order; of lines that are there more often, as many as are too many.
lines_without() {
  other="$2" awk '
    BEGIN { while ((getline line < ENVIRON["other"]) > 0) has[line]++ }
    has[$0] > 0 { has[$0]--; next }
    { print }' <"$1"
}

# Bytes of a file, into BYTES.
count_bytes() {
  BYTES="$(wc -c <"$1")" || return "$EX_IO"
  # BSD's wc writes spaces before it.
  BYTES=$((BYTES))
}

# Let an observer read the raw stream. One that is content early does not stop the rest.
observe_stream() {
  local status
  run_strict "$1"
  status=$?
  drain_stream
  return "$status"
}

# Read stdin to its end. Mostly it is there already, which costs no program.
drain_stream() {
  ! IFS= read -r -d '' -n 1 _ || cat >/dev/null
}

# Name the stage that failed, and die. Downstream stages take a cut stream for a short one, upstream stages die of a
# broken pipe: so the last stage that failed is the cause.
judge_payload() {
  local name="$1" pipe="$2" produce="$3" tee="$4" compress="$5" encrypt="$6" write="$7"
  local hash="$8" count="$9" stored="${10}" observe="${11:-0}"
  if ((write != 0 || stored != 0)); then
    log_tool_errors write "$pipe.write.err"
    die "$EX_IO" "cannot write $name: $(describe_status $((write ? write : stored)))" "is the disk full? look at df -h ${SET_BASE:-}"
  elif ((encrypt != 0)); then
    log_tool_errors "$ENCRYPTION" "$pipe.encrypt.err"
    die "$EX_CONFIG" "cannot encrypt $name with $ENCRYPTION: $(describe_status "$encrypt")" "look at the recipients or the key file in the plan"
  elif ((compress != 0)); then
    log_tool_errors "$SET_CODEC" "$pipe.compress.err"
    die "$EX_IO" "cannot compress $name with $SET_CODEC: $(describe_status "$compress")"
  elif ! read_figures "$pipe"; then
    # Who cannot write a note fails, too.
    log_tool_errors tee "$pipe.tee.err"
    die "$EX_IO" "cannot note size and hash of $name in $RUN_DIR" "is its disk full? look at df -h $RUN_DIR"
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

# The last error that a stage logged itself, else the given words. Which command of it failed stands above them.
first_error() {
  local file="$1" words="$2" own
  own="$(sed -n -e '/\] internal error: /d' -e 's/^[0-9T:Z-]* ERROR \[[^]]*\] //p' "$file" | tail -n 1)"
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

# What was counted and hashed of a payload, into FIGURES: raw bytes, raw and stored SHA-256.
read_figures() {
  local raw='' sum='' stored_sum=''
  { read -r raw <"$1.raw_bytes" && read -r sum _ <"$1.raw_sha256" && read -r stored_sum _ <"$1.stored_sha256"; } || true
  FIGURES="$raw $sum $stored_sum"
  is_count "$raw" && is_sha256 "$sum" && is_sha256 "$stored_sum"
}

# Enter a written payload in the MANIFEST.
enter_payload() {
  local name="$1" file="$2" number raw sum stored_sum line
  read -r raw sum stored_sum <<<"$FIGURES"
  if ((raw == 0 && ${EMPTY_PAYLOAD_OK:-0} == 0)); then
    die "$EX_DATA" "$name is empty: the source gave no data" 'an empty backup is no backup; look at the source'
  fi
  number=1
  while IFS= read -r line; do
    [[ $line != payload.*.name=* ]] || number=$((number + 1))
  done <"$WORK_DIR/.manifest"
  number="payload.$number"
  manifest_add "$number.name" "$name"
  manifest_add "$number.file" "$file"
  manifest_add "$number.codec" "$SET_CODEC"
  manifest_add "$number.cipher" "$ENCRYPTION"
  manifest_add "$number.raw_bytes" "$raw"
  manifest_add "$number.raw_sha256" "$sum"
  count_bytes "$WORK_DIR/$file" || die "$EX_IO" "cannot read $file, which was just written"
  manifest_add "$number.stored_bytes" "$BYTES"
  manifest_add "$number.stored_sha256" "$stored_sum"
}

# Make the set exist: complete the MANIFEST, drop scratch files, flush, rename. Sets PUBLISHED_SET.
publish_set() {
  local path entry final="$SET_BASE/$STAMP"
  local -a files=()
  # files is never empty: a set without a payload was refused before.
  end_manifest
  open_manifest "$WORK_DIR" || exit $?
  list_payloads "$WORK_DIR" file
  for entry in "${FIELDS[@]}"; do files+=("$WORK_DIR/$entry"); done
  for path in "$WORK_DIR"/* "$WORK_DIR"/.[!.]*; do
    is_one_of "$path" "$WORK_DIR/MANIFEST" "${files[@]}" || rm -rf -- "$path"
  done
  sync_paths "${files[@]}" "$WORK_DIR/MANIFEST" "$WORK_DIR"
  mv -- "$WORK_DIR" "$final" || die "$EX_IO" "cannot publish the set $final"
  WORK_DIR="$RUN_DIR"
  PUBLISHED_SET="$final" MANIFEST_OF="$final"
  sync_paths "$SET_BASE"
}

# Complete the MANIFEST of the set in WORK_DIR.
end_manifest() {
  read_utc
  manifest_add finished "$STAMP_NOW"
  manifest_add verified capture
  seal_manifest
  hash_file "$WORK_DIR/.manifest" 0 || die "$EX_IO" "cannot hash the manifest in $WORK_DIR"
  manifest_add manifest_sha256 "$SHA256"
  mv -- "$WORK_DIR/.manifest" "$WORK_DIR/MANIFEST"
}

# Enter the only payload of a set that is never published: a file in WORK_DIR, as it is. The set lies below RUN_DIR, so that
# there is nothing to encrypt.
enter_plain_payload() {
  local name="$1"
  count_bytes "$WORK_DIR/$name"
  hash_file "$WORK_DIR/$name" "$BYTES" || exit $?
  manifest_add payload.1.name "$name"
  manifest_add payload.1.file "$name"
  manifest_add payload.1.codec none
  manifest_add payload.1.cipher none
  manifest_add payload.1.raw_bytes "$BYTES"
  manifest_add payload.1.raw_sha256 "$SHA256"
  manifest_add payload.1.stored_bytes "$BYTES"
  manifest_add payload.1.stored_sha256 "$SHA256"
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

# Have all of the file system that a directory is on, on its disk.
sync_file_system() {
  [[ -n ${SYNC_VERSION:-} ]] || SYNC_VERSION="$(sync --version 2>/dev/null || printf 'unknown\n')"
  if [[ $SYNC_VERSION == *coreutils* ]]; then
    sync -f -- "$1" || die "$EX_IO" "cannot flush the file system of $1 to its disk"
  else
    sync
  fi
}

# Prove that a set is as it was written: MANIFEST, then size and hash of every payload. Logs what is wrong. 65: bytes were read twice
# and differ from their hash, or the set is no set of this asset; 74: it cannot be read; 75: it went away; 77: another key.
check_set() {
  local set="$1" name status=0 worst=0
  check_manifest "$set" || return $?
  list_payloads "$set" name
  for name in "${FIELDS[@]}"; do
    status=0
    check_payload "$set" "$name" || status=$?
    # Damage weighs more than what could not be read.
    if ((status == EX_DATA || (status && !worst))); then worst="$status"; fi
  done
  ((worst == 0)) || return "$worst"
  # shellcheck disable=SC2034  # for stream_payload, where a script has it
  CHECKED_SET="$set"
}

# Prove that a MANIFEST is whole, of a known format, in its place, and made by whom the plan says.
check_manifest() {
  local set="$1" status=0 format
  if [[ ! -d $set ]]; then
    log_error "the set ${set##*/} is not there any more: retention, or a person, has removed it"
    return "$EX_TEMPFAIL"
  fi
  need_manifest "$set" || return $?
  if ! is_manifest_whole "$set"; then
    # Read once more: a disk that answers wrongly once has damaged nothing.
    open_manifest "$set" || return $?
    is_manifest_whole "$set" || status=$?
    if ((status == EX_DATA)); then
      log_error "the MANIFEST of ${set##*/} was changed or cut after it was written: checksum mismatch"
    elif ((status != 0)); then
      log_error "cannot hash the MANIFEST of ${set##*/}"
    fi
    ((status == 0)) || return "$status"
  fi
  look_up "$set" format
  format="$VALUE"
  if [[ $format != 1 && $format != 2 ]]; then
    log_error "the set ${set##*/} has format $format; this script knows the formats 1 and 2"
    return "$EX_UNAVAILABLE"
  fi
  check_place "$set" || return $?
  check_authenticity "$set"
}

# Does the open MANIFEST have the checksum that it ends with? 65 when it has not, 74 when that cannot be told.
is_manifest_whole() {
  look_up "$1" manifest_sha256
  find_lines_above manifest_sha256
  find_sha256 small <<<"$LINES_ABOVE" || return "$EX_IO"
  [[ $VALUE == "$SHA256" ]] || return "$EX_DATA"
}

# Prove that a set lies where it belongs. The MANIFEST is open.
check_place() {
  local set="$1" asset
  look_up "$set" asset
  asset="$VALUE"
  look_up "$set" kind
  if [[ $asset != "$ASSET" || $VALUE != "$KIND" ]]; then
    log_error "the set ${set##*/} is of $asset ($VALUE), not of $ASSET ($KIND)"
    return "$EX_DATA"
  fi
  look_up "$set" series
  if [[ $VALUE != "${SERIES:-}" ]]; then
    log_error "the set ${set##*/} does not belong to the sets of ${SERIES:-$ASSET}, where it lies"
    return "$EX_DATA"
  fi
  look_up "$set" set
  if is_stamp "${set##*/}" && [[ $VALUE != "${set##*/}" ]]; then
    log_error "the set ${set##*/} was made as $VALUE and renamed"
    return "$EX_DATA"
  fi
}

# Prove that one payload file is as it was written.
check_payload() {
  local set="$1" name="$2" number file bytes
  find_payload "$set" "$name" || return $?
  number="$PAYLOAD"
  look_up "$set" "$number.file"
  file="$set/$VALUE"
  look_up "$set" "$number.stored_bytes"
  bytes="$VALUE"
  look_up "$set" "$number.stored_sha256"
  check_bytes "$file" "$bytes" "$VALUE" "${set##*/}" || return $?
  check_mac "$set" "$number" "$file"
}

# Prove size and hash of a file. Only bytes that were read twice, and were the same and wrong both times, are damage: 65.
check_bytes() {
  local file="$1" bytes="$2" sum="$3" set="$4" size='' first='' second=''
  if [[ ! -e $file && ! -L $file ]]; then
    [[ -d ${file%/*} ]] || {
      log_error "the set $set went away while it was read: retention, or a person, has removed it"
      return "$EX_TEMPFAIL"
    }
    log_error "${file##*/} of set $set is missing"
    return "$EX_DATA"
  elif [[ ! -f $file || -L $file ]]; then
    log_error "${file##*/} of set $set is no plain file"
    return "$EX_DATA"
  fi
  ! count_bytes "$file" || size="$BYTES"
  if [[ -n $size && $size != "$bytes" ]] && count_bytes "$file" && [[ $BYTES == "$size" ]]; then
    log_error "${file##*/} of set $set has $size bytes, $bytes were written"
    return "$EX_DATA"
  fi
  ! hash_file "$file" "$bytes" || first="$SHA256"
  [[ $first != "$sum" ]] || return 0
  ! hash_file "$file" "$bytes" || second="$SHA256"
  if [[ $second == "$sum" ]]; then
    log_warn "${file##*/} of set $set was read wrongly once, and rightly the second time: look at that disk"
    return 0
  elif [[ -n $first && $first == "$second" ]]; then
    log_error "${file##*/} of set $set is damaged: checksum mismatch, expected $sum, got $first"
    return "$EX_DATA"
  fi
  log_error "cannot read ${file##*/} of set $set: $(read_failure "$file")"
  return "$EX_IO"
}

# Check the MAC that format 1 has for each payload, where this host has the key. One of format 2 is in the MANIFEST.
check_mac() {
  local set="$1" number="$2" file="$3" recorded
  look_up "$set" "$number.mac"
  recorded="$VALUE"
  [[ -n $recorded ]] && can_decrypt openssl || return 0
  look_up "$set" "$number.mac_salt"
  openssl_mac "$file" "$VALUE" || {
    log_error "cannot make the MAC of ${file##*/} of set ${set##*/}"
    return "$EX_IO"
  }
  if [[ $HMAC != "$recorded" ]]; then
    log_error "${file##*/} of set ${set##*/} fails its MAC: $OPENSSL_KEY_FILE is not the key it was made with, or it is forged"
    return "$EX_NOPERM"
  fi
}

# Does this host have what it takes to decode every payload of a set?
can_decode() {
  local cipher
  list_payloads "$1" cipher || return $?
  for cipher in "${FIELDS[@]}"; do can_decrypt "$cipher" || return 1; done
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
  find_payload "$set" "$name" || return "$EX_DATA"
  number="$PAYLOAD"
  look_up "$set" "$number.file"
  file="$set/$VALUE"
  look_up "$set" "$number.codec"
  codec="$VALUE"
  look_up "$set" "$number.cipher"
  cipher="$VALUE"
  [[ $codec == none || $codec == gzip ]] || require_tool "$codec"
  can_decrypt "$cipher" || require_decodable "$set"
  if [[ ${CHECKED_SET:-} != "$set" ]]; then
    check_authenticity "$set" || return $?
    check_mac "$set" "$number" "$file" || return $?
  fi
  if [[ ! -f $file || -L $file ]]; then
    log_error "${file##*/} of set ${set##*/} is not there, or no plain file"
    return "$EX_IO"
  fi
  pipe="$RUN_DIR/read-$name.${RUN_PID:-$$}"
  remove_pipes "$pipe"
  mkfifo -- "$pipe.hash" "$pipe.count" || {
    log_error "cannot make pipes in $RUN_DIR: is its disk full?"
    return "$EX_IO"
  }
  hash_filter <"$pipe.hash" >"$pipe.sha256" &
  readers+=($!)
  wc -c <"$pipe.count" >"$pipe.bytes" &
  readers+=($!)
  set +e
  decrypt_stream "$cipher" <"$file" 2>"$pipe.decrypt.err" |
    decompress_stream "$codec" 2>"$pipe.decompress.err" |
    tee -- "$pipe.hash" "$pipe.count" 2>"$pipe.tee.err" |
    consume_stream "$@" 2>"$pipe.consume.err"
  statuses=("${PIPESTATUS[@]}")
  set -e
  for reader in hash count; do : <>"$pipe.$reader"; done
  for reader in "${readers[@]}"; do
    wait "$reader" 2>/dev/null && verdicts+=(0) || verdicts+=($?)
  done
  judge_reading "$set" "$name" "$number" "$pipe" "$cipher" "$codec" "${statuses[@]}" "${verdicts[@]}" || return $?
  remove_pipes "$pipe"
}

# Let a consumer read the raw stream; one that is content before the end (tar) must not break the pipe.
consume_stream() {
  local status
  run_strict "$@"
  # Reached with a failure only where a caller's condition has turned errexit off.
  status=$?
  drain_stream
  return "$status"
}

# Name what went wrong while a payload was decoded, the cause first. A cut stream makes the stages after it complain, and a consumer
# that fails gives the stages before it a broken pipe (141): the first failure that is no broken pipe is the cause, and what the
# consumer says of a stream that was no good is kept from the reader. A stored file that is as it was written and does not decrypt was made with another key: 77, and no damage.
judge_reading() {
  local set="$1" name="$2" number="$3" pipe="$4" cipher="$5" codec="$6" decrypt="$7" decompress="$8" tee="$9"
  local consume="${10}" hash="${11}" count="${12}" bytes='' sum='' expected
  if ((decrypt != 0 && decrypt != 141)); then
    judge_stored "$set" "$number" || return $?
    judge_decryption "$set" "$name" "$cipher" "$decrypt" "$pipe" "$set/$(manifest_get "$set" "$number.file")" || return $?
  elif ((decompress != 0 && decompress != 141)); then
    judge_stored "$set" "$number" || return $?
    log_error "cannot decompress $name of set ${set##*/} with $codec: $(describe_status "$decompress"), although the file is as it was written"
    log_tool_errors "$codec" "$pipe.decompress.err"
    return "$EX_UNAVAILABLE"
  elif ((consume != 0)); then
    replay_stderr "$name" "$pipe.consume.err" ERROR
    log_debug "the consumer of $name ended with status $consume"
    return "$consume"
  fi
  replay_stderr "$name" "$pipe.consume.err" WARN
  { read -r bytes <"$pipe.bytes" && read -r sum _ <"$pipe.sha256"; } 2>/dev/null || true
  look_up "$set" "$number.raw_bytes"
  expected="$VALUE"
  look_up "$set" "$number.raw_sha256"
  if ((decrypt != 0 || decompress != 0 || tee != 0 || hash != 0 || count != 0)) || ! is_count "$bytes" || ! is_sha256 "$sum"; then
    log_error "cannot read $name of set ${set##*/}: a program failed, or $RUN_DIR is full"
    log_tool_errors read "$pipe.tee.err"
    return "$EX_IO"
  elif [[ $bytes != "$expected" || $sum != "$VALUE" ]]; then
    judge_stored "$set" "$number" || return $?
    log_error "$name of set ${set##*/} does not decode to what was captured: checksum mismatch"
    return "$EX_DATA"
  fi
}

# Is the stored file as it was written? Its damage is the cause of all that follows from it.
judge_stored() {
  check_bytes "$1/$(manifest_get "$1" "$2.file")" "$(manifest_get "$1" "$2.stored_bytes")" "$(manifest_get "$1" "$2.stored_sha256")" "${1##*/}"
}

# Why a file whose checksum is right does not decrypt: another key (77), a program that failed (69), or, at two readings, data that age
# says was changed, with a MANIFEST changed to match (65).
judge_decryption() {
  local set="$1" name="$2" cipher="$3" status="$4" pipe="$5" file="$6" what="cannot decrypt $2 of set ${1##*/}" second=0
  if ((status >= 126)); then
    log_error "$what: $cipher: $(describe_status "$status")"
    return "$EX_UNAVAILABLE"
  elif [[ $cipher == none ]]; then
    log_error "cannot read $name of set ${set##*/}: it failed once, and not when it was read again: look at that disk"
    return "$EX_IO"
  elif [[ $cipher != age ]]; then
    log_error "$what: $OPENSSL_KEY_FILE is not the key it was made with"
    return "$EX_NOPERM"
  elif grep -i -e 'no identity matched' -e 'identity file' -e 'no such file' -e 'permission' "$pipe.decrypt.err" >/dev/null; then
    log_error "$what: $AGE_IDENTITY_FILE is not the identity that it was encrypted for"
    log_tool_errors age "$pipe.decrypt.err"
    return "$EX_NOPERM"
  fi
  (decrypt_stream age) <"$file" >/dev/null 2>"$pipe.decrypt.err" || second=$?
  if ((second == 0)); then
    log_error "$what: it failed once, and not when it was read again: look at that disk"
    return "$EX_IO"
  elif ((second >= 126)); then
    log_error "$what: age: $(describe_status "$second")"
    return "$EX_UNAVAILABLE"
  fi
  log_error "$what: it is forged or was changed, and its MANIFEST with it"
  log_tool_errors age "$pipe.decrypt.err"
  return "$EX_DATA"
}

# Copy a set to another store of this host: aside, checked, flushed, renamed. Copying what is there already is done.
copy_set() {
  local set="$1" store="$2" base final file
  require_store "$store"
  base="$store/$TYPE/${SERIES:-$ASSET}"
  final="$base/${set##*/}"
  [[ -d $base ]] || mkdir -p -- "$base" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in the store $store" "look at its owner and mode"
  sweep_leftovers "$base"
  if [[ -e $final ]]; then
    cmp -s -- "$set/MANIFEST" "$final/MANIFEST" || die "$EX_CANTCREAT" "another set ${set##*/} is already in $store"
    log_debug "${set##*/} is already in $store"
    return 0
  fi
  measure_set "$set" || return $?
  require_space "$base" $((STORED_BYTES + RESERVE_BYTES))
  WORK_DIR="$base/.partial-${set##*/}-$$"
  on_exit discard_partial
  mkdir -- "$WORK_DIR" 2>/dev/null || die "$EX_CANTCREAT" "cannot write in $base"
  list_payloads "$set" file || return $?
  for file in "${FIELDS[@]}" MANIFEST; do
    [[ -f $set/$file && ! -L $set/$file ]] || die "$EX_IO" "cannot copy $file of set ${set##*/}: it is not there, or no plain file"
    cat -- "$set/$file" >"$WORK_DIR/$file" || die "$EX_IO" "cannot copy $file of set ${set##*/} to $store"
  done
  check_copied "$WORK_DIR" || die "$EX_IO" "the copy in $store is not what was written" "look at that disk"
  sync_paths "$WORK_DIR"/* "$WORK_DIR"
  mv -- "$WORK_DIR" "$final" || die "$EX_IO" "cannot publish the copy $final"
  WORK_DIR="$RUN_DIR"
  sync_paths "$base"
}

# Prove that a copy has what was written. Who made it was proven, or is not known here, where it was copied from.
check_copied() {
  local name
  open_manifest "$1" || return $?
  list_payloads "$1" name
  for name in "${FIELDS[@]}"; do
    check_payload "$1" "$name" || return $?
  done
}

# Mark a set as damaged, with the reason: no restore chooses it by itself. Nothing else of it is touched, and retention does not remove
# it sooner. `verify --trust` takes the mark away.
mark_suspect() {
  local set="$1" reason="${2//[[:cntrl:]]/ }"
  if [[ -e $set/SUSPECT ]]; then return 0; fi
  read_utc
  if { printf '%s %s\n' "$UTC_NOW" "$reason" >"$set/SUSPECT"; } 2>/dev/null; then
    log_warn "marked the set ${set##*/} suspect: it no longer counts as a backup"
  else
    log_warn "cannot mark the set ${set##*/} suspect in ${set%/*}"
  fi
}
