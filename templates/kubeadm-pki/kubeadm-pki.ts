import type { AssetOptions } from "../../dsl/asset.ts";
import type { Service } from "../../dsl/service.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { archiveFacts } from "../archive.ts";
import { assetKind } from "../kind.ts";

/** What an author says of the certificates and keys of a kubeadm control plane. */
export interface KubeadmPkiOptions extends AssetOptions {
  /** The directory of certificates and keys. Default: `/etc/kubernetes/pki`. */
  readonly directory?: AbsolutePath;
  /**
   * Kubeconfigs of the control plane that belong to it. Default: those that kubeadm makes on every master: `admin.conf`, `controller-manager.conf`,
   * `scheduler.conf` and `kubelet.conf` in `/etc/kubernetes`.
   */
  readonly configs?: readonly AbsolutePath[];
  /** The CA's own key is kept elsewhere, and is not on this host. Default: false. */
  readonly externalCa?: boolean;
  /** What a restore stops before it replaces the files: the static pods of the control plane. */
  readonly service?: Service;
}

const KUBEADM_CONFIGS = ["admin", "controller-manager", "scheduler", "kubelet"].map(
  (name): AbsolutePath => `/etc/kubernetes/${name}.conf`,
);

/**
 * The certificates and keys of a kubeadm control plane, with its kubeconfigs: a restored etcd is of no use without the CA that signed them.
 * @example kubeadmPki("pki", { on: master, encrypt: age("age1…"), copies: [disk], schedule: daily("02:30"), keep: keep({ daily: 7 }) })
 */
export const kubeadmPki = assetKind<"kubeadmPki", KubeadmPkiOptions>({
  name: "kubeadmPki",
  type: "k8s",
  title: "kubeadm PKI",
  hosts: (options) => [options.on],
  tools: () => ["tar", "openssl"],
  facts: (options) => {
    const directory = options.directory ?? "/etc/kubernetes/pki";
    const configs = options.configs ?? KUBEADM_CONFIGS;
    return {
      ...archiveFacts({ paths: [directory, ...configs] }),
      PKI_DIRECTORY: directory,
      PKI_CONFIGS: configs,
      PKI_EXTERNAL: options.externalCa === true ? 1 : 0,
    };
  },
  saves: (options) => [options.directory ?? "/etc/kubernetes/pki", ...(options.configs ?? KUBEADM_CONFIGS)],
  service: (options) => options.service,
  sensitive: () => "whoever has the CA's key is the cluster's administrator",
});
