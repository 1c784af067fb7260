import type { PixelRows } from "../raster/pixel-rows.ts";
import { coalesceLimitsOf, NOW_LIMITS, planReads, RangeList } from "../storage/coalesce.ts";
import { placedRange, type ByteRange, type RangeSource } from "../storage/range-source.ts";
import type { Chunk } from "./chunks.ts";
import type { OpenImage, PlainData } from "./open-image.ts";
import type { CutoutPlan } from "./plan.ts";

/** The pixels of a window of an uncompressed image, chunk by chunk, as the file holds them. */
export async function* readPlain(
  image: OpenImage & { readonly data: PlainData },
  plan: CutoutPlan,
  signal: AbortSignal | undefined,
): AsyncGenerator<PixelRows, void, undefined> {
  let rows: Uint8Array<ArrayBuffer> | undefined; // of one chunk, used again for the next
  for (const chunk of plan.chunks) {
    signal?.throwIfAborted();
    const length = (chunk.y1 - chunk.y0) * plan.window.width * plan.bytesPerPixel;
    if (rows === undefined || rows.length < length) rows = new Uint8Array(length);
    yield await readChunk(image, plan, { chunk, bytes: rows.subarray(0, length) }, signal);
  }
}

async function readChunk(
  image: OpenImage & { readonly data: PlainData },
  { window, bytesPerPixel }: CutoutPlan,
  { chunk, bytes }: { chunk: Chunk; bytes: Uint8Array<ArrayBuffer> },
  signal: AbortSignal | undefined,
): Promise<PixelRows> {
  const { data, source, width, height } = image;
  const rowCount = chunk.y1 - chunk.y0;
  const rowBytes = window.width * bytesPerPixel;
  const rows = Array.from({ length: rowCount }, (_, row) => ({
    start: data.dataStart + ((chunk.plane * height + chunk.y0 + row) * width + window.x0) * bytesPerPixel,
    length: rowBytes,
  }));
  const firstRow = chunk.y0 - window.y0;
  const done = readRowsNow(source, rows, bytes);
  if (done === rowCount) return { plane: chunk.plane, firstRow, rowCount, bytes };
  const plan = planReads(rows.slice(done), coalesceLimitsOf(source));
  if (plan.reads.length === 1 && plan.reads[0].length === bytes.length) {
    await source.read(plan.reads[0], { signal, into: bytes });
    return { plane: chunk.plane, firstRow, rowCount, bytes };
  }
  // One after the other: at most one read in memory beyond the chunk itself.
  let row = done;
  for (let read = 0; read < plan.reads.length; read++) {
    const block = await source.read(plan.reads[read], { signal });
    for (; row < rowCount; row++) {
      const slice = plan.slices[row - done];
      if (slice === null || slice.read !== read) break;
      bytes.set(block.subarray(slice.offset, slice.offset + rowBytes), row * rowBytes);
    }
  }
  return { plane: chunk.plane, firstRow, rowCount, bytes };
}

/** How many rows, from the first, were had without waiting: each is read to its place. */
function readRowsNow(source: RangeSource, rows: readonly ByteRange[], bytes: Uint8Array<ArrayBuffer>): number {
  if (source.readNow === undefined || bytes.length > NOW_LIMITS.maxReadBytes) return 0;
  const rowBytes = bytes.length / rows.length;
  const [first, second] = rows;
  if (second?.start === first.start + rowBytes) {
    return source.readNow(placedRange({ start: first.start, length: bytes.length }), bytes) * rows.length;
  }
  const list = new RangeList(rows.length);
  for (const { start } of rows) {
    list.offsets[list.count] = list.count * rowBytes;
    list.add(start, rowBytes);
  }
  return source.readNow(list, bytes);
}
