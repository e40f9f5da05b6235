#!/usr/bin/env bats
# The kind terraformState against the real Terraform with its local, http, pg and s3 backends; where there is no Terraform, against a
# strict stub of it, which says so.
# shellcheck disable=SC1091,SC2030,SC2031,SC2154  # bats runs each test in a subshell

setup_file() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/postgres.bash"
  source "$BATS_TEST_DIRNAME/lib/terraform.bash"
  source "$BATS_TEST_DIRNAME/lib/ceph.bash"
  # Debian's aws, should there be another one.
  PATH="/usr/bin:$PATH"
  terraform_find
  export PATH
  export CEPH="$BATS_FILE_TMPDIR/ceph"
}

teardown_file() {
  source "$BATS_TEST_DIRNAME/lib/ceph.bash"
  ceph_down
}

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/postgres.bash"
  source "$BATS_TEST_DIRNAME/lib/terraform.bash"
  source "$BATS_TEST_DIRNAME/lib/ceph.bash"
  unset TF_CLI_CONFIG_FILE AWS_CA_BUNDLE
  export CHECKPOINT_DISABLE=1 TF_INPUT=0 TF_CLI_ARGS=-no-color
}

# The object store, for the tests that need it: the first of them starts it.
need_ceph() {
  if [[ ! -s $BATS_FILE_TMPDIR/s3-url ]]; then
    ceph_up "$CEPH"
    printf '%s\n' "$S3_URL" >"$BATS_FILE_TMPDIR/s3-url"
  fi
  S3_URL="$(<"$BATS_FILE_TMPDIR/s3-url")"
}

teardown() {
  tf_http_down
  pg_stop_all "$BATS_TEST_TMPDIR"
}

# The states that restores have put aside on this host.
kept() { find "$HOST/state" "$TF" -name '*-old-*' | sort; }

@test "local: an older state over a newer one says what is forgotten, goes on from its serial, and keeps it" {
  new_terraform_host
  tf_apply
  tf_content >"$HOST/before"
  lineage="$(tf_field lineage)"
  run -0 backup
  grep -q '^position.resources=2$' "$(last_set)/MANIFEST"
  tf_resources a b c
  tf_apply
  serial="$(tf_field serial)"
  chown 1234:5678 "$TF/terraform.tfstate"
  chmod 640 "$TF/terraform.tfstate"
  sum="$(sha256sum <"$TF/terraform.tfstate")"
  run -0 restore --dry-run
  assert_says 'FORGET 1 resource'
  assert_says terraform_data.c
  older="$(sed -n 's/^position.serial=//p' "$(last_set)/MANIFEST")"
  assert_says "the live state is NEWER: serial $serial, the set has $older; what it holds goes on as serial $((serial + 1))"
  run -64 script -qec "$HOST/bin/restore.sh" /dev/null <<<no
  assert_says "to go on, although the live state is newer (serial $serial, the set has $older): "
  assert_says 'nothing was changed'
  assert_same "$(sha256sum <"$TF/terraform.tfstate")" "$sum"
  run -0 restore --yes
  assert_says 'terraform plan: 1 to add, 0 to change, 0 to destroy'
  tf_content | diff "$HOST/before" -
  assert_same "$(tf_field serial)" "$((serial + 1))"
  assert_same "$(tf_field lineage)" "$lineage"
  assert_same "$(stat -c '%u:%g %a' "$TF/terraform.tfstate")" '1234:5678 640'
  assert_same "$(kept | wc -l)" 1
  assert_same "$(sha256sum <"$(kept)")" "$sum"
  assert_tidy
  # People can go on working, and the next backup and restore do, too.
  tf_apply
  assert_same "$(tf_list)" 'terraform_data.a terraform_data.b terraform_data.c '
  run -0 backup
  run -0 restore --yes
  assert_says 'no changes'
}

# bats test_tags=long
@test "a lost state, at which Terraform ends with 0, is no backup; it comes back with its serial" {
  new_terraform_host
  tf_apply
  tf state pull >"$HOST/before"
  backup 2>/dev/null
  rm "$TF/terraform.tfstate"
  run -0 tf state pull
  run -65 backup
  assert_says 'empty or lost'
  assert_same "$(sets | wc -l)" 1
  run -0 restore --yes
  assert_says 'nothing: it is lost'
  tf state pull | diff "$HOST/before" -
  assert_same "$(kept)" ''
  assert_tidy
}

