import type { AssetModel, Model, PartModel, ScenarioModel, SecretModel, StepModel } from "../model/model.ts";
import { judge, type Problem, type Proof } from "./proof.ts";
import { inOrder, predecessors } from "./steps.ts";
import { type World, worldAfter } from "./world.ts";

/**
 * Survival: everything that a step reads must have outlived the disaster, or have been brought back by a step before it; and no step destroys
 * what has. What is gone is
 * shown with the chain that leads from the disaster to it; what waits for itself is shown as the circle. A proof for every asset that is
 * restored, and one for the other steps.
 */
export function proveSurvival(model: Model): readonly Proof[] {
  return model.recovery.scenarios.flatMap((scenario) => {
    const world = worldAfter(model, scenario);
    const subjects = new Map<string | undefined, StepModel[]>();
    for (const step of inOrder(scenario.steps)) {
      const asset = step.action.do === "restore" ? step.action.asset : undefined;
      subjects.set(asset, [...(subjects.get(asset) ?? []), step]);
    }
    return [...subjects].map(([asset, steps]) => proveSteps(model, world, scenario, asset, steps));
  });
}

/** Looks at what steps need. A step counts on its predecessors only, not on what may run beside it. */
function proveSteps(
  model: Model,
  world: World,
  scenario: ScenarioModel,
  asset: string | undefined,
  steps: readonly StepModel[],
): Proof {
  const problems: Problem[] = steps.flatMap((step) => destroys(step, scenario, world));
  const evidence: string[] = [];
  for (const step of steps) {
    const before = predecessors(step, scenario.steps);
    const state: State = {
      model,
      world,
      back: new Set(before.flatMap((each) => broughtBack(each))),
      waiting: waitingFor(step, scenario.steps),
    };
    for (const need of needsOf(step, model, state)) {
      const lack = need.check();
      const what = `step '${step.id}' needs ${need.what}: ${lack?.why}`;
      if (lack === undefined) evidence.push(`step '${step.id}': ${need.what} is there`);
      // A step may need one thing for several reasons.
      else if (!problems.some((problem) => problem.what === what))
        problems.push({
          what,
          at: { type: "scenario", id: scenario.id, path: ["steps", step.index] },
          ...(lack.circle !== undefined && { circle: lack.circle }),
        });
    }
    const { action } = step;
    const restored = model.assets.find((each) => action.do === "restore" && each.id === action.asset);
    if (scenario.malicious && restored !== undefined)
      evidence.push(`step '${step.id}': ${whatAnIntruderCanForge(restored, world)}`);
  }
  return judge({ kind: "survival", asset, scenario: scenario.id, evidence, problems });
}

/**
 * A set that an intruder has made may lie beside the real ones, in a store that is locked, too: a lock keeps what is there. Only a key that
 * he has not got tells them apart; and the key that makes sets is where sets are made.
 */
function whatAnIntruderCanForge(asset: AssetModel, world: World): string {
  if (asset.signature === undefined && !(asset.encryption !== undefined && "openssl" in asset.encryption))
    return `sets of '${asset.id}' are not signed: whoever can write in a store can put one of his own there, so take one from before he came (--at)`;
  const taken = asset.hosts.filter((host) => !world.has("host", host));
  return taken.length > 0
    ? `whoever was on ${taken.map((host) => `'${host}'`).join(", ")} has the key that makes sets of '${asset.id}': take one from before he came (--at)`
    : `a set of '${asset.id}' that an intruder has put into a store is refused: he has not got the key`;
}

/** A rebuilt host comes back empty: when it was not counted as lost, proofs take copies for left that the step destroys. */
function destroys(step: StepModel, scenario: ScenarioModel, world: World): readonly Problem[] {
  if (step.action.do !== "rebuild") return [];
  return step.action.hosts
    .filter((host) => world.has("host", host))
    .map((host) => ({
      what: `step '${step.id}' rebuilds the host '${host}', which the disaster leaves, and destroys what is on it; if that is meant, add the host to loses`,
      at: { type: "scenario", id: scenario.id, path: ["steps", step.index] },
    }));
}

type Key = `${PartModel["type"]} ${string}`;

/** What a step brings back: hosts, and the assets that it restores. */
function broughtBack(step: StepModel): readonly Key[] {
  const { action } = step;
  if (action.do === "restore") return [`asset ${action.asset}`];
  if (action.do !== "rebuild") return [];
  return action.hosts.map((host): Key => `host ${host}`);
}

function waitingFor(step: StepModel, steps: readonly StepModel[]): ReadonlySet<Key> {
  const waiting = steps.filter((each) => each === step || predecessors(each, steps).includes(step));
  return new Set(waiting.flatMap((each) => broughtBack(each)));
}

interface State {
  readonly model: Model;
  readonly world: World;
  /** What earlier steps have brought back. */
  readonly back: ReadonlySet<Key>;
  /** What this step brings back, or a step that waits for it. */
  readonly waiting: ReadonlySet<Key>;
}

