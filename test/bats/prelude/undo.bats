# Undo is a decision: what a restore that was interrupted leaves, and what the ways out of it do and do not touch.
load ../lib/lifeboat

setup() { new_files_asset; }

teardown() { unmount_all; }

# Does no process run this script?
nothing_runs() { ! pgrep -f -- "$1" >/dev/null; }

# Run a restore with a function of its replaced by one that kills it, and wait until nothing of it runs any more.
killed_restore() {
  cp "$HOST/bin/restore.sh" "$HOST/bin/killed.sh"
  sed -i "\$i $1" "$HOST/bin/killed.sh"
  run "$HOST/bin/killed.sh" --yes
  assert_status 137
  eventually nothing_runs "$HOST/bin/killed.sh"
}

# The one thing kept aside whose name begins so.
kept() { compgen -G "$1.lifeboat-old-*"; }

# A restore on a terminal of its own that is sent a key after a file appears: `on_terminal KEY COUNT FILE COMMAND…`. Prints what the screen got.
on_terminal() {
  python3 - "$@" <<'PY'
import os, pty, select, signal, sys, time
key, count, flag, command = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    # A suite in the background ignores Ctrl-C, and what it starts would, too.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(command[0], command)
screen, sent, at = b"", 0, 0
while True:
    if select.select([fd], [], [], 0.05)[0]:
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        screen += data
    if sent < count and time.time() > at and (os.path.exists(flag) if flag.startswith("/") else flag.encode() in screen):
        os.write(fd, {"INT": b"\x03", "QUIT": b"\x1c"}[key])
        sent, at = sent + 1, time.time() + 0.1
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
text = screen.decode()
# What a person sees: a line that was wiped is gone.
lines = [line.split("\r\x1b[K")[-1] for line in text.replace("\r\n", "\n").split("\n")]
print("\n".join(lines))
sys.exit(status)
PY
}

@test "--accept keeps what is complete: at once when it was checked, after its check when not, and not when the check fails" {
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  killed_restore 'swap_commit() { kill -9 $$; sleep 9; }'
  printf 'a day of work\n' >"$HOST/data/work"
  # The check of the restore passed then: what was done since is nobody's damage.
  sed 's/^kind_check_live() {/kind_check_live() {\n  return 65/' "$HOST/bin/restore.sh" >"$HOST/bin/strict.sh"
  chmod +x "$HOST/bin/strict.sh"
  run -0 "$HOST/bin/strict.sh" --accept --dry-run
  assert_says 'complete and checked'
  assert_says 'Nothing was changed'
  run -0 "$HOST/bin/strict.sh" --accept --yes
  assert_says "the old data is kept in $HOST/data.lifeboat-old-"
  assert_same "$(cat "$HOST/data/one" "$HOST/data/work" "$(kept "$HOST/data")/one" | tr '\n' ' ')" 'one a day of work newer '
  assert_tidy
  run -0 backup
  rm -rf "$HOST"/data.lifeboat-old-* && sleep 1

  killed_restore 'kind_check_live() { kill -9 $$; sleep 9; }'
  run -65 "$HOST/bin/strict.sh" --accept --yes
  assert_says 'was not accepted'
  assert_says "$HOST/bin/strict.sh --undo"
  run -75 backup
  run -0 restore --accept --yes
  assert_tidy
  run -0 backup
}

@test "--accept refuses what is half old and half new" {
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  killed_restore 'place_path() { kill -9 $$; sleep 9; }'
  [[ ! -e $HOST/data ]]
  run -75 restore --accept --yes
  assert_says 'partly old and partly new'
  assert_says "$HOST/bin/restore.sh --undo"
  run -0 restore --undo --dry-run
  assert_says "put $(kept "$HOST/data") back as $HOST/data"
  assert_says 'Nothing was changed'
  [[ ! -e $HOST/data ]]
  run -0 restore --undo --yes
  assert_same "$(cat "$HOST/data/one")" newer
  assert_tidy
}

@test "--undo and --accept want a yes, go alone, and exclude each other" {
  backup 2>/dev/null
  killed_restore 'kind_check_live() { kill -9 $$; sleep 9; }'
  for option in --undo --accept; do
    run -64 restore $option </dev/null
    assert_says 'add --yes'
    run -64 restore $option --latest --yes
    run -64 restore $option --into "$HOST/there"
    run -64 restore $option --list
    run -64 script -qec "$HOST/bin/restore.sh $option" /dev/null <<<'no'
    assert_says 'nothing was changed'
  done
  run -64 restore --undo --accept --yes
  assert_says contradicts
  run -0 script -qec "$HOST/bin/restore.sh --undo" /dev/null <<<'thing'
  assert_tidy
}

