import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Ajv } from "ajv";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { compilePlan, loadDocument } from "../../compiler/compile.ts";
import { builders } from "../../compiler/convert/builders.ts";
import { convertPlan } from "../../compiler/convert/convert.ts";
import { hasErrors } from "../../compiler/diagnostics/diagnostic.ts";
import { buildModel } from "../../compiler/model/build.ts";
import type { Document } from "../../compiler/model/document.ts";
import planSchema from "../../compiler/model/plan.schema.json" with { type: "json" };
import * as dsl from "../../dsl/index.ts";
import { expectGolden } from "../lib/golden.ts";

const EVERYTHING = "test/golden/convert/everything.plan.ts";
const BAD = "test/golden/bad-plans";
const inFolder = (folder: string, pattern: RegExp) =>
  readdirSync(folder)
    .filter((file) => pattern.test(file))
    .map((file) => join(folder, file));
const good = [EVERYTHING, ...inFolder("plans", /\.plan\.ts$/), ...inFolder("test/plans", /\.plan\.ts$/)];
// Waiting for the one that never ends once is enough; test/check does.
const bad = inFolder(BAD, /^(?!never-ends).*\.plan\.[jt]s$/);

// Within the repository, so that what is written finds `lifeboat`; in dist/, where no other check looks.
mkdirSync("dist", { recursive: true });
const place = mkdtempSync(resolve("dist/tmp-convert-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const validate = new Ajv({ strict: false, allErrors: true }).compile(
  JSON.parse(readFileSync("schema/plan.schema.json", "utf8")) as object,
);

/** What an editor says of a plan: nothing when the schema holds. */
function editorFindings(text: string): readonly string[] {
  validate(parse(text, { merge: true, uniqueKeys: false, logLevel: "silent" }));
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

const conversions = new Map<string, ReturnType<typeof convertBoth>>();

/** A plan there and back, once: the texts, and the documents of all three. */
function thereAndBack(file: string): ReturnType<typeof convertBoth> {
  const known = conversions.get(file) ?? convertBoth(file);
  conversions.set(file, known);
  return known;
}

async function convertBoth(file: string) {
  const name = basename(file).replace(/\.plan\.[jt]s$/, "");
  const yaml = await convertPlan(file, file);
  expect(yaml.lost).toBeUndefined();
  const yamlFile = join(place, `${name}.plan.yaml`);
  writeFileSync(yamlFile, yaml.text ?? "");
  const back = await convertPlan(yamlFile, yamlFile);
  expect(back.lost).toBeUndefined();
  const backFile = join(place, `${name}.plan.ts`);
  writeFileSync(backFile, back.text ?? "");
  const documents = await Promise.all([file, yamlFile, backFile].map((each) => loadDocument(each)));
  return { yaml: yaml.text ?? "", back: back.text ?? "", documents: documents.map((each) => each.value) };
}

/** The model of a document without the lines on which its parts were written; what was found where there is none. */
async function modelOf(document: Document | undefined): Promise<unknown> {
  const { value, diagnostics } = await buildModel(document as Document);
  const plain = value?.model ?? diagnostics.map((each) => each.code);
  return JSON.parse(
    JSON.stringify(plain, (property, item: unknown) => (property === "source" ? undefined : item)),
  );
}

describe("a plan there and back says the same, to the hash", () => {
  it.each(good)("%s", async (file) => {
    const { yaml, documents } = await thereAndBack(file);
    const [first, second, third] = await Promise.all(documents.map(modelOf));
    expect(first).toHaveProperty("sha256");
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(editorFindings(yaml)).toEqual([]);
  });

  it.each(bad)("%s, if it can be loaded", async (file) => {
    const loaded = await loadDocument(file);
    if (loaded.value === undefined || hasErrors(loaded.diagnostics)) {
      expect(await convertPlan(file, file)).toMatchObject({ text: undefined, lost: undefined });
      return;
    }
    const { documents } = await thereAndBack(file);
    const [first, second, third] = await Promise.all(documents.map(modelOf));
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });
});

describe("what is written", () => {
  it("reads as a person would have written it, remarks included", async () => {
    const { yaml, back } = await thereAndBack(EVERYTHING);
    expectGolden(EVERYTHING.replace(/ts$/, "yaml"), yaml);
    expectGolden(EVERYTHING.replace(/\.plan\.ts$/, ".back.txt"), back);
    const remarks = [
      "The room behind the kitchen.",
      "Its address is fixed",
      "before the shops open",
      "Nobody runs it",
    ];
    for (const text of [yaml, back]) for (const remark of remarks) expect(text).toContain(remark);
  });

  it("is TypeScript without a type error, and in the formatter's own layout", async () => {
    for (const file of good) await thereAndBack(file);
    for (const file of readdirSync(place)) {
      if (!good.some((each) => basename(each) === file.replace(/yaml$/, "ts"))) rmSync(join(place, file));
    }
    const config = { extends: "../../tsconfig.json", include: ["*.ts"], exclude: [] };
    writeFileSync(join(place, "tsconfig.json"), `${JSON.stringify(config)}\n`);
    const bin = (name: string) => resolve("node_modules/.bin", name);
    const types = spawnSync(bin("tsc"), ["-p", place], { encoding: "utf8" });
    expect(types.stdout).toBe("");
    for (const file of readdirSync(place).filter((each) => each.endsWith(".plan.ts"))) {
      const input = readFileSync(join(place, file), "utf8");
      const args = ["check", "--write", `--stdin-file-path=plans/${file}`];
      const { stdout } = spawnSync(bin("biome"), args, { encoding: "utf8", input });
      expect(stdout, file).toBe(input);
    }
  });

  it("uses every builder that a value has", async () => {
    const { back } = await thereAndBack(EVERYTHING);
    const [, imported = ""] = /import \{([^}]*)\}/.exec(back) ?? [];
    const used = imported.split(",").map((name) => name.trim());
    const values = Object.entries(dsl).flatMap(([name, builder]) =>
      "assetKind" in builder || "storeKind" in builder ? [] : [name],
    );
    expect(values.filter((name) => !used.includes(name))).toEqual([]);
    expect(Object.keys(builders).filter((name) => !(name in planSchema.$defs))).toEqual([]);
  });

  it("names a thing by its id where TypeScript knows no order for two that need each other", async () => {
    const file = join(place, "circle.plan.yaml");
    writeFileSync(
      file,
      `plan: circle
hosts: { b: {}, a: { runsOn: b } }
stores:
  disk: { kind: directory, path: /backup }
  secret: { kind: directory, path: /two, needs: [notes] }
assets:
  notes: { kind: files, on: a, paths: [/srv/a], copies: [disk, secret] }
`,
    );
    const { text = "", lost } = await convertPlan(file, file);
    expect(lost).toBeUndefined();
    expect(text).toContain('copies: [disk, "secret" as never]');
  });
});

describe("the schema for editors", () => {
  it("refuses what has the wrong shape", () => {
    const shapes = [
      "misspelt-option",
      "missing-copies",
      "missing-host",
      "wrong-type-keep",
      "wrong-type-schedule",
      "priority-unknown",
      "weekday-misspelt",
      "time-impossible",
      "path-relative",
      "duration-with-words",
      "keep-zero",
      "yaml-sections",
      "yaml-kinds",
      "yaml-own-names",
      "yaml-not-what-it-looks-like",
    ];
    const accepted = shapes.filter(
      (name) => editorFindings(readFileSync(join(BAD, `${name}.plan.yaml`), "utf8")).length === 0,
    );
    expect(accepted).toEqual([]);
  });

  it("accepts whatever the compiler accepts", async () => {
    const plans = inFolder(BAD, /^warnings-.*\.yaml$/);
    expect(plans.length).toBeGreaterThan(1);
    for (const plan of plans) expect(editorFindings(readFileSync(plan, "utf8")), plan).toEqual([]);
  });

  it("tells what options mean and what they are by default", () => {
    const { definitions } = JSON.parse(readFileSync("schema/plan.schema.json", "utf8"));
    expect(definitions.host.properties.os).toMatchObject({ default: "linux", enum: ["linux", "macos"] });
    expect(definitions["assets.mysql"].properties.rpo.description).toContain("Recovery point objective");
    expect(definitions.SshOptions.properties.port).toMatchObject({ default: 22, type: "integer" });
  });
});

describe("lifeboat convert", () => {
  const lifeboat = (...args: string[]) =>
    spawnSync(process.execPath, [resolve("dist/lifeboat.mjs"), ...args], { encoding: "utf8" });

  it("writes to stdout, or to a file that is not there yet", () => {
    const out = join(place, "copies.yaml");
    expect(lifeboat("convert", "test/plans/copies.plan.ts").stdout).toContain("plan: copies\n");
    expect(lifeboat("convert", "test/plans/copies.plan.ts", "--out", out).status).toBe(0);
    const text = readFileSync(out, "utf8");
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/schema\/plan\.schema\.json\n/);
    const again = lifeboat("convert", "test/plans/files.plan.ts", "--out", out);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining("--force overwrites it") });
    expect(readFileSync(out, "utf8")).toBe(text);
    expect(lifeboat("convert", "test/plans/files.plan.ts", "--out", out, "--force").status).toBe(0);
    expect(readFileSync(out, "utf8")).toContain("plan: files\n");
  });

  it("says what is wrong with a plan that cannot be read, and what is wrong with its own use", () => {
    expect(lifeboat("convert", join(BAD, "syntax-error.plan.ts"))).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("LB1002"),
    });
    expect(lifeboat("convert", "plans/reference.plan.ts", "--out", join(place, "x.plan.ts"))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("becomes YAML"),
    });
    expect(lifeboat("convert", "none.plan.yaml").stderr).toContain("LB1001");
  });

  it("builds the same scripts from YAML, but for the line that each names", () => {
    const yaml = join(place, "twin.plan.yaml");
    const sum = (plan: string, out: string) => {
      execFileSync(process.execPath, [
        resolve("dist/lifeboat.mjs"),
        "build",
        plan,
        "--out",
        out,
        "--shellcheck",
        "off",
      ]);
      return readdirSync(out, { recursive: true, encoding: "utf8", withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== "SHA256SUMS")
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
        .map((text) => text.replaceAll(/\S+\.plan\.(ts|yaml)(:\d+)?/g, "PLAN"));
    };
    expect(lifeboat("convert", "test/plans/vault.plan.ts", "--out", yaml).status).toBe(0);
    expect(sum(yaml, join(place, "a"))).toEqual(sum("test/plans/vault.plan.ts", join(place, "b")));
  });

  it("prints the schema", () => {
    expect(lifeboat("schema").stdout).toBe(readFileSync("schema/plan.schema.json", "utf8"));
  });
});

it("a plan in YAML is checked and proven like any other", async () => {
  const [code, yaml] = await Promise.all([EVERYTHING, EVERYTHING.replace(/ts$/, "yaml")].map(compilePlan));
  const said = (compiled: typeof code) =>
    compiled?.diagnostics.map((each) => `${each.code} ${each.why}`).sort();
  expect(said(yaml)).toEqual(said(code));
  expect(yaml?.proofs).toEqual(code?.proofs);
  expect(yaml?.proofs?.length).toBeGreaterThan(0);
});
