# A real ClickHouse server for clickhouse.bats, in a directory and on a port of its own.
#
#   ch_new HOME           a server below HOME, not started; sets CH
#   ch_up / ch_down       start (and wait until it answers) / stop by a signal
#   ch SQL…               run statements on it
#   ch_fill               databases with one of each kind of table, always the same
#   ch_print              fingerprint of definitions and rows
#   new_clickhouse_host   a host with scripts for the server
#   with FACT VALUE…      set facts and link again
#   manifest SET KEY      what a MANIFEST says
# shellcheck disable=SC2153  # HOST and FACTS are of lifeboat.bash

CH_TEST_PASSWORD='p<w>&"1'

ch_new() {
  CH="$1"
  local port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
  mkdir -p "$CH/data/tmp"
  printf '%s\n' "$port" >"$CH/port"
  cat >"$CH/config.xml" <<XML
<yandex><logger><level>warning</level><log>$CH/log</log><errorlog>$CH/errors</errorlog></logger><tcp_port>$port</tcp_port>
<listen_host>127.0.0.1</listen_host><path>$CH/data/</path><tmp_path>$CH/data/tmp/</tmp_path><users_config>$CH/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database><mark_cache_size>5368709</mark_cache_size><timezone>UTC</timezone></yandex>
XML
  cat >"$CH/users.xml" <<'XML'
<yandex><profiles><default/></profiles><quotas><default/></quotas><users>
<default><password>p&lt;w&gt;&amp;"1</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
<odd><password>pw&lt;&amp;&gt;"x</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></odd>
</users></yandex>
XML
  printf '<config><host>127.0.0.1</host><port>%s</port><user>default</user><password>p&lt;w&gt;&amp;"1</password></config>\n' "$port" >"$CH/client.xml"
}

ch_up() {
  local try
  setsid clickhouse-server "--config-file=$CH/config.xml" >"$CH/out" 2>&1 </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  printf '%d\n' $! >"$CH/pid"
  for ((try = 0; try < 300; try++)); do
    ! ch 'SELECT 1' >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  fail "the test's own server does not start: $(tail -n 3 "$CH/errors")"
}

ch_down() { kill "-${1:-TERM}" "$(cat "$CH/pid")" 2>/dev/null || true; }

ch() {
  local statement
  for statement in "$@"; do clickhouse-client --config-file="$CH/client.xml" -q "$statement" </dev/null || return; done
}

# The same content for each test, whatever the one before did.
ch_fill() {
  local name
  for name in $(ch "SELECT name FROM system.databases WHERE name NOT IN ('system', 'default')"); do ch "DROP DATABASE $name"; done
  rm -rf "$CH/data"/lifeboat-*
  ch 'CREATE DATABASE shop' 'CREATE DATABASE other' \
    'CREATE TABLE shop.t (d Date, id UInt32, s String) ENGINE = MergeTree(d, (id), 8192)' \
    'CREATE TABLE shop.p (id UInt32, s Array(Nullable(String))) ENGINE = MergeTree PARTITION BY id % 3 ORDER BY id' \
    'CREATE TABLE shop.odd (`a b` Int8, b String DEFAULT '"'it\\'s \`한글\` \\\\'"') ENGINE = ReplacingMergeTree ORDER BY `a b`' \
    'CREATE TABLE shop.l (x Int8, s String) ENGINE = Log' \
    'CREATE VIEW shop.v AS SELECT id FROM shop.t' \
    'CREATE MATERIALIZED VIEW shop.mv ENGINE = SummingMergeTree ORDER BY id AS SELECT id, count() AS c FROM shop.p GROUP BY id' \
    'CREATE TABLE other.d (id UInt8) ENGINE = MergeTree ORDER BY id' \
    "INSERT INTO shop.t SELECT toDate('2026-01-01') + number % 60, number, toString(number) FROM system.numbers LIMIT 20000" \
    "INSERT INTO shop.p SELECT number, [toString(number), NULL, '한\\n'] FROM system.numbers LIMIT 1000" \
    'INSERT INTO shop.odd (`a b`) VALUES (1), (2), (3)' "INSERT INTO shop.l VALUES (1, 'a'), (2, 'b')" 'INSERT INTO other.d VALUES (1), (2), (3)'
}

ch_print() {
  local table
  ch "SELECT database, name, engine FROM system.tables WHERE database IN ('shop', 'other') ORDER BY database, name" | while IFS=$'\t' read -r database name engine; do
    table="\`$database\`.\`$name\`"
    ch "SHOW CREATE TABLE $table"
    printf '%s %s\n' "$table" "$(ch "SELECT * FROM $table" | sort | sha256sum)"
  done
}

new_clickhouse_host() {
  new_host
  set_fact KIND clickhouse
  set_fact TYPE volumes
  printf '%s\n' "$CH_TEST_PASSWORD" >"$HOST/password"
  set_list DATABASES
  set_fact CH_ADDRESS 127.0.0.1
  set_fact CH_PORT "$(cat "$CH/port" 2>/dev/null || printf 9000)"
  set_fact CH_USER default
  set_fact PASSWORD_SECRET "file:$HOST/password"
  set_fact CH_DATA_DIR "$CH/data"
  set_fact CH_METHOD auto
  set_fact CH_BACKUP_DIR "$CH/data/backups"
  set_fact CH_BACKUP_DISK ''
  set_fact SERVER_BINARY ''
  set_list REMOTE_IDS server
  set_list REMOTE_DRIVERS local
  set_list REMOTE_SETTINGS
  relink
}

manifest() { sed -n "s/^$2=//p" "$1/MANIFEST"; }
