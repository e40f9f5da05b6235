import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import { byId } from "../../model/by-id.ts";
import type { Model } from "../../model/model.ts";
import type { Rule } from "../rule.ts";

const hostCycle = diagnostic({
  code: "LB3007",
  name: "host-cycle",
  severity: "error",
  message: text`host '${"id"}' runs on itself: ${"cycle"}`,
  why: text`what is lost together with what could not be told`,
  fix: text`let the outermost host run on nothing`,
});

export const rule: Rule = {
  diagnostic: hostCycle,
  *check({ model, places }) {
    const told = new Set<string>();
    for (const host of model.hosts) {
      const cycle = cycleFrom(model, host.id);
      if (cycle === undefined || told.has(host.id)) continue;
      for (const id of cycle) told.add(id);
      yield hostCycle({ id: host.id, cycle: cycle.join(" → ") }, places("host", host.id, "runsOn"));
    }
  },
};

/** The way from a host back to itself, both ends named. */
function cycleFrom(model: Model, start: string): readonly string[] | undefined {
  const way = [start];
  for (let id = byId(model.hosts, start).runsOn; id !== undefined; id = byId(model.hosts, id).runsOn) {
    way.push(id);
    if (id === start) return way;
    // A cycle that does not pass through the start is told of its own members.
    if (way.indexOf(id) < way.length - 1) return undefined;
  }
  return undefined;
}
