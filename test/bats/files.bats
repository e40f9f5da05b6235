load lib/lifeboat

setup() { new_files_asset; }

teardown() { unmount_all; }

# Everything that makes a file what it is: type, mode, owner, times, size, links, ACLs, attributes, content.
portrait() {
  (
    cd "$1"
    find . -print0 | sort -z | xargs -0 stat -c '%n %A %u:%g %s %Y %h %N'
    find . ! -type l -print0 | sort -z | xargs -0 getfacl -n -p 2>/dev/null
    find . -print0 | sort -z | xargs -0 getfattr -d -m - -h 2>/dev/null
    find . -type f -print0 | sort -z | xargs -0 sha256sum
  )
}

# A tree with everything that is hard to keep.
hard_tree() {
  local dir="$1"
  mkdir -p "$dir/empty" "$dir/백업 폴더/😀" "$dir/-rf"
  printf 'x' >"$dir/"$'new\nline\ttab'
  printf 'q' >"$dir/it's \"quoted\" \$HOME \`id\` \\ %0A"
  printf 'd' >"$dir/-rf/--checkpoint-action=exec=false"
  printf 'k' >"$dir/백업 폴더/😀/한글.txt"
  printf 'h' >"$dir/hard1" && ln "$dir/hard1" "$dir/hard2"
  ln -s hard1 "$dir/soft" && ln -s /nowhere/at/all "$dir/dangling"
  truncate -s 50M "$dir/sparse" && printf 'end' >>"$dir/sparse"
  printf 's' >"$dir/setuid" && chown 1234:5678 "$dir/setuid" && chmod 4751 "$dir/setuid"
  mkdir "$dir/sticky" && chmod 1777 "$dir/sticky" && mkdir "$dir/setgid" && chmod 2770 "$dir/setgid"
  printf 'none' >"$dir/closed" && chmod 000 "$dir/closed"
  printf 'a' >"$dir/acl" && setfacl -m u:4321:rw,g:99:r "$dir/acl" && setfacl -d -m u:4321:rwx "$dir/empty"
  printf 'e' >"$dir/attr" && setfattr -n user.note -v 'a value' "$dir/attr" && setfattr -n security.mark -v x "$dir/attr"
  mkfifo "$dir/fifo"
  printf '%0200d' 0 >"$dir/$(printf 'n%.0s' {1..200})"
  touch -d '2001-02-03 04:05:06.789' "$dir/hard1" "$dir/empty"
}

@test "destroy, restore, compare: names, owners, modes, ACLs, attributes, links, holes, times" {
  hard_tree "$HOST/data"
  portrait "$HOST/data" >"$HOST/before"
  run -0 backup
  rm -rf "$HOST/data"
  run -0 restore --yes
  portrait "$HOST/data" | diff "$HOST/before" -
  [[ $HOST/data/hard1 -ef $HOST/data/hard2 ]]
  (($(stat -c %b "$HOST/data/sparse") < 1000))
  assert_tidy
}

@test "a source that is a single file, with spaces and a leading dash in its path" {
  mkdir "$HOST/-odd dir"
  printf 'alone' >"$HOST/-odd dir/the file"
  chmod 640 "$HOST/-odd dir/the file"
  set_list SOURCE_PATHS "$HOST/-odd dir/the file" "$HOST/data"
  relink
  backup 2>/dev/null
  rm -rf "$HOST/-odd dir"
  run -0 restore --yes
  assert_same "$(cat "$HOST/-odd dir/the file")" alone
  assert_same "$(stat -c %a "$HOST/-odd dir/the file")" 640
}

@test "what is excluded stays out, and safety copies of earlier restores too" {
  mkdir "$HOST/data/cache" "$HOST/data/old.lifeboat-old-20260101T000000Z"
  printf 'x' >"$HOST/data/cache/x" && printf 't' >"$HOST/data/sub/a.tmp"
  set_list EXCLUDES "$HOST/data/cache" '*.tmp'
  relink
  backup 2>/dev/null
  run -0 restore --into "$HOST/back"
  assert_same "$(cd "$HOST/back$HOST/data" && find . | sort | tr '\n' ' ')" '. ./one ./sub ./sub/two '
}

