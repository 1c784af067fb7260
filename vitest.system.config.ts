import { defineConfig } from "vitest/config";

/** Tests that need programs of the operating system: `test/support/outside-program.ts` says which Debian package has one. */
export default defineConfig({
  test: {
    include: ["test/system/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false, // servers and builds of one test would slow those of the next beyond their limits
  },
});
