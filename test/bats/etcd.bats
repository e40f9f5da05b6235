#!/usr/bin/env bats
# The etcd kind against real etcd over TLS. What etcd 3.4 cannot do is played by the strict stubs in stubs/.
# shellcheck disable=SC2030,SC2031,SC2034  # bats runs each test in a subshell; facts are used by the scripts

setup_file() {
  REPO="$(cd "$BATS_TEST_DIRNAME/../.." && pwd)"
  TLS="$BATS_FILE_TMPDIR/tls"
  export REPO TLS
  # shellcheck source=test/bats/lib/etcd.bash
  source "$REPO/test/bats/lib/etcd.bash"
  etcd_make_identity "$TLS"
  # One member with one set, for the tests that only read it.
  etcd_fleet "$BATS_FILE_TMPDIR/calm" 1
  etcd_up 0
  etcd_fill 0
  etcd_keep_fleet
  "$(etcd_script backup 0)" --quiet
}

teardown_file() {
  etcd_stop_all "$BATS_FILE_TMPDIR/calm"
}

setup() {
  bats_load_library bats-support
  source "$REPO/test/bats/lib/etcd.bash"
}

teardown() {
  if [[ -s $BATS_TEST_TMPDIR/kubelet.pid ]]; then kill -KILL "$(cat "$BATS_TEST_TMPDIR/kubelet.pid")" 2>/dev/null || true; fi
  etcd_stop_all "$BATS_TEST_TMPDIR"
}

# The fleet of setup_file.
calm_fleet() {
  # shellcheck source=/dev/null
  source "$BATS_FILE_TMPDIR/calm/fleet"
}

# A fleet of this test's own, running and filled.
own_fleet() {
  local count="$1" i
  etcd_fleet "$BATS_TEST_TMPDIR/fleet" "$count"
  # shellcheck disable=SC2046
  etcd_up $(seq 0 $((count - 1)))
  etcd_fill 0
}

# What changes after the backup and must be gone again after the restore.
change_content() {
  etcd_at "$1" put /later 'written after the backup' >/dev/null
  etcd_at "$1" del /registry/pods/default/p1 >/dev/null
}

assert_status() {
  [[ $status == "$1" ]] || fail "status $status, expected $1: $output"
}

assert_says() {
  [[ $output == *"$1"* ]] || fail "expected '$1' in: $output"
}

assert_silent_on() {
  [[ $output != *"$1"* ]] || fail "unexpected '$1' in: $output"
}

assert_same() {
  [[ $1 == "$2" ]] || fail "expected '$2', got '$1'${3:+ ($3)}"
}

manifest_of() {
  sed -n "s/^$2=//p" "$1"/MANIFEST
}

# --- Backup ---------------------------------------------------------------------------------------------------------

# bats test_tags=long
@test "a dry run looks at etcd and changes nothing" {
  calm_fleet
  before="$(find "$FLEET/m0/store" "$FLEET/m0/state" | sort)"
  run "$(etcd_script backup 0)" --dry-run
  assert_status 0
  assert_says 'Nothing was changed'
  assert_same "$(find "$FLEET/m0/store" "$FLEET/m0/state" | sort)" "$before"
}

@test "the manifest tells revision, keys, cluster, members and versions" {
  calm_fleet
  set="$(find "$FLEET/m0/store/etcd/etcd" -mindepth 1 -maxdepth 1 | head -n 1)"
  assert_same "$(manifest_of "$set" position.revision)" "$(etcd_value 0 Revision get / -w fields)"
  assert_same "$(manifest_of "$set" position.keys)" 5
  assert_same "$(manifest_of "$set" position.members)" "m0=${PEER_URL[0]}"
  assert_same "$(manifest_of "$set" position.member_id)" "$(etcd_at 0 member list | cut -d, -f1)"
  assert_same "$(manifest_of "$set" tool.etcd)" "$(etcd_value 0 Version endpoint status | tr -d '"')"
  [[ $(manifest_of "$set" position.cluster_id) =~ ^[0-9a-f]{15,16}$ ]]
  assert_same "$(find "$set" -type f | wc -l)" 2 'only the payload and the MANIFEST are left'
}

