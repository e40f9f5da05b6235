import type { Asset } from "./asset.ts";
import type { Host } from "./host.ts";
import type { Kubernetes } from "./kubernetes.ts";
import { value } from "./node.ts";
import type { Size } from "./units.ts";

/** A program whose exit status is the answer. */
export interface CommandProbe {
  /**
   * The program and its arguments; there is no shell in between.
   * @minItems 1
   */
  readonly command: readonly string[];
  /** Where it runs. Default: the plan's controller. */
  readonly on?: Host;
  /** Text that it must print. Default: whatever it prints, exit status 0 is enough. */
  readonly prints?: string;
  /** What is found out, for people. */
  readonly title?: string;
}
/** A web address that must answer. */
export interface HttpProbe {
  /** @pattern ^https?://[^\s]+$ */
  readonly http: string;
  /**
   * The status that it must answer with. Default: any from 200 to 399.
   * @minimum 100
   * @maximum 599
   * @integer
   */
  readonly status?: number;
  /** Where it is asked from. Default: the plan's controller. */
  readonly on?: Host;
}
/** A TCP port that must accept a connection. */
export interface TcpProbe {
  /** @pattern ^[A-Za-z0-9_.:\[\]-]+:[0-9]{1,5}$ */
  readonly tcp: string;
  /** Where it is asked from. Default: the plan's controller. */
  readonly on?: Host;
}
/** All nodes of a cluster are ready. */
export interface NodesProbe {
  readonly nodesReady: Kubernetes;
}
/** All pods of a namespace are ready, or have completed. */
export interface PodsProbe {
  readonly podsReady: {
    readonly cluster: Kubernetes;
    /**
     * The namespaces. Default: all.
     * @minItems 1
     */
    readonly namespaces?: readonly string[];
  };
}
/** Hosts run and can be reached. */
export interface HostsProbe {
  /** @minItems 1 */
  readonly hostsUp: readonly Host[];
}
/** A disk has room. */
export interface DiskProbe {
  readonly diskFree: {
    /** @minItems 1 */
    readonly on: readonly Host[];
    /** A path on it. Default: `/`. */
    readonly path?: string;
    /** How much must be free. */
    readonly atLeast: Size;
  };
}
/** The newest backup set of each is no older than its RPO allows, in every store. */
export interface FreshProbe {
  /** @minItems 1 */
  readonly fresh: readonly Asset[];
}
/** The newest backup set of each is whole: sizes, hashes and structure, deeply if asked for. */
export interface IntactProbe {
  readonly intact: {
    /** @minItems 1 */
    readonly assets: readonly Asset[];
    /** Restore into a throw-away place, too. Default: false. */
    readonly deep?: boolean;
  };
}
/** The live thing answers: what the last step of its restore asks. */
export interface AliveProbe {
  /** @minItems 1 */
  readonly alive: readonly Asset[];
}

/** A question with an answer that needs no eyes: it holds, or it does not. */
export type Probe =
  | CommandProbe
  | HttpProbe
  | TcpProbe
  | NodesProbe
  | PodsProbe
  | HostsProbe
  | DiskProbe
  | FreshProbe
  | IntactProbe
  | AliveProbe;

/**
 * A program whose exit status is the answer.
 * @example command(["kubectl", "get", "--raw", "/readyz"], { title: "the API server is ready" })
 */
export function command(argv: readonly string[], options: Omit<CommandProbe, "command"> = {}): CommandProbe {
  return value(command, { ...options, command: argv });
}

/**
 * A web address that must answer.
 * @example http("https://shop.example.com/healthz", { status: 200 })
 */
export function http(url: string, options: Omit<HttpProbe, "http"> = {}): HttpProbe {
  return value(http, { ...options, http: url });
}

/**
 * A TCP port that must accept a connection.
 * @example tcp("mysql.internal:3306")
 */
export function tcp(address: string, options: Omit<TcpProbe, "tcp"> = {}): TcpProbe {
  return value(tcp, { ...options, tcp: address });
}

/** All nodes of a cluster are ready. */
export function nodesReady(cluster: Kubernetes): NodesProbe {
  return value(nodesReady, { nodesReady: cluster });
}

/**
 * All pods of a cluster, or of some namespaces of it, are ready or have completed.
 * @example podsReady(cluster, ["signoz", "argocd", "vault"])
 */
export function podsReady(cluster: Kubernetes, namespaces?: readonly string[]): PodsProbe {
  return value(podsReady, { podsReady: { cluster, ...(namespaces !== undefined && { namespaces }) } });
}

/** Hosts run and can be reached. */
export function hostsUp(...hosts: readonly Host[]): HostsProbe {
  return value(hostsUp, { hostsUp: hosts });
}

/**
 * A disk of some hosts has room.
 * @example diskFree([master], { path: "/var/lib", atLeast: "5GiB" })
 */
export function diskFree(on: readonly Host[], options: Omit<DiskProbe["diskFree"], "on">): DiskProbe {
  return value(diskFree, { diskFree: { ...options, on } });
}

/** The newest backup set of each asset is no older than its RPO allows, in every store. */
export function fresh(...assets: readonly Asset[]): FreshProbe {
  return value(fresh, { fresh: assets });
}

/**
 * The newest backup set of each asset is whole.
 * @example intact([orders, sessions], { deep: true })
 */
export function intact(assets: readonly Asset[], options: { readonly deep?: boolean } = {}): IntactProbe {
  return value(intact, { intact: { ...options, assets } });
}

/** Live assets answer. */
export function alive(...assets: readonly Asset[]): AliveProbe {
  return value(alive, { alive: assets });
}
