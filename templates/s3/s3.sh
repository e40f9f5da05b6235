# The store S3: objects `<prefix>/<type>/<asset>/<stamp>/<file>` of a bucket, through the aws command. Every byte that is sent goes
# with its MD5, which the server compares; large files go in parts, and a part that is there is not sent again.

# Bytes of a part: 128 MiB. A bucket takes 10,000 parts, so a file beyond 1.2 TiB gets larger ones.
readonly S3_PART_BYTES=134217728
readonly S3_MOST_PARTS=9000

# Run the aws command for the bucket. Its stderr is read for what went wrong.
s3_aws() {
  local value status=0 errors
  local -a options=(--cli-connect-timeout 15 --cli-read-timeout 120)
  # options is never empty.
  value="$(place_setting endpoint)"
  [[ -z $value ]] || options+=(--endpoint-url "$value")
  value="$(place_setting region)"
  [[ -z $value ]] || options+=(--region "$value")
  value="$(place_setting profile)"
  [[ -z $value ]] || options+=(--profile "$value")
  value="$(place_setting ca_bundle)"
  [[ -z $value ]] || options+=(--ca-bundle "$value")
  value="$(place_setting credentials)"
  [[ -z $value || -r $value ]] || die "$EX_NOPERM" "cannot read the credentials $value" "put them there with mode 600, or restore where they are"
  errors="$RUN_DIR/aws.$RANDOM"
  (
    [[ -z $value ]] || export AWS_SHARED_CREDENTIALS_FILE="$value"
    # Checksums that older servers do not know; what is sent has its MD5 anyway.
    export AWS_PAGER='' AWS_REQUEST_CHECKSUM_CALCULATION=when_required AWS_RESPONSE_CHECKSUM_VALIDATION=when_required
    aws "${options[@]}" "$@" 2>"$errors"
  ) || status=$?
  if ((status != 0)); then
    s3_failure "$errors" || status=$?
  fi
  rm -f -- "$errors"
  return "$status"
}

# What an error of the aws command means, as a sysexits status: 69 not reached, 77 refused, 78 no such bucket, 66 no such object, 65 no
# such range of it.
s3_failure() {
  local text
  text="$(tr '\n' ' ' <"$1")"
  case "$text" in
    *'(404)'* | *NoSuchKey*) return 66 ;;
    *InvalidRange*) return "$EX_DATA" ;;
    *NoSuchBucket*) log_error "there is no bucket $(place_setting bucket)" && return "$EX_CONFIG" ;;
    *'(403)'* | *AccessDenied* | *InvalidAccessKeyId* | *SignatureDoesNotMatch* | *ExpiredToken* | *'Unable to locate credentials'* | *'could not be found'*)
      log_tool_errors aws "$1"
      return "$EX_NOPERM"
      ;;
    *) log_tool_errors aws "$1" && return "$EX_UNAVAILABLE" ;;
  esac
}

# The key of a file of a set, or of a series when nothing more is given.
s3_key() {
  printf '%s%s/%s/%s%s\n' "$(place_setting prefix)" "$TYPE" "$1" "${2:+$2/}" "${3:-}"
}

# Call an operation on the bucket, answers as text. What the server or the plan names goes as --name=value: it may begin with a dash.
s3_call() {
  local operation="$1"
  shift
  s3_aws s3api "$operation" --output text --bucket "$(place_setting bucket)" "$@"
}

# Is the bucket there, and as the plan says?
s3_ready() {
  local bucket status=0
  require_tool aws openssl
  bucket="$(place_setting bucket)"
  s3_call head-bucket >/dev/null || status=$?
  ((status != 66)) || die "$EX_CONFIG" "there is no bucket $bucket" "make it, with object lock if the plan says so"
  ((status == 0)) || exit "$status"
  if [[ -n $(place_setting versioning)$(place_setting lock_seconds) && $(s3_call get-bucket-versioning --query Status) != Enabled ]]; then
    die "$EX_CONFIG" "the bucket $bucket keeps no versions, which the plan demands" "aws s3api put-bucket-versioning --bucket $bucket --versioning-configuration Status=Enabled"
  fi
  if [[ -n $(place_setting lock_seconds) && $(s3_call get-object-lock-configuration --query ObjectLockConfiguration.ObjectLockEnabled 2>/dev/null) != Enabled ]]; then
    die "$EX_CONFIG" "the bucket $bucket has no object lock, which the plan demands" "make a bucket with --object-lock-enabled-for-bucket: it cannot be added to one without"
  fi
}

