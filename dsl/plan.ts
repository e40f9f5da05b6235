import type { Asset } from "./asset.ts";
import type { Hook } from "./hook.ts";
import type { Host } from "./host.ts";
import { type Branded, entity } from "./node.ts";
import type { Store } from "./store.ts";
import type { TimeZone } from "./units.ts";

/** What an author says of a plan. Hosts and stores that an asset names are part of it without being listed. */
export interface PlanOptions {
  /** What is to be protected. */
  readonly assets: readonly Asset[];
  /** Hosts that no asset names. */
  readonly hosts?: readonly Host[];
  /** Stores that no asset names. */
  readonly stores?: readonly Store[];
  /** The time zone of hosts that do not say theirs. Default: `UTC`. */
  readonly timeZone?: TimeZone;
  /** Who is told of every job, unless an asset says otherwise. */
  readonly notify?: readonly Hook[];
  /** A sentence for people. */
  readonly description?: string;
}

/** A whole disaster-recovery plan. */
export interface Plan extends PlanOptions, Branded<"plan"> {
  readonly id: string;
}

/**
 * A disaster-recovery plan, the default export of a `*.plan.ts` file. Its name becomes the folder of the output.
 * @example export default plan("reference", { assets: [orders, etcdData] });
 */
export function plan(name: string, options: PlanOptions): Plan {
  return entity<Plan>("plan", plan, name, options);
}
