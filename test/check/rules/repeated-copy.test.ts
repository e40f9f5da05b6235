import { describe, expect, it } from "vitest";
import { shop } from "../../lib/findings.ts";
import { toldBy } from "../../lib/told.ts";

describe("repeated-copy", () => {
  const told = async (copies: string) => {
    const before = 'const spare = directory("spare", { path: "/spare" });';
    const source = shop('schedule: daily("02:00"), keep: keep({ daily: 7 })', { before }).replace(
      "copies: [disk]",
      `copies: [${copies}]`,
    );
    return (await toldBy("repeated-copy", source)).map(({ message, at }) => [message, at]);
  };
  const twice = (store: string) => `copies of asset 'notes' names store '${store}' twice`;

  it("takes different stores, however alike", async () => {
    expect(await told("disk, spare")).toEqual([]);
  });

  it("tells of each store beyond the first of its name, and points at it", async () => {
    expect(await told("disk, spare, disk")).toEqual([[twice("disk"), "disk"]]);
    expect(await told("disk, spare, copy(spare, {}), disk")).toEqual([
      [twice("spare"), "copy"],
      [twice("disk"), "disk"],
    ]);
    expect(await told("disk, disk, disk")).toHaveLength(2);
  });
});
