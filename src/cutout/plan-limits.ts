import { ServiceError } from "../errors.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { OpenImage } from "./open-image.ts";

export type CutoutLimits = {
  /** Bytes that one tile, or one row of tiles that cannot be decoded in part, or a row of pixels may take when decoded. */
  readonly maxTileBytes: number;
};

/** 256 GiB, some 600 whole images of DES; chunks are listed beforehand, and this bounds how many. */
const MAX_OUTPUT_BYTES = 2 ** 38;
/** Tiles that one plan looks at; planes, each at least a chunk. The largest images have 100 000 tiles. */
const MAX_TILES = 2 ** 20;
const MAX_PLANES = 2 ** 20;
/** Pixels of the tiles beside one another that a window meets: what one call of the decoder may have to pass over. */
const MAX_ROW_OF_TILES_PIXELS = 2 ** 30;
/** Compressed bytes of such a row of tiles; a job counts a stream's in 29 bits (`assembly/layout.ts`). */
export const MAX_ROW_OF_TILES_BYTES = 2 ** 29 - 1;

/**
 * A header may claim any size: nothing is listed, reserved or decoded beyond these limits. Throws "over-limit". `columns`
 * and `rows` of tiles in one plane are what the window meets; 0 for an uncompressed image.
 */
export function checkPlanSize(
  image: OpenImage,
  window: PixelWindow,
  { columns, rows, maxTileBytes }: CutoutLimits & { readonly columns: number; readonly rows: number },
): void {
  const { data, planes } = image;
  const bytesPerPixel = Math.abs(image.bitpix) / 8;
  const check = (what: string, value: number, limit: number) => checkSize(image, { what, value, limit });
  check("its planes are", planes, MAX_PLANES);
  check("the bytes of this window are", window.width * window.height * planes * bytesPerPixel, MAX_OUTPUT_BYTES);
  if (data.kind === "plain") {
    check("the bytes of a row in this window are", window.width * bytesPerPixel, maxTileBytes);
    return;
  }
  const { tile } = data.grid;
  const tilePixels = tile[0] * tile[1] * tile[2] * tile[3];
  const wholeRows = data.decodesInPart ? 1 : Math.min(tile[1], window.height);
  check("the bytes of a row of tiles in this window are", window.width * wholeRows * bytesPerPixel, maxTileBytes);
  if (!data.decodesInPart || data.maskCodec !== undefined) checkWholeTile(image, tilePixels, maxTileBytes);
  check("the tiles of this window are", rows * columns * planes, MAX_TILES);
  check("the pixels of a row of tiles are", columns * tilePixels, MAX_ROW_OF_TILES_PIXELS);
}

/** The same of a tile that is decoded whole. */
export function checkWholeTile(image: OpenImage, tilePixels: number, maxTileBytes: number): void {
  const value = tilePixels * Math.max(4, Math.abs(image.bitpix) / 8);
  checkSize(image, { what: "the bytes of a decoded tile are", value, limit: maxTileBytes });
}

export function checkSize(
  { name }: OpenImage,
  { what, value, limit }: { readonly what: string; readonly value: number; readonly limit: number },
): void {
  if (value <= limit) return;
  throw new ServiceError("over-limit", `Cannot cut ${name}: ${what} ${value}, and ${limit} are allowed`);
}
