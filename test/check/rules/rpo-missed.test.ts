import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { messagesOf, shop } from "../../lib/findings.ts";
import { toldBy } from "../../lib/told.ts";

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

  it("points at whoever promises the least: the asset or the scenario", async () => {
    const told = async (own: string, all: string) =>
      (await toldBy("rpo-missed", disaster({ notes: own, scenario: `rpo: "${all}"` }))).map(
        ({ message, at }) => [message, at],
      );
    const message = (allowed: string) =>
      `asset 'notes' may lose the data of 1 d 20 min 11 s in scenario 'lost', and the plan allows ${allowed}`;
    expect(await told('rpo: "2h"', "3h")).toEqual([[message("2 h"), '"2h"']]);
    expect(await told('rpo: "3h"', "2h")).toEqual([[message("2 h"), '"2h"']]);
    expect(await told("", "2h")).toEqual([[message("2 h"), '"2h"']]);
    expect(await told('rpo: "2d"', "2d")).toEqual([]);
    expect(await told("", "0s")).toEqual([[message("no loss"), '"0s"']]);
  });

  it("points at the asset when a table promises more than its own options", async () => {
    const objectives = 'objectives: [{ title: "notes", asset: notes, rpo: "2h" }]';
    const source = plan("26h").replace("assets: [notes],", `assets: [notes], ${objectives},`);
    expect((await toldBy("rpo-missed", source)).map(({ message, at }) => [message, at])).toEqual([
      ["asset 'notes' may lose the data of 1 d 10 min with its host, and the plan allows 2 h", '"26h"'],
    ]);
  });

  it("is silent when nothing is known, since that is unproven and no more", async () => {
    expect(await messagesOf("rpo-missed", shop('schedule: daily("02:00"), rpo: "26h"'))).toEqual([]);
    expect(await messagesOf("rpo-missed", shop('schedule: daily("02:00"), rpo: "23h"'))).toHaveLength(1);
  });
});
