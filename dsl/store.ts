import type { Asset } from "./asset.ts";
import type { Escrow } from "./escrow.ts";
import type { Branded } from "./node.ts";
import type { Site } from "./site.ts";
import type { Rate, Size } from "./units.ts";

/** What an author may say of any store, whatever its kind. */
export interface StoreOptions {
  /** The site that it is lost with. Default: that of its host; none of the plan's for a store that is on no host. */
  readonly at?: Site;
  /** How much it may hold. Default: unknown, and then it is not proven that the sets fit. */
  readonly capacity?: Size;
  /** How fast sets go there and come back, at the least. Default: unknown, and then times with it are not proven. */
  readonly speed?: Rate;
  /** What must work before the store can be read: the Terraform that made its bucket, the Vault with its password. Default: nothing. */
  readonly needs?: readonly Asset[];
  /** Where its credentials are kept, besides the hosts that use them. */
  readonly escrow?: readonly Escrow[];
}

/** A place that holds backup sets. Made by a store's builder, such as `directory()`. */
export interface Store extends Branded<"store"> {
  readonly id: string;
  readonly store: string;
}
