import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("circular-need", () => {
  const inNotes =
    'const keys = escrow("keys", { in: notes }); const password = secretPrompt("the password", { escrow: [keys] });';
  const rebuilt = 'rebuild(web, { id: "machine", takes: "20m" })';
  const told = async (rule: string, parts: Parameters<typeof disaster>[0]) =>
    (await toldBy(rule, disaster(parts))).map(({ message, why, line }) => [message, why, line]);
  const circle =
    "scenario 'lost': what is needed needs itself: asset 'notes' → 'the password' → escrow 'keys' → asset 'notes'";
  const inside = (step: string) =>
    `step '${step}' needs 'the password': it is in 'keys', which is in 'notes', which does not work yet`;

  it("finds keys that are in what they open", async () => {
    const restore = "restore(notes, { needs: [password] }),";
    const parts = { between: inNotes, steps: `${rebuilt},\n${restore}\n` };
    expect(await told("circular-need", parts)).toEqual([[circle, inside("restore-notes"), restore]]);
    expect(await told("not-survived", parts)).toEqual([]);
  });

  it("finds a step that what it needs is waiting for", async () => {
    const unlock = 'manual("Unlock", { id: "unlock", takes: "1m", needs: [password] }),';
    const parts = {
      between: inNotes,
      steps: `${rebuilt},\n${unlock}\nmanual("Go on", { takes: "1m" }), restore(notes)`,
    };
    expect(await told("circular-need", parts)).toEqual([[circle, inside("unlock"), unlock]]);
  });

  it("takes no mere order of the steps for a circle", async () => {
    const unlock = (after: string) =>
      `manual("Unlock", { id: "unlock", takes: "1m", needs: [password], after: ["${after}"] }),`;
    const steps = (after: string) => `${rebuilt},\n${unlock(after)}\nrestore(notes, { after: ["machine"] })`;
    const late = { between: inNotes, steps: steps("restore-notes") };
    expect(await told("circular-need", late)).toEqual([]);
    expect(await told("not-survived", late)).toEqual([]);
    const beside = { between: inNotes, steps: steps("machine") };
    expect(await told("circular-need", beside)).toEqual([]);
    expect(await told("not-survived", beside)).toEqual([
      [
        `scenario 'lost': ${inside("unlock")}`,
        "the recovery stops at this step, on the day on which it is needed",
        unlock("machine"),
      ],
    ]);
  });

  it("is content with another place for the keys", async () => {
    const safe = inNotes.replace("[keys]", '[keys, escrow("safe")]');
    expect(
      await told("circular-need", {
        between: safe,
        steps: `${rebuilt}, restore(notes, { needs: [password] })`,
      }),
    ).toEqual([]);
  });

  it("finds a store that works only when the asset in it does", async () => {
    // Of two things that need each other one is named before it is made.
    const own =
      'const own = s3("own", { bucket: "shop", region: "eu-central-1", credentials: "/etc/aws", needs: ["notes" as never], escrow: [escrow("safe")] });';
    const parts = { before: own, copies: "disk, own", steps: `${rebuilt},\nrestore(notes),\n` };
    expect(await told("circular-need", parts)).toEqual([
      [
        "scenario 'lost': what is needed needs itself: asset 'notes' → store 'own' → asset 'notes'",
        "step 'restore-notes' needs a copy of 'notes': 'disk': the host 'web' is lost; the store 'disk' is on it; 'own': it can be read only when 'notes' works",
        "restore(notes),",
      ],
    ]);
    expect(await told("not-survived", parts)).toEqual([]);
    expect(await told("circular-need", { ...parts, copies: "disk, far, own" })).toEqual([]);
    expect(await told("circular-need", { ...parts, loses: "disk", steps: "restore(notes)" })).toEqual([]);
  });
});