# bats test_tags=long
@test "stray ETCD variables and proxies of the caller do no harm" {
  calm_fleet
  export ETCDCTL_API=2 ETCDCTL_ENDPOINTS=http://127.0.0.1:1,http://127.0.0.1:2 ETCDCTL_CACERT=/nowhere ETCDCTL_WRITE_OUT=json
  export ETCD_NAME=stray ETCD_DATA_DIR=/nowhere https_proxy=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1
  run "$(etcd_script backup 0)"
  assert_status 0
  run "$(etcd_script restore 0)" --into "$BATS_TEST_TMPDIR/look"
  assert_status 0
  assert_says '5 keys at revision'
}

# bats test_tags=long
@test "server down, strange CA, no certificate, missing file: code and reason, no set" {
  calm_fleet
  before="$(etcd_sets 0)"
  run "$(etcd_script backup 0 "ENDPOINT='https://127.0.0.1:1'")"
  assert_status 69
  assert_says 'connection refused'
  assert_says 'is etcd running?'
  run "$(etcd_script backup 0 "CACERT='$TLS/stranger.pem'")"
  assert_status 77
  assert_says 'x509'
  run "$(etcd_script backup 0 "CERT=''" "CERT_KEY=''")"
  [[ $status == 69 || $status == 77 ]] || fail "status $status: $output"
  assert_says certificate
  run "$(etcd_script backup 0 "CERT='/nowhere/x.pem'")"
  assert_status 78
  assert_says /nowhere/x.pem
  assert_same "$(etcd_sets 0)" "$before"
}

# bats test_tags=long
@test "a hung etcd is given up after seconds" {
  own_fleet 1
  kill -STOP "$(cat "$FLEET/m0/pid")"
  SECONDS=0
  run "$(etcd_script backup 0)"
  assert_status 69
  assert_says 'does not answer'
  ((SECONDS < 30)) || fail "took $SECONDS s"
  assert_same "$(etcd_sets 0)" ''
}

# bats test_tags=long
@test "an etcd that hangs in the middle of a save ends with the capture's time limit" {
  calm_fleet
  etcd_stub 0 etcdctl
  echo slow >"$FLEET/m0/stubs/etcdctl.mode"
  before="$(etcd_sets 0)"
  run etcd_stubbed 0 "$(etcd_script backup 0 CAPTURE_TIMEOUT=2)"
  rm -rf "$FLEET/m0/stubs/"*
  assert_status 75
  assert_same "$(etcd_sets 0)" "$before"
  assert_same "$(find "$FLEET/m0/store" -name '.partial*')" ''
}

@test "killed in the middle of a save, by TERM and by KILL: no set, the next run works" {
  calm_fleet
  script="$(etcd_script backup 0)"
  before="$(etcd_sets 0)"
  for signal in TERM KILL; do
    etcd_stub 0 etcdctl
    echo slow >"$FLEET/m0/stubs/etcdctl.mode"
    PATH="$FLEET/m0/stubs:$PATH" "$script" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    run_pid=$!
    for _ in {1..600}; do [[ -e $FLEET/m0/stubs/saved ]] && break || sleep 0.1; done
    kill "-$signal" "$run_pid"
    status=0
    wait "$run_pid" || status=$?
    assert_same "$status" "$([[ $signal == TERM ]] && echo 143 || echo 137)"
    rm -rf "$FLEET/m0/stubs/"*
    assert_same "$(etcd_sets 0)" "$before"
  done
  run "$script"
  assert_status 0
  assert_same "$(find "$FLEET/m0/store" -name '.partial*')" '' 'what the killed run left is swept away'
}

# bats test_tags=long
@test "a full disk ends with 74, no set" {
  calm_fleet
  script="$(etcd_script backup 0)"
  # shellcheck disable=SC2016
  run unshare -m bash -c 'mount -t tmpfs -o size=40m none "$1" && "$2"' - "$FLEET/m0/state" "$script"
  assert_status 74
  assert_says 'not enough space'
  # shellcheck disable=SC2016
  run unshare -m bash -c 'mount -t tmpfs -o size=4k none "$1" && "$2"; status=$?; find "$1" -type f; exit "$status"' - "$FLEET/m0/store" "$script"
  assert_status 74
  assert_silent_on "$FLEET/m0/store/etcd/etcd/"
  # Past the first look at the space, the restore itself finds the disk full.
  set -- "$FLEET/m0/store/etcd/etcd/"*
  # shellcheck disable=SC2016
  run unshare -m bash -c 'mount -t tmpfs -o size=40m none "$1" && source "$2" && default_options && LOG_FILE="" LOG_TAG=test RUN_DIR="$1" && etcd_prove_snapshot "$3" "$1/scratch"' \
    - "$FLEET/m0/log" "$script" <(:)
  assert_status 65
  zstd -qdc "$1/snapshot.db.zst" >"$BATS_TEST_TMPDIR/snapshot.db"
  # shellcheck disable=SC2016
  run unshare -m bash -c 'mount -t tmpfs -o size=40m none "$1" && source "$2" && default_options && LOG_FILE="" LOG_TAG=test RUN_DIR="$1" && etcd_prove_snapshot "$3" "$1/scratch"' \
    - "$FLEET/m0/log" "$script" "$BATS_TEST_TMPDIR/snapshot.db"
  assert_status 74
  assert_says 'no room'
}

