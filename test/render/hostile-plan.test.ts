import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { lower } from "../../compiler/lower/lower.ts";
import { renderBundle } from "../../compiler/render/render.ts";
import { hostileText } from "../lib/hostile-text.ts";

const folder = mkdtempSync(join(tmpdir(), "lifeboat-hostile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pathText = hostileText
  .map((text) => text.replace(/[/.]/g, ""))
  .filter((text) => text !== "")
  .map((text) => `/srv/${text}`);

/** One plan whose every free field is hostile. Path fields begin with a slash, as every path must. */
const fields = fc.record({
  planAbout: hostileText,
  about: hostileText,
  paths: fc.uniqueArray(pathText, { minLength: 1, maxLength: 4 }),
  excludes: fc.array(hostileText, { maxLength: 4 }),
  store: pathText.map((path) => `/backup${path}`),
  identity: pathText,
  prompt: hostileText,
  program: pathText,
  start: fc.array(hostileText, { minLength: 1, maxLength: 4 }),
  stop: fc.array(hostileText, { minLength: 1, maxLength: 4 }),
  user: hostileText,
  address: hostileText,
  socket: pathText,
  databases: fc.array(hostileText, { minLength: 1, maxLength: 4 }),
});

type Fields = typeof fields extends fc.Arbitrary<infer Value> ? Value : never;

function planText(values: Fields): string {
  return `import { age, commands, daily, directory, files, host, keep, mysql, onEvent, plan, secretPrompt } from "lifeboat";
const v = ${JSON.stringify(values)};
const web = host("web");
const disk = directory("disk", { path: v.store });
const common = { on: web, description: v.about, schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7 }),
  encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", { identity: v.identity }),
  notify: [onEvent(v.program)], service: commands({ start: v.start, stop: v.stop }) };
export default plan("hostile", { description: v.planAbout, assets: [
  files("notes", { ...common, paths: v.paths, exclude: v.excludes }),
  mysql("orders", { ...common, databases: v.databases,
    schedule: undefined, credentials: { user: v.user, password: secretPrompt(v.prompt), socket: v.socket, address: v.address } }),
] });
`;
}

/** What a generated script's facts are, told by bash after it sourced the script. */
function factsOf(script: string, names: readonly string[]): Record<string, readonly string[]> {
  const dump = names.map((name) => `printf '%s\\0' '--${name}' "\${${name}[@]+"\${${name}[@]}"}"`).join("\n");
  const file = join(folder, "script.sh");
  writeFileSync(file, script);
  const result = spawnSync("bash", ["--norc", "-c", `source "$1"\n${dump}`, "bash", file], {
    maxBuffer: 1 << 28,
  });
  expect(result.stderr.toString()).toBe("");
  const facts: Record<string, string[]> = {};
  let current = "";
  for (const item of result.stdout.toString("utf8").split("\0").slice(0, -1)) {
    if (item.startsWith("--") && names.includes(item.slice(2))) {
      current = item.slice(2);
      facts[current] = [];
    } else facts[current]?.push(item);
  }
  return facts;
}

describe("hostile text in any field of a plan", () => {
  it("arrives in the scripts as data, or the plan is refused", async () => {
    let accepted = 0;
    for (const [index, values] of fc.sample(fields, 60).entries()) {
      const file = join(folder, `${index}.plan.ts`);
      writeFileSync(file, planText(values));
      const { context, diagnostics } = await compilePlan(file);
      if (context === undefined) {
        expect(diagnostics.length).toBeGreaterThan(0);
        for (const each of diagnostics) expect(each.message).not.toBe("");
        continue;
      }
      accepted++;
      const rendered = lower(context.model).flatMap(renderBundle);
      const script = (name: string) => rendered.find((each) => each.path.endsWith(`/${name}`))?.content ?? "";
      expect(
        factsOf(script("backup-notes.sh"), [
          "SOURCE_PATHS",
          "EXCLUDES",
          "STORE_PATHS",
          "HOOK_TARGETS",
          "ASKED_SECRETS",
        ]),
      ).toEqual({
        ASKED_SECRETS: [],
        SOURCE_PATHS: values.paths,
        EXCLUDES: values.excludes,
        STORE_PATHS: [values.store],
        HOOK_TARGETS: [values.program],
      });
      expect(
        factsOf(script("restore-orders.sh"), [
          "DATABASES",
          "SERVICE_STOP",
          "SERVICE_START",
          "MYSQL_USER",
          "PASSWORD_SECRET",
          "ASKED_SECRETS",
        ]),
      ).toEqual({
        PASSWORD_SECRET: [`prompt:${values.prompt}`],
        ASKED_SECRETS: ["PASSWORD_SECRET"],
        DATABASES: values.databases,
        SERVICE_STOP: values.stop,
        SERVICE_START: values.start,
        MYSQL_USER: [values.user],
      });
      const crontab = rendered.find((each) => each.path.endsWith("/crontab"))?.content ?? "";
      const jobs = crontab.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      for (const job of jobs)
        expect(job).toMatch(/^[\d*/]+( [\d*/]+){4} \/opt\/lifeboat\/hostile\/[a-z-]+\.sh( --[a-z]+)*$/);
    }
    expect(accepted).toBeGreaterThan(20);
  });
});
