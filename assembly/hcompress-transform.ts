/**
 * The inverse H-transform (White, Postman & Lattanzi 1992). Each level takes the sums h0 of the level before and three
 * arrays of differences, and makes a picture of twice the width and height, less one where the size there is odd:
 *
 *   h0 | hy     quadrants of the coefficients at each level; the upper left one holds all coarser levels
 *   hx | hc     (x counts rows and y columns here, as in the stream)
 *
 * Differences were rounded when stored: hx and hy to a multiple of bit1, hc of bit0, which halve at each level, and the
 * low bits of a sum follow from those of the differences. T is i32 where nothing can overflow it, else i64.
 */
import { OK, STOPPED, Status } from "./status";
import { isStopped } from "./stop";

/** Levels of a picture: the least power of 2 that covers both sides. */
// @ts-ignore: decorator
@inline
export function levels(rows: u32, columns: u32): u32 {
  let depth: u32 = 0;
  for (const most = max(rows, columns); <u32>1 << depth < most; ) depth++;
  return depth;
}

/**
 * Turns rows × columns coefficients into int32 pixels at `dst`. `sums` are two regions, for a quarter and (behind it)
 * a sixteenth of the pixels, each side rounded up. `smooth` is the largest correction of a difference, 0 for none.
 */
export function inverseTransform<T>(
  coefficients: usize,
  rows: u32,
  columns: u32,
  smooth: T,
  dst: usize,
  sums: usize,
): Status {
  const depth = levels(rows, columns);
  const evenSums = sums;
  const oddSums = sums + <usize>((rows + 1) >> 1) * ((columns + 1) >> 1) * sizeof<T>();
  let from = depth & 1 ? evenSums : oddSums;
  const top: T = <T>1 << depth + 1;
  store<T>(from, roundTo<T>(load<T>(coefficients), top >> 1) & (0 - top));
  for (let level = depth; level > 0; ) {
    level--;
    const add: u32 = (1 << level) - 1;
    const levelRows = (rows + add) >> level;
    const levelColumns = (columns + add) >> level;
    if (isStopped()) return STOPPED;
    if (smooth > 0) smoothLevel<T>(coefficients, from, levelRows, levelColumns, columns, smooth);
    if (isStopped()) return STOPPED;
    if (level == 0) {
      lastLevel<T>(coefficients, from, levelRows, levelColumns, columns, dst);
      return OK;
    }
    const to = level & 1 ? evenSums : oddSums;
    middleLevel<T>(coefficients, from, levelRows, levelColumns, columns, <T>1 << level, to);
    from = to;
  }
  store<i32>(dst, <i32>load<T>(from));
  return OK;
}

/** Adds half a unit, a little less to negative numbers; the caller masks the rest away. */
// @ts-ignore: decorator
@inline
function roundTo<T>(value: T, half: T): T {
  return value + half + (value >> (8 * sizeof<T>() - 1));
}

function middleLevel<T>(
  coefficients: usize,
  from: usize,
  rows: u32,
  columns: u32,
  stride: u32,
  bit0: T,
  to: usize,
): void {
  combine<T, T>(coefficients, from, rows, columns, stride, bit0, bit0 >> 1, 1, to);
}

function lastLevel<T>(coefficients: usize, from: usize, rows: u32, columns: u32, stride: u32, to: usize): void {
  combine<T, i32>(coefficients, from, rows, columns, stride, 1, 0, 2, to);
}

