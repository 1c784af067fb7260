/**
 * Decodes the windows of many tiles: jobs and plane as in layout.ts.
 *
 * All state lies in memory given by address, so that several threads can run this at once, each with its own jobs and
 * scratch.
 */
import * as layout from "./layout";
import { RICE_SCRATCH_BYTES, decodeRiceTile } from "./rice-tile";
import { CORRUPT, OK, SCRATCH_TOO_SMALL, Status, UNSUPPORTED } from "./status";
import { applyMask, decodeWholeTile, wholeTileScratchBytes } from "./whole-tile";

/** Scratch for any job of this plane on a tile of this size; its address is to be aligned to 16. At most 2³² − 1. */
export function scratchBytes(plane: usize, tilePixels: u32, tileWidth: u32): u32 {
  const bytes = max<u64>(RICE_SCRATCH_BYTES, wholeTileScratchBytes(plane, tilePixels, tileWidth));
  return <u32>min<u64>(bytes, u32.MAX_VALUE);
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
  if (!load<u32>(job, layout.JOB_ROWS) || !load<u32>(job, layout.JOB_ROW_LENGTH)) return OK;
  if (!isWindowInTile(job)) return CORRUPT;
  const isRice = load<i32>(plane, layout.PLANE_CODEC) == layout.CODEC_RICE && !load<u32>(job, layout.JOB_FALLBACK);
  const status = isRice
    ? decodeRice(plane, job, scratch, scratchLength)
    : decodeWholeTile(plane, job, scratch, scratchLength);
  if (status != OK || !load<u32>(job, layout.JOB_MASK_STREAM)) return status;
  return applyMask(plane, job, scratch, scratchLength);
}

function decodeRice(plane: usize, job: usize, scratch: usize, scratchLength: u32): Status {
  if (scratchLength < RICE_SCRATCH_BYTES) return SCRATCH_TOO_SMALL;
  const scaled = load<i32>(plane, layout.PLANE_QUANTISER) != layout.QUANTISER_NONE;
  if (load<i32>(plane, layout.PLANE_BITPIX) < 0 && !scaled) return UNSUPPORTED;
  const bytes = load<u32>(plane, layout.PLANE_BYTE_PIXEL);
  if (bytes == 4) return decodeRiceTile<i32>(plane, job, scratch);
  if (bytes == 2) return decodeRiceTile<i16>(plane, job, scratch);
  if (bytes == 1) return decodeRiceTile<u8>(plane, job, scratch);
  return UNSUPPORTED;
}

function isWindowInTile(job: usize): bool {
  const before = <u64>(load<u32>(job, layout.JOB_ROWS) - 1) * load<u32>(job, layout.JOB_TILE_WIDTH);
  const tilePixels = <u64>load<u32>(job, layout.JOB_TILE_PIXELS);
  if (before > tilePixels) return false;
  return before + load<u32>(job, layout.JOB_FIRST_PIXEL) + load<u32>(job, layout.JOB_ROW_LENGTH) <= tilePixels;
}
