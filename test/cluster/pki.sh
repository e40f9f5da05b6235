#!/usr/bin/env bash
# The identities of a test cluster below DIR/pki: one CA for everything, kubeconfigs of the administrator and the components.
#   pki.sh DIR API-PORT
set -euo pipefail

main() {
  local name
  mkdir -p "$1/pki"
  cd "$1/pki"
  [[ ! -e .done ]] || return 0
  quiet openssl ecparam -name prime256v1 -genkey -noout -out ca.key
  quiet openssl req -x509 -new -key ca.key -days 3650 -subj /CN=lifeboat-test-ca -out ca.crt \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
  make_certificate etcd /CN=etcd serverAuth,clientAuth DNS:localhost,IP:127.0.0.1
  make_certificate etcd-client /CN=etcd-client clientAuth
  make_certificate apiserver /CN=kube-apiserver serverAuth DNS:localhost,IP:127.0.0.1,IP:10.96.0.1,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
  make_certificate apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
  make_certificate kubelet-server /CN=127.0.0.1 serverAuth DNS:localhost,IP:127.0.0.1
  make_certificate admin /O=system:masters/CN=kubernetes-admin clientAuth
  make_certificate kcm /CN=system:kube-controller-manager clientAuth
  make_certificate scheduler /CN=system:kube-scheduler clientAuth
  make_certificate kubelet /O=system:nodes/CN=system:node:127.0.0.1 clientAuth
  quiet openssl genrsa -out sa.key 2048
  quiet openssl rsa -in sa.key -pubout -out sa.pub
  for name in admin kcm scheduler kubelet; do write_kubeconfig "$name" "$2"; done
  touch .done
}

# openssl talks a lot.
quiet() {
  "$@" 2>/dev/null
}

# NAME SUBJECT USAGE [ALTERNATIVE-NAMES]
make_certificate() {
  quiet openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
  quiet openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
  {
    printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=%s\n' "$3"
    [[ -z ${4:-} ]] || printf 'subjectAltName=%s\n' "$4"
  } >"$1.ext"
  quiet openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile "$1.ext" -out "$1.crt"
  rm -f "$1.csr" "$1.ext"
}

# A kubeconfig for one of the identities.
write_kubeconfig() {
  cat >"$1.kubeconfig" <<Y
apiVersion: v1
kind: Config
clusters: [{name: lifeboat-test, cluster: {server: "https://127.0.0.1:$2", certificate-authority: "$PWD/ca.crt"}}]
users: [{name: $1, user: {client-certificate: "$PWD/$1.crt", client-key: "$PWD/$1.key"}}]
contexts: [{name: lifeboat-test, context: {cluster: lifeboat-test, user: $1}}]
current-context: lifeboat-test
Y
}

main "$@"
