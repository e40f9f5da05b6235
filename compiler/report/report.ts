import type { Diagnostic, SafeFix, Severity, Span, Target } from "../diagnostics/diagnostic.ts";
import { createPlacer } from "../diagnostics/place.ts";
import type { Proof } from "../prove/proof.ts";

/** A diagnostic as reports show it: with its exact place and the source around it. */
export interface PlacedDiagnostic {
  readonly code: string;
  readonly name: string;
  readonly severity: Severity;
  readonly message: string;
  readonly why: string;
  readonly fix: string | undefined;
  readonly safeFix: SafeFix | undefined;
  readonly span: Span | undefined;
  readonly source: string | undefined;
  readonly related: readonly {
    readonly message: string;
    readonly span: Span;
    readonly source: string | undefined;
  }[];
}

/** A generated file, as reports list it. */
export interface ReportedFile {
  readonly path: string;
  readonly sha256: string;
  readonly mode: string;
}

/** What became of one plan. */
export interface PlanReport {
  readonly plan: string;
  readonly diagnostics: readonly PlacedDiagnostic[];
  readonly proofs: readonly Proof[];
  readonly files: readonly ReportedFile[];
}

/** Gives every diagnostic its exact place. */
export async function placeDiagnostics(
  diagnostics: readonly Diagnostic[],
  readSource: (file: string) => string | undefined,
): Promise<readonly PlacedDiagnostic[]> {
  const targets = diagnostics.flatMap((each) => [
    ...(each.target === undefined ? [] : [each.target]),
    ...each.related.map((related) => related.target),
  ]);
  const placer = await createPlacer(targets);
  const place = (target: Target) => {
    const source = readSource(target.file);
    const span = placer(target, source);
    return { span, source: target.isSecret && source !== undefined ? conceal(source, span) : source };
  };
  return diagnostics.map((each) => {
    const { target, related, ...rest } = each;
    const placed = target === undefined ? { span: undefined, source: undefined } : place(target);
    return {
      ...rest,
      ...placed,
      related: related.map((place_) => ({ message: place_.message, ...place(place_.target) })),
    };
  });
}

/** The source with a span blotted out, since a report may end up in a public log. */
function conceal(source: string, span: Span): string {
  return source
    .split("\n")
    .map((text, index) => {
      const line = index + 1;
      if (line < span.line || line > span.endLine) return text;
      const from = line === span.line ? span.column - 1 : 0;
      const to = line === span.endLine ? span.endColumn - 1 : text.length;
      return text.slice(0, from) + "•".repeat(to - from) + text.slice(to);
    })
    .join("\n");
}
