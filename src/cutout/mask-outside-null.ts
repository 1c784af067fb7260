import { ServiceError } from "../errors.ts";
import { formatCard } from "../fits/card-format.ts";
import type { Card } from "../fits/card.ts";
import type { OpenImage } from "./open-image.ts";

/** One pixel without value, and the card that the header needs for it. */
export type NullPixel = { readonly bytes: Uint8Array; readonly cards: readonly Card[] };

/**
 * How a pixel of this image says that it has no value: NaN; the image's BLANK; or, where signed integers have none yet,
 * the smallest of them, with a BLANK card. "unsupported" for unsigned integers without BLANK: all of their values are
 * taken (FITS Standard 4.0, section 4.4.2.5).
 */
export function nullPixelOf({ name, bitpix, header }: Pick<OpenImage, "name" | "bitpix" | "header">): NullPixel {
  const bytes = new Uint8Array(Math.abs(bitpix) / 8);
  const view = new DataView(bytes.buffer);
  if (bitpix === -32) view.setFloat32(0, NaN);
  if (bitpix === -64) view.setFloat64(0, NaN);
  if (bitpix < 0) return { bytes, cards: [] };

  const blank = header.get("BLANK");
  const isGiven = typeof blank === "bigint" || (typeof blank === "number" && Number.isSafeInteger(blank));
  if (isGiven && isOfType(BigInt(blank), bitpix)) {
    writeInteger(view, BigInt(blank));
    return { bytes, cards: [] };
  }
  const unsignedZero = 2 ** (bitpix - 1); // table 11 of the standard
  const bzero = header.get("BZERO") ?? 0;
  if (bitpix === 8 || Number(bzero) === unsignedZero) {
    throw new ServiceError(
      "unsupported",
      `Cannot mask ${name}: its pixels are unsigned integers without BLANK, and each of their values means something`,
    );
  }
  const smallest = -(2n ** BigInt(bitpix - 1));
  writeInteger(view, smallest);
  return { bytes, cards: [formatCard("BLANK", smallest, "stored value of pixels without value")] };
}

/** A BLANK beyond what a pixel can hold is no pixel's. */
function isOfType(value: bigint, bitpix: number): boolean {
  if (bitpix === 8) return value >= 0n && value <= 255n;
  const limit = 2n ** BigInt(bitpix - 1);
  return value >= -limit && value < limit;
}

function writeInteger(view: DataView, value: bigint): void {
  switch (view.byteLength) {
    case 1:
      return view.setUint8(0, Number(value));
    case 2:
      return view.setInt16(0, Number(value));
    case 4:
      return view.setInt32(0, Number(value));
    default:
      return view.setBigInt64(0, value);
  }
}
