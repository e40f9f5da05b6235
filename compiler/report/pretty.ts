import pc from "picocolors";
import stringWidth from "string-width";
import type { Span } from "../diagnostics/diagnostic.ts";
import type { PlacedDiagnostic } from "./report.ts";
import { type Columns, hang } from "./wrap.ts";

/** How stderr wants it. */
export function optionsOfStderr(): PrettyOptions {
  return { color: wantsColor(process.stderr, process.env), columns: process.stderr.columns };
}

/**
 * Whether a stream gets colours: NO_COLOR forbids them, FORCE_COLOR demands them (https://no-color.org, https://force-color.org), else a
 * terminal has them that is not dumb. By the stream itself: picocolors looks at stdout, and colours whatever runs in CI.
 */
export function wantsColor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== "0";
  return stream.isTTY === true && environment.TERM !== "dumb";
}

type Colors = ReturnType<typeof pc.createColors>;

export interface PrettyOptions {
  readonly color: boolean;
  /** Sentences are broken to fit, and source lines are cut; where there is no terminal only these, at 100 columns. */
  readonly columns: Columns;
}

/** How long a source line may be where no terminal says it. */
const SOURCE_COLUMNS = 100;

/** Diagnostics for people: place, what, the source, why, how to mend it. */
export function pretty(diagnostics: readonly PlacedDiagnostic[], options: PrettyOptions): string {
  const colors = pc.createColors(options.color);
  return alike(diagnostics)
    .map((each) => one(each, colors, options.columns))
    .join("\n");
}

/** How many findings of one kind are shown by a line each; the rest is a number. */
const SHOWN = 10;

/** Findings side by side that differ in nothing but their message: what was generated is stale in all of its files at once. */
function alike(diagnostics: readonly PlacedDiagnostic[]): readonly (readonly PlacedDiagnostic[])[] {
  const groups: PlacedDiagnostic[][] = [];
  for (const each of diagnostics) {
    const last = groups.at(-1);
    const [first] = last ?? [];
    const isAlike =
      first !== undefined &&
      [first, each].every(({ span, related }) => span === undefined && related.length === 0) &&
      first.code === each.code &&
      first.why === each.why &&
      first.fix === each.fix;
    if (isAlike) last?.push(each);
    else groups.push([each]);
  }
  return groups;
}

function one(group: readonly PlacedDiagnostic[], colors: Colors, columns: Columns): string {
  const diagnostic = group[0] as PlacedDiagnostic;
  const { span } = diagnostic;
  const paint = diagnostic.severity === "error" ? colors.red : colors.yellow;
  const place = span === undefined ? "" : `${colors.cyan(`${span.file}:${span.line}:${span.column}`)} - `;
  const width = columns ?? SOURCE_COLUMNS;
  const heads = group
    .slice(0, SHOWN)
    .map(
      (each) => `${place}${paint(each.severity)} ${colors.dim(`${each.code} ${each.name}:`)} ${each.message}`,
    )
    .map((head) => hang("", head, columns));
  if (group.length > SHOWN) heads.push(`  … and ${group.length - SHOWN} more of them`);
  const lines = [...heads, ...frame(span, diagnostic.source, paint, width)];
  for (const related of diagnostic.related) {
    const at = colors.cyan(`${related.span.file}:${related.span.line}:${related.span.column}`);
    lines.push(hang("  ", `${at} ${related.message}`, columns));
    lines.push(...frame(related.span, related.source, colors.cyan, width));
  }
  lines.push(hang(`  ${colors.bold("why:")}  `, diagnostic.why, columns));
  if (diagnostic.fix !== undefined) {
    const safe = diagnostic.safeFix === undefined ? "" : colors.dim(" (safe; lifeboat check --fix)");
    lines.push(hang(`  ${colors.bold("fix:")}  `, `${diagnostic.fix}${safe}`, columns));
  }
  lines.push(`  ${colors.dim(`docs: lifeboat explain ${diagnostic.code}`)}`);
  return `${lines.join("\n")}\n`;
}

/** The source line with carets under the span, cut to the width on whichever side leaves the span in view. */
function frame(
  span: Span | undefined,
  source: string | undefined,
  paint: (text: string) => string,
  width: number,
): readonly string[] {
  const line = source?.split("\n")[(span?.line ?? 0) - 1];
  if (span === undefined || line === undefined) return [];
  const number = String(span.line);
  const room = Math.max(40, width - number.length - 6);
  const endColumn = span.endLine === span.line ? span.endColumn : line.length + 1;
  const before = visible(line.slice(0, span.column - 1));
  const marked = visible(line.slice(span.column - 1, endColumn - 1));
  const after = visible(line.slice(endColumn - 1));
  const shift =
    stringWidth(before + marked) > room
      ? cutLeft(before, room - Math.min(stringWidth(marked), room - 10) - 1)
      : before;
  const text = cutRight(shift + marked + after, room);
  const carets = "^".repeat(Math.max(1, Math.min(stringWidth(marked), room - stringWidth(shift))));
  return [
    `> ${number} | ${text}`,
    `  ${" ".repeat(number.length)} | ${" ".repeat(stringWidth(shift))}${paint(carets)}`,
  ];
}

/** Tabs as two spaces, and other control characters as a mark, so that columns line up and nothing moves the cursor. */
function visible(text: string): string {
  return text.replaceAll("\t", "  ").replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

function cutLeft(text: string, room: number): string {
  let rest = text;
  while (rest !== "" && stringWidth(rest) > room) rest = rest.slice(1);
  return rest === text ? text : `…${rest.slice(1)}`;
}

function cutRight(text: string, room: number): string {
  let rest = text;
  while (stringWidth(rest) > room) rest = rest.slice(0, -1);
  return rest === text ? text : `${rest.slice(0, -1)}…`;
}
