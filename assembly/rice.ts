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
 * T is the encoded integer: i32, i16 or u8.
 *
 * Reads pass the stream's end by at most STREAM_PADDING bytes, and what they find there is thrown away: pixels that end
 * beyond the stream are TRUNCATED. A block of 32 codes is begun before `end` and reads five words of at most 64 bits,
 * or single codes until it has passed `end` by 90 bits at most.
 */
import { peek } from "./rice-bits";
import { readCodes, readVerbatimCodes, readWindows, WINDOW_BYTES } from "./rice-codes";
import { RiceReader, saveCursor } from "./rice-reader";
import { BLOCK, MAX_WINDOW_SPLIT, sumCodes, sumWindows } from "./rice-sums";
import { nextSeekPixel, recordSeekEntry } from "./seek";
import { CORRUPT, OK, Status, TRUNCATED } from "./status";

/**
 * Decodes `blocks` whole blocks of BLOCK pixels with each of `lanes` readers, whose addresses lie at `readers`.
 *
 * Reading a code has to wait for the one before it. So the readers take turns every few codes, and the processor works on
 * several streams at once: four take half the time of one after another.
 */
export function readBlocks<T>(readers: usize, lanes: u32, blocks: u32, windows: usize): Status {
  return passBlocks<T>(readers, lanes, blocks, windows, true);
}

/** The same, but gives no values. */
export function skipBlocks<T>(readers: usize, lanes: u32, blocks: u32, windows: usize): Status {
  return passBlocks<T>(readers, lanes, blocks, windows, false);
}

// @ts-ignore: decorator
@inline
function passBlocks<T>(readers: usize, lanes: u32, blocks: u32, windows: usize, keep: bool): Status {
  const last = readers + (<usize>lanes << 2);
  for (; blocks > 0; blocks--) {
    let simple = true;
    for (let at = readers; at < last; at += 4) {
      const reader = readerAt(at);
      if (blocks == 1) saveCursor(reader);
      const status = readBlockHeader<T>(reader);
      if (status != OK) return status;
      if (!hasWindows<T>(reader)) simple = false;
    }
    if (simple) readWindowsInTurns(readers, last, windows);
    for (let at = readers, own = windows; at < last; at += 4, own += BLOCK * WINDOW_BYTES) {
      const reader = readerAt(at);
      if (!simple && hasWindows<T>(reader)) readWindowsInTurns(at, at + 4, own);
      if (reader.at > reader.end) return TRUNCATED;
      const done = hasWindows<T>(reader) && sumWindows<T>(own, reader.split, reader.value, reader.values, keep);
      if (!done && !readBlockCodes<T>(reader, BLOCK)) return TRUNCATED;
      reader.value = load<i32>(reader.values, 4 * (BLOCK - 1));
      if (keep) reader.values += 4 * BLOCK;
      reader.pixel += BLOCK;
    }
  }
  return OK;
}

// @ts-ignore: decorator
@inline
function hasWindows<T>(reader: RiceReader): bool {
  return <u32>reader.split < <u32>min(MAX_WINDOW_SPLIT + 1, verbatimSplit<T>());
}

/** Five rounds of 6, 6, 6, 7 and 7 codes: as many as fit a word with splits that images have. */
function readWindowsInTurns(readers: usize, last: usize, windows: usize): void {
  const lanes = (last - readers) >> 2;
  if (lanes == 1) return readWindowsAlone(readerAt(readers), windows);
  for (let round = 0; round < 3; round++, windows += 6 * WINDOW_BYTES) {
    if (lanes == 4) readRoundOfFour(readers, windows, false);
    else readRound(readers, last, windows, false);
  }
  for (let round = 0; round < 2; round++, windows += 7 * WINDOW_BYTES) {
    if (lanes == 4) readRoundOfFour(readers, windows, true);
    else readRound(readers, last, windows, true);
  }
}

