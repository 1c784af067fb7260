import { describe, expect, test } from "vitest";
import { hcompressCases } from "./codec-streams.ts";
import { kernels, runKernel, seededRandom, STATUS } from "./kernel-memory.ts";

function decode(stream: Uint8Array, width: number, height: number, smooth: number) {
  const scratch = kernels.hcompressScratchBytes(width, height) >>> 0;
  return runKernel({ stream, output: 4 * width * height, scratch }, (at) =>
    kernels.decodeHcompress(at.src, stream.length, at.dst, width, height, smooth, at.scratch, scratch),
  );
}

describe("what CFITSIO decodes", () => {
  for (const { name, stream, width, height, pixels, smoothed } of hcompressCases) {
    test(name, () => {
      const plain = decode(stream, width, height, 0);
      expect(plain.result).toBe(STATUS.ok);
      expect(Buffer.compare(plain.output, pixels)).toBe(0);
    });

    test(`${name}, smoothed`, () => {
      const smooth = decode(stream, width, height, 1);
      expect(smooth.result).toBe(STATUS.ok);
      expect(Buffer.compare(smooth.output, smoothed)).toBe(0);
    });
  }
});

test("a single pixel is the sum of all", () => {
  const stream = Buffer.from("dd99 00000001 00000001 00000000 00000000000004d2 000000 00".replaceAll(" ", ""), "hex");
  const { result, output } = decode(stream, 1, 1, 0);
  expect(result).toBe(STATUS.ok);
  expect(output).toEqual(new Uint8Array(Int32Array.of(1234).buffer));
});

describe("hostile streams", () => {
  const small = hcompressCases.filter(({ stream }) => stream.length < 3000);

  test("every truncation is noticed, but for spare bytes at the end", () => {
    for (const { name, stream, width, height, pixels } of small) {
      let spare = 0;
      for (let length = stream.length - 1; length >= 0; length--) {
        const { result, output } = decode(stream.subarray(0, length), width, height, 0);
        if (result === STATUS.ok) {
          expect(Buffer.compare(output, pixels)).toBe(0);
          spare = stream.length - length;
        } else expect(result, `${name}: ${length} of ${stream.length} bytes`).toBe(STATUS.truncated);
      }
      // CFITSIO rounds the length up to a multiple of 8 bytes.
      expect(spare, name).toBeLessThan(8);
    }
  });

  test("another size, magic or kind of plane is corrupt", () => {
    const { stream, width, height } = small.find((one) => one.width !== one.height)!;
    expect(decode(stream, height, width, 0).result).toBe(STATUS.corrupt);
    expect(decode(stream, width + 1, height, 0).result).toBe(STATUS.corrupt);
    for (const [at, value] of [
      [0, 0xdc],
      [1, 0x98],
      [22, 64],
      [24, 255],
    ] as const) {
      const broken = Uint8Array.from(stream);
      broken[at] = value;
      expect(decode(broken, width, height, 0).result, `byte ${at}`).toBe(STATUS.corrupt);
    }
    const broken = Uint8Array.from(stream);
    broken[25] ^= 0x10;
    expect(decode(broken, width, height, 0).result).toBe(STATUS.corrupt);
  });

  test("a scratch region that is too small is not used", () => {
    const { stream, width, height } = small[0];
    const scratch = (kernels.hcompressScratchBytes(width, height) >>> 0) - 1;
    const { result } = runKernel({ stream, output: 4 * width * height, scratch }, (at) =>
      kernels.decodeHcompress(at.src, stream.length, at.dst, width, height, 0, at.scratch, scratch),
    );
    expect(result).toBe(STATUS.scratchTooSmall);
  });

  test("changed bits and random planes end within their memory", () => {
    const random = seededRandom(5);
    for (let round = 0; round < 4000; round++) {
      const { stream, width, height } = small[Math.floor(random() * small.length)];
      const broken = Uint8Array.from(stream);
      if (round % 4 === 0) {
        for (let i = 25; i < broken.length; i++) broken[i] = Math.floor(random() * 256);
        broken[25] |= round % 8 ? 0xf0 : 0;
      } else {
        for (let flips = 1 + (round % 5); flips > 0; flips--) {
          const at = 10 + Math.floor(random() * (broken.length - 10));
          broken[at] ^= 1 << Math.floor(random() * 8);
        }
      }
      const { result } = decode(broken, width, height, round % 2);
      expect([STATUS.ok, STATUS.truncated, STATUS.corrupt]).toContain(result);
    }
  });
});
