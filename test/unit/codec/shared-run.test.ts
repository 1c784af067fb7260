import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JOB_BYTES } from "../../../src/codec/layout.ts";
import { shareRun, stepOf, takeJobs, whenOver } from "../../../src/codec/shared-run.ts";

const PLACE = { plane: 64, jobs: 1024 };
const STATE = 32;
const SCRATCH = { scratch: 0, scratchBytes: 0 };

describe("stepOf", () => {
  it.each([
    [256, 1, 256], // all at once
    [256, 2, 32], // of a share of 128, a quarter
    [286, 8, 12], // whole lots of four
    [6, 2, 3],
    [4, 8, 1],
    [1, 2, 1],
  ])("of %i jobs for %i threads is %i", (count, takers, step) => {
    expect(stepOf(count, takers)).toBe(step);
  });
});

describe("takeJobs", () => {
  it("lets takers that come when they like do each job once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 9 }), fc.infiniteStream(fc.nat(8)), run),
    );
  });

  /** Takers that are one behind the other, each inside a step of another. */
  function run(count: number, takers: number, order: Iterable<number>): void {
    const words = new Uint32Array(new SharedArrayBuffer(64));
    const shared = shareRun({ ...PLACE, count }, stepOf(count, takers), STATE, words);
    const done = new Uint32Array(count);
    const turns = order[Symbol.iterator]();
    let left = takers - 1;
    const decodeTiles = (_plane: number, jobs: number, some: number) => {
      if (left > 0 && Number(turns.next().value) > 4) {
        left--;
        takeJobs(decodeTiles, words, shared, SCRATCH);
      }
      for (let i = 0; i < some; i++) done[(jobs - PLACE.jobs) / JOB_BYTES + i]++;
      return some;
    };
    takeJobs(decodeTiles, words, shared, SCRATCH);
    expect([...done]).toEqual(Array.from({ length: count }, () => 1));
    expect(words[shared.state.done]).toBe(count);
  }

  it("does a step, however late it comes to it: there may be no other taker", () => {
    const words = new Uint32Array(new SharedArrayBuffer(64));
    const shared = shareRun({ ...PLACE, count: 1 }, 1, STATE, words);
    takeJobs((_plane, _jobs, some) => some, words, shared, { ...SCRATCH, mayGoOn: () => false });
    expect(words[shared.state.done]).toBe(1);
  });

  it("leaves the rest where a job fails, or it may not go on", () => {
    const words = new Uint32Array(new SharedArrayBuffer(64));
    const shared = shareRun({ ...PLACE, count: 100 }, 10, STATE, words);
    let steps = 0;
    takeJobs(() => (++steps, 10), words, shared, { ...SCRATCH, mayGoOn: () => steps < 3 });
    expect(words[shared.state.done]).toBe(30);
    takeJobs(() => (++steps, 7), words, shared, SCRATCH);
    expect(words[shared.state.done]).toBe(37);
    expect(steps).toBe(4);
    takeJobs(() => (++steps, 10), words, shared, SCRATCH); // the next of them finds nothing
    expect(steps).toBe(4);
  });
});

describe("whenOver", () => {
  it("waits for takers that are at work, and not for those that have yet to come", async () => {
    const words = new Uint32Array(new SharedArrayBuffer(64));
    const shared = shareRun({ ...PLACE, count: 8 }, 4, STATE, words);
    let end = () => undefined as void;
    const working = new Promise<void>((resolve) => (end = resolve));
    const late = new Promise<void>(() => undefined);
    let over: Promise<void> | undefined;
    let isOver = false;
    const decodeTiles = (_plane: number, _jobs: number, some: number) => {
      over ??= whenOver(words, shared, [working, late]).then(() => void (isOver = true));
      return some;
    };
    takeJobs(decodeTiles, words, shared, SCRATCH);
    await Promise.resolve();
    expect(isOver).toBe(false); // it has looked while one was at work
    end();
    await over;
    await whenOver(words, shared, [late]);
  });

  it("ends with the last taker where one stopped in the middle of its work", async () => {
    const words = new Uint32Array(new SharedArrayBuffer(64));
    const shared = shareRun({ ...PLACE, count: 8 }, 4, STATE, words);
    const stopped = new Error("a thread stopped");
    const decodeTiles = () => {
      throw stopped;
    };
    expect(() => takeJobs(decodeTiles, words, shared, SCRATCH)).toThrow(stopped);
    await whenOver(words, shared, [Promise.reject(stopped), Promise.resolve()]);
  });
});
