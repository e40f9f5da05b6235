import type { AssetModel, Model, ScenarioModel, StepModel } from "../model/model.ts";
import { formatDuration } from "../model/units.ts";
import type { Proof } from "./proof.ts";
import { worstStaleness } from "./staleness.ts";
import { type World, worldAfter } from "./world.ts";

/**
 * Recovery times: how long it takes until somebody knows, until somebody is at work, and until the last step is done when each takes all the
 * time that it may. And for each asset, whether its restore alone keeps what the asset promises.
 */
export function proveRto(model: Model): readonly Proof[] {
  return [
    ...model.recovery.scenarios.map((scenario) => proveScenario(model, scenario)),
    ...model.assets.flatMap((asset) => (asset.rto === undefined ? [] : [proveAsset(asset, asset.rto)])),
  ];
}

function proveAsset(asset: AssetModel, target: number): Proof {
  const worst = asset.expect.restore;
  return {
    kind: "rto",
    asset: asset.id,
    scenario: undefined,
    target,
    worst,
    verdict: worst === undefined ? "unproven" : worst > target ? "failed" : "proven",
    evidence: worst === undefined ? [] : [`its restore takes ${formatDuration(worst)} at most`],
    missing: worst === undefined ? [`expect.restore of asset '${asset.id}'`] : [],
  };
}

/** A length of time that is known, or what would have to be said for it to be. */
interface Part {
  readonly what: string;
  readonly seconds: number | undefined;
  readonly missing: string;
}

function proveScenario(model: Model, scenario: ScenarioModel): Proof {
  const world = worldAfter(model, scenario);
  const path = criticalPath(scenario.steps, (step) => durationOf(step, model, world));
  const parts: readonly Part[] = [detection(model, scenario), response(model), ...(path ?? [])];
  const worst = parts.reduce((sum, part) => sum + (part.seconds ?? 0), 0);
  // A step off the critical path may belong on it, were its length known.
  const unknown = scenario.steps
    .map((step) => durationOf(step, model, world))
    .filter((part) => part.seconds === undefined);
  const missing = [
    ...new Set(
      [...parts, ...unknown].filter((part) => part.seconds === undefined).map((part) => part.missing),
    ),
  ];
  if (path === undefined)
    missing.push(`steps of scenario '${scenario.id}' that do not wait for each other in a circle`);
  return {
    kind: "rto",
    asset: undefined,
    scenario: scenario.id,
    target: scenario.rto,
    worst,
    verdict: worst > scenario.rto ? "failed" : missing.length > 0 ? "unproven" : "proven",
    evidence: parts.map(
      (part) => `${part.seconds === undefined ? "?" : formatDuration(part.seconds)}  ${part.what}`,
    ),
    missing,
  };
}

function detection(model: Model, { id, detection: { by, check, within } }: ScenarioModel): Part {
  const missing = `detection.within of scenario '${id}', or the check that notices it`;
  if (within !== undefined) return { what: `until it is noticed: ${by}`, seconds: within, missing };
  const inspection = model.recovery.checks.find((each) => each.id === check);
  if (inspection === undefined) return { what: `until it is noticed: ${by}`, seconds: undefined, missing };
  const host = model.hosts.find((each) => each.id === (inspection.on ?? model.recovery.controller));
  const clock = {
    schedule: inspection.schedule,
    zone: host?.timeZone ?? model.timeZone,
    os: host?.os ?? "linux",
  } as const;
  const { worst } = worstStaleness(
    [{ store: "", jobs: [{ clock, takes: inspection.takes }], from: undefined }],
    [0],
  );
  return {
    what: `until check '${inspection.id}' (${inspection.schedule.text}) has noticed it`,
    seconds: worst,
    missing,
  };
}

function response(model: Model): Part {
  const first = model.recovery.escalation.find((level) => !level.informed);
  return {
    what: first === undefined ? "until somebody is at work" : `until somebody is at work: ${first.title}`,
    seconds: first?.within,
    missing: "escalation of the plan: who answers, and how soon",
  };
}

/** How long a step takes at most: what the author says of it, else the estimate of what it restores. */
function durationOf(step: StepModel, model: Model, world: World): Part {
  const { action } = step;
  const what = `step '${step.id}'`;
  const missing = `takes of ${what} of scenario '${world.scenario?.id}'`;
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
    return { what, seconds: undefined, missing: `expect.restore of asset '${action.asset}'` };
  if (transfer === undefined)
    return {
      what,
      seconds: undefined,
      missing: `how long a copy of asset '${action.asset}' takes to come back from '${copy?.store}': speed of the store, or takes of the copy`,
    };
  const from = copy === undefined ? "" : ` from '${copy.store}'`;
  return { what: `${what}${from}`, seconds: restore + transfer, missing };
}

/** The parts of the longest way through the steps; undefined when they wait for each other in a circle. */
function criticalPath(
  steps: readonly StepModel[],
  durationOf: (step: StepModel) => Part,
): readonly Part[] | undefined {
  const ways = new Map<string, readonly Part[]>();
  const length = (way: readonly Part[]) => way.reduce((sum, part) => sum + (part.seconds ?? 0), 0);
  let rest = steps;
  while (rest.length > 0) {
    const ready = rest.filter((step) =>
      step.after.every((id) => ways.has(id) || !steps.some((each) => each.id === id)),
    );
    if (ready.length === 0) return undefined;
    for (const step of ready) {
      const before = step.after.map((id) => ways.get(id) ?? []);
      const longest = before.reduce((a, b) => (length(b) > length(a) ? b : a), [] as readonly Part[]);
      ways.set(step.id, [...longest, durationOf(step)]);
    }
    rest = rest.filter((step) => !ready.includes(step));
  }
  return [...ways.values()].reduce((a, b) => (length(b) > length(a) ? b : a), [] as readonly Part[]);
}
