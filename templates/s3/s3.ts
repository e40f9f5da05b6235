import type { StoreOptions } from "../../dsl/store.ts";
import type { AbsolutePath, Duration } from "../../dsl/units.ts";
import { secondsOf, storeKind } from "../kind.ts";

/** What an author says of a bucket of Amazon S3, or of a server that speaks its protocol. */
export interface S3Options extends StoreOptions {
  /**
   * The bucket. It is never made by a script: its versioning and lock are decisions for people.
   * @pattern ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$
   */
  readonly bucket: string;
  /**
   * What every key begins with, e.g. `terraform-k8s-mac`. Default: nothing.
   * @pattern ^[A-Za-z0-9!_.*'()-][A-Za-z0-9!_.*'()/-]*$
   */
  readonly prefix?: string;
  /**
   * The bucket's region. Default: that of the AWS configuration.
   * @pattern ^[a-z0-9-]+$
   */
  readonly region?: string;
  /**
   * Another server than Amazon's: `https://minio.example.com`. Default: Amazon's.
   * @pattern ^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._/-]*)?$
   */
  readonly endpoint?: string;
  /** A file of AWS credentials on the host that sends, of mode 600. Default: what the aws command finds: a role, its own file. */
  readonly credentials?: AbsolutePath;
  /**
   * A profile in that file. Default: `default`.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9_.-]*$
   */
  readonly profile?: string;
  /** A file of CA certificates, for a server with one of its own. */
  readonly caBundle?: AbsolutePath;
  /**
   * Encryption at the server: `AES256`, or `aws:kms`. Default: the bucket's own. Encrypt the sets themselves when the server is not
   * to be trusted.
   */
  readonly serverSideEncryption?: "AES256" | "aws:kms";
  /**
   * The key of `aws:kms`. Default: the account's key for S3.
   * @pattern ^[A-Za-z0-9:/_-]+$
   */
  readonly kmsKey?: string;
  /**
   * How long nobody can delete or overwrite a set, the account's owner included (object lock, mode COMPLIANCE). The bucket must have
   * been made with object lock. Default: not at all.
   * @range 1d 10y
   */
  readonly lock?: Duration;
  /** Demand that the bucket keeps old versions. Default: true with `lock`, which needs it, else false. */
  readonly versioning?: boolean;
  /** Where the objects are kept. Default: `STANDARD`. */
  readonly storageClass?: "STANDARD" | "STANDARD_IA" | "ONEZONE_IA" | "INTELLIGENT_TIERING" | "GLACIER_IR";
}

/**
 * A bucket of Amazon S3, or of a server that speaks its protocol.
 * @example const offsite = s3("offsite", { bucket: "my-backup-bucket", prefix: "terraform-k8s-mac", region: "ap-northeast-2", lock: "30d" });
 */
export const s3 = storeKind<"s3", S3Options>({
  name: "s3",
  title: "S3 bucket",
  location: (options) =>
    `s3://${options.bucket}${options.prefix === undefined ? "" : `/${trim(options.prefix)}`}`,
  tools: () => ["aws", "openssl"],
  credentials: (options) =>
    options.credentials === undefined ? undefined : `the credentials in ${options.credentials}`,
  lock: (options) => options.lock,
  settings: (options) => ({
    bucket: options.bucket,
    prefix: options.prefix === undefined ? "" : `${trim(options.prefix)}/`,
    ...(options.region !== undefined && { region: options.region }),
    ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
    ...(options.credentials !== undefined && { credentials: options.credentials }),
    ...(options.profile !== undefined && { profile: options.profile }),
    ...(options.caBundle !== undefined && { ca_bundle: options.caBundle }),
    ...(options.serverSideEncryption !== undefined && { sse: options.serverSideEncryption }),
    ...(options.kmsKey !== undefined && { kms_key: options.kmsKey }),
    ...(options.lock !== undefined && { lock_seconds: String(secondsOf(options.lock)) }),
    ...(options.versioning === true && { versioning: "yes" }),
    ...(options.storageClass !== undefined && { storage_class: options.storageClass }),
  }),
  problems: (options) =>
    options.kmsKey !== undefined && options.serverSideEncryption !== "aws:kms"
      ? [
          {
            path: ["kmsKey"],
            message: "kmsKey is given, but serverSideEncryption is not aws:kms",
            why: "the key would not be used",
            fix: 'add serverSideEncryption: "aws:kms"',
          },
        ]
      : [],
});

function trim(prefix: string): string {
  return prefix.replace(/\/+$/, "");
}
