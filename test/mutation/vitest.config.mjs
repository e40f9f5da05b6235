import { defineConfig } from "vitest/config";

const rule = process.env.LIFEBOAT_RULE;

/** The tests of one rule: those of its name, and the examples of all docs, in which it must find its own mistake and no other. */
export default defineConfig({
  test: {
    include: ["test/check/rules.test.ts", `test/check/rules/${rule}.test.ts`],
    testTimeout: 120_000,
  },
});
