import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const noSchedule = diagnostic({
  code: "LB4001",
  name: "no-schedule",
  severity: "warning",
  message: text`asset '${"asset"}' has no schedule`,
  why: text`it is backed up only when somebody thinks of it, so no recovery point can be promised`,
  fix: text`add schedule: daily("02:00")`,
});

export const rule: Rule = {
  diagnostic: noSchedule,
  *check({ model, places }) {
    for (const asset of model.assets) {
      if (asset.schedule === undefined) yield noSchedule({ asset: asset.id }, places("asset", asset.id));
    }
  },
};