# bats test_tags=long
@test "a damaged state is no backup, and does not stand in the way of a restore" {
  new_terraform_host '  backend "local" {
    path = "sub dir/my.tfstate"
  }'
  tf_apply
  tf state pull >"$HOST/before"
  backup 2>/dev/null
  truncate -s 200 "$TF/sub dir/my.tfstate"
  run -65 backup
  assert_says 'is damaged'
  run -0 restore --yes
  tf state pull | diff "$HOST/before" -
  assert_same "$(stat -c %s "$(kept)")" 200
  assert_tidy
}

# bats test_tags=long
@test "the workspace is the plan's, whichever one is selected, and whatever the shell says" {
  new_terraform_host
  tf_apply
  TF_WORKSPACE=side tf_apply
  TF_WORKSPACE=side tf state pull >"$HOST/side"
  set_fact TERRAFORM_WORKSPACE side
  relink
  TF_WORKSPACE=default TF_CLI_CONFIG_FILE=/nowhere TF_CLI_ARGS=-nonsense TF_CLI_ARGS_state=-nonsense TF_LOG=trace TF_DATA_DIR=/nowhere run -0 backup
  assert_silent_about trace
  # The plan of a drill is that of the workspace.
  printf 'resource "terraform_data" "c" {\n  input = "value of c"\n}\n' >"$TF/more.tf"
  run -0 drill
  assert_says '1 to add, 0 to change, 0 to destroy'
  rm "$TF/more.tf"
  rm -r "$TF/terraform.tfstate.d"
  run -0 restore --yes
  TF_WORKSPACE=side tf state pull | diff "$HOST/side" -
  assert_same "$(find "$TF/terraform.tfstate.d" -type f)" "$TF/terraform.tfstate.d/side/terraform.tfstate"
}

# bats test_tags=long
@test "http: a state that its backend has lost comes back with its lineage, and can be restored again" {
  tf_http_up
  new_terraform_host "$TF_BACKEND"
  tf_apply
  tf_content >"$HOST/before"
  lineage="$(tf_field lineage)"
  backup 2>/dev/null
  tf_http_say lose
  run -0 tf state pull
  run -65 backup
  assert_says 'empty or lost'
  run -0 restore --yes
  tf_content | diff "$HOST/before" -
  assert_same "$(tf_field lineage)" "$lineage"
  assert_same "$(kept)" ''
  run -0 restore --yes
  tf_content | diff "$HOST/before" -
  tf_resources a b c
  tf_apply
  run -0 backup
  assert_tidy
}

# bats test_tags=long
@test "http: over a newer state; what a check refuses is put back" {
  tf_http_up
  new_terraform_host "$TF_BACKEND"
  tf_apply
  tf_content >"$HOST/old"
  backup 2>/dev/null
  tf_resources a b c
  tf_apply
  tf_content >"$HOST/new"
  tf_http_say tamper
  run -75 restore --yes
  assert_says 'does not hold what was restored'
  assert_says 'as it was before'
  tf_content | diff "$HOST/new" -
  assert_same "$(kept)" ''
  assert_tidy
  serial="$(tf_field serial)"
  run -0 restore --yes
  assert_says 'FORGET 1 resource'
  tf_content | diff "$HOST/old" -
  (($(tf_field serial) > serial))
  assert_same "$(stat -c %a "$(kept)")" 600
  assert_same "$(tf_field serial "$(kept)")" "$serial"
  assert_tidy
}

@test "http: killed after the push, lost or not, it can be run again" {
  tf_http_up
  new_terraform_host "$TF_BACKEND"
  tf_apply
  tf_content >"$HOST/old"
  lineage="$(tf_field lineage)"
  backup 2>/dev/null
  tf_resources a b c
  tf_apply
  for what in newer lost; do
    [[ $what == newer ]] || tf_http_say lose
    before="$(curl -s "$HTTP/s" | sha256sum)"
    tf_http_say stall
    "$HOST/bin/restore.sh" --yes >"$HOST/killed" 2>&1 3>&- &
    pid=$!
    stored() { [[ "$(curl -s "$HTTP/s" | sha256sum)" != "$before" ]]; }
    eventually stored || fail "$(cat "$HOST/killed")"
    kill -KILL "$pid"
    wait "$pid" || true
    run -75 backup
    run -75 restore --yes
    run -0 restore --undo --yes
    run -0 restore --yes
    tf_content | diff "$HOST/old" -
    assert_same "$(tf_field lineage)" "$lineage"
    assert_tidy
  done
}

