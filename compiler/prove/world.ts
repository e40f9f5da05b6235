import { canReach } from "../model/copies.ts";
import type { AssetModel, Model, PartModel, ScenarioModel } from "../model/model.ts";

/** What a disaster leaves. */
export interface World {
  readonly scenario: ScenarioModel | undefined;
  has(type: PartModel["type"], id: string): boolean;
  /** Why something is gone: the chain from what the disaster takes away. Undefined: it is not. */
  whyGone(type: PartModel["type"], id: string): readonly string[] | undefined;
  /** The hosts on which an asset's copy is left; a copy off all hosts is left on `undefined`. */
  copyLeft(asset: AssetModel, index: number): boolean;
  /** Why a copy is gone. */
  whyCopyGone(asset: AssetModel, index: number): readonly string[];
}

type Key = `${PartModel["type"]} ${string}`;

/** By model and scenario, none of which ever changes: every proof asks for the same few. */
const known = new WeakMap<Model | ScenarioModel, World>();

/** Finds out what is gone when a disaster takes parts away: what depends on them goes with them. Without a scenario nothing is. */
export function worldAfter(model: Model, scenario: ScenarioModel | undefined): World {
  const world = known.get(scenario ?? model) ?? findWorld(model, scenario);
  known.set(scenario ?? model, world);
  return world;
}

function findWorld(model: Model, scenario: ScenarioModel | undefined): World {
  const gone = new Map<Key, readonly string[]>();
  for (const { type, id } of scenario?.loses ?? [])
    gone.set(`${type} ${id}`, [`the ${type} '${id}' is lost`]);
  // Each round takes away what depends on what went in the one before; there are not more rounds than parts.
  for (let before = -1; before !== gone.size; ) {
    before = gone.size;
    spread(model, scenario?.malicious ?? false, gone);
  }
  const whyGone = (type: PartModel["type"], id: string) => gone.get(`${type} ${id}`);
  const whyCopyGone = (asset: AssetModel, index: number): readonly string[] =>
    copyGone(model, scenario?.malicious ?? false, gone, asset, index) ?? [];
  return {
    scenario,
    has: (type, id) => !gone.has(`${type} ${id}`),
    whyGone,
    copyLeft: (asset, index) => whyCopyGone(asset, index).length === 0,
    whyCopyGone,
  };
}

type Gone = Map<Key, readonly string[]>;

function spread(model: Model, malicious: boolean, gone: Gone): void {
  const take = (type: PartModel["type"], id: string, because: readonly string[] | undefined, how: string) => {
    if (because !== undefined && !gone.has(`${type} ${id}`)) gone.set(`${type} ${id}`, [...because, how]);
  };
  const of = (type: PartModel["type"], id: string | undefined) =>
    id === undefined ? undefined : gone.get(`${type} ${id}`);
  for (const host of model.hosts) {
    take("host", host.id, of("site", host.at), `'${host.id}' is there`);
    take("host", host.id, of("host", host.runsOn), `'${host.id}' runs on it`);
    if (!malicious) continue;
    for (const from of model.hosts) {
      if (gone.has(`host ${from.id}`) && canReach(from.id, host.id, model.hosts))
        take("host", host.id, of("host", from.id), `'${from.id}' has access to '${host.id}'`);
    }
  }
  for (const store of model.stores) {
    take("store", store.id, of("site", store.at), `the store '${store.id}' is there`);
    take("store", store.id, of("host", store.directory?.host), `the store '${store.id}' is on it`);
  }
  for (const escrow of model.recovery.escrows) {
    take("escrow", escrow.id, of("site", escrow.at), `'${escrow.id}' is there`);
    take("escrow", escrow.id, of("host", escrow.on), `'${escrow.id}' is on it`);
    take("escrow", escrow.id, of("asset", escrow.in), `'${escrow.id}' is in it`);
  }
  for (const asset of model.assets) {
    const { hosts, tolerates } = asset.livesOn;
    const lost = hosts.filter((host) => gone.has(`host ${host}`));
    if (lost.length > tolerates)
      take(
        "asset",
        asset.id,
        of("host", lost[0]),
        `the data of '${asset.id}' is on ${lost.map((id) => `'${id}'`).join(", ")}`,
      );
  }
}

/** Why an asset's copy is gone; undefined when it is not. */
function copyGone(
  model: Model,
  malicious: boolean,
  gone: Gone,
  asset: AssetModel,
  index: number,
): readonly string[] | undefined {
  const copy = asset.copies[index];
  const store = model.stores.find((each) => each.id === copy?.store);
  if (copy === undefined || store === undefined) return ["there is no such copy"];
  const lost = gone.get(`store ${store.id}`);
  if (lost !== undefined) return lost;
  const isOnAssetsHosts = store.directory !== undefined && store.directory.host === undefined;
  const left = asset.hosts.filter((host) => !gone.has(`host ${host}`));
  if (isOnAssetsHosts && left.length === 0)
    return [...(gone.get(`host ${asset.hosts[0]}`) ?? []), `the store '${store.id}' is on it`];
  if (!malicious || store.lock > 0) return undefined;
  const writers = copy.by === undefined ? asset.hosts : [copy.by];
  const writer = copy.how === "pushed" ? writers.find((host) => gone.has(`host ${host}`)) : undefined;
  if (writer === undefined) return undefined;
  return [
    ...(gone.get(`host ${writer}`) ?? []),
    `'${writer}' may delete what is in '${store.id}': nothing there is locked`,
  ];
}
