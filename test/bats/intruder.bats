#!/usr/bin/env bats
# An intruder who can write in a store, or who has taken over the host that a backup host fetches from: he gets no code run, no file
# out of its place, and no set of his own or an older one restored.
load lib/lifeboat

setup() {
  new_files_asset
  CANARY="$BATS_TEST_TMPDIR/canary"
  PULL="$HOST/vm"
}

# Have the checksum of a MANIFEST fit again, as anybody can who can write.
reseal() {
  sed -i '/^manifest_sha256=/d' "$1/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$1/MANIFEST" | cut -d' ' -f1)" >>"$1/MANIFEST"
}

# A set of its own name, a copy of another: `clone_set SET STAMP [BASE]`.
clone_set() {
  local base="${3:-${1%/*}}"
  mkdir -p "$base"
  cp -a "$1" "$base/$2"
  sed -i "s/^set=.*/set=$2/" "$base/$2/MANIFEST"
  reseal "$base/$2"
}

# A backup host that fetches from a host that the intruder has taken over: whatever names and bytes he offers arrive. (A stub of a
# transport; test/bats/copies.bats has the real one.)
make_backup_host() {
  mkdir -p "$PULL"
  set_list PLACE_IDS vm
  set_list PLACE_DRIVERS hostile
  set_list PLACE_LOCATIONS "$PULL"
  set_list PLACE_HOSTS ''
  set_list PLACE_SETTINGS "vm.path=$PULL"
  set_list SOURCE_IDS vm
  make_scripts files backup restore verify drill pull
  cat >"$HOST/hostile.sh" <<END
hostile_names() {
  local each
  for each in "$PULL/files/\$1"/*; do printf '%s ok\n' "\${each##*/}"; done
}
hostile_manifest() { cat -- "$PULL/files/\$1/\$2/MANIFEST"; }
hostile_get() { tail -c +"\$((\$4 + 1))" -- "$PULL/files/\$1/\$2/\$3"; }
END
  for script in pull restore; do
    { sed '$d' "$HOST/bin/$script.sh" && cat "$HOST/hostile.sh" && tail -n 1 "$HOST/bin/$script.sh"; } >"$HOST/bin/new"
    cat "$HOST/bin/new" >"$HOST/bin/$script.sh"
  done
}

pull() { "$HOST/bin/pull.sh" "$@"; }

status_of_host() {
  set_list STATUS_ASSETS thing
  set_list STATUS_KINDS files
  set_list STATUS_TYPES files
  set_list STATUS_STORES disk
  set_list STATUS_PATHS "$STORE"
  set_list STATUS_RPOS 86400
  set_list STATUS_LOGS 0
  set_list STATUS_FIELDS ''
  set_list STATUS_CIPHERS "${1:-none}"
  set_list STATUS_SIGNED 0
  make_scripts files backup
  "$LIFEBOAT_TESTS/lib/assemble.sh" - - "$FACTS.linked" status >"$HOST/bin/status.sh"
  chmod +x "$HOST/bin/status.sh"
  "$HOST/bin/status.sh"
}

use_key() {
  openssl rand -hex 32 >"$HOST/key"
  chmod 600 "$HOST/key"
  set_fact OPENSSL_KEY_FILE "$HOST/key"
  set_fact ENCRYPTION openssl
  relink
}

