import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import leven from "leven";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import {
  badDuration,
  badPath,
  badRecipient,
  badSize,
  badTime,
  badTimeZone,
  badValue,
  literalSecret,
  missingOption,
  unknownOption,
  wrongType,
} from "../diagnostics/schema.ts";
import { wrongReference } from "../diagnostics/reference.ts";
import { describe, type Entity, type Json, label, type Path } from "./document.ts";
import planSchema from "./plan.schema.json" with { type: "json" };
import { formatDuration, parseClock, parseDuration, parseSize } from "./units.ts";

/** The part of JSON Schema that the generator writes. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly format?: string;
  readonly range?: string;
  readonly reference?: string;
}

const schemas = planSchema as unknown as {
  readonly plan: Schema;
  readonly host: Schema;
  readonly stores: Readonly<Record<string, Schema>>;
  readonly assets: Readonly<Record<string, Schema>>;
  readonly $defs: Readonly<Record<string, Schema>>;
};

/** What each named type looks like, for messages. */
const EXPECTED: Readonly<Record<string, string>> = {
  duration: 'a duration such as "15m"',
  size: 'a size such as "20GiB"',
  "clock-time": 'a time such as "02:00"',
  "time-zone": 'a time zone such as "Asia/Seoul"',
  "absolute-path": 'an absolute path such as "/backup"',
  "age-recipient": "an age recipient such as age1…",
  email: 'a mail address such as "ops@example.com"',
  Schedule: 'a schedule: daily("02:00"), weekly(…), monthly(…), every(…) or cron(…)',
  Retention: "what keep({ daily: 7 }) makes",
  Secret: "a reference to a secret: secretFile(…), secretEnv(…), secretCommand(…) or secretPrompt(…)",
  SecretFile: "what secretFile(…) makes",
  Encryption: "what age(…) or opensslKey(…) makes",
  Service: "a service: systemd(…), commands(…) or staticPods(…)",
  Hook: "a hook: webhook(…), healthchecks(…), mail(…) or onEvent(…)",
};

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  duration: (text) => "value" in parseDuration(text),
  size: (text) => "value" in parseSize(text),
  "clock-time": (text) => parseClock(text) !== undefined,
  "time-zone": isTimeZone,
  "absolute-path": (text) => pathProblem(text) === undefined,
  "age-recipient": (text) => recipientProblem(text) === undefined,
  email: (text) => /^[^\s@<>,;"'-][^\s@<>,;"']*@[^\s@<>,;"']+$/.test(text),
};

let ajv: Ajv | undefined;
const validators = new Map<Schema, ValidateFunction>();

function validatorOf(schema: Schema): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  if (ajv === undefined) {
    ajv = new Ajv({ allErrors: true, verbose: true, strict: true, strictTypes: false, strictRequired: false });
    ajv.addVocabulary(["reference"]);
    for (const [name, validate] of Object.entries(FORMATS)) ajv.addFormat(name, validate);
    ajv.addKeyword({ keyword: "range", type: "string", validate: inRange });
    ajv.addSchema({ $id: "plan", $defs: schemas.$defs });
  }
  // References are written for one document; here each entity's schema stands alone beside the definitions.
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"plan#/$defs/');
  const validate = ajv.compile(JSON.parse(text) as object);
  validators.set(schema, validate);
  return validate;
}

/** The kinds of an entity's family, or undefined where it has none. */
export function schemaOf(entity: Entity): Schema | undefined {
  if (entity.type === "plan") return schemas.plan;
  if (entity.type === "host") return schemas.host;
  const [family, kind] =
    entity.type === "asset" ? [schemas.assets, entity.data["kind"]] : [schemas.stores, entity.data["store"]];
  return typeof kind === "string" ? family[kind] : undefined;
}

/** Holds an entity's options to the schema of its kind. */
export function validateEntity(entity: Entity): readonly Diagnostic[] {
  const schema = schemaOf(entity);
  if (schema === undefined) throw new Error(`no schema for ${entity.type} '${entity.id}'`);
  const { id: _id, kind: _kind, store: _store, ...options } = entity.data;
  return new Judge(entity).judge(schema, options, []);
}

