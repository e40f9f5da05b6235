import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import type { Rule } from "../rule.ts";

const notACopy = diagnostic({
  code: "LB3012",
  name: "not-a-copy",
  severity: "error",
  message: text`scenario '${"scenario"}': asset '${"asset"}' is restored from '${"store"}', which has no copy of it`,
  why: text`there would be nothing to restore`,
  fix: text`name one of its own: ${"stores"}, or leave "from" out: the first copy that is left is taken`,
});

export const rule: Rule = {
  diagnostic: notACopy,
  *check({ model, places }) {
    for (const { id: scenario, steps } of model.recovery.scenarios)
      for (const { action, index } of steps) {
        // Stryker disable next-line ConditionalExpression: no other action has a `from`, which only its type does not know
        if (action.do !== "restore" || action.from === undefined) continue;
        const stores = byId(model.assets, action.asset).copies.map((copy) => copy.store);
        if (stores.includes(action.from)) continue;
        yield notACopy(
          { scenario, asset: action.asset, store: action.from, stores: stores.join(", ") },
          places("scenario", scenario, "steps", index, "from"),
        );
      }
  },
};
