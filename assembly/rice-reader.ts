/** Where a Rice tile is being read, and the ways to get there: the stream's start, the job's cursor, the seek index. */
import * as layout from "./layout";
import { peek } from "./rice-bits";
import { findSeekEntry, nextSeekPixel, seekEntryPixel } from "./seek";
import { CORRUPT, OK, Status, TRUNCATED } from "./status";

/** Lives in the caller's scratch. `at`, `end`, `codes` and `start` are bit addresses, see rice-bits.ts. */
// prettier-ignore
@unmanaged
export class RiceReader {
  at: u64;
  end: u64;
  /** 2^(split + 1) of the current block. */
  factor: u64;
  /** Where its codes begin. */
  codes: u64;
  split: i32;
  /** The value before the next pixel, and where the next values go. */
  value: i32;
  values: usize;
  pixel: u32;
  /** Pixels of the current block that are still to come; 0 between two calls of readBlocks. */
  left: u32;
  tilePixels: u32;
  blockSize: u32;
  /** The pixel of the first seek entry that is not filled, if there is to be one. */
  nextSeek: u32;
  stride: u32;
  job: usize;
  start: u64;
}

/**
 * Puts the reader at the nearest known position at or before `pixel` of the job's tile; `stride` as seek.ts has it.
 * The first bytes of a stream are only looked at where nothing nearer is known: among a plane's 80 MB they are a line
 * that no cache holds, and in an indexed window the only one that is not needed.
 */
export function openRice<T>(reader: RiceReader, plane: usize, job: usize, stride: u32, pixel: u32): Status {
  const length = load<u32>(job, layout.JOB_STREAM_LENGTH);
  reader.job = job;
  reader.start = <u64>load<u32>(job, layout.JOB_STREAM) << 3;
  reader.end = reader.start + (<u64>length << 3);
  reader.tilePixels = load<u32>(job, layout.JOB_TILE_PIXELS);
  reader.blockSize = load<u32>(plane, layout.PLANE_BLOCK_SIZE);
  if (length < sizeof<T>()) return TRUNCATED;
  reader.stride = stride;
  reader.nextSeek = nextSeekPixel(job, stride);
  reader.pixel = 0;
  leap(reader, pixel);
  if (!reader.pixel) rewind<T>(reader);
  return reader.at <= reader.end ? OK : CORRUPT;
}

/** Goes to the nearest known position at or before `pixel`: the present one, the job's cursor or a seek entry. */
export function seekRice<T>(reader: RiceReader, pixel: u32): Status {
  if (reader.pixel > pixel) {
    reader.pixel = 0;
    leap(reader, pixel);
    if (!reader.pixel) rewind<T>(reader);
  } else leap(reader, pixel);
  return reader.at <= reader.end ? OK : CORRUPT;
}

/** Forward to the job's cursor or a seek entry, where one is nearer to `pixel`. */
function leap(reader: RiceReader, pixel: u32): void {
  const job = reader.job;
  const cursor = load<u32>(job, layout.JOB_CURSOR_PIXEL);
  if (cursor > reader.pixel && cursor <= pixel) {
    jump(reader, cursor, load<u32>(job, layout.JOB_CURSOR_BIT), load<i32>(job, layout.JOB_CURSOR_VALUE));
  }
  const entry = findSeekEntry(job, reader.stride, pixel);
  if (entry) {
    const indexed = seekEntryPixel(job, reader.stride, entry);
    if (indexed > reader.pixel) jump(reader, indexed, load<u32>(entry), load<i32>(entry, 4));
  }
}

/** Lets the next job on this tile go on from the block that the reader is about to read. */
export function saveCursor(reader: RiceReader): void {
  store<u32>(reader.job, reader.pixel, layout.JOB_CURSOR_PIXEL);
  store<u32>(reader.job, <u32>(reader.at - reader.start), layout.JOB_CURSOR_BIT);
  store<i32>(reader.job, reader.value, layout.JOB_CURSOR_VALUE);
}

function rewind<T>(reader: RiceReader): void {
  jump(reader, 0, sizeof<T>() << 3, <i32>(<T>(peek(reader.start) >> (64 - (sizeof<T>() << 3)))));
}

function jump(reader: RiceReader, pixel: u32, bit: u64, value: i32): void {
  reader.pixel = pixel;
  reader.at = reader.start + bit;
  reader.value = value;
  reader.left = 0;
}
