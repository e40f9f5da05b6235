#!/usr/bin/env bats
# The PKI of a kubeadm control plane: kept, proven, and back with every owner and mode. Real keys and certificates, made by OpenSSL.
load lib/lifeboat
load lib/pki

setup() {
  PLACE="$BATS_TEST_TMPDIR/place" ETC="$BATS_TEST_TMPDIR/etc"
  pki_make "$ETC"
  pki_plan kubeadmPki "directory: '$ETC/pki', configs: ['$ETC/admin.conf', '$ETC/kubelet.conf']" >/dev/null
}

portrait() {
  (cd "$ETC" && find . -print0 | sort -z | xargs -0 stat -c '%n %A %u:%g' && find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

@test "lost and restored: contents, owners and modes as they were; the CA is told from another one before anything is touched" {
  chown 1234:1234 "$ETC/pki/etcd/server.key"
  portrait >"$PLACE/before"
  run -0 "$PLACE/opt/backup-it.sh"
  rm -rf "$ETC/pki"
  run -0 "$PLACE/opt/restore-it.sh" --dry-run
  assert_says 'there is no CA now'
  run -0 "$PLACE/opt/restore-it.sh" --yes
  portrait | grep -v lifeboat-old | diff "$PLACE/before" <(grep -v lifeboat-old) || fail 'not as it was'
  assert_says 'restart the kubelet'
  # Another cluster's CA came meanwhile.
  rm -rf "$ETC"/pki
  pki_make "$ETC"
  run -0 "$PLACE/opt/restore-it.sh" --dry-run
  assert_says 'the CA becomes ANOTHER one'
  run -0 "$PLACE/opt/restore-it.sh" --yes
  run -0 "$PLACE/opt/restore-it.sh" --dry-run
  assert_says 'the CA stays the same'
}

# bats test_tags=long
@test "verify --deep and drill prove it; --into leaves it aside" {
  run -0 "$PLACE/opt/backup-it.sh"
  run -0 "$PLACE/opt/verify-it.sh" --deep
  run -0 "$PLACE/opt/drill-it.sh"
  assert_says '10 certificates'
  run -0 "$PLACE/opt/restore-it.sh" --into "$PLACE/aside" --yes
  cmp "$ETC/pki/ca.key" "$PLACE/aside$ETC/pki/ca.key"
  # No key is in a log, and no set holds one in the clear.
  run -1 grep -r 'PRIVATE KEY' "$PLACE/backups" "$PLACE/logs"
}

@test "what does not belong together is no backup: a key, a signature, the account keys, a kubeconfig" {
  local pki="$ETC/pki"
  cp "$pki/apiserver.key" "$PLACE/kept"
  cp "$pki/etcd/peer.key" "$pki/apiserver.key"
  run -65 "$PLACE/opt/backup-it.sh"
  assert_says 'apiserver.key does not belong to what lies beside it'
  cp "$PLACE/kept" "$pki/apiserver.key"

  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$PLACE/other.key" 2>/dev/null
  cp "$pki/sa.pub" "$PLACE/kept"
  openssl pkey -in "$PLACE/other.key" -pubout -out "$pki/sa.pub"
  run -65 "$PLACE/opt/backup-it.sh"
  assert_says 'sa.key does not belong'
  cp "$PLACE/kept" "$pki/sa.pub"

  pki_ca "$BATS_TEST_TMPDIR/other/ca" kubernetes
  pki_leaf "$BATS_TEST_TMPDIR/other" server ca
  cp "$BATS_TEST_TMPDIR"/other/server.crt "$pki/apiserver.crt"
  cp "$BATS_TEST_TMPDIR"/other/server.key "$pki/apiserver.key"
  run -65 "$PLACE/opt/backup-it.sh"
  assert_says 'apiserver.crt was signed by no CA'
  pki_leaf "$pki" apiserver ca

  printf 'not a certificate\n' >"$pki/etcd/server.crt"
  run -65 "$PLACE/opt/backup-it.sh"
  assert_says 'etcd/server.crt is no certificate that can be read'
  pki_leaf "$pki" etcd/server etcd/ca

  pki_kubeconfig "$ETC/admin.conf" "$pki/apiserver.crt" "$pki/etcd/server.key" "$pki/ca.crt"
  run -65 "$PLACE/opt/backup-it.sh"
  assert_says 'admin.conf holds a key that does not belong to its certificate'
  run -1 compgen -G "$PLACE/backups/k8s/it/*"
}

# bats test_tags=long
@test "missing: 69 with what it means; an external CA is said in the plan" {
  rm "$ETC/pki/ca.key"
  run -69 "$PLACE/opt/backup-it.sh"
  assert_says 'externalCa: true'
  rm -rf "$PLACE"
  pki_plan kubeadmPki "directory: '$ETC/pki', configs: [], externalCa: true" >/dev/null
  run -0 "$PLACE/opt/backup-it.sh"
  rm "$ETC/pki/sa.key"
  run -69 "$PLACE/opt/backup-it.sh"
  assert_says 'is this a control-plane host'
}

@test "a certificate that ends soon, or has ended, is warned about at every backup" {
  pki_leaf "$ETC/pki" apiserver ca 20
  run -0 "$PLACE/opt/backup-it.sh"
  assert_says 'pki/apiserver.crt ends in 19 d'
  run -0 faketime '+25 days' "$PLACE/opt/backup-it.sh"
  assert_says 'pki/apiserver.crt has ended'
}

# bats test_tags=long
@test "a damaged set is refused, and live stays as it is" {
  local set
  run -0 "$PLACE/opt/backup-it.sh"
  set="$(compgen -G "$PLACE/backups/k8s/it/*T*")"
  portrait >"$PLACE/before"
  damage "$(compgen -G "$set/files.tar*")" 200
  run -65 "$PLACE/opt/restore-it.sh" --yes
  portrait | diff "$PLACE/before" -
  run -65 "$PLACE/opt/verify-it.sh"
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  transcript_begin "$PLACE"
  hand_run_asset kubeadm-pki "$PLACE/opt" -it.sh
}
