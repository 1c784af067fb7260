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

/** Where the tiles that hold one plane of the image are; the last two axes count as one plane number. */
export type PlaneOfTiles = {
  /** Row of the first of them in the table. */
  readonly firstTile: number;
  /** Planes in each of them, and which of these it is. */
  readonly planesInTile: number;
  readonly planeInTile: number;
};

const FLAT: PlaneOfTiles = { firstTile: 0, planesInTile: 1, planeInTile: 0 };

/** Of plane `plane` (axes 3 and 4 counted as one). */
export function tilesOfPlane({ image, tile, tiles }: TileGrid, plane: number): PlaneOfTiles {
  if (image[2] * image[3] === 1) return FLAT;
  const z = plane % image[2];
  const w = (plane - z) / image[2];
  const layer = Math.floor(z / tile[2]);
  const set = Math.floor(w / tile[3]);
  const depth = Math.min(tile[2], image[2] - layer * tile[2]);
  const sets = Math.min(tile[3], image[3] - set * tile[3]);
  return {
    firstTile: (set * tiles[2] + layer) * tiles[0] * tiles[1],
    planesInTile: depth * sets,
    planeInTile: (w - set * tile[3]) * depth + (z - layer * tile[2]),
  };
}
