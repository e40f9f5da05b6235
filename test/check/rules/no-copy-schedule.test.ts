import { describe, expect, it } from "vitest";
import { messagesOf } from "../../lib/findings.ts";

describe("no-copy-schedule", () => {
  const plan = (schedule: string, copy: string) => `
const web = host("web", { reach: ssh({ address: "10.0.0.6" }) });
const nas = host("nas");
const disk = directory("disk", { path: "/backup" });
const second = directory("second", { path: "/second" });
const far = directory("far", { on: nas, path: "/far" });
export default plan("shop", { assets: [files("notes", { on: web, paths: ["/srv"], ${schedule}
  copies: [disk, ${copy}], keep: keep({ daily: 7 }) })] });
`;
  // No time of day follows from these minutes of these hours of these days.
  const odd = 'schedule: cron("0 3 13 * 5"),';

  it("finds a copy that nothing says the time of", async () => {
    expect(await messagesOf("no-copy-schedule", plan('schedule: daily("02:00"),', "far"))).toEqual([]);
    expect(await messagesOf("no-copy-schedule", plan(odd, "far"))).toEqual([]);
    expect(
      await messagesOf("no-copy-schedule", plan(odd, 'copy(far, { schedule: daily("04:00") })')),
    ).toEqual([]);
  });

  it("asks for none of a second disk, which the backup fills itself, nor where there is no schedule", async () => {
    expect(await messagesOf("no-copy-schedule", plan(odd, "second"))).toEqual([]);
    expect(await messagesOf("no-copy-schedule", plan("", "far"))).toEqual([]);
  });
});
