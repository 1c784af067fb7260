/**
 * The seek index of a Rice tile: entries of SEEK_ENTRY_BYTES, JOB_INDEX_STEP apart, filled from the first while decoding
 * passes them.
 *
 *   entry k belongs to pixel k · stride, the first of a block
 *   u32 bit offset of that block in the stream, i32 value of the pixel before it
 */
import * as layout from "./layout";

/** Pixels between two entries: the smallest multiple of the block size that is at least SEEK_PIXELS. */
export function seekStride(blockSize: u32): u32 {
  return ((layout.SEEK_PIXELS - 1) / blockSize + 1) * blockSize;
}

/** The pixel of the first entry that is not filled; the greatest u32, which is no pixel, if the job has no index. */
export function nextSeekPixel(job: usize, stride: u32): u32 {
  if (!load<u32>(job, layout.JOB_INDEX)) return u32.MAX_VALUE;
  return <u32>min<u64>(<u64>load<u32>(job, layout.JOB_INDEXED) * stride, u32.MAX_VALUE);
}

/** Address of the last filled entry at or before `pixel`; 0: none. */
export function findSeekEntry(job: usize, stride: u32, pixel: u32): usize {
  const index: usize = load<u32>(job, layout.JOB_INDEX);
  const filled = load<u32>(job, layout.JOB_INDEXED);
  if (!index || !filled) return 0;
  return index + <usize>min(pixel / stride, filled - 1) * load<u32>(job, layout.JOB_INDEX_STEP);
}

/** The pixel that the entry at this address belongs to. */
export function seekEntryPixel(job: usize, stride: u32, entry: usize): u32 {
  return <u32>((entry - load<u32>(job, layout.JOB_INDEX)) / load<u32>(job, layout.JOB_INDEX_STEP)) * stride;
}

/** Fills the next entry, if it is still the one of this block start. */
export function recordSeekEntry(job: usize, stride: u32, pixel: u32, bit: u64, value: i32): void {
  const filled = load<u32>(job, layout.JOB_INDEXED);
  if (<u64>filled * stride != pixel) return;
  const entry = <usize>load<u32>(job, layout.JOB_INDEX) + <usize>filled * load<u32>(job, layout.JOB_INDEX_STEP);
  store<u32>(entry, <u32>bit);
  store<i32>(entry, value, 4);
  store<u32>(job, filled + 1, layout.JOB_INDEXED);
}
