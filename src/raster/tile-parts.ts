import type { PixelWindow } from "./pixel-window.ts";
import { tilesOfPlane, type PlaneOfTiles, type TileGrid } from "./tile-grid.ts";

/** Rows [y0, y1) of the image in one of its planes. */
export type PlaneRows = { readonly plane: number; readonly y0: number; readonly y1: number };

/**
 * The tiles that some rows of a window meet, column by column, row by row, and what part of each: `next` goes on to one
 * and fills the fields. A window meets hundreds, which an object each would make four times as slow to walk through.
 */
export class TileParts {
  /** How many there are: columns [column0, column1) and rows [row0, row1) of tiles. */
  readonly count: number;
  readonly columns: number;
  /** Whether it is the first plane of its tiles, which may span several. */
  readonly isFirstPlane: boolean;
  /** How many of them `next` has gone to. */
  done = 0;
  /** The tile's row in the table, its pixels in a row, and all of them, over its further axes too. */
  tile = 0;
  tileWidth = 0;
  tilePixels = 0;
  /** The part, in the order of the tile's pixels: its first, and the one after its last. */
  firstPixel = 0;
  endPixel = 0;
  width = 0;
  height = 0;
  /** Place of its first pixel in the rows of the window. */
  outPixel = 0;
  /** Whether it is the first of a row of tiles. */
  startsRow = false;

  readonly #grid: TileGrid;
  readonly #window: PixelWindow;
  readonly #rows: PlaneRows;
  readonly #plane: PlaneOfTiles;
  readonly #column0: number;
  readonly #row0: number;
  #column = 0;
  #row = 0;
  /** Of the tile, and of the part in it. */
  #tileHeight = 0;
  #left = 0;
  #top = 0;
  /** Of the part in the window, and in its rows. */
  #outLeft = 0;
  #outTop = 0;

  /** The window lies in the image, and the rows in the window. */
  constructor(grid: TileGrid, window: PixelWindow, rows: PlaneRows) {
    const [tileWidth, tileHeight] = grid.tile;
    this.#grid = grid;
    this.#window = window;
    this.#rows = rows;
    this.#plane = tilesOfPlane(grid, rows.plane);
    this.isFirstPlane = this.#plane.planeInTile === 0;
    this.#column0 = Math.floor(window.x0 / tileWidth);
    this.#row0 = Math.floor(rows.y0 / tileHeight);
    this.columns = Math.ceil((window.x0 + window.width) / tileWidth) - this.#column0;
    this.count = this.columns * (Math.ceil(rows.y1 / tileHeight) - this.#row0);
    this.restart();
  }

  /** The next is the first one again. */
  restart(): void {
    this.done = 0;
    this.#enterColumn(this.#column0);
    this.#enterRow(this.#row0);
  }

  /** False after the last one. */
  next(): boolean {
    if (this.done === this.count) return false;
    if (this.done > 0) this.#goOn();
    this.done++;
    this.startsRow = this.#column === this.#column0;
    const { tileWidth } = this;
    const planePixels = tileWidth * this.#tileHeight;
    this.tile = this.#plane.firstTile + this.#row * this.#grid.tiles[0] + this.#column;
    this.tilePixels = planePixels * this.#plane.planesInTile;
    this.firstPixel = this.#plane.planeInTile * planePixels + this.#top * tileWidth + this.#left;
    this.endPixel = this.firstPixel + (this.height - 1) * tileWidth + this.width;
    this.outPixel = this.#outTop * this.#window.width + this.#outLeft;
    return true;
  }

  #goOn(): void {
    const column = this.#column + 1;
    if (column < this.#column0 + this.columns) {
      this.#enterColumn(column);
      return;
    }
    if (this.columns > 1) this.#enterColumn(this.#column0);
    this.#enterRow(this.#row + 1);
  }

  #enterColumn(column: number): void {
    const { x0, width } = this.#window;
    const imageWidth = this.#grid.image[0];
    const start = column * this.#grid.tile[0];
    const left = Math.max(x0, start);
    this.#column = column;
    this.tileWidth = Math.min(this.#grid.tile[0], imageWidth - start);
    this.width = Math.min(x0 + width, start + this.tileWidth) - left;
    this.#left = left - start;
    this.#outLeft = left - x0;
  }

  #enterRow(row: number): void {
    const { y0, y1 } = this.#rows;
    const imageHeight = this.#grid.image[1];
    const start = row * this.#grid.tile[1];
    const top = Math.max(y0, start);
    this.#row = row;
    this.#tileHeight = Math.min(this.#grid.tile[1], imageHeight - start);
    this.height = Math.min(y1, start + this.#tileHeight) - top;
    this.#top = top - start;
    this.#outTop = top - y0;
  }
}
