import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rules } from "../compiler/check/rules.ts";
import { allDiagnostics } from "../compiler/diagnostics/index.ts";
import { assetKindOf, assetKinds, kindFolder, storeKinds, transportKinds } from "../compiler/model/kinds.ts";
import { parseSource } from "../compiler/render/linker.ts";

/** What docs/runtime.md demands of a kind. */
const HOOKS = [
  "kind_preflight",
  "kind_capture",
  "kind_verify",
  "kind_stage_parent",
  "kind_stage",
  "kind_check_stage",
  "kind_stage_stop",
  "kind_describe_restore",
  "kind_swap",
  "kind_check_live",
  "kind_rollback",
  "kind_stage_summary",
];

const KIND_FOLDERS_THAT_ARE_NOT = new Set(["prelude", "scripts"]);

describe.each(assetKinds.map((kind) => [kind.name, kindFolder(kind.name)]))(
  "asset kind %s is complete",
  (name, folder) => {
    const place = join("templates", folder);

    it("has its options, its bash and its doc in one folder", () => {
      for (const extension of ["ts", "sh", "md"]) {
        expect(existsSync(join(place, `${folder}.${extension}`)), `${folder}.${extension}`).toBe(true);
      }
    });

    it("defines every hook, once", () => {
      const source = parseSource(readFileSync(join(place, `${folder}.sh`), "utf8"), `${folder}.sh`);
      const hooks = source.functions.map((unit) => unit.name).filter((each) => HOOKS.includes(each));
      expect(hooks.toSorted()).toEqual(HOOKS.toSorted());
    });

    it("has a main and a usage for each role of its own, which shares no name with another role", () => {
      const taken = readdirSync("templates/scripts").map((file) => file.replace(/\.sh$/, ""));
      for (const role of assetKindOf(name).extraRoles ?? []) {
        expect(taken).not.toContain(role.name);
        const file = join(place, `${role.name}.sh`);
        const source = parseSource(readFileSync(file, "utf8"), file);
        expect(source.functions.map((unit) => unit.name)).toEqual(expect.arrayContaining(["main", "usage"]));
        expect(readFileSync(join(place, `${folder}.md`), "utf8")).toContain(`${role.name}-`);
      }
    });

    it("is tested against the real thing", () => {
      const tests = readFileSync(join("test/bats", `${folder}.bats`), "utf8");
      const count = tests.match(/^@test /gm)?.length ?? 0;
      expect(count).toBeGreaterThan(3);
      expect(tests).not.toMatch(/^\s*skip\b/m);
    });

    it("documents every option that the kind adds", () => {
      const doc = readFileSync(join(place, `${folder}.md`), "utf8");
      const options = optionsOf(name, folder);
      expect(options.length).toBeGreaterThan(0);
      expect(options.filter((option) => !doc.includes(`\`${option}\``))).toEqual([]);
    });
  },
);

describe.each(transportKinds.map((kind) => kind.name))("transport %s is complete", (name) => {
  it("runs a command and says where, and has a doc that names its settings", () => {
    const source = parseSource(readFileSync(join("templates", name, `${name}.sh`), "utf8"), `${name}.sh`);
    const functions = source.functions.map((unit) => unit.name);
    expect(functions).toEqual(expect.arrayContaining([`${name}_exec`, `${name}_label`]));
    expect(readFileSync(join("templates", name, `${name}.md`), "utf8")).toContain(`# ${name}`);
  });
});

const STORE_VERBS = ["ready", "names", "put", "publish", "remove"];
/** What reads back from a store; a directory of the own host is read where it lies. */
const READING_VERBS = ["manifest", "get"];

describe.each(storeKinds.map((kind) => [kind.name, kindFolder(kind.name)]))(
  "store %s is complete",
  (name, folder) => {
    it("has every verb, a doc that names its options, and a suite", () => {
      const source = parseSource(
        readFileSync(join("templates", folder, `${folder}.sh`), "utf8"),
        `${folder}.sh`,
      );
      const functions = source.functions.map((unit) => unit.name);
      const verbs = name === "directory" ? STORE_VERBS : [...STORE_VERBS, ...READING_VERBS];
      expect(functions).toEqual(expect.arrayContaining(verbs.map((verb) => `${name}_${verb}`)));
      const doc = readFileSync(join("templates", folder, `${folder}.md`), "utf8");
      const options = optionsOf(name, folder);
      expect(options.length).toBeGreaterThan(0);
      expect(options.filter((option) => !doc.includes(`\`${option}\``))).toEqual([]);
      const suite = readFileSync(
        join("test/bats", `${name === "directory" ? "copies" : folder}.bats`),
        "utf8",
      );
      expect(suite.match(/^@test /gm)?.length).toBeGreaterThan(3);
    });
  },
);

/** The options that a kind's own interface adds. */
function optionsOf(name: string, folder: string): readonly string[] {
  const type = readFileSync(join("templates", folder, `${folder}.ts`), "utf8");
  const pascal = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const body = new RegExp(`export interface ${pascal}Options[^{]*\\{(.*?)\\n\\}`, "s").exec(type)?.[1] ?? "";
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1] ?? "");
}

it("every folder below templates/ is a kind, the prelude or the scripts", () => {
  const known = [...assetKinds, ...storeKinds, ...transportKinds].map((kind) => kindFolder(kind.name));
  const folders = readdirSync("templates", { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => !KIND_FOLDERS_THAT_ARE_NOT.has(name));
  expect(folders.toSorted()).toEqual(known.toSorted());
});

describe("diagnostics", () => {
  it("have a code and a name of their own, in the range of their family", () => {
    const codes = allDiagnostics.map(({ definition }) => definition.code);
    const names = allDiagnostics.map(({ definition }) => definition.name);
    expect(new Set(codes).size).toBe(codes.length);
    expect(new Set(names).size).toBe(names.length);
    for (const code of codes) expect(code).toMatch(/^LB[1-5]\d{3}$/);
  });

  it("have a rule in the list for every file of rules", () => {
    const files = readdirSync("compiler/check/rules").filter((file) => file.endsWith(".ts"));
    expect(rules.map((rule) => `${rule.diagnostic.definition.name}.ts`).toSorted()).toEqual(files.toSorted());
  });
});

it("generated/ holds what the compiler made and nothing else", () => {
  const files = readdirSync("generated", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "SHA256SUMS")
    .map((entry) => join(entry.parentPath, entry.name));
  const listed = readdirSync("generated/reference").flatMap((host) =>
    readFileSync(join("generated/reference", host, "SHA256SUMS"), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => join("generated/reference", host, line.slice(66))),
  );
  expect(files.toSorted()).toEqual(listed.toSorted());
});

it("docs/tested-against.md names every stub", () => {
  const table = readFileSync("docs/tested-against.md", "utf8");
  expect(readdirSync("test/bats/stubs").filter((stub) => !table.includes(`\`${stub}\``))).toEqual([]);
});
