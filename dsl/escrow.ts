import type { Asset } from "./asset.ts";
import type { Host } from "./host.ts";
import { type Branded, entity } from "./node.ts";
import type { Contact } from "./people.ts";
import type { Site } from "./site.ts";

/** What an author says of an escrow. */
export interface EscrowOptions {
  /** The site that it is lost with. Default: none of the plan's. */
  readonly at?: Site;
  /** The host that it is lost with: a password manager that runs on one. */
  readonly on?: Host;
  /** The asset that it is in: keys kept in Vault can be read only while Vault works. */
  readonly in?: Asset;
  /** Who can open it. */
  readonly holders?: readonly Contact[];
  /** A sentence for people: which safe, which password manager, how to get at it. */
  readonly description?: string;
}

/** Where keys, secrets and the plan itself are kept apart from the hosts that use them. */
export interface Escrow extends EscrowOptions, Branded<"escrow"> {
  readonly id: string;
}

/**
 * Where keys, secrets and the plan itself are kept apart from the hosts that use them: a safe, sealed envelopes, a password manager, a
 * repository elsewhere.
 * @example const safe = escrow("safe", { at: bank, holders: [kim, lee] });
 */
export function escrow(id: string, options: EscrowOptions = {}): Escrow {
  return entity<Escrow>("escrow", escrow, id, options);
}
