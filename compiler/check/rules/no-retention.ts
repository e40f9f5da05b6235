import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const noRetention = diagnostic({
  code: "LB4002",
  name: "no-retention",
  severity: "warning",
  message: text`asset '${"asset"}' says nothing of how long its backups are kept`,
  why: text`every set stays until the store is full, and then the next backup fails`,
  fix: text`add keep: keep({ daily: 7, weekly: 4 })`,
});

export const rule: Rule = {
  diagnostic: noRetention,
  *check({ model, places }) {
    for (const asset of model.assets) {
      const keeps = Object.keys(asset.keep ?? {}).length > 0;
      if (keeps) continue;
      yield noRetention({ asset: asset.id }, places("asset", asset.id, "keep"));
    }
  },
};
