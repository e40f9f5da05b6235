import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { AssetModel } from "../../model/model.ts";
import { firings } from "../../prove/calendar.ts";
import { clockOf } from "../../prove/clock.ts";
import { HORIZON } from "../../prove/staleness.ts";
import { related } from "../related.ts";
import type { Rule } from "../rule.ts";

const allAtOnce = diagnostic({
  code: "LB4021",
  name: "all-at-once",
  severity: "warning",
  message: text`backups of ${"assets"} begin on '${"host"}' while another one is still at work`,
  why: text`side by side they take longer than either was measured to take, and slow down what the host is there for`,
  fix: text`let each begin after the one before it is done: ${"when"}`,
});

/** A job of a week that every schedule of the plan has. */
const WEEK = { from: HORIZON.from, to: HORIZON.from + 7 * 1440 };
/** Shorter jobs than this may well meet: seconds. */
const SHORT = 120;

export const rule: Rule = {
  diagnostic: allAtOnce,
  *check({ model, places }) {
    for (const host of model.hosts) {
      const runs = model.assets
        .filter((asset) => asset.hosts.includes(host.id) && (asset.expect.backup ?? 0) > SHORT)
        .flatMap((asset) => [...runsOf(asset, host.id)])
        .sort((a, b) => a.from - b.from);
      const clashing = new Map<string, { asset: AssetModel; from: number; free: number }>();
      let busy = { until: Number.NEGATIVE_INFINITY, id: "" };
      for (const run of runs) {
        if (run.from < busy.until && run.asset.id !== busy.id && !clashing.has(run.asset.id))
          clashing.set(run.asset.id, { asset: run.asset, from: run.from, free: busy.until });
        if (run.to > busy.until) busy = { until: run.to, id: run.asset.id };
      }
      const found = [...clashing.values()];
      const [first] = found;
      if (first === undefined) continue;
      yield allAtOnce(
        {
          host: host.id,
          assets: found.map(({ asset }) => `'${asset.id}'`).join(", "),
          when: found
            .map(({ asset, from, free }) => `'${asset.id}' ${Math.ceil((free - from) / 60)} min later`)
            .join(", "),
        },
        places("asset", first.asset.id, "schedule"),
        {
          related: found
            .slice(1)
            .flatMap(({ asset: { id } }) => related(`so does '${id}'`, places("asset", id, "schedule"))),
        },
      );
    }

    function* runsOf(asset: AssetModel, host: string) {
      if (asset.schedule === undefined) return;
      for (const start of firings(clockOf(model, asset.schedule, host), WEEK.from, WEEK.to))
        yield { asset, from: start * 60, to: start * 60 + (asset.expect.backup ?? 0) };
    }
  },
};
