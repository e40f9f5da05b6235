import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Compiled, compilePlan } from "../compile.ts";
import type { Span } from "../diagnostics/diagnostic.ts";
import { isYaml } from "../load/is-yaml.ts";
import { projectOf, readSource } from "../load/load.ts";
import { type PlacedDiagnostic, placeDiagnostics } from "../report/report.ts";

/** A finding that was mended. */
export interface Fixed {
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** A fix may uncover another finding; more rounds than this mean that fixes undo each other. */
const ROUNDS = 20;

/**
 * Applies the safe fixes of a plan to its files, until none is left: only the text of the finding is replaced, so comments and layout stay.
 * The places come from the TypeScript parser, or from the YAML document.
 */
export async function fixPlan(
  file: string,
): Promise<{ readonly compiled: Compiled; readonly fixed: readonly Fixed[] }> {
  const fixed: Fixed[] = [];
  for (let round = 0; ; round++) {
    const compiled = await compilePlan(file);
    const fixable = compiled.diagnostics.filter((each) => each.safeFix !== undefined);
    if (fixable.length === 0 || round === ROUNDS) return { compiled, fixed };
    const placed = await placeDiagnostics(fixable, (shown) => readSource(file, shown));
    const done = applyAll(placed, projectOf(resolve(file)));
    if (done.length === 0) return { compiled, fixed };
    fixed.push(...done);
  }
}

function applyAll(diagnostics: readonly PlacedDiagnostic[], project: string): readonly Fixed[] {
  const files = new Set(diagnostics.flatMap(({ span }) => (span === undefined ? [] : [span.file])));
  return [...files].flatMap((file) => {
    const path = resolve(project, file);
    const text = readFileSync(path, "utf8");
    const edits = diagnostics
      .flatMap((each) => (each.span?.file === file ? editOf(each, each.span, text) : []))
      .sort((a, b) => b.start - a.start);
    let result = text;
    let end = text.length;
    const done: Fixed[] = [];
    for (const edit of edits) {
      // Two findings of one place: the next round sees what is left of the second.
      if (edit.end > end) continue;
      result = result.slice(0, edit.start) + edit.after + result.slice(edit.end);
      end = edit.start;
      done.unshift({ ...edit, file });
    }
    if (result === text) return [];
    const temporary = `${path}.lifeboat-${process.pid}`;
    writeFileSync(temporary, result, { mode: statSync(path).mode });
    renameSync(temporary, path);
    return done;
  });
}

interface Edit extends Omit<Fixed, "file"> {
  readonly start: number;
  readonly end: number;
}

function editOf(diagnostic: PlacedDiagnostic, span: Span, text: string): readonly Edit[] {
  const { code, safeFix } = diagnostic;
  if (safeFix === undefined) return [];
  const start = offsetOf(text, span.line, span.column);
  const end = offsetOf(text, span.endLine, span.endColumn);
  const before = text.slice(start, end);
  if (!safeFix.isName) {
    const after = isYaml(span.file) ? asBare(before, safeFix.replacement) : safeFix.replacement;
    return [{ code, line: span.line, before, after, start, end }];
  }
  // A name with a value after it: in `{ schedul }` it is the name of a variable, too.
  if (!/^\s*:/.test(text.slice(end))) return [];
  const quote = /^["']/.exec(before)?.[0] ?? "";
  const after = `${quote}${safeFix.replacement}${quote}`;
  return [{ code, line: span.line, before, after, start, end }];
}

/** A word that stood without quotes in YAML goes on without them, where it can. */
function asBare(before: string, replacement: string): string {
  const word = /^"([a-z][a-z0-9-]*)"$/i.exec(replacement)?.[1];
  const isSpecial = word !== undefined && /^(true|false|null|yes|no|on|off|y|n)$/i.test(word);
  return word === undefined || isSpecial || /^["']/.test(before) ? replacement : word;
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) start = text.indexOf("\n", start) + 1;
  return start + column - 1;
}
