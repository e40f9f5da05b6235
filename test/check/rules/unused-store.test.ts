import { describe, expect, it } from "vitest";
import { messagesOf, shop } from "../../lib/findings.ts";

describe("unused-store", () => {
  it("finds the store that no asset names, and no other", async () => {
    const other = 'const spare = directory("spare", { path: "/spare" });';
    const options = 'schedule: daily("02:00"), keep: keep({ daily: 7 })';
    expect(
      await messagesOf("unused-store", shop(options, { before: other, plan: "stores: [spare, disk]" })),
    ).toEqual(["nothing is ever copied to store 'spare'"]);
    expect(await messagesOf("unused-store", shop(options, { plan: "stores: [disk]" }))).toEqual([]);
  });
});
