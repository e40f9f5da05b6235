import stringWidth from "string-width";

/** TypeScript as a tree of expressions, printed in the layout of Biome and Prettier. */
export type Expression =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "list"; readonly items: readonly Expression[] }
  | { readonly is: "object"; readonly properties: readonly Property[] }
  | { readonly is: "call"; readonly callee: string; readonly arguments: readonly Expression[] };

export interface Property {
  readonly name: string;
  readonly value: Expression;
  readonly comments: readonly string[];
}

/** Columns of a line; a Korean letter takes two. */
const WIDTH = 110;

export function text(value: string): Expression {
  return { is: "text", text: value };
}

/** A text as Biome quotes it: in double quotes unless that takes more escapes. */
export function quoted(value: string): string {
  const double = JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
  const doubles = value.split('"').length;
  if (doubles <= value.split("'").length) return double;
  return `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Prints an expression that begins at a column of a line indented so far, with so much to come after it on its last line. */
export function print(expression: Expression, indent = 0, column = 0, after = 1): string {
  const line = flat(expression);
  if (!mustBreak(expression) && column + stringWidth(line) + after <= WIDTH) return line;
  const pad = " ".repeat(indent + 2);
  const end = " ".repeat(indent);
  switch (expression.is) {
    case "text":
      return expression.text;
    case "list":
      if (expression.items.length === 0) return "[]";
      return `[\n${expression.items.map((item) => `${pad}${print(item, indent + 2, indent + 2)},\n`).join("")}${end}]`;
    case "object":
      return `{\n${expression.properties.map((property) => printProperty(property, indent + 2)).join("")}${end}}`;
    case "call":
      return printCall(expression, indent, column, after);
  }
}

function printProperty(property: Property, indent: number): string {
  const pad = " ".repeat(indent);
  const comments = property.comments.map((line) => `${pad}${`// ${line}`.trimEnd()}\n`).join("");
  const { value } = property;
  if (isShorthand(property)) return `${comments}${pad}${property.name},\n`;
  const name = keyName(property.name);
  const start = indent + name.length + 2;
  // A text that does not fit goes on a line of its own, unless its name is too short for that to help.
  if (
    value.is === "text" &&
    /^["']/.test(value.text) &&
    start + stringWidth(value.text) + 1 > WIDTH &&
    name.length > 2
  )
    return `${comments}${pad}${name}:\n${pad}  ${value.text},\n`;
  return `${comments}${pad}${name}: ${print(value, indent, start)},\n`;
}

function printCall(
  call: Extract<Expression, { is: "call" }>,
  indent: number,
  column: number,
  after: number,
): string {
  const last = call.arguments.at(-1);
  const head = call.arguments.slice(0, -1);
  if (last === undefined) return `${call.callee}()`;
  const isHuggable =
    (last.is === "object" || last.is === "list") &&
    head.every((argument) => !mustBreak(argument)) &&
    head.at(-1)?.is !== last.is;
  if (isHuggable) {
    const start = `${call.callee}(${head.map((argument) => `${flat(argument)}, `).join("")}`;
    const begun = column + stringWidth(start);
    if (begun + 1 <= WIDTH) return `${start}${printBroken(last, indent, begun, after)})`;
  }
  const pad = " ".repeat(indent + 2);
  const lines = call.arguments.map((argument) => `${pad}${print(argument, indent + 2, indent + 2)},\n`);
  return `${call.callee}(\n${lines.join("")}${" ".repeat(indent)})`;
}

function printBroken(expression: Expression, indent: number, column: number, after: number): string {
  return print(expression, indent, Math.max(column, mustBreak(expression) ? 0 : WIDTH - after), after);
}

/** Whether an expression takes several lines whatever its length. */
function mustBreak(expression: Expression): boolean {
  switch (expression.is) {
    case "text":
      return false;
    case "list":
      return isMatrix(expression.items) || expression.items.some(mustBreak);
    case "object":
      return expression.properties.some(
        (property) => property.comments.length > 0 || mustBreak(property.value),
      );
    case "call":
      return expression.arguments.some(mustBreak);
  }
}

/** A list of several objects, or of several lists, each with more than one element, gets a line for each. */
function isMatrix(items: readonly Expression[]): boolean {
  if (items.length < 2) return false;
  return (
    items.every((item) => item.is === "object" && item.properties.length > 1) ||
    items.every((item) => item.is === "list" && item.items.length > 1)
  );
}

function flat(expression: Expression): string {
  switch (expression.is) {
    case "text":
      return expression.text;
    case "list":
      return `[${expression.items.map(flat).join(", ")}]`;
    case "object": {
      const inside = expression.properties.map((property) =>
        isShorthand(property) ? property.name : `${keyName(property.name)}: ${flat(property.value)}`,
      );
      return inside.length === 0 ? "{}" : `{ ${inside.join(", ")} }`;
    }
    case "call":
      return `${expression.callee}(${expression.arguments.map(flat).join(", ")})`;
  }
}

function isShorthand({ name, value }: Property): boolean {
  return value.is === "text" && value.text === name;
}

function keyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}
