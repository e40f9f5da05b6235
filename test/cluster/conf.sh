# What the scripts of the test cluster share. Sourced.

# Where what is made once is kept: binaries and images.
cluster_cache="${LIFEBOAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lifeboat}/kubernetes-1.20"
cluster_bin="$cluster_cache/bin"
cluster_images="$cluster_cache/images"
cluster_source="$(cd "${BASH_SOURCE[0]%/*}" && pwd)"
cluster_binaries=(kube-apiserver kube-controller-manager kube-scheduler kubelet)

# End with a message.
cluster_fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}
