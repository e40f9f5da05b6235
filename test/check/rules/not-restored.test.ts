import { describe, expect, it } from "vitest";
import { lostHost, messagesOf } from "../../lib/findings.ts";

describe("not-restored", () => {
  it("wants each asset that is lost to be restored", async () => {
    expect(await messagesOf("not-restored", lostHost())).toEqual([]);
    expect(
      await messagesOf("not-restored", lostHost('rebuild(web, { id: "machine", takes: "20m" })')),
    ).toEqual([
      "scenario 'lost': 'notes' is lost (the host 'web' is lost; the data of 'notes' is on 'web'), and no step restores it",
    ]);
  });

  it("leaves to no-scenario what has none", async () => {
    expect(
      await messagesOf("not-restored", lostHost(undefined, { plan: 'escrow: [repo], covers: ["security"]' })),
    ).toEqual([]);
  });
});
