import { isScalar, type Pair } from "yaml";

/** How a plan is parsed: what is there twice is told with both places, and tags are refused, not half understood. */
export const YAML_OPTIONS = { prettyErrors: false, uniqueKeys: false, resolveKnownTags: false } as const;

/** Whether a pair is `<<:` without quotes: what YAML calls a merge. */
export function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === "<<" && pair.key.type === "PLAIN";
}
