import { prepareRead } from "./_checked-read.ts";
import { placedRange, type ByteRange, type RangeSource, type ReadOptions } from "./range-source.ts";

/** Longer ones are left to the thread pool: of the page cache this takes 20 µs. */
const MAX_BYTES = 1 << 16;

/** A source for those who read a little here and there: short ranges that are in memory are read at once. */
export function shortReadsOf(source: RangeSource): Pick<RangeSource, "key" | "byteLength" | "read"> {
  const { key, byteLength } = source;
  return {
    key,
    byteLength,
    async read(range: ByteRange, options: ReadOptions = {}) {
      if (source.readNow === undefined || !(range.length <= MAX_BYTES)) return source.read(range, options);
      const into = prepareRead(source, range, options);
      return source.readNow(placedRange(range), into) === 1 ? into : source.read(range, { ...options, into });
    },
  };
}
