load ../lib/lifeboat

# A bundle as the compiler lays it out, in $BUNDLE, for a host with a crontab program of its own.
setup() {
  new_host
  mkdir "$HOST/tools"
  # A crontab program that keeps the table in a file, as picky as cron's about the last newline.
  cat >"$HOST/tools/crontab" <<END
#!/bin/sh
case \$1 in
  -l) cat $HOST/crontab 2>/dev/null || { echo "no crontab for root" >&2; exit 1; } ;;
  -r) rm -f $HOST/crontab ;;
  *) [ -z "\$(tail -c 1 "\$1")" ] || { echo "missing newline before EOF" >&2; exit 1; }
     cp "\$1" $HOST/crontab ;;
esac
END
  chmod +x "$HOST/tools/crontab"
  PATH="$HOST/tools:$PATH"
  BUNDLE="$BATS_TEST_TMPDIR/bundle"
  INSTALLED="$HOST/opt/lifeboat"
  set_fact INSTALL_DIR "$INSTALLED"
  set_fact STATE_DIR "$HOST/var/state"
  set_fact LOG_DIR "$HOST/var/log"
  set_list STORE_DIRS "$HOST/var/store"
  set_list REQUIRED_TOOLS bash no-such-tool
  set_fact TIME_ZONE ''
  set_list JOB_ASSETS thing
  make_bundle
}

make_bundle() {
  make_scripts - install
  mkdir -p "$BUNDLE"
  cp "$HOST/bin/install.sh" "$BUNDLE/install.sh"
  printf '#!/bin/sh\necho backup\n' >"$BUNDLE/backup-thing.sh"
  chmod +x "$BUNDLE/backup-thing.sh"
  printf '# jobs\n0 2 * * * %s/backup-thing.sh --quiet\n' "$INSTALLED" >"$BUNDLE/crontab"
  sum_bundle
}

sum_bundle() {
  (cd "$BUNDLE" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort | xargs sha256sum >SHA256SUMS)
}

@test "install: scripts, directories, crontab; a second time changes nothing" {
  printf '# mine\n*/5 * * * * /usr/bin/true %% odd\n\n' >"$HOST/crontab"
  cp "$HOST/crontab" "$HOST/before"
  run -0 "$BUNDLE/install.sh"
  assert_says "file      + $INSTALLED/backup-thing.sh"
  assert_says 'no-such-tool is not installed'
  assert_says '1 scheduled jobs'
  assert_same "$(stat -c %a "$INSTALLED" "$INSTALLED/backup-thing.sh" "$INSTALLED/crontab" "$HOST/var/store" | tr '\n' ' ')" '700 700 600 700 '
  assert_same "$(stat -c %a "$HOST/var")" 755
  head -n 3 "$HOST/crontab" | cmp - "$HOST/before"
  grep -q '^# BEGIN lifeboat test/box$' "$HOST/crontab"
  [[ -s $HOST/var/state/thing.last-start ]]
  find "$HOST/opt" "$HOST/crontab" -printf '%p %T@\n' >"$HOST/times"
  run -0 "$BUNDLE/install.sh"
  assert_says 'nothing to change'
  find "$HOST/opt" "$HOST/crontab" -printf '%p %T@\n' | diff "$HOST/times" -
  # The installed copy can do it, too, from anywhere.
  (cd / && run -0 "$INSTALLED/install.sh" && assert_says 'nothing to change')
}

@test "install: a newer bundle replaces, adds and removes; foreign files stay" {
  "$BUNDLE/install.sh" >/dev/null 2>&1
  printf 'mine' >"$INSTALLED/notes.txt"
  printf '5 5 * * * mine-after\n' >>"$HOST/crontab"
  rm "$BUNDLE/backup-thing.sh"
  printf '#!/bin/sh\necho new\n' >"$BUNDLE/backup-new.sh"
  chmod +x "$BUNDLE/backup-new.sh"
  printf '0 3 * * * %s/backup-new.sh\n' "$INSTALLED" >"$BUNDLE/crontab"
  sum_bundle
  run -0 "$BUNDLE/install.sh"
  assert_says "file      - $INSTALLED/backup-thing.sh"
  assert_says "crontab  + 0 3 * * *"
  assert_same "$(ls "$INSTALLED" | tr '\n' ' ')" 'SHA256SUMS backup-new.sh crontab install.sh notes.txt '
  assert_same "$(tail -n 1 "$HOST/crontab")" '5 5 * * * mine-after'
  assert_same "$(grep -c BEGIN "$HOST/crontab")" 1
}

