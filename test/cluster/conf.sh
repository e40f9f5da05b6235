# What the scripts of the test cluster share. Sourced.

cluster_source="$(cd "${BASH_SOURCE[0]%/*}" && pwd)"
# Where what is made once is kept: binaries, anew whenever their recipe changes, and images.
cluster_cache="${LIFEBOAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lifeboat}/kubernetes-1.20"
cluster_recipe="$(cat "$cluster_source/build.sh" "$cluster_source/reflect2.patch" | cksum | cut -d ' ' -f 1)"
cluster_bin="$cluster_cache/bin-$cluster_recipe"
cluster_images="$cluster_cache/images"
cluster_binaries=(kube-apiserver kube-controller-manager kube-scheduler kubelet)

# End with a message.
cluster_fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}
