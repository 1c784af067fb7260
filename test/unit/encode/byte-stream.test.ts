import { expect, it, vi } from "vitest";
import { gather, streamOf } from "../../../src/encode/byte-stream.ts";
import { collect } from "../../support/archive-entries.ts";

async function* pieces(lengths: number[], onEnd: () => void = () => undefined) {
  try {
    for (const length of lengths) {
      await Promise.resolve();
      yield new Uint8Array(length).fill(length);
    }
  } finally {
    onEnd();
  }
}

async function* failing() {
  yield* pieces([1]);
  throw new Error("the disk");
}

it("closes once at the end, at an error, and where the reader goes away, having read or not", async () => {
  for (const use of [
    (stream: ReadableStream) => new Response(stream).text(),
    (stream: ReadableStream) => stream.cancel(),
    async (stream: ReadableStream) => {
      const reader = stream.getReader();
      await reader.read();
      await reader.cancel();
    },
  ]) {
    const close = vi.fn();
    await use(streamOf(pieces([1, 2, 3]), close));
    expect(close).toHaveBeenCalledOnce();
  }
  const close = vi.fn();
  await expect(new Response(streamOf(failing(), close)).text()).rejects.toThrow("the disk");
  expect(close).toHaveBeenCalledOnce();
});

it("asks for nothing before it is asked", async () => {
  let made = 0;
  const stream = streamOf(
    (async function* () {
      await Promise.resolve();
      for (;;) yield new Uint8Array(++made);
    })(),
  );
  const reader = stream.getReader();
  expect(made).toBe(0);
  await reader.read();
  expect(made).toBe(1);
  await reader.cancel();
});

it("gathers small pieces, and hands large ones on as they are", async () => {
  const lengths: number[] = [];
  for await (const piece of gather(pieces([1, 2, 3, 100, 4]), 6)) lengths.push(piece.length);
  expect(lengths).toEqual([6, 100, 4]);
  const bytes = [1, 2, 2, 3, 3, 3, 4, 4, 4, 4];
  expect([...(await collect(gather(pieces([1, 2, 3, 4]), 6)))]).toEqual(bytes);
});

it("ends the small pieces where the reader goes away", async () => {
  const ended = vi.fn();
  const reader = streamOf(gather(pieces([5, 5, 5], ended), 5)).getReader();
  await reader.read();
  await reader.cancel();
  expect(ended).toHaveBeenCalledOnce();
});
