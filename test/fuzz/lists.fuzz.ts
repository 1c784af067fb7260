import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { test } from "vitest";
import { createJobChecker, hostileJob } from "./lists.ts";

const { FUZZ_SEED = "1", FUZZ_SECONDS = "60", FUZZ_CASE, FUZZ_PATHS, FUZZ_PROGRESS } = process.env;

/** A fifth of the time of the files; fast-check says how to repeat a failure, and makes it small. */
test.skipIf(FUZZ_CASE !== undefined || FUZZ_PATHS !== undefined)("a job with a list is read or refused", async () => {
  const check = createJobChecker();
  const ends = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(hostileJob, async (job) => {
      if (FUZZ_PROGRESS !== undefined) {
        const list = Buffer.from(job.list).toString("base64");
        writeFileSync(FUZZ_PROGRESS, `A job: ${JSON.stringify({ ...job, list })}`);
      }
      const end = await check(job);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }),
    { seed: Number(FUZZ_SEED), numRuns: 1e9, interruptAfterTimeLimit: 200 * Number(FUZZ_SECONDS) },
  );
  console.log(`jobs with lists: ${[...ends].map(([end, count]) => `${end} ${count}`).join(", ")}`);
});
