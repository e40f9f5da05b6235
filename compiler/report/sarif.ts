import type { Span } from "../diagnostics/diagnostic.ts";
import { allDiagnostics } from "../diagnostics/index.ts";
import { version } from "../root.ts";
import type { PlacedDiagnostic } from "./report.ts";

/**
 * A log in SARIF 2.1.0, as code scanning services take it.
 * Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarif(diagnostics: readonly PlacedDiagnostic[]): string {
  const used = allDiagnostics.filter(({ definition }) =>
    diagnostics.some((each) => each.code === definition.code),
  );
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "lifeboat",
            semanticVersion: version,
            rules: used.map(({ definition }) => ({
              id: definition.code,
              name: pascal(definition.name),
              shortDescription: { text: definition.message.skeleton },
              fullDescription: { text: definition.why.skeleton },
              ...(definition.fix !== undefined && { help: { text: definition.fix.skeleton } }),
              defaultConfiguration: { level: definition.severity },
            })),
          },
        },
        // Lines and columns count as JavaScript does.
        columnKind: "utf16CodeUnits",
        results: diagnostics.map((each) => ({
          ruleId: each.code,
          ruleIndex: used.findIndex(({ definition }) => definition.code === each.code),
          level: each.severity,
          message: { text: messageOf(each) },
          ...(each.span !== undefined && { locations: [location(each.span)] }),
          ...(each.related.length > 0 && {
            relatedLocations: each.related.map((related, id) => ({
              id,
              message: { text: related.message },
              ...location(related.span),
            })),
          }),
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function messageOf({ message, why, fix }: PlacedDiagnostic): string {
  return [message, `Why: ${why}`, ...(fix === undefined ? [] : [`Fix: ${fix}`])].join("\n");
}

function location(span: Span) {
  return {
    physicalLocation: {
      artifactLocation: { uri: span.file.split("/").map(encodeURIComponent).join("/") },
      region: {
        startLine: span.line,
        startColumn: span.column,
        endLine: span.endLine,
        endColumn: span.endColumn,
      },
    },
  };
}

function pascal(name: string): string {
  return name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
