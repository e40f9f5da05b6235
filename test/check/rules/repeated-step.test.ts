import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("repeated-step", () => {
  const told = (steps: string, more = {}) =>
    toldBy("repeated-step", disaster({ loses: "notes", steps, ...more }));

  it("is silent while every step has a name of its own", async () => {
    expect(await told('restore(notes), restore(notes, { id: "again" })')).toEqual([]);
  });

  it("tells of each step but the first of a name, and where that one is", async () => {
    const steps =
      'manual("Look", { id: "look", takes: "1m" }), restore(notes), restore(notes, { takes: "1m" }), restore(notes, {})';
    const found = await told(steps);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatchObject({
      message: "scenario 'lost': two steps are called 'restore-notes'",
      fix: 'give one of them an id of its own: { id: "restore-notes-again" }',
      related: ["restore"],
    });
    const [first, second, third] = [...steps.matchAll(/restore\(/g)].map(({ index }) => index + 11);
    expect(found.map(({ target }) => target?.column)).toEqual([second, third]);
    expect(found.map(({ places }) => places)).toEqual([[first], [first]]);
  });

  it("takes one name in two scenarios", async () => {
    const between =
      'const other = { title: "It is lost, too", disaster: "data-loss", priority: "P2", symptoms: ["it is empty"], impact: { level: "low" }, rto: "2h", rpo: "2d" } as const;';
    const second =
      'lost, scenario("other", { ...other, loses: [notes], detection: { by: "us", within: "5m" }, steps: [restore(notes)] })';
    expect(await told("restore(notes)", { between, scenarios: second })).toEqual([]);
  });
});
