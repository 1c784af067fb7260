/**
 * Bit planes of one quadrant of H-transform coefficients (FITS Standard 4.0, section 10.4.4; White, Postman & Lattanzi
 * 1992, "Compression of the Guide Star Digitised Schmidt Plates"), from the highest to the lowest, each:
 *
 *   4 bits   0    as it is: a nybble for each 2 × 2 pixels, in rows
 *            15   a quadtree: one code for the root, then for each level, last node first, a code for each node whose
 *                 bit is set one level up; the lowest nodes are the nybbles
 *
 * A nybble holds the bits of its four children: 8 the upper left, 4 the upper right, 2 and 1 those below.
 * Bits are big-endian and no plane is aligned. Positions are bit offsets from the start of the stream.
 */
import { CODES_AHEAD, codeLength, peek, readCodes } from "./hcompress-codes";
import { CORRUPT, OK, Status, TRUNCATED } from "./status";

export const STATE_POSITION: usize = 0;
const PLANE_DIRECT: u32 = 0;
const PLANE_TREE: u32 = 15;

/** For each set of 8 nodes, which codes they get: the last node the first one. */
export const SPREAD_TABLE_BYTES: usize = 256 * 8;
const NO_CODE: u32 = 0x80;

export function fillSpreadTable(table: usize): void {
  for (let set: u32 = 0; set < 256; set++) {
    let code: u32 = 0;
    for (let node: i32 = 7; node >= 0; node--) {
      const has = (set >> node) & 1;
      store<u8>(table + (set << 3) + node, has ? code : NO_CODE);
      code += has;
    }
  }
}

/** Nybbles in a row and in a column of a quadrant; an empty quadrant still has the root of its trees. */
// @ts-ignore: decorator
@inline
export function nybbles(pixels: u32): u32 {
  return max((pixels + 1) >> 1, 1);
}

/** Bytes of `work` in `readPlane`: the levels above, and the codes of one level with room to store and load 16. */
export function planeWorkBytes(size: u64): u64 {
  return 3 * size + 3 * 16 + CODES_AHEAD;
}

/**
 * Reads one plane of `rows` × `columns` pixels at the position in `state` into `plane`, a byte for each nybble. Reads
 * up to 24 bytes past `srcEnd`.
 */
export function readPlane(
  state: usize,
  src: usize,
  srcEnd: usize,
  rows: u32,
  columns: u32,
  codeTable: usize,
  spreadTable: usize,
  plane: usize,
  work: usize,
): Status {
  let at = load<u64>(state, STATE_POSITION);
  const end = (<u64>(srcEnd - src)) << 3;
  if (at > end) return TRUNCATED;
  const kind = <u32>(peek(src, at) >> 60);
  at += 4;
  if (kind == PLANE_DIRECT) {
    const count = ((rows + 1) >> 1) * ((columns + 1) >> 1);
    if (at > end || end - at < <u64>count << 2) return TRUNCATED;
    readNybbles(src, at, count, plane);
    store<u64>(state, at + (<u64>count << 2), STATE_POSITION);
    return OK;
  }
  if (kind != PLANE_TREE) return at > end ? TRUNCATED : CORRUPT;

  const planeRows = nybbles(rows);
  const planeColumns = nybbles(columns);
  const size = planeRows * planeColumns;
  const levelA = work;
  const levelB = levelA + size + 16;
  const codes = levelB + size + 16;
  let depth: u32 = 0;
  for (const most = max(planeRows, planeColumns); <u32>1 << depth < most; ) depth++;

  let read = readCodes(codeTable, src, at, srcEnd, codes, 0, 1);
  at += read >> 32;
  let have = <u32>read;
  let used: u32 = 1;
  if (have == 0) return TRUNCATED;
  let from = depth == 0 ? plane : levelA;
  store<u8>(from, load<u8>(codes));
  // Level by level down to the nybbles; a level has half the nodes of the next, rounded up.
  while (depth > 0) {
    depth--;
    const add: u32 = (1 << depth) - 1;
    const levelRows = (planeRows + add) >> depth;
    const levelColumns = (planeColumns + add) >> depth;
    clearOutside(from, levelRows, levelColumns);
    const nodes = countChildren(from, ((levelRows + 1) >> 1) * ((levelColumns + 1) >> 1));
    // Codes read ahead move to the front; there are fewer than 16.
    v128.store(codes, v128.load(codes + used));
    have -= used;
    if (have < nodes) {
      read = readCodes(codeTable, src, at, srcEnd, codes, have, nodes);
      at += read >> 32;
      have = <u32>read;
      if (have < nodes) return TRUNCATED;
    }
    used = nodes;
    const to = depth == 0 ? plane : from == levelA ? levelB : levelA;
    spreadCodes(spreadTable, from, codes, levelRows, levelColumns, to);
    from = to;
  }
  while (have > used) {
    have--;
    at -= codeLength(codeTable, load<u8>(codes + have));
  }
  if (at > end) return TRUNCATED;
  store<u64>(state, at, STATE_POSITION);
  return OK;
}

