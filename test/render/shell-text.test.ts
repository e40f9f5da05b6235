import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comment, crontabLine, identifier, integer, word } from "../../compiler/render/shell-text.ts";
import { hostileText } from "../lib/hostile-text.ts";

/** What bash takes words for: one process for all of them. */
function throughBash(words: readonly string[]): readonly string[] {
  const script = words.map((each) => `printf '%s\\0' ${each}`).join("\n");
  const result = spawnSync("bash", ["--norc", "-s"], { input: script, maxBuffer: 1 << 28 });
  expect(result.stderr.toString()).toBe("");
  return result.stdout.toString("utf8").split("\0").slice(0, -1);
}

describe("word", () => {
  it("is read back by bash as what it was, for thousands of hostile strings", () => {
    const texts = fc.sample(hostileText, 5000);
    expect(throughBash(texts.map((text) => String(word(text))))).toEqual(texts);
  });

  it("is the same in an array, an assignment and in a POSIX shell where it has no escapes", () => {
    const texts = fc.sample(hostileText, 500).filter((text) => !String(word(text)).startsWith("$'"));
    const script = texts.map((text) => `x=${word(text)}; printf '%s\\0' "$x"`).join("\n");
    const result = spawnSync("sh", ["-s"], { input: script, encoding: "utf8", maxBuffer: 1 << 28 });
    expect(result.stdout.split("\0").slice(0, -1)).toEqual(texts);
  });

  it("shows what a screen would hide or obey", () => {
    expect(String(word("a\u202eb"))).toBe("$'a\\xe2\\x80\\xaeb'");
    expect(String(word("line\nline"))).toBe("$'line\\nline'");
    expect(String(word("it's"))).toBe("'it'\\''s'");
  });

  it.each([["\0"], ["\ud800"]])("refuses what no word can hold: %j", (text) => {
    expect(() => word(text)).toThrow();
  });
});

describe("comment", () => {
  it("stays on its line and switches nothing off", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const line = String(comment(text));
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(line).not.toMatch(/^\s*shellcheck\s/);
      }),
      { numRuns: 2000 },
    );
    expect(String(comment("shellcheck disable=SC2086"))).toBe("ShellCheck: disable=SC2086");
    expect(String(comment("one\ntwo"))).toBe("one two");
  });
});

describe("the narrow makers", () => {
  it("refuse everything else", () => {
    expect(() => identifier("a-b")).toThrow();
    expect(() => identifier("$(id)")).toThrow();
    expect(() => integer(1.5)).toThrow();
    expect(() => integer(Number.NaN)).toThrow();
    expect(() => crontabLine("0 2 * * *", ["/opt/my scripts/x.sh"])).toThrow();
    expect(() => crontabLine("0 2 * * *", ["/opt/100%/x.sh"])).toThrow();
    expect(() => crontabLine("0 2 * *", ["/opt/x.sh"])).toThrow();
    expect(String(crontabLine("*/5 2 * * mon-fri", ["/opt/x.sh", "--quiet"]))).toBe(
      "*/5 2 * * mon-fri /opt/x.sh --quiet",
    );
  });
});
