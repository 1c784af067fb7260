import type { PixelWindow } from "../raster/pixel-window.ts";
import { TileParts } from "../raster/tile-parts.ts";
import { planChunks, type Chunk } from "./chunks.ts";
import type { OpenImage, TiledData } from "./open-image.ts";
import { checkPlanSize, checkSize, checkWholeTile, MAX_ROW_OF_TILES_BYTES, type CutoutLimits } from "./plan-limits.ts";
import { isReadable, STORAGE } from "./tile-table.ts";

/** Everything decided, nothing done. */
export type CutoutPlan = {
  readonly window: PixelWindow;
  readonly bytesPerPixel: number;
  readonly chunks: readonly Chunk[];
  readonly cost: CutoutCost;
};

export type CutoutCost = {
  /** Of pixel data, headers not counted. */
  readonly outputBytes: number;
  readonly outputPixels: number;
  readonly tiles: number;
  /** Whole compressed tiles, or rows of an uncompressed image. */
  readonly bytesToRead: number;
  /** Without an index: from the start of each tile to its last pixel in the window. */
  readonly pixelsToDecode: number;
};

/**
 * Plans to read a window, which lies in the image, of all its planes. The descriptors of the tiles must be loaded
 * (`loadTilesOf`). "over-limit" where a tile is larger than `limits` allow, or the plan itself would be; "corrupt-data"
 * where it is not known where a tile's bytes are.
 */
export function planCutout(image: OpenImage, window: PixelWindow, limits: CutoutLimits): CutoutPlan {
  return image.data.kind === "plain" ? planPlain(image, window, limits) : planTiled(image, image.data, window, limits);
}

function planPlain(image: OpenImage, window: PixelWindow, { maxTileBytes }: CutoutLimits): CutoutPlan {
  const { planes } = image;
  const bytesPerPixel = Math.abs(image.bitpix) / 8;
  const outputPixels = window.width * window.height * planes;
  const outputBytes = outputPixels * bytesPerPixel;
  checkPlanSize(image, window, { maxTileBytes, columns: 0, rows: 0 });
  const chunks = planChunks(window, {
    planes,
    bytesPerPixel,
    wholeRows: 1,
    inputBytesPerRow: window.width * bytesPerPixel,
    decodedPixelsPerRow: 0,
  });
  const cost = { outputBytes, outputPixels, tiles: 0, bytesToRead: outputBytes, pixelsToDecode: 0 };
  return { window, bytesPerPixel, chunks, cost };
}

function planTiled(image: OpenImage, data: TiledData, window: PixelWindow, { maxTileBytes }: CutoutLimits): CutoutPlan {
  const { planes } = image;
  const [tileWidth, tileHeight, depth, sets] = data.grid.tile;
  const bytesPerPixel = Math.abs(image.bitpix) / 8;
  const outputPixels = window.width * window.height * planes;
  const { columns, count } = tilesOf(data, window, 0);
  checkPlanSize(image, window, { maxTileBytes, columns, rows: count / columns });
  const { bytesToRead, pixelsToDecode, mostBytesOfRow, mostWholePixels } = sumTiles(data, window, planes);
  const what = "the compressed bytes of a row of tiles are";
  checkSize(image, { what, value: mostBytesOfRow, limit: MAX_ROW_OF_TILES_BYTES });
  checkWholeTile(image, mostWholePixels, maxTileBytes);
  const chunks = planChunks(window, {
    planes,
    bytesPerPixel,
    wholeRows: data.decodesInPart ? 1 : tileHeight,
    // Rows are alike; where a hostile table has them differ, the largest counts.
    inputBytesPerRow: Math.max(inputBytesPerRow(image, data, columns), mostBytesOfRow / tileHeight / 4),
    decodedPixelsPerRow: columns * tileWidth * depth * sets,
  });
  const outputBytes = outputPixels * bytesPerPixel;
  const cost = { outputBytes, outputPixels, tiles: count * planes, bytesToRead, pixelsToDecode };
  return { window, bytesPerPixel, chunks, cost };
}

/** All that a window meets in one plane. */
function tilesOf({ grid }: TiledData, window: PixelWindow, plane: number): TileParts {
  return new TileParts(grid, window, { plane, y0: window.y0, y1: window.y0 + window.height });
}

/** On average over the image. */
function inputBytesPerRow({ height, planes }: OpenImage, { grid, heapLength }: TiledData, columns: number): number {
  return (heapLength / (height * planes)) * (columns / grid.tiles[0]);
}

/** What the tiles of a window are to read and to decode; throws where it is not known where one of them is. */
function sumTiles(data: TiledData, window: PixelWindow, planes: number) {
  const { table, decodesInPart } = data;
  const { firstTile, storages, lengths, maskLengths } = table.columns;
  let bytesToRead = 0;
  let pixelsToDecode = 0;
  let bytesOfRow = 0;
  let mostBytesOfRow = 0;
  let mostWholePixels = 0; // of a tile that is not decoded in part, as its image is
  for (let plane = 0; plane < planes; plane++) {
    const parts = tilesOf(data, window, plane);
    while (parts.next()) {
      const { tile } = parts;
      const row = tile - firstTile;
      const storage = storages[row];
      if (!isReadable(storage)) throw table.failureOf(tile);
      const bytes = lengths[row] + (maskLengths === null ? 0 : maskLengths[row]);
      bytesOfRow = parts.startsRow ? bytes : bytesOfRow + bytes;
      if (bytesOfRow > mostBytesOfRow) mostBytesOfRow = bytesOfRow;
      if (storage !== STORAGE.compressed) mostWholePixels = Math.max(mostWholePixels, parts.tilePixels);
      // A tile that spans planes is decoded for each of them, from one read where the cache holds it.
      if (parts.isFirstPlane) bytesToRead += bytes;
      pixelsToDecode += decodesInPart ? parts.endPixel : parts.tilePixels;
    }
  }
  return { bytesToRead, pixelsToDecode, mostBytesOfRow, mostWholePixels };
}
