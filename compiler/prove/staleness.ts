import { type Clock, firings, periodOf, type Stretch, tellingStretches } from "./calendar.ts";
import { erasOf, MINUTES_PER_DAY } from "./zone.ts";

/**
 * How old the newest data in some stores can be, exactly. A set holds the data as it was when its backup began, and counts in a store from the
 * moment at which it is complete there; so the worst moment is right before the next one is. Instants are minutes, durations seconds.
 */

/** How sets come to a store: made there by the jobs of a clock, or taken from another store when a job starts. */
export interface Series {
  readonly store: string;
  /** More than one where an asset has a log beside its full sets. */
  readonly jobs: readonly Job[];
  /** Index of the series whose sets are taken; undefined for those that are made. */
  readonly from: number | undefined;
}

/** A job that brings sets. */
export interface Job {
  readonly clock: Clock;
  /** How long it takes until a full set is complete: seconds. */
  readonly takes: number;
  /** Of a job that makes sets: they are those of the log, not full ones. */
  readonly isLog?: boolean;
  /** Of a job that copies: how long it takes to bring what is new of the log, after a full set if there is one: seconds. */
  readonly takesLog?: number;
}

/** A set in a store: the data as of `captured`, complete there at `arrived`. Seconds since 1970. */
export interface Arrival {
  readonly captured: number;
  readonly arrived: number;
  readonly isLog: boolean;
}

/** The oldest that the newest data can be, and the moment at which it is. */
export interface Staleness {
  /** Seconds; Infinity when there may be no set at all. */
  readonly worst: number;
  /** When it is that old: seconds since 1970. */
  readonly at: number;
  /** When the data is from. */
  readonly captured: number;
  /**
   * A job was due while it was still at work, run after run. Which starts are left out then depends on when the first one ever was, so
   * nothing is proven.
   */
  readonly overlaps: boolean;
}

/** What of a year or more is looked at: `[from, to)` in minutes. */
export interface Horizon {
  readonly from: number;
  readonly to: number;
}

/** Ten years: every kind of daylight saving's beginning and end, leap years, and months of all lengths. No clock is asked. */
export const HORIZON: Horizon = {
  from: Date.UTC(2026, 0, 1) / 60_000,
  to: Date.UTC(2036, 0, 1) / 60_000,
};

/** What came to each store, in stretches of time that show everything that can happen. */
export interface History {
  readonly series: readonly Series[];
  readonly stretches: readonly {
    readonly stretch: Stretch;
    /** By series. */
    readonly arrivals: readonly (readonly Arrival[])[];
  }[];
  /** By series: whether a job of it is late for ever. */
  readonly overlaps: readonly boolean[];
}

/** How old the newest set that lies in any of the stores can be. */
export function worstStaleness(
  series: readonly Series[],
  survivors: readonly number[],
  horizon: Horizon = HORIZON,
): Staleness {
  return worstOf(historyOf(series, horizon), survivors);
}

/** Runs all the jobs. It takes the most time, and is the same whatever is lost afterwards. */
export function historyOf(series: readonly Series[], horizon: Horizon = HORIZON): History {
  const clocks = series.flatMap((each) => each.jobs.map((job) => job.clock));
  const lead = leadOf(series, horizon);
  const periods = clocks.map((clock) => periodOf(clock.schedule));
  const stretches = periods.includes(undefined)
    ? [horizon]
    : tellingStretches(
        clocks.map((clock) => clock.zone),
        Math.max(MINUTES_PER_DAY, ...(periods as readonly number[])),
        lead,
        horizon.from,
        horizon.to,
      );
  const runs = stretches.map((stretch) => ({
    stretch,
    ...arrivalsOf(series, stretch.from - lead, stretch.to),
  }));
  return {
    series,
    stretches: runs,
    overlaps: series.map((_, index) => runs.some((run) => run.overlaps[index])),
  };
}

/** How old the newest set can be when only some of the stores are left. */
export function worstOf({ series, stretches, overlaps }: History, survivors: readonly number[]): Staleness {
  if (survivors.length === 0) return { worst: Number.POSITIVE_INFINITY, at: 0, captured: 0, overlaps: false };
  const found = stretches.map(({ stretch, arrivals }) => worstIn(arrivals, survivors, stretch));
  const oldest = found.reduce((worst, each) => (each.worst > worst.worst ? each : worst));
  return { ...oldest, overlaps: upstream(series, survivors).some((index) => overlaps[index]) };
}

/** Some series, and those that they take their sets from. */
export function upstream(series: readonly Series[], from: readonly number[]): readonly number[] {
  const found = new Set<number>();
  for (const start of from)
    for (let at: number | undefined = start; at !== undefined && !found.has(at); at = series[at]?.from)
      found.add(at);
  return [...found];
}

