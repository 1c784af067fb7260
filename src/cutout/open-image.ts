import type { Decoder } from "../codec/decoder.ts";
import { seekStride, type CodecName, type QuantiserName } from "../codec/layout.ts";
import type { PlaneCoding } from "../codec/plane-coding.ts";
import { ServiceError } from "../errors.ts";
import type { ByteReader } from "../fits/byte-reader.ts";
import { findHdu, readHdus, type Hdu, type HduSelector } from "../fits/hdu.ts";
import type { Header } from "../fits/header.ts";
import { describeImage, type PlainImage } from "../fits/image.ts";
import type { Quantiser, TileCodec, TiledImage } from "../fits/tiled-image.ts";
import { createTileGrid, type TileGrid } from "../raster/tile-grid.ts";
import type { RangeSource } from "../storage/range-source.ts";
import { shortReadsOf, type ShortReads } from "../storage/short-reads.ts";
import { parseWcs } from "../wcs/parse-wcs.ts";
import type { Wcs } from "../wcs/wcs.ts";
import type { CacheablePlane } from "./plane-cache.ts";
import { TileTable } from "./tile-table.ts";

/** One image HDU of one version of a file, ready to be cut. */
export type OpenImage = {
  /** File and HDU, for messages. */
  readonly name: string;
  readonly source: RangeSource;
  readonly hduIndex: number;
  readonly extensionName: string;
  /** Of the uncompressed image. */
  readonly header: Header;
  readonly bitpix: number;
  readonly width: number;
  readonly height: number;
  /** Planes of axes 3 and 4, counted as one; 1 for a flat image. */
  readonly planes: number;
  /** NAXISn, all of them. */
  readonly shape: readonly number[];
  /** null where the header has no celestial coordinates. Parsed when first asked for; throws what `parseWcs` throws. */
  readonly wcs: Wcs | null;
  readonly data: PlainData | TiledData;
  /** Bytes of memory this description holds, about. */
  readonly memoryBytes: number;
  /** Gives back what it holds in the arena. */
  dispose(): void;
};

export type PlainData = { readonly kind: "plain"; readonly dataStart: number };

export type TiledData = CacheablePlane & {
  readonly kind: "tiled";
  readonly grid: TileGrid;
  /** Address of the decoder's Plane. */
  readonly planeAddress: number;
  readonly table: TileTable;
  /** The heap, in bytes of the file. */
  readonly heapStart: number;
  /** Of null-pixel masks, where there are any. */
  readonly maskCodec: CodecName | undefined;
  /** Rice tiles stop and start anywhere; the others are decoded from their start, and kept whole. */
  readonly decodesInPart: boolean;
  /** Pixels from one seek entry to the next; 0 without an index. */
  readonly seekStride: number;
};

/** Bytes of memory that a card takes beside those of the file, about: a card may be one string of all its header. */
const CARD_MEMORY = 200;
/** How often memory has those of the file: as they were read, as text, as values, and for the headers of cutouts. */
const HEADER_COPIES = 4;

/** An HDU, or the first one that holds an image. */
export type ImageSelector = HduSelector | { readonly firstImage: true };

export type OpenOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Of the same source: who has read of it already. */
  readonly reader?: ShortReads | undefined;
};

/** Opens the image in an HDU. "corrupt-data", "unsupported", or "not-found" where the HDU holds no image. */
export async function openImage(
  source: RangeSource,
  selector: ImageSelector,
  decoder: Decoder,
  { signal, reader = shortReadsOf(source) }: OpenOptions = {},
): Promise<OpenImage> {
  const hdu = "firstImage" in selector ? await findFirstImage(reader, signal) : await findHdu(reader, selector, signal);
  const name = `${source.key}[${hdu.index}]`;
  const description = saying(name, () => describeImage(hdu));
  if (description === null) throw new ServiceError("not-found", `Cannot cut ${name}: it holds no image`);
  const { shape } = description;
  if (shape.length > 4 && shape.slice(4).some((length) => length > 1)) {
    throw new ServiceError("unsupported", `Cannot cut ${name}: it has ${shape.length} axes, and four are supported`);
  }
  const data =
    description.kind === "plain"
      ? openPlain(description, source, name)
      : openTiled(description, source, { hduIndex: hdu.index, name, decoder });
  let wcs: Wcs | null | undefined;
  return {
    name,
    source,
    hduIndex: hdu.index,
    extensionName: hdu.name,
    header: description.imageHeader,
    bitpix: description.bitpix,
    width: shape[0],
    height: shape[1] ?? 1,
    planes: (shape[2] ?? 1) * (shape[3] ?? 1),
    shape,
    get wcs() {
      if (wcs === undefined) wcs = saying(name, () => parseWcs(description.imageHeader));
      return wcs;
    },
    data,
    memoryBytes:
      CARD_MEMORY * description.imageHeader.cards.length +
      HEADER_COPIES * (hdu.dataStart - hdu.headerStart) +
      (data.kind === "tiled" ? data.table.byteLength : 0),
    dispose() {
      if (data.kind === "tiled") decoder.arena.release(data.planeAddress);
    },
  };
}

