import type { Diagnostic, DiagnosticKind } from "../diagnostics/diagnostic.ts";
import type { Places } from "../model/build.ts";
import type { Model } from "../model/model.ts";
import type { Proof } from "../prove/proof.ts";

/** What a rule is given: a valid model, what follows from it, and where its parts were written. */
export interface CheckContext {
  readonly model: Model;
  readonly proofs: readonly Proof[];
  readonly places: Places;
}

/**
 * Something that a valid plan may still get wrong. One rule is one file here, a doc of the same name beside it, and a test of
 * the same name under test/check/rules/.
 */
export interface Rule {
  readonly diagnostic: DiagnosticKind<never> | DiagnosticKind<string>;
  check(context: CheckContext): Iterable<Diagnostic>;
}
