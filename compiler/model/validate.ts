import type { ErrorObject, ValidateFunction } from "ajv";
import type { Diagnostic, Target } from "../diagnostics/diagnostic.ts";
import { wrongReference } from "../diagnostics/reference.ts";
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
import { closest } from "./closest.ts";
import { describe, type Entity, type Json, key, label, type Path } from "./document.ts";
import { isIdentity, pathProblem, plainPathProblem, recipientProblem } from "./formats.ts";
import planSchema from "./plan.schema.json" with { type: "json" };
import { formatDuration, parseDuration, parseSize } from "./units.ts";
import { isValid } from "./validators.ts";

/** The part of JSON Schema that the generator writes. */
export interface Schema {
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
  readonly site: Schema;
  readonly host: Schema;
  readonly escrow: Schema;
  readonly contact: Schema;
  readonly vendor: Schema;
  readonly scenario: Schema;
  readonly check: Schema;
  readonly drill: Schema;
  readonly plan: Schema;
  readonly stores: Readonly<Record<string, Schema>>;
  readonly assets: Readonly<Record<string, Schema>>;
  readonly $defs: Readonly<Record<string, Schema>>;
};

/** What each named type looks like, for messages. */
const EXPECTED: Readonly<Record<string, string>> = {
  duration: 'a duration such as "15m"',
  size: 'a size such as "20GiB"',
  rate: 'a rate such as "50MiB/s"',
  day: 'a day such as "2026-11-23"',
  "clock-time": 'a time such as "02:00"',
  "time-zone": 'a time zone such as "Asia/Seoul"',
  "absolute-path": 'an absolute path such as "/backup"',
  "plain-path": 'an absolute path such as "/opt/lifeboat"',
  "age-recipient": "an age recipient such as age1…",
  "ssh-public-key": "the line of an OpenSSH public key file, such as ssh-ed25519 AAAA…",
  email: 'a mail address such as "ops@example.com"',
  Schedule: 'a schedule: daily("02:00"), weekly(…), monthly(…), every(…) or cron(…)',
  Retention: "what keep({ daily: 7 }) makes",
  Secret: "a reference to a secret: secretFile(…), secretEnv(…), secretCommand(…) or secretPrompt(…)",
  SecretFile: "what secretFile(…) makes",
  SshSignature: "what sshSignature(…) makes",
  Encryption: "what age(…) or opensslKey(…) makes",
  Copy: "copy(store, …)",
  Transport: "a transport: ssh(…), multipass(…), pod(…) or local()",
  Kubernetes: "what kubernetes(…) makes",
  Pod: "what pod(…) makes",
  Service: "a service: systemd(…), commands(…) or staticPods(…)",
  Hook: "a hook: webhook(…), healthchecks(…), mail(…) or onEvent(…)",
};

/** The schema of an entity; undefined when it is of a kind that does not exist. */
export function schemaOf(entity: Entity): Schema | undefined {
  if (entity.type !== "asset" && entity.type !== "store") return schemas[entity.type];
  const [family, kind] =
    entity.type === "asset" ? [schemas.assets, entity.data.kind] : [schemas.stores, entity.data.store];
  return typeof kind === "string" ? family[kind] : undefined;
}

/** Where an entity's schema: `host`, `assets.mysql`. */
function schemaName(entity: Entity): string {
  if (entity.type === "asset") return `assets.${entity.data.kind}`;
  if (entity.type === "store") return `stores.${entity.data.store}`;
  return entity.type;
}

/** Holds an entity's options to the schema of its kind. */
export async function validateEntity(entity: Entity): Promise<readonly Diagnostic[]> {
  const schema = schemaOf(entity);
  if (schema === undefined) throw new Error(`no schema for ${entity.type} '${entity.id}'`);
  const { id: _id, kind: _kind, store: _store, ...options } = entity.data;
  if (isValid(schemaName(entity), options)) return checkRanges(entity);
  // Saying what is wrong takes ajv itself, which a good plan never waits for.
  const { compileSchema } = await import("./ajv.ts");
  return new Judge(entity, compileSchema).judge(schema, options, []);
}

/** Durations that are well formed, and outside what the type's docstring allows. */
function checkRanges(entity: Entity): readonly Diagnostic[] {
  return annotated(entity, "range").flatMap(({ path, annotation, text }) => {
    const [from = 0, to = 0] = annotation.split(" ").map(secondsOf);
    const actual = secondsOf(text);
    if (actual >= from && actual <= to) return [];
    const expected = `between ${formatDuration(from)} and ${formatDuration(to)}`;
    const what = `${label(path)} of ${entity.type} '${entity.id}'`;
    return [
      badValue({ what, actual: describe(text), expected }, entity.at(...path), {
        fix: `choose a duration ${expected}`,
      }),
    ];
  });
}

function secondsOf(text: string): number {
  const parsed = parseDuration(text);
  return "value" in parsed ? parsed.value : Number.NaN;
}

/** Turns what ajv says of one entity into diagnostics that an author can act on. */
class Judge {
  private readonly entity: Entity;
  private readonly compile: (schema: object) => ValidateFunction;

