#!/usr/bin/env bats
# From a plan to a host: the compiler makes a bundle, install.sh puts it in place, and a real cron runs its jobs. The crontabs of this
# machine are hidden behind a file system of the test's own, so they stay as they are.

setup_file() {
  export ROOT="$BATS_TEST_DIRNAME/../.."
  export PLACE="$BATS_FILE_TMPDIR/place"
  mkdir -p "$PLACE/plans" "$PLACE/data" "$PLACE/backups"
  printf '{}\n' >"$PLACE/package.json"
  cat >"$PLACE/plans/host.plan.ts" <<END
import { directory, every, files, host, keep, plan, sqlite } from "lifeboat";
const base = "$PLACE" as const;
const box = host("box", {
  timeZone: "$(node -p 'Intl.DateTimeFormat().resolvedOptions().timeZone')",
  paths: { scripts: \`\${base}/opt\`, state: \`\${base}/state\`, logs: \`\${base}/logs\` },
});
const disk = directory("disk", { path: \`\${base}/backups\` });
const common = { on: box, schedule: every("1m"), copies: [disk], keep: keep({ last: 2 }) };
export default plan("host", {
  assets: [
    files("notes", { ...common, paths: [\`\${base}/data/notes\`] }),
    sqlite("ledger", { ...common, path: \`\${base}/data/ledger.db\` }),
  ],
});
END
  mkdir -p "$PLACE/data/notes"
  printf 'first\n' >"$PLACE/data/notes/a"
  sqlite3 "$PLACE/data/ledger.db" 'create table entries (amount); insert into entries values (1), (2)'
  (cd "$PLACE" && node "$ROOT/dist/lifeboat.mjs" build --shellcheck off)
  export BUNDLE="$PLACE/generated/host/box"
}

# Run a command where /var/spool/cron/crontabs is empty and the test's own.
with_own_crontabs() {
  unshare --mount --propagation private bash -Eeuo pipefail -c '
    mount -t tmpfs -o mode=1730,gid="$(getent group crontab | cut -d: -f3)" tmpfs /var/spool/cron/crontabs
    mount -t tmpfs tmpfs /run
    "$@"' bash "$@"
}

@test "installing twice changes nothing, and uninstalling leaves the crontab as it was, byte for byte" {
  scenario() {
    local before="$BATS_TEST_TMPDIR/before"
    printf '# mine\nMAILTO=ops@example.com\n5 4 * * sun /usr/bin/true %% #\n' >"$before"
    crontab "$before"
    crontab -l >"$before"
    bash "$BUNDLE/install.sh" --dry-run
    crontab -l | cmp - "$before"
    [[ ! -e $PLACE/opt ]]
    bash "$BUNDLE/install.sh"
    crontab -l | grep -c "$PLACE/opt/backup-" | grep -qx 2
    crontab -l >"$BATS_TEST_TMPDIR/installed"
    bash "$BUNDLE/install.sh" | tee "$BATS_TEST_TMPDIR/second"
    grep -qi 'nothing to change' "$BATS_TEST_TMPDIR/second"
    crontab -l | cmp - "$BATS_TEST_TMPDIR/installed"
    "$PLACE/opt/backup-notes.sh" --quiet
    "$PLACE/opt/install.sh" --uninstall
    crontab -l | cmp - "$before"
    [[ ! -e $PLACE/opt/backup-notes.sh ]]
    ls "$PLACE/backups/files/notes"/*/MANIFEST
  }
  export -f scenario
  run with_own_crontabs bash -Eeuo pipefail -c scenario
  printf '%s\n' "$output"
  [[ $status -eq 0 ]]
}

@test "a bundle with a changed, a missing or a foreign script is refused, and nothing is installed" {
  local copy="$BATS_TEST_TMPDIR/copy"
  for damage in change remove add; do
    rm -rf "$copy"
    cp -r "$BUNDLE" "$copy"
    chmod -R u+w "$copy"
    case $damage in
      change) printf '# \n' >>"$copy/backup-notes.sh" ;;
      remove) rm "$copy/restore-notes.sh" ;;
      add) install -m 755 /dev/null "$copy/backup-more.sh" ;;
    esac
    run with_own_crontabs bash "$copy/install.sh"
    printf '%s: %s\n' "$damage" "$output"
    [[ $status -eq 65 ]]
    [[ ! -e $PLACE/opt ]]
  done
}

@test "a real cron runs the installed jobs, and their sets restore" {
  scenario() {
    bash "$BUNDLE/install.sh" --quiet
    crontab -l
    # Its clock stands five seconds before a full minute; what it starts has the true one.
    LD_PRELOAD="$(printf '%s\n' /usr/lib/*/faketime/libfaketime.so.1)" FAKETIME='@2026-12-24 02:29:55' cron -f >/dev/null 2>&1 3>&- &
    cron=$!
    trap 'kill "$cron" 2>/dev/null || true' EXIT
    for _ in {1..600}; do
      if compgen -G "$PLACE/backups/files/notes/*/MANIFEST" >/dev/null && compgen -G "$PLACE/backups/sqlite/ledger/*/MANIFEST" >/dev/null; then break; fi
      sleep 0.1
    done
    kill "$cron"
    rm -rf "$PLACE/data/notes" "$PLACE/data/ledger.db"
    "$PLACE/opt/restore-notes.sh" --yes
    "$PLACE/opt/restore-ledger.sh" --yes
    grep -qx first "$PLACE/data/notes/a"
    [[ $(sqlite3 "$PLACE/data/ledger.db" 'select sum(amount) from entries') == 3 ]]
    "$PLACE/opt/status.sh"
    "$PLACE/opt/install.sh" --uninstall --quiet
  }
  export -f scenario
  rm -rf "${PLACE:?}/backups/files" "${PLACE:?}/backups/sqlite"
  run with_own_crontabs bash -Eeuo pipefail -c scenario
  printf '%s\n' "$output"
  [[ $status -eq 0 ]]
}
