import { ServiceError } from "../errors.ts";
import { hasTileStream, readCompressedStreams, readTileDescriptor } from "../fits/tile-stream.ts";
import type { TiledImage } from "../fits/tiled-image.ts";
import { placedRange, type RangeSource } from "../storage/range-source.ts";

/** Rows come in blocks of about this size: a request for a few brings their neighbours, which the next one may want. */
const BLOCK_BYTES = 8 * 1024;
/** Of one read. */
const MAX_READ_BYTES = 1024 * 1024;
/** 8 million tiles of 32 bytes; the largest images of surveys have some 100,000. */
const MAX_TABLE_BYTES = 256 * 1024 * 1024;
/** Of rows that make no sense, to say how: a damaged table may have nothing else. */
const MAX_UNREADABLE_BYTES = 2 * BLOCK_BYTES;

/** Which column has a tile's bytes, or why none is known: its row is not loaded, or it makes no sense. */
export const STORAGE = { notLoaded: 0, compressed: 1, gzip: 2, uncompressed: 3, unreadable: 4 } as const;

/**
 * Of each tile from `firstTile` on. Offsets are from the start of the heap; null: the table has no such column. Where they
 * have to reach further there are new ones; of tiles that these hold they stay true.
 */
export type TileColumns = {
  readonly firstTile: number;
  /** One of STORAGE. */
  readonly storages: Uint8Array;
  readonly offsets: Float64Array;
  readonly lengths: Float64Array;
  readonly scales: Float64Array | null;
  readonly zeros: Float64Array | null;
  readonly nullValues: Float64Array | null;
  /** Of null-pixel masks; a length of 0: the tile has none. */
  readonly maskOffsets: Float64Array | null;
  readonly maskLengths: Float64Array | null;
};

/** Whether a tile's bytes can be read. Beyond the columns they have no storage. */
export function isReadable(storage: number | undefined): boolean {
  return storage === STORAGE.compressed || storage === STORAGE.gzip || storage === STORAGE.uncompressed;
}

/**
 * The rows that say where each tile's bytes lie; read when they are first needed, and kept as columns of numbers: a window
 * of hundreds of tiles is planned and read without an object for each.
 */
export class TileTable {
  /** Of memory, once it is in use. */
  readonly byteLength: number;
  /** ZSCALE, ZZERO and ZBLANK of all tiles, where the table has no column of them. */
  readonly scale: number;
  readonly zero: number;
  readonly nullValue: number | undefined;
  readonly #source: RangeSource;
  readonly #image: TiledImage;
  readonly #name: string;
  #isDamaged = false;
  readonly #rowsPerBlock: number;
  readonly #isLoaded: Uint8Array;
  #columns: TileColumns;
  /** The first blocks with an unreadable tile, as they are in the file: what is wrong is told once a window meets it. */
  readonly #unreadable = new Map<number, DataView<ArrayBuffer>>();
  #unreadableBytes = 0;

  /** `name`: file and HDU, for messages. */
  constructor(source: RangeSource, image: TiledImage, name: string) {
    const { tileCount, rowLength, columns } = image;
    const columnBytes = tileCount * bytesPerTile(columns);
    this.byteLength = columnBytes + Math.min(MAX_UNREADABLE_BYTES, tileCount * rowLength);
    const most = Math.max(columnBytes, tileCount * rowLength);
    if (most > MAX_TABLE_BYTES) {
      throw new ServiceError(
        "over-limit",
        `Cannot cut ${name}: its table of tiles takes ${most} bytes, and ${MAX_TABLE_BYTES} are allowed`,
      );
    }
    this.scale = image.scale ?? 1;
    this.zero = image.zero ?? 0;
    this.nullValue = image.nullValue;
    this.#source = source;
    this.#image = image;
    this.#name = name;
    this.#rowsPerBlock = Math.max(1, Math.floor(BLOCK_BYTES / rowLength));
    this.#isLoaded = new Uint8Array(Math.ceil(tileCount / this.#rowsPerBlock));
    this.#columns = createColumns(image, { firstTile: 0, count: 0 });
  }

