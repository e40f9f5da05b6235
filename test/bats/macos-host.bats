load lib/lifeboat
load lib/macos
load lib/pki

# The scripts of a Mac as the compiler lays them out: installed by install.sh, started by catch-up.sh, copied from and to other hosts. With
# nothing but what macOS has: lib/macos.bash. The other hosts are reached by the transport `local`, so they have no more than that either.

setup_file() {
  export ROOT="$BATS_TEST_DIRNAME/../.." PLACE="$BATS_FILE_TMPDIR/place"
  mkdir -p "$PLACE/plans" "$PLACE/etc"
  printf '{}\n' >"$PLACE/package.json"
  source "$BATS_TEST_DIRNAME/lib/pki.bash"
  pki_ca "$PLACE/etc/ca" kubernetes
  pki_leaf "$PLACE/etc" admin ca
  openssl rand -hex 32 >"$PLACE/etc/backup.key" && chmod 600 "$PLACE/etc/backup.key"
  cat >"$PLACE/plans/macos.plan.ts" <<END
import { daily, directory, every, files, host, keep, kubeconfig, local, opensslKey, plan, sqlite, weekly } from "lifeboat";
const base = "$PLACE" as const;
const paths = (id: string) => ({
  paths: { scripts: \`\${base}/\${id}/opt\`, state: \`\${base}/\${id}/state\`, logs: \`\${base}/\${id}/logs\`, scratch: \`\${base}/\${id}/scratch\`, metrics: \`\${base}/\${id}/metrics\` } as const,
});
const mac = host("mac", { ...paths("mac"), os: "macos", sleeps: true, timeZone: "$(node -p 'Intl.DateTimeFormat().resolvedOptions().timeZone')" });
const vm = host("vm", { ...paths("vm"), runsOn: mac, reach: local() });
const nas = host("nas", { ...paths("nas"), reach: local() });
const macDisk = directory("mac", { on: mac, path: \`\${base}/mac/backups\` });
const nasDisk = directory("nas", { on: nas, path: \`\${base}/nas/backups\` });
const common = { copies: [macDisk], keep: keep({ last: 3 }), rpo: "2d" } as const;
export default plan("macos", {
  assets: [
    files("notes", { ...common, on: mac, paths: [\`\${base}/mac/data\`], schedule: daily("02:00"), copies: [macDisk, nasDisk], verify: weekly("sunday", "04:00") }),
    sqlite("ledger", { ...common, on: mac, path: \`\${base}/mac/ledger.db\`, schedule: every("6h") }),
    kubeconfig("kube", { ...common, on: mac, paths: [\`\${base}/etc/config\`], schedule: daily("03:00"), encrypt: opensslKey(\`\${base}/etc/backup.key\`) }),
    files("guest", { ...common, on: vm, paths: [\`\${base}/vm/data\`], schedule: daily("01:00"), copies: [directory("vm", { path: \`\${base}/vm/backups\` }), macDisk] }),
  ],
});
END
  (cd "$PLACE" && node "$ROOT/dist/lifeboat.mjs" build --shellcheck off)
}

setup() {
  new_host
  macos_tools
  macos_brew kubectl
  rm -rf "$PLACE"/{mac,vm,nas}
  mkdir -p "$PLACE"/{mac,vm,nas}/{data,backups} "$PLACE"/{vm,nas}/{opt,state,logs}
  pki_kubeconfig "$PLACE/etc/config" "$PLACE/etc/admin.crt" "$PLACE/etc/admin.key" "$PLACE/etc/ca.crt"
  printf 'one\n' >"$PLACE/mac/data/one"
  printf 'two\n' >"$PLACE/vm/data/two"
  sqlite3 "$PLACE/mac/ledger.db" 'create table entries (amount); insert into entries values (1), (2)'
  BUNDLE="$BATS_TEST_TMPDIR/bundle"
  cp -R "$PLACE/generated/macos/mac" "$BUNDLE"
  cp "$PLACE"/generated/macos/vm/*.sh "$PLACE/vm/opt"
  chmod -R u+w "$BUNDLE" "$PLACE/vm/opt"
  macos_bundle "$BUNDLE"
  make_macos_scripts "$PLACE"/vm/opt/*.sh
}

teardown() { refuse_nothing; }

# An installed script of the Mac, and one of its guest.
mac() { on_macos "$PLACE/mac/opt/$1.sh" "${@:2}"; }
vm() { on_macos "$PLACE/vm/opt/$1.sh" "${@:2}"; }

# Let a job have begun long ago.
miss() { printf '202601010000\n' >"$PLACE/mac/state/$1.last-start"; }

@test "install.sh, twice, with a crontab of people's own; uninstalled, that one is as it was" {
  printf '# mine\nMAILTO=ops@example.com\n5 4 * * sun /usr/bin/true %% #\n' >"$HOST/crontab"
  cp "$HOST/crontab" "$HOST/before"
  run -0 on_macos "$BUNDLE/install.sh" --dry-run
  assert_says 'crontab  + 0 2 * * *'
  cmp "$HOST/crontab" "$HOST/before"
  run -0 on_macos "$BUNDLE/install.sh"
  assert_says 'Plan macos is installed on mac: '
  grep -q "^0 2 \* \* \* $PLACE/mac/opt/backup-notes.sh --quiet\$" "$HOST/crontab"
  grep -q "$PLACE/mac/opt/catch-up.sh" "$HOST/crontab"
  assert_same "$(stat -c %a "$PLACE/mac/opt" "$PLACE/mac/opt/backup-notes.sh" "$PLACE/mac/opt/crontab" "$PLACE/mac/metrics" | tr '\n' ' ')" '700 700 600 755 '
  [[ -s $PLACE/mac/state/stores && -s $PLACE/mac/backups/.lifeboat-store ]]
  cp "$HOST/crontab" "$HOST/installed"
  run -0 mac install
  assert_same "$output" 'Plan macos is installed on mac: nothing to change.'
  cmp "$HOST/crontab" "$HOST/installed"
  printf 'x' >>"$BUNDLE/backup-notes.sh"
  run -65 on_macos "$BUNDLE/install.sh"
  assert_says 'changed since it was compiled: backup-notes.sh'
  run -0 mac install --uninstall
  cmp "$HOST/crontab" "$HOST/before"
  [[ ! -e $PLACE/mac/opt ]]
}

@test "what was slept through is caught up with; status.sh tells of it; copies come and go; all of it comes back" {
  local host
  run -0 on_macos "$BUNDLE/install.sh"
  run -75 mac status
  assert_says 'NONE'
  run -0 mac catch-up
  assert_same "$output" ''
  vm backup-guest
  for job in notes ledger kube guest.pull notes.push; do
    [[ -e $PLACE/mac/state/$job.last-start ]] || fail "no job $job in $(ls "$PLACE/mac/state")"
    miss "$job"
  done
  run -0 mac catch-up --dry-run
  assert_says 'notes is due since'
  assert_says 'guest.pull is due since'
  run -0 mac catch-up
  assert_says "notes missed its start at"
  run -0 mac catch-up
  assert_same "$output" ''
  run -0 mac status
  for job in notes ledger kube guest; do assert_says "$job "; done
  assert_silent_about NONE
  run -0 mac status --json
  assert_same "$(jq -r '[.assets[].verdict] | unique | join(" ")' <<<"$output")" OK
  diff -r "$PLACE/mac/backups/files/notes" "$PLACE/nas/backups/files/notes"
  diff -r "$PLACE/vm/backups/files/guest" "$PLACE/mac/backups/files/guest"
  grep -q 'lifeboat_' "$PLACE"/mac/metrics/*.prom
  # Everything is lost.
  cp -R "$PLACE/mac/data" "$HOST/data.before"
  cp "$PLACE/etc/config" "$HOST/config.before"
  rm -rf "$PLACE/mac/data" "$PLACE/mac/ledger.db" "$PLACE/etc/config" "$PLACE"/vm/data/* "$PLACE"/vm/backups/* "$PLACE/mac/backups/files/notes"
  run -0 mac restore-notes --list --from nas
  run -0 mac restore-notes --from nas --yes
  diff -r "$HOST/data.before" "$PLACE/mac/data"
  run -0 mac restore-ledger --yes
  assert_same "$(sqlite3 "$PLACE/mac/ledger.db" 'select sum(amount) from entries')" 3
  run -0 mac restore-kube --yes
  cmp "$HOST/config.before" "$PLACE/etc/config"
  run -0 mac restore-guest --yes
  assert_same "$(cat "$PLACE/vm/data/two")" two
}

# bats test_tags=long
@test "a store that went away is AWAY; a torn crontab and another time zone are refused" {
  run -0 on_macos "$BUNDLE/install.sh"
  mac backup-notes
  mv "$PLACE/mac/backups" "$PLACE/mac/elsewhere"
  mkdir "$PLACE/mac/backups"
  run -73 mac backup-notes
  run -75 mac status
  assert_says AWAY
  rmdir "$PLACE/mac/backups"
  mv "$PLACE/mac/elsewhere" "$PLACE/mac/backups"
  run -0 mac backup-notes
  sed -i '/^# END lifeboat/d' "$HOST/crontab"
  run -78 mac install
  assert_says 'without its END'
  rm "$HOST/crontab"
  sed -i "s|^readonly TIME_ZONE=.*|readonly TIME_ZONE='Pacific/Chatham'|" "$BUNDLE/install.sh"
  sum_bundle "$BUNDLE"
  run -78 on_macos "$BUNDLE/install.sh"
  assert_says 'is not in Pacific/Chatham'
}

# bats test_tags=long
@test "the other kinds of a Mac: verify --deep and drill of each, killed restores and both ways out" {
  local asset
  run -0 on_macos "$BUNDLE/install.sh"
  for asset in notes ledger kube; do
    run -0 mac "backup-$asset"
    run -0 mac "verify-$asset" --deep
    run -0 mac "drill-$asset"
    assert_says PASSED
    awk '{ print } /^kind_check_live\(\) \{/ { print "  kill -KILL $$; sleep 60" }' "$PLACE/mac/opt/restore-$asset.sh" >"$HOST/killed.sh"
    chmod +x "$HOST/killed.sh"
    run -137 on_macos "$HOST/killed.sh" --yes
    run -75 mac status
    assert_says BROKEN
    run -0 mac "restore-$asset" --accept --yes
    run -137 on_macos "$HOST/killed.sh" --yes
    run -0 mac "restore-$asset" --undo --yes
  done
}