@test "a source that is missing, a link, or unreadable stops the backup with a clear word" {
  mv "$HOST/data" "$HOST/elsewhere"
  run -69 backup
  assert_says "$HOST/data is not there"
  ln -s "$HOST/elsewhere" "$HOST/data"
  run -78 backup
  assert_says 'symbolic link'
  assert_same "$(sets)" ''
}

@test "files that change while they are read: warned and noted, or refused, as the plan says" {
  head -c 60000000 /dev/urandom >"$HOST/data/growing"
  (while [[ ! -e $HOST/done ]]; do printf 'more' >>"$HOST/data/growing"; done) 3>&- &
  run backup
  first="$status $(sed -n 's/^position.changed=//p' "$(last_set)/MANIFEST") $output"
  set_fact CHANGE_POLICY fail
  relink
  run backup
  : >"$HOST/done"
  wait
  [[ $first == '0 1 '*'files changed while they were read'* ]] || fail "$first"
  assert_status 75
  assert_same "$(sets | wc -l)" 1
}

@test "a file that tar cannot read fails the backup" {
  mkdir "$HOST/tools"
  printf '#!/bin/sh\ncase "$*" in *--create*) exec strace -f -o /dev/null -P %s/data/sub/two -e inject=openat:error=EIO /usr/bin/tar "$@" ;; esac\nexec /usr/bin/tar "$@"\n' "$HOST" >"$HOST/tools/tar"
  chmod +x "$HOST/tools/tar"
  PATH="$HOST/tools:$PATH" run backup
  if [[ $status == 0 ]]; then
    # strace matches paths as the program names them: relative to -C.
    printf '#!/bin/sh\ncase "$*" in *--create*) exec strace -f -o /dev/null -e inject=read:error=EIO:when=40+ /usr/bin/tar "$@" ;; esac\nexec /usr/bin/tar "$@"\n' >"$HOST/tools/tar"
    head -c 3000000 /dev/urandom >"$HOST/data/big"
    PATH="$HOST/tools:$PATH" run backup
  fi
  [[ $status != 0 ]] || fail "$output"
  assert_tidy
}

@test "sources on several file systems, a mount point among them, are each swapped on their own" {
  local dir
  for dir in disk1 disk2; do
    mkdir "$HOST/$dir"
    mount -t tmpfs -o size=20m,mode=750 tmpfs "$HOST/$dir"
  done
  mkdir "$HOST/disk1/inner"
  printf 'i' >"$HOST/disk1/inner/file" && printf 'm' >"$HOST/disk2/file" && printf 'h' >"$HOST/disk2/.hidden" && mkdir "$HOST/disk2/dir"
  set_list SOURCE_PATHS "$HOST/data" "$HOST/disk1/inner" "$HOST/disk2"
  relink
  backup 2>/dev/null
  printf 'newer' >"$HOST/disk2/file" && rm "$HOST/disk2/.hidden" && printf 'more' >"$HOST/disk2/added"
  printf 'newer' >"$HOST/disk1/inner/file"
  run -0 restore --dry-run
  assert_says "replace what is in $HOST/disk2"
  run -0 restore --yes
  assert_same "$(cat "$HOST/disk1/inner/file" "$HOST/disk2/file" "$HOST/disk2/.hidden")" imh
  [[ ! -e $HOST/disk2/added ]]
  assert_same "$(cat "$HOST/disk2"/.lifeboat-old-*/added)" more
  assert_same "$(stat -c %a "$HOST/disk2")" 750
  assert_tidy
  # And back again when the check fails.
  printf 'newest' >"$HOST/disk2/file"
  sed -i '$i kind_check_live() { return 65; }' "$HOST/bin/restore.sh"
  run -65 restore --yes
  assert_same "$(cat "$HOST/disk2/file")" newest
  assert_tidy
}

@test "a file system mounted inside a source is refused before anything is touched" {
  backup 2>/dev/null
  mount -t tmpfs tmpfs "$HOST/data/sub"
  run -78 restore --yes
  assert_says 'is mounted inside'
  assert_same "$(cat "$HOST/data/one")" one
  assert_tidy
}

