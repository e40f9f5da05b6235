# A hand-run of scripts as an operator would do it, held against a transcript in test/golden/transcripts: what changes from run to
# run (times, sizes, places) is made the same. UPDATE_GOLDENS=1 records.

# Begin a transcript; DIR is what the host's paths begin with.
transcript_begin() {
  TRANSCRIPT="$BATS_TEST_TMPDIR/transcript"
  TRANSCRIPT_BASE="$1"
  : >"$TRANSCRIPT"
}

# Run a script, its name as a person types it, and note what it says and its exit code: `by_hand NAME ARG… -- COMMAND…`.
by_hand() {
  local shown='' status=0
  while [[ $1 != -- ]]; do
    shown+="${shown:+ }$1"
    shift
  done
  shift
  printf '$ %s\n' "$shown" >>"$TRANSCRIPT"
  "$@" </dev/null >>"$TRANSCRIPT" 2>&1 || status=$?
  if ((status != 0)); then printf '(exit %d)\n' "$status" >>"$TRANSCRIPT"; fi
  printf '\n' >>"$TRANSCRIPT"
}

# Take out what differs from run to run. In a namespace that is new, the cluster's own objects come before or after those of a restore.
transcript_normal() {
  sed -E -e "s#$TRANSCRIPT_BASE#/HERE#g" -e "s#${BATS_TEST_TMPDIR//./\\.}#/TEST#g" -e "s#${BATS_FILE_TMPDIR:-/nonexistent}#/SUITE#g" \
    -e 's/[0-9]{8}[Tt][0-9]{6}[Zz]/<set>/g' -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z/<time>/g' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2})?( UTC)?)?/<date>/g' \
    -e 's/ +[0-9]+(\.[0-9]+)? (B|KiB|MiB|GiB)\b/ <size>/g' -e 's/ +[0-9]+(\.[0-9]+)? (ms|s|min|h|d)\b/ <n> s/g' -e 's/ +[0-9]+[sm]( [0-9]+s)?( |$)/ <n>s /g' -e 's/(<n> s ?)+/<n> s /g' -e 's/<n> s ([),;:])/<n> s\1/g' \
    -e 's/\([0-9]+\.[0-9]+(\.[0-9]+)?[^) ]*\)/(<version>)/g' \
    -e 's/sha256 [0-9a-f]{64}/sha256 <hash>/g' -e 's/pid[ =][0-9]+/pid <n>/g' -e 's/[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$/<next>/' \
    -e 's/127\.0\.0\.1:[0-9]+/127.0.0.1:<port>/g' -e 's/-[0-9]+\.sock/-<n>.sock/g' -e 's/ <size>, <size> free/ <size> free/' \
    -e 's/ (cluster|snapshot) [0-9a-f]{10,16}\b/ \1 <id>/g' -e 's/\b(etcd|Kubernetes|\(the set:) v?[0-9]+(\.[0-9]+)+/\1 <version>/g' \
    -e 's/\b(bin\.[0-9]+):[0-9]+/\1:<position>/g' -e 's/ of [0-9]+ kinds/ of <n> kinds/' \
    -e 's/ has [0-9]+ warnings?;/ has <n> warnings;/' -e 's/, [0-9]+ warnings?$/, <n> warnings/' -e 's/[0-9]+ objects? \(ConfigMaps/<n> objects (ConfigMaps/' \
    -e '/restores\/thing-drill-.* has <n> warnings/d' -e 's/[0-9]+ of [0-9]+ items/<n> items/' -e 's/ (holds|restore) [0-9]+ items/ \1 <n> items/' \
    -e 's/(s ago) +-/\1 -/g' -e 's/[ \t]+$//' "$TRANSCRIPT"
}

# Hold the transcript against the golden of that name.
transcript_is() {
  local golden="$LIFEBOAT_TESTS/../golden/transcripts/$1.txt"
  if [[ -n ${UPDATE_GOLDENS:-} ]]; then
    mkdir -p "${golden%/*}"
    transcript_normal >"$golden"
    return 0
  fi
  diff -u "$golden" <(transcript_normal) || fail "the transcript of $1 is not the golden; UPDATE_GOLDENS=1 records it anew"
}

# The hand-run of one more script of an asset, COMMAND, which a person knows as NAME: `hand_run_script NAME COMMAND…`.
hand_run_script() {
  local name="$1"
  shift
  by_hand "$name" --help -- "$@" --help
  by_hand "$name" --dry-run -- "$@" --dry-run
  by_hand "$name" -- "$@"
  by_hand "$name" -- "$@"
}

# The whole hand-run of an asset: each script with --help, --dry-run, for real, and once more: `hand_run_asset NAME DIR SUFFIX [LOSE]` for
# scripts like DIR/backupSUFFIX. LOSE is run before the first restore, to give it something to do.
hand_run_asset() {
  local name="$1" bin="$2" suffix="$3" script
  for script in backup restore verify drill; do
    by_hand "$script$suffix" --help -- "$bin/$script$suffix" --help
  done
  by_hand "backup$suffix" --dry-run -- "$bin/backup$suffix" --dry-run
  by_hand "backup$suffix" -- "$bin/backup$suffix"
  sleep 1
  by_hand "backup$suffix" -- "$bin/backup$suffix"
  by_hand "verify$suffix" -- "$bin/verify$suffix"
  by_hand "verify$suffix" --deep -- "$bin/verify$suffix" --deep
  by_hand "drill$suffix" -- "$bin/drill$suffix"
  ${4:-:}
  by_hand "restore$suffix" --list -- "$bin/restore$suffix" --list
  by_hand "restore$suffix" --dry-run -- "$bin/restore$suffix" --dry-run
  by_hand "restore$suffix" -- "$bin/restore$suffix"
  by_hand "restore$suffix" --yes -- "$bin/restore$suffix" --yes
  sleep 1
  by_hand "restore$suffix" --yes -- "$bin/restore$suffix" --yes
  transcript_is "$name"
}
