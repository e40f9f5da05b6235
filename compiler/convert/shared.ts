import type { Document, Json } from "../model/document.ts";
import type { Comments } from "./comments.ts";

/** A value that stands in several places of a plan, and is written once. */
export interface Shared {
  readonly key: string;
  readonly name: string;
  readonly value: Json;
}

/** Shorter ones are read more easily where they stand, lists of words above all. */
const MIN_LENGTH = { map: 60, list: 100 };

type Sharing = ReadonlyMap<string, Shared>;

/** Finds the values that are worth a name, each before those that hold it. */
export function findShared(document: Document, listedOptions: readonly string[]): Sharing {
  const roots = [document.plan, ...document.entities].flatMap((entity) =>
    Object.entries(entity.data)
      .filter(([name]) => entity !== document.plan || !listedOptions.includes(name))
      .map(([name, value]) => ({ name, value })),
  );
  let candidates: ReadonlyMap<string, Shared> | undefined;
  for (;;) {
    const uses = countUses(roots, candidates);
    // A value that stands twice only because what holds it does, is no value of its own: drop such ones until none is left.
    const repeated = new Map(
      [...uses].filter(([, use]) => use.count > 1).map(([key, use]) => [key, use.shared]),
    );
    const isStable = candidates !== undefined && repeated.size === candidates.size;
    candidates = repeated;
    if (!isStable) continue;
    // And one that is short once what is shared inside it has a name.
    const long = new Map([...repeated].filter(([, { value }]) => isLong(outline(value, repeated))));
    if (long.size === repeated.size) return named(long);
    candidates = long;
  }
}

/** A value as it is written when what is shared inside it has a name. */
export function outline(value: Json, shared: { has(key: string): boolean }, isInside = false): Json {
  const key = shareKey(value);
  if (isInside && key !== undefined && shared.has(key)) return "*name";
  if (Array.isArray(value)) return value.map((item) => outline(item, shared, true));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, outline(item as Json, shared, true)]),
  );
}

interface Use {
  count: number;
  readonly shared: Shared;
}

function countUses(
  roots: readonly { name: string; value: Json }[],
  candidates: ReadonlyMap<string, Shared> | undefined,
): ReadonlyMap<string, Use> {
  const uses = new Map<string, Use>();
  const below = (value: Json, name: string): void => {
    // A step stands where it is done, however often it is.
    if (Array.isArray(value)) for (const item of value) (name === "steps" ? below : see)(item, name);
    else if (typeof value === "object" && value !== null)
      for (const [option, item] of Object.entries(value)) see(item as Json, option);
  };
  const see = (value: Json, name: string): void => {
    const key = shareKey(value);
    if (key === undefined || candidates?.has(key) === false) {
      below(value, name);
      return;
    }
    const use = uses.get(key);
    if (use !== undefined) {
      use.count += 1;
      // The first round looks below every one, the later ones once below each that is shared.
      if (candidates === undefined) below(value, name);
      return;
    }
    // What is below comes first, so that it is defined before it is used.
    below(value, name);
    uses.set(key, { count: 1, shared: { key, name: nameOf(value, name), value } });
  };
  for (const { name, value } of roots) see(value, name);
  return uses;
}

function isLong(value: Json): boolean {
  return JSON.stringify(value).length >= (Array.isArray(value) ? MIN_LENGTH.list : MIN_LENGTH.map);
}

/** A copy is called after its store; everything else after the option that it is of. */
function nameOf(value: Json, option: string): string {
  const { store } = value as { readonly store?: unknown };
  return typeof store === "string" ? `${store}-copy` : option;
}

/** What equal values have in common; undefined for what is too small to be shared. */
export function shareKey(value: Json): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return isLong(value) ? JSON.stringify(value) : undefined;
}

function named(values: ReadonlyMap<string, Shared>): Sharing {
  const taken = new Map<string, number>();
  const result = new Map<string, Shared>();
  for (const [key, shared] of values) {
    const number = (taken.get(shared.name) ?? 0) + 1;
    taken.set(shared.name, number);
    result.set(key, { ...shared, name: number === 1 ? shared.name : `${shared.name}-${number}` });
  }
  return result;
}

/** What is remarked of a shared value at any of its places. */
export function sharedRemarks(document: Document, comments: Comments, shared: Shared): readonly string[] {
  for (const entity of [document.plan, ...document.entities]) {
    for (const [name, value] of Object.entries(entity.data)) {
      const lines = comments.at(entity, [name]);
      if (lines.length > 0 && shareKey(value) === shared.key) return lines;
    }
  }
  return [];
}
