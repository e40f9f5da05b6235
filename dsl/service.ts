import { value } from "./node.ts";
import type { AbsolutePath } from "./units.ts";

/** A systemd unit. */
export interface SystemdService {
  /** @pattern ^[A-Za-z0-9:_.@-]+$ */
  readonly systemd: string;
}
/** Programs that stop and start a service; each is a program and its arguments, no shell in between. */
export interface CommandService {
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
export interface StaticPodService {
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
 * @example systemd("mariadb")
 */
export function systemd(unit: string): SystemdService {
  return value(systemd, { systemd: unit });
}

/**
 * Programs that stop and start a service, for hosts without systemd.
 * @example commands({ stop: ["/etc/init.d/app", "stop"], start: ["/etc/init.d/app", "start"] })
 */
export function commands(programs: CommandService["commands"]): CommandService {
  return value(commands, { commands: programs });
}

/**
 * The static pods of a kubeadm control plane.
 * @example staticPods({ files: ["kube-apiserver.yaml", "etcd.yaml"] })
 */
export function staticPods(pods: StaticPodService["staticPods"]): StaticPodService {
  return value(staticPods, { staticPods: pods });
}
