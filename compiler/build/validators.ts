/**
 * Writes, at build time, the module that takes the place of compiler/model/validators.ts in dist/: ajv's own standalone code for every
 * schema, so that a check compiles nothing.
 */
import { _ } from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { createAjv, localReferences } from "../model/ajv.ts";
import planSchema from "../model/plan.schema.json" with { type: "json" };

/** @param formatsModule how the made module imports the formats */
export function validatorsModule(formatsModule: string): string {
  const ajv = createAjv({
    inlineRefs: false,
    messages: false,
    code: { source: true, formats: _`formatsOfPlan` },
  });
  // Stores and assets have a schema for each kind; every other type of entity has one.
  const { $comment: _comment, $defs: _defs, stores, assets, ...entities } = planSchema;
  const schemas: Record<string, object> = { ...entities };
  for (const [family, kinds] of Object.entries({ stores, assets })) {
    for (const [kind, schema] of Object.entries(kinds)) schemas[`${family}.${kind}`] = schema;
  }
  const names: Record<string, string> = {};
  for (const [index, [name, schema]] of Object.entries(schemas).entries()) {
    ajv.addSchema(localReferences(schema), name);
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
}
