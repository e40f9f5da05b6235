import type { Retention } from "../../dsl/retention.ts";
import type { CopyModel, HostModel, StoreModel } from "./model.ts";
import { type ScheduleModel, shiftSchedule } from "./schedule.ts";

/** What a copy waits, at the least, after what it is made from should be there: seconds. */
const SLACK = 15 * 60;
/** How long a backup is taken to run when the plan has no estimate: only for times that the author left to the compiler. */
const CAPTURE = 15 * 60;
/** What each copy of a log waits for the one before it: seconds. */
const LOG_WAIT = 60;

interface AuthorsCopy {
  readonly store: string;
  readonly schedule: ScheduleModel | undefined;
  readonly keep: Retention | undefined;
  readonly takes: number | undefined;
}

interface World {
  readonly hosts: readonly HostModel[];
  readonly stores: readonly StoreModel[];
  readonly assetHosts: readonly string[];
  readonly schedule: ScheduleModel | undefined;
  /** How long a backup takes, in seconds, when the plan says so. */
  readonly capture: number | undefined;
  /** How large a set is, in bytes, when the plan says so. */
  readonly size: number | undefined;
  /** When the asset's log is archived, if it has one. Copies then follow it, not the full backups. */
  readonly logSchedule: ScheduleModel | undefined;
}

/** A directory that has the sets already: the copy's index, and its host, which is undefined for the asset's own. */
interface Holder {
  readonly index: number;
  readonly host: string | undefined;
}

/**
 * Finds how an asset's sets come to each of its stores. A directory on another host fetches them from the last directory before it,
 * since the host with the older copy then needs no access to the newer one; when that host cannot be reached, it sends them. What
 * is no directory is sent to by the host of the last directory.
 */
export function routeCopies(copies: readonly AuthorsCopy[], world: World): readonly CopyModel[] {
  const routes: CopyModel[] = [];
  const holders: Holder[] = [];
  const arrivals: (ScheduleModel | undefined)[] = [];
  for (const [index, copy] of copies.entries()) {
    const route = routeCopy(copy, index, holders, world);
    const before = arrivals[route.from];
    const schedule = route.how === "pulled" || route.how === "pushed" ? (copy.schedule ?? before) : undefined;
    routes.push({ ...route, schedule, follows: copy.schedule === undefined });
    const source = world.logSchedule ?? (route.how === "made" ? world.schedule : (schedule ?? before));
    const wait = world.logSchedule
      ? LOG_WAIT * (index + 1)
      : SLACK + (route.how === "made" ? (world.capture ?? CAPTURE) : (route.takes ?? 0));
    arrivals.push(later(source, wait));
    const directory = directoryOf(copy, world);
    if (directory === undefined || route.how === "none") continue;
    const own = route.how === "made" || route.how === "copied";
    holders.push({ index, host: own ? undefined : directory.host });
  }
  return routes;
}

/** A schedule that many seconds later; beyond some minutes on a round five of them. */
function later(schedule: ScheduleModel | undefined, seconds: number): ScheduleModel | undefined {
  const wait = seconds < 300 ? seconds : Math.ceil(seconds / 300) * 300;
  return schedule === undefined ? undefined : shiftSchedule(schedule, wait);
}

/** How long a set takes to a store, at the store's speed. */
function transferTime(copy: AuthorsCopy, world: World): number | undefined {
  const speed = world.stores.find((store) => store.id === copy.store)?.speed;
  return speed === undefined || speed === 0 || world.size === undefined
    ? undefined
    : Math.ceil(world.size / speed);
}

function directoryOf(copy: AuthorsCopy, world: World): StoreModel["directory"] {
  return world.stores.find((store) => store.id === copy.store)?.directory;
}

function routeCopy(
  copy: AuthorsCopy,
  index: number,
  holders: readonly Holder[],
  world: World,
): Omit<CopyModel, "schedule" | "follows"> {
  const directory = directoryOf(copy, world);
  const last = holders.at(-1) ?? { index: 0, host: undefined };
  const route = (how: CopyModel["how"], by: string | undefined, from = last.index) => ({
    store: copy.store,
    keep: copy.keep,
    takes: copy.takes ?? transferTime(copy, world),
    how,
    by,
    from,
  });
  const host = directory?.host;
  const ownHost = host === undefined || (world.assetHosts.length === 1 && world.assetHosts[0] === host);
  if (index === 0) return route(directory !== undefined && ownHost ? "made" : "none", undefined);
  if (directory === undefined) return route("pushed", last.host);
  // A further directory of the asset's host is filled by the backup itself, and one of a host that has a copy from that copy.
  if (ownHost) return route("copied", undefined, 0);
  const before = holders.find((holder) => holder.host === host);
  if (before !== undefined) return route("pushed", host, before.index);
  const sources = last.host === undefined ? world.assetHosts : [last.host];
  if (sources.every((from) => canReach(host, from, world.hosts))) return route("pulled", host);
  if (sources.every((from) => canReach(from, host, world.hosts))) return route("pushed", last.host);
  return route("none", undefined);
}

/** Can a host run commands on another? A Multipass VM is reached only from the machine that it runs on. */
export function canReach(from: string, to: string, hosts: readonly HostModel[]): boolean {
  const target = hosts.find((host) => host.id === to);
  if (target?.reach === undefined) return false;
  return !("multipass" in target.reach) || target.runsOn === from;
}
