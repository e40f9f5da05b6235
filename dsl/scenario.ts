import type { Asset } from "./asset.ts";
import type { Check } from "./check.ts";
import type { Escrow } from "./escrow.ts";
import type { Host } from "./host.ts";
import { type Branded, entity, nodeInfo } from "./node.ts";
import type { Probe } from "./probe.ts";
import type { Site } from "./site.ts";
import type { Step } from "./step.ts";
import type { Store } from "./store.ts";
import type { Duration, Priority } from "./units.ts";

/**
 * The disasters that plans speak of: `infrastructure` (hosts, disks, networks), `data-loss`, `operator-error`, `security` (ransomware,
 * intruders) and `natural` (fire, flood, power).
 */
export type Disaster = "infrastructure" | "data-loss" | "operator-error" | "security" | "natural";

/** A part of the world that a disaster takes away. */
export type Loss =
  | { readonly host: Host }
  | { readonly site: Site }
  | { readonly store: Store }
  | { readonly asset: Asset }
  | { readonly escrow: Escrow };

/** What to tick off around a recovery. */
export interface Checklists {
  readonly before?: readonly string[];
  readonly during?: readonly string[];
  readonly after?: readonly string[];
}

/** What an author says of a disaster. */
export interface ScenarioOptions {
  /** Its name for people. */
  readonly title: string;
  /** Which sort of disaster it is. */
  readonly disaster: Disaster;
  /** Who goes first when more than one thing is down. */
  readonly priority: Priority;
  /**
   * What shows that it has happened.
   * @minItems 1
   */
  readonly symptoms: readonly string[];
  /** What it means for those who use the service. */
  readonly impact: { readonly level: "low" | "medium" | "high" | "critical"; readonly description?: string };
  /**
   * What it takes away, from the first moment. What depends on that is lost with it: VMs with their machine, disks with their host. An
   * empty list: nothing is lost, something only stands still.
   */
  readonly loses: readonly Loss[];
  /** Whether it reaches what can be written from the hosts that it loses: every copy that is not locked. Default: false. */
  readonly malicious?: boolean;
  /** How it is noticed, and how long that takes at most. */
  readonly detection: {
    /** Who or what notices. */
    readonly by: string;
    /** The check that would notice. */
    readonly check?: Check;
    /** How long after its first symptom somebody knows. Default: the longest wait for the next run of the check. */
    readonly within?: Duration;
    /** For how long damage may lie hidden before any symptom: sets that are made meanwhile hold it. Default: not at all. */
    readonly hidden?: Duration;
  };
  /**
   * What is done, in this order; `after` makes steps run side by side.
   * @minItems 1
   */
  readonly steps: readonly Step[];
  /** Recovery time objective: from the disaster to the service, detection and first response included. */
  readonly rto: Duration;
  /** Recovery point objective: how much of the newest data may be lost at worst. `"0s"`: none. */
  readonly rpo: Duration;
  /** What must hold afterwards. */
  readonly verification?: readonly Probe[];
  /** What to tick off, besides the plan's own lists. */
  readonly checklists?: Checklists;
}

/** A disaster, and the way back. */
export interface Scenario extends ScenarioOptions, Branded<"scenario"> {
  readonly id: string;
}

/** What scenarios take in a TypeScript plan: the things that are lost, where a document has their ids. */
export interface ScenarioArguments extends Omit<ScenarioOptions, "loses"> {
  readonly loses: readonly (Host | Site | Store | Asset | Escrow)[];
}

/**
 * A disaster, and the way back.
 * @example
 * scenario("mysql-corrupted", {
 *   title: "MySQL's data is damaged", disaster: "data-loss", priority: "P2", symptoms: ["queries fail with 'table is marked as crashed'"],
 *   impact: { level: "high" }, loses: [orders], detection: { by: "the application's alarms", within: "5m" },
 *   steps: [confirm("the fault is in the data, not in the host", { takes: "2m" }), restore(orders)],
 *   rto: "1h", rpo: "15m",
 * })
 */
export function scenario(id: string, options: ScenarioArguments): Scenario {
  const { loses } = options ?? {};
  if (!Array.isArray(loses)) return entity<Scenario>("scenario", scenario, id, options);
  const losses = (loses as readonly object[]).map((thing) => {
    const type = nodeInfo(thing)?.entity;
    return type === undefined ? thing : { [type]: thing };
  });
  return entity<Scenario>("scenario", scenario, id, { ...options, loses: losses });
}
