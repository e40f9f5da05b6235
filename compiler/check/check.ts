import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { CheckContext } from "./rule.ts";
import { rules } from "./rules.ts";

/** Runs every rule over a valid model. */
export function checkModel(context: CheckContext): readonly Diagnostic[] {
  return rules.flatMap((rule) => [...rule.check(context)]);
}
