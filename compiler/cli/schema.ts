import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../root.ts";

/** Prints the JSON Schema of plans in YAML, to be saved where an editor finds it. */
export function schema(): number {
  process.stdout.write(readFileSync(join(packageRoot, "schema/plan.schema.json"), "utf8"));
  return 0;
}
