import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const fileFromNowhere = diagnostic({
  code: "LB4014",
  name: "file-from-nowhere",
  severity: "error",
  message: text`scenario '${"scenario"}': ${"problem"}`,
  why: text`the step fails, after the ones before it have changed things`,
  fix: text`restore() brings what it reads by itself; else add a step before it that writes the file (writes: [fileOn(…)])`,
});

export const rule: Rule = {
  diagnostic: fileFromNowhere,
  *check({ proofs, places }) {
    for (const { kind, scenario = "", problems } of proofs) {
      if (kind !== "flow") continue;
      for (const { what, at } of problems)
        yield fileFromNowhere({ scenario, problem: what }, places(at.type, at.id, ...at.path));
    }
  },
};
