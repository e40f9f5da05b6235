load ../lib/lifeboat

setup() { new_host; }

@test "retention agrees with a brute-force oracle over random histories" {
  local seed
  for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
    python3 "$LIFEBOAT_TESTS/lib/retention-oracle.py" "$seed" "$HOST/rules" "$HOST/stamps" >"$HOST/expected"
    while IFS='=' read -r name value; do set_fact "$name" "$value"; done <"$HOST/rules"
    in_runtime 'select_expired <"$1"' "$HOST/stamps" >"$HOST/got"
    diff "$HOST/expected" "$HOST/got" || fail "seed $seed, rules $(tr '\n' ' ' <"$HOST/rules")"
  done
}

@test "the awk program runs on mawk, gawk and busybox alike" {
  local tool
  set_fact KEEP_DAILY 3
  set_fact KEEP_WEEKLY 2
  python3 "$LIFEBOAT_TESTS/lib/retention-oracle.py" 3 /dev/null "$HOST/stamps" >/dev/null
  mkdir "$HOST/tools"
  for tool in mawk gawk 'busybox awk'; do
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec %s "$@"\n' "$tool" >"$HOST/tools/awk"
    chmod +x "$HOST/tools/awk"
    PATH="$HOST/tools:$PATH" in_runtime 'select_expired <"$1"' "$HOST/stamps" >"$HOST/got.${tool%% *}"
  done
  cmp "$HOST/got.mawk" "$HOST/got.gawk"
  cmp "$HOST/got.mawk" "$HOST/got.busybox"
}

@test "all rules zero keeps everything" {
  run -0 in_runtime 'printf "20260101T000000Z ok\n20250101T000000Z ok\n" | select_expired'
  assert_same "$output" ''
}

@test "the newest good set stays, whatever the rules and however many suspects are newer" {
  set_fact KEEP_LAST 1
  run -0 in_runtime 'printf "%s\n" "20260101T000000Z ok" "20260102T000000Z suspect" "20260103T000000Z suspect" | select_expired'
  assert_silent_about 20260101T000000Z
  run -0 in_runtime 'printf "%s\n" "20260101T000000Z suspect" "20260102T000000Z suspect" | select_expired'
  assert_silent_about 20260102T000000Z
}

@test "no bad set pushes a good one out: as many good ones are kept as the rule says; bad ones go when they would have gone were they good" {
  set_fact KEEP_LAST 2
  run -0 in_runtime 'printf "%s\n" "20260101T000000Z ok" "20260102T000000Z ok" "20260103T000000Z ok" "20260104T000000Z suspect" "20260105T000000Z weaker" "20260106T000000Z incomplete" | select_expired'
  assert_same "$output" "20260101T000000Z
20260104T000000Z"
  set_fact KEEP_LAST 0
  set_fact KEEP_DAILY 2
  run -0 in_runtime 'printf "%s\n" "20260101T000000Z ok" "20260101T120000Z suspect" "20260102T000000Z suspect" "20260103T000000Z ok" | select_expired'
  assert_same "$output" 20260101T120000Z
}

@test "a set of the future is never removed, counts for no rule, and what was just published stays" {
  set_fact KEEP_LAST 1
  run -0 in_runtime 'printf "%s\n" "20260101T000000Z ok" "20260102T000000Z ok" "20360101T000000Z future" | select_expired'
  assert_same "$output" 20260101T000000Z
  run -0 in_runtime 'PUBLISHED_SET=/store/20260101T000000Z; printf "%s\n" "20260101T000000Z ok" "20260102T000000Z ok" "20260103T000000Z ok" | select_expired'
  assert_same "$output" 20260102T000000Z
}

@test "ISO weeks: Sunday belongs to the old week, Monday begins a new one, also across a year" {
  set_fact KEEP_WEEKLY 2
  # 2026-12-27 is a Sunday; 2026-12-31 and 2027-01-03 are in one week.
  run -0 in_runtime 'printf "%s ok\n" 20261227T000000Z 20261228T000000Z 20261231T000000Z 20270103T000000Z | select_expired'
  assert_same "$output" "20261228T000000Z
20261231T000000Z"
}
