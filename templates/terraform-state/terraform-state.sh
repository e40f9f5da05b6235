# Terraform's state, from whatever backend holds it: `terraform state pull` and `push`, and a rename where it is a file here.
# Terraform ends with 0 when the state is lost, so only what it printed counts. A restore goes on from the serial of the state
# that it replaces: with its old one every later run would be refused, or a stale copy elsewhere win over it.

# Seconds for a question to the backend, which tries a few times itself.
readonly TERRAFORM_CALL_SECONDS=120
# Seconds for `terraform plan`, which asks every provider about every resource.
readonly TERRAFORM_PLAN_SECONDS=300
# Addresses that a message names, at most.
readonly TERRAFORM_NAMED=10
# Versions in the bucket whose serials are shown, the newest: each takes a request.
readonly TERRAFORM_SERIALS=10
# What --force of the restore script does.
readonly FORCE_HELP='replace a live state of another lineage, too'

# --- Terraform --------------------------------------------------------------------------------------------------------

# Read the secrets, once: the run's main process does it, so that a person is asked no more than once.
terraform_setup() {
  local i value
  [[ -z ${TERRAFORM_READY:-} ]] || return 0
  TERRAFORM_VALUES=()
  for ((i = 0; i < ${#TERRAFORM_NAMES[@]}; i++)); do
    value="$(read_secret "${TERRAFORM_SECRETS[i]}")" || exit $?
    TERRAFORM_VALUES+=("$value")
  done
  TERRAFORM_READY=1
}

# Run Terraform in a directory and a workspace. What the operator's shell says has no say, neither the workspace that somebody
# selected; a TF_CLI_CONFIG_FILE that is not there breaks every command. Secrets are in the environment of this one command.
terraform_run() {
  local workspace="$1" dir="$2"
  shift 2
  (
    while IFS= read -r name; do unset -v "$name"; done < <(awk 'BEGIN { for (name in ENVIRON) if (name ~ /^TF_(CLI_|LOG|DATA_DIR)/) print name }')
    export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_INPUT=0 TF_CLI_ARGS=-no-color TF_WORKSPACE="$workspace"
    if [[ -n ${TERRAFORM_READY:-} ]]; then
      for ((i = 0; i < ${#TERRAFORM_NAMES[@]}; i++)); do export "${TERRAFORM_NAMES[i]}=${TERRAFORM_VALUES[i]}"; done
    fi
    exec "$TERRAFORM_PROGRAM" "-chdir=$dir" "$@"
  )
}

# Run it on the live state.
terraform_live() {
  terraform_run "$TERRAFORM_WORKSPACE" "$TERRAFORM_DIRECTORY" "$@"
}

# Run it in a directory that holds nothing but a state: no configuration, no backend, no provider is needed to read one.
terraform_aside() {
  terraform_run default "$@"
}

# Which state is meant, for messages.
terraform_where() {
  printf 'the Terraform state of %s%s\n' "$TERRAFORM_DIRECTORY" "$([[ $TERRAFORM_WORKSPACE == default ]] || printf ', workspace %s' "$TERRAFORM_WORKSPACE")"
}

# A value at the top of a state. Terraform prints it with two blanks before each of its own keys, and no line break in a text.
terraform_field() {
  awk -v key="  \"$2\": " 'index($0, key) == 1 { value = substr($0, length(key) + 1); sub(/,$/, "", value); gsub(/^"|"$/, "", value); print value; exit }' "$1"
}

# Is there no state in what was pulled? Lost, it is 0 bytes of a file, and a skeleton without a lineage of a backend elsewhere.
terraform_is_lost() {
  [[ ! -s $1 || -z $(terraform_field "$1" lineage) ]]
}

# Do two states hold the same? Serial, lineage and the version that wrote them apart.
terraform_same() {
  [[ "$(terraform_content "$1")" == "$(terraform_content "$2")" ]]
}

# What a state holds, as a hash.
terraform_content() {
  grep -v -e '^  "serial": ' -e '^  "lineage": ' -e '^  "terraform_version": ' -- "$1" | hash_stream
}

# Pull the live state into a directory, as terraform.tfstate. Sets TERRAFORM_LIVE to `there`, `lost` or `damaged`; leaves with
# the code that tells why when the backend was not to be asked. Call it plainly.
terraform_look() {
  local dir="$1"
  [[ -d $TERRAFORM_DIRECTORY ]] || die "$EX_UNAVAILABLE" "there is no directory $TERRAFORM_DIRECTORY" 'bring the configuration back, from its repository, and run terraform init in it; or restore with --into'
  terraform_setup
  rm -rf -- "$dir"
  mkdir -- "$dir"
  attempt_to guarded "$TERRAFORM_CALL_SECONDS" '' "asking for $(terraform_where)" terraform_pull "$dir"
  if ((ATTEMPT_STATUS == EX_TEMPFAIL)); then
    die "$EX_TEMPFAIL" "$(terraform_where): no answer within $TERRAFORM_CALL_SECONDS s" 'does the backend hang?'
  elif ((ATTEMPT_STATUS != 0)); then
    terraform_is_damaged "$RUN_DIR/terraform.err" || terraform_refuse
    TERRAFORM_LIVE=damaged
  elif terraform_is_lost "$dir/terraform.tfstate"; then
    TERRAFORM_LIVE=lost
  else
    TERRAFORM_LIVE=there
  fi
}

# The body of terraform_look.
terraform_pull() {
  terraform_live state pull >"$1/terraform.tfstate" 2>"$RUN_DIR/terraform.err"
}

# Did Terraform find a state that it cannot read? One of a newer Terraform is none the worse for that.
terraform_is_damaged() {
  ! grep 'is not supported by' -- "$1" >/dev/null && grep -e 'nsupported state file format' -e 'could not be parsed' -e 'not a valid state' -- "$1" >/dev/null
}

# Terraform's own words about a failure, on one line.
terraform_words() {
  local words
  words="$(sed -e 's/^[^A-Za-z0-9]*//' -e '/^$/d' -- "$RUN_DIR/terraform.err" | sed -e 's/^Error: //' | head -n 3 | tr '\n' ' ')"
  printf '%s\n' "${words:0:300}"
}

# Leave because Terraform failed, with the code that tells why.
terraform_refuse() {
  local where words
  where="$(terraform_where)"
  words="$(terraform_words)"
  case "$(cat -- "$RUN_DIR/terraform.err")" in
    *'nitialization required'* | *'not installed'* | *'lease run "terraform init"'* | *'un "terraform init"'*) die "$EX_CONFIG" "$where: $words" "run: terraform -chdir=$TERRAFORM_DIRECTORY init" ;;
    *'is not supported by'* | *'newer than current'*) die "$EX_CONFIG" "$where: $words" 'install the version of Terraform that wrote it, or a newer one' ;;
    *'state lock'* | *'already locked'*) die "$EX_TEMPFAIL" "$where is locked: $words" 'somebody is at work there: wait, or look who holds the lock; terraform force-unlock ends one that was left behind' ;;
    *'authentication failed'* | *'no password'* | *' 401'* | *' 403'* | *Unauthorized* | *Forbidden* | *AccessDenied* | *'requires auth'* | *InvalidAccessKeyId* | *SignatureDoesNotMatch* | *'permission denied'*)
      die "$EX_NOPERM" "$where: the backend refuses: $words" "are the variables in 'environment' of the plan what the backend wants?"
      ;;
    *'Failed to write state'*) die "$EX_TEMPFAIL" "$where has changed meanwhile: $words" 'somebody is at work there: run this again when they are done' ;;
    *'S3 bucket'*'does not exist'*) die "$EX_CONFIG" "$where: $words" 'make the bucket anew, with versions, then restore' ;;
    *'orkspaces not supported'*) die "$EX_CONFIG" "$where: $words" "take 'workspace' out of the plan: this backend has none" ;;
    *) die "$EX_UNAVAILABLE" "$where cannot be reached: $words" "is the backend up? try: terraform -chdir=$TERRAFORM_DIRECTORY state pull" ;;
  esac
}

