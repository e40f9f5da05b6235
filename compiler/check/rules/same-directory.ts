import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import type { AssetModel, StoreModel } from "../../model/model.ts";
import type { Rule } from "../rule.ts";

const sameDirectory = diagnostic({
  code: "LB3006",
  name: "same-directory",
  severity: "error",
  message: text`stores '${"one"}' and '${"other"}' of asset '${"asset"}' are the same place, '${"path"}'`,
  why: text`two copies in one place are lost together`,
  fix: text`give one of them another path, on another disk`,
});

export const rule: Rule = {
  diagnostic: sameDirectory,
  *check({ model, places }) {
    for (const asset of model.assets) {
      const stores = asset.copies.map((copy) => byId(model.stores, copy.store));
      for (const [index, store] of stores.entries()) {
        const own = placesOf(store, asset);
        const one = stores.find((other) => placesOf(other, asset).some((place) => own.includes(place)));
        // Stryker disable next-line ConditionalExpression: a store is found at its own place at the latest, which only its type does not know
        if (one === undefined || one.id === store.id) continue;
        const values = { one: one.id, other: store.id, asset: asset.id, path: store.location };
        yield sameDirectory(values, places("asset", asset.id, "copies", index));
      }
    }
  },
};

/** Everywhere that a store has sets of an asset: a directory without a host is on each host of the asset. */
function placesOf(store: StoreModel, asset: AssetModel): readonly string[] {
  const { directory, location } = store;
  if (directory === undefined) return [location];
  const hosts = directory.host === undefined ? asset.hosts : [directory.host];
  return hosts.map((host) => `${host} ${location}`);
}
