import type { Clock } from "../../compiler/prove/calendar.ts";
import type { Series } from "../../compiler/prove/staleness.ts";

/**
 * The brute force that proofs are compared with: a cron that wakes every minute, reads the clock on the wall, and starts jobs; written after
 * cron's manual page and source, and with nothing of the compiler's own arithmetic.
 */

const MINUTES_PER_DAY = 1440;

/** What the clock on a wall shows at each minute of `[from, to)`: minutes of local time since 1970. */
export function wallClock(zone: string, from: number, to: number): Int32Array {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const wall = new Int32Array(to - from);
  // Clocks are changed at full quarters of an hour.
  for (let quarter = from; quarter < to; quarter += 15) {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(quarter * 60_000)) part[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = part;
    const first = Date.UTC(year, month - 1, day, hour, minute) / 60_000;
    for (let step = 0; step < 15 && quarter + step < to; step++) wall[quarter + step - from] = first + step;
  }
  return wall;
}

/** Whether a crontab line says so of a minute of local time. */
function dueAt({ schedule }: Clock): (wall: number) => boolean {
  const minutes = Array.from(
    { length: MINUTES_PER_DAY },
    (_, minute) => schedule.minutes.includes(minute % 60) && schedule.hours.includes(Math.floor(minute / 60)),
  );
  const [, , month = "", , week = ""] = schedule.cron.split(" ");
  const days = new Map<number, boolean>();
  const isDay = (day: number): boolean => {
    const date = new Date(day * MINUTES_PER_DAY * 60_000);
    if (!schedule.months.includes(date.getUTCMonth() + 1)) return false;
    const inMonth = schedule.daysOfMonth.includes(date.getUTCDate());
    const inWeek = schedule.daysOfWeek.includes(date.getUTCDay());
    return month.startsWith("*") || week.startsWith("*") ? inMonth && inWeek : inMonth || inWeek;
  };
  return (wall) => {
    const day = Math.floor(wall / MINUTES_PER_DAY);
    if (!minutes[wall - day * MINUTES_PER_DAY]) return false;
    const known = days.get(day) ?? isDay(day);
    days.set(day, known);
    return known;
  };
}

/** The minutes, counted from the beginning of the wall clock, at which a cron starts a job; with repetitions. */
export function cronStarts(clock: Clock, wall: Int32Array): readonly number[] {
  const [minute = "", hour = ""] = clock.schedule.cron.split(" ");
  const isWild = minute.startsWith("*") || hour.startsWith("*");
  const isDue = dueAt(clock);
  const starts: number[] = [];
  let virtual = (wall[0] as number) - 1;
  for (let now = 0; now < wall.length; now++) {
    const shown = wall[now] as number;
    const ahead = shown - virtual;
    if (clock.os === "macos" || Math.abs(ahead) >= 180 || ahead === 1) {
      if (isDue(shown)) starts.push(now);
      virtual = shown;
    } else if (ahead > 1) {
      // Put forward: what has no fixed time goes by the clock; what has one and was skipped runs now.
      if (isWild && isDue(shown)) starts.push(now);
      for (virtual++; virtual < shown; virtual++) if (!isWild && isDue(virtual)) starts.push(now);
      if (!isWild && isDue(shown)) starts.push(now);
    } else if (isWild && isDue(shown)) {
      // Put back: what has a fixed time has run already.
      starts.push(now);
    }
  }
  return starts;
}

/** The oldest that the newest data in the survivors is at any minute from `count` on. Seconds; all durations are whole minutes. */
export function simulate(
  series: readonly Series[],
  survivors: readonly number[],
  walls: (zone: string) => Int32Array,
  count: number,
): number {
  const jobs = series.flatMap((each, index) =>
    each.jobs.map((job) => ({
      store: index,
      from: each.from,
      takes: job.takes / 60,
      takesLog: (job.takesLog ?? 0) / 60,
      lane: job.isLog ? 1 : 0,
      starts: cronStarts(job.clock, walls(job.clock.zone)),
      next: 0,
      busyUntil: -1,
      holds: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    })),
  );
  const length = walls(series[0]?.jobs[0]?.clock.zone ?? "UTC").length;
  // In each store the newest full set, and the newest of the log.
  const newest = series.map(() => [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  const due: { at: number; store: number; lane: number; captured: number }[] = [];
  let best = Number.NEGATIVE_INFINITY;
  let worst = -1;
  // Minutes at which something begins or is complete.
  const busy = new Uint8Array(length + 1);
  for (const job of jobs) for (const start of job.starts) busy[start] = 1;
  const arrive = (store: number, lane: number, captured: number) => {
    const lanes = newest[store] as number[];
    lanes[lane] = Math.max(lanes[lane] as number, captured);
    if (survivors.includes(store)) best = Math.max(best, ...lanes);
  };
  for (let now = 0; now <= length; now++) {
    if (now >= count) worst = Math.max(worst, now - best);
    if (busy[now] === 0) continue;
    // First what is complete now, then what starts now; what takes no time is complete at once, for those further on the way, too.
    for (let index = due.length - 1; index >= 0; index--) {
      const each = due[index] as (typeof due)[number];
      if (each.at !== now) continue;
      arrive(each.store, each.lane, each.captured);
      due.splice(index, 1);
    }
    const begin = (job: (typeof jobs)[number], lane: number, captured: number, takes: number) => {
      job.holds[lane] = captured;
      job.busyUntil = Math.max(job.busyUntil, now) + takes;
      if (job.busyUntil === now) arrive(job.store, lane, captured);
      else due.push({ at: job.busyUntil, store: job.store, lane, captured });
      if (job.busyUntil <= length) busy[job.busyUntil] = 1;
    };
    for (const job of jobs) {
      while (job.starts[job.next] === now) {
        job.next++;
        if (now < job.busyUntil) continue;
        if (job.from === undefined) {
          begin(job, job.lane, now, job.takes);
          continue;
        }
        for (const lane of [0, 1]) {
          const captured = newest[job.from]?.[lane] as number;
          if (captured > (job.holds[lane] as number))
            begin(job, lane, captured, lane === 0 ? job.takes : job.takesLog);
        }
      }
    }
  }
  return worst * 60;
}
