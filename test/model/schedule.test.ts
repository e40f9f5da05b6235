import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFields, parseSchedule, scheduleFields } from "../../compiler/model/schedule.ts";
import { daily, every, monthly, weekly } from "../../dsl/index.ts";

const fieldsOf = (schedule: Parameters<typeof parseSchedule>[0]) => {
  const { value } = parseSchedule(schedule, () => undefined);
  return value && { cron: value.cron, text: value.text, fields: scheduleFields(value) };
};

describe("schedules become cron fields", () => {
  it.each([
    [daily("02:00"), "0 2 * * *", "daily at 02:00", "0 2 * * * and"],
    [weekly("sunday", "03:30"), "30 3 * * 0", "weekly on Sunday at 03:30", "30 3 * * 0 and"],
    [monthly(28, "04:05"), "5 4 28 * *", "monthly on day 28 at 04:05", "5 4 28 * * and"],
    [every("15m"), "*/15 * * * *", "every 15 min", "0,15,30,45 * * * * and"],
    [every("60s"), "* * * * *", "every 1 min", "* * * * * and"],
    [every("90m"), undefined, undefined, undefined],
    [every("6h"), "0 */6 * * *", "every 6 h", "0 0,6,12,18 * * * and"],
    [every("24h"), "0 0 * * *", "daily at 00:00", "0 0 * * * and"],
    [
      { cron: "30 1 1,15 * mon-fri" },
      "30 1 1,15 * mon-fri",
      "cron 30 1 1,15 * mon-fri",
      "30 1 1,15 * 1,2,3,4,5 or",
    ],
    [{ cron: "0 0 */2 * 7" }, "0 0 */2 * 7", "cron 0 0 */2 * 7", `0 0 ${odd()} * 0 and`],
  ])("%j", (schedule, cron, text, fields) => {
    expect(fieldsOf(schedule)).toEqual(cron === undefined ? undefined : { cron, text, fields });
  });

  function odd(): string {
    return Array.from({ length: 16 }, (_, index) => 1 + 2 * index).join(",");
  }

  it("expand lists, ranges and steps to what a plain reading says", () => {
    const item = fc.oneof(
      fc.constant("*"),
      fc.integer({ min: 0, max: 23 }).map(String),
      fc
        .tuple(
          fc.integer({ min: 0, max: 23 }),
          fc.integer({ min: 0, max: 23 }),
          fc.integer({ min: 1, max: 12 }),
        )
        .map(([a, b, step]) =>
          [`${Math.min(a, b)}-${Math.max(a, b)}`, step === 1 ? "" : `/${step}`].join(""),
        ),
    );
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 4 }), (items) => {
        const parsed = parseFields(`0 ${items.join(",")} * * *`);
        const wanted = new Set<number>();
        for (const each of items) {
          const [range = "", step = "1"] = each.split("/");
          const [from = "0", to = from] = range === "*" ? ["0", "23"] : range.split("-");
          for (let hour = Number(from); hour <= Number(to); hour += Number(step)) wanted.add(hour);
        }
        expect(parsed).toMatchObject({ hours: [...wanted].sort((a, b) => a - b) });
      }),
      { numRuns: 1000 },
    );
  });
});
