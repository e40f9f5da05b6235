import type { Asset } from "./asset.ts";
import type { Escrow } from "./escrow.ts";
import type { Host } from "./host.ts";
import { nodeInfo, value } from "./node.ts";
import type { Contact } from "./people.ts";
import type { Probe } from "./probe.ts";
import type { Secret } from "./secret.ts";
import type { Store } from "./store.ts";
import type { AbsolutePath, Duration } from "./units.ts";

/** Something that a step reads, and that must therefore have outlived the disaster or have been brought back before. */
export type Need =
  | { readonly asset: Asset }
  | { readonly host: Host }
  | { readonly store: Store }
  | { readonly escrow: Escrow }
  | { readonly secret: Secret };

/** What an author may say of any step. */
export interface StepOptions {
  /**
   * Its name in the runbook, in `--from` and in `after`. Default: made of what it does: `restore-mysql`.
   * @pattern ^[a-z0-9][a-z0-9-]{0,63}$
   */
  readonly id?: string;
  /** The steps that must be done before it. Default: the one above it; an empty list: none. */
  readonly after?: readonly string[];
  /** How long it takes at most, its budget. A restore's default is the estimate of its asset. */
  readonly takes?: Duration;
  /** What it reads besides the obvious. */
  readonly needs?: readonly Need[];
  /** Files that it reads, besides those of a restore: each must be there, or come from a step before it. Default: none. */
  readonly reads?: readonly FileOn[];
  /** Files that it puts somewhere for later steps. Default: none. */
  readonly writes?: readonly FileOn[];
  /** Who does it. Default: whoever answers first. */
  readonly owner?: Contact;
  /** A sentence for people. */
  readonly note?: string;
}

/** A file on a host. */
export interface FileOn {
  readonly on: Host;
  readonly path: AbsolutePath;
}

/** Brings an asset back from a backup set. */
export interface RestoreStep extends StepOptions {
  readonly restore: Asset;
  /** The copy to take. Default: the first that the disaster has left. */
  readonly from?: Store;
}
/** Makes hosts anew. */
export interface RebuildStep extends StepOptions {
  /** @minItems 1 */
  readonly rebuild: readonly Host[];
  /**
   * The program that does it, and its arguments; there is no shell in between. Default: people do.
   * @minItems 1
   */
  readonly by?: readonly string[];
  /** Where that program runs. Default: the plan's controller. */
  readonly on?: Host;
}
/** Runs a program. */
export interface RunStep extends StepOptions {
  /**
   * The program and its arguments; there is no shell in between.
   * @minItems 1
   */
  readonly run: readonly string[];
  /** Where it runs. Default: the plan's controller. */
  readonly on?: Host;
}
/** Waits until something holds. */
export interface WaitStep extends StepOptions {
  readonly waitFor: Probe;
}
/** Something that people do. */
export interface ManualStep extends StepOptions {
  readonly manual: string;
}
/** A decision of people, without which nothing goes on. */
export interface ConfirmStep extends StepOptions {
  readonly confirm: string;
}

/** A step of a recovery. */
export type Step = RestoreStep | RebuildStep | RunStep | WaitStep | ManualStep | ConfirmStep;

/** What steps take in a TypeScript plan: the things themselves, where a document has their ids. */
export interface StepArguments extends Omit<StepOptions, "after" | "needs"> {
  readonly after?: readonly (Step | string)[];
  readonly needs?: readonly (Asset | Host | Store | Escrow | Secret)[];
}

type Loose = { readonly [key: string]: unknown };

/** The name of a step that has none, of what it does. It is the same for the objects of a plan and for the ids of a document. */
export function stepId(step: object): string {
  const { id, restore, rebuild, run, waitFor, manual, confirm } = step as Loose;
  if (typeof id === "string") return id;
  const idOf = (thing: unknown): string =>
    typeof thing === "string" ? thing : String((thing as { id?: unknown } | undefined)?.id ?? "");
  if (restore !== undefined) return `restore-${idOf(restore)}`;
  if (rebuild !== undefined) return slug("rebuild", (rebuild as readonly unknown[]).map(idOf).join(" "));
  if (run !== undefined) return slug("run", (run as readonly string[]).slice(0, 3).join(" "));
  if (waitFor !== undefined)
    return slug(
      "wait",
      Object.keys(waitFor as object)
        .sort()
        .join(" "),
    );
  if (manual !== undefined) return slug("", String(manual));
  return slug("confirm", String(confirm));
}

function slug(verb: string, text: string): string {
  const words = text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  const short = words.length > 40 ? words.slice(0, 40).replace(/-[^-]*$/, "") : words;
  return [verb, short].filter((part) => part !== "").join("-") || "step";
}

/** A step's options as a document has them. */
function written<Options extends StepArguments>({ after, needs, ...rest }: Options) {
  return {
    ...rest,
    ...(after !== undefined && {
      after: after.map((step) => (typeof step === "string" ? step : stepId(step))),
    }),
    ...(needs !== undefined && { needs: needs.map(needOf) }),
  };
}

function needOf(thing: Asset | Host | Store | Escrow | Secret): Need {
  const type = nodeInfo(thing)?.entity;
  return { [type ?? "secret"]: thing } as unknown as Need;
}

/**
 * Brings an asset back from a backup set, from the first copy that the disaster has left.
 * @example restore(orders, { takes: "18m" })
 */
export function restore(asset: Asset, options: StepArguments & { readonly from?: Store } = {}): RestoreStep {
  return value(restore, { ...written(options), restore: asset });
}

/**
 * Makes hosts anew, by a program or by people. They come back empty, so the scenario must lose them.
 * @example rebuild([worker], { by: ["terraform", "apply", "-replace=module.k8s.workers[0]"], takes: "8m", needs: [state] })
 */
export function rebuild(
  hosts: Host | readonly Host[],
  options: StepArguments & { readonly by?: readonly string[]; readonly on?: Host } = {},
): RebuildStep {
  const list = (Array.isArray(hosts) ? hosts : [hosts]) as readonly Host[];
  return value(rebuild, { ...written(options), rebuild: list });
}

/**
 * Runs a program, without a shell.
 * @example run(["multipass", "restart", "k8s-worker-0"], { takes: "2m" })
 */
export function run(argv: readonly string[], options: StepArguments & { readonly on?: Host } = {}): RunStep {
  return value(run, { ...written(options), run: argv });
}

/**
 * Waits until something holds, for as long as the step takes at most.
 * @example waitFor(nodesReady(cluster), { takes: "5m" })
 */
export function waitFor(probe: Probe, options: StepArguments = {}): WaitStep {
  return value(waitFor, { ...written(options), waitFor: probe });
}

/**
 * Something that people do.
 * @example manual("Order a new machine of the same size", { takes: "4h", needs: [vendorContract] })
 */
export function manual(what: string, options: StepArguments = {}): ManualStep {
  return value(manual, { ...written(options), manual: what });
}

/**
 * A decision of people, without which nothing goes on.
 * @example confirm("The fault is in the data, not in the host", { takes: "2m" })
 */
export function confirm(question: string, options: StepArguments = {}): ConfirmStep {
  return value(confirm, { ...written(options), confirm: question });
}

/**
 * A file on a host, as a step reads or writes it.
 * @example run(["multipass", "transfer", "kit.tar", "mysql:/tmp/kit.tar"], { writes: [fileOn(db, "/tmp/kit.tar")] })
 */
export function fileOn(host: Host, path: AbsolutePath): FileOn {
  return value(fileOn, { on: host, path });
}
