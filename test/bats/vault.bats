#!/usr/bin/env bats
# The vault kind against a strict stub: Vault itself cannot be had here. The stub (stubs/vault) keeps a cluster of replicas on the
# disk, refuses what the real command line would refuse, and any key or token among its arguments.
# shellcheck disable=SC1091,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  KEYS=(a2V5LW9uZQ== a2V5LXR3bw== a2V5LXRocmVl a2V5LWZvdXI= a2V5LWZpdmU=)
  TOKEN=hvs.CAESIJ-token
  export VAULT_STUB="$BATS_TEST_TMPDIR/vault" PODS="$BATS_TEST_TMPDIR/pods"
  mkdir -p "$BATS_TEST_TMPDIR/stubs"
  ln -s "$BATS_TEST_DIRNAME/stubs/vault" "$BATS_TEST_TMPDIR/stubs/vault"
  ln -s "$BATS_TEST_DIRNAME/stubs/kubectl-exec" "$BATS_TEST_TMPDIR/stubs/kubectl"
  export PATH="$BATS_TEST_TMPDIR/stubs:$PATH" TMPDIR="$BATS_TEST_TMPDIR/tmp"
  mkdir "$TMPDIR"
  new_vault 10.0.0.1 10.0.0.2 10.0.0.3
  new_vault_host
}

teardown() {
  [[ ! -e $VAULT_STUB/leak ]] || fail "a secret was an argument: $(<"$VAULT_STUB/leak")"
  # No snapshot is left on its way.
  local left
  left="$(find "$BATS_TEST_TMPDIR" -name 'lifeboat-vault-*')"
  [[ -z $left ]] || fail "left behind: $left"
}

# A cluster of replicas, unsealed.
new_vault() {
  local replica
  rm -rf "$VAULT_STUB"
  for replica in "$@"; do mkdir -p "$VAULT_STUB/replicas/$replica"; done
  python3 - "$VAULT_STUB/cluster.json" "$TOKEN" "${KEYS[@]}" <<'PY'
import json, sys
json.dump({"cluster_id": "5f1c-old", "index": 4711, "term": 7, "threshold": 3, "shares": 5, "keys": sys.argv[3:],
           "tokens": {sys.argv[2]: ["read", "update"]}, "data": {"kv/app": "precious"}}, open(sys.argv[1], "w"))
PY
}

# Change what raft holds: a statement on `c`.
change() {
  python3 -c 'import json, sys; p = sys.argv[1]; c = json.load(open(p)); exec(sys.argv[2]); json.dump(c, open(p, "w"))' "$VAULT_STUB/cluster.json" "$1"
}

# What raft holds.
data() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["data"])' "$VAULT_STUB/cluster.json"; }

# The replicas that are sealed.
sealed() { (cd "$VAULT_STUB/replicas" && printf '%s\n' */sealed | sed -e 's|/sealed||' -e '/\*/d' | paste -s -d ' '); }
seal() { for replica in "$@"; do : >"$VAULT_STUB/replicas/$replica/sealed"; done; }

# The disaster: every replica is lost, and a new cluster was made in their place, with other keys and another root token.
new_cluster() {
  new_vault 10.0.0.1 10.0.0.2 10.0.0.3
  change 'c.update(cluster_id="9e9e-new", keys=["bmV3LWtleQ=="], threshold=1, shares=1, tokens={"hvs.new-root": ["read", "update"]}, data={})'
  printf 'hvs.new-root\n' >"$HOST/token"
}

new_vault_host() {
  local number
  new_host
  ROLES=(backup restore verify drill unseal) CONSTANTS=(VAULT_UP_SECONDS=3 VAULT_CALM_LOOKS=1)
  printf '%s\n' "$TOKEN" >"$HOST/token"
  for number in 0 1 2 3 4; do printf '%s\n' "${KEYS[number]}" >"$HOST/key-$number"; done
  set_fact KIND vault
  set_fact TYPE vault
  set_list VAULT_ADDRESSES https://10.0.0.1:8200 https://10.0.0.2:8200 https://10.0.0.3:8200
  for number in VAULT_CA VAULT_SERVER_NAME VAULT_TEMPORARY; do set_fact "$number" ''; done
  set_fact TOKEN_SECRET "file:$HOST/token"
  set_list UNSEAL_KEYS "file:$HOST/key-4" "file:$HOST/key-1" "file:$HOST/key-3" "file:$HOST/key-0"
  set_fact DIFFERENT_CLUSTER refuse
  set_list REMOTE_IDS replica-0 replica-1 replica-2
  set_list REMOTE_DRIVERS local local local
  set_list REMOTE_SETTINGS
  relink
}

