import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** Where a terminal ends its lines, in columns; undefined where nobody looks at a terminal, and lines stay whole for grep. */
export type Columns = number | undefined;

/** Narrower than this, and breaking lines makes nothing clearer. */
const NARROWEST = 40;

/** A text behind a prefix, broken at words; what goes on stands below where it began. Words that are longer than a line stay whole. */
export function hang(prefix: string, text: string, columns: Columns): string {
  const indent = stringWidth(prefix);
  if (columns === undefined || columns < NARROWEST + indent) return prefix + text;
  return prefix + wrapAnsi(text, columns - indent).replaceAll("\n", `\n${" ".repeat(indent)}`);
}

/** A line with a command, which is copied. */
const COMMAND = /: \/\S+\.sh\b/;

/** Each line of a text broken at words, but commands and code in Markdown; what goes on stands below what the line has behind its mark. */
export function wrapLines(text: string, columns: Columns): string {
  let isCode = false;
  return text
    .split("\n")
    .map((line) => {
      const isFence = line.startsWith("```");
      if (isFence) isCode = !isCode;
      if (isFence || isCode || COMMAND.test(line)) return line;
      const [prefix = ""] = /^\s*(?:(?:[-✓✗?]|\d+\.|\w+:) +)?/.exec(line) ?? [];
      return hang(prefix, line.slice(prefix.length), columns);
    })
    .join("\n");
}
