# The store Azure Blob Storage, through curl and the service's own protocol: azcopy takes the signature as an argument, where every
# user of the host can read it. A blob is put together of blocks, each sent with its MD5; a block that is there is not sent again.

readonly AZURE_BLOCK_BYTES=67108864

# One request: METHOD ADDRESS-BELOW-THE-CONTAINER QUERY [curl's options]. The answer goes to stdout. The address with the signature
# goes to curl through its standard input.
azure_call() {
  local method="$1" address="$2" query="$3" sas code body
  shift 3
  sas="$(read_secret "$(place_setting sas)")" || exit $?
  body="$RUN_DIR/azure.$RANDOM"
  code="$(printf 'url = "%s%s?%s%s"\n' "$(place_setting container)" "$address" "${query:+$query&}" "${sas#\?}" |
    curl --config - --request "$method" --silent --show-error --connect-timeout 15 --speed-limit 1 --speed-time 120 \
      --header 'x-ms-version: 2021-12-02' --output "$body" --write-out '%{http_code}' "$@" 2>"$body.err")" || code="${code:-000}"
  case "$code" in
    2??) cat -- "$body" 2>/dev/null || true ;;
    *) azure_failure "$code" "$body" || code=$? ;;
  esac
  rm -f -- "$body" "$body.err"
  case "$code" in
    2??) return 0 ;;
    *) return "$code" ;;
  esac
}

# What an answer means: 66 no such blob, 77 refused, 78 no such container, 69 not reached or not now.
azure_failure() {
  local code="$1" body="$2" reason
  reason="$(tr -d '\r\n' <"$body" 2>/dev/null | sed -n 's/.*<Code>\([A-Za-z]*\)<.*/\1/p')"
  case "$code $reason" in
    *ContainerNotFound*) log_error "there is no container $(place_setting container)" && return "$EX_CONFIG" ;;
    404*) return 66 ;;
    401* | 403*)
      log_error "$PLACE_ID refuses the signature: ${reason:-HTTP $code}"
      return "$EX_NOPERM"
      ;;
    000*) log_tool_errors curl "$body.err" && return "$EX_UNAVAILABLE" ;;
    *)
      log_error "$PLACE_ID answers HTTP $code ${reason:-}"
      return "$EX_UNAVAILABLE"
      ;;
  esac
}

# The name of a file of a set in the container, or of a series when nothing more is given.
azure_name() {
  printf '%s%s/%s/%s%s\n' "$(place_setting prefix)" "$TYPE" "$1" "${2:+$2/}" "${3:-}"
}

# Is the container there?
azureBlob_ready() {
  require_tool curl openssl
  azure_call GET '' 'restype=container&comp=list&maxresults=1' >/dev/null
}

# Print the names of all blobs that begin with a prefix, page by page.
azure_list() {
  local marker='' page="$RUN_DIR/azure-page"
  while :; do
    azure_call GET '' "restype=container&comp=list&prefix=$1${marker:+&marker=$marker}" >"$page" || return $?
    tr -d '\r\n' <"$page" | sed 's/<Name>/\n/g' | sed -n '2,$s/<\/Name>.*//p'
    marker="$(tr -d '\r\n' <"$page" | sed -n 's/.*<NextMarker>\([^<]*\)<.*/\1/p')"
    [[ -n $marker ]] || return 0
  done
}

# Print `stamp ok` of every set of a series.
azureBlob_names() {
  local prefix key
  prefix="$(azure_name "$1")"
  azure_list "$prefix" >"$RUN_DIR/azure-keys" || return $?
  while IFS= read -r key; do
    [[ $key == */MANIFEST ]] || continue
    key="${key#"$prefix"}"
    key="${key%/MANIFEST}"
    if is_stamp "$key"; then printf '%s ok\n' "$key"; fi
  done <"$RUN_DIR/azure-keys"
}

# Print a set's MANIFEST.
azureBlob_manifest() {
  azure_call GET "/$(azure_name "$1" "$2" MANIFEST)" ''
}

# Print a file of a set from an offset on, block by block, so that a break costs little.
azureBlob_get() {
  local address at="$4" size part
  address="/$(azure_name "$1" "$2" "$3")"
  size="$(azure_size "$address")" || return $?
  part="$RUN_DIR/azure-part.$RANDOM"
  while ((at < size)); do
    azure_call GET "$address" '' --header "x-ms-range: bytes=$at-$((at + AZURE_BLOCK_BYTES - 1))" >"$part" || return $?
    cat -- "$part" || return "$EX_IO"
    at=$((at + $(file_size "$part")))
  done
  rm -f -- "$part"
}

