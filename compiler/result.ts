import type { Diagnostic } from "./diagnostics/diagnostic.ts";

/** What a phase returns: its value, unless it could not be made, and what it found. Phases never throw on a bad plan. */
export interface Result<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}
