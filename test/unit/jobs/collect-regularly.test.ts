import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startCollecting, type CollectEnd } from "../../../src/jobs/collect-regularly.ts";
import type { CollectorServices } from "../../../src/jobs/collector-pass.ts";
import { ANA, LIMITS } from "../../support/job-services.ts";
import { storedResults, type StoredResults } from "../../support/stored-results.ts";

let stored: StoredResults;
let services: CollectorServices;
beforeEach(async () => {
  stored = await storedResults();
  const limits = { strangerGraceSeconds: 1, partialGraceSeconds: 1, historySeconds: 1e6, workerGraceSeconds: 1e6 };
  services = { ...stored, limits };
});
afterEach(() => stored.close());

/** Passes of 5 milliseconds; every second of the job's clock a thorough one. */
function start(changes: Partial<CollectorServices> = {}) {
  const ends: CollectEnd[] = [];
  const options = { everySeconds: 0.005, thoroughEverySeconds: 1, onEnd: (end: CollectEnd) => void ends.push(end) };
  return { ends, collecting: startCollecting({ ...services, ...changes }, options) };
}

it("collects again and again, and tells of what it did", async () => {
  const id = await stored.queue();
  const { ends, collecting } = start();
  stored.clock.value += LIMITS.lifetimeSeconds * 1000;
  await vi.waitFor(() => expect(ends).toHaveLength(1));
  expect(ends[0].collected).toMatchObject({ jobs: 1, problems: [] });
  await expect(stored.jobs.get(id, ANA)).rejects.toMatchObject({ code: "not-found" });
  await stored.queue();
  stored.clock.value += LIMITS.lifetimeSeconds * 1000;
  await vi.waitFor(() => expect(ends).toHaveLength(2));
  await collecting.stop();
});

it("is thorough at first, and then now and then", async () => {
  const listFiles = vi.fn(stored.results.listFiles.bind(stored.results));
  const id = await stored.queue();
  await stored.finish(id, 1, "a.fits", "x");
  stored.setPhase(id, "COMPLETED");
  await stored.results.write("other", "a.fits", new Uint8Array(1), new AbortController().signal); // a folder more: the disk is there
  const { ends, collecting } = start({ results: { ...stored.results, listFiles } });
  await vi.waitFor(() => expect(listFiles.mock.calls.length).toBeGreaterThan(1));
  await stored.results.remove(id, "a.fits");
  const calls = listFiles.mock.calls.length;
  await vi.waitFor(() => expect(listFiles.mock.calls.length).toBeGreaterThan(calls + 2));
  expect(ends).toEqual([]);
  stored.clock.value += 1000;
  await vi.waitFor(() => expect(ends).toHaveLength(1));
  expect(ends[0].collected).toMatchObject({ lostFiles: 1 });
  await collecting.stop();
});

it("tells of a pass that failed, and tries again", async () => {
  const { ends, collecting } = start({ records: { ...stored.records, sqlite: {} as never } });
  await vi.waitFor(() => expect(ends.length).toBeGreaterThan(1));
  expect(ends[0].error).toBeInstanceOf(TypeError);
  await collecting.stop();
});

it("has ended when it has been stopped", async () => {
  await stored.queue();
  stored.clock.value += LIMITS.lifetimeSeconds * 1000;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    const { ends, collecting } = start();
    expect(vi.getTimerCount()).toBe(1);
    await collecting.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(ends).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});
