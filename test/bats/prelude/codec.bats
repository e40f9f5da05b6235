load ../lib/lifeboat

setup() {
  # The key is as slow to make as it is to be; the first test holds that against another's arithmetic.
  CONSTANTS=(PBKDF2_ROUNDS=1000)
  new_files_asset
  openssl rand -hex 32 >"$HOST/key"
  chmod 600 "$HOST/key"
}

use_age() {
  rm -f "$HOST/identity"
  age-keygen -o "$HOST/identity" 2>/dev/null
  set_fact ENCRYPTION age
  set_list AGE_RECIPIENTS "$(age-keygen -y "$HOST/identity")"
  set_fact AGE_IDENTITY_FILE "$HOST/identity"
  relink
}

use_openssl() {
  set_fact ENCRYPTION openssl
  set_fact OPENSSL_KEY_FILE "$HOST/key"
  relink
}

# Flip one bit in the middle of a file.
flip_bit() {
  python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(0, 2); at = f.tell() // 2; f.seek(at); b = f.read(1)[0]; f.seek(at); f.write(bytes([b ^ 16]))' "$1"
}

# Have the MANIFEST of a set agree with its payload again, as an attacker would; everything but the MAC.
forge_manifest() {
  local set="$1" file
  file="$(ls "$set"/files.tar*)"
  sed -i -e "s/^\(payload.1.stored_sha256\)=.*/\1=$(sha256sum <"$file" | cut -d' ' -f1)/" -e "s/^\(payload.1.stored_bytes\)=.*/\1=$(wc -c <"$file")/" -e '/^manifest_sha256=/d' "$set/MANIFEST"
  printf 'manifest_sha256=%s\n' "$(sha256sum <"$set/MANIFEST" | cut -d' ' -f1)" >>"$set/MANIFEST"
}

@test "the MAC is HMAC-SHA256 with a key derived by PBKDF2" {
  use_openssl
  head -c 100001 /dev/urandom >"$HOST/file"
  run -0 in_runtime 'openssl_mac "$1" 0123456789abcdef; printf "%s\n" "$HMAC"' "$HOST/file"
  python3 - "$HOST/key" "$HOST/file" "$output" <<'END'
import hashlib, hmac, sys
password = open(sys.argv[1], "rb").read().rstrip(b"\n")
key = hashlib.pbkdf2_hmac("sha256", password, bytes.fromhex("0123456789abcdef"), 600000, 48)[:32]
assert hmac.new(key, open(sys.argv[2], "rb").read(), hashlib.sha256).hexdigest() == sys.argv[3]
END
}

@test "the pad of the MAC carries every byte" {
  run -0 in_runtime 'mac_pad 000a0d20255c27220b7f80ff36260102030405060708090e0f101112131415161718 54 | od -An -v -tx1 | tr -d " \n"'
  python3 - "$output" <<'END'
import sys
key = bytes.fromhex("000a0d20255c27220b7f80ff36260102030405060708090e0f101112131415161718").ljust(64, b"\0")
assert bytes(b ^ 54 for b in key).hex() == sys.argv[1]
END
}

# bats test_tags=long
@test "every codec and cipher comes back as it was" {
  local pair codec cipher
  for pair in auto/none gzip/none none/none none/age none/openssl auto/age gzip/openssl; do
    codec="${pair%/*}" cipher="${pair#*/}"
    set_fact COMPRESSION "$codec"
    set_fact ENCRYPTION "$cipher"
    case "$cipher" in
      age) use_age ;;
      openssl) use_openssl ;;
      none) relink ;;
    esac
    run -0 backup
    run -0 verify
    rm -rf "$HOST/back"
    run -0 restore --into "$HOST/back"
    diff -r "$HOST/data" "$HOST/back$HOST/data"
  done
}

@test "the hash is the same with openssl, sha256sum and shasum" {
  local want tool
  want="$(sha256sum <"$HOST/data/one" | cut -d' ' -f1)"
  for tool in openssl sha256sum shasum; do
    run -0 in_runtime 'command() { [[ $1 != -v || $2 == "$only" ]] && builtin command "$@"; }; only="$2"; sha256_of "$1"' "$HOST/data/one" "$tool"
    assert_same "$output" "$want"
  done
}

