import type { Asset } from "./asset.ts";
import { type Branded, entity } from "./node.ts";
import type { Contact } from "./people.ts";
import type { Scenario } from "./scenario.ts";

/** How often something is done. */
export type Cadence = "daily" | "weekly" | "monthly" | "quarterly" | "yearly";

/** What an author says of a rehearsal. */
export interface DrillOptions {
  /** Its name for people. */
  readonly title?: string;
  /** How often. It is said here and nowhere else. */
  readonly every: Cadence;
  /** The disaster that is rehearsed, with its steps. */
  readonly scenario?: Scenario;
  /** The assets that are restored into a throw-away place. Default: those that the scenario restores. */
  readonly assets?: readonly Asset[];
  /** Who leads it. */
  readonly owner?: Contact;
  /** What to tick off. */
  readonly checklist?: readonly string[];
}

/** A rehearsal of a recovery. */
export interface Drill extends DrillOptions, Branded<"drill"> {
  readonly id: string;
}

/**
 * A rehearsal of a recovery, in a throw-away place, measured.
 * @example drill("databases", { every: "monthly", assets: [orders, sessions], owner: kim })
 */
export function drill(id: string, options: DrillOptions): Drill {
  return entity<Drill>("drill", drill, id, options);
}
