import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import type { CopyModel } from "../../model/model.ts";
import type { ScheduleModel } from "../../model/schedule.ts";
import { formatDuration } from "../../model/units.ts";
import type { Rule } from "../rule.ts";

const copyTooEarly = diagnostic({
  code: "LB4007",
  name: "copy-too-early",
  severity: "warning",
  message: text`the copy of asset '${"asset"}' in '${"store"}' is made ${"when"} what it copies begins, which takes ${"duration"}`,
  why: text`it takes the set before the newest one, so the copy is a whole interval older than the plan looks`,
  fix: text`let the copy start later, or leave its schedule out: it then follows the backup by itself`,
});

const WEEK = 7 * 24 * 60;

export const rule: Rule = {
  diagnostic: copyTooEarly,
  *check({ model, places }) {
    for (const asset of model.assets) {
      const zone = ({ by }: CopyModel) => byId(model.hosts, by ?? asset.hosts[0] ?? "").timeZone;
      for (const [index, copy] of asset.copies.entries()) {
        const source = asset.copies[copy.from] ?? copy;
        // Further directories of its host are filled by the backup itself.
        const isOwn = source.how === "made" || source.how === "copied";
        const before = isOwn ? asset.schedule : source.schedule;
        if (before === undefined || copy.follows || copy.schedule === undefined) continue;
        if (zone(copy) !== zone(source)) continue;
        const gap = shortestWait(before, copy.schedule);
        const needed = (isOwn ? asset.expect.backup : source.takes) ?? 0;
        if (gap === undefined || (gap * 60 >= needed && gap > 0)) continue;
        yield copyTooEarly(
          {
            asset: asset.id,
            store: copy.store,
            when: gap === 0 ? "in the very minute in which" : `${formatDuration(gap * 60)} after`,
            duration: needed === 0 ? "longer than that" : formatDuration(needed),
          },
          places("asset", asset.id, "copies", index, "schedule"),
        );
      }
    }
  },
};

/** Minutes that the second schedule, at the least, comes after the first; undefined for other than daily and weekly ones. */
function shortestWait(first: ScheduleModel, second: ScheduleModel): number | undefined {
  const before = minutesOfWeek(first);
  const after = minutesOfWeek(second);
  if (before === undefined || after === undefined) return undefined;
  // A copy that runs more often than what it copies meets a backup at work now and then, and takes it the next time.
  if (after.length > before.length) return undefined;
  // Both are in order: one walk through the week meets, for each copy, the newest backup before it.
  let shortest = WEEK;
  let newest = (before.at(-1) ?? 0) - WEEK;
  let next = 0;
  for (const minute of after) {
    for (; (before[next] ?? WEEK) <= minute; next++) newest = before[next] as number;
    shortest = Math.min(shortest, minute - newest);
  }
  return shortest;
}

function minutesOfWeek(schedule: ScheduleModel): readonly number[] | undefined {
  if (schedule.daysOfMonth.length < 31 || schedule.months.length < 12) return undefined;
  return schedule.daysOfWeek.flatMap((day) =>
    schedule.hours.flatMap((hour) => schedule.minutes.map((minute) => (day * 24 + hour) * 60 + minute)),
  );
}
