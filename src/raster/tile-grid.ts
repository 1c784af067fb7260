/**
 * An image of up to four axes cut into tiles (FITS 4.0, section 10.1.1). Axis 1 varies fastest, in pixels and in tiles;
 * axes that the image does not have count as one pixel. Tiles at the far edges are smaller.
 */
export type TileGrid = {
  readonly image: Extent;
  readonly tile: Extent;
  /** Tiles along each axis. */
  readonly tiles: Extent;
};

export type Extent = readonly [number, number, number, number];

/** `image` and `tile` list 1 to 4 axes, all at least 1. */
export function createTileGrid(image: readonly number[], tile: readonly number[]): TileGrid {
  const extent = (axes: readonly number[]): Extent => [axes[0] ?? 1, axes[1] ?? 1, axes[2] ?? 1, axes[3] ?? 1];
  const imageExtent = extent(image);
  const tileExtent = extent(tile);
  const along = imageExtent.map((length, axis) => Math.ceil(length / tileExtent[axis]));
  return { image: imageExtent, tile: tileExtent, tiles: extent(along) };
}

/** Where a tile lies, counted in tiles; the last two axes as one plane number of the image, and the plane inside the tile. */
export type TilePlace = {
  /** Row of the tile in the table, from 0. */
  readonly index: number;
  readonly x0: number;
  readonly y0: number;
  readonly width: number;
  readonly height: number;
  /** All pixels of the tile, over its further axes too. */
  readonly pixels: number;
  /** Tile-relative position of the first pixel of the asked plane. */
  readonly planeOffset: number;
};

/** The tile in column `column` and row `row` of tiles that holds plane `plane` (axes 3 and 4 counted as one). */
export function tileAt(grid: TileGrid, column: number, row: number, plane: number): TilePlace {
  const imageWidth = grid.image[0];
  const imageHeight = grid.image[1];
  const tileWidth = grid.tile[0];
  const tileHeight = grid.tile[1];
  const x0 = column * tileWidth;
  const y0 = row * tileHeight;
  const width = Math.min(tileWidth, imageWidth - x0);
  const height = Math.min(tileHeight, imageHeight - y0);
  const index = row * grid.tiles[0] + column;
  const area = width * height;
  // Most images are flat, and have thousands of tiles in a window.
  if (grid.image[2] * grid.image[3] === 1) return { index, x0, y0, width, height, pixels: area, planeOffset: 0 };

  const [, , imageDepth, imageSets] = grid.image;
  const [, , tileDepth, tileSets] = grid.tile;
  const [columns, rows, layers] = grid.tiles;
  const z = plane % imageDepth;
  const w = (plane - z) / imageDepth;
  const layer = Math.floor(z / tileDepth);
  const set = Math.floor(w / tileSets);
  const depth = Math.min(tileDepth, imageDepth - layer * tileDepth);
  const sets = Math.min(tileSets, imageSets - set * tileSets);
  return {
    index: (set * layers + layer) * rows * columns + index,
    x0,
    y0,
    width,
    height,
    pixels: area * depth * sets,
    planeOffset: ((w - set * tileSets) * depth + (z - layer * tileDepth)) * area,
  };
}
