import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PixelWindow } from "../../../src/raster/pixel-window.ts";
import { createTileGrid, type TileGrid } from "../../../src/raster/tile-grid.ts";
import { TileParts } from "../../../src/raster/tile-parts.ts";

/** The parts of all tiles that a window meets in one plane. */
function partsOf(grid: TileGrid, window: PixelWindow, plane = 0) {
  const parts = new TileParts(grid, window, { plane, y0: window.y0, y1: window.y0 + window.height });
  const all: Pick<TileParts, "tile" | "tileWidth" | "tilePixels" | "firstPixel" | "width" | "height">[] = [];
  while (parts.next()) all.push({ ...parts });
  expect(all).toHaveLength(parts.count);
  return all;
}
const pixelAt = (x0: number, y0: number) => ({ x0, y0, width: 1, height: 1 });

describe("TileParts", () => {
  it("counts tiles along axis 1 first, and cuts the last of an axis short", () => {
    const grid = createTileGrid([250, 130], [100, 50]);
    expect(grid.tiles).toEqual([3, 3, 1, 1]);
    expect(partsOf(grid, pixelAt(249, 129))).toMatchObject([
      { tile: 8, tileWidth: 50, tilePixels: 1500, firstPixel: 1499, endPixel: 1500, isFirstPlane: true },
    ]);
    expect(partsOf(grid, { x0: 99, y0: 49, width: 3, height: 2 })).toMatchObject([
      { tile: 0, firstPixel: 4999, endPixel: 5000, width: 1, height: 1, outPixel: 0, startsRow: true },
      { tile: 1, firstPixel: 4900, endPixel: 4902, width: 2, height: 1, outPixel: 1, startsRow: false },
      { tile: 3, firstPixel: 99, endPixel: 100, width: 1, height: 1, outPixel: 3, startsRow: true },
      { tile: 4, firstPixel: 0, endPixel: 2, width: 2, height: 1, outPixel: 4, startsRow: false },
    ]);
  });

  it("finds a plane inside a tile that spans planes", () => {
    const grid = createTileGrid([10, 10, 5], [10, 10, 2]);
    const first = { x0: 0, y0: 0, width: 10, height: 10 };
    expect(partsOf(grid, first, 3)).toMatchObject([{ tile: 1, tilePixels: 200, firstPixel: 100, isFirstPlane: false }]);
    expect(partsOf(grid, first, 4)).toMatchObject([{ tile: 2, tilePixels: 100, firstPixel: 0, isFirstPlane: true }]);
  });

  it("counts axes 3 and 4 as one", () => {
    const grid = createTileGrid([4, 3, 2, 3], [4, 1, 1, 1]);
    expect(partsOf(grid, pixelAt(0, 2), 5)).toMatchObject([{ tile: 2 + 3 * (1 + 2 * 2), firstPixel: 0 }]);
  });

  it("treats a line as an image of one row", () => {
    const grid = createTileGrid([7], [3]);
    expect(partsOf(grid, pixelAt(6, 0))).toMatchObject([{ tile: 2, tileWidth: 1, tilePixels: 1, firstPixel: 0 }]);
  });

  it("meets each pixel of a window once, in the place that a walk over all pixels of the image finds", () => {
    const length = fc.integer({ min: 1, max: 9 });
    const axes = fc.tuple(length, length, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(
        axes,
        axes,
        fc.nat(8),
        fc.tuple(fc.nat(8), fc.nat(8), length, length),
        (image, tile, plane, corner) => {
          const [width, height, depth, sets] = image;
          const grid = createTileGrid(image, tile);
          const x0 = corner[0] % width;
          const y0 = corner[1] % height;
          const window = { x0, y0, width: Math.min(corner[2], width - x0), height: Math.min(corner[3], height - y0) };
          const places = placesOf(grid);
          const some = plane % (depth * sets);
          const met = new Map<number, string>();
          const parts = new TileParts(grid, window, { plane: some, y0, y1: y0 + window.height });
          while (parts.next()) {
            for (let y = 0; y < parts.height; y++) {
              for (let x = 0; x < parts.width; x++) {
                const out = parts.outPixel + y * window.width + x;
                expect(met.has(out)).toBe(false);
                met.set(out, `${parts.tile}:${parts.firstPixel + y * parts.tileWidth + x}`);
              }
            }
          }
          for (let y = 0; y < window.height; y++) {
            for (let x = 0; x < window.width; x++) {
              const place = places.get([x0 + x, y0 + y, some % depth, Math.floor(some / depth)].join());
              expect(met.get(y * window.width + x)).toBe(place);
            }
          }
          expect(met.size).toBe(window.width * window.height);
        },
      ),
    );
  });
});

/** "tile:pixel" of each pixel of the image, by counting: tiles in order, and the pixels of each in order. */
function placesOf({ image, tile, tiles }: TileGrid): Map<string, string> {
  const places = new Map<string, string>();
  const count = tiles.reduce((product, along) => product * along, 1);
  for (let index = 0; index < count; index++) {
    let rest = index;
    const start = tiles.map((along, axis) => {
      const place = rest % along;
      rest = (rest - place) / along;
      return place * tile[axis];
    });
    let pixel = 0;
    const end = start.map((from, axis) => Math.min(from + tile[axis], image[axis]));
    for (let w = start[3]; w < end[3]; w++)
      for (let z = start[2]; z < end[2]; z++)
        for (let y = start[1]; y < end[1]; y++)
          for (let x = start[0]; x < end[0]; x++) places.set([x, y, z, w].join(), `${index}:${pixel++}`);
  }
  return places;
}
