import type { ExtraRole, Facts } from "../../templates/kind.ts";

/** What a script is for; each has a file templates/scripts/<role>.sh. A kind's extra roles have theirs in the kind's folder. */
export type Role = AssetRole | "status" | "catch-up" | "install";

/** Scripts of an asset. Both of the last ones are called restore-<asset>.sh: one on the asset's host, one where a copy is. */
export type AssetRole =
  | "backup"
  | "archive"
  | "verify"
  | "drill"
  | "pull"
  | "push"
  | "restore"
  | "restore-remote";

/** A script to be rendered: what it says of itself, its facts, and the kind whose bash it needs. */
export interface ScriptSpec {
  readonly file: string;
  /** A role of every kind, or an extra one of this kind. */
  readonly role: Role | ExtraRole["name"];
  readonly kind: string | undefined;
  readonly about: readonly string[];
  readonly facts: Facts;
}

/** A line of the crontab: fields, and the command with its options. */
export interface CronJob {
  readonly about: string;
  readonly fields: string;
  readonly command: readonly string[];
}

/** Everything that one host gets. */
export interface Bundle {
  readonly plan: string;
  readonly host: string;
  readonly scripts: readonly ScriptSpec[];
  readonly crontab: { readonly about: readonly string[]; readonly jobs: readonly CronJob[] };
}
