import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proveFlow } from "../../compiler/prove/flow.ts";
import { modelOf, orders, plans, RUNS, Simulation, type Step } from "./disasters.ts";

describe("flow", () => {
  it("finds the files that are not there in some order in which the steps may be done, and no other", () => {
    let missing = 0;
    fc.assert(
      fc.property(plans, (plan) => {
        const lacks = new Set<string>();
        for (const order of orders(plan.steps)) {
          const simulation = new Simulation(plan);
          for (const index of order) {
            const step = plan.steps[index] as Step;
            for (const file of simulation.missing(step)) lacks.add(`${index} ${step.reads.indexOf(file)}`);
            simulation.do(step);
          }
        }
        const found = proveFlow(modelOf(plan)).flatMap(({ problems }) =>
          problems.map(({ at }) => `${at.path[1]} ${at.path[3]}`),
        );
        expect(new Set(found)).toEqual(lacks);
        missing += lacks.size;
      }),
      { numRuns: RUNS },
    );
    // Both sorts of files were among them.
    expect(missing).toBeGreaterThan(RUNS / 10);
    expect(missing).toBeLessThan(RUNS * 4);
  });
});
