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
 * The bash of the templates is parts of scripts, so it is judged in linked ones: those of a plan for each kind in test/plans/ and of the
 * reference plan. ShellCheck sees each of their functions once. Whole scripts, where it also sees what one of them never uses, are `npm run test:shellcheck`, and
 * every `lifeboat build`.
 */
const plans = readdirSync("test/plans").filter((file) => file.endsWith(".plan.ts"));
const scripts: RenderedFile[] = [];

beforeAll(async () => {
  for (const plan of [...plans.map((file) => `test/plans/${file}`), "plans/reference.plan.ts"])
    scripts.push(...(await scriptsOf(plan)));
});

async function scriptsOf(plan: string): Promise<readonly RenderedFile[]> {
  const { context } = await compilePlan(plan);
  expect(context, plan).toBeDefined();
  return (context === undefined ? [] : lower(context.model))
    .flatMap((bundle) => renderBundle(bundle))
    .filter((file) => file.executable)
    .map((file) => ({ ...file, path: `${plan}: ${file.path}` }));
}

/**
 * Every function of the scripts once, in one script with all of their facts. Kinds have functions of the same names: one of several gets a
 * number. A choice at the end calls them all, since ShellCheck passes over what nobody calls.
 */
function union(files: readonly RenderedFile[]): RenderedFile {
  const facts = new Map<string, string>();
  const functions = new Map<string, string>();
  for (const { content } of files) {
    for (const [fact, name = ""] of content.matchAll(
      /^(?:# shellcheck .*\n)?readonly (?:-a )?(\w+)=(?:\(\n(?: .*\n)*\)|.*)$/gm,
    ))
      if (!facts.has(name)) facts.set(name, fact);
    for (const [text] of content.matchAll(/^(?:# shellcheck .*\n)?\w+\(\) [{(]\n[\s\S]*?\n[})]$/gm))
      functions.set(text, "");
  }
  const used = new Map<string, number>();
  const texts: string[] = [];
  const names: string[] = [];
  for (const text of functions.keys()) {
    const name = /^(\w+)\(\) /m.exec(text)?.[1] ?? "";
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    const own = count === 1 ? name : `${name}_${count}`;
    names.push(own);
    texts.push(text.replace(/^(\w+)\(\) /m, `${own}() `));
  }
  const choice = names.map((name) => `  ${name}) ${name} "$@" ;;`);
  const content = ["#!/bin/bash", ...facts.values(), ...texts, 'case "$1" in', ...choice, "esac", ""].join(
    "\n",
  );
  return { path: "union.sh", content, executable: true };
}

function namesIn(files: readonly RenderedFile[]): readonly string[] {
  return [...new Set(files.flatMap(({ content }) => content.match(/^\w+(?=\(\) )/gm) ?? []))];
}

it("there is a plan for every kind", () => {
  expect(plans).toEqual(expect.arrayContaining(assetKinds.map((kind) => `${kindFolder(kind.name)}.plan.ts`)));
});

it("every function is clean", async () => {
  const whole = union(scripts);
  expect(namesIn([whole])).toEqual(expect.arrayContaining([...namesIn(scripts)]));
  const canary = {
    path: "canary.sh",
    content: "#!/bin/bash\ncanary() { echo $1; }\ncanary x\n",
    executable: true,
  };
  const found = await shellcheck([...(process.env.LIFEBOAT_LONG ? scripts : [whole]), canary], "require");
  expect(found.map(({ message }) => message)).toEqual([expect.stringContaining("canary.sh:2")]);
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
