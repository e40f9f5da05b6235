import type { Retention } from "../../dsl/retention.ts";
import type { AssetModel, CopyModel, Model, ScenarioModel, StepModel } from "../model/model.ts";
import type { ScheduleModel } from "../model/schedule.ts";
import { formatDuration, formatSize } from "../model/units.ts";
import { firings } from "../prove/calendar.ts";
import { clockOf } from "../prove/clock.ts";
import { marginOf, type Proof } from "../prove/proof.ts";
import { inOrder } from "../prove/steps.ts";
import { worldAfter } from "../prove/world.ts";
import { MINUTES_PER_DAY, offsetAt } from "../prove/zone.ts";

/** For how far ahead next runs are looked for, in days. */
const AHEAD = 400;
const NEXT_RUNS = 3;

/** Everything that a plan says and proves of an asset. `now` is in milliseconds since 1970. */
export function assetStory(model: Model, asset: AssetModel, proofs: readonly Proof[], now: number): string {
  const jobs: readonly (readonly [string, ScheduleModel | undefined])[] = [
    ["backed up", asset.schedule],
    ["its log", asset.logSchedule],
    ["verified", asset.verifySchedule],
    ["rehearsed", asset.drillSchedule],
  ];
  const lines = [
    `${asset.id}: ${asset.title} on ${asset.hosts.join(", ")}, ${asset.priority}`,
    ...(asset.description === undefined ? [] : [`  ${asset.description}`]),
    "",
    "When",
    ...jobs.flatMap(([what, schedule]) =>
      schedule === undefined
        ? []
        : [`  ${what} ${schedule.text}; next ${nextRuns(model, schedule, asset.hosts[0], now)}`],
    ),
    ...(asset.schedule === undefined ? ["  backed up by hand only"] : []),
    "",
    "Where",
    ...asset.copies.map((copy, index) => `  ${index + 1}. ${copyLine(model, asset, copy, now)}`),
    `  ${asset.encryption === undefined ? "not encrypted" : "age" in asset.encryption ? `encrypted for ${asset.encryption.age.recipients.join(", ")}` : `encrypted with ${asset.encryption.openssl.keyFile}`}`,
    `  ${makerLine(asset)}`,
    ...estimates(asset),
    "",
    "Proofs",
    ...proofLines(proofs.filter((proof) => proof.asset === asset.id)),
    "",
    "Restore",
    ...asset.hosts.flatMap((id) => {
      const scripts = model.hosts.find((host) => host.id === id)?.paths.scripts ?? "";
      const restore = `${scripts}/restore-${asset.id}.sh`;
      return [
        `  on ${id}: ${restore} --list`,
        `  on ${id}: ${restore} --dry-run`,
        `  on ${id}: ${restore}`,
        ...(asset.logSchedule === undefined ? [] : [`  on ${id}: ${restore} --at "YYYY-MM-DD hh:mm:ss"`]),
      ];
    }),
  ];
  return `${lines.join("\n")}\n`;
}

/** Can somebody who may write in a store make a set that a restore takes? */
function makerLine(asset: AssetModel): string {
  if (asset.signature !== undefined)
    return "signed: a set that somebody else has put into a store is refused";
  if (asset.encryption !== undefined && "openssl" in asset.encryption)
    return "authenticated by that key: a set that somebody else has put into a store is refused";
  return "not signed: whoever can write in a store can put a set of his own there, and a restore would take it (sign: sshSignature(…))";
}

/** Everything that a plan says and proves of a disaster. */
export function scenarioStory(model: Model, scenario: ScenarioModel, proofs: readonly Proof[]): string {
  const world = worldAfter(model, scenario);
  const gone = (things: readonly { readonly id: string }[], type: Parameters<typeof world.has>[0]) =>
    things.filter(({ id }) => !world.has(type, id)).map(({ id }) => id);
  const { recovery } = model;
  const lost: readonly (readonly [string, readonly string[]])[] = [
    ["hosts", gone(model.hosts, "host")],
    ["stores", gone(model.stores, "store")],
    ["assets", gone(model.assets, "asset")],
    ["escrows", gone(recovery.escrows, "escrow")],
  ];
  const lines = [
    `${scenario.id}: ${scenario.title} (${scenario.disaster}, ${scenario.priority}, impact ${scenario.impact.level})`,
    ...(scenario.impact.description === undefined ? [] : [`  ${scenario.impact.description}`]),
    "",
    "It shows",
    ...scenario.symptoms.map((symptom) => `  ${symptom}`),
    `  noticed by: ${scenario.detection.by}`,
    "",
    "It takes away",
    ...lost.flatMap(([what, ids]) => (ids.length === 0 ? [] : [`  ${what}: ${ids.join(", ")}`])),
    ...(lost.every(([, ids]) => ids.length === 0) ? ["  nothing"] : []),
    "",
    "The way back",
    ...inOrder(scenario.steps).map((step) => `  ${stepLine(step)}`),
    "",
    "Proofs",
    ...proofLines(proofs.filter((proof) => proof.scenario === scenario.id)),
  ];
  return `${lines.join("\n")}\n`;
}

