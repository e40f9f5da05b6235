import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of Lifeboat itself, in which templates/ lies, whether it runs bundled from dist/ or from source. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "templates", "prelude"))) return folder;
    if (folder === dirname(folder)) throw new Error(`no templates/ above ${start}`);
  }
}

/** Lifeboat's version, as package.json says it. */
export const version: string = (
  JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string }
).version;
