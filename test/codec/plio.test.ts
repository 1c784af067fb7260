import { describe, expect, test } from "vitest";
import { plioCases } from "./codec-streams.ts";
import { kernels, runKernel, seededRandom, STATUS, withStopWord, type StopWord } from "./kernel-memory.ts";

function decode(stream: Uint8Array, from: number, to: number) {
  return runKernel({ stream, output: 4 * Math.max(to - from, 0), scratch: 0 }, (at) =>
    from === 0
      ? kernels.decodePlio(at.src, stream.length >> 1, at.dst, to)
      : kernels.decodePlioRange(at.src, stream.length >> 1, at.dst, from, to),
  );
}

/** Big-endian words. */
function list(...words: number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [(word >> 8) & 255, word & 255]));
}

function pixels(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

describe("what CFITSIO decodes", () => {
  for (const { name, stream, pixels: truth, count } of plioCases) {
    test(name, () => {
      const whole = decode(stream, 0, count);
      expect(whole.result).toBe(STATUS.ok);
      expect(Buffer.compare(whole.output, truth)).toBe(0);
    });

    test(`${name}: any range of it`, () => {
      const random = seededRandom(count);
      for (let round = 0; round < 200; round++) {
        const from = Math.floor(random() * count);
        const to = from + Math.floor(random() * Math.min(300, count - from + 1));
        const { result, output } = decode(stream, from, to);
        expect(result).toBe(STATUS.ok);
        expect(Buffer.compare(output, truth.subarray(4 * from, 4 * to)), `[${from}, ${to})`).toBe(0);
      }
    });
  }
});

test("a list by hand, both headers", () => {
  const words = [0x0002, 0x1005, 0x0001, 0x4003, 0x2001, 0x5002, 0x6001, 0x7003, 0x3000];
  const expected = pixels(0, 0, 4101, 4101, 4101, 0, 4102, 4103, 4100, 0);
  expect(decode(list(0, 0, words.length + 3, ...words), 0, 10).output).toEqual(expected);
  expect(decode(list(0, 7, -100, words.length + 7, 0, 0, 0, ...words), 0, 10).output).toEqual(expected);
});

describe("a list of megabytes that says nothing", () => {
  const words = 3 << 20; // of zeros: none of them
  const header = [0, 7, -100, words & 0x7fff, words >> 15, 0, 0];
  const listOf = (first: number) => {
    const stream = new Uint8Array(2 * words);
    stream.set(list(...header, first));
    return stream;
  };
  const decodeFrom = (
    from: number,
    stream: Uint8Array,
    stopWordOf: (at: { dst: number; scratch: number }) => StopWord,
  ) =>
    runKernel({ stream, output: 4096, scratch: 4 }, (at) =>
      withStopWord(stopWordOf(at), () => kernels.decodePlioRange(at.src, words, at.dst, from, from + 1024)),
    ).result;

  test("is read to its end", () => {
    expect(decodeFrom(0, listOf(0), ({ scratch }) => ({ address: scratch, word: 0 }))).toBe(STATUS.ok);
    expect(decodeFrom(5000, listOf(0), ({ scratch }) => ({ address: scratch, word: 0 }))).toBe(STATUS.ok);
  });

  test("is left soon after the host wants an end: among the pixels, and on the way to the first", () => {
    // The first pixel is the word that is looked at: 0 when the list is begun, and 1 after the list's first word.
    expect(decodeFrom(0, listOf(0x4001), ({ dst }) => ({ address: dst }))).toBe(STATUS.stopped);
    expect(decodeFrom(5000, listOf(0), ({ scratch }) => ({ address: scratch, word: 1 }))).toBe(STATUS.stopped);
  });
});

describe("hostile lists", () => {
  test("every truncation is noticed", () => {
    for (const { stream, count } of plioCases) {
      for (let length = 0; length < Math.min(stream.length, 2000); length += 2) {
        expect(decode(stream.subarray(0, length), 0, count).result).toBe(STATUS.truncated);
      }
    }
  });

  test("impossible words are corrupt", () => {
    expect(decode(list(0, 7, -100, 8, 0, 0, 0, -1), 0, 10).result).toBe(STATUS.corrupt);
    expect(decode(list(0, 7, -100, 9, 0, 0, 0, 0x1000, -1), 0, 10).result).toBe(STATUS.corrupt);
    expect(decode(list(0, 7, -100, 6, 0, 0, 0, 0), 0, 10).result).toBe(STATUS.corrupt);
    expect(decode(list(0, 7, -100, 8, -1, 0, 0, 0), 0, 10).result).toBe(STATUS.corrupt);
    expect(decode(list(0, 2, -100, 8, 0, 0, 0, 0), 0, 10).result).toBe(STATUS.corrupt);
    expect(decode(list(0, 0, 1, 0), 0, 10).result).toBe(STATUS.corrupt);
    expect(decode(list(0, 7, -100, 8, 0, 0, 0, 0x1000), 0, 10).result).toBe(STATUS.truncated);
  });

  test("random words end within their memory", () => {
    const random = seededRandom(9);
    for (let round = 0; round < 20_000; round++) {
      const words = Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 65536));
      if (round % 2) words.splice(0, 7, 0, 7, -100, Math.max(words.length, 7), 0, 0, 0);
      const from = round % 5 === 0 ? Math.floor(random() * 5000) : 0;
      const { result } = decode(list(...words), from, from + Math.floor(random() * 3000));
      expect([STATUS.ok, STATUS.truncated, STATUS.corrupt]).toContain(result);
    }
  });
});