/** `half0` is half of bit0. T in, R out. */
// @ts-ignore: decorator
@inline
function combine<T, R>(
  coefficients: usize,
  from: usize,
  rows: u32,
  columns: u32,
  stride: u32,
  bit0: T,
  half0: T,
  shift: T,
  to: usize,
): void {
  const bit1: T = bit0 << 1;
  const leftColumns = (columns + 1) >> 1;
  const upperRows = (rows + 1) >> 1;
  for (let i: u32 = 0; i < upperRows; i++) {
    const sums = from + <usize>i * leftColumns * sizeof<T>();
    const hys = coefficients + (<usize>i * stride + leftColumns) * sizeof<T>();
    const hxs = coefficients + <usize>(upperRows + i) * stride * sizeof<T>();
    const hcs = hxs + <usize>leftColumns * sizeof<T>();
    const upper = to + <usize>(i << 1) * columns * sizeof<R>();
    const lower = upper + <usize>columns * sizeof<R>();
    const hasLower = (i << 1) + 1 < rows;
    let j: u32 = 0;
    const lanes: u32 = 16 / sizeof<T>();
    for (; j + lanes <= columns >> 1; j += lanes) {
      const at = <usize>j * sizeof<T>();
      const h0 = v128.load(sums + at);
      const hy = v128.load(hys + at);
      const hx = hasLower ? v128.load(hxs + at) : i64x2.splat(0);
      const hc = hasLower ? v128.load(hcs + at) : i64x2.splat(0);
      const out = <usize>(j << 1) * sizeof<R>();
      combineVector<T, R>(h0, hx, hy, hc, bit0, half0, <i32>shift, upper + out, hasLower ? lower + out : 0);
    }
    for (; j < leftColumns; j++) {
      const hasRight = (j << 1) + 1 < columns;
      let h0 = load<T>(sums + j * sizeof<T>());
      let hx: T = hasLower ? roundTo<T>(load<T>(hxs + j * sizeof<T>()), bit0) & (0 - bit1) : 0;
      let hy: T = hasRight ? roundTo<T>(load<T>(hys + j * sizeof<T>()), bit0) & (0 - bit1) : 0;
      let hc: T = 0;
      if (hasLower && hasRight) {
        hc = load<T>(hcs + j * sizeof<T>());
        if (half0 != 0) hc = roundTo<T>(hc, half0) & (0 - bit0);
      }
      const low0 = hc & bit0;
      hx = hx >= 0 ? hx - low0 : hx + low0;
      hy = hy >= 0 ? hy - low0 : hy + low0;
      const low1 = (hc ^ hx ^ hy) & bit1;
      if (h0 >= 0) h0 += low0 - low1;
      else h0 += low0 == 0 ? low1 : low0 - low1;
      const at = <usize>(j << 1) * sizeof<R>();
      store<R>(upper + at, <R>((h0 - hx - hy + hc) >> shift));
      if (hasRight) store<R>(upper + at, <R>((h0 - hx + hy - hc) >> shift), sizeof<R>());
      if (hasLower) store<R>(lower + at, <R>((h0 + hx - hy - hc) >> shift));
      if (hasLower && hasRight) store<R>(lower + at, <R>((h0 + hx + hy + hc) >> shift), sizeof<R>());
    }
  }
}

/** The same for a vector of sums, without branches: the upper and, if `lower` is not 0, the lower row. */
// @ts-ignore: decorator
@inline
function combineVector<T, R>(
  h0: v128,
  hx: v128,
  hy: v128,
  hc: v128,
  bit0: T,
  half0: T,
  shift: i32,
  upper: usize,
  lower: usize,
): void {
  const bits0 = v128.splat<T>(bit0);
  const bits1 = v128.splat<T>(bit0 << 1);
  const mask1 = v128.splat<T>(0 - (bit0 << 1));
  hx = v128.and(roundVector<T>(hx, bits0), mask1);
  hy = v128.and(roundVector<T>(hy, bits0), mask1);
  if (half0 != 0) hc = v128.and(roundVector<T>(hc, v128.splat<T>(half0)), v128.splat<T>(0 - bit0));
  const low0 = v128.and(hc, bits0);
  const signX = signOf<T>(hx);
  const signY = signOf<T>(hy);
  hx = v128.sub<T>(hx, v128.sub<T>(v128.xor(low0, signX), signX));
  hy = v128.sub<T>(hy, v128.sub<T>(v128.xor(low0, signY), signY));
  const low1 = v128.and(v128.xor(v128.xor(hc, hx), hy), bits1);
  const upwards = v128.and(signOf<T>(h0), v128.eq<T>(low0, v128.splat<T>(0)));
  h0 = v128.sub<T>(v128.add<T>(h0, low0), v128.sub<T>(v128.xor(low1, upwards), upwards));

  const sumC = v128.add<T>(h0, hc);
  const restC = v128.sub<T>(h0, hc);
  const sumXY = v128.add<T>(hx, hy);
  const restXY = v128.sub<T>(hx, hy);
  storeTurns<T, R>(upper, v128.sub<T>(sumC, sumXY), v128.sub<T>(restC, restXY), shift);
  if (lower) storeTurns<T, R>(lower, v128.add<T>(restC, restXY), v128.add<T>(sumC, sumXY), shift);
}