unseal() { "$HOST/bin/unseal.sh" "$@"; }
manifest() { sed -n "s/^$2=//p" "$1/MANIFEST"; }

# bats test_tags=long
@test "a backup: the active replica's snapshot, with its position; what the operator's shell says has no say" {
  seal 10.0.0.1
  VAULT_ADDR=http://elsewhere VAULT_TOKEN=wrong VAULT_FORMAT=json VAULT_NAMESPACE=x VAULT_SKIP_VERIFY=1 run -0 backup
  assert_says 'https://10.0.0.1:8200 is sealed: unseal-thing.sh unseals it'
  assert_says 'snapshot at index 4711, term 7'
  local set
  set="$(last_set)"
  assert_same "$(manifest "$set" position.index) $(manifest "$set" position.term) $(manifest "$set" position.version)" '4711 7 1'
  assert_same "$(manifest "$set" cluster.id) $(manifest "$set" seal.threshold)/$(manifest "$set" seal.shares) $(manifest "$set" tool.vault)" '5f1c-old 3/5 1.18.3'
  run -0 verify --deep
  assert_says 'ok, restores to a snapshot at index 4711, term 7'
  run -0 drill
  assert_says PASSED
  run -0 restore --into "$BATS_TEST_TMPDIR/look"
  assert_same "$(tar -xzOf "$BATS_TEST_TMPDIR/look/vault.snap" state.bin | grep -o precious)" precious
  # An old command line cannot look through a snapshot: the script does.
  : >"$VAULT_STUB/old"
  run -0 backup --quiet
  assert_tidy
}

@test "a restore brings back what the snapshot had, and keeps what was there; sealed replicas are unsealed" {
  run -0 backup
  change 'c["data"] = {"kv/app": "ruined"}; c["index"] = 5000'
  : >"$VAULT_STUB/seals"
  run -0 restore --dry-run
  assert_says 'replace all that Vault holds (3 replicas, active is https://10.0.0.1:8200) with the snapshot at index 4711'
  assert_says 'with 3 keys of the time of the backup'
  assert_same "$(data)" "{'kv/app': 'ruined'}"
  run -0 restore --yes
  assert_says 'https://10.0.0.3:8200 is unsealed'
  assert_same "$(data) $(sealed)" "{'kv/app': 'precious'} "
  local kept
  kept="$(echo "$HOST"/state/thing.lifeboat-old-*.snap)"
  assert_same "$(stat -c %a "$kept") $(tar -xzOf "$kept" state.bin | grep -o ruined)" '600 ruined'
  # Again, while nothing is sealed by it.
  rm "$VAULT_STUB/seals"
  run -0 restore --yes
  assert_tidy
  [[ ! -e $HOST/state/thing.vault ]]
}

# bats test_tags=long
@test "the total loss: a new cluster is replaced with -force, and unsealed with the keys of the backup" {
  run -0 backup
  new_cluster
  run -78 restore --yes
  assert_says 'it was initialized anew'
  assert_same "$(data)" '{}'
  with DIFFERENT_CLUSTER force
  run -0 restore --yes
  assert_says 'replace its keys, too'
  assert_same "$(data) $(sealed)" "{'kv/app': 'precious'} "
  # The token of the backup's time is valid again, that of the new cluster is not.
  run -77 backup
  printf '%s\n' "$TOKEN" >"$HOST/token"
  run -0 backup
}

# bats test_tags=long
@test "a re-keyed Vault does not take the snapshot: 78, and everything is as it was" {
  run -0 backup
  change 'c["keys"] = ["cmVrZXllZA=="] + c["keys"][1:]; c["data"] = {"kv/app": "newer"}'
  run -78 restore --yes
  assert_says 'Vault has other keys than the snapshot'
  assert_says 'thing is as it was before the restore'
  assert_same "$(data) $(sealed)" "{'kv/app': 'newer'} "
  assert_tidy
}

# bats test_tags=long
@test "with wrong keys after a -force: 77, nothing is put back, unseal-… with the right ones ends it" {
  run -0 backup
  new_cluster
  with DIFFERENT_CLUSTER force UNSEAL_KEYS "(env:A env:B env:C)"
  A=b25l B=dHdv C=dGhyZWU= run -77 restore --yes
  assert_says 'does not take the unseal keys: unseal failed, invalid key'
  assert_says 'has the data and the keys of the backup already'
  assert_same "$(sealed)" '10.0.0.1 10.0.0.2 10.0.0.3'
  A="${KEYS[2]}" B="${KEYS[0]}" C="${KEYS[1]}" run -0 unseal
  assert_says 'all 3 replicas of thing serve'
  assert_same "$(data) $(sealed)" "{'kv/app': 'precious'} "
  assert_tidy
}

