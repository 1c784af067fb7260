import { describe, expect, it } from "vitest";

import { ServiceError } from "../../../src/errors.ts";
import { type RetryOptions, TransientError, withRetries } from "../../../src/storage/retry.ts";

function recorded(retries: number, random = 0.5): RetryOptions & { waits: number[] } {
  const waits: number[] = [];
  return { retries, random: () => random, waits, delay: (ms) => Promise.resolve(void waits.push(ms)) };
}

/** Fails with these, one after the other, then succeeds. */
function failing(...errors: Error[]): () => Promise<string> {
  return () => {
    const error = errors.shift();
    return error === undefined ? Promise.resolve("done") : Promise.reject(error);
  };
}

const transient = (retryAfterMilliseconds?: number) =>
  new TransientError("the server answered 503", { retryAfterMilliseconds });

describe("withRetries", () => {
  it("waits a random part of a time that doubles from 200 ms to 10 s", async () => {
    const options = recorded(8);
    await withRetries("Read x", options, failing(...Array.from({ length: 8 }, () => transient())));
    expect(options.waits).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it("waits at least as long as the server wishes", async () => {
    const options = recorded(2);
    await withRetries("Read x", options, failing(transient(3_000), transient()));
    expect(options.waits).toEqual([3_000, 200]);
  });

  it("gives up at once where the server wishes a longer wait than 10 s", async () => {
    const options = recorded(5);
    const trying = withRetries("Read x", options, failing(transient(3_600_000)));
    await expect(trying).rejects.toMatchObject({ code: "unavailable" });
    expect(options.waits).toEqual([]);
  });

  it("says how often it tried, and keeps the last reason", async () => {
    const last = transient();
    const trying = withRetries("Read x", recorded(2), failing(transient(), transient(), last, transient()));
    await expect(trying).rejects.toMatchObject({
      code: "unavailable",
      message: "Read x: the server answered 503, after 3 tries",
      cause: last,
    });
  });

  it("does not repeat what no repetition can mend", async () => {
    const options = recorded(5);
    const error = new ServiceError("missing-file", "gone");
    await expect(withRetries("Read x", options, failing(error))).rejects.toBe(error);
    expect(options.waits).toEqual([]);
  });

  it("stops waiting when the caller goes away", async () => {
    const controller = new AbortController();
    const delay = () => {
      controller.abort(new Error("gone"));
      return Promise.reject(new Error("aborted"));
    };
    const options = { retries: 3, random: () => 0.5, delay, signal: controller.signal };
    await expect(withRetries("Read x", options, failing(transient()))).rejects.toMatchObject({ code: "canceled" });
  });
});
