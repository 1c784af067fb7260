import { ServiceError } from "../errors.ts";
import {
  findArray,
  findArrays,
  hasNumbers,
  readArrayDescriptor,
  readNumber,
  readNumbers,
  type HeapRange,
} from "./bintable.ts";
import type { TiledImage } from "./tiled-image.ts";

/** Where the bytes of a tile are, and how its values are to be scaled. Offsets from the start of the heap. */
export type TileStream = HeapRange & {
  /** Which of the three columns has them: GZIP_COMPRESSED_DATA and UNCOMPRESSED_DATA hold unquantised pixels. */
  readonly storage: "compressed" | "gzip" | "uncompressed";
  /** ZSCALE and ZZERO: 1 and 0 where there are none. */
  readonly scale: number;
  readonly zero: number;
  /** ZBLANK */
  readonly nullValue: number | undefined;
  readonly mask: HeapRange | undefined;
};

const STORAGES = ["compressed", "gzip", "uncompressed"] as const;
const COLUMN_OF = { compressed: "compressed", gzip: "gzipCompressed", uncompressed: "uncompressed" } as const;

/** Whether `readTileDescriptor` finds a tile, without an error to say why not: a table may have a million of them. */
export function hasTileStream(tableRows: DataView, tileIndex: number, tiled: TiledImage, firstRow = 0): boolean {
  const { columns, heapLength, rowLength } = tiled;
  const row = { rows: tableRows, rowOffset: (tileIndex - firstRow) * rowLength, heapLength };
  if (columns.nullMask !== undefined && findArray(row, columns.nullMask) === null) return false;
  for (const column of [columns.scale, columns.zero, columns.nullValue]) {
    if (column !== undefined && !hasNumbers(column)) return false;
  }
  for (const storage of STORAGES) {
    const column = columns[COLUMN_OF[storage]];
    const range = column === undefined ? undefined : findArray(row, column);
    if (range === null) return false;
    if (range !== undefined && range.length > 0) return true;
  }
  return false;
}

/**
 * Where a tile lies. `tableRows` holds rows of the table from row `firstRow` on, as they are in the file; the tile's
 * must be among them. Every offset is checked against the heap: "corrupt-data" names the tile.
 */
export function readTileDescriptor(
  tableRows: DataView,
  tileIndex: number,
  tiled: TiledImage,
  firstRow = 0,
): TileStream {
  const { columns, heapLength, rowLength } = tiled;
  const rowOffset = (tileIndex - firstRow) * rowLength;
  if (!(rowOffset >= 0 && rowLength <= tableRows.byteLength - rowOffset)) {
    throw new ServiceError("internal", `Cannot read the descriptor of tile ${tileIndex}: its row was not handed over`);
  }
  try {
    const row = { rows: tableRows, rowOffset, heapLength };
    const maskRange = columns.nullMask && readArrayDescriptor(row, columns.nullMask);
    const scale = columns.scale ? readNumber(tableRows, rowOffset, columns.scale) : (tiled.scale ?? 1);
    const zero = columns.zero ? readNumber(tableRows, rowOffset, columns.zero) : (tiled.zero ?? 0);
    const nullValue = columns.nullValue ? readNumber(tableRows, rowOffset, columns.nullValue) : tiled.nullValue;
    const mask = maskRange !== undefined && maskRange.length > 0 ? maskRange : undefined;
    for (const storage of STORAGES) {
      const column = columns[COLUMN_OF[storage]];
      const range = column && readArrayDescriptor(row, column);
      if (range !== undefined && range.length > 0) {
        const { offset, length } = range;
        return { storage, offset, length, scale, zero, nullValue, mask }; // a spread here would be half of the time
      }
    }
  } catch (cause) {
    if (!(cause instanceof ServiceError)) throw cause;
    throw new ServiceError(cause.code, `Cannot read tile ${tileIndex}: ${cause.message}`, { cause });
  }
  throw new ServiceError("corrupt-data", `Cannot read tile ${tileIndex}: none of its columns has any bytes`);
}

/** Of rows that follow each other. null: the table has no such column. */
export type StreamColumns = {
  readonly offsets: Float64Array;
  readonly lengths: Float64Array;
  readonly scales: Float64Array | null;
  readonly zeros: Float64Array | null;
  readonly nullValues: Float64Array | null;
};

/**
 * As `readTileDescriptor`, of all rows in `tableRows`, column by column: a quarter of the time. Knows only streams of
 * COMPRESSED_DATA, and tables without masks; a length of 0 leaves the row for `readTileDescriptor`.
 */
export function readCompressedStreams(tableRows: DataView, tiled: TiledImage, into: StreamColumns): void {
  const { columns, rowLength, heapLength } = tiled;
  if (columns.compressed === undefined || columns.nullMask !== undefined) {
    into.lengths.fill(0);
    return;
  }
  findArrays({ rows: tableRows, rowLength, heapLength }, columns.compressed, into);
  for (const [column, numbers] of [
    [columns.scale, into.scales],
    [columns.zero, into.zeros],
    [columns.nullValue, into.nullValues],
  ] as const) {
    if (column !== undefined && numbers !== null) readNumbers(tableRows, rowLength, column, numbers);
  }
}
