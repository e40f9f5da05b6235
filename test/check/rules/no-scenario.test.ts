import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("no-scenario", () => {
  const told = async (plan: string, parts: Parameters<typeof disaster>[0] = {}) =>
    (await toldBy("no-scenario", disaster({ ...parts, plan }))).map(({ message, at }) => [message, at]);
  const other =
    '{ ...told, loses: [notes], detection: { by: "us", within: "5m" }, steps: [restore(notes)], rto: "2h" }';

  it("wants a scenario of every sort of disaster that the plan claims to cover", async () => {
    expect(await told('covers: ["infrastructure"]')).toEqual([]);
    expect(await told('covers: ["security", "infrastructure", "natural"]')).toEqual([
      ["the plan covers 'security', and no scenario is one", '"security"'],
      ["the plan covers 'natural', and no scenario is one", '"natural"'],
    ]);
  });

  it("wants something that keeps each promise: a scenario, or an asset", async () => {
    const objectives = (kept: string) =>
      `objectives: [{ title: "all", scenario: lost }, { title: "gold", ${kept} }]`;
    expect(await told(objectives("scenario: lost"))).toEqual([]);
    expect(await told(objectives("asset: notes"))).toEqual([]);
    expect(await told(objectives('rto: "1h"'))).toEqual([
      ["'gold' is promised, and no scenario keeps it", '{ title: "gold", rto: "1h" }'],
    ]);
  });

  it("wants every scenario among the promises, once there are any", async () => {
    const scenarios = (more: string) => ({ scenarios: `lost, ${more}` });
    const objectives = 'objectives: [{ title: "all", scenario: lost }]';
    expect(await told("", scenarios(`scenario("one", ${other})`))).toEqual([]);
    expect(await told("objectives: []", scenarios(`scenario("one", ${other})`))).toEqual([]);
    expect(await told(objectives)).toEqual([]);
    expect(await told(objectives, scenarios(`scenario("one", ${other})`))).toEqual([
      ["scenario 'one' is missing from the objectives", '[{ title: "all", scenario: lost }]'],
    ]);
    expect(await told(objectives, scenarios(`scenario("one", ${other}), scenario("two", ${other})`))).toEqual(
      [["scenarios 'one', 'two' are missing from the objectives", '[{ title: "all", scenario: lost }]']],
    );
  });

  it("leaves what a scenario lacks, and people who cannot be reached, to the rules for that", async () => {
    const nobody = 'roles: [{ title: "lead", who: contact("lee", { name: "Lee" }) }]';
    expect(await told(nobody, { steps: 'rebuild(web, { takes: "20m" })' })).toEqual([]);
  });
});
