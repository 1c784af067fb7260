/**
 * IRAF's line lists of masks (FITS Standard 4.0, section 10.4.3): big-endian 16-bit words.
 *
 *   header   old: any, any, words of the list (> 0)
 *            new: 0, words of the header, -100, words of the list (15 low bits, high bits), any, any
 *   words    operation (4 bits, the first 0) and count (12 bits); "high" is a running value that starts at 1
 *            0 zeros: count          4 high: count             5 zeros: count - 1, then one high
 *            1 high = count + 4096 * the next word             2 high += count        3 high -= count
 *            6 high += count, then one high                    7 high -= count, then one high
 *
 * Pixels behind the list are zeros.
 */
import { CORRUPT, OK, STOPPED, TRUNCATED, Status } from "./status";
import { isStopped } from "./stop";

const OLD_HEADER_WORDS: u32 = 3;
const NEW_HEADER_WORDS: u32 = 7;

const ZEROS: u32 = 0;
const SET_HIGH: u32 = 1;
const ADD_HIGH: u32 = 2;
const SUBTRACT_HIGH: u32 = 3;
const HIGHS: u32 = 4;
const ZEROS_HIGH: u32 = 5;
const ADD_ONE: u32 = 6;
const SUBTRACT_ONE: u32 = 7;

/** Of a list, before the host is asked whether to go on: some milliseconds. */
const BYTES_AT_ONCE: usize = 1 << 20;

/** Decodes pixels [0, to) of a list of `words` words into int32 at `dst`. */
export function decodePlio(src: usize, words: u32, dst: usize, to: u32): Status {
  return decodePlioRange(src, words, dst, 0, to);
}