@test "a path that came into the plan later is left alone, one that left it is not restored" {
  mkdir "$HOST/other" && printf 'o' >"$HOST/other/file"
  set_list SOURCE_PATHS "$HOST/data" "$HOST/other"
  relink
  backup 2>/dev/null
  set_list SOURCE_PATHS "$HOST/data" "$HOST/bin"
  relink
  printf 'newer' >"$HOST/other/file"
  run -0 restore --yes
  assert_says 'no longer in the plan'
  assert_says 'came into the plan later'
  assert_same "$(cat "$HOST/other/file")" newer
}

@test "--into a directory: new or empty only; nothing live is touched; nothing stays after a failure" {
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  run -0 restore --into "$HOST/back"
  assert_says '2 files'
  assert_same "$(cat "$HOST/back$HOST/data/one" "$HOST/data/one" | tr '\n' ' ')" 'one newer '
  run -64 restore --into "$HOST/back"
  assert_says 'not empty'
  (cd "$HOST" && run -0 bin/restore.sh --into relative && [[ -e relative$HOST/data/one ]])
  mkdir "$HOST/into"
  sed -i '$i kind_check_stage() { return 65; }' "$HOST/bin/restore.sh"
  run -65 restore --into "$HOST/into"
  assert_same "$(ls -A "$HOST/into")" ''
  run -65 restore --into "$HOST/new"
  [[ ! -e $HOST/new ]]
}

@test "--at, --set, --latest, --from choose what they say; a suspect set is passed over" {
  mkdir "$HOST/second"
  set_list STORE_IDS disk second
  set_list STORE_PATHS "$STORE" "$HOST/second"
  relink
  for n in 1 2 3; do
    printf '%s\n' "$n" >"$HOST/data/one"
    backup 2>/dev/null
    sleep 1
  done
  middle="$(basename "$(sets | sed -n 2p)")"
  run -0 restore --dry-run
  assert_says "$(basename "$(last_set)")"
  run -0 restore --dry-run --at "$middle"
  assert_says "set      $middle"
  run -0 restore --dry-run --set="$middle" --from second
  assert_says "$HOST/second/files/thing/$middle (second)"
  run -65 restore --dry-run --at 2001-01-01
  assert_says 'made at or before'
  printf 'x' >"$(last_set)/SUSPECT"
  rm -rf "$(last_set "$HOST/second")"
  run -0 restore --dry-run
  assert_says "$middle"
  # The first store's copy is damaged: the second one's is taken.
  printf 'x' >>"$(sets | sed -n 2p)/files.tar.zst"
  run -0 restore --into "$HOST/back"
  assert_says 'the copy of '
  assert_same "$(cat "$HOST/back$HOST/data/one")" 2
  run -0 restore --list
  assert_same "$(sed -n 2p <<<"$output" | awk '{ print $1 }')" "$(basename "$(sets | tail -n 1)")"
  assert_same "$(grep -c damaged <<<"$output")" 2
}

@test "a live restore wants --yes without a terminal, and the asset's name on one" {
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  run -64 restore </dev/null
  assert_says 'add --yes'
  run -64 script -qec "$HOST/bin/restore.sh" /dev/null <<<'no'
  assert_says 'nothing was changed'
  assert_same "$(cat "$HOST/data/one")" newer
  run -0 script -qec "$HOST/bin/restore.sh" /dev/null <<<'thing'
  assert_says 'Type the name of the asset (thing)'
  assert_same "$(cat "$HOST/data/one")" one
}

@test "a drill restores aside, measures, reports, cleans up; too slow is 75" {
  backup 2>/dev/null
  run -0 drill
  assert_says "Drill of 'thing' (files) on host box: PASSED"
  assert_says 'no RTO is promised'
  assert_same "$(ls -A "$HOST/scratch")" ''
  set_fact RTO_SECONDS 1
  relink
  sed -i '$i kind_check_stage() { sleep 1.2; }' "$HOST/bin/drill.sh"
  run -75 drill
  assert_says 'TOO SLOW'
  assert_says 'LONGER than the RTO of 1 s'
  run -0 drill --help
  # However slow the machine is.
  set_fact RTO_SECONDS 86400
  relink
  run -0 drill --keep
  [[ -e $(compgen -G "$HOST/scratch/drill-thing-*")$HOST/data/one ]]
  python3 -c 'import json,sys; h=[json.loads(l) for l in open(sys.argv[1])]; assert [x["code"] for x in h if x["action"]=="drill"] == [0, 75, 0]; assert set(h[1]["phases"]) == {"check", "stage", "verify"}' "$HOST/state/history.jsonl"
  assert_tidy
}

