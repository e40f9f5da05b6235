import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Json } from "../../model/document.ts";
import type { Rule } from "../rule.ts";

const unattendedSecret = diagnostic({
  code: "LB4005",
  name: "unattended-secret",
  severity: "error",
  message: text`asset '${"asset"}' is scheduled, and needs a secret that ${"source"}`,
  why: text`cron runs it at night with nobody there and nearly no environment, and every run would fail`,
  fix: text`refer to the secret with secretFile(…) or secretCommand(…), or leave the schedule out`,
});

export const rule: Rule = {
  diagnostic: unattendedSecret,
  *check({ model, places }) {
    for (const asset of model.assets) {
      if (asset.schedule === undefined) continue;
      const found =
        findUnattended(asset.options, []) ?? findUnattended(asset.notify as unknown as Json, ["notify"]);
      if (found !== undefined)
        yield unattendedSecret(
          { asset: asset.id, source: found.source },
          places("asset", asset.id, ...found.path),
        );
      for (const copy of asset.copies) {
        const store = model.stores.find((each) => each.id === copy.store);
        const needed = store && copy.schedule && findUnattended(store.options, []);
        if (needed !== undefined)
          yield unattendedSecret(
            { asset: asset.id, source: needed.source },
            places("store", copy.store, ...needed.path),
          );
      }
    }
  },
};

interface Found {
  readonly path: readonly (string | number)[];
  readonly source: string;
}

/** The first reference to a secret that only a person at a terminal can give. */
function findUnattended(data: Json, path: readonly (string | number)[]): Found | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const entries = Object.entries(data);
  // Where else a secret is kept stands beside it.
  const [only, ...more] = entries.filter(([name]) => name !== "escrow");
  if (only !== undefined && more.length === 0 && typeof only[1] === "string") {
    if (only[0] === "prompt") return { path, source: "a person types" };
    if (only[0] === "env") return { path, source: "is in the environment" };
  }
  for (const [name, item] of entries) {
    const found = findUnattended(item as Json, [...path, Array.isArray(data) ? Number(name) : name]);
    if (found !== undefined) return found;
  }
  return undefined;
}
