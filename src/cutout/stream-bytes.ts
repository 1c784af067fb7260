import type { Arena } from "../codec/arena.ts";
import { STREAM_PADDING } from "../codec/layout.ts";
import { coalesceLimitsOf, joinRanges, NOW_LIMITS, RangeList, type CoalesceLimits } from "../storage/coalesce.ts";
import type { PlacedRanges, RangeSource } from "../storage/range-source.ts";
import type { CachedHeap } from "./plane-cache.ts";

/** Compressed streams in blocks of the arena: the `offsets` of the ranges are their addresses, 0 of an empty one. */
export type StreamBytes = { readonly ranges: RangeList; release(): void };

export type StreamPlace = {
  readonly source: RangeSource;
  /** In bytes of the file. */
  readonly heapStart: number;
  readonly arena: Arena;
};

/** What is read at once without waiting, at most: 0.6 ms. */
const MAX_NOW_BYTES = 3 * 1024 * 1024;

/**
 * Brings those bytes of `ranges` (of the heap) that are missing to their place in a cached heap; null where they are all
 * there, or were had at once. Until it settles, reads write to the arena; so it settles only when all of them have.
 */
export function readToHeap(
  { source, heapStart, arena }: StreamPlace,
  heap: CachedHeap,
  ranges: RangeList,
  signal: AbortSignal | undefined,
): Promise<void> | null {
  const missing = missingRanges(ranges, heap);
  if (missing.count === 0) return null;
  // What lies in the gaps may be there already, and be decoded at this moment: it is not written again.
  const { reads } = joinRanges(missing, { ...coalesceLimitsOf(source), maxGapBytes: 0 });
  for (let i = 0; i < reads.count; i++) {
    reads.offsets[i] = heap.address + reads.starts[i];
    reads.starts[i] += heapStart;
  }
  const keep = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const start = reads.starts[i] - heapStart;
      heap.present.add(start, start + reads.lengths[i]);
    }
  };
  const done = readNow(source, reads, arena);
  keep(0, done);
  if (done === reads.count) return null;
  return readAll(source, reads.from(done), { arena, signal }).then(() => keep(done, reads.count));
}

function missingRanges({ count, starts, lengths }: RangeList, { present }: CachedHeap): RangeList {
  const missing = new RangeList(count);
  for (let i = 0; i < count; i++) {
    if (!present.has(starts[i], starts[i] + lengths[i])) missing.add(starts[i], lengths[i]);
  }
  return missing;
}

/**
 * Brings the bytes of `ranges` (of the heap) to blocks of their own, and sets their `offsets`; at once, where the source has
 * them in memory.
 */
export function readToBlocks(
  from: StreamPlace,
  ranges: RangeList,
  signal: AbortSignal | undefined,
): StreamBytes | Promise<StreamBytes> {
  const { source, arena } = from;
  if (source.readNow === undefined) return readLater(from, ranges, signal);
  const reserved = reserve(from, ranges, NOW_LIMITS);
  let done: number;
  try {
    done = readNow(source, reserved.reads, arena);
  } catch (error) {
    reserved.release();
    throw error;
  }
  if (done === reserved.reads.count) return reserved;
  if (done > 0) return readRest(from, ranges, { reserved, done }, signal);
  reserved.release(); // may be of any size: room for it is not to be taken twice
  return readLater(from, ranges, signal);
}

/** Of reads of which `done` are done: the rest, in few reads with the bytes between them. */
async function readRest(
  from: StreamPlace,
  ranges: RangeList,
  { reserved, done }: { reserved: Reserved; done: number },
  signal: AbortSignal | undefined,
): Promise<StreamBytes> {
  const { readOf } = reserved;
  const rest = new RangeList(ranges.count);
  const places: number[] = [];
  for (let i = 0; i < ranges.count; i++) {
    if (readOf[i] < done) continue;
    rest.add(ranges.starts[i], ranges.lengths[i]);
    places.push(i);
  }
  try {
    const later = await readLater(from, rest, signal);
    for (const [at, i] of places.entries()) ranges.offsets[i] = later.ranges.offsets[at];
    return {
      ranges,
      release() {
        reserved.release();
        later.release();
      },
    };
  } catch (error) {
    reserved.release();
    throw error;
  }
}

async function readLater(from: StreamPlace, ranges: RangeList, signal: AbortSignal | undefined): Promise<StreamBytes> {
  const { source, arena } = from;
  const reserved = reserve(from, ranges, coalesceLimitsOf(source));
  try {
    await readAll(source, reserved.reads, { arena, signal });
  } catch (error) {
    reserved.release();
    throw error;
  }
  return reserved;
}

/** How many of the reads, from the first, are done. Offsets are addresses. */
function readNow(source: RangeSource, reads: PlacedRanges, arena: Arena): number {
  if (source.readNow === undefined) return 0;
  let bytes = 0;
  for (let i = 0; i < reads.count; i++) bytes += reads.lengths[i];
  return bytes > MAX_NOW_BYTES ? 0 : source.readNow(reads, arena.bytes);
}

/** Settles when all reads have. */
async function readAll(
  source: RangeSource,
  { count, starts, lengths, offsets }: PlacedRanges,
  { arena, signal }: { arena: Arena; signal: AbortSignal | undefined },
): Promise<void> {
  const results = await Promise.allSettled(
    Array.from({ length: count }, (_, i) =>
      source.read(
        { start: starts[i], length: lengths[i] },
        { signal, into: arena.bytes.subarray(offsets[i], offsets[i] + lengths[i]) },
      ),
    ),
  );
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

type Reserved = StreamBytes & { readonly reads: RangeList; readonly readOf: readonly number[] };

/** One block for all reads, each followed by the padding that decoders may touch. */
function reserve({ heapStart, arena }: StreamPlace, ranges: RangeList, limits: CoalesceLimits): Reserved {
  const { reads, readOf } = joinRanges(ranges, limits);
  let total = 0;
  for (let i = 0; i < reads.count; i++) {
    reads.offsets[i] = total;
    total += Math.ceil((reads.lengths[i] + STREAM_PADDING) / 64) * 64;
  }
  const block = arena.allocate(total);
  for (let i = 0; i < ranges.count; i++) {
    const read = readOf[i];
    ranges.offsets[i] = read < 0 ? 0 : block + reads.offsets[read] + ranges.starts[i] - reads.starts[read];
  }
  for (let i = 0; i < reads.count; i++) {
    reads.offsets[i] += block;
    reads.starts[i] += heapStart;
  }
  return { ranges, reads, readOf, release: () => arena.release(block) };
}
