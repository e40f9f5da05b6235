import { describe, expect, it } from "vitest";
import { lostHost, messagesOf } from "../../lib/findings.ts";

describe("not-survived", () => {
  it("finds each step whose needs this disaster takes away", async () => {
    expect(await messagesOf("not-survived", lostHost())).toEqual([]);
    expect(await messagesOf("not-survived", lostHost(undefined, { plan: "" }))).toEqual([
      "scenario 'lost': step 'restore-notes' needs the scripts of 'notes': they were on 'web'; say where else the compiled plan is kept: escrow of the plan",
    ]);
    expect(await messagesOf("not-survived", lostHost(undefined, { asset: "copies: [disk]" }))).toHaveLength(
      1,
    );
  });
});
