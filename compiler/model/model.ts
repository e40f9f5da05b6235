import type { Cadence } from "../../dsl/drill.ts";
import type { Encryption } from "../../dsl/encryption.ts";
import type { Hook } from "../../dsl/hook.ts";
import type { RelatedDocument } from "../../dsl/plan.ts";
import type { Probe } from "../../dsl/probe.ts";
import type { Retention } from "../../dsl/retention.ts";
import type { Checklists, Disaster } from "../../dsl/scenario.ts";
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

export interface SiteModel {
  readonly id: string;
  readonly description: string | undefined;
  readonly source: SourceLine;
}

/** Where keys and documents are kept apart from the hosts. */
export interface EscrowModel {
  readonly id: string;
  readonly at: string | undefined;
  readonly on: string | undefined;
  readonly in: string | undefined;
  readonly holders: readonly string[];
  readonly description: string | undefined;
  readonly source: SourceLine;
}

/** A secret that a plan refers to, and where else it is kept. */
export interface SecretModel {
  /** The option that names it: `credentials`, `encrypt`. */
  readonly option: string;
  /** As people would say it: `the file /etc/lifeboat/mysql.cnf`. */
  readonly what: string;
  /** Never on a host: a person types it, or it opens what the hosts have encrypted. */
  readonly isWithPeople: boolean;
  readonly escrow: readonly string[];
}

export interface HostModel {
  readonly id: string;
  readonly os: "linux" | "macos";
  readonly runsOn: string | undefined;
  readonly at: string | undefined;
  readonly sleeps: boolean;
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
  readonly at: string | undefined;
  /** Bytes, and bytes in a second. */
  readonly capacity: number | undefined;
  readonly speed: number | undefined;
  /** For how many seconds nobody can delete or change a set; 0: it can be done at once. */
  readonly lock: number;
  readonly needs: readonly string[];
  readonly secrets: readonly SecretModel[];
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
  /** The author left its time to the compiler, which has it follow what it copies. */
  readonly follows: boolean;
  readonly keep: Retention | undefined;
  /** How long it takes to bring a set there, at most: seconds. Undefined: nobody knows. */
  readonly takes: number | undefined;
}

/** An asset with every default filled in; durations are seconds, sizes bytes. */
export interface AssetModel {
  readonly id: string;
  readonly kind: string;
  readonly type: string;
  readonly title: string;
  readonly hosts: readonly string[];
  /** The hosts that hold the live data, and how many of them may be lost without losing any of it. */
  readonly livesOn: { readonly hosts: readonly string[]; readonly tolerates: number };
  readonly needs: readonly string[];
  readonly group: string | undefined;
  readonly secrets: readonly SecretModel[];
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
  /** The keys that sign its sets, of an asset that signs them. */
  readonly signature: { readonly key: string; readonly publicKeys: readonly string[] } | undefined;
  readonly compress: "auto" | "zstd" | "gzip" | "none";
  readonly expect: {
    readonly size: number | undefined;
    readonly backup: number | undefined;
    readonly restore: number | undefined;
    readonly log: number | undefined;
  };
  readonly timeLimit: { readonly backup: number; readonly restore: number };
  readonly reserve: number;
  readonly notify: readonly Data<Hook>[];
  readonly service: Data<Service> | undefined;
  /** The kind's own options, as the author gave them. */
  readonly options: { readonly [key: string]: Json };
  readonly source: SourceLine;
}

export interface ContactModel {
  readonly id: string;
  readonly name: string;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly role: string | undefined;
  readonly source: SourceLine;
}

export interface VendorModel {
  readonly id: string;
  readonly name: string;
  readonly provides: string;
  readonly phone: string | undefined;
  readonly support: string | undefined;
  readonly contract: string | undefined;
  readonly source: SourceLine;
}

/** A part of the world: what a scenario takes away, and what a step reads. */
export interface PartModel {
  readonly type: "site" | "host" | "store" | "asset" | "escrow";
  readonly id: string;
}

