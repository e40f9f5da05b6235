import type { AssetOptions } from "../../dsl/asset.ts";
import type { Kubernetes } from "../../dsl/kubernetes.ts";
import { assetKind, type OptionProblem } from "../kind.ts";
import { kubernetesFacts } from "../kubernetes.ts";

/** What an author says of the objects of a Kubernetes cluster. */
export interface KubernetesResourcesOptions extends AssetOptions {
  /** The cluster, as the host reaches it. */
  readonly cluster: Kubernetes;
  /**
   * The namespaces whose objects are kept, with these namespaces themselves and the volumes that are claimed from them; nothing else
   * that is cluster-wide. Default: all namespaces, and everything cluster-wide.
   * @minItems 1
   */
  readonly namespaces?: readonly string[];
  /**
   * Types to leave out, as `kubectl api-resources -o name` prints them: `certificaterequests.cert-manager.io`. Default: none beyond what
   * the cluster makes by itself.
   */
  readonly exclude?: readonly string[];
  /** Whether Secrets are kept, which then asks for `encrypt`. Default: true. */
  readonly secrets?: boolean;
}

/**
 * The objects of a Kubernetes cluster: what people and their tools made, without what the cluster makes of it by itself.
 * @example
 * kubernetesResources("manifests", {
 *   on: mac, cluster, schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7 }), encrypt: age("age1…"),
 * })
 */
export const kubernetesResources = assetKind<"kubernetesResources", KubernetesResourcesOptions>({
  name: "kubernetesResources",
  type: "k8s",
  title: "Kubernetes objects",
  hosts: (options) => [options.on],
  // In the cluster's etcd.
  livesOn: (options) => {
    const hosts = options.cluster.controlPlane ?? [];
    return { hosts, tolerates: Math.max(0, Math.floor((hosts.length - 1) / 2)) };
  },
  tools: () => ["kubectl", "jq"],
  facts: (options) => ({
    ...kubernetesFacts(options.cluster),
    KUBERNETES_NAMESPACES: options.namespaces ?? [],
    KUBERNETES_EXCLUDE: options.exclude ?? [],
    KUBERNETES_SECRETS: options.secrets === false ? 0 : 1,
  }),
  problems: (options) => [
    ...(options.secrets !== false && options.encrypt === undefined ? [PLAIN_SECRETS] : []),
    ...misnamed("namespaces", options.namespaces, "a namespace's name"),
    ...misnamed(
      "exclude",
      options.exclude,
      "the name of a type, as 'kubectl api-resources -o name' prints it",
    ),
  ],
});

const PLAIN_SECRETS: OptionProblem = {
  path: [],
  message: "the Secrets of the cluster would lie in the store in plain text",
  why: "whoever can read the store could read every password and key of the cluster, now and in every old set",
  fix: 'add encrypt: age("age1…") or opensslKey("/etc/lifeboat/backup.key"), or leave the Secrets out with secrets: false',
};

/** Names that Kubernetes cannot have. */
function misnamed(
  option: "namespaces" | "exclude",
  names: readonly string[] | undefined,
  what: string,
): readonly OptionProblem[] {
  return (names ?? []).flatMap((name, index) =>
    /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(name)
      ? []
      : [
          {
            path: [option, index],
            message: `'${name}' is not ${what}`,
            why: "nothing would be found by it, and nobody would notice",
            fix: "write it in lower case, with letters, digits, dashes and dots only",
          },
        ],
  );
}
