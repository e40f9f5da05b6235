import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, relative, resolve, sep } from "node:path";
import vm from "node:vm";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type { BuildFailure } from "esbuild";
import * as dsl from "../../dsl/index.ts";
import type { CallSite } from "../../dsl/node.ts";
import { nodeInfo } from "../../dsl/node.ts";
import type { Target } from "../diagnostics/diagnostic.ts";
import {
  noPlanExported,
  planNotFound,
  planThrew,
  planTooSlow,
  syntaxError,
  unknownImport,
  unresolvedImport,
} from "../diagnostics/load.ts";
import { closest } from "../model/closest.ts";
import type { Result } from "../result.ts";
import { esbuild } from "./esbuild.ts";

/** A plan file that was run: the object it exports, and the way from call sites to its source. */
export interface LoadedPlan {
  /** The file relative to its project, with forward slashes, as shown in messages and scripts. */
  readonly file: string;
  /** The object that plan() made. */
  readonly plan: object;
  /** The source place of a call, with no path. */
  locate(site: CallSite | undefined): Target | undefined;
}

/** How long a plan may run, in milliseconds. */
const TIME_LIMIT = 10_000;

/** Bundles a TypeScript plan, runs it, and gives back what it exports by default. `text` stands in for what the file holds. */
export async function loadPlan(path: string, text?: string): Promise<Result<LoadedPlan>> {
  const file = resolve(path);
  const project = projectOf(file);
  const shown = show(file, project);
  if (text === undefined && !existsSync(file)) return failed(planNotFound({ file: path }, undefined));

  const bundle = await bundlePlan(file, project, text);
  if ("failure" in bundle) return failed(bundle.failure);

  const map = new TraceMap(bundle.map);
  const sources = new Map<string, string>();
  const shownSource = (source: string): string => {
    const known = sources.get(source) ?? show(resolve(project, source), project);
    sources.set(source, known);
    return known;
  };
  const locate = (site: CallSite | undefined): Target | undefined => {
    if (site === undefined || site.file !== file) return undefined;
    const { source, line, column } = originalPositionFor(map, { line: site.line, column: site.column - 1 });
    if (source === null) return undefined;
    return { file: shownSource(source), line, column: column + 1, path: [] };
  };

  let exported: unknown;
  try {
    exported = run(bundle.code, file);
  } catch (thrown) {
    return failed(explainThrow(thrown, file, shown, locate));
  }
  const name = basename(file).replace(/\.plan\.[cm]?[jt]s$|\.[cm]?[jt]s$/, "");
  const start: Target = { file: shown, line: 1, column: 1, path: [] };
  if (nodeInfo(exported)?.entity === "plan") {
    return { value: { file: shown, plan: exported as object, locate }, diagnostics: [] };
  }
  const what =
    exported === undefined
      ? "the file has no default export"
      : exported instanceof Promise
        ? "the default export is a promise"
        : `the default export is ${describe(exported)}, not what plan() makes`;
  return failed(noPlanExported({ what, name }, locate(nodeInfo(exported)?.site) ?? start));
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const entity = nodeInfo(value)?.entity;
  if (entity !== undefined) return `a${entity === "asset" ? "n" : ""} ${entity}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function failed(diagnostic: ReturnType<typeof planNotFound>): Result<never> {
  return { value: undefined, diagnostics: [diagnostic] };
}

/** The nearest folder above with a package.json or a repository, so that paths are the same wherever one stands. */
export function projectOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(resolve(folder, "package.json")) || existsSync(resolve(folder, ".git"))) return folder;
    if (folder === dirname(folder)) return dirname(file);
  }
}

/** A file as messages show it. */
export function show(file: string, project: string): string {
  return relative(project, file).split(sep).join("/");
}

type Bundle = { code: string; map: string } | { failure: ReturnType<typeof planNotFound> };

async function bundlePlan(file: string, project: string, text: string | undefined): Promise<Bundle> {
  try {
    const result = await esbuild().build({
      ...(text === undefined
        ? { entryPoints: [file] }
        : {
            stdin: { contents: text, sourcefile: file, resolveDir: dirname(file), loader: "ts" as const },
          }),
      absWorkingDir: project,
      bundle: true,
      write: false,
      // Beside the project's folder, so that the sources of the map are relative to it.
      outfile: resolve(project, "plan.cjs"),
      sourcemap: "external",
      sourcesContent: false,
      platform: "node",
      format: "cjs",
      target: "node20",
      external: ["lifeboat"],
      logLevel: "silent",
      charset: "utf8",
    });
    const [map, code] = result.outputFiles;
    return { code: code?.text ?? "", map: map?.text ?? "" };
  } catch (thrown) {
    const error = (thrown as BuildFailure).errors?.[0];
    if (error === undefined) throw thrown;
    const target: Target | undefined =
      error.location === null
        ? undefined
        : {
            file: error.location.file,
            line: error.location.line,
            column: error.location.column + 1,
            path: [],
            length: Math.max(1, error.location.length),
          };
    const unresolved = error.text.startsWith("Could not resolve");
    const message = error.text.charAt(0).toLowerCase() + error.text.slice(1);
    return {
      failure: (unresolved ? unresolvedImport : syntaxError)({ message, language: "TypeScript" }, target),
    };
  }
}

const nodeRequire = process.getBuiltinModule("node:module").createRequire(import.meta.url);

function run(code: string, file: string): unknown {
  // A plan imports the very builders that the compiler holds, so loading them costs nothing and they are one instance.
  const require = (id: string): unknown => (id === "lifeboat" ? dsl : nodeRequire(id));
  const module = { exports: {} as { default?: unknown } };
  const script = new vm.Script(`(function (module, exports, require) {${code}\n})`, { filename: file });
  const body = script.runInThisContext() as (...args: unknown[]) => void;
  withTimeLimit(() => body(module, module.exports, require));
  return module.exports.default;
}

/** Runs synchronous code under V8's own watchdog, which only a vm script has. */
function withTimeLimit(code: () => void): void {
  const context = globalThis as { __lifeboatRun?: () => void };
  context.__lifeboatRun = code;
  try {
    new vm.Script("__lifeboatRun()").runInThisContext({ timeout: TIME_LIMIT });
  } finally {
    delete context.__lifeboatRun;
  }
}

function explainThrow(
  thrown: unknown,
  file: string,
  shown: string,
  locate: (site: CallSite | undefined) => Target | undefined,
): ReturnType<typeof planNotFound> {
  const start: Target = { file: shown, line: 1, column: 1, path: [] };
  if ((thrown as { code?: string } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
    return planTooSlow({ seconds: TIME_LIMIT / 1000 }, start);
  }
  const isError = thrown instanceof Error;
  const error = isError
    ? `${thrown.name}: ${thrown.message}`
    : `a thrown ${typeof thrown}: ${String(thrown)}`;
  const frame = isError
    ? (thrown.stack ?? "").split("\n").find((line) => /^\s*at /.test(line) && line.includes(`${file}:`))
    : undefined;
  const position = /:(\d+):(\d+)\)?$/.exec(frame ?? "");
  const site = position ? { file, line: Number(position[1]), column: Number(position[2]) } : undefined;
  const missing = /import_lifeboat\d*\.(\w+)\b.* is not a function/.exec(error)?.[1];
  if (missing !== undefined && !(missing in dsl)) {
    const close = closest(missing, Object.keys(dsl));
    const suggestion = close === undefined ? "" : ` Did you mean '${close}'?`;
    const advice =
      close === undefined ? "choose one that it exports; an editor lists them" : `replace with '${close}'`;
    return unknownImport({ name: missing, suggestion, advice }, locate(site) ?? start);
  }
  return planThrew({ error: error.replace(/\s*\n\s*/g, " ") }, locate(site) ?? start);
}

/** The text of a file of the plan's project, for code frames. */
export function readSource(planFile: string, shown: string): string | undefined {
  try {
    return readFileSync(resolve(projectOf(resolve(planFile)), shown), "utf8");
  } catch {
    return undefined;
  }
}
