/**
 * Decoding tables of DEFLATE's Huffman codes (RFC 1951, section 3.2): indexed by the next bits of the stream, its first
 * bit lowest. Codes longer than the index continue in a second table, which lies behind the first.
 *
 *   any entry        bits 0-5    bits to consume: the code's, plus its extra bits
 *                    bits 8-11   bits of the code alone
 *   literal          bit 31 set, 16-23 the byte
 *   length           16-24 the smallest length, 25-29 the mask of its extra bits
 *   distance         16-30 the smallest distance
 *   code length      16-20 the symbol
 *   second table     LINK set, 8-11 its index bits, 16-30 its first entry
 *   end of block     LITERAL_LENGTH_OTHER and END_OF_BLOCK set
 *   no code          LITERAL_LENGTH_OTHER set (codes of literals and lengths) or NO_CODE
 *
 * An entry of a second table counts only the bits that follow the first table's index.
 */
import { CORRUPT, OK, Status } from "./status";

export const CODE_LENGTHS: u32 = 0;
export const LITERALS_LENGTHS: u32 = 1;
export const DISTANCES: u32 = 2;

export const CODE_LENGTH_BITS: u32 = 7;
export const LITERAL_LENGTH_BITS: u32 = 11;
export const DISTANCE_BITS: u32 = 9;

export const LITERAL: u32 = 0x80000000;
export const LITERAL_LENGTH_OTHER: u32 = 0x40000000;
export const LINK: u32 = 0x8000;
export const NO_CODE: u32 = 0x4000;
export const END_OF_BLOCK: u32 = 0x2000;

const MAX_CODE_BITS: u32 = 15;
/** 256 bytes, the end of block, 29 lengths and two unused symbols that the fixed code counts. */
export const MAX_LITERALS_LENGTHS: u32 = 288;
export const MAX_DISTANCES: u32 = 32;

/** Each second table serves at least two symbols and has at most 2^(15 - index bits) entries. */
export const LITERAL_LENGTH_ENTRIES: u32 =
  (1 << LITERAL_LENGTH_BITS) + ((MAX_LITERALS_LENGTHS / 2) << (MAX_CODE_BITS - LITERAL_LENGTH_BITS));
export const DISTANCE_ENTRIES: u32 = (1 << DISTANCE_BITS) + ((MAX_DISTANCES / 2) << (MAX_CODE_BITS - DISTANCE_BITS));

// Scratch of `buildTable`: u32 counts and next places of each length, u16 symbols by length.
const COUNTS: usize = 0;
const PLACES: usize = 64;
const SORTED: usize = 128;
export const BUILD_SCRATCH_BYTES: usize = SORTED + 2 * MAX_LITERALS_LENGTHS;

/**
 * Fills `table` for the code whose lengths, a byte each, lie at `lengths`: CORRUPT if they promise more or fewer codes
 * than the bits allow. As in zlib, one code of one bit alone is allowed, and no distance code at all.
 */
export function buildTable(lengths: usize, symbols: u32, kind: u32, table: usize, scratch: usize): Status {
  const counts = scratch + COUNTS;
  memory.fill(counts, 0, 64);
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const at = counts + (<usize>load<u8>(lengths + symbol) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  store<u32>(counts, 0);

  const places = scratch + PLACES;
  let left: i32 = 1;
  let place: u32 = 0;
  let longest: u32 = 0;
  for (let bits: u32 = 1; bits <= MAX_CODE_BITS; bits++) {
    const count = load<u32>(counts + (bits << 2));
    left = (left << 1) - <i32>count;
    if (left < 0) return CORRUPT;
    store<u32>(places + (bits << 2), place);
    place += count;
    if (count != 0) longest = bits;
  }
  if (left > 0 && (kind == CODE_LENGTHS || longest > 1)) return CORRUPT;
  if (kind != DISTANCES && longest == 0) return CORRUPT;

  const sorted = scratch + SORTED;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const bits = <u32>load<u8>(lengths + symbol);
    if (bits == 0) continue;
    const at = places + (bits << 2);
    const next = load<u32>(at);
    store<u16>(sorted + (next << 1), symbol);
    store<u32>(at, next + 1);
  }
  // A copy of the loops for each kind.
  if (kind == LITERALS_LENGTHS) fillTable(counts, sorted, LITERALS_LENGTHS, LITERAL_LENGTH_BITS, longest, table);
  else if (kind == DISTANCES) fillTable(counts, sorted, DISTANCES, DISTANCE_BITS, longest, table);
  else fillTable(counts, sorted, CODE_LENGTHS, CODE_LENGTH_BITS, longest, table);
  return OK;
}

