import { describe, expect, it } from "vitest";
import { messagesOf, placesOf, shop } from "../../lib/findings.ts";

describe("no-retention", () => {
  it("wants a number of something", async () => {
    const kept = (keep: string) => shop(`schedule: daily("02:00"), ${keep}`);
    expect(await messagesOf("no-retention", kept("keep: keep({ last: 1 })"))).toEqual([]);
    expect(await messagesOf("no-retention", kept(""))).toEqual([
      "asset 'notes' says nothing of how long its backups are kept",
    ]);
    expect(await placesOf("no-retention", kept(""))).toEqual(['files("notes"']);
    expect(await placesOf("no-retention", kept("keep: keep({})"))).toEqual(["keep({}"]);
  });
});
