load ../lib/lifeboat

setup() { new_host; }

@test "stamps and epochs agree with python over four centuries" {
  run -0 in_runtime 'for e in 0 951782399 951782400 951868800 1078012800 1709164799 1709164800 1735689599 1735689600 4107542399 4107542400 10000000000; do
    s=$(epoch_to_stamp $e); printf "%s %s %s\n" $e $s $(stamp_to_epoch $s); done'
  python3 - "$output" <<'END'
import sys, datetime
for line in sys.argv[1].splitlines():
    epoch, stamp, back = line.split()
    assert epoch == back, line
    assert datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ") == stamp, line
END
}

@test "a time may be a stamp, ISO with Z or offset, local, or a date" {
  run -0 in_runtime 'export TZ=Asia/Seoul; for t in 20261122T020000Z 2026-11-22T02:00:00Z 2026-11-22T11:00:00+09:00 2026-11-22T11:00:00+0900 "2026-11-22 11:00:00" 2026-11-22T11:00 2026-11-22; do parse_time "$t"; done'
  assert_same "$output" "20261122T020000Z
20261122T020000Z
20261122T020000Z
20261122T020000Z
20261122T020000Z
20261122T020059Z
20261122T145959Z"
}

@test "a local time is right on both sides of a change of clocks" {
  run -0 in_runtime 'export TZ=Europe/Berlin; parse_time "2026-03-29 01:59:00"; parse_time "2026-03-29 03:00:00"; parse_time "2026-10-25 12:00:00"; parse_time "2026-07-01 12:00:00"'
  assert_same "$output" "20260329T005900Z
20260329T010000Z
20261025T110000Z
20260701T100000Z"
}

@test "a time that does not exist is refused with 64" {
  local text
  for text in yesterday 2026-02-30 2026-13-01 '2026-11-22 25:00' 2026-11-22T02:00:00X ''; do
    run -64 in_runtime 'parse_time "$1"' "$text"
    assert_says time
  done
}

@test "lengths and sizes read well" {
  run -0 in_runtime 'for n in 0 59 60 3599 3600 86399 86400 266400; do human_seconds $n; done; human_ms 4; human_ms 12345; human_ms 61000'
  assert_same "$output" "0 s
59 s
1 min
59 min 59 s
1 h
23 h 59 min
1 d
3 d 2 h
0.0 s
12.3 s
1 min 01 s"
  run -0 in_runtime 'for n in 0 1023 1024 10239 10240 1048576 1288490189 21474836480 5497558138880 2000000000000000; do human_bytes $n; done'
  assert_same "$output" "0 B
1023 B
1.0 KiB
9.9 KiB
10 KiB
1.0 MiB
1.2 GiB
20 GiB
5.0 TiB
1818 TiB"
}

@test "milliseconds work with and without bash's own clock" {
  run -0 in_runtime 'a=$(now_ms); b=$(unset EPOCHREALTIME; now_ms); ((b >= a - 1000 && b - a < 5000))'
}

@test "free space and mount points are found by names with spaces" {
  mkdir -p "$HOST/a b 5% c/d"
  run -0 in_runtime 'n=$(free_bytes "$1"); ((n > 0)); [[ $(mount_point "$1") == $(mount_point /tmp) ]]; [[ $(mount_point /proc) == /proc ]]' "$HOST/a b 5% c/d"
}
