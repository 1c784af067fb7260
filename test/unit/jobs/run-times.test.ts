import { expect, test } from "vitest";
import { estimateSeconds, FIRST_GUESS, learnRunTimes } from "../../../src/jobs/run-times.ts";

const small = { bytesToRead: 1000, pixelsToDecode: 2000 };
const large = { bytesToRead: 80e6, pixelsToDecode: 100e6 };

test("nothing seen is the first guess", () => {
  expect(learnRunTimes([])).toEqual(FIRST_GUESS);
});

test("many runs on a machine ten times slower are what is expected of the next", () => {
  const seen = [
    ...new Array<object>(50).fill({ ...small, seconds: 0.05 }),
    ...new Array<object>(50).fill({ ...large, seconds: 18.05 }),
  ] as { bytesToRead: number; pixelsToDecode: number; seconds: number }[];
  const model = learnRunTimes(seen);
  expect(estimateSeconds(model, small)).toBeCloseTo(0.05, 3);
  expect(estimateSeconds(model, large)).toBeCloseTo(18.05, 1);
});

test("a few that took very long do not decide", () => {
  const seen = [
    ...new Array<object>(40).fill({ ...small, seconds: 0.004 }),
    ...new Array<object>(5).fill({ ...small, seconds: 30 }),
  ] as { bytesToRead: number; pixelsToDecode: number; seconds: number }[];
  expect(learnRunTimes(seen).fixedSeconds).toBeLessThanOrEqual(0.005);
});

test("a large cutout that was faster than the fixed part never makes time negative", () => {
  const model = learnRunTimes(new Array(50).fill({ ...large, seconds: 0.001 }));
  expect(model.secondsPerUnit).toBe(0);
  expect(estimateSeconds(model, large)).toBeGreaterThan(0);
});
