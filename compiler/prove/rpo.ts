import type { AssetModel, CopyModel, Model } from "../model/model.ts";
import { formatDuration } from "../model/units.ts";
import type { Clock } from "./calendar.ts";
import type { Proof } from "./proof.ts";
import { type Job, type Series, type Staleness, worstStaleness } from "./staleness.ts";
import { type World, worldAfter } from "./world.ts";

/**
 * Recovery points: for every asset that a disaster takes away, how old the newest data is, at the worst moment, in the copies that are left.
 * An asset that no scenario speaks of is judged by the mildest disaster, the loss of its live data.
 */
export function proveRpo(model: Model): readonly Proof[] {
  const proofs: Proof[] = [];
  for (const asset of model.assets) {
    const worlds = model.recovery.scenarios
      .map((scenario) => worldAfter(model, scenario))
      .filter((world) => !world.has("asset", asset.id));
    if (asset.rpo !== undefined && worlds.length === 0) {
      const { rpo } = asset;
      proofs.push(proveOne(model, asset, worldAfter(model, undefined), rpo));
    }
    for (const world of worlds) {
      const target = Math.min(
        asset.rpo ?? Number.POSITIVE_INFINITY,
        world.scenario?.rpo ?? Number.POSITIVE_INFINITY,
      );
      proofs.push(proveOne(model, asset, world, target));
    }
  }
  return proofs;
}

function proveOne(model: Model, asset: AssetModel, world: World, target: number): Proof {
  const left = asset.copies.flatMap((_, index) => (world.copyLeft(asset, index) ? [index] : []));
  const lost = asset.copies.flatMap((copy, index) => {
    const why = world.whyCopyGone(asset, index);
    return why.length === 0 ? [] : [`the copy in '${copy.store}' is gone: ${why.join("; ")}`];
  });
  const result = (
    worst: number | undefined,
    evidence: readonly string[],
    missing: readonly string[],
  ): Proof => ({
    kind: "rpo",
    asset: asset.id,
    scenario: world.scenario?.id,
    target,
    worst,
    verdict:
      worst !== undefined && worst > target
        ? "failed"
        : missing.length > 0 || worst === undefined
          ? "unproven"
          : "proven",
    evidence: [...lost, ...evidence],
    missing,
  });
  if (asset.schedule === undefined)
    return result(undefined, ["it is backed up by hand only"], [`schedule of asset '${asset.id}'`]);
  if (left.length === 0) return result(Number.POSITIVE_INFINITY, ["no copy is left"], []);

  // Each host of an asset makes sets of all its data, so the one that does best counts.
  const hosts = asset.hosts.filter((host) => left.some((index) => isFrom(asset, index, host, world)));
  const found = (hosts.length === 0 ? asset.hosts : hosts).map((host) => ({
    host,
    ...staleness(model, asset, host, left),
  }));
  const best = found.reduce((a, b) => (b.worst.worst < a.worst.worst ? b : a));
  const missing = [...best.missing];
  if (best.worst.overlaps)
    missing.push(`a schedule of asset '${asset.id}' that leaves each run the time that it takes`);
  return result(best.worst.worst, describe(asset, left, best.worst), missing);
}

/** Can a copy hold sets that a host has made, after the disaster? Those on the host itself cannot, when it is gone. */
function isFrom(asset: AssetModel, index: number, host: string, world: World): boolean {
  const copy = asset.copies[index] as CopyModel;
  return copy.how === "pulled" || copy.how === "pushed" || world.has("host", host);
}

function staleness(
  model: Model,
  asset: AssetModel,
  host: string,
  left: readonly number[],
): { readonly worst: Staleness; readonly missing: readonly string[] } {
  const missing = new Set<string>();
  const duration = (seconds: number | undefined, what: string): number => {
    if (seconds === undefined) missing.add(what);
    return seconds ?? 0;
  };
  const clock = (schedule: Clock["schedule"], hostId: string): Clock => {
    const where = model.hosts.find((each) => each.id === hostId);
    if (where?.sleeps) missing.add(`'${hostId}' is asleep at times: jobs run late by nobody knows how much`);
    return { schedule, zone: where?.timeZone ?? "UTC", os: where?.os ?? "linux" };
  };
  // Only what the copies that are left hang on is asked for.
  const needed = new Set<number>();
  for (const index of left)
    for (let at = index; !needed.has(at); at = asset.copies[at]?.from ?? 0) needed.add(at);
  const series = asset.copies.map((copy, index): Series => {
    if (!needed.has(index)) return { store: copy.store, jobs: [], from: undefined };
    const isMade = copy.how === "made" || copy.how === "copied";
    if (isMade) {
      const extra = copy.how === "copied" ? duration(copy.takes, takesOf(asset, copy)) : 0;
      const jobs: Job[] = [];
      if (asset.schedule !== undefined)
        jobs.push({
          clock: clock(asset.schedule, host),
          takes: duration(asset.expect.backup, `expect.backup of asset '${asset.id}'`) + extra,
        });
      if (asset.logSchedule !== undefined)
        jobs.push({
          clock: clock(asset.logSchedule, host),
          takes: duration(asset.expect.log, `expect.log of asset '${asset.id}'`),
          isLog: true,
        });
      return { store: copy.store, jobs, from: undefined };
    }
    if (copy.schedule === undefined) {
      missing.add(`a schedule of the copy of asset '${asset.id}' in '${copy.store}'`);
      return { store: copy.store, jobs: [], from: copy.from };
    }
    const job: Job = {
      clock: clock(copy.schedule, copy.by ?? host),
      takes: duration(copy.takes, takesOf(asset, copy)),
      takesLog:
        asset.logSchedule === undefined ? 0 : duration(asset.expect.log, `expect.log of asset '${asset.id}'`),
    };
    return { store: copy.store, jobs: [job], from: copy.from };
  });
  return { worst: worstStaleness(series, left), missing: [...missing] };
}

function takesOf(asset: AssetModel, copy: CopyModel): string {
  return `how long a copy of asset '${asset.id}' to '${copy.store}' takes: speed of the store and expect.size, or takes of the copy`;
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
