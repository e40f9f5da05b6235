import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { shop } from "../../lib/findings.ts";
import { toldBy } from "../../lib/told.ts";

describe("rto-missed", () => {
  const of = async (source: string) =>
    (await toldBy("rto-missed", source)).map(({ message, at }) => [message, at]);
  const late = (worst: string, target: string, what = "the recovery from scenario 'lost'") =>
    `${what} takes ${worst}, and the plan allows ${target}`;

  it("allows exactly what a recovery takes: to notice, to answer, to rebuild, to restore from afar", async () => {
    // 5 and 15 minutes, 20 of a machine, 10 of a restore, and 1 GiB at 100 MiB/s.
    expect(await of(disaster({ rto: "50m11s" }))).toEqual([]);
    const [told] = await toldBy("rto-missed", disaster({ rto: "50m10s" }));
    expect(told).toMatchObject({
      message: late("50 min 11 s", "50 min 10 s"),
      why: "5 min  until it is noticed: the monitoring; 15 min  until somebody is at work: on duty; 20 min  step 'machine'; 10 min 11 s  step 'restore-notes' from 'far'",
      at: '"50m10s"',
    });
  });

  it("tells of a scenario once, not of its assets, which are late because it is", async () => {
    const wiki = 'const wiki = files("wiki", { ...common, on: web, paths: ["/srv/wiki"], copies: [disk] });';
    const parts = { before: wiki, assets: "notes, wiki", rto: "1m" };
    const steps = 'restore(notes), restore(wiki, { takes: "1m" })';
    expect(await of(disaster({ ...parts, steps, loses: "notes, wiki" }))).toEqual([
      [late("31 min", "1 min"), '"1m"'],
    ]);
    const second =
      'lost, scenario("other", { ...told, loses: [notes], detection: { by: "us", within: "5m" }, steps: [restore(notes)], rto: "2m" })';
    expect(await of(disaster({ ...parts, steps, loses: "notes, wiki", scenarios: second }))).toHaveLength(2);
  });

  it("holds each asset against the promise that was made of it", async () => {
    const wiki = 'const wiki = files("wiki", { ...common, on: web, paths: ["/srv/wiki"], copies: [disk] });';
    const source = (notes: string, other: string) =>
      disaster({
        before: wiki,
        assets: "notes, wiki",
        loses: "notes, wiki",
        steps: 'restore(notes), restore(wiki, { takes: "1m" })',
        plan: `objectives: [
  { title: "all", scenario: lost },
  { title: "one", scenario: lost, asset: notes, rto: "${notes}" },
  { title: "two", scenario: lost, asset: wiki, rto: "${other}" },
]`,
      });
    const asset = (id: string) => `the recovery of asset '${id}' in scenario 'lost'`;
    expect(await of(source("30m", "31m"))).toEqual([]);
    expect(await of(source("29m59s", "31m"))).toEqual([
      [late("30 min", "29 min 59 s", asset("notes")), '"2h"'],
    ]);
    expect(await of(source("29m", "30m"))).toEqual([
      [late("30 min", "29 min", asset("notes")), '"2h"'],
      [late("31 min", "30 min", asset("wiki")), '"2h"'],
    ]);
  });

  it("holds a scenario against the promise that was made of it, if that is less", async () => {
    const promised = (rto: string) =>
      disaster({ plan: `objectives: [{ title: "all", scenario: lost, rto: "${rto}" }]`, rto: "1h" });
    expect(await of(promised("50m"))).toEqual([[late("50 min 11 s", "50 min"), '"1h"']]);
    expect(await of(promised("51m"))).toEqual([]);
    expect(await of(promised("3h"))).toEqual([]);
  });

  it("holds each asset's restore against what the asset allows", async () => {
    const asset = (id: string, restore: string) =>
      `files("${id}", { on: web, paths: ["/srv/${id}"], schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7 }), rto: "10m", expect: { ${restore} } })`;
    const two = (restore: string) =>
      shop("", {}).replace("[notes]", `[${asset("one", restore)}, ${asset("two", restore)}]`);
    expect(await of(two('restore: "10m"'))).toEqual([]);
    expect(await of(two(""))).toEqual([]);
    expect(await of(two('restore: "10m1s"'))).toEqual([
      [late("10 min 1 s", "10 min", "a restore of asset 'one'"), '"10m"'],
      [late("10 min 1 s", "10 min", "a restore of asset 'two'"), '"10m"'],
    ]);
  });

  it("is silent while something is not known, since that is unproven, unless the rest is too much", async () => {
    const open = (rto: string) => disaster({ steps: 'manual("Look"), restore(notes)', loses: "notes", rto });
    expect(await of(open("30m"))).toEqual([]);
    expect(await of(open("29m"))).toHaveLength(1);
  });

  it("leaves what else fails to the rules for that", async () => {
    expect(await of(disaster({ notes: 'rpo: "1h"' }))).toEqual([]);
  });
});
