/** A place that holds backup sets. Made by a store's builder, such as `directory()`. */
export interface Store {
  readonly id: string;
  readonly store: string;
}
