import type { Arena } from "../codec/arena.ts";
import { STREAM_PADDING } from "../codec/layout.ts";
import { coalesceLimitsOf, joinRanges, NOW_LIMITS, type CoalesceLimits } from "../storage/coalesce.ts";
import type { ByteRange, RangeSource } from "../storage/range-source.ts";
import type { CachedHeap } from "./plane-cache.ts";

/** Compressed streams in the arena. `addresses` follow the order of the ranges asked for; 0 for an empty one. */
export type StreamBytes = { readonly addresses: readonly number[]; release(): void };

export type StreamPlace = {
  readonly source: RangeSource;
  /** In bytes of the file. */
  readonly heapStart: number;
  readonly arena: Arena;
  readonly heap: CachedHeap | null;
};

/** What is read at once without waiting, at most: 0.2 ms. */
const MAX_NOW_BYTES = 1024 * 1024;

/**
 * Brings the bytes of `ranges` (of the heap) into the arena: to their place in a cached heap, where only what is missing
 * is read, or to blocks of their own. At once, where the source has them in memory. Until it settles, reads write to the
 * arena; so it settles only when all of them have.
 */
export function readStreams(
  from: StreamPlace,
  ranges: readonly ByteRange[],
  signal: AbortSignal | undefined,
): StreamBytes | Promise<StreamBytes> {
  const { heap } = from;
  if (heap === null) return readToBlocks(from, ranges, signal);
  const missing = missingRanges(ranges, heap);
  const addresses = ranges.map((range) => (range.length === 0 ? 0 : heap.address + range.start));
  const bytes = { addresses, release() {} };
  if (missing.length === 0) return bytes;
  const reading = readToHeap({ ...from, heap }, missing, signal);
  return reading === null ? bytes : reading.then(() => bytes);
}

function missingRanges(ranges: readonly ByteRange[], { present }: CachedHeap): readonly ByteRange[] {
  // Mostly all are there, and the bytes between them: one question, not hundreds.
  let first = Infinity;
  let end = 0;
  for (const { start, length } of ranges) {
    if (start < first) first = start;
    if (start + length > end) end = start + length;
  }
  if (first >= end || present.has(first, end)) return [];
  return ranges.filter(({ start, length }) => !present.has(start, start + length));
}

/** null when it is done. */
function readToHeap(
  { source, heapStart, arena, heap }: StreamPlace & { heap: CachedHeap },
  missing: readonly ByteRange[],
  signal: AbortSignal | undefined,
): Promise<void> | null {
  // What lies in the gaps may be there already, and be decoded at this moment: it is not written again.
  const { reads } = joinRanges(missing, { ...coalesceLimitsOf(source), maxGapBytes: 0 });
  const places = reads.map(({ start, length }) => ({ start: heapStart + start, length, offset: heap.address + start }));
  const keep = (some: readonly ByteRange[]) => {
    for (const { start, length } of some) heap.present.add(start, start + length);
  };
  const done = readNow(source, places, arena);
  keep(reads.slice(0, done));
  if (done === reads.length) return null;
  return readAll(source, places.slice(done), { arena, signal }).then(() => keep(reads.slice(done)));
}

function readToBlocks(
  from: StreamPlace,
  ranges: readonly ByteRange[],
  signal: AbortSignal | undefined,
): StreamBytes | Promise<StreamBytes> {
  const { source, arena } = from;
  if (source.readNow === undefined) return readLater(from, ranges, signal);
  const { readOf, places, addresses, block } = reserve(from, ranges, NOW_LIMITS);
  const release = () => arena.release(block);
  let done: number;
  try {
    done = readNow(source, places, arena);
  } catch (error) {
    release();
    throw error;
  }
  if (done === places.length) return { addresses, release };
  // The rest in few reads, with the bytes between them.
  const rest: number[] = [];
  readOf.forEach((read, i) => {
    if (read >= done) rest.push(i);
  });
  const later = readLater(
    from,
    rest.map((i) => ranges[i]),
    signal,
  );
  return later.then(
    (bytes) => {
      rest.forEach((i, at) => (addresses[i] = bytes.addresses[at]));
      return {
        addresses,
        release() {
          release();
          bytes.release();
        },
      };
    },
    (error: unknown) => {
      release();
      throw error;
    },
  );
}

async function readLater(
  from: StreamPlace,
  ranges: readonly ByteRange[],
  signal: AbortSignal | undefined,
): Promise<StreamBytes> {
  const { source, arena } = from;
  const { places, addresses, block } = reserve(from, ranges, coalesceLimitsOf(source));
  try {
    await readAll(source, places, { arena, signal });
  } catch (error) {
    arena.release(block);
    throw error;
  }
  return { addresses, release: () => arena.release(block) };
}

/** Of a file, and where in the arena its bytes go. */
type PlacedRead = ByteRange & { readonly offset: number };

/** How many of the reads, from the first, are done. */
function readNow(source: RangeSource, places: readonly PlacedRead[], arena: Arena): number {
  if (source.readNow === undefined || places.reduce((sum, { length }) => sum + length, 0) > MAX_NOW_BYTES) return 0;
  return source.readNow(places, arena.bytes);
}

/** Settles when all reads have. */
async function readAll(
  source: RangeSource,
  places: readonly PlacedRead[],
  { arena, signal }: { arena: Arena; signal: AbortSignal | undefined },
): Promise<void> {
  const results = await Promise.allSettled(
    places.map(({ start, length, offset }) =>
      source.read({ start, length }, { signal, into: arena.bytes.subarray(offset, offset + length) }),
    ),
  );
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

/** One block for all reads, each followed by the padding that decoders may touch. */
function reserve({ heapStart, arena }: StreamPlace, ranges: readonly ByteRange[], limits: CoalesceLimits) {
  const { reads, readOf } = joinRanges(ranges, limits);
  let total = 0;
  const places = reads.map(({ start, length }) => {
    const offset = total;
    total += Math.ceil((length + STREAM_PADDING) / 64) * 64;
    return { start: heapStart + start, length, offset };
  });
  const block = arena.allocate(total);
  for (const place of places) place.offset += block;
  const addresses = ranges.map(({ start }, i) => {
    const read = readOf[i];
    return read < 0 ? 0 : places[read].offset + start - reads[read].start;
  });
  return { readOf, places, addresses, block };
}
