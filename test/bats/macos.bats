load lib/lifeboat
load lib/macos

# What a macOS host runs, with nothing but what macOS has: strict stubs of BSD's programs, named so in lib/macos.bash.

setup() {
  new_files_asset
  macos_tools
}

teardown() {
  unmount_all
  [[ ! -e $HOST/refused ]] || fail "an option that macOS does not know: $(sort -u "$HOST/refused")"
}

# Scripts of facts as they are now, as under Apple's bash.
apple() {
  relink
  make_macos_scripts "$HOST/bin/"*.sh
}

@test "STUBS: each refuses what macOS does not know" {
  run -1 on_macos stat -c %a /
  run -1 on_macos date -d now
  run -1 on_macos head -c 0 /dev/null
  run -1 on_macos df --output=avail /
  run -1 on_macos wc --bytes /dev/null
  run -127 on_macos flock -n 9
  run -127 on_macos sha256sum /dev/null
  run -127 on_macos timeout 1 true
  run -1 on_macos crontab -l
  assert_says 'no crontab for root'
  printf 'CRON_TZ=Asia/Seoul\n' >"$HOST/table"
  run -1 on_macos crontab "$HOST/table"
  printf '0 2 * * x /bin/true\n' >"$HOST/table"
  run -1 on_macos crontab "$HOST/table"
  printf '0 2 * * * /bin/true' >"$HOST/table"
  run -1 on_macos crontab "$HOST/table"
  run -1 on_macos crontab -u root -l
  rm "$HOST/refused"
}

@test "files: back up, verify, list, lose, restore, undo, drill; modes with their first digit" {
  apple
  mkdir -m 1777 "$HOST/data/open" && mkdir "$HOST/data/group" && chmod 2770 "$HOST/data/group"
  run -0 on_macos backup
  run -0 on_macos verify --deep
  run -0 on_macos restore --list
  assert_says verified
  cp -a "$HOST/data" "$HOST/before"
  rm -rf "$HOST/data"
  run -0 on_macos restore --dry-run
  run -0 on_macos restore --yes
  diff -r "$HOST/before" "$HOST/data"
  assert_same "$(stat -c %a "$HOST/data/open") $(stat -c %a "$HOST/data/group")" '1777 2770'
  run -0 on_macos drill
  assert_says PASSED
  printf 'new\n' >"$HOST/data/one"
  run -0 on_macos restore --yes
  assert_same "$(cat "$HOST/data/one")" one
  assert_same "$(cat "$HOST"/data.lifeboat-old-*/one | sort -u)" new
  assert_tidy
  forget_first_tries
}

@test "a mount point keeps its sticky bit through a restore" {
  mount -t tmpfs -o mode=1777 tmpfs "$HOST/data"
  printf 'one\n' >"$HOST/data/one"
  apple
  run -0 on_macos backup
  rm "$HOST/data/one"
  run -0 on_macos restore --yes
  assert_same "$(cat "$HOST/data/one")" one
  assert_same "$(stat -c %a "$HOST/data")" 1777
  forget_first_tries
}

@test "killed in mid-swap: --undo puts the old back, under Apple's bash too" {
  apple
  run -0 on_macos backup
  printf 'live\n' >"$HOST/data/one"
  printf '#!/bin/bash\n/usr/bin/mv "$@" || exit\n[[ ${*: -1} != %s/data ]] || kill -9 "$(cat %s/pid)"\n' "$HOST" "$HOST" >"$MACOS_PATH/mv.new"
  rm "$MACOS_PATH/mv" && mv "$MACOS_PATH/mv.new" "$MACOS_PATH/mv" && chmod +x "$MACOS_PATH/mv"
  printf '#!/bin/bash\necho $$ >%s/pid\nexec %s/bin/restore.sh "$@"\n' "$HOST" "$HOST" >"$HOST/killed" && chmod +x "$HOST/killed"
  run -137 on_macos "$HOST/killed" --yes
  ln -sf /usr/bin/mv "$MACOS_PATH/mv"
  run -75 on_macos restore --yes
  run -0 on_macos restore --undo --yes
  assert_same "$(cat "$HOST/data/one")" live
  forget_first_tries
}

@test "onChange means with bsdtar what it means with GNU tar: fail is 75, warn publishes" {
  set_fact CHANGE_POLICY fail
  set_list EXCLUDES '*.log'
  apple
  head -c 30000000 /dev/urandom >"$HOST/data/big"
  : >"$HOST/data/sub/some.log"
  # Something writes into the tree for as long as tar reads it.
  printf '#!/bin/bash\n[[ $* != *--create* ]] || printf x >>"%s/data/${CHANGES:-one}"\nexec bsdtar "$@"\n' "$HOST" >"$MACOS_PATH/tar.new"
  rm "$MACOS_PATH/tar" && mv "$MACOS_PATH/tar.new" "$MACOS_PATH/tar" && chmod +x "$MACOS_PATH/tar"
  ln -s /usr/bin/bsdtar "$MACOS_PATH/bsdtar"
  run -75 on_macos backup
  assert_says 'files changed while they were read'
  # What the plan leaves out may change.
  CHANGES=sub/some.log run -0 on_macos backup
  set_fact CHANGE_POLICY warn
  apple
  run -0 on_macos backup
  assert_says 'files changed while they were read; the set says so'
  grep -q '^position.changed=1$' "$(last_set)/MANIFEST"
}

@test "sqlite and encryption by OpenSSL: back up, lose, restore, compare" {
  openssl rand -hex 32 >"$HOST/key" && chmod 600 "$HOST/key"
  sqlite3 "$HOST/data/db" "create table t (a); insert into t values (1), ('two'), (null)"
  sed -i -e 's/^KIND=.*/KIND=sqlite/' -e 's/^TYPE=.*/TYPE=sqlite/' -e '/^SOURCE_PATHS=/d' -e '/^EXCLUDES=/d' -e '/^CHANGE_POLICY=/d' "$FACTS"
  set_fact DB_PATH "$HOST/data/db"
  set_fact ENCRYPTION openssl
  set_fact OPENSSL_KEY_FILE "$HOST/key"
  apple
  run -0 on_macos backup
  run -0 on_macos verify --deep
  rm "$HOST/data/db"
  run -0 on_macos restore --yes
  assert_same "$(sqlite3 "$HOST/data/db" 'select quote(a) from t' | tr '\n' ' ')" "1 'two' NULL "
  forget_first_tries
}

@test "a client that a script runs in a background job is run, and the job goes on after it" {
  printf '#!/bin/bash\nprintf "kubectl %%s\\n" "$*"\n' >"$MACOS_PATH/kubectl" && chmod +x "$MACOS_PATH/kubectl"
  set_fact KUBE_CONFIG /etc/kube
  set_fact KUBE_CONTEXT ''
  # shellcheck disable=SC2016
  PATH="$MACOS_PATH:$PATH" run -0 in_runtime 'command() { case "${1:-}" in -v | -V | -p) builtin command "$@"; return ;; esac; ((BASH_SUBSHELL == 0)) || exec "$@"; builtin command "$@"; }
    { kube_ctl get pods; echo "and on"; } & wait $!' <<<''
  [[ -z $(PATH="$MACOS_PATH" type -t flock) ]]
  assert_says 'and on'
}