# bats test_tags=long
@test "a snapshot that is damaged, cut or without its hash is never published" {
  calm_fleet
  etcd_stub 0 etcdctl
  script="$(etcd_script backup 0)"
  before="$(etcd_sets 0)"
  for fault in flip cut nohash; do
    printf '%s\n' "$fault" >"$FLEET/m0/stubs/etcdctl.mode"
    run etcd_stubbed 0 "$script"
    assert_status 65
    assert_says 'the snapshot does not restore: nothing is published'
    assert_same "$(etcd_sets 0)" "$before"
  done
  rm -rf "$FLEET/m0/stubs/"*
}

# bats test_tags=long
@test "without a tool that restores (etcdctl 3.6, no etcdutl) the backup refuses" {
  calm_fleet
  etcd_stub 0 etcdctl
  echo 3.6 >"$FLEET/m0/stubs/etcdctl.mode"
  run etcd_stubbed 0 "$(etcd_script backup 0)"
  assert_status 69
  assert_says 'install etcdutl'
  # With etcdutl it works, and etcdctl's own commands are not missed.
  etcd_stub 0 etcdutl
  run etcd_stubbed 0 "$(etcd_script backup 0)"
  assert_status 0
  rm -rf "$FLEET/m0/stubs/"*
  assert_says 'proven by restoring it'
}

# bats test_tags=long
@test "alarms: NOSPACE is a warning, CORRUPT a refusal" {
  etcd_fleet "$BATS_TEST_TMPDIR/fleet" 1
  printf '%s\n' --quota-backend-bytes=65536 >"$FLEET/m0/flags"
  etcd_up 0
  etcd_at 0 put a b >/dev/null
  for n in {1..12}; do head -c 20000 /dev/urandom | etcd_at 0 put "big$n" >/dev/null 2>&1 || break; done
  run etcd_at 0 alarm list
  assert_says NOSPACE
  run "$(etcd_script backup 0)"
  assert_status 0
  assert_says 'alarm NOSPACE'
  # It comes back with the data, and the operator is told.
  run "$(etcd_script restore 0)" --yes
  assert_status 0
  assert_says 'still has the alarm NOSPACE'

  before="$(etcd_sets 0)"
  etcd_stub 0 etcdctl
  echo corrupt >"$FLEET/m0/stubs/etcdctl.mode"
  run etcd_stubbed 0 "$(etcd_script backup 0)"
  assert_status 65
  assert_says CORRUPT
  assert_same "$(etcd_sets 0)" "$before"
}

# bats test_tags=long
@test "a cluster that is not the plan's is a warning" {
  calm_fleet
  run "$(etcd_script backup 0 "INITIAL_CLUSTER='m0=${PEER_URL[0]},m1=https://127.0.0.1:9'" '-a MEMBER_NAMES=(m0 m1)')" --dry-run
  assert_status 0
  assert_says "it has m0=${PEER_URL[0]}, the plan has m0=${PEER_URL[0]},m1=https://127.0.0.1:9"
}

# --- Restore of one member ------------------------------------------------------------------------------------------

