import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proveSurvival } from "../../compiler/prove/survival.ts";
import { modelOf, orders, plans, RUNS, Simulation, type Step } from "./disasters.ts";

describe("survival", () => {
  it("finds the steps that fail in some order in which they may be done, and no other", () => {
    let failing = 0;
    fc.assert(
      fc.property(plans, (plan) => {
        const fails = new Set<number>();
        for (const order of orders(plan.steps)) {
          const simulation = new Simulation(plan);
          for (const index of order) if (!simulation.do(plan.steps[index] as Step)) fails.add(index);
        }
        const found = proveSurvival(modelOf(plan)).flatMap(({ problems }) =>
          problems.map(({ at }) => at.path[1]),
        );
        expect(new Set(found)).toEqual(fails);
        failing += fails.size;
      }),
      { numRuns: RUNS },
    );
    // Both sorts of plans were among them.
    expect(failing).toBeGreaterThan(RUNS / 10);
    expect(failing).toBeLessThan(RUNS * 4);
  });
});
