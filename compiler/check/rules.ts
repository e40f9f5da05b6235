import type { Rule } from "./rule.ts";
import { rule as copyTooEarly } from "./rules/copy-too-early.ts";
import { rule as hostCycle } from "./rules/host-cycle.ts";
import { rule as noCopySchedule } from "./rules/no-copy-schedule.ts";
import { rule as noRetention } from "./rules/no-retention.ts";
import { rule as noSchedule } from "./rules/no-schedule.ts";
import { rule as plainSecrets } from "./rules/plain-secrets.ts";
import { rule as repeatedCopy } from "./rules/repeated-copy.ts";
import { rule as sameDirectory } from "./rules/same-directory.ts";
import { rule as storeElsewhere } from "./rules/store-elsewhere.ts";
import { rule as storeInsideSource } from "./rules/store-inside-source.ts";
import { rule as unattendedSecret } from "./rules/unattended-secret.ts";
import { rule as unreachableCopy } from "./rules/unreachable-copy.ts";

/** Every rule, in the order in which findings read best: what cannot work, then what is missing. */
export const rules: readonly Rule[] = [
  hostCycle,
  repeatedCopy,
  sameDirectory,
  storeElsewhere,
  unreachableCopy,
  storeInsideSource,
  unattendedSecret,
  noSchedule,
  noCopySchedule,
  copyTooEarly,
  noRetention,
  plainSecrets,
];
