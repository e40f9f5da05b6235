import { describe, expect, it } from "vitest";
import { lostHost, messagesOf } from "../../lib/findings.ts";

describe("circular-need", () => {
  const keys = (where: string) =>
    lostHost(
      'rebuild(web, { id: "machine", takes: "20m" }), restore(notes, { after: ["machine"], needs: [secretPrompt("the password", { escrow: [keys] })] })',
      { before: `const keys = escrow("keys", ${where});` },
    );

  it("shows the circle, and that is no finding of not-survived, too", async () => {
    const circle = keys("{ in: notes }");
    expect(await messagesOf("circular-need", circle)).toEqual([
      "scenario 'lost': what is needed needs itself: asset 'notes' → 'the password' → escrow 'keys' → asset 'notes'",
    ]);
    expect(await messagesOf("not-survived", circle)).toEqual([]);
  });

  it("is silent about what is merely lost, and about what is kept elsewhere", async () => {
    expect(await messagesOf("circular-need", lostHost(undefined, { plan: "" }))).toEqual([]);
    expect(await messagesOf("circular-need", keys('{ description: "the safe of the bank" }'))).toEqual([]);
  });
});
