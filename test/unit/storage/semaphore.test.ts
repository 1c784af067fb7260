import { describe, expect, it } from "vitest";

import { Semaphore } from "../../../src/storage/semaphore.ts";

describe("Semaphore", () => {
  it("lets the limit in, and the rest in the order they came", async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    const releases = [await semaphore.acquire(undefined, "a"), await semaphore.acquire(undefined, "b")];
    const waiting = [3, 4, 5].map(async (name) => {
      const release = await semaphore.acquire(undefined, "c");
      order.push(name);
      release();
    });
    await Promise.resolve();
    expect(order).toEqual([]);
    releases[0]?.();
    await Promise.all(waiting);
    expect(order).toEqual([3, 4, 5]);
    expect(semaphore.idle).toBe(false);
    releases[1]?.();
    expect(semaphore.idle).toBe(true);
  });

  it("lets nobody slip in before those who wait", async () => {
    const semaphore = new Semaphore(1);
    const order: string[] = [];
    const release = await semaphore.acquire(undefined, "holder");
    const early = semaphore.acquire(undefined, "early").then((next) => (order.push("early"), next()));
    release();
    const late = semaphore.acquire(undefined, "late").then((next) => (order.push("late"), next()));
    await Promise.all([early, late]);
    expect(order).toEqual(["early", "late"]);
  });

  it("counts a release once, however often it is called", async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire(undefined, "a");
    release();
    release();
    const held = await semaphore.acquire(undefined, "b");
    let entered = false;
    const waiting = semaphore.acquire(undefined, "c").then((next) => ((entered = true), next()));
    await Promise.resolve();
    expect(entered).toBe(false);
    held();
    await waiting;
  });

  it("lets go of a waiter whose caller went away, and serves the next", async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire(undefined, "a");
    const controller = new AbortController();
    const leaving = semaphore.acquire(controller.signal, "Read x");
    const staying = semaphore.acquire(undefined, "c");
    controller.abort(new Error("gone"));
    await expect(leaving).rejects.toMatchObject({ code: "canceled", message: "Read x: canceled by the caller" });
    release();
    (await staying)();
    expect(semaphore.idle).toBe(true);
  });
});