@test "restored over a changed member: exactly the backup's content, as a new cluster, the old data kept" {
  own_fleet 1
  content="$(etcd_content 0)"
  cluster="$(etcd_value 0 ClusterID endpoint status)"
  "$(etcd_script backup 0)"
  change_content 0
  [[ $(etcd_content 0) != "$content" ]]
  run "$(etcd_script restore 0)" --yes
  assert_status 0
  assert_says '5 keys as of the backup'
  assert_says 'Restart kube-apiserver'
  assert_same "$(etcd_content 0)" "$content"
  [[ $(etcd_value 0 ClusterID endpoint status) != "$cluster" ]] || fail 'the cluster kept its id'
  assert_same "$(stat -c %a "$FLEET/m0/data")" 700
  assert_same "$(find "$FLEET/m0" -maxdepth 1 -name 'data.lifeboat-old-*' | wc -l)" 1
  assert_same "$(find "$FLEET/m0" -maxdepth 1 -name '.lifeboat-stage*')" ''
  # Twice is as good as once, and a backup of the restored member works.
  run "$(etcd_script restore 0)" --yes
  assert_status 0
  assert_same "$(etcd_content 0)" "$content"
  run "$(etcd_script backup 0)"
  assert_status 0
}

# bats test_tags=long
@test "restored where everything is gone: data directory and process" {
  own_fleet 1
  content="$(etcd_content 0)"
  "$(etcd_script backup 0 "ENCRYPTION='none'")"
  kill -KILL "$(cat "$FLEET/m0/pid")"
  rm -rf "$FLEET/m0/data" "$FLEET/m0/state"
  run "$(etcd_script restore 0 "DATA_OWNER='0:1'")" --yes --verbose
  assert_status 0
  assert_says 'nothing listens at'
  assert_same "$(etcd_content 0)" "$content"
  assert_same "$(stat -c %u:%g "$FLEET/m0/data/member/snap/db")" 0:1
}

# bats test_tags=long
@test "an encrypted set: unreadable as it lies, restored with the key, refused without" {
  own_fleet 1
  content="$(etcd_content 0)"
  age-keygen -o "$BATS_TEST_TMPDIR/key" 2>/dev/null
  facts=("ENCRYPTION='age'" "-a AGE_RECIPIENTS=('$(age-keygen -y "$BATS_TEST_TMPDIR/key")')" "AGE_IDENTITY_FILE='$BATS_TEST_TMPDIR/key'")
  "$(etcd_script backup 0 "${facts[@]}")"
  run grep -rq 'registry/pods' "$FLEET/m0/store"
  assert_status 1
  change_content 0
  run "$(etcd_script restore 0 "${facts[@]:0:2}" "AGE_IDENTITY_FILE='/nowhere'")" --yes
  assert_status 77
  run "$(etcd_script restore 0 "${facts[@]}")" --yes
  assert_status 0
  assert_same "$(etcd_content 0)" "$content"
}

# bats test_tags=long
@test "a damaged set is refused and the live member is not touched" {
  calm_fleet
  content="$(etcd_content 0)"
  pid="$(cat "$FLEET/m0/pid")"
  set="$(find "$FLEET/m0/store/etcd/etcd" -mindepth 1 -maxdepth 1 | sort | tail -n 1)"
  cp -r "$set" "$BATS_TEST_TMPDIR/keep"
  damage "$set/snapshot.db.zst" 100
  run "$(etcd_script restore 0)" --yes --set "${set##*/}"
  assert_status 65
  assert_same "$(cat "$FLEET/m0/pid")" "$pid"
  assert_same "$(etcd_content 0)" "$content"
  rm -rf "$set"
  cp -r "$BATS_TEST_TMPDIR/keep" "$set"
}

# bats test_tags=long
@test "a set whose keys or revision are not the recorded ones does not pass the stage" {
  calm_fleet
  set="$(find "$FLEET/m0/store/etcd/etcd" -mindepth 1 -maxdepth 1 | sort | tail -n 1)"
  for change in 's/^position.keys=5/position.keys=6/' 's/^position.revision=/&9/'; do
    rm -rf "$BATS_TEST_TMPDIR/store"
    mkdir -p "$BATS_TEST_TMPDIR/store/etcd/etcd"
    cp -r "$set" "$BATS_TEST_TMPDIR/store/etcd/etcd/"
    copy="$BATS_TEST_TMPDIR/store/etcd/etcd/${set##*/}/MANIFEST"
    sed -i -e "$change" -e '$d' "$copy"
    printf 'manifest_sha256=%s\n' "$(sha256sum <"$copy" | cut -d' ' -f1)" >>"$copy"
    run "$(etcd_script restore 0 "-a STORE_PATHS=('$BATS_TEST_TMPDIR/store')")" --yes
    assert_status 65
    assert_says 'the MANIFEST says'
    etcd_at 0 endpoint health
  done
}

