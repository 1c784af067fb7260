import { ServiceError } from "../errors.ts";
import { decodeLatin1, type Card } from "./card.ts";
import type { Hdu } from "./hdu.ts";
import { describeImage } from "./image.ts";

/** A line of `recorte fits FILE`. */
export type HduSummary = {
  readonly index: number;
  readonly name: string;
  readonly version: number;
  /** "image", "compressed image", "header only", "table", "binary table", "random groups", or XTENSION of another. */
  readonly type: string;
  readonly cards: number;
  /** "10000 × 10000 float32"; columns and rows of a table; "" for a header. */
  readonly content: string;
  /** "RICE_1, tiles of 10000 × 1, subtractive dither 2"; "" where nothing is compressed. */
  readonly compression: string;
  readonly headerStart: number;
  readonly dataStart: number;
  readonly dataLength: number;
  /** Why the data cannot be read, where they cannot. */
  readonly problem: string | undefined;
};

const PIXEL_TYPES: Readonly<Record<number, string>> = {
  8: "uint8",
  16: "int16",
  32: "int32",
  64: "int64",
  [-32]: "float32",
  [-64]: "float64",
};
const UNSIGNED_TYPES: Readonly<Record<number, string>> = { 8: "int8", 16: "uint16", 32: "uint32", 64: "uint64" };
const QUANTISERS = {
  none: "",
  "no-dither": ", quantised",
  "dither-1": ", subtractive dither 1",
  "dither-2": ", subtractive dither 2",
};

/** What an HDU is, in words. Never fails on a header that could be read as an HDU. */
export function summarizeHdu(hdu: Hdu): HduSummary {
  const { index, name, version, headerStart, dataStart, dataLength } = hdu;
  const places = { index, name, version, cards: hdu.header.cards.length, headerStart, dataStart, dataLength };
  try {
    return { ...places, ...describeContent(hdu), problem: undefined };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { ...places, type: typeOf(hdu), content: "", compression: "", problem: error.message };
  }
}

/** The card's text as it stands in the file, a line for each image; bytes that are no text become "?". */
export function formatCardText(card: Card): string {
  const images = decodeLatin1(card.raw).match(/.{1,80}/gs) ?? [];
  return images.map((image) => image.replace(/[^ -~]/g, "?").trimEnd()).join("\n");
}

function describeContent(hdu: Hdu): { type: string; content: string; compression: string } {
  const image = describeImage(hdu);
  if (image === null) {
    const isTable = hdu.kind === "bintable" || hdu.kind === "table";
    const { header } = hdu;
    const content = isTable
      ? `${header.getInteger("TFIELDS") ?? 0} columns, ${header.getInteger("NAXIS2") ?? 0} rows`
      : "";
    return { type: hdu.kind === "image" ? "header only" : typeOf(hdu), content, compression: "" };
  }
  const pixelType = (image.unsignedConvention ? UNSIGNED_TYPES : PIXEL_TYPES)[image.bitpix] ?? "";
  const content = `${image.shape.join(" × ")} ${pixelType}`;
  if (image.kind === "plain") return { type: "image", content, compression: "" };
  const compression = `${image.codec}, tiles of ${image.tileShape.join(" × ")}${QUANTISERS[image.quantiser]}`;
  return { type: "compressed image", content, compression };
}

function typeOf(hdu: Hdu): string {
  switch (hdu.kind) {
    case "image":
      return "image";
    case "bintable":
      return "binary table";
    case "table":
      return "table";
    case "groups":
      return "random groups";
    case "other":
      return hdu.header.getString("XTENSION") ?? "";
    default:
      return hdu.kind satisfies never;
  }
}
