import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { formatDuration } from "../../model/units.ts";
import type { Rule } from "../rule.ts";

const rtoMissed = diagnostic({
  code: "LB4009",
  name: "rto-missed",
  severity: "error",
  message: text`${"what"} takes ${"worst"}, and the plan allows ${"target"}`,
  why: text`${"evidence"}`,
  fix: text`notice it sooner, answer sooner, let steps run side by side (after: []), shorten the longest of them, or promise more time`,
});

export const rule: Rule = {
  diagnostic: rtoMissed,
  *check({ proofs, places }) {
    const told = new Set<string | undefined>();
    for (const proof of proofs) {
      if (proof.kind !== "rto" || proof.verdict !== "failed") continue;
      const { asset = "", scenario, target = 0, worst = 0 } = proof;
      // The scenario as a whole is told of before its assets, which are late because it is.
      if (told.has(scenario)) continue;
      if (asset === "") told.add(scenario);
      const what =
        scenario === undefined
          ? `a restore of asset '${asset}'`
          : asset === ""
            ? `the recovery from scenario '${scenario}'`
            : `the recovery of asset '${asset}' in scenario '${scenario}'`;
      yield rtoMissed(
        {
          what,
          worst: formatDuration(worst),
          target: formatDuration(target),
          evidence: proof.evidence.join("; "),
        },
        scenario === undefined ? places("asset", asset, "rto") : places("scenario", scenario, "rto"),
      );
    }
  },
};
