import { checkModel } from "./check/check.ts";
import type { CheckContext } from "./check/rule.ts";
import { type Diagnostic, hasErrors } from "./diagnostics/diagnostic.ts";
import { loadPlan } from "./load/load.ts";
import { buildModel } from "./model/build.ts";
import { documentOf } from "./model/document.ts";
import type { Model } from "./model/model.ts";
import type { Proof } from "./prove/proof.ts";
import { prove } from "./prove/prove.ts";

/** load → model → prove → check: what `lifeboat check` does, and what `build` goes on from. */
export interface Compiled {
  /** The plan's name, or its file where it did not get that far. */
  readonly plan: string;
  /** Set when the plan has no errors. */
  readonly context: CheckContext | undefined;
  /** Of a plan that can be understood, whether or not rules find errors in it. */
  readonly model?: Model;
  readonly proofs?: readonly Proof[];
  readonly diagnostics: readonly Diagnostic[];
}

export async function compilePlan(path: string): Promise<Compiled> {
  const loaded = await loadPlan(path);
  if (loaded.value === undefined) return { plan: path, context: undefined, diagnostics: loaded.diagnostics };

  const { document, diagnostics: notData } = documentOf(loaded.value);
  const plan = document.plan.id || loaded.value.file;
  if (hasErrors(notData)) return { plan, context: undefined, diagnostics: notData };

  const built = await buildModel(document);
  if (built.value === undefined) return { plan, context: undefined, diagnostics: built.diagnostics };

  const context: CheckContext = { ...built.value, proofs: prove(built.value.model) };
  const diagnostics = [...built.diagnostics, ...checkModel(context)];
  return {
    plan,
    context: hasErrors(diagnostics) ? undefined : context,
    model: context.model,
    proofs: context.proofs,
    diagnostics,
  };
}
