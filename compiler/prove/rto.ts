import type { AssetModel, Model, ScenarioModel, StepModel } from "../model/model.ts";
import { formatDuration } from "../model/units.ts";
import { clockOf, gapsOf } from "./clock.ts";
import { type Gap, judge, lacksEscalation, lacksEstimate, type Proof } from "./proof.ts";
import { inOrder } from "./steps.ts";
import { type World, worldAfter } from "./world.ts";

/**
 * Recovery times: how long it takes until somebody knows, until somebody is at work, and until the last step is done when each takes all the
 * time that it may. And for each asset, whether its restore alone keeps what the asset promises.
 */
export function proveRto(model: Model): readonly Proof[] {
  return [
    ...model.recovery.scenarios.flatMap((scenario) => proveScenario(model, scenario)),
    ...model.assets.flatMap((asset) => {
      const promises = model.recovery.objectives.flatMap((each) =>
        each.scenario === undefined && each.asset === asset.id ? [each.rto] : [],
      );
      const targets = [asset.rto, ...promises].filter((rto) => rto !== undefined);
      return targets.length === 0 ? [] : [proveAsset(asset, Math.min(...targets))];
    }),
  ];
}

function proveAsset(asset: AssetModel, target: number): Proof {
  const worst = asset.expect.restore;
  return judge({
    kind: "rto",
    asset: asset.id,
    target,
    worst,
    evidence: worst === undefined ? [] : [`its restore takes ${formatDuration(worst)} at most`],
    missing: worst === undefined ? [lacksEstimate(asset.id, "restore")] : [],
  });
}

/** A length of time that is known, or what would have to be said for it to be. */
interface Part {
  readonly what: string;
  readonly seconds: number | undefined;
  readonly missing: Gap;
}

/** The scenario as a whole, and each asset that it brings back. */
function proveScenario(model: Model, scenario: ScenarioModel): readonly Proof[] {
  const world = worldAfter(model, scenario);
  const { steps } = scenario;
  const lengths = new Map(steps.map((step) => [step.id, durationOf(step, model, world)]));
  const ways = waysTo(steps, lengths);
  const lead = [detectionTime(model, scenario), responseTime(model)];
  const promises = model.recovery.objectives.filter((each) => each.scenario === scenario.id);
  const claim = (target: number, until: readonly StepModel[], asset: string | undefined): Proof => {
    const path = ways && longest(until.map((step) => ways.get(step.id) ?? []));
    const parts = [...lead, ...(path ?? [])];
    // A step off the longest way may belong on it, were its length known.
    const missing = [...parts, ...(asset === undefined ? lengths.values() : [])]
      .filter((part) => part.seconds === undefined)
      .map((part) => part.missing);
    if (path === undefined)
      missing.push({
        what: `an order of the steps of scenario '${scenario.id}'`,
        at: { type: "scenario", id: scenario.id, path: ["steps"] },
      });
    return judge({
      kind: "rto",
      asset,
      scenario: scenario.id,
      target,
      worst: lengthOf(parts),
      evidence: parts.map(
        (part) => `${part.seconds === undefined ? "?" : formatDuration(part.seconds)}  ${part.what}`,
      ),
      missing,
    });
  };
  const promised = (asset: string | undefined) =>
    promises.flatMap((each) => (each.rto !== undefined && each.asset === asset ? [each.rto] : []));
  const restored = [
    ...new Set(steps.flatMap(({ action }) => (action.do === "restore" ? [action.asset] : []))),
  ];
  return [
    claim(Math.min(scenario.rto, ...promised(undefined)), steps, undefined),
    ...restored.map((asset) =>
      claim(
        Math.min(scenario.rto, ...promised(asset)),
        steps.filter(({ action }) => action.do === "restore" && action.asset === asset),
        asset,
      ),
    ),
  ];
}

