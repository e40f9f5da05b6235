import { parseDuration } from "../compiler/model/units.ts";
import type { Asset, CommonAssetOptions } from "../dsl/asset.ts";
import { type Branded, type EntityType, entity } from "../dsl/node.ts";
import type { Secret } from "../dsl/secret.ts";
import type { Service } from "../dsl/service.ts";
import type { Store } from "../dsl/store.ts";
import type { Duration } from "../dsl/units.ts";
import type { Transport } from "./registry.ts";

/** An author's options as the model holds them: hosts, stores and assets have become their ids. */
export type Data<T> =
  T extends Branded<EntityType>
    ? string
    : T extends readonly (infer Item)[]
      ? readonly Data<Item>[]
      : T extends object
        ? { readonly [Key in keyof T]: Data<T[Key]> }
        : T;

/** A constant of a generated script. Names are UPPER_CASE; the renderer quotes the value. */
export type Fact = string | number | readonly string[];
export type Facts = Readonly<Record<string, Fact>>;

/** Something wrong that the schema cannot say. `path` leads from the entity to the property. */
export interface OptionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly why: string;
  readonly fix: string;
}

/** A place in which a script runs commands, by the name that its bash calls it. */
export interface Remote {
  readonly id: string;
  /** Undefined: on the very host of the script. */
  readonly reach: Data<Transport> | undefined;
}

/**
 * A script that a kind has besides those of every kind: `<name>-<asset>.sh` on the asset's hosts. Its `main` and `usage` are in
 * `<name>.sh` in the kind's folder, linked with the prelude and the kind's own bash.
 */
export interface ExtraRole {
  /** The role's name, of letters and dashes: `unseal`. */
  readonly name: string;
  /** What it does, for the head of the script: `Unseal`. */
  readonly verb: string;
}

/** What the compiler knows of an asset kind. Its bash and its doc lie beside it, under the same name. */
export interface AssetKind<Name extends string = string, Options = unknown> {
  /** The kind's name: its folder, its builder, and `kind:` in YAML. */
  readonly name: Name;
  /** Folder of its sets in a store: `<store>/<type>/<asset>/`. */
  readonly type: string;
  /** For people: `MySQL or MariaDB`. */
  readonly title: string;
  /** Ids of the hosts that it lives on; each gets its scripts. */
  hosts(options: Data<Options>): readonly string[];
  /**
   * The hosts that hold the live data, and how many of them may be lost without losing any of it. Default: the hosts that it is
   * backed up on, each of which it needs.
   */
  livesOn?(options: Data<Options>): { readonly hosts: readonly string[]; readonly tolerates: number };
  /** Programs that its scripts need on such a host. */
  tools(options: Data<Options>): readonly string[];
  /** Facts for its bash on that host. */
  facts(options: Data<Options>, hostId: string): Facts;
  /** Where its scripts run commands elsewhere than on their host: in a pod, on another machine. Default: nowhere. */
  remotes?(options: Data<Options>): readonly Remote[];
  /**
   * A log that leads from one full set to any later moment, archived on its own: how often, and the option that says so. The bash
   * has the hooks of docs/runtime.md for it. Default: none.
   */
  log?(options: Data<Options>): { readonly option: string; readonly every: Duration } | undefined;
  /** Scripts that only this kind has. Default: none. */
  readonly extraRoles?: readonly ExtraRole[];
  /** What a restore must stop. Default: none. */
  service?(options: Data<Options>): Data<Service> | undefined;
  /** Why a set of this kind must not lie about in plain text; asked for only when it is not encrypted. */
  sensitive?(options: Data<Options>): string | undefined;
  /** Files and directories of its hosts that its sets hold. Default: none; what it saves is no files. */
  saves?(options: Data<Options>): readonly string[];
  /** Files of its hosts without which a restored set is of no use, and what an author does about it. Default: none. */
  uselessWithout?(
    options: Data<Options>,
  ): { readonly paths: readonly string[]; readonly advice: string } | undefined;
  /** Problems that a schema cannot find. */
  problems?(options: Data<Options>): readonly OptionProblem[];
}

