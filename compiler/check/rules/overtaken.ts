import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { formatDuration } from "../../model/units.ts";
import type { Rule } from "../rule.ts";

const overtaken = diagnostic({
  code: "LB4022",
  name: "overtaken",
  severity: "error",
  message: text`a backup of asset '${"asset"}' takes ${"duration"}, and the next one is due after ${"interval"}`,
  why: text`the next one finds the lock taken and is left out, so there are fewer sets than the plan says`,
  fix: text`back it up less often, or in less time (a log beside full backups, increments in restic)`,
});

export const rule: Rule = {
  diagnostic: overtaken,
  *check({ proofs, places }) {
    for (const { kind, verdict, asset = "", target = 0, worst = 0 } of proofs) {
      if (kind !== "schedule" || verdict !== "failed") continue;
      yield overtaken(
        { asset, duration: formatDuration(worst), interval: formatDuration(target) },
        places("asset", asset, "schedule"),
      );
    }
  },
};
