/**
 * The structures that the decoders read, as `assembly/layout.ts` defines them (meaning and guarantees stand there);
 * test/codec/layout.test.ts compares the two. Offsets in bytes.
 */
export const PLANE = {
  codec: 0,
  bytePixel: 4,
  blockSize: 8,
  bitpix: 12,
  quantiser: 16,
  ditherSeed: 20,
  ditherTable: 24,
  smooth: 28,
  offset: 32,
} as const;
export const PLANE_BYTES = 36;

export const JOB = {
  stream: 0,
  streamLength: 4,
  fallback: 8,
  tile: 12,
  tileWidth: 16,
  tilePixels: 20,
  firstPixel: 24,
  rows: 28,
  rowLength: 32,
  out: 36,
  outStride: 40,
  hasBlank: 44,
  blank: 48,
  index: 52,
  indexed: 56,
  cursorPixel: 60,
  cursorBit: 64,
  cursorValue: 68,
  scale: 72,
  zero: 80,
  maskStream: 88,
  maskLength: 92,
  maskCodec: 96,
  tileRows: 100,
  status: 104,
  indexStep: 108,
} as const;
export const JOB_BYTES = 112;

export const CODEC = { rice: 1, gzip1: 2, gzip2: 3, plio: 4, hcompress: 5, none: 6 } as const;
export type CodecName = keyof typeof CODEC;

export const QUANTISER = { none: 0, noDither: 1, dither1: 2, dither2: 3 } as const;
export type QuantiserName = keyof typeof QUANTISER;

/** How one tile is stored: as the plane's codec says, or unquantised, gzipped or as it is. */
export const FALLBACK = { none: 0, gzip: 1, uncompressed: 2 } as const;

export const SEEK_PIXELS = 128;
export const SEEK_ENTRY_BYTES = 8;
export const STREAM_PADDING = 64;

/** Pixels from one seek entry to the next: the smallest multiple of the block size that is at least SEEK_PIXELS. */
export function seekStride(blockSize: number): number {
  return Math.ceil(SEEK_PIXELS / blockSize) * blockSize;
}
