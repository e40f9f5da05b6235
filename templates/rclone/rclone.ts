import type { StoreOptions } from "../../dsl/store.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { storeKind } from "../kind.ts";

/** What an author says of a remote of rclone: any of the services that it knows. */
export interface RcloneOptions extends StoreOptions {
  /**
   * The remote as rclone's configuration names it, and a path in it: `dropbox:backups`.
   * @pattern ^[A-Za-z0-9_.+@ -]*[A-Za-z0-9_.+@]:[^\n]*$
   */
  readonly remote: string;
  /** rclone's configuration on the host that sends, of mode 600. Cron has no `$HOME` to find one by. */
  readonly config: AbsolutePath;
}

/**
 * A remote of rclone.
 * @example const offsite = rclone("offsite", { remote: "b2-crypt:backups", config: "/etc/lifeboat/rclone.conf" });
 */
export const rclone = storeKind<"rclone", RcloneOptions>({
  name: "rclone",
  title: "rclone remote",
  location: (options) => options.remote,
  tools: () => ["rclone"],
  credentials: (options) => `the rclone configuration ${options.config}`,
  settings: (options) => ({ remote: options.remote.replace(/\/+$/, ""), config: options.config }),
});
