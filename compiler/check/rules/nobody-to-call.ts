import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const nobodyToCall = diagnostic({
  code: "LB4018",
  name: "nobody-to-call",
  severity: "error",
  message: text`${"problem"}`,
  why: text`at three in the morning nobody looks up a number`,
  fix: text`write what is true today, and have a drill call it`,
});

export const rule: Rule = {
  diagnostic: nobodyToCall,
  *check({ proofs, places }) {
    for (const { kind, problems } of proofs) {
      if (kind !== "people") continue;
      for (const { what, at } of problems)
        yield nobodyToCall({ problem: what }, places(at.type, at.id, ...at.path));
    }
  },
};
