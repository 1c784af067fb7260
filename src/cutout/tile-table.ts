import { ServiceError } from "../errors.ts";
import { readTileDescriptor, type TileStream } from "../fits/tile-stream.ts";
import type { TiledImage } from "../fits/tiled-image.ts";
import type { RangeSource } from "../storage/range-source.ts";
import { ByteIntervals } from "./byte-intervals.ts";

/** A request for a few rows of the table brings this many bytes, in case the next one wants their neighbours. */
const BLOCK_BYTES = 8 * 1024;
/** Out of memory it takes 10 µs. */
const NOW_BLOCK_BYTES = 64 * 1024;
const MAX_NOW_BYTES = 1024 * 1024;
/** 8 million tiles of 32 bytes; the largest images of surveys have some 100,000. */
const MAX_TABLE_BYTES = 256 * 1024 * 1024;

/** The rows that say where each tile's bytes lie; read when they are first needed, and kept. */
export class TileTable {
  readonly byteLength: number;
  readonly #source: RangeSource;
  readonly #image: TiledImage;
  readonly #name: string;
  readonly #present = new ByteIntervals();
  #rows: DataView<ArrayBuffer> | null = null;

  /** `name`: file and HDU, for messages. */
  constructor(source: RangeSource, image: TiledImage, name: string) {
    this.byteLength = image.tileCount * image.rowLength;
    this.#source = source;
    this.#image = image;
    this.#name = name;
    if (this.byteLength > MAX_TABLE_BYTES) {
      throw new ServiceError(
        "over-limit",
        `Cannot cut ${name}: its table of tiles takes ${this.byteLength} bytes, and ${MAX_TABLE_BYTES} are allowed`,
      );
    }
  }

  /** Makes the rows of tiles [first, end) available. */
  async load(first: number, end: number, signal?: AbortSignal): Promise<void> {
    const { rowLength, tableStart } = this.#image;
    if (this.#present.has(first * rowLength, end * rowLength)) return;
    this.#rows ??= new DataView(new ArrayBuffer(this.byteLength));
    const blockBytes = this.#source.readNow === undefined ? BLOCK_BYTES : NOW_BLOCK_BYTES;
    const from = Math.floor((first * rowLength) / blockBytes) * blockBytes;
    const to = Math.min(this.byteLength, Math.ceil((end * rowLength) / blockBytes) * blockBytes);
    const into = new Uint8Array(this.#rows.buffer, from, to - from);
    const range = { start: tableStart + from, length: to - from };
    const isRead = to - from <= MAX_NOW_BYTES && this.#source.readNow?.([{ ...range, offset: 0 }], into) === 1;
    if (!isRead) await this.#source.read(range, { signal, into });
    this.#present.add(from, to);
  }

  /** Where a tile's bytes lie in the heap; its row must be loaded. "corrupt-data" where it lies outside. */
  streamOf(tile: number): TileStream {
    if (this.#rows === null) throw new ServiceError("internal", `Cannot look up tile ${tile}: its row is not loaded`);
    try {
      return readTileDescriptor(this.#rows, tile, this.#image);
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      throw new ServiceError(cause.code, `Cannot cut ${this.#name}: ${cause.message}`, { cause });
    }
  }
}
