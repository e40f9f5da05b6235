import type { Node, SourceFile } from "ts-morph";
import { isYaml } from "../load/is-yaml.ts";
import type { Span, Target } from "./diagnostic.ts";

/** Finds the exact span of a target in the text of its file. */
export type Placer = (target: Target, source: string | undefined) => Span;

/** What positional arguments of a value's builder are called in the document. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = {
  weekly: ["day", "at"],
  monthly: ["day", "at"],
};

/**
 * Makes a placer. ts-morph takes most of a second to load, so it is loaded only when some target leads to a property of TypeScript.
 */
export async function createPlacer(targets: readonly Target[]): Promise<Placer> {
  const deep = targets.filter((target) => target.path.length > 0 && target.length === undefined);
  const yaml = deep.some(({ file }) => isYaml(file)) ? await import("./place-yaml.ts") : undefined;
  const morph = deep.every(({ file }) => isYaml(file)) ? undefined : await import("ts-morph");
  const files = new Map<string, SourceFile>();
  const yamlFiles = new Map<string, (target: Target) => Span | undefined>();
  return (target, source) => {
    if (yaml !== undefined && source !== undefined && deep.includes(target) && isYaml(target.file)) {
      const placer = yamlFiles.get(target.file) ?? yaml.yamlPlacer(source);
      yamlFiles.set(target.file, placer);
      return placer(target) ?? wordSpan(target, source);
    }
    if (
      source === undefined ||
      morph === undefined ||
      target.path.length === 0 ||
      target.length !== undefined
    ) {
      return wordSpan(target, source);
    }
    let file = files.get(target.file);
    if (file === undefined) {
      const project = new morph.Project({ useInMemoryFileSystem: true, compilerOptions: { allowJs: true } });
      file = project.createSourceFile(`/${target.file}`, source);
      files.set(target.file, file);
    }
    const found = findProperty(morph.Node, file, target);
    return found === undefined ? wordSpan(target, source) : spanOf(target.file, file, found);
  };
}

/** The word at a position: the name of the builder that was called. */
function wordSpan(target: Target, source: string | undefined): Span {
  const text = source?.split("\n")[target.line - 1]?.slice(target.column - 1) ?? "";
  const length = target.length ?? Math.max(1, /^[\w$]+/.exec(text)?.[0].length ?? 1);
  const { file, line, column } = target;
  return { file, line, column, endLine: line, endColumn: column + length };
}

function spanOf(name: string, file: SourceFile, node: Node): Span {
  const start = file.getLineAndColumnAtPos(node.getStart());
  const end = file.getLineAndColumnAtPos(node.getEnd());
  return { file: name, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}

type NodeGuards = typeof import("ts-morph")["Node"];

/** Walks from the builder's call to the property that a path names, as far as the plan spells it out. */
function findProperty(is: NodeGuards, file: SourceFile, target: Target): Node | undefined {
  const lines = file.getFullText().split("\n");
  const offset =
    lines.slice(0, target.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + target.column - 1;
  const callee = file.getDescendantAtPos(offset);
  const call = callee?.getFirstAncestor(
    (node) => is.isCallExpression(node) && node.getExpression().getEnd() === callee.getEnd(),
  );
  if (callee === undefined || !is.isCallExpression(call)) return undefined;
  const args = call.getArguments();
  const { path } = target;
  if (path[0] === "id" && path.length === 1) return args[0] ?? callee;

  const options = args.find((arg) => is.isObjectLiteralExpression(unwrap(is, arg)));
  for (const way of [path, path.slice(1)]) {
    const found =
      options === undefined || way.length === 0 ? undefined : descend(is, options, way, target.part);
    if (found !== undefined) return found;
  }
  const position = POSITIONAL[callee.getText()]?.indexOf(String(path.at(-1))) ?? -1;
  if (position >= 0) return args[position] ?? callee;
  // A value's builder with one plain argument: the path's first step is what the builder calls it.
  const [first] = args;
  if (first === undefined || options !== undefined) return callee;
  const index = path.find((step) => typeof step === "number");
  return (index === undefined ? undefined : descend(is, first, [index], undefined)) ?? first;
}

/** The node at a path below a literal; undefined when the first step is not spelled out there. */
function descend(
  is: NodeGuards,
  start: Node,
  path: readonly (string | number)[],
  part: Target["part"],
): Node | undefined {
  let node: Node = start;
  let reached = false;
  for (const [at, step] of path.entries()) {
    const inner = unwrap(is, node);
    if (is.isObjectLiteralExpression(inner)) {
      const property = inner
        .getProperties()
        .find((each) => "getName" in each && plainName(each.getName()) === step);
      if (property === undefined) break;
      reached = true;
      const isLast = at === path.length - 1;
      if (is.isPropertyAssignment(property)) {
        node = isLast && part === "name" ? property.getNameNode() : property.getInitializerOrThrow();
      } else {
        return property;
      }
    } else if (is.isArrayLiteralExpression(inner) && typeof step === "number") {
      const element = inner.getElements()[step];
      if (
        element === undefined ||
        inner
          .getElements()
          .slice(0, step + 1)
          .some(is.isSpreadElement)
      )
        break;
      reached = true;
      node = element;
    } else {
      break;
    }
  }
  return reached ? node : undefined;
}

function plainName(name: string): string {
  return name.replace(/^["']|["']$/g, "");
}

/** What an expression is without its type assertions and parentheses. */
function unwrap(is: NodeGuards, node: Node): Node {
  if (is.isAsExpression(node) || is.isSatisfiesExpression(node) || is.isParenthesizedExpression(node)) {
    return unwrap(is, node.getExpression());
  }
  return node;
}
