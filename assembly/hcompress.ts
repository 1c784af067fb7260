/**
 * HCOMPRESS_1 (FITS Standard 4.0, section 10.4.4; White, Postman & Lattanzi 1992), big-endian:
 *
 *   dd 99, rows (4), columns (4), scale (4), sum of all pixels (8), number of bit planes of three kinds of quadrant (3)
 *   bit planes of the upper left, upper right, lower left and lower right quadrant: hcompress-planes.ts; the second
 *   number of planes holds for two quadrants
 *   a nybble 0, then from the next byte on a sign bit for each coefficient that is not 0, in rows
 */
import { CODE_TABLE_BYTES, fillCodeTable, peek } from "./hcompress-codes";
import {
  PLANES_AT_ONCE,
  PLANE_PADDING,
  SIGN_TABLE_BYTES,
  applySigns,
  clearCoefficients,
  fillSignTable,
  insertPlanes,
} from "./hcompress-coefficients";
import {
  SPREAD_TABLE_BYTES,
  STATE_POSITION,
  fillSpreadTable,
  nybbles,
  planeWorkBytes,
  readPlane,
} from "./hcompress-planes";
import { inverseTransform, levels } from "./hcompress-transform";
import { CORRUPT, OK, SCRATCH_TOO_SMALL, STOPPED, Status, TRUNCATED } from "./status";
import { isStopped } from "./stop";

const MAGIC: u32 = 0x99dd;
const HEADER_BYTES: u32 = 25;
/** A magnitude and its sign fit an i64. */
const MAX_PLANES: u32 = 63;

/** Coefficients whose signs are read before the host is asked whether to go on. */
const SIGNS_AT_ONCE: u32 = 1 << 20;

const STATE: usize = 0;
const SIGNS: usize = STATE + 16;
const CODES: usize = SIGNS + SIGN_TABLE_BYTES;
const SPREADS: usize = CODES + CODE_TABLE_BYTES;
const COEFFICIENTS: usize = SPREADS + SPREAD_TABLE_BYTES;

/** Whether differences were rounded to multiples of a scale. */
export function isLossyHcompress(src: usize, length: u32): bool {
  return length >= HEADER_BYTES && scaleOf(src) > 1;
}

// @ts-ignore: decorator
@inline
function scaleOf(src: usize): i32 {
  return <i32>(peek(src, 80) >> 32);
}

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
  const size = <u64>nybbles((nx + 1) >> 1) * nybbles((ny + 1) >> 1);
  return (size + PLANE_PADDING) * PLANES_AT_ONCE + planeWorkBytes(size);
}

/**
 * Decodes a tile of `ny` rows of `nx` pixels into int32; `smooth` is 0 or 1 (ZVALn of SMOOTH). The stream must name the
 * same size. Sums are taken in 64 bits and their low 32 kept, as CFITSIO does for all but 8- and 16-bit images, where
 * no stream that it writes needs more than 32; but a tile of one pixel keeps its value (CFITSIO shifts by -1 and makes it
 * 0). STREAM_PADDING readable bytes must follow; `scratch` is aligned to 8.
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
  const scale = max(scaleOf(src), 1);
  const sum = <i64>peek(src, 112);
  const most = max(max(<u32>load<u8>(src, 22), <u32>load<u8>(src, 23)), <u32>load<u8>(src, 24));
  if (most > MAX_PLANES) return CORRUPT;

  store<u64>(scratch + STATE, HEADER_BYTES << 3, STATE_POSITION);
  fillCodeTable(scratch + CODES);
  fillSpreadTable(scratch + SPREADS);
  fillSignTable(scratch + SIGNS);
  if (fitsInt32(nx, ny, most, scale, sum, smooth)) {
    return decode<i32>(src, length, dst, nx, ny, smooth, scale, <i32>sum, scratch);
  }
  return decode<i64>(src, length, dst, nx, ny, smooth, scale, sum, scratch);
}

/**
 * No sum of the inverse transform can leave an i32. With sums up to M and differences up to D each level makes sums up to
 * (M + 3D) / 2, so that M is never more than the greater of the first sum and 3D, and nothing added up exceeds M + 3D.
 */
function fitsInt32(nx: u32, ny: u32, planes: u32, scale: i32, sum: i64, smooth: u32): bool {
  const rounding = <f64>(<u64>4 << levels(ny, nx));
  const difference = <f64>(<u64>1 << planes) * scale + rounding + scale;
  const bound = abs(<f64>sum) * scale + 8 * difference;
  // Smoothing takes up to 32M + 128D.
  return bound * (smooth != 0 && scale > 1 ? 32 : 1) < 2147483648.0;
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
  return inverseTransform<T>(coefficients, ny, nx, most, dst, sums);
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
  const planeStride = nybbles(left) * nybbles(upper) + PLANE_PADDING;
  const firstPlane = scratch + <usize>planesOffset(nx, ny);
  const work = firstPlane + <usize>planeStride * PLANES_AT_ONCE;
  for (let quadrant: u32 = 0; quadrant < 4; quadrant++) {
    const columns = quadrant & 1 ? nx >> 1 : left;
    const rows = quadrant & 2 ? ny >> 1 : upper;
    const planes = <u32>load<u8>(src + ((quadrant + 1) >> 1), 22);
    const place: usize = (quadrant & 1 ? <usize>left : 0) + (quadrant & 2 ? <usize>upper * nx : 0);
    const at = coefficients + place * sizeof<T>();
    clearCoefficients<T>(at, rows, columns, nx);
    for (let top = planes; top > 0; ) {
      const group = (top - 1) >> 3;
      const present = top - (group << 3);
      for (let k: u32 = PLANES_AT_ONCE; k > present; ) memory.fill(firstPlane + <usize>--k * planeStride, 0, planeStride);
      for (let k = present; k > 0; ) {
        k--;
        if (isStopped()) return STOPPED;
        const plane = firstPlane + <usize>k * planeStride;
        const status = readPlane(
          state,
          src,
          end,
          rows,
          columns,
          scratch + CODES,
          scratch + SPREADS,
          plane,
          work,
        );
        if (status != OK) return status;
      }
      insertPlanes<T>(firstPlane, planeStride, rows, columns, at, nx, group);
      top = group << 3;
    }
  }

  const bits = <u64>length << 3;
  let position = load<u64>(state, STATE_POSITION);
  if (position + 4 > bits) return TRUNCATED;
  if (peek(src, position) >> 60 != 0) return CORRUPT;
  position = (position + 4 + 7) & ~7;
  const count = <u32>(<usize>nx * ny);
  for (let done: u32 = 0; done < count; done += SIGNS_AT_ONCE) {
    if (isStopped()) return STOPPED;
    const to = coefficients + <usize>done * sizeof<T>();
    position = applySigns<T>(scratch + SIGNS, src, position, end, to, min(count - done, SIGNS_AT_ONCE), scale);
  }
  store<T>(coefficients, sum * scale);
  return position > bits ? TRUNCATED : OK;
}