# bats test_tags=long
@test "restored into a directory: a member of its own that can be started alone" {
  calm_fleet
  content="$(etcd_content 0)"
  run "$(etcd_script restore 0)" --into "$BATS_TEST_TMPDIR/look"
  assert_status 0
  assert_says '5 keys at revision'
  assert_same "$(cd "$BATS_TEST_TMPDIR/look" && printf "%s " *)" "data snapshot.db "
  cd "$BATS_TEST_TMPDIR/look"
  etcd --data-dir data --listen-client-urls unix://client:1 --advertise-client-urls unix://client:1 --listen-peer-urls unix://peer:1 >log 2>&1 3>&- &
  echo "$!" >pid
  disown
  for _ in {1..600}; do [[ -S client:1 ]] && ETCDCTL_API=3 etcdctl --endpoints unix://client:1 endpoint health 2>/dev/null && break || sleep 0.1; done
  assert_same "$(ETCDCTL_API=3 etcdctl --endpoints unix://client:1 get --prefix '' | sha256sum)" "$content"
}

# bats test_tags=long
@test "verify and drill: shallow, deep, timed, and nothing is left" {
  calm_fleet
  facts=("SCRATCH_DIR='$BATS_TEST_TMPDIR/scratch'")
  mkdir "$BATS_TEST_TMPDIR/scratch"
  run "$(etcd_script verify 0 "${facts[@]}")"
  assert_status 0
  assert_says 'disk         ok'
  run "$(etcd_script verify 0 "${facts[@]}")" --deep
  assert_status 0
  assert_says '5 keys at revision'
  run "$(etcd_script drill 0 "${facts[@]}")"
  assert_status 0
  assert_says PASSED
  assert_says '5 keys at revision'
  assert_same "$(find "$BATS_TEST_TMPDIR/scratch" -mindepth 1)" ''
}

@test "a set that was written well but holds a damaged snapshot is found by verify and refused by restore" {
  own_fleet 1
  good="$BATS_TEST_TMPDIR/good.db"
  etcd_at 0 snapshot save "$good" >/dev/null 2>&1
  backup="$(etcd_script backup 0)"
  verify="$(etcd_script verify 0)"
  for fault in flip nohash cut; do
    cp "$good" "$BATS_TEST_TMPDIR/$fault.db"
    case "$fault" in
      flip) damage "$BATS_TEST_TMPDIR/flip.db" 9000 ;;
      nohash) truncate -s -32 "$BATS_TEST_TMPDIR/nohash.db" ;;
      cut) truncate -s 10000 "$BATS_TEST_TMPDIR/cut.db" ;;
    esac
    # shellcheck disable=SC2016
    FILE="$BATS_TEST_TMPDIR/$fault.db" bash -c 'source "$1"; kind_capture() { write_payload_file snapshot.db "$FILE"; }; main --quiet' - "$backup"
    # Without a tool that restores, the hash alone tells as well.
    # shellcheck disable=SC2016
    run bash -c 'source "$1"; default_options; LOG_FILE="" LOG_TAG=test; etcd_check_hash "$2"' - "$verify" "$BATS_TEST_TMPDIR/$fault.db"
    assert_status 65
  done
  # shellcheck disable=SC2016
  run bash -c 'source "$1"; etcd_check_hash "$2"' - "$verify" "$good"
  assert_status 0
  before="$(cat "$FLEET/m0/pid")"
  run "$(etcd_script restore 0)" --yes
  assert_status 65
  assert_same "$(cat "$FLEET/m0/pid")" "$before" 'the live member was not touched'
  run "$(etcd_script verify 0 "SCRATCH_DIR='$BATS_TEST_TMPDIR'")" --all
  assert_status 65
  assert_same "$(find "$FLEET/m0/store" -name SUSPECT | wc -l)" 3
}

