/** Every kind of asset that faults are tried on. */
import { etcd } from "./etcd.mjs";
import { files } from "./files.mjs";
import { kubeadmPki } from "./kubeadm-pki.mjs";
import { mysql, mysqlSome } from "./mysql.mjs";
import { postgres } from "./postgres.mjs";
import { redis } from "./redis.mjs";
import { sqlite } from "./sqlite.mjs";
import { terraformState } from "./terraform-state.mjs";

/**
 * A kind says how its asset stands in a plan, and has eyes of its own: `look` tells what somebody finds who reads the live data, `read`
 * the same of a set's decoded payloads. `begin` lays out what is there before the first data, `write` makes the data that of a version.
 * One with a server leaves a script `service` in its place.
 */
export const KINDS = {
  files,
  sqlite,
  "kubeadm-pki": kubeadmPki,
  "terraform-state": terraformState,
  redis,
  etcd,
  mysql,
  "mysql-some": mysqlSome,
  postgres,
  // A directory whose sets are fetched by, or sent to, the host of the second store.
  pulled: { ...files, name: "pulled", moves: "pull" },
  pushed: { ...files, name: "pushed", moves: "push" },
  // Encrypted, and compressed as the script likes.
  sealed: { ...files, name: "sealed", seal: "age" },
  keyed: { ...sqlite, name: "keyed", seal: "openssl" },
  // With the time limits of somebody in a hurry.
  limited: { ...files, name: "limited", limit: "15s", ways: ["hangs"] },
  // The second store is a disk of its own.
  mounted: { ...files, name: "mounted", disk: "two", ways: ["lost disk"] },
};
