import type { Rule } from "./rule.ts";
import { rule as allAtOnce } from "./rules/all-at-once.ts";
import { rule as blindProbe } from "./rules/blind-probe.ts";
import { rule as circularNeed } from "./rules/circular-need.ts";
import { rule as copiesTooAlike } from "./rules/copies-too-alike.ts";
import { rule as copyTooEarly } from "./rules/copy-too-early.ts";
import { rule as eitherDay } from "./rules/either-day.ts";
import { rule as fileFromNowhere } from "./rules/file-from-nowhere.ts";
import { rule as hostCycle } from "./rules/host-cycle.ts";
import { rule as lostHour } from "./rules/lost-hour.ts";
import { rule as noCopySchedule } from "./rules/no-copy-schedule.ts";
import { rule as noRetention } from "./rules/no-retention.ts";
import { rule as noScenario } from "./rules/no-scenario.ts";
import { rule as noSchedule } from "./rules/no-schedule.ts";
import { rule as nobodyToCall } from "./rules/nobody-to-call.ts";
import { rule as notACopy } from "./rules/not-a-copy.ts";
import { rule as notRestored } from "./rules/not-restored.ts";
import { rule as notSurvived } from "./rules/not-survived.ts";
import { rule as overtaken } from "./rules/overtaken.ts";
import { rule as plainSecrets } from "./rules/plain-secrets.ts";
import { rule as repeatedCopy } from "./rules/repeated-copy.ts";
import { rule as repeatedStep } from "./rules/repeated-step.ts";
import { rule as retentionTooShort } from "./rules/retention-too-short.ts";
import { rule as rpoMissed } from "./rules/rpo-missed.ts";
import { rule as rtoMissed } from "./rules/rto-missed.ts";
import { rule as sameDirectory } from "./rules/same-directory.ts";
import { rule as stepCircle } from "./rules/step-circle.ts";
import { rule as stoppedTooSoon } from "./rules/stopped-too-soon.ts";
import { rule as storeElsewhere } from "./rules/store-elsewhere.ts";
import { rule as storeInsideSource } from "./rules/store-inside-source.ts";
import { rule as storeTooSmall } from "./rules/store-too-small.ts";
import { rule as unattendedSecret } from "./rules/unattended-secret.ts";
import { rule as unknownStep } from "./rules/unknown-step.ts";
import { rule as unproven } from "./rules/unproven.ts";
import { rule as unreachableCopy } from "./rules/unreachable-copy.ts";
import { rule as unusedStore } from "./rules/unused-store.ts";
import { rule as uselessAlone } from "./rules/useless-alone.ts";

/** Every rule, in the order in which findings read best: what cannot work, what breaks a promise, then what is missing. */
export const rules: readonly Rule[] = [
  hostCycle,
  repeatedCopy,
  sameDirectory,
  storeElsewhere,
  unreachableCopy,
  storeInsideSource,
  unattendedSecret,
  unknownStep,
  repeatedStep,
  stepCircle,
  notACopy,
  circularNeed,
  notSurvived,
  notRestored,
  noScenario,
  fileFromNowhere,
  rpoMissed,
  rtoMissed,
  retentionTooShort,
  storeTooSmall,
  overtaken,
  stoppedTooSoon,
  nobodyToCall,
  noSchedule,
  noCopySchedule,
  copyTooEarly,
  lostHour,
  eitherDay,
  allAtOnce,
  noRetention,
  copiesTooAlike,
  unusedStore,
  uselessAlone,
  plainSecrets,
  blindProbe,
  unproven,
];
