import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/check/rules.test.ts", "test/check/rules/*.test.ts"], testTimeout: 120_000 },
});
