#!/usr/bin/env bash
# Put a script together as the compiler's linker does, but without leaving anything out: facts, prelude, kind, role, guard.
#   assemble.sh ROLE KIND FACTS >script     KIND may be `-` for the roles of a host
set -euo pipefail

main() {
  local role="$1" kind="$2" facts="$3" templates file
  templates="$(cd "${BASH_SOURCE[0]%/*}/../../../templates" && pwd)"
  printf '#!/usr/bin/env bash\nset -Eeuo pipefail\n'
  cat "$facts"
  for file in "$templates"/prelude/*.sh; do cat "$file"; done
  [[ $kind == - ]] || cat "$templates/$kind/$kind.sh"
  cat "$templates/scripts/$role.sh"
  # shellcheck disable=SC2016
  printf 'if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi\n'
}

main "$@"
