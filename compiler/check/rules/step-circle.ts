import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import { circleOf } from "../../prove/steps.ts";
import type { Rule } from "../rule.ts";

const stepCircle = diagnostic({
  code: "LB3011",
  name: "step-circle",
  severity: "error",
  message: text`scenario '${"scenario"}': steps wait for each other: ${"circle"}`,
  why: text`none of them ever begins`,
  fix: text`take one of them out of an "after"`,
});

export const rule: Rule = {
  diagnostic: stepCircle,
  *check({ model, places }) {
    for (const { id: scenario, steps } of model.recovery.scenarios) {
      const circle = circleOf(steps);
      if (circle === undefined) continue;
      const { index } = byId(steps, circle[0]);
      const values = { scenario, circle: circle.map((id) => `'${id}'`).join(" → ") };
      yield stepCircle(values, places("scenario", scenario, "steps", index, "after"));
    }
  },
};