/** Turns what ajv says of one entity into diagnostics that an author can act on. */
class Judge {
  private readonly entity: Entity;

  constructor(entity: Entity) {
    this.entity = entity;
  }

  judge(schema: Schema, data: Json, base: Path): readonly Diagnostic[] {
    const validate = validatorOf(schema);
    if (validate(data)) return [];
    const errors = validate.errors ?? [];
    // Where no branch of a union fits, the errors of all branches are there; one of them is worth telling.
    const unions = errors.filter((error) => error.keyword === "anyOf");
    const outermost = unions.filter(
      (union) => !unions.some((other) => other !== union && isBelow(union.instancePath, other.instancePath)),
    );
    const own = errors.filter(
      (error) => !outermost.some((union) => error === union || isBelow(error.instancePath, union.instancePath)),
    );
    return [
      ...own.flatMap((error) => this.explain(error, base)),
      ...outermost.flatMap((error) => this.explainUnion(error, base)),
    ];
  }

  private what(path: Path): string {
    const owner = this.entity.id === "" ? `the ${this.entity.type}` : `${this.entity.type} '${this.entity.id}'`;
    return path.length === 0 ? owner : `${label(path)} of ${owner}`;
  }

  private explain(error: ErrorObject, base: Path): readonly Diagnostic[] {
    const path = [...base, ...segments(error.instancePath)];
    const schema = error.parentSchema as Schema;
    const data = error.data as Json;
    const what = this.what(path);
    const target = this.entity.at(...path);
    switch (error.keyword) {
      case "additionalProperties": {
        const option = String(error.params["additionalProperty"]);
        return [this.unknown(option, path, Object.keys(schema.properties ?? {}))];
      }
      case "required": {
        const option = String(error.params["missingProperty"]);
        const meaning = schema.properties?.[option]?.description ?? "it says what the scripts need";
        return [missingOption({ what, option, meaning: sentence(meaning) }, target)];
      }
      case "type":
        return [this.mistyped(schema, data, path)];
      case "enum":
        return [this.notAmong(schema.enum ?? [], data, path)];
      case "const":
        return [this.notAmong([schema.const ?? null], data, path)];
      case "format":
        return [this.malformed(String(error.params["format"]), String(data), path)];
      case "range": {
        const [from = "", to = ""] = (schema.range ?? "").split(" ");
        const expected = `between ${durationText(from)} and ${durationText(to)}`;
        return [badValue({ what, actual: describe(data), expected }, target)];
      }
      case "minimum":
      case "maximum": {
        const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
        const expected = `a number from ${minimum ?? "…"} to ${maximum ?? "…"}`;
        return [badValue({ what, actual: describe(data), expected }, target)];
      }
      case "minItems":
        return [badValue({ what, actual: describe(data), expected: "a list with something in it" }, target)];
      case "pattern": {
        const expected = `of the form ${String(error.params["pattern"])}`;
        return [badValue({ what, actual: describe(data), expected }, target)];
      }
      default:
        throw new Error(`no words for ajv's ${error.keyword}`);
    }
  }

  /** Chooses the branch that the author seems to have meant, and tells what is wrong with that one. */
  private explainUnion(error: ErrorObject, base: Path): readonly Diagnostic[] {
    const path = [...base, ...segments(error.instancePath)];
    const union = localise(error.parentSchema as Schema);
    const branches = (union.anyOf ?? []).map(resolve);
    const data = error.data as Json;
    if (isRecord(data)) {
      const scored = branches
        .filter((branch) => branch.type === "object")
        .map((branch) => ({ branch, score: overlap(branch, data) }))
        .sort((a, b) => b.score - a.score);
      const best = scored[0];
      if (best !== undefined && best.score > 0) return this.judge(best.branch, data, path);
    }
    const fitting = branches.filter((branch) => branch.type === typeName(data));
    const [only] = fitting;
    if (fitting.length === 1 && only !== undefined && only.type !== "object") return this.judge(only, data, path);
    return [this.mistyped(union, data, path)];
  }

