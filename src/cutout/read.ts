import type { Decoder } from "../codec/decoder.ts";
import type { PixelRows } from "../raster/pixel-rows.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { OpenImage, PlainData, TiledData } from "./open-image.ts";
import { planCutout, tilesOf, type CutoutLimits, type CutoutPlan } from "./plan.ts";
import type { PlaneCache } from "./plane-cache.ts";
import { readPlain } from "./read-plain.ts";
import { readTiles } from "./read-tiles.ts";

/** What reading pixels takes, made once a process. */
export type PixelServices = {
  readonly decoder: Decoder;
  readonly planes: PlaneCache;
  readonly limits: CutoutLimits;
};

/** Loads what a plan must know, and plans. The window lies in the image. */
export async function preparePlan(
  image: OpenImage,
  window: PixelWindow,
  services: PixelServices,
  signal?: AbortSignal,
): Promise<CutoutPlan> {
  if (image.data.kind === "tiled") await loadTilesOf(image.data, window, signal);
  return planCutout(image, window, services.limits);
}

/** The pixels of a plan: big-endian, in the type of BITPIX, as the image stores them. */
export function readPixelRows(
  image: OpenImage,
  plan: CutoutPlan,
  services: PixelServices,
  signal?: AbortSignal,
): AsyncGenerator<PixelRows, void, undefined> {
  return image.data.kind === "tiled"
    ? readTiles(image as OpenImage & { data: TiledData }, plan, services, signal)
    : readPlain(image as OpenImage & { data: PlainData }, plan, signal);
}

async function loadTilesOf(data: TiledData, window: PixelWindow, signal?: AbortSignal): Promise<void> {
  const { grid, table } = data;
  const { row0, row1 } = tilesOf(grid, { y0: window.y0, y1: window.y0 + window.height }, window);
  const [columns, rows, layers, sets] = grid.tiles;
  for (let layer = 0; layer < layers * sets; layer++) {
    await table.load((layer * rows + row0) * columns, (layer * rows + row1) * columns, signal);
  }
}
