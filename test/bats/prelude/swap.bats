load ../lib/lifeboat

setup() { new_files_asset; }

teardown() { unmount_all; }

# Each way a service can be stopped and started, as commands that note what happens.
use_service() {
  printf '#!/bin/sh\ncase $1 in start) : >%s/up ;; stop) rm -f %s/up ;; status) test -e %s/up; exit ;; esac\necho "$1" >>%s/acts\n' "$HOST" "$HOST" "$HOST" "$HOST" >"$HOST/service"
  chmod +x "$HOST/service"
  : >"$HOST/up"
  set_fact SERVICE_KIND commands
  set_fact SERVICE_NAME 'the fake service'
  set_list SERVICE_START "$HOST/service" start
  set_list SERVICE_STOP "$HOST/service" stop
  set_list SERVICE_STATUS "$HOST/service" status
  relink
}

# Run a restore with a function of its replaced by one that kills it, and wait until nothing of it runs any more.
killed_restore() {
  cp "$HOST/bin/restore.sh" "$HOST/bin/killed.sh"
  sed -i "\$i $1" "$HOST/bin/killed.sh"
  run "$HOST/bin/killed.sh" --yes
  assert_status 137
  eventually nothing_runs "$HOST/bin/killed.sh"
}

# Does no process run this script?
nothing_runs() { ! pgrep -f -- "$1" >/dev/null; }

# What is live, as one word.
live() {
  cat "$HOST/data/one"
}

@test "a restore swaps, keeps the old data, and stops and starts the service" {
  use_service
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  run -0 restore --yes
  assert_same "$(live)" one
  assert_same "$(cat "$HOST"/data.lifeboat-old-*/one)" newer
  assert_says "$HOST/data.lifeboat-old-"
  assert_same "$(tr '\n' ' ' <"$HOST/acts")" 'stop start '
  assert_tidy
}

@test "a check that fails puts everything back and starts the service again" {
  use_service
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  # The last definition of a function wins: the guard line comes after this one.
  sed -i '$i kind_check_live() { log_error "not what it should be"; return 65; }' "$HOST/bin/restore.sh"
  run -65 restore --yes
  assert_says 'thing is as it was before the restore'
  assert_same "$(live)" newer
  assert_same "$(tr '\n' ' ' <"$HOST/acts")" 'stop start stop start '
  [[ -e $HOST/up ]]
  [[ -z $(compgen -G "$HOST/data.lifeboat-old-*") ]]
  assert_tidy
}

@test "a service that was down before a failed restore is down after it" {
  use_service
  backup 2>/dev/null
  rm "$HOST/up"
  sed -i '$i kind_check_live() { return 65; }' "$HOST/bin/restore.sh"
  run -65 restore --yes
  [[ ! -e $HOST/up ]]
  assert_tidy
}

@test "a service that does not come up is a failed restore" {
  use_service
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  printf '#!/bin/sh\ncase $1 in start) exit 1 ;; stop) rm -f %s/up ;; status) test -e %s/up ;; esac\n' "$HOST" "$HOST" >"$HOST/service"
  run restore --yes
  assert_status 69
  assert_same "$(live)" newer
  assert_says 'cannot start the fake service'
}

@test "kill -9 at any point of a swap: nothing is undone by itself; --undo puts the old back and keeps what it takes away" {
  local point state
  use_service
  backup 2>/dev/null
  for point in 'swapping journal_swap() { printf "%s\\t%s\\t%s\\n" "$1" "$2" "$3" >>"$STATE_DIR/$ASSET.swap"; kill -9 $$; sleep 9; }' \
    'swapping rename_path() { mv -- "$1" "$2"; kill -9 $$; sleep 9; }' \
    'swapping place_path() { journal_swap place "$1" "$2"; mv -- "$1" "$2"; kill -9 $$; sleep 9; }' \
    'swapping service_start() { kill -9 $$; sleep 9; }' \
    'swapped kind_check_live() { kill -9 $$; sleep 9; }' \
    'live swap_commit() { kill -9 $$; sleep 9; }'; do
    state="${point%% *}" point="${point#* }"
    rm -rf "$HOST"/data.lifeboat-old-*
    printf 'newer\n' >"$HOST/data/one"
    : >"$HOST/up"
    killed_restore "$point"
    assert_same "$(cut -d ' ' -f 3 "$HOST/state/thing.restoring")" "$state"
    run -75 backup
    assert_says 'an interrupted restore of thing is pending'
    assert_says "$HOST/bin/restore-thing.sh --undo"
    run -75 restore --yes
    assert_says "$HOST/bin/restore.sh --undo"
    assert_says "$HOST/bin/restore.sh --accept"
    run -75 restore --dry-run
    # What somebody has done since.
    [[ ! -d $HOST/data ]] || printf 'a day of work\n' >"$HOST/data/work"
    run -0 restore --undo --yes
    assert_same "$(live)" newer
    [[ $state == swapping ]] || assert_same "$(cat "$HOST"/data.lifeboat-old-*/work)" 'a day of work'
    [[ $state == swapping ]] || assert_same "$(cat "$HOST"/data.lifeboat-old-*/one)" one
    [[ -e $HOST/up ]]
    assert_tidy
    run -0 restore --undo --yes
    assert_says 'nothing to undo'
  done
}

