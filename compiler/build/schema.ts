/**
 * Makes the plan's JSON Schema from the DSL's own types, so that there is one truth: what TypeScript lets an author write is
 * what the compiler accepts, and a docstring's tags (`@minimum`, `@pattern`, `@range`, …) are rules. Run at build time, since
 * ts-morph takes about a second to load.
 */
import { join } from "node:path";
import {
  type InterfaceDeclaration,
  type JSDocableNode,
  Node,
  Project,
  type PropertySignature,
  type TypeAliasDeclaration,
  type TypeNode,
} from "ts-morph";
import * as registry from "../../templates/registry.ts";

type Schema = Record<string, unknown>;

/** Aliases whose text is checked by a function of the same meaning in `compiler/model/validate.ts`. */
const FORMATS: Readonly<Record<string, string>> = {
  Duration: "duration",
  Size: "size",
  Rate: "rate",
  Day: "day",
  ClockTime: "clock-time",
  TimeZone: "time-zone",
  AbsolutePath: "absolute-path",
  PlainPath: "plain-path",
};

/** In a document, these are the id of the thing. */
const REFERENCES: Readonly<Record<string, string>> = {
  Site: "site",
  Host: "host",
  Store: "store",
  Asset: "asset",
  Escrow: "escrow",
  Contact: "contact",
  Vendor: "vendor",
  Scenario: "scenario",
  Check: "check",
  Drill: "drill",
};

const NUMBER_TAGS = ["minimum", "maximum", "minItems"];
const TEXT_TAGS = ["pattern", "format", "range"];