@test "values of a MANIFEST that bash arithmetic would run, in every field, run in no script" {
  local field value n=0 least=10
  backup 2>/dev/null
  good="$(last_set)"
  # The long form tries every value in every field, the short one another value in each.
  [[ -z ${LIFEBOAT_LONG:-} ]] || least=60
  for field in payload.1.stored_bytes payload.1.raw_bytes format finished started set payload.1.file payload.1.name payload.1.codec payload.1.stored_sha256 position.entries plan asset; do
    for value in 'BASH_VERSINFO[0$(touch '"$CANARY"')]' "\$(touch $CANARY)" "\`touch $CANARY\`" "a[\$(touch $CANARY)]+1" "1;touch $CANARY" "x%0Atouch $CANARY"; do
      n=$((n + 1))
      [[ -n ${LIFEBOAT_LONG:-} || $(((n - 1) % 6)) == $(((n - 1) / 6 % 6)) ]] || continue
      set="$STORE/files/thing/202501$(printf '%02d' $((n / 24 + 1)))T$(printf '%02d' $((n % 24)))0000Z"
      cp -a "$good" "$set"
      awk -v field="$field" -v value="$value" 'index($0, field "=") == 1 { print field "=" value; next } { print }' "$good/MANIFEST" >"$set/MANIFEST"
      grep -qF "$field=$value" "$set/MANIFEST"
      [[ $field == set ]] || sed -i "s/^set=.*/set=$(basename "$set")/" "$set/MANIFEST"
      reseal "$set"
    done
  done
  run restore --list
  assert_status 0
  assert_says 'unchecked'
  [[ $(grep -c 'bad MANIFEST' <<<"$output") -ge $least ]] || fail "$output"
  run verify --all --hashes
  assert_status 65
  assert_says "$(basename "$good")  disk         size and hash ok"
  run -0 backup
  run status_of_host
  assert_says ' OK '
  run -0 restore --latest --dry-run
  run -0 drill
  make_backup_host
  mkdir -p "$PULL/files"
  mv "$STORE/files/thing" "$PULL/files/thing"
  run pull
  assert_says 'is not taken'
  # What is only odd text, such as the name of a plan, may come; it is never more than text.
  run verify --all --deep
  run restore --list
  assert_silent_about 'bad MANIFEST'
  [[ ! -e $CANARY ]] || fail 'the intruder ran code'
}

@test "names of files in a MANIFEST lead nowhere: no file is written outside of the set, by no script" {
  local name
  make_backup_host
  backup 2>/dev/null
  mkdir -p "$PULL/files/thing"
  good="$(last_set)"
  n=0
  for name in ../../../planted ../planted /etc/cron.d/planted .planted -planted 'a/b' '' MANIFEST SUSPECT . ..; do
    n=$((n + 1))
    set="$PULL/files/thing/202501$(printf '%02d' $n)T000000Z"
    clone_set "$good" "$(basename "$set")" "$PULL/files/thing"
    awk -v name="$name" '/^payload.1.file=/ { print "payload.1.file=" name; next } { print }' "$set/MANIFEST" >"$set/new"
    mv "$set/new" "$set/MANIFEST"
    reseal "$set"
    printf '* * * * * root touch %s\n' "$CANARY" >"$PULL/files/thing/planted"
    cp "$PULL/files/thing/planted" "$PULL/planted"
  done
  before="$(sets)"
  run pull
  assert_status 65
  assert_same "$(sets)" "$before"
  [[ ! -e /etc/cron.d/planted ]]
  assert_same "$(find "$STORE" -name '*planted*')" ''
  cp -a "$PULL/files/thing/." "$STORE/files/thing/"
  run verify --all --hashes
  assert_status 65
  run -0 restore --list
  assert_same "$(grep -c 'bad MANIFEST' <<<"$output")" 11
}

@test "links, FIFOs, directories and junk in a set are no payloads; nothing hangs" {
  make_backup_host
  backup 2>/dev/null
  good="$(last_set)" file="$(basename "$good"/files.tar*)"
  for kind in link fifo directory; do
    case "$kind" in link) n=1 ;; fifo) n=2 ;; *) n=3 ;; esac
    set="$STORE/files/thing/2025010${n}T000000Z"
    clone_set "$good" "$(basename "$set")"
    rm -r "${set:?}/$file"
    case "$kind" in
      link) ln -s "$good/$file" "$set/$file" ;;
      fifo) mkfifo "$set/$file" ;;
      directory) mkdir "$set/$file" ;;
    esac
    run timeout 60 "$HOST/bin/verify.sh" --set "$(basename "$set")"
    assert_status 65
    assert_says 'is no plain file'
    run timeout 60 "$HOST/bin/restore.sh" --set "$(basename "$set")" --into "$HOST/back"
    assert_status 65
  done
  # And the MANIFEST itself.
  for kind in link fifo directory; do
    case "$kind" in link) n=4 ;; fifo) n=5 ;; *) n=6 ;; esac
    set="$STORE/files/thing/2025010${n}T000000Z"
    clone_set "$good" "$(basename "$set")"
    rm "$set/MANIFEST"
    case "$kind" in
      link) ln -s "$good/MANIFEST" "$set/MANIFEST" ;;
      fifo) mkfifo "$set/MANIFEST" ;;
      directory) mkdir "$set/MANIFEST" ;;
    esac
  done
  run timeout 60 "$HOST/bin/restore.sh" --list
  assert_status 0
  assert_same "$(grep -c -e 'no MANIFEST' <<<"$output")" 3
  run timeout 120 "$HOST/bin/verify.sh" --all
  assert_status 65
  assert_says "$(basename "$good")  disk         ok"
}

