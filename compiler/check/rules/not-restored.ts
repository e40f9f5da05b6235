import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const notRestored = diagnostic({
  code: "LB4012",
  name: "not-restored",
  severity: "error",
  message: text`scenario '${"scenario"}': ${"problem"}`,
  why: text`the service would come back without its data`,
  fix: text`add restore() of it to the steps`,
});

export const rule: Rule = {
  diagnostic: notRestored,
  *check({ proofs, places }) {
    for (const { kind, scenario, problems } of proofs) {
      if (kind !== "coverage" || scenario === undefined) continue;
      for (const { what, at } of problems)
        yield notRestored({ scenario, problem: what }, places(at.type, at.id, ...at.path));
    }
  },
};
