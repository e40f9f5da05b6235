import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from "yaml";
import { isMergeKey, YAML_OPTIONS } from "../load/yaml-nodes.ts";
import type { Span, Target } from "./diagnostic.ts";

/** Finds the properties that targets lead to in one YAML file. */
export function yamlPlacer(source: string): (target: Target) => Span | undefined {
  const text = source.replace(/^\ufeff/, "");
  const lines = new LineCounter();
  const document = parseDocument(text, { ...YAML_OPTIONS, lineCounter: lines, logLevel: "silent" });
  const span = (file: string, [start, end]: readonly [number, number]): Span => {
    const from = lines.linePos(start);
    const to = lines.linePos(Math.max(start + 1, end));
    return { file, line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
  };
  return (target) => {
    const found = walk(document, target);
    return found === undefined ? undefined : span(target.file, showable(text, found));
  };
}

/** What was found at the end of a path: a value with its key, or an element of a list. */
interface Found {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
  /** Whether the whole path is there. */
  readonly isWhole: boolean;
  readonly part: Target["part"];
}

/** Follows a path as far as it goes. A number counts the pairs of a map, since an id may be there twice. */
function walk(document: Document, target: Target): Found | undefined {
  let found: Found | undefined;
  let node = document.contents as Node | null | undefined;
  for (const [index, step] of target.path.entries()) {
    const inside = isAlias(node) ? node.resolve(document) : node;
    const isWhole = index === target.path.length - 1;
    if (isMap(inside)) {
      const pair = typeof step === "number" ? inside.items[step] : pairOf(document, inside, step);
      if (pair === undefined) return found && { ...found, isWhole: false };
      found = {
        key: pair.key as Node,
        value: (pair.value as Node | null) ?? undefined,
        isWhole,
        part: target.part,
      };
    } else if (isSeq(inside) && typeof step === "number") {
      const item = inside.items[step] as Node | undefined;
      if (item === undefined) return found && { ...found, isWhole: false };
      found = { key: undefined, value: item, isWhole, part: target.part };
    } else {
      return found && { ...found, isWhole: false };
    }
    node = found.value;
  }
  return found;
}

/** The pair of a key, its own or one that `<<` brings. */
function pairOf(document: Document, map: Node, name: string, depth = 0): Pair | undefined {
  if (!isMap(map) || depth > 8) return undefined;
  const pairs = map.items.filter(isPair);
  const own = pairs.find((pair) => isScalar(pair.key) && String(pair.key.source ?? pair.key.value) === name);
  if (own !== undefined) return own;
  for (const pair of pairs.filter(isMergeKey)) {
    const source = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
    for (const each of isSeq(source) ? source.items : [source]) {
      const map_ = isAlias(each) ? each.resolve(document) : (each as Node | null);
      const found = map_ && pairOf(document, map_, name, depth + 1);
      if (found) return found;
    }
  }
  return undefined;
}

/** The part of what was found that fits a line: a value, or the key of one that takes several lines or lacks something. */
function showable(text: string, found: Found): readonly [number, number] {
  const { key, value, isWhole, part } = found;
  const wanted = part === "name" || value === undefined || !isWhole ? (key ?? value) : value;
  const range = rangeOf(wanted);
  if (!text.slice(...range).includes("\n")) return range;
  if (key !== undefined && wanted !== key) return rangeOf(key);
  const end = text.indexOf("\n", range[0]);
  return [range[0], end];
}

function rangeOf(node: Node | undefined): readonly [number, number] {
  const [start = 0, end = start] = node?.range ?? [];
  return [start, end];
}
