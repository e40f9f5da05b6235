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

@test "kill -9 at any point of a swap: a backup refuses, the next restore undoes it and goes on" {
  local point
  use_service
  backup 2>/dev/null
  for point in 'journal_swap() { printf "%s\\t%s\\t%s\\n" "$1" "$2" "$3" >>"$STATE_DIR/$ASSET.swap"; kill -9 $$; sleep 9; }' \
    'rename_path() { mv -- "$1" "$2"; kill -9 $$; sleep 9; }' \
    'place_path() { journal_swap place "$1" "$2"; mv -- "$1" "$2"; kill -9 $$; sleep 9; }' \
    'service_start() { kill -9 $$; sleep 9; }' \
    'kind_check_live() { kill -9 $$; sleep 9; }'; do
    rm -rf "$HOST"/data.lifeboat-old-*
    printf 'newer\n' >"$HOST/data/one"
    : >"$HOST/up"
    cp "$HOST/bin/restore.sh" "$HOST/bin/killed.sh"
    sed -i "\$i $point" "$HOST/bin/killed.sh"
    run "$HOST/bin/killed.sh" --yes
    assert_status 137
    sleep 1.5
    run -75 backup
    assert_says 'a restore of thing did not end'
    run -0 restore --yes
    assert_says 'undoing what it had done'
    assert_same "$(live)" one
    assert_same "$(cat "$HOST"/data.lifeboat-old-*/one)" newer
    [[ -e $HOST/up ]]
    assert_tidy
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
b	c%09"; mkdir "$d"; echo new >"$d/staged"; echo old >"$d/live"; swap_path "$d/staged" "$d/live"; cat "$d/live"; swap_rollback; cat "$d/live" "$d/staged"' "$HOST"
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

@test "static pods of a run that was killed are given back by the next restore" {
  mkdir "$HOST/manifests"
  touch "$HOST/manifests/pod-etcd.yaml"
  set_fact SERVICE_KIND static-pod
  set_fact STATIC_POD_DIR "$HOST/manifests"
  set_fact STATIC_POD_HOLD_DIR "$HOST/held"
  set_list STATIC_PODS pod-etcd.yaml
  relink
  backup 2>/dev/null
  cp "$HOST/bin/restore.sh" "$HOST/bin/killed.sh"
  sed -i '$i swap_aside() { kill -9 $$; sleep 9; }' "$HOST/bin/killed.sh"
  run "$HOST/bin/killed.sh" --yes
  assert_status 137
  [[ ! -e $HOST/manifests/pod-etcd.yaml ]]
  sleep 1.5
  run -0 restore --yes
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
