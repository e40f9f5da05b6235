import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compilePlan } from "../compiler/compile.ts";
import { lower } from "../compiler/lower/lower.ts";
import { assetKinds, kindFolder } from "../compiler/model/kinds.ts";
import { parseSource } from "../compiler/render/linker.ts";
import { renderBundle } from "../compiler/render/render.ts";

/**
 * The bash of the templates is parts of scripts, so it is judged in whole ones: a plan for each kind in test/plans/, compiled, every script
 * of it through ShellCheck, and every function of the templates in one of them.
 */
const plans = readdirSync("test/plans").filter((file) => file.endsWith(".plan.ts"));
const out = mkdtempSync(join(tmpdir(), "lifeboat-templates-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

it("there is a plan for every kind", () => {
  expect(plans).toEqual(expect.arrayContaining(assetKinds.map((kind) => `${kindFolder(kind.name)}.plan.ts`)));
});

describe("every script of a kind is clean", () => {
  it.each(plans)("%s", (plan) => {
    const args = [
      resolve("dist/lifeboat.mjs"),
      "build",
      `test/plans/${plan}`,
      "--out",
      out,
      "--shellcheck",
      "require",
    ];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).not.toContain("error");
    expect(status).toBe(0);
  });
});

it("no function of the templates is dead: each is in some script", async () => {
  const used = new Set<string>();
  for (const plan of plans) {
    const { context } = await compilePlan(`test/plans/${plan}`);
    for (const bundle of context === undefined ? [] : lower(context.model)) {
      for (const file of renderBundle(bundle)) {
        for (const match of file.content.matchAll(/^(\w+)\(\) \{$/gm)) used.add(match[1] ?? "");
      }
    }
  }
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
