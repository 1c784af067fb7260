import { expect, test, vi } from "vitest";
import { createRealtimeGate } from "../../../src/jobs/realtime-gate.ts";

const never = new AbortController().signal;

test("work has its turn at once while no request is under way", async () => {
  const gate = createRealtimeGate({ maxWaitMilliseconds: 1e6 });
  await gate.turn(never);
});

test("work waits until the last of the requests under way has ended", async () => {
  const gate = createRealtimeGate({ maxWaitMilliseconds: 1e6 });
  const leaveFirst = gate.enter();
  const leaveSecond = gate.enter();
  const turn = vi.fn();
  const waiting = gate.turn(never).then(turn);
  leaveFirst();
  leaveFirst(); // twice counts once
  await Promise.resolve();
  expect(turn).not.toHaveBeenCalled();
  leaveSecond();
  await waiting;
  expect(turn).toHaveBeenCalledOnce();
});

test("work moves on after the longest wait where requests never pause", async () => {
  vi.useFakeTimers();
  try {
    const gate = createRealtimeGate({ maxWaitMilliseconds: 250 });
    gate.enter();
    const waiting = gate.turn(never);
    await vi.advanceTimersByTimeAsync(250);
    await waiting;
  } finally {
    vi.useRealTimers();
  }
});

test("a wait ends with its signal, and leaves no timer", async () => {
  vi.useFakeTimers();
  try {
    const gate = createRealtimeGate({ maxWaitMilliseconds: 250 });
    gate.enter();
    const controller = new AbortController();
    const waiting = gate.turn(controller.signal);
    controller.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    expect(vi.getTimerCount()).toBe(0);
    await expect(gate.turn(controller.signal)).rejects.toThrow("stopped");
  } finally {
    vi.useRealTimers();
  }
});