@test "install: --dry-run lists and changes nothing" {
  find "$HOST" "$BUNDLE" -printf '%p %T@\n' | sort >"$BATS_TEST_TMPDIR/before"
  run -0 "$BUNDLE/install.sh" --dry-run
  assert_says "directory + $INSTALLED"
  assert_says 'crontab  + 0 2'
  assert_says 'dry run'
  find "$HOST" "$BUNDLE" -printf '%p %T@\n' | sort | diff "$BATS_TEST_TMPDIR/before" -
}

@test "install: a changed, missing or added program is refused, all of them named" {
  printf 'x' >>"$BUNDLE/backup-thing.sh"
  printf '#!/bin/sh\n' >"$BUNDLE/extra.sh"
  chmod +x "$BUNDLE/extra.sh"
  run -65 "$BUNDLE/install.sh"
  assert_says 'changed since it was compiled: backup-thing.sh'
  assert_says 'not of this bundle, yet executable: extra.sh'
  rm "$BUNDLE/backup-thing.sh" "$BUNDLE/extra.sh"
  run -65 "$BUNDLE/install.sh"
  assert_says 'missing: backup-thing.sh'
  sed -i 's|  .*crontab$|  ../../etc/passwd|' "$BUNDLE/SHA256SUMS"
  run -65 "$BUNDLE/install.sh"
  assert_says 'no checksum of a file in the bundle'
  [[ ! -e $INSTALLED ]]
  [[ ! -e $HOST/crontab ]]
}

@test "install: a host in another time zone is refused, one that only shares the winter too" {
  set_fact TIME_ZONE Asia/Seoul
  make_bundle
  run -78 "$BUNDLE/install.sh"
  assert_says 'not in Asia/Seoul'
  set_fact TIME_ZONE Etc/UTC
  make_bundle
  run -0 "$BUNDLE/install.sh" --dry-run
  set_fact TIME_ZONE Europe/London
  make_bundle
  run -78 "$BUNDLE/install.sh"
  set_fact TIME_ZONE No/Where
  make_bundle
  run -0 "$BUNDLE/install.sh" --dry-run
  assert_says 'does not know the time zone'
}

