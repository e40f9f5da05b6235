import { describe, expect, it } from "vitest";
import { toldBy } from "../../lib/told.ts";

describe("no-retention", () => {
  const told = async (keep: string) => {
    const source = `const common = { on: host("web"), schedule: daily("02:00"), copies: [directory("disk", { path: "/backup" })] };
export default plan("shop", { assets: [
  files("one", { ...common, paths: ["/one"], ${keep} }),
  files("two", { ...common, paths: ["/two"], keep: keep({ last: 1 }) }),
] });
`;
    return (await toldBy("no-retention", source)).map(({ message, at }) => [message, at]);
  };
  const message = "asset 'one' says nothing of how long its backups are kept";

  it("tells of an asset that says nothing, and of one whose rules are none", async () => {
    expect(await told("")).toEqual([[message, "files"]]);
    expect(await told("keep: keep({})")).toEqual([[message, "keep"]]);
  });

  it("is content with any one rule", async () => {
    for (const rule of ["last", "hourly", "daily", "weekly", "monthly", "yearly"])
      expect(await told(`keep: keep({ ${rule}: 1 })`), rule).toEqual([]);
  });
});