# Print `stamp ok` of every set of a series.
s3_names() {
  local prefix key
  prefix="$(s3_key "$1")"
  s3_call list-objects-v2 "--prefix=$prefix" --query "Contents[?ends_with(Key, '/MANIFEST')].[Key]" >"$RUN_DIR/s3-keys" || return $?
  while IFS= read -r key; do
    key="${key#"$prefix"}"
    key="${key%/MANIFEST}"
    if is_stamp "$key"; then printf '%s ok\n' "$key"; fi
  done <"$RUN_DIR/s3-keys"
}

# Print a set's MANIFEST.
s3_manifest() {
  s3_get "$1" "$2" MANIFEST 0
}

# Print a file of a set from an offset on, in ranges, so that a break costs little. Each answer tells the length of the whole.
s3_get() {
  local key at="$4" size='' told part status
  key="$(s3_key "$1" "$2" "$3")"
  part="$RUN_DIR/s3-part.$RANDOM"
  while [[ -z $size ]] || ((at < size)); do
    status=0
    told="$(s3_call get-object "--key=$key" --range "bytes=$at-$((at + S3_PART_BYTES - 1))" --query ContentRange "$part")" || status=$?
    # Nothing lies behind that offset: the file is there whole, or it is empty.
    ((status != EX_DATA)) || break
    ((status == 0)) || return "$status"
    cat -- "$part" || return "$EX_IO"
    size="${told##*/}"
    at=$((at + $(file_size "$part")))
  done
  rm -f -- "$part"
}

# Put a file of a set.
s3_put() {
  local key size
  key="$(s3_key "$1" "$2" "$3")"
  size="$(file_size "$4")"
  if s3_has "$key" "$4" "$size"; then
    log_debug "$3 of set $2 is in $PLACE_ID already"
  elif ((size <= S3_PART_BYTES)); then
    s3_put_whole "$key" "$4"
  else
    s3_put_parts "$key" "$4" "$size"
  fi
}

# Is the object there, with the length and the hash that it was sent with?
s3_has() {
  local told
  told="$(s3_call head-object "--key=$1" --query '[ContentLength, Metadata.sha256]' 2>/dev/null | tr '\t' ' ')" || return 1
  [[ $told == "$3 $(sha256_of "$2")" ]]
}

# Options that an object is made with: hash, encryption, lock, class. Sets S3_OPTIONS.
s3_object_options() {
  local value
  S3_OPTIONS=(--metadata "sha256=$(sha256_of "$1")")
  value="$(place_setting sse)"
  [[ -z $value ]] || S3_OPTIONS+=(--server-side-encryption "$value")
  value="$(place_setting kms_key)"
  [[ -z $value ]] || S3_OPTIONS+=(--ssekms-key-id "$value")
  value="$(place_setting storage_class)"
  [[ -z $value ]] || S3_OPTIONS+=(--storage-class "$value")
  value="$(place_setting lock_seconds)"
  [[ -z $value ]] || S3_OPTIONS+=(--object-lock-mode COMPLIANCE --object-lock-retain-until-date "$(s3_time $(($(date +%s) + value)))")
}

# An epoch time as S3 takes it.
s3_time() {
  epoch_to_stamp "$1" | sed 's/^\(....\)\(..\)\(..\)T\(..\)\(..\)\(..\)Z$/\1-\2-\3T\4:\5:\6Z/'
}

# MD5 of stdin in base64, as the header Content-MD5 has it.
s3_md5() {
  openssl dgst -md5 -binary | openssl base64
}

# The same in hexadecimal, as an ETag has it.
s3_etag_of() {
  printf '%s\n' "$1" | openssl base64 -d | od -An -v -tx1 | tr -d ' \n'
}

# Put a file in one piece.
s3_put_whole() {
  local md5 etag
  s3_object_options "$2"
  md5="$(s3_md5 <"$2")"
  etag="$(s3_call put-object "--key=$1" "--body=$2" --content-md5 "$md5" "${S3_OPTIONS[@]}" --query ETag)" || return $?
  s3_judge_etag "$1" "$etag" "$(s3_etag_of "$md5")"
}

