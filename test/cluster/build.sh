#!/usr/bin/env bash
# From nothing to the four Kubernetes binaries, out of Debian's own source package: 5 minutes on 2 idle cores, once. The
# machine's package sources stay as they are: the source package comes through a list of this script's own.
set -euo pipefail
source "${BASH_SOURCE[0]%/*}/conf.sh"

main() {
  mkdir -p "$cluster_cache" "$cluster_bin"
  # Two runs at once must not build in one folder.
  exec 8>"$cluster_cache/build.lock"
  flock 8
  ! have_binaries || return 0
  work="$cluster_bin.build"
  tree="$work/gopath/src/k8s.io/kubernetes"
  mkdir -p "$work/gopath/src/k8s.io"
  [[ -d $tree ]] || unpack_source
  build_binaries
  # The compiler's cache is 1.6 GB.
  rm -rf "$work"
}

# Is there nothing to do?
have_binaries() {
  local name
  for name in "${cluster_binaries[@]}"; do [[ -x $cluster_bin/$name ]] || return 1; done
}

# Fetch and unpack the source package.
unpack_source() {
  local -a options=(-q -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
    -o "Dir::Cache::srcpkgcache=$work/srcpkgcache.bin" -o "Dir::Cache::pkgcache=$work/pkgcache.bin" -o APT::Sandbox::User=root)
  mkdir -p "$work/lists/partial"
  # The machine's own repositories, as sources.
  # shellcheck disable=SC2016  # apt's own words
  apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | grep -i debian | sort -u |
    sed 's#^deb-src #&[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] #' >"$work/sources.list"
  [[ -s $work/sources.list ]] || printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main\n' >"$work/sources.list"
  apt-get "${options[@]}" update >"$work/apt.log" 2>&1 || cluster_fail "cannot read the source lists; see $work/apt.log"
  (cd "$work" && apt-get "${options[@]}" source --download-only kubernetes >>"$work/apt.log" 2>&1) || cluster_fail "cannot fetch the source of kubernetes; see $work/apt.log"
  dpkg-source -q -x "$work"/kubernetes_1.20*.dsc "$tree.partial" >>"$work/apt.log" 2>&1 || cluster_fail "cannot unpack the source; see $work/apt.log"
  patch -s -d "$tree.partial" -p 1 <"$cluster_source/reflect2.patch" || cluster_fail "reflect2.patch does not fit the source"
  mv "$tree.partial" "$tree"
}

# Build in GOPATH mode, as upstream's own Makefile does; in module mode go.mod "needs updates". What makes it half the work: no drivers of
# clouds and of Docker, which nothing here uses; nothing for debuggers; Go's own packages as Debian compiled them, which -trimpath would not
# take; and a compiler that may use memory before it collects garbage.
build_binaries() {
  local package flags='-s -w'
  local -a packages=()
  # packages is never empty.
  export PATH="/usr/lib/go-1.19/bin:$PATH" CGO_ENABLED=0 GOCACHE="$work/gocache" GOPATH="$work/gopath" GO111MODULE=off GOFLAGS='' GOPROXY=off GOGC=400
  cd "$tree"
  [[ -e pkg/generated/openapi/zz_generated.openapi.go ]] || generate_openapi
  for package in component-base/version client-go/pkg/version; do
    package="k8s.io/kubernetes/vendor/k8s.io/$package"
    flags+=" -X $package.gitVersion=v1.20.2 -X $package.gitMajor=1 -X $package.gitMinor=20 -X $package.gitTreeState=archive -X $package.gitCommit=debian -X $package.buildDate=2025-01-01T00:00:00Z"
  done
  mapfile -t packages < <(printf 'k8s.io/kubernetes/cmd/%s\n' "${cluster_binaries[@]}")
  mkdir -p "$work/bin"
  nice -n 10 go build -tags providerless,dockerless -gcflags 'k8s.io/...=-dwarf=false' -ldflags "$flags" -o "$work/bin/" "${packages[@]}"
  mv "$work/bin/"* "$cluster_bin"
}

# Make the one generated file that the source lacks.
generate_openapi() {
  local dirs
  go build -o "$work/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
  dirs="$(grep -rl --include='*.go' '+k8s:openapi-gen=' cmd pkg plugin staging/src/k8s.io |
    grep -v -e _test.go -e code-generator -e sample-apiserver | xargs -n 1 dirname | LC_ALL=C sort -u |
    sed -e 's#^staging/src/#vendor/#' -e 's#^#k8s.io/kubernetes/#' | paste -s -d , -)"
  "$work/openapi-gen" --logtostderr -i "$dirs" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
    -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$work/violations"
  diff "$work/violations" api/api-rules/violation_exceptions.list
}

main
