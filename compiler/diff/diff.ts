import type { Model } from "../model/model.ts";
import { marginOf, type Proof } from "../prove/proof.ts";
import type { RenderedFile } from "../render/render.ts";

/** One of the two plans that are compared, compiled. */
export interface Side {
  readonly model: Model;
  readonly proofs: readonly Proof[];
  readonly files: readonly RenderedFile[];
}

/** What became of a promise. Either side is missing where the other plan does not promise it. */
export interface PromiseChange {
  readonly name: string;
  readonly unit: Proof["unit"];
  readonly old: PromiseState | undefined;
  readonly now: PromiseState | undefined;
}

export interface PromiseState {
  readonly verdict: Proof["verdict"];
  readonly target: number | undefined;
  readonly worst: number | undefined;
  readonly margin: number | undefined;
}

/** A fact of a script, and what it was. */
export interface FactChange {
  readonly name: string;
  readonly old: string | undefined;
  readonly now: string | undefined;
}

export interface FileChange {
  readonly file: string;
  readonly change: "new" | "gone" | "changed";
  readonly facts: readonly FactChange[];
  /** Other lines than facts differ: what the script says and does. */
  readonly isOtherwise: boolean;
}

/** What has to be done on a host. */
export interface HostChange {
  readonly host: string;
  /** `install` for the first time, `reinstall`, `uninstall`, or `none`: only comments and the plan's hash are others. */
  readonly action: "install" | "reinstall" | "uninstall" | "none";
  readonly files: readonly FileChange[];
}

export interface PlanDiff {
  readonly promises: readonly PromiseChange[];
  readonly hosts: readonly HostChange[];
}

/** What a change of a plan means: for what it promises, and for who has to install something. */
export function diffPlans(old: Side, now: Side): PlanDiff {
  return { promises: diffPromises(old.proofs, now.proofs), hosts: diffHosts(old, now) };
}

/** A proof as people call it: `rpo of mysql in site-lost`. */
export function nameOf({ kind, asset, scenario, store }: Proof): string {
  const subject = asset ?? store;
  return [
    kind,
    ...(subject === undefined ? [] : [`of ${subject}`]),
    ...(scenario === undefined ? [] : [`in ${scenario}`]),
  ].join(" ");
}

function diffPromises(old: readonly Proof[], now: readonly Proof[]): readonly PromiseChange[] {
  const before = byName(old);
  const after = byName(now);
  return [...new Set([...after.keys(), ...before.keys()])].flatMap((name) => {
    const [one, other] = [before.get(name), after.get(name)];
    const [was, is] = [one && stateOf(one), other && stateOf(other)];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [{ name, unit: (other ?? one)?.unit ?? "seconds", old: was, now: is }];
  });
}

/** Several proofs of one name, such as those of the plan as a whole, stand for the worst of them. */
function byName(proofs: readonly Proof[]): ReadonlyMap<string, Proof> {
  const order = ["proven", "unproven", "failed"];
  const found = new Map<string, Proof>();
  for (const proof of proofs) {
    const known = found.get(nameOf(proof));
    if (known === undefined || order.indexOf(proof.verdict) > order.indexOf(known.verdict))
      found.set(nameOf(proof), proof);
  }
  return found;
}

function stateOf(proof: Proof): PromiseState {
  return { verdict: proof.verdict, target: proof.target, worst: proof.worst, margin: marginOf(proof) };
}

function diffHosts(old: Side, now: Side): readonly HostChange[] {
  const [before, after] = [byHost(old.files), byHost(now.files)];
  const hosts = [...new Set([...before.keys(), ...after.keys()])].sort();
  return hosts.flatMap((host): readonly HostChange[] => {
    const [was, is] = [before.get(host), after.get(host)];
    if (is === undefined) return [{ host, action: "uninstall", files: [] }];
    if (was === undefined) return [{ host, action: "install", files: [] }];
    const files = [...new Set([...was.keys(), ...is.keys()])]
      .sort()
      .flatMap((file) => diffFile(file, was.get(file), is.get(file)));
    if (files.length > 0) return [{ host, action: "reinstall", files }];
    const isSame = [...is].every(([file, text]) => was.get(file) === text);
    return isSame ? [] : [{ host, action: "none", files: [] }];
  });
}

/** The files of each host by name. Sums follow from the others. */
function byHost(files: readonly RenderedFile[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const hosts = new Map<string, Map<string, string>>();
  for (const { path, content } of files) {
    const [, host = "", ...rest] = path.split("/");
    const file = rest.join("/");
    if (file === "SHA256SUMS") continue;
    const known = hosts.get(host) ?? new Map<string, string>();
    hosts.set(host, known.set(file, content));
  }
  return hosts;
}

function diffFile(file: string, was: string | undefined, is: string | undefined): readonly FileChange[] {
  if (was === undefined || is === undefined) {
    const change = was === undefined ? "new" : "gone";
    return [{ file, change, facts: [], isOtherwise: false }];
  }
  const [before, after] = [partsOf(was), partsOf(is)];
  const names = [...new Set([...before.facts.keys(), ...after.facts.keys()])];
  const facts = names
    .map((name) => ({ name, old: before.facts.get(name), now: after.facts.get(name) }))
    .filter((fact) => fact.old !== fact.now);
  const isOtherwise = before.rest !== after.rest;
  return facts.length === 0 && !isOtherwise ? [] : [{ file, change: "changed", facts, isOtherwise }];
}

/** What a file says of the plan that it was made from, and what its comments say, means nothing to whoever runs it. */
const ORIGIN = /^(\s*#|readonly (PLAN_SHA256|LIFEBOAT_VERSION)=)/;

function partsOf(text: string): { readonly facts: ReadonlyMap<string, string>; readonly rest: string } {
  const facts = new Map<string, string>();
  const rest: string[] = [];
  for (const line of text.split("\n")) {
    if (ORIGIN.test(line)) continue;
    const fact = /^readonly (?:-a )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    if (fact === null) rest.push(line);
    else facts.set(fact[1] as string, fact[2] as string);
  }
  return { facts, rest: rest.join("\n") };
}
