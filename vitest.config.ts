import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // None that a busy machine could reach: tests do not measure time. What hangs is ended by whoever runs the suites.
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
    // No file changes what another one would see, and loading the compiler anew for each takes longer than most tests.
    isolate: false,
  },
});
