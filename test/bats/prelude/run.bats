load ../lib/lifeboat

setup() { new_files_asset; }

@test "every script explains itself, names its version, and refuses what it does not know" {
  local role
  for role in backup restore verify drill; do
    run -0 "$HOST/bin/$role.sh" --help
    assert_says 'Exit codes:'
    assert_says "$HOST/log/thing.log"
    assert_says Examples:
    while IFS= read -r line; do ((${#line} <= 80 + ${#HOST})) || fail "long line: $line"; done <<<"$output"
    run -0 "$HOST/bin/$role.sh" --version
    assert_same "$output" 'lifeboat 0.0.0-test plan test sha256 0123456789abcdef'
    run -64 "$HOST/bin/$role.sh" --nonsense
    assert_says '--help lists the options'
    run -64 "$HOST/bin/$role.sh" word
    assert_says "unexpected argument 'word'"
  done
  run -64 restore --at
  assert_says 'needs a value'
  run -64 restore --at 2026-01-01 --latest
  assert_says contradicts
  run -64 restore --set ../../etc
  run -64 restore --from nowhere --list
  assert_says 'its stores are: disk'
}

@test "a script works from anywhere, also when its directory is gone, with HOME and TMPDIR unset" {
  mkdir "$HOST/gone"
  run -0 bash -c 'cd "$1" && rmdir "$1" && env -u HOME -u TMPDIR "$2"' - "$HOST/gone" "$HOST/bin/backup.sh"
}

@test "--quiet says nothing when all is well; the log says it all the same" {
  run -0 backup --quiet
  assert_same "$output" ''
  grep -q 'INFO \[thing\] published 20' "$HOST/log/thing.log"
  run -0 verify --quiet
  assert_same "$output" ''
  run -0 drill --quiet
  assert_same "$output" ''
}

@test "the log is rotated, one old file is kept" {
  truncate -s 11000000 "$HOST/log/thing.log"
  backup 2>/dev/null
  [[ -s $HOST/log/thing.log.1 ]]
  (($(stat -c %s "$HOST/log/thing.log") < 10000))
}

@test "options of tools in the environment do not reach the tools" {
  TAR_OPTIONS=--totals GZIP=-9 ZSTD_CLEVEL=19 CDPATH=/ GREP_OPTIONS=-v run -0 backup
  assert_silent_about 'Total bytes'
}

@test "retry backs off and gives the last status" {
  run -7 in_runtime 'n=0; flaky() { n=$((n + 1)); echo "try $n"; return 7; }; retry 3 0 flaky'
  assert_says 'try 3'
  run -0 in_runtime 'n=0; flaky() { n=$((n + 1)); ((n == 2)); }; retry 3 0 flaky'
}

@test "exit functions run in reverse, each on its own, and the status stays" {
  run -65 in_runtime 'begin_run test; first() { echo "first $EXIT_STATUS"; }; second() { die 70 oops; }; third() { echo third; }; on_exit first; on_exit second; on_exit third; die 65 bad'
  [[ $output == *third*oops*'first 65'* ]] || fail "$output"
}

@test "a status that is no sysexits code becomes 70, with a word" {
  run -70 in_runtime 'begin_run test; (exit 3)'
  assert_says 'failed (exit 3)'
}

@test "guarded: status, errexit inside, and what it started lives on after success only" {
  run -0 in_runtime 'begin_run test; f() { sleep 63 & echo $! >"$1"; }; guarded 10 "" label f "$1"; kill -0 "$(cat "$1")"; kill "$(cat "$1")"' "$HOST/pid"
  run -9 in_runtime 'begin_run test; trap - EXIT; f() { sleep 64 & echo $! >"$1"; exit 9; }; attempt_to guarded 10 "" label f "$1"; ! kill -0 "$(cat "$1")" 2>/dev/null || exit 1; exit "$ATTEMPT_STATUS"' "$HOST/pid"
  run -0 in_runtime 'begin_run test; f() { false; echo wrong; }; attempt_to guarded 10 "" label f; ((ATTEMPT_STATUS == 1))'
  assert_silent_about wrong
}

@test "guarded: a function that is killed from outside is 75" {
  run -75 in_runtime 'begin_run test; f() { kill -9 "$RUN_PID"; sleep 5; }; guarded 10 "" label f'
  assert_says 'ended by signal 9'
}

@test "secrets come from files, variables, programs; never empty, never elsewhere" {
  printf 'geheim\n' >"$HOST/secret"
  printf '#!/bin/sh\necho from-program\n' >"$HOST/program"
  chmod +x "$HOST/program"
  : >"$HOST/empty"
  WORD=from-env run -0 in_runtime 'for r in "file:$1/secret" env:WORD "command:$1/program"; do printf "[%s]" "$(read_secret "$r")"; done' "$HOST"
  assert_same "$output" '[geheim][from-env][from-program]'
  for ref in "file:$HOST/none" env:NOT_SET_HERE "command:$HOST/none" "file:$HOST/empty"; do
    run -77 in_runtime 'read_secret "$1"' "$ref"
    assert_silent_about geheim
  done
  run -77 setsid bash -c 'source "$1"; default_options; read_secret "prompt:the passphrase"' - "$HOST/bin/backup.sh"
  assert_says 'no terminal'
}

@test "the lock without flock: held, refused, taken over from a dead holder and a number used again" {
  mkdir "$HOST/tools"
  for tool in bash cat date find ln mkdir mv rm rmdir sed sleep ps tr awk wc chmod mktemp cut grep; do ln -s "$(command -v $tool)" "$HOST/tools/$tool"; done
  take='export PATH="$1/tools"; begin_run test; acquire_lock thing; [[ ! -d $1/wait ]] || sleep 5; echo held'
  run -0 in_runtime "$take" "$HOST"
  [[ ! -e $HOST/state/thing.lock.held ]]
  mkdir "$HOST/wait"
  in_runtime "$take" "$HOST" >/dev/null 2>&1 3>&- &
  eventually test -s "$HOST/state/thing.lock.held"
  run -75 in_runtime "$take" "$HOST"
  assert_says 'another run holds the lock'
  rmdir "$HOST/wait"
  kill -9 "$(sed -n 's/^pid=\([0-9]*\) .*/\1/p' "$HOST/state/thing.lock.held")"
  wait || true
  run -0 in_runtime "$take" "$HOST"
  printf 'pid=%s since=then action=test\nanother time\n' "$$" >"$HOST/state/thing.lock.held"
  run -0 in_runtime "$take" "$HOST"
}

@test "a file that cannot be moved or removed is 74, with where to look, what is safe, and the next command" {
  shadow mv <<'SHADOW'
[[ $* != */MANIFEST ]] || { echo 'mv: Input/output error' >&2; exit 1; }
exec REAL "$@"
SHADOW
  run -74 shadowed backup
  assert_says "cannot do \`mv -- \"\$WORK_DIR/.manifest\" \"\$WORK_DIR/MANIFEST\"\`"
  assert_says 'HINT [thing] what the program said names the file: is its file system full (df -h; df -i), read-only (mount) or failing (dmesg | tail), or is a right missing (ls -ld)?'
  assert_says "nothing live was changed, and every published set is whole; mend the cause, then run this again: $HOST/bin/backup.sh"
  assert_same "$(sets)" ''
  rm "$HOST/shadow/mv"
  run -0 backup
  mkdir "$HOST/state/run/thing.restore.4194304"
  shadow rm <<'SHADOW'
[[ $* != *.4194304* ]] || { echo 'rm: Read-only file system' >&2; exit 1; }
exec REAL "$@"
SHADOW
  run -74 shadowed restore --yes
  assert_says 'cannot do `rm -rf -- "$dir"` (exit 1, make_run_dir'
  assert_silent_about 'internal error'
  assert_says "nothing live was changed; mend the cause, then run this again: $HOST/bin/restore.sh"
  assert_same "$(cat "$HOST/data/one")" one
}

@test "a script that has no way out of its own tells a file from a bug, too" {
  run -74 in_runtime 'set -E; RUN_DIR=""; trap '"'"'note_failure "$?" "$LINENO" "$BASH_COMMAND"'"'"' ERR; mkdir /proc/none'
  assert_says 'cannot do `mkdir /proc/none`'
  run -70 in_runtime 'set -E; RUN_DIR=""; trap '"'"'note_failure "$?" "$LINENO" "$BASH_COMMAND"'"'"' ERR; false'
  assert_says 'internal error: `false` failed'
}

@test "where nothing can be written any more the hint names the place" {
  mkdir "$HOST/small"
  mount -t tmpfs -o size=64k tmpfs "$HOST/small"
  run -74 in_runtime 'ACTION=backup; catch_exits; RUN_DIR="$1"; head -c 100000 /dev/zero >"$1/ballast" 2>/dev/null || true; printf "%9999s" x >"$1/note"' "$HOST/small"
  umount "$HOST/small"
  assert_says "cannot write in $HOST/small"
  assert_says "nothing can be written in $HOST/small: is its file system full (df -h $HOST/small; df -i $HOST/small)"
}
