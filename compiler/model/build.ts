import { createHash } from "node:crypto";
import type { Encryption } from "../../dsl/encryption.ts";
import type { Hook } from "../../dsl/hook.ts";
import type { EntityType } from "../../dsl/node.ts";
import type { Retention } from "../../dsl/retention.ts";
import type { Schedule } from "../../dsl/schedule.ts";
import type { SshSignature } from "../../dsl/signature.ts";
import type { Priority } from "../../dsl/units.ts";
import type { Data } from "../../templates/kind.ts";
import type { Transport } from "../../templates/registry.ts";
import { type Diagnostic, hasErrors, type Target } from "../diagnostics/diagnostic.ts";
import { duplicateId, unknownReference, wrongReference } from "../diagnostics/reference.ts";
import { badId, badValue, invalidOption, missingOption } from "../diagnostics/schema.ts";
import type { Result } from "../result.ts";
import { closest } from "./closest.ts";
import { routeCopies } from "./copies.ts";
import { type Document, describe, type Entity, type Json, label, ofType, type Path } from "./document.ts";
import { assetKindOf, assetKinds, storeKindOf, storeKinds } from "./kinds.ts";
import type { AssetModel, HostModel, Model, SecretModel, SourceLine, StoreModel } from "./model.ts";
import { recoveryModel, secretModel } from "./recovery.ts";
import { parseSchedule, type ScheduleModel } from "./schedule.ts";
import { bytesOf, secondsOf } from "./units.ts";
import { references, secrets, validateEntity } from "./validate.ts";

/** Where each entity of a model was written, for checks that report on it. */
export type Places = (type: EntityType, id: string, ...path: Path) => Target | undefined;

export interface BuiltModel {
  readonly model: Model;
  readonly places: Places;
}

/** Judges a document and makes the model of it: ids, options, references, then values. */
export async function buildModel(document: Document): Promise<Result<BuiltModel>> {
  const entities = [document.plan, ...document.entities];
  const diagnostics: Diagnostic[] = [];
  for (const entity of entities) {
    const unknownKind = checkKind(entity);
    diagnostics.push(...checkId(entity), ...unknownKind);
    if (unknownKind.length === 0) diagnostics.push(...(await validateEntity(entity)));
  }
  diagnostics.push(...checkUnique(document), ...checkReferences(document));
  if (
    document.plan.data.assets !== undefined &&
    ofType(document, "asset").length === 0 &&
    !hasErrors(diagnostics)
  ) {
    const what = `assets of plan '${document.plan.id}'`;
    const values = { what, actual: "an empty list", expected: "a list with something in it" };
    diagnostics.push(
      badValue(values, document.plan.at("assets"), { fix: "add an asset: files(…), mysql(…), …" }),
    );
  }
  if (hasErrors(diagnostics)) return { value: undefined, diagnostics };

  const parsed = schedulesOf(document);
  diagnostics.push(...parsed.diagnostics);
  if (hasErrors(diagnostics)) return { value: undefined, diagnostics };
  // These are about one thing each: the rest of the plan can be judged all the same.
  diagnostics.push(
    ...ofType(document, "store").flatMap(storeProblems),
    ...ofType(document, "asset").flatMap(kindProblems),
    ...ofType(document, "asset").flatMap((asset) => logProblems(asset, document)),
  );

  const places: Places = (type, id, ...path) =>
    entities.find((entity) => entity.type === type && entity.id === id)?.at(...path);
  return { value: { model: makeModel(document, parsed.schedules), places }, diagnostics };
}

const ID = /^[a-z0-9][a-z0-9-]{0,47}$/;

function checkId(entity: Entity): readonly Diagnostic[] {
  if (ID.test(entity.id)) return [];
  const actual = describe(entity.data.id ?? (entity.id === "" ? undefined : entity.id));
  const advice = suggestId(entity.id);
  return [
    badId(
      { actual, what: `a${entity.type === "asset" ? "n" : ""} ${entity.type}`, advice },
      entity.at("id"),
      {
        ...(advice.startsWith("write '") && {
          safeFix: { replacement: JSON.stringify(advice.slice(7, -1)) },
        }),
      },
    ),
  ];
}

