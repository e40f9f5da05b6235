import type { Model } from "../model/model.ts";
import type { Proof } from "./proof.ts";
import { proveRpo } from "./rpo.ts";
import { proveRto } from "./rto.ts";
import { proveSurvival } from "./survival.ts";

/** Everything that a plan promises, with the arithmetic that shows whether it holds. A pure function of the model. */
export function prove(model: Model): readonly Proof[] {
  return [...proveRpo(model), ...proveRto(model), ...proveSurvival(model)];
}
