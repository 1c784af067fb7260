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
import { CORRUPT, OK, Status, TRUNCATED } from "./status";

export const STATE_POSITION: usize = 0;
const PLANE_DIRECT: u32 = 0;
const PLANE_TREE: u32 = 15;

/** Bytes of `fillCodeTable`: for each 6 bits the nybble (4 bits) and the length of its code (4 bits). */
export const CODE_TABLE_BYTES: usize = 64;
const CODE_BITS: u64 = 6;

/** Nybbles in a row and in a column of a quadrant; an empty quadrant still has the root of its trees. */
// @ts-ignore: decorator
@inline
export function nybbles(pixels: u32): u32 {
  return max((pixels + 1) >> 1, 1);
}

export function fillCodeTable(table: usize): void {
  // By value, length and code of each nybble.
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
}

function fillCode(table: usize, nybble: u32, bits: u32, code: u32): void {
  const free = 6 - bits;
  memory.fill(table + (code << free), <u8>((nybble << 4) | bits), 1 << free);
}

/**
 * Reads one plane of `rows` × `columns` pixels at the position in `state` into `plane`, a byte for each nybble. `work`
 * holds as many bytes again, twice. Reads up to 24 bytes past `srcEnd`.
 */
export function readPlane(
  state: usize,
  src: usize,
  srcEnd: usize,
  rows: u32,
  columns: u32,
  codes: usize,
  plane: usize,
  work: usize,
): Status {
  let at = load<u64>(state, STATE_POSITION);
  const end = (<u64>(srcEnd - src)) << 3;
  const kind = <u32>(peek(src, at) >> 60);
  at += 4;
  const planeRows = nybbles(rows);
  const planeColumns = nybbles(columns);
  if (kind == PLANE_DIRECT) {
    const count = ((rows + 1) >> 1) * ((columns + 1) >> 1);
    if (at > end || end - at < <u64>count << 2) return TRUNCATED;
    readNybbles(src, at, count, plane);
    store<u64>(state, at + (<u64>count << 2), STATE_POSITION);
    return OK;
  }
  if (kind != PLANE_TREE) return at > end ? TRUNCATED : CORRUPT;

  const size = planeRows * planeColumns;
  const code = <u32>load<u8>(codes + <usize>(peek(src, at) >> 58));
  at += code & 15;
  let depth: u32 = 0;
  for (let most = max(planeRows, planeColumns); <u32>1 << depth < most; ) depth++;
  let from = depth == 0 ? plane : work;
  store<u8>(from, code >> 4);
  // Level by level down to the nybbles; a level has half the nodes of the next, rounded up.
  while (depth > 0) {
    depth--;
    const to = depth == 0 ? plane : from == work ? work + size : work;
    const add: u32 = (1 << depth) - 1;
    at = readLevel(src, at, srcEnd, codes, from, (planeRows + add) >> depth, (planeColumns + add) >> depth, to);
    if (at > end) return TRUNCATED;
    from = to;
  }
  store<u64>(state, at, STATE_POSITION);
  return OK;
}

function readNybbles(src: usize, at: u64, count: u32, plane: usize): void {
  for (let i: u32 = 0; i < count; i++, at += 4) store<u8>(plane + i, <u32>(peek(src, at) >> 60));
}

/** The nodes of one level, `rows` × `columns`, below those at `parents`. The position behind it, or one past the end. */
function readLevel(
  src: usize,
  at: u64,
  srcEnd: usize,
  codes: usize,
  parents: usize,
  rows: u32,
  columns: u32,
  nodes: usize,
): u64 {
  const end = (<u64>(srcEnd - src)) << 3;
  const parentColumns = (columns + 1) >> 1;
  for (let i = <i32>rows - 1; i >= 0; i--) {
    const line = parents + <usize>(i >> 1) * parentColumns;
    const out = nodes + <usize>i * columns;
    const down: u32 = i & 1 ? 0 : 2;
    for (let j = <i32>columns - 1; j >= 0; j--) {
      const set = (<u32>load<u8>(line + (j >> 1)) >> (down + 1 - (j & 1))) & 1;
      let node: u32 = 0;
      if (set) {
        if (at > end) return at;
        const code = <u32>load<u8>(codes + <usize>(peek(src, at) >> 58));
        node = code >> 4;
        at += code & 15;
      }
      store<u8>(out + j, node);
    }
  }
  return at;
}

/** The next bits at a position, the first one highest: 57 of them count. */
// @ts-ignore: decorator
@inline
export function peek(src: usize, at: u64): u64 {
  const bytes = v128.load64_zero(src + <usize>(at >> 3));
  const turned = v128.shuffle<i8>(bytes, bytes, 7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0);
  return v128.extract_lane<u64>(turned, 0) << (at & 7);
}
