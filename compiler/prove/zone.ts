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
  if (zone === "UTC") return 0;
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, format);
  }
  const match = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(format.format(instant * 60_000));
  if (match === null) throw new Error(`no offset for ${zone}`);
  const [, sign, hours, minutes] = match;
  const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === "-" ? -offset : offset;
}

const known = new Map<string, readonly Era[]>();

/** The eras of a zone in `[from, to)`. */
export function erasOf(zone: string, from: number, to: number): readonly Era[] {
  const key = `${zone} ${from} ${to}`;
  let eras = known.get(key);
  if (eras === undefined) {
    eras = findEras(zone, from, to);
    known.set(key, eras);
  }
  return eras;
}

function findEras(zone: string, from: number, to: number): readonly Era[] {
  const eras: Era[] = [];
  let begin = from;
  let offset = offsetAt(zone, from);
  for (let sample = from; sample < to; ) {
    const next = Math.min(sample + SAMPLE, to);
    const there = offsetAt(zone, next);
    if (there !== offset) {
      const change = firstWith(zone, sample, next, offset);
      if (change < to) {
        eras.push({ from: begin, to: change, offset });
        begin = change;
        offset = offsetAt(zone, change);
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
function firstWith(zone: string, before: number, after: number, offset: number): number {
  let low = before;
  let high = after;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === offset) low = middle;
    else high = middle;
  }
  return high;
}
