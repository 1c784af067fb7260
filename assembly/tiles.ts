/**
 * Decodes the windows of many tiles: jobs and plane as in layout.ts.
 *
 * All state lies in the caller's memory, so that several threads can run this on jobs of their own at once.
 * Scratch of a thread: RiceReader, Scaling, then the decoded values of CHUNK_PIXELS pixels.
 */
import { Scaling, dequantise } from "./dequantise";
import { advanceDither, firstDitherPosition } from "./dither";
import { storeIntegers } from "./convert";
import * as layout from "./layout";
import { RiceReader, openRice, readRice, seekRice } from "./rice";
import { CORRUPT, OK, SCRATCH_TOO_SMALL, Status, UNSUPPORTED } from "./status";

/** Pixels between decoding and conversion: they stay in the first-level cache. */
const CHUNK_PIXELS: u32 = 1024;
const READER_BYTES: u32 = 96;
const SCALING_BYTES: u32 = 64;

/** Bytes of scratch that a job on a tile of this size needs. */
export function scratchBytes(plane: usize, tilePixels: u32, tileWidth: u32): u32 {
  return READER_BYTES + SCALING_BYTES + CHUNK_PIXELS * 4;
}

/** Runs `count` jobs in order; the number done before the first that failed, whose JOB_STATUS tells why. */
export function decodeTiles(plane: usize, jobs: usize, count: u32, scratch: usize, scratchLength: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const job = jobs + <usize>i * layout.JOB_BYTES;
    const status = decodeTile(plane, job, scratch, scratchLength);
    store<i32>(job, status, layout.JOB_STATUS);
    if (status != OK) return i;
  }
  return count;
}

function decodeTile(plane: usize, job: usize, scratch: usize, scratchLength: u32): Status {
  if (!isWindowInTile(job)) return CORRUPT;
  if (load<u32>(job, layout.JOB_FALLBACK)) return UNSUPPORTED;
  if (load<u32>(plane, layout.PLANE_CODEC) == layout.CODEC_RICE) {
    if (scratchLength < READER_BYTES + SCALING_BYTES + CHUNK_PIXELS * 4) return SCRATCH_TOO_SMALL;
    const bytes = load<u32>(plane, layout.PLANE_BYTE_PIXEL);
    if (bytes == 4) return decodeRiceTile<i32>(plane, job, scratch);
    if (bytes == 2) return decodeRiceTile<i16>(plane, job, scratch);
    if (bytes == 1) return decodeRiceTile<u8>(plane, job, scratch);
  }
  return UNSUPPORTED;
}

function decodeRiceTile<T>(plane: usize, job: usize, scratch: usize): Status {
  const reader = changetype<RiceReader>(scratch);
  const scaling = changetype<Scaling>(scratch + READER_BYTES);
  const values = scratch + READER_BYTES + SCALING_BYTES;
  let status = openRice<T>(reader, plane, job);
  if (status != OK) return status;
  let position = openScaling(scaling, plane, job);

  // Rows as long as the tile's lie one after another: with no gap in the output either, they are one.
  const width = load<u32>(job, layout.JOB_TILE_WIDTH);
  const rows = load<u32>(job, layout.JOB_ROWS);
  const length = load<u32>(job, layout.JOB_ROW_LENGTH);
  let from = load<u32>(job, layout.JOB_FIRST_PIXEL);
  let out: usize = load<u32>(job, layout.JOB_OUT);
  const stride = load<u32>(job, layout.JOB_OUT_STRIDE);
  for (let row: u32 = 0; row < rows; row++, from += width, out += stride) {
    status = seekRice<T>(reader, from);
    if (status != OK) return status;
    if (scaling.table) {
      scaling.position = advanceDither(scaling.table, scaling.position, from - position);
      position = from + length;
    }
    status = decodeRiceRow<T>(reader, scaling, plane, from, from + length, values, out);
    if (status != OK) return status;
  }
  return OK;
}

/** Pixels [from, to) of the tile to `out`; the reader stands at or before `from`. */
function decodeRiceRow<T>(
  reader: RiceReader,
  scaling: Scaling,
  plane: usize,
  from: u32,
  to: u32,
  values: usize,
  out: usize,
): Status {
  while (reader.pixel < to) {
    const pixel = reader.pixel;
    const count = min(to - pixel, CHUNK_PIXELS);
    const status = readRice<T>(reader, count, values);
    if (status != OK) return status;
    if (reader.pixel <= from) continue;
    const skip = pixel < from ? from - pixel : 0;
    out += storePixels(scaling, plane, values + (<usize>skip << 2), count - skip, out);
  }
  return OK;
}

/** Writes `count` pixels and returns their bytes. */
function storePixels(scaling: Scaling, plane: usize, values: usize, count: u32, out: usize): usize {
  const bitpix = load<i32>(plane, layout.PLANE_BITPIX);
  if (bitpix == -32) dequantise<f32>(scaling, values, count, out);
  else if (bitpix == -64) dequantise<f64>(scaling, values, count, out);
  else storeIntegers(values, count, out, bitpix);
  return <usize>count * <usize>((bitpix < 0 ? -bitpix : bitpix) >> 3);
}

/** Reads how the job's values become pixels; its dither stands at the tile's first pixel, whose number (0) is returned. */
function openScaling(scaling: Scaling, plane: usize, job: usize): u32 {
  const quantiser = load<i32>(plane, layout.PLANE_QUANTISER);
  scaling.scale = load<f64>(job, layout.JOB_SCALE);
  scaling.zero = load<f64>(job, layout.JOB_ZERO);
  scaling.blank = load<i32>(job, layout.JOB_BLANK);
  scaling.hasBlank = load<u32>(job, layout.JOB_HAS_BLANK) ? -1 : 0;
  scaling.hasZero = quantiser == layout.QUANTISER_DITHER_2 ? -1 : 0;
  scaling.table = quantiser >= layout.QUANTISER_DITHER_1 ? <usize>load<u32>(plane, layout.PLANE_DITHER_TABLE) : 0;
  if (scaling.table) {
    const seed = load<u32>(plane, layout.PLANE_DITHER_SEED);
    scaling.position = firstDitherPosition(scaling.table, seed, load<u32>(job, layout.JOB_TILE));
  }
  return 0;
}

function isWindowInTile(job: usize): bool {
  const rows = load<u32>(job, layout.JOB_ROWS);
  const length = load<u32>(job, layout.JOB_ROW_LENGTH);
  if (!rows || !length) return true;
  const lastRow = <u64>(rows - 1) * load<u32>(job, layout.JOB_TILE_WIDTH);
  const tilePixels = <u64>load<u32>(job, layout.JOB_TILE_PIXELS);
  return lastRow < tilePixels && lastRow + load<u32>(job, layout.JOB_FIRST_PIXEL) + length <= tilePixels;
}