/** For how many minutes before a moment a job can have a say in it: its own interval and duration, once for each copy on the way. */
function leadOf(series: readonly Series[], horizon: Horizon): number {
  const clocks = series.flatMap((each) => each.jobs.map((job) => job.clock));
  const changes = clocks.some(({ zone }) => erasOf(zone, horizon.from, horizon.to).length > 1);
  const change = changes ? LONGEST_CHANGE : 0;
  const perJob = series.flatMap((each) =>
    each.jobs.map((job) => {
      const period = periodOf(job.clock.schedule);
      const interval = period === undefined ? LONGEST_PAUSE : period + change;
      return interval + Math.ceil(((job.takes ?? 0) + (job.takesLog ?? 0)) / 60);
    }),
  );
  return perJob.reduce((sum, each) => sum + each, change);
}

/** For how long a change of a clock may hold a start back, or leave it out, in minutes: Samoa once left out a day. */
const LONGEST_CHANGE = MINUTES_PER_DAY;

/** What a schedule by months may pause, in minutes: more than a year, and for February 29 the rest of the horizon tells. */
const LONGEST_PAUSE = 62 * 7 * MINUTES_PER_DAY;

function worstIn(
  arrivals: readonly (readonly Arrival[])[],
  survivors: readonly number[],
  stretch: Stretch,
): Omit<Staleness, "overlaps"> {
  const events = survivors.flatMap((index) => arrivals[index] ?? []).sort((a, b) => a.arrived - b.arrived);
  const [from, to] = [stretch.from * 60, stretch.to * 60];
  let newest = Number.NEGATIVE_INFINITY;
  let worst = { worst: -1, at: 0, captured: 0 };
  const look = (at: number) => {
    const age = at - newest;
    if (age > worst.worst) worst = { worst: age, at, captured: newest };
  };
  for (const { captured, arrived } of events) {
    if (captured <= newest) continue;
    if (arrived >= to) break;
    if (arrived >= from) look(arrived);
    newest = captured;
  }
  look(to);
  return worst;
}

/** The sets that come to each store from jobs that start in `[from, to)`, and whether a job was due while it was still at work. */
export function arrivalsOf(
  series: readonly Series[],
  from: number,
  to: number,
): { readonly arrivals: readonly (readonly Arrival[])[]; readonly overlaps: readonly boolean[] } {
  const arrivals: (readonly Arrival[])[] = [];
  const overlaps: boolean[] = [];
  for (const each of series) {
    const source = each.from === undefined ? undefined : (arrivals[each.from] ?? []);
    const runs = each.jobs.map((job) => runJob(job, source, firings(job.clock, from, to)));
    overlaps.push(runs.some((run) => run.overlaps));
    arrivals.push(runs.flatMap((run) => run.arrivals).sort((a, b) => a.arrived - b.arrived));
  }
  return { arrivals, overlaps };
}

/** What one job brings. One that is still at work when it is due again holds the lock, and that start is left out. */
function runJob(job: Job, source: readonly Arrival[] | undefined, starts: readonly number[]) {
  const arrivals: Arrival[] = [];
  const lanes = { full: new Lane(), log: new Lane() };
  let busyUntil = Number.NEGATIVE_INFINITY;
  let next = 0;
  let late = false;
  let wasLate = false;
  let overlaps = false;
  for (const minute of starts) {
    const start = minute * 60;
    if (source === undefined) {
      if (start < busyUntil) {
        overlaps = true;
        continue;
      }
      busyUntil = start + job.takes;
      arrivals.push({ captured: start, arrived: busyUntil, isLog: job.isLog ?? false });
      continue;
    }
    for (; next < source.length && (source[next] as Arrival).arrived <= start; next++) {
      const { isLog, captured } = source[next] as Arrival;
      lanes[isLog ? "log" : "full"].offer(captured);
    }
    if (!lanes.full.hasNew() && !lanes.log.hasNew()) continue;
    if (start < busyUntil) {
      late = true;
      continue;
    }
    // Late twice running: it may be so for ever. Late once: a full set was large, and the next run has made up for it.
    overlaps ||= late && wasLate;
    wasLate = late;
    late = false;
    busyUntil = start;
    for (const [name, takes] of [
      ["full", job.takes],
      ["log", job.takesLog ?? 0],
    ] as const) {
      if (!lanes[name].hasNew()) continue;
      busyUntil += takes;
      arrivals.push({ captured: lanes[name].take(), arrived: busyUntil, isLog: name === "log" });
    }
  }
  return { arrivals, overlaps };
}

/** Sets of one sort that wait to be taken: only the newest counts. */
class Lane {
  private newest = Number.NEGATIVE_INFINITY;
  private taken = Number.NEGATIVE_INFINITY;

  offer(captured: number): void {
    this.newest = Math.max(this.newest, captured);
  }

  hasNew(): boolean {
    return this.newest > this.taken;
  }

  take(): number {
    this.taken = this.newest;
    return this.taken;
  }
}