/** Why something cannot be had; and the circle, when it waits for itself. */
interface Lack {
  readonly why: string;
  readonly circle?: readonly string[];
}

interface NeedCheck {
  readonly what: string;
  /** What is wrong; undefined: it is there. */
  check(): Lack | undefined;
}

function isThere({ world, back }: State, type: PartModel["type"], id: string): boolean {
  return world.has(type, id) || back.has(`${type} ${id}`);
}

function whyNot({ world }: State, type: PartModel["type"], id: string): Lack {
  return { why: `${(world.whyGone(type, id) ?? []).join("; ")}, and no step before it brings it back` };
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
        if (model.recovery.escrow.some((id) => isEscrowOpen(state, id))) return undefined;
        return {
          why: `they were on ${rebuilt.map((id) => `'${id}'`).join(", ")}; say where else the compiled plan is kept: escrow of the plan`,
        };
      },
    });
  return needs;
}

/** Some copy must be left in a store that can be read. */
function copyProblem(asset: AssetModel, from: string | undefined, state: State): Lack | undefined {
  const lacks: Lack[] = [];
  for (const [index, copy] of asset.copies.entries()) {
    if (from !== undefined && copy.store !== from) continue;
    const lack = whyUnreadable(asset, index, state);
    if (lack === undefined) return undefined;
    lacks.push({ ...lack, why: `'${copy.store}': ${lack.why}` });
  }
  // A store that has no copy of it is another rule's finding.
  if (lacks.length === 0) return from === undefined ? { why: "there is none" } : undefined;
  const circle = lacks.find((lack) => lack.circle !== undefined)?.circle;
  return { why: lacks.map((lack) => lack.why).join("; "), ...(circle !== undefined && { circle }) };
}

function whyUnreadable(asset: AssetModel, index: number, state: State): Lack | undefined {
  const copy = asset.copies[index];
  const store = state.model.stores.find((each) => each.id === copy?.store);
  const gone = state.world.whyCopyGone(asset, index);
  if (gone.length > 0 || copy === undefined || store === undefined) return { why: gone.join("; ") };
  const unmet = store.needs.filter((id) => !isThere(state, "asset", id));
  if (unmet.length > 0) {
    const why = `it can be read only when ${unmet.map((id) => `'${id}'`).join(", ")} works`;
    return unmet.includes(asset.id)
      ? { why, circle: [`asset '${asset.id}'`, `store '${store.id}'`, `asset '${asset.id}'`] }
      : { why };
  }
  const readers = copy.by === undefined ? asset.hosts : [copy.by, ...asset.hosts];
  for (const secret of store.secrets) {
    const lack = secretNeed(state, secret, readers).check();
    if (lack !== undefined) return { ...lack, why: `${secret.what}: ${lack.why}` };
  }
  return undefined;
}

/** A secret is where a host that uses it has outlived the disaster, with a person who is asked for it, or in an escrow that is left. */
function secretNeed(state: State, secret: SecretModel, hosts: readonly string[]): NeedCheck {
  return { what: secret.what, check: () => whyNoSecret(state, secret, hosts) };
}

function whyNoSecret(state: State, secret: SecretModel, hosts: readonly string[]): Lack | undefined {
  const { model, world } = state;
  if (secret.escrow.some((id) => isEscrowOpen(state, id))) return undefined;
  if (!secret.isWithPeople && hosts.some((host) => world.has("host", host))) return undefined;
  if (secret.escrow.length === 0) {
    const where = "say where else it is kept: escrow of the secret";
    return {
      why: secret.isWithPeople
        ? `who has it is not said; ${where}`
        : `it was on ${hosts.map((id) => `'${id}'`).join(", ")} only, which the disaster takes; ${where}`,
    };
  }
  const escrows = secret.escrow.map((id) => model.recovery.escrows.find((each) => each.id === id));
  const inside = escrows.find((each) => each?.in !== undefined && !isThere(state, "asset", each.in));
  if (inside?.in !== undefined) {
    const asset = `asset '${inside.in}'`;
    return {
      why: `it is in '${inside.id}', which is in '${inside.in}', which does not work yet`,
      // Where nothing waits for this step, the asset may well be brought back before it.
      ...(state.waiting.has(`asset ${inside.in}`) && {
        circle: [asset, secret.what, `escrow '${inside.id}'`, asset],
      }),
    };
  }
  return { why: secret.escrow.map((id) => (world.whyGone("escrow", id) ?? []).join("; ")).join("; ") };
}

/** An escrow can be opened when it is left, or when the asset or the host that it is in is back. */
function isEscrowOpen(state: State, id: string): boolean {
  if (state.world.has("escrow", id)) return true;
  const escrow = state.model.recovery.escrows.find((each) => each.id === id);
  if (escrow?.in !== undefined) return state.back.has(`asset ${escrow.in}`);
  return false;
}
