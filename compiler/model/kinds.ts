import type { AssetKind, StoreKind, TransportKind } from "../../templates/kind.ts";
import * as registry from "../../templates/registry.ts";

/** Kinds by name, as the compiler sees them: options are whatever the schema let through. */
// biome-ignore lint/suspicious/noExplicitAny: each kind's functions take its own options, which its schema has proven
type AnyAssetKind = AssetKind<string, any>;
// biome-ignore lint/suspicious/noExplicitAny: the same for stores
type AnyStoreKind = StoreKind<string, any>;
// biome-ignore lint/suspicious/noExplicitAny: the same for transports
type AnyTransportKind = TransportKind<string, any>;

const builders: readonly object[] = Object.values(registry);

export const assetKinds: readonly AnyAssetKind[] = builders.flatMap((builder) =>
  "assetKind" in builder ? [builder.assetKind as AnyAssetKind] : [],
);

export const storeKinds: readonly AnyStoreKind[] = builders.flatMap((builder) =>
  "storeKind" in builder ? [builder.storeKind as AnyStoreKind] : [],
);

export const transportKinds: readonly AnyTransportKind[] = builders.flatMap((builder) =>
  "transportKind" in builder ? [builder.transportKind as AnyTransportKind] : [],
);

export function assetKindOf(name: string): AnyAssetKind {
  const kind = assetKinds.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`no asset kind '${name}'`);
  return kind;
}

export function storeKindOf(name: string): AnyStoreKind {
  const kind = storeKinds.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`no store kind '${name}'`);
  return kind;
}

/** The transport that a host's `reach` is a value of; without one, it is this very machine. */
export function transportOf(reach: object | undefined): AnyTransportKind {
  const value = reach ?? { local: true };
  const transport = transportKinds.find((each) => each.key in value);
  if (transport === undefined) throw new Error(`no transport has ${Object.keys(value).join(", ")}`);
  return transport;
}

/** A kind's folder below templates/: `terraformState` lies in terraform-state/. */
export function kindFolder(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
