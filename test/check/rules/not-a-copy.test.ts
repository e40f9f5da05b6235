import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("not-a-copy", () => {
  const before = 'const other = directory("other", { on: nas, path: "/other" });';
  const told = (steps: string) => toldBy("not-a-copy", disaster({ before, loses: "notes", steps }));

  it("takes any copy of the asset, and none that is named", async () => {
    expect(await told("restore(notes)")).toEqual([]);
    expect(await told("restore(notes, { from: disk })")).toEqual([]);
    expect(await told("restore(notes, { from: far })")).toEqual([]);
    expect(await told('manual("Look", { takes: "1m" }), restore(notes)')).toEqual([]);
  });

  it("finds each restore from another store, and says which ones there are", async () => {
    const two = 'restore(notes, { id: "two", from: other }),';
    const three = 'restore(notes, { id: "three", from: other }),';
    const found = await told(`\nrestore(notes, { id: "one", from: far }),\n${two}\n${three}\n`);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatchObject({
      message: "scenario 'lost': asset 'notes' is restored from 'other', which has no copy of it",
      fix: 'name one of its own: disk, far, or leave "from" out: the first copy that is left is taken',
      at: "other",
    });
    expect(found.map(({ line }) => line)).toEqual([two, three]);
  });

  it("looks at the copies of that asset, not of any", async () => {
    const wiki = `${before} const wiki = files("wiki", { ...common, on: web, paths: ["/srv/wiki"], copies: [disk, other] });`;
    const source = (steps: string) =>
      disaster({ before: wiki, assets: "notes, wiki", loses: "notes, wiki", steps });
    const of = async (steps: string) =>
      (await toldBy("not-a-copy", source(steps))).map(({ message, fix }) => [message, fix]);
    expect(await of("restore(wiki, { from: other }), restore(notes, { from: far })")).toEqual([]);
    expect(await of("restore(notes), restore(wiki, { from: far })")).toEqual([
      [
        "scenario 'lost': asset 'wiki' is restored from 'far', which has no copy of it",
        'name one of its own: disk, other, or leave "from" out: the first copy that is left is taken',
      ],
    ]);
  });
});
