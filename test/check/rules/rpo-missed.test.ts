import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("rpo-missed", () => {
  const plan = (rpo: string, more = "") =>
    shop(
      `schedule: daily("02:00"), keep: keep({ daily: 7 }), rpo: "${rpo}", expect: { backup: "10m" } ${more}`,
    );

  it("allows exactly what can be lost, and not a second less", async () => {
    expect(await messagesOf("rpo-missed", plan("1d10m"))).toEqual([]);
    expect(await messagesOf("rpo-missed", plan("1d9m59s"))).toEqual([
      "asset 'notes' may lose the data of 1 d 10 min with its host, and the plan allows 1 d 9 min 59 s",
    ]);
  });

  it("counts the day on which clocks go back", async () => {
    const source = (host: string) =>
      shop(
        'schedule: cron("*/30 1 * * *"), keep: keep({ daily: 7 }), rpo: "23h40m", expect: { backup: "10m" }',
        { host },
      );
    expect(await messagesOf("rpo-missed", source('timeZone: "Asia/Seoul"'))).toEqual([]);
    // From 01:30 to 01:00 of the day after are 24 hours and a half there once a year.
    expect(await messagesOf("rpo-missed", source('timeZone: "Europe/Berlin"'))).toHaveLength(1);
  });

  it("is silent when nothing is known, since that is unproven and no more", async () => {
    expect(await messagesOf("rpo-missed", shop('schedule: daily("02:00"), rpo: "26h"'))).toEqual([]);
    expect(await messagesOf("rpo-missed", shop('schedule: daily("02:00"), rpo: "23h"'))).toHaveLength(1);
  });
});
