import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { startHostileServer, TOKEN } from "../support/hostile-server.ts";
import { createCallChecker } from "./call-checker.ts";
import { hostileCall } from "./calls.ts";

const { FUZZ_SEED = "1", FUZZ_SECONDS = "60", FUZZ_CASE, FUZZ_PATHS, FUZZ_PROGRESS } = process.env;

/** Two fifths of the time of the files; fast-check says how to repeat a failure, and makes it small. */
test.skipIf(FUZZ_CASE !== undefined || FUZZ_PATHS !== undefined)("any request to any address is answered", async () => {
  const hostile = await startHostileServer();
  try {
    const { check, statuses } = await createCallChecker(hostile);
    let last: Promise<unknown> | undefined;
    await fc.assert(
      fc.asyncProperty(hostileCall, async (call) => {
        if (FUZZ_PROGRESS !== undefined) {
          const body = call.body && { ...call.body, bytes: Buffer.from(call.body.bytes).toString("base64") };
          writeFileSync(FUZZ_PROGRESS, `A call: ${JSON.stringify({ ...call, body })}`);
        }
        last = check(call);
        await last;
      }),
      { seed: Number(FUZZ_SEED), numRuns: 1e9, interruptAfterTimeLimit: 400 * Number(FUZZ_SECONDS) },
    );
    await last; // the one that the end of the time interrupted
    process.stdout.write(`calls by status: ${[...statuses].map(([status, n]) => `${status} ${n}`).join(", ")}\n`);
    await hostile.expectNothingLeft();
    expect(hostile.log()).not.toContain(TOKEN);
    expect(hostile.log()).not.toMatch(/"status":500/);
  } finally {
    await hostile.close();
  }
});
