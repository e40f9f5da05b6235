/**
 * `npm run mutate`: each rule with a condition dropped, a comparison flipped, a finding left out… (a mutant), and the tests of the rules run
 * on it. A mutant that no test minds is a survivor, and a failure. `npm run mutate -- --mutate compiler/check/rules/rto-missed.ts` runs one.
 */
export default {
  testRunner: "vitest",
  vitest: { configFile: "test/mutation/vitest.config.mjs", related: false },
  mutate: ["compiler/check/rules/*.ts"],
  // What a message says is held by the goldens of the bad plans, which take too long here.
  mutator: { excludedMutations: ["StringLiteral"] },
  ignoreStatic: true,
  coverageAnalysis: "perTest",
  thresholds: { high: 100, low: 100, break: 100 },
  reporters: ["clear-text", "progress"],
  clearTextReporter: { reportTests: false, allowColor: false },
  // It would rewrite tsconfig.json with an interface that TypeScript 7 does not have.
  tsconfigFile: "none",
  tempDirName: "test/mutation/.sandbox",
  cleanTempDir: "always",
  concurrency: 2,
  allowConsoleColors: false,
};