@test "install: without cron nothing is installed; without jobs none is needed" {
  mkdir "$HOST/nocron"
  ln -s /usr/bin/* "$HOST/nocron/"
  rm "$HOST/nocron/crontab"
  PATH="$HOST/nocron" run -69 "$BUNDLE/install.sh"
  assert_says 'no crontab program'
  [[ ! -e $INSTALLED ]]
  printf '# no jobs\n' >"$BUNDLE/crontab"
  sum_bundle
  PATH="$HOST/nocron" run -0 "$BUNDLE/install.sh"
}

@test "install: a crontab whose block is torn, or that cron refuses, is left alone" {
  printf '# BEGIN lifeboat test/box\n1 1 * * * x\n' >"$HOST/crontab"
  cp "$HOST/crontab" "$HOST/before"
  run -78 "$BUNDLE/install.sh"
  assert_says 'mend it with crontab -e'
  cmp "$HOST/crontab" "$HOST/before"
  [[ ! -e $INSTALLED ]]
}

@test "uninstall: removes what install brought, keeps the rest" {
  printf '# mine\n' >"$HOST/crontab"
  "$BUNDLE/install.sh" >/dev/null 2>&1
  printf 'x' >"$HOST/var/store/set"
  run -0 "$INSTALLED/install.sh" --uninstall --dry-run
  [[ -e $INSTALLED/backup-thing.sh ]]
  run -0 "$INSTALLED/install.sh" --uninstall
  assert_says "Kept: state $HOST/var/state, logs $HOST/var/log, backups $HOST/var/store"
  assert_same "$(cat "$HOST/crontab")" '# mine'
  [[ ! -e $INSTALLED ]]
  [[ -e $HOST/var/store/set && -e $HOST/var/state/thing.last-start ]]
  run -0 "$BUNDLE/install.sh" --uninstall
  assert_says 'nothing to change'
}

# Facts of status.sh for three assets: one fine, one late, one without a set.
status_facts() {
  set_list STATUS_ASSETS fine late none
  set_list STATUS_KINDS files mysql files
  set_list STATUS_TYPES files mysql files
  set_list STATUS_STORES disk disk disk
  set_list STATUS_PATHS "$STORE" "$STORE" "$STORE"
  set_list STATUS_RPOS 86400 600 0
  set_list STATUS_LOGS 0 0 0
  set_list STATUS_CIPHERS none none none
  set_list STATUS_SIGNED 0 0 0
  set_list STATUS_FIELDS '0 2 * * * and' '' ''
  set_fact STATE_DIR "$HOST/state"
  make_scripts - status
  make_set files/fine "$(date -u -d '-1 hour' +%Y%m%dT%H%M%SZ)" 2048
  make_set mysql/late "$(date -u -d '-1 hour' +%Y%m%dT%H%M%SZ)" 5000
}

make_set() {
  mkdir -p "$STORE/$1/$2"
  {
    printf '%s\n' format=2 "asset=${1#*/}" "kind=${1%/*}" "set=$2" "finished=$2"
    printf 'payload.1.%s\n' name=x file=x codec=none cipher=none raw_bytes="$3" stored_bytes="$3"
    printf 'payload.1.%s_sha256=%064d\n' raw 0 stored 0
    printf 'manifest_sha256=%064d\n' 0
  } >"$STORE/$1/$2/MANIFEST"
}

@test "status: OK, LATE, NONE, as a table and as JSON; 75 unless all is well" {
  status_facts
  run -75 "$HOST/bin/status.sh"
  [[ $(sed -n 2p <<<"$output") =~ ^fine\ .*1h\ 00m\ +1d\ 0h\ +OK\ +2.0\ KiB\ +[0-9-]+\ 02:00$ ]] || fail "$output"
  [[ $(sed -n 3p <<<"$output") =~ ^late\ .*LATE ]] || fail "$output"
  [[ $(sed -n 4p <<<"$output") =~ ^none\ .*NONE ]] || fail "$output"
  while IFS= read -r line; do ((${#line} <= 80)) || fail "$line"; done <<<"$output"
  run -75 "$HOST/bin/status.sh" --json
  python3 - "$output" <<'END'
import json, sys
status = json.loads(sys.argv[1])
assert status["ok"] is False and [a["verdict"] for a in status["assets"]] == ["OK", "LATE", "NONE"]
assert status["assets"][0]["stored_bytes"] == 2048 and 3590 < status["assets"][0]["age_seconds"] < 3700
assert status["assets"][2]["set"] is None and status["assets"][1]["next_run_local"] is None
END
  run -64 "$HOST/bin/status.sh" --deep
}

@test "status: a suspect set does not count, an unfinished restore is BROKEN, all well is 0" {
  status_facts
  set_list STATUS_ASSETS fine
  make_scripts - status
  run -0 "$HOST/bin/status.sh"
  : >"$HOST/state/fine.restoring"
  run -75 "$HOST/bin/status.sh"
  assert_says BROKEN
  # What waits for a person's decision is told with both commands, in words and as JSON.
  for state in 'swapping partly old and partly new' 'swapped its check did not end' 'live complete and checked'; do
    printf '20261122T020000Z running %s 20261121T020000Z\n' "${state%% *}" >"$HOST/state/fine.restoring"
    run -75 "$HOST/bin/status.sh"
    assert_says "fine: a restore was interrupted, begun "
    assert_says "${state#* }"
    assert_says "$HOST/bin/restore-fine.sh --undo"
    assert_says "$HOST/bin/restore-fine.sh --accept"
    run -75 "$HOST/bin/status.sh" --json
    assert_same "$(python3 -c 'import json, sys; r = json.loads(sys.argv[1])["assets"][0]["pending_restore"]; print(r["state"], r["begun"], r["undo"], r["accept"])' "$output")" \
      "${state%% *} 20261122T020000Z $HOST/bin/restore-fine.sh --undo $HOST/bin/restore-fine.sh --accept"
  done
  # Nothing live had moved, or all was done: nobody has to decide.
  for state in prepared committed; do
    printf '20261122T020000Z running %s 20261121T020000Z\n' "$state" >"$HOST/state/fine.restoring"
    run -0 "$HOST/bin/status.sh" --json
    assert_says '"pending_restore":null'
  done
  rm "$HOST/state/fine.restoring"
  : >"$(compgen -G "$STORE/files/fine/*")/SUSPECT"
  run -75 "$HOST/bin/status.sh"
  assert_says NONE
}

# A job that notes that it ran.
catch_up_facts() {
  printf '#!/bin/sh\necho "$@" >>%s/ran\nexit %s\n' "$HOST" "${1:-0}" >"$HOST/job"
  chmod +x "$HOST/job"
  set_list JOB_ASSETS thing
  set_list JOB_SCRIPTS "$HOST/job"
  set_list JOB_FIELDS '0 2 * * * and'
  set_fact STATE_DIR "$HOST/state"
  set_fact LOG_DIR "$HOST/log"
  make_scripts - catch-up
}

# Run catch-up at a local time.
catch_up_at() {
  local at="$1"
  shift
  # Not through the faketime program: it asks `date` itself, which would be this wrapper, for ever.
  printf '#!/bin/sh\nLD_PRELOAD="%s" FAKETIME="@%s" exec /usr/bin/date "$@"\n' "$(printf '%s\n' /usr/lib/*/faketime/libfaketime.so.1)" "$at" >"$HOST/tools/date"
  chmod +x "$HOST/tools/date"
  "$HOST/bin/catch-up.sh" "$@"
}

