import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { formatDuration } from "../../model/units.ts";
import type { Rule } from "../rule.ts";

const stoppedTooSoon = diagnostic({
  code: "LB4023",
  name: "stopped-too-soon",
  severity: "error",
  message: text`a ${"job"} of asset '${"asset"}' takes ${"estimate"}, and is stopped after ${"limit"}`,
  why: text`it would never be done`,
  fix: text`allow it more time: timeLimit.${"job"}`,
});

export const rule: Rule = {
  diagnostic: stoppedTooSoon,
  *check({ model, places }) {
    for (const { id, expect, timeLimit } of model.assets) {
      for (const job of ["backup", "restore"] as const) {
        const estimate = expect[job];
        if (estimate === undefined || estimate <= timeLimit[job]) continue;
        yield stoppedTooSoon(
          { job, asset: id, estimate: formatDuration(estimate), limit: formatDuration(timeLimit[job]) },
          places("asset", id, "timeLimit", job),
        );
      }
    }
  },
};
