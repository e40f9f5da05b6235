/** Random disasters, and a plain simulation of what can be done after them: the proofs are held against it. */
import fc from "fast-check";
import type { Model, StepModel } from "../../compiler/model/model.ts";

/** Random plans that are tried; 10,000 by `npm run test:proofs`, fewer while one works on them: PROOF_RUNS=100 npx vitest run test/prove */
export const RUNS = Number(process.env.PROOF_RUNS ?? 2_500);

interface Host {
  readonly runsOn: number | undefined;
  readonly at: number | undefined;
}
interface Store {
  readonly directory: "own" | number | undefined;
  readonly at: number | undefined;
  readonly escrow: number | undefined;
}
interface Asset {
  readonly hosts: readonly number[];
  readonly tolerates: number;
  readonly stores: readonly number[];
  readonly needs: readonly number[];
}
interface Escrow {
  readonly at: number | undefined;
  readonly on: number | undefined;
  readonly in: number | undefined;
}
type Action = { readonly rebuild: number } | { readonly restore: number } | { readonly run: number };
/** `/srv` outlives a restart, `/tmp` does not; a number is the directory of that store. */
export interface File {
  readonly on: number;
  readonly in: "/srv" | "/tmp" | number;
}
export interface Step {
  readonly action: Action;
  readonly reads: readonly File[];
  readonly writes: readonly File[];
  readonly after: readonly number[];
  readonly escrow: number | undefined;
}
export interface Plan {
  readonly hosts: readonly Host[];
  readonly stores: readonly Store[];
  readonly assets: readonly Asset[];
  readonly escrows: readonly Escrow[];
  readonly planEscrow: number | undefined;
  readonly lost: readonly string[];
  readonly steps: readonly Step[];
}

const SITES = 2;
const maybe = (below: number) =>
  below === 0 ? fc.constant(undefined) : fc.option(fc.nat(below - 1), { nil: undefined });
const some = (below: number, maxLength: number, minLength = 0) =>
  below === 0
    ? fc.constant([])
    : fc.uniqueArray(fc.nat(below - 1), { minLength: Math.min(minLength, below), maxLength });

const files = (hosts: number, stores: number) =>
  fc.array(
    fc.record({
      on: fc.nat(hosts - 1),
      in: fc.oneof(fc.constantFrom("/srv" as const, "/tmp" as const), fc.nat(stores - 1)),
    }),
    { maxLength: 2 },
  );

/** A place in a list may lead only to places before it, so that nothing runs on itself. */
const backwards = <Item>(length: number, item: (index: number) => fc.Arbitrary<Item>) =>
  fc.tuple(...Array.from({ length }, (_, index) => item(index)));

export const plans: fc.Arbitrary<Plan> = fc
  .record({
    hosts: fc.integer({ min: 1, max: 4 }),
    stores: fc.integer({ min: 1, max: 3 }),
    assets: fc.integer({ min: 1, max: 3 }),
    escrows: fc.nat(2),
    steps: fc.integer({ min: 1, max: 5 }),
  })
  .chain((count) =>
    fc.record({
      hosts: backwards(count.hosts, (index) => fc.record({ runsOn: maybe(index), at: maybe(SITES) })),
      stores: backwards(count.stores, () =>
        fc.record({
          directory: fc.oneof(fc.constant("own" as const), maybe(count.hosts)),
          at: maybe(SITES),
          escrow: maybe(count.escrows),
        }),
      ),
      assets: backwards(count.assets, (index) =>
        fc.record({
          hosts: some(count.hosts, 2, 1),
          tolerates: fc.nat(1),
          stores: some(count.stores, 3, 1),
          needs: some(index, 1),
        }),
      ),
      escrows: backwards(count.escrows, () =>
        fc.record({ at: maybe(SITES), on: maybe(count.hosts), in: maybe(count.assets) }),
      ),
      planEscrow: maybe(count.escrows),
      lost: fc.uniqueArray(
        fc.oneof(
          fc.nat(SITES - 1).map((each) => `site s${each}`),
          fc.nat(count.hosts - 1).map((each) => `host h${each}`),
          fc.nat(count.stores - 1).map((each) => `store d${each}`),
          fc.nat(count.assets - 1).map((each) => `asset a${each}`),
        ),
        { minLength: 1, maxLength: 3 },
      ),
      steps: backwards(count.steps, (index) =>
        fc.record({
          action: fc.oneof(
            fc.nat(count.hosts - 1).map((rebuild) => ({ rebuild })),
            fc.nat(count.assets - 1).map((restore) => ({ restore })),
            fc.nat(count.hosts - 1).map((run) => ({ run })),
          ),
          after: some(index, 2),
          escrow: maybe(count.escrows),
          reads: files(count.hosts, count.stores),
          writes: files(count.hosts, count.stores),
        }),
      ),
    }),
  );