@test "catch-up: a job that slept through its time runs once; not before, not twice" {
  catch_up_facts
  run -0 catch_up_at '2026-11-20 12:00:00'
  assert_same "$(cat "$HOST/state/thing.last-start")" 202611201200
  run -0 catch_up_at '2026-11-21 01:59:00'
  run -0 catch_up_at '2026-11-21 02:04:00'
  [[ ! -e $HOST/ran ]]
  run -0 catch_up_at '2026-11-21 09:00:00' --dry-run
  assert_says 'thing is due since 2026-11-21 02:00'
  [[ ! -e $HOST/ran ]]
  run -0 catch_up_at '2026-11-21 09:00:00'
  assert_same "$(cat "$HOST/ran")" --quiet
  printf '202611210900\n' >"$HOST/state/thing.last-start"
  run -0 catch_up_at '2026-11-21 09:05:00'
  assert_same "$(wc -l <"$HOST/ran")" 1
}

@test "catch-up: a job that fails gives its exit code; what it says of itself is logged" {
  catch_up_facts 69
  printf '202601010000\n' >"$HOST/state/thing.last-start"
  run -69 catch_up_at '2026-11-21 09:00:00'
  grep -q 'ended with exit status 69' "$HOST/log/catch-up.log"
}

@test "a backup records its start for catch-up, a dry run and a restore do not" {
  new_files_asset
  run -0 backup --dry-run
  [[ ! -e $HOST/state/thing.last-start ]]
  backup 2>/dev/null
  [[ $(cat "$HOST/state/thing.last-start") =~ ^[0-9]{12}$ ]]
  rm "$HOST/state/thing.last-start"
  restore --yes >/dev/null 2>&1
  [[ ! -e $HOST/state/thing.last-start ]]
}
