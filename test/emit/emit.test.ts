import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compare, emit, protect, staleness } from "../../compiler/emit/emit.ts";
import type { RenderedFile } from "../../compiler/render/render.ts";
import { sha256 } from "../../compiler/sha256.ts";

let out = "";
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "lifeboat-emit-"));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

function bundle(host: string, files: Record<string, string>): readonly RenderedFile[] {
  const rendered = Object.entries(files).map(([name, content]) => ({
    path: `shop/${host}/${name}`,
    content,
    executable: name.endsWith(".sh"),
  }));
  const sums = Object.entries(files)
    .map(([name, content]) => `${sha256(content)}  ${name}\n`)
    .join("");
  return [...rendered, { path: `shop/${host}/SHA256SUMS`, content: sums, executable: false }];
}

const build = (files: readonly RenderedFile[], wholePlan = true) => {
  const changes = compare(out, "shop", files, wholePlan);
  expect(emit(out, changes)).toEqual([]);
  return changes;
};

describe("emit", () => {
  it("writes read-only files once, and leaves them alone when nothing changed", () => {
    const files = bundle("web", { "a.sh": "one\n", crontab: "two\n" });
    expect(build(files).written).toHaveLength(3);
    const script = join(out, "shop/web/a.sh");
    expect(statSync(script).mode & 0o777).toBe(0o555);
    expect(statSync(join(out, "shop/web/crontab")).mode & 0o777).toBe(0o444);
    const before = statSync(script, { bigint: true }).mtimeNs;
    const again = build(files);
    expect(again.written).toEqual([]);
    expect(statSync(script, { bigint: true }).mtimeNs).toBe(before);
  });

  it("removes what the plan no longer makes, and nothing that it never made", () => {
    build([...bundle("web", { "a.sh": "1\n", "b.sh": "2\n" }), ...bundle("db", { "c.sh": "3\n" })]);
    writeFileSync(join(out, "shop/web/notes.txt"), "mine\n");
    const changes = build(bundle("web", { "a.sh": "1\n" }));
    expect(changes.removed.toSorted()).toEqual(["shop/db/SHA256SUMS", "shop/db/c.sh", "shop/web/b.sh"]);
    expect(existsSync(join(out, "shop/db"))).toBe(false);
    expect(readFileSync(join(out, "shop/web/notes.txt"), "utf8")).toBe("mine\n");
  });

  it("leaves other hosts alone when one host is built", () => {
    build([...bundle("web", { "a.sh": "1\n" }), ...bundle("db", { "c.sh": "3\n" })]);
    expect(build(bundle("web", { "a.sh": "2\n" }), false).removed).toEqual([]);
    expect(existsSync(join(out, "shop/db/c.sh"))).toBe(true);
  });

  it("does not overwrite what somebody changed by hand", () => {
    build(bundle("web", { "a.sh": "1\n", "b.sh": "2\n" }));
    for (const name of ["a.sh", "b.sh"]) {
      chmodSync(join(out, "shop/web", name), 0o755);
      writeFileSync(join(out, "shop/web", name), "by hand\n");
    }
    const changes = compare(out, "shop", bundle("web", { "a.sh": "new\n" }), true);
    const refused = protect(out, changes);
    expect(refused.map((each) => each.code)).toEqual(["LB5004", "LB5004"]);
  });

  it("says what is stale", () => {
    build(bundle("web", { "a.sh": "1\n", "b.sh": "2\n" }));
    rmSync(join(out, "shop/web/b.sh"));
    const changes = compare(out, "shop", bundle("web", { "a.sh": "changed\n", "b.sh": "2\n" }), true);
    const messages = staleness(out, "plans/shop.plan.ts", changes).map((each) =>
      each.message.replace(out, ""),
    );
    expect(messages).toEqual([
      "/shop/web/a.sh is not what the plan makes",
      "/shop/web/b.sh is missing",
      "/shop/web/SHA256SUMS is not what the plan makes",
    ]);
  });

  it("says which file could not be written", () => {
    writeFileSync(join(out, "shop"), "a file where a folder should be\n");
    const diagnostics = emit(out, compare(out, "shop/..", bundle("web", { "a.sh": "1\n" }), true));
    expect(diagnostics.map((each) => each.code)).toEqual(["LB5005", "LB5005"]);
  });
});
