import type { Arena } from "../codec/arena.ts";
import { STREAM_PADDING } from "../codec/layout.ts";
import { coalesceLimitsOf, planReads } from "../storage/coalesce.ts";
import type { ByteRange, RangeSource } from "../storage/range-source.ts";
import type { CachedHeap } from "./plane-cache.ts";

/** Compressed streams in the arena. `addresses` follow the order of the ranges asked for; 0 for an empty one. */
export type StreamBytes = { readonly addresses: readonly number[]; release(): void };

/**
 * Brings the bytes of `ranges` (of the heap, which starts at `heapStart` of the file) into the arena: to their place in
 * a cached heap, where only what is missing is read, or to a block of their own. Until it settles, reads write to the
 * arena; so it settles only when all of them have.
 */
export async function readStreams(
  from: { source: RangeSource; heapStart: number; arena: Arena; heap: CachedHeap | null },
  ranges: readonly ByteRange[],
  signal: AbortSignal | undefined,
): Promise<StreamBytes> {
  const { source, heapStart, arena, heap } = from;
  const missing = heap === null ? ranges : ranges.filter((r) => !heap.present.has(r.start, r.start + r.length));
  const limits = coalesceLimitsOf(source);
  // What lies in the gaps of a cached heap may be there already, and be decoded at this moment: it is not written again.
  const plan = planReads(missing, heap === null ? limits : { ...limits, maxGapBytes: 0 });
  const places = heap === null ? reserve(arena, plan.reads) : null;

  const placeOf = (read: number): number =>
    places === null ? (heap as CachedHeap).address + plan.reads[read].start : places.addresses[read];
  const reads = plan.reads.map((range, i) => {
    const address = placeOf(i);
    const into = arena.bytes.subarray(address, address + range.length);
    return source.read({ start: heapStart + range.start, length: range.length }, { signal, into });
  });
  const results = await Promise.allSettled(reads);
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) {
    places?.release();
    throw failure.reason;
  }
  if (heap === null) {
    const addresses = plan.slices.map((slice) => (slice === null ? 0 : placeOf(slice.read) + slice.offset));
    return { addresses, release: () => places?.release() };
  }
  for (const { start, length } of plan.reads) heap.present.add(start, start + length);
  return { addresses: ranges.map((range) => (range.length === 0 ? 0 : heap.address + range.start)), release() {} };
}

/** One block for all reads, each followed by the padding that decoders may touch. */
function reserve(arena: Arena, reads: readonly ByteRange[]): { addresses: number[]; release(): void } {
  let total = 0;
  const offsets = reads.map(({ length }) => {
    const offset = total;
    total += Math.ceil((length + STREAM_PADDING) / 64) * 64;
    return offset;
  });
  const block = arena.allocate(total);
  return { addresses: offsets.map((offset) => block + offset), release: () => arena.release(block) };
}
