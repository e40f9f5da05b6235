/**
 * Text that may stand in a shell script. Only the functions below make it, each for one meaning, so a template cannot emit
 * a string that nobody quoted.
 */
export class ShellText {
  /** Kept from structural typing: a plain object with a `text` is not a ShellText. */
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** @internal For the functions of this file. */
  static of(text: string): ShellText {
    return new ShellText(text);
  }

  toString(): string {
    return this.#text;
  }
}

// Control characters, and those that reorder or hide text on a screen: shown as escapes, so that a reviewer sees them.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const UNSEEN_ALL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A single word that the shell takes literally, whatever is in it.
 * @throws when it holds NUL or half a surrogate pair, which no shell word can
 */
export function word(value: string): ShellText {
  if (value.includes("\0") || !value.isWellFormed()) throw new Error("a shell word cannot hold this");
  if (!UNSEEN.test(value)) return ShellText.of(`'${value.replaceAll("'", String.raw`'\''`)}'`);
  const escaped = value
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replace(UNSEEN_ALL, (character) => NAMED[character] ?? bytes(character));
  return ShellText.of(`$'${escaped}'`);
}

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

/** UTF-8 bytes as bash 3.2 knows them; it has no \u. */
function bytes(character: string): string {
  return [...Buffer.from(character, "utf8")]
    .map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
    .join("");
}

/** A name of a variable or a function. */
export function identifier(name: string): ShellText {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`not a shell identifier: ${name}`);
  return ShellText.of(name);
}

/** A whole number. */
export function integer(value: number): ShellText {
  if (!Number.isSafeInteger(value)) throw new Error(`not an integer: ${value}`);
  return ShellText.of(String(value));
}

/**
 * A comment on one line, without its `#`. What would end the line or hide in it is shown as an escape; ShellCheck's directives are
 * broken, since a description must not switch a check off.
 */
export function comment(value: string): ShellText {
  const line = value
    .replace(/\s*\n\s*/g, " ")
    .replace(UNSEEN_ALL, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return ShellText.of(line.replace(/^(\s*)shellcheck\b/, "$1ShellCheck:"));
}

/** A line of a crontab: five fields and a command of plain paths and options, in which `%` cannot occur. */
export function crontabLine(fields: string, command: readonly string[]): ShellText {
  if (!/^[\d*,/a-z-]+( [\d*,/a-z-]+){4}$/i.test(fields)) throw new Error(`not cron fields: ${fields}`);
  for (const part of command) {
    if (!PLAIN_PATH.test(part)) throw new Error(`not for a crontab: ${part}`);
  }
  return ShellText.of(`${fields} ${command.join(" ")}`);
}

/** Paths and options that mean the same to cron, to the shell and to a person. */
export const PLAIN_PATH = /^[A-Za-z0-9._+@/-]+$/;
