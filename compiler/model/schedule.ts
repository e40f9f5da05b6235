import type { Schedule } from "../../dsl/schedule.ts";
import type { Diagnostic, Target } from "../diagnostics/diagnostic.ts";
import { badCron, badInterval, badTime, neverFires } from "../diagnostics/schema.ts";
import { describe, type Path } from "./document.ts";
import { formatDuration, parseClock, parseDuration } from "./units.ts";

/** A schedule as cron keeps it. The five fields are explicit lists, so that no script has to parse cron's own language. */
export interface ScheduleModel {
  /** Five cron fields. */
  readonly cron: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  readonly months: readonly number[];
  /** 0 is Sunday. */
  readonly daysOfWeek: readonly number[];
  /** Cron joins day of month and day of week by `or` unless one of them begins with a star. */
  readonly days: "and" | "or";
  /** For people: `daily at 02:00`. */
  readonly text: string;
}

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const DAY_NAMES = DAYS.map((day) => day.slice(0, 3));
const MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of month", from: 1, to: 31 },
  { name: "month", from: 1, to: 12, names: MONTH_NAMES },
  { name: "day of week", from: 0, to: 7, names: DAY_NAMES },
];

const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

type Place = (...path: Path) => Target | undefined;

/** Turns a schedule into cron fields. `at` places a finding below the schedule. */
export function parseSchedule(
  schedule: Schedule,
  at: Place,
): { value: ScheduleModel | undefined; diagnostics: readonly Diagnostic[] } {
  const failed = (diagnostic: Diagnostic) => ({ value: undefined, diagnostics: [diagnostic] });
  const clock = (text: string, ...path: Path) =>
    parseClock(text) ?? badTime({ what: `the time of ${path[0]}()`, actual: describe(text) }, at(...path));

  if ("daily" in schedule) {
    const time = clock(schedule.daily, "daily");
    if (typeof time !== "number") return failed(time);
    return fixed(`${time % 60} ${Math.floor(time / 60)} * * *`, `daily at ${schedule.daily}`);
  }
  if ("weekly" in schedule) {
    const time = clock(schedule.weekly.at, "weekly", "at");
    if (typeof time !== "number") return failed(time);
    const day = DAYS.indexOf(schedule.weekly.day);
    const fields = `${time % 60} ${Math.floor(time / 60)} * * ${day}`;
    return fixed(fields, `weekly on ${capital(schedule.weekly.day)} at ${schedule.weekly.at}`);
  }
  if ("monthly" in schedule) {
    const time = clock(schedule.monthly.at, "monthly", "at");
    if (typeof time !== "number") return failed(time);
    const fields = `${time % 60} ${Math.floor(time / 60)} ${schedule.monthly.day} * *`;
    return fixed(fields, `monthly on day ${schedule.monthly.day} at ${schedule.monthly.at}`);
  }
  if ("every" in schedule) {
    const parsed = parseDuration(schedule.every);
    if ("problem" in parsed) throw new Error("the schema lets only durations through");
    return interval(schedule.every, parsed.value, at("every"));
  }
  return cronSchedule(schedule.cron, at("cron"));
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function fixed(fields: string, text: string): { value: ScheduleModel; diagnostics: readonly Diagnostic[] } {
  const parsed = parseFields(fields);
  if ("problem" in parsed) throw new Error(`made a bad crontab line: ${fields}: ${parsed.problem}`);
  return { value: { cron: fields, text, ...parsed }, diagnostics: [] };
}

function interval(text: string, seconds: number, target: Target | undefined) {
  const shown = `every ${formatDuration(seconds)}`;
  const minutes = seconds / 60;
  if (seconds < 3600 && Number.isInteger(minutes) && minutes > 0 && 60 % minutes === 0) {
    return fixed(minutes === 1 ? "* * * * *" : `*/${minutes} * * * *`, shown);
  }
  const hours = seconds / 3600;
  if (Number.isInteger(hours) && hours > 0 && 24 % hours === 0) {
    if (hours === 24) return fixed("0 0 * * *", "daily at 00:00");
    return fixed(hours === 1 ? "0 * * * *" : `0 */${hours} * * *`, shown);
  }
  const [problem, advice] =
    seconds < 60
      ? ["its smallest step is a minute", 'write every("1m") or longer']
      : seconds < 3600
        ? [
            "it does not divide an hour",
            `write ${neighbours([1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30], minutes, "m")}`,
          ]
        : seconds <= 86_400
          ? ["it does not divide a day", `write ${neighbours([1, 2, 3, 4, 6, 8, 12, 24], hours, "h")}`]
          : ["it is longer than a day", "write daily(), weekly() or monthly()"];
  return { value: undefined, diagnostics: [badInterval({ interval: text, problem, advice }, target)] };
}

/** The allowed steps on either side of what was asked for. */
function neighbours(steps: readonly number[], wanted: number, unit: string): string {
  const below = steps.filter((step) => step < wanted).at(-1);
  const above = steps.find((step) => step > wanted);
  return [below, above]
    .filter((step) => step !== undefined)
    .map((step) => `every("${step}${unit}")`)
    .join(" or ");
}

type Lists = Pick<ScheduleModel, "minutes" | "hours" | "daysOfMonth" | "months" | "daysOfWeek" | "days">;

function cronSchedule(text: string, target: Target | undefined) {
  const failed = (problem: string, advice: string) => ({
    value: undefined,
    diagnostics: [badCron({ fields: text, problem, advice }, target)],
  });
  if (text.startsWith("@")) {
    return failed(`${text} is a nickname`, 'write five fields, or use daily("02:00"), every("1h"), …');
  }
  const fields = text
    .trim()
    .split(/[ \t]+/)
    .join(" ");
  const parsed = parseFields(fields);
  if ("problem" in parsed) return failed(parsed.problem, parsed.advice);
  const possible = parsed.months.some((month) =>
    parsed.daysOfMonth.some((day) => day <= (LONGEST_MONTH[month - 1] ?? 0)),
  );
  if (!possible && parsed.days === "and") {
    const problem = `no such month has day ${parsed.daysOfMonth[0]}`;
    return { value: undefined, diagnostics: [neverFires({ schedule: `cron("${text}")`, problem }, target)] };
  }
  return { value: { cron: fields, text: `cron ${fields}`, ...parsed }, diagnostics: [] };
}

/** Reads five fields as Debian's and macOS' cron do: lists, ranges, steps, names; no L, W, #, ? or wrapped ranges. */
export function parseFields(text: string): Lists | { problem: string; advice: string } {
  const words = text.split(" ");
  if (words.length !== 5) {
    const seen = text === "" ? "no fields" : `${words.length} field${words.length === 1 ? "" : "s"}`;
    return {
      problem: `it has ${seen}, not five`,
      advice: "write minute, hour, day of month, month and day of week; cron knows no seconds and no years",
    };
  }
  const lists: (readonly number[])[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const list = parseField((words[index] ?? "").toLowerCase(), field);
    if (typeof list === "string") {
      return {
        problem: list,
        advice: `give the ${field.name} as ${field.from} to ${field.to}, a list, a range or a step`,
      };
    }
    lists.push(list);
  }
  const [minutes = [], hours = [], daysOfMonth = [], months = [], week = []] = lists;
  const daysOfWeek = [...new Set(week.map((day) => day % 7))].sort((a, b) => a - b);
  const days = words[2]?.startsWith("*") || words[4]?.startsWith("*") ? "and" : "or";
  return { minutes, hours, daysOfMonth, months, daysOfWeek, days };
}

/** The numbers of one field, sorted, or what is wrong with it. */
function parseField(text: string, field: Field): readonly number[] | string {
  const numbers = new Set<number>();
  const wrong = (item: string) => `the ${field.name} '${item}' is not understood`;
  const number = (word: string): number | undefined => {
    const name = field.names?.indexOf(word) ?? -1;
    if (name >= 0) return field.from + name;
    return /^\d{1,2}$/.test(word) ? Number(word) : undefined;
  };
  for (const item of text.split(",")) {
    const match = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d{1,2}))?$/.exec(item);
    if (match === null) return wrong(item);
    const [, first = "", last, stepText] = match;
    const star = first === "*";
    if (star && last !== undefined) return wrong(item);
    const from = star ? field.from : number(first);
    const end = last === undefined ? (star ? field.to : from) : number(last);
    if (from === undefined || end === undefined) return wrong(item);
    if (from < field.from || end > field.to) {
      return `the ${field.name} ${from < field.from ? from : end} is not between ${field.from} and ${field.to}`;
    }
    if (from > end) return `the range ${item} of the ${field.name} runs backwards`;
    // A step on a single number means different things to different crons.
    if (stepText !== undefined && !star && last === undefined) return wrong(item);
    const step = stepText === undefined ? 1 : Number(stepText);
    if (step === 0) return `the step of the ${field.name} is 0`;
    for (let each = from; each <= end; each += step) numbers.add(each);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** The fields as the scripts take them: explicit lists, `*` for all, and how the two kinds of days are joined. */
export function scheduleFields(schedule: ScheduleModel): string {
  const list = (numbers: readonly number[], size: number) =>
    numbers.length === size ? "*" : numbers.join(",");
  return [
    list(schedule.minutes, 60),
    list(schedule.hours, 24),
    list(schedule.daysOfMonth, 31),
    list(schedule.months, 12),
    list(schedule.daysOfWeek, 7),
    schedule.days,
  ].join(" ");
}

/**
 * The same schedule some seconds later, for a job that follows another; undefined when cron cannot say it in one line: a day of the
 * month that moves over midnight, or hours whose shifted minutes fall into different ones.
 */
export function shiftSchedule(schedule: ScheduleModel, seconds: number): ScheduleModel | undefined {
  const shift = Math.round(seconds / 60);
  const everyHour = schedule.hours.length === 24;
  const carries = unique(schedule.minutes.map((minute) => Math.floor((minute + shift) / 60)));
  if (!everyHour && carries.length > 1) return undefined;
  const minutes = sorted(schedule.minutes.map((minute) => (minute + shift) % 60));
  if (everyHour && isEveryDay(schedule)) return withLists(schedule, { minutes });

  const carry = carries[0] ?? 0;
  const days = unique(schedule.hours.map((hour) => Math.floor((hour + carry) / 24)));
  const hours = sorted(schedule.hours.map((hour) => (hour + carry) % 24));
  if (isEveryDay(schedule)) return withLists(schedule, { minutes, hours });
  if (everyHour || days.length > 1) return undefined;
  const day = days[0] ?? 0;
  if (day === 0) return withLists(schedule, { minutes, hours });
  if (schedule.daysOfMonth.length < 31 || schedule.months.length < 12) return undefined;
  const daysOfWeek = sorted(schedule.daysOfWeek.map((each) => (each + day) % 7));
  return withLists(schedule, { minutes, hours, daysOfWeek });
}

function isEveryDay(schedule: ScheduleModel): boolean {
  return (
    schedule.daysOfMonth.length === 31 && schedule.months.length === 12 && schedule.daysOfWeek.length === 7
  );
}

function withLists(schedule: ScheduleModel, changed: Partial<Lists>): ScheduleModel {
  const lists = { ...schedule, ...changed };
  const field = (numbers: readonly number[], size: number, from: number) => {
    if (numbers.length === size) return "*";
    const step = size / numbers.length;
    const first = numbers[0] ?? 0;
    const stepped = Number.isInteger(step) && first === from && numbers.every((each, i) => each === i * step);
    return stepped && numbers.length > 2 ? `*/${step}` : numbers.join(",");
  };
  const cron = [
    field(lists.minutes, 60, 0),
    field(lists.hours, 24, 0),
    field(lists.daysOfMonth, 31, 1),
    field(lists.months, 12, 1),
    field(lists.daysOfWeek, 7, 0),
  ].join(" ");
  return { ...lists, cron, text: describeLists(lists, cron) };
}

/** A schedule that was computed, for people. */
function describeLists(lists: Lists, cron: string): string {
  const at = `${String(lists.hours[0]).padStart(2, "0")}:${String(lists.minutes[0]).padStart(2, "0")}`;
  const once = lists.hours.length === 1 && lists.minutes.length === 1;
  const everyDate = lists.daysOfMonth.length === 31 && lists.months.length === 12;
  if (once && everyDate && lists.daysOfWeek.length === 7) return `daily at ${at}`;
  if (once && everyDate && lists.daysOfWeek.length === 1)
    return `weekly on ${capital(DAYS[lists.daysOfWeek[0] ?? 0] ?? "")} at ${at}`;
  return `cron ${cron}`;
}

function unique(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)];
}

function sorted(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
