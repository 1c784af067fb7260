import { expect, test, vi } from "vitest";
import { createRealtimeGate } from "../../../src/jobs/realtime-gate.ts";

const never = new AbortController().signal;

test("work has its turn at once while no request is under way", async () => {
  const gate = createRealtimeGate({ maxWaitMilliseconds: 1e6, lingerMilliseconds: 0 });
  await gate.turn(never);
});

test("work waits until the last of the requests under way has ended", async () => {
  const gate = createRealtimeGate({ maxWaitMilliseconds: 1e6, lingerMilliseconds: 0 });
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
    const gate = createRealtimeGate({ maxWaitMilliseconds: 250, lingerMilliseconds: 0 });
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
    const gate = createRealtimeGate({ maxWaitMilliseconds: 250, lingerMilliseconds: 0 });
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

test("a pause between two pieces of an answer is nobody else's turn, a longer one is", async () => {
  vi.useFakeTimers();
  try {
    const gate = createRealtimeGate({ maxWaitMilliseconds: 1e6, lingerMilliseconds: 10 });
    const turn = vi.fn();
    gate.enter()();
    void gate.turn(never).then(turn);
    await vi.advanceTimersByTimeAsync(9);
    const leave = gate.enter(); // the next piece
    await vi.advanceTimersByTimeAsync(50);
    leave();
    await vi.advanceTimersByTimeAsync(9);
    expect(turn).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(turn).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
    await gate.turn(never);
  } finally {
    vi.useRealTimers();
  }
});