function suggestId(id: string): string {
  const suggestion = id
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 48);
  return suggestion === "" ? "write a short name such as 'orders-db'" : `write '${suggestion}'`;
}

/** Only documents that no builder made can lack a kind, or name one that does not exist. */
function checkKind(entity: Entity): readonly Diagnostic[] {
  const [property, known] =
    entity.type === "asset"
      ? ["kind", assetKinds]
      : entity.type === "store"
        ? ["store", storeKinds]
        : ["", undefined];
  if (known === undefined) return [];
  const kind = entity.data[property];
  const names = known.map((each) => each.name);
  if (typeof kind === "string" && names.includes(kind)) return [];
  const owner = `${entity.type} '${entity.id}'`;
  if (kind === undefined) {
    const meaning = "it says how the scripts are made";
    const fix = `add kind: one of ${names.join(", ")}`;
    return [missingOption({ what: owner, option: "kind", meaning }, entity.at(), { fix })];
  }
  const close = typeof kind === "string" ? closest(kind, names) : undefined;
  const expected = `one of ${names.join(", ")}`;
  const fix = close === undefined ? `choose ${expected}` : `replace with '${close}'`;
  return [
    badValue({ what: `kind of ${owner}`, actual: describe(kind), expected }, entity.at(property), {
      fix,
      ...(close !== undefined && { safeFix: { replacement: JSON.stringify(close) } }),
    }),
  ];
}

function checkUnique(document: Document): readonly Diagnostic[] {
  return document.entities.flatMap((entity) => {
    const first = document.entities.find((other) => other.type === entity.type && other.id === entity.id);
    if (first === undefined || first === entity || entity.id === "") return [];
    const original = first.at("id");
    const related = original === undefined ? [] : [{ message: "the other is here", target: original }];
    return [duplicateId({ things: `${entity.type}s`, id: entity.id }, entity.at("id"), { related })];
  });
}

const REASONS: Readonly<Record<string, string>> = {
  host: "its scripts would be made for a machine that is not in the plan",
  store: "its backups would go nowhere",
  asset: "what is named here is not protected by the plan",
  site: "what is lost with it would not be known",
  escrow: "nobody would know where to look for the keys",
  contact: "nobody would know whom to call",
  vendor: "nobody would know whom to call",
  scenario: "there would be nothing to rehearse and nothing to prove",
  check: "nothing would be looked at",
  drill: "nothing would be rehearsed",
};

function checkReferences(document: Document): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const ids = new Map<string, string[]>();
  for (const { type, id } of document.entities) ids.set(type, [...(ids.get(type) ?? []), id]);
  for (const entity of [document.plan, ...document.entities]) {
    for (const { path, type, id } of references(entity)) {
      const what = `${label(path)} of ${entity.type} '${entity.id}'`;
      const target = entity.at(...path);
      const reason = REASONS[type] ?? "";
      const known = ids.get(type) ?? [];
      const given = entity.references.get(path.join("\u0000")) ?? meant(document, id, known, type);
      if (given !== undefined && given !== type) {
        const actual = `the ${given} '${id}'`;
        diagnostics.push(wrongReference({ what, actual, expected: type, reason }, target));
        continue;
      }
      if (known.includes(id)) continue;
      const close = closest(id, known);
      const suggestion = close === undefined ? "" : ` Did you mean '${close}'?`;
      const advice =
        close === undefined
          ? known.length === 0
            ? `the plan has no ${type}s yet; make one`
            : `name one of: ${known.join(", ")}`
          : `replace with '${close}'`;
      diagnostics.push(
        unknownReference({ what, type, id, suggestion, reason, advice }, target, {
          ...(close !== undefined && { safeFix: { replacement: JSON.stringify(close) } }),
        }),
      );
    }
  }
  return diagnostics;
}

