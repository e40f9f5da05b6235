import { describe, expect, it } from "vitest";
import { disaster } from "../lib/disaster.ts";
import { messagesOf } from "../lib/findings.ts";

describe("a promise of the table of objectives", () => {
  const wiki = {
    before:
      'const wiki = files("wiki", { ...common, on: web, paths: ["/srv/wiki"], copies: [disk, far], expect: { size: "1GiB", backup: "5m", restore: "10m" } });',
    assets: "notes, wiki",
    steps: 'rebuild(web, { takes: "20m" }), restore(notes), restore(wiki)',
    rto: "4h",
  };
  const missed = (rule: string, promise: string, parts = {}) =>
    messagesOf(
      rule,
      disaster({
        ...wiki,
        ...parts,
        plan: `objectives: [{ title: "all", scenario: lost }, { title: "gold", ${promise} }]`,
      }),
    );
  // Made at 02:00 in 5 minutes, copied at 02:20 in 11 seconds.
  const loses = (asset: string, where: string, target: string) =>
    `asset '${asset}' may lose the data of 1 d 20 min 11 s ${where}, and the plan allows ${target}`;

  it("holds for every asset that its scenario takes away", async () => {
    expect(await missed("rpo-missed", 'scenario: lost, rpo: "1d20m11s"')).toEqual([]);
    expect(await missed("rpo-missed", 'scenario: lost, rpo: "1d20m10s"')).toEqual([
      loses("notes", "in scenario 'lost'", "1 d 20 min 10 s"),
      loses("wiki", "in scenario 'lost'", "1 d 20 min 10 s"),
    ]);
  });

  it("holds for the asset that it names, in the scenario that it names", async () => {
    expect(await missed("rpo-missed", 'scenario: lost, asset: wiki, rpo: "1d"')).toEqual([
      loses("wiki", "in scenario 'lost'", "1 d"),
    ]);
    const other =
      'lost, scenario("other", { ...told, loses: [], detection: { by: "us", within: "5m" }, rto: "2h", steps: [manual("Look", { takes: "1m" })] })';
    const elsewhere = { scenarios: other };
    expect(await missed("rpo-missed", 'scenario: lost, asset: wiki, rpo: "1d"', elsewhere)).toHaveLength(1);
  });

  it("holds whatever happens where it names no scenario", async () => {
    expect(await missed("rpo-missed", 'asset: wiki, rpo: "1d"')).toEqual([
      loses("wiki", "in scenario 'lost'", "1 d"),
    ]);
    expect(await missed("rpo-missed", 'asset: wiki, rpo: "1d"', { loses: "" })).toHaveLength(1);
    expect(await missed("rpo-missed", 'asset: wiki, rpo: "1d20m11s"', { loses: "" })).toEqual([]);
    expect(await missed("rpo-missed", 'rpo: "1d"')).toEqual([]);
    expect(await missed("rto-missed", 'asset: wiki, rto: "10m"')).toEqual([]);
    expect(await missed("rto-missed", 'asset: wiki, rto: "9m59s"')).toEqual([
      "a restore of asset 'wiki' takes 10 min, and the plan allows 9 min 59 s",
    ]);
    expect(await missed("rto-missed", 'scenario: lost, asset: wiki, rto: "3h"')).toEqual([]);
  });
});