function nextRuns(model: Model, schedule: ScheduleModel, host: string | undefined, now: number): string {
  const clock = clockOf(model, schedule, host);
  const from = Math.floor(now / 60_000) + 1;
  const runs: number[] = [];
  for (let days = 2; runs.length < NEXT_RUNS && days <= AHEAD; days *= 2)
    runs.splice(0, runs.length, ...firings(clock, from, from + days * MINUTES_PER_DAY).slice(0, NEXT_RUNS));
  const local = runs.map((minute) => {
    const text = new Date((minute + offsetAt(clock.zone, minute)) * 60_000).toISOString();
    return text.slice(0, 16).replace("T", " ");
  });
  return local.length === 0 ? `not within ${AHEAD} days` : `${local.join(", ")} (${clock.zone})`;
}

function copyLine(model: Model, asset: AssetModel, copy: CopyModel, now: number): string {
  const store = model.stores.find((each) => each.id === copy.store);
  const host = copy.by ?? asset.hosts[0];
  const how = {
    made: "made there",
    copied: "copied there by the backup",
    pulled: `fetched by ${host}`,
    pushed: `sent by ${host}`,
    none: "nobody can bring it there",
  }[copy.how];
  const when =
    copy.schedule === undefined
      ? ""
      : ` ${copy.schedule.text}, next ${nextRuns(model, copy.schedule, host, now)}`;
  const lock = store !== undefined && store.lock > 0 ? `, locked for ${formatDuration(store.lock)}` : "";
  return `'${copy.store}' (${store?.location ?? ""}): ${how}${when}; keeps ${keepText(copy.keep ?? asset.keep)}${lock}`;
}

function keepText(keep: Retention | undefined): string {
  if (keep === undefined) return "every set";
  return Object.entries(keep)
    .map(([rule, count]) => `${count} ${rule}`)
    .join(", ");
}

function estimates({ expect }: AssetModel): readonly string[] {
  const known = [
    ...(expect.size === undefined ? [] : [`a set is ${formatSize(expect.size)}`]),
    ...(expect.backup === undefined ? [] : [`a backup takes ${formatDuration(expect.backup)}`]),
    ...(expect.restore === undefined ? [] : [`a restore takes ${formatDuration(expect.restore)}`]),
  ];
  return known.length === 0 ? [] : [`  estimates: ${known.join(", ")}`];
}

function stepLine({ id, action, after, takes, note }: StepModel): string {
  const what =
    action.do === "restore"
      ? `restore '${action.asset}'${action.from === undefined ? "" : ` from '${action.from}'`}`
      : action.do === "rebuild"
        ? `rebuild ${action.hosts.join(", ")}${action.by === undefined ? "" : `: ${action.by.join(" ")}`}`
        : action.do === "run"
          ? `run ${action.argv.join(" ")}`
          : action.do === "wait"
            ? `wait until ${Object.keys(action.probe).join(", ")}`
            : action.text;
  const order = after.length === 0 ? "" : ` (after ${after.join(", ")})`;
  const time = takes === undefined ? "" : `, ${formatDuration(takes)}`;
  return `${id}: ${what}${time}${order}${note === undefined ? "" : `; ${note}`}`;
}

const MARKS = { proven: "✓", failed: "✗", unproven: "?" } as const;

function proofLines(proofs: readonly Proof[]): readonly string[] {
  if (proofs.length === 0) return ["  nothing is promised"];
  return proofs.flatMap((proof) => {
    const where = [proof.asset, proof.scenario].filter((each) => each !== undefined).join(" in ");
    return [
      `  ${MARKS[proof.verdict]} ${proof.kind} of ${where}${numbers(proof)}`,
      ...proof.evidence.map((line) => `      ${line}`),
      ...proof.problems.map((problem) => `      ✗ ${problem.what}`),
      ...proof.missing.map((gap) => `      ? not said: ${gap.what}`),
    ];
  });
}

function numbers(proof: Proof): string {
  const { unit, target, worst } = proof;
  const margin = marginOf(proof);
  const format = unit === "bytes" ? formatSize : formatDuration;
  const show = (value: number) => (Number.isFinite(value) ? format(value) : "no limit");
  if (worst === undefined) return target === undefined ? "" : `: ${show(target)} at most`;
  const spare =
    margin === undefined || !Number.isFinite(margin)
      ? ""
      : margin >= 0
        ? `, ${show(margin)} to spare`
        : `, ${show(-margin)} too much`;
  return `: ${show(worst)}${target === undefined ? "" : ` of ${show(target)}`}${spare}`;
}
