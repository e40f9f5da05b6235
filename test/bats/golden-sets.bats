#!/usr/bin/env bats
# Sets of every format that a version ever wrote, restored by today's scripts. See test/golden/sets/README.md.
# shellcheck disable=SC1091,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell; facts are used by the scripts

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  GOLDEN="$BATS_TEST_DIRNAME/../golden/sets"
}

teardown() {
  case "$BATS_TEST_DESCRIPTION" in
    mysql*)
      maria_stop_all "$BATS_TEST_TMPDIR"
      ;;
    postgres*) pg_stop_all "$BATS_TEST_TMPDIR" ;;
    redis*) redis_stop_all "$BATS_TEST_TMPDIR" ;;
  esac
}

# Put the sets of a folder into the store, private as they were.
bring_golden() {
  cp -a "$1"/. "$STORE/"
  chmod -R go= "$STORE"
}

@test "files: every format, codec and cipher comes back byte for byte" {
  local folder cipher count=0
  for folder in "$GOLDEN"/format-*/files-*; do
    count=$((count + 1))
    cipher="${folder##*-}"
    rm -rf "$BATS_TEST_TMPDIR/host"
    new_host
    set_list SOURCE_PATHS /tmp/golden/tree
    set_fact EXCLUDES '()'
    set_fact CHANGE_POLICY warn
    set_fact ENCRYPTION "$cipher"
    cp "$GOLDEN/key" "$GOLDEN/identity" "$HOST/"
    chmod 600 "$HOST/key" "$HOST/identity"
    case "$cipher" in
      age)
        set_list AGE_RECIPIENTS "$(age-keygen -y "$HOST/identity")"
        set_fact AGE_IDENTITY_FILE "$HOST/identity"
        ;;
      openssl) set_fact OPENSSL_KEY_FILE "$HOST/key" ;;
    esac
    make_scripts files backup restore verify drill
    bring_golden "$folder"
    options=()
    # Format 1 has nothing over its MANIFEST: where the plan authenticates, a person must say that it is to be taken.
    if [[ $folder == */format-1/* && $cipher == openssl ]]; then
      run -77 verify
      assert_says 'of format 1'
      options=(--accept-weaker)
    fi
    run -0 verify --deep ${options[@]+"${options[@]}"}
    run -0 restore --into "$HOST/back" ${options[@]+"${options[@]}"}
    diff -r "$GOLDEN/tree" "$HOST/back/tmp/golden/tree" || fail "$folder"
    assert_same "$(readlink "$HOST/back/tmp/golden/tree/link")" one
  done
  ((count >= 9))
}

@test "mysql: an older set is verified and restored into a server" {
  source "$BATS_TEST_DIRNAME/lib/mariadb.bash"
  export MARIA_TEMPLATE="$BATS_FILE_TMPDIR/template"
  maria_template "$MARIA_TEMPLATE"
  maria_new "$BATS_TEST_TMPDIR/db"
  maria_up
  new_mysql_host
  bring_golden "$GOLDEN/format-1/mysql"
  run -0 verify --deep
  assert_says 'ok, restores to'
  run -0 drill
  assert_says PASSED
}

@test "postgres: an older set is verified and restored into a server" {
  source "$BATS_TEST_DIRNAME/lib/postgres.bash"
  chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$BATS_FILE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
  export PG_TEMPLATE="$BATS_FILE_TMPDIR/pg-template"
  pg_template "$PG_TEMPLATE"
  pg_new "$BATS_TEST_TMPDIR/db"
  pg_up
  new_postgres_host
  bring_golden "$GOLDEN/format-1/postgres"
  run -0 verify --deep
  assert_says 'ok, restores to'
  run -0 drill
  assert_says PASSED
}

@test "redis: an older set is verified and restored into a server" {
  source "$BATS_TEST_DIRNAME/lib/redis.bash"
  own
  bring_golden "$GOLDEN/format-1/redis"
  run -0 verify --deep
  assert_says 'ok, restores to'
  run -0 drill
  assert_says PASSED
}
