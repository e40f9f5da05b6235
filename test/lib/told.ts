import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { placeDiagnostics } from "../../compiler/report/report.ts";
import { findingsBy } from "./findings.ts";

/** What one rule tells of a plan, as a report has it. */
export interface Told extends Omit<Diagnostic, "related"> {
  /** The source that the finding is about, and the line on which that begins. */
  readonly at: string | undefined;
  readonly line: string | undefined;
  /** The lines that it points at besides. */
  readonly related: readonly string[];
}

/** All that one rule says of a plan, with the source that it points at. */
export async function toldBy(rule: string, source: string): Promise<readonly Told[]> {
  const found = await findingsBy(rule, source);
  // In place of the import that the plan is given.
  const text = `\n${source}`;
  const placed = await placeDiagnostics(found, () => text);
  const line = (span: Corners | undefined) => span && text.split("\n")[span.line - 1]?.trim();
  return found.map((each, index) => ({
    ...each,
    at: excerpt(text, placed[index]?.span),
    line: line(placed[index]?.span),
    related: (placed[index]?.related ?? []).map(({ span }) => line(span) ?? ""),
  }));
}

interface Corners {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

function excerpt(text: string, span: Corners | undefined): string | undefined {
  if (span === undefined) return undefined;
  const lines = text.split("\n").slice(span.line - 1, span.endLine);
  const last = lines.length - 1;
  return lines
    .map((line, index) =>
      line.slice(index === 0 ? span.column - 1 : 0, index === last ? span.endColumn - 1 : undefined),
    )
    .join("\n");
}