/** Shifts two vectors of T and stores their lanes by turns as R. */
// @ts-ignore: decorator
@inline
function storeTurns<T, R>(to: usize, left: v128, right: v128, shift: i32): void {
  if (sizeof<T>() == 4) {
    left = i32x4.shr_s(left, shift);
    right = i32x4.shr_s(right, shift);
    v128.store(to, v128.shuffle<i32>(left, right, 0, 4, 1, 5));
    v128.store(to, v128.shuffle<i32>(left, right, 2, 6, 3, 7), 16);
    return;
  }
  left = i64x2.shr_s(left, shift);
  right = i64x2.shr_s(right, shift);
  if (sizeof<R>() == 4) {
    v128.store(to, v128.shuffle<i32>(left, right, 0, 4, 2, 6));
    return;
  }
  v128.store(to, v128.shuffle<i64>(left, right, 0, 2));
  v128.store(to, v128.shuffle<i64>(left, right, 1, 3), 16);
}

/** All ones in the lanes that are negative. */
// @ts-ignore: decorator
@inline
function signOf<T>(values: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.shr_s(values, 31) : i64x2.lt_s(values, i64x2.splat(0));
}

// @ts-ignore: decorator
@inline
function roundVector<T>(values: v128, half: v128): v128 {
  return v128.add<T>(v128.add<T>(values, half), signOf<T>(values));
}

/**
 * Moves each difference towards the slope between the sums on both sides of it, by `most` at the most and only where
 * the sums rise or fall all along; the outer ones stay.
 */
function smoothLevel<T>(coefficients: usize, from: usize, rows: u32, columns: u32, stride: u32, most: T): void {
  const leftColumns = <usize>(columns + 1) >> 1;
  const upperRows = <usize>(rows + 1) >> 1;
  const size: usize = sizeof<T>();
  const line = leftColumns * size;
  const hys = coefficients + line;
  const hxs = coefficients + <usize>upperRows * <usize>stride * size;
  const hcs = hxs + line;
  const next = <usize>stride * size;

  for (let i: usize = 1; (i << 1) + 2 < <usize>rows; i++) {
    for (let j: usize = 0; j < leftColumns; j++) {
      const sum = from + i * line + j * size;
      const at = hxs + i * next + j * size;
      store<T>(at, steepened<T>(load<T>(at), load<T>(sum - line), load<T>(sum), load<T>(sum + line), most));
    }
  }
  for (let i: usize = 0; i < upperRows; i++) {
    for (let j: usize = 1; (j << 1) + 2 < <usize>columns; j++) {
      const sum = from + i * line + j * size;
      const at = hys + i * next + j * size;
      store<T>(at, steepened<T>(load<T>(at), load<T>(sum - size), load<T>(sum), load<T>(sum + size), most));
    }
  }
  for (let i: usize = 1; (i << 1) + 2 < <usize>rows; i++) {
    for (let j: usize = 1; (j << 1) + 2 < <usize>columns; j++) {
      const sum = from + i * line + j * size;
      const h0 = load<T>(sum);
      const hmm = load<T>(sum - line - size);
      const hpm = load<T>(sum + line - size);
      const hmp = load<T>(sum - line + size);
      const hpp = load<T>(sum + line + size);
      const hx2: T = load<T>(hxs + i * next + j * size) << 1;
      const hy2: T = load<T>(hys + i * next + j * size) << 1;
      const above: T = min<T>(
        min<T>(max<T>(hpp - h0, 0) - hx2 - hy2, max<T>(h0 - hpm, 0) + hx2 - hy2),
        min<T>(max<T>(h0 - hmp, 0) - hx2 + hy2, max<T>(hmm - h0, 0) + hx2 + hy2),
      ) << 4;
      const below: T = max<T>(
        max<T>(min<T>(hpp - h0, 0) - hx2 - hy2, min<T>(h0 - hpm, 0) + hx2 - hy2),
        max<T>(min<T>(h0 - hmp, 0) - hx2 + hy2, min<T>(hmm - h0, 0) + hx2 + hy2),
      ) << 4;
      if (below < above) {
        const at = hcs + i * next + j * size;
        const hc = load<T>(at);
        const slope = max<T>(min<T>(hpp + hmm - hmp - hpm, above), below) - (hc << 6);
        const change: T = slope >= 0 ? slope >> 6 : (slope + 63) >> 6;
        store<T>(at, hc + max<T>(min<T>(change, most), 0 - most));
      }
    }
  }
}

/** One difference between the sums before and behind it. */
// @ts-ignore: decorator
@inline
function steepened<T>(difference: T, before: T, here: T, behind: T, most: T): T {
  const above: T = max<T>(min<T>(behind - here, here - before), 0) << 2;
  const below: T = min<T>(max<T>(behind - here, here - before), 0) << 2;
  if (below >= above) return difference;
  const slope = max<T>(min<T>(behind - before, above), below) - (difference << 3);
  const change: T = slope >= 0 ? slope >> 3 : (slope + 7) >> 3;
  return difference + max<T>(min<T>(change, most), 0 - most);
}
