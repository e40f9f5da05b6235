#!/usr/bin/env bats
# The store rclone against real remotes: an S3 server, and a remote that encrypts and knows no hashes.
load lib/lifeboat
load lib/ceph
load lib/stores

setup_file() {
  ceph_up "$BATS_FILE_TMPDIR/ceph"
  export CEPH S3_URL CONFIG="$BATS_FILE_TMPDIR/rclone.conf" PATH="/usr/bin:$PATH"
  aws_test s3 mb s3://rclone >/dev/null
  write_config TESTSECRET
  STORE_CODE="rclone('offsite', { remote: 's3:rclone/a b', config: '$CONFIG' as '/x' })" compile_store_plan
}

teardown_file() {
  ceph_down
}

setup() {
  fresh_store_host
  write_config TESTSECRET
  aws_test s3 rm --recursive --quiet s3://rclone
  rm -rf "$BATS_FILE_TMPDIR/secret"
}

# rclone's configuration: an S3 remote with a secret key, and one that encrypts below a directory.
write_config() {
  cat >"$CONFIG" <<END
[s3]
type = s3
provider = Ceph
access_key_id = TESTKEY
secret_access_key = $1
endpoint = $S3_URL

[crypt]
type = crypt
remote = $BATS_FILE_TMPDIR/secret
password = $(rclone obscure secret)
END
}

@test "a set is sent, verified, and restored after the host lost everything" {
  demand_round_trip
}

# bats test_tags=long
@test "the remote has a retention of its own, and follows no deletion of the disk" {
  demand_own_retention
}

# bats test_tags=long
@test "a set that is half sent does not exist" {
  mkdir -p "$BATS_TEST_TMPDIR/stops"
  printf '#!/bin/bash\ncase "$*" in *copyto*MANIFEST*) exit 5 ;; esac\nexec /usr/bin/rclone "$@"\n' >"$BATS_TEST_TMPDIR/stops/rclone"
  chmod +x "$BATS_TEST_TMPDIR/stops/rclone"
  demand_nothing_half env PATH="$BATS_TEST_TMPDIR/stops:$PATH" "$PLACE/opt/push-notes.sh"
}

# bats test_tags=long
@test "a remote that knows no hashes is read back, and one that changes what it stores is found out" {
  sed -i "s#offsite.remote=s3:rclone/a b#offsite.remote=crypt:#" "$PLACE"/opt/*.sh
  demand_round_trip
  run ! grep -r one "$BATS_FILE_TMPDIR/secret"
  mkdir -p "$BATS_TEST_TMPDIR/liar"
  printf '#!/bin/bash\ncase "$*" in *copyto*files.tar*) f="${@: -2:1}"; head -c "$(wc -c <"$f")" /dev/zero >"$f.zero"; set -- "${@:1:$#-2}" "$f.zero" "${@: -1}" ;; esac\nexec /usr/bin/rclone "$@"\n' >"$BATS_TEST_TMPDIR/liar/rclone"
  chmod +x "$BATS_TEST_TMPDIR/liar/rclone"
  rm -rf "$BATS_FILE_TMPDIR/secret"
  PATH="$BATS_TEST_TMPDIR/liar:$PATH" run -74 box push-notes
  assert_says 'stored something else than was sent'
}

# bats test_tags=long
@test "wrong keys are 77, an unknown remote 78, a missing configuration 77, a server that is down 69" {
  box backup-notes
  write_config wrong
  run -77 box push-notes
  rm "$CONFIG"
  run -77 box push-notes
  assert_says "cannot read rclone's configuration"
  printf '[other]\ntype = local\n' >"$CONFIG"
  run -78 box push-notes
  assert_says 'has no remote'
  S3_URL=http://127.0.0.1:9 write_config TESTSECRET
  run -69 box push-notes
  assert_same "$(disk_sets | wc -l)" 1
}

# bats test_tags=long
@test "large data arrives with the same hash in constant memory" {
  demand_large_data 400000
}
