import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("overtaken", () => {
  const plan = (every: string, backup: string) =>
    shop(`schedule: every("${every}"), keep: keep({ last: 3 }), expect: { backup: "${backup}" }`);

  it("allows a backup that is done when the next one is due", async () => {
    expect(await messagesOf("overtaken", plan("1h", "1h"))).toEqual([]);
    expect(await messagesOf("overtaken", plan("1h", "1h1s"))).toEqual([
      "a backup of asset 'notes' takes 1 h 1 s, and the next one is due after 1 h",
    ]);
  });

  it("looks at the shortest wait of the year: the night in which an hour is missing", async () => {
    const source = (zone: string) =>
      shop('schedule: daily("04:00"), keep: keep({ daily: 3 }), expect: { backup: "23h30m" }', {
        host: `timeZone: "${zone}"`,
      });
    expect(await messagesOf("overtaken", source("UTC"))).toEqual([]);
    expect(await messagesOf("overtaken", source("Europe/Berlin"))).toHaveLength(1);
  });
});
