import type { Arena } from "./arena.ts";
import { CODEC, PLANE, PLANE_BYTES, QUANTISER } from "./layout.ts";
import type { CodecName, QuantiserName } from "./layout.ts";

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
  /** Added to every integer of a PLIO stream. */
  readonly offset: number;
};

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
  words[at + (PLANE.offset >> 2)] = coding.offset;
  return address;
}
