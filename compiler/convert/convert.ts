import { readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { loadDocument } from "../compile.ts";
import { type Diagnostic, hasErrors } from "../diagnostics/diagnostic.ts";
import { isYaml } from "../load/is-yaml.ts";
import { projectOf } from "../load/load.ts";
import { type Document, type Entity, type Json, ofType } from "../model/document.ts";
import { listed, sections } from "../model/sections.ts";
import { packageRoot } from "../root.ts";

/** What became of a conversion: the text in the other language, or why there is none. */
export interface Converted {
  readonly text: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** What the other language cannot say. */
  readonly lost: string | undefined;
}

/** Writes a plan in the other language, and reads what was written: it must say the same. `out` is where it will stand. */
export async function convertPlan(path: string, out: string): Promise<Converted> {
  const { value: document, diagnostics } = await loadDocument(path);
  if (document === undefined || hasErrors(diagnostics))
    return { text: undefined, diagnostics, lost: undefined };
  const source = readFileSync(path, "utf8");
  const attempts = isYaml(path)
    ? typescriptOf(document, source)
    : yamlOf(document, source, schemaPath(dirname(resolve(out))));
  let lost: string | undefined;
  for await (const text of attempts) {
    const again = await loadDocument(isYaml(path) ? "converted.plan.ts" : "converted.plan.yaml", text);
    lost = again.value === undefined ? again.diagnostics[0]?.message : difference(document, again.value);
    if (lost === undefined) return { text, diagnostics, lost };
  }
  return { text: undefined, diagnostics, lost };
}

async function* typescriptOf(document: Document, source: string): AsyncGenerator<string> {
  const { toTypeScript } = await import("./to-typescript.ts");
  const { yamlComments } = await import("./yaml-comments.ts");
  const comments = yamlComments(document, source);
  // Hosts and stores that assets name need no list, unless their order would be another.
  for (const listing of ["needed", "all"] as const) yield toTypeScript(document, comments, listing);
}

async function* yamlOf(
  document: Document,
  source: string,
  schema: string | undefined,
): AsyncGenerator<string> {
  const { toYaml } = await import("./to-yaml.ts");
  const { typescriptComments } = await import("./typescript-comments.ts");
  yield toYaml(document, typescriptComments(document, source), schema);
}

/** Where editors find the schema from a folder: only when Lifeboat lies in the same project, so that the path holds for everybody. */
function schemaPath(folder: string): string | undefined {
  const project = projectOf(resolve(folder, "plan"));
  const schema = resolve(packageRoot, "schema/plan.schema.json");
  if (relative(project, schema).startsWith("..")) return undefined;
  const path = relative(folder, schema).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** What two documents do not say alike; undefined when they are the same plan. */
export function difference(one: Document, other: Document): string | undefined {
  if (one.plan.id !== other.plan.id) return `the plan's name: '${one.plan.id}'`;
  if (canonical(withoutLists(one.plan)) !== canonical(withoutLists(other.plan)))
    return "the plan's own options";
  for (const [section, type] of Object.entries(sections)) {
    const list = one.plan.data[section];
    const before = ofType(one, type);
    if (Array.isArray(list) && list.some((id) => !before.some((each) => each.id === id)))
      return `${section} of the plan: something in it is no ${type}`;
    const after = ofType(other, type);
    const ids = (entities: readonly Entity[]) => entities.map((each) => each.id).join(", ");
    if (ids(before) !== ids(after)) return `${section}: ${ids(before)}`;
    const changed = before.find((entity, index) => contentOf(entity) !== contentOf(after[index] as Entity));
    if (changed !== undefined) return `${type} '${changed.id}'`;
  }
  return undefined;
}

function contentOf(entity: Entity): string {
  // A document of TypeScript knows which thing was named, one of YAML its id.
  return canonical(entity.data);
}

function withoutLists(plan: Entity): Json {
  return Object.fromEntries(
    Object.entries(plan.data).filter(([name]) => !(listed as readonly string[]).includes(name)),
  );
}

/** Data as text in which the order of options does not count. */
function canonical(data: Json): string {
  return JSON.stringify(data, (_name, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
