import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { noTypeChecker, typeError } from "../diagnostics/load.ts";
import { packageRoot } from "../root.ts";
import { projectOf, show } from "./load.ts";

/**
 * Checks the types of a plan with TypeScript's own compiler, a native program that runs beside everything else. It sees slips that are no
 * mistake in the plan which comes out: a misspelt property of an object that is spread, a function that is called with too much.
 */
export async function checkTypes(path: string): Promise<readonly Diagnostic[]> {
  const file = resolve(path);
  const compiler = findCompiler(file);
  if (compiler === undefined) return [noTypeChecker({}, undefined)];
  const folder = mkdtempSync(join(tmpdir(), "lifeboat-types-"));
  const project = join(folder, "tsconfig.json");
  try {
    writeFileSync(project, JSON.stringify({ compilerOptions: OPTIONS, files: [file] }));
    const output = await run(compiler, ["--project", project, "--pretty", "false"], projectOf(file));
    return errorsOf(output, projectOf(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const OPTIONS = {
  target: "es2023",
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
  types: [],
  // A plan needs no installation beside it for its import to mean this very Lifeboat.
  paths: { lifeboat: [join(packageRoot, "dsl/index.ts")] },
};

/** TypeScript as the plan's project has it, else Lifeboat's own. */
function findCompiler(file: string): string | undefined {
  for (const from of [file, join(packageRoot, "package.json")]) {
    try {
      return join(createRequire(from).resolve("typescript/package.json"), "../bin/tsc");
    } catch {}
  }
  return undefined;
}

function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", fail);
    child.on("close", () => done(output));
  });
}

/** `plans/shop.plan.ts(9,3): error TS2353: …`, with further lines indented. */
function errorsOf(output: string, project: string): readonly Diagnostic[] {
  return output.split(/\n(?=\S)/).flatMap((text) => {
    const match = /^(.+?)\((\d+),(\d+)\): error (TS\d+): ([\s\S]*)$/.exec(text);
    if (match === null) return [];
    const [, file = "", line, column, code = "", message = ""] = match;
    const shown = show(resolve(project, file), project);
    if (shown.startsWith("..")) return [];
    const [first = "", ...rest] = message.trim().split("\n");
    const last = rest.at(-1)?.trim();
    const target = { file: shown, line: Number(line), column: Number(column), path: [] };
    return [typeError({ message: first, code, why: last ?? "TypeScript does not accept it" }, target)];
  });
}
