import * as dsl from "../../dsl/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/**
 * Messages speak of a plan as TypeScript has it. For one in YAML the calls of builders become what they make, so that an advice can be
 * copied: `secretFile("/etc/x")` reads `{ file: /etc/x }`.
 */
export function inYamlWords(diagnostic: Diagnostic): Diagnostic {
  const { message, why, fix } = diagnostic;
  return {
    ...diagnostic,
    message: translate(message),
    why: translate(why),
    fix: fix === undefined ? undefined : translate(fix),
  };
}

/** Phrases that speak of the language itself. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/give it the object that (\w+)\(\) made/g, "give the id of a $1"],
  [/add an asset: files\(…\), mysql\(…\), …/g, "add one: assets: { notes: { kind: files, … } }"],
  [/\bwhat ((?:\w+)\([^)]*\)(?: or \w+\([^)]*\))*) makes/g, "$1"],
];

/** Builders whose data cannot be told from their name alone. */
const SHAPES: Readonly<Record<string, string>> = {
  pod: "{ cluster: …, namespace: …, pod: … }",
  kubernetes: "{ kubeconfig: … }",
  ssh: "{ ssh: { address: … } }",
  keep: "{ daily: … }",
  diskFree: "{ diskFree: { on: […], path: …, atLeast: … } }",
};

function translate(text: string): string {
  const worded = PHRASES.reduce((all, [phrase, words]) => all.replace(phrase, words), text);
  return replaceCalls(worded);
}

/** Replaces every call of a value's builder in a text, however deep its brackets go. */
function replaceCalls(text: string): string {
  let result = "";
  let rest = text;
  for (;;) {
    const match = /(?<![\w.'])([a-z]\w*)\(/.exec(rest);
    if (match === null) return result + rest;
    const name = match[1] as string;
    const start = match.index + match[0].length;
    const end = closing(rest, start);
    const replaced = end === undefined ? undefined : yamlOfCall(name, rest.slice(start, end));
    if (end === undefined || replaced === undefined) {
      result += rest.slice(0, start);
      rest = rest.slice(start);
    } else {
      result += rest.slice(0, match.index) + replaced;
      rest = rest.slice(end + 1);
    }
  }
}

/** Where the bracket that was opened before `start` is closed. */
function closing(text: string, start: number): number | undefined {
  let depth = 1;
  for (let index = start; index < text.length; index++) {
    const letter = text[index];
    if (letter === '"') {
      const quote = /^"(?:[^"\\]|\\.)*"/.exec(text.slice(index));
      if (quote === null) return undefined;
      index += quote[0].length - 1;
    } else if (letter === "(") depth += 1;
    else if (letter === ")") {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return undefined;
}

function yamlOfCall(name: string, text: string): string | undefined {
  const builder = (dsl as Readonly<Record<string, unknown>>)[name];
  if (typeof builder !== "function") return undefined;
  if ("assetKind" in builder || "storeKind" in builder) return `kind: ${name}`;
  const given = parseArguments(text);
  if (given === undefined) {
    if (text.includes("(")) return undefined;
    // What may be left out is left out.
    return SHAPES[name] ?? flow(make(builder, Array(Math.max(1, builder.length)).fill("…")));
  }
  return given.length === 0 && name !== "local" ? undefined : flow(make(builder, given));
}

function make(builder: object, given: readonly unknown[]): unknown {
  return (builder as (...args: readonly unknown[]) => unknown)(...given);
}

/** The arguments of a call as data; undefined when they are not written out. */
function parseArguments(text: string): readonly unknown[] | undefined {
  try {
    return JSON.parse(`[${text.replace(/([{,]\s*)([a-zA-Z]\w*):/g, '$1"$2":')}]`) as readonly unknown[];
  } catch {
    return undefined;
  }
}

/** A value as YAML writes it on one line. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const inside = Object.entries(value).map(([name, item]) => `${name}: ${flow(item)}`);
    return inside.length === 0 ? "{}" : `{ ${inside.join(", ")} }`;
  }
  if (typeof value !== "string") return String(value);
  return /^(…|[A-Za-z/][\w./@…-]*)$/.test(value) && !NOT_PLAIN.test(value) ? value : JSON.stringify(value);
}

/** What some YAML programs take for something else than text. */
export const NOT_PLAIN = /^(y|n|yes|no|on|off|true|false|null|~)$/i;
