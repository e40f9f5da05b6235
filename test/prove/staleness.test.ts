import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFields, type ScheduleModel } from "../../compiler/model/schedule.ts";
import { firings } from "../../compiler/prove/calendar.ts";
import { type Job, type Series, worstStaleness } from "../../compiler/prove/staleness.ts";
import { cronStarts, simulate, wallClock } from "./simulation.ts";

/** Random plans that are tried; 10,000 by `npm run test:proofs`, fewer while one works on them: PROOF_RUNS=100 npx vitest run test/prove */
const RUNS = Number(process.env.PROOF_RUNS ?? 2_500);

const DAY = 1440;
const at = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day) / 60_000;

/** Times at which something happens to some clock; each with zones. Each window is long enough to hold a weekly job twice. */
const WINDOWS = [
  {
    from: at(2026, 3, 20),
    to: at(2026, 4, 12),
    zones: ["Europe/Berlin", "Asia/Seoul", "UTC", "Australia/Lord_Howe"],
  },
  {
    from: at(2026, 10, 1),
    to: at(2026, 11, 5),
    zones: ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"],
  },
  { from: at(2018, 2, 5), to: at(2018, 3, 8), zones: ["America/Sao_Paulo", "Europe/Berlin", "Asia/Seoul"] },
  { from: at(2018, 10, 20), to: at(2018, 11, 20), zones: ["America/Sao_Paulo", "America/New_York"] },
  {
    from: at(2026, 2, 1),
    to: at(2026, 4, 5),
    zones: ["Africa/Casablanca", "Asia/Kathmandu", "America/New_York"],
  },
  { from: at(2011, 12, 20), to: at(2012, 1, 10), zones: ["Pacific/Apia", "UTC"] },
] as const;

/** Two years, for what happens once a month. */
const YEARS = [
  { from: at(2026, 1, 1), to: at(2028, 1, 1), zones: ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Seoul"] },
  { from: at(2017, 6, 1), to: at(2019, 6, 1), zones: ["America/Sao_Paulo", "Asia/Seoul"] },
] as const;

const walls = new Map<string, Int32Array>();
function wallOf(zone: string, from: number, to: number): Int32Array {
  const key = `${zone} ${from} ${to}`;
  const wall = walls.get(key) ?? wallClock(zone, from, to);
  walls.set(key, wall);
  return wall;
}

const pick = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const number = (max: number) => fc.integer({ min: 0, max });

const weeklyFields = fc.oneof(
  fc.tuple(number(59), number(23)).map(([m, h]) => `${m} ${h} * * *`),
  fc.tuple(number(59), number(3)).map(([m, h]) => `${m} ${h} * * *`),
  fc.tuple(number(59), number(3), number(6)).map(([m, h, d]) => `${m} ${h} * * ${d}`),
  pick(
    "*/5 * * * *",
    "*/15 * * * *",
    "0 * * * *",
    "0 */6 * * *",
    "30 2 * * *",
    "0 2 * * *",
    "30 1,2,3 * * *",
    "0 0 * * *",
  ),
  fc.tuple(number(59), number(2)).map(([m, h]) => `${m} ${h},14 * * mon-fri`),
);
const anyFields = fc.oneof(
  { weight: 3, arbitrary: weeklyFields },
  fc.tuple(number(59), number(23), fc.integer({ min: 1, max: 28 })).map(([m, h, d]) => `${m} ${h} ${d} * *`),
  fc.tuple(number(23), number(6)).map(([h, d]) => `0 ${h} 1,15 * ${d}`),
  fc.tuple(number(23)).map(([h]) => `0 ${h} */2 * 1-5`),
);

function schedule(cron: string): ScheduleModel {
  const parsed = parseFields(cron);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return { cron, text: cron, ...parsed };
}

function job(fields: fc.Arbitrary<string>, zones: readonly string[]): fc.Arbitrary<Job> {
  return fc
    .record({
      cron: fields,
      zone: pick(...zones),
      os: pick("linux" as const, "macos" as const),
      takes: fc.oneof({ weight: 3, arbitrary: pick(0, 1, 4, 14, 30) }, { weight: 1, arbitrary: number(90) }),
    })
    .map(({ cron, zone, os, takes }) => ({
      clock: { schedule: schedule(cron), zone, os },
      takes: takes * 60,
    }));
}

/** A backup, perhaps with a log, and up to two copies, each taken from one before it. */
function plan(fields: fc.Arbitrary<string>, zones: readonly string[]) {
  return fc
    .record({
      full: job(fields, zones),
      log: fc.option(job(fields, zones)),
      copies: fc.array(fc.tuple(job(fields, zones), fc.nat(), pick(0, 1, 3)), { maxLength: 2 }),
      keep: fc.nat(),
    })
    .map(({ full, log, copies, keep }) => {
      const series: Series[] = [
        { store: "0", jobs: [full, ...(log === null ? [] : [{ ...log, isLog: true }])], from: undefined },
        ...copies.map(([each, from, takesLog], index) => ({
          store: String(index + 1),
          jobs: [{ ...each, takesLog: takesLog * 60 }],
          from: from % (index + 1),
        })),
      ];
      // Some stores are left, in every combination.
      const subsets = 2 ** series.length - 1;
      const mask = (keep % subsets) + 1;
      return { series, survivors: series.flatMap((_, index) => (mask & (1 << index) ? [index] : [])) };
    });
}

describe("when cron starts a job", () => {
  it.each([...WINDOWS, ...YEARS])(
    "as a cron that looks at the clock every minute: %j",
    ({ from, to, zones }) => {
      fc.assert(
        fc.property(job(anyFields, zones), ({ clock }) => {
          const lead = 2 * DAY;
          const expected = cronStarts(clock, wallOf(clock.zone, from - lead, to))
            .map((minute) => minute + from - lead)
            .filter((minute) => minute >= from);
          expect(firings(clock, from, to)).toEqual(expected);
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe("how old the newest data can be", () => {
  const agree = (
    { from, to, zones }: { from: number; to: number; zones: readonly string[] },
    fields: fc.Arbitrary<string>,
    lead: number,
    numRuns: number,
  ) =>
    fc.assert(
      fc.property(plan(fields, zones), ({ series, survivors }) => {
        const proven = worstStaleness(series, survivors, { from, to });
        fc.pre(!proven.overlaps);
        const simulated = simulate(series, survivors, (zone) => wallOf(zone, from - lead, to), lead);
        expect(proven.worst).toBe(simulated);
      }),
      { numRuns },
    );

  it.each(WINDOWS)("as every minute of a simulation says: %j", (window) => {
    agree(window, weeklyFields, 6 * 7 * DAY, Math.ceil(RUNS / WINDOWS.length));
  });

  it.each(YEARS)("over years, for what happens once a month: %j", (window) => {
    agree(window, anyFields, 70 * 7 * DAY, Math.ceil(RUNS / 400));
  });
});
