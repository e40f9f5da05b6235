import type { EntityType } from "../../dsl/node.ts";
import type { Path } from "../model/document.ts";

/** What a proof is about. */
export type ProofKind =
  | "rpo"
  | "rto"
  | "survival"
  | "coverage"
  | "flow"
  | "retention"
  | "capacity"
  | "schedule"
  | "people";

/** A promise of the plan, and what follows from the rest of it. */
export interface Proof {
  readonly kind: ProofKind;
  readonly asset: string | undefined;
  readonly scenario: string | undefined;
  readonly store: string | undefined;
  /** What the two numbers count. */
  readonly unit: "seconds" | "bytes";
  /** What the plan promises, or has. Undefined: nothing that can be counted. */
  readonly target: number | undefined;
  /** The worst that can happen, or what is needed, as far as it is known; Infinity when nothing is enough. */
  readonly worst: number | undefined;
  /**
   * `proven`: it holds, whatever happens. `failed`: it does not. `unproven`: something is missing that only the author can know; what is
   * known does not contradict it.
   */
  readonly verdict: "proven" | "failed" | "unproven";
  /** The arithmetic, a line each, as a report shows it. */
  readonly evidence: readonly string[];
  /** What the author would have to say for an unproven claim to be proven. */
  readonly missing: readonly Gap[];
  /** What does not hold, besides the numbers, and where the plan says so. */
  readonly problems: readonly Problem[];
}

/** Where a plan says something, or should. */
export interface Place {
  readonly type: EntityType;
  readonly id: string;
  readonly path: Path;
}

/** Something that a plan does not say. */
export interface Gap {
  /** As it completes "it is not said": `how long a backup of 'mysql' takes (expect.backup)`. */
  readonly what: string;
  readonly at: Place;
}

/** Something that does not hold. */
export interface Problem {
  readonly what: string;
  readonly at: Place;
  /** Things each of which needs the next one first; the last is the first again. */
  readonly circle?: readonly string[];
}

/** What is known of a claim; the verdict follows from it. */
export interface Claim {
  readonly kind: ProofKind;
  readonly asset?: string | undefined;
  readonly scenario?: string | undefined;
  readonly store?: string | undefined;
  readonly unit?: Proof["unit"];
  readonly target?: number | undefined;
  readonly worst?: number | undefined;
  readonly evidence: readonly string[];
  readonly missing?: readonly Gap[];
  readonly problems?: readonly Problem[];
}

/** Judges a claim: what is known to be too much fails it, whatever else is not known. */
export function judge(claim: Claim): Proof {
  const { kind, asset, scenario, store, target, worst, evidence, missing = [], problems = [] } = claim;
  const isTooMuch = target !== undefined && worst !== undefined && worst > target;
  const isOpen = missing.length > 0 || (target !== undefined && worst === undefined);
  return {
    kind,
    asset,
    scenario,
    store,
    unit: claim.unit ?? "seconds",
    target,
    worst,
    verdict: isTooMuch || problems.length > 0 ? "failed" : isOpen ? "unproven" : "proven",
    evidence,
    missing: missing.filter((gap, index) => missing.findIndex((other) => other.what === gap.what) === index),
    problems,
  };
}

/** How much there is to spare; negative when it does not hold. Undefined: nothing that can be counted. */
export function marginOf({ target, worst }: Proof): number | undefined {
  return target === undefined || worst === undefined ? undefined : target - worst;
}

const ESTIMATES = {
  size: (asset: string) => `how large a set of '${asset}' is`,
  backup: (asset: string) => `how long a backup of '${asset}' takes`,
  restore: (asset: string) => `how long a restore of '${asset}' takes`,
  log: (asset: string) => `how long it takes to archive what is new of the log of '${asset}'`,
};

/** An estimate that an asset lacks. */
export function lacksEstimate(asset: string, option: keyof typeof ESTIMATES): Gap {
  return {
    what: `${ESTIMATES[option](asset)} (expect.${option})`,
    at: { type: "asset", id: asset, path: ["expect", option] },
  };
}

/** Nobody is said to answer. */
export function lacksEscalation(plan: string): Gap {
  return {
    what: "who answers an alarm, and how soon (escalation)",
    at: { type: "plan", id: plan, path: ["escalation"] },
  };
}
