import { marginOf } from "../prove/proof.ts";
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
    proofs: report.proofs.map((proof) => ({
      kind: proof.kind,
      asset: proof.asset ?? null,
      scenario: proof.scenario ?? null,
      store: proof.store ?? null,
      unit: proof.unit,
      target: count(proof.target),
      worst: count(proof.worst),
      margin: count(marginOf(proof)),
      verdict: proof.verdict,
      ok: proof.verdict === "proven",
      evidence: [...proof.evidence, ...proof.problems.map((problem) => problem.what)],
      missing: proof.missing.map((gap) => gap.what),
    })),
    files: report.files,
  }));
  return `${JSON.stringify(plans.length === 1 ? plans[0] : plans, null, 2)}\n`;
}

/** JSON has no infinity: what nothing is enough for has no number, and its verdict says so. */
function count(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
