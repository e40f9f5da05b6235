/** A real etcd of one member. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, writeService } from "./tools.mjs";

/** By the process, so that two runs do not meet. */
const port = (offset) => 20000 + (process.pid % 5000) * 4 + offset;
const url = (offset) => `http://127.0.0.1:${port(offset)}`;
const env = { ...process.env, ETCDCTL_API: "3" };

const ctl = (endpoint, ...args) =>
  spawnSync("etcdctl", [`--endpoints=${endpoint}`, ...args], { encoding: "utf8", env });

function read(endpoint) {
  const result = ctl(endpoint, "get", "", "--prefix");
  return result.status === 0 ? result.stdout : `unreadable: ${result.stderr}`;
}

const serve = (name, data, client, peer) =>
  `env ETCD_LOG_LEVEL=error etcd --name ${name} --data-dir '${data}' --heartbeat-interval=30 --election-timeout=300 --listen-client-urls ${client} --advertise-client-urls ${client} --listen-peer-urls ${peer} --initial-advertise-peer-urls ${peer} --initial-cluster ${name}=${peer} --unsafe-no-fsync`;

export const etcd = {
  name: "etcd",
  type: "etcd",
  import: "etcd, commands",
  asset: (place) => `etcd("thing", {
    ...shared, members: [{ on, peerUrl: "${url(1)}", clientUrl: "${url(0)}" }], dataDirectory: ${JSON.stringify(join(place, "live/data"))},
    service: commands({ start: ["${place}/service", "start"], stop: ["${place}/service", "stop"], status: ["${place}/service", "status"] }),
  })`,
  begin(place) {
    writeService(
      join(place, "service"),
      place,
      serve("box", `${place}/live/data`, url(0), url(1)),
      `ETCDCTL_API=3 etcdctl --endpoints=${url(0)} endpoint health`,
    );
  },
  write(place, version) {
    ctl(url(0), "del", "", "--prefix");
    for (const [key, value] of [
      ["version", `${version}`],
      ["same", "1"],
      [`only-in-${version}`, "x"],
    ])
      if (ctl(url(0), "put", key, value).status !== 0)
        throw new Error(`etcd of ${place} does not take ${key}`);
  },
  look: () => read(url(0)),
  read(payloads, scratch) {
    const file = join(scratch, "snapshot.db");
    writeFileSync(file, payloads.get("snapshot.db"));
    const peer = url(3);
    must(
      "etcdctl",
      [
        "snapshot",
        "restore",
        file,
        "--data-dir",
        join(scratch, "data"),
        "--name",
        "x",
        "--initial-cluster",
        `x=${peer}`,
        "--initial-advertise-peer-urls",
        peer,
      ],
      { env },
    );
    const service = join(scratch, "service");
    writeService(
      service,
      scratch,
      serve("x", join(scratch, "data"), url(2), peer),
      `ETCDCTL_API=3 etcdctl --endpoints=${url(2)} endpoint health`,
    );
    must(service, ["start"]);
    try {
      return read(url(2));
    } finally {
      must(service, ["stop"]);
    }
  },
};
