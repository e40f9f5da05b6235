import type { Encryption } from "../../dsl/encryption.ts";
import type { Hook } from "../../dsl/hook.ts";
import type { Retention } from "../../dsl/retention.ts";
import type { Service } from "../../dsl/service.ts";
import type { Priority } from "../../dsl/units.ts";
import type { Data } from "../../templates/kind.ts";
import type { Transport } from "../../templates/registry.ts";
import type { Json } from "./document.ts";
import type { ScheduleModel } from "./schedule.ts";

/** Where a node of the model was written. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

export interface HostModel {
  readonly id: string;
  readonly os: "linux" | "macos";
  readonly runsOn: string | undefined;
  readonly timeZone: string;
  readonly paths: {
    readonly scripts: string;
    readonly state: string;
    readonly logs: string;
    readonly scratch: string;
    readonly metrics: string;
  };
  readonly searchPath: readonly string[];
  readonly reach: Data<Transport> | undefined;
  readonly source: SourceLine;
}

export interface StoreModel {
  readonly id: string;
  readonly kind: string;
  /** Where it is, when it is a directory; no host means whichever host the asset lives on. */
  readonly directory: { readonly host: string | undefined; readonly path: string } | undefined;
  /** Where it is, for people. */
  readonly location: string;
  readonly options: Json;
  readonly source: SourceLine;
}

/** A store that an asset's sets come to, and how. */
export interface CopyModel {
  readonly store: string;
  /**
   * `made` there by the backup; `copied` by the backup to another directory of its host; `pulled` by the store's own host;
   * `pushed` by the host that has the copy before it; `none` when no host can bring it there.
   */
  readonly how: "made" | "copied" | "pulled" | "pushed" | "none";
  /** The host whose script makes the copy; undefined means each host of the asset. */
  readonly by: string | undefined;
  /** Index of the copy that it is made from. */
  readonly from: number;
  readonly schedule: ScheduleModel | undefined;
  readonly keep: Retention | undefined;
}

/** An asset with every default filled in; durations are seconds, sizes bytes. */
export interface AssetModel {
  readonly id: string;
  readonly kind: string;
  readonly type: string;
  readonly title: string;
  readonly hosts: readonly string[];
  readonly description: string | undefined;
  readonly schedule: ScheduleModel | undefined;
  /** When its log is archived, of a kind that has one. */
  readonly logSchedule: ScheduleModel | undefined;
  /** The same as seconds; 0 without a log. */
  readonly logInterval: number;
  readonly verifySchedule: ScheduleModel | undefined;
  readonly drillSchedule: ScheduleModel | undefined;
  readonly rpo: number | undefined;
  readonly rto: number | undefined;
  readonly priority: Priority;
  readonly copies: readonly CopyModel[];
  readonly keep: Retention | undefined;
  readonly encryption: Data<Encryption> | undefined;
  readonly compress: "auto" | "zstd" | "gzip" | "none";
  readonly expect: {
    readonly size: number | undefined;
    readonly backup: number | undefined;
    readonly restore: number | undefined;
  };
  readonly timeLimit: { readonly backup: number; readonly restore: number };
  readonly reserve: number;
  readonly notify: readonly Data<Hook>[];
  readonly service: Data<Service> | undefined;
  /** The kind's own options, as the author gave them. */
  readonly options: { readonly [key: string]: Json };
  readonly source: SourceLine;
}

/** A valid plan: every reference resolves, every value was parsed. Plain frozen data. */
export interface Model {
  readonly name: string;
  readonly description: string | undefined;
  readonly timeZone: string;
  readonly hosts: readonly HostModel[];
  readonly stores: readonly StoreModel[];
  readonly assets: readonly AssetModel[];
  readonly source: SourceLine;
  /** SHA-256 of everything above but the source lines: two plans that say the same have the same hash. */
  readonly sha256: string;
}
