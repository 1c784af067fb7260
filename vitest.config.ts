import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/{unit,codec,integration,conformance}/**/*.test.ts", "test/*.test.ts"],
    setupFiles: ["test/support/property-seed.ts"],
    testTimeout: 20_000,
  },
});
