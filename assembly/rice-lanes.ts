/**
 * Several Rice tiles at once. Each lane decodes a strand, that is some rows of one job's window, by chunks that stay in
 * the first-level cache, and then takes the next strand. The lanes advance together, as far as all of them can before
 * one has to convert what it holds.
 */
import * as layout from "./layout";
import { PixelWriter, openWriter, writePixels } from "./pixel-writer";
import { readBlocks, readPixels, skipBlocks } from "./rice";
import { WINDOW_BYTES } from "./rice-codes";
import { RiceReader, openRice, seekRice } from "./rice-reader";
import { BLOCK } from "./rice-sums";
import { findSeekEntry, nextSeekPixel, seekStride } from "./seek";
import { OK, STOPPED, Status } from "./status";
import { isStopped } from "./stop";

const LANES: u32 = 4;
const CHUNK_BLOCKS: u32 = 16;
const CHUNK_PIXELS: u32 = CHUNK_BLOCKS * BLOCK;

/** Where a lane is in its strand. */
// prettier-ignore
@unmanaged
class Lane {
  /** The next pixel to be written, and the end of its row of the window. */
  next: u32;
  to: u32;
  out: usize;
  /** Rows after this one, and pixels of the tile and bytes of the output from one row's end to the next one's start. */
  rows: u32;
  gap: u32;
  outGap: usize;
  /** Pixels in a row of the window. */
  length: u32;
  /** Where the strand ends in the tile. */
  end: u32;
  /** The pixel of the first value of the chunk. */
  held: u32;
  /** Whole blocks to decode before the chunk is written, and whether it has only pixels before the window's. */
  ahead: u32;
  skips: bool;
}

/** What is still to be decoded. */
// prettier-ignore
@unmanaged
class Queue {
  plane: usize;
  job: usize;
  end: usize;
  /** Pixels between two seek entries. */
  stride: u32;
  /** The most strands of a job, those of the first job, and how many of these are taken. */
  most: u32;
  strands: u32;
  taken: u32;
}

// A lane: its reader comes first, for the reader's address is the lane's.
const WRITER: usize = (offsetof<RiceReader>() + 15) & ~15;
const LANE: usize = (WRITER + offsetof<PixelWriter>() + 15) & ~15;
const VALUES: usize = (LANE + offsetof<Lane>() + 15) & ~15;
const LANE_BYTES: usize = VALUES + 4 * CHUNK_PIXELS + 16; // sums come four at a time

// Scratch.
const QUEUE: usize = 0;
const LIST: usize = (QUEUE + offsetof<Queue>() + 15) & ~15;
const WINDOWS: usize = LIST + 4 * LANES;
const LANE_STATES: usize = WINDOWS + BLOCK * WINDOW_BYTES * LANES;
export const RICE_SCRATCH_BYTES: u32 = <u32>(LANE_STATES + LANE_BYTES * LANES);

/** Decodes the windows of `count` tiles, each with pixels. T is the encoded integer; `scratch` is aligned to 16. */
export function decodeRiceJobs<T>(plane: usize, jobs: usize, count: u32, scratch: usize): Status {
  const queue = changetype<Queue>(scratch + QUEUE);
  queue.plane = plane;
  queue.job = jobs;
  queue.end = jobs + <usize>count * layout.JOB_BYTES;
  queue.stride = seekStride(load<u32>(plane, layout.PLANE_BLOCK_SIZE));
  queue.most = max(LANES / count, 1);
  queue.taken = 0;
  store<u32>(scratch + LIST, touchStreams(jobs, queue.end, queue.stride));

  const list = scratch + LIST;
  let lanes: u32 = 0;
  let next = scratch + LANE_STATES;
  while (lanes < LANES && queue.job < queue.end) {
    let status = takeStrand<T>(queue, next);
    if (status == OK) status = advance<T>(queue, next);
    if (status != OK) return status;
    if (!laneAt(next).ahead) continue;
    store<u32>(list + (lanes << 2), <u32>next);
    next += LANE_BYTES;
    lanes++;
  }
  while (lanes > 0) {
    let blocks = CHUNK_BLOCKS;
    let skips = true;
    for (let i: u32 = 0; i < lanes; i++) {
      const lane = laneAt(load<u32>(list + (i << 2)));
      blocks = min(blocks, lane.ahead);
      if (!lane.skips) skips = false;
    }
    let status = skips
      ? skipBlocks<T>(list, lanes, blocks, scratch + WINDOWS)
      : readBlocks<T>(list, lanes, blocks, scratch + WINDOWS);
    for (let i: u32 = lanes; i-- > 0 && status == OK; ) {
      const state: usize = load<u32>(list + (i << 2));
      const lane = laneAt(state);
      lane.ahead -= blocks;
      if (!lane.ahead) status = advance<T>(queue, state);
      // The last lane of the list takes the place of one that has nothing left to do.
      if (!lane.ahead) store<u32>(list + (i << 2), load<u32>(list + (--lanes << 2)));
    }
    if (status != OK) return status;
  }
  return OK;
}

/** Longer streams are fetched ahead by the processor itself. */
const MAX_TOUCHED_BYTES: u32 = 512;
const CACHE_LINE: u32 = 64;

/**
 * Loads a byte of each line of memory that the decoders are about to read, where the seek index tells which these are.
 * Among a plane's 80 MB they are in no cache; here the processor fetches many at once, later a few at a time. The result
 * is of no use, but to keep the loads.
 */
