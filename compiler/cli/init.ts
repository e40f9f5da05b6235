import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { compilePlan } from "../compile.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import { type FirstPlan, firstKinds, firstPlan } from "../init/first-plan.ts";
import { isYaml } from "../load/is-yaml.ts";

export interface InitOptions {
  readonly name?: string;
  readonly kind?: string;
  readonly host?: string;
  readonly path?: string;
  readonly store?: string;
  readonly timeZone?: string;
  readonly out?: string;
  readonly yaml?: boolean;
  readonly force?: boolean;
}

const EXIT_FINE = 0;
const EXIT_USAGE = 2;

/** Writes a first plan: from flags, and at a terminal from answers to what flags leave open. */
export async function init(options: InitOptions): Promise<number> {
  const asked = await ask(options);
  if (asked === undefined) return refuse("no answer; nothing was written");
  const problem = problemOf(asked);
  if (problem !== undefined) return refuse(problem);
  const out = options.out ?? `plans/${asked.name}.plan.${options.yaml ? "yaml" : "ts"}`;
  if (existsSync(out) && !options.force) return refuse(`${out} is there already; --force overwrites it`);

  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, isYaml(out) ? await inYaml(firstPlan(asked), out) : firstPlan(asked));
  const { diagnostics } = await compilePlan(out);
  if (hasErrors(diagnostics)) {
    rmSync(out);
    return refuse(`nothing was written: ${diagnostics.map((each) => each.message).join("; ")}`);
  }
  process.stdout.write(
    `✓ ${out}\n  lifeboat check ${out}     what it promises, and what could be better\n  lifeboat build ${out}     its scripts, in generated/${asked.name}/${asked.host}/\n`,
  );
  return EXIT_FINE;
}

/** The same plan in YAML, by way of a file beside it, since a plan is converted from its file. */
async function inYaml(text: string, out: string): Promise<string> {
  const { convertPlan } = await import("../convert/convert.ts");
  const source = `${out}.plan.ts`;
  writeFileSync(source, text);
  try {
    const { text: yaml, lost } = await convertPlan(source, out);
    if (yaml === undefined) throw new Error(`a first plan cannot be said in YAML: ${lost}`);
    return yaml;
  } finally {
    rmSync(source);
  }
}

function refuse(message: string): number {
  process.stderr.write(`lifeboat: ${message}\n`);
  return EXIT_USAGE;
}

/** What the flags say, else what is answered at the terminal, else what most would answer. Undefined: the answers ended. */
async function ask(options: InitOptions): Promise<FirstPlan | undefined> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const terminal = isTerminal ? createInterface({ input: process.stdin, output: process.stdout }) : undefined;
  // Lines that are typed ahead, or pasted, wait here for their question.
  const lines = terminal?.[Symbol.asyncIterator]();
  const answers: Partial<Record<keyof FirstPlan, string>> = {};
  for (const { name, question, usual } of QUESTIONS) {
    const fallback = usual(answers);
    // An empty answer is one that this kind has no use for.
    if (options[name] !== undefined || fallback === "" || terminal === undefined || lines === undefined) {
      answers[name] = options[name] ?? fallback;
      continue;
    }
    terminal.setPrompt(`${question} [${fallback}] `);
    terminal.prompt();
    const answer = await lines.next();
    if (answer.done) {
      process.stdout.write("\n");
      return undefined;
    }
    answers[name] = answer.value.trim() || fallback;
  }
  terminal?.close();
  return answers as FirstPlan;
}

interface Question {
  readonly name: keyof FirstPlan;
  readonly question: string;
  /** What most would answer, after the answers before. */
  usual(answers: Partial<FirstPlan>): string;
}

const KINDS = firstKinds.map((each) => each.name).join(", ");

const QUESTIONS: readonly Question[] = [
  { name: "name", question: "A name for the plan, and for the folder of its scripts?", usual: () => "first" },
  { name: "kind", question: `What is to be protected first (${KINDS})?`, usual: () => "files" },
  { name: "host", question: "The host that has it?", usual: () => "server" },
  {
    name: "path",
    question: "Where is it on that host?",
    usual: ({ kind }) => firstKinds.find((each) => each.name === kind)?.path ?? "",
  },
  { name: "store", question: "The directory for backups on that host?", usual: () => "/backup" },
  {
    name: "timeZone",
    question: "The time zone of that host's clock?",
    usual: () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
  },
];

const ID = /^[a-z0-9][a-z0-9-]{0,47}$/;

function problemOf({ name, kind, host, path, store }: FirstPlan): string | undefined {
  if (!firstKinds.some((each) => each.name === kind))
    return `a first plan protects one of ${KINDS}, not '${kind}'; the other kinds are added by hand`;
  for (const [what, id] of [
    ["name", name],
    ["host", host],
  ])
    if (!ID.test(id ?? ""))
      return `--${what} '${id}' is no id: lower case letters, digits and dashes, such as 'web-1'`;
  for (const [what, place] of [
    ["path", path],
    ["store", store],
  ])
    if (place !== "" && !place?.startsWith("/")) return `--${what} '${place}' is no absolute path`;
  return undefined;
}
