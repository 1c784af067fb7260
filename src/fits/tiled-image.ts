import { ServiceError } from "../errors.ts";
import { parseColumns, type Column } from "./bintable.ts";
import { product, shapeOf, type Hdu } from "./hdu.ts";
import type { Header } from "./header.ts";
import { describePixels, type ImageProperties } from "./image-properties.ts";
import { uncompressedHeader } from "./tiled-header.ts";

/** "NOCOMPRESS" is CFITSIO's word for tiles of plain pixels. */
export type TileCodec = "RICE_1" | "GZIP_1" | "GZIP_2" | "PLIO_1" | "HCOMPRESS_1" | "NOCOMPRESS";
export type Quantiser = "none" | "no-dither" | "dither-1" | "dither-2";

/** An image compressed in tiles, each a row of a binary table (FITS Standard 4.0, section 10.1). */
export type TiledImage = ImageProperties & {
  readonly kind: "tiled";
  readonly codec: TileCodec;
  /** ZTILEn, no longer than the image. */
  readonly tileShape: readonly number[];
  /** Tiles along each axis; tile = row of the table, first axis fastest. The last of an axis may be shorter. */
  readonly tilesPerAxis: readonly number[];
  readonly tileCount: number;
  /** RICE_1: pixels of a block. */
  readonly blockSize: number;
  /** Bytes of the integers (or unquantised floats) that the codec was handed; for RICE_1 its BYTEPIX. */
  readonly bytePixel: 1 | 2 | 4 | 8;
  /** HCOMPRESS_1: the scale of the whole image, 0 where lossless; and whether to smooth after decoding. */
  readonly hcompressScale: number;
  readonly smooth: boolean;
  /** PLIO_1: added to what its streams hold. */
  readonly offset: number;
  readonly quantiser: Quantiser;
  /** ZDITHER0, 1 to 10000; 1 where nothing is dithered. */
  readonly ditherSeed: number;
  /** ZSCALE, ZZERO, ZBLANK of all tiles, where they are keywords. */
  readonly scale: number | undefined;
  readonly zero: number | undefined;
  readonly nullValue: number | undefined;
  /** ZMASKCMP; undefined where there are no masks. */
  readonly maskCodec: TileCodec | undefined;
  readonly columns: TileColumns;
  /** The table's rows, in bytes of the file: `tileCount` of `rowLength` each. */
  readonly tableStart: number;
  readonly rowLength: number;
  /** The heap, in bytes of the file. */
  readonly heapStart: number;
  readonly heapLength: number;
};

export type TileColumns = {
  readonly compressed: Column | undefined;
  readonly gzipCompressed: Column | undefined;
  readonly uncompressed: Column | undefined;
  readonly nullMask: Column | undefined;
  readonly scale: Column | undefined;
  readonly zero: Column | undefined;
  readonly nullValue: Column | undefined;
};

const CODECS: Readonly<Record<string, TileCodec>> = {
  RICE_1: "RICE_1",
  RICE_ONE: "RICE_1", // CFITSIO's name where it dithers by method 2
  GZIP_1: "GZIP_1",
  GZIP_2: "GZIP_2",
  PLIO_1: "PLIO_1",
  HCOMPRESS_1: "HCOMPRESS_1",
  NOCOMPRESS: "NOCOMPRESS",
};
const BITPIX = new Set([8, 16, 32, 64, -32, -64]);
/** What a decoder counts with signed 32-bit integers. */
const MAX_TILE_PIXELS = 2 ** 31 - 1;
/** Beyond any use; it bounds the search for ZNAMEi. */
const MAX_PARAMETERS = 99;

