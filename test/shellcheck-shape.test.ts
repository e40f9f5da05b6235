import { describe, expect, it } from "vitest";
import { shapeOf } from "../compiler/emit/shellcheck.ts";

const script = (facts: string, body = 'main() {\n  echo "$NAME"\n}\n') =>
  `#!/usr/bin/env bash\n# About: x\nset -Eeuo pipefail\n\n${facts}\n\n${body}`;
const same = (a: string, b: string) => expect(shapeOf(script(a))).toBe(shapeOf(script(b)));
const differ = (a: string, b: string) => expect(shapeOf(script(a))).not.toBe(shapeOf(script(b)));

describe("the shape of a script", () => {
  it("forgets names, numbers, and how many words an array has", () => {
    same("readonly NAME='m0'", "readonly NAME='master-17.example'");
    same("readonly AGE=300", "readonly AGE=86400");
    same("readonly -a A=(\n  'x'\n)", "readonly -a A=(\n  'x'\n  'y'\n)");
    expect(shapeOf("# one\nset -e\n")).toBe(shapeOf("# two\nset -e\n"));
  });

  it.each([
    ["nothing", "readonly NAME='a'", "readonly NAME=''"],
    ["a space", "readonly NAME='a'", "readonly NAME='a b'"],
    ["a glob", "readonly NAME='a'", "readonly NAME='a*'"],
    ["a dollar", "readonly NAME='a'", "readonly NAME='$a'"],
    ["a tilde", "readonly NAME='a/b'", "readonly NAME='~/b'"],
    ["a quote", "readonly NAME='a'", "readonly NAME='a'\\''b'"],
    ["a number for a word", "readonly NAME='1'", "readonly NAME=1"],
    ["another name", "readonly NAME='a'", "readonly OTHER='a'"],
    ["an empty array", "readonly -a A=()", "readonly -a A=(\n  'x'\n)"],
  ])("keeps %s", (_, a, b) => differ(a, b));

  it("keeps the body to the letter", () => {
    expect(shapeOf(script("", "main() {\n  echo a\n}\n"))).not.toBe(
      shapeOf(script("", "main() {\n  echo b\n}\n")),
    );
    expect(shapeOf(script("", "main() {\n  echo 'a' \\\n    'b'\n}\n"))).not.toBe(
      shapeOf(script("", "main() {\n  echo 'a' \\\n    'c'\n}\n")),
    );
  });
});
