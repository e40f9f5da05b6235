import {
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type Document as YamlDocument,
} from "yaml";
import { SHARED } from "../load/yaml.ts";
import { YAML_OPTIONS } from "../load/yaml-nodes.ts";
import { type Document, type Entity, type Json, ofType, type Path } from "../model/document.ts";
import { type Section, sections } from "../model/sections.ts";
import { Comments, linesOf } from "./comments.ts";
import { shareKey } from "./shared.ts";

/** What is remarked in a plan in YAML. */
export function yamlComments(document: Document, source: string): Comments {
  const comments = new Comments();
  const parsed = parseDocument(source, { ...YAML_OPTIONS, logLevel: "silent" }) as YamlDocument;
  const top = parsed.contents;
  const isModeline = (line: string) => /^\s*yaml-language-server:/.test(line);
  // What stands before the first key belongs to the file.
  const header = [
    parsed.commentBefore,
    top?.commentBefore,
    keyOf((top as YAMLMap | null)?.items?.[0])?.commentBefore,
  ];
  const lines = textOf(header.filter(Boolean).join("\n"));
  comments.header = linesOf(lines.filter((line) => !isModeline(line)).join("\n"));
  if (!isMap(top)) return comments;
  for (const [position, pair] of top.items.entries()) {
    const name = nameOf(pair);
    const before = position === 0 ? "" : (keyOf(pair)?.commentBefore ?? "");
    if (name === SHARED) {
      if (isMap(pair.value)) addShared(comments, document, parsed, pair.value as YAMLMap);
      continue;
    }
    comments.add(document.plan, name === "plan" ? [] : [name], textOf(before, trailing(pair)));
    const type = Object.hasOwn(sections, name) ? sections[name as Section] : undefined;
    if (type === undefined) addInside(comments, document.plan, [name], pair.value as Node | null);
    else if (isMap(pair.value)) addSection(comments, ofType(document, type), pair.value as YAMLMap);
  }
  return comments;
}

/** What is remarked of a shared value stands at the first option that has it. */
function addShared(comments: Comments, document: Document, parsed: YamlDocument, map: YAMLMap): void {
  const options = [document.plan, ...document.entities].flatMap((entity) =>
    Object.entries(entity.data).map(([name, value]) => ({ entity, name, key: shareKey(value) })),
  );
  for (const [index, pair] of map.items.entries()) {
    const lines = textOf(index === 0 ? map.commentBefore : "", keyOf(pair)?.commentBefore, trailing(pair));
    if (lines.length === 0 || pair.value === null) continue;
    const key = shareKey((pair.value as Node).toJS(parsed) as Json);
    const first = options.find((option) => key !== undefined && option.key === key);
    if (first !== undefined) comments.add(first.entity, [first.name], lines);
  }
}

function addSection(comments: Comments, entities: readonly Entity[], map: YAMLMap): void {
  for (const [index, pair] of map.items.entries()) {
    const id = nameOf(pair);
    const same = map.items.slice(0, index).filter((other) => nameOf(other) === id).length;
    const entity = entities.filter((each) => each.id === id)[same];
    if (entity === undefined) continue;
    const above = index === 0 ? map.commentBefore : "";
    comments.add(entity, [], textOf(above, keyOf(pair)?.commentBefore, trailing(pair)));
    addInside(comments, entity, [], pair.value as Node | null);
  }
}

function addInside(comments: Comments, entity: Entity, path: Path, node: Node | null): void {
  if (isMap(node)) {
    for (const [index, pair] of node.items.entries()) {
      const way = [...path, nameOf(pair)];
      const above = index === 0 ? node.commentBefore : "";
      comments.add(entity, way, textOf(above, keyOf(pair)?.commentBefore, trailing(pair)));
      addInside(comments, entity, way, pair.value as Node | null);
    }
  } else if (isSeq(node)) {
    // A remark at an element of a list is kept at the list.
    for (const [index, item] of node.items.entries()) {
      const element = item as Node;
      const above = index === 0 ? node.commentBefore : "";
      if (path.length > 0)
        comments.add(
          entity,
          path,
          textOf(above, element.commentBefore, isScalar(element) ? element.comment : ""),
        );
      addInside(comments, entity, [...path, index], element);
    }
  }
}

function keyOf(pair: Pair | undefined): Node | null {
  return (pair?.key as Node | undefined) ?? null;
}

function nameOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.source ?? pair.key.value) : "";
}

/** The comment behind a value, on its line. */
function trailing(pair: Pair): string {
  const value = pair.value as Node | null;
  return (isScalar(value) || (value as { flow?: boolean } | null)?.flow ? value?.comment : "") ?? "";
}

function textOf(...parts: readonly (string | null | undefined)[]): readonly string[] {
  return parts.flatMap((part) => (part ? linesOf(part) : []));
}