# bats test_tags=long
@test "http: killed before its check: --accept checks what is live against the set, and refuses what somebody wrote since" {
  tf_http_up
  new_terraform_host "$TF_BACKEND"
  tf_apply
  tf_content >"$HOST/old"
  backup 2>/dev/null
  tf_resources a b c
  tf_apply
  killed_in_check
  run -0 restore --accept --yes
  assert_says 'is accepted'
  tf_content | diff "$HOST/old" -
  assert_tidy
  killed_in_check
  tf_resources a b c d
  tf_apply
  run -75 restore --accept --yes
  assert_says 'does not hold what was restored'
  assert_says "go back to what was: $HOST/bin/restore.sh --undo"
}

# bats test_tags=long
@test "another lineage is another state: refused, live and unchanged; replaced with --force, and kept" {
  tf_http_up
  new_terraform_host "$TF_BACKEND"
  tf_apply
  tf_content >"$HOST/before"
  lineage="$(tf_field lineage)"
  backup 2>/dev/null
  tf_http_say lose
  tf_resources foreign
  tf_apply
  before="$(curl -s "$HTTP/s" | sha256sum)"
  run -78 restore --yes
  assert_says 'is not the one that was backed up'
  assert_says 'add --force'
  run -0 restore --force --dry-run
  assert_says 'the live state is ANOTHER one'
  assert_says terraform_data.foreign
  run -64 script -qec "$HOST/bin/restore.sh --force" /dev/null <<<no
  assert_says 'although the live state is of another lineage'
  assert_same "$(curl -s "$HTTP/s" | sha256sum)" "$before"
  # What a check refuses is put back, with its lineage.
  foreign="$(tf_field lineage)"
  tf_http_say tamper
  run -75 restore --force --yes
  assert_same "$(tf_list) $(tf_field lineage)" "terraform_data.foreign  $foreign"
  run -0 restore --force --yes
  tf_content | diff "$HOST/before" -
  assert_same "$(tf_field lineage)" "$lineage"
  grep -q terraform_data "$(kept)"
  assert_same "$(tf_field lineage "$(kept)")" "$foreign"
  run -0 restore --yes
  # A state in a file, which no push guards.
  rm -r "$TF/.terraform" "$TF/backend.tf"
  tf_apply
  run -78 restore --yes
  run -0 restore --force --yes
  assert_same "$(tf_field lineage)" "$lineage"
  run -64 backup --force
  assert_tidy
}

# bats test_tags=long
@test "locked by somebody at work: 75, and nothing is changed" {
  tf_http_up
  new_terraform_host "  backend \"http\" {
    address = \"$HTTP/s\"
    lock_address = \"$HTTP/s\"
    unlock_address = \"$HTTP/s\"
  }"
  tf_apply
  backup 2>/dev/null
  tf_http_say lock
  sed -i 's/-lock-timeout=20s/-lock-timeout=1s/' "$HOST/bin/restore.sh"
  before="$(curl -s "$HTTP/s" | sha256sum)"
  run -75 restore --yes
  assert_says 'is locked'
  assert_says 'as it was before'
  assert_same "$(curl -s "$HTTP/s" | sha256sum)" "$before"
  tf_http_say unlock
  run -0 restore --yes
  rm -r "$TF/.terraform" "$TF/backend.tf"
  tf_apply
  run -0 backup
  : >"$TF/.terraform.tfstate.lock.info"
  run -75 restore --yes
  assert_says "remove $TF/.terraform.tfstate.lock.info"
}

# bats test_tags=long
@test "http: damaged there, down, wrong password: 65, 69, 77" {
  tf_http_up 'me:right'
  TF_HTTP_USERNAME=me TF_HTTP_PASSWORD=right new_terraform_host "$TF_BACKEND"
  printf 'right\n' >"$HOST/password"
  set_list TERRAFORM_NAMES TF_HTTP_USERNAME TF_HTTP_PASSWORD
  TF_ME=me
  export TF_ME
  set_list TERRAFORM_SECRETS env:TF_ME "file:$HOST/password"
  relink
  TF_HTTP_USERNAME=me TF_HTTP_PASSWORD=right tf_apply
  run -0 backup
  printf 'wrong-password\n' >"$HOST/password"
  run -77 backup
  assert_says "'environment'"
  assert_silent_about wrong-password
  printf 'right\n' >"$HOST/password"
  tf_http_say garble
  run -65 backup
  run -65 restore --yes
  assert_says 'take the damaged object away'
  tf_http_down
  run -69 backup
  assert_says 'cannot be reached'
  assert_tidy
}

