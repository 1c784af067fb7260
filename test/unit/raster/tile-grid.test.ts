import { describe, expect, it } from "vitest";
import { createTileGrid, tileAt } from "../../../src/raster/tile-grid.ts";

describe("tileAt", () => {
  it("counts tiles along axis 1 first, and cuts the last of an axis short", () => {
    const grid = createTileGrid([250, 130], [100, 50]);
    expect(grid.tiles).toEqual([3, 3, 1, 1]);
    expect(tileAt(grid, 2, 2, 0)).toEqual({
      index: 8,
      x0: 200,
      y0: 100,
      width: 50,
      height: 30,
      pixels: 1500,
      planeOffset: 0,
    });
  });

  it("finds a plane inside a tile that spans planes", () => {
    const grid = createTileGrid([10, 10, 5], [10, 10, 2]);
    expect(tileAt(grid, 0, 0, 3)).toMatchObject({ index: 1, pixels: 200, planeOffset: 100 });
    expect(tileAt(grid, 0, 0, 4)).toMatchObject({ index: 2, pixels: 100, planeOffset: 0 });
  });

  it("counts axes 3 and 4 as one", () => {
    const grid = createTileGrid([4, 3, 2, 3], [4, 1, 1, 1]);
    expect(tileAt(grid, 0, 2, 5)).toMatchObject({ index: 2 + 3 * (1 + 2 * 2), planeOffset: 0, y0: 2 });
  });

  it("treats a line as an image of one row", () => {
    const grid = createTileGrid([7], [3]);
    expect(tileAt(grid, 2, 0, 0)).toMatchObject({ index: 2, x0: 6, width: 1, height: 1, pixels: 1 });
  });
});
