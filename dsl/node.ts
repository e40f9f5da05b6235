/**
 * What every builder makes: plain frozen data that remembers which line of the plan made it.
 * The memory is a hidden symbol, so that a plan's objects print, compare and serialise as the data they are.
 */

/** Where a builder was called, as the JavaScript engine tells it; the compiler maps it back to the plan's source. */
export interface CallSite {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The things of a plan that have an id and are referred to by it. */
export type EntityType =
  | "plan"
  | "site"
  | "host"
  | "store"
  | "asset"
  | "escrow"
  | "contact"
  | "vendor"
  | "scenario"
  | "check"
  | "drill";

/** Exists in types only: it keeps a store from being taken for a host, although both are objects with an id. */
declare const brand: unique symbol;

export interface Branded<Type extends EntityType> {
  readonly [brand]: Type;
}

export interface NodeInfo {
  /** Set for entities; a value (a schedule, a secret) has a site only. */
  readonly entity?: EntityType;
  readonly site?: CallSite | undefined;
}

// Symbol.for: a plan may load a second copy of this module, and its nodes must still be known.
const NODE = Symbol.for("lifeboat.node");

// biome-ignore lint/complexity/noBannedTypes: errors.captureStackTrace takes any function
type Callable = Function;

const FRAME = /^\s*at (?:.*\()?(.+):(\d+):(\d+)\)?$/;

/** The place that called `builder`. One frame is taken, so this costs microseconds. */
export function callSite(builder: Callable): CallSite | undefined {
  // V8's own, which a plan's project need not have the types of.
  const errors = Error as unknown as {
    stackTraceLimit: number;
    captureStackTrace(holder: object, above: unknown): void;
  };
  const limit = errors.stackTraceLimit;
  const holder: { stack?: string } = {};
  errors.stackTraceLimit = 1;
  errors.captureStackTrace(holder, builder);
  errors.stackTraceLimit = limit;
  const frame = FRAME.exec(holder.stack?.split("\n")[1] ?? "");
  return frame ? { file: frame[1] ?? "", line: Number(frame[2]), column: Number(frame[3]) } : undefined;
}

/** Freezes `data` and remembers what made it. */
export function node<T extends object>(data: T, info: NodeInfo): Readonly<T> {
  Object.defineProperty(data, NODE, { value: info, enumerable: false });
  return Object.freeze(data);
}

/** What made this object, when a builder did. */
export function nodeInfo(value: unknown): NodeInfo | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as { [NODE]?: NodeInfo })[NODE];
}

/** Where what is not an object of options is kept, for the compiler to report. */
export const NOT_OPTIONS = "(not options)";

/**
 * Makes an entity: its id, its options, and the call that made it. Plain JavaScript may pass anything; a plan that is wrong is
 * reported by the compiler, never thrown on here.
 */
export function entity<T extends object>(
  type: EntityType,
  builder: Callable,
  id: string,
  options: unknown,
  more: object = {},
): Readonly<T> {
  const site = callSite(builder);
  const isOptions = typeof options === "object" && options !== null && !Array.isArray(options);
  const fields = isOptions ? options : { [NOT_OPTIONS]: options };
  return node({ ...fields, ...more, id } as unknown as T, { entity: type, site });
}

/** Makes a value: plain data with a site. */
export function value<T extends object>(builder: Callable, data: T): Readonly<T> {
  return node(data, { site: callSite(builder) });
}
