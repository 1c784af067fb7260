/**
 * From the codes of Rice blocks (rice.ts) to values: a code is a zigzag difference, (code >> 1) ^ -(code & 1), to the
 * value before it. Sums wrap to T; values are int32, extended as T is signed.
 */
import { WINDOW_BYTES } from "./rice-codes";

/** Codes in a block of the usual size. */
export const BLOCK: u32 = 32;

/** Up to this split a window's highest 24 bits nearly always hold the whole code. */
export const MAX_WINDOW_SPLIT: i32 = 14;

/**
 * Sums BLOCK windows from `value` on into `values`, or where not `keep` only the last one, at its place there. Returns
 * false if a code is longer than 24 bits, and then the values are wrong.
 *
 * A conversion to float counts the zeros of four codes at once: of an integer of 24 bits with a one at bit 23 - zeros it
 * makes
 *
 *   exponent 150 - zeros | what follows the one, in 23 bits
 *
 * so that a shift by 23 - split leaves (150 - zeros) · 2^split + low bits, and the code is zeros · 2^split + low bits.
 */
// @ts-ignore: decorator
@inline
export function sumWindows<T>(windows: usize, split: i32, value: i32, values: usize, keep: bool): bool {
  const end = windows + BLOCK * WINDOW_BYTES;
  const shift = 23 - split;
  const exponent = i32x4.splat(-1 << split); // the exponent is subtracted: -e = ~e + 1
  const bias = i32x4.splat(151 << split);
  let least = i32x4.splat(-1);
  let last = keep ? i32x4.splat(value) : i32x4.splat(0);
  let to = values;
  // Two steps of four in one: the loop itself would cost a tenth.
  for (; windows < end; windows += 8 * WINDOW_BYTES) {
    const first = highestBits(windows);
    const second = highestBits(windows + 4 * WINDOW_BYTES);
    const codes = i32x4.add(v128.xor(i32x4.shr_u(f32x4.convert_i32x4_s(first), shift), exponent), bias);
    const more = i32x4.add(v128.xor(i32x4.shr_u(f32x4.convert_i32x4_s(second), shift), exponent), bias);
    least = i32x4.min_u(least, i32x4.min_u(first, second));
    if (keep) {
      last = sumFour<T>(codes, last);
      v128.store(to, last);
      last = sumFour<T>(more, last);
      v128.store(to, last, 16);
      to += 32;
    } else last = i32x4.add(last, i32x4.add(differences(codes), differences(more)));
  }
  if (!keep) store<i32>(values, <i32>(<T>(value + sumLanes(last))), 4 * (BLOCK - 1));
  return !v128.any_true(i32x4.lt_u(least, i32x4.splat(1 << split)));
}

/** Replaces `count` codes by values; overwrites up to 3 words more. */
// @ts-ignore: decorator
@inline
export function sumCodes<T>(codes: usize, count: u32, value: i32): void {
  const end = codes + (<usize>count << 2);
  let last = i32x4.splat(value);
  for (; codes < end; codes += 16) {
    last = sumFour<T>(v128.load(codes), last);
    v128.store(codes, last);
  }
}

/** The highest 24 bits of four windows. */
// @ts-ignore: decorator
@inline
function highestBits(windows: usize): v128 {
  return i32x4.shr_u(v128.shuffle<i32>(v128.load(windows), v128.load(windows, 16), 1, 3, 5, 7), 8);
}

// @ts-ignore: decorator
@inline
function differences(code: v128): v128 {
  return v128.xor(i32x4.shr_u(code, 1), i32x4.shr_s(i32x4.shl(code, 31), 31));
}

// @ts-ignore: decorator
@inline
function sumLanes(lanes: v128): i32 {
  const pairs = i32x4.add(lanes, v128.shuffle<i32>(lanes, lanes, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** The values of four codes after the highest lane of `before`. */
// @ts-ignore: decorator
@inline
function sumFour<T>(code: v128, before: v128): v128 {
  let sum = differences(code);
  sum = i32x4.add(sum, v128.swizzle(sum, i8x16(-1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)));
  sum = i32x4.add(sum, v128.swizzle(sum, i8x16(-1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7)));
  sum = i32x4.add(sum, v128.shuffle<i32>(before, before, 3, 3, 3, 3));
  if (sizeof<T>() == 2) sum = i32x4.shr_s(i32x4.shl(sum, 16), 16);
  if (sizeof<T>() == 1) sum = v128.and(sum, i32x4.splat(0xff));
  return sum;
}
