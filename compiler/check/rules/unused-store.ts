import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const unusedStore = diagnostic({
  code: "LB4027",
  name: "unused-store",
  severity: "warning",
  message: text`nothing is ever copied to store '${"store"}'`,
  why: text`a store that stands in a plan is counted on, by whoever reads it`,
  fix: text`name it in the copies of the assets that it is for, or take it out`,
});

export const rule: Rule = {
  diagnostic: unusedStore,
  *check({ model, places }) {
    const used = new Set(model.assets.flatMap((asset) => asset.copies.map((copy) => copy.store)));
    for (const { id } of model.stores) {
      if (!used.has(id)) yield unusedStore({ store: id }, places("store", id));
    }
  },
};