/** Decodes pixels [from, to) of a list into int32; `dst` is where pixel `from` goes. Stops reading the list at `to`. */
export function decodePlioRange(src: usize, words: u32, dst: usize, from: u32, to: u32): Status {
  if (to <= from) return OK;
  memory.fill(dst, 0, <usize>(to - from) << 2);
  if (words < OLD_HEADER_WORDS) return TRUNCATED;
  let first: u32 = OLD_HEADER_WORDS;
  let listed: i32 = wordAt(src, 2);
  if (listed <= 0) {
    if (words < NEW_HEADER_WORDS) return TRUNCATED;
    first = wordAt(src, 1);
    const high = wordAt(src, 4);
    if (first < NEW_HEADER_WORDS || high < 0) return CORRUPT;
    listed = (high << 15) + wordAt(src, 3);
  }
  if (listed < <i32>first) return CORRUPT;
  if (<u32>listed > words) return TRUNCATED;

  let at = src + (<usize>first << 1);
  const end = src + (<usize>listed << 1);
  let high: i32 = 1;
  let x: u32 = 0;
  let pause = at;

  // Up to `from` only the place and the value count. Eight words at a time, or else the next eight one by one.
  let single = 0;
  while (true) {
    if (at >= pause) {
      if (at == end) break;
      if (isStopped()) return STOPPED;
      pause = min(end, at + BYTES_AT_ONCE);
    }
    if (single == 0) {
      single = 8;
      if (end - at >= 16) {
        const words = v128.load(at);
        const turned = v128.shuffle<i8>(words, words, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
        const operations = i16x8.shr_u(turned, 12);
        const counts = v128.and(turned, i16x8.splat(0xfff));
        const isAdd = isOperation(operations, ADD_ONE);
        const isSubtract = isOperation(operations, SUBTRACT_ONE);
        const isZeros = v128.or(isOperation(operations, ZEROS), isOperation(operations, ZEROS_HIGH));
        const isRun = v128.or(isZeros, isOperation(operations, HIGHS));
        const isOther = i16x8.gt_u(operations, i16x8.splat(<i16>SUBTRACT_ONE));
        const next = x + <u32>sumOf(i16x8.sub(v128.and(counts, isRun), v128.or(isAdd, isSubtract)));
        if (next <= from && !v128.any_true(v128.or(isOther, isOperation(operations, SET_HIGH)))) {
          x = next;
          const adds = v128.and(counts, v128.or(isAdd, isOperation(operations, ADD_HIGH)));
          const subtracts = v128.and(counts, v128.or(isSubtract, isOperation(operations, SUBTRACT_HIGH)));
          high += sumOf(i16x8.sub(adds, subtracts));
          at += 16;
          single = 0;
          continue;
        }
      }
    }
    single--;
    const word = <u32>wordAt(at, 0);
    const operation = word >> 12;
    const count = word & 0xfff;
    let next = x;
    if (operation == ZEROS || operation == HIGHS || operation == ZEROS_HIGH) next += count;
    else if (operation >= ADD_ONE) next += 1;
    if (next > from) break;
    at += 2;
    x = next;
    if (operation == SET_HIGH) {
      if (at == end) return TRUNCATED;
      const upper = wordAt(at, 0);
      if (upper < 0) return CORRUPT;
      high = (upper << 12) + count;
      at += 2;
    } else if (operation == ADD_HIGH || operation == ADD_ONE) high += count;
    else if (operation == SUBTRACT_HIGH || operation == SUBTRACT_ONE) high -= count;
    else if (operation > SUBTRACT_ONE) return CORRUPT;
  }

  while (x < to) {
    if (at >= pause) {
      if (at == end) break;
      if (isStopped()) return STOPPED;
      pause = min(end, at + BYTES_AT_ONCE);
    }
    const word = <u32>wordAt(at, 0);
    at += 2;
    const count = word & 0xfff;
    switch (word >> 12) {
      case ZEROS:
        x += count;
        break;
      case SET_HIGH: {
        if (at == end) return TRUNCATED;
        const upper = wordAt(at, 0);
        if (upper < 0) return CORRUPT;
        high = (upper << 12) + count;
        at += 2;
        break;
      }
      case ADD_HIGH:
        high += count;
        break;
      case SUBTRACT_HIGH:
        high -= count;
        break;
      case HIGHS: {
        const start = max(x, from);
        x += count;
        if (x > start) fillRun(dst + (<usize>(start - from) << 2), min(x, to) - start, high);
        break;
      }
      case ZEROS_HIGH:
        x += count;
        if (count != 0 && x > from && x <= to) store<i32>(dst + (<usize>(x - 1 - from) << 2), high);
        break;
      case ADD_ONE:
        high += count;
        if (x >= from) store<i32>(dst + (<usize>(x - from) << 2), high);
        x += 1;
        break;
      case SUBTRACT_ONE:
        high -= count;
        if (x >= from) store<i32>(dst + (<usize>(x - from) << 2), high);
        x += 1;
        break;
      default:
        return CORRUPT;
    }
  }
  return OK;
}

// @ts-ignore: decorator
@inline
function isOperation(operations: v128, operation: u32): v128 {
  return i16x8.eq(operations, i16x8.splat(<i16>operation));
}

/** Of eight signed lanes. */
// @ts-ignore: decorator
@inline
function sumOf(lanes: v128): i32 {
  const four = i32x4.extadd_pairwise_i16x8_s(lanes);
  const two = i32x4.add(four, v128.shuffle<i32>(four, four, 2, 3, 0, 1));
  return i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1);
}

/** The signed word `index` words behind `at`. */
// @ts-ignore: decorator
@inline
function wordAt(at: usize, index: usize): i32 {
  const word = <u32>load<u16>(at + (index << 1));
  return <i32>(((word >> 8) | (word << 8)) << 16) >> 16;
}

/** `count` is at least 1. The last store of a long run overlaps the one before it. */
// @ts-ignore: decorator
@inline
function fillRun(dst: usize, count: u32, value: i32): void {
  const end = dst + (<usize>count << 2);
  if (count < 4) {
    for (; dst < end; dst += 4) store<i32>(dst, value);
    return;
  }
  const four = i32x4.splat(value);
  for (const last = end - 16; dst < last; dst += 16) v128.store(dst, four);
  v128.store(end - 16, four);
}
