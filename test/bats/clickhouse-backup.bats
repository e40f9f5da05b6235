#!/usr/bin/env bats
# The clickhouse kind with the server's own BACKUP, against a strict stub of ClickHouse 24.3: Debian has only 18.16, which is met in
# clickhouse.bats.
# shellcheck disable=SC1091,SC2016,SC2030,SC2031,SC2034,SC2154  # bats runs each test in a subshell

setup() {
  source "$BATS_TEST_DIRNAME/lib/lifeboat.bash"
  source "$BATS_TEST_DIRNAME/lib/clickhouse.bash"
  export CLICKHOUSE_STUB="$BATS_TEST_TMPDIR/clickhouse" TMPDIR="$BATS_TEST_TMPDIR/tmp"
  CH="$CLICKHOUSE_STUB"
  mkdir -p "$CH/data/metadata" "$CH/data/backups" "$TMPDIR" "$BATS_TEST_TMPDIR/stubs"
  ln -s "$BATS_TEST_DIRNAME/stubs/clickhouse-client" "$BATS_TEST_TMPDIR/stubs/"
  PATH="$BATS_TEST_TMPDIR/stubs:$PATH"
  cat >"$CH/state.json" <<END
{"version": "24.3.2.23", "allowed": "$CH/data/backups", "may_read_users": true,
 "tables": {"default": {}, "shop": {
   "t": {"engine": "MergeTree", "create": "CREATE TABLE %\n(\n    a UInt8\n)\nENGINE = MergeTree\nORDER BY a", "rows": [1, 2, 3]},
   "odd name": {"engine": "ReplicatedReplacingMergeTree", "create": "CREATE TABLE %\n(\n    a UInt8\n)\nENGINE = ReplicatedReplacingMergeTree\nORDER BY a", "rows": [4]},
   "l": {"engine": "Log", "create": "CREATE TABLE %\n(\n    a UInt8\n)\nENGINE = Log", "rows": [5, 6]},
   "v": {"engine": "View", "create": "CREATE VIEW %\nAS SELECT 1", "rows": []}}},
 "access": {"users": {"alice": "hash of alice", "bob": "hash of bob"}, "roles": {"reader": "reads"}, "settings_profiles": {}, "row_policies": {}, "quotas": {}}}
END
  new_clickhouse_host
}

# Look at or change the state of the server: `state 'c["down"] = 1'`.
state() {
  python3 -c 'import json, sys
path, change = sys.argv[1:]
c = json.load(open(path))
exec(change)
json.dump(c, open(path, "w"))' "$CH/state.json" "$1"
}

# The tables, and who may what, but for what restores put aside.
print_state() {
  state 'print(json.dumps({k: v for k, v in c["tables"].items() if not k.startswith("lifeboat_old")}, sort_keys=True), json.dumps(c["access"], sort_keys=True))'
}

lose() { state 'del c["tables"]["shop"]["t"], c["tables"]["shop"]["v"], c["access"]["users"]["alice"]; c["tables"]["shop"]["l"]["rows"] = [9]'; }

# Nothing is left where the server writes or the script works.
assert_clean() {
  assert_tidy
  assert_same "$(find "$CH/data/backups" "$CH/data/shadow" "$TMPDIR" "$CH/data"/lifeboat-* -mindepth 1 ! -name increment.txt 2>/dev/null)" ''
}

@test "BACKUP where the server has it: tables and users come back, users before tables" {
  local before
  before="$(print_state)"
  run -0 backup
  assert_same "$(manifest "$(last_set)" position.method) $(manifest "$(last_set)" position.tables) $(manifest "$(last_set)" position.rows)" 'backup 4 6'
  assert_clean
  run -0 verify
  lose
  # Who is there stays as he is.
  state 'c["access"]["users"]["bob"] = "a new hash"'
  : >"$CH/log"
  run -0 restore --yes
  state 'assert c["access"]["users"].pop("bob") == "a new hash"; c["access"]["users"]["bob"] = "hash of bob"'
  assert_same "$(print_state)" "$before"
  assert_clean
  [[ $(grep -n 'RESTORE.*system.users' "$CH/log" | cut -d : -f 1) -lt $(grep -n -m 1 'RENAME' "$CH/log" | cut -d : -f 1) ]] || fail 'tables were renamed before users came back'
}

