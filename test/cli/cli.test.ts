import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Ajv } from "ajv";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = resolve("dist/lifeboat.mjs");
const badPlans = resolve("test/golden/bad-plans");
let folder = "";

const GOOD = `import { daily, directory, files, host, keep, plan } from "lifeboat";
const web = host("web");
const disk = directory("disk", { path: "/backup" });
export default plan("shop", { assets: [
  files("notes", { on: web, paths: ["/srv/notes"], schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7 }) }),
] });
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lifeboat-cli-"));
  mkdirSync(join(folder, "plans"));
  writeFileSync(join(folder, "package.json"), "{}\n");
  writeFileSync(join(folder, "plans/shop.plan.ts"), GOOD);
  stubShellcheck(join(folder, "shellcheck-stub"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Colours are as each test wants them, whatever the tests themselves are run with.
const { FORCE_COLOR: _forced, NO_COLOR: _forbidden, ...environment } = process.env;

function lifeboat(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: options.cwd ?? folder,
    env: {
      ...environment,
      XDG_CACHE_HOME: join(folder, "cache"),
      LIFEBOAT_SHELLCHECK: join(folder, "shellcheck-stub"),
      ...options.env,
    },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** A ShellCheck that looks at nothing but its arguments: scripts are checked for real where `generated/` is held to be fresh. */
function stubShellcheck(file: string, comment: string) {
  writeFileSync(
    file,
    `#!/bin/bash\nif [[ $* == --version ]]; then echo "version: 0.0"; exit; fi\n` +
      `[[ $1 == --format=json1 && $2 == --severity=style && $3 == --norc && $4 == --shell=bash ]] || exit 4\n` +
      `for file in "\${@:5}"; do [[ -f $file ]] || exit 4; done\n` +
      `if [[ $5 == 0.sh && -n '${comment}' ]]; then echo '{"comments":[${comment}]}'; exit 1; fi\necho '{"comments":[]}'\n`,
  );
  chmodSync(file, 0o755);
}

/** Every file below a folder, with its text. */
function tree(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length), readFileSync(path, "utf8")];
    }),
  );
}

