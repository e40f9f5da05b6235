import stringWidth from "string-width";
import { Alias, Pair, Scalar, YAMLMap, YAMLSeq, Document as YamlDocument } from "yaml";
import { SHARED } from "../load/yaml.ts";
import { flow, NOT_PLAIN } from "../load/yaml-words.ts";
import { type Document, type Entity, type Json, ofType, type Path } from "../model/document.ts";
import { listed, type Section, sections } from "../model/sections.ts";
import { resolve, type Schema, schemaOf } from "../model/validate.ts";
import { branchOf } from "./branch.ts";
import type { Comments } from "./comments.ts";
import { findShared, outline, type Shared, sharedRemarks, shareKey } from "./shared.ts";

/** What fits on a line. */
const WIDTH = 100;

/** Writes a document as YAML that a person would write. `schemaPath` is where editors find the schema. */
export function toYaml(document: Document, comments: Comments, schemaPath: string | undefined): string {
  return new Writer(document, comments).write(schemaPath);
}

class Writer {
  private readonly document: Document;
  private readonly comments: Comments;
  private readonly shared: ReadonlyMap<string, Shared>;
  private readonly sharedSchemas = new Map<string, Schema>();

  constructor(document: Document, comments: Comments) {
    this.document = document;
    this.comments = comments;
    this.shared = findShared(document, listed);
  }

  write(schemaPath: string | undefined): string {
    const { plan } = this.document;
    const top = new Options();
    const add = (name: string, value: unknown, lines: readonly string[] = [], isApart = false): void => {
      top.add(new Pair(keyNode(name, lines, isApart), value));
    };
    add("plan", scalar(plan.id), this.comments.at(plan, []));
    for (const [name, value] of Object.entries(plan.data)) {
      if (name === "id" || name in sections) continue;
      add(
        name,
        this.node(value, optionOf(plan, name), plan, [name], 0, name.length),
        this.remarks(plan, name, value),
      );
    }
    const bodies = Object.entries(sections).flatMap(([section, type]) => {
      const entities = ofType(this.document, type);
      // An empty list says something else than no list.
      const isSaid = section in plan.data || entities.length > 0;
      return isSaid ? [{ section: section as Section, map: this.section(entities) }] : [];
    });
    if (this.shared.size > 0) add(SHARED, this.sharedMap(), ["Values that several entities use."], true);
    for (const { section, map } of bodies) add(section, map, this.comments.at(plan, [section]), true);
    const file = new YamlDocument(top, { version: "1.2" });
    const text = file.toString({ lineWidth: 0, flowCollectionPadding: true });
    const modeline = schemaPath === undefined ? [] : [`# yaml-language-server: $schema=${schemaPath}`];
    const header = this.comments.header.map((line) => (line === "" ? "#" : `# ${line}`));
    const head = [...modeline, ...(modeline.length > 0 && header.length > 0 ? [""] : []), ...header];
    return `${head.length === 0 ? "" : `${head.join("\n")}\n\n`}${text}`;
  }

  private section(entities: readonly Entity[]): YAMLMap {
    const map = new Options();
    if (entities.length === 0) map.flow = true;
    let wasBlock = false;
    for (const [index, entity] of entities.entries()) {
      const options = this.entity(entity);
      const isBlock = options instanceof YAMLMap && options.flow !== true;
      const lines = this.comments.at(entity, []);
      // Entities of several lines stand apart; those of one line follow each other.
      const isApart = index > 0 && (isBlock || wasBlock || lines.length > 0);
      map.items.push(new Pair(keyNode(entity.id, lines, isApart), options));
      wasBlock = isBlock;
    }
    return map;
  }

  private entity(entity: Entity): YAMLMap | Scalar {
    const { id: _id, kind, store, ...options } = entity.data;
    const named = entity.type === "store" ? store : kind;
    const all: readonly (readonly [string, Json])[] = [
      ...(named === undefined ? [] : [["kind", named] as const]),
      ...Object.entries(options),
    ];
    const map = new Options();
    if (all.length === 0) return empty();
    for (const [name, value] of all) {
      const node = this.node(value, optionOf(entity, name), entity, [name], 4, name.length);
      map.add(new Pair(keyNode(name, this.remarks(entity, name, value)), node));
    }
    const text = flow(Object.fromEntries(all));
    const isFlat = all.every(([, value]) => typeof value !== "object" || flow(value).length < 30);
    const hasComments = all.some(([name]) => this.comments.isBelow(entity, [name]));
    map.flow =
      all.length <= 4 &&
      isFlat &&
      !hasComments &&
      !hasLines(all) &&
      stringWidth(text) + entity.id.length < WIDTH - 20;
    return map;
  }

  private sharedMap(): YAMLMap {
    const map = new Options();
    // Backwards, since the schema of a value is known once what holds it is written.
    for (const each of [...this.shared.values()].reverse()) {
      const schema = this.sharedSchemas.get(each.key) ?? {};
      const node = this.bare(each.value, schema, undefined, [], 2, each.name.length * 2 + 3);
      (node as YAMLMap).anchor = each.name;
      map.items.unshift(
        new Pair(keyNode(each.name, sharedRemarks(this.document, this.comments, each)), node),
      );
    }
    return map;
  }

