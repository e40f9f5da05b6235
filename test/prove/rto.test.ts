import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model, StepModel } from "../../compiler/model/model.ts";
import { proveRto } from "../../compiler/prove/rto.ts";

const DETECTION = 300;
const RESPONSE = 900;

function step(index: number, takes: number | undefined, after: readonly number[]): StepModel {
  return {
    id: `step-${index}`,
    index,
    action: { do: "manual", text: "…" },
    after: after.map((each) => `step-${each}`),
    takes,
    needs: [],
    secrets: [],
    reads: [],
    writes: [],
    owner: undefined,
    note: undefined,
  };
}

/** As much of a model as recovery times are read from. */
function modelOf(steps: readonly StepModel[], rto: number): Model {
  return {
    name: "shop",
    timeZone: "UTC",
    hosts: [],
    stores: [],
    assets: [],
    recovery: {
      scenarios: [
        {
          id: "lost",
          loses: [],
          malicious: false,
          detection: { by: "somebody", check: undefined, within: DETECTION, hidden: 0 },
          steps,
          rto,
          rpo: 0,
        },
      ],
      escrows: [],
      escalation: [
        { title: "told", who: ["lee"], within: 1, informed: true },
        { title: "on duty", who: ["kim"], within: RESPONSE, informed: false },
      ],
      checks: [],
      objectives: [],
      drills: [],
    },
  } as unknown as Model;
}

/** People and machines enough: every step begins when all that it waits for is done. Gives the second at which the last one is done. */
function simulate(steps: readonly StepModel[]): number {
  const done = new Set<string>();
  const running = new Map<StepModel, number>();
  let now = 0;
  while (done.size < steps.length) {
    for (const each of steps) {
      if (done.has(each.id) || running.has(each) || !each.after.every((id) => done.has(id))) continue;
      running.set(each, now + (each.takes ?? 0));
    }
    now = Math.min(...running.values());
    for (const [each, end] of running) {
      if (end > now) continue;
      running.delete(each);
      done.add(each.id);
    }
  }
  return now;
}

const dag = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 7200 }), fc.array(fc.nat(), { maxLength: 3 })), {
    minLength: 1,
    maxLength: 12,
  })
  .chain((list) => {
    const steps = list.map(([takes, after], index) =>
      step(index, takes, index === 0 ? [] : [...new Set(after.map((each) => each % index))]),
    );
    return fc.shuffledSubarray(steps, { minLength: steps.length });
  });

describe("recovery times", () => {
  it("are those of a simulation in which everything takes all the time that it may", () => {
    fc.assert(
      fc.property(dag, (steps) => {
        const worst = DETECTION + RESPONSE + simulate(steps);
        expect(proveRto(modelOf(steps, worst))[0]).toMatchObject({ worst, verdict: "proven" });
        expect(proveRto(modelOf(steps, worst - 1))[0]).toMatchObject({ worst, verdict: "failed" });
      }),
      { numRuns: Number(process.env.PROOF_RUNS ?? 2_500) },
    );
  });

  it("are not proven when one step's length is not known, and still fail when the rest takes too long", () => {
    const steps = [step(0, 600, []), step(1, undefined, [0]), step(2, 60, [])];
    const [open] = proveRto(modelOf(steps, 3600));
    expect(open).toMatchObject({ verdict: "unproven", worst: DETECTION + RESPONSE + 600 });
    expect(open?.missing.map((gap) => gap.what)).toEqual(["how long step 'step-1' of scenario 'lost' takes"]);
    expect(proveRto(modelOf(steps, 1000))[0]).toMatchObject({ verdict: "failed" });
  });

  it("are not proven when steps wait for each other", () => {
    const [proof] = proveRto(modelOf([step(0, 60, [1]), step(1, 60, [0])], 3600));
    expect(proof).toMatchObject({ verdict: "unproven" });
  });
});
