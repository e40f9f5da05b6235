import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("no-schedule", () => {
  it("finds the asset that is backed up only by hand", async () => {
    expect(await messagesOf("no-schedule", shop('schedule: daily("02:00")'))).toEqual([]);
    expect(await messagesOf("no-schedule", shop(""))).toEqual(["asset 'notes' has no schedule"]);
  });
});
