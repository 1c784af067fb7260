/**
 * Quantised int32 values to big-endian floats (FITS Standard 4.0, section 10.2):
 *
 *   not dithered   q · ZSCALE + ZZERO
 *   dithered       (q − r + 0.5) · ZSCALE + ZZERO, r from dither.ts
 *
 * in float64, in this order, rounded once to the type of the output: every other order differs in last places.
 * ZBLANK becomes a NaN of all ones; with the second dither, ZERO_VALUE becomes exactly 0.
 * `values` addresses int32 of this machine's order; `out` receives `count` pixels of type T and nothing beyond them.
 */
import { swap32, swap64 } from "./convert";
import { DITHER_VALUES, nextRound } from "./dither";
import { PixelWriter } from "./pixel-writer";

/** SUBTRACTIVE_DITHER_2 stores pixels that are exactly 0 as this. */
export const ZERO_VALUE: i32 = -2147483646;

/** Writes the next `count` pixels; with dither, `writer.position` advances by as many. */
export function dequantise<T>(writer: PixelWriter, values: usize, count: u32, out: usize): void {
  if (writer.hasBlank) dequantiseRuns<T>(writer, values, count, out, true);
  else dequantiseRuns<T>(writer, values, count, out, false);
}

// @ts-ignore: decorator
@inline
function dequantiseRuns<T>(writer: PixelWriter, values: usize, count: u32, out: usize, nulls: bool): void {
  const table = writer.table;
  if (!table) return dequantiseRun<T>(writer, values, count, out, 0, false, false, nulls);
  while (count > 0) {
    const index = writer.position % DITHER_VALUES;
    const run = min(count, DITHER_VALUES - index);
    const random = table + (<usize>index << 3);
    if (writer.hasZero) dequantiseRun<T>(writer, values, run, out, random, true, true, nulls);
    else dequantiseRun<T>(writer, values, run, out, random, true, false, nulls);
    writer.position = index + run == DITHER_VALUES ? nextRound(table, writer.position) : writer.position + run;
    values += <usize>run << 2;
    out += <usize>run * sizeof<T>();
    count -= run;
  }
}

/**
 * Pixels whose random numbers lie one after another from `random`. What is not wanted of `dither`, `zeros` and `nulls`
 * costs nothing: each caller has a loop of its own.
 */
// @ts-ignore: decorator
@inline
function dequantiseRun<T>(
  writer: PixelWriter,
  values: usize,
  count: u32,
  out: usize,
  random: usize,
  dither: bool,
  zeros: bool,
  nulls: bool,
): void {
  const scale = f64x2.splat(writer.scale);
  const zero = f64x2.splat(writer.zero);
  const blank = i32x4.splat(writer.blank);
  const end = values + (<usize>count << 2);
  const vectorEnd = values + (<usize>(count & ~3) << 2);
  while (values < vectorEnd) {
    const q = v128.load(values);
    let low = f64x2.convert_low_i32x4_s(q);
    let high = f64x2.convert_low_i32x4_s(v128.load64_zero(values, 8));
    if (dither) {
      const half = f64x2.splat(0.5);
      low = f64x2.add(f64x2.sub(low, v128.load(random)), half);
      high = f64x2.add(f64x2.sub(high, v128.load(random, 16)), half);
      random += 32;
    }
    low = f64x2.add(f64x2.mul(low, scale), zero);
    high = f64x2.add(f64x2.mul(high, scale), zero);
    const isZero = i32x4.eq(q, i32x4.splat(ZERO_VALUE));
    const isNull = i32x4.eq(q, blank);
    if (sizeof<T>() == 4) {
      let pixels = v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
      if (zeros) pixels = v128.andnot(pixels, isZero);
      if (nulls) pixels = v128.or(pixels, isNull);
      v128.store(out, swap32(pixels));
      out += 16;
    } else {
      if (zeros) {
        low = v128.andnot(low, i64x2.extend_low_i32x4_s(isZero));
        high = v128.andnot(high, i64x2.extend_high_i32x4_s(isZero));
      }
      if (nulls) {
        low = v128.or(low, i64x2.extend_low_i32x4_s(isNull));
        high = v128.or(high, i64x2.extend_high_i32x4_s(isNull));
      }
      v128.store(out, swap64(low));
      v128.store(out, swap64(high), 16);
      out += 32;
    }
    values += 16;
  }
  for (; values < end; values += 4, out += sizeof<T>(), random += 8) {
    const q = load<i32>(values);
    let pixel = <f64>q;
    if (dither) pixel = pixel - load<f64>(random) + 0.5;
    pixel = pixel * writer.scale + writer.zero;
    if (zeros && q == ZERO_VALUE) pixel = 0;
    const isNull = nulls && q == writer.blank;
    if (sizeof<T>() == 4) store<u32>(out, bswap(isNull ? <u32>-1 : reinterpret<u32>(<f32>pixel)));
    else store<u64>(out, bswap(isNull ? <u64>-1 : reinterpret<u64>(pixel)));
  }
}
