/**
 * `npm run mutate`: each rule with a condition dropped, a comparison flipped, a finding left out… (a mutant), and the tests of that rule
 * and the examples of all docs run on it. A mutant that they do not mind is a survivor, and a failure. `npm run mutate -- rto-missed` runs one rule.
 *
 * Sets up the project and Stryker, which has a lock file of its own since nothing else needs it.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root, runOrExit, setUp } from "../../compiler/build/setup.mjs";

const here = join(root, "test/mutation");
const all = readdirSync(join(root, "compiler/check/rules"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replace(/\.ts$/, ""));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no rule is named ${unknown.join(" or ")}; there are: ${all.join(", ")}\n`);
  process.exit(2);
}

setUp();
runOrExit("npm", ["ci", "--prefix", here, "--no-audit", "--no-fund", "--loglevel=error"]);

const weak = [];
let mutants = 0;
for (const rule of wanted.length > 0 ? wanted : all) {
  const { status, stdout, stderr } = spawnSync(
    join(here, "node_modules/.bin/stryker"),
    ["run", join(here, "stryker.config.mjs"), "--mutate", `compiler/check/rules/${rule}.ts`],
    { cwd: root, encoding: "utf8", env: { ...process.env, LIFEBOAT_RULE: rule } },
  );
  // The table's columns: % of all, % of those covered, killed, timed out, survived, not covered, errors.
  const [killed, late, survived, missed, errors] = (/^All files\s*\|(.*)$/m.exec(stdout)?.[1] ?? "")
    .split("|")
    .slice(2)
    .map(Number);
  if (killed === undefined) {
    process.stderr.write(`${stdout}${stderr}`);
    process.exit(1);
  }
  mutants += killed + late + survived + missed + errors;
  process.stdout.write(
    `${status === 0 ? "✓" : "✗"} ${rule}  ${killed + late} caught, ${survived + missed} survived\n`,
  );
  if (status !== 0) {
    weak.push(rule);
    process.stdout.write(stdout.replace(/^(Mutation testing|\d\d:\d\d:\d\d).*\n/gm, ""));
  }
}
process.stdout.write(
  weak.length === 0
    ? `Each of ${mutants} mutants was caught.\n`
    : `\nMutants survive in: ${weak.join(", ")}\n`,
);
process.exit(weak.length === 0 ? 0 : 1);
