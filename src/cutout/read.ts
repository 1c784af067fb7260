import type { Decoder } from "../codec/decoder.ts";
import type { PixelRows } from "../raster/pixel-rows.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { OpenImage, PlainData, TiledData } from "./open-image.ts";
import { planCutout, type CutoutPlan } from "./plan.ts";
import type { CutoutLimits } from "./plan-limits.ts";
import type { PlaneCache } from "./plane-cache.ts";
import { readPlain } from "./read-plain.ts";
import { readTiles, startTiles, type ReadOptions } from "./read-tiles.ts";

/** What reading pixels takes, made once a process. */
export type PixelServices = {
  readonly decoder: Decoder;
  readonly planes: PlaneCache;
  readonly limits: CutoutLimits;
};

/** Loads what a plan must know, and plans; at once, where that is in memory. The window lies in the image. */
export function preparePlan(
  image: OpenImage,
  window: PixelWindow,
  { limits }: PixelServices,
  signal?: AbortSignal,
): CutoutPlan | Promise<CutoutPlan> {
  const loading = image.data.kind === "tiled" ? loadTilesOf(image.data, window, signal) : null;
  return loading === null ? planCutout(image, window, limits) : loading.then(() => planCutout(image, window, limits));
}

/** The pixels of a plan: big-endian, in the type of BITPIX, as the image stores them. */
export function readPixelRows(
  image: OpenImage,
  plan: CutoutPlan,
  services: PixelServices,
  signal?: AbortSignal,
): AsyncGenerator<PixelRows, void, undefined> {
  return image.data.kind === "tiled"
    ? readTiles(image as OpenImage & { data: TiledData }, plan, services, { signal })
    : readPlain(image as OpenImage & { data: PlainData }, plan, signal);
}

/** The same, begun: to be read by whoever calls this. Without a turn of the event loop where nothing is to be waited for. */
export function startPixelRows(
  image: OpenImage,
  plan: CutoutPlan,
  services: PixelServices,
  options: ReadOptions,
): Iterable<PixelRows> | AsyncIterable<PixelRows> {
  return image.data.kind === "tiled"
    ? startTiles(image as OpenImage & { data: TiledData }, plan, services, options)
    : readPlain(image as OpenImage & { data: PlainData }, plan, options.signal);
}

/** null where they are all there. */
function loadTilesOf({ grid, table }: TiledData, window: PixelWindow, signal?: AbortSignal): Promise<void> | null {
  const tileHeight = grid.tile[1];
  const row0 = Math.floor(window.y0 / tileHeight);
  const row1 = Math.ceil((window.y0 + window.height) / tileHeight);
  const [columns, rows, layers, sets] = grid.tiles;
  const layerCount = layers * sets;
  const load = (layer: number) => table.load((layer * rows + row0) * columns, (layer * rows + row1) * columns, signal);
  const loadFrom = async (loading: Promise<void>, layer: number) => {
    await loading;
    for (layer++; layer < layerCount; layer++) await load(layer);
  };
  for (let layer = 0; layer < layerCount; layer++) {
    const loading = load(layer);
    if (loading !== null) return loadFrom(loading, layer);
  }
  return null;
}
