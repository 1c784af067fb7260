import { describe, expect, it } from "vitest";

import type { PlacedRanges, RangeSource } from "../../../src/storage/range-source.ts";
import { shortReadsOf } from "../../../src/storage/short-reads.ts";
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
});
