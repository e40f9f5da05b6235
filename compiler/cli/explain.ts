import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compilePlan } from "../compile.ts";
import { allDiagnostics } from "../diagnostics/index.ts";
import { closest } from "../model/closest.ts";
import type { Model } from "../model/model.ts";
import type { Proof } from "../prove/proof.ts";
import { wrapLines } from "../report/wrap.ts";
import { packageRoot } from "../root.ts";
import { defaultPlans } from "./plans.ts";

const EXIT_FINE = 0;
const EXIT_ERRORS = 1;
const EXIT_USAGE = 2;

/** Prints what a code means, or the whole story of an asset or a scenario of the plans. */
export async function explain(topic: string, named: readonly string[]): Promise<number> {
  const code = explainCode(topic);
  if (code !== undefined) {
    process.stdout.write(wrapLines(code, process.stdout.columns));
    return EXIT_FINE;
  }
  if (named.length > 0 && existsSync(topic)) {
    process.stderr.write(
      `lifeboat: ${topic} is a file; what to explain comes first: lifeboat explain ${named[0]} ${topic}\n`,
    );
    return EXIT_USAGE;
  }
  const plans = named.length > 0 ? named : defaultPlans();
  const known: string[] = [];
  const stories: { plan: string; story: string }[] = [];
  let broken: string | undefined;
  for (const plan of plans) {
    const compiled = await compilePlan(plan);
    if (compiled.model === undefined) {
      broken ??= plan;
      continue;
    }
    const story = await explainPart(topic, compiled.model, compiled.proofs ?? []);
    if (story !== undefined) stories.push({ plan, story });
    known.push(
      ...compiled.model.assets.map((asset) => asset.id),
      ...compiled.model.recovery.scenarios.map((scenario) => scenario.id),
    );
  }
  if (stories.length > 0) {
    // Several plans may have one of that name.
    const text = stories.map(({ plan, story }) => (stories.length > 1 ? `${plan}\n\n${story}` : story));
    process.stdout.write(wrapLines(text.join("\n"), process.stdout.columns));
    return EXIT_FINE;
  }
  if (broken !== undefined) {
    process.stderr.write(
      `lifeboat: ${broken} cannot be read as a plan, so what is in it cannot be explained; lifeboat check says why\n`,
    );
    return EXIT_ERRORS;
  }
  const codes = allDiagnostics.flatMap(({ definition }) => [definition.code, definition.name]);
  const close = closest(topic, [...known, ...codes]) ?? closest(topic.toUpperCase(), codes);
  const where = plans.length === 0 ? "" : ` of ${plans.join(", ")}`;
  process.stderr.write(
    `lifeboat: '${topic}' is no code, and no asset or scenario${where}${close === undefined ? "" : `; did you mean ${close}?`}\n`,
  );
  return EXIT_USAGE;
}

/** A rule's own doc, or what every diagnostic has. */
function explainCode(topic: string): string | undefined {
  const found = allDiagnostics.find(
    ({ definition }) => definition.code === topic.toUpperCase() || definition.name === topic,
  );
  if (found === undefined) return undefined;
  const { definition } = found;
  const doc = join(packageRoot, `compiler/check/rules/${definition.name}.md`);
  const lines = [
    `${definition.code} ${definition.name} (${definition.severity})`,
    "",
    `  ${definition.message.skeleton}`,
    "",
    `why:  ${definition.why.skeleton}`,
    ...(definition.fix === undefined ? [] : [`fix:  ${definition.fix.skeleton}`]),
  ];
  const more = existsSync(doc) ? `\n${readFileSync(doc, "utf8").replace(/^# .*\n+/, "")}` : "";
  return `${lines.join("\n")}\n${more}`;
}

async function explainPart(id: string, model: Model, proofs: readonly Proof[]): Promise<string | undefined> {
  const { assetStory, scenarioStory } = await import("../report/story.ts");
  const asset = model.assets.find((each) => each.id === id);
  if (asset !== undefined) return assetStory(model, asset, proofs, Date.now());
  const scenario = model.recovery.scenarios.find((each) => each.id === id);
  return scenario === undefined ? undefined : scenarioStory(model, scenario, proofs);
}
