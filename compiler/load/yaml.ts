import { existsSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import {
  type Alias,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLError,
  type YAMLMap,
  type Document as YamlDocument,
} from "yaml";
import { type Diagnostic, hasErrors, type Target } from "../diagnostics/diagnostic.ts";
import {
  duplicateKey,
  noPlanInFile,
  planNotFound,
  severalDocuments,
  syntaxError,
  unsupportedYaml,
} from "../diagnostics/load.ts";
import { unusedEntity } from "../diagnostics/reference.ts";
import { notData, unknownOption, unprintable, wrongType } from "../diagnostics/schema.ts";
import { closest } from "../model/closest.ts";
import {
  type Document,
  describe,
  type Entity,
  type Json,
  key,
  label,
  MAX_DEPTH,
  type Path,
  unprintableIn,
} from "../model/document.ts";
import planSchema from "../model/plan.schema.json" with { type: "json" };
import { arranged, listed, type Section, type SectionType, sections } from "../model/sections.ts";
import { references } from "../model/validate.ts";
import type { Result } from "../result.ts";
import { projectOf, show } from "./load.ts";
import { isMergeKey, YAML_OPTIONS } from "./yaml-nodes.ts";

/** Where a plan in YAML keeps values that several of its entities use, under anchors. */
export const SHARED = "shared";

/** More than any plan holds: aliases of aliases can grow without end. */
const MAX_VALUES = 200_000;

/** Reads a plan in YAML. `text` stands in for what the file holds. */
export async function loadYaml(path: string, text?: string): Promise<Result<Document>> {
  const file = resolve(path);
  if (text === undefined && !existsSync(file)) {
    return { value: undefined, diagnostics: [planNotFound({ file: path }, undefined)] };
  }
  const shown = show(file, projectOf(file));
  const name = basename(file).replace(/(\.plan)?\.ya?ml$/, "");
  return new Loader(shown, name, text ?? readFileSync(file, "utf8")).load();
}

/** One entity's place: its map, and the way to it from the top of the file. */
interface Place {
  readonly type: Entity["type"];
  readonly id: string;
  readonly prefix: Path;
  readonly offset: number;
}

class Loader {
  private readonly file: string;
  private readonly name: string;
  private readonly text: string;
  private readonly lines = new LineCounter();
  private readonly diagnostics: Diagnostic[] = [];
  private document: YamlDocument | undefined;
  private values = 0;

  constructor(file: string, name: string, text: string) {
    this.file = file;
    this.name = name;
    // An editor's byte order mark is no part of the plan.
    this.text = text.replace(/^\ufeff/, "");
  }

  load(): Result<Document> {
    const document = this.parse();
    if (document === undefined) return { value: undefined, diagnostics: this.diagnostics };
    this.document = document;
    const top = document.contents;
    if (!isMap(top)) {
      const what =
        top === null || isEmpty(top) ? "the file is empty" : `the file holds ${kindOf(top)}, not a map`;
      this.refuseFile(what, top?.range?.[0] ?? 0);
      return { value: undefined, diagnostics: this.diagnostics };
    }
    const plan = this.makePlan(top as YAMLMap);
    if (plan === undefined || hasErrors(this.diagnostics))
      return { value: undefined, diagnostics: this.diagnostics };
    const used = this.dropUnused(plan);
    return { value: arranged(used), diagnostics: this.diagnostics };
  }

  /** The only document of the file; undefined when it is none that a plan could be. */
  private parse(): YamlDocument | undefined {
    const parsed = parseAllDocuments(this.text, { ...YAML_OPTIONS, lineCounter: this.lines });
    const documents = Array.isArray(parsed) ? (parsed as unknown as YamlDocument[]) : [];
    // One mistake makes the parser stumble over what follows, so the first is told.
    const broken = documents.find((each) => each.errors.length > 0);
    if (broken?.errors[0] !== undefined) {
      this.refuseSyntax(broken.errors[0], broken);
      return undefined;
    }
    const [first, second] = documents;
    if (second !== undefined) {
      const place = this.line(Math.max(0, this.text.lastIndexOf("---", second.range?.[0] ?? 0)), 3);
      this.diagnostics.push(severalDocuments({ count: documents.length }, place));
      return undefined;
    }
    if (first === undefined) {
      this.refuseFile("the file is empty", 0);
      return undefined;
    }
    if (first.directives?.yaml.explicit && first.directives.yaml.version !== "1.2") {
      const values = {
        what: `the file asks for YAML ${first.directives.yaml.version}`,
        why: "there 02:00 is the number 120, and yes, no, on and off are not text",
        advice: "remove the line that begins with %YAML: a plan is YAML 1.2",
      };
      this.diagnostics.push(unsupportedYaml(values, this.line(Math.max(0, this.text.indexOf("%YAML")), 5)));
      return undefined;
    }
    for (const warning of first.warnings) {
      if (warning.code !== "TAG_RESOLVE_FAILED") continue;
      const tag = this.text.slice(warning.pos[0]).split(/[\s,\]}]/)[0] ?? "";
      const values = {
        what: `the tag ${tag} is not known`,
        why: "a plan is text, numbers, lists and maps; a tag would have to be run, or would be ignored",
        advice: `remove ${tag}`,
      };
      this.diagnostics.push(unsupportedYaml(values, this.line(warning.pos[0], tag.length)));
    }
    return first;
  }

  private refuseFile(what: string, offset: number): void {
    this.diagnostics.push(noPlanInFile({ what, name: this.name }, this.line(offset, 1)));
  }

  private refuseSyntax(error: YAMLError, document: YamlDocument): void {
    const [found, end] = error.pos;
    // A quote that is never closed is noticed at the end of the file; it is to be mended where it was opened.
    const start = openQuote(error, document) ?? Math.min(found, this.text.length);
    const target = this.line(start, start === found ? Math.max(1, end - found) : 1);
    const words = SYNTAX[error.code];
    const message = words?.message ?? error.message.charAt(0).toLowerCase() + error.message.slice(1);
    const fix = words?.fix ?? "look at the indentation, the quotes and the brackets up to here";
    this.diagnostics.push(syntaxError({ message, language: "YAML" }, target, { fix }));
  }

  /** A place of which the offset in the text is known. */
  line(offset: number, length: number): Target {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line, column: col, path: [], length };
  }

  private makePlan(top: YAMLMap): Document | undefined {
    const rest: Pair[] = [];
    const lists: Record<string, Json> = {};
    const entities: Entity[] = [];
    const seen = this.refuseDuplicates(top);
    const options = Object.keys(planSchema.plan.properties);
    const known = [...new Set(["plan", ...Object.keys(sections), ...options, SHARED])];
    let name: Json | undefined;
    for (const [position, pair] of top.items.entries()) {
      const option = this.keyOf(pair);
      if (option === undefined || seen.has(pair)) continue;
      if (option === "plan") name = isScalar(pair.value) ? textOf(pair.value) : undefined;
      else if (option === SHARED) this.checkShared(pair);
      else if (Object.hasOwn(sections, option)) {
        const made = this.makeSection(option as Section, pair, position);
        entities.push(...made);
        if ((listed as readonly string[]).includes(option)) lists[option] = made.map((entity) => entity.id);
      } else if (known.includes(option)) rest.push(pair);
      else this.unknownKey(option, known, position);
    }
    if (name === undefined || name === null) {
      const what = name === null ? "'plan' has no name" : "the file does not say the plan's name";
      this.refuseFile(
        what,
        name === null ? offsetOf(top.items.find((pair) => this.keyOf(pair) === "plan")?.key) : offsetOf(top),
      );
      return undefined;
    }
    const place: Place = { type: "plan", id: String(name), prefix: [], offset: offsetOf(top) };
    const plan = this.makeEntity(place, { items: rest } as unknown as YAMLMap, lists);
    return { file: this.file, language: "YAML", plan, entities };
  }

  private unknownKey(option: string, known: readonly string[], position: number): void {
    const close = closest(option, known);
    const values = {
      what: "the plan",
      option,
      suggestion: close === undefined ? "" : ` Did you mean '${close}'?`,
      known: known.join(", "),
    };
    const target: Target = { file: this.file, line: 1, column: 1, path: [position], part: "name" };
    const fix = close === undefined ? {} : { fix: `replace with '${close}'` };
    this.diagnostics.push(unknownOption(values, target, fix));
  }

  /** What is shared is read where an alias names it; only its shape is looked at here. */
  private checkShared(pair: Pair): void {
    if (pair.value === null || isMap(pair.value) || isSeq(pair.value) || isEmpty(pair.value)) return;
    const values = {
      what: `${SHARED} of the plan`,
      actual: describe(textOf(pair.value)),
      expected: "a map of values with anchors",
    };
    const fix = "write one name a line: retention: &retention { daily: 7 }";
    this.diagnostics.push(wrongType(values, this.at([SHARED]), { fix }));
  }

  /** The entities of a section: a map from ids to options. */
  private makeSection(section: Section, pair: Pair, position: number): readonly Entity[] {
    const type: SectionType = sections[section];
    const node = this.resolve(pair.value as Node | null);
    if (node === null || isEmpty(node)) return [];
    if (!isMap(node)) {
      const values = {
        what: `${section} of the plan`,
        actual: isSeq(node) ? "a list" : describe(textOf(node)),
        expected: `a map from ids to ${type}s`,
      };
      this.diagnostics.push(
        wrongType(values, this.at([position]), {
          fix: `write the id of each as its key: ${section}: { its-id: { … } }`,
        }),
      );
      return [];
    }
    return (node as YAMLMap).items.flatMap((item, index) => {
      const id = this.keyOf(item);
      if (id === undefined) return [];
      const prefix = [position, index];
      const options = this.resolve(item.value as Node | null);
      const place: Place = { type, id, prefix, offset: offsetOf(item.key) };
      const isNothing = options === null || isEmpty(options);
      if (isNothing && NEEDS_NOTHING.includes(type)) return [this.makeEntity(place, undefined, {})];
      if (!isMap(options)) {
        const what = `what follows the id of ${type} '${id}'`;
        const actual = isNothing ? "nothing" : isSeq(options) ? "a list" : describe(textOf(options));
        const fix = `write its options below it: ${id}: { … }`;
        this.diagnostics.push(wrongType({ what, actual, expected: "its options" }, this.at(prefix), { fix }));
        return [];
      }
      return [this.makeEntity(place, options as YAMLMap, {})];
    });
  }

  private makeEntity(
    place: Place,
    options: YAMLMap | undefined,
    more: Readonly<Record<string, Json>>,
  ): Entity {
    const { type, id, prefix } = place;
    const written = new Map<string, string>();
    const start = this.line(place.offset, 1);
    const at = (...path: Path): Target => {
      const { file, line, column } = start;
      const target = { file, line, column };
      if (type === "plan")
        return { ...target, path: path.length === 0 || path[0] === "id" ? ["plan"] : path };
      if (path.length === 0 || (path.length === 1 && path[0] === "id")) {
        return { ...target, path: prefix, part: "name" };
      }
      // A store's kind is called so in YAML, as an asset's is.
      const [first = "", ...rest] = path;
      return {
        ...target,
        path: [...prefix, type === "store" && first === "store" ? "kind" : first, ...rest],
      };
    };
    const reader = new Reader(this, { what: `${type} '${id}'`, at, written });
    const given = options === undefined ? {} : reader.map(options, [], []);
    // What the document of a store calls `store` is its kind in YAML.
    const { kind, id: ownId, store, ...data } = given as Record<string, Json>;
    const hasKind = type === "asset" || type === "store";
    for (const [option, value] of Object.entries({ id: ownId, store, ...(!hasKind && { kind }) })) {
      if (value !== undefined) this.misplaced(option, type, id, at);
    }
    const named = kind === undefined ? {} : { [type === "store" ? "store" : "kind"]: kind };
    return {
      type,
      id,
      data: { ...data, ...(hasKind && named), id, ...more },
      references: new Map(),
      written,
      at,
    };
  }

  /** An option that documents have for themselves: no entity of this type has one of that name. */
  private misplaced(option: string, type: string, id: string, at: (...path: Path) => Target): void {
    const fix =
      option === "id"
        ? "remove it: the key above is the id"
        : option === "store" && type === "store"
          ? "write kind in its place"
          : "remove it";
    const what = `${type} '${id}'`;
    const around = at();
    const target: Target = { ...around, path: [...around.path, option], part: "name" };
    this.diagnostics.push(unknownOption({ what, option, suggestion: "", known: "" }, target, { fix }));
  }

  /** Entities that nothing refers to are no part of a plan in TypeScript either, which never sees them. */
  private dropUnused(document: Document): Document {
    const used = new Set<Entity>();
    const see = (entity: Entity): void => {
      for (const { type, id } of references(entity)) {
        for (const other of document.entities) {
          if (other.type !== type || other.id !== id || used.has(other)) continue;
          used.add(other);
          see(other);
        }
      }
    };
    const isListed = (entity: Entity) =>
      (listed as readonly string[]).some((section) => sections[section as Section] === entity.type);
    for (const entity of [document.plan, ...document.entities.filter(isListed)]) see(entity);
    const entities = document.entities.filter((entity) => isListed(entity) || used.has(entity));
    for (const entity of document.entities) {
      if (entities.includes(entity)) continue;
      const reason = UNUSED[entity.type] ?? "what nobody reads protects nothing";
      this.diagnostics.push(unusedEntity({ type: entity.type, id: entity.id, reason }, entity.at("id")));
    }
    return { ...document, entities };
  }

  /** Says what is there twice in a map; gives back the later ones. Ids that are there twice are told by their own rule. */
  refuseDuplicates(map: YAMLMap, at?: (option: string) => Target | undefined): ReadonlySet<Pair> {
    const first = new Map<string, Pair>();
    const later = new Set<Pair>();
    for (const pair of map.items) {
      const option = isScalar(pair.key) ? String(textOf(pair.key)) : undefined;
      if (option === undefined || option === "<<") continue;
      const original = first.get(option);
      if (original === undefined) {
        first.set(option, pair);
        continue;
      }
      later.add(pair);
      const place = (node: unknown): Target => {
        const [start = 0, end = start + 1] = (node as Node).range ?? [];
        return this.line(start, end - start);
      };
      const related = [{ message: "the other is here", target: place(original.key) }];
      const target = place(pair.key) ?? at?.(option);
      this.diagnostics.push(duplicateKey({ key: option }, target, { related }));
    }
    return later;
  }

  /** A key as text: 7 and true are what they look like. */
  keyOf(pair: Pair): string | undefined {
    const node = isAlias(pair.key) ? this.resolve(pair.key) : pair.key;
    if (isScalar(node) && node.value !== null) return textOf(node) as string;
    const [start = 0, end = start + 1] = (pair.key as Node | null)?.range ?? [];
    const values = {
      what: isScalar(node) || node === null ? "a key is missing before the colon" : "a key is no text",
      why: "options and ids are names",
      advice: "write a name before the colon",
    };
    this.diagnostics.push(unsupportedYaml(values, this.line(start, Math.max(1, end - start))));
    return undefined;
  }

  /** What a node is once aliases are followed. */
  resolve(node: Node | null): Node | null {
    if (!isAlias(node)) return node;
    const found = (node as Alias).resolve(this.document as YamlDocument);
    if (found !== undefined) return found;
    const names = new Set<string>();
    for (const [name] of this.text.matchAll(/(?<=[\s,:[{-]&)[^\s,[\]{}]+/g)) names.add(name);
    const close = closest(node.source, [...names]);
    const values = {
      what: `*${node.source} stands for nothing${close === undefined ? "" : `. Did you mean '*${close}'?`}`,
      why: "an alias stands for the value that has the anchor of its name, and that comes before it",
      advice:
        close === undefined
          ? `give the value an anchor where it stands first: &${node.source}; or put the text in quotes`
          : `replace with *${close}`,
    };
    const [start = 0, end = start + 1] = node.range ?? [];
    this.diagnostics.push(unsupportedYaml(values, this.line(start, end - start)));
    return null;
  }

  /** Counts a value; false when there are too many. */
  count(node: Node): boolean {
    this.values += 1;
    if (this.values === MAX_VALUES) {
      const values = {
        what: `the file stands for more than ${MAX_VALUES} values`,
        why: "aliases of aliases grow without end",
        advice: "write out what is meant",
      };
      const [start = 0, end = start + 1] = node.range ?? [];
      this.diagnostics.push(unsupportedYaml(values, this.line(start, Math.min(end - start, 20))));
    }
    return this.values < MAX_VALUES;
  }

  report(diagnostic: Diagnostic): void {
    this.diagnostics.push(diagnostic);
  }

  private at(path: Path): Target {
    return { file: this.file, line: 1, column: 1, path };
  }
}

/** Turns the nodes of one entity into plain data. */
class Reader {
  private readonly loader: Loader;
  private readonly entity: {
    readonly what: string;
    readonly at: (...path: Path) => Target;
    readonly written: Map<string, string>;
  };

  constructor(loader: Loader, entity: Reader["entity"]) {
    this.loader = loader;
    this.entity = entity;
  }

  map(node: YAMLMap, path: Path, parents: readonly Node[]): Readonly<Record<string, Json>> {
    const later = this.loader.refuseDuplicates(node);
    const own: Record<string, Json> = {};
    let merged: Record<string, Json> = {};
    for (const pair of node.items) {
      if (!isPair(pair) || later.has(pair)) continue;
      const option = this.loader.keyOf(pair);
      if (option === undefined) continue;
      if (option === "__proto__") this.refuseName(option, path);
      else if (isMergeKey(pair))
        merged = { ...this.merge(pair.value as Node, path, [...parents, node]), ...merged };
      else own[option] = this.value(pair.value as Node | null, [...path, option], [...parents, node]);
    }
    return { ...merged, ...own };
  }

  /** What `<<` brings: a map, or several of which the first has the last word. */
  private merge(node: Node, path: Path, parents: readonly Node[]): Record<string, Json> {
    const source = this.loader.resolve(node);
    if (source === null || parents.includes(source)) return {};
    if (isMap(source)) return { ...this.map(source as YAMLMap, path, parents) };
    if (isSeq(source)) {
      const all = source.items.map((item) => this.merge(item as Node, path, [...parents, source]));
      return Object.assign({}, ...all.reverse());
    }
    const values = {
      what: `'<<' of ${this.entity.what} is ${describe(textOf(source))}`,
      why: "it takes over the options of a map",
      advice: "name a map by its alias: <<: *common",
    };
    const [start = 0, end = start + 1] = node.range ?? [];
    this.loader.report(unsupportedYaml(values, this.loader.line(start, end - start)));
    return {};
  }

  value(given: Node | null, path: Path, parents: readonly Node[]): Json {
    const node = this.loader.resolve(given);
    if (node === null || !this.loader.count(node)) return null;
    if (parents.includes(node)) return this.refuse("an object that holds itself", path);
    if (parents.length > MAX_DEPTH) return this.refuse("nested too deeply", path);
    if (isMap(node)) return this.map(node as YAMLMap, path, parents);
    if (isSeq(node)) {
      return node.items.map((item, index) =>
        this.value(item as Node | null, [...path, index], [...parents, node]),
      );
    }
    if (!isScalar(node)) return null;
    const { value } = node;
    if (typeof value === "string") {
      const problem = unprintableIn(value);
      if (problem !== undefined) {
        const what = `${label(path)} of ${this.entity.what}`;
        this.loader.report(unprintable({ what, ...problem }, this.entity.at(...path)));
      }
      return value;
    }
    if (typeof value === "number" && !Number.isFinite(value)) return this.refuse(String(value), path);
    if (typeof value === "number" || typeof value === "boolean") {
      this.entity.written.set(key(path), node.source ?? String(value));
      return value;
    }
    return null;
  }

  /** In JavaScript this would be no option but what the object is made of. */
  private refuseName(option: string, path: Path): void {
    const what = path.length === 0 ? this.entity.what : `${label(path)} of ${this.entity.what}`;
    const around = this.entity.at(...path);
    const target: Target = { ...around, path: [...around.path, option], part: "name" };
    const fix = { fix: "remove it" };
    this.loader.report(unknownOption({ what, option, suggestion: "", known: "" }, target, fix));
  }

  private refuse(actual: string, path: Path): null {
    const what = `${label(path)} of ${this.entity.what}`;
    this.loader.report(notData({ what, actual }, this.entity.at(...path)));
    return null;
  }
}

/** A scalar's text, or its value where it is null. */
function textOf(node: unknown): Json {
  if (isSeq(node)) return [];
  if (isMap(node)) return {};
  if (!isScalar(node) || node.value === null) return null;
  return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
}

function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null;
}

