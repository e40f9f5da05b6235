/**
 * Brings a fresh checkout to where it runs: installs the npm packages when they are missing or not those of the lock file, and
 * builds dist/. Needs nothing but Node and npm. Imported by the demo and by the test run.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Runs a program here; ends the process with its status when it fails. */
export function runOrExit(program, args, options = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error) {
    process.stderr.write(`cannot run ${program}: ${result.error.message}\n`);
    process.exit(1);
  }
  if (result.status !== 0) {
    if (options.stdio === "pipe") process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
    process.stderr.write(`failed: ${program} ${args.join(" ")}\n`);
    process.exit(result.status ?? 1);
  }
  return result;
}

/** Installs and builds what is missing; says so in a line each. */
export function setUp({ quiet = false } = {}) {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) {
    process.stderr.write(`Lifeboat needs Node 20 or later; this is ${process.version}\n`);
    process.exit(1);
  }
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".lifeboat-lock");
  const installed = existsSync(stamp) && readFileSync(stamp, "utf8") === lock;
  if (!installed) {
    if (!quiet) process.stdout.write("Installing npm packages …\n");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    runOrExit(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { stdio: "pipe" });
    writeFileSync(stamp, lock);
  }
  if (!quiet) process.stdout.write("Building the compiler …\n");
  runOrExit(process.execPath, [join(root, "compiler/build/bundle.mjs")]);
}
