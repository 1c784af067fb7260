import { prepareRead } from "./_checked-read.ts";
import { placedRange, type ByteRange, type RangeSource, type ReadOptions } from "./range-source.ts";

/** Longer ones are left to the thread pool: of the page cache this takes 20 µs. */
const MAX_BYTES = 1 << 16;
/** The first bytes of a file: of most the primary header and that of the first extension. */
const HEAD_BYTES = 1 << 15;

export type ShortReads = Pick<RangeSource, "key" | "byteLength" | "read">;

/**
 * A source for one who looks around in a file before it is used: what is in memory is read at once; where nobody knows
 * what is, each read is a wait, and the head of the file is read as one and held as long as this is.
 */
export function shortReadsOf(source: RangeSource): ShortReads {
  const { key, byteLength } = source;
  return { key, byteLength, read: source.readNow === undefined ? headReader(source) : eagerReader(source) };
}

function eagerReader(source: RangeSource): RangeSource["read"] {
  return async (range: ByteRange, options: ReadOptions = {}) => {
    if (!(range.length <= MAX_BYTES)) return source.read(range, options);
    const into = prepareRead(source, range, options);
    return source.readNow?.(placedRange(range), into) === 1 ? into : source.read(range, { ...options, into });
  };
}

function headReader(source: RangeSource): RangeSource["read"] {
  const headLength = Math.min(HEAD_BYTES, source.byteLength);
  let head: Uint8Array | null = null;
  return async (range: ByteRange, options: ReadOptions = {}) => {
    const { start, length } = range;
    if (!(start < headLength)) return source.read(range, options);
    const target = prepareRead(source, range, options);
    head ??= await source.read({ start: 0, length: headLength }, { signal: options.signal });
    const known = head.subarray(start, start + length);
    target.set(known);
    const rest = { start: headLength, length: length - known.length };
    if (rest.length > 0) await source.read(rest, { ...options, into: target.subarray(known.length) });
    return target;
  };
}
