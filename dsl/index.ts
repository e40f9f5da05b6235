/**
 * The public face of Lifeboat: what a plan imports.
 *
 *     import { directory, daily, host, keep, mysql, plan } from "lifeboat";
 */

// Every asset and store kind: mysql(), etcd(), files(), sqlite(), directory(), …
export * from "../templates/registry.ts";
export type { Asset, AssetOptions, CommonAssetOptions } from "./asset.ts";
// Inspections and rehearsals.
export { type Check, type CheckOptions, check } from "./check.ts";
export { type Copy, type CopyOptions, copy } from "./copy.ts";
export { type Cadence, type Drill, type DrillOptions, drill } from "./drill.ts";
// Encryption of backup sets.
export {
  type AgeEncryption,
  age,
  type Encryption,
  type OpensslEncryption,
  opensslKey,
} from "./encryption.ts";
export { type Escrow, type EscrowOptions, escrow } from "./escrow.ts";
// Who is told.
export { type Hook, type HookEvent, healthchecks, mail, onEvent, webhook } from "./hook.ts";
export { type Host, type HostOptions, host } from "./host.ts";
// Kubernetes, as hosts reach it.
export { type Kubernetes, kubernetes, type Pod } from "./kubernetes.ts";
// People.
export {
  type Contact,
  type ContactOptions,
  contact,
  type EscalationLevel,
  type Vendor,
  type VendorOptions,
  vendor,
} from "./people.ts";
export { type Objective, type Plan, type PlanOptions, plan, type RelatedDocument } from "./plan.ts";
// Questions that a check, a verification or a wait asks.
export {
  alive,
  command,
  diskFree,
  fresh,
  hostsUp,
  http,
  intact,
  nodesReady,
  type Probe,
  podsReady,
  tcp,
} from "./probe.ts";
export { keep, type Retention } from "./retention.ts";
// Disasters, and the way back.
export {
  type Checklists,
  type Disaster,
  type Scenario,
  type ScenarioArguments,
  scenario,
} from "./scenario.ts";
// When.
export { cron, daily, every, monthly, type Schedule, type Weekday, weekly } from "./schedule.ts";
// Secrets, by reference only.
export { type Secret, secretCommand, secretEnv, secretFile, secretPrompt } from "./secret.ts";
// How a restore stops and starts what uses the data.
export { commands, type Service, staticPods, systemd } from "./service.ts";
// Who made a backup set.
export { type SshSignature, sshSignature } from "./signature.ts";
export { type Site, type SiteOptions, site } from "./site.ts";
export {
  confirm,
  type FileOn,
  fileOn,
  manual,
  rebuild,
  restore,
  run,
  type Step,
  type StepArguments,
  waitFor,
} from "./step.ts";
export type { Store, StoreOptions } from "./store.ts";
export type {
  AbsolutePath,
  ClockTime,
  Day,
  Duration,
  PlainPath,
  Priority,
  Rate,
  Size,
  TimeZone,
} from "./units.ts";
