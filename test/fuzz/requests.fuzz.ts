import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSyncApp } from "../support/sync-app.ts";
import { createSampleServices } from "../support/sample-services.ts";
import { checkAnswer, hostileRequest } from "./requests.ts";

const { FUZZ_SEED = "1", FUZZ_SECONDS = "60", FUZZ_CASE, FUZZ_PATHS, FUZZ_PROGRESS } = process.env;

/** A fifth of the time of the files; fast-check says how to repeat a failure, and makes it small. */
test.skipIf(FUZZ_CASE !== undefined || FUZZ_PATHS !== undefined)("a request is answered or refused", async () => {
  const services = await createSampleServices();
  const app = createSyncApp({ cutouts: services.cutouts, timeoutSeconds: 60, log: () => undefined });
  const statuses = new Map<number, number>();
  let last: Promise<number> | undefined;
  await fc.assert(
    fc.asyncProperty(hostileRequest, async (hostile) => {
      if (FUZZ_PROGRESS !== undefined) writeFileSync(FUZZ_PROGRESS, `A request: ${JSON.stringify(hostile)}`);
      last = checkAnswer(app, hostile);
      const status = await last;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }),
    { seed: Number(FUZZ_SEED), numRuns: 1e9, interruptAfterTimeLimit: 200 * Number(FUZZ_SECONDS) },
  );
  await last; // the one that the end of the time interrupted
  console.log(`requests by status: ${[...statuses].map(([status, count]) => `${status} ${count}`).join(", ")}`);
  expect(services.images.inUse).toBe(0);
  await services.dispose();
});
