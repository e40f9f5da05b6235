import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("lost-hour", () => {
  const plan = (os: string, zone: string, time: string) =>
    shop(`schedule: daily("${time}"), keep: keep({ daily: 7 })`, {
      host: `os: "${os}", timeZone: "${zone}"`,
    });

  it("finds the hour that is missing on macOS, whose cron leaves it out", async () => {
    expect(await messagesOf("lost-hour", plan("macos", "Europe/Berlin", "02:30"))).toEqual([
      "asset 'notes' is not backed up on the day on which the clocks of Europe/Berlin go forward: 1 d 23 h pass without a run",
    ]);
    expect(await messagesOf("lost-hour", plan("macos", "Europe/Berlin", "01:59"))).toEqual([]);
    expect(await messagesOf("lost-hour", plan("macos", "Europe/Berlin", "03:00"))).toEqual([]);
  });

  it("takes the hour by which clocks move for no run that is left out", async () => {
    const every = (cron: string) =>
      plan("macos", "Europe/Berlin", "02:30").replace('daily("02:30")', `cron("${cron}")`);
    // From 01:00 to 03:00 are three hours on the day on which they go back.
    expect(await messagesOf("lost-hour", every("0 1-23/2 * * *"))).toEqual([]);
    expect(await messagesOf("lost-hour", every("0 2-23/3 * * *"))).toEqual([
      "asset 'notes' is not backed up on the day on which the clocks of Europe/Berlin go forward: 5 h pass without a run",
    ]);
  });

  it("asks nothing of what nobody has scheduled", async () => {
    const source = plan("macos", "Europe/Berlin", "02:30").replace('schedule: daily("02:30"), ', "");
    expect(await messagesOf("lost-hour", source)).toEqual([]);
  });

  it("is silent on Linux, whose cron makes up for it, and where clocks never change", async () => {
    expect(await messagesOf("lost-hour", plan("linux", "Europe/Berlin", "02:30"))).toEqual([]);
    expect(await messagesOf("lost-hour", plan("macos", "Asia/Seoul", "02:30"))).toEqual([]);
  });
});