# bats test_tags=long
@test "where etcd runs in a container only, the stage is checked without starting it" {
  calm_fleet
  mkdir "$BATS_TEST_TMPDIR/bin"
  ln -s /usr/bin/* /bin/* "$BATS_TEST_TMPDIR/bin/" 2>/dev/null || true
  rm "$BATS_TEST_TMPDIR/bin/etcd"
  PATH="$BATS_TEST_TMPDIR/bin" run "$(etcd_script restore 0)" --into "$BATS_TEST_TMPDIR/look"
  assert_status 0
  assert_says 'there is no etcd program on this host'
  assert_says 'a data directory of'
}

# bats test_tags=long
@test "a data directory that is a mount point keeps its mount" {
  own_fleet 1
  content="$(etcd_content 0)"
  "$(etcd_script backup 0)"
  etcd_down 0
  script="$(etcd_script restore 0)"
  # shellcheck disable=SC2016
  run unshare -m bash -c 'mount -t tmpfs -o size=400m none "$1/data" && "$1/service" start && "$2" --yes && ls -A "$1/data"' - "$FLEET/m0" "$script"
  assert_status 0
  assert_says "replace $FLEET/m0/data/member"
  assert_says 'member.lifeboat-old-'
  assert_same "$(etcd_content 0)" "$content"
}

# bats test_tags=long
@test "etcd does not start on the restored data: the old data is back and running" {
  own_fleet 1
  "$(etcd_script backup 0)"
  change_content 0
  content="$(etcd_content 0)"
  cat >"$FLEET/m0/fails-once" <<SCRIPT
#!/usr/bin/env bash
if [[ ! -e '$FLEET/m0/failed' ]]; then : >'$FLEET/m0/failed'; exit 1; fi
exec '$FLEET/m0/service' start
SCRIPT
  chmod 755 "$FLEET/m0/fails-once"
  run "$(etcd_script restore 0 "-a SERVICE_START=('$FLEET/m0/fails-once')")" --yes
  assert_status 69
  assert_says 'is as it was before the restore'
  etcd_wait_healthy 0
  assert_same "$(etcd_content 0)" "$content"
}

# bats test_tags=long
@test "etcd is started but comes up dead: given up, the old data is back" {
  own_fleet 1
  "$(etcd_script backup 0)"
  change_content 0
  content="$(etcd_content 0)"
  cat >"$FLEET/m0/dead-once" <<SCRIPT
#!/usr/bin/env bash
if [[ ! -e '$FLEET/m0/failed' ]]; then : >'$FLEET/m0/failed'; exit 0; fi
exec '$FLEET/m0/service' start
SCRIPT
  chmod 755 "$FLEET/m0/dead-once"
  script="$(etcd_script restore 0 "-a SERVICE_START=('$FLEET/m0/dead-once')")"
  sed -i 's/^readonly ETCD_DEAD_SECONDS=.*/readonly ETCD_DEAD_SECONDS=1/' "$script"
  run "$script" --yes
  assert_status 69
  assert_says 'does not come up on the restored data'
  etcd_wait_healthy 0
  assert_same "$(etcd_content 0)" "$content"
}

@test "killed -9 in the middle of the swap, then run again: restored and healthy" {
  own_fleet 1
  content="$(etcd_content 0)"
  "$(etcd_script backup 0)"
  change_content 0
  cat >"$FLEET/m0/killer" <<SCRIPT
#!/usr/bin/env bash
if [[ -e '$FLEET/m0/restore.pid' ]]; then
  pid=\$(cat '$FLEET/m0/restore.pid')
  rm '$FLEET/m0/restore.pid'
  kill -KILL "\$pid"
  sleep 1
  exit 1
fi
exec '$FLEET/m0/service' start
SCRIPT
  chmod 755 "$FLEET/m0/killer"
  script="$(etcd_script restore 0 "-a SERVICE_START=('$FLEET/m0/killer')")"
  # shellcheck disable=SC2016
  run bash -c 'echo $$ >"$1/restore.pid"; exec "$2" --yes' - "$FLEET/m0" "$script"
  assert_status 137
  run etcd_at 0 endpoint health --command-timeout=1s
  [[ $status != 0 ]]
  # A backup of what may be half a restore is refused.
  sleep 1.5
  run "$(etcd_script backup 0)"
  assert_status 75
  run "$script" --yes
  assert_status 75
  assert_says "$script --undo"
  run "$script" --undo --yes
  assert_status 0
  run "$script" --yes
  assert_status 0
  assert_same "$(etcd_content 0)" "$content"
}

# bats test_tags=long
@test "an etcd that the plan cannot stop is not pulled the data from under" {
  calm_fleet
  content="$(etcd_content 0)"
  run "$(etcd_script restore 0 "SERVICE_KIND='none'")" --yes
  assert_status 78
  assert_says 'does not say how to stop it'
  assert_same "$(etcd_content 0)" "$content"
}

# bats test_tags=long
@test "a write-ahead log kept elsewhere is refused" {
  calm_fleet
  mkdir -p "$BATS_TEST_TMPDIR/data/member/snap"
  run "$(etcd_script restore 0 "DATA_DIR='$BATS_TEST_TMPDIR/data'")" --yes
  assert_status 78
  assert_says --wal-dir
  etcd_at 0 endpoint health
}

