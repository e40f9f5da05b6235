import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { compilePlan } from "../compiler/compile.ts";
import { shellcheck } from "../compiler/emit/shellcheck.ts";
import { lower } from "../compiler/lower/lower.ts";
import { assetKinds, kindFolder } from "../compiler/model/kinds.ts";
import { parseSource } from "../compiler/render/linker.ts";
import { type RenderedFile, renderBundle } from "../compiler/render/render.ts";

/**
 * The bash of the templates is parts of scripts, so it is judged in whole ones: a plan for each kind in test/plans/, compiled. Every function
 * is in one of their scripts, and every function goes through ShellCheck in one of them, or in one of the reference plan's, whose scripts
 * are all checked where `generated/` is held to be fresh. Every script of every plan: `npm run test:shellcheck`.
 */
const plans = readdirSync("test/plans").filter((file) => file.endsWith(".plan.ts"));
const scripts: RenderedFile[] = [];
const checkedElsewhere: RenderedFile[] = [];

beforeAll(async () => {
  for (const plan of plans) scripts.push(...(await scriptsOf(`test/plans/${plan}`)));
  checkedElsewhere.push(...(await scriptsOf("plans/reference.plan.ts")));
});

async function scriptsOf(plan: string): Promise<readonly RenderedFile[]> {
  const { context } = await compilePlan(plan);
  expect(context, plan).toBeDefined();
  return (context === undefined ? [] : lower(context.model))
    .flatMap((bundle) => renderBundle(bundle))
    .filter((file) => file.executable)
    .map((file) => ({ ...file, path: `${plan}: ${file.path}` }));
}

/** The functions of a script, as they stand there: kinds have functions of the same names. */
function functionsOf(script: RenderedFile): readonly string[] {
  return script.content.match(/^\w+\(\) \{\n[\s\S]*?\n\}$/gm) ?? [];
}

/** Few scripts that have all of the functions that others do not have: each time the one that adds most. */
function cover(files: readonly RenderedFile[], covered: ReadonlySet<string>): readonly RenderedFile[] {
  const missing = new Set(files.flatMap(functionsOf).filter((text) => !covered.has(text)));
  const chosen: RenderedFile[] = [];
  const added = (file: RenderedFile) => functionsOf(file).filter((text) => missing.has(text)).length;
  while (missing.size > 0) {
    const best = files.reduce((one, other) => (added(other) > added(one) ? other : one));
    chosen.push(best);
    for (const text of functionsOf(best)) missing.delete(text);
  }
  return chosen;
}

it("there is a plan for every kind", () => {
  expect(plans).toEqual(expect.arrayContaining(assetKinds.map((kind) => `${kindFolder(kind.name)}.plan.ts`)));
});

it("every function is clean, in a script that has it", async () => {
  const chosen = process.env.LIFEBOAT_LONG
    ? scripts
    : cover(scripts, new Set(checkedElsewhere.flatMap(functionsOf)));
  expect(chosen.length).toBeGreaterThan(0);
  expect(await shellcheck(chosen, "require")).toEqual([]);
});

it("no function of the templates is dead: each is in some script", () => {
  const used = new Set(
    scripts.flatMap((script) =>
      [...script.content.matchAll(/^(\w+)\(\) \{$/gm)].map((match) => match[1] ?? ""),
    ),
  );
  const sources = readdirSync("templates", { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".sh"),
  );
  const dead = sources.flatMap((file) =>
    parseSource(readFileSync(join("templates", file), "utf8"), file)
      .functions.filter((unit) => !used.has(unit.name))
      .map((unit) => `${file}: ${unit.name}`),
  );
  expect(dead).toEqual([]);
});