# List the resources of a state in a directory, an address a line. 65 when it is none, 78 when it is of a newer Terraform.
terraform_list() {
  local dir="$1" list="$2"
  terraform_aside "$dir" state list >"$list" 2>"$RUN_DIR/terraform.err" || {
    if terraform_is_damaged "$RUN_DIR/terraform.err"; then
      log_error "it is not a state that Terraform can read: $(terraform_words)"
      return "$EX_DATA"
    fi
    log_error "Terraform does not read the state: $(terraform_words)"
    return "$EX_CONFIG"
  }
}

# Lines of a file.
terraform_count() {
  awk 'END { print NR }' "$1"
}

# --- Backup -----------------------------------------------------------------------------------------------------------

# Pull the state and let Terraform read it; what was pulled is what is backed up.
kind_preflight() {
  require_tool "$TERRAFORM_PROGRAM"
  terraform_look "$RUN_DIR/live"
  case "$TERRAFORM_LIVE" in
    lost) die "$EX_DATA" "$(terraform_where) is empty or lost: no set was made" 'if there was one, restore the last good set; if there never was one, apply the configuration first' ;;
    damaged) die "$EX_DATA" "$(terraform_where) is damaged: no set was made: $(terraform_words)" 'restore the last good set' ;;
  esac
  terraform_list "$RUN_DIR/live" "$RUN_DIR/live.list" || exit $?
  [[ -s $RUN_DIR/live.list ]] || log_warn "$(terraform_where) knows no resources"
  [[ -z $VERSIONS_PREFIX ]] || terraform_check_versioning
}

