import type { Host } from "./host.ts";
import { type Branded, entity } from "./node.ts";
import type { Contact } from "./people.ts";
import type { Probe } from "./probe.ts";
import type { Schedule } from "./schedule.ts";
import type { Duration } from "./units.ts";

/** What an author says of a regular inspection. */
export interface CheckOptions {
  /** Its name for people. */
  readonly title?: string;
  /** When it runs. */
  readonly schedule: Schedule;
  /** Where it runs. Default: the plan's controller. */
  readonly on?: Host;
  /**
   * What must hold.
   * @minItems 1
   */
  readonly probes: readonly Probe[];
  /** What people look at besides. */
  readonly manual?: readonly string[];
  /** Who looks at it. */
  readonly owner?: Contact;
  /** How long it may take. Default: `15m`. */
  readonly takes?: Duration;
}

/** A regular inspection. */
export interface Check extends CheckOptions, Branded<"check"> {
  readonly id: string;
}

/**
 * A regular inspection: its exit status says how things are.
 * @example check("daily", { schedule: daily("09:00"), probes: [fresh(orders, sessions), nodesReady(cluster)] })
 */
export function check(id: string, options: CheckOptions): Check {
  return entity<Check>("check", check, id, options);
}
