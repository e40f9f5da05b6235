import { type Entity, key, type Path } from "../model/document.ts";

/** What the author of a plan has remarked, by what it stands at. Lines are without their marks. */
export class Comments {
  /** At the top of the file. */
  header: readonly string[] = [];
  private readonly places = new Map<Entity, Map<string, readonly string[]>>();

  add(entity: Entity, path: Path, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const own = this.places.get(entity) ?? new Map<string, readonly string[]>();
    this.places.set(entity, own);
    own.set(key(path), [...(own.get(key(path)) ?? []), ...lines]);
  }

  at(entity: Entity, path: Path): readonly string[] {
    return this.places.get(entity)?.get(key(path)) ?? [];
  }

  /** Whether something below a path, or at it, is remarked upon. */
  isBelow(entity: Entity, path: Path): boolean {
    const start = key(path);
    return [...(this.places.get(entity)?.keys() ?? [])].some(
      (each) => each === start || each.startsWith(`${start}\u0000`) || start === "",
    );
  }
}

/** The lines of a comment without the marks of its language. */
export function linesOf(comment: string): readonly string[] {
  const isBlock = comment.startsWith("/*");
  const text = isBlock ? comment.replace(/^\/\*+!?/, "").replace(/\*+\/$/, "") : comment;
  const lines = text
    .split("\n")
    .map((line) => line.replace(isBlock ? /^\s*\*? ?/ : /^\s*(?:\/\/|#)? ?/, "").trimEnd());
  while (lines[0] === "") lines.shift();
  while (lines.at(-1) === "") lines.pop();
  return lines;
}
