import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const noCopySchedule = diagnostic({
  code: "LB4006",
  name: "no-copy-schedule",
  severity: "warning",
  message: text`the copy of asset '${"asset"}' in '${"store"}' has no time of its own, and none follows from ${"schedule"}`,
  why: text`it would be made only by hand`,
  fix: text`write copy(${"store"}, { schedule: daily("03:00") })`,
});

export const rule: Rule = {
  diagnostic: noCopySchedule,
  *check({ model, places }) {
    for (const asset of model.assets) {
      for (const [index, copy] of asset.copies.entries()) {
        const own = copy.how === "pulled" || copy.how === "pushed";
        if (!own || copy.schedule !== undefined || asset.schedule === undefined) continue;
        const values = { asset: asset.id, store: copy.store, schedule: asset.schedule.text };
        yield noCopySchedule(values, places("asset", asset.id, "copies", index));
      }
    }
  },
};
