import { describe, expect, it } from "vitest";
import { lostHost, messagesOf, placesOf } from "../../lib/findings.ts";

describe("retention-too-short", () => {
  const hidden = (days: number, keep: string) =>
    lostHost("restore(notes)", {
      asset: `keep: keep(${keep})`,
      scenario: `disaster: "data-loss", loses: [notes], detection: { by: "a user", within: "5m", hidden: "${days}d" }`,
    });

  it("wants a set from before the damage, however late that is noticed", async () => {
    expect(await messagesOf("retention-too-short", hidden(5, "{ daily: 7 }"))).toEqual([]);
    expect(await messagesOf("retention-too-short", hidden(14, "{ daily: 7 }"))).toEqual([
      "scenario 'lost': damage to asset 'notes' is noticed after 14 d 5 min, and the oldest set may be of 6 d before",
    ]);
    expect(await placesOf("retention-too-short", hidden(14, "{ daily: 7 }"))).toEqual(["keep({ daily: 7 }"]);
    expect(await messagesOf("retention-too-short", hidden(14, "{ daily: 7, weekly: 5 }"))).toEqual([]);
  });

  it("is silent about a scenario that takes what is there now", async () => {
    expect(await messagesOf("retention-too-short", lostHost())).toEqual([]);
  });
});
