import type { Facts, Remote } from "../../templates/kind.ts";
import { canReach } from "../model/copies.ts";
import { storeKindOf } from "../model/kinds.ts";
import type { AssetModel, CopyModel, HostModel, Model, StoreModel } from "../model/model.ts";

/** A store as a host sees it: a directory of its own, one on another host, or a service. */
export interface Place {
  /** What people call it: the store's id, with the host's when the store is on several. */
  readonly id: string;
  readonly copy: CopyModel;
  readonly store: StoreModel;
  /** The driver of its bash. */
  readonly driver: string;
  /** The other host that it is on. */
  readonly host: HostModel | undefined;
}

/** The stores of an asset that a host can look into, in the order of the copies. */
export function placesOf(model: Model, asset: AssetModel, from: HostModel): readonly Place[] {
  return asset.copies.flatMap((copy) => {
    const store = model.stores.find((each) => each.id === copy.store);
    if (store === undefined) return [];
    if (store.directory === undefined)
      return [{ id: store.id, copy, store, driver: store.kind, host: undefined }];
    const hosts = store.directory.host === undefined ? asset.hosts : [store.directory.host];
    if (hosts.includes(from.id)) return [{ id: store.id, copy, store, driver: "directory", host: undefined }];
    return hosts
      .filter((host) => canReach(from.id, host, model.hosts))
      .map((host) => ({
        id: hosts.length === 1 ? store.id : `${store.id}@${host}`,
        copy,
        store,
        driver: "remote_directory",
        host: model.hosts.find((each) => each.id === host),
      }));
  });
}

/** The directories of a host that hold an asset, where its own sets or copies of them are. */
export function localPlaces(places: readonly Place[]): readonly Place[] {
  return places.filter((place) => place.driver === "directory");
}

/** The facts by which prelude/copies.sh reaches stores that are no directory here. */
export function placeFacts(places: readonly Place[]): Facts {
  return {
    PLACE_IDS: places.map((place) => place.id),
    PLACE_DRIVERS: places.map((place) => place.driver),
    PLACE_LOCATIONS: places.map((place) => place.store.location),
    PLACE_HOSTS: places.map((place) => place.host?.id ?? ""),
    PLACE_SETTINGS: places.flatMap((place) =>
      Object.entries(settingsOf(place)).map(([name, value]) => `${place.id}.${name}=${value}`),
    ),
  };
}

function settingsOf(place: Place): Readonly<Record<string, string>> {
  const keep = Object.entries(place.copy.keep ?? {}).map(([rule, count]) => [`keep_${rule}`, String(count)]);
  return { ...storeKindOf(place.store.kind).settings(place.store.options), ...Object.fromEntries(keep) };
}

/** Programs that these places need. */
export function placeTools(places: readonly Place[]): readonly string[] {
  return places.flatMap((place) => storeKindOf(place.store.kind).tools(place.store.options));
}

/** The other hosts of these places. */
export function placeRemotes(places: readonly Place[]): readonly Remote[] {
  const hosts = new Map(places.flatMap(({ host }) => (host === undefined ? [] : [[host.id, host]])));
  return [...hosts.values()].map(({ id, reach }) => ({ id, reach }));
}
