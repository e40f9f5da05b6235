import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import { formatDuration } from "../../model/units.ts";
import type { Rule } from "../rule.ts";

const rpoMissed = diagnostic({
  code: "LB4008",
  name: "rpo-missed",
  severity: "error",
  message: text`asset '${"asset"}' may lose ${"worst"} ${"when"}, and the plan allows ${"target"}`,
  why: text`${"evidence"}`,
  fix: text`back it up or copy it more often, copy it to where the disaster does not reach, or promise less`,
});

export const rule: Rule = {
  diagnostic: rpoMissed,
  *check({ model, proofs, places }) {
    for (const proof of proofs) {
      if (proof.kind !== "rpo" || proof.verdict !== "failed") continue;
      const { asset = "", scenario, target = 0, worst = 0 } = proof;
      // Whoever promises the least is the one to speak to.
      const own = byId(model.assets, asset).rpo;
      const place =
        own === target || scenario === undefined
          ? places("asset", asset, "rpo")
          : places("scenario", scenario, "rpo");
      yield rpoMissed(
        {
          asset,
          worst: Number.isFinite(worst) ? `the data of ${formatDuration(worst)}` : "all of its data",
          when: scenario === undefined ? "with its host" : `in scenario '${scenario}'`,
          target: target === 0 ? "no loss" : formatDuration(target),
          evidence: proof.evidence.join("; "),
        },
        place,
      );
    }
  },
};
