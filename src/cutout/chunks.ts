import type { PixelWindow } from "../raster/pixel-window.ts";
import type { PlaneRows } from "../raster/tile-parts.ts";

/** What is read, decoded and sent together. */
export type Chunk = PlaneRows;

/**
 * The first bytes leave early. A short cutout that is much to read, and sent as it comes, comes in some four chunks, so that
 * the later ones are read while the earlier are decoded; a long one goes on in pieces that are worth handing to other
 * threads.
 */
const MIN_CHUNK_BYTES = 64 * 1024;
const MEDIUM_CHUNK_BYTES = 256 * 1024;
const MAX_CHUNK_BYTES = 1024 * 1024;
/**
 * Cutouts of up to so many bytes are made before they are sent: 286 × 286 pixels of 4 bytes, which is a cutout of 256
 * however it lies on the pixels. Short chunks that are joined have no more either.
 */
export const WHOLE_CUTOUT_BYTES = 320 * 1024;
/** What is read at once, where there is a choice: less is not worth a turn of the event loop. */
const READ_BYTES = 512 * 1024;
const LONG_CUTOUT_BYTES = 4 * 1024 * 1024;
/** Of a chunk of more than one row of tiles. */
export const MAX_INPUT_BYTES = 4 * 1024 * 1024;
/** About a tenth of a second in the main thread, where no signal ends a call of the decoder early. */
const MAX_DECODED_PIXELS = 64 * 1024 * 1024;

export type ChunkOptions = {
  readonly planes: number;
  readonly bytesPerPixel: number;
  /** Rows of a tile where tiles can only be decoded whole, so that a chunk must not end inside one; else 1. */
  readonly wholeRows: number;
  /** Bytes that are read for a row of the window, about: a narrow window of compressed rows reads far more than it gives. */
  readonly inputBytesPerRow: number;
  /** Pixels of the tiles that a row of the window meets, wanted or not, in one row of theirs. */
  readonly decodedPixelsPerRow: number;
};

/**
 * Cuts a window into chunks, first row first, plane by plane. Every chunk holds at least one row, and whole rows of
 * tiles where they cannot be shared: the memory for pixels is bounded by MAX_CHUNK_BYTES, and that for what is read
 * by MAX_INPUT_BYTES, or by one row of tiles.
 */
export function planChunks(
  window: PixelWindow,
  { planes, bytesPerPixel, wholeRows, inputBytesPerRow, decodedPixelsPerRow }: ChunkOptions,
): Chunk[] {
  const rowBytes = window.width * bytesPerPixel;
  const isLong = rowBytes * window.height * planes >= LONG_CUTOUT_BYTES;
  const bytesOfRead = (READ_BYTES / Math.max(1, inputBytesPerRow)) * rowBytes;
  const firstBytes = Math.max(MIN_CHUNK_BYTES, Math.min(MEDIUM_CHUNK_BYTES, bytesOfRead));
  const end = window.y0 + window.height;
  const rowsOfInput = MAX_INPUT_BYTES / Math.max(1, inputBytesPerRow);
  const rowsOfPixels = MAX_DECODED_PIXELS / Math.max(1, decodedPixelsPerRow);
  const maxRows = Math.max(1, Math.floor(Math.min(rowsOfInput, rowsOfPixels)));
  const chunks: Chunk[] = [];
  for (let plane = 0; plane < planes; plane++) {
    for (let y0 = window.y0; y0 < end; ) {
      const bytes = isLong && chunks.length > 0 ? MAX_CHUNK_BYTES : firstBytes;
      const rows = Math.min(maxRows, Math.max(1, Math.floor(bytes / rowBytes)));
      // To the last border of tiles within these rows, or to the next one where there is none.
      const border = Math.floor((y0 + rows) / wholeRows) * wholeRows;
      const y1 = Math.min(end, border > y0 ? border : (Math.floor(y0 / wholeRows) + 1) * wholeRows);
      chunks.push({ plane, y0, y1 });
      y0 = y1;
    }
  }
  return chunks;
}

/** The same rows with short chunks joined, for a cutout of which too little is to be read to do so in steps. */
export function joinChunks(chunks: readonly Chunk[], rowBytes: number): Chunk[] {
  const joined: Chunk[] = [];
  for (const chunk of chunks) {
    const last = joined.at(-1);
    if (last?.plane === chunk.plane && (chunk.y1 - last.y0) * rowBytes <= WHOLE_CUTOUT_BYTES) {
      joined[joined.length - 1] = { ...last, y1: chunk.y1 };
    } else {
      joined.push(chunk);
    }
  }
  return joined;
}
