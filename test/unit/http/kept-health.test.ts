import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CheckHealth } from "../../../src/http/health.ts";
import { keepHealth } from "../../../src/http/kept-health.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const WELL = { draining: false, parts: [{ name: "records", problem: null }] };

test("asks once a second, however many want to know", async () => {
  const check = vi.fn<CheckHealth>(() => Promise.resolve(WELL));
  let now = 0;
  const health = keepHealth(check, { now: () => now });
  await Promise.all([health(), health(), health()]);
  now = 999;
  expect((await health()).status).toBe("ok");
  expect(check).toHaveBeenCalledTimes(1);
  now = 1000;
  await health();
  expect(check).toHaveBeenCalledTimes(2);
});

test("a check that never answers is a problem after two seconds, and is asked to stop", async () => {
  let stopped: AbortSignal | undefined;
  const health = keepHealth((signal) => new Promise(() => (stopped = signal)), { now: () => 0 });
  const asked = health();
  await vi.advanceTimersByTimeAsync(2000);
  expect(await asked).toMatchObject({ status: "degraded", parts: [{ problem: "no answer in 2 seconds" }] });
  expect(stopped?.aborted).toBe(true);
});

test("why a check failed stays here", async () => {
  const health = keepHealth(() => Promise.reject(new Error("/secret/path")), { now: () => 0 });
  expect(JSON.stringify(await health())).not.toContain("secret");
  expect((await health()).status).toBe("degraded");
});
