import { type Compiled, compilePlan } from "../../compiler/compile.ts";
import { readSource } from "../../compiler/load/load.ts";
import { pretty } from "../../compiler/report/pretty.ts";
import { type PlacedDiagnostic, placeDiagnostics } from "../../compiler/report/report.ts";

export interface Checked {
  readonly compiled: Compiled;
  readonly diagnostics: readonly PlacedDiagnostic[];
  /** As `lifeboat check` prints it into a file, without colours. */
  readonly text: string;
}

/** Checks a plan as the command line does, in this process. */
export async function checkPlan(path: string): Promise<Checked> {
  const compiled = await compilePlan(path);
  const diagnostics = await placeDiagnostics(compiled.diagnostics, (shown) => readSource(path, shown));
  return { compiled, diagnostics, text: pretty(diagnostics, { color: false, columns: undefined }) };
}
