import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";
import { toldBy } from "../../lib/told.ts";

describe("either-day", () => {
  const plan = (cron: string) => shop(`schedule: cron("${cron}"), keep: keep({ last: 3 })`);

  it("finds a day of the month beside a weekday", async () => {
    expect(await messagesOf("either-day", plan("0 2 1 * mon"))).toHaveLength(1);
    expect(await messagesOf("either-day", plan("0 2 1-7 * 1-5"))).toHaveLength(1);
  });

  it("is silent when one of them begins with a star", async () => {
    for (const cron of ["0 2 * * mon", "0 2 1 * *", "0 2 */2 * mon", "0 2 1 * */2"])
      expect(await messagesOf("either-day", plan(cron)), cron).toEqual([]);
  });

  it("looks at verifications, drills and checks, too", async () => {
    const bad = 'cron("0 2 1 * mon")';
    const told = async (source: string) =>
      (await toldBy("either-day", source)).map(({ message, line }) => [message.replace(/:.*/, ""), line]);
    const verify = `verify: ${bad},`;
    const drill = `drill: ${bad},`;
    expect(
      await told(shop(`schedule: daily("02:00"), keep: keep({ last: 3 }),\n${verify}\n${drill}\n`)),
    ).toEqual([
      ["verify of asset 'notes'", verify],
      ["drill of asset 'notes'", drill],
    ]);
    const schedule = `schedule: ${bad},`;
    const checks = `controller: web, checks: [check("daily", {\n${schedule}\nprobes: [hostsUp(web)] })]`;
    const checked = shop('schedule: daily("02:00"), keep: keep({ last: 3 })', { plan: checks });
    expect(await told(checked)).toEqual([["schedule of check 'daily'", schedule]]);
    expect(await messagesOf("either-day", checked)).toEqual([
      "schedule of check 'daily': '0 2 1 * mon' runs on each of those days of the month and on each of those weekdays, too",
    ]);
  });
});
