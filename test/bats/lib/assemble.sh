#!/usr/bin/env bash
# Put a script together from facts of the test's own and the bash that the compiler links for a role and a kind, so that what
# a test runs is what a host gets.
#   assemble.sh ROLE KIND FACTS >script     KIND may be `-` for the roles of a host
set -euo pipefail

main() {
  local role="$1" kind="$2" facts="$3" root names linked
  root="$(cd "${BASH_SOURCE[0]%/*}/../../.." && pwd)"
  names="$(sed -n -E 's/^(readonly )?(-a )?([A-Z][A-Z0-9_]*)=.*/\3/p' "$facts" | sort -u | tr '\n' ' ')"
  # Which functions a script has depends on the names of its facts only: linked once a suite.
  linked="$BATS_RUN_TMPDIR/linked-$role-$kind-$(cksum <<<"$names" | cut -d ' ' -f 1)"
  if [[ ! -e $linked ]]; then
    # shellcheck disable=SC2086 # names of facts, without spaces
    node "$root/dist/link.mjs" "$role" "$kind" $names >"$linked.$$"
    mv "$linked.$$" "$linked"
  fi
  # The head of a generated script, but for what it says of itself.
  sed -e '/^{{#each about}}$/,/^{{\/each}}$/d' -e '/^set -Eeuo/q' "$root/templates/script.hbs"
  cat "$facts" "$linked"
  # shellcheck disable=SC2016
  printf 'if [[ ${BASH_SOURCE[0]} == "$0" ]]; then shed_environment "$@"; main "$@"; fi\n'
}

main "$@"
