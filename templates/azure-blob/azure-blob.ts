import type { Secret } from "../../dsl/secret.ts";
import type { StoreOptions } from "../../dsl/store.ts";
import { secretReference, storeKind } from "../kind.ts";

/** What an author says of a container of Azure Blob Storage. */
export interface AzureBlobOptions extends StoreOptions {
  /**
   * The storage account.
   * @pattern ^[a-z0-9]{3,24}$
   */
  readonly account: string;
  /**
   * The container. It is never made by a script.
   * @pattern ^[a-z0-9](-?[a-z0-9]){2,62}$
   */
  readonly container: string;
  /**
   * What every name begins with. Default: nothing.
   * @pattern ^[A-Za-z0-9_.-][A-Za-z0-9_./-]*$
   */
  readonly prefix?: string;
  /** A shared access signature with the rights to read, add, create, write, delete and list: the part of the address after `?`. */
  readonly sas: Secret;
  /**
   * Another server than Azure's, its account included: `http://127.0.0.1:10000/devstoreaccount1`. Default: the account's own.
   * @pattern ^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._/-]*)?$
   */
  readonly endpoint?: string;
}

/**
 * A container of Azure Blob Storage.
 * @example const offsite = azureBlob("offsite", { account: "myaccount", container: "backups", sas: secretFile("/etc/lifeboat/azure.sas") });
 */
export const azureBlob = storeKind<"azureBlob", AzureBlobOptions>({
  name: "azureBlob",
  title: "Azure Blob Storage container",
  location: (options) => url(options),
  tools: () => ["curl", "openssl"],
  settings: (options) => ({
    url: `${url(options)}/`,
    container: `${base(options)}/${options.container}`,
    prefix: options.prefix === undefined ? "" : `${options.prefix.replace(/\/+$/, "")}/`,
    sas: secretReference(options.sas),
  }),
});

function base(options: { readonly account: string; readonly endpoint?: string }): string {
  return (options.endpoint ?? `https://${options.account}.blob.core.windows.net`).replace(/\/+$/, "");
}

function url(options: {
  readonly account: string;
  readonly endpoint?: string;
  readonly container: string;
  readonly prefix?: string;
}): string {
  const prefix = options.prefix === undefined ? "" : `/${options.prefix.replace(/\/+$/, "")}`;
  return `${base(options)}/${options.container}${prefix}`;
}