# Write the payload, and what a restore must find again.
kind_capture() {
  local file="$RUN_DIR/live/terraform.tfstate"
  write_payload_file terraform.tfstate "$file"
  manifest_add tool.terraform "$(terraform_aside "$RUN_DIR/live" version | awk 'NR == 1 { sub(/^v/, "", $2); print $2 }')"
  terraform_enter_positions "$file" "$RUN_DIR/live.list"
}

# Enter in the MANIFEST what a state is, and which resources it lists.
terraform_enter_positions() {
  local name
  for name in serial lineage terraform_version; do manifest_add "position.$name" "$(terraform_field "$1" "$name")"; done
  manifest_add position.resources "$(terraform_count "$2")"
  manifest_add position.workspace "$TERRAFORM_WORKSPACE"
}

# --- Versions that the bucket of an S3 backend keeps ------------------------------------------------------------------

# Read the secrets that the bucket's requests need: those of the plan's environment, unless it names a file of credentials.
terraform_ready_for_s3() {
  require_tool aws
  [[ -n $(terraform_version_setting credentials) ]] || terraform_setup
}

# A setting of the object that has versions.
terraform_version_setting() {
  # shellcheck disable=SC2034  # for place_setting
  local PLACE_ID='@versions'
  place_setting "$1"
}

# Where it is, for messages.
terraform_versions_where() {
  printf 's3://%s/%s\n' "$(terraform_version_setting bucket)" "$(terraform_version_setting key)"
}

