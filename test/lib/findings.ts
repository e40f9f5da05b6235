import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compilePlan } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import type { Proof } from "../../compiler/prove/proof.ts";
import * as dsl from "../../dsl/index.ts";

/** What a plan would be told: its statements as an author writes them, without the import of what they use. */
export async function findingsOf(source: string): Promise<readonly Diagnostic[]> {
  return (await compiled(source)).diagnostics;
}

/** What follows from a plan, be it right or not. */
export async function proofsOf(source: string): Promise<readonly Proof[]> {
  const { proofs, diagnostics } = await compiled(source);
  if (proofs === undefined) throw new Error(diagnostics.map((each) => each.message).join("; "));
  return proofs;
}

async function compiled(source: string) {
  const used = Object.keys(dsl).filter((name) => new RegExp(`\\b${name}\\(`).test(source));
  mkdirSync("test/.tmp", { recursive: true });
  const folder = mkdtempSync("test/.tmp/plan-");
  try {
    const file = join(folder, "plan.plan.ts");
    writeFileSync(file, `import { ${used.join(", ")} } from "lifeboat";\n${source}`);
    return await compilePlan(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One rule's findings in a plan, which must be one: what is no plan has none. */
export async function findingsBy(rule: string, source: string): Promise<readonly Diagnostic[]> {
  const found = await findingsOf(source);
  const broken = found.filter((each) => each.code < "LB3");
  if (broken.length > 0) throw new Error(`this is no plan: ${broken.map((each) => each.message).join("; ")}`);
  return found.filter((each) => each.name === rule);
}

/** Their messages. */
export async function messagesOf(rule: string, source: string): Promise<readonly string[]> {
  return (await findingsBy(rule, source)).map((each) => each.message);
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
