import type { Secret } from "../../dsl/secret.ts";
import type { StoreOptions } from "../../dsl/store.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { secretReference, storeKind } from "../kind.ts";

/** A variable that restic's backend needs. */
export interface ResticVariable {
  /** @pattern ^[A-Z][A-Z0-9_]*$ */
  readonly name: string;
  readonly value: Secret;
}

/** What an author says of a repository of restic. */
export interface ResticOptions extends StoreOptions {
  /**
   * The repository: a directory, or `s3:…`, `sftp:…`, `rest:…`, `b2:…` and what else restic knows. A password in it would be in the
   * plan, so it is given in `environment`.
   * @pattern ^[^\s:@]+(:[^\n]+)?$
   */
  readonly repository: string;
  /** The repository's password. Without it nothing can be restored: keep it where a disaster does not reach. */
  readonly password: Secret;
  /** Variables that its backend needs: `[{ name: "AWS_SECRET_ACCESS_KEY", value: secretFile("…") }]`. Default: none. */
  readonly environment?: readonly ResticVariable[];
  /** restic's cache. Default: below the host's state directory. */
  readonly cache?: AbsolutePath;
}

/**
 * A repository of restic: deduplicated and encrypted. Give assets that go there `compress: "none"` and no encryption of their own in
 * the first store if that is safe, since neither compressed nor encrypted data can be deduplicated.
 * @example const offsite = restic("offsite", { repository: "sftp:backup@nas:/srv/restic", password: secretFile("/etc/lifeboat/restic") });
 */
export const restic = storeKind<"restic", ResticOptions>({
  name: "restic",
  title: "restic repository",
  location: (options) => options.repository,
  tools: () => ["restic"],
  settings: (options) => ({
    repository: options.repository,
    password: secretReference(options.password),
    ...(options.cache !== undefined && { cache: options.cache }),
    ...Object.fromEntries(
      (options.environment ?? []).map(({ name, value }) => [`variable.${name}`, secretReference(value)]),
    ),
  }),
});
