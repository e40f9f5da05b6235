import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import { assetKindOf } from "../../model/kinds.ts";
import type { AssetModel } from "../../model/model.ts";
import type { Rule } from "../rule.ts";

const storeInsideSource = diagnostic({
  code: "LB4004",
  name: "store-inside-source",
  severity: "error",
  message: text`store '${"store"}' (${"storePath"}) and the data of asset '${"asset"}' (${"path"}) lie inside one another`,
  why: text`each backup would hold the ones before it, and what deletes the data deletes its backups`,
  fix: text`put the store on another path, best on another disk`,
});

/** The options that name data on the host's disk, of whatever kind. */
const DATA_OPTIONS = ["paths", "path", "dataDirectory"];

export const rule: Rule = {
  diagnostic: storeInsideSource,
  *check({ model, places }) {
    for (const asset of model.assets) {
      const paths = pathsOf(asset);
      for (const [index, { store: id }] of asset.copies.entries()) {
        const { directory } = byId(model.stores, id);
        if (directory === undefined || !asset.hosts.includes(directory.host ?? asset.hosts[0] ?? ""))
          continue;
        const path = paths.find((each) => overlap(each, directory.path));
        if (path === undefined) continue;
        const values = { store: id, storePath: directory.path, asset: asset.id, path };
        yield storeInsideSource(values, places("asset", asset.id, "copies", index));
      }
    }
  },
};

/** The data of an asset on the disks of its hosts. */
function pathsOf({ kind, options }: AssetModel): readonly string[] {
  // What is in a pod is on no disk of the host that reads it.
  if (options.in !== undefined) return [];
  const named = DATA_OPTIONS.flatMap((name) => (options[name] ?? []) as string | readonly string[]);
  return [...named, ...(assetKindOf(kind).saves?.(options) ?? [])];
}

function overlap(one: string, other: string): boolean {
  return isInside(one, other) || isInside(other, one);
}

function isInside(one: string, other: string): boolean {
  return other === "/" || `${one}/`.startsWith(`${other}/`);
}