# bats test_tags=long
@test "pg: a password that is in no argument and no log; row and schema lost; a wrong password and a server that is down" {
  PG="$BATS_TEST_TMPDIR/pg"
  mkdir -p "$PG"
  chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/* "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR" 2>/dev/null || true
  chown postgres "$PG"
  printf 'geheim\n' >"$PG/password"
  chown postgres "$PG/password"
  : >"$PG/log"
  as_postgres "$PG_REAL_BIN/initdb" -D "$PG/data" -U postgres --no-sync --wal-segsize=1 --auth=scram-sha-256 --pwfile="$PG/password" >/dev/null </dev/null
  pg_up
  export PG_CONN_STR="user=postgres password=geheim host=$PG dbname=postgres sslmode=disable"
  new_terraform_host '  backend "pg" {}'
  tf_apply
  tf_content >"$HOST/before"
  lineage="$(tf_field lineage)"
  printf '%s\n' "$PG_CONN_STR" >"$HOST/secret"
  set_list TERRAFORM_NAMES PG_CONN_STR
  set_list TERRAFORM_SECRETS "file:$HOST/secret"
  relink
  mine="$PG_CONN_STR"
  unset PG_CONN_STR
  run -0 backup
  psql -X -q "$mine" -c 'DELETE FROM terraform_remote_state.states'
  run -65 backup
  run -0 restore --yes
  assert_same "$(PG_CONN_STR="$mine" tf_content)" "$(cat "$HOST/before")"
  assert_same "$(PG_CONN_STR="$mine" tf_field lineage)" "$lineage"
  PGOPTIONS='-c client_min_messages=warning' psql -X -q "$mine" -c 'DROP SCHEMA terraform_remote_state CASCADE'
  run -0 restore --yes
  assert_same "$(PG_CONN_STR="$mine" tf_content)" "$(cat "$HOST/before")"
  printf '%s\n' "${mine/geheim/falsch}" >"$HOST/secret"
  run -77 backup
  printf '%s\n' "$mine" >"$HOST/secret"
  pg_down
  run -69 backup
  ! grep -r -e geheim -e falsch "$HOST/log" "$HOST/state" "$HOST/bin" "$STORE"
  assert_tidy
}

# bats test_tags=long
@test "verify, --deep, --into; a drill plans on the restored state and touches nothing" {
  tf_http_up
  new_terraform_host "$TF_BACKEND"
  tf_apply
  backup 2>/dev/null
  run -0 verify
  run -0 verify --deep
  tf_resources a b c d
  find "$TF" | sort >"$HOST/files"
  before="$(curl -s "$HTTP/s" | sha256sum)"
  tf_http_down
  run -0 drill
  assert_says PASSED
  assert_says '2 resources, serial'
  assert_says 'terraform plan: 2 to add, 0 to change, 0 to destroy'
  find "$TF" | sort | diff "$HOST/files" -
  run -0 restore --into "$HOST/look"
  assert_same "$(terraform -chdir="$HOST/look" state list | wc -l)" 2
  assert_same "$(stat -c %a "$HOST/look/terraform.tfstate")" 600
  rm -r "$TF"
  run -0 drill
  assert_says 'could not plan'
  run -69 restore --yes
  assert_says 'bring the configuration back'
  assert_tidy
}

# bats test_tags=long
@test "a payload that was touched, a set that lies, a Terraform that is too old, one that was not initialised" {
  tf_http_up
  new_terraform_host "$TF_BACKEND"
  tf_apply
  backup 2>/dev/null
  cp -a "$(last_set)" "$HOST/set"
  sed -i -e 's/^position.serial=.*/position.serial=77/' -e '/^manifest_sha256=/d' "$(last_set)/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$(last_set)/MANIFEST" | cut -d' ' -f1)" >>"$(last_set)/MANIFEST"
  run -65 verify
  assert_says 'the backup had 77'
  rm -r "$(last_set)"
  cp -a "$HOST/set" "$STORE/terraform/thing/$(sed -n 's/^set=//p' "$HOST/set/MANIFEST")"
  for file in "$(last_set)"/terraform.tfstate*; do printf 'x' >>"$file"; done
  before="$(curl -s "$HTTP/s" | sha256sum)"
  run -65 restore --yes
  assert_same "$(curl -s "$HTTP/s" | sha256sum)" "$before"
  curl -s "$HTTP/s" | sed 's/"version": *4/"version": 5/' >"$HOST/newer"
  curl -s -f -X POST --data-binary "@$HOST/newer" "$HTTP/s"
  run -78 backup
  assert_says 'install the version'
  rm -r "$TF/.terraform"
  run -78 backup
  assert_says "terraform -chdir=$TF init"
}

