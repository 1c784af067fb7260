import { ServiceError } from "../errors.ts";
import type { TileStream } from "../fits/tile-stream.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import { tileAt, type TileGrid, type TilePlace } from "../raster/tile-grid.ts";
import { planChunks, type Chunk } from "./chunks.ts";
import type { OpenImage, TiledData } from "./open-image.ts";
import { checkPlanSize, MAX_ROW_OF_TILES_BYTES } from "./plan-limits.ts";

/** Everything decided, nothing done. */
export type CutoutPlan = {
  readonly window: PixelWindow;
  readonly bytesPerPixel: number;
  readonly chunks: readonly Chunk[];
  /** Column by column, row by row, plane by plane; none for an uncompressed image. */
  readonly tiles: readonly PlannedTile[];
  readonly cost: CutoutCost;
};

/** A tile, and where its bytes lie. */
export type PlannedTile = { readonly place: TilePlace; readonly stream: TileStream };

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

export type CutoutLimits = {
  /** Bytes that one tile, or one row of tiles that cannot be decoded in part, or a row of pixels may take when decoded. */
  readonly maxTileBytes: number;
};

/**
 * Plans to read a window, which lies in the image, of all its planes. The descriptors of the tiles must be loaded
 * (`loadTilesOf`). "over-limit" where a tile is larger than `limits` allow, or the plan itself would be.
 */
export function planCutout(image: OpenImage, window: PixelWindow, limits: CutoutLimits): CutoutPlan {
  const { data, planes } = image;
  const bytesPerPixel = Math.abs(image.bitpix) / 8;
  const outputPixels = window.width * window.height * planes;
  const output = { outputBytes: outputPixels * bytesPerPixel, outputPixels };
  const shape = { planes, bytesPerPixel };
  if (data.kind === "plain") {
    checkPlanSize(image, window, { ...limits, columns: 0, rows: 0 });
    const inputBytesPerRow = window.width * bytesPerPixel;
    return {
      window,
      bytesPerPixel,
      chunks: planChunks(window, { ...shape, wholeRows: 1, inputBytesPerRow, decodedPixelsPerRow: 0 }),
      tiles: [],
      cost: { ...output, tiles: 0, bytesToRead: output.outputBytes, pixelsToDecode: 0 },
    };
  }
  const { column0, column1, row0, row1 } = tilesOf(data.grid, { y0: window.y0, y1: window.y0 + window.height }, window);
  const columns = column1 - column0;
  checkPlanSize(image, window, { ...limits, columns, rows: row1 - row0 });
  const { tiles, mostBytesOfRow, ...cost } = planTiles(image.name, data, window, planes);
  const [tileWidth, tileHeight, ...depths] = data.grid.tile;
  const chunks = planChunks(window, {
    ...shape,
    wholeRows: data.decodesInPart ? 1 : tileHeight,
    // Rows are alike; where a hostile table has them differ, the largest counts.
    inputBytesPerRow: Math.max(inputBytesPerRow(image, data, columns), mostBytesOfRow / tileHeight / 4),
    decodedPixelsPerRow: columns * tileWidth * depths[0] * depths[1],
  });
  return { window, bytesPerPixel, chunks, tiles, cost: { ...output, tiles: tiles.length, ...cost } };
}

/** The tiles of one plane that a window meets: columns [column0, column1) and rows [row0, row1) of tiles. */
export function tilesOf(grid: TileGrid, rows: { y0: number; y1: number }, window: PixelWindow) {
  return {
    column0: Math.floor(window.x0 / grid.tile[0]),
    column1: Math.ceil((window.x0 + window.width) / grid.tile[0]),
    row0: Math.floor(rows.y0 / grid.tile[1]),
    row1: Math.ceil(rows.y1 / grid.tile[1]),
  };
}

/** On average over the image. */
function inputBytesPerRow({ height, planes }: OpenImage, { grid, heapLength }: TiledData, columns: number): number {
  return (heapLength / (height * planes)) * (columns / grid.tiles[0]);
}

function planTiles(name: string, data: TiledData, window: PixelWindow, planes: number) {
  const { grid, table } = data;
  const { column0, column1, row0, row1 } = tilesOf(grid, { y0: window.y0, y1: window.y0 + window.height }, window);
  const tiles: PlannedTile[] = [];
  const met = new Set<number>();
  let bytesToRead = 0;
  let pixelsToDecode = 0;
  let mostBytesOfRow = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let row = row0; row < row1; row++) {
      let bytesOfRow = 0;
      for (let column = column0; column < column1; column++) {
        const tile = tileAt(grid, column, row, plane);
        // A tile that spans planes is decoded for each of them, from one read where the cache holds it.
        const lastRow = Math.min(tile.height, window.y0 + window.height - tile.y0) - 1;
        const lastColumn = Math.min(tile.width, window.x0 + window.width - tile.x0);
        pixelsToDecode += data.decodesInPart ? tile.planeOffset + lastRow * tile.width + lastColumn : tile.pixels;
        const stream = table.streamOf(tile.index);
        tiles.push({ place: tile, stream });
        const bytes = stream.length + (stream.mask?.length ?? 0);
        bytesOfRow += bytes;
        if (planes > 1 && met.has(tile.index)) continue;
        if (planes > 1) met.add(tile.index);
        bytesToRead += bytes;
      }
      mostBytesOfRow = Math.max(mostBytesOfRow, bytesOfRow);
    }
  }
  if (mostBytesOfRow > MAX_ROW_OF_TILES_BYTES) {
    throw new ServiceError(
      "over-limit",
      `Cannot cut ${name}: a row of its tiles has ${mostBytesOfRow} compressed bytes, and ${MAX_ROW_OF_TILES_BYTES} are allowed`,
    );
  }
  return { tiles, mostBytesOfRow, bytesToRead, pixelsToDecode };
}
