/** What a proof is about. */
export type ProofKind =
  | "rpo"
  | "rto"
  | "survival"
  | "coverage"
  | "flow"
  | "retention"
  | "schedule"
  | "people";

/** A promise of the plan, and what follows from the rest of it. Durations are seconds. */
export interface Proof {
  readonly kind: ProofKind;
  readonly asset: string | undefined;
  readonly scenario: string | undefined;
  /** What the plan promises. Undefined: nothing that has a length. */
  readonly target: number | undefined;
  /** The worst that can happen, as far as it is known; Infinity when nothing is left. */
  readonly worst: number | undefined;
  /**
   * `proven`: it holds, whatever happens. `failed`: it does not. `unproven`: something is missing that only the author can know; what is
   * known does not contradict it.
   */
  readonly verdict: "proven" | "failed" | "unproven";
  /** The arithmetic, a line each, as a report shows it. */
  readonly evidence: readonly string[];
  /** What the author would have to say for an unproven claim to be proven. */
  readonly missing: readonly string[];
}

/** How much there is to spare; negative when it does not hold. */
export function marginOf({ target, worst }: Proof): number | undefined {
  return target === undefined || worst === undefined ? undefined : target - worst;
}
