/**
 * Writes, at build time, the module that takes the place of compiler/model/validators.ts in dist/: ajv's own standalone code for every
 * schema, so that a check compiles nothing.
 */
import { _ } from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { createAjv, withReferences } from "../model/ajv.ts";
import planSchema from "../model/plan.schema.json" with { type: "json" };

const DEFINITION = "definition:";

/** @param formatsModule how the made module imports the formats */
export function validatorsModule(formatsModule: string): string {
  const ajv = createAjv({
    inlineRefs: false,
    messages: false,
    code: { source: true, formats: _`formatsOfPlan` },
  });
  // Stores and assets have a schema for each kind; every other type of entity has one.
  const { $comment: _comment, $defs, stores, assets, ...entities } = planSchema;
  for (const [name, schema] of Object.entries($defs)) define(name, schema);
  const schemas: Record<string, object> = { ...entities };
  for (const [family, kinds] of Object.entries({ stores, assets })) {
    const { common, own } = splitCommon(family, kinds);
    define(family, common);
    for (const [kind, schema] of Object.entries(own)) schemas[`${family}.${kind}`] = schema;
  }
  const names: Record<string, string> = {};
  for (const [index, [name, schema]] of Object.entries(schemas).entries()) {
    ajv.addSchema(lean(schema), name);
    names[`validate${index}`] = name;
  }
  // ajv is CommonJS: its default export is the module, or the function, depending on who bundles it.
  const write = (
    typeof standaloneCode === "function" ? standaloneCode : (standaloneCode as { default: unknown }).default
  ) as (ajv: unknown, names: Record<string, string>) => string;
  // Only whether options fit is asked here; what is wrong is found by ajv itself, so the errors' texts would only take time to read.
  const code = write(ajv, names).replaceAll(/\{instancePath:[^{}]*params:\{[^{}]*\}\}/g, "{}");
  const table = Object.entries(names).map(
    ([identifier, name]) => `${JSON.stringify(name)}: exports.${identifier}`,
  );
  return `import { formats as formatsOfPlan } from ${JSON.stringify(formatsModule)};
const exports = {};
${code}
const table = { ${table.join(", ")} };
export function isValid(name, options) { return table[name](options); }
`;

  /** Each definition is a schema of its own, so that its code is there once for all that refer to it. */
  function define(name: string, schema: object): void {
    ajv.addSchema(lean(schema), DEFINITION + name);
  }
}

/** What a validator needs of a schema: ajv writes much of it into its code, descriptions and all. */
function lean(schema: object): object {
  const bare = JSON.stringify(schema, (key, value) =>
    key === "description" && typeof value === "string" ? undefined : value,
  );
  return withReferences(JSON.parse(bare), DEFINITION);
}

interface ObjectSchema {
  readonly properties: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

/**
 * What all kinds of a family have in common, as a schema of its own, and of each kind the rest. The code for it is then read once: reading
 * takes far longer than running.
 */
function splitCommon(family: string, kinds: Readonly<Record<string, ObjectSchema>>) {
  const [first, ...others] = Object.values(kinds);
  const shared = Object.entries(first?.properties ?? {}).filter(([name, schema]) =>
    others.every((other) => JSON.stringify(other.properties[name]) === JSON.stringify(schema)),
  );
  const own = Object.entries(kinds).map(([kind, schema]) => {
    const known = Object.fromEntries(shared.map(([name]) => [name, true]));
    const properties = { ...schema.properties, ...known };
    return [kind, { ...schema, properties, allOf: [{ $ref: `#/$defs/${family}` }] }] as const;
  });
  return { common: { type: "object", properties: Object.fromEntries(shared) }, own: Object.fromEntries(own) };
}
