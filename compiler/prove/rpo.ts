import type { AssetModel, CopyModel, Model } from "../model/model.ts";
import type { ScheduleModel } from "../model/schedule.ts";
import { formatDuration } from "../model/units.ts";
import type { Clock } from "./calendar.ts";
import { clockOf } from "./clock.ts";
import { type Gap, judge, lacksEstimate, type Proof } from "./proof.ts";
import { lacksSpeed } from "./rto.ts";
import {
  type History,
  historyOf,
  type Job,
  type Series,
  type Staleness,
  upstream,
  worstOf,
} from "./staleness.ts";
import { type World, worldAfter } from "./world.ts";

/**
 * Recovery points: for every asset that a disaster takes away, how old the newest data is, at the worst moment, in the copies that are left.
 * An asset that no scenario speaks of is judged by the mildest disaster, the loss of its live data.
 */
export function proveRpo(model: Model): readonly Proof[] {
  const proofs: Proof[] = [];
  const after = model.recovery.scenarios.map((scenario) => worldAfter(model, scenario));
  for (const asset of model.assets) {
    const worlds = after.filter((world) => !world.has("asset", asset.id));
    const flows = new Map<string, Flow>();
    const flowOf = (host: string): Flow => {
      const flow = flows.get(host) ?? flowFrom(model, asset, host);
      flows.set(host, flow);
      return flow;
    };
    const own = Math.min(asset.rpo ?? Number.POSITIVE_INFINITY, ...promised(model, undefined, asset.id));
    if (Number.isFinite(own) && worlds.length === 0)
      proofs.push(proveOne(asset, worldAfter(model, undefined), own, flowOf));
    for (const world of worlds) {
      const { scenario } = world;
      const promises =
        scenario === undefined ? [] : [scenario.rpo, ...promised(model, scenario.id, asset.id)];
      proofs.push(proveOne(asset, world, Math.min(own, ...promises), flowOf));
    }
  }
  return proofs;
}

/** The recovery points that were promised of a scenario, for all or for one asset of it; without a scenario: of an asset, whatever happens. */
function promised(model: Model, scenario: string | undefined, asset: string): readonly number[] {
  return model.recovery.objectives.flatMap((each) =>
    each.rpo !== undefined &&
    each.scenario === scenario &&
    (each.asset === asset || (each.asset === undefined && scenario !== undefined))
      ? [each.rpo]
      : [],
  );
}

function proveOne(asset: AssetModel, world: World, target: number, flowOf: (host: string) => Flow): Proof {
  const left = asset.copies.flatMap((_, index) => (world.copyLeft(asset, index) ? [index] : []));
  const lost = asset.copies.flatMap((copy, index) => {
    const why = world.whyCopyGone(asset, index);
    return why.length === 0 ? [] : [`the copy in '${copy.store}' is gone: ${why.join("; ")}`];
  });
  const result = (worst: number | undefined, evidence: readonly string[], missing: readonly Gap[]): Proof =>
    judge({
      kind: "rpo",
      asset: asset.id,
      scenario: world.scenario?.id,
      target,
      worst,
      evidence: [...lost, ...evidence],
      missing,
    });
  if (asset.schedule === undefined)
    return result(undefined, ["it is backed up by hand only"], [lacksSchedule(asset)]);
  if (left.length === 0) return result(Number.POSITIVE_INFINITY, ["no copy is left"], []);

  // Each host of an asset makes sets of all its data, so the one that does best counts.
  const hosts = asset.hosts.filter((host) => left.some((index) => isFrom(asset, index, host, world)));
  const found = (hosts.length === 0 ? asset.hosts : hosts).map((host) => {
    const { history, worst, gaps } = flowOf(host);
    const known = worst.get(left.join()) ?? worstOf(history, left);
    worst.set(left.join(), known);
    return {
      worst: known,
      missing: upstream(history.series, left).flatMap((index) => gaps[index] ?? []),
    };
  });
  const best = found.reduce((a, b) => (b.worst.worst < a.worst.worst ? b : a));
  const missing = [...best.missing];
  if (best.worst.overlaps)
    missing.push({
      what: `a schedule of asset '${asset.id}' that leaves each run the time it takes`,
      at: { type: "asset", id: asset.id, path: ["schedule"] },
    });
  return result(best.worst.worst, describe(asset, left, best.worst), missing);
}

