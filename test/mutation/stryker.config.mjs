/** Stryker over one rule; run.mjs names it. */
export default {
  testRunner: "vitest",
  vitest: { configFile: "test/mutation/vitest.config.mjs", related: false },
  // What a message says is held by the goldens of the bad plans, which take too long here.
  mutator: { excludedMutations: ["StringLiteral"] },
  ignoreStatic: true,
  ignorePatterns: ["generated", "dist", "test/golden", "test/cluster"],
  coverageAnalysis: "perTest",
  thresholds: { high: 100, low: 100, break: 100 },
  reporters: ["clear-text"],
  clearTextReporter: { reportTests: false, allowColor: false },
  // It would rewrite tsconfig.json with an interface that TypeScript 7 does not have.
  tsconfigFile: "none",
  tempDirName: "test/mutation/.sandbox",
  cleanTempDir: "always",
  concurrency: 2,
  allowConsoleColors: false,
};
