import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("repeated-step", () => {
  const told = (steps: string, scenarios = "lost") =>
    toldBy("repeated-step", disaster({ loses: "notes", steps, scenarios }));

  it("is silent while every step has a name of its own", async () => {
    expect(await told('restore(notes), restore(notes, { id: "again" })')).toEqual([]);
  });

  it("tells of each step but the first of a name, and where that one is", async () => {
    const first = "restore(notes),";
    const second = 'restore(notes, { takes: "1m" }),';
    const third = "restore(notes, {}),";
    const found = await told(`\nmanual("Look", { takes: "1m" }),\n${first}\n${second}\n${third}\n`);
    expect(found.map(({ line }) => line)).toEqual([second, third]);
    expect(found[0]).toMatchObject({
      message: "scenario 'lost': two steps are called 'restore-notes'",
      fix: 'give one of them an id of its own: { id: "restore-notes-again" }',
      related: [first],
    });
    expect(found[1]?.related).toEqual([first]);
  });

  it("takes one name in two scenarios", async () => {
    const other =
      'scenario("other", { ...told, loses: [notes], detection: { by: "us", within: "5m" }, steps: [restore(notes)], rto: "2h" })';
    expect(await told("restore(notes)", `lost, ${other}`)).toEqual([]);
  });
});
