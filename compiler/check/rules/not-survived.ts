import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const notSurvived = diagnostic({
  code: "LB4010",
  name: "not-survived",
  severity: "error",
  message: text`scenario '${"scenario"}': ${"problem"}`,
  why: text`the recovery stops at this step, on the day on which it is needed`,
  fix: text`keep it where this disaster does not reach, or bring it back in a step before`,
});

export const rule: Rule = {
  diagnostic: notSurvived,
  *check({ proofs, places }) {
    for (const { kind, scenario = "", problems } of proofs) {
      if (kind !== "survival") continue;
      for (const { what, at, circle } of problems)
        if (circle === undefined)
          yield notSurvived({ scenario, problem: what }, places(at.type, at.id, ...at.path));
    }
  },
};
