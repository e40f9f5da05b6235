# The store Google Cloud Storage, through the gcloud command. Files go with their MD5, which the server compares.

# Run gcloud storage. Its stderr is read for what went wrong.
gcs_call() {
  local credentials status=0 errors
  credentials="$(place_setting credentials)"
  [[ -z $credentials || -r $credentials ]] || die "$EX_NOPERM" "cannot read the credentials $credentials" "put them there with mode 600, or restore where they are"
  errors="$RUN_DIR/gcloud.$RANDOM"
  (
    [[ -z $credentials ]] || export CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE="$credentials"
    # Composed objects have no MD5; a single upload resumes by itself.
    export CLOUDSDK_CORE_DISABLE_PROMPTS=1 CLOUDSDK_STORAGE_PARALLEL_COMPOSITE_UPLOAD_ENABLED=False
    gcloud storage "$@" 2>"$errors"
  ) || status=$?
  if ((status != 0)); then
    gcs_failure "$errors" || status=$?
  fi
  rm -f -- "$errors"
  return "$status"
}

# What an error of gcloud means: 66 no such object, 77 refused, 78 no such bucket, 69 else.
gcs_failure() {
  local text
  text="$(tr '\n' ' ' <"$1")"
  case "$text" in
    *'matched no objects'* | *'not found: 404'*) return 66 ;;
    *'bucket does not exist'*) log_error "there is no bucket $(place_setting bucket)" && return "$EX_CONFIG" ;;
    *403* | *401* | *'does not have'* | *'not have permission'* | *'active account'* | *'Reauthentication'*)
      log_tool_errors gcloud "$1"
      return "$EX_NOPERM"
      ;;
    *) log_tool_errors gcloud "$1" && return "$EX_UNAVAILABLE" ;;
  esac
}

# The address of a file of a set, or of a series when nothing more is given.
gcs_url() {
  printf '%s%s/%s/%s%s\n' "$(place_setting url)" "$TYPE" "$1" "${2:+$2/}" "${3:-}"
}

# Is the bucket there, and as the plan says?
gcs_ready() {
  local policy
  require_tool gcloud openssl
  policy="$(gcs_call buckets describe "gs://$(place_setting bucket)" '--format=value(retention_policy.retentionPeriod)')" || exit $?
  if [[ -n $(place_setting retention_policy) && -z $policy ]]; then
    die "$EX_CONFIG" "the bucket $(place_setting bucket) has no retention policy, which the plan demands" "gcloud storage buckets update gs://$(place_setting bucket) --retention-period=30d"
  fi
}

# Print `stamp ok` of every set of a series. A series that is not there yet is an empty one.
gcs_names() {
  local url key status=0
  url="$(gcs_url "$1")"
  gcs_call ls "$url*/MANIFEST" >"$RUN_DIR/gcs-keys" || status=$?
  ((status == 0 || status == 66)) || return "$status"
  while IFS= read -r key; do
    key="${key#"$url"}"
    key="${key%/MANIFEST}"
    if is_stamp "$key"; then printf '%s ok\n' "$key"; fi
  done <"$RUN_DIR/gcs-keys"
}

# Print a set's MANIFEST.
gcs_manifest() {
  gcs_call cat "$(gcs_url "$1" "$2" MANIFEST)"
}

# Print a file of a set from an offset on.
gcs_get() {
  gcs_call cat "--range=$4-" "$(gcs_url "$1" "$2" "$3")"
}

# Put a file of a set, unless it is there with its length and hash.
gcs_put() {
  local url md5 want
  url="$(gcs_url "$1" "$2" "$3")"
  md5="$(openssl dgst -md5 -binary <"$4" | openssl base64)"
  want="$(file_size "$4") $md5"
  [[ $(gcs_stat "$url") != "$want" ]] || return 0
  gcs_call cp "--content-md5=$md5" "$4" "$url" || return $?
  [[ $(gcs_stat "$url") == "$want" ]] || {
    log_error "$PLACE_ID stored something else than was sent as $url"
    return "$EX_IO"
  }
}

# Print length and MD5 of an object as the server has them; nothing when it is not there.
gcs_stat() {
  gcs_call objects describe "$1" '--format=value(size,md5_hash)' 2>/dev/null | tr '\t' ' ' || true
}

# Make a set exist: its MANIFEST comes last.
gcs_publish() {
  gcs_put "$1" "$2" MANIFEST "$3/MANIFEST"
}

# Remove a set, its MANIFEST first: half a set is never seen.
gcs_remove() {
  gcs_call rm "$(gcs_url "$1" "$2" MANIFEST)" || return $?
  gcs_call rm "$(gcs_url "$1" "$2")**"
}
