import type { Kubernetes } from "../dsl/kubernetes.ts";
import type { Data, Facts } from "./kind.ts";

/** The facts by which prelude/kube.sh reaches a cluster. */
export function kubernetesFacts(cluster: Data<Kubernetes>): Facts {
  return { KUBE_CONFIG: cluster.kubeconfig, KUBE_CONTEXT: cluster.context ?? "" };
}