/** The plan as the compiler has it. */
export function modelOf({ hosts, stores, assets, escrows, planEscrow, lost, steps }: Plan): Model {
  const id = (letter: string, index: number | undefined) =>
    index === undefined ? undefined : `${letter}${index}`;
  const secrets = (escrow: number | undefined, isWithPeople: boolean) =>
    escrow === undefined
      ? []
      : [{ option: "x", what: `the key in e${escrow}`, isWithPeople, escrow: [`e${escrow}`] }];
  return {
    name: "shop",
    hosts: hosts.map((each, index) => ({
      id: `h${index}`,
      runsOn: id("h", each.runsOn),
      at: id("s", each.at),
    })),
    stores: stores.map((each, index) => ({
      id: `d${index}`,
      at: id("s", each.at),
      directory:
        each.directory === undefined
          ? undefined
          : { path: `/store-${index}`, host: each.directory === "own" ? undefined : id("h", each.directory) },
      lock: 0,
      needs: [],
      secrets: secrets(each.escrow, true),
    })),
    assets: assets.map((each, index) => ({
      id: `a${index}`,
      hosts: each.hosts.map((host) => `h${host}`),
      livesOn: { hosts: each.hosts.map((host) => `h${host}`), tolerates: each.tolerates },
      needs: each.needs.map((other) => `a${other}`),
      secrets: [],
      copies: each.stores.map((store) => ({ store: `d${store}`, how: "pulled", by: undefined, from: 0 })),
    })),
    recovery: {
      controller: undefined,
      covers: [],
      objectives: [],
      drills: [],
      escrow: planEscrow === undefined ? [] : [`e${planEscrow}`],
      escrows: escrows.map((each, index) => ({
        id: `e${index}`,
        at: id("s", each.at),
        on: id("h", each.on),
        in: id("a", each.in),
      })),
      scenarios: [
        {
          id: "lost",
          malicious: false,
          loses: lost.map((each) => ({ type: each.split(" ")[0], id: each.split(" ")[1] })),
          steps: steps.map(
            ({ action, after, escrow, reads, writes }, index): Partial<StepModel> => ({
              id: `step-${index}`,
              index,
              action:
                "rebuild" in action
                  ? { do: "rebuild", hosts: [`h${action.rebuild}`], by: undefined, on: undefined }
                  : "restore" in action
                    ? { do: "restore", asset: `a${action.restore}`, from: undefined }
                    : { do: "run", argv: ["true"], on: `h${action.run}` },
              after: after.map((each) => `step-${each}`),
              needs: [],
              reads: reads.map(fileModel),
              writes: writes.map(fileModel),
              secrets: secrets(escrow, true),
            }),
          ) as readonly StepModel[],
        },
      ],
    },
  } as unknown as Model;
}

function fileModel(file: File) {
  return { on: `h${file.on}`, path: pathOf(file) };
}

function pathOf({ in: folder }: File): string {
  return `${typeof folder === "number" ? `/store-${folder}` : folder}/file`;
}

/** A world in which things break and come back one at a time. Every question goes to the things themselves. */
export class Simulation {
  private readonly plan: Plan;
  private readonly back = new Set<string>();
  private readonly written = new Set<string>();

  constructor(plan: Plan) {
    this.plan = plan;
  }

  /** Assets that do not work when all is done. */
  broken(): readonly string[] {
    return this.plan.assets
      .map((_, index) => index)
      .filter((index) => !this.assetWorks(index))
      .map((index) => `a${index}`);
  }

