import { value } from "./node.ts";
import type { ClockTime, Duration } from "./units.ts";

/** A day of the week. */
export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

/** Every day at a time. */
export interface DailySchedule {
  readonly daily: ClockTime;
}
/** Once a week. */
export interface WeeklySchedule {
  readonly weekly: { readonly day: Weekday; readonly at: ClockTime };
}
/** Once a month, on a day that every month has. */
export interface MonthlySchedule {
  readonly monthly: {
    /**
     * Day of the month, 1 to 28.
     * @minimum 1
     * @maximum 28
     * @integer
     */
    readonly day: number;
    readonly at: ClockTime;
  };
}
/** At a fixed interval that divides an hour or a day. */
export interface IntervalSchedule {
  readonly every: Duration;
}
/** Five cron fields. */
export interface CronSchedule {
  readonly cron: string;
}

/** When a job runs, in the time zone of the host that it runs on. */
export type Schedule = DailySchedule | WeeklySchedule | MonthlySchedule | IntervalSchedule | CronSchedule;

/**
 * Runs every day at a time of the host's clock.
 * @example daily("02:00")
 */
export function daily(at: ClockTime): DailySchedule {
  return value(daily, { daily: at });
}

/**
 * Runs once a week.
 * @example weekly("sunday", "03:30")
 */
export function weekly(day: Weekday, at: ClockTime): WeeklySchedule {
  return value(weekly, { weekly: { day, at } });
}

/**
 * Runs once a month, on day 1 to 28: a later day is missing from some month, and a backup that skips a month is a trap.
 * @example monthly(1, "04:00")
 */
export function monthly(day: number, at: ClockTime): MonthlySchedule {
  return value(monthly, { monthly: { day, at } });
}

/**
 * Runs at an interval that cron can keep: minutes that divide an hour (`"5m"`, `"15m"`) or hours that divide a day (`"1h"`, `"6h"`).
 * @example every("15m")
 */
export function every(interval: Duration): IntervalSchedule {
  return value(every, { every: interval });
}

/**
 * Runs when five cron fields say: minute, hour, day of month, month, day of week. Names (`mon`, `jan`), lists, ranges and
 * steps are known; `@daily` and a sixth field are not.
 * @example cron("30 1 * * mon-fri")
 */
export function cron(fields: string): CronSchedule {
  return value(cron, { cron: fields });
}
