import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSource } from "../compiler/render/linker.ts";

/**
 * What bash 3.2 (the one that macOS has) or BSD and busybox tools do not know. Each pattern has an example that it must catch, so that
 * a rule which catches nothing is noticed.
 */
const RULES: readonly { readonly what: string; readonly pattern: RegExp; readonly example: string }[] = [
  {
    what: "mapfile and readarray are of bash 4",
    pattern: /\b(mapfile|readarray)\b/,
    example: "mapfile -t a < f",
  },
  {
    what: "associative arrays are of bash 4",
    pattern: /\b(declare|local|typeset)\s+-\w*A/,
    example: "local -A map=()",
  },
  {
    what: "case conversion is of bash 4",
    pattern: /\$\{\w+(\[[^\]]*\])?(,,?|\^\^?)[^}]*\}/,
    example: `${"$"}{name,,}`,
  },
  {
    what: "name references are of bash 4.3",
    pattern: /\b(declare|local|typeset)\s+-\w*n\b/,
    example: "local -n ref=x",
  },
  {
    what: "printf's dates are of bash 4.2",
    pattern: /%\([^)]*\)T(?!.* # bash 5$)/,
    example: "printf '%(%s)T' -1",
  },
  { what: "wait -n is of bash 4.3", pattern: /\bwait\s+-\w*n/, example: "wait -n" },
  {
    what: "named file descriptors are of bash 4.1",
    pattern: /\bexec\s+\{\w+\}[<>]/,
    example: "exec {fd}>lock",
  },
  { what: "[[ -v ]] is of bash 4.2", pattern: /\[\[ (! )?-v /, example: "[[ -v name ]]" },
  { what: "|& is of bash 4", pattern: /\|&/, example: "a |& b" },
  { what: "&>> is of bash 4", pattern: /&>>/, example: "a &>> log" },
  { what: "coproc is of bash 4", pattern: /^\s*coproc\b/, example: "coproc cat" },
  { what: "${x@Q} is of bash 4.4", pattern: /\$\{\w+(\[[^\]]*\])?@[A-Za-z]\}/, example: `${"$"}{x@Q}` },
  { what: "negative subscripts are of bash 4.2", pattern: /\$\{\w+\[-\d+\]\}/, example: `${"$"}{a[-1]}` },
  {
    what: "negative lengths are of bash 4.2",
    pattern: /\$\{\w+:\s*[^}:]+:\s*-\d/,
    example: `${"$"}{x:0:-1}`,
  },
  { what: "\\u escapes are of bash 4.2", pattern: /\$'[^']*\\[uU][0-9a-fA-F]/, example: "x=$'\\u00e9'" },
  {
    what: "an & in a replacement is what was matched, since bash 5.2",
    pattern: /\$\{[\w@*]+(\[[^\]]*\])?\/[^}]*\/[^}]*&[^}]*\}/,
    example: `${"$"}{x//a/b&c}`,
  },
  {
    // $quote is a constant of one character.
    what: "a variable in a replacement may hold an &, which is what was matched since bash 5.2",
    pattern: /\$\{[\w@*]+(\[[^\]]*\])?\/[^}]*\/[^}]*\$(?!quote\b)\w[^}]*\}/,
    example: `${"$"}{x//a/$b}`,
  },
  {
    what: "under Apple's bash, `command` execs in a background job, and ends the shell where what it ran failed",
    pattern: /(^\s*|[;&|!(]\s*|\b(do|then|else|if|while|until|exec)\s+)command\s+(?!-v\b)/,
    example: "  command kubectl get pods",
  },
  { what: "eval runs data as code", pattern: /(^|[;&|\s])eval\s/, example: 'eval "$x"' },
  { what: "echo is not printf", pattern: /(^|[;&|]\s*|\bdo |\bthen )\s*echo\s/, example: "  echo hello" },
  { what: "grep -P is GNU's", pattern: /\bgrep\s+-\w*P/, example: "grep -P x" },
  { what: "find -printf is GNU's", pattern: /\bfind\b.*-printf\b/, example: "find . -printf '%p'" },
  { what: "sed -i differs between GNU and BSD", pattern: /\bsed\s+-\w*i/, example: "sed -i s/a/b/ f" },
  { what: "readlink -f is not on older macOS", pattern: /\breadlink\s+-f/, example: "readlink -f x" },
  { what: "df --output is GNU's", pattern: /\bdf\b.*--output/, example: "df --output=avail ." },
  { what: "sort -V and -z are GNU's", pattern: /\bsort\s+-\w*[Vz]/, example: "sort -z" },
  { what: "head -c 0 is refused by BSD", pattern: /\bhead\s+-c\s*0\b/, example: "head -c 0 f" },
  { what: "mktemp -t differs between GNU and BSD", pattern: /\bmktemp\b.*\s-t\b/, example: "mktemp -t x" },
];