  constructor(entity: Entity, compile: (schema: object) => ValidateFunction) {
    this.entity = entity;
    this.compile = compile;
  }

  judge(schema: Schema, data: Json, base: Path): readonly Diagnostic[] {
    const validate = this.compile(schema);
    if (validate(data)) return [];
    const errors = validate.errors ?? [];
    // Where no branch of a union fits, the errors of all branches are there; one of them is worth telling.
    const unions = errors.filter((error) => error.keyword === "anyOf");
    const outermost = unions.filter(
      (union) => !unions.some((other) => other !== union && isBelow(union.instancePath, other.instancePath)),
    );
    const own = errors.filter(
      (error) =>
        !outermost.some((union) => error === union || isBelow(error.instancePath, union.instancePath)),
    );
    return [
      ...own.flatMap((error) => this.explain(error, base)),
      ...outermost.flatMap((error) => this.explainUnion(error, base)),
    ];
  }

  private what(path: Path): string {
    const owner =
      this.entity.id === "" ? `the ${this.entity.type}` : `${this.entity.type} '${this.entity.id}'`;
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
        const option = String(error.params.additionalProperty);
        return [this.unknown(option, path, Object.keys(schema.properties ?? {}))];
      }
      case "required": {
        const option = String(error.params.missingProperty);
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
        return [this.malformed(String(error.params.format), String(data), path)];
      case "minimum":
      case "maximum": {
        const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
        const expected = `a number from ${minimum ?? "…"} to ${maximum ?? "…"}`;
        return [badValue({ what, actual: describe(data), expected }, target, { fix: `give ${expected}` })];
      }
      case "minItems": {
        const expected = "a list with something in it";
        return [
          badValue({ what, actual: describe(data), expected }, target, {
            fix: "name at least one, or leave the option out",
          }),
        ];
      }
      case "pattern": {
        const expected = `of the form ${String(error.params.pattern)}`;
        return [
          badValue({ what, actual: describe(data), expected }, target, { fix: `give something ${expected}` }),
        ];
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
      const known = [...new Set(scored.flatMap(({ branch }) => Object.keys(branch.properties ?? {})))];
      const slip = Object.keys(data).find((option) => closest(option, known) !== undefined);
      if (slip !== undefined) return [this.unknown(slip, path, known)];
    }
    const fitting = branches.filter((branch) => branch.type === typeName(data));
    const [only] = fitting;
    if (fitting.length === 1 && only !== undefined && only.type !== "object")
      return this.judge(only, data, path);
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
    const fix =
      close === undefined
        ? {}
        : { fix: `replace with '${close}'`, safeFix: { replacement: close, isName: true } as const };
    // The option's own value may be a node with a place of its own; the name stands in what is around it.
    const around = this.entity.at(...path);
    const target: Target | undefined = around && { ...around, path: [...around.path, option], part: "name" };
    return unknownOption(values, target, fix);
  }

  private mistyped(schema: Schema, data: Json, path: Path): Diagnostic {
    const what = this.what(path);
    const target = this.entity.at(...path);
    const expected = expectation(schema);
    if (expected.includes("secretFile(") && typeof data === "string")
      return literalSecret({ what }, target && { ...target, isSecret: true });
    const values = { what, actual: describe(data), expected };
    if (schema.reference !== undefined) {
      return wrongReference(
        { ...values, expected: schema.reference, reason: "the scripts are made for it" },
        target,
      );
    }
    return wrongType(values, target, { fix: this.spelling(schema, data, path) ?? `give ${expected}` });
  }

  /** YAML reads 1.10 as a number, and yes as text: how to write what was meant. */
  private spelling(schema: Schema, data: Json, path: Path): string | undefined {
    const written = this.entity.written?.get(key(path));
    const { type, format } = resolve(schema);
    if (written !== undefined && type === "string" && format === undefined)
      return `put it in quotes: "${written}"`;
    const isNumber = typeof data === "string" && /^-?\d+$/.test(data);
    if (this.entity.written !== undefined && isNumber && (type === "integer" || type === "number"))
      return `write ${data} without quotes`;
    const isWord = typeof data === "string" && /^(y|yes|on|n|no|off)$/i.test(data);
    if (this.entity.written === undefined || !isWord || type !== "boolean") return undefined;
    return `write ${/^(y|on)/i.test(data) ? "true" : "false"}`;
  }

