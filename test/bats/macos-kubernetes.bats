load lib/lifeboat
load lib/macos
load lib/kubernetes

# The kinds of a cluster from a Mac, on a real control plane: kubectl and jq are the same programs there, all else is what macOS has
# (lib/macos.bash). Velero's server is the stub of its suite.

setup_file() {
  export LIFEBOAT_CLUSTER=''
  cluster_begin_file control
  export VELERO="$BATS_FILE_TMPDIR/velero"
  mkdir -p "$VELERO/buckets/lifeboat" "$BATS_FILE_TMPDIR/bin"
  printf '[default] aws_secret_access_key=xyzzy-plugh\n' | tee "$VELERO/secret" >"$BATS_FILE_TMPDIR/credentials"
  openssl rand -hex 32 >"$BATS_FILE_TMPDIR/key" && chmod 600 "$BATS_FILE_TMPDIR/key"
  kube create namespace shop
  kube --namespace shop create configmap settings --from-literal colour=red
  kube --namespace shop create secret generic password --from-literal word=hunter2-hunter2
  "$BATS_TEST_DIRNAME/stubs/velero-server" "$KUBECONFIG_FILE" velero-test "$VELERO" 3>&- >"$VELERO/log" 2>&1 &
  echo $! >"$VELERO/pid"
}

teardown_file() {
  kill "$(<"$VELERO/pid")" || true
  cluster_end_file
}

setup() {
  new_host
  macos_tools
  macos_brew kubectl jq
  set_fact KUBE_CONFIG "$KUBECONFIG_FILE"
  set_fact KUBE_CONTEXT ''
  set_fact ENCRYPTION openssl
  set_fact OPENSSL_KEY_FILE "$BATS_FILE_TMPDIR/key"
}

teardown() { refuse_nothing; }

apple() {
  relink
  make_macos_scripts "$HOST/bin/"*.sh
}

colour() { kube --namespace shop get configmap settings -o 'jsonpath={.data.colour}'; }

@test "kubernetes-resources: back up, verify, change and lose, restore, undo after a kill, drill" {
  set_fact KIND kubernetesResources
  set_fact TYPE k8s
  set_fact KUBERNETES_NAMESPACES '(shop)'
  set_fact KUBERNETES_EXCLUDE '()'
  set_fact KUBERNETES_SECRETS 1
  apple
  run -0 on_macos backup
  run -0 on_macos verify --deep
  assert_says '0 to create, 0 to change'
  kube --namespace shop patch configmap settings --patch '{"data":{"colour":"blue"}}'
  kube --namespace shop delete secret password
  run -0 on_macos restore --dry-run
  assert_says 'change ConfigMap shop/settings: data.colour'
  run -0 on_macos restore --into "$HOST/look"
  [[ -s $HOST/look/42-Secret/shop/password.json ]]
  PATH="$MACOS_PATH" killed_in_check
  assert_same "$(colour)" red
  kube --namespace shop patch configmap settings --patch '{"data":{"colour":"green"}}'
  run -0 on_macos restore --undo --yes
  assert_same "$(colour)" blue
  run -0 on_macos restore --yes
  assert_same "$(colour) $(kube --namespace shop get secret password -o 'jsonpath={.data.word}' | base64 -d)" 'red hunter2-hunter2'
  run -0 on_macos drill
  assert_says PASSED
  assert_tidy
}

# bats test_tags=long
@test "velero: set up, back up, verify, lose, restore, drill" {
  ROLES=(backup restore verify drill setup) CONSTANTS=(VELERO_POLL=0.2)
  set_fact KIND velero
  set_fact TYPE velero
  set_fact VELERO_NAMESPACE velero-test
  set_fact VELERO_IMAGE velero/velero:v1.16.2
  set_list VELERO_PLUGINS velero/velero-plugin-for-aws:v1.12.2
  set_fact VELERO_PROVIDER aws
  set_fact VELERO_BUCKET lifeboat
  set_fact VELERO_PREFIX here
  set_list VELERO_CONFIG region=ap-northeast-2
  set_fact VELERO_CREDENTIALS "file:$BATS_FILE_TMPDIR/credentials"
  set_fact VELERO_LOCATION default
  set_fact VELERO_VOLUMES file-system
  set_fact VELERO_SNAPSHOT_CONFIG '()'
  set_list VELERO_INCLUDED shop
  set_fact VELERO_EXCLUDED '()'
  set_fact VELERO_TTL 2592000
  set_fact VELERO_SCHEDULE '0 2 * * *'
  set_fact VELERO_PARTIAL refuse
  set_fact VELERO_EXISTING none
  set_fact VELERO_DRILL objects
  set_fact VELERO_KUBELET /var/lib/kubelet
  set_fact VELERO_BACKUP_WAIT 60
  set_fact VELERO_RESTORE_WAIT 60
  set_fact VELERO_LOCATION_WAIT 30
  apple
  ln -sf "$BATS_TEST_DIRNAME/stubs/velero" "$MACOS_PATH/velero"
  run -0 on_macos "$HOST/bin/setup.sh" --print
  run -0 on_macos "$HOST/bin/setup.sh"
  assert_says 'Velero is set up in velero-test'
  run -0 on_macos backup
  run -0 on_macos verify
  kube --namespace shop delete configmap settings
  run -0 on_macos restore --yes
  assert_same "$(colour)" red
  run -0 on_macos drill
  assert_says PASSED
  assert_tidy
}
