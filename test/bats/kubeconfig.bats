#!/usr/bin/env bats
# Kubeconfigs: kept with what they refer to, proven by OpenSSL and by the real kubectl.
load lib/lifeboat
load lib/pki

setup() {
  PLACE="$BATS_TEST_TMPDIR/place" ETC="$BATS_TEST_TMPDIR/etc" FILE="$BATS_TEST_TMPDIR/etc/config"
  pki_ca "$ETC/ca" kubernetes
  pki_leaf "$ETC" admin ca
  pki_kubeconfig "$FILE" "$ETC/admin.crt" "$ETC/admin.key" "$ETC/ca.crt"
  pki_plan kubeconfig "paths: ['$FILE'], files: ['$ETC/ca.crt']" >/dev/null
}

@test "lost and restored: kubectl finds the same cluster and user, and nobody else can read it" {
  kubectl --kubeconfig "$FILE" config view --raw >"$PLACE/before"
  run -0 "$PLACE/opt/backup-it.sh"
  rm "$FILE"
  run -0 "$PLACE/opt/restore-it.sh" --dry-run
  assert_says "create $FILE"
  run -1 test -e "$FILE"
  run -0 "$PLACE/opt/restore-it.sh" --yes
  kubectl --kubeconfig "$FILE" config view --raw | diff "$PLACE/before" -
  assert_same "$(stat -c %a "$FILE")" 600
  run -0 "$PLACE/opt/verify-it.sh" --deep
  run -0 "$PLACE/opt/drill-it.sh"
}

@test "what cannot be used is no backup: another key, a context that leads nowhere, no kubeconfig at all" {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$ETC/other.key" 2>/dev/null
  cp "$FILE" "$PLACE/kept"
  pki_kubeconfig "$FILE" "$ETC/admin.crt" "$ETC/other.key" "$ETC/ca.crt"
  run -65 "$PLACE/opt/backup-it.sh"
  assert_says 'holds a key that does not belong to its certificate'
  sed 's/    user: kubernetes-admin/    user: nobody/' "$PLACE/kept" >"$FILE"
  run -65 "$PLACE/opt/backup-it.sh"
  assert_says 'the context kubernetes-admin@kubernetes names a cluster or a user that is not in it'
  printf 'hello\n' >"$FILE"
  run -65 "$PLACE/opt/backup-it.sh"
  assert_says 'is no kubeconfig'
  rm "$FILE"
  run -69 "$PLACE/opt/backup-it.sh"
}

@test "files that it refers to: in the plan they come along, others are named" {
  sed -i "s#certificate-authority-data: .*#certificate-authority: $ETC/ca.crt#; s#client-key-data: .*#client-key: $ETC/admin.key#" "$FILE"
  run -0 "$PLACE/opt/backup-it.sh"
  rm "$ETC/ca.crt"
  run -0 "$PLACE/opt/restore-it.sh" --yes
  assert_says "refers to $ETC/admin.key, which is not in the plan"
  openssl x509 -in "$ETC/ca.crt" -noout
  run -0 "$PLACE/opt/backup-it.sh"
  assert_silent_about 'ca.crt, which is not in the plan'
}

# bats test_tags=long
@test "a damaged set is refused, and live stays as it is" {
  run -0 "$PLACE/opt/backup-it.sh"
  damage "$(compgen -G "$PLACE/backups/k8s/it/*T*/files.tar*")" 200
  cp -p "$FILE" "$PLACE/before"
  run -65 "$PLACE/opt/restore-it.sh" --yes
  cmp "$FILE" "$PLACE/before"
}

# bats test_tags=long
@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  transcript_begin "$PLACE"
  hand_run_asset kubeconfig "$PLACE/opt" -it.sh
}
