/**
 * Every kind of asset, store and transport that Lifeboat knows. A kind is a folder here and a line in this file; the DSL exports what stands here, and the
 * compiler reads the definitions attached to it. docs/adding-a-kind.md is the recipe.
 */

export { type AzureBlobOptions, azureBlob } from "./azure-blob/azure-blob.ts";
export { type ClickhouseOptions, clickhouse } from "./clickhouse/clickhouse.ts";
export { type DirectoryOptions, directory } from "./directory/directory.ts";
export { type EtcdOptions, etcd } from "./etcd/etcd.ts";
export { type FilesOptions, files } from "./files/files.ts";
export { type GcsOptions, gcs } from "./gcs/gcs.ts";
export { type KubeadmPkiOptions, kubeadmPki } from "./kubeadm-pki/kubeadm-pki.ts";
export { type KubeconfigOptions, kubeconfig } from "./kubeconfig/kubeconfig.ts";
export {
  type KubernetesResourcesOptions,
  kubernetesResources,
} from "./kubernetes-resources/kubernetes-resources.ts";
export { type MysqlOptions, mysql } from "./mysql/mysql.ts";
export { type PostgresOptions, postgres } from "./postgres/postgres.ts";
export { type RcloneOptions, rclone } from "./rclone/rclone.ts";
export { type RedisOptions, redis } from "./redis/redis.ts";
export { type ResticOptions, restic } from "./restic/restic.ts";
export { type S3Options, s3 } from "./s3/s3.ts";
export { type SqliteOptions, sqlite } from "./sqlite/sqlite.ts";
export {
  type TerraformStateOptions,
  type TerraformVariable,
  type TerraformVersions,
  terraformState,
} from "./terraform-state/terraform-state.ts";
export { type VaultOptions, vault } from "./vault/vault.ts";
export { type VeleroOptions, type VeleroSetting, velero } from "./velero/velero.ts";
export { type VolumeOptions, type VolumeWorkload, volume } from "./volume/volume.ts";

// Transports: how one host runs commands on another.
import type { Pod } from "../dsl/kubernetes.ts";
import type { Local } from "./local/local.ts";
import type { Multipass } from "./multipass/multipass.ts";
import type { Ssh } from "./ssh/ssh.ts";

export { pod } from "./kubectl/kubectl.ts";
export { type Local, local } from "./local/local.ts";
export { type Multipass, multipass } from "./multipass/multipass.ts";
export { type Ssh, type SshOptions, ssh } from "./ssh/ssh.ts";

/** How a host is reached. */
export type Transport = Local | Ssh | Multipass | Pod;
