import { watch } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Compiled, compilePlan } from "../compile.ts";
import { type Diagnostic, hasErrors } from "../diagnostics/diagnostic.ts";
import { duplicatePlan } from "../diagnostics/load.ts";
import type { ShellcheckMode } from "../emit/shellcheck.ts";
import { isYaml } from "../load/is-yaml.ts";
import { readSource } from "../load/load.ts";
import { github } from "../report/github.ts";
import { json } from "../report/json.ts";
import { type PlanReport, placeDiagnostics, type ReportedFile } from "../report/report.ts";
import { sha256 } from "../sha256.ts";
import { defaultPlans } from "./plans.ts";

export interface CheckOptions {
  readonly fix?: boolean;
  readonly types?: boolean;
  readonly format: "pretty" | "json" | "github" | "sarif";
  readonly watch?: boolean;
}

export interface BuildOptions extends CheckOptions {
  readonly out: string;
  readonly host?: string;
  readonly check?: boolean;
  readonly force?: boolean;
  readonly shellcheck: ShellcheckMode;
}

const EXIT_FINE = 0;
const EXIT_ERRORS = 1;
const EXIT_USAGE = 2;
const EXIT_STALE = 3;

/** What a command did with one plan. */
interface Outcome {
  readonly file: string;
  readonly compiled: Compiled;
  readonly diagnostics: readonly Diagnostic[];
  readonly files: readonly ReportedFile[];
  readonly status: number;
  readonly summary: string;
}

export function check(plans: readonly string[], options: CheckOptions): Promise<number> {
  return forPlans(plans, options, async (file, compiled) => ({
    file,
    compiled,
    diagnostics: compiled.diagnostics,
    files: [],
    status: hasErrors(compiled.diagnostics) ? EXIT_ERRORS : EXIT_FINE,
    summary: compiled.context === undefined ? "" : countAssets(compiled),
  }));
}

export function build(plans: readonly string[], options: BuildOptions): Promise<number> {
  return forPlans(plans, options, (file, compiled) => buildOne(file, compiled, options));
}

