/** How the decoded int32 values of a job become big-endian pixels; lives in the caller's scratch. */
import { storeIntegers } from "./convert";
import { dequantise } from "./dequantise";
import { advanceDither, firstDitherPosition } from "./dither";
import * as layout from "./layout";

// prettier-ignore
@unmanaged
export class PixelWriter {
  scale: f64;
  zero: f64;
  bitpix: i32;
  pixelBytes: u32;
  /** ZBLANK, where it marks nulls. */
  blank: i32;
  hasBlank: bool;
  /** ZERO_VALUE is a pixel of exactly 0. */
  hasZero: bool;
  /** Address of the dither table; 0: no dither. */
  table: usize;
  /** The tile's next pixel and its dither position. */
  pixel: u32;
  position: u32;
}

export function openWriter(writer: PixelWriter, plane: usize, job: usize): void {
  const quantiser = load<i32>(plane, layout.PLANE_QUANTISER);
  writer.scale = load<f64>(job, layout.JOB_SCALE);
  writer.zero = load<f64>(job, layout.JOB_ZERO);
  writer.bitpix = load<i32>(plane, layout.PLANE_BITPIX);
  writer.pixelBytes = pixelBytesOf(plane);
  writer.blank = load<i32>(job, layout.JOB_BLANK);
  writer.hasBlank = load<u32>(job, layout.JOB_HAS_BLANK) != 0;
  writer.hasZero = quantiser == layout.QUANTISER_DITHER_2;
  writer.table = 0;
  writer.pixel = 0;
  if (quantiser < layout.QUANTISER_DITHER_1) return;
  writer.table = load<u32>(plane, layout.PLANE_DITHER_TABLE);
  const seed = load<u32>(plane, layout.PLANE_DITHER_SEED);
  writer.position = firstDitherPosition(writer.table, seed, load<u32>(job, layout.JOB_TILE));
}

/** Bytes of a pixel of BITPIX. */
export function pixelBytesOf(plane: usize): u32 {
  const bitpix = load<i32>(plane, layout.PLANE_BITPIX);
  return <u32>(bitpix < 0 ? -bitpix : bitpix) >> 3;
}

/** Writes the tile's pixels from `pixel` on, which is not before the last one written; returns the bytes written. */
export function writePixels(writer: PixelWriter, values: usize, pixel: u32, count: u32, out: usize): usize {
  if (writer.table) {
    writer.position = advanceDither(writer.table, writer.position, pixel - writer.pixel);
    writer.pixel = pixel + count;
  }
  if (writer.bitpix == -32) dequantise<f32>(writer, values, count, out);
  else if (writer.bitpix == -64) dequantise<f64>(writer, values, count, out);
  else storeIntegers(values, count, out, writer.bitpix);
  return <usize>count * writer.pixelBytes;
}

/** Makes those of `count` pixels at `out` null whose `marks` (int32) are not 0: NaN, or BLANK for integers. */
export function writeNulls(writer: PixelWriter, marks: usize, count: u32, out: usize): void {
  const bytes = writer.pixelBytes;
  const blank: i64 = writer.bitpix < 0 ? -1 : writer.blank; // a NaN of all ones
  const pixel = bswap(<u64>blank) >> (64 - (bytes << 3));
  for (let i: u32 = 0; i < count; i++, out += bytes) {
    if (!load<i32>(marks + (<usize>i << 2))) continue;
    if (bytes == 8) store<u64>(out, pixel);
    else if (bytes == 4) store<u32>(out, <u32>pixel);
    else if (bytes == 2) store<u16>(out, <u16>pixel);
    else store<u8>(out, <u8>pixel);
  }
}
