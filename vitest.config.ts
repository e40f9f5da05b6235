import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Generous, since a busy machine is no reason to fail; tests do not measure time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
