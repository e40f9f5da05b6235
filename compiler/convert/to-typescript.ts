import * as dsl from "../../dsl/index.ts";
import { type Document, type Entity, type Json, ofType, type Path } from "../model/document.ts";
import { listed, sections } from "../model/sections.ts";
import { resolve, type Schema, schemaOf } from "../model/validate.ts";
import { branchOf, fits } from "./branch.ts";
import { builders, type Part } from "./builders.ts";
import type { Comments } from "./comments.ts";
import { type Expression, type Property, print, quoted, text } from "./print.ts";
import { findShared, type Shared, sharedRemarks, shareKey } from "./shared.ts";

/** Sections that the plan names only where nothing else leads to their entities, or in another order. */
export type Listing = "all" | "needed";

/** Writes a document as a person would write it in TypeScript. */
export function toTypeScript(document: Document, comments: Comments, listing: Listing): string {
  return new Writer(document, comments).write(listing);
}

/** A constant of the file. */
interface Constant {
  readonly name: string;
  readonly expression: Expression;
  readonly comments: readonly string[];
  readonly group: string;
}

/** Words that no constant can be called. */
const TAKEN =
  /^(break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|undefined|var|void|while|with|yield|await|eval|arguments|process|module|require|exports)$/;

class Writer {
  private readonly document: Document;
  private readonly comments: Comments;
  private readonly shared: ReadonlyMap<string, Shared>;
  private readonly imports = new Set<string>(["plan"]);
  private readonly entityNames: ReadonlyMap<Entity, string>;
  private readonly sharedNames: ReadonlyMap<string, string>;
  private readonly made = new Map<string, Constant>();
  private readonly inProgress = new Set<string>();

  constructor(document: Document, comments: Comments) {
    this.document = document;
    this.comments = comments;
    this.shared = findShared(document, listed);
    const taken = new Set<string>(Object.keys(dsl));
    this.entityNames = this.nameEntities(taken);
    this.sharedNames = new Map(
      [...this.shared.values()].map((each) => [each.key, unused(camel(each.name), "Value", taken)]),
    );
  }

  write(listing: Listing): string {
    const { plan } = this.document;
    for (const type of Object.values(sections)) {
      for (const entity of ofType(this.document, type)) this.define(entity);
    }
    const options: Property[] = [];
    for (const [name, value] of Object.entries(plan.data)) {
      if (name === "id" || name in sections) continue;
      options.push(this.property(plan, name, value, schemaOf(plan)?.properties?.[name] ?? {}));
    }
    for (const section of listed) {
      const entities = ofType(this.document, sections[section]);
      const isSaid = section in plan.data || entities.length > 0;
      const isFound = (section === "hosts" || section === "stores") && listing === "needed";
      if (!isSaid || isFound) continue;
      const items = entities.map((entity) => text(this.entityNames.get(entity) as string));
      options.push({
        name: section,
        value: { is: "list", items },
        comments: this.comments.at(plan, [section]),
      });
    }
    const made: Expression = {
      is: "call",
      callee: "plan",
      arguments: [text(quoted(plan.id)), { is: "object", properties: options }],
    };
    const start = "export default ";
    const last = [...this.comments.at(plan, []).map(commentLine), `${start}${print(made, 0, start.length)};`];
    return `${[this.head(), ...this.groups(), last.join("\n")].join("\n\n")}\n`;
  }

  private head(): string {
    const names = [...this.imports].sort((a, b) => a.localeCompare(b, "en"));
    const line = `import { ${names.join(", ")} } from "lifeboat";`;
    const lines =
      line.length <= 110
        ? line
        : `import {\n${names.map((name) => `  ${name},\n`).join("")}} from "lifeboat";`;
    const { header } = this.comments;
    if (header.length === 0) return lines;
    return `/**\n${header.map((each) => ` * ${each}`.trimEnd()).join("\n")}\n */\n${lines}`;
  }

  /** Constants of one kind stand together when each is a line; a longer one stands apart. */
  private groups(): readonly string[] {
    const groups: string[] = [];
    let previous: { group: string; isLine: boolean } | undefined;
    for (const { name, expression, comments, group } of this.made.values()) {
      const start = `const ${name} = `;
      // Without it TypeScript would forget which texts stand in an object.
      const end = expression.is === "call" ? ";" : " as const;";
      const line = `${start}${print(expression, 0, start.length, end.length)}${end}`;
      const body = [...comments.map(commentLine), line].join("\n");
      const isLine = !body.includes("\n");
      if (previous?.group === group && previous.isLine && isLine) groups[groups.length - 1] += `\n${body}`;
      else groups.push(body);
      previous = { group, isLine };
    }
    return groups;
  }

  private nameEntities(taken: Set<string>): ReadonlyMap<Entity, string> {
    const { entities } = this.document;
    const names = new Map<Entity, string>();
    for (const entity of entities) {
      const isAmbiguous = entities.some((other) => other.type !== entity.type && other.id === entity.id);
      const plain = camel(entity.id);
      const typed = `${plain}${entity.type.charAt(0).toUpperCase()}${entity.type.slice(1)}`;
      names.set(entity, unused(isAmbiguous ? typed : plain, entity.type, taken));
    }
    return names;
  }

