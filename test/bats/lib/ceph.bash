# A real S3 server on loopback: Ceph's object gateway over one memory-only OSD. Needs a directory and two free ports.

# Start it below a directory: sets S3_URL, with a user whose keys are TESTKEY and TESTSECRET.
ceph_up() {
  local dir="$1" port rgw fsid osd
  CEPH="$dir"
  mkdir -p "$dir"/{mon,osd,run,log,mgr,rgw}
  port="$(free_port)"
  rgw="$(free_port)"
  fsid="$(cat /proc/sys/kernel/random/uuid)"
  cat >"$dir/ceph.conf" <<END
[global]
fsid = $fsid
mon host = [v2:127.0.0.1:$port]
mon initial members = a
keyring = $dir/keyring
auth allow insecure global id reclaim = false
run dir = $dir/run
log file = $dir/log/\$name.log
admin socket = $dir/run/\$name.asok
pid file = $dir/\$name.pid
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
paxos propose interval = 0.05
paxos min wait = 0.01
osd pool default pg autoscale mode = off
mon data avail warn = 1
mon data avail crit = 0
[mon.a]
mon data = $dir/mon
[mgr.x]
keyring = $dir/mgr/keyring
mgr data = $dir/mgr
[osd.0]
keyring = $dir/osd/keyring
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 8589934592
[client.admin]
rgw frontends = beast endpoint=127.0.0.1:$rgw
rgw data = $dir/rgw
rgw dns name = localhost
END
  {
    monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$port]" "$dir/monmap"
    ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *'
    ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' --cap mds 'allow *'
    ceph-authtool --create-keyring "$dir/mgr/keyring" --gen-key -n mgr.x
    ceph-authtool --create-keyring "$dir/osd/keyring" --gen-key -n osd.0
    ceph-mon -c "$dir/ceph.conf" -i a --mkfs --monmap "$dir/monmap" --keyring "$dir/keyring"
    ceph-mon -c "$dir/ceph.conf" -i a --setuser root --setgroup root
    ceph -c "$dir/ceph.conf" auth add mgr.x mon 'allow *' osd 'allow *' mds 'allow *' -i "$dir/mgr/keyring"
    ceph-mgr -c "$dir/ceph.conf" -i x
    osd="$(cat /proc/sys/kernel/random/uuid)"
    ceph -c "$dir/ceph.conf" osd new "$osd"
    ceph -c "$dir/ceph.conf" auth add osd.0 mon 'allow profile osd' mgr 'allow profile osd' osd 'allow *' -i "$dir/osd/keyring"
    ceph-osd -c "$dir/ceph.conf" -i 0 --mkfs --osd-uuid "$osd"
    ceph-osd -c "$dir/ceph.conf" -i 0
    radosgw -c "$dir/ceph.conf" -n client.admin
  } >"$dir/up.log" 2>&1 3>&- </dev/null || {
    cat "$dir/up.log"
    return 1
  }
  S3_URL="http://127.0.0.1:$rgw"
  eventually curl --silent --output /dev/null "$S3_URL"
  radosgw-admin -c "$dir/ceph.conf" user create --uid=test --display-name=test --access-key=TESTKEY --secret=TESTSECRET >>"$dir/up.log" 2>&1
}

# Stop all of it.
ceph_down() {
  local file
  for file in "${CEPH:-/nonexistent}"/*.pid; do
    [[ -f $file ]] && kill -9 "$(cat "$file")" 2>/dev/null
  done
  return 0
}

# The aws command as a person of the test uses it.
aws_test() {
  env -u AWS_CA_BUNDLE AWS_ACCESS_KEY_ID=TESTKEY AWS_SECRET_ACCESS_KEY=TESTSECRET AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true \
    /usr/bin/aws --endpoint-url "$S3_URL" "$@"
}
