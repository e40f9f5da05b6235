import { Ajv, type ValidateFunction } from "ajv";
import { formats } from "./formats.ts";
import planSchema from "./plan.schema.json" with { type: "json" };

let ajv: Ajv | undefined;
const validators = new Map<object, ValidateFunction>();

/** Compiles a part of the plan's schema so that it tells all that is wrong, and where. */
export function compileSchema(schema: object): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  ajv ??= createAjv({ allErrors: true, verbose: true });
  const validate = ajv.compile(localReferences(schema));
  validators.set(schema, validate);
  return validate;
}

/** Ajv with the plan's formats and definitions. */
export function createAjv(options: object): Ajv {
  const created = new Ajv({ strict: true, strictTypes: false, strictRequired: false, ...options });
  // Annotations: what a text refers to, and the range of a duration; the model's own code reads them.
  created.addVocabulary(["reference", "range"]);
  for (const [name, validate] of Object.entries(formats)) created.addFormat(name, validate);
  created.addSchema(localReferences({ $id: "definitions", $defs: planSchema.$defs }));
  return created;
}

/** References are written for one document; here each entity's schema stands alone beside the definitions. */
export function localReferences(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"definitions#/$defs/')) as object;
}