/** `count` nybbles of the stream, a byte each; 32 at a time, the bytes that hold them shifted into place. */
function readNybbles(src: usize, at: u64, count: u32, plane: usize): void {
  let i: u32 = 0;
  const shift = <i32>(at & 7);
  const keepLeft = i8x16.splat(<i8>(0xff << shift));
  const keepRight = i8x16.splat(<i8>(0xff >> (8 - shift)));
  const nybble = i8x16.splat(15);
  for (let from = src + <usize>(at >> 3); i + 32 <= count; i += 32, from += 16) {
    const left = v128.and(i16x8.shl(v128.load(from), shift), keepLeft);
    const right = v128.and(i16x8.shr_u(v128.load(from, 1), 8 - shift), keepRight);
    const bytes = v128.or(left, right);
    const first = v128.and(i16x8.shr_u(bytes, 4), nybble);
    const second = v128.and(bytes, nybble);
    v128.store(plane + i, v128.shuffle<i8>(first, second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    v128.store(
      plane + i,
      v128.shuffle<i8>(first, second, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
      16,
    );
  }
  for (at += <u64>i << 2; i < count; i++, at += 4) store<u8>(plane + i, <u32>(peek(src, at) >> 60));
}

/** Clears the bits of children that a level of `rows` × `columns` nodes does not have: none in a valid stream. */
function clearOutside(parents: usize, rows: u32, columns: u32): void {
  const parentRows = (rows + 1) >> 1;
  const parentColumns = (columns + 1) >> 1;
  if (columns & 1) {
    let at = parents + parentColumns - 1;
    for (let i: u32 = 0; i < parentRows; i++, at += parentColumns) store<u8>(at, load<u8>(at) & 0b1010);
  }
  if (rows & 1) {
    let at = parents + (parentRows - 1) * parentColumns;
    for (let j: u32 = 0; j < parentColumns; j++, at++) store<u8>(at, load<u8>(at) & 0b1100);
  }
}

/** Bits set in `count` nybbles. */
function countChildren(parents: usize, count: u32): u32 {
  let sums = i32x4.splat(0);
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16) {
    const bits = i8x16.popcnt(v128.load(parents + i));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bits)));
  }
  let sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  sum += i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
  for (; i < count; i++) sum += popcnt(<i32>load<u8>(parents + i));
  return sum;
}

/** Gives the next code to each of `rows` × `columns` nodes whose bit is set at `parents`, from the last to the first. */
function spreadCodes(spreadTable: usize, parents: usize, codes: usize, rows: u32, columns: u32, nodes: usize): void {
  const parentColumns = (columns + 1) >> 1;
  const upper = i16x8.splat(0x0408);
  const lower = i16x8.splat(0x0102);
  for (let i = <i32>rows - 1; i >= 0; i--) {
    const line = parents + <usize>(i >> 1) * parentColumns;
    const out = nodes + <usize>i * columns;
    const bits = i & 1 ? lower : upper;
    let j = columns & ~15;
    if (j < columns) {
      const sets = childSets(line + (j >> 1), bits) & ((<u32>1 << (columns - j)) - 1);
      const high = spread(spreadTable, codes, sets >> 8);
      codes += popcnt(sets >> 8);
      const low = spread(spreadTable, codes, sets & 255);
      codes += popcnt(sets & 255);
      storePart(out + j, v128.shuffle<i64>(low, high, 0, 2), columns - j);
    }
    while (j > 0) {
      j -= 16;
      const sets = childSets(line + (j >> 1), bits);
      v128.store64_lane(out + j, spread(spreadTable, codes, sets >> 8), 0, 8);
      codes += popcnt(sets >> 8);
      v128.store64_lane(out + j, spread(spreadTable, codes, sets & 255), 0);
      codes += popcnt(sets & 255);
    }
  }
}

/** A bit for each of 16 nodes below 8 parents, in the row that `bits` (left and right child) is for. */
// @ts-ignore: decorator
@inline
function childSets(parents: usize, bits: v128): u32 {
  const eight = v128.load64_zero(parents);
  const twice = v128.shuffle<i8>(eight, eight, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  return i8x16.bitmask(i8x16.eq(v128.and(twice, bits), bits));
}

/** Eight nodes in the low half: the next codes for those in `set`, 0 for the others. */
// @ts-ignore: decorator
@inline
function spread(spreadTable: usize, codes: usize, set: u32): v128 {
  return i8x16.swizzle(v128.load64_zero(codes), v128.load64_zero(spreadTable + (<usize>set << 3)));
}

/** The first `count` bytes, 1 to 15: what follows is the next row, which is done. */
function storePart(to: usize, bytes: v128, count: u32): void {
  if (count & 8) {
    v128.store64_lane(to, bytes, 0);
    bytes = v128.shuffle<i64>(bytes, bytes, 1, 1);
    to += 8;
  }
  if (count & 4) {
    v128.store32_lane(to, bytes, 0);
    bytes = v128.shuffle<i32>(bytes, bytes, 1, 1, 1, 1);
    to += 4;
  }
  if (count & 2) {
    v128.store16_lane(to, bytes, 0);
    bytes = v128.shuffle<i16>(bytes, bytes, 1, 1, 1, 1, 1, 1, 1, 1);
    to += 2;
  }
  if (count & 1) v128.store8_lane(to, bytes, 0);
}
