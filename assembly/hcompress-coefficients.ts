/**
 * From bit planes to signed coefficients, T i32 or i64. Eight planes at a time become one byte of each magnitude; a
 * sign bit for each that is not 0 follows all planes of all quadrants.
 */
import { peek } from "./hcompress-codes";
import { nybbles } from "./hcompress-planes";

/** Planes that `insertPlanes` takes: plane k holds bit k of the byte. */
export const PLANES_AT_ONCE: u32 = 8;
/** Nybbles behind a plane that may be read. */
export const PLANE_PADDING: u32 = 16;

/** Clears the coefficients of a quadrant of `rows` × `columns`. `stride` is in coefficients. */
export function clearCoefficients<T>(at: usize, rows: u32, columns: u32, stride: u32): void {
  for (let i: u32 = 0; i < rows; i++, at += <usize>stride * sizeof<T>()) {
    memory.fill(at, 0, <usize>columns * sizeof<T>());
  }
}

/** Sets byte `group` (0 the lowest) of each magnitude of a quadrant, which is 0 before, from eight planes of nybbles. */
export function insertPlanes<T>(
  planes: usize,
  planeStride: u32,
  rows: u32,
  columns: u32,
  at: usize,
  stride: u32,
  group: u32,
): void {
  const width = nybbles(columns);
  if (columns == 0) return;
  const pairs = columns >> 1;
  const lanes = spreadLanes<T>(group);
  for (let i: u32 = 0; i < rows; i += 2) {
    const from = planes + <usize>(i >> 1) * width;
    const upper = at + <usize>i * stride * sizeof<T>();
    const lower = i + 1 < rows ? upper + <usize>stride * sizeof<T>() : 0;
    let j: u32 = 0;
    if (pairs >= 16) {
      // The last 16 may overlap those before: bits set twice.
      for (j = 0; ; j += 16) {
        if (j > pairs - 16) j = pairs - 16;
        insertSixteen<T>(from + j, planeStride, upper, lower, j, lanes);
        if (j == pairs - 16) break;
      }
      j = pairs;
    }
    for (; j < width; j++) insertOne<T>(from + j, planeStride, upper, lower, j, columns, group);
  }
}

/** Where a vector of T takes its first bytes from: lane n byte n in byte `group`, nothing elsewhere. */
// @ts-ignore: decorator
@inline
function spreadLanes<T>(group: u32): v128 {
  const byte: u64 = <u64>0xff << (group << 3);
  if (sizeof<T>() == 4) {
    const free = i32x4.splat(<i32>(0x80808080 & ~<u32>byte));
    return v128.or(i32x4.shl(i32x4(0, 1, 2, 3), group << 3), free);
  }
  return v128.or(i64x2.shl(i64x2(0, 1), group << 3), i64x2.splat(<i64>(0x8080808080808080 & ~byte)));
}

/** Sixteen nybbles: 32 coefficients of two rows (one if `lower` is 0), from 2 * j on. */
// @ts-ignore: decorator
@inline
function insertSixteen<T>(from: usize, planeStride: usize, upper: usize, lower: usize, j: u32, lanes: v128): void {
  // Nybbles of the planes k and k + 4 in one byte; then a 4 × 4 bit transposition in each half byte, by two exchanges.
  let p0 = v128.or(v128.load(from), i32x4.shl(v128.load(from + 4 * planeStride), 4));
  let p1 = v128.or(v128.load(from + planeStride), i32x4.shl(v128.load(from + 5 * planeStride), 4));
  let p2 = v128.or(v128.load(from + 2 * planeStride), i32x4.shl(v128.load(from + 6 * planeStride), 4));
  let p3 = v128.or(v128.load(from + 3 * planeStride), i32x4.shl(v128.load(from + 7 * planeStride), 4));
  const pairs = i8x16.splat(<i8>0xcc);
  let swap = v128.and(v128.xor(i32x4.shl(p3, 2), p1), pairs);
  p1 = v128.xor(p1, swap);
  p3 = v128.xor(p3, i32x4.shr_u(swap, 2));
  swap = v128.and(v128.xor(i32x4.shl(p2, 2), p0), pairs);
  p0 = v128.xor(p0, swap);
  p2 = v128.xor(p2, i32x4.shr_u(swap, 2));
  const odds = i8x16.splat(<i8>0xaa);
  swap = v128.and(v128.xor(i32x4.shl(p3, 1), p2), odds);
  p2 = v128.xor(p2, swap);
  p3 = v128.xor(p3, i32x4.shr_u(swap, 1));
  swap = v128.and(v128.xor(i32x4.shl(p1, 1), p0), odds);
  p0 = v128.xor(p0, swap);
  p1 = v128.xor(p1, i32x4.shr_u(swap, 1));

  const at = <usize>(j << 1) * sizeof<T>();
  addBytes<T>(upper + at, p3, p2, lanes);
  if (lower) addBytes<T>(lower + at, p1, p0, lanes);
}