/** Adds file and HDU to what a header says is wrong. */
function saying<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof ServiceError)) throw cause;
    throw new ServiceError(cause.code, `Cannot cut ${name}: ${cause.message}`, { cause });
  }
}

async function findFirstImage(source: ByteReader, signal?: AbortSignal): Promise<Hdu> {
  for await (const hdu of readHdus(source, signal)) {
    if ((hdu.kind === "image" && hdu.dataLength > 0) || hdu.header.get("ZIMAGE") === true) return hdu;
  }
  throw new ServiceError("not-found", `Cannot cut ${source.key}: it holds no image`);
}

function openPlain(image: PlainImage, source: RangeSource, name: string): PlainData {
  const bytes = image.shape.reduce((product, length) => product * length, Math.abs(image.bitpix) / 8);
  if (bytes > source.byteLength - image.dataStart) {
    throw new ServiceError(
      "corrupt-data",
      `Cannot cut ${name}: its pixels take ${bytes} bytes, and the file ends before`,
    );
  }
  return { kind: "plain", dataStart: image.dataStart };
}

/** What an address of the arena can reach; a Rice tile's bit offsets need 2^32 of them. */
const MAX_TILE_PIXELS = 2 ** 31 - 1;

function openTiled(
  image: TiledImage,
  source: RangeSource,
  { hduIndex, name, decoder }: { hduIndex: number; name: string; decoder: Decoder },
): TiledData {
  const grid = createTileGrid(image.shape, image.tileShape);
  const tilePixels = grid.tile[0] * grid.tile[1] * grid.tile[2] * grid.tile[3];
  if (tilePixels > MAX_TILE_PIXELS) {
    throw new ServiceError("unsupported", `Cannot cut ${name}: its tiles have ${tilePixels} pixels each`);
  }
  const decodesInPart = image.codec === "RICE_1";
  const stride = decodesInPart ? seekStride(image.blockSize) : 0;
  const table = new TileTable(source, image, name);
  return {
    kind: "tiled",
    cacheKey: `${source.key}|${source.version}|${hduIndex}`,
    heapLength: image.heapLength,
    tileCount: image.tileCount,
    // A tile within one stride has nothing to seek.
    seekEntriesPerTile: decodesInPart && tilePixels > stride ? Math.ceil(tilePixels / stride) : 0,
    tilesAreRows: grid.tile[1] === 1,
    grid,
    table,
    planeAddress: decoder.addPlane(codingOf(image)), // last: what throws after it would leave it in the arena
    maskCodec: image.maskCodec === undefined ? undefined : CODEC_NAMES[image.maskCodec],
    heapStart: image.heapStart,
    decodesInPart,
    seekStride: stride,
  };
}

const CODEC_NAMES: Record<TileCodec, CodecName> = {
  RICE_1: "rice",
  GZIP_1: "gzip1",
  GZIP_2: "gzip2",
  PLIO_1: "plio",
  HCOMPRESS_1: "hcompress",
  NOCOMPRESS: "none",
};
const QUANTISER_NAMES: Record<Quantiser, QuantiserName> = {
  none: "none",
  "no-dither": "noDither",
  "dither-1": "dither1",
  "dither-2": "dither2",
};

function codingOf(image: TiledImage): PlaneCoding {
  return {
    codec: CODEC_NAMES[image.codec],
    bytePixel: image.bytePixel,
    blockSize: image.blockSize,
    bitpix: image.bitpix,
    quantiser: QUANTISER_NAMES[image.quantiser],
    ditherSeed: image.ditherSeed,
    smooth: image.smooth,
    offset: image.offset,
  };
}