/** What somebody means who writes the id of a thing of another type. */
function meant(document: Document, id: string, known: readonly string[], type: string): string {
  if (known.includes(id)) return type;
  return document.entities.find((other) => other.id === id)?.type ?? type;
}

/** The options of an asset that say when a job runs. */
function scheduleOptions(asset: Entity): readonly (readonly [path: Path, schedule: Schedule])[] {
  const log = assetKindOf(asset.data.kind as string).log?.(asset.data);
  const paths: readonly Path[] = [
    ["schedule"],
    ...(log === undefined ? [] : [[log.option]]),
    ["verify"],
    ["drill"],
    ...(asset.data.copies as readonly Json[]).map((_, index) => ["copies", index, "schedule"]),
  ];
  return paths.flatMap((path) => {
    const schedule = valueAt(asset.data, path);
    return schedule === undefined ? [] : [[path, schedule as unknown as Schedule] as const];
  });
}

function valueAt(data: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, step) =>
      typeof value === "object" && value !== null
        ? (value as { readonly [key: string]: Json })[step]
        : undefined,
    data,
  );
}

type Schedules = ReadonlyMap<string, ScheduleModel>;

function schedulesOf(document: Document): { schedules: Schedules; diagnostics: readonly Diagnostic[] } {
  const schedules = new Map<string, ScheduleModel>();
  const diagnostics: Diagnostic[] = [];
  for (const asset of ofType(document, "asset")) {
    for (const [option, schedule] of scheduleOptions(asset)) {
      const parsed = parseSchedule(schedule, (...path) => asset.at(...option, ...path));
      diagnostics.push(...parsed.diagnostics);
      if (parsed.value !== undefined) schedules.set(`${asset.id} ${option.join(".")}`, parsed.value);
    }
  }
  for (const check of ofType(document, "check")) {
    const parsed = parseSchedule(check.data.schedule as unknown as Schedule, (...path) =>
      check.at("schedule", ...path),
    );
    diagnostics.push(...parsed.diagnostics);
    if (parsed.value !== undefined) schedules.set(`check ${check.id} schedule`, parsed.value);
  }
  return { schedules, diagnostics };
}

function kindProblems(asset: Entity): readonly Diagnostic[] {
  const kind = assetKindOf(asset.data.kind as string);
  return (kind.problems?.(asset.data) ?? []).map(({ path, message, why, fix }) =>
    invalidOption({ problem: `asset '${asset.id}': ${message}`, why, advice: fix }, asset.at(...path)),
  );
}

/** The sets of a log lie in `<asset>-log`, where those of an asset of that name would. */
function logProblems(asset: Entity, document: Document): readonly Diagnostic[] {
  const log = assetKindOf(asset.data.kind as string).log?.(asset.data);
  const other = ofType(document, "asset").find((each) => each.id === `${asset.id}-log`);
  if (log === undefined || other === undefined) return [];
  return [
    invalidOption(
      {
        problem: `asset '${other.id}': the log of '${asset.id}' has this name`,
        why: `${log.option} of '${asset.id}' keeps its sets as '${other.id}'`,
        advice: "give one of the two another id",
      },
      other.at("id"),
    ),
  ];
}

function storeProblems(store: Entity): readonly Diagnostic[] {
  const kind = storeKindOf(store.data.store as string);
  return (kind.problems?.(store.data) ?? []).map(({ path, message, why, fix }) =>
    invalidOption({ problem: `store '${store.id}': ${message}`, why, advice: fix }, store.at(...path)),
  );
}

const DEFAULT_PATH = {
  linux: ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"],
  macos: ["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"],
};