/** Can a copy hold sets that a host has made, after the disaster? Those on the host itself cannot, when it is gone. */
function isFrom(asset: AssetModel, index: number, host: string, world: World): boolean {
  const copy = asset.copies[index] as CopyModel;
  return copy.how === "pulled" || copy.how === "pushed" || world.has("host", host);
}

/** What a host's backups of an asset come to, and what would have to be said of each copy for that to be certain. */
interface Flow {
  readonly history: History;
  /** By the copies that are left, which many disasters have in common. */
  readonly worst: Map<string, Staleness>;
  readonly gaps: readonly (readonly Gap[])[];
}

function flowFrom(model: Model, asset: AssetModel, host: string): Flow {
  const lanes = asset.copies.map((_, index) => laneOf(model, asset, host, index));
  return {
    history: historyOf(lanes.map((lane) => lane.series)),
    worst: new Map(),
    gaps: lanes.map((lane) => lane.gaps),
  };
}

/** How sets come to one copy. */
function laneOf(
  model: Model,
  asset: AssetModel,
  host: string,
  index: number,
): { readonly series: Series; readonly gaps: readonly Gap[] } {
  const copy = asset.copies[index] as CopyModel;
  const gaps: Gap[] = [];
  const known = (seconds: number | undefined, gap: Gap): number => {
    if (seconds === undefined) gaps.push(gap);
    return seconds ?? 0;
  };
  const clock = (schedule: ScheduleModel, id: string): Clock => {
    if (model.hosts.find((each) => each.id === id)?.sleeps)
      gaps.push({
        what: `how late jobs run on '${id}', which sleeps at times`,
        at: { type: "host", id, path: ["sleeps"] },
      });
    return clockOf(model, schedule, id);
  };
  const transfer = () => known(copy.takes, lacksSpeed(model, asset.id, copy.store));
  const logTime = () => known(asset.expect.log, lacksEstimate(asset.id, "log"));
  const jobs: Job[] = [];
  if (copy.how === "made" || copy.how === "copied") {
    const extra = copy.how === "copied" ? transfer() : 0;
    if (asset.schedule !== undefined)
      jobs.push({
        clock: clock(asset.schedule, host),
        takes: known(asset.expect.backup, lacksEstimate(asset.id, "backup")) + extra,
      });
    if (asset.logSchedule !== undefined)
      jobs.push({ clock: clock(asset.logSchedule, host), takes: logTime(), isLog: true });
    return { series: { store: copy.store, jobs, from: undefined }, gaps };
  }
  if (copy.schedule === undefined)
    gaps.push({
      what: `when the copy of asset '${asset.id}' in '${copy.store}' is made`,
      at: { type: "asset", id: asset.id, path: ["copies", index] },
    });
  else
    jobs.push({
      clock: clock(copy.schedule, copy.by ?? host),
      takes: transfer(),
      takesLog: asset.logSchedule === undefined ? 0 : logTime(),
    });
  return { series: { store: copy.store, jobs, from: copy.from }, gaps };
}

function lacksSchedule({ id }: AssetModel): Gap {
  return { what: `when asset '${id}' is backed up`, at: { type: "asset", id, path: ["schedule"] } };
}

function describe(asset: AssetModel, left: readonly number[], worst: Staleness): readonly string[] {
  const stores = left.map((index) => `'${asset.copies[index]?.store}'`).join(", ");
  if (!Number.isFinite(worst.worst)) return [`left: ${stores}; but no set ever gets there`];
  return [
    `left: ${stores}`,
    `backed up ${asset.schedule?.text}${asset.logSchedule === undefined ? "" : `, its log ${asset.logSchedule.text}`}`,
    ...left.flatMap((index) => {
      const copy = asset.copies[index];
      return copy?.schedule === undefined ? [] : [`copied to '${copy.store}' ${copy.schedule.text}`];
    }),
    `right before ${instant(worst.at)} the newest data there is of ${instant(worst.captured)}: ${formatDuration(worst.worst)} old`,
  ];
}

function instant(seconds: number): string {
  return new Date(seconds * 1000)
    .toISOString()
    .replace(/:00\.000Z$/, "Z")
    .replace("T", " ")
    .replace(/\.000Z$/, "Z")
    .replace("Z", " UTC");
}
