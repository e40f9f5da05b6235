import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Gap, Proof } from "../../prove/proof.ts";
import type { Rule } from "../rule.ts";

const unproven = diagnostic({
  code: "LB4017",
  name: "unproven",
  severity: "warning",
  message: text`it is not said ${"what"}, so this is not proven: ${"claims"}`,
  why: text`what nobody has said is not assumed: the plan may or may not keep its promise`,
  fix: text`say it; an estimate will do until a drill has measured it`,
});

/** Claims that are named; the rest is counted. */
const SHOWN = 3;

export const rule: Rule = {
  diagnostic: unproven,
  *check({ proofs, places }) {
    const gaps = new Map<string, { gap: Gap; claims: Proof[] }>();
    for (const proof of proofs) {
      if (proof.verdict !== "unproven") continue;
      for (const gap of proof.missing) {
        const known = gaps.get(gap.what) ?? { gap, claims: [] };
        known.claims.push(proof);
        gaps.set(gap.what, known);
      }
    }
    for (const { gap, claims } of gaps.values()) {
      const shown = claims.slice(0, SHOWN).map(nameOf).join(", ");
      const more = claims.length > SHOWN ? `, and ${claims.length - SHOWN} more` : "";
      const { type, id, path } = gap.at;
      yield unproven({ what: gap.what, claims: shown + more }, places(type, id, ...path));
    }
  },
};

const TITLES: Readonly<Record<Proof["kind"], string>> = {
  rpo: "the RPO",
  rto: "the RTO",
  survival: "the survival",
  coverage: "the coverage",
  flow: "the flow",
  retention: "the retention",
  capacity: "the capacity",
  schedule: "the schedule",
  people: "who is called",
};

function nameOf({ kind, asset, scenario, store }: Proof): string {
  const subject = asset ?? store;
  return [
    TITLES[kind],
    ...(subject === undefined ? [] : [`of '${subject}'`]),
    ...(scenario === undefined ? [] : [`in '${scenario}'`]),
  ].join(" ");
}