@test "a drill of a bad set says FAILED and leaves nothing" {
  backup 2>/dev/null
  printf 'x' >>"$(last_set)/files.tar.zst"
  run -65 drill
  assert_says FAILED
  assert_tidy
}

@test "verify --deep --all restores each set; one that lost a file inside is found" {
  backup 2>/dev/null && sleep 1 && backup 2>/dev/null
  run -0 verify --deep --all
  assert_same "$(grep -c 'ok, restores to 2 files' <<<"$output")" 2
  sed -i '$i kind_check_stage() { log_error "one entry too few"; return 65; }' "$HOST/bin/verify.sh"
  run -65 verify --deep
  assert_says 'one entry too few'
  # Its bytes are those that were written: it is not marked, and the list tells that it did not pass.
  [[ ! -e $(last_set)/SUSPECT ]]
  run -0 restore --list
  assert_says failed
  relink
  run -0 verify --deep
  assert_tidy
}

@test "a restore twice in a row, and a backup after it, work" {
  backup 2>/dev/null
  run -0 restore --yes
  sleep 1
  run -0 restore --yes
  run -0 backup
  assert_same "$(compgen -G "$HOST/data.lifeboat-old-*" | wc -l)" 2
}

@test "bsdtar brings the data back too; a tar that is too simple is refused" {
  mkdir "$HOST/tools" "$HOST/data/백업"
  printf 'k' >"$HOST/data/백업/한글 😀"
  printf '#!/bin/sh\nexec bsdtar "$@"\n' >"$HOST/tools/tar"
  chmod +x "$HOST/tools/tar"
  PATH="$HOST/tools:$PATH" run -0 backup
  mv "$HOST/data" "$HOST/kept"
  PATH="$HOST/tools:$PATH" run -0 restore --yes
  diff -r "$HOST/kept" "$HOST/data"
  printf '#!/bin/sh\nexec busybox tar "$@"\n' >"$HOST/tools/tar"
  PATH="$HOST/tools:$PATH" run -69 backup
  assert_says 'install GNU tar or bsdtar'
}

