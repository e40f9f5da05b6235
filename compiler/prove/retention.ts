import type { Retention } from "../../dsl/retention.ts";
import type { AssetModel, Model, ScenarioModel, StoreModel } from "../model/model.ts";
import { formatDuration, formatSize } from "../model/units.ts";
import { clockOf, type Gaps, gapsOf } from "./clock.ts";
import { type Gap, judge, lacksEstimate, type Proof } from "./proof.ts";
import { detectionTime } from "./rto.ts";
import { worldAfter } from "./world.ts";

const DAY = 86_400;

/** The rules of a retention with a period, and how long that is at the least: seconds. */
const PERIODS: readonly (readonly [rule: Exclude<keyof Retention, "last">, seconds: number])[] = [
  ["hourly", 3600],
  ["daily", DAY],
  ["weekly", 7 * DAY],
  ["monthly", 28 * DAY],
  ["yearly", 365 * DAY],
];

/**
 * Retention: damage is noticed late, and what was saved after it is damaged, too. So some copy that the disaster leaves must keep a set for
 * longer than it takes to notice.
 */
export function proveRetention(model: Model): readonly Proof[] {
  return model.recovery.scenarios.flatMap((scenario) =>
    model.assets.flatMap((asset) => {
      const proof = proveOne(model, scenario, asset);
      return proof === undefined ? [] : [proof];
    }),
  );
}

function proveOne(model: Model, scenario: ScenarioModel, asset: AssetModel): Proof | undefined {
  const world = worldAfter(model, scenario);
  // Data that is damaged while its hosts live on is saved after the damage, and so is what an intruder has encrypted.
  const isDamaged =
    scenario.loses.some((part) => part.type === "asset" && part.id === asset.id) ||
    (scenario.malicious && !world.has("asset", asset.id));
  if (!isDamaged || asset.schedule === undefined) return undefined;
  const left = asset.copies.filter((_, index) => world.copyLeft(asset, index));
  if (left.length === 0) return undefined;
  const { hidden } = scenario.detection;
  const noticed = detectionTime(model, scenario);
  const gaps = gapsOf(clockOf(model, asset.schedule, asset.hosts[0]));
  const reaches = left.map((copy) => ({
    store: copy.store,
    reach: reachOf(copy.keep ?? asset.keep, gaps),
  }));
  const longest = reaches.reduce((a, b) => (b.reach > a.reach ? b : a));
  return judge({
    kind: "retention",
    asset: asset.id,
    scenario: scenario.id,
    target: longest.reach,
    worst: noticed.seconds === undefined ? undefined : hidden + noticed.seconds,
    evidence: [
      ...reaches.map(({ store, reach }) =>
        Number.isFinite(reach)
          ? `'${store}' always has a set that is at least ${formatDuration(reach)} old`
          : `'${store}' keeps every set`,
      ),
      ...(noticed.seconds === undefined
        ? []
        : [
            `damage may lie hidden for ${formatDuration(hidden)}, and it takes ${formatDuration(noticed.seconds)} ${noticed.what}`,
          ]),
    ],
    missing: noticed.seconds === undefined ? [noticed.missing] : [],
  });
}

/**
 * How old the oldest set is that a retention always has, once it has run for long enough: seconds. Right after the first set of a period, the
 * oldest one kept of a rule for N periods is the newest one of N - 1 periods before: it was made before the N - 2 whole periods in between.
 */
export function reachOf(keep: Retention | undefined, { shortest, longest }: Gaps): number {
  if (keep === undefined) return Number.POSITIVE_INFINITY;
  const reaches = PERIODS.map(([rule, period]) => {
    const count = keep[rule] ?? 0;
    if (count < 2) return 0;
    // Periods without a set do not count, so sets that are further apart than a period have one each.
    if (shortest >= period) return (count - 1) * shortest;
    const between = (count - 2) * period;
    // Sets at one interval are whole intervals apart.
    return shortest === longest ? (Math.floor(between / shortest) + 1) * shortest : between;
  });
  return Math.max(0, ((keep.last ?? 1) - 1) * shortest, ...reaches);
}

/** Capacity: every store that says how much it holds has room for all the sets that are kept in it, and for one more of each. */
export function proveCapacity(model: Model): readonly Proof[] {
  return model.stores.flatMap((store) =>
    store.capacity === undefined ? [] : [proveStore(model, store, store.capacity)],
  );
}

function proveStore(model: Model, store: StoreModel, capacity: number): Proof {
  // A directory without a host is one on each host, with the sets of that host's assets.
  const isOnEach = store.directory !== undefined && store.directory.host === undefined;
  const users = model.assets.filter((asset) => asset.copies.some((copy) => copy.store === store.id));
  const hosts = isOnEach ? [...new Set(users.flatMap((asset) => asset.hosts))] : [undefined];
  const shares = hosts.map((host) =>
    shareOf(
      store,
      users.filter((asset) => host === undefined || asset.hosts.includes(host)),
      host,
    ),
  );
  const largest = shares.reduce((a, b) => (b.bytes > a.bytes ? b : a), {
    bytes: 0,
    evidence: [],
    missing: [],
  });
  return judge({
    kind: "capacity",
    unit: "bytes",
    target: capacity,
    worst: largest.bytes,
    evidence: largest.evidence,
    missing: shares.flatMap((share) => share.missing),
    store: store.id,
  });
}

interface Share {
  readonly bytes: number;
  readonly evidence: readonly string[];
  readonly missing: readonly Gap[];
}

/** What some assets put into a store, at the most: every set that is kept, and one more, which is made before an old one goes. */
function shareOf(store: StoreModel, assets: readonly AssetModel[], host: string | undefined): Share {
  const evidence: string[] = host === undefined ? [] : [`on '${host}'`];
  const missing: Gap[] = [];
  let bytes = 0;
  for (const asset of assets) {
    // Each host of an asset that lives on several makes sets of its own, and a store elsewhere has them all.
    const makers = host === undefined ? asset.hosts.length : 1;
    for (const copy of asset.copies) {
      if (copy.store !== store.id) continue;
      const count = (countOf(copy.keep ?? asset.keep) + 1) * makers;
      const size = asset.expect.size;
      if (size === undefined) missing.push(lacksEstimate(asset.id, "size"));
      if (!Number.isFinite(count))
        missing.push({
          what: `which sets of asset '${asset.id}' stay in '${store.id}' (keep)`,
          at: { type: "asset", id: asset.id, path: ["keep"] },
        });
      if (size === undefined || !Number.isFinite(count)) continue;
      bytes += count * size;
      evidence.push(
        `${formatSize(count * size)}  '${asset.id}': ${count} sets of ${formatSize(size)}, the new one included`,
      );
    }
  }
  return { bytes, evidence, missing };
}

/** How many sets a retention keeps at most. */
function countOf(keep: Retention | undefined): number {
  if (keep === undefined) return Number.POSITIVE_INFINITY;
  return (keep.last ?? 0) + PERIODS.reduce((sum, [rule]) => sum + (keep[rule] ?? 0), 0);
}
