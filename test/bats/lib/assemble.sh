#!/usr/bin/env bash
# Put a script together from facts of the test's own and the bash that the compiler links for a role and a kind, so that what
# a test runs is what a host gets.
#   assemble.sh ROLE KIND FACTS >script     KIND may be `-` for the roles of a host
set -euo pipefail

main() {
  local role="$1" kind="$2" facts="$3" root names
  root="$(cd "${BASH_SOURCE[0]%/*}/../../.." && pwd)"
  printf '#!/usr/bin/env bash\nset -Eeuo pipefail\n'
  cat "$facts"
  names="$(sed -n -E 's/^(readonly )?(-a )?([A-Z][A-Z0-9_]*)=.*/\3/p' "$facts" | sort -u | tr '\n' ' ')"
  # shellcheck disable=SC2086 # names of facts, without spaces
  node "$root/dist/link.mjs" "$role" "$kind" $names
  # shellcheck disable=SC2016
  printf 'if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi\n'
}

main "$@"
