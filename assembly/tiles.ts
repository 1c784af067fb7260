/**
 * Decodes the windows of many tiles: jobs and plane as in layout.ts.
 *
 * All state lies in memory given by address, so that several threads can run this at once, each with its own jobs and
 * scratch.
 */
import * as layout from "./layout";
import { RICE_SCRATCH_BYTES, decodeRiceJobs } from "./rice-lanes";
import { CORRUPT, OK, SCRATCH_TOO_SMALL, STOPPED, Status, UNSUPPORTED } from "./status";
import { isStopped, watchStop } from "./stop";
import { applyMask, decodeWholeTile, wholeTileScratchBytes } from "./whole-tile";

/**
 * Scratch for any job of this plane on a tile of this size, with a mask of this codec (0: none); its address is to be
 * aligned to 16. At most 2³² − 1.
 */
export function scratchBytes(plane: usize, tilePixels: u32, tileWidth: u32, maskCodec: i32): u32 {
  const bytes = max<u64>(RICE_SCRATCH_BYTES, wholeTileScratchBytes(plane, tilePixels, tileWidth, maskCodec));
  return <u32>min<u64>(bytes, u32.MAX_VALUE);
}

/**
 * Runs `count` jobs in order; the number done before the first that failed, whose JOB_STATUS tells why. `stop`: see
 * stop.ts.
 */
export function decodeTiles(
  plane: usize,
  jobs: usize,
  count: u32,
  scratch: usize,
  scratchLength: u32,
  stop: usize,
): i32 {
  watchStop(stop);
  let done: u32 = 0;
  while (done < count) {
    const job = jobs + <usize>done * layout.JOB_BYTES;
    let together = riceRun(plane, job, count - done);
    if (together > 1) {
      const status = decodeRice(plane, job, together, scratch, scratchLength);
      for (let i: u32 = 0; i < together; i++) store<i32>(job + i * layout.JOB_BYTES, status, layout.JOB_STATUS);
      if (status == OK) {
        done += together;
        continue;
      }
      if (status == STOPPED) return done;
    }
    // If some of them failed, which one was first shows when each is alone.
    for (together = max(together, 1); together > 0; together--, done++) {
      const single = jobs + <usize>done * layout.JOB_BYTES;
      const status = decodeTile(plane, single, scratch, scratchLength);
      store<i32>(single, status, layout.JOB_STATUS);
      if (status != OK) return done;
    }
  }
  return done;
}

/** How many of the jobs, from the first, are Rice tiles without anything special. */
function riceRun(plane: usize, jobs: usize, count: u32): u32 {
  if (load<i32>(plane, layout.PLANE_CODEC) != layout.CODEC_RICE) return 0;
  let run: u32 = 0;
  for (; run < count; run++, jobs += layout.JOB_BYTES) {
    if (load<u32>(jobs, layout.JOB_FALLBACK) || load<u32>(jobs, layout.JOB_MASK_STREAM)) break;
    if (isEmpty(jobs) || !isWindowInTile(jobs)) break;
  }
  return run;
}

function decodeTile(plane: usize, job: usize, scratch: usize, scratchLength: u32): Status {
  if (isStopped()) return STOPPED;
  if (isEmpty(job)) return OK;
  if (!isWindowInTile(job)) return CORRUPT;
  const isRice = load<i32>(plane, layout.PLANE_CODEC) == layout.CODEC_RICE && !load<u32>(job, layout.JOB_FALLBACK);
  const status = isRice
    ? decodeRice(plane, job, 1, scratch, scratchLength)
    : decodeWholeTile(plane, job, scratch, scratchLength);
  if (status != OK || !load<u32>(job, layout.JOB_MASK_STREAM)) return status;
  return applyMask(plane, job, scratch, scratchLength);
}

function decodeRice(plane: usize, jobs: usize, count: u32, scratch: usize, scratchLength: u32): Status {
  if (scratchLength < RICE_SCRATCH_BYTES) return SCRATCH_TOO_SMALL;
  if (!load<u32>(plane, layout.PLANE_BLOCK_SIZE)) return CORRUPT;
  const scaled = load<i32>(plane, layout.PLANE_QUANTISER) != layout.QUANTISER_NONE;
  if (load<i32>(plane, layout.PLANE_BITPIX) < 0 && !scaled) return UNSUPPORTED;
  const bytes = load<u32>(plane, layout.PLANE_BYTE_PIXEL);
  if (bytes == 4) return decodeRiceJobs<i32>(plane, jobs, count, scratch);
  if (bytes == 2) return decodeRiceJobs<i16>(plane, jobs, count, scratch);
  if (bytes == 1) return decodeRiceJobs<u8>(plane, jobs, count, scratch);
  return UNSUPPORTED;
}

function isEmpty(job: usize): bool {
  return !load<u32>(job, layout.JOB_ROWS) || !load<u32>(job, layout.JOB_ROW_LENGTH);
}

function isWindowInTile(job: usize): bool {
  const before = <u64>(load<u32>(job, layout.JOB_ROWS) - 1) * load<u32>(job, layout.JOB_TILE_WIDTH);
  const tilePixels = <u64>load<u32>(job, layout.JOB_TILE_PIXELS);
  if (before > tilePixels) return false;
  return before + load<u32>(job, layout.JOB_FIRST_PIXEL) + load<u32>(job, layout.JOB_ROW_LENGTH) <= tilePixels;
}