# bats test_tags=long
@test "revisions are moved ahead where the tool can (strict stub of etcdutl)" {
  own_fleet 1
  etcd_stub 0 etcdutl
  content="$(etcd_content 0)"
  etcd_stubbed 0 "$(etcd_script backup 0)"
  change_content 0
  now="$(etcd_value 0 Revision get /)"
  run etcd_stubbed 0 "$(etcd_script restore 0 BUMP_REVISION=20)" --yes
  assert_status 0
  assert_says 'revisions were moved ahead by 20'
  assert_silent_on 'will be given out again'
  assert_same "$(etcd_content 0)" "$content"
  (($(etcd_value 0 Revision get /) > now)) || fail 'the revision went back'
  grep -q -- '--bump-revision=20 --mark-compacted' "$FLEET/m0/stubs/etcdutl.calls"
}

# --- Topologies -----------------------------------------------------------------------------------------------------

# bats test_tags=long
@test "systemd (strict stub of systemctl): stopped, swapped, started, the unit's user owns the data" {
  own_fleet 1
  etcd_stub 0 systemctl
  printf '%s\n' "$FLEET/m0/service" >"$FLEET/m0/stubs/systemctl.service"
  printf 'daemon\n' >"$FLEET/m0/stubs/systemctl.user"
  content="$(etcd_content 0)"
  facts=("SERVICE_KIND='systemd'" "SERVICE_NAME='etcd'")
  etcd_stubbed 0 "$(etcd_script backup 0 "${facts[@]}")"
  change_content 0
  run etcd_stubbed 0 "$(etcd_script restore 0 "${facts[@]}")" --yes
  assert_status 0
  assert_same "$(etcd_content 0)" "$content"
  assert_same "$(tail -n 2 "$FLEET/m0/calls" | tr '\n' ' ')" 'stop start '
  etcd_down 0
  rm -rf "$FLEET/m0/data"
  run etcd_stubbed 0 "$(etcd_script restore 0 "${facts[@]}")" --yes
  assert_status 0
  assert_same "$(stat -c %U:%G "$FLEET/m0/data/member")" daemon:daemon
}

# bats test_tags=long
@test "static pods (strict stub of a kubelet): the control plane is gone before the swap and comes back after it" {
  etcd_fleet "$BATS_TEST_TMPDIR/fleet" 1
  # Names of this run's own: the stand-ins are looked for in the process list.
  own="${PEER_URL[0]##*:}"
  pods=("kube-scheduler-$own" "kube-controller-manager-$own" "kube-apiserver-$own" "etcd-$own")
  mkdir "$FLEET/m0/manifests"
  for pod in "${pods[@]}"; do echo "kind: Pod" >"$FLEET/m0/manifests/$pod.yaml"; done
  "$REPO/test/bats/stubs/kubelet" "$FLEET/m0/manifests" "$FLEET/m0/kubelet" "$FLEET/m0/service" "etcd-$own.yaml" 3>&- >/dev/null 2>&1 &
  kubelet=$!
  for _ in {1..600}; do [[ -s $FLEET/m0/pid ]] && break || sleep 0.1; done
  etcd_wait_healthy 0
  etcd_fill 0
  content="$(etcd_content 0)"
  facts=("SERVICE_KIND='static-pod'" "-a STATIC_PODS=($(printf "'%s.yaml' " "${pods[@]}"))")
  "$(etcd_script backup 0 "${facts[@]}")"
  change_content 0
  : >"$FLEET/m0/kubelet/events"
  run "$(etcd_script restore 0 "${facts[@]}")" --yes
  kill -TERM "$kubelet"
  wait "$kubelet" || true
  assert_status 0
  # Everything was gone before anything was started again.
  first_start="$(grep -n '^start' "$FLEET/m0/kubelet/events" | head -n 1 | cut -d: -f1)"
  assert_same "$(head -n "$((first_start - 1))" "$FLEET/m0/kubelet/events" | grep -c '^gone')" 4
  assert_same "$(grep -c '^start' "$FLEET/m0/kubelet/events")" 4
  assert_same "$(find "$FLEET/m0/held" -type f)" ''
  etcd_up 0
  assert_same "$(etcd_content 0)" "$content"
}

