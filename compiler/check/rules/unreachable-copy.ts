import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import type { AssetModel, CopyModel, Model } from "../../model/model.ts";
import type { Rule } from "../rule.ts";

const unreachableCopy = diagnostic({
  code: "LB3008",
  name: "unreachable-copy",
  severity: "error",
  message: text`nothing brings sets of asset '${"asset"}' to store '${"store"}': ${"problem"}`,
  why: text`a copy that is never made is no copy`,
  fix: text`${"advice"}`,
});

export const rule: Rule = {
  diagnostic: unreachableCopy,
  *check({ model, places }) {
    for (const asset of model.assets) {
      for (const [index, copy] of asset.copies.entries()) {
        if (index === 0 || copy.how !== "none") continue;
        const from = hostOf(asset, asset.copies[copy.from] ?? copy, model);
        const to = hostOf(asset, copy, model);
        const problem =
          "multipass" in (byId(model.hosts, from).reach ?? {})
            ? `'${from}' is a Multipass VM, which only the machine it runs on can reach, and that is not '${to}'`
            : `'${to}' cannot reach '${from}', nor '${from}' '${to}'`;
        const advice = `say how '${to}' reaches host '${from}': reach: ssh({ address: "…" })`;
        yield unreachableCopy(
          { store: copy.store, asset: asset.id, problem, advice },
          places("asset", asset.id, "copies", index),
        );
      }
    }
  },
};

/** The host that has a copy: that of its directory, else the asset's own. */
function hostOf(asset: AssetModel, copy: CopyModel, model: Model): string {
  return byId(model.stores, copy.store).directory?.host ?? asset.hosts[0] ?? "";
}
