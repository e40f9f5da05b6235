import type { PlanReport } from "./report.ts";

/**
 * Reports for programs: an object a plan, in a list when there are several plans. Documented in docs/command-line.md; fields are
 * added, never renamed.
 */
export function json(reports: readonly PlanReport[]): string {
  const plans = reports.map((report) => ({
    plan: report.plan,
    diagnostics: report.diagnostics.map((each) => ({
      code: each.code,
      name: each.name,
      severity: each.severity,
      message: each.message,
      why: each.why,
      fix: each.fix ?? null,
      file: each.span?.file ?? null,
      line: each.span?.line ?? null,
      column: each.span?.column ?? null,
      endLine: each.span?.endLine ?? null,
      endColumn: each.span?.endColumn ?? null,
      related: each.related.map((related) => ({ message: related.message, ...related.span })),
    })),
    proofs: [],
    files: report.files,
  }));
  return `${JSON.stringify(plans.length === 1 ? plans[0] : plans, null, 2)}\n`;
}