/** The whole schema as text, ready to be written. */
export function planSchema(root: string): string {
  const project = new Project({
    tsConfigFilePath: join(root, "tsconfig.json"),
    skipAddingFilesFromTsConfig: true,
  });
  const generator = new Generator();
  const options = (file: string, name: string): Schema =>
    generator.object(project.addSourceFileAtPath(join(root, file)).getInterfaceOrThrow(name));

  const kinds = (property: string): string[] =>
    Object.entries(registry)
      .filter(([, builder]) => property in builder)
      .map(([name]) => name)
      .sort();
  const family = (property: string): Schema =>
    Object.fromEntries(
      kinds(property).map((name) => [
        name,
        options(`templates/${kebab(name)}/${kebab(name)}.ts`, `${pascal(name)}Options`),
      ]),
    );
  const schema = {
    $comment: `Made from the types in dsl/ and templates/ by compiler/build/schema.ts. Do not edit.`,
    plan: options("dsl/plan.ts", "PlanOptions"),
    site: options("dsl/site.ts", "SiteOptions"),
    host: options("dsl/host.ts", "HostOptions"),
    escrow: options("dsl/escrow.ts", "EscrowOptions"),
    contact: options("dsl/people.ts", "ContactOptions"),
    vendor: options("dsl/people.ts", "VendorOptions"),
    scenario: options("dsl/scenario.ts", "ScenarioOptions"),
    check: options("dsl/check.ts", "CheckOptions"),
    drill: options("dsl/drill.ts", "DrillOptions"),
    stores: family("storeKind"),
    assets: family("assetKind"),
    $defs: generator.sortedDefinitions(),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A kind's folder: `terraformState` lies in terraform-state/. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

class Generator {
  private readonly definitions = new Map<string, Schema>();

  sortedDefinitions(): Schema {
    return Object.fromEntries([...this.definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  object(declaration: InterfaceDeclaration): Schema {
    return { ...this.describe(declaration), ...this.members(allProperties(declaration)) };
  }

  private members(properties: readonly PropertySignature[]): Schema {
    const required = properties
      .filter((property) => !property.hasQuestionToken())
      .map((property) => property.getName());
    return {
      type: "object",
      properties: Object.fromEntries(
        properties.map((property) => [property.getName(), this.property(property)]),
      ),
      ...(required.length > 0 ? { required } : {}),
      additionalProperties: false,
    };
  }

  private property(property: PropertySignature): Schema {
    const type = property.getTypeNode();
    if (type === undefined) throw new Error(`no type for ${property.getName()}`);
    const schema = this.type(type);
    const tags = this.tags(property);
    const item = tags.items;
    delete tags.items;
    if (item !== undefined) (schema.items as Schema).format = item;
    if (tags.integer) {
      schema.type = "integer";
      delete tags.integer;
    }
    const merged = { ...this.describe(property), ...schema, ...tags };
    // minItems belongs to the list, wherever in a union the list is.
    if (tags.minItems !== undefined && Array.isArray(schema.anyOf)) {
      delete (merged as Schema).minItems;
      for (const branch of schema.anyOf as Schema[]) {
        if (branch.type === "array") branch.minItems = tags.minItems;
      }
    }
    return merged;
  }

  private describe(node: JSDocableNode): Schema {
    const text = node
      .getJsDocs()
      .map((doc) => doc.getDescription().trim().replace(/\s+/g, " "))
      .join(" ");
    return text === "" ? {} : { description: text };
  }

  private tags(property: PropertySignature): Schema {
    const result: Schema = {};
    for (const tag of property.getJsDocs().flatMap((doc) => doc.getTags())) {
      const name = tag.getTagName();
      const text = (tag.getCommentText() ?? "").trim();
      if (NUMBER_TAGS.includes(name)) result[name] = Number(text);
      else if (TEXT_TAGS.includes(name)) result[name] = text;
      else if (name === "items") result.items = text;
      else if (name === "integer") result.integer = true;
    }
    return result;
  }

  private type(node: TypeNode): Schema {
    if (Node.isParenthesizedTypeNode(node)) return this.type(node.getTypeNode());
    if (Node.isTypeOperatorTypeNode(node)) return this.type(node.getTypeNode());
    if (Node.isArrayTypeNode(node)) return { type: "array", items: this.type(node.getElementTypeNode()) };
    if (Node.isUnionTypeNode(node)) return this.union(node.getTypeNodes());
    if (Node.isTypeLiteral(node)) return this.members(node.getProperties());
    if (Node.isTypeReference(node)) return this.reference(node);
    if (Node.isLiteralTypeNode(node)) {
      const literal = node.getLiteral();
      if (Node.isStringLiteral(literal)) return { const: literal.getLiteralValue() };
      if (Node.isTrueLiteral(literal) || Node.isFalseLiteral(literal))
        return { const: literal.getLiteralValue() };
    }
    const keyword = node.getText();
    if (keyword === "string" || keyword === "number" || keyword === "boolean") return { type: keyword };
    throw new Error(
      `the schema generator does not know the type ${keyword} in ${node.getSourceFile().getBaseName()}`,
    );
  }

  private union(nodes: readonly TypeNode[]): Schema {
    const schemas = nodes.map((node) => this.type(node));
    if (schemas.every((schema) => "const" in schema)) return { enum: schemas.map((schema) => schema.const) };
    return { anyOf: schemas };
  }

  private reference(node: TypeNode): Schema {
    if (!Node.isTypeReference(node)) throw new Error("not a reference");
    const name = node.getTypeName().getText();
    if (name in FORMATS) return { type: "string", format: FORMATS[name] };
    if (name in REFERENCES) return { type: "string", reference: REFERENCES[name] };
    const symbol = node.getTypeName().getSymbolOrThrow();
    const declaration = (symbol.getAliasedSymbol() ?? symbol).getDeclarations()[0];
    if (declaration === undefined) throw new Error(`no declaration of ${name}`);
    if (!this.definitions.has(name)) {
      this.definitions.set(name, {});
      this.definitions.set(name, this.definition(declaration, name));
    }
    return { $ref: `#/$defs/${name}` };
  }

  private definition(declaration: Node, name: string): Schema {
    if (Node.isInterfaceDeclaration(declaration)) return this.object(declaration);
    if (Node.isTypeAliasDeclaration(declaration)) {
      const alias: TypeAliasDeclaration = declaration;
      return { ...this.describe(alias), ...this.type(alias.getTypeNodeOrThrow()) };
    }
    throw new Error(`${name} is neither an interface nor an alias`);
  }
}

/** Own properties last, so that a kind's own options may narrow the common ones. */
function allProperties(declaration: InterfaceDeclaration): readonly PropertySignature[] {
  const inherited = declaration
    .getBaseDeclarations()
    .filter(Node.isInterfaceDeclaration)
    .flatMap((base) => allProperties(base));
  const own = declaration.getProperties();
  const names = new Set(own.map((property) => property.getName()));
  return [...inherited.filter((property) => !names.has(property.getName())), ...own];
}
