import type { PlacedDiagnostic } from "./report.ts";

/** Workflow commands that GitHub turns into annotations on the lines of a pull request. */
export function github(diagnostics: readonly PlacedDiagnostic[]): string {
  return diagnostics.map((each) => `${one(each)}\n`).join("");
}

function one(diagnostic: PlacedDiagnostic): string {
  const { span } = diagnostic;
  const properties = {
    ...(span === undefined
      ? {}
      : {
          file: span.file,
          line: span.line,
          col: span.column,
          endLine: span.endLine,
          endColumn: span.endColumn,
        }),
    title: `${diagnostic.code} ${diagnostic.name}`,
  };
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  const body = [
    diagnostic.message,
    `why: ${diagnostic.why}`,
    ...(diagnostic.fix === undefined ? [] : [`fix: ${diagnostic.fix}`]),
  ].join("\n");
  return `::${diagnostic.severity} ${list.join(",")}::${escapeData(body)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
