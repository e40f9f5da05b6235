import type { CommonAssetOptions } from "../../dsl/asset.ts";
import type { Host } from "../../dsl/host.ts";
import type { Service } from "../../dsl/service.ts";
import type { AbsolutePath, Duration } from "../../dsl/units.ts";
import { assetKind, secondsOf } from "../kind.ts";

/** A member of an etcd cluster. */
export interface EtcdMember {
  /** The host that it runs on. */
  readonly on: Host;
  /**
   * Its name in the cluster. Default: the host's id.
   * @pattern ^[A-Za-z0-9._-]+$
   */
  readonly name?: string;
  /**
   * The address at which the other members reach it, `https://10.0.0.10:2380`.
   * @pattern ^https?://[^\s,=]+:[0-9]+$
   */
  readonly peerUrl: string;
  /**
   * The address at which its own host reaches it. Default: `https://127.0.0.1:2379`.
   * @pattern ^https?://[^\s,=]+:[0-9]+$
   */
  readonly clientUrl?: string;
}

/** What an author says of an etcd cluster. */
export interface EtcdOptions extends CommonAssetOptions {
  /**
   * Every member; each host gets the scripts, and a restore runs on each with the same backup set.
   * @minItems 1
   */
  readonly members: readonly EtcdMember[];
  /** Files of the client's TLS identity, on each member's host. */
  readonly tls?: { readonly ca: AbsolutePath; readonly cert: AbsolutePath; readonly key: AbsolutePath };
  /** The data directory. Default: `/var/lib/etcd`. */
  readonly dataDirectory?: AbsolutePath;
  /**
   * How etcd, and what watches it, is stopped: `systemd("etcd")`, or the static pods of kubeadm. A restored etcd makes every
   * watch stale, so the API server, the controller manager and the scheduler belong in the list.
   */
  readonly service: Service;
  /**
   * How far a restore moves revisions ahead, where etcd can (3.6, or etcdutl 3.5.8 and later), so that no client mistakes
   * the past for the present. 0 leaves it. Default: 1,000,000,000.
   * @minimum 0
   * @maximum 9007199254740991
   * @integer
   */
  readonly bumpRevision?: number;
  /**
   * How long a restored member waits for the others, which must restore the same set, before it is put back as it was. Default: `10m`.
   * @range 0s 1h
   */
  readonly quorumWait?: Duration;
}

function clientUrl(member: { readonly clientUrl?: string }): string {
  return member.clientUrl ?? "https://127.0.0.1:2379";
}

function memberName(member: { readonly on: string; readonly name?: string }): string {
  return member.name ?? member.on;
}

/**
 * An etcd cluster: a snapshot, proven by restoring it to a scratch directory before it counts.
 * @example
 * etcd("etcd", {
 *   members: masters.map((on) => ({ on, peerUrl: `https://${on.id}:2380` })),
 *   tls: { ca: "/etc/kubernetes/pki/etcd/ca.crt", cert: "/etc/kubernetes/pki/etcd/server.crt", key: "/etc/kubernetes/pki/etcd/server.key" },
 *   service: staticPods({ files: ["kube-apiserver.yaml", "etcd.yaml"] }),
 *   schedule: daily("02:00"), copies: [disk],
 * })
 */
export const etcd = assetKind<"etcd", EtcdOptions>({
  name: "etcd",
  type: "etcd",
  title: "etcd",
  hosts: (options) => options.members.map((member) => member.on),
  // A quorum that is left has all that was committed.
  livesOn: (options) => ({
    hosts: options.members.map((member) => member.on),
    tolerates: Math.floor((options.members.length - 1) / 2),
  }),
  tools: () => ["etcdctl"],
  facts: (options, hostId) => {
    const member = options.members.find((candidate) => candidate.on === hostId);
    if (member === undefined) throw new Error(`etcd: no member on ${hostId}`);
    return {
      ENDPOINT: clientUrl(member),
      CACERT: options.tls?.ca ?? "",
      CERT: options.tls?.cert ?? "",
      CERT_KEY: options.tls?.key ?? "",
      DATA_DIR: options.dataDirectory ?? "/var/lib/etcd",
      MEMBER_NAME: memberName(member),
      MEMBER_PEER_URL: member.peerUrl,
      INITIAL_CLUSTER: options.members.map((each) => `${memberName(each)}=${each.peerUrl}`).join(","),
      MEMBER_NAMES: options.members.map(memberName),
      DATA_OWNER: "",
      QUORUM_WAIT_SECONDS: secondsOf(options.quorumWait ?? "10m"),
      BUMP_REVISION: options.bumpRevision ?? 1_000_000_000,
    };
  },
  service: (options) => options.service,
  // Whoever restores it elsewhere needs the CA that the members and every client trust.
  uselessWithout: ({ tls }) =>
    tls === undefined
      ? undefined
      : {
          paths: [tls.ca, tls.cert, tls.key],
          advice: "save the certificates: kubeadmPki() on each master, or files() of the paths",
        },
  sensitive: () => "a snapshot holds every Secret of the cluster",
  problems: (options) => {
    const problems = [];
    for (const [index, member] of options.members.entries()) {
      const neighbour = options.members.findIndex((other) => other.on === member.on);
      if (neighbour < index) {
        problems.push({
          path: ["members", index, "on"],
          message: `member ${index + 1} is on the host of member ${neighbour + 1}, '${member.on}'`,
          why: "both would have the same scripts on that host, and be lost together",
          fix: "give each member a host of its own",
        });
        continue;
      }
      const clash = options.members.findIndex((other) => memberName(other) === memberName(member));
      if (clash < index)
        problems.push({
          path: ["members", index],
          message: `member ${index + 1} has the name of member ${clash + 1}, '${memberName(member)}'`,
          why: "members find each other by name when a cluster is restored",
          fix: "give each member a name of its own",
        });
    }
    return problems;
  },
});
