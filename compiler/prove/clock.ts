import type { Model } from "../model/model.ts";
import type { ScheduleModel } from "../model/schedule.ts";
import { type Clock, firings, periodOf, tellingStretches } from "./calendar.ts";
import { HORIZON } from "./staleness.ts";
import { MINUTES_PER_DAY } from "./zone.ts";

/** The clock that a schedule goes by on a host: that of the host, whatever the plan's time zone is. */
export function clockOf(model: Model, schedule: ScheduleModel, hostId: string | undefined): Clock {
  const host = model.hosts.find((each) => each.id === hostId);
  return { schedule, zone: host?.timeZone ?? model.timeZone, os: host?.os ?? "linux" };
}

/** Times between two starts of a job in ten years, in seconds; Infinity when it starts less than twice. */
export interface Gaps {
  readonly shortest: number;
  readonly longest: number;
}

const known = new Map<string, Gaps>();

/** The least and the greatest time between two starts of a job. Many proofs ask it of few clocks. */
export function gapsOf(clock: Clock): Gaps {
  const name = `${clock.schedule.cron} ${clock.zone} ${clock.os}`;
  const gaps = known.get(name) ?? findGaps(clock);
  known.set(name, gaps);
  return gaps;
}

function findGaps(clock: Clock): Gaps {
  const period = periodOf(clock.schedule);
  const lead = period === undefined ? 0 : period + MINUTES_PER_DAY;
  const stretches =
    period === undefined ? [HORIZON] : tellingStretches([clock.zone], period, lead, HORIZON.from, HORIZON.to);
  const gaps = stretches.flatMap((stretch) => {
    const starts = firings(clock, stretch.from - lead, stretch.to);
    return starts.slice(1).map((start, index) => (start - (starts[index] as number)) * 60);
  });
  return {
    shortest: gaps.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    longest: gaps.length === 0 ? Number.POSITIVE_INFINITY : gaps.reduce((a, b) => Math.max(a, b)),
  };
}
