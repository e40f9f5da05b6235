import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { closest } from "../../model/closest.ts";
import type { Rule } from "../rule.ts";

const unknownStep = diagnostic({
  code: "LB3009",
  name: "unknown-step",
  severity: "error",
  message: text`scenario '${"scenario"}': step '${"step"}' comes after '${"id"}', which is no step of it.${"suggestion"}`,
  why: text`the order in which the steps are safe would not be kept`,
  fix: text`${"advice"}`,
});

export const rule: Rule = {
  diagnostic: unknownStep,
  *check({ model, places }) {
    for (const scenario of model.recovery.scenarios) {
      const known = scenario.steps.map((step) => step.id);
      for (const step of scenario.steps)
        for (const [index, id] of step.after.entries()) {
          if (known.includes(id)) continue;
          const close = closest(id, known);
          yield unknownStep(
            {
              scenario: scenario.id,
              step: step.id,
              id,
              suggestion: close === undefined ? "" : ` Did you mean '${close}'?`,
              advice: close === undefined ? `name one of: ${known.join(", ")}` : `replace with '${close}'`,
            },
            places("scenario", scenario.id, "steps", step.index, "after", index),
            { ...(close !== undefined && { safeFix: { replacement: JSON.stringify(close) } }) },
          );
        }
    }
  },
};