/** A kind's builder, as plans call it, with its definition attached for the compiler. */
export interface AssetBuilder<Name extends string = string, Options = unknown> {
  (id: string, options: Options): Asset;
  readonly assetKind: AssetKind<Name, Options>;
}

/** Makes a kind's builder from its definition. */
export function assetKind<Name extends string, Options extends CommonAssetOptions>(
  definition: AssetKind<Name, Options>,
): AssetBuilder<Name, Options> {
  const builder = (id: string, options: Options): Asset =>
    entity<Asset>("asset", builder, id, options, { kind: definition.name });
  return Object.assign(builder, { assetKind: definition });
}

/** What the compiler knows of a store kind. */
export interface StoreKind<Name extends string = string, Options = unknown> {
  /** The store's name: its folder, the driver of its bash, and `kind:` in YAML. */
  readonly name: Name;
  readonly title: string;
  /** Only for a directory: where it is. No host means: on whichever host the asset lives. */
  directory?(options: Data<Options>): { readonly host: string | undefined; readonly path: string };
  /** Where it is, for people: `s3://bucket/prefix`. Two stores of the same location are one. */
  location(options: Data<Options>): string;
  /** Programs that its scripts need. */
  tools(options: Data<Options>): readonly string[];
  /** What its bash asks for with `place_setting`. */
  settings(options: Data<Options>): Readonly<Record<string, string>>;
  /** Credentials that lie on the hosts which use it, as people would say it. Default: none. */
  credentials?(options: Data<Options>): string | undefined;
  /** For how long nobody can delete or change a set in it. Default: not at all. */
  lock?(options: Data<Options>): Duration | undefined;
  /** Problems that a schema cannot find. */
  problems?(options: Data<Options>): readonly OptionProblem[];
}

/** A store's builder, as plans call it. */
export interface StoreBuilder<Name extends string = string, Options = unknown> {
  (id: string, options: Options): Store;
  readonly storeKind: StoreKind<Name, Options>;
}

/** Makes a store's builder from its definition. */
export function storeKind<Name extends string, Options extends object>(
  definition: StoreKind<Name, Options>,
): StoreBuilder<Name, Options> {
  const builder = (id: string, options: Options): Store =>
    entity<Store>("store", builder, id, options, { store: definition.name });
  return Object.assign(builder, { storeKind: definition });
}

/** What the compiler knows of a transport: a way to run commands on another machine. */
export interface TransportKind<Name extends string = string, Reach extends object = object> {
  /** The transport's name: its folder, and the driver of its bash. */
  readonly name: Name;
  /** For people: `ssh`. */
  readonly title: string;
  /** The property by which one of its values is known. */
  readonly key: keyof Reach & string;
  /** Programs that it needs on the host that reaches. */
  readonly tools: readonly string[];
  /** What its bash asks for with `remote_setting`. */
  settings(reach: Data<Reach>, id: string): Readonly<Record<string, string>>;
}

/** Attaches a transport's definition to its builder. */
export function transportKind<Arguments extends readonly unknown[], Reach extends object>(
  builder: (...args: Arguments) => Reach,
  definition: TransportKind<string, NoInfer<Reach>>,
): ((...args: Arguments) => Reach) & { readonly transportKind: TransportKind<string, Reach> } {
  return Object.assign(builder, { transportKind: definition });
}

/** A secret as the bash runtime takes it: `file:/path`, `env:NAME`, `command:/path` or `prompt:label`. */
export function secretReference(secret: Data<Secret>): string {
  if ("file" in secret) return `file:${secret.file}`;
  if ("env" in secret) return `env:${secret.env}`;
  if ("command" in secret) return `command:${secret.command}`;
  return `prompt:${secret.prompt}`;
}

/** Seconds of a duration that the schema has let through. */
export function secondsOf(duration: Duration): number {
  const parsed = parseDuration(duration);
  if ("problem" in parsed) throw new Error(`unchecked duration ${duration}`);
  return parsed.value;
}
