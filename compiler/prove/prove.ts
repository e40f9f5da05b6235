import type { Model } from "../model/model.ts";
import { proveCoverage } from "./coverage.ts";
import { proveFlow } from "./flow.ts";
import { provePeople } from "./people.ts";
import type { Proof } from "./proof.ts";
import { proveCapacity, proveRetention } from "./retention.ts";
import { proveRpo } from "./rpo.ts";
import { proveRto } from "./rto.ts";
import { proveSchedules } from "./schedules.ts";
import { proveSurvival } from "./survival.ts";

/** Everything that a plan promises, with the arithmetic that shows whether it holds. A pure function of the model. */
export function prove(model: Model): readonly Proof[] {
  return [
    ...proveRpo(model),
    ...proveRto(model),
    ...proveSurvival(model),
    ...proveCoverage(model),
    ...proveFlow(model),
    ...proveRetention(model),
    ...proveCapacity(model),
    ...proveSchedules(model),
    ...provePeople(model),
  ];
}
