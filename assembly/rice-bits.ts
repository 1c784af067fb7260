/** Big-endian bits of a stream. `at` is a bit address: eight times the byte's, plus the bit, 0 for its highest. */
import { swap64 } from "./convert";

/** At least 57 bits from `at` on, left-aligned. */
// @ts-ignore: decorator
@inline
export function peek(at: u64): u64 {
  return wordAt(at) << (at & 7);
}

/** The eight bytes from the one that holds bit `at` on. A vector turns their order in one step. */
// @ts-ignore: decorator
@inline
export function wordAt(at: u64): u64 {
  const word = v128.load64_zero(<usize>(at >> 3));
  return i64x2.extract_lane(swap64(word), 0);
}
