import { expect, test } from "vitest";
import { kernels, runKernel, seededRandom } from "./kernel-memory.ts";

/** FITS Standard 4.0, section 10.4.2: byte k of element i is at k * count + i. */
function shuffled(elements: Uint8Array, width: number): Uint8Array {
  const count = elements.length / width;
  return Uint8Array.from(
    { length: elements.length },
    (_, at) => elements[(at % count) * width + Math.floor(at / count)],
  );
}

function unshuffle(stream: Uint8Array, width: number): Uint8Array {
  return runKernel({ stream, output: stream.length, scratch: 0 }, (at) => {
    kernels.unshuffle(at.src, at.dst, stream.length, width);
    return 0;
  }).output;
}

for (const width of [2, 4, 8]) {
  test(`planes of ${width}-byte elements become elements again`, () => {
    const random = seededRandom(width);
    for (const count of [0, 1, 2, 3, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 1000, 4097]) {
      const elements = Uint8Array.from({ length: count * width }, () => Math.floor(random() * 256));
      expect(Buffer.compare(unshuffle(shuffled(elements, width), width), elements), `${count}`).toBe(0);
    }
  });
}

test("single bytes, and those behind the last whole element, stay as they are", () => {
  expect(unshuffle(Uint8Array.of(1, 2, 3), 1)).toEqual(Uint8Array.of(1, 2, 3));
  expect(unshuffle(Uint8Array.of(1, 2, 10, 20, 7), 2)).toEqual(Uint8Array.of(1, 10, 2, 20, 7));
});
