import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convertPlan } from "../../compiler/convert/convert.ts";
import { hasErrors } from "../../compiler/diagnostics/diagnostic.ts";
import { allDiagnostics } from "../../compiler/diagnostics/index.ts";
import { type Checked, checkPlan } from "../lib/compile.ts";
import { expectGolden, isRecording } from "../lib/golden.ts";

const folder = "test/golden/bad-plans";
/** Mistakes that cannot be made in YAML: it holds no code, and no values but text, numbers, lists and maps. */
const NOT_IN_YAML = new Set([
  "a-date",
  "exports-a-function",
  "exports-a-promise",
  "exports-an-asset",
  "exports-nothing",
  "function-as-value",
  "id-missing",
  "import-missing",
  "never-ends",
  "no-such-builder",
  "throws",
  "throws-text",
]);

/** The twin in YAML of a plan in code; undefined when it can have none. */
function twinOf(file: string): string | undefined {
  const name = file.replace(/\.plan\.[jt]s$/, "");
  return name === file || NOT_IN_YAML.has(name) ? undefined : `${name}.plan.yaml`;
}

// With the goldens the twins that are missing are recorded, too.
for (const file of isRecording ? readdirSync(folder) : []) {
  const twin = twinOf(file);
  if (twin === undefined || existsSync(join(folder, twin))) continue;
  const { text } = await convertPlan(join(folder, file), join(folder, twin));
  if (text !== undefined) writeFileSync(join(folder, twin), text);
}

const entries = readdirSync(folder);
const plans = entries.filter((file) => /\.plan\.([jt]s|yaml)$/.test(file));

/** `misspelt-option.plan.ts` has its golden in misspelt-option.txt, its twin in YAML in misspelt-option.yaml.txt. */
const goldenOf = (file: string) =>
  file.replace(/\.plan\.[jt]s$/, ".txt").replace(/\.plan\.yaml$/, ".yaml.txt");

/** Each plan is run once: one of them runs until the time limit stops it. */
const checked = new Map<string, Promise<Checked>>();
function check(file: string): Promise<Checked> {
  const known = checked.get(file) ?? checkPlan(join(folder, file));
  checked.set(file, known);
  return known;
}

describe("a bad plan is told what is wrong, where, why and how to mend it", () => {
  it.each(plans)("%s", async (file) => {
    const { compiled, diagnostics, text } = await check(file);
    expect(diagnostics.length).toBeGreaterThan(0);
    if (!file.startsWith("warnings-")) {
      expect(hasErrors(compiled.diagnostics)).toBe(true);
      expect(compiled.context).toBeUndefined();
    }
    expectGolden(join(folder, goldenOf(file)), text);
  });

  it("has no golden without a plan", () => {
    const goldens = new Set(plans.map(goldenOf));
    expect(entries.filter((file) => file.endsWith(".txt") && !goldens.has(file))).toEqual([]);
    expect(entries.filter((file) => !/\.(txt|plan\.([jt]s|yaml))$/.test(file))).toEqual([]);
  });

  it.each(plans.filter((file) => twinOf(file) !== undefined))(
    "%s has the same findings in YAML",
    async (file) => {
      const twin = twinOf(file) ?? "";
      expect(entries, `${twin} is missing; record it with UPDATE_GOLDENS=1`).toContain(twin);
      const codes = async (plan: string) => (await check(plan)).diagnostics.map((each) => each.code);
      expect(await codes(twin)).toEqual(await codes(file));
    },
  );

  it("shows every diagnostic that a plan can cause", async () => {
    const seen = new Set<string>();
    for (const file of plans) {
      for (const each of (await check(file)).diagnostics) seen.add(each.code);
    }
    // Told by the command line, not of a plan's content; test/cli has these.
    const elsewhere = new Set([
      "LB1001",
      "LB1007",
      "LB1013",
      "LB1014",
      "LB5001",
      "LB5002",
      "LB5003",
      "LB5004",
      "LB5005",
    ]);
    const unseen = allDiagnostics
      .map(({ definition }) => definition.code)
      .filter((code) => !seen.has(code) && !elsewhere.has(code));
    expect(unseen).toEqual([]);
  });
});
