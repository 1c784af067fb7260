/**
 * The code of quadtree nodes (White, Postman & Lattanzi 1992): 3 to 6 bits for each of 16 nybbles. A table entry for
 * TABLE_BITS bits of the stream holds all codes that they complete, up to three:
 *
 *   bytes 0-2   nybbles, the first one lowest; one that is not there is 0
 *   byte 3      bits 0-1 how many, bits 2-5 the bits of their codes
 */
const TABLE_BITS: u32 = 10;
const CODES_IN_ENTRY: u32 = 3;
/** `peek` gives 57 bits. */
const ENTRIES_IN_PEEK: u32 = 5;

/** Codes that may be read too many at a time. */
export const CODES_AHEAD: u32 = ENTRIES_IN_PEEK * CODES_IN_ENTRY;

// The table of entries, and below it 16 lengths and 64 single codes: nybble << 4 | bits.
const LENGTHS: usize = 0;
const SINGLES: usize = 16;
const ENTRIES: usize = 80;
export const CODE_TABLE_BYTES: usize = ENTRIES + (4 << TABLE_BITS);

const MOST_BITS: u32 = 6;

export function fillCodeTable(table: usize): void {
  fillCode(table, 0, 6, 0x3e);
  fillCode(table, 1, 3, 0x00);
  fillCode(table, 2, 3, 0x01);
  fillCode(table, 3, 4, 0x08);
  fillCode(table, 4, 3, 0x02);
  fillCode(table, 5, 4, 0x09);
  fillCode(table, 6, 5, 0x1a);
  fillCode(table, 7, 5, 0x1b);
  fillCode(table, 8, 3, 0x03);
  fillCode(table, 9, 5, 0x1c);
  fillCode(table, 10, 4, 0x0a);
  fillCode(table, 11, 5, 0x1d);
  fillCode(table, 12, 4, 0x0b);
  fillCode(table, 13, 5, 0x1e);
  fillCode(table, 14, 6, 0x3f);
  fillCode(table, 15, 4, 0x0c);
  for (let index: u32 = 0; index < 1 << TABLE_BITS; index++) {
    let used: u32 = 0;
    let count: u32 = 0;
    let nybbles: u32 = 0;
    while (count < CODES_IN_ENTRY) {
      // Zeros behind the index only complete a code that is then too long.
      const ahead = ((index << used) << MOST_BITS) >> TABLE_BITS;
      const single = <u32>load<u8>(table + (ahead & 63), SINGLES);
      const bits = single & 15;
      if (used + bits > TABLE_BITS) break;
      nybbles |= (single >> 4) << (count << 3);
      used += bits;
      count += 1;
    }
    store<u32>(table + (<usize>index << 2), nybbles | (count << 24) | (used << 26), ENTRIES);
  }
}

function fillCode(table: usize, nybble: u32, bits: u32, code: u32): void {
  const free = MOST_BITS - bits;
  store<u8>(table + nybble, bits, LENGTHS);
  memory.fill(table + SINGLES + (code << free), <u8>((nybble << 4) | bits), 1 << free);
}

/** Bits of the code of a nybble. */
// @ts-ignore: decorator
@inline
export function codeLength(table: usize, nybble: u32): u32 {
  return load<u8>(table + nybble, LENGTHS);
}

/**
 * Appends codes, a byte each, to the `have` ones at `to` until there are `count` or up to CODES_AHEAD - 1 more. Returns
 * how many there are in the low 32 bits, and the bits read above. Reads up to 24 bytes past `srcEnd`, and then stops.
 */
export function readCodes(table: usize, src: usize, at: u64, srcEnd: usize, to: usize, have: u32, count: u32): u64 {
  const entries = table + ENTRIES;
  const end = (<u64>(srcEnd - src)) << 3;
  const start = at;
  let next = to + have;
  for (const last = to + count; next < last && at <= end; ) {
    let bits = peek(src, at);
    for (let i: u32 = 0; i < ENTRIES_IN_PEEK; i++) {
      const entry = load<u32>(entries + ((<usize>(bits >> (64 - TABLE_BITS))) << 2));
      store<u32>(next, entry);
      next += (entry >> 24) & 3;
      bits <<= <u64>(entry >> 26);
      at += <u64>(entry >> 26);
    }
  }
  return ((at - start) << 32) | <u64>(next - to);
}

/** The next bits at a position (a bit offset from `src`), the first one highest: 57 of them count. */
// @ts-ignore: decorator
@inline
export function peek(src: usize, at: u64): u64 {
  const bytes = v128.load64_zero(src + <usize>(at >> 3));
  const turned = v128.shuffle<i8>(bytes, bytes, 7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0);
  return v128.extract_lane<u64>(turned, 0) << (at & 7);
}
