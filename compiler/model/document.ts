import { type CallSite, type EntityType, NOT_OPTIONS, nodeInfo } from "../../dsl/node.ts";
import type { Diagnostic, Target } from "../diagnostics/diagnostic.ts";
import { badId, notData, unprintable, wrongType } from "../diagnostics/schema.ts";
import type { LoadedPlan } from "../load/load.ts";

/** Plain data, as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type Path = readonly (string | number)[];

/** One entity of a plan as plain data: what it refers to has become an id. */
export interface Entity {
  readonly type: EntityType;
  /** As given; the schema judges whether it can be an id. */
  readonly id: string;
  readonly data: { readonly [key: string]: Json };
  /** What the author put at a path when it was an object made by an entity's builder. */
  readonly references: ReadonlyMap<string, EntityType>;
  /** How YAML has plain values that are not text, `1.10`, by path. */
  readonly written?: ReadonlyMap<string, string>;
  /** The place of the property at a path, or of the builder's call when the path is empty. */
  at(...path: Path): Target | undefined;
}

/** A plan as data: what a YAML file holds, and what the schema judges. */
export interface Document {
  readonly file: string;
  /** What the plan is written in, for the words of messages. */
  readonly language: "TypeScript" | "YAML";
  readonly plan: Entity;
  /** Everything else of the plan, in the order in which it is first mentioned. */
  readonly entities: readonly Entity[];
}

/** The things of one type. */
export function ofType(document: Document, type: EntityType): readonly Entity[] {
  return document.entities.filter((entity) => entity.type === type);
}

export const MAX_DEPTH = 32;

/** Turns the objects of a plan into a document, entity by entity, in the order in which the plan mentions them. */
export function documentOf(loaded: LoadedPlan): { document: Document; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const found = new Map<object, Entity>();

  const visit = (object: object, type: EntityType, site: CallSite | undefined): Entity => {
    const known = found.get(object);
    if (known !== undefined) return known;
    const sites = new Map<string, CallSite>();
    const references = new Map<string, EntityType>();
    const start = loaded.locate(site);
    const at = (...path: Path): Target | undefined => {
      for (let length = path.length; length > 0; length--) {
        const target = loaded.locate(sites.get(key(path.slice(0, length))));
        if (target !== undefined) return { ...target, path: path.slice(length) };
      }
      return start && { ...start, path };
    };
    const record = object as Record<string, unknown>;
    const id = typeof record.id === "string" ? record.id : "";
    const what = `${type}${id === "" ? "" : ` '${id}'`}`;
    const data: Record<string, Json> = {};
    const entity: Entity = { type, id, data, references, at };
    found.set(object, entity);

    const convert = (value: unknown, path: Path, parents: readonly object[]): Json | undefined => {
      const info = nodeInfo(value);
      if (info?.entity !== undefined) {
        references.set(key(path), info.entity);
        return visit(value as object, info.entity, info.site).id;
      }
      if (info?.site !== undefined) sites.set(key(path), info.site);
      const refuse = (actual: string): undefined => {
        diagnostics.push(notData({ what: `${label(path)} of ${what}`, actual }, at(...path)));
      };
      switch (typeof value) {
        case "undefined":
          return undefined;
        case "boolean":
          return value;
        case "string": {
          const problem = unprintableIn(value);
          if (problem !== undefined)
            diagnostics.push(unprintable({ what: `${label(path)} of ${what}`, ...problem }, at(...path)));
          return value;
        }
        case "number":
          return Number.isFinite(value) ? value : refuse(`${value}`);
        case "object":
          break;
        default:
          return refuse(`a ${typeof value}`);
      }
      if (value === null) return null;
      if (parents.includes(value as object)) return refuse("an object that holds itself");
      if (parents.length > MAX_DEPTH) return refuse("nested too deeply");
      const inside = [...parents, value as object];
      if (Array.isArray(value)) {
        return value.map((item, index) => convert(item, [...path, index], inside) ?? null);
      }
      const prototype = Object.getPrototypeOf(value) as object | null;
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
        return refuse(`a ${prototype.constructor?.name ?? "special object"}`);
      }
      const result: Record<string, Json> = {};
      for (const [name, item] of Object.entries(value as object)) {
        const converted = convert(item, [...path, name], inside);
        if (converted !== undefined) result[name] = converted;
      }
      return result;
    };

    for (const [name, item] of Object.entries(record)) {
      if (name === NOT_OPTIONS) {
        // A builder called without its id was given the options in its place; the id's own rule says so.
        if (typeof record.id !== "string") continue;
        const values = {
          what: `what follows the id of ${what}`,
          actual: describe(item),
          expected: "its options",
        };
        diagnostics.push(wrongType(values, start, { fix: `write ${callee(record, type)}("${id}", { … })` }));
        continue;
      }
      if (name === "id" && typeof item !== "string") {
        const actual = describe(item);
        const advice = `give the id first: ${callee(record, type)}("orders-db", { … })`;
        diagnostics.push(
          badId({ actual, what: `a${type === "asset" ? "n" : ""} ${type}`, advice }, at("id")),
        );
        continue;
      }
      const converted = convert(item, [name], [object]);
      if (converted !== undefined) data[name] = converted;
    }
    return entity;
  };

  const info = nodeInfo(loaded.plan);
  const plan = visit(loaded.plan, "plan", info?.site);
  const entities = [...found.values()].filter((entity) => entity !== plan);
  return { document: { file: loaded.file, language: "TypeScript", plan, entities }, diagnostics };
}

/** The builder that an entity came from, as an author calls it. */
function callee(record: Record<string, unknown>, type: EntityType): string {
  const kind = record.kind ?? record.store;
  return typeof kind === "string" ? kind : type;
}

/** A path as a key of a map. */
export function key(path: Path): string {
  return path.join("\u0000");
}

/** A path as people read it: `copies[1]`, `timeLimit.backup`. */
export function label(path: Path): string {
  return path.reduce<string>(
    (all, step) => (typeof step === "number" ? `${all}[${step}]` : all === "" ? step : `${all}.${step}`),
    "",
  );
}

/** A value as a message shows it. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "string") return value.length > 60 ? `'${value.slice(0, 57)}…'` : `'${value}'`;
  if (typeof value === "object") return "an object";
  if (typeof value === "function") return "a function";
  return String(value);
}

/** Characters that no script, crontab or file name can carry as data. */
export function unprintableIn(value: string): { character: string; reason: string } | undefined {
  if (value.includes("\u0000")) {
    return {
      character: "a NUL character",
      reason: "no argument, file name or variable of a shell can hold one",
    };
  }
  if (!value.isWellFormed()) {
    return {
      character: "half of a surrogate pair",
      reason: "it has no bytes in UTF-8, so it would not survive being written",
    };
  }
  return undefined;
}
