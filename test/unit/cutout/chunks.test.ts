import { describe, expect, it } from "vitest";
import { planChunks } from "../../../src/cutout/chunks.ts";

const window = { x0: 0, y0: 5, width: 1000, height: 995 };

describe("planChunks", () => {
  it("covers every row of every plane once, in order", () => {
    const chunks = planChunks(window, {
      planes: 3,
      bytesPerPixel: 4,
      wholeRows: 1,
      inputBytesPerRow: 4000,
      decodedPixelsPerRow: 1000,
    });
    let expected = { plane: 0, y0: 5 };
    for (const chunk of chunks) {
      expect({ plane: chunk.plane, y0: chunk.y0 }).toEqual(expected);
      expect(chunk.y1).toBeGreaterThan(chunk.y0);
      expected = chunk.y1 === 1000 ? { plane: chunk.plane + 1, y0: 5 } : { plane: chunk.plane, y0: chunk.y1 };
    }
    expect(expected.plane).toBe(3);
  });

  it("starts with 256 KiB, or 64 where that is much to read, and goes on with 1 MiB in a long cutout", () => {
    const chunks = planChunks(
      { ...window, height: 2000 },
      { planes: 1, bytesPerPixel: 4, wholeRows: 1, inputBytesPerRow: 4000, decodedPixelsPerRow: 1000 },
    );
    expect(chunks[0]).toEqual({ plane: 0, y0: 5, y1: 5 + 65 });
    expect(chunks[1]).toEqual({ plane: 0, y0: 70, y1: 70 + 262 });
    const much = planChunks(window, {
      planes: 1,
      bytesPerPixel: 4,
      wholeRows: 1,
      inputBytesPerRow: 40_000,
      decodedPixelsPerRow: 10_000,
    });
    expect(much[0]).toEqual({ plane: 0, y0: 5, y1: 5 + 16 });
  });

  it("ends chunks at tile borders where tiles are decoded whole", () => {
    const chunks = planChunks(window, {
      planes: 1,
      bytesPerPixel: 4,
      wholeRows: 16,
      inputBytesPerRow: 4000,
      decodedPixelsPerRow: 1000,
    });
    for (const chunk of chunks.slice(0, -1)) expect(chunk.y1 % 16).toBe(0);
    expect(chunks.at(-1)?.y1).toBe(1000);
  });

  it("takes one row of tiles where that is more than a chunk", () => {
    const chunks = planChunks(window, {
      planes: 1,
      bytesPerPixel: 4,
      wholeRows: 500,
      inputBytesPerRow: 4000,
      decodedPixelsPerRow: 1000,
    });
    expect(chunks.map(({ y0, y1 }) => [y0, y1])).toEqual([
      [5, 500],
      [500, 1000],
    ]);
  });

  it("reads no more than 4 MiB for a chunk of a narrow window", () => {
    const chunks = planChunks(
      { ...window, width: 1 },
      { planes: 1, bytesPerPixel: 4, wholeRows: 1, inputBytesPerRow: 2 ** 15, decodedPixelsPerRow: 1000 },
    );
    expect(chunks[0]).toEqual({ plane: 0, y0: 5, y1: 5 + 128 });
  });

  it("passes over no more than 2^26 pixels for a chunk of wide tiles", () => {
    const options = { planes: 1, bytesPerPixel: 4, wholeRows: 1, inputBytesPerRow: 1, decodedPixelsPerRow: 2 ** 20 };
    expect(planChunks({ ...window, width: 1 }, options)[0]).toEqual({ plane: 0, y0: 5, y1: 5 + 64 });
  });

  it("takes one row where a row is more than a chunk", () => {
    const chunks = planChunks(
      { x0: 0, y0: 0, width: 1e6, height: 3 },
      { planes: 1, bytesPerPixel: 8, wholeRows: 1, inputBytesPerRow: 4000, decodedPixelsPerRow: 1000 },
    );
    expect(chunks.map(({ y0, y1 }) => y1 - y0)).toEqual([1, 1, 1]);
  });
});
