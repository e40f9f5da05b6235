import type { ScheduleModel } from "../model/schedule.ts";
import { type Era, erasOf, MINUTES_PER_DAY } from "./zone.ts";

/** When cron starts jobs, exactly. Instants are minutes since 1970, UTC. */

/** A schedule, and the clock that it goes by. */
export interface Clock {
  readonly schedule: ScheduleModel;
  readonly zone: string;
  /**
   * What cron does when the clock is changed by less than three hours. Debian's runs jobs of a fixed time that would be skipped right
   * after the change, and does not repeat them when the hour is repeated; macOS' goes by the clock as it stands.
   */
  readonly os: "linux" | "macos";
}

/** From this jump on, Debian's cron takes the new time as it is: minutes. */
const LARGE_JUMP = 180;

/** Every start of a job in `[from, to)`, in order. */
export function firings(clock: Clock, from: number, to: number): readonly number[] {
  // A change before `from` may shift a start into it.
  const eras = erasOf(clock.zone, from - MINUTES_PER_DAY, to);
  const found = eras.flatMap((era, index) => {
    const before = eras[index - 1];
    const jump = before === undefined || !keepsFixedTimes(clock) ? 0 : era.offset - before.offset;
    const end = era.to + era.offset;
    const begin = era.from + era.offset;
    const starts = (walls: readonly number[]) => walls.map((wall) => wall - era.offset);
    if (jump > 0 && jump < LARGE_JUMP) {
      const skipped = matches(clock.schedule, begin - jump, begin).map(() => era.from);
      return [...skipped, ...starts(matches(clock.schedule, begin, end))];
    }
    const isRepeated = jump < 0 && -jump < LARGE_JUMP;
    return starts(matches(clock.schedule, isRepeated ? begin - jump : begin, end));
  });
  return found.filter((instant) => instant >= from && instant < to);
}

/** Cron treats a job as one of a fixed time unless its minute or its hour begins with a star. */
function keepsFixedTimes({ schedule, os }: Clock): boolean {
  const [minute, hour] = schedule.cron.split(" ");
  return os === "linux" && !minute?.startsWith("*") && !hour?.startsWith("*");
}

/** The minutes of local time in `[from, to)` at which a schedule says so. */
export function matches(schedule: ScheduleModel, from: number, to: number): readonly number[] {
  const found: number[] = [];
  for (let day = Math.floor(from / MINUTES_PER_DAY); day * MINUTES_PER_DAY < to; day++) {
    if (!isDay(schedule, day)) continue;
    for (const hour of schedule.hours) {
      for (const minute of schedule.minutes) {
        const wall = day * MINUTES_PER_DAY + hour * 60 + minute;
        if (wall >= from && wall < to) found.push(wall);
      }
    }
  }
  return found;
}

/** Does a schedule say so of a day? Days count from 1970, which began on a Thursday. */
function isDay(schedule: ScheduleModel, day: number): boolean {
  const week = schedule.daysOfWeek.includes((((day + 4) % 7) + 7) % 7);
  if (schedule.daysOfMonth.length === 31 && schedule.months.length === 12 && schedule.days === "and")
    return week;
  const date = new Date(day * MINUTES_PER_DAY * 60_000);
  if (!schedule.months.includes(date.getUTCMonth() + 1)) return false;
  const month = schedule.daysOfMonth.includes(date.getUTCDate());
  return schedule.days === "and" ? week && month : week || month;
}

/** After how many minutes a schedule says the same again: a day, or a week. Undefined: its months differ. */
export function periodOf(schedule: ScheduleModel): number | undefined {
  if (schedule.months.length < 12) return undefined;
  const isEveryWeekday = schedule.daysOfWeek.length === 7;
  const isEveryDay = schedule.daysOfMonth.length === 31;
  if (schedule.days === "or") return isEveryWeekday || isEveryDay ? MINUTES_PER_DAY : undefined;
  if (!isEveryDay) return undefined;
  return isEveryWeekday ? MINUTES_PER_DAY : 7 * MINUTES_PER_DAY;
}

/** A stretch of time that is looked at: from when it counts, and until when. What came before is led in by `lead` minutes. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Stretches of `[from, to)` that together show everything that can happen in it, for schedules of which each is the same after every
 * `period` minutes: that long under each combination of offsets, and the time after each change of one. `memory` is for how many minutes
 * the past has a say.
 */
export function tellingStretches(
  zones: readonly string[],
  period: number,
  memory: number,
  from: number,
  to: number,
): readonly Stretch[] {
  const eras = [...new Set(zones)].sort().map((zone) => erasOf(zone, from, to));
  const changes = [...new Set(eras.flatMap((each) => each.slice(1).map((era) => era.from)))].sort(
    (a, b) => a - b,
  );
  const bounds = [from, ...changes, to];
  const seen = new Set<string>();
  const stretches: Stretch[] = [];
  for (const [index, begin] of bounds.slice(0, -1).entries()) {
    const end = bounds[index + 1] as number;
    const offsets = offsetsAt(eras, begin);
    const earlier = index === 0 ? "" : offsetsAt(eras, begin - 1);
    // Before the first era there is no change.
    const settled = index === 0 ? begin : begin + memory;
    // What follows a change closely has a past that no other change has.
    const isAlone = index === 0 || begin - (bounds[index - 1] as number) >= memory;
    const change = `${earlier} > ${offsets} at ${begin % period} until ${Math.min(end - begin, memory)}`;
    if (index > 0 && (!isAlone || !seen.has(change)))
      stretches.push({ from: begin, to: Math.min(settled, end) });
    if (isAlone) seen.add(change);
    if (settled < end && !seen.has(offsets)) {
      seen.add(offsets);
      // A short era does not show a whole period; another one of the same offsets may.
      if (end - settled < period) seen.delete(offsets);
      stretches.push({ from: settled, to: Math.min(settled + period, end) });
    }
  }
  return stretches;
}

function offsetsAt(eras: readonly (readonly Era[])[], instant: number): string {
  return eras.map((each) => each.find((era) => instant < era.to)?.offset ?? "").join(" ");
}
