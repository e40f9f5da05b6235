#!/usr/bin/env bash
# Put scripts together from facts of the test's own and the bash that the compiler links for a role and a kind, so that what
# a test runs is what a host gets.
#   assemble.sh DIR KIND FACTS ROLE…     writes DIR/ROLE.sh of each role; DIR `-` prints them. KIND may be `-` for the roles of a host
set -euo pipefail

main() {
  local dir="$1" kind="$2" facts="$3" root names key head linked role
  shift 3
  root="$(cd "${BASH_SOURCE[0]%/*}/../../.." && pwd)"
  names="$(sed -n -E 's/^(readonly )?(-a )?([A-Z][A-Z0-9_]*)=.*/\3/p' "$facts" | sort -u | tr '\n' ' ')"
  key="$(cksum <<<"$names")"
  head="$BATS_RUN_TMPDIR/linked-head"
  if [[ ! -e $head ]]; then
    # The head of a generated script, but for what it says of itself.
    sed -e '/^{{#each about}}$/,/^{{\/each}}$/d' -e '/^set -Eeuo/q' "$root/templates/script.hbs" >"$head.$$"
    mv "$head.$$" "$head"
  fi
  for role in "$@"; do
    # Which functions a script has depends on the names of its facts only: linked once a suite.
    linked="$BATS_RUN_TMPDIR/linked-$role-$kind-${key%% *}"
    if [[ ! -e $linked ]]; then
      {
        # shellcheck disable=SC2086 # names of facts, without spaces
        node "$root/dist/link.mjs" "$role" "$kind" $names
        # shellcheck disable=SC2016
        printf 'if [[ ${BASH_SOURCE[0]} == "$0" ]]; then shed_environment "$@"; main "$@"; fi\n'
      } >"$linked.$$"
      mv "$linked.$$" "$linked"
    fi
    if [[ $dir == - ]]; then cat "$head" "$facts" "$linked"; else cat "$head" "$facts" "$linked" >"$dir/$role.sh"; fi
  done
}

main "$@"
