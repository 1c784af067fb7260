import type { Header } from "./header.ts";

export type Bitpix = 8 | 16 | 32 | 64 | -32 | -64;

/** What any image is, however it is stored. */
export type ImageProperties = {
  /** Type of the stored pixels once they are decompressed. */
  readonly bitpix: Bitpix;
  /** NAXISn from n = 1, the fastest axis; at least one axis, none of length 0. */
  readonly shape: readonly number[];
  /** Physical value = bzero + bscale × stored value. */
  readonly bscale: number;
  readonly bzero: number;
  /** The stored value of null pixels; only of integers. */
  readonly blank: number | bigint | undefined;
  /** BZERO and BSCALE say no more than that the integers are of the other signedness (section 5.3, table 11). */
  readonly unsignedConvention: boolean;
  /** The header as it is, or would be, without compression. */
  readonly imageHeader: Header;
};

/** What the header of an uncompressed image says of its pixels. */
export function describePixels(imageHeader: Header, shape: readonly number[]): ImageProperties {
  const bitpix = imageHeader.getInteger("BITPIX") as Bitpix; // one of the six: checked with the sizes
  const bscale = imageHeader.getNumber("BSCALE") ?? 1;
  const bzero = imageHeader.getNumber("BZERO") ?? 0;
  const blank = bitpix > 0 ? imageHeader.get("BLANK") : undefined;
  return {
    bitpix,
    shape,
    bscale,
    bzero,
    blank: typeof blank === "bigint" ? blank : bitpix > 0 ? imageHeader.getInteger("BLANK") : undefined,
    unsignedConvention: bscale === 1 && bitpix > 0 && bzero === (bitpix === 8 ? -128 : 2 ** (bitpix - 1)),
    imageHeader,
  };
}
