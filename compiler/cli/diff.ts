import { compilePlan } from "../compile.ts";
import { diffPlans, type Side } from "../diff/diff.ts";
import { lower } from "../lower/lower.ts";
import { renderBundle } from "../render/render.ts";
import { diffJson, diffText } from "../report/diff.ts";

export interface DiffOptions {
  readonly format: "pretty" | "json";
  readonly out: string;
}

const EXIT_FINE = 0;
const EXIT_ERRORS = 1;

/** Prints what the change from one plan to another means. */
export async function diff(old: string, now: string, options: DiffOptions): Promise<number> {
  const sides: Side[] = [];
  for (const file of [old, now]) {
    const { model, proofs = [] } = await compilePlan(file);
    if (model === undefined) {
      process.stderr.write(
        `lifeboat: ${file} cannot be read as a plan, so there is nothing to compare; lifeboat check says why\n`,
      );
      return EXIT_ERRORS;
    }
    // A plan with errors of policy is compared, too: what it breaks is what one wants to see.
    sides.push({ model, proofs, files: lower(model).flatMap(renderBundle) });
  }
  const [before, after] = sides as [Side, Side];
  const found = diffPlans(before, after);
  process.stdout.write(
    options.format === "json" ? diffJson(found) : diffText(found, after.model.name, options.out),
  );
  return EXIT_FINE;
}
