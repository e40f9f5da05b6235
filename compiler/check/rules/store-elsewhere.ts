import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const storeElsewhere = diagnostic({
  code: "LB3004",
  name: "store-elsewhere",
  severity: "error",
  message: text`store '${"store"}' is on host '${"storeHost"}', and asset '${"asset"}' on '${"assetHost"}'`,
  why: text`a set is made on the asset's own host, and copied only between directories of that host`,
  fix: text`name a directory without 'on', or one on '${"assetHost"}'`,
});

export const rule: Rule = {
  diagnostic: storeElsewhere,
  *check({ model, places }) {
    for (const asset of model.assets) {
      for (const [index, id] of asset.copies.entries()) {
        const store = model.stores.find((each) => each.id === id);
        const away = asset.hosts.find((host) => store?.host !== undefined && store.host !== host);
        if (store?.host === undefined || away === undefined) continue;
        const values = { store: id, storeHost: store.host, asset: asset.id, assetHost: away };
        yield storeElsewhere(values, places("asset", asset.id, "copies", index));
      }
    }
  },
};