@test "what another program made in the live place meanwhile is moved aside by an undo" {
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  killed_restore 'place_path() { kill -9 $$; sleep 9; }'
  mkdir "$HOST/data" && printf 'made meanwhile\n' >"$HOST/data/other"
  run -0 restore --undo --yes
  assert_same "$(cat "$HOST/data/one")" newer
  assert_same "$(cat "$(kept "$HOST/data")/other")" 'made meanwhile'
  assert_tidy
}

@test "an undo that is run again, or is killed in between, takes nothing else away" {
  local point
  backup 2>/dev/null
  for point in 'undo_aside() { kill -9 $$ $BASHPID; sleep 9; }' 'forget_restore() { kill -9 $$ $BASHPID; sleep 9; }' 'service_resume() { kill -9 $$ $BASHPID; sleep 9; }'; do
    rm -rf "$HOST"/data.lifeboat-old-*
    printf 'newer\n' >"$HOST/data/one"
    killed_restore 'swap_commit() { kill -9 $$; sleep 9; }'
    printf 'a day of work\n' >"$HOST/data/work"
    cp "$HOST/bin/restore.sh" "$HOST/bin/killed.sh"
    sed -i "\$i $point" "$HOST/bin/killed.sh"
    run "$HOST/bin/killed.sh" --undo --yes
    eventually nothing_runs "$HOST/bin/killed.sh"
    # Also what is in the live place now is not taken for what the restore put there.
    run -0 restore --undo --yes
    assert_same "$(cat "$HOST/data/one")" newer
    assert_same "$(cat "$(kept "$HOST/data")/work")" 'a day of work'
    assert_tidy
  done
}

@test "two undos at once: one works, the other says so, with flock and without" {
  local lock
  backup 2>/dev/null
  mkdir "$HOST/tools"
  for tool in bash cat date mkdir mv rm rmdir sed sleep ps tr awk wc chmod chown mktemp cut grep find ln sync sort head tail df tar stat id sh env touch; do ln -s "$(command -v $tool)" "$HOST/tools/$tool"; done
  for lock in with without; do
    rm -rf "$HOST"/data.lifeboat-old-* "$HOST/go" "$HOST/here"
    printf 'newer\n' >"$HOST/data/one"
    killed_restore 'swap_commit() { kill -9 $$; sleep 9; }'
    [[ $lock == with ]] || PATH="$HOST/tools"
    # Each its own asset lock, so that only that of the undo is left to keep them apart.
    sed '$i acquire_lock() { LOCK_HELD=1; }' "$HOST/bin/restore.sh" >"$HOST/bin/second.sh"
    sed "\$i acquire_lock() { LOCK_HELD=1; }; kind_rollback() { : >$HOST/here; while [[ ! -e $HOST/go ]]; do sleep 0.1; done; }" "$HOST/bin/restore.sh" >"$HOST/bin/first.sh"
    chmod +x "$HOST/bin/first.sh" "$HOST/bin/second.sh"
    "$HOST/bin/first.sh" --undo --yes >/dev/null 2>&1 3>&- &
    first=$!
    for ((i = 0; i < 600; i++)); do [[ ! -e $HOST/here ]] || break && sleep 0.1; done
    run "$HOST/bin/second.sh" --undo --yes
    : >"$HOST/go"
    wait "$first" || fail "the first: $?"
    PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert_status 75
    assert_says 'another process is undoing'
    assert_same "$(cat "$HOST/data/one")" newer
    assert_same "$(kept "$HOST/data" | wc -l | tr -d ' ')" 1
    assert_tidy
  done
}

