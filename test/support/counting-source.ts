import type { ByteRange, RangeSource } from "../../src/storage/range-source.ts";

/** What a store charges: seconds for each request, and for each byte. */
export type ReadPrice = { readonly secondsPerRead: number; readonly bytesPerSecond: number };

export type CountingSource = RangeSource & {
  /** Every range asked for, in order, rejected ones included. */
  readonly ranges: readonly ByteRange[];
  readonly reads: number;
  readonly bytes: number;
  /** What the reads would take one after the other. The default price is an object store nearby. */
  seconds(price?: ReadPrice): number;
  reset(): void;
};

const NEARBY_OBJECT_STORE: ReadPrice = { secondsPerRead: 0.02, bytesPerSecond: 100e6 };

/** Passes reads on, and counts them: for tests that hold a reader to a budget. */
export function countingSource(source: RangeSource): CountingSource {
  const ranges: ByteRange[] = [];
  const bytes = () => ranges.reduce((sum, range) => sum + range.length, 0);
  return {
    key: source.key,
    version: source.version,
    byteLength: source.byteLength,
    ranges,
    get reads() {
      return ranges.length;
    },
    get bytes() {
      return bytes();
    },
    seconds: (price = NEARBY_OBJECT_STORE) => ranges.length * price.secondsPerRead + bytes() / price.bytesPerSecond,
    reset() {
      ranges.length = 0;
    },
    read(range, options) {
      ranges.push({ start: range.start, length: range.length });
      return source.read(range, options);
    },
    close: () => source.close(),
  };
}
