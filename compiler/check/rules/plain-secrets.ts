import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { assetKindOf } from "../../model/kinds.ts";
import type { Rule } from "../rule.ts";

const plainSecrets = diagnostic({
  code: "LB4003",
  name: "plain-secrets",
  severity: "warning",
  message: text`backups of asset '${"asset"}' are not encrypted: ${"reason"}`,
  why: text`whoever can read the store can read the secrets, now and in every old set`,
  fix: text`add encrypt: age("age1…"), or opensslKey("/etc/lifeboat/backup.key")`,
});

export const rule: Rule = {
  diagnostic: plainSecrets,
  *check({ model, places }) {
    for (const asset of model.assets) {
      const reason = assetKindOf(asset.kind).sensitive?.(asset.options);
      if (reason === undefined || asset.encryption !== undefined) continue;
      yield plainSecrets({ asset: asset.id, reason }, places("asset", asset.id));
    }
  },
};
