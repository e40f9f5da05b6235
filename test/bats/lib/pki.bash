# A PKI as kubeadm lays it out, made by OpenSSL, and the scripts of a plan that protects it.
#
#   pki_make DIR               a whole PKI below DIR/pki, and the kubeconfigs beside it
#   pki_leaf DIR NAME CA [DAYS]  a key and a certificate that the CA signed
#   pki_kubeconfig FILE CERT KEY CA  a kubeconfig with all of them inside
#   pki_plan KIND OPTIONS      compile a plan with one asset `it` of the kind; scripts in $PLACE/opt

pki_ca() {
  mkdir -p "${1%/*}"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=${2}" -keyout "$1.key" -out "$1.crt" 2>/dev/null
}

pki_leaf() {
  local file="$1/$2" ca="$1/$3"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=${2//\//-}" -keyout "$file.key" -out "$file.csr" 2>/dev/null
  openssl x509 -req -in "$file.csr" -CA "$ca.crt" -CAkey "$ca.key" -CAcreateserial -days "${4:-365}" -out "$file.crt" 2>/dev/null
  rm -f "$file.csr"
}

pki_kubeconfig() {
  cat >"$1" <<Y
apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: $(openssl base64 -A -in "$4")
    server: https://10.0.0.10:6443
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: kubernetes-admin
  name: kubernetes-admin@kubernetes
current-context: kubernetes-admin@kubernetes
users:
- name: kubernetes-admin
  user:
    client-certificate-data: $(openssl base64 -A -in "$2")
    client-key-data: $(openssl base64 -A -in "$3")
Y
  chmod 600 "$1"
}

pki_make() {
  local pki="$1/pki" name
  pki_ca "$pki/ca" kubernetes
  pki_ca "$pki/front-proxy-ca" front-proxy-ca
  pki_ca "$pki/etcd/ca" etcd-ca
  for name in apiserver apiserver-kubelet-client; do pki_leaf "$pki" "$name" ca; done
  pki_leaf "$pki" front-proxy-client front-proxy-ca
  # The first to end, whatever second each is made in.
  pki_leaf "$pki" apiserver-etcd-client etcd/ca 364
  for name in etcd/server etcd/peer etcd/healthcheck-client; do pki_leaf "$pki" "$name" etcd/ca; done
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$pki/sa.key" 2>/dev/null
  openssl pkey -in "$pki/sa.key" -pubout -out "$pki/sa.pub"
  rm -f "$pki"/*.srl "$pki"/etcd/*.srl
  chmod 600 "$pki"/*.key "$pki"/etcd/*.key
  for name in admin controller-manager scheduler kubelet; do
    pki_kubeconfig "$1/$name.conf" "$pki/apiserver-kubelet-client.crt" "$pki/apiserver-kubelet-client.key" "$pki/ca.crt"
  done
}

pki_plan() {
  local base="$PLACE"
  mkdir -p "$base/plans" "$base/backups" "$base"/{opt,state,logs}
  printf '{}\n' >"$base/package.json"
  age-keygen -o "$base/age.txt" 2>/dev/null
  cat >"$base/plans/pki.plan.ts" <<END
import { age, daily, directory, host, keep, kubeadmPki, kubeconfig, plan } from "lifeboat";
const on = host("node", { paths: { scripts: "$base/opt", state: "$base/state", logs: "$base/logs", scratch: "$base/scratch" } });
const common = {
  on, schedule: daily("02:00"), copies: [directory("disk", { path: "$base/backups" })], keep: keep({ daily: 7 }),
  encrypt: age("$(age-keygen -y "$base/age.txt")", { identity: "$base/age.txt" }),
} as const;
export default plan("pki", { assets: [$1("it", { ...common, $2 })] });
END
  (cd "$base" && node "$BATS_TEST_DIRNAME/../../dist/lifeboat.mjs" build --shellcheck off)
  cp "$base"/generated/pki/node/*.sh "$base/opt"
}
