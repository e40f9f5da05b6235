# What every test of the runtime starts from: a host in a directory, facts for it, and scripts put together from the sources.

bats_require_minimum_version 1.5.0
BATS_LIB_PATH="$(cd "${BASH_SOURCE[0]%/*}/../../../node_modules" && pwd):${BATS_LIB_PATH:-}"
bats_load_library bats-support
LIFEBOAT_TESTS="$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)"
source "$LIFEBOAT_TESTS/lib/damage.bash"
# Stand-ins for programs are found by the path, faults are injected by the environment: the scripts are to leave both as they are. What
# they do with a hostile one is tested without this.
export LIFEBOAT_TRUST_ENVIRONMENT=1

# Make an empty host below the test's directory: $HOST with store, state, logs and data.
new_host() {
  HOST="$BATS_TEST_TMPDIR/host"
  STORE="$HOST/store"
  mkdir -p "$HOST/state" "$HOST/log" "$HOST/data" "$STORE" "$HOST/bin"
  FACTS="$HOST/facts"
  write_facts
}

# Write the facts of an asset script. Later lines of the file win in `set_fact`, which replaces.
write_facts() {
  local host
  printf -v host %q "$HOST"
  cat >"$FACTS" <<END
PLAN=test
PLAN_SHA256=0123456789abcdef
LIFEBOAT_VERSION=0.0.0-test
ASSET=thing
KIND=files
TYPE=files
HOST_ID=box
RPO_SECONDS=86400
RTO_SECONDS=0
LOG_SECONDS=0
STATE_DIR=$host/state
LOG_DIR=$host/log
METRICS_DIR=''
SCRATCH_DIR=$host/scratch
HOST_PATH=
KEEP_ENVIRONMENT=()
ASKED_SECRETS=()
STORE_IDS=(disk)
STORE_PATHS=($host/store)
COMPRESSION=auto
ENCRYPTION=none
AGE_RECIPIENTS=()
AGE_IDENTITY_FILE=
OPENSSL_KEY_FILE=
SIGN_KEY_FILE=
SIGN_KEYS=()
KEEP_LAST=0
KEEP_HOURLY=0
KEEP_DAILY=0
KEEP_WEEKLY=0
KEEP_MONTHLY=0
KEEP_YEARLY=0
STORE_KEEPS=()
PLACE_IDS=()
PLACE_DRIVERS=()
PLACE_LOCATIONS=()
PLACE_HOSTS=()
PLACE_SETTINGS=()
REMOTE_IDS=()
REMOTE_DRIVERS=()
REMOTE_SETTINGS=()
CAPTURE_TIMEOUT=3600
RESTORE_TIMEOUT=3600
EXPECTED_BYTES=0
RESERVE_BYTES=0
HOOK_KINDS=()
HOOK_EVENTS=()
HOOK_TARGETS=()
SERVICE_KIND=none
SERVICE_NAME=
SERVICE_START=()
SERVICE_STOP=()
SERVICE_STATUS=()
SERVICE_START_SECONDS=180
SERVICE_STOP_SECONDS=180
STATIC_POD_DIR=
STATIC_POD_HOLD_DIR=
STATIC_PODS=()
END
}

# Set a fact to one value, or with parentheses in the source form of an array: `set_fact KEEP_LAST 3`,
# `set_fact STORE_IDS '(a b)'`.
set_fact() {
  local name="$1" value="$2" line rest=''
  [[ $value == \(* ]] || printf -v value %q "$value"
  while IFS= read -r line; do
    [[ $line == "$name="* ]] || rest+="$line"$'\n'
  done <"$FACTS"
  printf '%s%s=%s\n' "$rest" "$name" "$value" >"$FACTS"
}

# Set an array fact from words.
set_list() {
  local name="$1" text='' word
  shift
  for word in "$@"; do
    printf -v word %q "$word"
    text+=" $word"
  done
  set_fact "$name" "(${text# })"
}

# The roles whose scripts relink puts together, and constants of the runtime that a suite has no patience for, as NAME=VALUE.
ROLES=(backup restore verify drill)
CONSTANTS=()

# Put scripts together: `make_scripts files backup restore` gives $HOST/bin/backup.sh and $HOST/bin/restore.sh.
make_scripts() {
  local kind="$1" constant facts="$FACTS.linked"
  local -a edits=() scripts=()
  shift
  scripts=("${@/#/$HOST/bin/}")
  scripts=("${scripts[@]/%/.sh}")
  sed -e 's/^\([A-Z0-9_]*\)=(/readonly -a \1=(/; t' -e 's/^/readonly /' "$FACTS" >"$facts"
  "$LIFEBOAT_TESTS/lib/assemble.sh" "$HOST/bin" "$kind" "$facts" "$@"
  for constant in "${CONSTANTS[@]}"; do edits+=(-e "s/^readonly ${constant%%=*}=.*/readonly $constant/"); done
  ((${#edits[@]} == 0)) || sed -i "${edits[@]}" "${scripts[@]}"
  chmod +x "${scripts[@]}"
}

# Put the scripts together anew after facts were changed.
relink() {
  make_scripts "$(sed -n 's/^KIND=//p' "$FACTS")" "${ROLES[@]}"
}

# Change facts, then put the scripts together anew: `with DATABASES '(shop)' KEEP_LAST 1`.
with() {
  while (($#)); do
    set_fact "$1" "$2"
    shift 2
  done
  relink
}

# Run a few lines of bash with the whole prelude and every transport sourced, strict. For tests of single functions, also of
# such as no script links yet.
in_runtime() {
  cat "$FACTS" "$LIFEBOAT_TESTS"/../../templates/{prelude/*,{local,ssh,multipass,kubectl}/*}.sh >"$HOST/runtime.sh"
  RUNTIME="$HOST/runtime.sh" bash -Eeuo pipefail -c "source \"\$RUNTIME\"; default_options; DRY_RUN=0; prepare_shell; $1" in_runtime "${@:2}"
}

# An asset of kind `files` with a little data, and its scripts.
new_files_asset() {
  new_host
  set_list SOURCE_PATHS "$HOST/data"
  set_fact EXCLUDES '()'
  set_fact CHANGE_POLICY warn
  printf 'one\n' >"$HOST/data/one"
  mkdir -p "$HOST/data/sub"
  printf 'two\n' >"$HOST/data/sub/two"
  make_scripts files backup restore verify drill
}

# A program that stands before the real one on the path; `REAL` in the text becomes the real one's path.
shadow() {
  local name="$1" real
  real="$(command -v "$name")"
  mkdir -p "$HOST/shadow"
  { printf '#!/usr/bin/env bash\n' && sed "s|REAL|$real|g"; } >"$HOST/shadow/$name"
  chmod +x "$HOST/shadow/$name"
}

# Run a command with the shadows on.
shadowed() { PATH="$HOST/shadow:$PATH" "$@"; }

# Run a script of the host.
backup() { "$HOST/bin/backup.sh" "$@"; }
restore() { "$HOST/bin/restore.sh" "$@"; }
verify() { "$HOST/bin/verify.sh" "$@"; }
drill() { "$HOST/bin/drill.sh" "$@"; }

# A live restore that is killed when all is in place: as the check of it begins, or after the line of the script that holds the words.
killed_in_check() {
  local words="${1:-kind_check_live() {}"
  awk -v words="$words" '{ print } index($0, words) { print "  kill -KILL $$; sleep 60"; done++ } END { exit done != 1 }' "$HOST/bin/restore.sh" >"$HOST/bin/killed.sh" ||
    fail "not one line of the script holds '$words'"
  chmod +x "$HOST/bin/killed.sh"
  run -137 "$HOST/bin/killed.sh" --yes
}

# The sets of the first store, or of the given one, oldest first.
sets() {
  local type
  type="$(sed -n 's/^TYPE=//p' "$FACTS")"
  find "${1:-$STORE}/$type/thing" -mindepth 1 -maxdepth 1 -name '2*Z' 2>/dev/null | sort
}

# The newest set.
last_set() {
  sets "$@" | tail -n 1
}

# Demand an exit status of the last `run`.
assert_status() {
  [[ $status == "$1" ]] || fail "exit status $status instead of $1; output:
$output"
}

# Demand words in the output of the last `run`.
assert_says() {
  [[ $output == *"$1"* ]] || fail "the output does not say '$1':
$output"
}

# Demand that words are not in it.
assert_silent_about() {
  [[ $output != *"$1"* ]] || fail "the output says '$1':
$output"
}

# Demand that two values are the same.
assert_same() {
  [[ $1 == "$2" ]] || fail "'$1' is not '$2'"
}

# Nothing half-made is left in a store, and no scratch directory.
assert_tidy() {
  local left
  left="$(find "$HOST" \( -name '.partial-*' -o -name '.expired-*' -o -name '.lifeboat-live-*' -o -name '.lifeboat-scratch-*' -o -path '*/state/run/*' -o -name '*.swap' -o -name '*.service' -o -name '*.restoring' \) 2>/dev/null)"
  [[ -z $left ]] || fail "left behind: $left"
}

# Unmount whatever a test mounted. For teardown.
unmount_all() {
  local point
  while IFS= read -r point; do umount "$point"; done < <(awk -v below="$BATS_TEST_TMPDIR/" 'index($2, below) == 1 { print $2 }' /proc/mounts)
}

# Wait until a command succeeds, at most a minute: machines may be busy.
eventually() {
  local try
  for ((try = 0; try < 600; try++)); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  fail "in vain: $*"
}

# Print data that no program can compress, the same each time, as large as shows that nothing holds it in memory: 256 MiB, in the long
# form 2 GiB, which no number of 32 bits can count.
print_large_data() { sh -c "$(large_data_command)"; }

# Print the command that prints it.
large_data_command() {
  local bytes=268435456
  [[ -z ${LIFEBOAT_LONG:-} ]] || bytes=2147483648
  printf 'head -c %d /dev/zero | %s\n' "$bytes" 'openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000'
}

# Print a port of loopback that nobody listens on.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
