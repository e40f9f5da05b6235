/** A real Redis, whose files a restore swaps while it is down. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, writeService } from "./tools.mjs";

const SERVE = "--port 0 --appendonly no --daemonize no --repl-diskless-sync-delay 0 --save 3600 1";
const READ =
  "local keys = redis.call('KEYS', '*') table.sort(keys) local out = {} for i, key in ipairs(keys) do out[i] = key .. '=' .. redis.call('GET', key) end return table.concat(out, ' ')";

const read = (socket) =>
  spawnSync("redis-cli", ["-s", socket, "EVAL", READ, "0"], { encoding: "utf8" }).stdout.trim();

/** Sockets have short paths. */
const socketOf = (place) => join(place, "s");

export const redis = {
  name: "redis",
  type: "redis",
  import: "redis, commands",
  asset: (place) => `redis("thing", {
    ...common, socket: ${JSON.stringify(socketOf(place))}, dataDirectory: ${JSON.stringify(join(place, "live/data"))}, serverUser: "root",
    service: commands({ start: ["${place}/service", "start"], stop: ["${place}/service", "stop"], status: ["${place}/service", "status"] }),
  })`,
  begin(place) {
    mkdirSync(join(place, "live/data"), { recursive: true });
    writeService(
      join(place, "service"),
      place,
      `redis-server --unixsocket '${socketOf(place)}' --dir '${place}/live/data' ${SERVE}`,
      `redis-cli -s '${socketOf(place)}' PING | grep -q PONG`,
    );
  },
  write(place, version) {
    must("redis-cli", ["-s", socketOf(place), "FLUSHALL"]);
    must("redis-cli", [
      "-s",
      socketOf(place),
      "MSET",
      "version",
      version,
      `only-in-${version}`,
      "x".repeat(5000),
      "same",
      "1",
    ]);
  },
  look: (place) => read(socketOf(place)),
  read(payloads, scratch) {
    writeFileSync(join(scratch, "dump.rdb"), payloads.get("dump.rdb"));
    writeService(
      join(scratch, "service"),
      scratch,
      `redis-server --unixsocket s --dir '${scratch}' ${SERVE}`,
      "redis-cli -s s PING | grep -q PONG",
    );
    must(join(scratch, "service"), ["start"]);
    try {
      return read(join(scratch, "s"));
    } finally {
      must(join(scratch, "service"), ["stop"]);
    }
  },
};
