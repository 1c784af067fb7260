import type { RangeSource } from "../../src/storage/range-source.ts";

/** A file of which each batch of ranges is in memory up to a place that differs from batch to batch. */
export function pageCacheSource(source: RangeSource, bytes: Uint8Array): RangeSource {
  let batches = 0;
  return {
    ...source,
    readNow(ranges, target) {
      const done = [ranges.length, 0, ranges.length >> 1][batches++ % 3];
      for (const { start, length, offset } of ranges.slice(0, done))
        target.set(bytes.subarray(start, start + length), offset);
      return done;
    },
  };
}
