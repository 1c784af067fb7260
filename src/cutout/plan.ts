import { ServiceError } from "../errors.ts";
import type { TileStream } from "../fits/tile-stream.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import { tileAt, type TileGrid } from "../raster/tile-grid.ts";
import { planChunks, type Chunk } from "./chunks.ts";
import type { OpenImage, TiledData } from "./open-image.ts";

/** Everything decided, nothing done. */
export type CutoutPlan = {
  readonly window: PixelWindow;
  readonly bytesPerPixel: number;
  readonly chunks: readonly Chunk[];
  /** Where the bytes of each tile lie: column by column, row by row, plane by plane; none for an uncompressed image. */
  readonly streams: readonly TileStream[];
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

export type CutoutLimits = {
  /** Bytes that one tile, or one row of tiles that cannot be decoded in part, may take when decoded. */
  readonly maxTileBytes: number;
};

/**
 * Plans to read a window, which lies in the image, of all its planes. The descriptors of the tiles must be loaded
 * (`loadTilesOf`). "over-limit" where a tile is larger than `limits` allow.
 */
export function planCutout(image: OpenImage, window: PixelWindow, limits: CutoutLimits): CutoutPlan {
  const { data } = image;
  const bytesPerPixel = Math.abs(image.bitpix) / 8;
  const planes = image.planes;
  const outputPixels = window.width * window.height * planes;
  const wholeRows = data.kind === "tiled" && !data.decodesInPart ? data.grid.tile[1] : 1;
  const plan = {
    window,
    bytesPerPixel,
    chunks: planChunks(window, { planes, bytesPerPixel, wholeRows, inputBytesPerRow: inputBytesPerRow(image, window) }),
  };
  const output = { outputBytes: outputPixels * bytesPerPixel, outputPixels };
  if (data.kind === "plain") {
    return { ...plan, streams: [], cost: { ...output, tiles: 0, bytesToRead: output.outputBytes, pixelsToDecode: 0 } };
  }
  checkTileSize(image, data, window, limits);
  const { streams, ...cost } = planTiles(data, window, planes);
  return { ...plan, streams, cost: { ...output, tiles: streams.length, ...cost } };
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
function inputBytesPerRow({ data, height, planes, bitpix }: OpenImage, window: PixelWindow): number {
  if (data.kind === "plain") return (window.width * Math.abs(bitpix)) / 8;
  const { column0, column1 } = tilesOf(data.grid, { y0: 0, y1: 1 }, window);
  return (data.heapLength / (height * planes)) * ((column1 - column0) / data.grid.tiles[0]);
}

function planTiles(data: TiledData, window: PixelWindow, planes: number) {
  const { grid, table } = data;
  const { column0, column1, row0, row1 } = tilesOf(grid, { y0: window.y0, y1: window.y0 + window.height }, window);
  const streams: TileStream[] = [];
  const met = new Set<number>();
  let bytesToRead = 0;
  let pixelsToDecode = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let row = row0; row < row1; row++) {
      for (let column = column0; column < column1; column++) {
        const tile = tileAt(grid, column, row, plane);
        // A tile that spans planes is decoded for each of them, from one read where the cache holds it.
        const lastRow = Math.min(tile.height, window.y0 + window.height - tile.y0) - 1;
        const lastColumn = Math.min(tile.width, window.x0 + window.width - tile.x0);
        pixelsToDecode += data.decodesInPart ? tile.planeOffset + lastRow * tile.width + lastColumn : tile.pixels;
        const stream = table.streamOf(tile.index);
        streams.push(stream);
        if (planes > 1 && met.has(tile.index)) continue;
        if (planes > 1) met.add(tile.index);
        bytesToRead += stream.length + (stream.mask?.length ?? 0);
      }
    }
  }
  return { streams, bytesToRead, pixelsToDecode };
}

/** A header may claim any tile size: nothing is reserved for more than the limit. */
function checkTileSize(image: OpenImage, data: TiledData, window: PixelWindow, { maxTileBytes }: CutoutLimits): void {
  const [width, height, depth, sets] = data.grid.tile;
  const tileBytes = width * height * depth * sets * Math.max(4, Math.abs(image.bitpix) / 8);
  if (!data.decodesInPart && tileBytes > maxTileBytes) {
    throw new ServiceError(
      "over-limit",
      `Cannot cut ${image.name}: its tiles take ${tileBytes} bytes each when decoded, and ${maxTileBytes} are allowed`,
    );
  }
  const rowBytes =
    window.width * (data.decodesInPart ? 1 : Math.min(height, window.height)) * (Math.abs(image.bitpix) / 8);
  if (rowBytes > maxTileBytes) {
    throw new ServiceError(
      "over-limit",
      `Cannot cut ${image.name}: a row of its tiles takes ${rowBytes} bytes in this window, and ${maxTileBytes} are allowed`,
    );
  }
}
