import type { FileChange, HostChange, PlanDiff, PromiseChange, PromiseState } from "../diff/diff.ts";
import { formatDuration, formatSize } from "../model/units.ts";

/** A diff for people: promises first, then what is to be done where. */
export function diffText(diff: PlanDiff, plan: string, out: string): string {
  const lines = [
    "Promises",
    ...(diff.promises.length === 0 ? ["  as they were"] : diff.promises.map(promiseLine)),
    "",
    "Hosts",
    ...(diff.hosts.length === 0
      ? ["  nothing to install"]
      : diff.hosts.flatMap((host) => hostLines(host, plan, out))),
  ];
  return `${lines.join("\n")}\n`;
}

/** A diff for programs. Numbers count what `unit` says; null: not known, or no limit. */
export function diffJson(diff: PlanDiff): string {
  const plain = JSON.stringify(
    diff,
    (_, value: unknown) => (typeof value === "number" && !Number.isFinite(value) ? null : value),
    2,
  );
  return `${plain}\n`;
}

const WORDS = { proven: "holds", failed: "fails", unproven: "is unproven" } as const;

function promiseLine({ name, unit, old, now }: PromiseChange): string {
  const show = (state: PromiseState) => describe(state, unit);
  if (old === undefined && now !== undefined) return `  + ${name}: ${show(now)}`;
  if (now === undefined)
    return `  - ${name}: promised no longer${old === undefined ? "" : `; it ${show(old)}`}`;
  if (old === undefined) return `  + ${name}`;
  const isWorse = rank(now) > rank(old) || (rank(now) === rank(old) && (now.margin ?? 0) < (old.margin ?? 0));
  const isBetter =
    rank(now) < rank(old) || (rank(now) === rank(old) && (now.margin ?? 0) > (old.margin ?? 0));
  const mark =
    now.verdict === "failed" && old.verdict !== "failed" ? "✗" : isWorse ? "↓" : isBetter ? "↑" : "~";
  return `  ${mark} ${name}: ${show(now)}; before it ${show(old)}`;
}

function rank({ verdict }: PromiseState): number {
  return ["proven", "unproven", "failed"].indexOf(verdict);
}

function describe({ verdict, target, worst, margin }: PromiseState, unit: "seconds" | "bytes"): string {
  const format = (value: number) =>
    Number.isFinite(value) ? (unit === "bytes" ? formatSize : formatDuration)(value) : "everything";
  if (worst === undefined || target === undefined || margin === undefined) return WORDS[verdict];
  if (!Number.isFinite(target)) return `${WORDS[verdict]} without a limit`;
  const spare = margin >= 0 ? `${format(margin)} to spare` : `${format(-margin)} too much`;
  return `${WORDS[verdict]}, ${format(worst)} of ${format(target)}, ${spare}`;
}

function hostLines({ host, action, files }: HostChange, plan: string, out: string): readonly string[] {
  const folder = `${out}/${plan}/${host}`;
  switch (action) {
    case "install":
      return [`  ${host}: new; copy ${folder} there and run ./install.sh`];
    case "uninstall":
      return [`  ${host}: no longer in the plan; run ./install.sh --uninstall there, its sets and logs stay`];
    case "none":
      return [`  ${host}: nothing but comments and the plan's hash; installing it can wait`];
    case "reinstall":
      return [`  ${host}: copy ${folder} there and run ./install.sh`, ...files.flatMap(fileLines)];
  }
}

/** Facts that are shown of a file; the rest is counted. */
const SHOWN = 6;

function fileLines({ file, change, facts, isOtherwise }: FileChange): readonly string[] {
  if (change !== "changed") return [`    ${change === "new" ? "+" : "-"} ${file}`];
  const shown = facts
    .slice(0, SHOWN)
    .map(({ name, old, now }) => `        ${name}: ${old ?? "(none)"} → ${now ?? "(none)"}`);
  const more = facts.length > SHOWN ? [`        and ${facts.length - SHOWN} more`] : [];
  return [`    ~ ${file}${isOtherwise ? ", and other lines" : ""}`, ...shown, ...more];
}
