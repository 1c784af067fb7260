import { defineConfig } from "vitest/config";

/** `test/fuzz/run.mjs` starts this, watches it, and says how to repeat a failure. */
export default defineConfig({
  test: {
    include: ["test/fuzz/**/*.fuzz.ts"],
    testTimeout: 24 * 3600_000,
    pool: "forks",
    fileParallelism: false, // one case at a time is written down
    // A file that fills the heap is a failure, not a slow machine.
    execArgv: ["--max-old-space-size=400"],
  },
});
