import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reachOf } from "../../compiler/prove/retention.ts";
import type { Retention } from "../../dsl/retention.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** The period that a set stands for under a rule, as templates/prelude/retention.sh counts them. */
function bucket(rule: keyof Retention, seconds: number): number {
  if (rule === "last") return seconds;
  if (rule === "hourly") return Math.floor(seconds / HOUR);
  if (rule === "daily") return Math.floor(seconds / DAY);
  // 1970 began on a Thursday; ISO weeks begin on Mondays.
  if (rule === "weekly") return Math.floor((seconds / DAY + 3) / 7);
  const date = new Date(seconds * 1000);
  return date.getUTCFullYear() * 12 + (rule === "monthly" ? date.getUTCMonth() : 0);
}

/** What stays of some sets, the newest first: the newest one of each of the most recent periods of each rule. */
function kept(sets: readonly number[], keep: Retention): readonly number[] {
  const stays = new Set<number>(sets.slice(0, 1));
  for (const [rule, count] of Object.entries(keep) as [keyof Retention, number][]) {
    let last: number | undefined;
    let periods = 0;
    for (const set of sets) {
      const period = bucket(rule, set);
      if (period === last) continue;
      if (periods === count) break;
      last = period;
      periods += 1;
      stays.add(set);
    }
  }
  return sets.filter((set) => stays.has(set));
}

/** Makes sets for a while, removes what no rule keeps after each, and gives the least age that the oldest one had once it had settled. */
function leastReach(
  keep: Retention,
  interval: number,
  settled: number,
  until: number,
  start: number,
): number {
  let sets: readonly number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let now = start; now < start + until; now += interval) {
    sets = kept([now, ...sets], keep);
    if (now >= start + settled) least = Math.min(least, now - (sets.at(-1) ?? now));
  }
  return least;
}

/** After how long every rule has all the sets that it wants. */
function settlesIn(keep: Retention, interval: number): number {
  const period = { last: 0, hourly: HOUR, daily: DAY, weekly: 7 * DAY, monthly: 31 * DAY, yearly: 366 * DAY };
  const rules = Object.entries(keep) as [keyof Retention, number][];
  return Math.max(...rules.map(([rule, count]) => (count + 1) * Math.max(period[rule], interval)));
}

const start = Date.UTC(2026, 0, 1) / 1000;

describe("how old the oldest set is that a retention always has", () => {
  it("is what a simulation finds, or less by no more than a period is uneven", () => {
    const count = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
    const rules = fc
      .record({ last: count(10), hourly: count(30), daily: count(10), weekly: count(6), monthly: count(4) })
      .map((each) => Object.fromEntries(Object.entries(each).filter(([, n]) => n !== undefined)) as Retention)
      .filter((each) => Object.keys(each).length > 0);
    fc.assert(
      fc.property(
        rules,
        fc.constantFrom(6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY),
        fc.integer({ min: 0, max: 60 * DAY }),
        (keep, interval, offset) => {
          const claimed = reachOf(keep, { shortest: interval, longest: interval });
          const settled = settlesIn(keep, interval);
          const found = leastReach(keep, interval, settled, settled + 150 * DAY, start + offset);
          // Never more than there is. Months are of 28 days in the claim and of up to 31 in truth.
          expect(claimed).toBeLessThanOrEqual(found);
          const slack = (keep.monthly ?? 0) * 3 * DAY + 31 * DAY;
          expect(found - claimed).toBeLessThanOrEqual(slack);
        },
      ),
      { numRuns: Number(process.env.PROOF_RUNS ?? 2_500) },
    );
  });

  it("counts whole periods only when the times between sets differ, as where clocks change", () => {
    expect(reachOf({ daily: 7 }, { shortest: 23 * HOUR, longest: 25 * HOUR })).toBe(5 * DAY);
    expect(reachOf({ last: 7 }, { shortest: 23 * HOUR, longest: 25 * HOUR })).toBe(6 * 23 * HOUR);
  });

  it.each([
    [{ daily: 7 }, DAY, 6 * DAY],
    [{ daily: 1 }, DAY, 0],
    [{ last: 5 }, DAY, 4 * DAY],
    [{ weekly: 4 }, DAY, 15 * DAY],
    [{ monthly: 12 }, DAY, 281 * DAY],
    [{ daily: 7, weekly: 4 }, DAY, 15 * DAY],
    [{ hourly: 24 }, HOUR, 23 * HOUR],
    [undefined, DAY, Number.POSITIVE_INFINITY],
  ] as const)("%j with a set every %d s: %d s", (keep, interval, reach) => {
    expect(reachOf(keep, { shortest: interval, longest: interval })).toBe(reach);
  });
});
