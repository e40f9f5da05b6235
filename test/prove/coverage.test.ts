import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proveCoverage } from "../../compiler/prove/coverage.ts";
import { modelOf, orders, plans, RUNS, Simulation, type Step } from "./disasters.ts";

describe("coverage", () => {
  it("finds the assets that are still lost when every step has been done, and no other", () => {
    let lost = 0;
    fc.assert(
      fc.property(plans, (plan) => {
        const simulation = new Simulation(plan);
        const [order = []] = orders(plan.steps);
        for (const index of order) simulation.do(plan.steps[index] as Step);
        const found = proveCoverage(modelOf(plan)).filter(({ problems }) => problems.length > 0);
        expect(found.map(({ asset }) => asset)).toEqual(simulation.broken());
        lost += found.length;
      }),
      { numRuns: RUNS },
    );
    expect(lost).toBeGreaterThan(RUNS / 10);
    expect(lost).toBeLessThan(RUNS * 2);
  });
});