  private notAmong(allowed: readonly Json[], data: Json, path: Path): Diagnostic {
    const names = allowed.map(String);
    const close = typeof data === "string" ? closest(data, names) : undefined;
    const expected = names.length === 1 ? describe(allowed[0]) : `one of ${allowed.map(describe).join(", ")}`;
    const values = { what: this.what(path), actual: describe(data), expected };
    const fix = close === undefined ? `choose ${expected}` : `replace with '${close}'`;
    return badValue(values, this.entity.at(...path), {
      fix,
      ...(close !== undefined && { safeFix: { replacement: JSON.stringify(close) } }),
    });
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
      case "absolute-path":
      case "plain-path": {
        const problem = format === "plain-path" ? plainPathProblem(text) : pathProblem(text);
        if (problem === undefined) throw new Error("a good path was refused");
        return badPath({ what, actual, ...problem }, target);
      }
      case "age-recipient":
        return badRecipient(
          // A secret identity given by mistake must not end up in a CI log.
          {
            what,
            actual: isIdentity(text) ? "a secret identity" : actual,
            advice: recipientProblem(text) ?? "",
          },
          target && { ...target, isSecret: isIdentity(text) },
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
  return JSON.parse(JSON.stringify(schema).replaceAll('"definitions#/$defs/', '"#/$defs/')) as Schema;
}

export function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const target = schemas.$defs[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)];
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
  const name = schema.$ref?.replace(/^(definitions)?#\/\$defs\//, "");
  if (name !== undefined) return EXPECTED[name] ?? expectation(resolve(schema));
  const named = Object.entries(schemas.$defs).find(
    ([, candidate]) => candidate.description !== undefined && candidate.description === schema.description,
  );
  if (named !== undefined && EXPECTED[named[0]] !== undefined) return EXPECTED[named[0]] as string;
  if (schema.format !== undefined) return EXPECTED[schema.format] ?? schema.format;
  if (schema.reference !== undefined) return `a ${schema.reference}`;
  if (schema.const !== undefined) return describe(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map(describe).join(", ")}`;
  if (schema.anyOf !== undefined) return schema.anyOf.map(expectation).join(" or ");
  if (schema.type === "array") return `a list of ${plural(expectation(schema.items ?? {}))}`;
  if (schema.type === "object")
    return `an object with ${(schema.required ?? Object.keys(schema.properties ?? {})).join(", ")}`;
  if (schema.type === "integer") return "a whole number";
  if (schema.type === "string") return "text";
  return `a ${schema.type}`;
}

function plural(text: string): string {
  if (text === "text") return "texts";
  return text.replace(/^an? ((absolute )?[a-z]+)\b/, "$1s");
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

function sentence(text: string): string {
  const first = /^.*?[.:](?= |$)/.exec(text)?.[0] ?? text;
  const bare = first.replace(/[.:]$/, "");
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}

/** Every place of an entity where the schema says that an id stands. */
export function references(entity: Entity): readonly { path: Path; type: string; id: string }[] {
  return annotated(entity, "reference").map(({ path, annotation, text }) => ({
    path,
    type: annotation,
    id: text,
  }));
}

/** Every place of an entity where the schema wants a reference to a secret. */
export function secrets(entity: Entity): readonly { path: Path; secret: Json }[] {
  const found: { path: Path; secret: Json }[] = [];
  visit(entity, (schema, data, path) => {
    const isSecret = schema.$ref === "#/$defs/Secret" || schema.$ref === "#/$defs/SecretFile";
    // Secret is a union of which SecretFile is a branch: it is seen as both.
    if (isSecret && found.at(-1)?.path !== path) found.push({ path, secret: data });
  });
  return found;
}

interface Annotated {
  readonly name: "reference" | "range";
  readonly path: Path;
  readonly annotation: string;
  readonly text: string;
}

const annotations = new WeakMap<Entity, readonly Annotated[]>();

/** Every text of an entity whose schema carries an annotation. */
function annotated(entity: Entity, name: Annotated["name"]): readonly Annotated[] {
  const known = annotations.get(entity);
  if (known !== undefined) return known.filter((each) => each.name === name);
  const found: Annotated[] = [];
  visit(entity, (schema, data, path) => {
    if (typeof data !== "string") return;
    for (const each of ["reference", "range"] as const) {
      const annotation = schema[each] ?? resolve(schema)[each];
      if (annotation !== undefined) found.push({ name: each, path, annotation, text: data });
    }
  });
  annotations.set(entity, found);
  return annotated(entity, name);
}

/** Whether data has what a branch of a union demands: the branches of a union differ in that. */
function mayBe(branch: Schema, data: Json): boolean {
  if (branch.anyOf !== undefined) return true;
  if (branch.type === "array") return Array.isArray(data);
  if (branch.type !== "object") return !isRecord(data) && !Array.isArray(data);
  return isRecord(data) && (branch.required ?? []).every((property) => property in data);
}

/** Walks an entity's options and their schema side by side. */
function visit(entity: Entity, see: (schema: Schema, data: Json, path: Path) => void): void {
  const walk = (node: Schema, data: Json | undefined, path: Path): void => {
    if (data === undefined) return;
    see(node, data, path);
    const shape = resolve(node);
    if (Array.isArray(data)) {
      for (const [index, item] of data.entries()) walk(shape.items ?? {}, item, [...path, index]);
    } else if (isRecord(data)) {
      for (const [property, value] of Object.entries(data)) {
        const below = shape.properties?.[property];
        if (below !== undefined) walk(below, value, [...path, property]);
      }
    }
    for (const branch of shape.anyOf ?? []) if (mayBe(resolve(branch), data)) walk(branch, data, path);
  };
  const schema = schemaOf(entity);
  if (schema !== undefined) walk(schema, entity.data, []);
}
