import type { Cadence } from "../../dsl/drill.ts";
import type { RelatedDocument } from "../../dsl/plan.ts";
import type { Probe } from "../../dsl/probe.ts";
import type { Checklists, Disaster } from "../../dsl/scenario.ts";
import { stepId } from "../../dsl/step.ts";
import type { Priority } from "../../dsl/units.ts";
import type { Data } from "../../templates/kind.ts";
import { type Document, type Entity, type Json, ofType } from "./document.ts";
import type {
  ActionModel,
  CheckModel,
  FileModel,
  PartModel,
  RecoveryModel,
  ScenarioModel,
  SecretModel,
  SourceLine,
  StepModel,
} from "./model.ts";
import type { ScheduleModel } from "./schedule.ts";
import { secondsOf } from "./units.ts";

/** How long an inspection may take when the plan does not say: seconds. */
const CHECK_TAKES = 15 * 60;

interface Tools {
  readonly scheduleOf: (entity: Entity, option: string) => ScheduleModel | undefined;
  readonly sourceOf: (entity: Entity) => SourceLine;
}

/** What a plan says of disasters and people, with ids and numbers in the place of what authors write. */
export function recoveryModel(document: Document, { scheduleOf, sourceOf }: Tools): RecoveryModel {
  const plan = document.plan.data as unknown as PlanData;
  const scenarios = ofType(document, "scenario").map((each) => scenarioModel(each, sourceOf));
  const of = <Data_, Model>(
    type: Parameters<typeof ofType>[1],
    make: (data: Data_, entity: Entity) => Model,
  ): (Model & { id: string; source: SourceLine })[] =>
    ofType(document, type).map((entity) => ({
      id: entity.id,
      ...make(entity.data as unknown as Data_, entity),
      source: sourceOf(entity),
    }));
  return {
    controller: plan.controller,
    sites: of("site", (data: { description?: string }) => ({ description: data.description })),
    escrows: of("escrow", (data: EscrowData) => ({
      at: data.at,
      on: data.on,
      in: data.in,
      holders: data.holders ?? [],
      description: data.description,
    })),
    escrow: plan.escrow ?? [],
    scenarios,
    covers: plan.covers ?? [],
    objectives: (plan.objectives ?? []).map((each) => ({
      title: each.title,
      scenario: each.scenario,
      asset: each.asset,
      rto: secondsOf(each.rto),
      rpo: secondsOf(each.rpo),
    })),
    checks: of("check", (data: CheckData, entity): Omit<CheckModel, "id" | "source"> => {
      const schedule = scheduleOf(entity, "schedule");
      if (schedule === undefined) throw new Error(`check '${entity.id}' has no schedule`);
      return {
        title: data.title,
        schedule,
        on: data.on,
        probes: data.probes,
        manual: data.manual ?? [],
        owner: data.owner,
        takes: secondsOf(data.takes) ?? CHECK_TAKES,
      };
    }),
    drills: of("drill", (data: DrillData) => ({
      title: data.title,
      every: data.every,
      scenario: data.scenario,
      assets: data.assets ?? restoredBy(scenarios.find((each) => each.id === data.scenario)),
      owner: data.owner,
      checklist: data.checklist ?? [],
    })),
    contacts: of("contact", (data: ContactData) => ({
      name: data.name,
      email: data.email,
      phone: data.phone,
      role: data.role,
    })),
    vendors: of("vendor", (data: VendorData) => ({
      name: data.name,
      provides: data.provides,
      phone: data.phone,
      support: data.support,
      contract: data.contract,
    })),
    roles: plan.roles ?? [],
    escalation: (plan.escalation ?? []).map((level) => ({
      title: level.title,
      who: level.who,
      within: secondsOf(level.within),
      informed: level.informed ?? false,
    })),
    checklists: plan.checklists ?? {},
    version: plan.version,
    review: plan.review,
    approver: plan.approver,
    documents: plan.documents ?? [],
    tickets: plan.tickets ?? [],
  };
}

/** The assets that a scenario's steps restore, each once. */
function restoredBy(scenario: ScenarioModel | undefined): readonly string[] {
  const assets = (scenario?.steps ?? []).flatMap(({ action }) =>
    action.do === "restore" ? [action.asset] : [],
  );
  return [...new Set(assets)];
}

function scenarioModel(entity: Entity, sourceOf: Tools["sourceOf"]): ScenarioModel {
  const data = entity.data as unknown as ScenarioData;
  return {
    id: entity.id,
    title: data.title,
    disaster: data.disaster,
    priority: data.priority,
    symptoms: data.symptoms,
    impact: data.impact,
    loses: data.loses.map(partOf),
    malicious: data.malicious ?? false,
    detection: {
      by: data.detection.by,
      check: data.detection.check,
      within: secondsOf(data.detection.within),
      hidden: secondsOf(data.detection.hidden) ?? 0,
    },
    steps: stepModels(data.steps),
    rto: secondsOf(data.rto),
    rpo: secondsOf(data.rpo),
    verification: data.verification ?? [],
    checklists: data.checklists ?? {},
    source: sourceOf(entity),
  };
}

