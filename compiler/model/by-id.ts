/** What has an id in a valid model, where every reference leads somewhere: that there is none is a bug of the compiler. */
export function byId<Item extends { readonly id: string }>(items: readonly Item[], id: string): Item {
  const found = items.find((each) => each.id === id);
  if (found === undefined) throw new Error(`nothing has the id '${id}'`);
  return found;
}