function kindOf(node: unknown): string {
  return isSeq(node) ? "a list" : describe(textOf(node));
}

function offsetOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0;
}

/** What needs no options: `office:` is a site. */
const NEEDS_NOTHING: readonly string[] = ["site", "host", "escrow"];

const UNUSED: Readonly<Record<string, string>> = {
  site: "nothing is lost with it",
  contact: "nobody calls this person",
  escrow: "nothing is kept in it",
};

/** Where the quote was opened that the parser missed the end of. */
function openQuote(error: YAMLError, document: YamlDocument): number | undefined {
  if (error.code !== "MISSING_CHAR" || !error.message.includes("quote")) return undefined;
  let opened: number | undefined;
  visit(document, {
    Scalar: (_key, node) => {
      if (node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE") opened = node.range?.[0];
    },
  });
  return opened;
}

/** What the parser stumbled over, in words for people, and how to mend it. */
const SYNTAX: Readonly<Record<string, { readonly message?: string; readonly fix: string }>> = {
  TAB_AS_INDENT: { fix: "indent with spaces; most editors can turn tabs into them" },
  BLOCK_AS_IMPLICIT_KEY: {
    message: "a second colon on one line, outside of quotes",
    fix: 'put text that holds ": " into quotes, or begin a new line for what is below a key',
  },
  BAD_INDENT: { fix: "begin the keys of one map in the same column, and close every bracket" },
  MISSING_CHAR: { fix: "close the quotes or the bracket, or put a space after the comma or the colon" },
  BAD_SCALAR_START: { fix: "put text that begins with @ ` % or another sign of YAML into quotes" },
  BAD_DQ_ESCAPE: { fix: "write a backslash within double quotes twice, or take single quotes" },
  UNEXPECTED_TOKEN: {
    fix: "look for a wrong indentation, or a missing dash or colon, on this line and the one above",
  },
  MULTILINE_IMPLICIT_KEY: { fix: "a colon is missing after this key, or its text needs quotes" },
  BAD_DIRECTIVE: { fix: "remove the line that begins with %" },
};
