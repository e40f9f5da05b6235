import type { Host } from "../../dsl/host.ts";
import type { StoreOptions } from "../../dsl/store.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { storeKind } from "../kind.ts";

/** What an author says of a directory store. */
export interface DirectoryOptions extends StoreOptions {
  /** The directory; sets lie below it as `<type>/<asset>/<UTC time>/`. */
  readonly path: AbsolutePath;
  /** The host that it is on. Default: whichever host the asset lives on. */
  readonly on?: Host;
}

/**
 * A directory on a host: a disk, a mounted share.
 * @example const disk = directory("disk", { path: "/backup" });
 */
export const directory = storeKind<"directory", DirectoryOptions>({
  name: "directory",
  title: "directory",
  directory: (options) => ({ host: options.on, path: options.path }),
  location: (options) => options.path,
  tools: () => [],
  settings: (options) => ({ path: options.path }),
});
