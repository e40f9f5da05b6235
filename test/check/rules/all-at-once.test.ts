import { describe, expect, it } from "vitest";
import { messagesOf } from "../../lib/findings.ts";

describe("all-at-once", () => {
  const two = (first: string, second: string) => `const web = host("web");
const disk = directory("disk", { path: "/backup" });
const common = { on: web, copies: [disk], keep: keep({ daily: 7 }) } as const;
export default plan("shop", { assets: [
  files("one", { ...common, paths: ["/one"], ${first} }),
  files("two", { ...common, paths: ["/two"], ${second} }),
] });
`;
  const at = (time: string, backup: string) => `schedule: daily("${time}"), expect: { backup: "${backup}" }`;

  it("allows a backup that begins when the one before it ends", async () => {
    expect(await messagesOf("all-at-once", two(at("02:00", "10m"), at("02:10", "10m")))).toEqual([]);
    expect(await messagesOf("all-at-once", two(at("02:00", "10m"), at("02:09", "10m")))).toEqual([
      "backups of 'two' begin on 'web' while another one is still at work",
    ]);
  });

  it("does not mind short ones, and those on other days", async () => {
    expect(await messagesOf("all-at-once", two(at("02:00", "2m"), at("02:00", "2m")))).toEqual([]);
    const weekly = (day: string) => `schedule: weekly("${day}", "02:00"), expect: { backup: "1h" }`;
    expect(await messagesOf("all-at-once", two(weekly("sunday"), weekly("monday")))).toEqual([]);
    expect(await messagesOf("all-at-once", two(weekly("sunday"), weekly("sunday")))).toHaveLength(1);
  });
});
