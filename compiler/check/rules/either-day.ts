import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Model } from "../../model/model.ts";
import type { ScheduleModel } from "../../model/schedule.ts";
import type { Rule } from "../rule.ts";

const eitherDay = diagnostic({
  code: "LB4019",
  name: "either-day",
  severity: "warning",
  message: text`${"what"}: '${"cron"}' runs on each of those days of the month and on each of those weekdays, too`,
  why: text`cron joins the two by "or" unless one of them begins with a star; most authors mean "and"`,
  fix: text`leave one of the two fields a star, or make two schedules`,
});

export const rule: Rule = {
  diagnostic: eitherDay,
  *check({ model, places }) {
    for (const { what, schedule, place } of schedulesOf(model)) {
      if (schedule.days !== "or") continue;
      yield eitherDay({ what, cron: schedule.cron }, places(...place));
    }
  },
};

type PlaceArguments = [type: "asset" | "check", id: string, ...path: (string | number)[]];

/** Every schedule that an author has written. */
function* schedulesOf(
  model: Model,
): Iterable<{ what: string; schedule: ScheduleModel; place: PlaceArguments }> {
  for (const asset of model.assets) {
    const own = { schedule: asset.schedule, verify: asset.verifySchedule, drill: asset.drillSchedule };
    for (const [option, schedule] of Object.entries(own))
      if (schedule !== undefined)
        yield { what: `${option} of asset '${asset.id}'`, schedule, place: ["asset", asset.id, option] };
  }
  for (const { id, schedule } of model.recovery.checks)
    yield { what: `schedule of check '${id}'`, schedule, place: ["check", id, "schedule"] };
}
