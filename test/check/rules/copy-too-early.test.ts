import { describe, expect, it } from "vitest";
import { messagesOf, placesOf } from "../../lib/findings.ts";

describe("copy-too-early", () => {
  const plan = (
    schedule: string,
    copy: string,
    { took = "30m", web = "", nas = "", far = "on: nas" } = {},
  ) => `
const web = host("web", { reach: ssh({ address: "10.0.0.6" }), ${web} });
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }), ${nas} });
const disk = directory("disk", { path: "/backup" });
const far = directory("far", { ${far}, path: "/far" });
const third = directory("third", { ${far}, path: "/third" });
export default plan("shop", { assets: [files("notes", { on: web, paths: ["/srv"], ${schedule}
  copies: [disk, ${copy}], keep: keep({ daily: 7 }), ${took === "" ? "" : `expect: { backup: "${took}" }`} })] });
`;
  const at = (text: string) => `copy(far, { schedule: ${text} })`;
  const nightly = 'schedule: daily("02:00"),';

  it("allows a copy that begins when the backup ends, and not a minute sooner", async () => {
    expect(await messagesOf("copy-too-early", plan(nightly, at('daily("02:30")')))).toEqual([]);
    expect(await messagesOf("copy-too-early", plan(nightly, at('daily("02:29")')))).toEqual([
      "the copy of asset 'notes' in 'far' is made 29 min after what it copies begins, which takes 30 min",
    ]);
    expect(await placesOf("copy-too-early", plan(nightly, at('daily("02:29")')))).toEqual(['daily("02:29"']);
    expect(await messagesOf("copy-too-early", plan(nightly, at('daily("01:59")')))).toEqual([]);
  });

  it("finds the very minute also when nobody said how long a backup takes", async () => {
    expect(await messagesOf("copy-too-early", plan(nightly, at('daily("02:00")'), { took: "" }))).toEqual([
      "the copy of asset 'notes' in 'far' is made in the very minute in which what it copies begins, which takes longer than that",
    ]);
    expect(await messagesOf("copy-too-early", plan(nightly, at('daily("02:01")'), { took: "" }))).toEqual([]);
  });

  it("goes through the week, from one into the next", async () => {
    const twice = 'schedule: cron("50 23 * * 6,3"),';
    expect(await messagesOf("copy-too-early", plan(twice, at('cron("10 0 * * 0")')))).toEqual([
      "the copy of asset 'notes' in 'far' is made 20 min after what it copies begins, which takes 30 min",
    ]);
    expect(await messagesOf("copy-too-early", plan(twice, at('cron("20 0 * * 0,4")')))).toEqual([]);
    expect(await messagesOf("copy-too-early", plan(twice, at('cron("20,5 0 * * 4")')))).toHaveLength(1);
  });

  it("asks nothing of copies that run more often, of months, and of copies that follow by themselves", async () => {
    expect(await messagesOf("copy-too-early", plan(nightly, at('every("10m")')))).toEqual([]);
    expect(await messagesOf("copy-too-early", plan(nightly, at('monthly(1, "02:05")')))).toEqual([]);
    expect(
      await messagesOf("copy-too-early", plan('schedule: monthly(1, "02:00"),', at('daily("02:05")'))),
    ).toEqual([]);
    expect(
      await messagesOf("copy-too-early", plan('schedule: cron("0 2 * 1-6 *"),', at('daily("02:05")'))),
    ).toEqual([]);
    expect(await messagesOf("copy-too-early", plan(nightly, "far"))).toEqual([]);
    expect(await messagesOf("copy-too-early", plan("", at('daily("02:05")')))).toEqual([]);
  });

  it("holds a copy of a copy to that one's schedule, and a backup's time to the backup only", async () => {
    const chain = (first: string, second: string) =>
      plan(nightly, `copy(far, { schedule: ${first} }), copy(third, { schedule: ${second} })`, {
        took: "4h",
      });
    expect(await messagesOf("copy-too-early", chain('daily("07:00")', 'daily("07:05")'))).toEqual([]);
    expect(await messagesOf("copy-too-early", chain('daily("07:00")', 'daily("07:00")'))).toEqual([
      "the copy of asset 'notes' in 'third' is made in the very minute in which what it copies begins, which takes longer than that",
    ]);
  });

  it("does not compare clocks of different zones", async () => {
    const apart = { web: 'timeZone: "Asia/Seoul"', nas: 'timeZone: "UTC"' };
    expect(await messagesOf("copy-too-early", plan(nightly, at('daily("02:05")'), apart))).toEqual([]);
  });
});
