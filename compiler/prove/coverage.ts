import type { Model, ScenarioModel } from "../model/model.ts";
import { judge, type Problem, type Proof } from "./proof.ts";
import { worldAfter } from "./world.ts";

/**
 * Coverage: what a disaster takes away is brought back by a step, and that is rehearsed; what the plan claims to cover has a scenario, and so
 * has every promise.
 */
export function proveCoverage(model: Model): readonly Proof[] {
  return [
    ...model.recovery.scenarios.flatMap((scenario) => {
      const world = worldAfter(model, scenario);
      const lost = model.assets.filter((asset) => !world.has("asset", asset.id));
      return lost.map((asset) =>
        proveAsset(model, scenario, asset.id, world.whyGone("asset", asset.id) ?? []),
      );
    }),
    ...provePlan(model),
  ];
}

function proveAsset(model: Model, scenario: ScenarioModel, asset: string, why: readonly string[]): Proof {
  const step = scenario.steps.find(({ action }) => action.do === "restore" && action.asset === asset);
  const problems: Problem[] =
    step === undefined
      ? [
          {
            what: `'${asset}' is lost (${why.join("; ")}), and no step restores it`,
            at: { type: "scenario", id: scenario.id, path: ["steps"] },
          },
        ]
      : [];
  const rehearsals = rehearsalsOf(model, asset);
  return judge({
    kind: "coverage",
    asset,
    scenario: scenario.id,
    evidence: [
      why.join("; "),
      ...(step === undefined ? [] : [`step '${step.id}' restores it`]),
      rehearsals.length === 0 ? "nothing rehearses that" : `rehearsed by ${rehearsals.join(", ")}`,
    ],
    missing:
      rehearsals.length === 0
        ? [
            {
              what: `when the recovery of asset '${asset}' is rehearsed (drill)`,
              at: { type: "asset", id: asset, path: ["drill"] },
            },
          ]
        : [],
    problems,
  });
}

/** What restores an asset as a rehearsal. */
export function rehearsalsOf(model: Model, asset: string): readonly string[] {
  const drills = model.recovery.drills
    .filter((drill) => drill.assets.includes(asset))
    .map((drill) => `drill '${drill.id}' (${drill.every})`);
  const own = model.assets.find((each) => each.id === asset)?.drillSchedule;
  return own === undefined ? drills : [...drills, `its own drill, ${own.text}`];
}

function provePlan({ name, recovery }: Model): readonly Proof[] {
  const disasters = recovery.covers.map((disaster, index): Proof => {
    const scenarios = recovery.scenarios.filter((each) => each.disaster === disaster).map((each) => each.id);
    return judge({
      kind: "coverage",
      evidence: [
        `'${disaster}' is covered by ${scenarios.map((id) => `'${id}'`).join(", ") || "no scenario"}`,
      ],
      problems:
        scenarios.length > 0
          ? []
          : [
              {
                what: `the plan covers '${disaster}', and no scenario is one`,
                at: { type: "plan", id: name, path: ["covers", index] },
              },
            ],
    });
  });
  const promises = recovery.objectives.map((objective, index): Proof => {
    const kept = objective.scenario ?? objective.asset;
    return judge({
      kind: "coverage",
      evidence: [`'${objective.title}' is kept by ${kept === undefined ? "no scenario" : `'${kept}'`}`],
      problems:
        kept !== undefined
          ? []
          : [
              {
                what: `'${objective.title}' is promised, and no scenario keeps it`,
                at: { type: "plan", id: name, path: ["objectives", index] },
              },
            ],
    });
  });
  return [...disasters, ...promises, ...proveTable(name, recovery)];
}

/** Where there is a table of promises, everybody takes it for all of them. */
function proveTable(plan: string, { objectives, scenarios }: Model["recovery"]): readonly Proof[] {
  if (objectives.length === 0) return [];
  const promised = objectives.map((objective) => objective.scenario);
  const left = scenarios.filter(({ id }) => !promised.includes(id)).map(({ id }) => `'${id}'`);
  return [
    judge({
      kind: "coverage",
      evidence: [`${objectives.length} promises, ${scenarios.length} scenarios`],
      problems:
        left.length === 0
          ? []
          : [
              {
                what: `${left.length === 1 ? "scenario" : "scenarios"} ${left.join(", ")} ${left.length === 1 ? "is" : "are"} missing from the objectives`,
                at: { type: "plan", id: plan, path: ["objectives"] },
              },
            ],
    }),
  ];
}