function countAssets(compiled: Compiled): string {
  const { assets = [], hosts = [] } = compiled.context?.model ?? {};
  return `${count(assets.length, "asset")} on ${count(hosts.length, "host")}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

async function buildOne(file: string, compiled: Compiled, options: BuildOptions): Promise<Outcome> {
  const outcome = { file, compiled, files: [], summary: "" };
  if (compiled.context === undefined) {
    return { ...outcome, diagnostics: compiled.diagnostics, status: EXIT_ERRORS };
  }
  // What only a build needs, Handlebars among it, a mere check should not pay for.
  const { lower } = await import("../lower/lower.ts");
  const { renderBundle } = await import("../render/render.ts");
  const { compare, emit, protect, staleness } = await import("../emit/emit.ts");
  const { shellcheck } = await import("../emit/shellcheck.ts");
  const { model } = compiled.context;
  const bundles = lower(model).filter((bundle) => options.host === undefined || bundle.host === options.host);
  if (bundles.length === 0 && options.host !== undefined) {
    const known = model.hosts.map((host) => host.id).join(", ");
    process.stderr.write(
      `lifeboat: plan '${model.name}' makes nothing for a host '${options.host}'; it has: ${known}\n`,
    );
    return { ...outcome, diagnostics: compiled.diagnostics, status: EXIT_USAGE };
  }
  const rendered = bundles.flatMap(renderBundle);
  const files = rendered.map((each) => ({
    path: each.path,
    sha256: sha256(each.content),
    mode: each.executable ? "0555" : "0444",
  }));
  const changes = compare(options.out, model.name, rendered, options.host === undefined);
  const findings = await shellcheck(rendered, options.shellcheck);
  const end = (more: readonly Diagnostic[], status: number, summary = ""): Outcome => ({
    ...outcome,
    diagnostics: [...compiled.diagnostics, ...more],
    files,
    status,
    summary,
  });
  if (findings.length > 0) return end(findings, EXIT_ERRORS);
  const made = `${count(files.length, "file")} for ${count(bundles.length, "host")} in ${join(options.out, model.name)}`;
  if (options.check) {
    const stale = staleness(options.out, file, changes);
    return end(stale, stale.length > 0 ? EXIT_STALE : EXIT_FINE, `${made} are as the plan says`);
  }
  const refused = options.force ? [] : protect(options.out, changes);
  if (refused.length > 0) return end(refused, EXIT_ERRORS);
  const failed = emit(options.out, changes);
  const news = `${made}: ${changes.written.length} written, ${changes.unchanged.length} unchanged, ${changes.removed.length} removed`;
  return end(failed, failed.length > 0 ? EXIT_ERRORS : EXIT_FINE, news);
}

async function forPlans(
  named: readonly string[],
  options: CheckOptions,
  work: (file: string, compiled: Compiled) => Promise<Outcome>,
): Promise<number> {
  const plans = named.length > 0 ? named : defaultPlans();
  if (plans.length === 0) {
    process.stderr.write(
      "lifeboat: no plan named, and there is no plans/*.plan.ts or plans/*.plan.yaml here\n",
    );
    return EXIT_USAGE;
  }
  const once = async (): Promise<number> => {
    const outcomes: Outcome[] = [];
    const names = new Map<string, string>();
    for (const file of plans) {
      const compiled = options.fix ? await fix(file) : await compile(file, options);
      outcomes.push(await work(file, refuseSameName(file, compiled, names)));
    }
    await report(outcomes, options.format);
    // The highest code wins: a stale output is told only when nothing is wrong with the plans.
    const statuses = outcomes.map((outcome) => outcome.status);
    return [EXIT_USAGE, EXIT_ERRORS, EXIT_STALE].find((status) => statuses.includes(status)) ?? EXIT_FINE;
  };
  return options.watch ? watchPlans(plans, once) : once();
}

/** Compiles a plan, and has its types checked meanwhile if that is asked for. */
async function compile(file: string, { types }: CheckOptions): Promise<Compiled> {
  if (!types || isYaml(file)) return compilePlan(file);
  const { checkTypes } = await import("../load/types.ts");
  const [compiled, errors] = await Promise.all([compilePlan(file), checkTypes(file)]);
  // What does not load has been told of already.
  if (compiled.model === undefined && hasErrors(compiled.diagnostics)) return compiled;
  return {
    ...compiled,
    context: errors.length > 0 ? undefined : compiled.context,
    diagnostics: [...errors, ...compiled.diagnostics],
  };
}

/** Mends what is safe to mend, and says what that was. */
async function fix(file: string): Promise<Compiled> {
  const { fixPlan } = await import("../fix/fix.ts");
  const { compiled, fixed } = await fixPlan(file);
  for (const { code, file: place, line, before, after } of fixed)
    process.stderr.write(`fixed ${code} at ${place}:${line}: ${before} → ${after}\n`);
  return compiled;
}

function refuseSameName(file: string, compiled: Compiled, names: Map<string, string>): Compiled {
  const other = names.get(compiled.plan);
  names.set(compiled.plan, file);
  if (other === undefined || compiled.context === undefined) return compiled;
  const values = { id: compiled.plan, other, folder: `${compiled.plan}/` };
  const clash = duplicatePlan(values, compiled.context.places("plan", compiled.plan, "id"));
  return { ...compiled, context: undefined, diagnostics: [...compiled.diagnostics, clash] };
}

async function report(outcomes: readonly Outcome[], format: CheckOptions["format"]): Promise<void> {
  const reports: PlanReport[] = [];
  for (const outcome of outcomes) {
    const source = (shown: string) => readSource(outcome.file, shown);
    const diagnostics = await placeDiagnostics(outcome.diagnostics, source);
    reports.push({
      plan: outcome.compiled.plan,
      diagnostics,
      proofs: outcome.compiled.proofs ?? [],
      files: outcome.files,
    });
  }
  if (format === "json") {
    process.stdout.write(json(reports));
    return;
  }
  const all = reports.flatMap((each) => each.diagnostics);
  if (format === "github") {
    process.stdout.write(github(all));
    return;
  }
  if (format === "sarif") {
    const { sarif } = await import("../report/sarif.ts");
    process.stdout.write(sarif(all));
    return;
  }
  if (all.length > 0) {
    const { optionsOfStderr, pretty } = await import("../report/pretty.ts");
    process.stderr.write(`${pretty(all, optionsOfStderr())}\n`);
  }
  for (const outcome of outcomes) process.stdout.write(`${lastLine(outcome)}\n`);
}

function lastLine(outcome: Outcome): string {
  const errors = outcome.diagnostics.filter((each) => each.severity === "error").length;
  const warnings = outcome.diagnostics.length - errors;
  const findings = [
    ...(errors > 0 ? [count(errors, "error")] : []),
    ...(warnings > 0 ? [count(warnings, "warning")] : []),
  ].join(", ");
  const mark = errors > 0 || outcome.status !== EXIT_FINE ? "✗" : "✓";
  return `${mark} ${outcome.compiled.plan}: ${[findings, errors > 0 ? "" : outcome.summary].filter(Boolean).join("; ")}`;
}

/** Runs once, then again after every change near the plans, until it is interrupted. */
async function watchPlans(plans: readonly string[], once: () => Promise<number>): Promise<number> {
  const clock = () => new Date().toTimeString().slice(0, 8);
  const folders = [...new Set(plans.map((plan) => dirname(plan)))];
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  let status = 0;
  let running: Promise<void> = Promise.resolve();
  const runNext = (): Promise<void> => {
    running = running.then(async () => {
      status = await once();
    });
    return running;
  };
  let timer: NodeJS.Timeout | undefined;
  // Watching begins before the first run, so that no change is lost in between.
  const watchers = folders.map((folder) =>
    watch(folder, (_event, file) => {
      if (file !== null && !/\.(ts|js|mjs|cjs|json|yaml|yml)$/.test(basename(file))) return;
      clearTimeout(timer);
      // Editors write a file in several steps; wait for the last.
      timer = setTimeout(() => {
        process.stderr.write(`${clock()} changed\n`);
        void runNext();
      }, 60);
    }),
  );
  await runNext();
  process.stderr.write(`${clock()} watching ${folders.join(", ")}; Ctrl-C ends\n`);
  await interrupted;
  clearTimeout(timer);
  for (const watcher of watchers) watcher.close();
  await running;
  return status;
}
