import type { Json } from "../model/document.ts";
import { resolve, type Schema } from "../model/validate.ts";

/** The branch of a union that a value is of. */
export function branchOf(schema: Schema, value: Json): Schema {
  const { anyOf } = resolve(schema);
  if (anyOf === undefined) return schema;
  const branches = anyOf.map((branch) => branchOf(branch, value));
  return branches.find((branch) => isOf(resolve(branch), value)) ?? {};
}

function isOf(shape: Schema, value: Json): boolean {
  if (Array.isArray(value)) return shape.type === "array";
  if (typeof value === "object" && value !== null)
    return shape.type === "object" && fits(shape, value as { readonly [key: string]: Json });
  if (shape.const !== undefined) return shape.const === value;
  if (shape.enum !== undefined) return shape.enum.includes(value);
  return shape.type === typeof value;
}

/** Whether an object has all that its type demands, and nothing else. */
export function fits(shape: Schema, data: { readonly [key: string]: Json }): boolean {
  const known = Object.entries(shape.properties ?? {});
  return (
    (shape.required ?? []).every((name) => name in data) &&
    Object.entries(data).every(([name, value]) => {
      const property = known.find(([each]) => each === name)?.[1];
      if (property === undefined) return false;
      const { type } = resolve(property);
      // A list where an object belongs, or the other way round, would make a builder stumble.
      return (
        (type !== "array" && type !== "object") ||
        (typeof value === "object" &&
          value !== null &&
          Array.isArray(value) === (type === "array") &&
          (type === "array" || fits(resolve(property), value as { readonly [key: string]: Json })))
      );
    })
  );
}
