import type { AssetOptions } from "../../dsl/asset.ts";
import type { Kubernetes } from "../../dsl/kubernetes.ts";
import type { Retention } from "../../dsl/retention.ts";
import type { Secret } from "../../dsl/secret.ts";
import type { AbsolutePath, Duration } from "../../dsl/units.ts";
import { assetKind, type Data, type OptionProblem, secondsOf, secretReference } from "../kind.ts";
import { kubernetesFacts } from "../kubernetes.ts";

/** A setting of a provider's plugin. */
export interface VeleroSetting {
  /**
   * Its name, as the plugin's doc has it: `region`, `s3Url`, `resourceGroup`.
   * @pattern ^[A-Za-z][A-Za-z0-9]*$
   */
  readonly name: string;
  /** Its value, always a text: `"true"`. */
  readonly value: string;
}

/** What an author says of a cluster that Velero backs up. */
export interface VeleroOptions extends AssetOptions {
  /** The cluster, as the host reaches it. */
  readonly cluster: Kubernetes;
  /**
   * The namespace that Velero's server lives in. Default: `velero`.
   * @pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$
   */
  readonly namespace?: string;
  /** The image of Velero's server, 1.10 or later, with a tag or a digest: `velero/velero:v1.16.2`. */
  readonly image: string;
  /** The images of its plugins, with a tag or a digest; one of them must bring the provider: `velero/velero-plugin-for-aws:v1.12.2`. */
  readonly plugins: readonly string[];
  /**
   * The provider of the object store, as its plugin calls it: `aws` (all that speaks S3), `gcp`, `azure`.
   * @pattern ^[a-z0-9]([-./a-z0-9]*[a-z0-9])?$
   */
  readonly provider: string;
  /** The bucket that Velero keeps its backups in. */
  readonly bucket: string;
  /** A folder of the bucket, which several clusters may share that way. Default: none. */
  readonly prefix?: string;
  /** Settings of the provider's plugin: `[{ name: "region", value: "ap-northeast-2" }]`. Default: none. */
  readonly config?: readonly VeleroSetting[];
  /** The provider's file of credentials, which becomes a Secret of the cluster. Default: none, as with workload identity. */
  readonly credentials?: Secret;
  /**
   * The name of Velero's BackupStorageLocation. Default: `default`.
   * @pattern ^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$
   */
  readonly location?: string;
  /**
   * How the data of volumes is backed up: `file-system` reads the files through Velero's node agent, on any storage; `snapshots` asks the
   * provider of the disks, named by `snapshotConfig`; `none` leaves it to others. Default: `file-system`.
   */
  readonly volumes?: "file-system" | "snapshots" | "none";
  /** Settings of the provider's snapshotter, in the place where the disks are: `[{ name: "region", value: "ap-northeast-2" }]`. Only with snapshots. */
  readonly snapshotConfig?: readonly VeleroSetting[];
  /**
   * The namespaces that are backed up. Default: all, and what is cluster-wide.
   * @minItems 1
   */
  readonly namespaces?: readonly string[];
  /** Namespaces that are left out. Default: none. */
  readonly excludeNamespaces?: readonly string[];
  /** How long Velero keeps a backup. Default: as long as the plan keeps its sets and two days more, at least `30d`. */
  readonly ttl?: Duration;
  /**
   * When Velero itself makes a backup besides, five fields of cron in the server's time zone, whether this host is up or not:
   * `"0 2 * * *"`. Default: never.
   * @pattern ^\S+( \S+){4}$
   */
  readonly clusterSchedule?: string;
  /** Whether a backup in which single objects or volumes failed (`PartiallyFailed`) counts: `refuse` or `accept`. Default: `refuse`. */
  readonly partial?: "refuse" | "accept";
  /** What a restore does with objects that are there: `none` leaves them, `update` changes them to what they were. Default: `none`. */
  readonly existingResourcePolicy?: "none" | "update";
  /**
   * What a drill restores into namespaces of its own: `objects` such as ConfigMaps, Secrets and roles, which start nothing, or all
   * `workloads` with their volumes, which run then. Default: `objects`.
   */
  readonly drillScope?: "objects" | "workloads";
  /** Kubelet's folder on the nodes, for the node agent. Default: `/var/lib/kubelet`. */
  readonly kubeletDirectory?: AbsolutePath;
  /** How long Velero is waited for. */
  readonly waits?: {
    /**
     * A backup. Default: `4h`.
     * @range 1s 7d
     */
    readonly backup?: Duration;
    /**
     * A restore. Default: `4h`.
     * @range 1s 7d
     */
    readonly restore?: Duration;
    /**
     * The storage location: until it is available after an installation, and until a new cluster knows the backups in it. Default: `5m`.
     * @range 1s 1d
     */
    readonly location?: Duration;
  };
}

