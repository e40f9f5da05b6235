import { Ajv, type ValidateFunction } from "ajv";
import { formats } from "./formats.ts";
import planSchema from "./plan.schema.json" with { type: "json" };

let ajv: Ajv | undefined;
/** Where an entity's schema, which stands alone, finds definitions. */
const DEFINITIONS = "definitions#/$defs/";
const validators = new Map<object, ValidateFunction>();

/** Compiles a part of the plan's schema so that it tells all that is wrong, and where. */
export function compileSchema(schema: object): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  ajv ??= createAjv({ allErrors: true, verbose: true }).addSchema(
    withReferences({ $id: "definitions", $defs: planSchema.$defs }, DEFINITIONS),
  );
  const validate = ajv.compile(withReferences(schema, DEFINITIONS));
  validators.set(schema, validate);
  return validate;
}

/** Ajv with the plan's formats and annotations. */
export function createAjv(options: object): Ajv {
  const created = new Ajv({ strict: true, strictTypes: false, strictRequired: false, ...options });
  // Annotations: what a text refers to, and the range of a duration; the model's own code reads them.
  created.addVocabulary(["reference", "range"]);
  for (const [name, validate] of Object.entries(formats)) created.addFormat(name, validate);
  return created;
}

/** A schema whose references, which are written for one document, lead somewhere else: what stands before a definition's name is replaced. */
export function withReferences(schema: object, to: string): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${to}`)) as object;
}