  /** What is remarked of an option; of one that is shared it is said where its value stands. */
  private remarks(entity: Entity, name: string, value: Json): readonly string[] {
    return this.shared.has(shareKey(value) ?? "") ? [] : this.comments.at(entity, [name]);
  }

  /** A value where it stands: an alias when it is shared. */
  private node(
    value: Json,
    schema: Schema,
    entity: Entity | undefined,
    path: Path,
    indent: number,
    used: number,
  ): unknown {
    const shared = this.shared.get(shareKey(value) ?? "");
    if (shared === undefined) return this.bare(value, schema, entity, path, indent, used);
    this.sharedSchemas.set(shared.key, schema);
    return new Alias(shared.name);
  }

  private bare(
    value: Json,
    schema: Schema,
    entity: Entity | undefined,
    path: Path,
    indent: number,
    used: number,
  ): unknown {
    if (typeof value !== "object" || value === null) return scalar(value);
    const isRemarked = entity !== undefined && path.length > 0 && this.isRemarkedInside(entity, path, value);
    const fits =
      indent + used + 2 + stringWidth(flow(outline(value, this.shared))) <= WIDTH &&
      !isRemarked &&
      !hasLines(value);
    const shape = resolve(branchOf(schema, value));
    if (Array.isArray(value)) {
      const list = new List();
      for (const [index, item] of value.entries())
        list.add(this.node(item, shape.items ?? {}, entity, [...path, index], indent + 2, 2));
      list.flow = value.length === 0 || (fits && value.every((item) => typeof item !== "object"));
      return list;
    }
    const map = new Options();
    // What says of what type a value is comes first: the store of a copy, the asset of a step.
    const isRequired = ([name]: readonly [string, unknown]) => shape.required?.includes(name) ?? false;
    const all = Object.entries(value);
    const entries = [...all.filter(isRequired), ...all.filter((entry) => !isRequired(entry))];
    for (const [name, item] of entries) {
      const lines = entity === undefined ? [] : this.comments.at(entity, [...path, name]);
      map.add(
        new Pair(
          keyNode(name, lines),
          this.node(
            item as Json,
            shape.properties?.[name] ?? {},
            entity,
            [...path, name],
            indent + 2,
            name.length,
          ),
        ),
      );
    }
    map.flow = entries.length === 0 || (fits && leaves(outline(value, this.shared)) <= 6);
    if (map.flow) setFlow(map);
    return map;
  }

  private isRemarkedInside(entity: Entity, path: Path, value: object): boolean {
    return Object.keys(value).some((name) =>
      this.comments.isBelow(entity, [...path, Array.isArray(value) ? Number(name) : name]),
    );
  }
}

/** A map on one line has room within its braces, and a list has none. */
class Options extends YAMLMap {
  override toString(...[context, ...rest]: Parameters<YAMLMap["toString"]>): string {
    return super.toString(context && { ...context, flowCollectionPadding: " " }, ...rest);
  }
}

class List extends YAMLSeq {
  override toString(...[context, ...rest]: Parameters<YAMLSeq["toString"]>): string {
    return super.toString(context && { ...context, flowCollectionPadding: "" }, ...rest);
  }
}

function optionOf(entity: Entity, name: string): Schema {
  return schemaOf(entity)?.properties?.[name] ?? {};
}

/** In a flow collection everything is one. */
function setFlow(node: unknown): void {
  if (node instanceof YAMLMap) {
    node.flow = true;
    for (const pair of node.items) setFlow(pair.value);
  } else if (node instanceof YAMLSeq) {
    node.flow = true;
    for (const item of node.items) setFlow(item);
  }
}

function keyNode(name: string, lines: readonly string[], isApart = false): Scalar {
  const node = scalar(name);
  if (lines.length > 0) node.commentBefore = lines.map((line) => ` ${line}`.trimEnd()).join("\n");
  if (isApart) node.spaceBefore = true;
  return node;
}

/** A scalar in quotes where a program that reads YAML 1.1 would take it for something else. */
function scalar(value: Json): Scalar {
  const node = new Scalar(value);
  const isTrap =
    typeof value === "string" &&
    // As a key `on` is so common, in pipelines too, that every program of today takes it for text.
    ((NOT_PLAIN.test(value) && value !== "on") ||
      /^\d[\d_]*(:[\d.]+)+$/.test(value) ||
      /^\d{4}-\d\d?-\d\d?/.test(value));
  if (isTrap) node.type = Scalar.QUOTE_DOUBLE;
  return node;
}

function empty(): Scalar {
  const node = new Scalar(null);
  node.source = "";
  return node;
}

function leaves(value: Json): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + leaves(item as Json), 0);
}

function hasLines(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\n");
  return typeof value === "object" && value !== null && Object.values(value).some(hasLines);
}
