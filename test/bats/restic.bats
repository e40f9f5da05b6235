#!/usr/bin/env bats
# The store restic against a real repository on an S3 server, and the largest in a directory.
load lib/lifeboat
load lib/ceph
load lib/stores

setup_file() {
  ceph_up "$BATS_FILE_TMPDIR/ceph"
  export CEPH S3_URL SECRETS="$BATS_FILE_TMPDIR/secrets" PATH="/usr/bin:$PATH"
  unset AWS_CA_BUNDLE
  mkdir -p "$SECRETS"
  write_secrets
  STORE_CODE="restic('offsite', { repository: 's3:$S3_URL/restic', password: secretFile('$SECRETS/password' as '/x'), environment: [
    { name: 'AWS_ACCESS_KEY_ID', value: secretFile('$SECRETS/key' as '/x') }, { name: 'AWS_SECRET_ACCESS_KEY', value: secretFile('$SECRETS/secret' as '/x') }] })" compile_store_plan
}

teardown_file() {
  ceph_down
}

write_secrets() {
  printf 'TESTKEY\n' >"$SECRETS/key"
  printf 'TESTSECRET\n' >"$SECRETS/secret"
  printf 'pass word\n' >"$SECRETS/password"
}

setup() {
  fresh_store_host
  write_secrets
  aws_test s3 rb --force s3://restic >/dev/null 2>&1 || true
  repository init >/dev/null
}

# restic as a person uses it.
repository() {
  env AWS_ACCESS_KEY_ID=TESTKEY AWS_SECRET_ACCESS_KEY=TESTSECRET RESTIC_PASSWORD='pass word' restic --no-cache --repo "s3:$S3_URL/restic" "$@"
}

@test "a set is sent, verified, and restored after the host lost everything; the repository is sound" {
  demand_round_trip
  repository check --read-data
}

# bats test_tags=long
@test "the repository has a retention of its own, and what nobody needs is gone" {
  demand_own_retention
  assert_same "$(repository snapshots --json | tr '{' '\n' | grep -c '"file=MANIFEST"')" 2
}

# bats test_tags=long
@test "a set that is half sent does not exist" {
  mkdir -p "$BATS_TEST_TMPDIR/stops"
  printf '#!/bin/bash\ncase "$*" in *backup*MANIFEST*) exit 1 ;; esac\nexec /usr/bin/restic "$@"\n' >"$BATS_TEST_TMPDIR/stops/restic"
  chmod +x "$BATS_TEST_TMPDIR/stops/restic"
  demand_nothing_half env PATH="$BATS_TEST_TMPDIR/stops:$PATH" "$PLACE/opt/push-notes.sh"
}

@test "no secret is in an argument list" {
  mkdir -p "$BATS_TEST_TMPDIR/spy"
  printf '#!/bin/bash\nprintf "%%s\\n" "$*" >>%q\nexec /usr/bin/restic "$@"\n' "$BATS_TEST_TMPDIR/spied" >"$BATS_TEST_TMPDIR/spy/restic"
  chmod +x "$BATS_TEST_TMPDIR/spy/restic"
  box backup-notes
  PATH="$BATS_TEST_TMPDIR/spy:$PATH" run -0 box push-notes
  run ! grep -E 'TESTSECRET|pass word' "$BATS_TEST_TMPDIR/spied"
}

# bats test_tags=long
@test "a password that a person types is asked for once, before a guarded step; a wrong one and no terminal: 77" {
  box backup-notes
  sed -i "s|offsite.password=file:$SECRETS/password|offsite.password=prompt:the repository|" "$PLACE"/opt/*.sh
  run -0 "$BATS_TEST_DIRNAME/lib/typed.py" 'the repository: ' 'pass word' "$PLACE/opt/push-notes.sh"
  assert_says "sent $(disk_sets) to offsite"
  assert_same "$(grep -c 'the repository: ' <<<"$output")" 1
  run -0 "$BATS_TEST_DIRNAME/lib/typed.py" 'the repository: ' 'pass word' "$PLACE/opt/verify-notes.sh" --from offsite
  run -77 "$BATS_TEST_DIRNAME/lib/typed.py" 'the repository: ' wrong "$PLACE/opt/push-notes.sh"
  assert_says 'wrong password'
  run -77 setsid "$PLACE/opt/push-notes.sh"
  assert_says 'the repository must be typed in, and there is no terminal'
}

# bats test_tags=long
@test "a wrong password is 77, no repository 78, a server that is down 69" {
  box backup-notes
  printf 'wrong\n' >"$SECRETS/password"
  run -77 box push-notes
  assert_says 'wrong password'
  write_secrets
  aws_test s3 rb --force s3://restic >/dev/null
  run -78 box push-notes
  assert_says 'there is no repository'
  assert_same "$(disk_sets | wc -l)" 1
}

# bats test_tags=long
@test "large data arrives with the same hash in constant memory, in a repository that is a directory" {
  sed -i "s#offsite\.repository=[^ ']*#offsite.repository=$PLACE/repository#" "$PLACE"/opt/*.sh
  RESTIC_PASSWORD='pass word' restic --quiet --no-cache --repo "$PLACE/repository" init
  demand_large_data 800000
}
