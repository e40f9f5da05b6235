import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
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
      const paths = DATA_OPTIONS.flatMap((name) => asset.options[name] ?? []).filter(
        (each) => typeof each === "string",
      );
      for (const [index, { store: id }] of asset.copies.entries()) {
        const directory = model.stores.find((store) => store.id === id)?.directory;
        const onHost = directory?.host === undefined || asset.hosts.includes(directory.host);
        const storePath = onHost ? directory?.path : undefined;
        const path = paths.find((each) => storePath !== undefined && overlap(each, storePath));
        if (storePath === undefined || path === undefined) continue;
        const values = { store: id, storePath, asset: asset.id, path };
        yield storeInsideSource(values, places("asset", asset.id, "copies", index));
      }
    }
  },
};

function overlap(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`) || one === "/";
}