  private unknown(option: string, path: Path, known: readonly string[]): Diagnostic {
    const close = closest(option, known);
    const values = {
      what: this.what(path),
      option,
      suggestion: close === undefined ? "" : ` Did you mean '${close}'?`,
      known: known.join(", "),
    };
    const fix = close === undefined ? {} : { fix: `replace with '${close}'` };
    const target = this.entity.at(...path, option);
    return unknownOption(values, target && { ...target, part: "name" }, fix);
  }

  private mistyped(schema: Schema, data: Json, path: Path): Diagnostic {
    const what = this.what(path);
    const target = this.entity.at(...path);
    const expected = expectation(schema);
    if (expected.includes("secretFile(") && typeof data === "string") return literalSecret({ what }, target);
    const values = { what, actual: describe(data), expected };
    if (schema.reference !== undefined) {
      return wrongReference({ ...values, expected: schema.reference, reason: "the scripts are made for it" }, target);
    }
    return wrongType(values, target, { fix: `give ${expected}` });
  }

  private notAmong(allowed: readonly Json[], data: Json, path: Path): Diagnostic {
    const names = allowed.map(String);
    const close = typeof data === "string" ? closest(data, names) : undefined;
    const expected = names.length === 1 ? describe(allowed[0]) : `one of ${allowed.map(describe).join(", ")}`;
    const values = { what: this.what(path), actual: describe(data), expected };
    const fix = close === undefined ? `choose ${expected}` : `replace with '${close}'`;
    return badValue(values, this.entity.at(...path), { fix });
  }

  private malformed(format: string, text: string, path: Path): Diagnostic {
    const what = this.what(path);
    const target = this.entity.at(...path);
    const actual = describe(text);
    switch (format) {
      case "duration":
        return badDuration({ what, actual, reason: problemOf(parseDuration(text)) }, target);
      case "size":
        return badSize({ what, actual, reason: problemOf(parseSize(text)) }, target);
      case "clock-time":
        return badTime({ what, actual }, target);
      case "time-zone":
        return badTimeZone({ what, actual }, target);
      case "absolute-path": {
        const problem = pathProblem(text);
        if (problem === undefined) throw new Error("a good path was refused");
        return badPath({ what, actual, ...problem }, target);
      }
      case "age-recipient":
        return badRecipient(
          // A secret identity given by mistake must not end up in a CI log.
          { what, actual: isIdentity(text) ? "a secret identity" : actual, advice: recipientProblem(text) ?? "" },
          target,
        );
      default:
        return badValue({ what, actual, expected: EXPECTED[format] ?? format }, target, {
          fix: `give ${EXPECTED[format] ?? format}`,
        });
    }
  }
}

