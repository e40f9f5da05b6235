import { Node, Project, type SourceFile } from "ts-morph";
import type { Target } from "../diagnostics/diagnostic.ts";
import { type Document, type Entity, type Json, label, type Path } from "../model/document.ts";
import { Comments, linesOf } from "./comments.ts";

/** What is remarked in a plan in TypeScript: at the statement or the element that makes an entity, and at its options. */
export function typescriptComments(document: Document, source: string): Comments {
  const project = new Project({ useInMemoryFileSystem: true, compilerOptions: { allowJs: true } });
  const file = project.createSourceFile("/plan.ts", source);
  return new Reader(document, file).read();
}

class Reader {
  private readonly document: Document;
  private readonly file: SourceFile;
  private readonly comments = new Comments();
  private readonly lineStarts: readonly number[];
  /** Each remark belongs to the first thing that it stands at: a loop makes many. */
  private readonly claimed = new Set<Node>();

  constructor(document: Document, file: SourceFile) {
    this.document = document;
    this.file = file;
    const starts = [0];
    for (const match of file.getFullText().matchAll(/\n/g)) starts.push(match.index + 1);
    this.lineStarts = starts;
  }

  read(): Comments {
    const [first] = this.file.getStatements();
    if (first !== undefined && Node.isImportDeclaration(first)) {
      this.comments.header = this.claim(first);
    }
    const all = [this.document.plan, ...this.document.entities];
    for (const entity of all) {
      const call = this.callAt(entity.at());
      if (call === undefined) continue;
      this.comments.add(entity, [], this.around(call));
      const options = call.getArguments().find((each) => Node.isObjectLiteralExpression(each));
      if (options !== undefined) this.addInside(entity, [], options);
    }
    for (const entity of all) for (const name of Object.keys(entity.data)) this.addOfValues(entity, name);
    return this.comments;
  }

  /** A value that a constant holds carries what is remarked of the constant. */
  private addOfValues(entity: Entity, name: string): void {
    const look = (value: Json, path: Path): void => {
      const call = this.callAt(entity.at(...path));
      const statement = call?.getFirstAncestor(Node.isStatement);
      if (statement !== undefined && Node.isVariableStatement(statement))
        this.comments.add(entity, [name], this.claim(statement));
      if (typeof value !== "object" || value === null) return;
      const below = Array.isArray(value) ? value.entries() : Object.entries(value);
      for (const [step, item] of below) look(item as Json, [...path, step]);
    };
    look(entity.data[name] ?? null, [name]);
  }

  /** The call of a builder at a place; undefined where something else is. */
  private callAt(target: Target | undefined) {
    if (target === undefined || target.path.length > 0) return undefined;
    const offset = (this.lineStarts[target.line - 1] ?? 0) + target.column - 1;
    const callee = this.file.getDescendantAtPos(offset);
    const call = callee?.getFirstAncestor(
      (node) => Node.isCallExpression(node) && node.getExpression().getEnd() === callee.getEnd(),
    );
    return Node.isCallExpression(call) ? call : undefined;
  }

  /** What is remarked above the call itself, or above the statement of which it is the value. */
  private around(call: Node): readonly string[] {
    const own = this.claim(call);
    const statement = call.getFirstAncestor(Node.isStatement);
    const isOutermost =
      call.getFirstAncestor((node) => Node.isCallExpression(node) && node !== call) === undefined;
    const isMapped = call.getFirstAncestor(Node.isArrowFunction) !== undefined;
    return statement !== undefined && (isOutermost || isMapped) ? [...this.claim(statement), ...own] : own;
  }

  private addInside(entity: Entity, path: Path, node: Node): void {
    if (Node.isObjectLiteralExpression(node)) {
      for (const property of node.getProperties()) {
        if (!("getName" in property)) continue;
        const way = [...path, property.getName().replace(/^["']|["']$/g, "")];
        this.comments.add(entity, way, this.claim(property));
        if (Node.isPropertyAssignment(property))
          this.addInside(entity, way, property.getInitializerOrThrow());
      }
    } else if (Node.isArrayLiteralExpression(node)) {
      // A remark at an element of a list is kept at the list.
      for (const [index, element] of node.getElements().entries()) {
        if (!Node.isCallExpression(element) && label(path) !== "")
          this.comments.add(entity, path, this.claim(element));
        this.addInside(entity, [...path, index], element);
      }
    }
  }

  /** The remarks above a node and behind it, once. */
  private claim(node: Node): readonly string[] {
    if (this.claimed.has(node)) return [];
    this.claimed.add(node);
    const ranges = [...node.getLeadingCommentRanges(), ...node.getTrailingCommentRanges()];
    const comma = node.getNextSibling();
    // What stands behind a property stands behind its comma.
    if (comma?.getText() === ",") ranges.push(...comma.getTrailingCommentRanges());
    return ranges.flatMap((range) => linesOf(range.getText()));
  }
}
