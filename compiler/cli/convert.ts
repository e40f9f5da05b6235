import { existsSync, writeFileSync } from "node:fs";
import { convertPlan } from "../convert/convert.ts";
import { isYaml } from "../load/is-yaml.ts";
import { readSource } from "../load/load.ts";
import { placeDiagnostics } from "../report/report.ts";

export interface ConvertOptions {
  readonly out?: string;
  readonly force?: boolean;
}

const EXIT_FINE = 0;
const EXIT_ERRORS = 1;
const EXIT_USAGE = 2;

/** Writes a plan in the other language, to a file or to stdout. */
export async function convert(file: string, { out, force }: ConvertOptions): Promise<number> {
  if (out !== undefined && isYaml(out) === isYaml(file)) {
    const wanted = isYaml(file) ? "TypeScript: name a .plan.ts" : "YAML: name a .plan.yaml";
    process.stderr.write(`lifeboat: ${file} becomes ${wanted} with --out\n`);
    return EXIT_USAGE;
  }
  if (out !== undefined && existsSync(out) && !force) {
    process.stderr.write(`lifeboat: ${out} is there already; --force overwrites it\n`);
    return EXIT_USAGE;
  }
  const { text, diagnostics, lost } = await convertPlan(file, out ?? file);
  if (diagnostics.length > 0) await tell(file, diagnostics);
  if (text === undefined) {
    if (lost !== undefined)
      process.stderr.write(
        `lifeboat: ${file} cannot be said in ${isYaml(file) ? "TypeScript" : "YAML"}: ${lost}. Does 'lifeboat check' find something?\n`,
      );
    return EXIT_ERRORS;
  }
  if (out === undefined) {
    process.stdout.write(text);
    return EXIT_FINE;
  }
  try {
    writeFileSync(out, text);
  } catch (error) {
    process.stderr.write(`lifeboat: cannot write ${out}: ${(error as Error).message}\n`);
    return EXIT_ERRORS;
  }
  process.stdout.write(`✓ ${out} says what ${file} says\n`);
  return EXIT_FINE;
}

async function tell(file: string, diagnostics: Parameters<typeof placeDiagnostics>[0]): Promise<void> {
  const { optionsOfStderr, pretty } = await import("../report/pretty.ts");
  const placed = await placeDiagnostics(diagnostics, (shown) => readSource(file, shown));
  process.stderr.write(`${pretty(placed, optionsOfStderr())}\n`);
}