# Call an operation on its bucket, answers as text.
terraform_s3() {
  # shellcheck disable=SC2034  # for place_setting
  local PLACE_ID='@versions' i
  (
    if [[ -n ${TERRAFORM_READY:-} && -z $(place_setting credentials) ]]; then
      for ((i = 0; i < ${#TERRAFORM_NAMES[@]}; i++)); do
        [[ ${TERRAFORM_NAMES[i]} != AWS_* ]] || export "${TERRAFORM_NAMES[i]}=${TERRAFORM_VALUES[i]}"
      done
    fi
    s3_call "$@"
  )
}

# Say so when the bucket keeps no versions, or does not tell. That is no reason not to back up.
terraform_check_versioning() {
  local where
  where="$(terraform_versions_where)"
  terraform_ready_for_s3
  attempt_to guarded "$TERRAFORM_CALL_SECONDS" '' "asking the bucket of $where" terraform_note_versioning
  if ((ATTEMPT_STATUS != 0)); then
    log_warn "whether the bucket of $where keeps versions is not known: $(describe_exit "$ATTEMPT_STATUS")"
  elif [[ $(cat -- "$RUN_DIR/versioning") != Enabled ]]; then
    log_warn "the bucket of $where keeps no versions: what Terraform writes over is in the sets only. To change that: aws s3api put-bucket-versioning --bucket $(terraform_version_setting bucket) --versioning-configuration Status=Enabled"
  fi
}

# The body of terraform_check_versioning.
terraform_note_versioning() {
  terraform_knock_at_bucket
  terraform_s3 get-bucket-versioning --query Status >"$RUN_DIR/versioning"
}

# Leave with the code that tells why when the bucket is not to be had. A server that gives no words with its refusals, as Ceph does,
# breaks the aws command on any request whose answer has a body; this one has none.
terraform_knock_at_bucket() {
  local status=0
  terraform_s3 head-bucket >/dev/null || status=$?
  ((status != 66)) || die "$EX_CONFIG" "there is no bucket $(terraform_version_setting bucket)" "does 'versions' in the plan name the bucket of the S3 backend?"
  ((status == 0)) || die "$status" "the bucket of $(terraform_versions_where) is not to be had" "are endpoint, region and credentials of 'versions' in the plan right?"
}

# Note the versions of the object in RUN_DIR/versions, newest first: id, time, bytes or `deleted`. The prefix also finds the
# object of Terraform's lock.
terraform_note_versions() {
  local key
  key="$(terraform_version_setting key)"
  terraform_knock_at_bucket
  terraform_s3 list-object-versions "--prefix=$key" \
    --query "[Versions[?Key=='$key'].[VersionId,LastModified,to_string(Size)], DeleteMarkers[?Key=='$key'].[VersionId,LastModified,'deleted']][]" >"$RUN_DIR/versions.found" || return $?
  awk 'NF == 3' "$RUN_DIR/versions.found" | LC_ALL=C sort -s -r -k 2,2 >"$RUN_DIR/versions"
}

# The stamp of a time of the bucket's.
terraform_version_stamp() {
  printf '%s\n' "$1" | sed 's/^\(....\)-\(..\)-\(..\)T\(..\):\(..\):\(..\).*/\1\2\3T\4\5\6Z/'
}

# Print the versions, after the table of sets. A bucket that does not answer is said, and is no reason to fail.
kind_list_versions() {
  local where
  where="$(terraform_versions_where)"
  terraform_ready_for_s3
  attempt_to guarded "$TERRAFORM_CALL_SECONDS" '' "listing the versions of $where" terraform_note_versions
  if ((ATTEMPT_STATUS != 0)); then
    log_warn "the versions of $where cannot be listed from here"
  elif [[ ! -s $RUN_DIR/versions ]]; then
    printf '\nThere is no version of %s.\n' "$where"
  else
    printf '\nVersions of %s; restore one with --set %s:ID\n' "$where" "$VERSIONS_PREFIX"
    guarded "$TERRAFORM_CALL_SECONDS" '' "reading the versions of $where" terraform_print_versions
    # What was written before versions were kept has this id.
    ! awk '$1 != "null" { exit 1 }' "$RUN_DIR/versions" || terraform_check_versioning
  fi
}

# The table of versions.
terraform_print_versions() {
  local id at size serial n=0
  printf '%-36s  %-23s %8s  %s\n' VERSION TIME SIZE SERIAL
  while read -r id at size; do
    serial=-
    if [[ $size == deleted ]]; then
      serial='(not a state: it was deleted)' size=-
    else
      n=$((n + 1))
      ((n > TERRAFORM_SERIALS)) || serial="$(terraform_version_serial "$id")"
      size="$(human_bytes "$size")"
    fi
    printf '%-36s  %-23s %8s  %s\n' "$VERSIONS_PREFIX:$id" "$(human_stamp "$(terraform_version_stamp "$at")")" "$size" "$serial"
  done <"$RUN_DIR/versions"
}

# The serial of a version, which stands in its first lines; a dash when it cannot be read.
terraform_version_serial() {
  local part="$RUN_DIR/version.part" serial=''
  if terraform_s3 get-object "--key=$(terraform_version_setting key)" "--version-id=$1" --range bytes=0-1023 "$part" >/dev/null 2>&1 </dev/null; then
    serial="$(terraform_field "$part" serial)"
  fi
  rm -f -- "$part"
  printf '%s\n' "${serial:--}"
}

# Make a set of a version, proven by Terraform itself.
kind_bring_version() {
  [[ $1 =~ ^[A-Za-z0-9._~=+/-]+$ ]] || die "$EX_USAGE" "'$1' is not the id of a version" "restore-$ASSET.sh --list shows them"
  require_tool "$TERRAFORM_PROGRAM"
  terraform_ready_for_s3
  begin_phase fetch
  guarded "$RESTORE_TIMEOUT" '' "fetching version $1" terraform_bring_version "$1"
  end_phase
}

# The body of kind_bring_version.
terraform_bring_version() {
  local id="$1" where at='' size='' dir="$RUN_DIR/version.found"
  where="$(terraform_versions_where)"
  terraform_note_versions || die $? "the versions of $where cannot be listed"
  read -r at size < <(awk -v id="$id" '$1 == id { print $2, $3; exit }' "$RUN_DIR/versions") || true
  [[ -n $at ]] || die "$EX_DATA" "$where has no version $id" "restore-$ASSET.sh --list shows those that it has"
  [[ $size != deleted ]] || die "$EX_DATA" "version $id of $where is no state: it says that the object was deleted" 'choose the version before it'
  mkdir -- "$dir"
  terraform_s3 get-object "--key=$(terraform_version_setting key)" "--version-id=$id" "$dir/terraform.tfstate" >/dev/null || die $? "version $id of $where cannot be fetched"
  terraform_list "$dir" "$RUN_DIR/version.list" || die $? "version $id of $where cannot be restored" 'choose another one'
  # As Terraform prints it, in today's format, whatever wrote it then.
  terraform_aside "$dir" state pull >"$WORK_DIR/terraform.tfstate"
  ! terraform_is_lost "$WORK_DIR/terraform.tfstate" || die "$EX_DATA" "version $id of $where holds no state" 'choose another one'
  STAMP="$(terraform_version_stamp "$at")"
  begin_manifest
  enter_plain_payload terraform.tfstate
  terraform_enter_positions "$WORK_DIR/terraform.tfstate" "$RUN_DIR/version.list"
  manifest_add position.origin "$where"
  end_manifest
}

# --- Stage ------------------------------------------------------------------------------------------------------------

# Decode into a scratch directory and check it as a stage.
kind_verify() {
  local set="$1" dir="$RUN_DIR/verify" status=0
  rm -rf -- "$dir"
  mkdir -- "$dir"
  kind_stage "$set" "$dir" && kind_check_stage "$set" "$dir" || status=$?
  rm -rf -- "$dir"
  return "$status"
}

# Beside the state where it is a file here; else where this host keeps its own notes.
kind_stage_parent() {
  local file
  file="$(terraform_local_file)"
  if [[ -n $file ]]; then existing_parent "${file%/*}/"; else printf '%s\n' "$STATE_DIR"; fi
}

# Decode the state into a directory of its own, in which Terraform finds it.
kind_stage() {
  stream_payload "$1" terraform.tfstate terraform_write "$2/terraform.tfstate"
}

# Write stdin to a file.
terraform_write() {
  cat >"$1" || die "$EX_IO" "cannot write $1"
}

# Terraform reads it, and it is the one that was backed up.
kind_check_stage() {
  local set="$1" dir="$2" name found expected bad=0
  require_tool "$TERRAFORM_PROGRAM"
  terraform_list "$dir" "$RUN_DIR/terraform.list" || return $?
  for name in serial lineage resources; do
    if [[ $name == resources ]]; then found="$(terraform_count "$RUN_DIR/terraform.list")"; else found="$(terraform_field "$dir/terraform.tfstate" "$name")"; fi
    expected="$(manifest_get "$set" "position.$name")"
    if [[ $found != "$expected" ]]; then
      log_error "the restored state has $name $found, the backup had $expected"
      bad=1
    fi
  done
  ((bad == 0)) || return "$EX_DATA"
  printf '%s, serial %s\n' "$(count_of "$(terraform_count "$RUN_DIR/terraform.list")" resource)" "$(terraform_field "$dir/terraform.tfstate" serial)" >"$RUN_DIR/terraform.summary"
  [[ $ACTION != drill ]] || terraform_rehearse "$dir"
}

# A drill goes one step further: does the configuration of today plan on this state? In a copy with a local backend, without
# asking any resource. What hinders that is said; the state is good all the same.
terraform_rehearse() {
  local dir="$1" copy="$RUN_DIR/rehearsal"
  if [[ ! -d $TERRAFORM_DIRECTORY ]]; then
    log_warn "there is no $TERRAFORM_DIRECTORY here: the drill could not plan with the configuration"
    return 0
  fi
  terraform_copy_configuration "$copy"
  attempt_to guarded "$TERRAFORM_PLAN_SECONDS" '' 'planning on the restored state' terraform_plan_aside "$dir" "$copy"
  terraform_say_plan "$ATTEMPT_STATUS"
}

# Copy the configuration, with a local backend. Folders are links; nothing in them is written.
terraform_copy_configuration() {
  local copy="$1" entry
  mkdir -p -- "$copy/.terraform"
  for entry in "$TERRAFORM_DIRECTORY"/* "$TERRAFORM_DIRECTORY/.terraform.lock.hcl"; do
    case "${entry##*/}" in
      *.tfstate | *.tfstate.*) continue ;;
    esac
    if [[ -d $entry ]]; then ln -s -- "$entry" "$copy/${entry##*/}"; elif [[ -f $entry ]]; then cp -- "$entry" "$copy/"; fi
  done
  [[ ! -d $TERRAFORM_DIRECTORY/.terraform/modules ]] || ln -s -- "$TERRAFORM_DIRECTORY/.terraform/modules" "$copy/.terraform/modules"
  printf 'terraform {\n  backend "local" {}\n}\n' >"$copy/zz_lifeboat_override.tf"
}

# Plan in the copy, with the providers that are installed already: nothing is downloaded. The state comes after `init`, which would
# ask where to migrate it; in the plan's workspace, since the configuration may look at its name.
terraform_plan_aside() {
  local dir="$1" copy="$2" home="$2" plugins="$TERRAFORM_DIRECTORY/.terraform/providers"
  [[ -d $plugins ]] || plugins="$copy/.terraform"
  [[ $TERRAFORM_WORKSPACE == default ]] || home="$copy/terraform.tfstate.d/$TERRAFORM_WORKSPACE"
  terraform_setup
  terraform_aside "$copy" init -get=false "-plugin-dir=$plugins" >/dev/null 2>"$RUN_DIR/terraform.err" || return 1
  mkdir -p -- "$home"
  cp -- "$dir/terraform.tfstate" "$home/terraform.tfstate"
  terraform_run "$TERRAFORM_WORKSPACE" "$copy" plan -detailed-exitcode -refresh=false -lock=false >"$RUN_DIR/terraform.plan" 2>"$RUN_DIR/terraform.err"
}

# Plan with the live state. Nothing is applied.
terraform_plan_live() {
  terraform_live plan -detailed-exitcode -lock=false >"$RUN_DIR/terraform.plan" 2>"$RUN_DIR/terraform.err"
}

# Say what a plan came to. One that failed says nothing against the state.
terraform_say_plan() {
  local line
  case "$1" in
    0) log_info 'terraform plan: no changes, the configuration and the restored state agree' ;;
    2)
      line="$(grep '^Plan: ' -- "$RUN_DIR/terraform.plan" | head -n 1 || true)"
      line="${line#Plan: }"
      line="${line%.}"
      log_warn "terraform plan: ${line:-only outputs would change}: look at it before anybody applies"
      ;;
    "$EX_TEMPFAIL") log_warn "terraform plan took longer than $TERRAFORM_PLAN_SECONDS s: run it by hand" ;;
    *) log_warn "terraform plan failed, which says nothing against the state: $(terraform_words)" ;;
  esac
}

