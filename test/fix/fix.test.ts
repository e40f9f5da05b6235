import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { fixPlan } from "../../compiler/fix/fix.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lifeboat-fix-"));
  writeFileSync(join(folder, "package.json"), "{}\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function fix(name: string, text: string) {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, 0o640);
  const { compiled, fixed } = await fixPlan(file);
  return { file, compiled, fixed, text: readFileSync(file, "utf8") };
}

const errorsOf = (diagnostics: readonly { severity: string; message: string }[]) =>
  diagnostics.filter((each) => each.severity === "error").map((each) => each.message);

const TYPESCRIPT = `// The shop's plan.
import { confirm, daily, directory, files, host, keep, plan, restore, scenario } from "lifeboat";

const web = host("Web");   // in capitals
const disk = directory("disk", { path: "/backup" });

const notes = files("notes", {
  on: web, paths: ["/srv/notes"],
  shedule: daily("02:00"), /* at night */
  "prioritty": "p2",
  copies: [disk],

  keep: keep({ daily: 7 }) });

export default plan("shop", { assets: [notes], scenarios: [
  scenario("lost", {
    title: "Lost", disaster: "data-los", priority: "P2", symptoms: ["it is gone"], impact: { level: "low" }, loses: [notes],
    detection: { by: "users", within: "1h" },
    steps: [confirm("Gone?", { id: "look", takes: "1m" }), restore(notes, { after: ["lock"] /* then */ })],
    rto: "2d", rpo: "2d",
  }),
] });
`;

const YAML = `# The shop's plan.
plan: shop
hosts:
  web: {}   # the one
stores:
  disk: { kind: directory, path: /backup }
assets:
  notes:
    kind: fils
    on: wed
    paths: [/srv/notes]
    shedule: { daily: "02:00" } # at night
    "prioritty": P2

    copies: [disk]
    keep: { daily: 7 }
`;

describe("check --fix", () => {
  it("mends TypeScript, and leaves comments and layout as they were", async () => {
    const { file, compiled, fixed, text } = await fix("shop.plan.ts", TYPESCRIPT);
    const mended = TYPESCRIPT.replace('host("Web")', 'host("web")')
      .replace("shedule:", "schedule:")
      .replace('"prioritty": "p2"', '"priority": "P2"')
      .replace('"data-los"', '"data-loss"')
      .replace('["lock"]', '["look"]');
    expect(text).toBe(mended);
    expect(errorsOf(compiled.diagnostics)).toEqual([]);
    expect(fixed.map(({ code, line, before, after }) => `${code} ${line} ${before} → ${after}`)).toEqual([
      'LB2006 4 "Web" → "web"',
      "LB2003 9 shedule → schedule",
      'LB2003 10 "prioritty" → "priority"',
      'LB2005 17 "data-los" → "data-loss"',
      // Its name had to be right first.
      'LB2005 10 "p2" → "P2"',
      'LB3009 19 "lock" → "look"',
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).filter((each) => each.includes("lifeboat-"))).toEqual([]);
  });

  it("mends YAML, and leaves comments and layout as they were", async () => {
    const { compiled, text } = await fix("shop.plan.yaml", YAML);
    expect(text).toBe(
      YAML.replace("kind: fils", "kind: files")
        .replace("on: wed", "on: web")
        .replace("shedule:", "schedule:")
        .replace('"prioritty"', '"priority"'),
    );
    expect(errorsOf(compiled.diagnostics)).toEqual([]);
  });

  it("does nothing twice", async () => {
    const first = await fix("twice.plan.ts", TYPESCRIPT);
    const again = await fixPlan(first.file);
    expect(again.fixed).toEqual([]);
    expect(readFileSync(first.file, "utf8")).toBe(first.text);
  });

  it("leaves alone what only the author can mend, and names that are variables, too", async () => {
    const plan = `import { daily, directory, files, host, keep, plan } from "lifeboat";
const shedule = daily("25:00");
export default plan("shop", { assets: [
  files("notes", { on: host("web"), paths: ["srv"], shedule, copies: [directory("disk", { path: "/backup" })], keep: keep({ daily: 7 }) }),
] });
`;
    const { file, fixed, text } = await fix("left.plan.ts", plan);
    expect(text).toBe(plan);
    expect(fixed).toEqual([]);
    expect(errorsOf((await compilePlan(file)).diagnostics).length).toBeGreaterThan(0);
  });
});
