import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { firstKinds } from "../../compiler/init/first-plan.ts";

const program = resolve("dist/lifeboat.mjs");
const base = mkdtempSync(join(tmpdir(), "lifeboat-init-"));
let folder = "";
let count = 0;

beforeEach(() => {
  folder = join(base, String(count++));
  spawnSync("mkdir", [folder]);
  writeFileSync(join(folder, "package.json"), "{}\n");
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

function lifeboat(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
    input: "",
  });
  return { status, stdout, stderr };
}

/** Runs it at a terminal, and types. */
function atTerminal(typed: string, ...args: string[]) {
  const command = [process.execPath, program, ...args].map((word) => `'${word}'`).join(" ");
  return spawnSync("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd: folder,
    encoding: "utf8",
    input: typed,
  });
}

describe("init", () => {
  // The kind and the language have nothing to do with each other: each is tried with every one of the other in the long form only.
  const combinations = firstKinds.flatMap(({ name }, index) =>
    (["ts", "yaml"] as const)
      .filter((_, language) => process.env.LIFEBOAT_LONG || language === index % 2)
      .map((language) => [name, language] as const),
  );

  it.each(combinations)(
    "a first plan of %s in %s has no errors, and is built",
    (kind, language) => {
      const made = lifeboat(
        "init",
        "--name",
        "shop",
        "--kind",
        kind,
        "--host",
        "web",
        ...(language === "yaml" ? ["--yaml"] : []),
      );
      expect(made).toMatchObject({ status: 0, stderr: "" });
      expect(readdirSync(join(folder, "plans"))).toEqual([`shop.plan.${language}`]);
      const checked = JSON.parse(lifeboat("check", "--format", "json").stdout);
      // One disk is not enough, and a dump of PostgreSQL holds the hashes of passwords: told, and left to the author.
      expect(checked.diagnostics.map((each: { code: string }) => each.code)).toEqual(
        kind === "postgres" ? ["LB4025", "LB4003"] : ["LB4025"],
      );
      expect(checked.proofs.filter((proof: { ok: boolean }) => !proof.ok)).toEqual([]);
      expect(lifeboat("build", "--shellcheck", "off").status).toBe(0);
      expect(existsSync(join(folder, "generated/shop/web/backup-data.sh"))).toBe(true);
    },
    30_000,
  );

  it("asks at a terminal, and takes what is usual for an empty answer", () => {
    const { stdout, status } = atTerminal("shop\nsqlite\n\n/data/app.db\n\nAsia/Seoul\n", "init");
    expect(stdout).toContain("Where is it on that host? [/srv/app/app.db]");
    expect(status).toBe(0);
    const plan = readFileSync(join(folder, "plans/shop.plan.ts"), "utf8");
    expect(plan).toContain('sqlite("data"');
    expect(plan).toContain('path: "/data/app.db"');
    expect(plan).toContain('host("server", { timeZone: "Asia/Seoul" })');
  });

  it("asks only for what no option says", () => {
    const { stdout } = atTerminal("\n\n\n", "init", "--name", "shop", "--kind", "mysql", "--host", "db");
    expect(stdout).not.toContain("A name for the plan");
    expect(stdout).not.toContain("Where is it");
    expect(stdout).toContain("The directory for backups on that host? [/backup]");
    expect(existsSync(join(folder, "plans/shop.plan.ts"))).toBe(true);
  });

  it("writes nothing when the answers end", () => {
    const { status, stdout } = atTerminal("shop\n\u0004", "init");
    expect(stdout).toContain("no answer; nothing was written");
    expect(status).toBe(2);
    expect(existsSync(join(folder, "plans"))).toBe(false);
  });

  it("overwrites only when told to", () => {
    expect(lifeboat("init", "--name", "shop").status).toBe(0);
    writeFileSync(join(folder, "plans/shop.plan.ts"), "// mine\n");
    expect(lifeboat("init", "--name", "shop")).toMatchObject({
      status: 2,
      stderr: "lifeboat: plans/shop.plan.ts is there already; --force overwrites it\n",
    });
    expect(readFileSync(join(folder, "plans/shop.plan.ts"), "utf8")).toBe("// mine\n");
    expect(lifeboat("init", "--name", "shop", "--force").status).toBe(0);
  });

  it.each([
    [
      ["--kind", "oracle"],
      "a first plan protects one of files, sqlite, mysql, postgres, redis, not 'oracle'",
    ],
    [["--name", "My Shop"], "--name 'My Shop' is no id"],
    [["--host", "-x"], "--host '-x' is no id"],
    [["--path", "srv"], "--path 'srv' is no absolute path"],
    [["--time-zone", "Mars/Olympus"], "nothing was written: timeZone of host 'server' is 'Mars/Olympus'"],
  ])("refuses %j", (args, message) => {
    const { status, stderr } = lifeboat("init", ...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(existsSync(join(folder, "plans")) ? readdirSync(join(folder, "plans")) : []).toEqual([]);
  });
});
