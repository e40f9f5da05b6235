import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { formatDuration } from "../../model/units.ts";
import { clockOf, gapsOf } from "../../prove/clock.ts";
import type { Rule } from "../rule.ts";

const lostHour = diagnostic({
  code: "LB4020",
  name: "lost-hour",
  severity: "warning",
  message: text`asset '${"asset"}' is not backed up on the day on which the clocks of ${"zone"} go forward: ${"gap"} pass without a run`,
  why: text`its time does not exist on that day, and the cron of macOS leaves it out`,
  fix: text`choose a time outside of the changed hour, or a host time zone without daylight saving, such as UTC`,
});

export const rule: Rule = {
  diagnostic: lostHour,
  *check({ model, places }) {
    for (const { id, schedule, hosts } of model.assets) {
      if (schedule === undefined) continue;
      const clock = clockOf(model, schedule, hosts[0]);
      const { longest } = gapsOf(clock);
      const usual = gapsOf({ ...clock, zone: "UTC" }).longest;
      // A change of the clock moves a run by its hour or two; a run that is left out leaves twice the usual time.
      if (!Number.isFinite(longest) || longest <= usual * 1.5) continue;
      yield lostHour(
        { asset: id, zone: clock.zone, gap: formatDuration(longest) },
        places("asset", id, "schedule"),
      );
    }
  },
};
