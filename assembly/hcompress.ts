/**
 * HCOMPRESS_1 (FITS Standard 4.0, section 10.4.4; White, Postman & Lattanzi 1992), big-endian:
 *
 *   dd 99, rows (4), columns (4), scale (4), sum of all pixels (8), number of bit planes of three kinds of quadrant (3)
 *   bit planes of the upper left, upper right, lower left and lower right quadrant: hcompress-planes.ts; the second
 *   number of planes holds for two quadrants
 *   a nybble 0, then from the next byte on a sign bit for each coefficient that is not 0, in rows
 */
import { CORRUPT, OK, SCRATCH_TOO_SMALL, Status, TRUNCATED } from "./status";
import { CODE_TABLE_BYTES, STATE_POSITION, fillCodeTable, nybbles, peek, readPlane } from "./hcompress-planes";
import { inverseTransform, levels } from "./hcompress-transform";

const MAGIC: u32 = 0x99dd;
const HEADER_BYTES: u32 = 25;
/** A magnitude and its sign fit an i64. */
const MAX_PLANES: u32 = 63;

/** Planes that are kept as nybbles before they become coefficients. */
const PLANES_AT_ONCE: u32 = 32;

const STATE_BYTES: usize = 16;
const STATE: usize = 0;
const CODES: usize = STATE + STATE_BYTES;
const COEFFICIENTS: usize = CODES + CODE_TABLE_BYTES;

/** Scratch of `decodeHcompress` for nx × ny pixels; the greatest u32 if they need more than that. */
export function hcompressScratchBytes(nx: u32, ny: u32): u32 {
  const bytes = planesOffset(nx, ny) + planesBytes(nx, ny);
  return bytes > 0xffffffff ? 0xffffffff : <u32>bytes;
}

/** Behind the coefficients and the sums of two levels. */
function planesOffset(nx: u32, ny: u32): u64 {
  const half = ((<u64>nx + 1) >> 1) * ((<u64>ny + 1) >> 1);
  const quarter = ((<u64>nx + 3) >> 2) * ((<u64>ny + 3) >> 2);
  return COEFFICIENTS + 8 * (<u64>nx * ny + half + quarter);
}

function planesBytes(nx: u32, ny: u32): u64 {
  return (<u64>nybbles((nx + 1) >> 1) * nybbles((ny + 1) >> 1)) * (PLANES_AT_ONCE + 2);
}

/**
 * Decodes a tile of `ny` rows of `nx` pixels into int32; `smooth` is 0 or 1 (ZVALn of SMOOTH). The stream must name the
 * same size. Sums are taken in 64 bits and their low 32 kept, as CFITSIO does for all but 8- and 16-bit images, where
 * no stream that it writes needs more than 32. STREAM_PADDING readable bytes must follow; `scratch` is aligned to 8.
 */
export function decodeHcompress(
  src: usize,
  length: u32,
  dst: usize,
  nx: u32,
  ny: u32,
  smooth: u32,
  scratch: usize,
  scratchLength: u32,
): Status {
  if (nx == 0 || ny == 0) return CORRUPT;
  if (<u64>scratchLength < planesOffset(nx, ny) + planesBytes(nx, ny)) return SCRATCH_TOO_SMALL;
  if (length < HEADER_BYTES) return TRUNCATED;
  if (<u32>load<u16>(src) != MAGIC) return CORRUPT;
  if (<u32>(peek(src, 16) >> 32) != ny || <u32>(peek(src, 48) >> 32) != nx) return CORRUPT;
  const scale = max(<i32>(peek(src, 80) >> 32), 1);
  const sum = <i64>peek(src, 112);
  const most = max(max(<u32>load<u8>(src, 22), <u32>load<u8>(src, 23)), <u32>load<u8>(src, 24));
  if (most > MAX_PLANES) return CORRUPT;

  store<u64>(scratch + STATE, HEADER_BYTES << 3, STATE_POSITION);
  fillCodeTable(scratch + CODES);
  if (fitsInt32(nx, ny, most, scale, sum, smooth)) {
    return decode<i32>(src, length, dst, nx, ny, smooth, scale, <i32>sum, scratch);
  }
  return decode<i64>(src, length, dst, nx, ny, smooth, scale, sum, scratch);
}

