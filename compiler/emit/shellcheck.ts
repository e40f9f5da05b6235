import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { shellcheckFinding, shellcheckMissing } from "../diagnostics/output.ts";
import type { RenderedFile } from "../render/render.ts";
import { packageRoot } from "../root.ts";

export type ShellcheckMode = "auto" | "require" | "off";

const run = promisify(execFile);

/** ShellCheck's own levels; everything down to style counts, since generated code has no excuse. */
interface Finding {
  readonly file: string;
  readonly line: number;
  readonly code: number;
  readonly message: string;
}

/**
 * Runs ShellCheck over rendered scripts, one of each shape: the masters' backup scripts differ in names and addresses only. Shapes that were
 * clean before are known by their hash and not checked again.
 */
export async function shellcheck(
  files: readonly RenderedFile[],
  mode: ShellcheckMode,
): Promise<readonly Diagnostic[]> {
  if (mode === "off") return [];
  const { program, version, tried } = await findShellcheck();
  if (program === undefined) return mode === "auto" ? [] : [shellcheckMissing({ tried }, undefined)];
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "lifeboat", "shellcheck");
  const stamp = (file: RenderedFile) =>
    join(
      cache,
      createHash("sha256")
        .update(`${version}\0${shapeOf(file.content)}`)
        .digest("hex"),
    );
  const shapes = new Map(files.filter((file) => file.executable).map((file) => [stamp(file), file]));
  const unknown = [...shapes].filter(([shape]) => !existsSync(shape)).map(([, file]) => file);
  if (unknown.length === 0) return [];

  const folder = mkdtempSync(join(tmpdir(), "lifeboat-shellcheck-"));
  try {
    const findings = await checkAll(program, folder, unknown);
    remember(
      cache,
      unknown.filter((file) => !findings.some((finding) => finding.file === file.path)).map(stamp),
    );
    return findings.map(({ file, line, code, message }) =>
      shellcheckFinding({ file, line, rule: `SC${code}`, message }, undefined),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A script as far as ShellCheck can tell it from another. It follows constants: whether one is empty, a number, or has a character that
 * the shell treats in its own way can change a finding. Which letters and digits it has cannot, nor how many words of a kind an array.
 */
export function shapeOf(script: string): string {
  const body = script.search(/^\w+\(\) \{$/m);
  const facts = script
    .slice(0, body === -1 ? script.length : body)
    .replace(/^#(?! shellcheck ).*\n/gm, "")
    .replace(
      /^(readonly \w+=| {2})('.*')$/gm,
      (_, name: string, value: string) => name + value.replace(/[\w./:@%+,-]+/g, "v"),
    )
    .replace(/^(readonly \w+=)[0-9]+$/gm, "$11")
    .replace(/^( {2}'v'\n)+/gm, "$1");
  return body === -1 ? facts : facts + script.slice(body);
}

/** One process a core, each with its share of the scripts. */
async function checkAll(
  program: string,
  folder: string,
  files: readonly RenderedFile[],
): Promise<readonly Finding[]> {
  for (const [index, file] of files.entries()) writeFileSync(join(folder, `${index}.sh`), file.content);
  const workers = Math.min(availableParallelism(), files.length);
  const shares = Array.from({ length: workers }, (_, worker) =>
    files.map((_, index) => index).filter((index) => index % workers === worker),
  );
  const results = await Promise.all(
    shares.map(async (share) => {
      const names = share.map((index) => `${index}.sh`);
      const { stdout } = await run(
        program,
        ["--format=json1", "--severity=style", "--norc", "--shell=bash", ...names],
        {
          cwd: folder,
          maxBuffer: 1 << 28,
        },
      ).catch((error: { code?: number; stdout?: string; message: string }) => {
        // Exit 1 means findings; anything else is ShellCheck's own failure.
        if (error.code !== 1 || error.stdout === undefined)
          throw new Error(`ShellCheck failed: ${error.message}`);
        return { stdout: error.stdout };
      });
      return (JSON.parse(stdout) as { comments: readonly Finding[] }).comments;
    }),
  );
  return results
    .flat()
    .map((finding) => ({ ...finding, file: files[Number.parseInt(finding.file, 10)]?.path ?? finding.file }));
}

function remember(cache: string, stamps: readonly string[]): void {
  try {
    mkdirSync(cache, { recursive: true });
    for (const stamp of stamps) writeFileSync(stamp, "");
  } catch {
    // A cache that cannot be written makes the next build slower, nothing else.
  }
}

/** Looks where an operator or a CI image may have put it, the most explicit place first. */
async function findShellcheck(): Promise<{ program: string | undefined; version: string; tried: string }> {
  const named = process.env.LIFEBOAT_SHELLCHECK;
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !folder.includes("node_modules"))
    .map((folder) => join(folder, "shellcheck"))
    .find((program) => existsSync(program));
  const fromNpm = join(packageRoot, "node_modules", ".bin", "shellcheck");
  const candidates = named ? [named] : [...(onPath === undefined ? [] : [onPath]), fromNpm];
  for (const program of candidates) {
    const version = await run(program, ["--version"], { timeout: 60_000 }).then(
      ({ stdout }) => /version: (\S+)/.exec(stdout)?.[1],
      () => undefined,
    );
    if (version !== undefined) return { program, version, tried: program };
  }
  return { program: undefined, version: "", tried: candidates.join(", ") };
}