/** The image in a binary table with ZIMAGE = T. */
export function describeTiledImage(hdu: Hdu): TiledImage | null {
  const { header } = hdu;
  const shape = shapeOf(header, "ZNAXIS");
  if (shape.length === 0 || product(shape) === 0) return null;
  const bitpix = header.getInteger("ZBITPIX");
  if (bitpix === undefined || !BITPIX.has(bitpix)) throw corrupt(hdu, `ZBITPIX is ${bitpix ?? "not there"}`);

  if (header.getInteger("NAXIS") !== 2) throw corrupt(hdu, "its table has not two axes");
  const rowLength = header.getInteger("NAXIS1") ?? 0;
  const rowCount = header.getInteger("NAXIS2") ?? 0;
  const tileShape = shape.map((length, axis) => {
    const tile = header.getInteger(`ZTILE${axis + 1}`) ?? (axis === 0 ? length : 1);
    if (tile < 1) throw corrupt(hdu, `ZTILE${axis + 1} is ${tile}`);
    return Math.min(tile, length);
  });
  if (product(tileShape) > MAX_TILE_PIXELS) {
    const message = `Cannot read the compressed image in HDU ${hdu.index}: its tiles have more than ${MAX_TILE_PIXELS} pixels`;
    throw new ServiceError("unsupported", message);
  }
  const tilesPerAxis = shape.map((length, axis) => Math.ceil(length / (tileShape[axis] ?? 1)));
  const tileCount = product(tilesPerAxis);
  if (tileCount !== rowCount) throw corrupt(hdu, `its ${tileCount} tiles are in a table of ${rowCount} rows`);

  const tableLength = rowLength * rowCount;
  const heapOffset = header.getInteger("THEAP") ?? tableLength;
  if (heapOffset < tableLength || heapOffset > hdu.dataLength) {
    throw corrupt(hdu, `THEAP is ${heapOffset}, its table has ${tableLength} bytes and its data ${hdu.dataLength}`);
  }
  const columns = findColumns(hdu);
  const codec = codecOf(hdu, "ZCMPTYPE");
  if (codec === undefined) throw corrupt(hdu, "it has no ZCMPTYPE");
  const quantiser = quantiserOf(hdu, {
    isReal: bitpix < 0,
    hasScale: header.has("ZSCALE") || columns.scale !== undefined,
  });
  const parameters = parametersOf(header);
  const pixels = describePixels(uncompressedHeader(header), shape);
  const nullValue = header.getInteger("ZBLANK");
  return {
    kind: "tiled",
    ...pixels,
    // Of integers ZBLANK is BLANK by another name, which only old files use.
    blank: pixels.blank ?? (bitpix > 0 ? nullValue : undefined),
    codec,
    tileShape,
    tilesPerAxis,
    tileCount,
    blockSize: numberIn(hdu, "BLOCKSIZE", parameters.get("BLOCKSIZE") ?? 32, (size) => size >= 1 && size <= 65536),
    bytePixel: bytePixelOf(hdu, { codec, bitpix, quantiser, bytePixel: parameters.get("BYTEPIX") }),
    hcompressScale: parameters.get("SCALE") ?? 0,
    smooth: (parameters.get("SMOOTH") ?? 0) !== 0,
    offset: offsetOf(codec, pixels),
    quantiser,
    ditherSeed: ditherSeedOf(hdu, codec, quantiser),
    scale: header.getNumber("ZSCALE"),
    zero: header.getNumber("ZZERO"),
    nullValue,
    maskCodec: columns.nullMask === undefined ? undefined : codecOf(hdu, "ZMASKCMP"),
    columns,
    tableStart: hdu.dataStart,
    rowLength,
    heapStart: hdu.dataStart + heapOffset,
    heapLength: hdu.dataLength - heapOffset,
  };
}

function findColumns(hdu: Hdu): TileColumns {
  const all = parseColumns(hdu.header);
  const find = (name: string, codes: string) => {
    const column = all.find((candidate) => candidate.name === name);
    if (column !== undefined && !codes.includes(column.form.code)) {
      throw corrupt(hdu, `column ${name} has the format code ${column.form.code}, it needs one of ${codes}`);
    }
    return column !== undefined && column.form.repeat > 0 ? column : undefined;
  };
  const columns = {
    compressed: find("COMPRESSED_DATA", "PQ"),
    gzipCompressed: find("GZIP_COMPRESSED_DATA", "PQ"),
    uncompressed: find("UNCOMPRESSED_DATA", "PQ"),
    nullMask: find("NULL_PIXEL_MASK", "PQ"),
    scale: find("ZSCALE", "BIJKED"),
    zero: find("ZZERO", "BIJKED"),
    nullValue: find("ZBLANK", "BIJK"),
  };
  if (columns.compressed ?? columns.gzipCompressed ?? columns.uncompressed) return columns;
  throw corrupt(hdu, "it has no column of compressed data");
}

