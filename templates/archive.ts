import type { AbsolutePath } from "../dsl/units.ts";
import type { Facts } from "./kind.ts";

/** What prelude/archive.sh is told by a kind that is made of files. */
export interface ArchiveOptions {
  readonly paths: readonly AbsolutePath[];
  readonly exclude?: readonly string[] | undefined;
  readonly onChange?: "warn" | "fail" | undefined;
}

export function archiveFacts({ paths, exclude, onChange }: ArchiveOptions): Facts {
  return { SOURCE_PATHS: paths, EXCLUDES: exclude ?? [], CHANGE_POLICY: onChange ?? "warn" };
}
