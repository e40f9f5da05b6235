#!/usr/bin/env bats
# A real cron fires a real job that install.sh put into a real crontab. All of it in a mount namespace with its own spool,
# so that the machine's crontabs and jobs stay out of it. libfaketime makes cron believe that the job is due in seconds.
# shellcheck disable=SC2016,SC2030,SC2031  # the private shell expands; bats runs each test in a subshell

setup() {
  # shellcheck source=test/bats/lib/lifeboat.bash
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  new_files_asset
  make_bundle '30 2 * * *'
}

# The bundle of a host with one job at the given time.
make_bundle() {
  BUNDLE="$HOST/bundle"
  INSTALLED="$HOST/opt/lifeboat"
  mkdir -p "$BUNDLE"
  mv "$HOST/bin/backup.sh" "$BUNDLE/backup-thing.sh"
  printf '%s\n' "$1 $INSTALLED/backup-thing.sh --quiet" >"$BUNDLE/crontab"
  set_fact INSTALL_DIR "$INSTALLED"
  set_fact TIME_ZONE ''
  set_list STORE_DIRS "$STORE"
  set_list REQUIRED_TOOLS
  set_list JOB_ASSETS thing
  make_scripts - install
  mv "$HOST/bin/install.sh" "$BUNDLE/install.sh"
  (cd "$BUNDLE" && sha256sum backup-thing.sh crontab install.sh >SHA256SUMS)
}

# Run a script with a spool of its own: `$1` in it is the bundle, `$2` the host's directory.
with_private_cron() {
  unshare --mount bash -euo pipefail -c '
    mount -t tmpfs -o mode=1730 none /var/spool/cron/crontabs
    chgrp crontab /var/spool/cron/crontabs
    mount -t tmpfs none /etc/cron.d
    mount --bind /dev/null /etc/crontab
    mount -t tmpfs none /run
    printf "# mine\n0 5 * * * /bin/true\n" | crontab -
    '"$1" private "$BUNDLE" "$HOST"
}

@test "cron fires an installed backup, and uninstalling leaves the user's own lines" {
  local before
  before="$(crontab -l 2>&1 || true)"
  run with_private_cron '
    "$1/install.sh"
    crontab -l >"$2/crontab.installed"
    LD_PRELOAD="$(printf "%s\n" /usr/lib/*/faketime/libfaketime.so.1)" FAKETIME="@2026-12-24 02:29:56" cron -f >/dev/null 2>&1 3>&- &
    daemon=$!
    for _ in {1..600}; do
      ! compgen -G "$2/store/files/thing/2*Z/MANIFEST" >/dev/null || break
      sleep 0.1
    done
    # The job ends on its own; only the daemon is stopped.
    for _ in {1..600}; do
      ! grep -q "\"action\":\"backup\"" "$2/state/history.jsonl" 2>/dev/null || break
      sleep 0.1
    done
    kill "$daemon"
    wait "$daemon" || true
    "$1/install.sh" --uninstall
    crontab -l >"$2/crontab.after"
  '
  assert_status 0
  # The job ran once, with what little environment cron gives it, and made a good set.
  assert_same "$(sets | wc -l)" 1
  [[ "$(cat "$HOST/state/history.jsonl")" == *'"status":"success"'* ]] || fail "$(cat "$HOST/state/history.jsonl")"
  make_scripts files verify
  run verify
  assert_status 0
  # The user's lines are where they were, during and after; the machine's crontab was never touched.
  assert_same "$(cat "$HOST/crontab.installed")" "# mine
0 5 * * * /bin/true
# BEGIN lifeboat test/box
30 2 * * * $INSTALLED/backup-thing.sh --quiet
# END lifeboat test/box"
  assert_same "$(cat "$HOST/crontab.after")" "# mine
0 5 * * * /bin/true"
  assert_same "$(crontab -l 2>&1 || true)" "$before"
  [[ ! -e $INSTALLED ]] || fail "$(ls -A "$INSTALLED")"
}

@test "cron does not fire a job at another time" {
  run with_private_cron '
    "$1/install.sh" --quiet
    LD_PRELOAD="$(printf "%s\n" /usr/lib/*/faketime/libfaketime.so.1)" FAKETIME="@2026-12-24 03:29:58" cron -f >/dev/null 2>&1 3>&- &
    daemon=$!
    sleep 4
    kill "$daemon"
    wait "$daemon" || true
  '
  assert_status 0
  assert_same "$(sets | wc -l)" 0
}
