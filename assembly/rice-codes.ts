/**
 * The codes of one Rice block, see rice.ts, read into raw u32 at `codes`.
 *
 * A function gets the bit address `at` and returns the one after the last code. It may return an address beyond `end`
 * (bits in the stream) and stops there: at most 57 bits too far, and all that it read beyond `end` is of no worth.
 * Reads reach at most 8 bytes beyond the byte that holds bit `end`.
 */

/** At least 57 bits of the stream from bit `at` on, left-aligned. */
// @ts-ignore: decorator
@inline
export function peek(stream: usize, at: u64): u64 {
  return bswap(load<u64>(stream + <usize>(at >> 3))) << (at & 7);
}

/** `count` codes of `split` low bits (0 to 25). */
export function readSplitCodes(stream: usize, at: u64, end: u64, split: u64, count: u32, codes: usize): u64 {
  const last = codes + (<usize>count << 2);
  const step = split + 1;
  for (; codes < last && at < end; codes += 4) {
    const bits = peek(stream, at);
    const zeros = clz(bits);
    if (zeros + step <= 57) {
      store<u32>(codes, <u32>((zeros << split) + lowBits(bits << zeros, split)));
      at += zeros + step;
    } else {
      at = readLongCode(stream, at, end, split, codes);
    }
  }
  return codes < last ? end + 1 : at;
}

/** One code whose unary part may have any length. */
export function readLongCode(stream: usize, at: u64, end: u64, split: u64, code: usize): u64 {
  const start = at;
  let bits = peek(stream, at);
  while (bits >> 7 == 0) {
    at += 57;
    if (at >= end) return at;
    bits = peek(stream, at);
  }
  at += clz(bits);
  if (at >= end) return at;
  const zeros = at - start;
  store<u32>(code, <u32>((zeros << split) + lowBits(peek(stream, at), split)));
  return at + split + 1;
}

/** `count` codes of `width` bits each, as they are. */
export function readVerbatimCodes(stream: usize, at: u64, end: u64, width: u64, count: u32, codes: usize): u64 {
  const last = codes + (<usize>count << 2);
  if (count * width > end - at) return end + 1;
  for (; codes < last; codes += 4, at += width) store<u32>(codes, <u32>(peek(stream, at) >> (64 - width)));
  return at;
}

/** The `split` bits after the leading one of `bits`. */
// @ts-ignore: decorator
@inline
function lowBits(bits: u64, split: u64): u64 {
  return ((bits << 1) >> 1) >> (63 - split);
}
