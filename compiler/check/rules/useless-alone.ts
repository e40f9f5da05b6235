import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { assetKindOf } from "../../model/kinds.ts";
import type { Rule } from "../rule.ts";

const uselessAlone = diagnostic({
  code: "LB4026",
  name: "useless-alone",
  severity: "warning",
  message: text`asset '${"asset"}' is of no use without ${"path"} on '${"host"}', which no asset of the plan saves`,
  why: text`a restored set that nothing can open, trust or talk to is no recovery`,
  fix: text`${"advice"}`,
});

export const rule: Rule = {
  diagnostic: uselessAlone,
  *check({ model, places }) {
    const saved = model.assets.flatMap((asset) => {
      // Stryker disable next-line ArrayDeclaration: what is no path saves none
      const paths = assetKindOf(asset.kind).saves?.(asset.options) ?? [];
      return asset.hosts.flatMap((host) => paths.map((path) => ({ host, path })));
    });
    for (const asset of model.assets) {
      const needed = assetKindOf(asset.kind).uselessWithout?.(asset.options);
      if (needed === undefined) continue;
      for (const host of asset.hosts) {
        const path = needed.paths.find(
          (each) => !saved.some((other) => other.host === host && `${each}/`.startsWith(`${other.path}/`)),
        );
        if (path === undefined) continue;
        yield uselessAlone({ asset: asset.id, path, host, advice: needed.advice }, places("asset", asset.id));
      }
    }
  },
};