  private define(entity: Entity): void {
    const name = this.entityNames.get(entity) as string;
    if (this.made.has(name) || this.inProgress.has(name)) return;
    this.inProgress.add(name);
    const { id: _id, kind, store, ...data } = entity.data;
    const callee = String(entity.type === "asset" ? kind : entity.type === "store" ? store : entity.type);
    this.imports.add(callee);
    const schema = schemaOf(entity);
    const properties = Object.entries(data).map(([option, value]) =>
      this.property(entity, option, value, schema?.properties?.[option] ?? {}),
    );
    const options: Expression = { is: "object", properties };
    const isEmpty = properties.length === 0 && (schema?.required ?? []).length === 0;
    const given = [text(quoted(entity.id)), ...(isEmpty ? [] : [options])];
    this.made.set(name, {
      name,
      expression: { is: "call", callee, arguments: given },
      comments: this.comments.at(entity, []),
      group: entity.type,
    });
  }

  private property(entity: Entity, name: string, value: Json, schema: Schema): Property {
    const isShared = this.shared.has(shareKey(value) ?? "");
    const comments = isShared ? [] : this.comments.at(entity, [name]);
    return { name, value: this.express(schema, value, entity, [name]), comments };
  }

  private express(schema: Schema, value: Json, entity: Entity, path: Path): Expression {
    const shared = this.shared.get(shareKey(value) ?? "");
    if (shared === undefined) return this.written(schema, value, entity, path);
    const name = this.sharedNames.get(shared.key) as string;
    if (!this.made.has(name)) {
      const expression = this.written(schema, value, entity, path);
      this.made.set(name, {
        name,
        expression,
        comments: sharedRemarks(this.document, this.comments, shared),
        group: "shared",
      });
    }
    return text(name);
  }

  /** An expression for a value, by what its schema says it is. */
  private written(schema: Schema, value: Json, entity: Entity, path: Path): Expression {
    const fitting = branchOf(schema, value);
    const shape = resolve(fitting);
    if (typeof value === "string" && shape.reference !== undefined)
      return this.reference(entity.references.get(path.join("\u0000")) ?? shape.reference, value);
    if (Array.isArray(value)) {
      const items = value.map((item, index) =>
        this.express(shape.items ?? {}, item, entity, [...path, index]),
      );
      return { is: "list", items };
    }
    if (typeof value !== "object" || value === null)
      return text(typeof value === "string" ? quoted(value) : String(value));
    const data = value as { readonly [key: string]: Json };
    const write = builders[definitionName(schema, fitting)];
    if (write !== undefined && fits(shape, data)) return write(this.part(shape, data, entity, path));
    return this.object(shape, data, entity, path);
  }

  private object(
    shape: Schema,
    data: { readonly [key: string]: Json },
    entity: Entity,
    path: Path,
    without: readonly string[] = [],
  ): Expression {
    const properties = Object.entries(data)
      .filter(([name]) => !without.includes(name))
      .map(([name, value]) => ({
        name,
        value: this.express(shape.properties?.[name] ?? {}, value, entity, [...path, name]),
        comments: this.comments.at(entity, [...path, name]),
      }));
    return { is: "object", properties };
  }

  private part(shape: Schema, data: { readonly [key: string]: Json }, entity: Entity, path: Path): Part {
    const at = (way: readonly string[]): readonly [Schema, Json] =>
      way.reduce<readonly [Schema, Json]>(
        ([schema, value], name) => [
          resolve(schema).properties?.[name] ?? {},
          (value as { readonly [key: string]: Json })[name] ?? null,
        ],
        [shape, data],
      );
    return {
      data,
      of: (...way) => {
        const [schema, value] = at(way);
        return this.express(schema, value, entity, [...path, ...way]);
      },
      rest: (way, ...without) => {
        const [schema, value] = at(way);
        const inside = value as { readonly [key: string]: Json };
        if (way.length + without.length > 0 && Object.keys(inside).every((name) => without.includes(name)))
          return undefined;
        return this.object(resolve(schema), inside, entity, [...path, ...way], without);
      },
      each: (name) => {
        const [schema, value] = at([name]);
        const { items = {} } = resolve(schema);
        return (value as readonly Json[]).map((item, index) =>
          this.express(items, item, entity, [...path, name, index]),
        );
      },
      call: (callee, ...given) => {
        this.imports.add(callee);
        return { is: "call", callee, arguments: given.filter((each) => each !== undefined) };
      },
    };
  }

  /** The constant of an entity; its id where there is none, or where it would be needed before it is made. */
  private reference(type: string, id: string): Expression {
    const entity =
      this.document.entities.find((each) => each.type === type && each.id === id) ??
      this.document.entities.find((each) => each.id === id);
    if (entity === undefined) return text(`${quoted(id)} as never`);
    this.define(entity);
    const name = this.entityNames.get(entity) as string;
    return text(this.made.has(name) ? name : `${quoted(id)} as never`);
  }
}

function commentLine(line: string): string {
  return `// ${line}`.trimEnd();
}

/** The name of the definition that a value is of: of a union's own, when that is what a builder is for. */
function definitionName(schema: Schema, fitting: Schema): string {
  const names = [fitting.$ref, schema.$ref].map((each) => each?.replace("#/$defs/", "") ?? "");
  return names.find((name) => name in builders) ?? "";
}

/** `k8s-master-0` as a name: `k8sMaster0`. */
function camel(id: string): string {
  return id
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9_$]+(.)?/g, (_all, letter: string | undefined) => letter?.toUpperCase() ?? "");
}

function unused(wanted: string, type: string, taken: Set<string>): string {
  const suffix = `${type.charAt(0).toUpperCase()}${type.slice(1)}`;
  const base = /^[A-Za-z_$]/.test(wanted)
    ? wanted
    : `${type.charAt(0).toLowerCase()}${type.slice(1)}${wanted}`;
  for (let number = 0; ; number++) {
    const name = number === 0 ? base : number === 1 ? `${base}${suffix}` : `${base}${suffix}${number}`;
    if (taken.has(name) || TAKEN.test(name)) continue;
    taken.add(name);
    return name;
  }
}
