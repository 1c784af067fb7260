import { ServiceError } from "../errors.ts";
import { product, shapeOf, type Hdu } from "./hdu.ts";
import { describePixels, type ImageProperties } from "./image-properties.ts";
import { describeTiledImage, type TiledImage } from "./tiled-image.ts";

export type PlainImage = ImageProperties & {
  readonly kind: "plain";
  /** Bytes from the start of the file to the first pixel. */
  readonly dataStart: number;
};

export type ImageDescription = PlainImage | TiledImage;

/**
 * The image in an HDU, plain or compressed in tiles; null where there is none: a table, or an array without elements.
 * "corrupt-data" where the header contradicts itself, "unsupported" for random groups and for compressed tables.
 */
export function describeImage(hdu: Hdu): ImageDescription | null {
  switch (hdu.kind) {
    case "image": {
      const shape = shapeOf(hdu.header, "NAXIS");
      if (shape.length === 0 || product(shape) === 0) return null;
      const pixels = describePixels(hdu.header, shape);
      if ((Math.abs(pixels.bitpix) / 8) * product(shape) > hdu.dataLength) {
        throw new ServiceError("corrupt-data", `Cannot read HDU ${hdu.index}: GCOUNT leaves no room for its image`);
      }
      return { kind: "plain", ...pixels, dataStart: hdu.dataStart };
    }
    case "bintable": {
      if (hdu.header.get("ZTABLE") === true) {
        throw new ServiceError("unsupported", `Cannot read HDU ${hdu.index}: it is a compressed table, and no image`);
      }
      return hdu.header.get("ZIMAGE") === true ? describeTiledImage(hdu) : null;
    }
    case "groups":
      throw new ServiceError("unsupported", `Cannot read HDU ${hdu.index}: it has random groups, and no image`);
    case "table":
    case "other":
      return null;
    default:
      return hdu.kind satisfies never;
  }
}
