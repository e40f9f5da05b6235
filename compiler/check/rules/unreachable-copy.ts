import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
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
        const holder = model.stores.find((store) => store.id === asset.copies[copy.from]?.store);
        const from = holder?.directory?.host ?? asset.hosts[0] ?? "";
        const to =
          model.stores.find((store) => store.id === copy.store)?.directory?.host ?? asset.hosts[0] ?? "";
        const vm = model.hosts.find((host) => host.id === from)?.reach;
        const problem =
          vm !== undefined && "multipass" in vm
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
