import type { AssetModel, Model, PartModel, ScenarioModel, SecretModel, StepModel } from "../model/model.ts";
import type { Proof } from "./proof.ts";
import { type World, worldAfter } from "./world.ts";

/**
 * Survival: everything that a step reads must have outlived the disaster, or have been brought back by a step before it. What is gone is
 * shown with the chain that leads from the disaster to it; what waits for itself is shown as the circle.
 */
export function proveSurvival(model: Model): readonly Proof[] {
  return model.recovery.scenarios.flatMap((scenario) => {
    const world = worldAfter(model, scenario);
    const lost = model.assets.filter((asset) => !world.has("asset", asset.id)).map((asset) => asset.id);
    const steps = inOrder(scenario);
    const run = follow(model, world, steps);
    return [
      {
        kind: "survival" as const,
        asset: undefined,
        scenario: scenario.id,
        target: undefined,
        worst: undefined,
        verdict: run.problems.length === 0 ? ("proven" as const) : ("failed" as const),
        evidence: run.problems.length === 0 ? run.facts : run.problems,
        missing: [],
      },
      ...lost.map((asset) => coverage(model, scenario, asset)),
    ];
  });
}

/** An asset that a disaster takes away must be brought back by its scenario, and that must be rehearsed. */
function coverage(model: Model, scenario: ScenarioModel, asset: string): Proof {
  const restored = scenario.steps.some(({ action }) => action.do === "restore" && action.asset === asset);
  const drills = model.recovery.drills.filter((drill) => drill.assets.includes(asset));
  const automatic = model.assets.find((each) => each.id === asset)?.drillSchedule;
  const rehearsed = [
    ...drills.map((drill) => `drill '${drill.id}' ${drill.every}`),
    ...(automatic === undefined ? [] : [`its own drill ${automatic.text}`]),
  ];
  return {
    kind: "coverage",
    asset,
    scenario: scenario.id,
    target: undefined,
    worst: undefined,
    verdict: restored && rehearsed.length > 0 ? "proven" : "failed",
    evidence: [
      restored ? "a step restores it" : "no step restores it",
      rehearsed.length > 0 ? `rehearsed by ${rehearsed.join(", ")}` : "nothing rehearses it",
    ],
    missing: [],
  };
}

/** Steps in an order in which each comes after what it waits for; those in a circle at the end. */
function inOrder(scenario: ScenarioModel): readonly StepModel[] {
  const done: StepModel[] = [];
  let rest = scenario.steps;
  while (rest.length > 0) {
    const ready = rest.filter((step) => step.after.every((id) => !rest.some((each) => each.id === id)));
    if (ready.length === 0) return [...done, ...rest];
    done.push(...ready);
    rest = rest.filter((step) => !ready.includes(step));
  }
  return done;
}

/** Walks through the steps, and notes what each finds missing. A step counts on its predecessors only, not on what may run beside it. */
function follow(model: Model, world: World, steps: readonly StepModel[]) {
  const problems: string[] = [];
  const facts: string[] = [];
  for (const step of steps) {
    const before = predecessors(step, steps);
    const back = new Set(before.flatMap((each) => broughtBack(each)));
    const state: State = { model, world, back };
    for (const need of needsOf(step, model, state)) {
      const problem = need.check();
      if (problem === undefined) facts.push(`step '${step.id}': ${need.what} is there`);
      else problems.push(`step '${step.id}' needs ${need.what}: ${problem}`);
    }
  }
  return { problems, facts };
}

function predecessors(step: StepModel, steps: readonly StepModel[]): readonly StepModel[] {
  const found = new Set<StepModel>();
  const visit = (each: StepModel) => {
    for (const id of each.after) {
      const before = steps.find((other) => other.id === id);
      if (before !== undefined && before !== step && !found.has(before)) {
        found.add(before);
        visit(before);
      }
    }
  };
  visit(step);
  return [...found];
}

type Key = `${PartModel["type"]} ${string}`;

/** What a step brings back: hosts, and the assets that it restores. */
function broughtBack(step: StepModel): readonly Key[] {
  const { action } = step;
  if (action.do === "restore") return [`asset ${action.asset}`];
  if (action.do !== "rebuild") return [];
  return action.hosts.map((host): Key => `host ${host}`);
}

interface State {
  readonly model: Model;
  readonly world: World;
  /** What earlier steps have brought back. */
  readonly back: ReadonlySet<Key>;
}

interface NeedCheck {
  readonly what: string;
  /** What is wrong; undefined: it is there. */
  check(): string | undefined;
}

function isThere({ world, back }: State, type: PartModel["type"], id: string): boolean {
  return world.has(type, id) || back.has(`${type} ${id}`);
}

function whyNot({ world }: State, type: PartModel["type"], id: string): string {
  return `${(world.whyGone(type, id) ?? []).join("; ")}, and no step before it brings it back`;
}

function partNeed(state: State, type: PartModel["type"], id: string): NeedCheck {
  return {
    what: `the ${type} '${id}'`,
    check: () => (isThere(state, type, id) ? undefined : whyNot(state, type, id)),
  };
}

