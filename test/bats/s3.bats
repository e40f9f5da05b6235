#!/usr/bin/env bats
# The store S3 against a real server: Ceph's object gateway.
load lib/lifeboat
load lib/ceph
load lib/stores

setup_file() {
  export CEPH="$BATS_FILE_TMPDIR/ceph"
  ceph_up "$CEPH"
  export S3_URL
  unset AWS_CA_BUNDLE
  # Debian's aws, should there be another one.
  export PATH="/usr/bin:$PATH"
  export CREDENTIALS="$BATS_FILE_TMPDIR/credentials"
  printf '[default]\naws_access_key_id = TESTKEY\naws_secret_access_key = TESTSECRET\n' >"$CREDENTIALS"
  aws_test s3 mb s3://backups >/dev/null
  STORE_CODE="s3('offsite', { bucket: 'backups', prefix: 'a/b', region: 'us-east-1', endpoint: '$S3_URL' as 'http://x', credentials: '$CREDENTIALS' as '/x' })" compile_store_plan
}

teardown_file() {
  ceph_down
}

setup() {
  fresh_store_host
  aws_test s3 rm --recursive --quiet s3://backups
  printf '[default]\naws_access_key_id = TESTKEY\naws_secret_access_key = TESTSECRET\n' >"$CREDENTIALS"
}

@test "a set is sent, verified, and restored after the host lost everything" {
  demand_round_trip
  assert_same "$(aws_test s3 ls --recursive s3://backups | awk '{ print $4 }' | head -n 1)" "a/b/files/notes/$(disk_sets)/MANIFEST"
}

# bats test_tags=long
@test "the bucket has a retention of its own, and follows no deletion of the disk" {
  demand_own_retention
}

# bats test_tags=long
@test "a set that is half sent does not exist" {
  demand_nothing_half env LIMIT=1 bash -c "PATH=$(stub_that_stops):\$PATH $PLACE/opt/push-notes.sh"
}

# A directory with an `aws` that is killed when it comes to send a MANIFEST.
stub_that_stops() {
  mkdir -p "$BATS_TEST_TMPDIR/stops"
  cat >"$BATS_TEST_TMPDIR/stops/aws" <<'END'
#!/bin/bash
case "$*" in *put-object*MANIFEST*) exit 255 ;; esac
exec /usr/bin/aws "$@"
END
  chmod +x "$BATS_TEST_TMPDIR/stops/aws"
  printf '%s\n' "$BATS_TEST_TMPDIR/stops"
}

# bats test_tags=long
@test "large files go in parts; a part that is there is not sent again" {
  local sent
  sed -i 's/^readonly S3_PART_BYTES=.*/readonly S3_PART_BYTES=5242880/' "$PLACE"/opt/*.sh
  head -c 23000001 /dev/urandom >"$PLACE/data/large"
  box backup-notes
  mkdir -p "$BATS_TEST_TMPDIR/counts"
  cat >"$BATS_TEST_TMPDIR/counts/aws" <<END
#!/bin/bash
case "\$*" in
  *upload-part*--part-number\ 4*) [[ -e $BATS_TEST_TMPDIR/go ]] || exit 255 ;;
esac
case "\$*" in *upload-part*) echo part >>$BATS_TEST_TMPDIR/parts ;; esac
exec /usr/bin/aws "\$@"
END
  chmod +x "$BATS_TEST_TMPDIR/counts/aws"
  PATH="$BATS_TEST_TMPDIR/counts:$PATH" run -69 box push-notes
  assert_same "$(wc -l <"$BATS_TEST_TMPDIR/parts")" 3
  : >"$BATS_TEST_TMPDIR/go"
  PATH="$BATS_TEST_TMPDIR/counts:$PATH" run -0 box push-notes
  assert_says 'going on with an upload'
  assert_same "$(wc -l <"$BATS_TEST_TMPDIR/parts")" 5
  rm -rf "$BATS_TEST_TMPDIR/sets"
  mv "$PLACE/backups/files" "$BATS_TEST_TMPDIR/sets"
  run -0 box restore-notes --from offsite --into "$BATS_TEST_TMPDIR/out" --yes
  cmp "$PLACE/data/large" "$(find "$BATS_TEST_TMPDIR/out" -name large)"
}

@test "what was changed in the bucket is refused" {
  local key
  box backup-notes
  box push-notes
  key="a/b/files/notes/$(disk_sets)/files.tar"
  head -c 400000 /dev/urandom >"$BATS_TEST_TMPDIR/other"
  aws_test s3 cp --quiet "$BATS_TEST_TMPDIR/other" "s3://backups/$key"
  rm -rf "$PLACE/backups"/*
  run -65 box verify-notes --from offsite
  run -65 box restore-notes --from offsite --yes
  assert_says 'its SHA-256 differs from the MANIFEST'
  aws_test s3 rm --quiet "s3://backups/$key"
  run ! box restore-notes --from offsite --yes
}

# bats test_tags=long
@test "wrong keys are 77, a bucket that is not there 78, a server that is down 69; the disk keeps its set" {
  box backup-notes
  printf '[default]\naws_access_key_id = TESTKEY\naws_secret_access_key = wrong\n' >"$CREDENTIALS"
  run -77 box push-notes
  rm "$CREDENTIALS"
  run -77 box push-notes
  assert_says 'cannot read the credentials'
  printf '[default]\naws_access_key_id = TESTKEY\naws_secret_access_key = TESTSECRET\n' >"$CREDENTIALS"
  sed -i 's/offsite.bucket=backups/offsite.bucket=nothere/' "$PLACE/opt/push-notes.sh"
  run -78 box push-notes
  assert_says 'there is no bucket nothere'
  sed -i 's/offsite.bucket=nothere/offsite.bucket=backups/; s#offsite.endpoint=http://127.0.0.1:[0-9]*#offsite.endpoint=http://127.0.0.1:9#' "$PLACE/opt/push-notes.sh"
  run -69 box push-notes
  assert_same "$(disk_sets | wc -l)" 1
}

@test "a locked bucket: nobody deletes a set, and one without a lock is refused" {
  local version key
  sed -i "s/'\?offsite.bucket=backups'\?/offsite.bucket=locked offsite.lock_seconds=86400/" "$PLACE"/opt/*.sh
  aws_test s3api create-bucket --bucket locked >/dev/null
  box backup-notes
  run -78 box push-notes
  assert_says 'keeps no versions'
  aws_test s3 rb s3://locked >/dev/null
  aws_test s3api create-bucket --bucket locked --object-lock-enabled-for-bucket >/dev/null
  run -0 box push-notes
  key="a/b/files/notes/$(disk_sets)/MANIFEST"
  version="$(aws_test s3api list-object-versions --bucket locked --prefix "$key" --query 'Versions[0].VersionId' --output text)"
  run ! aws_test s3api delete-object --bucket locked --key "$key" "--version-id=$version"
  assert_says AccessDenied
  run -0 aws_test s3api get-object-retention --bucket locked --key "$key" --query Retention.Mode --output text
  assert_same "$output" COMPLIANCE
  # An expired set that is still locked is left alone.
  for _ in 1 2; do
    sleep 1
    box backup-notes --quiet
    box push-notes --quiet
  done
  assert_same "$(offsite_sets | wc -l)" 3
}

# bats test_tags=long
@test "large data arrives with the same hash in constant memory" {
  demand_large_data 400000
}
