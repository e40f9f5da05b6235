import { isMainThread } from "node:worker_threads";
import { isCanonicalZone } from "../model/time-zones.ts";

/** Time zones, exactly: which offset holds when, from the platform's own time zone database. Instants are minutes since 1970, UTC. */

export const MINUTES_PER_DAY = 1440;

/** A stretch of time in which a zone keeps one offset: local time = UTC + offset, in minutes. */
export interface Era {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** Zones change their offset less often than this, in minutes. */
const SAMPLE = 7 * MINUTES_PER_DAY;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The offset of a zone at an instant. */
export function offsetAt(zone: string, instant: number): number {
  return inZone(zone, (offset) => offset(instant));
}

type OffsetAt = (instant: number) => number;

/**
 * Asks for offsets of a zone. By the process' own zone, which is set for as long as it takes: the first Intl.DateTimeFormat costs more than
 * all the rest of a proof. Only the main thread has a zone, and only a name that is surely known is taken: another would mean the machine's.
 */
function inZone<Result>(zone: string, ask: (offset: OffsetAt) => Result): Result {
  if (zone === "UTC") return ask(() => 0);
  if (!isMainThread || !isCanonicalZone(zone)) return ask(offsetOfFormat(zone));
  const own = process.env.TZ;
  process.env.TZ = zone;
  try {
    return ask((instant) => -new Date(instant * 60_000).getTimezoneOffset());
  } finally {
    if (own === undefined) delete process.env.TZ;
    else process.env.TZ = own;
  }
}

function offsetOfFormat(zone: string): OffsetAt {
  const format =
    formats.get(zone) ?? new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  formats.set(zone, format);
  return (instant) => {
    const match = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(format.format(instant * 60_000));
    if (match === null) throw new Error(`no offset for ${zone}`);
    const [, sign, hours, minutes] = match;
    const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
    return sign === "-" ? -offset : offset;
  };
}

const known = new Map<string, readonly Era[]>();

/** The eras of a zone in `[from, to)`. */
export function erasOf(zone: string, from: number, to: number): readonly Era[] {
  const key = `${zone} ${from} ${to}`;
  let eras = known.get(key);
  if (eras === undefined) {
    eras = inZone(zone, (offset) => findEras(offset, from, to));
    known.set(key, eras);
  }
  return eras;
}

function findEras(offsetAt: OffsetAt, from: number, to: number): readonly Era[] {
  const eras: Era[] = [];
  let begin = from;
  let offset = offsetAt(from);
  for (let sample = from; sample < to; ) {
    const next = Math.min(sample + SAMPLE, to);
    const there = offsetAt(next);
    if (there !== offset) {
      const change = firstWith(offsetAt, sample, next, offset);
      if (change < to) {
        eras.push({ from: begin, to: change, offset });
        begin = change;
        offset = offsetAt(change);
        sample = change;
        continue;
      }
    }
    sample = next;
  }
  eras.push({ from: begin, to, offset });
  return eras;
}

/** The first minute after `before` with another offset than the given one, by halving. */
function firstWith(offsetAt: OffsetAt, before: number, after: number, offset: number): number {
  let low = before;
  let high = after;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === offset) low = middle;
    else high = middle;
  }
  return high;
}
