/**
 * Reading the codes of Rice blocks (rice.ts). `at` and `end` are bit addresses, see rice-bits.ts.
 *
 * If the stream is too short, the address after what was read lies beyond `end`, by at most 90 bits, and what was read is
 * of no worth.
 */
import { peek, wordAt } from "./rice-bits";
import { RiceReader } from "./rice-reader";

/** Bytes that a window of a code occupies. */
export const WINDOW_BYTES: u32 = 8;

/**
 * Reads 6 or 7 codes as windows: for each code a u64 with its bits from the highest on, followed by others. That takes
 * three operations a code, and leaves the rest to be done four codes at a time (sumWindows).
 *
 * The lowest bit of the loaded word is replaced by a one. Where that ends up shows how many bits were read; if it is gone,
 * the codes were longer than the word, and are read one by one.
 */
// @ts-ignore: decorator
@inline
export function readWindows(reader: RiceReader, at: u64, windows: usize, seven: bool): u64 {
  const factor = reader.factor;
  let bits = (wordAt(at) | 1) << (at & 7);
  store<u64>(windows, bits, 0);
  bits = passCode(bits, factor);
  store<u64>(windows, bits, 8);
  bits = passCode(bits, factor);
  store<u64>(windows, bits, 16);
  bits = passCode(bits, factor);
  store<u64>(windows, bits, 24);
  bits = passCode(bits, factor);
  store<u64>(windows, bits, 32);
  bits = passCode(bits, factor);
  store<u64>(windows, bits, 40);
  bits = passCode(bits, factor);
  if (seven) {
    store<u64>(windows, bits, 48);
    bits = passCode(bits, factor);
  }
  if (bits != 0) return (at & ~7) + ctz(bits);
  return readWindowsOneByOne(reader, at, windows, seven ? 7 : 6);
}

/** The bits after a code: shifted by its zeros, its one and its low bits. */
// @ts-ignore: decorator
@inline
function passCode(bits: u64, factor: u64): u64 {
  return (bits * factor) << clz(bits);
}

function readWindowsOneByOne(reader: RiceReader, at: u64, windows: usize, count: u32): u64 {
  const end = reader.end;
  const rest = ctz(reader.factor);
  for (; count > 0; count--, windows += WINDOW_BYTES) {
    store<u64>(windows, peek(at));
    at = passZeros(at, end);
    if (at >= end) return end + 1;
    at += rest;
  }
  return at;
}

/** Reads `count` codes of any length as u32. */
export function readCodes(at: u64, end: u64, split: u64, count: u32, codes: usize): u64 {
  for (; count > 0; count--, codes += 4) {
    const one = passZeros(at, end);
    if (one >= end) return end + 1;
    const low = ((peek(one) << 1) >> 1) >> (63 - split);
    store<u32>(codes, <u32>(((one - at) << split) + low));
    at = one + 1 + split;
  }
  return at;
}

/** Reads `count` codes of `width` bits as u32. */
export function readVerbatimCodes(at: u64, end: u64, width: u64, count: u32, codes: usize): u64 {
  if (at > end || count * width > end - at) return end + 1;
  for (; count > 0; count--, codes += 4, at += width) store<u32>(codes, <u32>(peek(at) >> (64 - width)));
  return at;
}

/** The address of the next one, or some address from `end` on if there is none before it. */
// @ts-ignore: decorator
@inline
function passZeros(at: u64, end: u64): u64 {
  let bits = peek(at);
  while (bits >> 7 == 0 && at < end) {
    at += 57;
    bits = peek(min(at, end));
  }
  return at + clz(bits);
}
