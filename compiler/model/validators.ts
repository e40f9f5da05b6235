import { compileSchema } from "./ajv.ts";
import planSchema from "./plan.schema.json" with { type: "json" };

/**
 * Whether options fit a schema. From source, this compiles the schema when it is first asked for; in dist/ the build puts code in this
 * module's place that ajv wrote ahead (compiler/build/bundle.mjs), since compiling takes longer than all the rest of a check.
 */
export function isValid(name: string, options: unknown): boolean {
  const schema = name
    .split(".")
    .reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], planSchema);
  return compileSchema(schema as object)(options) as boolean;
}