function stepModels(steps: readonly StepData[]): readonly StepModel[] {
  return steps.map((step, index) => {
    const before = steps[index - 1];
    const needs = step.needs ?? [];
    return {
      id: stepId(step),
      index,
      action: actionOf(step),
      after: step.after ?? (before === undefined ? [] : [stepId(before)]),
      takes: secondsOf(step.takes),
      needs: needs.filter((need) => !("secret" in need)).map((need) => partOf(need as PartData)),
      secrets: needs.flatMap((need) =>
        "secret" in need ? [secretModel("needs", need.secret as unknown as Json)] : [],
      ),
      reads: step.reads ?? [],
      writes: step.writes ?? [],
      owner: step.owner,
      note: step.note,
    };
  });
}

function actionOf(step: StepData): ActionModel {
  if (step.restore !== undefined) return { do: "restore", asset: step.restore, from: step.from };
  if (step.rebuild !== undefined) return { do: "rebuild", hosts: step.rebuild, by: step.by, on: step.on };
  if (step.run !== undefined) return { do: "run", argv: step.run, on: step.on };
  if (step.waitFor !== undefined) return { do: "wait", probe: step.waitFor };
  if (step.manual !== undefined) return { do: "manual", text: step.manual };
  return { do: "confirm", text: step.confirm ?? "" };
}

/** `{ host: "mac" }` as a part. */
function partOf(data: PartData): PartModel {
  const [[type, id]] = Object.entries(data) as [[PartModel["type"], string]];
  return { type, id };
}

/** A reference to a secret, for people and for the proofs. */
export function secretModel(option: string, secret: Json): SecretModel {
  const data = secret as {
    readonly file?: string;
    readonly env?: string;
    readonly command?: string;
    readonly prompt?: string;
    readonly escrow?: readonly string[];
  };
  const what =
    data.file !== undefined
      ? `the file ${data.file}`
      : data.env !== undefined
        ? `the variable ${data.env}`
        : data.command !== undefined
          ? `what ${data.command} prints`
          : `'${data.prompt}'`;
  return { option, what, isWithPeople: data.prompt !== undefined, escrow: data.escrow ?? [] };
}

// --- As these stand in a document -----------------------------------------------------------------------------------------

type PartData = { readonly [Type in PartModel["type"]]?: string };

interface EscrowData {
  readonly at?: string;
  readonly on?: string;
  readonly in?: string;
  readonly holders?: readonly string[];
  readonly description?: string;
}

interface ContactData {
  readonly name: string;
  readonly email?: string;
  readonly phone?: string;
  readonly role?: string;
}

interface VendorData {
  readonly name: string;
  readonly provides: string;
  readonly phone?: string;
  readonly support?: string;
  readonly contract?: string;
}

interface StepData {
  readonly id?: string;
  readonly after?: readonly string[];
  readonly takes?: string;
  readonly needs?: readonly (PartData | { readonly secret: object })[];
  readonly reads?: readonly FileModel[];
  readonly writes?: readonly FileModel[];
  readonly owner?: string;
  readonly note?: string;
  readonly restore?: string;
  readonly from?: string;
  readonly rebuild?: readonly string[];
  readonly by?: readonly string[];
  readonly on?: string;
  readonly run?: readonly string[];
  readonly waitFor?: Data<Probe>;
  readonly manual?: string;
  readonly confirm?: string;
}

interface ScenarioData {
  readonly title: string;
  readonly disaster: Disaster;
  readonly priority: Priority;
  readonly symptoms: readonly string[];
  readonly impact: ScenarioModel["impact"];
  readonly loses: readonly PartData[];
  readonly malicious?: boolean;
  readonly detection: {
    readonly by: string;
    readonly check?: string;
    readonly within?: string;
    readonly hidden?: string;
  };
  readonly steps: readonly StepData[];
  readonly rto: string;
  readonly rpo: string;
  readonly verification?: readonly Data<Probe>[];
  readonly checklists?: Checklists;
}

interface CheckData {
  readonly title?: string;
  readonly on?: string;
  readonly probes: readonly Data<Probe>[];
  readonly manual?: readonly string[];
  readonly owner?: string;
  readonly takes?: string;
}

interface DrillData {
  readonly title?: string;
  readonly every: Cadence;
  readonly scenario?: string;
  readonly assets?: readonly string[];
  readonly owner?: string;
  readonly checklist?: readonly string[];
}

interface PlanData {
  readonly controller?: string;
  readonly escrow?: readonly string[];
  readonly covers?: readonly Disaster[];
  readonly objectives?: readonly {
    readonly title: string;
    readonly scenario?: string;
    readonly asset?: string;
    readonly rto?: string;
    readonly rpo?: string;
  }[];
  readonly roles?: readonly { readonly title: string; readonly who: string }[];
  readonly escalation?: readonly {
    readonly title: string;
    readonly who: readonly string[];
    readonly within: string;
    readonly informed?: boolean;
  }[];
  readonly checklists?: Checklists;
  readonly version?: string;
  readonly review?: { readonly every: Cadence; readonly last?: string };
  readonly approver?: string;
  readonly documents?: readonly RelatedDocument[];
  readonly tickets?: readonly string[];
}
