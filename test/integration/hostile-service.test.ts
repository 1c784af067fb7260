import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCallChecker } from "../fuzz/call-checker.ts";
import { hostileCall } from "../fuzz/calls.ts";
import { startHostileServer, TOKEN, type HostileServer } from "../support/hostile-server.ts";

// A slice of the fuzz run, always the same: requests of any kind to any address of the service, over real connections.

let hostile: HostileServer;
beforeAll(async () => {
  hostile = await startHostileServer();
});
afterAll(() => hostile.close());

test("any request to any address is answered, and leaves nothing behind", async () => {
  const { check, statuses } = await createCallChecker(hostile);
  await fc.assert(
    fc.asyncProperty(hostileCall, async (call) => void (await check(call))),
    { numRuns: 1000, seed: 20_261_122 },
  );
  // The calls reach what they are for.
  for (const status of [200, 204, 303, 400, 401, 404, 405, 413, 431]) expect([...statuses.keys()]).toContain(status);
  await hostile.expectNothingLeft();
  expect(hostile.log()).not.toContain(TOKEN);
  expect(hostile.log()).not.toMatch(/"status":500/);
}, 60_000);
