/** A place in a source file; lines and columns count from 1, the end is exclusive. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/**
 * What a diagnostic is about: the call that made a node, and the way from its options to the property. The exact span is
 * found only when it is shown, since that takes a TypeScript parser.
 */
export interface Target {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: readonly (string | number)[];
  /** Set where the end is known already, as it is for syntax errors. */
  readonly length?: number;
  /** Point at the property's name instead of its value. */
  readonly part?: "name";
  /** The text there is a secret: it is not shown. */
  readonly isSecret?: boolean;
}

export type Severity = "error" | "warning";

/** A replacement of the target's text that cannot change what a correct plan means. */
export interface SafeFix {
  readonly replacement: string;
  /** It is the name of a property, which stays quoted if it was. */
  readonly isName?: true;
}

export interface RelatedPlace {
  readonly message: string;
  readonly target: Target;
}

/** One finding about a plan. */
export interface Diagnostic {
  readonly code: string;
  readonly name: string;
  readonly severity: Severity;
  readonly message: string;
  readonly why: string;
  readonly fix: string | undefined;
  readonly safeFix: SafeFix | undefined;
  readonly target: Target | undefined;
  readonly related: readonly RelatedPlace[];
}

/** A message with named blanks. The names are part of its type, so a blank left open is a type error. */
export interface Text<Key extends string> {
  readonly skeleton: string;
  fill(values: Readonly<Record<Key, string | number>>): string;
}

/**
 * Makes a message whose blanks are named by the substitutions.
 * @example text`unknown host '${"id"}'`
 */
export function text<const Keys extends readonly string[]>(
  strings: TemplateStringsArray,
  ...keys: Keys
): Text<Keys[number]> {
  const join = (show: (key: Keys[number]) => string) =>
    strings.reduce(
      (all, part, index) => all + part + (index < keys.length ? show(keys[index] as string) : ""),
      "",
    );
  return {
    skeleton: join((key) => `<${key}>`),
    fill: (values) => join((key) => String((values as Record<string, string | number>)[key])),
  };
}

interface Definition<Key extends string> {
  readonly code: `LB${number}`;
  readonly name: string;
  readonly severity: Severity;
  readonly message: Text<Key>;
  /** Why it matters, for somebody who has not met it before. */
  readonly why: Text<Key>;
  /** What to do; undefined where that depends too much on the plan. */
  readonly fix?: Text<Key>;
}

export interface ReportDetails {
  readonly safeFix?: SafeFix;
  /** Replaces the definition's fix where the place allows a better one. */
  readonly fix?: string;
  readonly related?: readonly RelatedPlace[];
}

/** A kind of diagnostic: called with its blanks filled and its place, it makes one. */
export interface DiagnosticKind<Key extends string = string> {
  (
    values: Readonly<Record<Key, string | number>>,
    target: Target | undefined,
    details?: ReportDetails,
  ): Diagnostic;
  readonly definition: Definition<Key>;
}

/** Defines a kind of diagnostic. Codes are never used again for something else. */
export function diagnostic<Key extends string = never>(definition: Definition<Key>): DiagnosticKind<Key> {
  const make = (
    values: Readonly<Record<Key, string | number>>,
    target: Target | undefined,
    details: ReportDetails = {},
  ): Diagnostic => ({
    code: definition.code,
    name: definition.name,
    severity: definition.severity,
    message: definition.message.fill(values),
    why: definition.why.fill(values),
    fix: details.fix ?? definition.fix?.fill(values),
    safeFix: details.safeFix,
    target,
    related: details.related ?? [],
  });
  return Object.assign(make, { definition });
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((each) => each.severity === "error");
}
