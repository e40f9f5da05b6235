import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import type { AssetModel, Model, StoreModel } from "../../model/model.ts";
import { related } from "../related.ts";
import type { Rule } from "../rule.ts";

const copiesTooAlike = diagnostic({
  code: "LB4025",
  name: "copies-too-alike",
  severity: "warning",
  message: text`${"assets"}: ${"copies"}; ${"lacking"}`,
  why: text`the rule of 3-2-1-1-0: three copies, the live data included, on two sorts of stores, one of them off-site, one that nobody can delete, none unverified`,
  fix: text`${"advice"}`,
});

export const rule: Rule = {
  diagnostic: copiesTooAlike,
  *check({ model, places }) {
    // One finding for all that lack the same: they mostly share their stores.
    const alike = new Map<string, { assets: AssetModel[]; lacking: readonly Lack[] }>();
    for (const asset of model.assets) {
      const lacking = isPromised(model, asset) ? lacks(model, asset) : [];
      if (lacking.length === 0) continue;
      const name = [asset.copies.length, ...lacking.map((each) => each.what)].join();
      const known = alike.get(name) ?? { assets: [], lacking };
      known.assets.push(asset);
      alike.set(name, known);
    }
    for (const { assets, lacking } of alike.values()) {
      const [first, ...others] = assets as [AssetModel, ...AssetModel[]];
      yield copiesTooAlike(
        {
          assets: assets.map(({ id }) => `'${id}'`).join(", "),
          copies: `${first.copies.length + 1} copies with the live data`,
          lacking: lacking.map((each) => each.what).join(", "),
          advice: lacking.map((each) => each.advice).join("; "),
        },
        places("asset", first.id, "copies"),
        {
          related: others.flatMap(({ id }) => related(`and '${id}'`, places("asset", id, "copies"))),
        },
      );
    }
  },
};

/** Whether anybody counts on an asset: it has an objective, or a scenario restores it. */
function isPromised({ recovery }: Model, { id, rpo, rto }: AssetModel): boolean {
  return (
    rpo !== undefined ||
    rto !== undefined ||
    recovery.scenarios.some((scenario) =>
      // Stryker disable next-line ConditionalExpression: no other action has an asset, which only its type does not know
      scenario.steps.some(({ action }) => action.do === "restore" && action.asset === id),
    )
  );
}

interface Lack {
  readonly what: string;
  readonly advice: string;
}

function lacks(model: Model, asset: AssetModel): readonly Lack[] {
  const stores = asset.copies.map(({ store }) => byId(model.stores, store));
  const live = new Set(asset.livesOn.hosts.map((host) => placeOfHost(model, host)));
  const isOffSite = (store: StoreModel) => ![...live].includes(placeOfStore(model, store, asset));
  const found: Lack[] = [];
  if (stores.length < 2) found.push({ what: "three are needed", advice: "add a store to copies" });
  if (new Set(stores.map((store) => store.kind)).size < 2)
    found.push({ what: "all in one sort of store", advice: "add a store of another kind, such as s3()" });
  if (!stores.some(isOffSite))
    found.push({ what: "none off-site", advice: "add a store that is on none of its machines" });
  if (!stores.some((store) => store.lock > 0))
    found.push({ what: "none that cannot be deleted", advice: "give the off-site store a lock" });
  if (asset.verifySchedule === undefined && !isVerified(model, asset))
    found.push({
      what: "nothing verifies them",
      advice: "give it verify: weekly(…), or a check that asks whether they are intact",
    });
  return found;
}

/** A check may ask for what the asset's own schedule does not. */
function isVerified({ recovery }: Model, asset: AssetModel): boolean {
  return recovery.checks.some((check) =>
    check.probes.some((probe) => "intact" in probe && probe.intact.assets.includes(asset.id)),
  );
}

/** The site of a machine, else the outermost machine that it is lost with. */
function placeOfHost(model: Model, id: string, seen = new Set<string>()): string {
  const { at, runsOn } = byId(model.hosts, id);
  if (at !== undefined) return `site ${at}`;
  // Hosts that run on each other are another rule's finding.
  return runsOn === undefined || seen.has(id)
    ? `host ${id}`
    : placeOfHost(model, runsOn, new Set([...seen, id]));
}

function placeOfStore(model: Model, store: StoreModel, asset: AssetModel): string {
  if (store.at !== undefined) return `site ${store.at}`;
  if (store.directory === undefined) return `store ${store.id}`;
  return placeOfHost(model, store.directory.host ?? asset.hosts[0] ?? "");
}