describe("exit codes", () => {
  it("0 when all is well", () => {
    expect(lifeboat(["check"])).toEqual({ status: 0, stdout: "✓ shop: 1 asset on 1 host\n", stderr: "" });
  });

  it("1 when the plan has errors, and 0 when it has warnings only", () => {
    expect(lifeboat(["check", join(badPlans, "duplicate-asset.plan.ts")]).status).toBe(1);
    expect(lifeboat(["check", join(badPlans, "warnings-only.plan.ts")]).status).toBe(0);
    expect(lifeboat(["check", "plans/none.plan.ts"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("LB1001"),
    });
  });

  it("2 for wrong usage", () => {
    expect(lifeboat(["chekc"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("Did you mean check?"),
    });
    expect(lifeboat(["check", "--nope"]).status).toBe(2);
    expect(lifeboat(["check", "--format", "xml"]).status).toBe(2);
    expect(lifeboat(["build", "--host", "none"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("it has: web"),
    });
    expect(lifeboat(["explain", "LB9999"]).status).toBe(2);
    expect(lifeboat(["check"], { cwd: tmpdir() })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no plan named"),
    });
  });

  it("takes plans in YAML like those in TypeScript, also without being told", () => {
    const place = join(folder, "yaml");
    mkdirSync(join(place, "plans"), { recursive: true });
    writeFileSync(join(place, "package.json"), "{}\n");
    const text = lifeboat(["convert", "plans/shop.plan.ts"]).stdout;
    writeFileSync(join(place, "plans/shop.plan.yml"), text);
    const cwd = { cwd: place };
    expect(lifeboat(["check"], cwd)).toEqual({
      status: 0,
      stdout: "✓ shop: 1 asset on 1 host\n",
      stderr: "",
    });
    expect(lifeboat(["build", "--shellcheck", "off"], cwd).status).toBe(0);
    const { stdout } = lifeboat(["check", "--format", "json", join(badPlans, "misspelt-option.plan.yaml")]);
    expect(JSON.parse(stdout).diagnostics).toMatchObject([
      { code: "LB2003", line: 16, column: 5, endColumn: 12 },
    ]);
  });

  it("3 when the output is stale", () => {
    const out = join(folder, "stale");
    const build = ["build", "--shellcheck", "off", "--out", out];
    expect(lifeboat([...build]).status).toBe(0);
    expect(lifeboat([...build, "--check"]).status).toBe(0);
    const status = join(out, "shop/web/status.sh");
    chmodSync(status, 0o755);
    writeFileSync(status, "#!/bin/bash\n");
    expect(lifeboat([...build, "--check"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("LB5003"),
    });
    expect(lifeboat([...build])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("LB5004"),
    });
    expect(readFileSync(status, "utf8")).toBe("#!/bin/bash\n");
    expect(lifeboat([...build, "--force"]).status).toBe(0);
    expect(lifeboat([...build, "--check"]).status).toBe(0);
  });

  it("tells of many stale files in a few lines, of all of them in JSON", () => {
    const build = [
      "build",
      resolve("plans/reference.plan.ts"),
      "--out",
      join(folder, "nowhere"),
      "--check",
      "--shellcheck",
      "off",
    ];
    const { status, stderr } = lifeboat(build);
    expect(status).toBe(3);
    const { diagnostics } = JSON.parse(lifeboat([...build, "--format", "json"]).stdout);
    expect(diagnostics.length).toBeGreaterThan(10);
    expect(stderr.match(/error LB5003/g)).toHaveLength(10);
    expect(stderr).toContain(`\n  … and ${diagnostics.length - 10} more of them\n`);
    expect(stderr.match(/why:/g)).toHaveLength(1);
  });

  it("1 when two plans have one name", () => {
    writeFileSync(join(folder, "again.plan.ts"), GOOD);
    expect(lifeboat(["check", "plans/shop.plan.ts", "again.plan.ts"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("LB1007"),
    });
  });
});

describe("build", () => {
  it("makes the same bytes from any folder, whatever the time, the zone, the locale and the place of the plan", () => {
    const first = join(folder, "first");
    const second = join(folder, "second");
    const elsewhere = join(folder, "some where/else");
    mkdirSync(join(elsewhere, "plans"), { recursive: true });
    cpSync(join(folder, "plans"), join(elsewhere, "plans"), { recursive: true });
    writeFileSync(join(elsewhere, "package.json"), "{}\n");
    lifeboat(["build", "--out", first]);
    const env = { TZ: "Pacific/Auckland", LC_ALL: "tr_TR.UTF-8", HOSTNAME: "elsewhere", USER: "nobody" };
    lifeboat(["build", join(elsewhere, "plans/shop.plan.ts"), "--out", second], { cwd: tmpdir(), env });
    expect(Object.keys(tree(first))).toContain("/shop/web/backup-notes.sh");
    expect(tree(second)).toEqual(tree(first));
    expect(Object.values(tree(first)).join("")).not.toContain(folder);
  });

  it("writes one host's bundle when asked", () => {
    const out = join(folder, "one-host");
    expect(lifeboat(["build", "--out", out, "--host", "web"]).status).toBe(0);
    expect(readdirSync(join(out, "shop"))).toEqual(["web"]);
  });

  it("finds ShellCheck through LIFEBOAT_SHELLCHECK, and says when it is required and not there", () => {
    const out = join(folder, "shellcheck");
    const env = { LIFEBOAT_SHELLCHECK: "/nonexistent/shellcheck" };
    expect(lifeboat(["build", "--out", out, "--shellcheck", "require"], { env })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("LB5002"),
    });
    expect(lifeboat(["build", "--out", out, "--shellcheck", "auto"], { env }).status).toBe(0);
    expect(lifeboat(["build", "--out", out, "--shellcheck", "require"]).status).toBe(0);
  });

  it("stops at what ShellCheck finds", () => {
    const stub = join(folder, "finding-stub");
    stubShellcheck(stub, '{"file":"0.sh","line":7,"code":2086,"level":"info","message":"Double quote"}');
    const result = lifeboat(["build", "--out", join(folder, "found")], {
      env: { LIFEBOAT_SHELLCHECK: stub, XDG_CACHE_HOME: join(folder, "empty") },
    });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("shop/web/backup-notes.sh:7: ShellCheck SC2086: Double quote");
  });
});

describe("formats", () => {
  const plan = join(badPlans, "misspelt-option.plan.ts");

  it("json is one object a plan, with files and hashes when it builds", () => {
    const report = JSON.parse(lifeboat(["check", plan, "--format", "json"]).stdout);
    expect(report).toMatchObject({
      plan: "shop",
      proofs: [],
      files: [],
      diagnostics: [
        {
          code: "LB2003",
          name: "unknown-option",
          severity: "error",
          line: 9,
          column: 3,
          endLine: 9,
          endColumn: 10,
          related: [],
        },
      ],
    });
    const built = JSON.parse(lifeboat(["build", "--format", "json", "--out", join(folder, "json")]).stdout);
    expect(built.files).toContainEqual({
      path: "shop/web/crontab",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      mode: "0444",
    });
    expect(
      JSON.parse(lifeboat(["check", plan, "plans/shop.plan.ts", "--format", "json"]).stdout),
    ).toHaveLength(2);
  });

  it("github is one annotation a finding, with what could break it escaped", () => {
    const { stdout } = lifeboat(["check", plan, "--format", "github"]);
    expect(stdout).toMatch(
      /^::error file=test\/golden\/bad-plans\/misspelt-option\.plan\.ts,line=9,col=3,endLine=9,endColumn=10,title=LB2003 unknown-option::asset 'notes' has no option 'shedule'\. Did you mean 'schedule'\?%0Awhy: .*%0Afix: .*\n$/,
    );
  });
});

describe("colours", () => {
  const plan = join(badPlans, "misspelt-option.plan.ts");
  const isColored = (env: NodeJS.ProcessEnv) => lifeboat(["check", plan], { env }).stderr.includes("\u001b[");
  it("are not for what is no terminal, in CI neither", () => {
    expect(isColored({})).toBe(false);
    expect(isColored({ CI: "true" })).toBe(false);
  });
  it("can be had by FORCE_COLOR, and NO_COLOR has the last word", () => {
    expect(isColored({ FORCE_COLOR: "1" })).toBe(true);
    expect(isColored({ FORCE_COLOR: "0" })).toBe(false);
    expect(isColored({ FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
  });
});

describe("a terminal", () => {
  it("gets colours, and sentences that end where it does; a file gets neither", () => {
    const plan = join(badPlans, "bad-id-korean.plan.ts");
    const command = `stty cols 60; ${process.execPath} ${program} check ${plan}`;
    const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
      env: { ...environment, TERM: "xterm" },
      encoding: "utf8",
    });
    expect(status).toBe(1);
    const lines = stdout.split("\r\n");
    expect(lines.join("\n")).toContain("\u001b[31merror\u001b[39m");
    const shown = lines.map((line) => stripVTControlCharacters(line));
    expect(shown.filter((line) => stringWidth(line) > 60)).toEqual([]);
    expect(shown).toContain("  why:  ids name folders, scripts and metrics on every");
    expect(shown).toContain("        system: lower-case letters, digits and dashes, up to");
    // Two columns a letter: the carets stand below the whole of the name.
    const [source = "", carets = ""] = shown.filter((line) => /^[> ] +\d* \|/.test(line));
    expect(stringWidth(source.slice(0, source.indexOf('"주문"')))).toBe(carets.indexOf("^"));
    expect(carets).toMatch(/\| +\^{6}$/);
    expect(lifeboat(["check", plan]).stderr).toContain("up to 48, a letter or digit first\n");
  });
});

describe("check --types", () => {
  it("finds what only types can see, at its place, and leaves a good plan as it is", () => {
    const file = join(folder, "plans/spread.plan.ts");
    // What is spread has no excess properties for the schema either: it is a second argument too much.
    writeFileSync(file, GOOD.replace('host("web")', 'host("web", {}, "linux")'));
    expect(lifeboat(["check", file]).status).toBe(0);
    const { status, stderr } = lifeboat(["check", file, "--types"]);
    expect(status).toBe(1);
    expect(stderr).toContain(
      "plans/spread.plan.ts:2:29 - error LB1013 type-error: Expected 1-2 arguments, but got 3. (TS2554)",
    );
    rmSync(file);
    expect(lifeboat(["check", "--types"])).toEqual({
      status: 0,
      stdout: "✓ shop: 1 asset on 1 host\n",
      stderr: "",
    });
    expect(lifeboat(["check", resolve("plans/reference.plan.ts"), "--types"]).status).toBe(0);
  });
});

describe("formats that are published", () => {
  const reportSchema = new Ajv({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync("schema/report.schema.json", "utf8")),
  );
  // It calls itself draft 4, and has nothing that later drafts understand otherwise.
  const { $schema: _draft, ...oasis } = JSON.parse(
    readFileSync("test/schemas/sarif-2.1.0.schema.json", "utf8"),
  );
  const anyText = { uri: true, "uri-reference": true, "date-time": true } as const;
  const sarifSchema = new Ajv({ strict: false, unicodeRegExp: false, formats: anyText }).compile(oasis);
  const reference = resolve("plans/reference.plan.ts");
  const plans = [
    join(badPlans, "misspelt-option.plan.ts"),
    join(badPlans, "duplicate-asset.plan.ts"),
    join(badPlans, "syntax-error.plan.ts"),
    join(badPlans, "warnings-only.plan.ts"),
    "plans/none.plan.ts",
    "plans/shop.plan.ts",
    reference,
  ];

  it.each(plans)("json is what its schema says: %s", (plan) => {
    const report = JSON.parse(lifeboat(["check", plan, "--format", "json"]).stdout);
    expect(reportSchema(report), JSON.stringify(reportSchema.errors)).toBe(true);
  });

  it("json of several plans, and of a build, is, too", () => {
    const several = JSON.parse(lifeboat(["check", ...plans.slice(0, 2), "--format", "json"]).stdout);
    expect(reportSchema(several), JSON.stringify(reportSchema.errors)).toBe(true);
    const out = join(folder, "published");
    const built = JSON.parse(lifeboat(["build", "--format", "json", "--out", out]).stdout);
    expect(built.files.length).toBeGreaterThan(5);
    expect(reportSchema(built), JSON.stringify(reportSchema.errors)).toBe(true);
    expect(reportSchema({ ...built, files: [{ path: "x", sha256: "y", mode: "0777" }] })).toBe(false);
  });

  it("json has every proof with its arithmetic", () => {
    const { proofs } = JSON.parse(lifeboat(["check", reference, "--format", "json"]).stdout);
    const mysql = proofs.find(
      (proof: { kind: string; asset: string; scenario: string }) =>
        proof.kind === "rpo" && proof.asset === "mysql" && proof.scenario === "site-lost",
    );
    expect(mysql).toMatchObject({ ok: true, verdict: "proven", unit: "seconds", target: 3600 });
    expect(mysql.margin).toBe(mysql.target - mysql.worst);
    expect(mysql.evidence).toContain("left: 'offsite'");
    expect(new Set(proofs.map((proof: { kind: string }) => proof.kind))).toEqual(
      new Set(["rpo", "rto", "survival", "coverage", "retention", "capacity", "schedule", "people"]),
    );
  });

  it.each(plans)("sarif is what its schema says: %s", (plan) => {
    const log = JSON.parse(lifeboat(["check", plan, "--format", "sarif"]).stdout);
    expect(sarifSchema(log), JSON.stringify(sarifSchema.errors)).toBe(true);
  });

  it("sarif says where, with every rule once", () => {
    const [run] = JSON.parse(lifeboat(["check", ...plans.slice(0, 2), "--format", "sarif"]).stdout).runs;
    expect(run.tool.driver.rules.map((rule: { id: string }) => rule.id)).toEqual(["LB2003", "LB3001"]);
    expect(run.results[0]).toMatchObject({
      ruleId: "LB2003",
      ruleIndex: 0,
      level: "error",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "test/golden/bad-plans/misspelt-option.plan.ts" },
            region: { startLine: 9, startColumn: 3, endLine: 9, endColumn: 10 },
          },
        },
      ],
    });
    expect(run.results[1].relatedLocations[0].message.text).toBe("the other is here");
  });
});

