import { type Diagnostic, hasErrors } from "../diagnostics/diagnostic.ts";
import type { CheckContext } from "./rule.ts";
import { rules } from "./rules.ts";

/** Runs every rule over a valid model: what must be mended, then what could be better. */
export function checkModel(context: CheckContext): readonly Diagnostic[] {
  const found = rules.filter((rule) => !rule.isAdvice).flatMap((rule) => [...rule.check(context)]);
  if (hasErrors(found)) return found;
  return [...found, ...rules.filter((rule) => rule.isAdvice).flatMap((rule) => [...rule.check(context)])];
}
