import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

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
    expect(
      await messagesOf(
        "either-day",
        shop(`schedule: daily("02:00"), keep: keep({ last: 3 }), verify: ${bad}, drill: ${bad}`),
      ),
    ).toHaveLength(2);
    const checks = `controller: web, checks: [check("daily", { schedule: ${bad}, probes: [hostsUp(web)] })]`;
    expect(
      await messagesOf(
        "either-day",
        shop('schedule: daily("02:00"), keep: keep({ last: 3 })', { plan: checks }),
      ),
    ).toEqual([
      "schedule of check 'daily': '0 2 1 * mon' runs on each of those days of the month and on each of those weekdays, too",
    ]);
  });
});
