import type { Pod } from "../../dsl/kubernetes.ts";
import { value } from "../../dsl/node.ts";
import { transportKind } from "../kind.ts";

/**
 * A container of a pod, reached with `kubectl exec`.
 * @example pod({ cluster, namespace: "vault", pod: "vault-0" })
 */
export const pod = transportKind((options: Pod): Pod => value(pod, { ...options }), {
  name: "kubectl",
  title: "kubectl",
  key: "pod",
  tools: ["kubectl"],
  settings: (reach) => ({
    kubeconfig: reach.cluster.kubeconfig,
    ...(reach.cluster.context !== undefined && { context: reach.cluster.context }),
    namespace: reach.namespace,
    pod: reach.pod,
    ...(reach.container !== undefined && { container: reach.container }),
  }),
});