function needsOf(step: StepModel, model: Model, state: State): readonly NeedCheck[] {
  const { action } = step;
  const needs: NeedCheck[] = [
    ...step.needs.map(({ type, id }) => partNeed(state, type, id)),
    ...step.secrets.map((secret) => secretNeed(state, secret, [])),
  ];
  const controller = model.recovery.controller;
  if (action.do === "run" || (action.do === "rebuild" && action.by !== undefined)) {
    const host = action.on ?? controller;
    if (host !== undefined) needs.push(partNeed(state, "host", host));
  }
  if (action.do === "restore") {
    const asset = model.assets.find((each) => each.id === action.asset);
    if (asset !== undefined) needs.push(...restoreNeeds(asset, action.from, state));
  }
  return needs;
}

/** A restore reads a copy, its key, the asset's secrets, the scripts; and it needs the hosts, and what the asset itself depends on. */
function restoreNeeds(asset: AssetModel, from: string | undefined, state: State): readonly NeedCheck[] {
  const { model, world } = state;
  const needs: NeedCheck[] = asset.hosts.map((host) => partNeed(state, "host", host));
  for (const id of asset.needs) needs.push(partNeed(state, "asset", id));
  needs.push({
    what: `a copy of '${asset.id}'${from === undefined ? "" : ` in '${from}'`}`,
    check: () => copyProblem(asset, from, state),
  });
  for (const secret of asset.secrets) needs.push(secretNeed(state, secret, asset.hosts));
  const rebuilt = asset.hosts.filter((host) => !world.has("host", host));
  if (rebuilt.length > 0 && rebuilt.length === asset.hosts.length)
    needs.push({
      what: `the scripts of '${asset.id}'`,
      check: () => {
        const controller = model.recovery.controller;
        if (controller !== undefined && isThere(state, "host", controller)) return undefined;
        if (model.recovery.escrow.some((id) => isThere(state, "escrow", id))) return undefined;
        return `they were on ${rebuilt.map((id) => `'${id}'`).join(", ")}; say where else the compiled plan is kept: escrow of the plan`;
      },
    });
  return needs;
}

/** Some copy must be left in a store that can be read. */
function copyProblem(asset: AssetModel, from: string | undefined, state: State): string | undefined {
  const { model, world } = state;
  const reasons: string[] = [];
  for (const [index, copy] of asset.copies.entries()) {
    if (from !== undefined && copy.store !== from) continue;
    const gone = world.whyCopyGone(asset, index);
    const store = model.stores.find((each) => each.id === copy.store);
    if (gone.length > 0) {
      reasons.push(`'${copy.store}': ${gone.join("; ")}`);
      continue;
    }
    const unmet = (store?.needs ?? []).filter((id) => !isThere(state, "asset", id));
    if (unmet.length > 0) {
      const itself = unmet.includes(asset.id);
      reasons.push(
        itself
          ? `'${copy.store}' can be read only when '${asset.id}' works: '${asset.id}' → '${copy.store}' → '${asset.id}'`
          : `'${copy.store}' can be read only when ${unmet.map((id) => `'${id}'`).join(", ")} works`,
      );
      continue;
    }
    const readers = copy.by === undefined ? asset.hosts : [copy.by, ...asset.hosts];
    const secret = (store?.secrets ?? []).find(
      (each) => secretNeed(state, each, readers).check() !== undefined,
    );
    if (secret !== undefined) {
      reasons.push(`'${copy.store}' needs ${secret.what}: ${secretNeed(state, secret, readers).check()}`);
      continue;
    }
    return undefined;
  }
  return reasons.length === 0 ? "there is none" : reasons.join("; ");
}

/** A secret is where a host that uses it has outlived the disaster, with a person who is asked for it, or in an escrow that is left. */
function secretNeed(state: State, secret: SecretModel, hosts: readonly string[]): NeedCheck {
  const { model, world } = state;
  return {
    what: secret.what,
    check: () => {
      if (secret.escrow.some((id) => isThere(state, "escrow", id))) return undefined;
      const users = hosts.filter((host) => world.has("host", host));
      if (!secret.isPrompt && users.length > 0) return undefined;
      if (secret.isPrompt && secret.escrow.length === 0)
        return "who has it is not said: escrow of the secret";
      const inside = secret.escrow
        .map((id) => model.recovery.escrows.find((each) => each.id === id))
        .find((each) => each?.in !== undefined);
      if (inside?.in !== undefined)
        return `it is in '${inside.id}', which is in '${inside.in}', which is not there yet: '${inside.in}' → ${secret.what} → '${inside.id}' → '${inside.in}'`;
      if (secret.escrow.length > 0)
        return secret.escrow.map((id) => (world.whyGone("escrow", id) ?? []).join("; ")).join("; ");
      return `it was on ${hosts.map((id) => `'${id}'`).join(", ")} only, which the disaster takes; say where else it is kept: escrow of the secret`;
    },
  };
}