  /** Of all tiles that were loaded, and others: not all of them are readable (`failureOf` says why). */
  get columns(): TileColumns {
    return this.#columns;
  }

  /** Makes the rows of tiles [first, end) available; null where they are at once. */
  load(first: number, end: number, signal?: AbortSignal): Promise<void> | null {
    let block = Math.floor(first / this.#rowsPerBlock);
    let last = Math.ceil(end / this.#rowsPerBlock);
    while (block < last && this.#isLoaded[block] !== 0) block++;
    while (block < last && this.#isLoaded[last - 1] !== 0) last--;
    if (block < last) this.#makeRoom(block * this.#rowsPerBlock, last * this.#rowsPerBlock);
    const blocksOfRead = Math.max(1, Math.floor(MAX_READ_BYTES / (this.#rowsPerBlock * this.#image.rowLength)));
    for (; block < last; block += blocksOfRead) {
      const { range, bytes } = this.#rangeOf(block, Math.min(last, block + blocksOfRead));
      if (this.#source.readNow?.(placedRange(range), bytes) !== 1) break;
      this.#take(block, bytes);
    }
    return block < last ? this.#loadLater({ block, last, blocksOfRead }, signal) : null;
  }

  /**
   * Columns that hold tiles [first, end): of a first window only these, since most images are looked at in one place; then
   * all. To fill 10 000 rows with zeros takes longer than to read those of a window.
   */
  #makeRoom(first: number, end: number): void {
    const old = this.#columns;
    const oldCount = old.storages.length;
    const count = Math.min(end, this.#image.tileCount) - first;
    if (oldCount === 0) {
      this.#columns = createColumns(this.#image, { firstTile: first, count });
    } else if (first < old.firstTile || first + count > old.firstTile + oldCount) {
      this.#columns = createColumns(this.#image, { firstTile: 0, count: this.#image.tileCount });
      for (const name of COLUMN_NAMES) this.#columns[name]?.set(old[name] ?? [], old.firstTile);
    }
  }

  async #loadLater(
    { block, last, blocksOfRead }: { block: number; last: number; blocksOfRead: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (; block < last; block += blocksOfRead) {
      const { range, bytes } = this.#rangeOf(block, Math.min(last, block + blocksOfRead));
      await this.#source.read(range, { signal, into: bytes });
      this.#take(block, bytes);
    }
  }

  /** Rows of blocks [from, to) in the file, and room for them. */
  #rangeOf(from: number, to: number) {
    const { tableStart, tileCount, rowLength } = this.#image;
    const first = from * this.#rowsPerBlock;
    const length = (Math.min(tileCount, to * this.#rowsPerBlock) - first) * rowLength;
    return { range: { start: tableStart + first * rowLength, length }, bytes: new Uint8Array(length) };
  }

  /** Notes what stands in the rows of `bytes`, which begin with those of a block. */
  #take(firstBlock: number, bytes: Uint8Array<ArrayBuffer>): void {
    const { rowLength } = this.#image;
    const rowsPerBlock = this.#rowsPerBlock;
    const rows = new DataView(bytes.buffer);
    const count = bytes.length / rowLength;
    const firstTile = firstBlock * rowsPerBlock;
    const isTaken = this.#takeCompressed(firstTile, rows, count);
    for (let from = 0; from < count; from += rowsPerBlock) {
      const block = firstBlock + from / rowsPerBlock;
      const end = Math.min(count, from + rowsPerBlock);
      let isReadable = true;
      for (let row = from; row < end; row++) {
        if (isTaken[row] === 0 && !this.#takeRow(firstTile + row, rows, firstTile)) isReadable = false;
      }
      if (!isReadable) this.#keepUnreadable(block, bytes.subarray(from * rowLength, end * rowLength));
      this.#isLoaded[block] = 1;
    }
  }

  #keepUnreadable(block: number, rows: Uint8Array<ArrayBuffer>): void {
    if (this.#unreadable.has(block)) return; // two have loaded it at once
    if (rows.length > MAX_UNREADABLE_BYTES - this.#unreadableBytes) return;
    this.#unreadableBytes += rows.length;
    this.#unreadable.set(block, new DataView(rows.slice().buffer));
  }

  /** Of most images these are all rows. 0 in `storages`, which it returns of them, for those that are others. */
  #takeCompressed(firstTile: number, rows: DataView, count: number): Uint8Array {
    const { storages, ...columns } = this.#columns;
    const first = firstTile - columns.firstTile;
    const part = (column: Float64Array) => column.subarray(first, first + count);
    const partOf = (column: Float64Array | null) => (column === null ? null : part(column));
    const lengths = part(columns.lengths);
    readCompressedStreams(rows, this.#image, {
      offsets: part(columns.offsets),
      lengths,
      scales: partOf(columns.scales),
      zeros: partOf(columns.zeros),
      nullValues: partOf(columns.nullValues),
    });
    const taken = storages.subarray(first, first + count);
    for (let i = 0; i < count; i++) taken[i] = lengths[i] > 0 ? STORAGE.compressed : STORAGE.notLoaded;
    return taken;
  }

  #takeRow(tile: number, rows: DataView, firstRow: number): boolean {
    const columns = this.#columns;
    const row = tile - columns.firstTile;
    // Where one is damaged, many may be.
    if (this.#isDamaged && !hasTileStream(rows, tile, this.#image, firstRow)) {
      columns.storages[row] = STORAGE.unreadable;
      return false;
    }
    try {
      const stream = readTileDescriptor(rows, tile, this.#image, firstRow);
      columns.offsets[row] = stream.offset;
      columns.lengths[row] = stream.length;
      columns.storages[row] = STORAGE[stream.storage];
      if (columns.scales !== null) columns.scales[row] = stream.scale;
      if (columns.zeros !== null) columns.zeros[row] = stream.zero;
      if (columns.nullValues !== null) columns.nullValues[row] = stream.nullValue ?? 0;
      if (columns.maskOffsets !== null) columns.maskOffsets[row] = stream.mask?.offset ?? 0;
      if (columns.maskLengths !== null) columns.maskLengths[row] = stream.mask?.length ?? 0;
      return true;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      columns.storages[row] = STORAGE.unreadable;
      this.#isDamaged = true;
      return false;
    }
  }

  /** Of a tile that `storages` calls unreadable, or not loaded. */
  failureOf(tile: number): ServiceError {
    if (this.#columns.storages[tile - this.#columns.firstTile] !== STORAGE.unreadable) {
      return new ServiceError("internal", `Cannot look up tile ${tile} of ${this.#name}: its row is not loaded`);
    }
    const block = Math.floor(tile / this.#rowsPerBlock);
    const rows = this.#unreadable.get(block);
    try {
      if (rows !== undefined) readTileDescriptor(rows, tile, this.#image, block * this.#rowsPerBlock);
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      return new ServiceError(cause.code, `Cannot cut ${this.#name}: ${cause.message}`, { cause });
    }
    const what = "its row points to bytes that are not in the heap, or to none";
    return new ServiceError("corrupt-data", `Cannot cut ${this.#name}: Cannot read tile ${tile}: ${what}`);
  }
}

function bytesPerTile({ scale, zero, nullValue, nullMask }: TiledImage["columns"]): number {
  const optional = [scale, zero, nullValue, nullMask, nullMask].filter((column) => column !== undefined);
  return 1 + 8 * (2 + optional.length);
}

const COLUMN_NAMES = [
  ...(["storages", "offsets", "lengths", "scales", "zeros", "nullValues"] as const),
  ...(["maskOffsets", "maskLengths"] as const),
];

function createColumns(
  { columns }: TiledImage,
  { firstTile, count }: { firstTile: number; count: number },
): TileColumns {
  const numbers = () => new Float64Array(count);
  const numbersOf = (column: unknown) => (column === undefined ? null : numbers());
  return {
    firstTile,
    storages: new Uint8Array(count),
    offsets: numbers(),
    lengths: numbers(),
    scales: numbersOf(columns.scale),
    zeros: numbersOf(columns.zero),
    nullValues: numbersOf(columns.nullValue),
    maskOffsets: numbersOf(columns.nullMask),
    maskLengths: numbersOf(columns.nullMask),
  };
}
