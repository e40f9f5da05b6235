import { describe, expect, it } from "vitest";
import { messagesOf } from "../../lib/findings.ts";
import { toldBy } from "../../lib/told.ts";

describe("no-schedule", () => {
  const plan = (one: string, two: string) => `const web = host("web");
const common = { on: web, copies: [directory("disk", { path: "/backup" })], keep: keep({ daily: 7 }) } as const;
export default plan("shop", { assets: [
  files("one", { ...common, paths: ["/one"], ${one} }),
  files("two", { ...common, paths: ["/two"], ${two} }),
] });
`;
  const schedule = 'schedule: daily("02:00")';

  it("tells of each asset without one, and of no other", async () => {
    expect(await messagesOf("no-schedule", plan(schedule, schedule))).toEqual([]);
    expect(await messagesOf("no-schedule", plan(schedule, ""))).toEqual(["asset 'two' has no schedule"]);
    expect(await messagesOf("no-schedule", plan("", ""))).toEqual([
      "asset 'one' has no schedule",
      "asset 'two' has no schedule",
    ]);
  });

  it("points at the asset", async () => {
    const [told] = await toldBy("no-schedule", plan(schedule, ""));
    expect(told?.at).toBe("files");
  });
});