# --- Clusters -------------------------------------------------------------------------------------------------------

# Bring the sets of member 0 to the others' stores.
spread_sets() {
  local i
  for i in "$@"; do cp -r "$FLEET/m0/store/." "$FLEET/m$i/store/"; done
}

# Restore the set $name on members at the same time: all must end well.
restore_together() {
  local i
  local -a pids=()
  for i in "$@"; do
    "$(etcd_script restore "$i" QUORUM_WAIT_SECONDS=60)" --set "$name" --yes >"$FLEET/restore-$i.log" 2>&1 3>&- &
    pids+=($!)
  done
  for i in "${!pids[@]}"; do wait "${pids[i]}" || fail "member ${*:i+1:1} ended with $?: $(cat "$FLEET"/restore-*.log)"; done
}

@test "three members lost: each restores the same set, and they are one cluster again" {
  own_fleet 3
  content="$(etcd_content 0)"
  "$(etcd_script backup 0)"
  name="$(etcd_sets 0)"
  spread_sets 1 2
  for i in 0 1 2; do kill -KILL "$(cat "$FLEET/m$i/pid")"; done
  rm -rf "$FLEET"/m?/data
  # One alone waits in vain, is never called live, and is put back.
  run "$(etcd_script restore 0 QUORUM_WAIT_SECONDS=1)" --set "$name" --yes
  assert_status 75
  assert_says 'begin a new cluster of m0 m1 m2'
  assert_says 'waits for the others: 2 of m0 m1 m2'
  assert_says "restore-etcd.sh --set $name --yes"
  assert_says 'there is no cluster'
  assert_silent_on 'is live'
  [[ ! -e $FLEET/m0/data ]] || fail 'a member stays that is in no cluster'
  # All at the same time.
  restore_together 0 1 2
  for i in 0 1 2; do grep -q '5 keys as of the backup' "$FLEET/restore-$i.log" || fail "m$i: $(cat "$FLEET/restore-$i.log")"; done
  for i in 0 1 2; do
    assert_same "$(etcd_content "$i")" "$content" "m$i"
    assert_same "$(etcd_value "$i" ClusterID endpoint status)" "$(etcd_value 0 ClusterID endpoint status)"
  done
  etcd_at 2 put /after restore
  assert_same "$(etcd_at 0 get /after --print-value-only)" restore
  assert_same "$(etcd_at 0 member list | wc -l)" 3
}

# bats test_tags=long
@test "three living members that changed since: restored one by one, what came later is gone" {
  own_fleet 3
  content="$(etcd_content 0)"
  "$(etcd_script backup 1)"
  name="$(etcd_sets 1)"
  cp -r "$FLEET/m1/store/." "$FLEET/m0/store/"
  spread_sets 2
  change_content 2
  # m0 restores another snapshot, of after the change: a cluster id of its own keeps it from joining.
  "$(etcd_script backup 0)"
  other="$(etcd_sets 0 | tail -n 1)"
  # What is newest differs from host to host: it must be named.
  run "$(etcd_script restore 0 QUORUM_WAIT_SECONDS=1)" --latest --yes
  assert_status 64
  assert_says "--set $other, on the host of every member"
  run "$(etcd_script restore 0 QUORUM_WAIT_SECONDS=1)" --dry-run
  assert_status 0
  "$(etcd_script restore 0 QUORUM_WAIT_SECONDS=5)" --set "$other" --yes >"$FLEET/other.log" 2>&1 3>&- &
  stranger=$!
  restore_together 1 2
  assert_same "$(etcd_content 1)" "$content"
  status=0
  wait "$stranger" || status=$?
  assert_status 75
  grep -q 'there is no cluster' "$FLEET/other.log"
  [[ $(<"$FLEET/other.log") != *'is live'* ]] || fail 'a member in no cluster was called live'
  # With the right set it joins.
  run "$(etcd_script restore 0)" --set "$name" --yes
  assert_status 0
  for i in 0 1 2; do assert_same "$(etcd_content "$i")" "$content" "m$i"; done
  assert_same "$(etcd_at 0 get /later)" ''
}

# --- By hand ------------------------------------------------------------------------------------------------------------

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  own_fleet 1
  for role in backup restore verify drill; do etcd_script "$role" 0 >/dev/null; done
  transcript_begin "$FLEET"
  hand_run_asset etcd "$FLEET/m0" -etcd.sh lose_some
}

lose_some() { change_content 0; }