/** What a step does. */
export type ActionModel =
  | { readonly do: "restore"; readonly asset: string; readonly from: string | undefined }
  | {
      readonly do: "rebuild";
      readonly hosts: readonly string[];
      readonly by: readonly string[] | undefined;
      readonly on: string | undefined;
    }
  | { readonly do: "run"; readonly argv: readonly string[]; readonly on: string | undefined }
  | { readonly do: "wait"; readonly probe: Data<Probe> }
  | { readonly do: "manual" | "confirm"; readonly text: string };

export interface StepModel {
  readonly id: string;
  /** Its place in the author's list. */
  readonly index: number;
  readonly action: ActionModel;
  /** Ids of the steps that must be done before it. */
  readonly after: readonly string[];
  /** How long it takes at most, as the author says: seconds. */
  readonly takes: number | undefined;
  readonly needs: readonly PartModel[];
  readonly secrets: readonly SecretModel[];
  readonly reads: readonly FileModel[];
  readonly writes: readonly FileModel[];
  readonly owner: string | undefined;
  readonly note: string | undefined;
}

/** A file on a host. */
export interface FileModel {
  readonly on: string;
  readonly path: string;
}

export interface ScenarioModel {
  readonly id: string;
  readonly title: string;
  readonly disaster: Disaster;
  readonly priority: Priority;
  readonly symptoms: readonly string[];
  readonly impact: { readonly level: "low" | "medium" | "high" | "critical"; readonly description?: string };
  readonly loses: readonly PartModel[];
  readonly malicious: boolean;
  readonly detection: {
    readonly by: string;
    readonly check: string | undefined;
    readonly within: number | undefined;
    readonly hidden: number;
  };
  readonly steps: readonly StepModel[];
  readonly rto: number;
  readonly rpo: number;
  readonly verification: readonly Data<Probe>[];
  readonly checklists: Checklists;
  readonly source: SourceLine;
}

export interface CheckModel {
  readonly id: string;
  readonly title: string | undefined;
  readonly schedule: ScheduleModel;
  readonly on: string | undefined;
  readonly probes: readonly Data<Probe>[];
  readonly manual: readonly string[];
  readonly owner: string | undefined;
  readonly takes: number;
  readonly source: SourceLine;
}

export interface DrillModel {
  readonly id: string;
  readonly title: string | undefined;
  readonly every: Cadence;
  readonly scenario: string | undefined;
  /** What it restores: what the author names, else what the scenario's steps restore. */
  readonly assets: readonly string[];
  readonly owner: string | undefined;
  readonly checklist: readonly string[];
  readonly source: SourceLine;
}

export interface ObjectiveModel {
  readonly title: string;
  readonly scenario: string | undefined;
  readonly asset: string | undefined;
  readonly rto: number | undefined;
  readonly rpo: number | undefined;
}

/** What happens after a disaster, and who does it. */
export interface RecoveryModel {
  readonly controller: string | undefined;
  readonly sites: readonly SiteModel[];
  readonly escrows: readonly EscrowModel[];
  /** Escrows that hold the plan itself. */
  readonly escrow: readonly string[];
  readonly scenarios: readonly ScenarioModel[];
  readonly covers: readonly Disaster[];
  readonly objectives: readonly ObjectiveModel[];
  readonly checks: readonly CheckModel[];
  readonly drills: readonly DrillModel[];
  readonly contacts: readonly ContactModel[];
  readonly vendors: readonly VendorModel[];
  readonly roles: readonly { readonly title: string; readonly who: string }[];
  readonly escalation: readonly {
    readonly title: string;
    readonly who: readonly string[];
    readonly within: number;
    readonly informed: boolean;
  }[];
  readonly checklists: Checklists;
  readonly version: string | undefined;
  readonly review: { readonly every: Cadence; readonly last?: string } | undefined;
  readonly approver: string | undefined;
  readonly documents: readonly RelatedDocument[];
  readonly tickets: readonly string[];
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
  /** SHA-256 of everything above but the source lines: two plans that protect the same in the same way have the same hash. */
  readonly sha256: string;
  readonly recovery: RecoveryModel;
}