/** Codes come in rising order; `code` holds the next one with its first bit lowest. */
// @ts-ignore: decorator
@inline
function fillTable(counts: usize, sorted: usize, kind: u32, indexBits: u32, longest: u32, table: usize): void {
  // The table for `bits` bits is twice the table for one bit less, and then the codes of that length.
  store<u32>(table, kind == LITERALS_LENGTHS ? LITERAL_LENGTH_OTHER : NO_CODE);
  let code: u32 = 0;
  for (let bits: u32 = 1; bits <= indexBits; bits++) {
    const half: u32 = 1 << (bits - 1);
    memory.copy(table + (half << 2), table, half << 2);
    for (let n = load<u32>(counts + (bits << 2)); n != 0; n--) {
      store<u32>(table + (code << 2), entryOf(load<u16>(sorted), kind, bits));
      sorted += 2;
      code = nextCode(code, bits);
    }
  }

  const indexMask: u32 = (1 << indexBits) - 1;
  let free: u32 = 1 << indexBits;
  let prefix: u32 = 0xffffffff;
  let second: u32 = 0;
  let secondBits: u32 = 0;
  for (let bits: u32 = indexBits + 1; bits <= longest; bits++) {
    for (let n = load<u32>(counts + (bits << 2)); n != 0; n--) {
      if ((code & indexMask) != prefix) {
        prefix = code & indexMask;
        second = free;
        secondBits = bits - indexBits;
        // Its size: until the codes that follow fill it.
        let room = (<i32>1 << secondBits) - <i32>n;
        while (room > 0 && secondBits + indexBits < longest) {
          secondBits++;
          room = (room << 1) - <i32>load<u32>(counts + ((secondBits + indexBits) << 2));
        }
        free += 1 << secondBits;
        const link = (second << 16) | LINK | (secondBits << 8) | indexBits;
        store<u32>(table + (prefix << 2), kind == LITERALS_LENGTHS ? link | LITERAL_LENGTH_OTHER : link);
      }
      const entry = entryOf(load<u16>(sorted), kind, bits - indexBits);
      sorted += 2;
      const step: u32 = 1 << (bits - indexBits);
      for (let i = code >> indexBits; i < <u32>1 << secondBits; i += step) store<u32>(table + ((second + i) << 2), entry);
      code = nextCode(code, bits);
    }
  }
}

/** The code after `code`, both of `bits` bits with the first bit lowest: adds one at the far end. */
// @ts-ignore: decorator
@inline
function nextCode(code: u32, bits: u32): u32 {
  const zeros = code ^ ((<u32>1 << bits) - 1);
  if (zeros == 0) return 0; // the last code: nothing follows in a code that is not over-full
  const highest = <u32>1 << (31 - clz(zeros));
  return (code & (highest - 1)) | highest;
}

/** Base values and extra bits: RFC 1951, section 3.2.5. */
// @ts-ignore: decorator
@inline
function entryOf(symbol: u32, kind: u32, bits: u32): u32 {
  const code = (bits << 8) | bits;
  if (kind == CODE_LENGTHS) return (symbol << 16) | code;
  if (kind == DISTANCES) {
    if (symbol > 29) return NO_CODE | code;
    if (symbol < 4) return ((symbol + 1) << 16) | code;
    const extra = (symbol >> 1) - 1;
    return ((1 + ((2 + (symbol & 1)) << extra)) << 16) | (code + extra);
  }
  if (symbol < 256) return LITERAL | (symbol << 16) | code;
  if (symbol == 256) return LITERAL_LENGTH_OTHER | END_OF_BLOCK | code;
  if (symbol > 285) return LITERAL_LENGTH_OTHER | code;
  const n = symbol - 257;
  if (n < 8) return ((3 + n) << 16) | code;
  if (n == 28) return (258 << 16) | code;
  const extra = (n >> 2) - 1;
  return (((1 << extra) - 1) << 25) | ((3 + ((4 + (n & 3)) << extra)) << 16) | (code + extra);
}
