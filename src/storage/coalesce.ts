import type { ByteRange, RangeSource } from "./range-source.ts";

export type CoalesceLimits = {
  /** Ranges this far apart, or nearer, are read together with the bytes between them. */
  readonly maxGapBytes: number;
  /** A read grows no longer than this by merging neighbours. Ranges that overlap are one, however long. */
  readonly maxReadBytes: number;
};

/** From the page cache 2 or 8 reads of 8 KiB cost as much as one with gaps of 40 to 96 KiB (Node 20, in parallel). */
export const LOCAL_LIMITS: CoalesceLimits = { maxGapBytes: 1 << 16, maxReadBytes: 8 << 20 };

/** One after another, synchronously: 4 KB of the page cache take half as long as a call (0.75 µs). */
export const NOW_LIMITS: CoalesceLimits = { maxGapBytes: 1 << 12, maxReadBytes: 1 << 20 };

/** The same from nginx on loopback: 96 to 256 KiB. A network adds a wait to each request; how long is an estimate. */
export const REMOTE_LIMITS: CoalesceLimits = { maxGapBytes: 1 << 19, maxReadBytes: 16 << 20 };

/** The limits for the place a source reads from: the key of a local file is its path. */
export function coalesceLimitsOf(source: Pick<RangeSource, "key">): CoalesceLimits {
  return source.key.startsWith("/") ? LOCAL_LIMITS : REMOTE_LIMITS;
}

/** Where the bytes of a wanted range lie: `length` bytes at `offset` of the bytes of `reads[read]`. */
export type Slice = { readonly read: number; readonly offset: number; readonly length: number };

export type ReadPlan = {
  /** In file order. */
  readonly reads: readonly ByteRange[];
  /** One for each wanted range, in the order asked for; null where the range is empty and needs no read. */
  readonly slices: readonly (Slice | null)[];
};

/** Merges near ranges into few reads. Ranges may come in any order, overlap and repeat; all of each lies in one read. */
export function planReads(ranges: readonly ByteRange[], limits: CoalesceLimits): ReadPlan {
  const { reads, readOf } = joinRanges(ranges, limits);
  const slices = ranges.map(({ start, length }, i) => {
    const read = readOf[i];
    return read < 0 ? null : { read, offset: start - reads[read].start, length };
  });
  return { reads, slices };
}

/** The same without an object for each range: the place in `reads` of the one that it lies in, -1 where it is empty. */
export function joinRanges(
  ranges: readonly ByteRange[],
  limits: CoalesceLimits,
): { readonly reads: readonly ByteRange[]; readonly readOf: Int32Array } {
  const reads: { start: number; length: number }[] = [];
  const readOf = new Int32Array(ranges.length).fill(-1);
  let read: { start: number; length: number } | undefined;
  for (const index of inFileOrder(ranges)) {
    const range = ranges[index];
    if (read !== undefined && joins(read, range, limits)) {
      read.length = Math.max(read.length, range.start + range.length - read.start);
    } else {
      read = { start: range.start, length: range.length };
      reads.push(read);
    }
    readOf[index] = reads.length - 1;
  }
  return { reads, readOf };
}

/** Places in `ranges` of those that are not empty. */
function inFileOrder(ranges: readonly ByteRange[]): number[] {
  const places: number[] = [];
  let sorted = true;
  let last = 0;
  for (let i = 0; i < ranges.length; i++) {
    const { start, length } = ranges[i];
    if (length === 0) continue;
    if (start < last) sorted = false;
    last = start;
    places.push(i);
  }
  return sorted ? places : places.sort((a, b) => ranges[a].start - ranges[b].start);
}

/** `range` starts no earlier than `read`. */
function joins(read: ByteRange, range: ByteRange, { maxGapBytes, maxReadBytes }: CoalesceLimits): boolean {
  const readEnd = read.start + read.length;
  const rangeEnd = range.start + range.length;
  // No byte is read twice: a hostile table may have every tile begin one byte after the last, and reach to the end.
  if (range.start < readEnd) return true;
  return range.start - readEnd <= maxGapBytes && rangeEnd - read.start <= maxReadBytes;
}
