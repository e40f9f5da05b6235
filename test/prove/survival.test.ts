import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proveSurvival } from "../../compiler/prove/survival.ts";
import { disaster } from "../lib/disaster.ts";
import { proofsOf } from "../lib/findings.ts";
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

  it("says what an intruder could have forged", async () => {
    const said = async (notes: string, scenario: string) =>
      (await proofsOf(disaster({ notes, scenario })))
        .filter(({ kind, asset }) => kind === "survival" && asset === "notes")
        .flatMap(({ evidence }) => evidence.filter((line) => /signed|key/.test(line)));
    const signed =
      'sign: sshSignature("/etc/lifeboat/sign", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIlUtSvL6kiMnpHHqdzKjDJ0hGSqvGWfPzHzU6yI9V2G kim")';
    expect(await said("", "")).toEqual([]);
    expect(await said("", "malicious: true")).toEqual([
      "step 'restore-notes': sets of 'notes' are not signed: whoever can write in a store can put one of his own there, so take one from before he came (--at)",
    ]);
    expect(await said(signed, "malicious: true")).toEqual([
      "step 'restore-notes': whoever was on 'web' has the key that makes sets of 'notes': take one from before he came (--at)",
    ]);
  });
});
