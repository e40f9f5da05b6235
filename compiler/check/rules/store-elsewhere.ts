import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const storeElsewhere = diagnostic({
  code: "LB3004",
  name: "store-elsewhere",
  severity: "error",
  message: text`the first store of asset '${"asset"}', '${"store"}', is no directory on the asset's own host`,
  why: text`a set is made and checked on the asset's host, and only then copied: a network that fails must not cost the backup`,
  fix: text`name first a directory without 'on', or one on '${"assetHost"}'`,
});

export const rule: Rule = {
  diagnostic: storeElsewhere,
  *check({ model, places }) {
    for (const asset of model.assets) {
      const [first] = asset.copies;
      if (first?.how !== "none") continue;
      const values = { store: first.store, asset: asset.id, assetHost: asset.hosts.join("' or '") };
      yield storeElsewhere(values, places("asset", asset.id, "copies", 0));
    }
  },
};
