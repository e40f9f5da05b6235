import { describe, expect, it } from "vitest";
import { foundBy, lostHost, messagesOf, placesOf } from "../../lib/findings.ts";

describe("unknown-step", () => {
  const waitingFor = (list: string) =>
    lostHost(`rebuild(web, { id: "machine", takes: "20m" }), restore(notes, { after: [${list}] })`);

  it("finds each step that is none, at its place", async () => {
    expect(await messagesOf("unknown-step", waitingFor('"machine"'))).toEqual([]);
    expect(await placesOf("unknown-step", waitingFor('"machine", "nothing-like-it", "any"'))).toEqual([
      "restore(notes after.1",
      "restore(notes after.2",
    ]);
  });

  it("offers what is close, and only that is safe to mend", async () => {
    expect(await foundBy("unknown-step", waitingFor('"machin"'))).toMatchObject([
      {
        message:
          "scenario 'lost': step 'restore-notes' comes after 'machin', which is no step of it. Did you mean 'machine'?",
        fix: "replace with 'machine'",
        safeFix: { replacement: '"machine"' },
      },
    ]);
    const [far] = await foundBy("unknown-step", waitingFor('"nothing-like-it"'));
    expect(far).toMatchObject({
      message: "scenario 'lost': step 'restore-notes' comes after 'nothing-like-it', which is no step of it.",
      fix: "name one of: machine, restore-notes",
    });
    expect(far?.safeFix).toBeUndefined();
  });
});
