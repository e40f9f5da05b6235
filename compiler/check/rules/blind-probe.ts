import type { Probe } from "../../../dsl/probe.ts";
import type { Data } from "../../../templates/kind.ts";
import { diagnostic, text } from "../../diagnostics/diagnostic.ts";
import type { Rule } from "../rule.ts";

const blindProbe = diagnostic({
  code: "LB4024",
  name: "blind-probe",
  severity: "warning",
  message: text`${"what"}: '${"command"}' succeeds whatever it finds`,
  why: text`a listing asserts nothing: its exit status says that there was something to list, not that all is well`,
  fix: text`${"advice"}`,
});

/** Commands that print, and leave it to whoever reads to judge. */
const LISTINGS: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/^kubectl (-\S+ \S+ )*(get|describe|top) .*\bnodes?\b|^kubectl top nodes?$/, "ask nodesReady(cluster)"],
  [/^kubectl .*\b(get|describe|top)\b .*(\bpods?\b|\ball\b)/, "ask podsReady(cluster, [namespace])"],
  [/^kubectl .*\b(get|describe|top)\b (?!--raw)/, 'ask for what must hold: kubectl wait, or prints: "…"'],
  [/^(multipass|limactl|virsh) list\b/, "ask hostsUp(host)"],
  [/^df\b/, "ask diskFree([host], { path, atLeast })"],
  [/^(ls|find|stat|du)\b/, "ask fresh(asset) or intact([asset])"],
  [/^(cat|head|tail|echo|date|uptime|true)\b/, 'ask for what must hold, or give prints: "…"'],
  [/^(etcdctl|terraform) .*\b(member list|state pull|state list)\b/, "ask alive(asset) or intact([asset])"],
  [/^curl (?!.*(--fail|-[a-zA-Z]*f))/, "ask http(address), or give curl --fail"],
];

export const rule: Rule = {
  diagnostic: blindProbe,
  *check({ model, places }) {
    for (const { id, probes } of model.recovery.checks)
      for (const [index, probe] of probes.entries()) {
        const found = judge(probe);
        if (found !== undefined)
          yield blindProbe({ what: `check '${id}'`, ...found }, places("check", id, "probes", index));
      }
    for (const { id, verification } of model.recovery.scenarios)
      for (const [index, probe] of verification.entries()) {
        const found = judge(probe);
        if (found !== undefined)
          yield blindProbe(
            { what: `verification of scenario '${id}'`, ...found },
            places("scenario", id, "verification", index),
          );
      }
  },
};

function judge(probe: Data<Probe>): { readonly command: string; readonly advice: string } | undefined {
  if (!("command" in probe) || probe.prints !== undefined) return undefined;
  const command = probe.command.join(" ");
  const advice = LISTINGS.find(([pattern]) => pattern.test(command))?.[1];
  return advice === undefined ? undefined : { command, advice };
}