/** No sum of the inverse transform can leave an i32: it stays below the first sum and the differences of one level. */
function fitsInt32(nx: u32, ny: u32, planes: u32, scale: i32, sum: i64, smooth: u32): bool {
  const rounding = <f64>(<u64>4 << levels(ny, nx));
  const difference = <f64>(<u64>1 << planes) * scale + rounding + scale;
  const bound = abs(<f64>sum) * scale + 8 * difference;
  // Smoothing compares differences times 64 with sums times 16.
  return bound * (smooth != 0 && scale > 1 ? 128 : 1) < 2147483648.0;
}

function decode<T>(
  src: usize,
  length: u32,
  dst: usize,
  nx: u32,
  ny: u32,
  smooth: u32,
  scale: T,
  sum: T,
  scratch: usize,
): Status {
  const coefficients = scratch + COEFFICIENTS;
  const status = readCoefficients<T>(src, length, nx, ny, scale, sum, coefficients, scratch);
  if (status != OK) return status;
  const sums = coefficients + 8 * <usize>nx * ny;
  const most: T = smooth != 0 ? scale >> 1 : 0;
  inverseTransform<T>(coefficients, ny, nx, most, dst, sums);
  return OK;
}

function readCoefficients<T>(
  src: usize,
  length: u32,
  nx: u32,
  ny: u32,
  scale: T,
  sum: T,
  coefficients: usize,
  scratch: usize,
): Status {
  const state = scratch + STATE;
  const end = src + length;
  const left = (nx + 1) >> 1;
  const upper = (ny + 1) >> 1;
  for (let quadrant: u32 = 0; quadrant < 4; quadrant++) {
    const columns = quadrant & 1 ? nx >> 1 : left;
    const rows = quadrant & 2 ? ny >> 1 : upper;
    const planes = <u32>load<u8>(src + ((quadrant + 1) >> 1), 22);
    const place: usize = (quadrant & 1 ? <usize>left : 0) + (quadrant & 2 ? <usize>upper * nx : 0);
    const at = coefficients + place * sizeof<T>();
    clearRectangle<T>(at, rows, columns, nx);
    const work = scratch + <usize>planesOffset(nx, ny);
    const plane = work + 2 * <usize>nybbles(left) * nybbles(upper);
    for (let bit = planes; bit > 0; ) {
      bit--;
      const status = readPlane(state, src, end, rows, columns, scratch + CODES, plane, work);
      if (status != OK) return status;
      insertPlane<T>(plane, rows, columns, at, nx, bit);
    }
  }

  let position = load<u64>(state, STATE_POSITION);
  if (peek(src, position) >> 60 != 0) return position + 4 > <u64>length << 3 ? TRUNCATED : CORRUPT;
  position = (position + 4 + 7) & ~7;
  const bits = <u64>length << 3;
  const count = <usize>nx * ny;
  for (let i: usize = 0; i < count; i++) {
    const value = load<T>(coefficients + i * sizeof<T>());
    if (value == 0) continue;
    if (position >= bits) return TRUNCATED;
    const negative = peek(src, position) >> 63;
    position++;
    store<T>(coefficients + i * sizeof<T>(), (negative ? 0 - value : value) * scale);
  }
  store<T>(coefficients, sum * scale);
  return position > bits ? TRUNCATED : OK;
}

function clearRectangle<T>(at: usize, rows: u32, columns: u32, stride: u32): void {
  for (let i: u32 = 0; i < rows; i++, at += <usize>stride * sizeof<T>()) {
    memory.fill(at, 0, <usize>columns * sizeof<T>());
  }
}

function insertPlane<T>(plane: usize, rows: u32, columns: u32, at: usize, stride: u32, bit: u32): void {
  const width = nybbles(columns);
  for (let i: u32 = 0; i < rows; i++) {
    const down: u32 = i & 1 ? 0 : 2;
    for (let j: u32 = 0; j < columns; j++) {
      const set = (<u32>load<u8>(plane + (i >> 1) * width + (j >> 1)) >> (down + 1 - (j & 1))) & 1;
      const to = at + (<usize>i * stride + j) * sizeof<T>();
      store<T>(to, load<T>(to) | (<T>set << bit));
    }
  }
}
