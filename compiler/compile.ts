import { checkModel } from "./check/check.ts";
import type { CheckContext } from "./check/rule.ts";
import { type Diagnostic, hasErrors } from "./diagnostics/diagnostic.ts";
import { isYaml } from "./load/is-yaml.ts";
import { loadPlan } from "./load/load.ts";
import { buildModel } from "./model/build.ts";
import { type Document, documentOf } from "./model/document.ts";
import type { Model } from "./model/model.ts";
import { arranged } from "./model/sections.ts";
import type { Proof } from "./prove/proof.ts";
import { prove } from "./prove/prove.ts";
import type { Result } from "./result.ts";

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

/** The plan of a file as a document, whichever language it is written in. `text` stands in for what the file holds. */
export async function loadDocument(path: string, text?: string): Promise<Result<Document>> {
  if (isYaml(path)) {
    const { loadYaml } = await import("./load/yaml.ts");
    return loadYaml(path, text);
  }
  const loaded = await loadPlan(path, text);
  if (loaded.value === undefined) return { value: undefined, diagnostics: loaded.diagnostics };
  const { document, diagnostics } = documentOf(loaded.value);
  return { value: arranged(document), diagnostics };
}

export async function compilePlan(path: string): Promise<Compiled> {
  const compiled = await compile(path);
  if (!isYaml(path)) return compiled;
  const { inYamlWords } = await import("./load/yaml-words.ts");
  return { ...compiled, diagnostics: compiled.diagnostics.map(inYamlWords) };
}

async function compile(path: string): Promise<Compiled> {
  const { value: document, diagnostics: found } = await loadDocument(path);
  if (document === undefined) return { plan: path, context: undefined, diagnostics: found };
  const plan = document.plan.id || document.file;
  if (hasErrors(found)) return { plan, context: undefined, diagnostics: found };

  const built = await buildModel(document);
  const told = [...found, ...built.diagnostics];
  if (built.value === undefined) return { plan, context: undefined, diagnostics: told };

  const context: CheckContext = { ...built.value, proofs: prove(built.value.model) };
  const diagnostics = [...told, ...checkModel(context)];
  return {
    plan,
    context: hasErrors(diagnostics) ? undefined : context,
    model: context.model,
    proofs: context.proofs,
    diagnostics,
  };
}