# Does the server name the same hash? With its own encryption by KMS an ETag says nothing; the MD5 was compared on arrival.
s3_judge_etag() {
  [[ $(place_setting sse) == aws:kms || ${2//'"'/} == "$3" ]] || {
    log_error "$PLACE_ID stored something else than was sent as $1"
    return "$EX_IO"
  }
}

# Put a file in parts, and go on with an upload that was broken off.
s3_put_parts() {
  local key="$1" path="$2" size="$3" upload bytes count part n md5 etag
  bytes="$S3_PART_BYTES"
  while ((size > bytes * S3_MOST_PARTS)); do bytes=$((bytes * 2)); done
  count=$(((size + bytes - 1) / bytes))
  upload="$(s3_upload_of "$key" "$path")" || return $?
  s3_call list-parts "--key=$key" "--upload-id=$upload" --query 'Parts[].[PartNumber, Size, ETag]' >"$RUN_DIR/s3-parts" || return $?
  part="$RUN_DIR/s3-part.$RANDOM"
  : >"$RUN_DIR/s3-sums"
  printf '{"Parts":[' >"$RUN_DIR/s3-complete"
  for ((n = 1; n <= count; n++)); do
    dd if="$path" of="$part" bs=1048576 skip=$(((n - 1) * (bytes / 1048576))) count=$((bytes / 1048576)) 2>/dev/null || return "$EX_IO"
    md5="$(s3_md5 <"$part")"
    etag="$(s3_etag_of "$md5")"
    if awk -v n="$n" -v size="$(file_size "$part")" -v etag="\"$etag\"" '$1 == n && $2 == size && $3 == etag { found = 1 } END { exit !found }' "$RUN_DIR/s3-parts"; then
      log_debug "part $n of $count is there already"
    else
      s3_call upload-part "--key=$key" "--upload-id=$upload" --part-number "$n" "--body=$part" --content-md5 "$md5" --query ETag >/dev/null || return $?
      log_debug "part $n of $count was sent"
    fi
    printf '%s\n' "$md5" | openssl base64 -d >>"$RUN_DIR/s3-sums"
    printf '%s{"PartNumber":%d,"ETag":"%s"}' "$( ((n == 1)) || printf ,)" "$n" "$etag" >>"$RUN_DIR/s3-complete"
  done
  printf ']}' >>"$RUN_DIR/s3-complete"
  rm -f -- "$part"
  etag="$(s3_call complete-multipart-upload "--key=$key" "--upload-id=$upload" --multipart-upload "file://$RUN_DIR/s3-complete" --query ETag)" || return $?
  s3_judge_etag "$key" "$etag" "$(s3_etag_of "$(s3_md5 <"$RUN_DIR/s3-sums")")-$count"
  [[ $(s3_call head-object "--key=$key" --query ContentLength) == "$size" ]]
}

# Print the id of the upload of a key that was begun, else begin one.
s3_upload_of() {
  local upload
  upload="$(s3_call list-multipart-uploads "--prefix=$1" --query "Uploads[?Key=='$1'].[UploadId]" | tail -n 1)" || return $?
  if [[ -n $upload && $upload != None ]]; then
    log_info "going on with an upload of ${1##*/} that was broken off"
    printf '%s\n' "$upload"
    return 0
  fi
  s3_object_options "$2"
  s3_call create-multipart-upload "--key=$1" "${S3_OPTIONS[@]}" --query UploadId
}

# Make a set exist: its MANIFEST comes last.
s3_publish() {
  s3_put "$1" "$2" MANIFEST "$3/MANIFEST"
}

# Remove a set, its MANIFEST first: half a set is never seen. In a bucket with versions they stay until the bucket's own rules.
s3_remove() {
  local key
  s3_call delete-object "--key=$(s3_key "$1" "$2" MANIFEST)" >/dev/null || return $?
  s3_call list-objects-v2 "--prefix=$(s3_key "$1" "$2")" --query 'Contents[].[Key]' >"$RUN_DIR/s3-keys" || return $?
  while IFS= read -r key; do
    [[ $key == None ]] || s3_call delete-object "--key=$key" >/dev/null || return $?
  done <"$RUN_DIR/s3-keys"
}
