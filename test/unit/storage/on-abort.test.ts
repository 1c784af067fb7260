import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";

import { onAbort } from "../../../src/storage/_on-abort.ts";

describe("listeners of a signal", () => {
  it("are called once each, with one listener of the signal for all", () => {
    const controller = new AbortController();
    const called: number[] = [];
    for (let i = 0; i < 12; i++) onAbort(controller.signal, () => called.push(i));
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    controller.abort();
    expect(called).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("are not called when they were taken off, also by another", () => {
    const controller = new AbortController();
    const called: string[] = [];
    const offs = [
      onAbort(controller.signal, () => called.push("before")),
      onAbort(controller.signal, () => (called.push("first"), offs[2]())),
      onAbort(controller.signal, () => called.push("second")),
    ];
    offs[0]();
    offs[0]();
    controller.abort();
    expect(called).toEqual(["first"]);
    expect(() => offs.forEach((off) => off())).not.toThrow();
  });

  it("leave nothing on the signal, which can be listened to again", () => {
    const controller = new AbortController();
    onAbort(controller.signal, () => {})();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    let calls = 0;
    onAbort(controller.signal, () => calls++);
    controller.abort();
    expect(calls).toBe(1);
  });

  it("are called at once where it has fired", () => {
    let calls = 0;
    onAbort(AbortSignal.abort(), () => calls++)();
    expect(calls).toBe(1);
  });
});