/** How long after a disaster somebody knows of it, at the latest. */
export function detectionTime(model: Model, { id, detection: { by, check, within } }: ScenarioModel): Part {
  const missing: Gap = {
    what: `how soon scenario '${id}' is noticed (detection.within)`,
    at: { type: "scenario", id, path: ["detection"] },
  };
  if (within !== undefined) return { what: `until it is noticed: ${by}`, seconds: within, missing };
  const inspection = model.recovery.checks.find((each) => each.id === check);
  if (inspection === undefined) return { what: `until it is noticed: ${by}`, seconds: undefined, missing };
  const host = inspection.on ?? model.recovery.controller;
  const { longest } = gapsOf(clockOf(model, inspection.schedule, host));
  return {
    what: `until check '${inspection.id}' (${inspection.schedule.text}) has noticed it`,
    seconds: longest + inspection.takes,
    missing,
  };
}

/** How long after that somebody is at work. */
function responseTime(model: Model): Part {
  const first = model.recovery.escalation.find((level) => !level.informed);
  return {
    what: first === undefined ? "until somebody is at work" : `until somebody is at work: ${first.title}`,
    seconds: first?.within,
    missing: lacksEscalation(model.name),
  };
}

/** How long a step takes at most: what the author says of it, else the estimate of what it restores. */
function durationOf(step: StepModel, model: Model, world: World): Part {
  const { action } = step;
  const what = `step '${step.id}'`;
  const missing: Gap = {
    what: `how long ${what} of scenario '${world.scenario?.id}' takes`,
    at: { type: "scenario", id: world.scenario?.id ?? "", path: ["steps", step.index] },
  };
  if (step.takes !== undefined || action.do !== "restore") return { what, seconds: step.takes, missing };
  const asset = model.assets.find((each) => each.id === action.asset);
  const index = asset?.copies.findIndex((copy, at) =>
    action.from === undefined ? world.copyLeft(asset, at) : copy.store === action.from,
  );
  const copy = index === undefined ? undefined : asset?.copies[index];
  const restore = asset?.expect.restore;
  const isBeside = copy?.how === "made" || copy?.how === "copied";
  const transfer = isBeside ? 0 : copy?.takes;
  if (restore === undefined)
    return { what, seconds: undefined, missing: lacksEstimate(action.asset, "restore") };
  if (copy === undefined) return { what: `${what}, of which no copy is left`, seconds: restore, missing };
  if (transfer === undefined)
    return {
      what,
      seconds: undefined,
      missing: lacksSpeed(model, action.asset, copy.store),
    };
  return { what: `${what} from '${copy.store}'`, seconds: restore + transfer, missing };
}

/** How long a copy takes is not known: for want of the store's speed, or of the set's size. */
export function lacksSpeed(model: Model, asset: string, storeId: string): Gap {
  const store = model.stores.find((each) => each.id === storeId);
  if (store?.speed !== undefined) return lacksEstimate(asset, "size");
  return {
    what: `how fast sets go to '${storeId}' and come back (speed)`,
    at: { type: "store", id: storeId, path: ["speed"] },
  };
}

const lengthOf = (parts: readonly Part[]) => parts.reduce((sum, part) => sum + (part.seconds ?? 0), 0);

const longest = (ways: readonly (readonly Part[])[]) =>
  ways.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a), []);

/** The parts of the longest way to the end of each step; undefined when steps wait for each other in a circle. */
function waysTo(
  steps: readonly StepModel[],
  lengths: ReadonlyMap<string, Part>,
): ReadonlyMap<string, readonly Part[]> | undefined {
  const ways = new Map<string, readonly Part[]>();
  for (const step of inOrder(steps)) {
    const before = step.after.filter((id) => lengths.has(id));
    if (!before.every((id) => ways.has(id))) return undefined;
    const own = lengths.get(step.id);
    const way = longest(before.map((id) => ways.get(id) ?? []));
    ways.set(step.id, own === undefined ? way : [...way, own]);
  }
  return ways;
}
