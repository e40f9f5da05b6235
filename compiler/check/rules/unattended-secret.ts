import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
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
        findUnattended(asset.options, []) ??
        // Stryker disable next-line ArrayDeclaration: who is told of every asset has no place in this one, so it stands for it
        findUnattended(asset.notify as unknown as Json, []);
      if (found !== undefined)
        yield unattendedSecret(
          { asset: asset.id, source: found.source },
          places("asset", asset.id, ...found.path),
        );
      for (const copy of asset.copies) {
        const store = byId(model.stores, copy.store);
        const needed = copy.schedule && findUnattended(store.options, []);
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
  // Stryker disable next-line ConditionalExpression: no option is null, which only its type does not know
  if (typeof data !== "object" || data === null) return undefined;
  // Nothing but a secret has options of these names.
  if ("prompt" in data) return { path, source: "a person types" };
  if ("env" in data) return { path, source: "is in the environment" };
  for (const [name, item] of Object.entries(data)) {
    const found = findUnattended(item as Json, [...path, Array.isArray(data) ? Number(name) : name]);
    if (found !== undefined) return found;
  }
  return undefined;
}
