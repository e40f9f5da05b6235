import type { FileModel, Model, ScenarioModel, StepModel } from "../model/model.ts";
import { judge, type Problem, type Proof } from "./proof.ts";
import { predecessors } from "./steps.ts";
import { type World, worldAfter } from "./world.ts";

/** What does not outlive a restart, and what nobody counts on: a file there must come from the recovery itself. */
const TEMPORARY = /^\/(tmp|var\/tmp|run|dev\/shm)\//;

/**
 * Flow: what a step reads is what an earlier step has written, at that very path on that very host, or was there before and is left. What a
 * restore reads needs no proof: it follows the MANIFEST that the backup wrote.
 */
export function proveFlow(model: Model): readonly Proof[] {
  return model.recovery.scenarios.flatMap((scenario) => {
    const reads = scenario.steps.some((step) => step.reads.length > 0);
    return reads ? [proveScenario(model, scenario)] : [];
  });
}

function proveScenario(model: Model, scenario: ScenarioModel): Proof {
  const world = worldAfter(model, scenario);
  const evidence: string[] = [];
  const problems: Problem[] = [];
  for (const step of scenario.steps) {
    for (const [index, file] of step.reads.entries()) {
      const found = sourceOf(file, step, scenario, model, world);
      const what = `step '${step.id}' reads ${file.path} on '${file.on}'`;
      if ("there" in found) evidence.push(`${what}: ${found.there}`);
      else
        problems.push({
          what: `${what}: ${found.gone}`,
          at: { type: "scenario", id: scenario.id, path: ["steps", step.index, "reads", index] },
        });
    }
  }
  return judge({ kind: "flow", scenario: scenario.id, evidence, problems });
}

function sourceOf(
  file: FileModel,
  step: StepModel,
  scenario: ScenarioModel,
  model: Model,
  world: World,
): { readonly there: string } | { readonly gone: string } {
  const earlier = predecessors(step, scenario.steps);
  const writer = earlier.find((each) =>
    each.writes.some((other) => other.on === file.on && other.path === file.path),
  );
  if (writer !== undefined) return { there: `step '${writer.id}' has written it` };
  const elsewhere = earlier.flatMap((each) => each.writes).find((other) => other.path === file.path);
  const store = model.stores.find(
    ({ directory }) =>
      directory !== undefined &&
      (directory.host ?? file.on) === file.on &&
      file.path.startsWith(`${directory.path}/`),
  );
  const lost = store === undefined ? undefined : world.whyGone("store", store.id);
  if (lost !== undefined) return { gone: `${lost.join("; ")}, and no step before it writes that file there` };
  if (!world.has("host", file.on))
    return { gone: `'${file.on}' is lost, and no step before it writes that file there` };
  if (store !== undefined) return { there: `it is in the store '${store.id}', which is left` };
  if (TEMPORARY.test(file.path))
    return {
      gone:
        elsewhere === undefined
          ? "no step before it has put it there"
          : `no step before it has put it there, only on '${elsewhere.on}'`,
    };
  return { there: "it was there before, and the host is left" };
}
