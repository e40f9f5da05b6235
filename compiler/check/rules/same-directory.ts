import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { StoreModel } from "../../model/model.ts";
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
      const stores = asset.copies.map((copy) => model.stores.find((store) => store.id === copy.store));
      const place = (store: StoreModel | undefined) =>
        `${store?.directory?.host ?? (store?.directory && asset.hosts[0])} ${store?.location}`;
      for (const [index, store] of stores.entries()) {
        const first = stores.findIndex((other) => place(other) === place(store));
        const one = stores[first];
        if (store === undefined || one === undefined || one.id === store.id) continue;
        const values = { one: one.id, other: store.id, asset: asset.id, path: store.location };
        yield sameDirectory(values, places("asset", asset.id, "copies", index));
      }
    }
  },
};
