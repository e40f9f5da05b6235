#!/usr/bin/env bash
# Make the two images of the test cluster from what this machine has, once: localhost/pause:3.2 (a static C program) and
# localhost/box:1 (bash, coreutils, tar and the like), as docker archives.
set -euo pipefail
source "${BASH_SOURCE[0]%/*}/conf.sh"

main() {
  mkdir -p "$cluster_images"
  exec 8>"$cluster_images/lock"
  flock 8
  [[ ! -e $cluster_images/pause.tar || ! -e $cluster_images/box.tar ]] || return 0
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  make_pause
  make_box
}

# Pack a root file system as an image: ROOT NAME COMMAND-JSON.
pack_image() {
  local root="$1" name="$2" command="$3" out="$work/out" digest
  rm -rf "$out"
  mkdir "$out"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$root" -cf "$out/layer.tar" .
  digest="$(sha256sum <"$out/layer.tar" | cut -d ' ' -f 1)"
  printf '{"architecture":"amd64","os":"linux","created":"1970-01-01T00:00:00Z","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":%s},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"1970-01-01T00:00:00Z"}]}' "$command" "$digest" >"$out/config.json"
  printf '[{"Config":"config.json","RepoTags":["localhost/%s"],"Layers":["layer.tar"]}]' "$name" >"$out/manifest.json"
  tar -C "$out" -cf "$work/image.tar" manifest.json config.json layer.tar
  mv "$work/image.tar" "$cluster_images/${name%%:*}.tar"
}

# What holds a pod's namespaces: waits, and reaps.
make_pause() {
  mkdir "$work/pause"
  cat >"$work/pause.c" <<'C'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void down(int s) { (void)s; _exit(0); }
static void reap(int s) { (void)s; while (waitpid(-1, 0, WNOHANG) > 0); }
int main(void) { signal(SIGINT, down); signal(SIGTERM, down); signal(SIGCHLD, reap); for (;;) pause(); }
C
  gcc -static -Os -s -o "$work/pause/pause" "$work/pause.c"
  pack_image "$work/pause" pause:3.2 '["/pause"]'
}

# A small userland with this machine's programs and their libraries.
make_box() {
  local box="$work/box" name file library
  mkdir -p "$box"/{usr/bin,usr/sbin,usr/lib,usr/lib64,tmp,root,proc,sys,dev,etc,var/tmp,data}
  chmod 1777 "$box/tmp"
  ln -s usr/bin "$box/bin"
  ln -s usr/sbin "$box/sbin"
  ln -s usr/lib "$box/lib"
  ln -s usr/lib64 "$box/lib64"
  printf 'root:x:0:0:root:/root:/bin/bash\n' >"$box/etc/passwd"
  printf 'root:x:0:\n' >"$box/etc/group"
  for name in bash dash tar gzip sed grep find xargs mawk $(dpkg -L coreutils | grep -E '^(/usr)?/bin/[^/]+$' | xargs -n 1 basename); do
    file="$(readlink -f "$(type -P "$name")")" || continue
    [[ -x $file ]] || continue
    cp -L "$file" "$box/usr/bin/$name"
    while IFS= read -r library; do
      mkdir -p "$box${library%/*}"
      [[ -e $box$library ]] || cp -L "$library" "$box$library"
    done < <(ldd "$file" 2>/dev/null | grep -o '/[^ ]*' | sort -u)
  done
  ln -sf dash "$box/usr/bin/sh"
  ln -sf mawk "$box/usr/bin/awk"
  pack_image "$box" box:1 '["/bin/sleep","infinity"]'
}

main