function touchStreams(jobs: usize, end: usize, stride: u32): u32 {
  let sum: u32 = 0;
  for (let job = jobs; job < end; job += layout.JOB_BYTES) {
    const entry = findSeekEntry(job, stride, load<u32>(job, layout.JOB_FIRST_PIXEL));
    if (entry) sum += load<u32>(entry);
  }
  for (let job = jobs; job < end; job += layout.JOB_BYTES) {
    const first = load<u32>(job, layout.JOB_FIRST_PIXEL);
    const entry = findSeekEntry(job, stride, first);
    if (!entry) continue;
    const stop = findSeekEntry(job, stride, first + load<u32>(job, layout.JOB_ROW_LENGTH) + stride - 1);
    const length = load<u32>(job, layout.JOB_STREAM_LENGTH);
    const from = load<u32>(entry) >> 3;
    const to = min(stop > entry ? load<u32>(stop) >> 3 : length, length);
    if (from >= to || to - from > MAX_TOUCHED_BYTES) continue;
    const stream: usize = load<u32>(job, layout.JOB_STREAM);
    for (let at = from; at < to; at += CACHE_LINE) sum += load<u8>(stream + at);
  }
  return sum;
}

/** Lets a lane begin with the queue's next strand, of which there is one. */
function takeStrand<T>(queue: Queue, state: usize): Status {
  const job = queue.job;
  const lane = laneAt(state);
  if (!queue.taken) queue.strands = strandsOf(job, queue.most, queue.stride);
  const allRows = load<u32>(job, layout.JOB_ROWS);
  const row = partOf(allRows, queue.taken, queue.strands);
  const rows = partOf(allRows, queue.taken + 1, queue.strands) - row;
  if (++queue.taken == queue.strands) {
    queue.taken = 0;
    queue.job += layout.JOB_BYTES;
  }
  const width = load<u32>(job, layout.JOB_TILE_WIDTH);
  const outStride: usize = load<u32>(job, layout.JOB_OUT_STRIDE);
  const writer = changetype<PixelWriter>(state + WRITER);
  openWriter(writer, queue.plane, job);
  lane.length = load<u32>(job, layout.JOB_ROW_LENGTH);
  lane.next = load<u32>(job, layout.JOB_FIRST_PIXEL) + row * width;
  lane.to = lane.next + lane.length;
  lane.end = lane.to + (rows - 1) * width;
  lane.rows = rows - 1;
  lane.gap = width - lane.length;
  lane.out = <usize>load<u32>(job, layout.JOB_OUT) + <usize>row * outStride;
  lane.outGap = outStride - <usize>lane.length * writer.pixelBytes;
  lane.held = 0;
  return openRice<T>(changetype<RiceReader>(state), queue.plane, job, queue.stride, lane.next);
}

/**
 * A window that the seek index reaches is split among lanes that have no job of their own. Else its rows are one strand,
 * for each goes on where the one before it ends.
 */
function strandsOf(job: usize, most: u32, stride: u32): u32 {
  const rows = load<u32>(job, layout.JOB_ROWS);
  const strands = min(most, rows);
  if (strands == 1) return 1;
  const lastRow = partOf(rows, strands - 1, strands);
  const first = load<u32>(job, layout.JOB_FIRST_PIXEL) + lastRow * load<u32>(job, layout.JOB_TILE_WIDTH);
  return first < nextSeekPixel(job, stride) && load<u32>(job, layout.JOB_INDEX) ? strands : 1;
}

/** Writes what the lane holds and finds what it has to decode next; `ahead` is 0 at the end of the queue. */
function advance<T>(queue: Queue, state: usize): Status {
  const reader = changetype<RiceReader>(state);
  const lane = laneAt(state);
  lane.ahead = 0;
  while (true) {
    if (isStopped()) return STOPPED;
    writeHeld(lane, reader, state);
    if (lane.next == lane.to) {
      if (queue.job == queue.end) return OK;
      const status = takeStrand<T>(queue, state);
      if (status != OK) return status;
    }
    if (lane.next > reader.pixel) {
      const status = seekRice<T>(reader, lane.next);
      if (status != OK) return status;
    }
    lane.held = reader.pixel;
    reader.values = state + VALUES;
    const jumps = lane.gap > reader.stride && load<u32>(reader.job, layout.JOB_INDEX) != 0;
    const skipped = max(lane.next, reader.pixel) - reader.pixel;
    lane.skips = skipped >= BLOCK;
    const wanted = lane.skips ? skipped & ~(BLOCK - 1) : (jumps ? lane.to : lane.end) - reader.pixel;
    const pixels = min(wanted, CHUNK_PIXELS);
    if (reader.blockSize == BLOCK && !reader.left) {
      lane.ahead = min((pixels + BLOCK - 1) / BLOCK, (reader.tilePixels - reader.pixel) / BLOCK);
      if (lane.ahead) return OK;
    }
    const status = readPixels<T>(reader, pixels);
    if (status != OK) return status;
  }
}

/** Writes the wanted ones of the values that the lane holds, and goes on to the next row if one is complete. */
function writeHeld(lane: Lane, reader: RiceReader, state: usize): void {
  const writer = changetype<PixelWriter>(state + WRITER);
  while (true) {
    const end = min(lane.to, reader.pixel);
    if (lane.next < end) {
      const values = state + VALUES + (<usize>(lane.next - lane.held) << 2);
      lane.out += writePixels(writer, values, lane.next, end - lane.next, lane.out);
      lane.next = end;
    }
    if (lane.next < lane.to || !lane.rows) return;
    lane.rows--;
    lane.next = lane.to + lane.gap;
    lane.to = lane.next + lane.length;
    lane.out += lane.outGap;
  }
}

/** The first of `rows` rows that belongs to part `part` of `parts`. */
function partOf(rows: u32, part: u32, parts: u32): u32 {
  return parts == 1 ? rows * part : <u32>((<u64>rows * part) / parts);
}

// @ts-ignore: decorator
@inline
function laneAt(state: usize): Lane {
  return changetype<Lane>(state + LANE);
}
