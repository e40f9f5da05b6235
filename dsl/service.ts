import { value } from "./node.ts";
import type { AbsolutePath, Duration } from "./units.ts";

/** How long a service may take. A restore that waits longer in vain is undone. */
export interface ServiceLimits {
  /**
   * How long it may take to start. A server that loads its data into memory first needs as long as that takes. Default: `15m`. systemd's own
   * limit of the unit (`TimeoutStartSec`) holds besides.
   */
  readonly startWithin?: Duration;
  /** How long it may take to stop: a server may write its data to the disk first. Default: `15m`. */
  readonly stopWithin?: Duration;
}
/** A systemd unit. */
export interface SystemdService extends ServiceLimits {
  /** @pattern ^[A-Za-z0-9:_.@-]+$ */
  readonly systemd: string;
}
/** Programs that stop and start a service; each is a program and its arguments, no shell in between. */
export interface CommandService extends ServiceLimits {
  readonly commands: {
    /** @minItems 1 */
    readonly start: readonly string[];
    /** @minItems 1 */
    readonly stop: readonly string[];
    /**
     * Exits 0 while the service runs. Without it the service counts as running.
     * @minItems 1
     */
    readonly status?: readonly string[];
  };
}
/** Static pods of a kubelet: stopped by moving their manifests aside. */
export interface StaticPodService extends ServiceLimits {
  readonly staticPods: {
    /**
     * Manifest files in the order to stop them; they start in the reverse order.
     * @minItems 1
     */
    readonly files: readonly string[];
    /** The kubelet's manifest directory. Default: `/etc/kubernetes/manifests`. */
    readonly directory?: AbsolutePath;
    /** Where manifests wait, on the same file system. Default: `/etc/kubernetes/lifeboat-held`. */
    readonly hold?: AbsolutePath;
  };
}

/** How a restore stops and starts what uses the data. */
export type Service = SystemdService | CommandService | StaticPodService;

/**
 * A systemd unit, stopped before data is swapped and started after it.
 * @example systemd("redis-server", { startWithin: "30m" })
 */
export function systemd(unit: string, limits: ServiceLimits = {}): SystemdService {
  return value(systemd, { systemd: unit, ...limits });
}

/**
 * Programs that stop and start a service, for hosts without systemd.
 * @example commands({ stop: ["/etc/init.d/app", "stop"], start: ["/etc/init.d/app", "start"] })
 */
export function commands(programs: CommandService["commands"], limits: ServiceLimits = {}): CommandService {
  return value(commands, { commands: programs, ...limits });
}

/**
 * The static pods of a kubeadm control plane.
 * @example staticPods({ files: ["kube-apiserver.yaml", "etcd.yaml"] })
 */
export function staticPods(
  pods: StaticPodService["staticPods"],
  limits: ServiceLimits = {},
): StaticPodService {
  return value(staticPods, { staticPods: pods, ...limits });
}