const files = [
  "templates/prelude",
  "templates/scripts",
  ...readdirSync("templates").map((name) => join("templates", name)),
]
  .filter((folder) => !folder.includes("."))
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith(".sh"))
      .map((file) => join(folder, file)),
  );

/** Facts that a plan may leave empty: expanding them plainly stops bash 3.2 and 4.2 under nounset. */
const MAYBE_EMPTY = [
  "EXCLUDES",
  "DATABASES",
  "DUMP_EXTRA_ARGS",
  "HOOK_KINDS",
  "HOOK_EVENTS",
  "HOOK_TARGETS",
  "REQUIRED_TOOLS",
  "JOB_ASSETS",
  "JOB_SCRIPTS",
  "JOB_FIELDS",
];

/** Arrays of a function that begin empty, and are expanded as if they could not be. */
function plainlyExpanded(text: string): readonly string[] {
  return parseSource(text, "").functions.flatMap(({ name, text: body }) => {
    const begunEmpty = [...body.matchAll(/\b(\w+)=\(\)/g)].map((match) => match[1] ?? "");
    return [...begunEmpty, ...MAYBE_EMPTY]
      .filter((array) => new RegExp(`(^|[^+])"\\$\\{${array}\\[@\\]\\}"`, "m").test(body))
      .filter((array) => !new RegExp(`# .*\\b${array}\\b.* never empty`).test(body))
      .map((array) => `${name}(): ${array}`);
  });
}

/** The awk programs of a script, with what follows them: `awk -F x -v name="value" 'program'`. */
const AWK =
  /(?<![\w-])awk((?:\s+-F\s*(?:'[^']*'|\S+)|\s+-v\s+\w+=(?:"(?:[^"\\]|\\.|\$\([^)]*\))*"|\S+))*)\s+'([^']*)'/g;

/** What macOS' awk, Kernighan's own, says of a program's form; files that are not there are none of it. */
function awkRefuses(program: string): string {
  const { stderr, status, error } = spawnSync("original-awk", [program, "/dev/null"], { encoding: "utf8" });
  expect(error).toBeUndefined();
  return status !== 0 && /syntax error|illegal|newline in|bailing/.test(stderr) ? stderr : "";
}

describe("the bash of the templates runs where bash is 3.2 and tools are BSD's", () => {
  it.each(RULES)("$what", ({ pattern, example }) => {
    expect(example).toMatch(pattern);
    const found = [...new Set(files)].flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .map((line, index) => ({ line, place: `${file}:${index + 1}` }))
        .filter(({ line }) => !/^\s*#/.test(line) && pattern.test(line))
        .map(({ line, place }) => `${place}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  it("an array that may be empty is expanded so that bash 3.2 does not stop under nounset", () => {
    expect(plainlyExpanded('f() {\n  local a=()\n  g "${a[@]}"\n}\n')).toEqual(["f(): a"]);
    expect(plainlyExpanded('f() {\n  local a=()\n  g ${a[@]+"${a[@]}"}\n}\n')).toEqual([]);
    const found = [...new Set(files)].flatMap((file) =>
      plainlyExpanded(readFileSync(file, "utf8")).map((each) => `${file} ${each}`),
    );
    expect(found).toEqual([]);
  });

  it("awk programs are such as macOS' awk takes", () => {
    expect(awkRefuses('{ print $1, $2 == "a" ? 1 : 2 }')).toContain("syntax error");
    expect(awkRefuses("/^a(b|)c$/ { print }")).toContain("illegal primary");
    expect(awkRefuses('{ print $1, ($2 == "a" ? 1 : 2) }')).toBe("");
    const programs = [...new Set(files)].flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(AWK)].map((match) => ({ file, program: match[2] ?? "" })),
    );
    expect(programs.length).toBeGreaterThan(80);
    expect(
      programs.flatMap(({ file, program }) => {
        const refusal = awkRefuses(program);
        return refusal === "" ? [] : [`${file}: ${refusal}`];
      }),
    ).toEqual([]);
  });
});