@test "TERM in the middle of a swap: everything is put back" {
  use_service
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  sed -i '$i kind_check_live() { : >"$STATE_DIR/here"; sleep 65; }' "$HOST/bin/restore.sh"
  "$HOST/bin/restore.sh" --yes >/dev/null 2>"$HOST/err" 3>&- &
  pid=$!
  eventually test -e "$HOST/state/here"
  kill -TERM "$pid"
  got=0
  wait "$pid" || got=$?
  assert_same "$got" 143
  assert_same "$(live)" newer
  [[ -e $HOST/up ]]
  assert_tidy
}

@test "paths with newlines, tabs and percents go through the journal" {
  run -0 in_runtime 'begin_run test; d="$1/a%0A
b	c%09"; mkdir "$d"; echo new >"$d/staged"; echo old >"$d/live"; : >"$d/.lifeboat-swap"; STAGE_DIR="$d"; swap_path "$d/staged" "$d/live"; cat "$d/live"; swap_rollback; cat "$d/live" "$d/staged"' "$HOST"
  [[ $output == "new
"*"old
new" ]] || fail "$output"
}

@test "a rename across file systems is refused, not turned into a copy" {
  mkdir "$HOST/other"
  mount -t tmpfs tmpfs "$HOST/other"
  run in_runtime 'begin_run test; echo x >"$1/other/staged"; swap_path "$1/other/staged" "$1/live"' "$HOST"
  umount "$HOST/other"
  assert_status 78
}

@test "static pods are taken away in order, given back in reverse" {
  # Names that no program has: another suite may run a real etcd or API server on this machine.
  mkdir "$HOST/manifests"
  touch "$HOST/manifests/pod-apiserver.yaml" "$HOST/manifests/pod-etcd.yaml" "$HOST/manifests/other.yaml"
  set_fact SERVICE_KIND static-pod
  set_fact STATIC_POD_DIR "$HOST/manifests"
  set_fact STATIC_POD_HOLD_DIR "$HOST/held"
  set_list STATIC_PODS pod-apiserver.yaml pod-etcd.yaml
  relink
  run -0 in_runtime 'begin_run test; mv() { printf "%s\n" "${2##*/} ${3%/*}" | sed "s|$H/||"; command mv "$@"; }; H=$1; service_stop; ls "$1/manifests"; ! service_is_running; service_start; service_is_running; ls "$1/manifests"' "$HOST"
  [[ $(grep -v INFO <<<"$output") == "pod-apiserver.yaml held
pod-etcd.yaml held
other.yaml
pod-etcd.yaml manifests
pod-apiserver.yaml manifests
other.yaml
pod-apiserver.yaml
pod-etcd.yaml" ]] || fail "$output"
}

@test "static pods of a run that was killed are given back by the undo" {
  mkdir "$HOST/manifests"
  touch "$HOST/manifests/pod-etcd.yaml"
  set_fact SERVICE_KIND static-pod
  set_fact STATIC_POD_DIR "$HOST/manifests"
  set_fact STATIC_POD_HOLD_DIR "$HOST/held"
  set_list STATIC_PODS pod-etcd.yaml
  relink
  backup 2>/dev/null
  killed_restore 'swap_aside() { kill -9 $$; sleep 9; }'
  [[ ! -e $HOST/manifests/pod-etcd.yaml ]]
  run -0 restore --undo --yes
  [[ -e $HOST/manifests/pod-etcd.yaml ]]
  assert_tidy
}

@test "systemd units are asked for by name, stopped and started through systemctl" {
  mkdir "$HOST/tools"
  printf '#!/bin/sh\necho "$@" >>%s/asked\n' "$HOST" >"$HOST/tools/systemctl"
  chmod +x "$HOST/tools/systemctl"
  set_fact SERVICE_KIND systemd
  set_fact SERVICE_NAME app.service
  relink
  PATH="$HOST/tools:$PATH" run -0 backup
  PATH="$HOST/tools:$PATH" run -0 restore --yes
  assert_says 'stopping app.service'
  grep -q '^stop -- app.service$' "$HOST/asked"
  grep -q '^start -- app.service$' "$HOST/asked"
  grep -q '^is-active --quiet -- app.service$' "$HOST/asked"
}
