load ../lib/lifeboat

setup() { new_host; }

@test "firings agree with a brute-force oracle" {
  in_runtime 'while read -r now fields; do printf "%s %s\n" "$(previous_firing "$fields" "$now" || echo none)" "$(next_firing "$fields" "$now" || echo none)"; done <"$1"' \
    <(python3 "$LIFEBOAT_TESTS/lib/cron-oracle.py" cases) >"$HOST/got"
  python3 "$LIFEBOAT_TESTS/lib/cron-oracle.py" expected >"$HOST/expected"
  diff "$HOST/expected" "$HOST/got"
}

@test "cron's or-rule, leap days, and what never fires" {
  run -0 in_runtime 'previous_firing "0 2 29 2 * and" 202703010000; next_firing "0 2 29 2 * and" 202703010000; next_firing "30 4 13 * 5 or" 202611010000; next_firing "30 4 13 * 5 and" 202611010000; next_firing "59 23 31 12 * and" 202612312359'
  assert_same "$output" "202402290200
202802290200
202611060430
202611130430
202712312359"
  run -1 in_runtime 'previous_firing "0 2 30 2 * and" 202703010000'
  run -1 in_runtime 'next_firing "0 2 30 2 * and" 202703010000'
}

@test "a firing is found quickly" {
  run -0 in_runtime 'a=$(now_ms); previous_firing "0 2 * * * and"; next_firing "* * * * * and"; b=$(now_ms); ((b - a < 500)) || { echo "$((b - a)) ms"; exit 1; }'
}