# Print the length of a blob, 66 when it is not there.
azure_size() {
  azure_head "$1" content-length
}

# Print a header of a blob.
azure_head() {
  local headers="$RUN_DIR/azure-headers" status=0
  azure_call HEAD "$1" '' --head --dump-header "$headers" >/dev/null || status=$?
  ((status == 0)) || return "$status"
  tr -d '\r' <"$headers" | awk -F': ' -v name="$2" 'tolower($1) == name { print $2 }'
}

# Put a file of a set, unless it is there with its length and hash.
azureBlob_put() {
  local address size sum
  address="/$(azure_name "$1" "$2" "$3")"
  size="$(file_size "$4")"
  sum="$(sha256_of "$4")"
  if [[ $(azure_head "$address" x-ms-meta-sha256) == "$sum" && $(azure_size "$address") == "$size" ]]; then
    log_debug "$3 of set $2 is in $PLACE_ID already"
    return 0
  fi
  azure_put_blocks "$address" "$4" "$size" || return $?
  azure_commit "$address" "$sum" || return $?
  [[ $(azure_size "$address") == "$size" ]] || {
    log_error "$PLACE_ID stored something else than was sent as $address"
    return "$EX_IO"
  }
}

# Send a file's blocks. A block is named after its place and its MD5: one that waits there under that name is the right one.
azure_put_blocks() {
  local address="$1" path="$2" size="$3" n count part md5 id
  count=$(((size + AZURE_BLOCK_BYTES - 1) / AZURE_BLOCK_BYTES))
  azure_call GET "$address" 'comp=blocklist&blocklisttype=uncommitted' 2>/dev/null | tr -d '\r\n' | sed 's/<Name>/\n/g' | sed -n '2,$s/<\/Name>.*//p' >"$RUN_DIR/azure-there" || true
  [[ ! -s $RUN_DIR/azure-there ]] || log_info "going on with an upload of ${address##*/} that was broken off"
  part="$RUN_DIR/azure-part.$RANDOM"
  : >"$RUN_DIR/azure-blocks"
  for ((n = 0; n < count; n++)); do
    dd if="$path" of="$part" bs=1048576 skip=$((n * (AZURE_BLOCK_BYTES / 1048576))) count=$((AZURE_BLOCK_BYTES / 1048576)) 2>/dev/null || return "$EX_IO"
    md5="$(openssl dgst -md5 -binary <"$part" | openssl base64)"
    id="$(printf '%06d-%s' "$n" "$(printf '%s\n' "$md5" | openssl base64 -d | od -An -v -tx1 | tr -d ' \n')" | openssl base64 -A)"
    if grep -qxF -- "$id" "$RUN_DIR/azure-there"; then
      log_debug "block $((n + 1)) of $count is there already"
    else
      azure_call PUT "$address" "comp=block&blockid=$(azure_encode "$id")" --header "Content-MD5: $md5" --header 'Expect:' --upload-file "$part" || return $?
    fi
    printf '%s\n' "$id" >>"$RUN_DIR/azure-blocks"
  done
  rm -f -- "$part"
}

# Base64 as part of an address.
azure_encode() {
  printf '%s\n' "$1" | sed 's/+/%2B/g; s/\//%2F/g; s/=/%3D/g'
}

# Make the blob of its blocks.
azure_commit() {
  local list="$RUN_DIR/azure-list"
  {
    printf '<?xml version="1.0" encoding="utf-8"?><BlockList>'
    sed 's/.*/<Uncommitted>&<\/Uncommitted>/' "$RUN_DIR/azure-blocks"
    printf '</BlockList>'
  } >"$list"
  azure_call PUT "$1" comp=blocklist --header "x-ms-meta-sha256: $2" --header 'Content-Type: text/xml' --upload-file "$list"
}

# Make a set exist: its MANIFEST comes last.
azureBlob_publish() {
  azureBlob_put "$1" "$2" MANIFEST "$3/MANIFEST"
}

# Remove a set, its MANIFEST first: half a set is never seen.
azureBlob_remove() {
  local name
  azure_call DELETE "/$(azure_name "$1" "$2" MANIFEST)" '' || return $?
  azure_list "$(azure_name "$1" "$2")" >"$RUN_DIR/azure-keys" || return $?
  while IFS= read -r name; do
    azure_call DELETE "/$name" '' || return $?
  done <"$RUN_DIR/azure-keys"
}
