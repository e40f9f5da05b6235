/**
 * Makes the JSON Schema that editors hold a plan in YAML to, draft-07, from the schema that the compiler itself uses: what completes in an
 * editor is what the compiler accepts. The compiler's own is more exact (a duration in range, a reference to what exists), and has the
 * last word.
 */
import { listed, type Section, sections } from "../model/sections.ts";

type Schema = { readonly [key: string]: unknown };

/** The forms of text that `compiler/model/formats.ts` knows, as far as a pattern can say them. */
const PATTERNS: Readonly<Record<string, string>> = {
  duration: "^([0-9]+(\\.[0-9]+)?[smhdwy])+$",
  size: "^[0-9]+(\\.[0-9]+)?(B|[KMGT]i?B)$",
  rate: "^[0-9]+(\\.[0-9]+)?(B|[KMGT]i?B)/s$",
  day: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
  "clock-time": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
  "time-zone": "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
  "absolute-path": "^/",
  "plain-path": "^/[A-Za-z0-9._+@/-]*$",
  "age-recipient": "^(age1|ssh-(ed25519|rsa) )",
  "ssh-public-key": "^(ssh|ecdsa|sk)-[^ ]+ AAAA",
  email: "^[^\\s@]+@[^\\s@]+$",
};

const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  duration: ["15m", "24h", "1h30m"],
  size: ["512MiB", "20GiB"],
  rate: ["50MiB/s"],
  day: ["2026-11-23"],
  "clock-time": ["02:00"],
  "time-zone": ["Asia/Seoul", "UTC"],
  "absolute-path": ["/backup"],
  "plain-path": ["/opt/lifeboat"],
};

const ID: Schema = { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,47}$" };

/** What each section is for; its entities' own options are described by the DSL. */
const SECTIONS: Readonly<Record<Section, string>> = {
  sites: "Places that are lost as a whole: rooms, buildings, regions. By id.",
  contacts: "People whom the plan calls, by id.",
  vendors: "Companies to call, by id.",
  escrows: "Where keys, secrets and the plan itself are kept apart from the hosts that use them, by id.",
  hosts: "Machines, by id.",
  stores: "Where backup sets go, by id.",
  assets: "What is to be protected, by id.",
  scenarios: "The disasters, and the ways back, by id.",
  checks: "Regular inspections, by id.",
  drills: "Rehearsals, by id.",
};

interface PlanSchema {
  readonly plan: Schema;
  readonly stores: Readonly<Record<string, Schema>>;
  readonly assets: Readonly<Record<string, Schema>>;
  readonly $defs: Readonly<Record<string, Schema>>;
}

