import type { Arena } from "./arena.ts";
import { CODEC, FALLBACK, JOB, PLANE, PLANE_BYTES, QUANTISER } from "./layout.ts";
import type { CodecName, FallbackName, QuantiserName } from "./layout.ts";

/** What all tiles of one compressed image have in common. */
export type PlaneCoding = {
  readonly codec: CodecName;
  /** Bytes of an encoded integer. */
  readonly bytePixel: number;
  readonly blockSize: number;
  /** ZBITPIX */
  readonly bitpix: number;
  readonly quantiser: QuantiserName;
  /** ZDITHER0, 1 to 10000; any where the quantiser does not dither. */
  readonly ditherSeed: number;
  readonly smooth: boolean;
};

/** One tile's part in a window. Addresses are in the arena; meanings in `assembly/layout.ts`. */
export type TileJob = {
  readonly stream: number;
  readonly streamLength: number;
  readonly fallback: FallbackName;
  readonly tile: number;
  readonly tileWidth: number;
  readonly tileRows: number;
  readonly tilePixels: number;
  readonly firstPixel: number;
  readonly rows: number;
  readonly rowLength: number;
  readonly out: number;
  readonly outStride: number;
  readonly scale: number;
  readonly zero: number;
  /** The value of null pixels, where there is one. */
  readonly blank: number | undefined;
  /** Address of the tile's seek entries and how many are filled; 0 0 without an index. */
  readonly index: number;
  readonly indexed: number;
  readonly cursor: TileCursor;
  /** The compressed null-pixel mask; address 0 where there is none. */
  readonly mask: { readonly stream: number; readonly length: number; readonly codec: CodecName } | null;
};

/** Where an earlier job on the same tile stopped. */
export type TileCursor = { readonly pixel: number; readonly bit: number; readonly value: number };
export const TILE_START: TileCursor = { pixel: 0, bit: 0, value: 0 };

/** Reserves and fills a Plane; the caller releases it. */
export function writePlane(arena: Arena, coding: PlaneCoding, ditherTable: number): number {
  const address = arena.allocate(PLANE_BYTES);
  const at = address >> 2;
  const words = arena.words;
  words[at + (PLANE.codec >> 2)] = CODEC[coding.codec];
  words[at + (PLANE.bytePixel >> 2)] = coding.bytePixel;
  words[at + (PLANE.blockSize >> 2)] = coding.blockSize;
  words[at + (PLANE.bitpix >> 2)] = coding.bitpix;
  words[at + (PLANE.quantiser >> 2)] = QUANTISER[coding.quantiser];
  words[at + (PLANE.ditherSeed >> 2)] = coding.ditherSeed;
  words[at + (PLANE.ditherTable >> 2)] = ditherTable;
  words[at + (PLANE.smooth >> 2)] = coding.smooth ? 1 : 0;
  return address;
}

/** `words` and `doubles` are views of the arena; negative numbers wrap to their two's complement as the layout wants. */
export function writeJob(words: Uint32Array, doubles: Float64Array, address: number, job: TileJob): void {
  const at = address >>> 2;
  words[at + (JOB.stream >> 2)] = job.stream;
  words[at + (JOB.streamLength >> 2)] = job.streamLength;
  words[at + (JOB.fallback >> 2)] = FALLBACK[job.fallback];
  words[at + (JOB.tile >> 2)] = job.tile;
  words[at + (JOB.tileWidth >> 2)] = job.tileWidth;
  words[at + (JOB.tilePixels >> 2)] = job.tilePixels;
  words[at + (JOB.tileRows >> 2)] = job.tileRows;
  words[at + (JOB.firstPixel >> 2)] = job.firstPixel;
  words[at + (JOB.rows >> 2)] = job.rows;
  words[at + (JOB.rowLength >> 2)] = job.rowLength;
  words[at + (JOB.out >> 2)] = job.out;
  words[at + (JOB.outStride >> 2)] = job.outStride;
  words[at + (JOB.hasBlank >> 2)] = job.blank === undefined ? 0 : 1;
  words[at + (JOB.blank >> 2)] = job.blank ?? 0;
  words[at + (JOB.index >> 2)] = job.index;
  words[at + (JOB.indexed >> 2)] = job.indexed;
  words[at + (JOB.cursorPixel >> 2)] = job.cursor.pixel;
  words[at + (JOB.cursorBit >> 2)] = job.cursor.bit;
  words[at + (JOB.cursorValue >> 2)] = job.cursor.value;
  words[at + (JOB.maskStream >> 2)] = job.mask?.stream ?? 0;
  words[at + (JOB.maskLength >> 2)] = job.mask?.length ?? 0;
  words[at + (JOB.maskCodec >> 2)] = job.mask === null ? 0 : CODEC[job.mask.codec];
  words[at + (JOB.status >> 2)] = 0;
  doubles[(address + JOB.scale) >>> 3] = job.scale;
  doubles[(address + JOB.zero) >>> 3] = job.zero;
}

export function readCursor(words: Uint32Array, address: number): TileCursor {
  const at = address >>> 2;
  return {
    pixel: words[at + (JOB.cursorPixel >> 2)],
    bit: words[at + (JOB.cursorBit >> 2)],
    value: words[at + (JOB.cursorValue >> 2)] | 0,
  };
}

export function readIndexed(words: Uint32Array, address: number): number {
  return words[(address + JOB.indexed) >>> 2];
}
