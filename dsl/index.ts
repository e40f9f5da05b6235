/**
 * The public face of Lifeboat: what a plan imports.
 *
 *     import { directory, daily, host, keep, mysql, plan } from "lifeboat";
 */

// Every asset and store kind: mysql(), etcd(), files(), sqlite(), directory(), …
export * from "../templates/registry.ts";
export type { Asset, AssetOptions, CommonAssetOptions } from "./asset.ts";
export { type Copy, type CopyOptions, copy } from "./copy.ts";
// Encryption of backup sets.
export {
  type AgeEncryption,
  age,
  type Encryption,
  type OpensslEncryption,
  opensslKey,
} from "./encryption.ts";
// Who is told.
export { type Hook, type HookEvent, healthchecks, mail, onEvent, webhook } from "./hook.ts";
export { type Host, type HostOptions, host } from "./host.ts";
// Kubernetes, as hosts reach it.
export { type Kubernetes, kubernetes, type Pod } from "./kubernetes.ts";
export { type Plan, type PlanOptions, plan } from "./plan.ts";
export { keep, type Retention } from "./retention.ts";
// When.
export { cron, daily, every, monthly, type Schedule, type Weekday, weekly } from "./schedule.ts";
// Secrets, by reference only.
export { type Secret, secretCommand, secretEnv, secretFile, secretPrompt } from "./secret.ts";
// How a restore stops and starts what uses the data.
export { commands, type Service, staticPods, systemd } from "./service.ts";
export type { Store } from "./store.ts";
export type { AbsolutePath, ClockTime, Duration, PlainPath, Priority, Size, TimeZone } from "./units.ts";