# A host whose state is in an S3 bucket of its own, with versions unless told, and the plan's keys in its environment.
new_s3_host() {
  export AWS_EC2_METADATA_DISABLED=true
  BUCKET="states-$BATS_TEST_NUMBER"
  aws_test s3 mb "s3://$BUCKET" >/dev/null
  AWS_ACCESS_KEY_ID=TESTKEY AWS_SECRET_ACCESS_KEY=TESTSECRET new_terraform_host "  backend \"s3\" {
    bucket                      = \"$BUCKET\"
    key                         = \"infra/main.tfstate\"
    region                      = \"us-east-1\"
    use_path_style              = true
    use_lockfile                = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    endpoints                   = { s3 = \"$S3_URL\" }
  }"
  printf 'TESTKEY\n' >"$HOST/key"
  printf 'TESTSECRET\n' >"$HOST/secret"
  set_list TERRAFORM_NAMES AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
  set_list TERRAFORM_SECRETS "file:$HOST/key" "file:$HOST/secret"
  set_fact VERSIONS_PREFIX s3
  set_list OWN_SETTINGS "@versions.bucket=$BUCKET" @versions.key=infra/main.tfstate @versions.region=us-east-1 "@versions.endpoint=$S3_URL"
  relink
}

# Terraform and its helpers with the keys.
with_keys() { AWS_ACCESS_KEY_ID=TESTKEY AWS_SECRET_ACCESS_KEY=TESTSECRET "$@"; }

keep_versions() { aws_test s3api put-bucket-versioning --bucket "$BUCKET" --versioning-configuration Status=Enabled; }

# The ids of the state's versions, newest first.
versions() { aws_test s3api list-object-versions --bucket "$BUCKET" --output text --prefix infra/main.tfstate --query "Versions[?Key=='infra/main.tfstate'].[VersionId]"; }

# bats test_tags=long
@test "s3: the versions that the bucket keeps are listed, looked at, and restored like a set" {
  need_ceph
  new_s3_host
  with_keys tf_apply
  run -0 backup
  assert_says 'keeps no versions'
  assert_says 'Status=Enabled'
  keep_versions
  tf_resources a b c
  with_keys tf_apply
  with_keys tf_content >"$HOST/three"
  three="$(versions | head -n 1)"
  lineage="$(with_keys tf_field lineage)"
  tf_resources a
  with_keys tf_apply
  serial="$(with_keys tf_field serial)"
  run -0 backup
  assert_silent_about 'keeps no versions'
  versions >"$HOST/versions"
  assert_same "$(wc -l <"$HOST/versions")" 3
  run -0 restore --list
  assert_same "$(sed -n 's/^s3:\([^ ]*\) .*/\1/p' <<<"$output")" "$(cat "$HOST/versions")"
  line="$(grep "^s3:$three " <<<"$output")"
  [[ $line =~ \ 20[0-9:\ -]+UTC\ +[0-9.]+\ KiB\ +$((serial - 1))$ ]] || fail "$line"
  assert_says "$(last_set | sed 's|.*/||')"
  run -0 restore --list --from disk
  assert_silent_about s3:
  run -0 restore --help
  assert_says 's3:ID'
  # Nothing live is touched by a look.
  run -0 restore --dry-run --set "s3:$three"
  assert_says "s3://$BUCKET/infra/main.tfstate (s3:$three)"
  assert_says "the live state is NEWER: serial $serial, the set has $((serial - 1))"
  run -0 restore --into "$HOST/look" --set="s3:$three"
  assert_same "$(terraform -chdir="$HOST/look" state list | wc -l)" 3
  versions | diff "$HOST/versions" -
  run -0 restore --yes --set "s3:$three"
  assert_says 'terraform plan: 0 to add, 0 to change, 2 to destroy'
  with_keys tf_content | diff "$HOST/three" -
  assert_same "$(with_keys tf_field lineage)" "$lineage"
  (($(with_keys tf_field serial) > serial))
  assert_same "$(tf_field serial "$(kept)")" "$serial"
  # The state itself was deleted, and a version of it brings it back.
  aws_test s3api delete-object --bucket "$BUCKET" --key infra/main.tfstate >/dev/null
  run -65 backup
  run -0 restore --list
  assert_says 'it was deleted'
  marker="$(sed -n 's/^s3:\([^ ]*\) .*deleted.*/\1/p' <<<"$output")"
  run -65 restore --yes --set "s3:$marker"
  assert_says 'choose the version before it'
  run -0 restore --yes --set "s3:$three"
  with_keys tf_content | diff "$HOST/three" -
  assert_same "$(with_keys tf_field lineage)" "$lineage"
  ! grep -r -e TESTSECRET "$HOST/log" "$HOST/state" "$HOST/bin" "$STORE"
  assert_tidy
}

