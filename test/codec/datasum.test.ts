import { expect, test } from "vitest";
import { kernels, runKernel, seededRandom } from "./kernel-memory.ts";

/** FITS Standard 4.0, appendix J: big-endian words, carries added at the low end; zeros up to a whole word. */
function sumOfWords(bytes: Uint8Array): number {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  let sum = 0n;
  for (let at = 0; at < padded.length; at += 4) {
    sum += BigInt(view.getUint32(at));
    if (sum > 0xffffffffn) sum -= 0xffffffffn;
  }
  return Number(sum);
}

/** Of `bytes` at an address that is `shift` more than a multiple of 16. */
function datasum(bytes: Uint8Array, shift = 0): number {
  const stream = new Uint8Array(shift + bytes.length);
  stream.set(bytes, shift);
  let sum = 0;
  runKernel({ stream, output: 0, scratch: 0 }, (at) => {
    sum = kernels.datasum(at.src + shift, bytes.length) >>> 0;
    return 0;
  });
  return sum;
}

test("random bytes of any length, anywhere, have the sum of their words", () => {
  const random = seededRandom(3);
  for (const length of [0, 1, 2, 3, 4, 5, 15, 16, 31, 32, 33, 63, 64, 100, 1027, 4096, 65_537]) {
    const bytes = Uint8Array.from({ length }, () => Math.floor(random() * 256));
    for (const shift of [0, 1, 3, 8]) expect(datasum(bytes, shift), `${length} at ${shift}`).toBe(sumOfWords(bytes));
  }
});

test("carries go round, and only zeros have the sum 0", () => {
  expect(datasum(new Uint8Array(300_000).fill(255))).toBe(0xffffffff);
  expect(datasum(new Uint8Array(300_001).fill(255))).toBe(0xff000000);
  expect(datasum(new Uint8Array(300_000))).toBe(0);
  expect(datasum(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1))).toBe(1);
});
