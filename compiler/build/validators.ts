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
  const ajv = createAjv({ inlineRefs: false, code: { source: true, formats: _`formatsOfPlan` } });
  const schemas: Record<string, object> = { plan: planSchema.plan, host: planSchema.host };
  for (const family of ["stores", "assets"] as const) {
    for (const [kind, schema] of Object.entries(planSchema[family])) schemas[`${family}.${kind}`] = schema;
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
  const code = write(ajv, names);
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
