import type { AssetModel, CopyModel, HostModel, Model } from "../model/model.ts";
import type { AssetRole } from "./bundle.ts";
import { type Place, placesOf } from "./places.ts";

/** Roles whose scripts need the bash of the asset's kind. */
export const KIND_ROLES = ["backup", "archive", "restore", "verify", "drill"] as const;

/** What a host does for an asset: it lives there, or a copy of its sets does. */
export interface Duty {
  readonly asset: AssetModel;
  /** Does the asset live here? */
  readonly isHome: boolean;
  readonly places: readonly Place[];
  /** The copy that this host fetches. */
  readonly pull: CopyModel | undefined;
  /** The copies that this host sends. */
  readonly pushes: readonly CopyModel[];
  readonly roles: readonly AssetRole[];
}

/** The duties of a host, in the order of the assets. */
export function dutiesOf(model: Model, host: HostModel): readonly Duty[] {
  return model.assets.flatMap((asset) => {
    const isHome = asset.hosts.includes(host.id);
    const pull = asset.copies.find((copy) => copy.how === "pulled" && copy.by === host.id);
    const pushes = asset.copies.filter(
      (copy) => copy.how === "pushed" && (copy.by === host.id || (copy.by === undefined && isHome)),
    );
    const roles: readonly AssetRole[] = [
      ...(isHome ? KIND_ROLES.filter((role) => role !== "archive" || asset.logSchedule !== undefined) : []),
      ...(pull === undefined ? [] : (["pull", "restore-remote", "verify"] as const)),
      ...(pushes.length === 0 ? [] : (["push"] as const)),
    ];
    return roles.length === 0
      ? []
      : [{ asset, isHome, places: placesOf(model, asset, host), pull, pushes, roles }];
  });
}
