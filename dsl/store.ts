import type { Branded } from "./node.ts";

/** A place that holds backup sets. Made by a store's builder, such as `directory()`. */
export interface Store extends Branded<"store"> {
  readonly id: string;
  readonly store: string;
}
