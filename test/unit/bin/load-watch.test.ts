import { describe, expect, it } from "vitest";
import { createLoadWatch } from "../../../src/bin/load-watch.ts";

/** A clock, and an event loop that was so busy since it was looked at last. */
function clock() {
  const state = { time: 0, busy: 0 };
  return {
    state,
    now: () => state.time,
    utilization: () => ({ utilization: state.busy, idle: 0, active: 0 }),
  };
}

describe("createLoadWatch", () => {
  it("tells of an event loop that had hardly a pause, until it has many", () => {
    const { state, ...rest } = clock();
    const isBusy = createLoadWatch(rest);
    const after100 = (busy: number) => {
      state.busy = busy;
      state.time += 100;
      return isBusy();
    };
    expect(isBusy()).toBe(false);
    expect([0.5, 0.85, 0.95, 0.85, 0.65, 0.5, 0.85].map(after100)).toEqual([
      ...[false, false, true, true, true], // work that others do now leaves pauses
      ...[false, false],
    ]);
  });

  it("looks no more often than every tenth of a second", () => {
    const { state, ...rest } = clock();
    const isBusy = createLoadWatch(rest);
    state.busy = 1;
    state.time = 99;
    expect(isBusy()).toBe(false);
    state.time = 100;
    expect(isBusy()).toBe(true);
  });

  it("asks this process, where nothing else is said", async () => {
    const isBusy = createLoadWatch();
    const end = performance.now() + 150;
    while (performance.now() < end);
    expect(isBusy()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isBusy()).toBe(false);
  });
});
