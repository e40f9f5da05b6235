import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const noScenario = diagnostic({
  code: "LB4013",
  name: "no-scenario",
  severity: "error",
  message: text`${"problem"}`,
  why: text`what is promised without a way to keep it, or planned without a promise, is found out on the worst day`,
  fix: text`write the scenario, with its steps; or the objective; or take the promise back`,
});

export const rule: Rule = {
  diagnostic: noScenario,
  *check({ proofs, places }) {
    for (const { kind, scenario, problems } of proofs) {
      if (kind !== "coverage" || scenario !== undefined) continue;
      for (const { what, at } of problems)
        yield noScenario({ problem: what }, places(at.type, at.id, ...at.path));
    }
  },
};