# bats test_tags=long
@test "s3: a version that is no state, of another lineage, not there; refused keys and a bucket that does not answer" {
  need_ceph
  new_s3_host
  keep_versions
  with_keys tf_apply
  run -0 backup
  good="$(versions)"
  aws_test s3 cp --quiet "s3://$BUCKET/infra/main.tfstate" "$HOST/state.json"
  put_version() { aws_test s3api put-object --bucket "$BUCKET" --key infra/main.tfstate --body "$1" --output text --query VersionId; }
  head -c 300 "$HOST/state.json" >"$HOST/cut"
  cut="$(put_version "$HOST/cut")"
  sed 's/"lineage": "[0-9a-f]*/"lineage": "0123/' "$HOST/state.json" >"$HOST/other"
  sed -i 's/value of a/value of z/' "$HOST/other"
  other="$(put_version "$HOST/other")"
  live="$(put_version "$HOST/state.json")"
  run -65 restore --yes --set "s3:$cut"
  assert_says 'not a state that Terraform can read'
  run -78 restore --yes --set "s3:$other"
  assert_says 'add --force'
  run -65 restore --yes --set s3:nothing-of-the-kind
  assert_says 'has no version nothing-of-the-kind'
  run -64 restore --yes --set 's3:$(x)'
  run -64 restore --yes --set "s3:$good" --from disk
  run -64 restore --yes --set "s3:$good" --latest
  run -64 drill --set "s3:$good"
  assert_same "$(versions | head -n 1)" "$live"
  # A file of credentials comes before the environment of the plan, and is refused here; the state itself can be had.
  printf '[default]\naws_access_key_id = TESTKEY\naws_secret_access_key = falsch\n' >"$HOST/credentials"
  cp "$FACTS" "$HOST/facts.good"
  set_list OWN_SETTINGS "@versions.bucket=$BUCKET" @versions.key=infra/main.tfstate @versions.region=us-east-1 "@versions.endpoint=$S3_URL" "@versions.credentials=$HOST/credentials"
  relink
  run -0 backup
  assert_says 'keeps versions is not known'
  run -0 restore --list
  assert_says 'cannot be listed from here'
  assert_says "$(last_set | sed 's|.*/||')"
  run -77 restore --yes --set "s3:$good"
  sed "s|$S3_URL|http://127.0.0.1:$(free_port)|" "$HOST/facts.good" >"$FACTS"
  relink
  run -69 restore --yes --set "s3:$good"
  cp "$HOST/facts.good" "$FACTS"
  sed -i 's/versions.bucket=/&no-/' "$FACTS"
  relink
  run -78 restore --yes --set "s3:$good"
  assert_says 'there is no bucket'
  assert_same "$(versions | head -n 1)" "$live"
  ! grep -r falsch "$HOST/log" "$HOST/state" "$HOST/bin" "$STORE"
  assert_tidy
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  new_terraform_host
  tf_apply
  tf_serial 3
  transcript_begin "$HOST"
  hand_run_asset terraform-state "$HOST/bin" .sh tf_grow
}

# Somebody goes on working.
tf_grow() {
  tf_resources a b c
  tf_apply
  tf_serial 5
}

# Set the serial of a local state: how often an apply raises it depends on how its resources fall together.
tf_serial() {
  sed -i "s/^  \"serial\": [0-9]*,\$/  \"serial\": $1,/" "$TF/terraform.tfstate"
  assert_same "$(tf_field serial)" "$1"
}