const DAY = 86_400;

/**
 * A cluster backed up by Velero into an object store: installed, made to work, watched, rehearsed and restored.
 * @example
 * velero("cluster", {
 *   on: mac, cluster, image: "velero/velero:v1.16.2", plugins: ["velero/velero-plugin-for-aws:v1.12.2"],
 *   provider: "aws", bucket: "my-velero-backups", config: [{ name: "region", value: "ap-northeast-2" }],
 *   credentials: secretFile("/etc/lifeboat/velero.credentials"),
 *   schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7 }),
 * })
 */
export const velero = assetKind<"velero", VeleroOptions>({
  name: "velero",
  type: "velero",
  title: "Velero",
  hosts: (options) => [options.on],
  // Objects and volumes: on the cluster's nodes.
  livesOn: (options) => ({ hosts: options.cluster.nodes ?? [], tolerates: 0 }),
  tools: () => ["kubectl", "jq"],
  facts: (options) => ({
    ...kubernetesFacts(options.cluster),
    VELERO_NAMESPACE: options.namespace ?? "velero",
    VELERO_IMAGE: options.image,
    VELERO_PLUGINS: options.plugins,
    VELERO_PROVIDER: options.provider,
    VELERO_BUCKET: options.bucket,
    VELERO_PREFIX: options.prefix ?? "",
    VELERO_CONFIG: pairs(options.config),
    VELERO_CREDENTIALS: options.credentials === undefined ? "" : secretReference(options.credentials),
    VELERO_LOCATION: options.location ?? "default",
    VELERO_VOLUMES: options.volumes ?? "file-system",
    VELERO_SNAPSHOT_CONFIG: pairs(options.snapshotConfig),
    VELERO_INCLUDED: options.namespaces ?? [],
    VELERO_EXCLUDED: options.excludeNamespaces ?? [],
    VELERO_TTL: options.ttl === undefined ? Math.max(30 * DAY, keptSeconds(options)) : secondsOf(options.ttl),
    VELERO_SCHEDULE: options.clusterSchedule ?? "",
    VELERO_PARTIAL: options.partial ?? "refuse",
    VELERO_EXISTING: options.existingResourcePolicy ?? "none",
    VELERO_DRILL: options.drillScope ?? "objects",
    VELERO_KUBELET: options.kubeletDirectory ?? "/var/lib/kubelet",
    VELERO_BACKUP_WAIT: secondsOf(options.waits?.backup ?? "4h"),
    VELERO_RESTORE_WAIT: secondsOf(options.waits?.restore ?? "4h"),
    VELERO_LOCATION_WAIT: secondsOf(options.waits?.location ?? "5m"),
  }),
  extraRoles: [{ name: "setup", verb: "Install Velero for" }],
  problems: (options) => [
    ...pluginProblems(options),
    ...imageProblems(options),
    ...volumeProblems(options),
    ...ttlProblems(options),
    ...namespaceProblems(options),
  ],
});

/** `name=value` words. */
function pairs(settings: readonly VeleroSetting[] | undefined): readonly string[] {
  return (settings ?? []).map(({ name, value }) => `${name}=${value}`);
}

/** As long as the longest rule of any store keeps a set, and two days more: `last` has no length of its own. */
function keptSeconds(options: Data<VeleroOptions>): number {
  const rules = [
    options.keep,
    ...options.copies.map((copy) => (typeof copy === "string" ? undefined : copy.keep)),
  ];
  return Math.max(0, ...rules.map((rule) => (rule === undefined ? 0 : spanOf(rule)))) + 2 * DAY;
}

/** Seconds after which the oldest set that a retention keeps by time is gone. */
function spanOf(rule: Data<Retention>): number {
  return Math.max(
    ((rule.hourly ?? 0) * DAY) / 24,
    (rule.daily ?? 0) * DAY,
    (rule.weekly ?? 0) * 7 * DAY,
    (rule.monthly ?? 0) * 31 * DAY,
    (rule.yearly ?? 0) * 366 * DAY,
  );
}