describe("explain", () => {
  const reference = resolve("plans/reference.plan.ts");

  it("tells an asset's whole story", () => {
    const { stdout, status } = lifeboat(["explain", "mysql", reference]);
    expect(status).toBe(0);
    for (const part of [
      "mysql: MySQL or MariaDB on mysql, P2",
      "  backed up daily at 02:00; next ",
      "  1. 'vm' (/backup): made there; keeps 7 daily, 4 weekly",
      "locked for 30 d",
      "  ✓ rpo of mysql in site-lost: ",
      "      left: 'offsite'",
      "  on mysql: /opt/lifeboat/reference/restore-mysql.sh --list",
    ])
      expect(stdout).toContain(part);
  });

  it("tells a scenario's whole story", () => {
    const { stdout, status } = lifeboat(["explain", "site-lost", reference]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^site-lost: The office is lost/);
    expect(stdout).toContain("  stores: mac\n");
    expect(stdout).toMatch(/✓ rto of site-lost: .* of 10 h, .* to spare/);
    // In the order in which they can be done.
    expect(stdout.indexOf("  rebuild-mac:")).toBeLessThan(stdout.indexOf("  restore-terraform:"));
  });

  it("names what is close to a topic that it does not know", () => {
    const { stderr, status } = lifeboat(["explain", "site-lots", reference]);
    expect(status).toBe(2);
    expect(stderr).toContain("did you mean site-lost?");
  });

  it("says so when a plan cannot be read", () => {
    const { stderr, status } = lifeboat(["explain", "web", join(badPlans, "syntax-error.plan.ts")]);
    expect(status).toBe(1);
    expect(stderr).toContain("lifeboat check says why");
  });

  it("tells what a code means", () => {
    expect(lifeboat(["explain", "lb2010"]).stdout).toContain("LB2010 bad-cron (error)");
    expect(lifeboat(["explain", "bad-cron"]).stdout).toContain("LB2010 bad-cron (error)");
  });
});

describe("--watch", () => {
  it("checks again when a plan changes, and ends on Ctrl-C", async () => {
    const place = join(folder, "watched");
    mkdirSync(place);
    writeFileSync(join(place, "package.json"), "{}\n");
    const file = join(place, "shop.plan.ts");
    writeFileSync(file, GOOD);
    const child = spawn(process.execPath, [program, "check", "shop.plan.ts", "--watch"], { cwd: place });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    child.stderr.on("data", (data) => {
      output += data;
    });
    const until = async (text: string) => {
      while (!output.includes(text)) await new Promise((done) => setTimeout(done, 20));
    };
    await until("watching");
    writeFileSync(file, GOOD.replace("02:00", "26:00"));
    await until("LB2009");
    child.kill("SIGINT");
    const status = await new Promise((done) => child.on("close", done));
    expect(status).toBe(1);
  });
});
