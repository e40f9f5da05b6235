import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const docs = join(import.meta.dirname, "../docs");

describe("docs/guarantees.md", () => {
  const rows = readFileSync(join(docs, "guarantees.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| promise") && !line.startsWith("|---"));

  it("has a promise with its test in every row", () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) expect(row).toMatch(/\| \[[^\]]+\]\(\.\.\/test\/[^)]+\) ".+" \|$/);
  });

  it.each(rows)("names a test that there is: %s", (row) => {
    const [, file = "", name = ""] = /\]\(([^)]+)\) "(.+)" \|$/.exec(row) ?? [];
    const wanted = file.endsWith(".bats") ? `@test "${name}" {` : name;
    expect(readFileSync(join(docs, file), "utf8")).toContain(wanted);
  });
});
