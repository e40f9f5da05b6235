/**
 * Puts scripts together from plain bash files: only the functions that `main` reaches, only the constants and facts that these use.
 * `"${PLACE_DRIVER}_names"` reaches the function `<driver>_names` of every driver that the fact PLACE_DRIVERS lists.
 * docs/runtime.md says what a file may hold; anything else is a bug of a template, and thrown.
 */

interface Unit {
  readonly name: string;
  /** Its comment and its code, as written. */
  readonly text: string;
  /** Every word of its code. */
  readonly words: ReadonlySet<string>;
  /** Calls through a driver: `"${PLACE_DRIVER}_names"` is the verb `names` of `PLACE`. */
  readonly calls: readonly DriverCall[];
}

interface DriverCall {
  readonly family: string;
  readonly verb: string;
}

/** The drivers that a script may meet, by family: `{ PLACE: ["directory", "s3"] }`. */
export type Drivers = Readonly<Record<string, readonly string[]>>;

/** One bash file, read into its parts. */
export interface Source {
  readonly file: string;
  readonly functions: readonly Unit[];
  readonly constants: readonly Unit[];
}

export interface Linked {
  readonly code: string;
  /** Names of the facts that the code uses. */
  readonly facts: ReadonlySet<string>;
}

/** Set by the roles at run time, or by the world outside. */
const RUN_VARIABLES = new Set([
  ...["ACTION", "STAMP", "WORK_DIR", "DRY_RUN", "VERBOSE", "QUIET", "ASSUME_YES", "LOCK_HELD"],
  ...[
    "BASH_SOURCE",
    "BASH_VERSION",
    "EPOCHREALTIME",
    "FUNCNAME",
    "HOME",
    "IFS",
    "LC_ALL",
    "NO_COLOR",
    "OLDPWD",
    "OSTYPE",
  ],
  ...[
    "PATH",
    "PIPESTATUS",
    "PPID",
    "PWD",
    "RANDOM",
    "REPLY",
    "SECONDS",
    "TERM",
    "TMPDIR",
    "TZ",
    "UID",
    "EUID",
    "USER",
  ],
  ...[
    "COLUMNS",
    "LINENO",
    "BASH_REMATCH",
    "BASH_COMMAND",
    "BASHPID",
    "SHELLOPTS",
    "LOGNAME",
    "HOSTNAME",
    "BASH",
  ],
]);

const FUNCTION = /^([A-Za-z_][A-Za-z0-9_]*)\(\) \{$/;
const CONSTANT = /^readonly ([A-Z][A-Z0-9_]*)=\S/;

/** Reads a bash file into functions and constants. */
export function parseSource(text: string, file: string): Source {
  const functions: Unit[] = [];
  const constants: Unit[] = [];
  let comment: string[] = [];
  const lines = text.replace(/^#!.*\n/, "").split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line.startsWith("#")) {
      comment.push(line);
      continue;
    }
    const constant = CONSTANT.exec(line)?.[1];
    const name = FUNCTION.exec(line)?.[1];
    if (constant !== undefined) {
      constants.push({ name: constant, text: line, words: wordsOf([line]), calls: [] });
    } else if (name !== undefined) {
      const end = lines.indexOf("}", index);
      if (end < 0) throw new Error(`${file}:${index + 1}: ${name}() does not end with } at column 0`);
      const body = lines.slice(index, end + 1);
      const text = [...comment, ...body].join("\n");
      functions.push({ name, text, words: wordsOf(body), calls: driverCalls(body) });
      index = end;
    } else if (line.trim() !== "") {
      throw new Error(`${file}:${index + 1}: only comments, constants and functions may stand here: ${line}`);
    }
    comment = [];
  }
  return { file, functions, constants };
}

function wordsOf(lines: readonly string[]): ReadonlySet<string> {
  const code = lines.filter((line) => !/^\s*#/.test(line)).join("\n");
  return new Set(code.match(/[A-Za-z_][A-Za-z0-9_]*/g));
}

function driverCalls(lines: readonly string[]): readonly DriverCall[] {
  const matches = lines.join("\n").matchAll(/\$\{([A-Z]+)_DRIVER\}_([a-z_]+)/g);
  return [...matches].map(([, family = "", verb = ""]) => ({ family, verb }));
}

/** Links what `main`, or the other functions that the script begins with, reach, in the order of the sources. */
export function link(
  sources: readonly Source[],
  factNames: readonly string[],
  drivers: Drivers = {},
  starts: readonly string[] = ["main"],
): Linked {
  const functions = sources.flatMap((source) => source.functions);
  const constants = sources.flatMap((source) => source.constants);
  refuseTwice([...functions, ...constants], sources);

  const reached = reach(functions, starts, drivers);
  const words = new Set(reached.flatMap((unit) => [...unit.words]));
  const used = constants.filter((constant) => words.has(constant.name));
  for (const constant of used) for (const each of constant.words) words.add(each);
  const facts = new Set(factNames.filter((name) => words.has(name)));

  const parts = [
    ...(used.length > 0 ? [used.map((unit) => unit.text).join("\n")] : []),
    ...reached.map((unit) => unit.text),
  ];
  const code = `${parts.join("\n\n")}\n`;
  refuseUndefined(code, new Set([...factNames, ...constants.map((constant) => constant.name)]));
  return { code, facts };
}

function reach(functions: readonly Unit[], starts: readonly string[], drivers: Drivers): readonly Unit[] {
  const byName = new Map(functions.map((unit) => [unit.name, unit]));
  const reached = new Set<Unit>();
  const queue = [...starts];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const unit = byName.get(name);
    if (unit === undefined) throw new Error(`no function ${name}`);
    if (reached.has(unit)) continue;
    reached.add(unit);
    for (const word of unit.words) if (byName.has(word)) queue.push(word);
    for (const { family, verb } of unit.calls)
      queue.push(...(drivers[family] ?? []).map((driver) => `${driver}_${verb}`));
  }
  return functions.filter((unit) => reached.has(unit));
}

function refuseTwice(units: readonly Unit[], sources: readonly Source[]): void {
  const seen = new Set<string>();
  for (const { name } of units) {
    if (seen.has(name))
      throw new Error(`${name} is defined twice in ${sources.map((source) => source.file).join(", ")}`);
    seen.add(name);
  }
}

/** A script that uses an upper-case name which nothing defines would stop under nounset, perhaps at 3 a.m. */
function refuseUndefined(code: string, defined: ReadonlySet<string>): void {
  const lines = code.split("\n").filter((line) => !/^\s*#/.test(line));
  const assigned = new Set(
    lines.flatMap((line) =>
      [
        ...line.matchAll(
          /(?:^|[\s;(&|])(?:local |export |readonly |declare )?(?:-\w+ )?([A-Z][A-Z0-9_]*)\+?=/g,
        ),
      ].map((match) => match[1]),
    ),
  );
  for (const line of lines) {
    for (const [, name = "", fallback] of line.matchAll(
      /\$\{?[#!]?([A-Z][A-Z0-9_]*)(?:\[(?:@|\d+)\])?(:?[-+])?/g,
    )) {
      if (defined.has(name) || assigned.has(name) || RUN_VARIABLES.has(name) || name.startsWith("LIFEBOAT_"))
        continue;
      if (fallback !== undefined) continue;
      throw new Error(`nothing defines ${name}: ${line.trim()}`);
    }
  }
}