# bats test_tags=long
@test "a server that does not allow BACKUP: auto freezes and says so, method backup stops with 78" {
  local before
  before="$(print_state)"
  mkdir "$CH/data/access"
  printf 'ATTACH USER alice;\n' >"$CH/data/access/1.sql"
  state 'c["allowed"] = None'
  run -0 backup
  assert_says 'does not allow BACKUP, so the tables were frozen'
  assert_same "$(manifest "$(last_set)" position.method) $(manifest "$(last_set)" position.rows)" 'freeze 6'
  assert_clean
  rm "$CH/data/access/1.sql"
  state 'del c["tables"]["shop"]["t"]; c["tables"]["shop"]["l"]["rows"] = []'
  run -0 restore --yes
  assert_same "$(print_state)" "$before"
  assert_same "$(cat "$CH/data/access/1.sql")" 'ATTACH USER alice;'
  with CH_METHOD backup
  run -78 backup
  assert_says 'allowed_path'
  # Elsewhere than the plan says is no better.
  state 'c["allowed"] = "/somewhere/else"'
  run -78 backup
}

# bats test_tags=long
@test "a user who may not read users: the backup goes on, and says what is not in it" {
  state 'c["may_read_users"] = False'
  run -0 backup
  assert_says 'made by SQL are not in the backup'
  state 'c["may_read_users"] = True'
  local before
  run -0 backup
  before="$(print_state)"
  lose
  state 'c["may_read_users"] = False; c["access"]["users"]["alice"] = "hash of alice"'
  run -0 restore --yes
  assert_says 'were not brought back'
  assert_same "$(print_state)" "$before"
}

# bats test_tags=long
@test "a backup that the server finds damaged, and a server that is too old: live as it was" {
  run -0 backup
  lose
  local before
  before="$(print_state)"
  state 'c["version"] = "22.3.1.1"'
  run -75 restore --yes
  assert_says 'too old to restore it'
  state 'c["version"] = "24.3.2.23"'
  assert_same "$(print_state)" "$before"
  # The bytes rot on the server's disk after they were hashed on the way.
  sed 's/^  clickhouse_load$/  sed -i s\/3\/4\/ "$CH_DATA\/lifeboat-$ASSET\/parts\/data.bin"; &/' "$HOST/bin/restore.sh" >"$HOST/bin/rot.sh"
  chmod +x "$HOST/bin/rot.sh"
  run -65 "$HOST/bin/rot.sh" --yes
  assert_says "Checksum doesn't match"
  assert_same "$(print_state)" "$before"
  assert_clean
}

# bats test_tags=long
@test "a restore that fails or is killed after the swap is undone" {
  run -0 backup
  lose
  # Users that came back stay.
  state 'c["access"]["users"]["alice"] = "hash of alice"'
  local before try
  before="$(print_state)"
  sed 's/^kind_check_live() {/&\n  return 65/' "$HOST/bin/restore.sh" >"$HOST/bin/fail.sh"
  sed 's/^kind_check_live() {/&\n  touch "$STATE_DIR\/there"; sleep 60/' "$HOST/bin/restore.sh" >"$HOST/bin/hang.sh"
  chmod +x "$HOST/bin"/*.sh
  run -65 "$HOST/bin/fail.sh" --yes
  # The view was made anew, since it was missing.
  state 'del c["tables"]["shop"]["v"]'
  assert_same "$(print_state)" "$before"
  assert_clean
  "$HOST/bin/hang.sh" --yes --quiet 3>&- &
  for ((try = 0; try < 600; try++)); do
    [[ ! -e $HOST/state/there ]] || break
    sleep 0.2
  done
  kill -KILL $!
  wait $! || true
  run -65 "$HOST/bin/fail.sh" --yes
  state 'del c["tables"]["shop"]["v"]'
  assert_same "$(print_state)" "$before"
  run -0 restore --yes
  state 'assert c["tables"]["shop"]["t"]["rows"] == [1, 2, 3]'
  assert_clean
}
