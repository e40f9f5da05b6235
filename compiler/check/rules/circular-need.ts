import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const circularNeed = diagnostic({
  code: "LB4011",
  name: "circular-need",
  severity: "error",
  message: text`scenario '${"scenario"}': what is needed needs itself: ${"circle"}`,
  why: text`${"problem"}`,
  fix: text`keep one of them a second time, outside of the circle`,
});

export const rule: Rule = {
  diagnostic: circularNeed,
  *check({ proofs, places }) {
    for (const { scenario = "", problems } of proofs) {
      for (const { what, at, circle } of problems)
        if (circle !== undefined)
          yield circularNeed(
            { scenario, circle: circle.join(" → "), problem: what },
            places(at.type, at.id, ...at.path),
          );
    }
  },
};
