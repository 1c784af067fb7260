import { describe, expect, it } from "vitest";

import type { PlacedRanges, RangeSource } from "../../../src/storage/range-source.ts";
import { shortReadsOf } from "../../../src/storage/short-reads.ts";
import { countingSource } from "../../support/counting-source.ts";
import { memorySource } from "../../support/memory-source.ts";
import { patternOf } from "./describe-range-store.ts";

/** A source that notes how each range was read; `inMemory`: whether it can be had without waiting. */
function sourceOf({ inMemory }: { inMemory: boolean }) {
  const bytes = patternOf(100_000, 1);
  const how: string[] = [];
  const fill = (start: number, target: Uint8Array) => target.set(bytes.subarray(start, start + target.length));
  const source: RangeSource = {
    key: "/a.fits",
    version: "1",
    byteLength: bytes.length,
    read({ start, length }, { into = new Uint8Array(length) } = {}) {
      how.push("later");
      fill(start, into);
      return Promise.resolve(into);
    },
    readNow({ starts }: PlacedRanges, target) {
      if (!inMemory) return 0;
      how.push("now");
      fill(starts[0] ?? 0, target);
      return 1;
    },
    close: () => Promise.resolve(),
  };
  return { reader: shortReadsOf(source), how, bytes };
}

describe("shortReadsOf", () => {
  it.each([
    ["a short range that is in memory at once", { inMemory: true, length: 11_520, expected: "now" }],
    ["a short range that is not as any other", { inMemory: false, length: 11_520, expected: "later" }],
    ["a long one as any other", { inMemory: true, length: 90_000, expected: "later" }],
  ])("reads %s", async (_, { inMemory, length, expected }) => {
    const { reader, how, bytes } = sourceOf({ inMemory });
    expect(await reader.read({ start: 2880, length })).toEqual(bytes.slice(2880, 2880 + length));
    expect(how).toEqual([expected]);
  });

  it("fills the bytes it is given", async () => {
    for (const inMemory of [true, false]) {
      const { reader, bytes } = sourceOf({ inMemory });
      const into = new Uint8Array(10);
      expect(await reader.read({ start: 5, length: 10 }, { into })).toBe(into);
      expect(into).toEqual(bytes.slice(5, 15));
    }
  });

  it("reads nothing for a caller who has gone, and nothing beyond the file", async () => {
    const { reader, how } = sourceOf({ inMemory: true });
    const range = { start: 0, length: 10 };
    await expect(reader.read(range, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "canceled" });
    await expect(reader.read({ start: 99_999, length: 2 })).rejects.toMatchObject({ code: "corrupt-data" });
    expect(how).toEqual([]);
  });

  describe("of a source that knows of nothing in memory", () => {
    const bytes = patternOf(100_000, 1);
    const opened = () => {
      const source = countingSource(memorySource("https://a/b.fits", bytes));
      return { source, reader: shortReadsOf(source) };
    };

    it("reads the head of the file once", async () => {
      const { source, reader } = opened();
      for (const [start, length] of [
        [0, 4],
        [0, 11_520],
        [2880, 11_520],
        [32_000, 768],
      ] as const) {
        const into = new Uint8Array(length);
        expect(await reader.read({ start, length }, { into })).toBe(into);
        expect(into).toEqual(bytes.slice(start, start + length));
      }
      expect(source.ranges).toEqual([{ start: 0, length: 32_768 }]);
    });

    it("lends nobody its own bytes", async () => {
      const { reader } = opened();
      (await reader.read({ start: 0, length: 10 })).fill(0);
      expect(await reader.read({ start: 0, length: 10 })).toEqual(bytes.slice(0, 10));
    });

    it("reads no byte twice, and what lies beyond as it is", async () => {
      const { source, reader } = opened();
      for (const start of [0, 23_040, 46_080]) {
        expect(await reader.read({ start, length: 23_040 })).toEqual(bytes.slice(start, start + 23_040));
      }
      expect(source.ranges).toEqual([
        { start: 0, length: 32_768 },
        { start: 32_768, length: 13_312 },
        { start: 46_080, length: 23_040 },
      ]);
      await expect(reader.read({ start: -1, length: 2 })).rejects.toMatchObject({ code: "corrupt-data" });
    });

    it("reads the head again where that failed", async () => {
      let failures = 1;
      const source = memorySource("a", bytes.subarray(0, 100));
      const reader = shortReadsOf({
        ...source,
        read: (range, options) => (failures-- > 0 ? Promise.reject(new Error("lost")) : source.read(range, options)),
      });
      await expect(reader.read({ start: 0, length: 4 })).rejects.toThrow("lost");
      expect(await reader.read({ start: 0, length: 4 })).toEqual(bytes.slice(0, 4));
    });
  });
});