@test "a flipped bit is found, whatever the cipher; the set is marked and no restore takes it" {
  local cipher
  for cipher in none age openssl; do
    case "$cipher" in
      age) use_age ;;
      openssl) use_openssl ;;
    esac
    backup 2>/dev/null
    flip_bit "$(ls "$(last_set)"/files.tar*)"
    run -65 verify
    assert_says damaged
    [[ -s $(last_set)/SUSPECT ]]
    run -65 restore --set "$(basename "$(last_set)")" --yes
    rm -rf "$STORE/files"
  done
}

@test "tampering with data and MANIFEST alike is caught by openssl's MAC and by age" {
  use_openssl
  backup 2>/dev/null
  flip_bit "$(last_set)/files.tar.zst.enc"
  forge_manifest "$(last_set)"
  run -65 verify
  assert_says 'its MAC does not fit its MANIFEST'
  rm -rf "$STORE/files"
  use_age
  backup 2>/dev/null
  flip_bit "$(last_set)/files.tar.zst.age"
  forge_manifest "$(last_set)"
  run -65 verify
  assert_says 'cannot decrypt files.tar'
  assert_says 'it is forged or was changed'
}

@test "a wrong key is said to be one, before anything is decrypted" {
  use_openssl
  backup 2>/dev/null
  openssl rand -hex 32 >"$HOST/key"
  run -77 restore --into "$HOST/back"
  assert_says 'was made with another key'
  [[ ! -e $HOST/back ]]
  run -77 verify
  [[ ! -e $(last_set)/SUSPECT ]]
  rm -rf "$STORE/files"
  use_age
  backup 2>/dev/null
  rm "$HOST/identity"
  age-keygen -o "$HOST/identity" 2>/dev/null
  run -77 restore --into "$HOST/back"
  assert_says 'is not the identity that it was encrypted for'
  # The cause is the first thing that is said.
  [[ ${lines[0]} == *'cannot decrypt'* || ${lines[0]} == *Restore* ]]
  run -77 verify
  [[ ${lines[0]} == *'cannot decrypt'* ]]
  [[ ! -e $(last_set)/SUSPECT ]]
}

@test "without the identity size and hash are still checked; looking inside needs it" {
  use_age
  backup 2>/dev/null
  rm "$HOST/identity"
  run -0 verify
  assert_says 'no key here'
  run -77 verify --deep
  run -77 restore --yes
  assert_says 'age identity'
  run -77 drill
  flip_bit "$(last_set)/files.tar.zst.age"
  run -65 verify
  assert_says 'checksum mismatch'
}

@test "a short key and an unreadable one are refused" {
  use_openssl
  printf 'short\n' >"$HOST/key"
  run -78 backup
  assert_says 'shorter than 20'
  rm "$HOST/key"
  run -77 backup
  assert_says 'key file'
  assert_same "$(sets)" ''
}

@test "a bad recipient stops the backup with 78" {
  use_age
  set_list AGE_RECIPIENTS age1nonsense
  relink
  run -78 backup
  assert_says 'cannot encrypt'
  assert_same "$(sets)" ''
  assert_tidy
}

@test "no key shows in any process list while a set is made and read" {
  use_openssl
  head -c 30000000 /dev/urandom >"$HOST/data/big"
  (while [[ ! -e $HOST/done ]]; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' '; done >"$HOST/seen") 3>&- &
  backup 2>/dev/null
  verify >/dev/null
  : >"$HOST/done"
  wait
  grep -q 'openssl enc' "$HOST/seen"
  ! grep -q -F -e "$(cat "$HOST/key")" "$HOST/seen"
  # The key for MACs, derived as docs/runtime.md says.
  derived="$(openssl enc -aes-256-ctr -pbkdf2 -iter 600000 -md sha256 -S "$(printf lifeboat | od -An -tx1 | tr -d ' ')" -pass "file:$HOST/key" -P </dev/null | sed -n 's/^key *= *//p')"
  [[ ${#derived} == 64 ]]
  ! grep -q -i -F -e "$derived" "$HOST/seen"
}