/** Without turns, the address need not go through memory. */
// @ts-ignore: decorator
@inline
function readWindowsAlone(reader: RiceReader, windows: usize): void {
  let at = reader.at;
  at = readWindows(reader, at, windows, false);
  at = readWindows(reader, at, windows + 6 * WINDOW_BYTES, false);
  at = readWindows(reader, at, windows + 12 * WINDOW_BYTES, false);
  at = readWindows(reader, at, windows + 18 * WINDOW_BYTES, true);
  reader.at = readWindows(reader, at, windows + 25 * WINDOW_BYTES, true);
}

// @ts-ignore: decorator
@inline
function readRound(readers: usize, last: usize, windows: usize, seven: bool): void {
  for (let at = readers; at < last; at += 4, windows += BLOCK * WINDOW_BYTES) readTurn(at, windows, seven);
}

/** The same without a loop, which costs a tenth. */
// @ts-ignore: decorator
@inline
function readRoundOfFour(readers: usize, windows: usize, seven: bool): void {
  readTurn(readers, windows, seven);
  readTurn(readers + 4, windows + BLOCK * WINDOW_BYTES, seven);
  readTurn(readers + 8, windows + 2 * BLOCK * WINDOW_BYTES, seven);
  readTurn(readers + 12, windows + 3 * BLOCK * WINDOW_BYTES, seven);
}

// @ts-ignore: decorator
@inline
function readTurn(at: usize, windows: usize, seven: bool): void {
  const reader = readerAt(at);
  reader.at = readWindows(reader, reader.at, windows, seven);
}

/** Decodes the next `count` pixels of blocks of any size; overwrites up to 3 words behind their values. */
export function readPixels<T>(reader: RiceReader, count: u32): Status {
  while (count > 0) {
    if (!reader.left) {
      saveCursor(reader);
      const status = readBlockHeader<T>(reader);
      if (status != OK) return status;
      reader.left = min(reader.blockSize, reader.tilePixels - reader.pixel);
    }
    const some = min(min(count, reader.left), BLOCK);
    if (!readBlockCodes<T>(reader, some)) return TRUNCATED;
    reader.codes = reader.at;
    reader.value = load<i32>(reader.values + ((some - 1) << 2));
    reader.values += some << 2;
    reader.pixel += some;
    reader.left -= some;
    count -= some;
  }
  return OK;
}

// @ts-ignore: decorator
@inline
function readBlockHeader<T>(reader: RiceReader): Status {
  const at = reader.at;
  if (reader.pixel == reader.nextSeek) {
    recordSeekEntry(reader.job, reader.stride, reader.pixel, at - reader.start, reader.value);
    reader.nextSeek = nextSeekPixel(reader.job, reader.stride);
  }
  if (at + splitBits<T>() > reader.end) return TRUNCATED;
  const split = <i32>(peek(at) >> (64 - splitBits<T>())) - 1;
  if (split > verbatimSplit<T>()) return CORRUPT;
  reader.split = split;
  reader.factor = <u64>2 << split;
  reader.codes = reader.at = at + splitBits<T>();
  return OK;
}

/** Decodes `count` pixels from `reader.codes` on, one by one; false if the stream ends before. */
function readBlockCodes<T>(reader: RiceReader, count: u32): bool {
  const split = reader.split;
  if (split < 0) memory.fill(reader.values, 0, count << 2);
  else if (split == verbatimSplit<T>()) {
    reader.at = readVerbatimCodes(reader.codes, reader.end, sizeof<T>() << 3, count, reader.values);
  } else reader.at = readCodes(reader.codes, reader.end, split, count, reader.values);
  if (reader.at > reader.end) return false;
  sumCodes<T>(reader.values, count, reader.value);
  return true;
}

// @ts-ignore: decorator
@inline
function readerAt(address: usize): RiceReader {
  return changetype<RiceReader>(<usize>load<u32>(address));
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
