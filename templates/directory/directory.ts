import type { Host } from "../../dsl/host.ts";
import type { AbsolutePath, Size } from "../../dsl/units.ts";
import { storeKind } from "../kind.ts";

/** What an author says of a directory store. */
export interface DirectoryOptions {
  /** The directory; sets lie below it as `<type>/<asset>/<UTC time>/`. */
  readonly path: AbsolutePath;
  /** The host that it is on. Default: whichever host the asset lives on. */
  readonly on?: Host;
  /** How much it may hold, for the capacity check. */
  readonly capacity?: Size;
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
