import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const sameDirectory = diagnostic({
  code: "LB3006",
  name: "same-directory",
  severity: "error",
  message: text`stores '${"one"}' and '${"other"}' of asset '${"asset"}' are the same directory, '${"path"}'`,
  why: text`two copies in one place are lost together`,
  fix: text`give one of them another path, on another disk`,
});

export const rule: Rule = {
  diagnostic: sameDirectory,
  *check({ model, places }) {
    for (const asset of model.assets) {
      const stores = asset.copies.map((id) => model.stores.find((store) => store.id === id));
      for (const [index, store] of stores.entries()) {
        const first = stores.findIndex((other) => other?.path === store?.path);
        const one = stores[first];
        if (store === undefined || one === undefined || one.id === store.id) continue;
        const values = { one: one.id, other: store.id, asset: asset.id, path: store.path };
        yield sameDirectory(values, places("asset", asset.id, "copies", index));
      }
    }
  },
};
