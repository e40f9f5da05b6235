import { describe, expect, it } from "vitest";
import { foundBy, lostHost, messagesOf, placesOf } from "../../lib/findings.ts";

describe("not-a-copy", () => {
  const from = (store: string) =>
    lostHost(
      `rebuild(web, { id: "machine", takes: "20m" }), restore(notes, { after: ["machine"], from: ${store} })`,
    );

  it("takes any of the asset's own stores, and no other", async () => {
    expect(await messagesOf("not-a-copy", from("far"))).toEqual([]);
    expect(await messagesOf("not-a-copy", from("disk"))).toEqual([]);
    const [found, ...others] = await foundBy(
      "not-a-copy",
      from('directory("other", { on: nas, path: "/other" })'),
    );
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      message: "scenario 'lost': asset 'notes' is restored from 'other', which has no copy of it",
      fix: 'name one of its own: disk, far, or leave "from" out: the first copy that is left is taken',
    });
    expect(await placesOf("not-a-copy", from('directory("other", { on: nas, path: "/other" })'))).toEqual([
      "restore(notes from",
    ]);
  });

  it("asks nothing of a restore that leaves the choice", async () => {
    expect(await messagesOf("not-a-copy", lostHost())).toEqual([]);
  });
});
