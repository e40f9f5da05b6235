import type { AssetOptions } from "../../dsl/asset.ts";
import type { Pod } from "../../dsl/kubernetes.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { assetKind, type Data } from "../kind.ts";
import { kubernetesFacts } from "../kubernetes.ts";

/** What uses a volume, and must stand still while its content is replaced. */
export interface VolumeWorkload {
  readonly kind: "statefulset" | "deployment";
  /** @pattern ^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$ */
  readonly name: string;
  /**
   * The PersistentVolumeClaim: a helper pod mounts it while the workload has no pods.
   * @pattern ^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$
   */
  readonly claim: string;
  /**
   * The helper pod's image, which needs `sh` and `tar`. Default: that of the workload's own first container.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._/:@-]*$
   */
  readonly image?: string;
}

/** What an author says of the data in a volume of a pod. */
export interface VolumeOptions extends AssetOptions {
  /** The container that has the volume mounted. */
  readonly in: Pod;
  /** Where it is mounted there. */
  readonly path: AbsolutePath;
  /** Names to leave out, as tar understands them, relative to the mount point: `./cache`, `*.tmp`. Default: none. */
  readonly exclude?: readonly string[];
  /**
   * Commands in the container that make the data stand still while it is read, and let it go on. The second one runs whatever
   * happens, by the next run at the latest. Default: none, and a file that changes while it is read is noted in the set.
   */
  readonly quiesce?: {
    /** @minItems 1 */
    readonly before: readonly string[];
    /** @minItems 1 */
    readonly after: readonly string[];
  };
  /** What is scaled to nothing for the moment of the swap. Default: nothing; the data is replaced under a running pod. */
  readonly workload?: VolumeWorkload;
}

/**
 * The data in a volume of a pod, as one stream of files.
 * @example volume("uploads", { on: mac, in: pod({ cluster, namespace: "shop", pod: "web-0" }), path: "/data", … })
 */
export const volume = assetKind<"volume", VolumeOptions>({
  name: "volume",
  type: "volumes",
  title: "volume of a pod",
  hosts: (options) => [options.on],
  // On whichever node its pod runs.
  livesOn: (options) => ({ hosts: options.in.cluster.nodes ?? [], tolerates: 0 }),
  tools: () => ["kubectl", "tar"],
  remotes: (options) => [
    { id: "pod", reach: options.in },
    { id: "helper", reach: helperOf(options) },
  ],
  facts: (options) => ({
    ...kubernetesFacts(options.in.cluster),
    VOLUME_NAMESPACE: options.in.namespace,
    VOLUME_PATH: options.path,
    VOLUME_EXCLUDES: options.exclude ?? [],
    VOLUME_QUIESCE: options.quiesce?.before ?? [],
    VOLUME_THAW: options.quiesce?.after ?? [],
    VOLUME_WORKLOAD:
      options.workload === undefined ? "" : `${options.workload.kind}/${options.workload.name}`,
    VOLUME_CLAIM: options.workload?.claim ?? "",
    VOLUME_HELPER: options.workload === undefined ? "" : helperName(options.workload),
    VOLUME_IMAGE: options.workload?.image ?? "",
  }),
});

function helperName(workload: VolumeWorkload): string {
  return `lifeboat-${workload.claim}`.slice(0, 63);
}

/** Where the swap happens: in the helper pod while the workload has none. */
function helperOf(options: { readonly in: Data<Pod>; readonly workload?: Data<VolumeWorkload> }): Data<Pod> {
  const { container: _container, ...pod } = options.in;
  return options.workload === undefined ? options.in : { ...pod, pod: helperName(options.workload) };
}