/** Velero has no provider built in: without a plugin its server does not even start. */
function pluginProblems(options: Data<VeleroOptions>): readonly OptionProblem[] {
  if (options.plugins.length > 0) return [];
  return [
    {
      path: ["plugins"],
      message: "Velero is installed without a plugin",
      why: "it has no provider of object stores built in: 'velero install' refuses, and no location would ever be available",
      fix: 'name the image of the provider\'s plugin: plugins: ["velero/velero-plugin-for-aws:v1.12.2"]',
    },
  ];
}

/** An image that changes by itself is another one on the day of the restore. */
function imageProblems(options: Data<VeleroOptions>): readonly OptionProblem[] {
  const images = [
    { path: ["image"] as const, image: options.image },
    ...options.plugins.map((image, index) => ({ path: ["plugins", index] as const, image })),
  ];
  return images
    .filter(
      ({ image }) => !/^[a-z0-9][^\s@]*(:(?!latest$)[A-Za-z0-9_][\w.-]*|@sha256:[0-9a-f]{64})$/.test(image),
    )
    .map(({ path, image }) => ({
      path,
      message: `the image '${image}' has no version`,
      why: "on the day of the restore another one may come, which does not fit the other images or the custom types",
      fix: "write its tag or digest, as in velero/velero:v1.16.2",
    }));
}

/** A snapshot needs somebody who takes it. */
function volumeProblems(options: Data<VeleroOptions>): readonly OptionProblem[] {
  const snapshots = options.volumes === "snapshots";
  if (snapshots === (options.snapshotConfig !== undefined)) return [];
  if (!snapshots)
    return [
      {
        path: ["snapshotConfig"],
        message: "'snapshotConfig' has no effect without snapshots",
        why: "the data of volumes would be backed up in another way than it seems here",
        fix: 'add volumes: "snapshots", or take snapshotConfig out',
      },
    ];
  return [
    {
      path: ["volumes"],
      message: "snapshots of volumes without a snapshotter",
      why: "only a provider's disks can be snapshotted by its plugin; for a hostPath, NFS or local volume Velero makes none and the backup is still 'Completed'",
      fix: 'take volumes: "file-system", which reads any volume, or say where the disks are: snapshotConfig: [{ name: "region", value: "ap-northeast-2" }]',
    },
  ];
}

/** A set without its backup is a promise that nobody keeps. */
function ttlProblems(options: Data<VeleroOptions>): readonly OptionProblem[] {
  if (options.keep === undefined)
    return [
      {
        path: ["keep"],
        message: "sets are kept for ever, but Velero removes each backup when its TTL is over",
        why: "what lies in the store would be sets without the data that they speak of",
        fix: "add keep: keep({ daily: 7 }); the TTL follows it by itself",
      },
    ];
  if (options.ttl === undefined || secondsOf(options.ttl) >= keptSeconds(options)) return [];
  return [
    {
      path: ["ttl"],
      message: `Velero removes a backup after ${options.ttl}, but sets are kept for ${Math.ceil(keptSeconds(options) / DAY)} days (2 of them to spare)`,
      why: "the oldest sets would speak of data that is gone",
      fix: `take ttl out, which then follows keep, or write at least ${Math.ceil(keptSeconds(options) / DAY)}d`,
    },
  ];
}

/** Names that Kubernetes cannot have, and namespaces that are both in and out. */
function namespaceProblems(options: Data<VeleroOptions>): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  for (const option of ["namespaces", "excludeNamespaces"] as const)
    for (const [index, name] of (options[option] ?? []).entries()) {
      if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
        problems.push({
          path: [option, index],
          message: `'${name}' is not a namespace's name`,
          why: "nothing would be found by it, and nobody would notice",
          fix: "write it in lower case, with letters, digits and dashes only; for all namespaces leave the option out",
        });
      else if (option === "excludeNamespaces" && options.namespaces?.includes(name))
        problems.push({
          path: [option, index],
          message: `'${name}' is both named and left out`,
          why: "Velero refuses such a backup (FailedValidation)",
          fix: "take it out of namespaces or of excludeNamespaces",
        });
    }
  return problems;
}