@test "scenario 5: Vault is only sealed. Each replica is unsealed with as many keys as it wants" {
  run -0 backup
  seal 10.0.0.1 10.0.0.2 10.0.0.3
  # Somebody gave up half-way, with a wrong key.
  printf 'd3Jvbmc=' >"$VAULT_STUB/replicas/10.0.0.2/progress"
  run -69 backup
  assert_says 'Vault is sealed: no replica is active'
  run -69 restore --yes
  run -0 unseal --dry-run
  assert_says 'https://10.0.0.2:8200: sealed'
  assert_same "$(sealed)" '10.0.0.1 10.0.0.2 10.0.0.3'
  run -0 unseal
  assert_same "$(sealed)" ''
  run -0 unseal
  assert_says 'https://10.0.0.1:8200: active'
  grep -F '"action":"unseal","status":"success"' "$HOST/state/history.jsonl"
  # Too few keys, and keys that do not fit.
  seal 10.0.0.3
  with UNSEAL_KEYS "(file:$HOST/key-0 file:$HOST/key-1)"
  run -78 unseal
  assert_says 'Vault wants 3 unseal keys, and the plan names 2'
  with UNSEAL_KEYS "(file:$HOST/key-0 file:$HOST/key-0 file:$HOST/key-1)"
  run -77 unseal
  assert_says 'is one of those before it'
  printf 'bm90LW9uZQ==\n' >"$HOST/key-0"
  with UNSEAL_KEYS "(file:$HOST/key-0 file:$HOST/key-2 file:$HOST/key-1)"
  run -77 unseal
  assert_says 'https://10.0.0.3:8200 does not take the unseal keys'
  rm "$HOST/key-2"
  run -77 unseal
  assert_says 'cannot read the secret file'
  # A replica that stays away is named, when the time is up.
  rm "$VAULT_STUB/replicas/10.0.0.3/sealed"
  : >"$VAULT_STUB/replicas/10.0.0.3/down"
  run -69 unseal
  assert_says 'https://10.0.0.3:8200: away'
}

# bats test_tags=long
@test "keys are asked for at a terminal, without showing them; without one it says so" {
  seal 10.0.0.2
  with UNSEAL_KEYS '()'
  run -77 setsid "$HOST/bin/unseal.sh"
  assert_says 'unseal key 1 of 3 of thing must be typed in, and there is no terminal'
  (
    for key in "${KEYS[@]:0:3}"; do
      sleep 1
      printf '%s\n' "$key"
    done
    sleep 3
  ) | run -0 script -q -e -c "$HOST/bin/unseal.sh" "$BATS_TEST_TMPDIR/typed"
  assert_same "$(sealed)" ''
  run ! grep -F "${KEYS[0]}" "$BATS_TEST_TMPDIR/typed"
  grep 'unseal key 3 of 3' "$BATS_TEST_TMPDIR/typed"
}

# bats test_tags=long
@test "auto-unseal: no keys are asked for; it is waited for" {
  change 'c["seal"] = "transit"'
  run -0 backup
  with UNSEAL_KEYS '()'
  run -0 restore --yes
  assert_silent_about 'unseal every replica'
  seal 10.0.0.3
  run -69 unseal
  assert_says 'does not serve after 3 s'
}

