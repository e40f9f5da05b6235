#!/usr/bin/env bats
# The store azureBlob against Azure's emulator.
load lib/lifeboat
load lib/azurite
load lib/stores

setup_file() {
  export AZURITE="$BATS_FILE_TMPDIR/azurite"
  azurite_up "$AZURITE"
  export AZURE_URL
  STORE_CODE="azureBlob('offsite', { account: 'devstoreaccount1', container: 'backups', prefix: 'a/b', endpoint: '$AZURE_URL' as 'http://x', sas: secretFile('$AZURITE/sas' as '/x') })" compile_store_plan
}

teardown_file() {
  azurite_down
}

setup() {
  local blob
  fresh_store_host
  azure_sas backups >"$AZURITE/sas"
  for blob in $(azure_blobs); do
    curl --silent --request DELETE --header 'x-ms-version: 2021-12-02' "$AZURE_URL/backups/$blob?$(cat "$AZURITE/sas")"
  done
}

@test "a set is sent, verified, and restored after the host lost everything" {
  demand_round_trip
  assert_same "$(azure_blobs | head -n 1)" "a/b/files/notes/$(disk_sets)/MANIFEST"
}

# bats test_tags=long
@test "the container has a retention of its own, and follows no deletion of the disk" {
  demand_own_retention
}

# A directory with a curl that fails when it comes to what the pattern names.
failing_curl() {
  mkdir -p "$BATS_TEST_TMPDIR/stops"
  cat >"$BATS_TEST_TMPDIR/stops/curl" <<END
#!/bin/bash
# The address comes on stdin.
config="\$(cat)"
if [[ \$config == $1 && ! -e $BATS_TEST_TMPDIR/go ]]; then
  printf 000
  exit 7
fi
[[ \$config != *comp=block\&* ]] || echo block >>$BATS_TEST_TMPDIR/blocks
exec /usr/bin/curl "\$@" <<<"\$config"
END
  chmod +x "$BATS_TEST_TMPDIR/stops/curl"
  export PATH="$BATS_TEST_TMPDIR/stops:$PATH"
}

# bats test_tags=long
@test "a set that is half sent does not exist" {
  failing_curl '*MANIFEST*comp=blocklist*'
  box backup-notes
  run -69 box push-notes
  assert_same "$(offsite_sets)" ''
  : >"$BATS_TEST_TMPDIR/go"
  run -0 box push-notes
  assert_same "$(offsite_sets)" "$(disk_sets)"
}

@test "large files go in blocks; a block that is there is not sent again" {
  sed -i 's/^readonly AZURE_BLOCK_BYTES=.*/readonly AZURE_BLOCK_BYTES=4194304/' "$PLACE"/opt/*.sh
  head -c 18000001 /dev/urandom >"$PLACE/data/large"
  box backup-notes
  failing_curl "*blockid=$(printf 000003 | openssl base64 | cut -c 1-8)*"
  run -69 box push-notes
  assert_same "$(wc -l <"$BATS_TEST_TMPDIR/blocks")" 3
  : >"$BATS_TEST_TMPDIR/go"
  run -0 box push-notes
  assert_says 'going on with an upload'
  # Five blocks of the data, one of the MANIFEST.
  assert_same "$(wc -l <"$BATS_TEST_TMPDIR/blocks")" 6
  rm -rf "$PLACE/backups"/*
  run -0 box restore-notes --from offsite --into "$BATS_TEST_TMPDIR/out" --yes
  cmp "$PLACE/data/large" "$(find "$BATS_TEST_TMPDIR/out" -name large)"
}

# bats test_tags=long
@test "a signature without the right or out of date is 77, no container 78, a server that is down 69; the signature is in no argument" {
  box backup-notes
  azure_sas backups rl >"$AZURITE/sas"
  run -77 box push-notes
  assert_says 'refuses the signature'
  azure_sas backups >"$AZURITE/sas"
  sed -i "s#offsite.container=[^ ']*#offsite.container=$AZURE_URL/nothere#" "$PLACE/opt/push-notes.sh"
  azure_sas nothere >"$AZURITE/sas"
  run -78 box push-notes
  assert_says 'there is no container'
  sed -i "s#offsite.container=[^ ']*#offsite.container=http://127.0.0.1:9/x/backups#" "$PLACE/opt/push-notes.sh"
  run -69 box push-notes
  fresh_store_host
  azure_sas backups >"$AZURITE/sas"
  box backup-notes
  mkdir -p "$BATS_TEST_TMPDIR/spy"
  printf '#!/bin/bash\nprintf "%%s\\n" "$*" >>%q\nexec /usr/bin/curl "$@"\n' "$BATS_TEST_TMPDIR/spied" >"$BATS_TEST_TMPDIR/spy/curl"
  chmod +x "$BATS_TEST_TMPDIR/spy/curl"
  PATH="$BATS_TEST_TMPDIR/spy:$PATH" run -0 box push-notes
  run ! grep sig= "$BATS_TEST_TMPDIR/spied"
  [[ -s $BATS_TEST_TMPDIR/spied ]]
}

# bats test_tags=long
@test "large data arrives with the same hash in constant memory" {
  demand_large_data 100000
}
