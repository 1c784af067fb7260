import type { ByteRange, PlacedRanges, RangeSource } from "./range-source.ts";

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
  const list = new RangeList(ranges.length);
  for (const { start, length } of ranges) list.add(start, length);
  const { reads, readOf } = joinRanges(list, limits);
  const slices = ranges.map(({ start, length }, i) => {
    const read = readOf[i];
    return read < 0 ? null : { read, offset: start - reads.starts[read], length };
  });
  return { reads: reads.toArray(), slices };
}

/**
 * Ranges as columns of numbers, for those who have hundreds in each request (see `PlacedRanges`). Plain arrays: typed ones
 * of this length lie outside the heap, and take four times as long to make and to collect.
 */
export class RangeList implements PlacedRanges {
  count = 0;
  readonly starts: number[];
  readonly lengths: number[];
  readonly offsets: number[];

  constructor(capacity: number) {
    this.starts = new Array<number>(capacity);
    this.lengths = new Array<number>(capacity);
    this.offsets = new Array<number>(capacity);
  }

  add(start: number, length: number): void {
    this.starts[this.count] = start;
    this.lengths[this.count] = length;
    this.count++;
  }

  from(first: number): PlacedRanges {
    return {
      count: this.count - first,
      starts: this.starts.slice(first, this.count),
      lengths: this.lengths.slice(first, this.count),
      offsets: this.offsets.slice(first, this.count),
    };
  }

  toArray(): ByteRange[] {
    return Array.from({ length: this.count }, (_, i) => ({ start: this.starts[i], length: this.lengths[i] }));
  }
}

/** Near ranges as one, in file order; and for each range the place of the read that it lies in, -1 where it is empty. */
export function joinRanges(
  ranges: RangeList,
  { maxGapBytes, maxReadBytes }: CoalesceLimits,
): { readonly reads: RangeList; readonly readOf: readonly number[] } {
  const { count, starts, lengths } = ranges;
  const reads = new RangeList(count);
  const readOf = new Array<number>(count).fill(-1);
  const order = inFileOrder(ranges);
  let read = -1;
  let readStart = 0;
  let readEnd = -Infinity;
  for (let place = 0; place < count; place++) {
    const i = order === null ? place : order[place];
    const length = lengths[i];
    if (length === 0) continue;
    const start = starts[i];
    const end = start + length;
    // No byte is read twice: a hostile table may have every tile begin one byte after the last, and reach to the end.
    if (start < readEnd || (start - readEnd <= maxGapBytes && end - readStart <= maxReadBytes)) {
      if (end > readEnd) readEnd = end;
      reads.lengths[read] = readEnd - readStart;
    } else {
      reads.add(start, length);
      read++;
      readStart = start;
      readEnd = end;
    }
    readOf[i] = read;
  }
  return { reads, readOf };
}

/** Places in the list by the ranges' starts; null where that is how they come. */
function inFileOrder({ count, starts }: RangeList): Uint32Array | null {
  let sorted = true;
  for (let i = 1; i < count; i++) if (starts[i] < starts[i - 1]) sorted = false;
  if (sorted) return null;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return order.sort((a, b) => starts[a] - starts[b]);
}