/** The schema for editors as text, from the compiler's own. */
export function editorSchema(compilerSchema: string): string {
  const schema = JSON.parse(compilerSchema) as PlanSchema & Readonly<Record<string, Schema>>;
  const options = Object.entries(schema.plan.properties as Readonly<Record<string, Schema>>).filter(
    ([name]) => !(listed as readonly string[]).includes(name),
  );
  const entities = Object.entries(sections).map(([section, type]) => [
    type,
    section === "assets" || section === "stores"
      ? ofKinds(section)
      : { title: type, ...withEmpty(adapted(schema[type] as Schema)) },
  ]);
  const kinds = (["stores", "assets"] as const).flatMap((family) =>
    Object.entries(schema[family]).map(([kind, each]) => [
      `${family}.${kind}`,
      withKind(kind, adapted(each)),
    ]),
  );
  const document = {
    $schema: "http://json-schema.org/draft-07/schema#",
    $comment:
      "Made from the types in dsl/ and templates/ by compiler/build/editor-schema.ts. Do not edit; run `npm run build`.",
    title: "Lifeboat plan",
    description: schema.plan.description,
    type: "object",
    properties: {
      plan: { ...ID, description: "The plan's name. It becomes the folder of the output." },
      ...Object.fromEntries(options.map(([name, option]) => [name, adapted(option)])),
      ...Object.fromEntries(
        Object.entries(sections).map(([section, type]) => [section, sectionOf(section as Section, type)]),
      ),
      shared: {
        description:
          "Values that several entities use: give each an anchor (`retention: &retention { daily: 7 }`) and name it where it is used (`keep: *retention`).",
        type: "object",
      },
    },
    required: ["plan", "assets"],
    additionalProperties: false,
    definitions: {
      ...Object.fromEntries(entities),
      ...Object.fromEntries(kinds),
      ...Object.fromEntries(Object.entries(schema.$defs).map(([name, each]) => [name, adapted(each)])),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;

  /** Entities whose options depend on their kind: told apart by it, so that an editor speaks of the right ones. */
  function ofKinds(family: "stores" | "assets"): Schema {
    const names = Object.keys(schema[family]);
    return {
      title: family === "stores" ? "store" : "asset",
      type: "object",
      properties: { kind: { description: "What it is.", enum: names } },
      required: ["kind"],
      allOf: names.map((name) => ({
        if: { properties: { kind: { const: name } }, required: ["kind"] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { $ref: `#/definitions/${family}.${name}` },
      })),
    };
  }
}

function sectionOf(section: Section, type: string): Schema {
  return {
    description: SECTIONS[section],
    ...(section === "assets" ? { type: "object", minProperties: 1 } : { type: ["object", "null"] }),
    propertyNames: ID,
    additionalProperties: { $ref: `#/definitions/${type}` },
  };
}

function withKind(kind: string, schema: Schema): Schema {
  const {
    properties,
    required = [],
    ...rest
  } = schema as { properties: Schema; required?: readonly string[] };
  return {
    ...rest,
    properties: { kind: { description: "What it is.", const: kind }, ...properties },
    required: ["kind", ...required],
  };
}

/** An entity all of whose options may be left out may be nothing but its id: `office:`. */
function withEmpty(schema: Schema): Schema {
  return "required" in schema ? schema : { ...schema, type: ["object", "null"] };
}

/** A schema of the compiler's in the words of draft-07: annotations become patterns, examples and defaults. */
function adapted(schema: Schema): Schema {
  const { reference, format, range, properties, items, anyOf, $ref, description, ...rest } = schema as {
    reference?: string;
    format?: string;
    range?: string;
    properties?: Readonly<Record<string, Schema>>;
    items?: Schema;
    anyOf?: readonly Schema[];
    $ref?: string;
    description?: string;
  };
  const notes = [
    description,
    ...(range === undefined ? [] : [`From ${range.replace(" ", " to ")}.`]),
    ...(reference === undefined ? [] : [`The id of ${/^[ae]/.test(reference) ? "an" : "a"} ${reference}.`]),
  ].filter((note) => note !== undefined);
  const made: Record<string, unknown> = {
    ...(notes.length > 0 && { description: notes.join(" ") }),
    ...rest,
    ...(reference !== undefined && { pattern: ID.pattern }),
    ...(format !== undefined && {
      pattern: PATTERNS[format],
      ...(EXAMPLES[format] && { examples: EXAMPLES[format] }),
    }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, adapted(each)])),
    }),
    ...(items !== undefined && { items: adapted(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(adapted) }),
  };
  const preset = presetOf(description, made);
  if (preset !== undefined) made.default = preset;
  if ($ref === undefined) return made;
  // Draft-07 ignores what stands beside a $ref, so the description goes around it.
  const pointer = { $ref: $ref.replace("#/$defs/", "#/definitions/") };
  return Object.keys(made).length === 0 ? pointer : { ...made, allOf: [pointer] };
}

/** The default that a docstring tells, "Default: `root`.", where it is a value of the option. */
function presetOf(description: string | undefined, schema: Record<string, unknown>): unknown {
  const [, quoted, bare] =
    /\bDefault: (?:`"?([^`"<>]+)"?`|([\w,]+))(?=[.,;:]| |$)/.exec(description ?? "") ?? [];
  const text = quoted ?? bare;
  if (text === undefined) return undefined;
  if (Array.isArray(schema.enum)) return schema.enum.includes(text) ? text : undefined;
  if (schema.type === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (schema.type === "integer" || schema.type === "number") {
    const number = Number(text.replaceAll(",", ""));
    return Number.isFinite(number) ? number : undefined;
  }
  if (schema.type !== "string" || quoted === undefined) return undefined;
  const pattern = schema.pattern as string | undefined;
  return pattern === undefined || new RegExp(pattern).test(text) ? text : undefined;
}
