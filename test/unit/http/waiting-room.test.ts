import { expect, test, vi } from "vitest";
import { createStreamSlots } from "../../../src/access/limits/stream-slots.ts";
import { createWaitingRoom } from "../../../src/http/waiting-room.ts";

const client = () => new AbortController();

test("a user may have so many, and others as many", () => {
  const room = createWaitingRoom({ slots: createStreamSlots(), stopping: undefined });
  const first = room.enter("ana", client().signal, 2);
  expect(room.enter("ana", client().signal, 2)).not.toBeNull();
  expect(room.enter("ana", client().signal, 2)).toBeNull();
  expect(room.enter("ben", client().signal, 2)).not.toBeNull();
  first?.leave();
  first?.leave();
  expect(room.size).toBe(2);
  expect(room.enter("ana", client().signal, 2)).not.toBeNull();
  expect(room.enter("ana", client().signal, 2), "leaving twice makes room once").toBeNull();
});

test("one whose client goes away has left", () => {
  const room = createWaitingRoom({ slots: createStreamSlots(), stopping: undefined });
  const controller = client();
  const waiting = room.enter("ana", controller.signal, 2);
  controller.abort();
  expect([waiting?.signal.aborted, room.size]).toEqual([true, 0]);
  expect(room.enter("ana", controller.signal, 2)?.signal.aborted, "gone before").toBe(true);
  expect(room.size).toBe(0);
});

test("all are ended when the service stops, and none begins then", () => {
  const stopping = new AbortController();
  const room = createWaitingRoom({ slots: createStreamSlots(), stopping: stopping.signal });
  const waiting = [room.enter("ana", client().signal, 2), room.enter("ben", client().signal, 2)];
  stopping.abort();
  expect(waiting.map((one) => one?.signal.aborted)).toEqual([true, true]);
  expect(room.enter("ana", client().signal, 2)?.signal.aborted).toBe(true);
  expect(room.size).toBe(0);
});

test("one that finds no room is held for a moment, until its client goes, or until the service stops", async () => {
  vi.useFakeTimers();
  const stopping = new AbortController();
  const room = createWaitingRoom({ slots: createStreamSlots(), stopping: stopping.signal });
  const ended: string[] = [];
  const linger = (name: string, signal: AbortSignal) => room.linger(signal, 1000).then(() => ended.push(name));
  const controller = client();
  const waiting = [linger("gone", controller.signal), linger("patient", client().signal)];
  await vi.advanceTimersByTimeAsync(500);
  expect(ended).toEqual([]);
  controller.abort();
  await waiting[0];
  expect(ended).toEqual(["gone"]);
  await vi.advanceTimersByTimeAsync(500);
  expect(ended).toEqual(["gone", "patient"]);
  waiting.push(linger("stopped", client().signal));
  stopping.abort();
  await waiting[2];
  await linger("late", client().signal);
  expect(ended).toEqual(["gone", "patient", "stopped", "late"]);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