function makeModel(document: Document, schedules: Schedules): Model {
  const name = document.plan.id;
  const planData = document.plan.data as {
    timeZone?: string;
    description?: string;
    notify?: readonly Data<Hook>[];
  };
  const timeZone = planData.timeZone ?? "UTC";
  const hosts = ofType(document, "host").map((host) => hostModel(host, name, timeZone));
  const stores = ofType(document, "store").map(storeModel);
  const assets = ofType(document, "asset").map((asset) =>
    assetModel(asset, schedules, planData.notify ?? [], { hosts, stores }),
  );
  const content = {
    name,
    description: planData.description,
    timeZone,
    hosts,
    stores,
    assets,
    source: sourceOf(document.plan, document.file),
  };
  // The order in which options are written means nothing, and differs between the languages.
  const canonical = JSON.stringify(content, (property, value: unknown) =>
    property === "source" ? undefined : isPlain(value) ? sorted(value) : value,
  );
  const recovery = recoveryModel(document, {
    scheduleOf: (entity, option) => schedules.get(`${entity.type} ${entity.id} ${option}`),
    sourceOf,
  });
  return deepFreeze({
    ...content,
    sha256: createHash("sha256").update(canonical).digest("hex"),
    recovery,
  });
}

function sourceOf(entity: Entity, file = ""): SourceLine {
  const target = entity.at();
  return { file: target?.file ?? file, line: target?.line ?? 1 };
}

function hostModel(host: Entity, plan: string, timeZone: string): HostModel {
  const data = host.data as {
    os?: "linux" | "macos";
    runsOn?: string;
    at?: string;
    sleeps?: boolean;
    reach?: Data<Transport>;
    timeZone?: string;
    paths?: { scripts?: string; state?: string; logs?: string; scratch?: string; metrics?: string };
    searchPath?: readonly string[];
  };
  const os = data.os ?? "linux";
  const state = data.paths?.state ?? `/var/lib/lifeboat/${plan}`;
  return {
    id: host.id,
    os,
    runsOn: data.runsOn,
    at: data.at,
    sleeps: data.sleeps ?? false,
    reach: data.reach,
    timeZone: data.timeZone ?? timeZone,
    paths: {
      scripts: data.paths?.scripts ?? `/opt/lifeboat/${plan}`,
      state,
      logs: data.paths?.logs ?? `/var/log/lifeboat/${plan}`,
      scratch: data.paths?.scratch ?? `${state}/scratch`,
      metrics: data.paths?.metrics ?? "",
    },
    searchPath: data.searchPath ?? DEFAULT_PATH[os],
    source: sourceOf(host),
  };
}

function storeModel(store: Entity): StoreModel {
  const kind = storeKindOf(store.data.store as string);
  const data = store.data as {
    at?: string;
    capacity?: string;
    speed?: string;
    needs?: readonly string[];
    escrow?: readonly string[];
  };
  const credentials = kind.credentials?.(store.data);
  return {
    id: store.id,
    kind: kind.name,
    directory: kind.directory?.(store.data),
    location: kind.location(store.data),
    at: data.at,
    capacity: bytesOf(data.capacity),
    speed: bytesOf(data.speed),
    lock: secondsOf(kind.lock?.(store.data)) ?? 0,
    needs: data.needs ?? [],
    secrets: [
      ...secretsOf(store),
      ...(credentials === undefined
        ? []
        : [{ option: "credentials", what: credentials, isWithPeople: false, escrow: [] }]),
    ].map((secret) => ({ ...secret, escrow: [...secret.escrow, ...(data.escrow ?? [])] })),
    options: store.data,
    source: sourceOf(store),
  };
}

/** The secrets that an entity's own options refer to. */
function secretsOf(entity: Entity): readonly SecretModel[] {
  return secrets(entity).map(({ path, secret }) => secretModel(label(path), secret));
}

/** The key that opens an asset's sets. */
function keyOf(encryption: Data<Encryption>): SecretModel {
  return "age" in encryption
    ? {
        option: "encrypt",
        what: `the age identity of ${encryption.age.recipients.join(", ")}`,
        isWithPeople: true,
        escrow: encryption.age.escrow ?? [],
      }
    : {
        option: "encrypt",
        what: `the key file ${encryption.openssl.keyFile}`,
        isWithPeople: false,
        escrow: encryption.openssl.escrow ?? [],
      };
}