function codecOf(hdu: Hdu, keyword: "ZCMPTYPE" | "ZMASKCMP"): TileCodec | undefined {
  const name = hdu.header.getString(keyword);
  if (name === undefined) return undefined;
  const codec = CODECS[name.trim().toUpperCase()];
  if (codec !== undefined) return codec;
  throw new ServiceError("unsupported", `Cannot decompress HDU ${hdu.index}: ${keyword} = "${name}" is not known`);
}

/** ZQUANTIZ, section 10.2; where it is not there, scaled floats are not dithered. */
function quantiserOf(hdu: Hdu, { isReal, hasScale }: { isReal: boolean; hasScale: boolean }): Quantiser {
  if (!isReal) return "none";
  const name = hdu.header.getString("ZQUANTIZ")?.trim().toUpperCase();
  switch (name) {
    case "NONE":
      return "none";
    case undefined:
    case "":
    case "NO_DITHER":
      return hasScale ? "no-dither" : "none";
    case "SUBTRACTIVE_DITHER_1":
      return "dither-1";
    case "SUBTRACTIVE_DITHER_2":
      return "dither-2";
    default:
      throw new ServiceError("unsupported", `Cannot decompress HDU ${hdu.index}: ZQUANTIZ = "${name}" is not known`);
  }
}

function ditherSeedOf(hdu: Hdu, codec: TileCodec, quantiser: Quantiser): number {
  if (quantiser === "none" || quantiser === "no-dither") return 1;
  const seed = hdu.header.getInteger("ZDITHER0");
  if (codec === "NOCOMPRESS" && seed === 0) return 1; // CFITSIO writes it where no tile is quantised
  if (seed === undefined || seed < 1 || seed > 10000) throw corrupt(hdu, `ZDITHER0 is ${seed ?? "not there"}`);
  return seed;
}

/** CFITSIO hands unsigned 16-bit pixels to PLIO_1 as they are, not less BZERO, since it encodes no negative ones. */
function offsetOf(codec: TileCodec, { bitpix, bzero }: ImageProperties): number {
  return codec === "PLIO_1" && bitpix === 16 && bzero === 32768 ? -32768 : 0;
}

type Encoding = {
  readonly codec: TileCodec;
  readonly bitpix: number;
  readonly quantiser: Quantiser;
  readonly bytePixel: number | undefined;
};

function bytePixelOf(hdu: Hdu, { codec, bitpix, quantiser, bytePixel }: Encoding): 1 | 2 | 4 | 8 {
  const plain = quantiser === "none" ? Math.abs(bitpix) / 8 : 4;
  const bytes = codec === "RICE_1" ? (bytePixel ?? 4) : plain;
  return numberIn(hdu, "BYTEPIX", bytes, (size) => [1, 2, 4, 8].includes(size)) as 1 | 2 | 4 | 8;
}

/** ZVALi by ZNAMEi. */
function parametersOf(header: Header): Map<string, number> {
  const parameters = new Map<string, number>();
  for (let i = 1; i <= MAX_PARAMETERS; i++) {
    const name = header.getString(`ZNAME${i}`);
    if (name === undefined) break;
    const value = header.getNumber(`ZVAL${i}`);
    if (value !== undefined) parameters.set(name.trim().toUpperCase(), value);
  }
  return parameters;
}

function numberIn(hdu: Hdu, name: string, value: number, isAllowed: (value: number) => boolean): number {
  if (Number.isInteger(value) && isAllowed(value)) return value;
  throw corrupt(hdu, `${name} is ${value}`);
}

function corrupt(hdu: Hdu, message: string): ServiceError {
  return new ServiceError("corrupt-data", `Cannot read the compressed image in HDU ${hdu.index}: ${message}`);
}
