import type { Host } from "./host.ts";
import { value } from "./node.ts";
import type { AbsolutePath } from "./units.ts";

/** A Kubernetes cluster, as a host reaches it. */
export interface Kubernetes {
  /** The kubeconfig on the host that runs the scripts. Cron has no `$KUBECONFIG`, so it is named. */
  readonly kubeconfig: AbsolutePath;
  /** A context of the kubeconfig. Default: its current one, which anybody may change: name it when there are several. */
  readonly context?: string;
  /** The hosts that hold its etcd. Default: none of the plan's. */
  readonly controlPlane?: readonly Host[];
  /** The hosts that its pods run on, with their local volumes. Default: none of the plan's. */
  readonly nodes?: readonly Host[];
}

/** A container of a pod, reached with `kubectl exec`. */
export interface Pod {
  /** The cluster that it runs in. */
  readonly cluster: Kubernetes;
  /** @pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ */
  readonly namespace: string;
  /**
   * The pod's name, which stays the same in a StatefulSet: `signoz-clickhouse-0`.
   * @pattern ^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$
   */
  readonly pod: string;
  /**
   * A container of it. Default: the pod's default container.
   * @pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$
   */
  readonly container?: string;
}

/**
 * A Kubernetes cluster.
 * @example const cluster = kubernetes({ kubeconfig: "/Users/ops/.kube/config", context: "kubernetes-admin@kubernetes" });
 */
export function kubernetes(options: Kubernetes): Kubernetes {
  return value(kubernetes, { ...options });
}
