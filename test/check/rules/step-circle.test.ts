import { describe, expect, it } from "vitest";
import { lostHost, messagesOf, placesOf } from "../../lib/findings.ts";

describe("step-circle", () => {
  const steps = (machine: string, notes: string) =>
    lostHost(
      `rebuild(web, { id: "machine", takes: "20m", after: [${machine}] }), restore(notes, { after: [${notes}] })`,
    );

  it("finds steps that wait for each other, and one that waits for itself", async () => {
    expect(await messagesOf("step-circle", steps("", '"machine"'))).toEqual([]);
    expect(await messagesOf("step-circle", steps('"restore-notes"', '"machine"'))).toEqual([
      "scenario 'lost': steps wait for each other: 'machine' → 'restore-notes' → 'machine'",
    ]);
    expect(await placesOf("step-circle", steps("", '"restore-notes"'))).toEqual(["restore(notes after"]);
  });
});
