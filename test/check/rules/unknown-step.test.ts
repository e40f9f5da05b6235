import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("unknown-step", () => {
  const told = (after: string) =>
    toldBy(
      "unknown-step",
      disaster({
        loses: "notes",
        steps: `manual("Look", { id: "look", takes: "1m" }), restore(notes, { after: [${after}] })`,
      }),
    );

  it("takes any step of the scenario, and none", async () => {
    expect(await told('"look"')).toEqual([]);
    expect(await told("")).toEqual([]);
  });

  it("offers the one that was meant, and puts it in place", async () => {
    expect(await told('"look", "loock"')).toMatchObject([
      {
        message:
          "scenario 'lost': step 'restore-notes' comes after 'loock', which is no step of it. Did you mean 'look'?",
        fix: "replace with 'look'",
        safeFix: { replacement: '"look"' },
        at: '"loock"',
      },
    ]);
  });

  it("names all of them where none is alike, and puts nothing in place", async () => {
    const found = await told('"rebuild"');
    expect(found).toMatchObject([
      {
        message: "scenario 'lost': step 'restore-notes' comes after 'rebuild', which is no step of it.",
        fix: "name one of: look, restore-notes",
        at: '"rebuild"',
      },
    ]);
    expect(found[0]?.safeFix).toBeUndefined();
  });

  it("tells of each", async () => {
    expect((await told('"before", "look", "rebuild"')).map(({ at }) => at)).toEqual([
      '"before"',
      '"rebuild"',
    ]);
  });

  it("does not take a step of another scenario", async () => {
    const second = `lost, scenario("other", { ...told, loses: [notes], detection: { by: "us", within: "5m" }, rto: "2h", steps: [restore(notes, { after: ["machine"] })] })`;
    expect(
      (await toldBy("unknown-step", disaster({ scenarios: second }))).map(({ message }) => message),
    ).toEqual(["scenario 'other': step 'restore-notes' comes after 'machine', which is no step of it."]);
  });
});