function isRecord(data: Json): data is { readonly [key: string]: Json } {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

function problemOf(parsed: { problem: string } | { value: number }): string {
  return "problem" in parsed ? parsed.problem : "";
}

/** References into the shared definitions, as the validator names them, back to how they are written. */
function localise(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"plan#/$defs/', '"#/$defs/')) as Schema;
}

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.replace(/^(plan)?#\/\$defs\//, "");
  const target = name === undefined ? undefined : schemas.$defs[name];
  return target === undefined ? schema : resolve(target);
}

/** Options of a union that are themselves unions stand for all their branches. */
function overlap(branch: Schema, data: { readonly [key: string]: Json }): number {
  const known = Object.keys(branch.properties ?? {});
  const required = branch.required ?? [];
  const present = Object.keys(data);
  const shared = present.filter((name) => known.includes(name)).length;
  const needed = required.filter((name) => present.includes(name)).length;
  return shared + 2 * needed;
}

/** What a schema wants, in words. */
function expectation(schema: Schema): string {
  const name = schema.$ref?.replace(/^(plan)?#\/\$defs\//, "");
  if (name !== undefined) return EXPECTED[name] ?? expectation(resolve(schema));
  const named = Object.entries(schemas.$defs).find(([, candidate]) => candidate.description !== undefined && candidate.description === schema.description);
  if (named !== undefined && EXPECTED[named[0]] !== undefined) return EXPECTED[named[0]] as string;
  if (schema.format !== undefined) return EXPECTED[schema.format] ?? schema.format;
  if (schema.reference !== undefined) return `a ${schema.reference}`;
  if (schema.const !== undefined) return describe(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map(describe).join(", ")}`;
  if (schema.anyOf !== undefined) return schema.anyOf.map(expectation).join(" or ");
  if (schema.type === "array") return `a list of ${plural(expectation(schema.items ?? {}))}`;
  if (schema.type === "object") return `an object with ${(schema.required ?? Object.keys(schema.properties ?? {})).join(", ")}`;
  if (schema.type === "integer") return "a whole number";
  if (schema.type === "string") return "text";
  return `a ${schema.type}`;
}

function plural(text: string): string {
  return text === "text" ? "texts" : text.replace(/^an? ([a-z]+)\b/, "$1s");
}

function typeName(data: Json): string {
  if (data === null) return "null";
  return Array.isArray(data) ? "array" : typeof data;
}

function segments(pointer: string): Path {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function isBelow(pointer: string, above: string): boolean {
  return pointer === above || pointer.startsWith(`${above}/`);
}

/** The known word that a typing slip may have meant. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: leven(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

function sentence(text: string): string {
  const first = /^.*?[.:](?= |$)/.exec(text)?.[0] ?? text;
  const bare = first.replace(/[.:]$/, "");
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}

function inRange(range: string, text: string): boolean {
  const parsed = parseDuration(text);
  if ("problem" in parsed) return true;
  const [from = 0, to = 0] = range.split(" ").map((limit) => {
    const value = parseDuration(limit);
    return "value" in value ? value.value : 0;
  });
  return parsed.value >= from && parsed.value <= to;
}

function durationText(text: string): string {
  const parsed = parseDuration(text);
  return "value" in parsed ? formatDuration(parsed.value) : text;
}

const knownZones = new Map<string, boolean>();

function isTimeZone(text: string): boolean {
  const known = knownZones.get(text);
  if (known !== undefined) return known;
  let valid = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(text);
  if (valid) {
    try {
      new Intl.DateTimeFormat("en", { timeZone: text });
    } catch {
      valid = false;
    }
  }
  knownZones.set(text, valid);
  return valid;
}

/** Why a path cannot be used, and what should be there instead. */
function pathProblem(path: string): { expected: string; reason: string } | undefined {
  if (!path.startsWith("/")) {
    return { expected: "an absolute path", reason: "scripts run from cron, where there is no folder to be relative to" };
  }
  if (/(^|\/)\.{1,2}(\/|$)/.test(path) || path.includes("//") || (path.length > 1 && path.endsWith("/"))) {
    return { expected: "a path without '.', '..', '//' or a slash at the end", reason: "paths are compared as they are written" };
  }
  return undefined;
}

function isIdentity(text: string): boolean {
  return /^AGE-SECRET-KEY-/i.test(text);
}

/** What is wrong with an age recipient. */
function recipientProblem(text: string): string | undefined {
  if (isIdentity(text)) return "this is the secret identity! Keep it off the plan and make a new pair: age-keygen";
  if (/^age1[02-9ac-hj-np-z]{58}$/.test(text)) return undefined;
  if (/^ssh-(ed25519|rsa) [A-Za-z0-9+/]+=*( .*)?$/.test(text)) return undefined;
  return "give the public key that age-keygen prints (age1 and 58 characters), or an ssh-ed25519 or ssh-rsa line";
}

/** Every place of an entity where the schema says that an id stands. */
export function references(entity: Entity): readonly { path: Path; type: string; id: string }[] {
  const schema = schemaOf(entity);
  if (schema === undefined) return [];
  const found: { path: Path; type: string; id: string }[] = [];
  const walk = (node: Schema, data: Json | undefined, path: Path): void => {
    if (data === undefined) return;
    const shape = resolve(node);
    if (shape.reference !== undefined && typeof data === "string") {
      found.push({ path, type: shape.reference, id: data });
    }
    if (Array.isArray(data)) {
      for (const [index, item] of data.entries()) walk(shape.items ?? {}, item, [...path, index]);
    } else if (isRecord(data)) {
      for (const [name, property] of Object.entries(shape.properties ?? {})) walk(property, data[name], [...path, name]);
    }
    for (const branch of shape.anyOf ?? []) walk(branch, data, path);
  };
  walk(schema, entity.data, []);
  return found;
}
