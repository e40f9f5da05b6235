import { rules } from "../check/rules.ts";
import type { DiagnosticKind } from "./diagnostic.ts";
import * as load from "./load.ts";
import * as output from "./output.ts";
import * as reference from "./reference.ts";
import * as schema from "./schema.ts";

type AnyKind = DiagnosticKind<never> | DiagnosticKind<string>;

/** Every kind of diagnostic, by code. */
export const allDiagnostics: readonly AnyKind[] = [
  ...Object.values<AnyKind>(load),
  ...Object.values<AnyKind>(schema),
  ...Object.values<AnyKind>(reference),
  ...Object.values<AnyKind>(output),
  ...rules.map((rule) => rule.diagnostic),
].sort((a, b) => (a.definition.code < b.definition.code ? -1 : 1));