/** 32 coefficients, their bytes by turns from `left` and `right`. */
// @ts-ignore: decorator
@inline
function addBytes<T>(at: usize, left: v128, right: v128, lanes: v128): void {
  const step = i8x16.splat(<i8>(16 / sizeof<T>()));
  const first = v128.shuffle<i8>(left, right, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const second = v128.shuffle<i8>(left, right, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  let from = lanes;
  for (let i: usize = 0; i < sizeof<T>(); i++) {
    const a = at + (i << 4);
    const b = a + (sizeof<T>() << 4);
    v128.store(a, v128.or(v128.load(a), i8x16.swizzle(first, from)));
    v128.store(b, v128.or(v128.load(b), i8x16.swizzle(second, from)));
    from = i8x16.add(from, step);
  }
}

function insertOne<T>(
  from: usize,
  planeStride: u32,
  upper: usize,
  lower: usize,
  j: u32,
  columns: u32,
  group: u32,
): void {
  let upperLeft: u32 = 0;
  let upperRight: u32 = 0;
  let lowerLeft: u32 = 0;
  let lowerRight: u32 = 0;
  for (let bit: u32 = 0; bit < PLANES_AT_ONCE; bit++) {
    const nybble = <u32>load<u8>(from + <usize>bit * planeStride);
    upperLeft |= (nybble >> 3) << bit;
    upperRight |= ((nybble >> 2) & 1) << bit;
    lowerLeft |= ((nybble >> 1) & 1) << bit;
    lowerRight |= (nybble & 1) << bit;
  }
  const at = <usize>(j << 1) * sizeof<T>() + group;
  const hasRight = (j << 1) + 1 < columns;
  store<u8>(upper + at, upperLeft);
  if (hasRight) store<u8>(upper + at, upperRight, sizeof<T>());
  if (lower) {
    store<u8>(lower + at, lowerLeft);
    if (hasRight) store<u8>(lower + at, lowerRight, sizeof<T>());
  }
}

/** For each set of four coefficients that are not 0, and their next four bits: -1 in the lanes that are negative. */
export const SIGN_TABLE_BYTES: usize = 16 * 16 * 16;

export function fillSignTable(table: usize): void {
  for (let index: u32 = 0; index < 256; index++) {
    const set = index >> 4;
    let signs = index & 15;
    for (let lane: u32 = 0; lane < 4; lane++) {
      const has = (set >> lane) & 1;
      store<i32>(table + (index << 4) + (lane << 2), 0 - <i32>(has & (signs >> 3)));
      if (has) signs = (signs << 1) & 15;
    }
  }
}

/**
 * Gives `count` magnitudes their signs and multiplies them by `scale`. Returns the position behind the last sign, or one
 * past the end of the stream where that is over; reads up to 24 bytes past it.
 */
export function applySigns<T>(
  signTable: usize,
  src: usize,
  at: u64,
  srcEnd: usize,
  coefficients: usize,
  count: u32,
  scale: T,
): u64 {
  const end = (<u64>(srcEnd - src)) << 3;
  let i: u32 = 0;
  for (; i + 32 <= count && at <= end; i += 32) {
    let bits = peek(src, at);
    for (let k: u32 = 0; k < 32; k += 4) {
      const to = coefficients + <usize>(i + k) * sizeof<T>();
      const set = notZero<T>(to);
      const negative = v128.load(signTable + <usize>((set << 8) | (<u32>(bits >> 60) << 4)));
      if (sizeof<T>() == 4) {
        const values = v128.load(to);
        const signed = i32x4.sub(v128.xor(values, negative), negative);
        v128.store(to, i32x4.mul(signed, i32x4.splat(<i32>scale)));
      } else {
        signTwo(to, i64x2.extend_low_i32x4_s(negative), scale);
        signTwo(to + 16, i64x2.extend_high_i32x4_s(negative), scale);
      }
      const used = <u64>popcnt(set);
      bits <<= used;
      at += used;
    }
  }
  for (; i < count && at <= end; i++) {
    const to = coefficients + <usize>i * sizeof<T>();
    const value = load<T>(to);
    if (value == 0) continue;
    const negative = <T>(peek(src, at) >> 63);
    at++;
    store<T>(to, ((value ^ (0 - negative)) + negative) * scale);
  }
  return at;
}

/** A bit for each of four coefficients that is not 0. */
// @ts-ignore: decorator
@inline
function notZero<T>(at: usize): u32 {
  if (sizeof<T>() == 4) return i32x4.bitmask(i32x4.ne(v128.load(at), i32x4.splat(0)));
  const zero = i64x2.splat(0);
  return i64x2.bitmask(i64x2.ne(v128.load(at), zero)) | (i64x2.bitmask(i64x2.ne(v128.load(at, 16), zero)) << 2);
}

// @ts-ignore: decorator
@inline
function signTwo(at: usize, negative: v128, scale: i64): void {
  const signed = i64x2.sub(v128.xor(v128.load(at), negative), negative);
  v128.store(at, scale == 1 ? signed : i64x2.mul(signed, i64x2.splat(scale)));
}
