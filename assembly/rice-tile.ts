/** The window of a Rice tile, decoded and converted by chunks that stay in the first-level cache. */
import * as layout from "./layout";
import { PixelWriter, openWriter, writePixels } from "./pixel-writer";
import { RiceReader, openRice, readRice, seekRice } from "./rice";
import { OK, Status } from "./status";

const CHUNK_PIXELS: u32 = 1024;

// Scratch.
const READER: usize = 0;
const WRITER: usize = READER + 96;
const VALUES: usize = WRITER + 96;
export const RICE_SCRATCH_BYTES: u32 = <u32>VALUES + CHUNK_PIXELS * 4;

/** T is the encoded integer; `scratch` holds RICE_SCRATCH_BYTES, aligned to 16. */
export function decodeRiceTile<T>(plane: usize, job: usize, scratch: usize): Status {
  const reader = changetype<RiceReader>(scratch + READER);
  const writer = changetype<PixelWriter>(scratch + WRITER);
  openWriter(writer, plane, job);
  let status = openRice<T>(reader, plane, job);
  const tileWidth = load<u32>(job, layout.JOB_TILE_WIDTH);
  const rows = load<u32>(job, layout.JOB_ROWS);
  const length = load<u32>(job, layout.JOB_ROW_LENGTH);
  const stride = load<u32>(job, layout.JOB_OUT_STRIDE);
  let out: usize = load<u32>(job, layout.JOB_OUT);
  let from = load<u32>(job, layout.JOB_FIRST_PIXEL);
  for (let row: u32 = 0; row < rows && status == OK; row++, from += tileWidth, out += stride) {
    status = seekRice<T>(reader, from);
    if (status == OK) status = decodeRange<T>(reader, writer, from, from + length, scratch + VALUES, out);
  }
  return status;
}

/** Pixels [from, to) of the tile to `out`; the reader stands at or before `from`. */
function decodeRange<T>(
  reader: RiceReader,
  writer: PixelWriter,
  from: u32,
  to: u32,
  values: usize,
  out: usize,
): Status {
  let status: Status = OK;
  while (reader.pixel < to && status == OK) {
    const pixel = reader.pixel;
    const count = min(to - pixel, CHUNK_PIXELS);
    status = readRice<T>(reader, count, values);
    if (status != OK || pixel + count <= from) continue;
    const skip = pixel < from ? from - pixel : 0;
    out += writePixels(writer, values + (<usize>skip << 2), pixel + skip, count - skip, out);
  }
  return status;
}