  /** What of the files that a step reads is not there now, before it is done. */
  missing({ reads }: Step): readonly File[] {
    return reads.filter((file) => !this.written.has(`h${file.on}:${pathOf(file)}`) && !this.wasThere(file));
  }

  /** Nothing in /tmp counts on, and a store's directory is as lost as the store. */
  private wasThere(file: File): boolean {
    if (file.in === "/tmp" || !this.hostOutlived(file.on)) return false;
    const store = file.in === "/srv" ? undefined : this.plan.stores[file.in];
    if (store?.directory !== "own" && store?.directory !== file.on) return true;
    return !this.isLost(`store d${file.in}`) && !this.isLost(`site s${store.at}`);
  }

  private isLost(name: string): boolean {
    return this.plan.lost.includes(name);
  }

  private hostOutlived(index: number | undefined): boolean {
    const host = index === undefined ? undefined : this.plan.hosts[index];
    if (host === undefined) return true;
    return (
      !this.isLost(`host h${index}`) && !this.isLost(`site s${host.at}`) && this.hostOutlived(host.runsOn)
    );
  }

  private hostRuns(index: number): boolean {
    return this.back.has(`h${index}`) || this.hostOutlived(index);
  }

  private assetOutlived(index: number): boolean {
    const asset = this.plan.assets[index] as Asset;
    const down = asset.hosts.filter((host) => !this.hostOutlived(host)).length;
    return !this.isLost(`asset a${index}`) && down <= asset.tolerates;
  }

  private assetWorks(index: number): boolean {
    return this.back.has(`a${index}`) || this.assetOutlived(index);
  }

  private escrowOpens(index: number): boolean {
    const escrow = this.plan.escrows[index] as Escrow;
    if (escrow.in !== undefined && this.back.has(`a${escrow.in}`)) return true;
    const isAway = this.isLost(`site s${escrow.at}`) || !this.hostOutlived(escrow.on);
    return !isAway && (escrow.in === undefined || this.assetOutlived(escrow.in));
  }

  /** A rebuilt host comes back empty: what was stored on it stays lost. */
  private storeReads(index: number, asset: Asset): boolean {
    const store = this.plan.stores[index] as Store;
    if (this.isLost(`store d${index}`) || this.isLost(`site s${store.at}`)) return false;
    if (typeof store.directory === "number" && !this.hostOutlived(store.directory)) return false;
    if (store.directory === "own" && !asset.hosts.some((host) => this.hostOutlived(host))) return false;
    return store.escrow === undefined || this.escrowOpens(store.escrow);
  }

  private restores(index: number): boolean {
    const asset = this.plan.assets[index] as Asset;
    const hasScripts =
      asset.hosts.some((host) => this.hostOutlived(host)) ||
      (this.plan.planEscrow !== undefined && this.escrowOpens(this.plan.planEscrow));
    return (
      asset.hosts.every((host) => this.hostRuns(host)) &&
      asset.needs.every((other) => this.assetWorks(other)) &&
      asset.stores.some((store) => this.storeReads(store, asset)) &&
      hasScripts
    );
  }

  /** Can the step be done now? It then is, since a step that fails is told by itself. */
  do({ action, escrow, writes }: Step): boolean {
    const works =
      (escrow === undefined || this.escrowOpens(escrow)) &&
      (!("restore" in action) || this.restores(action.restore)) &&
      (!("run" in action) || this.hostRuns(action.run)) &&
      // Empty when it comes back: what outlived the disaster does not outlive that.
      (!("rebuild" in action) || !this.hostOutlived(action.rebuild));
    for (const file of writes) this.written.add(`h${file.on}:${pathOf(file)}`);
    if ("rebuild" in action) this.back.add(`h${action.rebuild}`);
    if ("restore" in action) this.back.add(`a${action.restore}`);
    return works;
  }
}

/** Every order in which steps may be done. */
export function* orders(steps: readonly Step[], done: readonly number[] = []): Generator<readonly number[]> {
  if (done.length === steps.length) yield done;
  for (const [index, step] of steps.entries()) {
    if (!done.includes(index) && step.after.every((each) => done.includes(each)))
      yield* orders(steps, [...done, index]);
  }
}
