import { describe, expect, it } from "vitest";
import { messagesOf } from "../../lib/findings.ts";
import { toldBy } from "../../lib/told.ts";

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

  it("tells of all that begin while another is at work, when each would be free, and where each is scheduled", async () => {
    const lines = [
      'schedule: daily("02:00"), expect: { backup: "2h" },',
      'schedule: daily("02:10"), expect: { backup: "20m" },',
      'schedule: daily("03:00"), expect: { backup: "90s" },',
      'schedule: daily("03:30"), expect: { backup: "30m1s" },',
      'schedule: daily("04:00"), expect: { backup: "10m" },',
    ];
    const assets = lines.map(
      (line, index) => `files("n${index}", { ...common, paths: ["/n${index}"],\n${line}\n}),`,
    );
    const source = two("", "").replace(/ {2}files\("one"[\s\S]*\n\] \}\);/, `${assets.join("\n")}\n] });`);
    expect(await toldBy("all-at-once", source)).toMatchObject([
      {
        message: "backups of 'n1', 'n3', 'n4' begin on 'web' while another one is still at work",
        fix: "let each begin after the one before it is done: 'n1' 110 min later, 'n3' 30 min later, 'n4' 1 min later",
        line: lines[1],
        related: [lines[3], lines[4]],
      },
    ]);
  });

  it("leaves a backup that meets itself to the rule for that, and asks nothing of what is not scheduled", async () => {
    const every = 'schedule: cron("*/10 * * * *"), expect: { backup: "15m" }';
    const never = 'expect: { backup: "15m" }';
    expect(await messagesOf("all-at-once", two(every, never))).toEqual([]);
    expect(await messagesOf("all-at-once", two(never, every))).toEqual([]);
    // Which of two that end together goes on does not matter to the one that began first.
    const first = 'schedule: cron("0,45 2 * * *"), expect: { backup: "1h" }';
    expect(await messagesOf("all-at-once", two(first, at("02:30", "30m")))).toEqual([
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
