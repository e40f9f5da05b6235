import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const repeatedCopy = diagnostic({
  code: "LB3005",
  name: "repeated-copy",
  severity: "error",
  message: text`copies of asset '${"asset"}' names store '${"store"}' twice`,
  why: text`the second copy would be the first one, and add no safety`,
  fix: text`name each store once`,
});

export const rule: Rule = {
  diagnostic: repeatedCopy,
  *check({ model, places }) {
    for (const asset of model.assets) {
      const stores = asset.copies.map((copy) => copy.store);
      for (const [index, store] of stores.entries()) {
        if (stores.indexOf(store) === index) continue;
        yield repeatedCopy({ asset: asset.id, store }, places("asset", asset.id, "copies", index));
      }
    }
  },
};
