import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { formatSize } from "../../model/units.ts";
import type { Rule } from "../rule.ts";

const storeTooSmall = diagnostic({
  code: "LB4016",
  name: "store-too-small",
  severity: "error",
  message: text`store '${"store"}' holds ${"capacity"}, and its sets need ${"needed"}`,
  why: text`backups fail when it is full: ${"evidence"}`,
  fix: text`give it more room, keep fewer sets in it (keep, or copy(…, { keep })), or use another store`,
});

export const rule: Rule = {
  diagnostic: storeTooSmall,
  *check({ proofs, places }) {
    for (const proof of proofs) {
      if (proof.kind !== "capacity" || proof.verdict !== "failed") continue;
      const { store = "", target = 0, worst = 0, evidence } = proof;
      yield storeTooSmall(
        { store, capacity: formatSize(target), needed: formatSize(worst), evidence: evidence.join("; ") },
        places("store", store, "capacity"),
      );
    }
  },
};
