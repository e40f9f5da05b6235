import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compilePlan } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import * as dsl from "../../dsl/index.ts";

/** What a plan would be told: its statements as an author writes them, without the import of what they use. */
export async function findingsOf(source: string): Promise<readonly Diagnostic[]> {
  const used = Object.keys(dsl).filter((name) => new RegExp(`\\b${name}\\(`).test(source));
  mkdirSync("test/.tmp", { recursive: true });
  const folder = mkdtempSync("test/.tmp/plan-");
  try {
    const file = join(folder, "plan.plan.ts");
    writeFileSync(file, `import { ${used.join(", ")} } from "lifeboat";\n${source}`);
    return (await compilePlan(file)).diagnostics;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The messages of one rule's findings. */
export async function messagesOf(rule: string, source: string): Promise<readonly string[]> {
  return (await foundBy(rule, source)).map((each) => each.message);
}

/** What one rule's findings point to: the call in the plan, and what of its options: `copy(far`, `restore(notes after.1`. */
export async function placesOf(rule: string, source: string): Promise<readonly string[]> {
  const lines = source.split("\n");
  return (await foundBy(rule, source)).map(({ target }) => {
    if (target === undefined) return "nowhere";
    // The first line of the file is the import.
    const call = lines[(target.line ?? 0) - 2]?.slice((target.column ?? 1) - 1).match(/^\w+\([^,)]*/)?.[0];
    return [call, ...(target.path.length > 0 ? [target.path.join(".")] : [])].join(" ");
  });
}

/** One rule's findings in a plan that can be read. */
export async function foundBy(rule: string, source: string): Promise<readonly Diagnostic[]> {
  const found = await findingsOf(source);
  const broken = found.filter((each) => each.code < "LB3");
  if (broken.length > 0) throw new Error(`this is no plan: ${broken.map((each) => each.message).join("; ")}`);
  return found.filter((each) => each.name === rule);
}

/** A plan of one host and one asset of files, with options of it, and more options of the plan. */
export function shop(asset: string, { before = "", host = "", disk = "", plan = "" } = {}): string {
  return `const web = host("web", { ${host} });
const disk = directory("disk", { path: "/backup", ${disk} });
${before}
const notes = files("notes", { on: web, paths: ["/srv/notes"], copies: [disk], ${asset} });
export default plan("shop", { assets: [notes], ${plan} });
`;
}

/** A plan whose host 'web' is lost, with a copy on 'nas': other steps than usual, and more options. */
export function lostHost(
  steps = 'rebuild(web, { id: "machine", takes: "20m" }), restore(notes, { after: ["machine"] })',
  { before = "", asset = "", scenario = "", plan = "escrow: [repo]" } = {},
): string {
  return `const kim = contact("kim", { name: "Kim Minji", phone: "+82 10 3417 9026" });
const repo = escrow("repo");
const web = host("web", { reach: ssh({ address: "10.0.0.6" }) });
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }) });
const far = directory("far", { on: nas, path: "/backup", speed: "100MiB/s" });
const disk = directory("disk", { path: "/backup" });
const notes = files("notes", { on: web, paths: ["/srv/notes"], ${withUsual(asset, {
    schedule: 'daily("02:00")',
    copies: "[disk, far]",
    keep: "keep({ daily: 7 })",
    expect: '{ size: "1GiB", backup: "5m", restore: "10m" }',
  })} });
${before}
const lost = scenario("lost", { title: "It is lost", priority: "P2", symptoms: ["it does not answer"], impact: { level: "high" },
  steps: [${steps}], ${withUsual(scenario, {
    disaster: '"infrastructure"',
    loses: "[web]",
    detection: '{ by: "the monitoring", within: "5m" }',
    rto: '"2h"',
    rpo: '"2d"',
  })} });
export default plan("shop", { ${withUsual(plan, {
    assets: "[notes]",
    scenarios: "[lost]",
    escalation: '[{ title: "on duty", who: [kim], within: "15m" }]',
  })} });
`;
}

/** Options as an author writes them, and the usual ones that are not among them. */
function withUsual(options: string, usual: Readonly<Record<string, string>>): string {
  const missing = Object.entries(usual).filter(([name]) => !new RegExp(`\\b${name}:`).test(options));
  return [options, ...missing.map(([name, value]) => `${name}: ${value}`)]
    .filter((each) => each !== "")
    .join(", ");
}
