import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { cannotWrite, foreignFile, staleOutput } from "../diagnostics/output.ts";
import type { RenderedFile } from "../render/render.ts";
import { sha256 } from "../sha256.ts";

const SUMS = "SHA256SUMS";

/** What writing the output would change. */
export interface Changes {
  readonly written: readonly RenderedFile[];
  readonly unchanged: readonly RenderedFile[];
  /** Files of an earlier build that the plan no longer makes. */
  readonly removed: readonly string[];
  /** Files that somebody changed since they were generated. */
  readonly foreign: readonly string[];
}

/**
 * Compares rendered files with what is on disk. Only files that a SHA256SUMS of this output folder lists are ever taken for ours.
 * @param wholePlan false when one host was rendered: then other hosts' folders are left alone
 */
export function compare(
  out: string,
  plan: string,
  files: readonly RenderedFile[],
  wholePlan: boolean,
): Changes {
  const written: RenderedFile[] = [];
  const unchanged: RenderedFile[] = [];
  const foreign: string[] = [];
  const recorded = recordedSums(out, plan);
  for (const file of files) {
    const disk = read(join(out, file.path));
    if (disk === file.content && isExecutable(join(out, file.path)) === file.executable) {
      unchanged.push(file);
      continue;
    }
    written.push(file);
    const sum = recorded.get(file.path);
    const isOurs =
      disk === undefined || disk === file.content || file.path.endsWith(`/${SUMS}`) || sum === sha256(disk);
    if (!isOurs) foreign.push(file.path);
  }
  const made = new Set(files.map((file) => file.path));
  const hosts = new Set(files.map((file) => dirname(file.path)));
  const removed = [...recorded.keys()].filter(
    (path) => !made.has(path) && (wholePlan || hosts.has(dirname(path))) && existsSync(join(out, path)),
  );
  for (const path of removed) {
    if (sha256(read(join(out, path)) ?? "") !== recorded.get(path) && !path.endsWith(`/${SUMS}`))
      foreign.push(path);
  }
  return { written, unchanged, removed, foreign };
}

/** The hashes that earlier builds of a plan recorded, by path. */
function recordedSums(out: string, plan: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  const folder = join(out, plan);
  if (!existsSync(folder)) return sums;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const text = entry.isDirectory() ? read(join(folder, entry.name, SUMS)) : undefined;
    if (text === undefined) continue;
    sums.set(`${plan}/${entry.name}/${SUMS}`, sha256(text));
    for (const line of text.split("\n")) {
      const match = /^([0-9a-f]{64}) {2}([^/]+)$/.exec(line);
      if (match?.[1] !== undefined) sums.set(`${plan}/${entry.name}/${match[2]}`, match[1]);
    }
  }
  return sums;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o100) !== 0;
}

/** Diagnostics for `--check`: what on disk is not what the plan says. */
export function staleness(out: string, plan: string, changes: Changes): readonly Diagnostic[] {
  return [
    ...changes.written.map((file) => ({
      file: file.path,
      how: existsSync(join(out, file.path)) ? "is not what the plan makes" : "is missing",
    })),
    ...changes.removed.map((file) => ({ file, how: "is no longer made by the plan" })),
  ].map((values) => staleOutput({ ...values, file: join(out, values.file), plan }, undefined));
}

/** Refuses to overwrite what somebody changed by hand. */
export function protect(out: string, changes: Changes): readonly Diagnostic[] {
  return changes.foreign.map((file) => foreignFile({ file: join(out, file) }, undefined));
}

/** Writes what changed: each file whole or not at all, read-only; what did not change is not touched. */
export function emit(out: string, changes: Changes): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const attempt = (path: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      diagnostics.push(cannotWrite({ file: path, error: (error as Error).message }, undefined));
    }
  };
  for (const file of changes.written) {
    const path = join(out, file.path);
    attempt(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        writeFileSync(temporary, file.content);
        chmodSync(temporary, file.executable ? 0o555 : 0o444);
        renameSync(temporary, path);
      } finally {
        rmSync(temporary, { force: true });
      }
    });
  }
  for (const file of changes.removed) {
    const path = join(out, file);
    attempt(path, () => {
      rmSync(path);
      if (readdirSync(dirname(path)).length === 0) rmdirSync(dirname(path));
    });
  }
  return diagnostics;
}
