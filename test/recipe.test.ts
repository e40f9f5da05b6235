import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

/** docs/adding-a-kind.md, followed to the letter in a copy of the repository. */
let copy = "";
let place = "";

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "lifeboat-recipe-"));
  place = join(copy, "greeting");
  for (const name of ["package.json", "tsconfig.json", "dsl", "templates", "compiler", "docs"]) {
    cpSync(name, join(copy, name), { recursive: true });
  }
  symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
  const recipe = readFileSync("docs/adding-a-kind.md", "utf8");
  for (const [, how, path = "", text = ""] of recipe.matchAll(/^```\w+ (file|line)=(\S+)\n(.*?)^```$/gms)) {
    // Two runs of the test at once must not meet.
    const content = text.replaceAll("/tmp/greeting", place);
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    if (how === "file") writeFileSync(join(copy, path), content);
    else appendFileSync(join(copy, path), content);
  }
  execFileSync(process.execPath, ["compiler/build/bundle.mjs"], { cwd: copy });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function lifeboat(...args: string[]) {
  return spawnSync(process.execPath, ["dist/lifeboat.mjs", ...args], { cwd: copy, encoding: "utf8" });
}

function script(name: string, ...args: string[]) {
  const result = spawnSync(join(copy, "generated/greeting/web", name), args, { encoding: "utf8" });
  expect(result.stderr + result.stdout, name).not.toMatch(/ERROR/);
  expect(result.status, name).toBe(0);
}

it("a new kind is a folder and a line: its scripts back up, restore and drill for real", () => {
  const built = lifeboat("build", "plans/greeting.plan.ts", "--shellcheck", "require");
  expect(built.stderr).toBe("");
  expect(built.status).toBe(0);
  mkdirSync(join(place, "backups"), { recursive: true });
  const file = join(place, "motd");
  writeFileSync(file, "Welcome. Backups that were never restored are not backups.\n");
  script("backup-greeting.sh");
  rmSync(file);
  script("verify-greeting.sh", "--deep");
  script("drill-greeting.sh");
  script("restore-greeting.sh", "--yes");
  expect(readFileSync(file, "utf8")).toBe("Welcome. Backups that were never restored are not backups.\n");
});

it("its options are checked like any other kind's", () => {
  const plan = join(copy, "plans/greeting.plan.ts");
  writeFileSync(plan, readFileSync(plan, "utf8").replace(/path: ".*motd"/, "paht: 1"));
  const checked = lifeboat("check", "plans/greeting.plan.ts");
  expect(checked.status).toBe(1);
  expect(checked.stderr).toContain("asset 'greeting' has no option 'paht'. Did you mean 'path'?");
});
