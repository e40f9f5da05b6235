import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { diffPlans, type Side } from "../../compiler/diff/diff.ts";
import { lower } from "../../compiler/lower/lower.ts";
import { renderBundle } from "../../compiler/render/render.ts";
import { diffJson, diffText } from "../../compiler/report/diff.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lifeboat-diff-"));
  writeFileSync(join(folder, "package.json"), "{}\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHOP = `import { daily, directory, files, host, keep, plan, weekly } from "lifeboat";
const web = host("web");
const mail = host("mail");
const disk = directory("disk", { path: "/backup" });
const common = { schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7 }), expect: { backup: "10m" } } as const;
export default plan("shop", { assets: [
  files("notes", { ...common, on: web, paths: ["/srv/notes"], rpo: "25h" }),
  files("boxes", { ...common, on: mail, paths: ["/srv/mail"] }),
] });
`;

async function side(name: string, text: string): Promise<Side> {
  const file = join(folder, `${name}.plan.ts`);
  writeFileSync(file, text);
  const { model, proofs = [] } = await compilePlan(file);
  if (model === undefined) throw new Error(`${name} is no plan`);
  return { model, proofs, files: lower(model).flatMap(renderBundle) };
}

async function diff(change: (text: string) => string) {
  const changed = change(SHOP);
  expect(changed).not.toBe(SHOP);
  return diffPlans(await side("old", SHOP), await side("new", changed));
}

describe("what a change of a plan means", () => {
  it("nothing, when the plan says the same in other words", async () => {
    const found = await diff((text) => text.replace("const mail", "// The mail server.\nconst mail"));
    expect(found.promises).toEqual([]);
    // The lines of the plan that its scripts name are others.
    expect(found.hosts.map(({ host, action }) => [host, action])).toEqual([
      ["mail", "none"],
      ["web", "none"],
    ]);
    const same = await side("old", SHOP);
    expect(diffText(diffPlans(same, same), "shop", "generated")).toBe(
      "Promises\n  as they were\n\nHosts\n  nothing to install\n",
    );
  });

  it("a fact of one script: that host installs again, another only has the old hash", async () => {
    const found = await diff((text) =>
      text.replace('rpo: "25h" }', 'rpo: "25h", keep: keep({ daily: 14 }) }'),
    );
    expect(found.promises).toEqual([]);
    expect(found.hosts).toEqual([
      { host: "mail", action: "none", files: [] },
      {
        host: "web",
        action: "reinstall",
        files: [
          {
            file: "backup-notes.sh",
            change: "changed",
            facts: [{ name: "KEEP_DAILY", old: "7", now: "14" }],
            // --help says it, too.
            isOtherwise: true,
          },
        ],
      },
    ]);
    const text = diffText(found, "shop", "out");
    expect(text).toContain("  mail: nothing but comments and the plan's hash; installing it can wait\n");
    expect(text).toContain(
      "  web: copy out/shop/web there and run ./install.sh\n    ~ backup-notes.sh, and other lines\n        KEEP_DAILY: 7 → 14\n",
    );
  });

  it("a promise that does not hold any more, with both margins", async () => {
    const found = await diff((text) => text.replace('backup: "10m"', 'backup: "2h"'));
    const rpo = found.promises.find((each) => each.name === "rpo of notes");
    expect(rpo).toEqual({
      name: "rpo of notes",
      unit: "seconds",
      old: { verdict: "proven", target: 90_000, worst: 87_000, margin: 3000 },
      now: { verdict: "failed", target: 90_000, worst: 93_600, margin: -3600 },
    });
    expect(diffText(found, "shop", "generated")).toContain(
      "  ✗ rpo of notes: fails, 1 d 2 h of 1 d 1 h, 1 h too much; before it holds, 1 d 10 min of 1 d 1 h, 50 min to spare\n",
    );
  });

  it("a promise that got better, one that is new, one that is gone", async () => {
    const better = await diff((text) => text.replace('backup: "10m"', 'backup: "5m"'));
    expect(diffText(better, "shop", "generated")).toMatch(/^ {2}↑ rpo of notes: /m);
    const added = await diff((text) =>
      text.replace('paths: ["/srv/mail"]', 'paths: ["/srv/mail"], rpo: "2d"'),
    );
    expect(diffText(added, "shop", "generated")).toMatch(/^ {2}\+ rpo of boxes: holds, /m);
    const gone = await diff((text) => text.replace(', rpo: "25h"', ""));
    expect(diffText(gone, "shop", "generated")).toMatch(
      /^ {2}- rpo of notes: promised no longer; it holds, /m,
    );
  });

  it("a job at another time: the crontab", async () => {
    const found = await diff((text) =>
      text.replace('rpo: "25h" }', 'rpo: "25h", schedule: daily("03:00") }'),
    );
    const web = found.hosts.find((each) => each.host === "web");
    expect(web?.files.map((each) => each.file)).toContain("crontab");
    expect(web?.files.find((each) => each.file === "crontab")).toMatchObject({ isOtherwise: true });
  });

  it("an asset more, a host more, a host less", async () => {
    const found = await diff((text) =>
      text
        .replace('const mail = host("mail")', 'const mail = host("post")')
        .replace("] });", 'files("more", { ...common, on: web, paths: ["/more"] }),\n] });'),
    );
    expect(found.hosts.map(({ host, action }) => [host, action])).toEqual([
      ["mail", "uninstall"],
      ["post", "install"],
      ["web", "reinstall"],
    ]);
    expect(found.hosts[2]?.files.filter((each) => each.change === "new").map((each) => each.file)).toEqual([
      "backup-more.sh",
      "drill-more.sh",
      "restore-more.sh",
      "verify-more.sh",
    ]);
    expect(JSON.parse(diffJson(found))).toEqual(JSON.parse(JSON.stringify(found)));
  });
});