@test "children of a mount point: an undo a day later keeps the day beside them, owner and mode are as before" {
  mkdir "$HOST/disk" && mount -t tmpfs -o size=20m,mode=750 tmpfs "$HOST/disk"
  printf 'd' >"$HOST/disk/file" && mkdir "$HOST/disk/dir"
  set_list SOURCE_PATHS "$HOST/disk"
  relink
  backup 2>/dev/null
  printf 'newer' >"$HOST/disk/file" && printf 'more' >"$HOST/disk/.added"
  chmod 711 "$HOST/disk" && chown 77:88 "$HOST/disk"
  killed_restore 'swap_commit() { kill -9 $$; sleep 9; }'
  assert_same "$(stat -c %a "$HOST/disk")" 750
  printf 'work' >"$HOST/disk/work"
  printf 'work' >"$HOST/disk/dir/work"
  run -0 restore --undo --yes
  assert_same "$(cat "$HOST/disk/file" "$HOST/disk/.added")" newermore
  assert_same "$(stat -c '%a %u:%g' "$HOST/disk")" '711 77:88'
  assert_same "$(cat "$HOST/disk"/.lifeboat-old-*/dir/work "$HOST/disk"/.lifeboat-old-*/work "$HOST/disk"/.lifeboat-old-*/file)" workworkd
  assert_same "$(ls -A "$HOST/disk/dir")" ''
  [[ ! -e $HOST/disk/work ]]
  assert_tidy
}

@test "in the run itself: what nobody has changed goes with the stage, what was written to since it was live is kept" {
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  sed "\$i kind_check_live() { return 65; }" "$HOST/bin/restore.sh" >"$HOST/bin/fails.sh"
  chmod +x "$HOST/bin/fails.sh"
  run -65 "$HOST/bin/fails.sh" --yes
  [[ -z $(kept "$HOST/data") ]]
  sed -i "\$i kind_check_live() { echo written >$HOST/data/sub/written; return 65; }" "$HOST/bin/fails.sh"
  run -65 "$HOST/bin/fails.sh" --yes
  assert_same "$(cat "$(kept "$HOST/data")/sub/written" "$HOST/data/one" | tr '\n' ' ')" 'written newer '
  [[ ! -e $HOST/data/sub/written ]]
  assert_tidy
}

@test "killed before anything moved: the stage goes, nobody has to decide, and until then it is reported" {
  local stage
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  killed_restore 'sync_stage() { kill -9 $$; sleep 9; }'
  stage="$(compgen -G "$HOST/.lifeboat-live-thing-*")"
  run -0 backup
  assert_says "$stage was left by a restore that did not end"
  run -0 verify --deep
  [[ ! -e $stage ]]
  assert_same "$(cat "$HOST/data/one")" newer
  assert_tidy
  sleep 1
  killed_restore 'sync_stage() { kill -9 $$; sleep 9; }'
  run -0 restore --yes
  assert_tidy
}

@test "a journal that was cut or changed is never acted upon in part: nothing moves, and it says so" {
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  killed_restore 'swap_commit() { kill -9 $$; sleep 9; }'
  cp "$HOST/state/thing.swap" "$HOST/journal"
  # A line that was begun only: its act never was.
  printf 'aside\t/etc/pass' >>"$HOST/state/thing.swap"
  printf 'x[$(id >%s/pwned)]\t/a\t/b\n' "$HOST" | cat - "$HOST/journal" >"$HOST/damaged"
  cp "$HOST/damaged" "$HOST/state/thing.swap"
  run restore --undo --yes
  assert_status 74
  assert_says 'its line 1 is damaged'
  [[ ! -e $HOST/pwned ]]
  assert_same "$(cat "$HOST/data/one")" one
  { cat "$HOST/journal" && printf 'aside\t/etc/pass'; } >"$HOST/state/thing.swap"
  run -0 restore --undo --yes
  assert_same "$(cat "$HOST/data/one")" newer
  assert_tidy
}

