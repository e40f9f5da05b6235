import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { toldBy } from "../../lib/told.ts";

describe("retention-too-short", () => {
  const of = async (parts: Parameters<typeof disaster>[0]) =>
    (
      await toldBy("retention-too-short", disaster({ loses: "notes", steps: "restore(notes)", ...parts }))
    ).map(({ message, why, at }) => [message, why, at]);
  const hidden = (time: string) => `within: "5m", hidden: "${time}"`;
  const kept = (...stores: readonly string[]) =>
    stores.map((store) => `'${store}' always has a set that is at least 6 d old; `).join("");
  const short = (noticed: string, time: string, stores = kept("disk", "far")) => [
    `scenario 'lost': damage to asset 'notes' is noticed after ${noticed}, and the oldest set may be of 6 d before`,
    `every set that is left was made from damaged data: ${stores}damage may lie hidden for ${time}, and it takes 5 min until it is noticed: the monitoring`,
    "keep",
  ];

  it("allows damage that is noticed when the oldest set was made", async () => {
    expect(await of({ detection: hidden("5d23h55m") })).toEqual([]);
    expect(await of({ detection: hidden("5d23h55m1s") })).toEqual([short("6 d 1 s", "5 d 23 h 55 min 1 s")]);
    expect(await of({ detection: hidden("5d23h56m") })).toHaveLength(1);
  });

  it("counts the store that keeps sets for the longest", async () => {
    const copies = (first: string, second: string) => `copy(disk, ${first}), copy(far, ${second})`;
    const long = "{ keep: keep({ daily: 30 }) }";
    expect(await of({ detection: hidden("20d"), copies: copies("{}", long) })).toEqual([]);
    expect(await of({ detection: hidden("20d"), copies: copies(long, "{}") })).toEqual([]);
    expect(await of({ detection: hidden("30d"), copies: copies(long, "{}") })).toHaveLength(1);
  });

  it("counts only what the disaster leaves", async () => {
    const copies = "disk, copy(far, { keep: keep({ daily: 30 }) })";
    expect(await of({ detection: hidden("20d"), copies, loses: "notes, nas" })).toEqual([
      short("20 d 5 min", "20 d", kept("disk")),
    ]);
    // Where nothing is left there is another finding.
    expect(await of({ detection: hidden("20d"), loses: "notes, web, nas" })).toEqual([]);
  });

  it("asks nothing of data that is gone from one moment to the next", async () => {
    const steps = 'rebuild(web, { takes: "20m" }), restore(notes)';
    expect(await of({ detection: hidden("20d"), loses: "web", steps })).toEqual([]);
    const malicious = { detection: hidden("20d"), loses: "web", steps, scenario: "malicious: true" };
    // An intruder on the host has damaged the data before anybody noticed.
    expect(await of({ ...malicious, nas: "reach: undefined" })).toEqual([
      short("20 d 5 min", "20 d", kept("far")),
    ]);
    expect(
      await of({ ...malicious, web: "reach: undefined", loses: "nas", steps: "restore(notes)" }),
    ).toEqual([]);
  });

  it("is silent where every set is kept, where nothing is scheduled, and while something is not known", async () => {
    const open = { before: 'const plain = { schedule: daily("02:00") };' };
    expect(await of({ ...open, detection: hidden("9d"), notes: "keep: undefined" })).toEqual([]);
    expect(await of({ detection: hidden("20d"), notes: "schedule: undefined" })).toEqual([]);
    expect(await of({ detection: 'hidden: "20d"' })).toEqual([]);
  });

  it("counts the longest wait for a check, and how long that takes", async () => {
    const check = (takes: string) => ({
      between: `const look = check("look", { on: web, schedule: daily("09:00"), takes: "${takes}", probes: [hostsUp(web)] });`,
      detection: 'check: look, hidden: "4d23h"',
      plan: "checks: [look]",
    });
    expect(await of(check("1h"))).toEqual([]);
    expect(await of(check("1h1s"))).toHaveLength(1);
  });

  it("leaves what else fails to the rules for that, and tells of each scenario and asset", async () => {
    expect(await of({ rto: "1m", notes: 'rpo: "1h"' })).toEqual([]);
    const wiki = 'const wiki = files("wiki", { ...common, on: web, paths: ["/srv/wiki"], copies: [disk] });';
    const all = { before: wiki, assets: "notes, wiki", loses: "notes, wiki", detection: hidden("20d") };
    expect(await of({ ...all, steps: "restore(notes), restore(wiki)" })).toHaveLength(2);
  });
});
