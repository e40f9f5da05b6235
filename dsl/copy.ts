import { value } from "./node.ts";
import type { Retention } from "./retention.ts";
import type { Schedule } from "./schedule.ts";
import type { Store } from "./store.ts";
import type { Duration } from "./units.ts";

/** What an author says of a copy in another store than the first. */
export interface CopyOptions {
  /**
   * When the copy is made, in the time zone of the host that makes it. Default: when the copy before it should be there: after
   * `expect.backup` and a quarter of an hour for a first copy, a quarter of an hour later for each further one.
   */
  readonly schedule?: Schedule;
  /** Which sets stay in this store. Default: the asset's. A set that goes elsewhere does not go here. */
  readonly keep?: Retention;
  /** How long it takes to bring a set there, at most. Default: its size at the store's speed. */
  readonly takes?: Duration;
}

/** A store, and how an asset's sets come to it. */
export interface Copy extends CopyOptions {
  readonly store: Store;
}

/**
 * A copy with a time or a retention of its own.
 * @example copies: [vmDisk, copy(macDisk, { schedule: daily("03:00") }), copy(offsite, { keep: keep({ daily: 30, monthly: 12 }) })]
 */
export function copy(store: Store, options: CopyOptions = {}): Copy {
  return value(copy, { ...options, store });
}
