import type { StepModel } from "../model/model.ts";

/** Steps in an order in which each comes after what it waits for; those in a circle at the end. */
export function inOrder(steps: readonly StepModel[]): readonly StepModel[] {
  const done: StepModel[] = [];
  for (let rest = steps; rest.length > 0; ) {
    const waiting = new Set(rest.map((step) => step.id));
    const isReady = (step: StepModel) => !step.after.some((id) => waiting.has(id));
    const ready = rest.filter(isReady);
    if (ready.length === 0) return [...done, ...rest];
    done.push(...ready);
    rest = rest.filter((step) => !isReady(step));
  }
  return done;
}

type Circle = readonly [string, ...string[]];

/** Steps that wait for each other: the ids along the circle, both ends the same. Undefined: there is none. */
export function circleOf(steps: readonly StepModel[]): Circle | undefined {
  const find = (way: Circle): Circle | undefined => {
    const last = steps.find((step) => step.id === way.at(-1));
    for (const id of last?.after ?? []) {
      if (id === way[0]) return [...way, id];
      if (way.includes(id)) continue;
      const found = find([...way, id]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  for (const step of steps) {
    const circle = find([step.id]);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** Every step that is done before another one, whatever runs side by side. */
export function predecessors(step: StepModel, steps: readonly StepModel[]): readonly StepModel[] {
  const found = new Set<StepModel>();
  const visit = (each: StepModel): void => {
    for (const id of each.after) {
      const before = steps.find((other) => other.id === id);
      if (before === undefined || before === step || found.has(before)) continue;
      found.add(before);
      visit(before);
    }
  };
  visit(step);
  return [...found];
}