/** A copy as it stands in a document: a store, or a store and more. */
type CopyData =
  | string
  | {
      readonly store: string;
      readonly schedule?: Schedule;
      readonly keep?: Retention;
      readonly takes?: string;
    };

/** Common options as they stand in a document. */
interface CommonData {
  readonly description?: string;
  readonly rpo?: string;
  readonly rto?: string;
  readonly priority?: Priority;
  readonly copies: readonly CopyData[];
  readonly keep?: Retention;
  readonly encrypt?: Data<Encryption>;
  readonly sign?: Data<SshSignature>;
  readonly compress?: AssetModel["compress"];
  readonly expect?: {
    readonly size?: string;
    readonly backup?: string;
    readonly restore?: string;
    readonly log?: string;
  };
  readonly timeLimit?: { readonly backup?: string; readonly restore?: string };
  readonly reserve?: string;
  readonly notify?: readonly Data<Hook>[];
  readonly needs?: readonly string[];
  readonly group?: string;
}

function assetModel(
  asset: Entity,
  schedules: Schedules,
  planNotify: readonly Data<Hook>[],
  world: { readonly hosts: readonly HostModel[]; readonly stores: readonly StoreModel[] },
): AssetModel {
  const kind = assetKindOf(asset.data.kind as string);
  const data = asset.data as unknown as CommonData;
  const { id: _id, kind: _kind, ...options } = asset.data;
  const hosts = kind.hosts(options);
  const schedule = schedules.get(`${asset.id} schedule`);
  const log = kind.log?.(options);
  const logSchedule = log === undefined ? undefined : schedules.get(`${asset.id} ${log.option}`);
  const copies = data.copies.map((copy, index) => ({
    store: typeof copy === "string" ? copy : copy.store,
    schedule: schedules.get(`${asset.id} copies.${index}.schedule`),
    keep: (typeof copy === "string" ? undefined : copy.keep) ?? data.keep,
    takes: secondsOf(typeof copy === "string" ? undefined : copy.takes),
  }));
  return {
    id: asset.id,
    kind: kind.name,
    type: kind.type,
    title: kind.title,
    hosts,
    livesOn: kind.livesOn?.(options) ?? { hosts, tolerates: 0 },
    needs: data.needs ?? [],
    group: data.group,
    secrets: [...secretsOf(asset), ...(data.encrypt === undefined ? [] : [keyOf(data.encrypt)])],
    description: data.description,
    schedule,
    logSchedule,
    logInterval: log === undefined ? 0 : (secondsOf(log.every) ?? 0),
    verifySchedule: schedules.get(`${asset.id} verify`),
    drillSchedule: schedules.get(`${asset.id} drill`),
    rpo: secondsOf(data.rpo),
    rto: secondsOf(data.rto),
    priority: data.priority ?? "P3",
    copies: routeCopies(copies, {
      ...world,
      assetHosts: hosts,
      schedule,
      capture: secondsOf(data.expect?.backup),
      size: bytesOf(data.expect?.size),
      logSchedule,
    }),
    keep: data.keep,
    encryption: data.encrypt,
    signature: data.sign?.sshKey,
    compress: data.compress ?? "auto",
    expect: {
      size: bytesOf(data.expect?.size),
      backup: secondsOf(data.expect?.backup),
      restore: secondsOf(data.expect?.restore),
      log: secondsOf(data.expect?.log),
    },
    timeLimit: {
      backup: secondsOf(data.timeLimit?.backup) ?? 6 * 3600,
      restore: secondsOf(data.timeLimit?.restore) ?? 12 * 3600,
    },
    reserve: bytesOf(data.reserve) ?? 64 * 1024 ** 2,
    notify: data.notify ?? planNotify,
    service: kind.service?.(options),
    options: options as { readonly [key: string]: Json },
    source: sourceOf(asset),
  };
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
