import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import { related } from "../related.ts";
import type { Rule } from "../rule.ts";

const repeatedStep = diagnostic({
  code: "LB3010",
  name: "repeated-step",
  severity: "error",
  message: text`scenario '${"scenario"}': two steps are called '${"step"}'`,
  why: text`a recovery is resumed at a step by its name, and "after" would mean either`,
  fix: text`give one of them an id of its own: { id: "${"step"}-again" }`,
});

export const rule: Rule = {
  diagnostic: repeatedStep,
  *check({ model, places }) {
    for (const { id: scenario, steps } of model.recovery.scenarios)
      for (const step of steps) {
        const first = byId(steps, step.id);
        if (first === step) continue;
        yield repeatedStep({ scenario, step: step.id }, places("scenario", scenario, "steps", step.index), {
          related: related("the other is here", places("scenario", scenario, "steps", first.index)),
        });
      }
  },
};
