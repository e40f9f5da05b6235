#!/usr/bin/env bats
# The store gcs against a strict stub of gcloud: Google's storage cannot be had here.
load lib/lifeboat
load lib/stores

setup_file() {
  export GCS_ROOT="$BATS_FILE_TMPDIR/gcs" CREDENTIALS="$BATS_FILE_TMPDIR/google.json" PATH="$BATS_TEST_DIRNAME/stubs:$PATH"
  STORE_CODE="gcs('offsite', { bucket: 'backups', prefix: 'a/b', credentials: '$CREDENTIALS' as '/x' })" compile_store_plan
}

setup() {
  fresh_store_host
  rm -rf "$GCS_ROOT"
  mkdir -p "$GCS_ROOT/backups"
  printf '{}\n' >"$CREDENTIALS"
}

@test "a set is sent, verified, and restored after the host lost everything" {
  demand_round_trip
  [[ -f $GCS_ROOT/backups/a/b/files/notes/$(disk_sets)/MANIFEST ]]
}

# bats test_tags=long
@test "the bucket has a retention of its own, and follows no deletion of the disk" {
  demand_own_retention
}

# bats test_tags=long
@test "a set that is half sent does not exist" {
  touch "$GCS_ROOT/.no-manifest"
  box backup-notes
  run -69 box push-notes
  assert_same "$(offsite_sets)" ''
  rm "$GCS_ROOT/.no-manifest"
  run -0 box push-notes
  assert_same "$(offsite_sets)" "$(disk_sets)"
}

# bats test_tags=long
@test "no account or no right is 77, no bucket 78, no retention policy where the plan demands one 78" {
  box backup-notes
  : >"$CREDENTIALS"
  run -77 box push-notes
  rm "$CREDENTIALS"
  run -77 box push-notes
  assert_says 'cannot read the credentials'
  printf '{}\n' >"$CREDENTIALS"
  touch "$GCS_ROOT/.denied"
  run -77 box push-notes
  rm "$GCS_ROOT/.denied"
  sed -i "s/'\?offsite.bucket=backups'\?/offsite.bucket=backups offsite.retention_policy=yes/" "$PLACE"/opt/*.sh
  run -78 box push-notes
  assert_says 'has no retention policy'
  printf '2592000\n' >"$GCS_ROOT/backups/.retention"
  run -0 box push-notes
  mv "$GCS_ROOT/backups" "$GCS_ROOT/other"
  run -78 box push-notes
  assert_says 'there is no bucket'
}

# bats test_tags=long
@test "large data arrives with the same hash in constant memory" {
  demand_large_data 100000
}
