import { expect, test, vi } from "vitest";
import { WorkMeter } from "../../../src/http/work-meter.ts";

/** A stream that gives a piece when told to. */
function manualStream() {
  const pieces: (() => void)[] = [];
  const cancel = vi.fn();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) =>
        new Promise((resolve) => {
          pieces.push(() => {
            controller.enqueue(new Uint8Array(3));
            resolve();
          });
        }),
      cancel,
    },
    { highWaterMark: 0 },
  );
  return { body, cancel, give: () => pieces.shift()?.() };
}

function meter() {
  let inside = 0;
  const meter = new WorkMeter(() => {
    inside++;
    return () => void inside--;
  });
  return { meter, inside: () => inside };
}

test("a client that does not read holds up nobody", async () => {
  const { meter: work, inside } = meter();
  work.start();
  expect(inside()).toBe(1);
  work.stop();
  work.stop();
  const { body, give } = manualStream();
  const reader = work.watch(body).getReader();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(inside()).toBe(0); // nothing is asked for
  const piece = reader.read();
  await vi.waitFor(() => expect(inside()).toBe(1));
  give();
  expect((await piece).value).toHaveLength(3);
  await vi.waitFor(() => expect(inside()).toBe(0));
});

test("only the time in which pieces are made counts", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const { meter: work } = meter();
    const { body, give } = manualStream();
    const reader = work.watch(body).getReader();
    const piece = reader.read();
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(40);
    give();
    await piece;
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(10_000); // the client takes its time
    expect(work.milliseconds).toBe(40);
  } finally {
    vi.useRealTimers();
  }
});

test("a client that goes away ends the stream behind", async () => {
  const { meter: work, inside } = meter();
  const { body, cancel } = manualStream();
  await work.watch(body).cancel("gone");
  expect(cancel).toHaveBeenCalledWith("gone");
  expect(inside()).toBe(0);
});