# bats test_tags=long
@test "no answer: 69; no right: 77; not raft: 78; not initialized: how to" {
  : >"$VAULT_STUB/replicas/10.0.0.3/down"
  run -0 backup
  assert_says 'https://10.0.0.3:8200 does not answer'
  : >"$VAULT_STUB/replicas/10.0.0.2/down"
  run -69 backup
  assert_says 'have no leader'
  : >"$VAULT_STUB/replicas/10.0.0.1/down"
  run -69 backup
  assert_says 'connection refused'
  rm "$VAULT_STUB"/replicas/*/down
  printf 'hvs.wrong-token\n' >"$HOST/token"
  run -77 backup
  assert_says 'permission denied'
  assert_silent_about wrong-token
  run -77 restore --yes
  printf '%s\n' "$TOKEN" >"$HOST/token"
  change 'c["tokens"]["'"$TOKEN"'"] = ["read"]'
  run -77 restore --yes
  assert_says 'as it was before the restore'
  change 'c["storage"] = "consul"'
  run -78 backup --dry-run
  assert_says 'Vault keeps its data in consul'
  for replica in 10.0.0.1 10.0.0.2 10.0.0.3; do : >"$VAULT_STUB/replicas/$replica/new"; done
  run -69 restore --dry-run
  assert_says 'vault operator init'
  rm -f "$BATS_TEST_TMPDIR/stubs/vault"
  run -69 backup
  assert_same "$(sets | wc -l)" 1
  assert_tidy
}

# bats test_tags=long
@test "a snapshot that is cut is no backup, whoever looks; a damaged or forged set is refused" {
  : >"$VAULT_STUB/cut"
  run -69 backup
  assert_says 'failed checking integrity'
  : >"$VAULT_STUB/old"
  run -65 backup
  assert_says 'the snapshot is damaged'
  assert_same "$(sets)" ''
  rm "$VAULT_STUB/cut"
  run -0 backup
  local set
  set="$(last_set)"
  sed -i -e 's/^position.index=.*/position.index=4710/' -e '$d' "$set/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$set/MANIFEST" | cut -d ' ' -f 1)" >>"$set/MANIFEST"
  run -65 verify
  assert_says 'its MANIFEST says 4710 7'
  rm "$set/SUSPECT"
  run -65 restore --yes
  assert_same "$(data)" "{'kv/app': 'precious'}"
  truncate -s -5 "$set"/vault.snap*
  run -65 restore --yes --set "${set##*/}"
  assert_tidy
}

@test "killed between the snapshot and the end: no backup until a person has undone it" {
  run -0 backup
  change 'c["data"] = {"kv/app": "newer"}'
  : >"$VAULT_STUB/seals"
  sed 's/^vault_bring_up() {/&\n  touch "$STATE_DIR\/there"; sleep 60/' "$HOST/bin/restore.sh" >"$HOST/bin/hang.sh"
  chmod +x "$HOST/bin/hang.sh"
  "$HOST/bin/hang.sh" --yes --quiet 3>&- &
  eventually test -e "$HOST/state/there"
  kill -KILL $!
  wait $! || true
  assert_same "$(sealed)" '10.0.0.1 10.0.0.2 10.0.0.3'
  run -75 backup
  assert_says 'an interrupted restore of thing is pending'
  run -75 restore --yes
  run -69 restore --undo --yes
  assert_says 'Vault is not active'
  run -0 unseal
  run -0 restore --undo --yes
  assert_same "$(data)" "{'kv/app': 'newer'}"
  # What the killed restore had put in place was live for a while.
  assert_says 'what Vault held until now is kept in '
  run -0 restore --yes
  assert_same "$(data)" "{'kv/app': 'precious'}"
  assert_tidy
}

# bats test_tags=long
@test "in pods: the container's own address counts, the snapshot goes through whole, nothing is left there" {
  local number
  new_vault vault-0 vault-1 vault-2
  for number in 0 1 2; do
    mkdir -p "$PODS/vault/vault-$number"
    printf 'VAULT_ADDR=http://127.0.0.1:8200\nVAULT_STUB_POD=vault-%s\n' "$number" >"$PODS/vault/vault-$number/env"
  done
  set_list VAULT_ADDRESSES '' '' ''
  set_list REMOTE_DRIVERS kubectl kubectl kubectl
  set_list REMOTE_SETTINGS replica-0.{kubeconfig=/k,namespace=vault,pod=vault-0} replica-1.{kubeconfig=/k,namespace=vault,pod=vault-1} replica-2.{kubeconfig=/k,namespace=vault,pod=vault-2}
  relink
  run -0 backup
  change 'c["data"] = {}'
  : >"$VAULT_STUB/seals"
  run -0 restore --yes
  assert_says 'the pod vault/vault-2 is unsealed'
  assert_same "$(data)" "{'kv/app': 'precious'}"
  # What an earlier run left when its pod went away is removed.
  mkdir "$PODS/vault/vault-0/lifeboat-vault-thing.old"
  run -0 backup
  : >"$PODS/vault/vault-1/down"
  run -0 backup
  assert_says 'the pod vault/vault-1 does not answer'
  run -69 unseal
  assert_says 'the pod vault/vault-1: away'
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  transcript_begin "$HOST"
  seal 10.0.0.2
  hand_run_script unseal.sh unseal
  hand_run_asset vault "$HOST/bin" .sh
}
