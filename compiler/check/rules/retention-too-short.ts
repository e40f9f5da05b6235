import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { formatDuration } from "../../model/units.ts";
import type { Rule } from "../rule.ts";

const retentionTooShort = diagnostic({
  code: "LB4015",
  name: "retention-too-short",
  severity: "error",
  message: text`scenario '${"scenario"}': damage to asset '${"asset"}' is noticed after ${"noticed"}, and the oldest set may be of ${"reach"} before`,
  why: text`every set that is left was made from damaged data: ${"evidence"}`,
  fix: text`keep sets of more weeks or months, or notice damage sooner`,
});

export const rule: Rule = {
  diagnostic: retentionTooShort,
  *check({ proofs, places }) {
    for (const proof of proofs) {
      if (proof.kind !== "retention" || proof.verdict !== "failed") continue;
      const { asset = "", scenario = "", target = 0, worst = 0, evidence } = proof;
      yield retentionTooShort(
        {
          scenario,
          asset,
          noticed: formatDuration(worst),
          reach: formatDuration(target),
          evidence: evidence.join("; "),
        },
        places("asset", asset, "keep"),
      );
    }
  },
};
