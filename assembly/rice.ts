/**
 * RICE_1 tiles (FITS Standard 4.0, section 10.4.1), big-endian bits:
 *
 *   first value     8 · BYTEPIX bits
 *   blocks of BLOCKSIZE pixels, the last one shorter, each:
 *     split + 1     5, 4 or 3 bits for BYTEPIX 4, 2, 1
 *     codes         one for each pixel: the zigzag difference to the pixel before it (to the first value for pixel 0)
 *                   split + 1 = 0      no bits: every difference is 0
 *                   split + 1 = last   8 · BYTEPIX bits, as it is
 *                   else               code >> split in unary (zeros, then a one), then its low `split` bits
 *
 * T is the encoded integer: i32, i16 or u8. Sums wrap in it.
 * Positions are bit offsets from the start of the stream. Reads pass the stream's end by at most STREAM_PADDING bytes,
 * and what they find there is thrown away: pixels that end beyond the stream are TRUNCATED.
 */
import * as layout from "./layout";
import { peek, readSplitCodes, readVerbatimCodes } from "./rice-codes";
import { sumDifferences } from "./rice-sums";
import { findSeekEntry, recordSeekEntry, seekEntryPixel, seekStride } from "./seek";
import { CORRUPT, OK, Status, TRUNCATED } from "./status";

/** Where decoding stands in one tile; lives in the caller's scratch. */
// prettier-ignore
@unmanaged
export class RiceReader {
  job: usize;
  stream: usize;
  /** Bits in the stream. */
  end: u64;
  at: u64;
  /** The next pixel, and the value before it. */
  pixel: u32;
  value: i32;
  /** Pixels of the current block that are still to come, and its split. */
  left: u32;
  split: i32;
  tilePixels: u32;
  blockSize: u32;
  /** Pixels from one seek entry to the next; 0: no index. */
  stride: u32;
}

/** The most pixels that are decoded in one go. */
const GO: u32 = 32;

/** Puts the reader at the first pixel of the job's tile. */
export function openRice<T>(reader: RiceReader, plane: usize, job: usize): Status {
  const length = load<u32>(job, layout.JOB_STREAM_LENGTH);
  if (length < sizeof<T>()) return TRUNCATED;
  reader.job = job;
  reader.stream = load<u32>(job, layout.JOB_STREAM);
  reader.end = <u64>length << 3;
  reader.tilePixels = load<u32>(job, layout.JOB_TILE_PIXELS);
  reader.blockSize = load<u32>(plane, layout.PLANE_BLOCK_SIZE);
  if (!reader.blockSize) return CORRUPT;
  reader.stride = load<u32>(job, layout.JOB_INDEX) ? seekStride(reader.blockSize) : 0;
  rewind<T>(reader);
  return OK;
}

/** Goes to the nearest known position at or before `pixel`: the present one, the job's cursor or a seek entry. */
export function seekRice<T>(reader: RiceReader, pixel: u32): Status {
  const job = reader.job;
  if (reader.pixel > pixel) rewind<T>(reader);
  const cursor = load<u32>(job, layout.JOB_CURSOR_PIXEL);
  if (cursor > reader.pixel && cursor <= pixel) {
    jump(reader, cursor, load<u32>(job, layout.JOB_CURSOR_BIT), load<i32>(job, layout.JOB_CURSOR_VALUE));
  }
  const entry = reader.stride ? findSeekEntry(job, reader.stride, pixel) : 0;
  if (entry) {
    const indexed = seekEntryPixel(job, reader.stride, entry);
    if (indexed > reader.pixel) jump(reader, indexed, load<u32>(entry), load<i32>(entry, 4));
  }
  return reader.at <= reader.end ? OK : CORRUPT;
}

/** Decodes the next `count` pixels to i32 at `values`, which has room for `count` rounded up to a multiple of 4. */
export function readRice<T>(reader: RiceReader, count: u32, values: usize): Status {
  while (count > 0) {
    if (!reader.left) {
      const status = readBlockHeader<T>(reader);
      if (status != OK) return status;
    }
    const pixels = min(min(count, reader.left), GO);
    const at = readCodes<T>(reader, pixels, values);
    if (at > reader.end) return TRUNCATED;
    reader.at = at;
    reader.value = sumDifferences<T>(values, pixels, reader.value);
    reader.pixel += pixels;
    reader.left -= pixels;
    values += <usize>pixels << 2;
    count -= pixels;
  }
  if (!reader.left) saveCursor(reader);
  return OK;
}

function readBlockHeader<T>(reader: RiceReader): Status {
  saveCursor(reader);
  if (reader.stride) recordSeekEntry(reader.job, reader.stride, reader.pixel, reader.at, reader.value);
  if (reader.at >= reader.end) return TRUNCATED;
  const split = <i32>(peek(reader.stream, reader.at) >> (64 - splitBits<T>())) - 1;
  if (split > verbatimSplit<T>()) return CORRUPT;
  reader.split = split;
  reader.at += splitBits<T>();
  reader.left = min(reader.blockSize, reader.tilePixels - reader.pixel);
  return OK;
}

/** The address after the codes; beyond the stream's end if they are not all there. */
function readCodes<T>(reader: RiceReader, count: u32, codes: usize): u64 {
  if (reader.split < 0) {
    memory.fill(codes, 0, <usize>count << 2);
    return reader.at;
  }
  if (reader.split == verbatimSplit<T>()) {
    return readVerbatimCodes(reader.stream, reader.at, reader.end, sizeof<T>() << 3, count, codes);
  }
  return readSplitCodes(reader.stream, reader.at, reader.end, reader.split, count, codes);
}

/** Lets the next job on this tile go on from the block that the reader is about to read. */
function saveCursor(reader: RiceReader): void {
  store<u32>(reader.job, reader.pixel, layout.JOB_CURSOR_PIXEL);
  store<u32>(reader.job, <u32>reader.at, layout.JOB_CURSOR_BIT);
  store<i32>(reader.job, reader.value, layout.JOB_CURSOR_VALUE);
}

function rewind<T>(reader: RiceReader): void {
  jump(reader, 0, sizeof<T>() << 3, <i32>(<T>(peek(reader.stream, 0) >> (64 - (sizeof<T>() << 3)))));
}

function jump(reader: RiceReader, pixel: u32, at: u64, value: i32): void {
  reader.pixel = pixel;
  reader.at = at;
  reader.value = value;
  reader.left = 0;
}

/** Bits of the split's field. */
// @ts-ignore: decorator
@inline
function splitBits<T>(): u64 {
  return sizeof<T>() == 4 ? 5 : sizeof<T>() == 2 ? 4 : 3;
}

/** The split that marks codes stored as they are. */
// @ts-ignore: decorator
@inline
function verbatimSplit<T>(): i32 {
  return sizeof<T>() == 4 ? 25 : sizeof<T>() == 2 ? 14 : 6;
}
