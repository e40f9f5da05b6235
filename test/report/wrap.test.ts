import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { hang, wrapLines } from "../../compiler/report/wrap.ts";

describe("text on a terminal", () => {
  const why = "ids name folders, scripts and metrics on every system: lower-case letters, digits and dashes";

  it("is broken at words, and goes on below where it began", () => {
    expect(hang("  why:  ", why, 60)).toBe(
      [
        "  why:  ids name folders, scripts and metrics on every",
        "        system: lower-case letters, digits and dashes",
      ].join("\n"),
    );
  });

  it("stays whole where there is no terminal, or next to no room", () => {
    expect(hang("  why:  ", why, undefined)).toBe(`  why:  ${why}`);
    expect(hang("  why:  ", why, 47)).toBe(`  why:  ${why}`);
    expect(hang("  why:  ", why, 48)).toContain("\n");
  });

  it("counts a letter of Korean as the two columns that it takes, and a colour as none", () => {
    const korean =
      "모든 가상 머신이 손실되면 백업에서 클러스터 전체를 다시 만들고 서비스가 정상인지 확인한다";
    const lines = hang("  ", `\u001b[1m${korean}\u001b[22m`, 44).split("\n");
    expect(lines.map((line) => stringWidth(line))).toEqual([36, 38, 19]);
    expect(lines.map((line) => line.trim()).join(" ")).toContain("손실되면");
  });

  it("keeps a word whole that is longer than a line: a path is copied in one piece", () => {
    const path = `/srv/${"long/".repeat(12)}end`;
    expect(hang("", `put it into ${path} again`, 48).split("\n")).toContain(path);
  });

  it("is broken line by line, each below what stands behind its mark, and commands and code not at all", () => {
    const text = [
      "Proofs",
      "  ✗ survival of notes: the host 'web' is lost; 'notes' runs on it",
      "      ? not said: how long a backup of 'notes' takes (expect.backup)",
      '  on web: /opt/lifeboat/shop/restore-notes.sh --at "YYYY-MM-DD hh:mm:ss"',
      "```ts",
      `const notes = files("notes", { on: web, paths: ["/srv/notes"] });`,
      "```",
      "",
    ].join("\n");
    expect(wrapLines(text, 52)).toBe(
      [
        "Proofs",
        "  ✗ survival of notes: the host 'web' is lost;",
        "    'notes' runs on it",
        "      ? not said: how long a backup of 'notes' takes",
        "        (expect.backup)",
        '  on web: /opt/lifeboat/shop/restore-notes.sh --at "YYYY-MM-DD hh:mm:ss"',
        "```ts",
        `const notes = files("notes", { on: web, paths: ["/srv/notes"] });`,
        "```",
        "",
      ].join("\n"),
    );
    expect(wrapLines(text, undefined)).toBe(text);
  });
});