@test "a plain set where the plan encrypts is refused by verify, restore, drill and pull, and said to be what it is; --accept-weaker takes it" {
  backup 2>/dev/null
  plain="$(last_set)"
  use_key
  run -77 verify
  assert_says 'it is not encrypted, and the plan encrypts with openssl'
  run -65 restore --into "$HOST/back"
  assert_says 'less protected than the plan asks for'
  run -77 restore --into "$HOST/back" --set "$(basename "$plain")"
  assert_says '--accept-weaker'
  [[ ! -e $HOST/back ]]
  run -65 drill
  run status_of_host openssl
  assert_says NONE
  # One of ours is older: the intruder's is passed over, and that is said before anything is asked.
  backup 2>/dev/null
  ours="$(last_set)"
  clone_set "$plain" "$(date -u -d '+1 minute' +%Y%m%dT%H%M%SZ)"
  run -0 restore --dry-run
  assert_says "set      $(basename "$ours")"
  assert_says "passed over  $(basename "$(last_set)") in disk: less protected than the plan asks for"
  make_backup_host
  mkdir -p "$PULL/files"
  mv "$STORE/files/thing" "$PULL/files/thing"
  run -77 pull
  assert_same "$(sets | xargs -n 1 basename)" "$(basename "$ours")"
  run -0 pull --accept-weaker
  run -0 restore --set "$(basename "$plain")" --accept-weaker --into "$HOST/back"
  assert_says 'whoever can write in the store can have made it'
  diff -r "$HOST/data" "$HOST/back$HOST/data"
}

@test "openssl: nothing can be swapped between sets: payload, MANIFEST, name, an older set under a newer name" {
  use_key
  backup 2>/dev/null
  first="$(last_set)"
  printf 'changed\n' >"$HOST/data/one"
  sleep 1
  backup 2>/dev/null
  second="$(last_set)"
  cp -a "$STORE/files" "$HOST/good"
  # The payload of the first in the second, with the figures that fit it.
  cp "$first/files.tar.zst.enc" "$second/"
  for field in stored_bytes stored_sha256 raw_bytes raw_sha256; do
    sed -i "s/^payload.1.$field=.*/$(grep "^payload.1.$field=" "$first/MANIFEST")/" "$second/MANIFEST"
  done
  reseal "$second"
  run -65 restore --into "$HOST/back"
  assert_says 'its MAC does not fit its MANIFEST'
  assert_says "the newest older good set: restore.sh --set $(basename "$first")"
  [[ ! -e $HOST/back ]]
  rm -rf "$STORE/files" && cp -a "$HOST/good" "$STORE/files"
  # The first under a newer name.
  later="$(date -u -d '+1 minute' +%Y%m%dT%H%M%SZ)"
  clone_set "$first" "$later"
  run -65 restore --set "$later" --into "$HOST/back"
  assert_says 'its MAC does not fit its MANIFEST'
  rm -rf "$STORE/files" && cp -a "$HOST/good" "$STORE/files"
  # Only the directory renamed.
  mv "$first" "${first%/*}/$later"
  run -0 restore --list
  assert_says 'bad MANIFEST'
  run -65 restore --set "$later" --into "$HOST/back"
  assert_says 'renamed'
  rm -rf "$STORE/files" && cp -a "$HOST/good" "$STORE/files"
  # Without the line of the MAC it is a set of before, and refused as weaker.
  sed -i '/^manifest_mac=/d; s/^format=2/format=1/' "$second/MANIFEST"
  reseal "$second"
  run -77 restore --set "$(basename "$second")" --into "$HOST/back"
  assert_says 'its MANIFEST has no MAC'
  [[ ! -e $HOST/back ]]
}

