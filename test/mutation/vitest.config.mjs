import { defineConfig } from "vitest/config";

const rule = process.env.LIFEBOAT_RULE;

/** The tests of one rule: those of its name, and the examples of its doc. */
export default defineConfig({
  test: {
    include: ["test/check/rules.test.ts", `test/check/rules/${rule}.test.ts`],
    testNamePattern: `^${rule} `,
    testTimeout: 120_000,
  },
});
