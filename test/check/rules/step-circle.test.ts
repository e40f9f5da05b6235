import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("step-circle", () => {
  /** Steps by name, and what each comes after. */
  const told = async (steps: { readonly [id: string]: readonly string[] }) => {
    const lines = Object.entries(steps).map(
      ([id, after]) => `manual("Do", { id: "${id}", takes: "1m", after: ${JSON.stringify(after)} }),`,
    );
    const found = await toldBy("step-circle", disaster({ loses: "", steps: `\n${lines.join("\n")}\n` }));
    return found.map(({ message, at, line }) => [message, at, lines.indexOf(line ?? "")]);
  };
  const waits = (circle: string) => `scenario 'lost': steps wait for each other: ${circle}`;

  it("takes any order in which every step can begin", async () => {
    expect(await told({ a: [], b: ["a"], c: ["a"], d: ["b", "c"] })).toEqual([]);
    expect(await told({ d: ["b", "c"], b: ["a"], c: ["b", "a"], a: [] })).toEqual([]);
  });

  it("finds a step that waits for itself, and steps that wait for each other", async () => {
    expect(await told({ a: [], b: ["b"] })).toEqual([[waits("'b' → 'b'"), '["b"]', 1]]);
    expect(await told({ a: [], b: ["a", "c"], c: ["d"], d: ["b"] })).toEqual([
      [waits("'b' → 'c' → 'd' → 'b'"), '["a","c"]', 1],
    ]);
  });

  it("is not led astray by a circle further on, of which it tells from its own first step", async () => {
    expect(await told({ a: ["b"], b: ["c"], c: ["b"] })).toEqual([[waits("'b' → 'c' → 'b'"), '["c"]', 1]]);
  });

  it("tells of one circle for each scenario, and of a step that does not exist not at all", async () => {
    expect(await told({ a: ["b"], b: ["a"], c: ["d"], d: ["c"] })).toHaveLength(1);
    expect(await told({ a: ["nowhere"], b: ["a"] })).toEqual([]);
    const circle = `{ ...told, loses: [], detection: { by: "us", within: "5m" }, rto: "2h", steps: [manual("Do", { id: "do", after: ["do"] })] }`;
    const source = disaster({ scenarios: `scenario("one", ${circle}), lost, scenario("two", ${circle})` });
    expect((await toldBy("step-circle", source)).map(({ message }) => message)).toEqual([
      "scenario 'one': steps wait for each other: 'do' → 'do'",
      "scenario 'two': steps wait for each other: 'do' → 'do'",
    ]);
  });
});
