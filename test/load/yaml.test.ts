import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadDocument } from "../../compiler/compile.ts";
import { hasErrors } from "../../compiler/diagnostics/diagnostic.ts";
import { inYamlWords } from "../../compiler/load/yaml-words.ts";
import { buildModel } from "../../compiler/model/build.ts";
import { placeDiagnostics } from "../../compiler/report/report.ts";
import { hostileText } from "../lib/hostile-text.ts";

/** What is found in a text as a plan, each with the text that its place holds. */
async function findings(text: string) {
  const loaded = await loadDocument("made.plan.yaml", text);
  const found = [...loaded.diagnostics];
  if (loaded.value !== undefined && !hasErrors(found))
    found.push(...(await buildModel(loaded.value)).diagnostics);
  const placed = await placeDiagnostics(found.map(inYamlWords), () => text);
  return placed.map(({ code, message, fix, span }) => ({ code, message, fix, span }));
}

const PLAN = readFileSync("test/golden/convert/everything.plan.yaml", "utf8");

describe("whatever a file holds, the loader says so and never stumbles", () => {
  const piece = fc.oneof(
    hostileText,
    fc.constantFrom(
      ...[
        "\t",
        ": ",
        "- ",
        "? ",
        "*cluster",
        "&cluster ",
        "<<: ",
        "!!set ",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "|\n",
      ],
      ...[
        "---\n",
        "...\n",
        "#",
        "null",
        "~",
        "7",
        ".nan",
        "true",
        "\u0000",
        "%YAML 1.1\n",
        "assets:\n",
        "  id: x\n",
      ],
      ...[
        "\n",
        "\r\n",
        "\u2028",
        "<<: *cluster\n",
        "0x1F",
        "1e999",
        "kind: files\n",
        "__proto__: 1\n",
        "constructor: {}\n",
      ],
    ),
  );
  const edit = fc.record({ at: fc.nat(PLAN.length), remove: fc.nat(40), insert: piece });

  it("also when a good plan is edited at random", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const text = edits.reduce(
          (all, { at, remove, insert }) => all.slice(0, at) + insert + all.slice(at + remove),
          PLAN,
        );
        const lines = text.split("\n").length;
        for (const { span, message } of await findings(text)) {
          expect(message).not.toContain("undefined");
          expect(span?.line ?? 1).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("also when it is nothing but noise", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        expect((await findings(pieces.join(""))).length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});

const around = (asset: string) => `plan: shop
hosts: { web: }
stores: { disk: { kind: directory, path: /backup } }
assets:
  notes:
    kind: files
    on: web
    paths: [/srv/notes]
    copies: [disk]
${asset.replace(/^/gm, "    ")}`;

describe("what YAML brings along", () => {
  it("takes unquoted times, anchors, aliases and merges", async () => {
    const text = around(`schedule: { daily: 02:00 }
keep: &keep { daily: 7, weekly: 4 }
expect: { <<: [&small { size: 1MiB, backup: 1m }, { backup: 2m, restore: 1m }] }`);
    expect(await findings(text)).toEqual([]);
    const { value } = await loadDocument("made.plan.yaml", text);
    const notes = value?.entities.find((entity) => entity.id === "notes");
    expect(notes?.data).toMatchObject({
      schedule: { daily: "02:00" },
      expect: { size: "1MiB", backup: "1m", restore: "1m" },
    });
  });

  it("does not let aliases of aliases grow without end, nor hold themselves", async () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? "  a0: &a0 [x, x]"
        : `  a${level}: &a${level} [${Array(10)
            .fill(`*a${level - 1}`)
            .join(", ")}]`,
    );
    const bomb = `plan: shop\nshared:\n${levels.join("\n")}\ntickets: *a11\nassets: {}\n`;
    expect(await findings(bomb)).toMatchObject([{ code: "LB1012" }]);
    expect(await findings(around("keep: &k { daily: 7, last: *k }"))).toMatchObject([{ code: "LB2002" }]);
    expect(await findings(around("keep: &k { <<: *k, daily: 7 }"))).toEqual([]);
  });

  it("speaks of YAML, not of TypeScript", async () => {
    const [keep, service] = await findings(around("keep: 7\nservice: nginx\n"));
    expect(keep?.fix).toBe("give { daily: 7 }");
    expect(service?.fix).toBe("give a service: { systemd: … }, { commands: … } or { staticPods: … }");
  });

  it("keeps the byte order mark and Windows' line ends out of the plan", async () => {
    expect(await findings(`\ufeff${around("keep: { daily: 7 }").replaceAll("\n", "\r\n")}`)).toEqual([]);
  });

  it("has nothing to do with prototypes", async () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect(await findings(around(`${name}: { daily: 7 }`)), name).toMatchObject([{ code: "LB2003" }]);
      const text = around("").replace("web: }", `web:, ${name}: }`);
      // A host may well be called so, as far as letters go.
      expect(await findings(text), name).toMatchObject(name === "constructor" ? [] : [{ code: "LB2006" }]);
      expect(await findings(`${name}: 7\n${around("")}`), name).toMatchObject([{ code: "LB2003" }]);
    }
  });
});

describe("the documentation", () => {
  it.each(["docs/yaml.md", "README.md"])("%s shows plans without a mistake", async (file) => {
    const plans = [...readFileSync(file, "utf8").matchAll(/^```yaml\n(.*?)^```$/gms)].map(
      ([, text = ""]) => text,
    );
    const whole = plans.filter((text) => text.includes("plan:"));
    expect(whole.length).toBeGreaterThan(0);
    for (const text of whole) expect(await findings(text)).toEqual([]);
  });

  it("the plan of the README says the same in both languages", async () => {
    const blocks = (language: string) => [
      ...readFileSync("README.md", "utf8").matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms")),
    ];
    const code = await loadDocument(
      "shop.plan.ts",
      blocks("ts").find(([, text]) => text?.includes("plan("))?.[1],
    );
    const yaml = await loadDocument("shop.plan.yaml", blocks("yaml")[0]?.[1]);
    const models = await Promise.all([code, yaml].map((each) => each.value && buildModel(each.value)));
    expect(models[0]?.value?.model.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(models[1]?.value?.model.sha256).toBe(models[0]?.value?.model.sha256);
  });
});
