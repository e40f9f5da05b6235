import type { Asset } from "./asset.ts";
import type { Check } from "./check.ts";
import type { Cadence, Drill } from "./drill.ts";
import type { Escrow } from "./escrow.ts";
import type { Hook } from "./hook.ts";
import type { Host } from "./host.ts";
import { type Branded, entity } from "./node.ts";
import type { Contact, EscalationLevel, Vendor } from "./people.ts";
import type { Checklists, Disaster, Scenario } from "./scenario.ts";
import type { Store } from "./store.ts";
import type { Day, Duration, TimeZone } from "./units.ts";

/** A promise that was made to somebody: in a contract, in a table. */
export interface Objective {
  /** What was promised: `Recovery from the loss of several masters`. */
  readonly title: string;
  /** The scenario that keeps it. A promise without one is not proven. */
  readonly scenario?: Scenario;
  /** The asset that it is about. */
  readonly asset?: Asset;
  /** Recovery time objective. */
  readonly rto?: Duration;
  /** Recovery point objective. */
  readonly rpo?: Duration;
}

/** A document that belongs to the plan. */
export interface RelatedDocument {
  readonly title: string;
  /** A file of the plan's repository, or an address. */
  readonly at: string;
}

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
  /** The host from which recoveries are led: its scripts reach the others. */
  readonly controller?: Host;
  /** Where this plan, its scripts and its runbook are kept, besides its hosts. */
  readonly escrow?: readonly Escrow[];
  /** The disasters, and the ways back. */
  readonly scenarios?: readonly Scenario[];
  /** The sorts of disasters that the plan claims to cover: for each there must be a scenario. */
  readonly covers?: readonly Disaster[];
  /** Promises that were made, each of which a scenario must keep. */
  readonly objectives?: readonly Objective[];
  /** Regular inspections. */
  readonly checks?: readonly Check[];
  /** Rehearsals. */
  readonly drills?: readonly Drill[];
  /** Who is responsible, and for what: `{ title: "DR lead", who: kim }`. */
  readonly roles?: readonly { readonly title: string; readonly who: Contact }[];
  /** Who is called, and how soon they answer; the first level first. */
  readonly escalation?: readonly EscalationLevel[];
  /** Companies to call. */
  readonly vendors?: readonly Vendor[];
  /** What to tick off in every recovery. */
  readonly checklists?: Checklists;
  /** The version of the plan, for people. */
  readonly version?: string;
  /** How often the plan is read again, and when it was last. */
  readonly review?: { readonly every: Cadence; readonly last?: Day };
  /** Who has approved it. */
  readonly approver?: Contact;
  /** Documents that belong to it. */
  readonly documents?: readonly RelatedDocument[];
  /** Its tickets. */
  readonly tickets?: readonly string[];
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
