import type { StoreOptions } from "../../dsl/store.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { storeKind } from "../kind.ts";

/** What an author says of a bucket of Google Cloud Storage. */
export interface GcsOptions extends StoreOptions {
  /**
   * The bucket. It is never made by a script.
   * @pattern ^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$
   */
  readonly bucket: string;
  /**
   * What every name begins with. Default: nothing.
   * @pattern ^[A-Za-z0-9_.-][A-Za-z0-9_./-]*$
   */
  readonly prefix?: string;
  /** A key file of a service account on the host that sends, of mode 600. Default: what gcloud is logged in as. */
  readonly credentials?: AbsolutePath;
  /** Demand that the bucket has a retention policy, under which nobody deletes a set before its time. Default: false. */
  readonly retentionPolicy?: boolean;
}

/**
 * A bucket of Google Cloud Storage.
 * @example const offsite = gcs("offsite", { bucket: "my-backup-bucket", prefix: "terraform-k8s-mac" });
 */
export const gcs = storeKind<"gcs", GcsOptions>({
  name: "gcs",
  title: "Google Cloud Storage bucket",
  location: (options) =>
    `gs://${options.bucket}${options.prefix === undefined ? "" : `/${trim(options.prefix)}`}`,
  tools: () => ["gcloud", "openssl"],
  credentials: (options) =>
    options.credentials === undefined ? undefined : `the credentials in ${options.credentials}`,
  settings: (options) => ({
    url: `gs://${options.bucket}/${options.prefix === undefined ? "" : `${trim(options.prefix)}/`}`,
    bucket: options.bucket,
    ...(options.credentials !== undefined && { credentials: options.credentials }),
    ...(options.retentionPolicy === true && { retention_policy: "yes" }),
  }),
});

function trim(prefix: string): string {
  return prefix.replace(/\/+$/, "");
}