@test "age says who may read, not who wrote; a signature does: sets that somebody else made are refused" {
  age-keygen -o "$HOST/identity" 2>/dev/null
  set_list AGE_RECIPIENTS "$(age-keygen -y "$HOST/identity")"
  set_fact AGE_IDENTITY_FILE "$HOST/identity"
  set_fact ENCRYPTION age
  relink
  backup 2>/dev/null
  forged="$(last_set)"
  # Whoever knows the public recipient makes a set that passes: that is why there are signatures.
  run -0 restore --dry-run
  ssh-keygen -q -t ed25519 -N '' -C 'backup@db' -f "$HOST/sign"
  set_fact SIGN_KEY_FILE "$HOST/sign"
  set_list SIGN_KEYS "$(cat "$HOST/sign.pub")"
  relink
  run -77 verify
  assert_says 'it is not signed, and the plan signs'
  sleep 1
  run -0 backup
  ours="$(last_set)"
  run -0 verify --deep
  run -0 restore --into "$HOST/back"
  diff -r "$HOST/data" "$HOST/back$HOST/data"
  # One signed with a key of his.
  ssh-keygen -q -t ed25519 -N '' -f "$HOST/his"
  set_fact SIGN_KEY_FILE "$HOST/his"
  relink
  sleep 1
  backup 2>/dev/null
  run -65 verify
  assert_says 'forged, or was signed with a key that the plan does not name'
  rm -rf "$HOST/back"
  run -65 restore --set "$(basename "$(last_set)")" --into "$HOST/back"
  [[ ! -e $HOST/back ]]
  # A signature of another set, and a changed line.
  cp -a "$ours" "$HOST/kept"
  sed -i 's/^host=.*/host=elsewhere/' "$ours/MANIFEST"
  reseal "$ours"
  run -65 verify --set "$(basename "$ours")"
  assert_says forged
  # A new key: the old one's sets stay good for as long as it is named.
  rm -rf "$ours" && cp -a "$HOST/kept" "$ours"
  set_list SIGN_KEYS "$(cat "$HOST/his.pub")" "$(cat "$HOST/sign.pub")"
  relink
  run -0 verify --set "$(basename "$ours")"
}

@test "a source that sends for ever, or a MANIFEST without an end, fills no disk" {
  make_backup_host
  backup 2>/dev/null
  mkdir -p "$PULL/files"
  mv "$STORE/files/thing" "$PULL/files/thing"
  set="$(sets "$PULL")"
  head -c 20000000 /dev/zero >>"$(ls "$set"/files.tar*)"
  run pull
  # What the MANIFEST says is taken, and is right; not a byte more.
  assert_status 0
  [[ $(du -sb "$STORE" | cut -f1) -lt 100000 ]]
  rm -rf "$STORE/files"
  head -c 40000000 /dev/zero | tr '\0' x >>"$set/MANIFEST"
  run pull
  assert_status 65
  [[ $(du -sb "$HOST/state" "$STORE" | awk '{ n += $1 } END { print n }') -lt 20000000 ]]
  assert_same "$(sets)" ''
}

@test "notes and names that come from another host are no numbers until they were looked at" {
  make_backup_host
  set_fact LOG_SECONDS 0
  backup 2>/dev/null
  mkdir -p "$PULL/files/thing"
  cp -a "$(last_set)" "$PULL/files/thing/"
  mkdir -p "$PULL/files/thing/a[\$(touch $(basename "$CANARY"))]" "$PULL/files/thing/2026[\$(id>x)]T1Z" "$PULL/files/thing/"$'2026\n20250101T000000Z'
  for dir in "$PULL/files/thing"/*; do [[ -e $dir/MANIFEST ]] || cp "$(last_set)/MANIFEST" "$dir/"; done
  printf 'a[$(touch %s)]\n' "$CANARY" >"$HOST/state/thing.vm.sent"
  printf 'a[$(touch %s)] x\n' "$CANARY" >"$HOST/state/thing.archived"
  printf 'a[$(touch %s)]\n' "$CANARY" >"$HOST/state/thing.pull.skips"
  # A name of two lines looks like a set that is not there: it is told of, and keeps nothing else from being fetched.
  run -69 pull
  assert_says 'the set 20250101T000000Z of'
  run -0 restore --list
  run status_of_host
  [[ ! -e $CANARY ]]
  assert_same "$(sets | wc -l)" 1
}
