import type { AssetOptions } from "../../dsl/asset.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { archiveFacts } from "../archive.ts";
import { assetKind } from "../kind.ts";

/** What an author says of kubeconfigs. */
export interface KubeconfigOptions extends AssetOptions {
  /**
   * The files.
   * @minItems 1
   */
  readonly paths: readonly AbsolutePath[];
  /** Files that these refer to: certificates, keys, token files. Default: none; those that `kubeadm` and most clouds make refer to none. */
  readonly files?: readonly AbsolutePath[];
}

/**
 * Kubeconfigs of people and tools: how a cluster is reached, and by whom.
 * @example kubeconfig("admin", { on: mac, paths: ["/Users/ops/.kube/config"], encrypt: age("age1…"), schedule: daily("02:30"), copies: [disk] })
 */
export const kubeconfig = assetKind<"kubeconfig", KubeconfigOptions>({
  name: "kubeconfig",
  type: "k8s",
  title: "kubeconfig",
  hosts: (options) => [options.on],
  tools: () => ["tar", "openssl"],
  facts: (options) => ({
    ...archiveFacts({ paths: [...options.paths, ...(options.files ?? [])] }),
    KUBECONFIG_PATHS: options.paths,
  }),
  sensitive: () => "whoever has a kubeconfig can do what its user may",
});