# Nothing runs in the stage.
kind_stage_stop() {
  return 0
}

# One line about a stage.
kind_stage_summary() {
  cat -- "$RUN_DIR/terraform.summary"
}

# --- Live restore -----------------------------------------------------------------------------------------------------

# Print the file that holds the live state; nothing when a backend elsewhere does. Terraform noted its backend in .terraform.
terraform_local_file() {
  local note="$TERRAFORM_DIRECTORY/.terraform/terraform.tfstate" path='' workspaces='' file
  if [[ -f $note ]] && grep '^  "backend": {' "$note" >/dev/null; then
    [[ $(terraform_setting "$note" '    ' type) == local ]] || return 0
    path="$(terraform_setting "$note" '      ' path)"
    workspaces="$(terraform_setting "$note" '      ' workspace_dir)"
  fi
  if [[ $TERRAFORM_WORKSPACE == default ]]; then
    file="${path:-terraform.tfstate}"
  else
    file="${workspaces:-terraform.tfstate.d}/$TERRAFORM_WORKSPACE/terraform.tfstate"
  fi
  [[ $file == /* ]] || file="$TERRAFORM_DIRECTORY/$file"
  printf '%s\n' "$file"
}

# A text in Terraform's note about its backend; nothing for null.
terraform_setting() {
  awk -v key="$2\"$3\": \"" 'index($0, key) == 1 { value = substr($0, length(key) + 1); sub(/",?$/, "", value); print value; exit }' "$1"
}

# Have the state of a set in $RUN_DIR/wanted.
terraform_want() {
  local wanted="$RUN_DIR/wanted"
  [[ ! -e $wanted/terraform.tfstate ]] || return 0
  mkdir -p -- "$wanted"
  stream_payload "$1" terraform.tfstate terraform_write "$wanted/terraform.tfstate"
}

# Say what a live restore replaces, and what Terraform will no longer know.
kind_describe_restore() {
  local set="$1" wanted="$RUN_DIR/wanted" now
  require_tool "$TERRAFORM_PROGRAM"
  terraform_want "$set"
  terraform_list "$wanted" "$RUN_DIR/wanted.list" || exit $?
  terraform_look "$RUN_DIR/live"
  terraform_refuse_foreign
  case "$TERRAFORM_LIVE" in
    there)
      terraform_list "$RUN_DIR/live" "$RUN_DIR/live.list" || exit $?
      now="$(count_of "$(terraform_count "$RUN_DIR/live.list")" resource), serial $(terraform_field "$RUN_DIR/live/terraform.tfstate" serial)"
      ;;
    lost) now='nothing: it is lost' ;;
    *) now='it is damaged' ;;
  esac
  printf '  replace %s\n' "$(terraform_where)"
  printf '    now   %s\n' "$now"
  printf '    then  %s, serial %s\n' "$(count_of "$(manifest_get "$set" position.resources)" resource)" "$(manifest_get "$set" position.serial)"
  [[ $TERRAFORM_LIVE == lost ]] || printf '    and the old one is kept\n'
  terraform_describe_doubts
  terraform_describe_forgotten
  printf '  show what terraform plan says then; nothing is applied\n'
}

# A live state that is newer, or another one, is replaced only if a person says so: it is named here and in the question.
terraform_describe_doubts() {
  local live="$RUN_DIR/live/terraform.tfstate" wanted="$RUN_DIR/wanted/terraform.tfstate" newer older
  [[ $TERRAFORM_LIVE == there ]] || return 0
  if terraform_is_another; then
    printf '    --force: the live state is ANOTHER one: its lineage is %s, that of the set %s\n' "$(terraform_field "$live" lineage)" "$(terraform_field "$wanted" lineage)"
    RESTORE_CAVEAT='the live state is of another lineage'
    return 0
  fi
  newer="$(terraform_field "$live" serial)"
  older="$(terraform_field "$wanted" serial)"
  ((newer > older)) || return 0
  printf '    the live state is NEWER: serial %s, the set has %s; what it holds goes on as serial %s\n' "$newer" "$older" "$((newer + 1))"
  # shellcheck disable=SC2034  # for confirm_restore
  RESTORE_CAVEAT="the live state is newer (serial $newer, the set has $older)"
}

# What the live state knows and the set does not goes on existing and costing, and the next apply makes it once more.
terraform_describe_forgotten() {
  local count
  [[ $TERRAFORM_LIVE == there ]] || return 0
  lines_without "$RUN_DIR/live.list" "$RUN_DIR/wanted.list" | LC_ALL=C sort >"$RUN_DIR/forgotten"
  count="$(terraform_count "$RUN_DIR/forgotten")"
  ((count > 0)) || return 0
  printf '    Terraform will FORGET %s that the set does not know and that %s running. Bring back with terraform import:\n' "$(count_of "$count" resource)" "$( ((count == 1)) && printf 'goes on' || printf 'go on')"
  head -n "$TERRAFORM_NAMED" -- "$RUN_DIR/forgotten" | sed 's/^/      /'
  ((count <= TERRAFORM_NAMED)) || printf '      and %d more\n' $((count - TERRAFORM_NAMED))
}

# Is the live state another one than the set's? One that holds the very same was left by a restore that was killed, for a backend
# that had lost its state makes up a lineage.
terraform_is_another() {
  local live="$RUN_DIR/live/terraform.tfstate" wanted="$RUN_DIR/wanted/terraform.tfstate"
  [[ $(terraform_field "$live" lineage) != "$(terraform_field "$wanted" lineage)" ]] && ! terraform_same "$live" "$wanted"
}

# Another lineage is another state: most likely the plan names the wrong directory.
terraform_refuse_foreign() {
  local live="$RUN_DIR/live/terraform.tfstate" wanted="$RUN_DIR/wanted/terraform.tfstate"
  if [[ $TERRAFORM_LIVE == damaged && -z $(terraform_local_file) ]]; then
    die "$EX_DATA" "$(terraform_where) is damaged, and Terraform writes over no state that it cannot read" 'take the damaged object away in the backend (keep a copy of it), then run this again'
  fi
  ((!FORCE)) && [[ $TERRAFORM_LIVE == there ]] && terraform_is_another || return 0
  die "$EX_CONFIG" "$(terraform_where) is not the one that was backed up: its lineage is $(terraform_field "$live" lineage), the set's $(terraform_field "$wanted" lineage)" \
    "does the plan name the right directory and workspace? look at the set with --into DIR; if the live one is to go all the same, add --force: it is kept aside"
}

# Put the staged state in the place of the live one, which may have changed while the question stood.
kind_swap() {
  local dir="$2" file
  terraform_look "$RUN_DIR/live"
  terraform_refuse_foreign
  [[ $TERRAFORM_LIVE != there ]] || terraform_raise_serial "$dir/terraform.tfstate" "$RUN_DIR/live/terraform.tfstate"
  file="$(terraform_local_file)"
  if [[ -n $file ]]; then terraform_place "$dir/terraform.tfstate" "$file"; else terraform_replace "$dir/terraform.tfstate"; fi
}

# Give a state a serial above that of another one, so that it is the newer to everybody.
terraform_raise_serial() {
  local file="$1" above serial
  above="$(terraform_field "$2" serial)"
  serial="$(terraform_field "$file" serial)"
  ((serial <= above)) || return 0
  awk -v serial="$((above + 1))" '!done && /^  "serial": [0-9]+,?$/ { sub(/[0-9]+/, serial); done = 1 } { print }' "$file" >"$file.raised" || die "$EX_IO" "cannot write $file.raised"
  mv -f -- "$file.raised" "$file" || die "$EX_IO" "cannot write $file"
}

# A state in a file is renamed into place, so that a damaged one does not stand in the way. Terraform's lock is a file beside it.
terraform_place() {
  local staged="$1" live="$2" lock
  lock="${live%/*}/.${live##*/}.lock.info"
  if [[ -e $lock ]]; then
    die "$EX_TEMPFAIL" "$(terraform_where) is locked: Terraform is at work there" "wait until it is done; if nobody is, it was left behind by a crash: remove $lock"
  fi
  (umask 022 && mkdir -p -- "${live%/*}/") || die "$EX_CANTCREAT" "cannot make ${live%/*}"
  if [[ -e $live ]]; then
    copy_owner_and_mode "$live" "$staged"
  else
    chown -- "$(file_owner "${live%/*}")" "$staged" 2>/dev/null || log_warn "cannot give $live the owner of its directory"
  fi
  sync_paths "$staged"
  swap_path "$staged" "$live"
}

# Keep the live state of a backend elsewhere, then push over it.
terraform_replace() {
  local staged="$1" old
  old="$(terraform_kept_file "$STAMP")"
  if [[ $TERRAFORM_LIVE == there ]]; then cp -- "$RUN_DIR/live/terraform.tfstate" "$old"; else : >"$old"; fi || die "$EX_IO" "cannot write $old"
  sync_paths "$old"
  terraform_push "$staged"
}

# Where the replaced state of a restore is kept: empty when there was none.
terraform_kept_file() {
  printf '%s/%s.terraform-old-%s\n' "$STATE_DIR" "$ASSET" "$1"
}

# Push a state, and make sure that its lineage is the live one then: a backend that had none makes up its own, and would
# refuse every set from then on.
terraform_push() {
  local file="$1"
  terraform_live state push -lock-timeout=20s "$file" >/dev/null 2>"$RUN_DIR/terraform.err" || terraform_is_foreign || terraform_refuse
  terraform_look "$RUN_DIR/pushed"
  if [[ $(terraform_field "$RUN_DIR/pushed/terraform.tfstate" lineage) != "$(terraform_field "$file" lineage)" ]]; then
    terraform_live state push -force -lock-timeout=20s "$file" >/dev/null 2>"$RUN_DIR/terraform.err" || terraform_refuse
  fi
}

# Was a push refused for its lineage only? Whether it may be forced was decided before.
terraform_is_foreign() {
  grep 'with lineage' -- "$RUN_DIR/terraform.err" >/dev/null
}

# Prove that the live state holds what was backed up; then say what Terraform would make of it.
kind_check_live() {
  local set="$1" old
  terraform_look "$RUN_DIR/live"
  terraform_want "$set"
  terraform_aside "$RUN_DIR/wanted" state pull >"$RUN_DIR/wanted.now"
  if [[ $TERRAFORM_LIVE != there ]] || ! terraform_same "$RUN_DIR/live/terraform.tfstate" "$RUN_DIR/wanted.now"; then
    log_error "$(terraform_where) does not hold what was restored: is somebody else writing it?"
    return "$EX_TEMPFAIL"
  fi
  if [[ $(terraform_field "$RUN_DIR/live/terraform.tfstate" lineage) != "$(manifest_get "$set" position.lineage)" ]]; then
    log_error "the lineage of $(terraform_where) is not that of the set"
    return "$EX_DATA"
  fi
  old="$(terraform_kept_file "$STAMP")"
  [[ ! -s $old ]] || log_info "the replaced state is kept in $old; it holds secrets: remove it when you no longer need it"
  [[ -s $old ]] || rm -f -- "$old"
  attempt_to guarded "$TERRAFORM_PLAN_SECONDS" '' 'planning' terraform_plan_live
  terraform_say_plan "$ATTEMPT_STATUS"
}

# Push the replaced state back, as the newest. A file was put back by its rename.
kind_rollback() {
  local stamp was old
  read -r stamp was <"$STATE_DIR/$ASSET.restoring" || true
  old="$(terraform_kept_file "$stamp")"
  [[ -e $old ]] || return 0
  log_debug "putting back what was replaced at $stamp (${was:-no service})"
  if [[ -s $old ]]; then
    terraform_look "$RUN_DIR/now"
    if ! terraform_same "$RUN_DIR/now/terraform.tfstate" "$old"; then
      cp -- "$old" "$RUN_DIR/back.tfstate" || return "$EX_IO"
      # Somebody may have applied since a killed restore: that state is kept.
      if [[ ${UNDOING:-own} == later ]]; then
        cp -- "$RUN_DIR/now/terraform.tfstate" "$(terraform_kept_file "$STAMP")" || return "$EX_IO"
        log_info "the state that was live until now is kept in $(terraform_kept_file "$STAMP"); it holds secrets: remove it when you no longer need it"
      fi
      terraform_raise_serial "$RUN_DIR/back.tfstate" "$RUN_DIR/now/terraform.tfstate"
      terraform_push "$RUN_DIR/back.tfstate"
    fi
  else
    log_warn "there was no state before: what the restore had pushed by then stays"
  fi
  rm -f -- "$old"
}
