import type { RelatedPlace, Target } from "../diagnostics/diagnostic.ts";

/** A place that has to do with a finding; none when nobody wrote it down. */
export function related(message: string, target: Target | undefined): readonly RelatedPlace[] {
  return target === undefined ? [] : [{ message, target }];
}