@test "files linked across paths of one asset: each mount point gets its own, also when the other path is not restored" {
  local dir name
  for dir in disk1 disk2; do
    mkdir "$HOST/$dir"
    mount -t tmpfs -o size=20m tmpfs "$HOST/$dir"
  done
  mkdir "$HOST/disk1/a" "$HOST/disk1/b" "$HOST/disk1/c" "$HOST/view"
  mount --bind "$HOST/disk1/b" "$HOST/view"
  for name in plain $'new\nline' 'it"s \ link to odd' '한글 😀' '[x]*'; do
    printf '%s' "$name" >"$HOST/disk1/a/$name"
    ln "$HOST/disk1/a/$name" "$HOST/disk1/b/$name"
    ln "$HOST/disk1/a/$name" "$HOST/disk1/b/again $name"
    ln "$HOST/disk1/a/$name" "$HOST/disk1/c/$name"
  done
  set_list SOURCE_PATHS "$HOST/disk1/a" "$HOST/view" "$HOST/disk1/c" "$HOST/disk2"
  relink
  for dir in disk1/a view disk1/c; do (cd "$HOST/$dir" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$HOST/before-${dir//\//-}"; done
  run -0 backup
  run -0 verify --deep
  run -0 drill
  find "$HOST/disk1/a" "$HOST/view" "$HOST/disk1/c" -type f -delete
  run -0 restore --yes
  for dir in disk1/a view disk1/c; do (cd "$HOST/$dir" && find . -path './.lifeboat-old*' -prune -o -type f -print0 | sort -z | xargs -0 sha256sum) | diff "$HOST/before-${dir//\//-}" -; done
  [[ $HOST/view/plain -ef "$HOST/view/again plain" && $HOST/disk1/a/plain -ef $HOST/disk1/c/plain ]]
  assert_tidy
  # The path that has the first of the links left the plan.
  set_list SOURCE_PATHS "$HOST/disk1/c"
  relink
  rm "$HOST/disk1/c/"*
  run -0 verify --deep
  run -0 restore --yes
  (cd "$HOST/disk1/c" && find . -type f -print0 | sort -z | xargs -0 sha256sum) | diff "$HOST/before-disk1-c" -
  assert_tidy
}

@test "people's own files named .lifeboat-… are backed up and come back, in a mount point, too; stages and old names of restores are not" {
  local dir name
  mkdir "$HOST/disk"
  mount -t tmpfs -o size=20m tmpfs "$HOST/disk"
  for dir in "$HOST/data" "$HOST/disk"; do
    mkdir "$dir/.lifeboat-live-photos" "$dir/.lifeboat-old-tricks" "$dir/.lifeboat-live-other-12"
    for name in .lifeboat-notes .lifeboat-old-tricks/x a.lifeboat-old-fashioned .lifeboat-live-photos/x .lifeboat-old-20260101T000000 .lifeboat-live-thing-x1 .lifeboat-live-other-12/x; do printf '%s' "$name" >"$dir/$name"; done
    (cd "$dir" && find . | sort) >"$HOST/before-${dir##*/}"
    mkdir "$dir/.lifeboat-old-20260101T000000Z" "$dir/x.lifeboat-old-20260101T000000Z-2" "$dir/.lifeboat-live-thing-4194303" "$dir/.lifeboat-scratch-thing-7"
  done
  set_list SOURCE_PATHS "$HOST/data" "$HOST/disk"
  relink
  run -0 backup
  run -0 restore --into "$HOST/back"
  for dir in "$HOST/data" "$HOST/disk"; do (cd "$HOST/back$dir" && find . | sort) | diff "$HOST/before-${dir##*/}" -; done
  for dir in "$HOST/data" "$HOST/disk"; do printf 'newer' >"$dir/.lifeboat-notes"; done
  run -0 restore --yes
  for dir in "$HOST/data" "$HOST/disk"; do assert_same "$(cat "$dir/.lifeboat-notes" "$dir/.lifeboat-old-tricks/x")" .lifeboat-notes.lifeboat-old-tricks/x; done
  assert_same "$(cat "$HOST"/disk/.lifeboat-old-2*Z/.lifeboat-notes)" newer
}

@test "--into refuses what others can write in or own" {
  backup 2>/dev/null
  mkdir "$HOST/open" "$HOST/theirs" "$HOST/group" "$HOST/sticky" "$HOST/good"
  chmod 777 "$HOST/open" && chown 1234 "$HOST/theirs" && chmod 1777 "$HOST/sticky"
  chgrp 1234 "$HOST/group" && chmod 770 "$HOST/group"
  ln -s "$HOST/open" "$HOST/link"
  for dir in open open/sub open/sub/deep theirs theirs/sub group sticky link link/sub; do
    run -77 restore --into "$HOST/$dir"
  done
  assert_same "$(find "$HOST/open" "$HOST/theirs" "$HOST/group" "$HOST/sticky" -mindepth 1)" ''
  run -0 restore --into "$HOST/sticky/new"
  assert_same "$(stat -c %a "$HOST/sticky/new")" 700
  run -0 restore --into "$HOST/good"
}

@test "a tar that is missing, killed or has no room marks no set" {
  printf '%s' "$(seq 1 200000)" >"$HOST/data/large"
  backup 2>/dev/null
  shadow tar <<'END'
[[ "$*" != *-tf* && "$*" != *--extract* ]] || kill -KILL $$
exec REAL "$@"
END
  run -69 shadowed verify
  mkdir "$HOST/scratch"
  mount -t tmpfs -o size=100k tmpfs "$HOST/scratch"
  run -74 verify --deep
  [[ ! -e $(last_set)/SUSPECT ]] || fail 'marked'
}

@test "a hand-run of every script reads as its transcript" {
  source "$BATS_TEST_DIRNAME/lib/transcript.bash"
  transcript_begin "$HOST"
  hand_run_asset files "$HOST/bin" .sh
}
