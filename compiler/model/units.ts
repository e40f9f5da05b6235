/** Parsing of what authors write: durations, sizes, times of day. Everything is exact: seconds and bytes are integers. */

export type Parsed = { readonly value: number } | { readonly problem: string };

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 } as const;
type DurationUnit = keyof typeof SECONDS;

const BYTES = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const;

const MAX_SECONDS = 100 * SECONDS.y;
const MAX_BYTES = 2 ** 53 - 1;

/** Seconds of `"90s"`, `"1.5h"`, `"1h30m"`; a fraction of a second is refused. */
export function parseDuration(text: string): Parsed {
  if (!/^(\d+(\.\d+)?[smhdwy])+$/.test(text)) {
    return { problem: /^-/.test(text) ? ": it is negative" : "" };
  }
  let total = 0;
  let previous = Number.POSITIVE_INFINITY;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)([smhdwy])/g)) {
    const seconds = SECONDS[unit as DurationUnit];
    if (seconds >= previous) return { problem: ": the largest unit comes first, and each only once" };
    previous = seconds;
    total += Number(number) * seconds;
  }
  // Decimals such as 1.1h are not exact in binary: round off the error, not the author's meaning.
  const rounded = Math.round(total);
  if (Math.abs(total - rounded) > 1e-6) return { problem: ": it is not a whole number of seconds" };
  if (rounded > MAX_SECONDS) return { problem: ": it is longer than 100 years" };
  return { value: rounded };
}

/** Seconds of a duration that the schema has let through. */
export function secondsOf(text: string): number;
export function secondsOf(text: string | undefined): number | undefined;
export function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = parseDuration(text);
  if ("problem" in parsed) throw new Error(`unchecked duration ${text}`);
  return parsed.value;
}

/** Bytes of a size that the schema has let through, or of a rate: then in a second. */
export function bytesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = parseSize(text.replace(/\/s$/, ""));
  if ("problem" in parsed) throw new Error(`unchecked size ${text}`);
  return parsed.value;
}

/** Bytes of `"20GiB"`. */
export function parseSize(text: string): Parsed {
  const match = /^(\d+(?:\.\d+)?)(B|[KMGT]i?B)$/.exec(text);
  if (match === null) return { problem: /^-/.test(text) ? ": it is negative" : "" };
  const bytes = Math.round(Number(match[1]) * BYTES[match[2] as keyof typeof BYTES]);
  return bytes > MAX_BYTES ? { problem: ": it is more than any store holds" } : { value: bytes };
}

/** Minutes since midnight of `"02:00"`. */
export function parseClock(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2]);
}

/** Days since 1970 of `"2026-11-23"`. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const time = Date.parse(`${text}T00:00:00Z`);
  // JavaScript takes February 30 for March 1.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) return undefined;
  return time / 86_400_000;
}

/** A length of time for people, exact: `1 h 30 min`, `7 d`. */
export function formatDuration(seconds: number): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [unit, size] of [
    ["d", SECONDS.d],
    ["h", SECONDS.h],
    ["min", SECONDS.m],
    ["s", SECONDS.s],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/** A size for people, to three digits: `20 GiB`, `1.5 MiB`. */
export function formatSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let amount = bytes;
  let unit = 0;
  for (; amount >= 1024 && unit < units.length - 1; unit++) amount /= 1024;
  return `${Number(amount.toPrecision(3))} ${units[unit]}`;
}