@test "on a terminal: Ctrl-C at every moment leaves a clean screen, status 130 and nothing half-done; a second one kills no undo" {
  local flag
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  cp "$HOST/bin/restore.sh" "$HOST/bin/slow.sh"
  # Slow at a place that the file `where` names, in a program, as the real thing is.
  sed -i "\$i slow_at() { [[ \$(cat $HOST/where) != \"\$1\" ]] || { : >$HOST/here; sleep 20; }; }" "$HOST/bin/slow.sh"
  for at in find_sound_copy describe_restore kind_stage kind_check_stage kind_swap kind_check_live; do
    sed -i "s/^$at() {/&\n  slow_at $at/" "$HOST/bin/slow.sh"
  done
  for at in find_sound_copy describe_restore kind_stage kind_check_stage kind_swap kind_check_live; do
    rm -f "$HOST/here" && printf '%s\n' "$at" >"$HOST/where"
    run -130 on_terminal INT 3 "$HOST/here" "$HOST/bin/slow.sh" --yes
    for bad in 'syntax error' 'rminated' 'illed' 'unexpected' 'unbound' 'internal error' ': line '; do assert_silent_about "$bad"; done
    assert_same "$(cat "$HOST/data/one")" newer
    assert_tidy
  done
  run -130 on_terminal INT 1 'to go on: ' "$HOST/bin/restore.sh"
  for bad in 'syntax error' ': line '; do assert_silent_about "$bad"; done
  # In the middle of an undo.
  rm -f "$HOST/here"
  sed "\$i kind_check_live() { return 65; }; kind_rollback() { : >$HOST/here; sleep 2; }" "$HOST/bin/restore.sh" >"$HOST/bin/undoes.sh"
  chmod +x "$HOST/bin/undoes.sh"
  run -65 on_terminal INT 8 "$HOST/here" "$HOST/bin/undoes.sh" --yes
  assert_says 'thing is as it was before the restore'
  assert_same "$(cat "$HOST/data/one")" newer
  assert_tidy
}

@test "order on the disk: the stage, then the renames, their directories, the check, the end of the journal, its directory" {
  backup 2>/dev/null
  sed -i "s|^kind_check_live() {|&\n  : >$HOST/checking|" "$HOST/bin/restore.sh"
  strace -f -y -qq -o "$HOST/trace" -e trace=fsync,fdatasync,syncfs,sync,rename,renameat,renameat2,unlink,unlinkat,openat "$HOST/bin/restore.sh" --yes >/dev/null 2>&1
  python3 - "$HOST/trace" "$HOST" <<'PY'
import re, sys
host = sys.argv[2]
events = []
for line in open(sys.argv[1], errors="replace"):
    call = line.split(None, 1)[1]
    if " = -1 " in call:
        continue
    synced = re.match(r"(fsync|fdatasync|syncfs)\(\d+<([^>]*)>", call)
    if synced:
        events.append(("sync", synced[2]))
    elif call.startswith("sync("):
        events.append(("sync", "all"))
    elif call.startswith("rename"):
        events.append(("rename", re.findall(r'"([^"]*)"', call)))
    elif call.startswith("unlink"):
        events.append(("unlink", re.findall(r'"([^"]*)"', call)))
    elif "/checking" in call and "O_CREAT" in call:
        events.append(("check", ""))
def after(start, wanted, what):
    for i in range(start, len(events)):
        if wanted(*events[i]):
            return i + 1
    sys.exit(f"not in this order: {what}\n" + "\n".join(map(str, events)))
at = after(0, lambda kind, x: kind == "sync" and ".lifeboat-live-" in x, "the stage is synced")
at = after(at, lambda kind, x: kind == "sync" and x.endswith("/thing.swap"), "the journal is synced before the first act")
at = after(at, lambda kind, x: kind == "rename" and x[0] == host + "/data", "the old data goes aside")
at = after(at, lambda kind, x: kind == "sync" and x.endswith("/thing.swap"), "the journal is synced before the second act")
at = after(at, lambda kind, x: kind == "rename" and x[-1] == host + "/data", "the new data comes")
at = after(at, lambda kind, x: kind == "sync" and x.rstrip("/") == host, "the directory is synced")
at = after(at, lambda kind, x: kind == "check", "the check")
at = after(at, lambda kind, x: kind == "unlink" and x[-1].endswith("thing.swap"), "the journal ends")
at = after(at, lambda kind, x: kind == "sync" and x == host + "/state", "the end of the journal is synced")
at = after(at, lambda kind, x: kind == "unlink" and x[-1].endswith("thing.restoring"), "the state ends")
after(at, lambda kind, x: kind == "sync" and x == host + "/state", "the end of the state is synced")
PY
}

@test "TERM to all processes of a restore at once, again and again at random times: live is old or new, never gone" {
  run -0 python3 "$LIFEBOAT_TESTS/lib/term-all.py" "$HOST" "${TERM_ALL_TRIES:-$([[ -n ${LIFEBOAT_LONG:-} ]] && echo 400 || echo 10)}"
  printf '# %s\n' "$output" >&3
}
