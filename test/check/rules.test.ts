import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rules } from "../../compiler/check/rules.ts";
import { compilePlan } from "../../compiler/compile.ts";
import * as dsl from "../../dsl/index.ts";

const folder = "compiler/check/rules";
let place = "";

beforeAll(() => {
  mkdirSync("test/golden/.tmp", { recursive: true });
  place = mkdtempSync("test/golden/.tmp/rules-");
});
afterAll(() => rmSync("test/golden/.tmp", { recursive: true, force: true }));

/** An example of a doc as a whole plan: what it uses of the DSL is imported. */
function planOf(example: string): string {
  const used = Object.keys(dsl).filter((name) => new RegExp(`\\b${name}\\(`).test(example));
  return `import { ${used.join(", ")} } from "lifeboat";\n${example}`;
}

async function findings(name: string, example: string) {
  const file = join(place, `${name}.plan.ts`);
  writeFileSync(file, planOf(example));
  const { diagnostics } = await compilePlan(file);
  return diagnostics;
}

function exampleOf(doc: string, heading: string): string {
  const example = new RegExp(`^## ${heading}\\n+\`\`\`ts\\n([\\s\\S]*?)\`\`\``, "m").exec(doc)?.[1];
  expect(example, `there is no example under '${heading}'`).toBeDefined();
  return example ?? "";
}

describe.each(rules.map((rule) => rule.diagnostic.definition))("$name", ({ name, code }) => {
  const file = join(folder, `${name}.md`);
  const doc = existsSync(file) ? readFileSync(file, "utf8") : "";

  it("has a doc with its name, what it is about, examples and what becomes of a fix", () => {
    expect(doc).toMatch(
      new RegExp(
        `^# ${name} \\(${code}\\)\\n\\n\\S.*\\n\\n## ❌ Incorrect\\n[\\s\\S]*\\n## ✅ Correct\\n[\\s\\S]*\\n## Fix\\n\\n\\S`,
      ),
    );
    expect(existsSync(join(folder, `${name}.ts`))).toBe(true);
  });

  it("has a test of its name, for its edges", () => {
    expect(existsSync(`test/check/rules/${name}.test.ts`)).toBe(true);
  });

  it("finds what is wrong in ❌, and no other error", async () => {
    const found = await findings(`${name}-bad`, exampleOf(doc, "❌ Incorrect"));
    expect(found.map((each) => each.code)).toContain(code);
    expect(
      found.filter((each) => each.severity === "error" && each.code !== code).map((each) => each.message),
    ).toEqual([]);
  });

  it("finds nothing of that in ✅, and no error at all", async () => {
    const found = await findings(`${name}-good`, exampleOf(doc, "✅ Correct"));
    expect(
      found.filter((each) => each.severity === "error" || each.code === code).map((each) => each.message),
    ).toEqual([]);
  });
});

it("there is no doc without a rule", () => {
  const names = rules.map((rule) => rule.diagnostic.definition.name);
  const files = readdirSync(folder).map((file) => file.replace(/\.(ts|md)$/, ""));
  expect([...new Set(files)].sort()).toEqual([...names].sort());
});
