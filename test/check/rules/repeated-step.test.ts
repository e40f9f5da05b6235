import { describe, expect, it } from "vitest";
import { foundBy, lostHost, messagesOf, placesOf } from "../../lib/findings.ts";

describe("repeated-step", () => {
  it("finds each step that is called like one before it, and shows that one", async () => {
    const restores = (...options: readonly string[]) =>
      lostHost(
        `rebuild(web, { id: "machine", takes: "20m" }), ${options.map((each) => `restore(notes, { ${each} })`).join(", ")}`,
      );
    expect(await messagesOf("repeated-step", restores("", 'id: "again"'))).toEqual([]);
    expect(await placesOf("repeated-step", restores("", ""))).toEqual(["restore(notes"]);
    const found = await foundBy("repeated-step", restores("", "", ""));
    expect(found.map((each) => each.message)).toEqual(
      Array(2).fill("scenario 'lost': two steps are called 'restore-notes'"),
    );
    expect(found.map((each) => each.related.map(({ target }) => target.column))).toEqual([[58], [58]]);
  });
});
