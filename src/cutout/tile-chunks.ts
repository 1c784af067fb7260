import { DecodeFailure, type Decoder, type DecodeWork } from "../codec/decoder.ts";
import { CODEC, FALLBACK, JOB, JOB_BYTES } from "../codec/layout.ts";
import type { JobRun } from "../codec/shared-run.ts";
import { ServiceError } from "../errors.ts";
import type { PixelRows } from "../raster/pixel-rows.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import { TileParts } from "../raster/tile-parts.ts";
import { RangeList } from "../storage/coalesce.ts";
import type { Chunk } from "./chunks.ts";
import type { OpenImage, TiledData } from "./open-image.ts";
import type { CachedHeap, PlaneLease } from "./plane-cache.ts";
import type { SeekIndex } from "./seek-index.ts";
import { readToBlocks, readToHeap, type StreamBytes } from "./stream-bytes.ts";
import { STORAGE, type TileColumns } from "./tile-table.ts";

export type OpenTiledImage = OpenImage & { readonly data: TiledData };

/** The compressed bytes of a chunk: in the plane's cached heap, or read to blocks of their own. */
export type ChunkInput = {
  readonly chunk: Chunk;
  readonly parts: TileParts;
  /** null: whole streams in the cached heap. */
  readonly blocks: StreamBytes | null;
};

export type Fetching = { readonly input: ChunkInput | Promise<ChunkInput>; readonly byteLength: number };

type Decoding = { readonly input: ChunkInput; readonly run: JobRun; readonly work: DecodeWork; readonly out: number };

const FALLBACK_OF = {
  [STORAGE.compressed]: FALLBACK.none,
  [STORAGE.gzip]: FALLBACK.gzip,
  [STORAGE.uncompressed]: FALLBACK.uncompressed,
} as Readonly<Record<number, number>>;

/** A cursor of a job: pixel, bit and value, one behind the other. */
const CURSOR_WORDS = 3;

/** Chunks of a window of a tile-compressed image: their bytes, and their pixels. Chunks are decoded in their order. */
export class TileChunks {
  readonly #image: OpenTiledImage;
  readonly #window: PixelWindow;
  readonly #decoder: Decoder;
  readonly #heap: CachedHeap | null;
  readonly #index: SeekIndex | null;
  readonly #bytesPerPixel: number;
  /** They hold the tiles of the window, which were loaded when it was planned. */
  readonly #columns: TileColumns;
  readonly #masks: { readonly offsets: Float64Array; readonly lengths: Float64Array; readonly codec: number } | null;
  /** Where the pixels of the whole window go; null: each chunk's to a block of its own. */
  readonly #target: number | null;
  /** Address of the rows that are lent out, where it is such a block. */
  #pixels: number | null = null;
  /** Where decoding stopped in the last row of tiles, CURSOR_WORDS each, and the first tile of that row. */
  #cursors: Uint32Array | null = null;
  #cursorTile = 0;
  /** The leased heap has all bytes of the window. */
  #isPresent = false;
  /** Of the chunk whose jobs were written last: whether the index reached its last pixel in each of its tiles. */
  #isIndexed = false;

  /** `target`: an address of the arena with room for all rows of all planes. */
  constructor(
    image: OpenTiledImage,
    window: PixelWindow,
    decoder: Decoder,
    { heap, index }: PlaneLease,
    target: number | null = null,
  ) {
    this.#image = image;
    this.#window = window;
    this.#decoder = decoder;
    this.#heap = heap;
    this.#index = index;
    this.#bytesPerPixel = Math.abs(image.bitpix) / 8;
    this.#target = target;
    const { table, maskCodec } = image.data;
    this.#columns = table.columns;
    const { maskOffsets: offsets, maskLengths: lengths } = this.#columns;
    const hasMasks = maskCodec !== undefined && offsets !== null && lengths !== null;
    this.#masks = hasMasks ? { offsets, lengths, codec: CODEC[maskCodec] } : null;
  }

  /** Whether nobody gets any of the rows before all of them are there. */
  get isAwaited(): boolean {
    return this.#target !== null;
  }

  /** Whether the compressed bytes of the whole window are in memory. */
  isPresent(): boolean {
    const { y0, height } = this.#window;
    const heap = this.#heap;
    if (heap === null || this.#image.planes > 1) return false;
    const parts = new TileParts(this.#image.data.grid, this.#window, { plane: 0, y0, y1: y0 + height });
    this.#isPresent = this.#hasAll(parts, heap);
    return this.#isPresent;
  }

  /** Whether every tile can be entered near its pixels of the window. */
  isIndexed(): boolean {
    const index = this.#index;
    if (index === null) return false;
    const { grid, seekStride } = this.#image.data;
    const { firstTile, storages } = this.#columns;
    const { y0, height } = this.#window;
    for (let plane = 0; plane < this.#image.planes; plane++) {
      const parts = new TileParts(grid, this.#window, { plane, y0, y1: y0 + height });
      while (parts.next()) {
        if (storages[parts.tile - firstTile] !== STORAGE.compressed) return false;
        if (index.indexed[parts.tile] * seekStride < parts.endPixel) return false;
      }
    }
    return true;
  }

  /** Starts to read a chunk's compressed bytes; has read them, where the source has them in memory. */
  fetch(chunk: Chunk, signal: AbortSignal | undefined): Fetching {
    const { data, source } = this.#image;
    const { heapStart } = data;
    const parts = new TileParts(data.grid, this.#window, chunk);
    const heap = this.#heap;
    if (heap !== null && (this.#isPresent || this.#hasAll(parts, heap)))
      return { input: { chunk, parts, blocks: null }, byteLength: 0 };
    const ranges = this.#rangesOf(parts);
    let byteLength = 0;
    for (let i = 0; i < ranges.count; i++) byteLength += ranges.lengths[i];
    const from = { source, heapStart, arena: this.#decoder.arena };
    if (heap !== null) {
      const input = { chunk, parts, blocks: null };
      const reading = readToHeap(from, heap, ranges, signal);
      return { input: reading === null ? input : reading.then(() => input), byteLength };
    }
    const reading = readToBlocks(from, ranges, signal);
    const toInput = (blocks: StreamBytes) => ({ chunk, parts, blocks });
    return { input: reading instanceof Promise ? reading.then(toInput) : toInput(reading), byteLength };
  }

  /** Decodes a chunk, and gives its compressed bytes back. The rows are lent until `releasePixels`. */
  decode(input: ChunkInput, signal: AbortSignal | undefined): PixelRows | Promise<PixelRows> {
    let decoding: Decoding | null = null;
    let isUnderWay = false;
    try {
      signal?.throwIfAborted();
      decoding = this.#prepare(input);
      const running = this.#decoder.decode(decoding.run, decoding.work, signal);
      if (running === null) return this.#finish(decoding);
      isUnderWay = true;
      return this.#await(running, decoding);
    } catch (error) {
      throw this.#nameTile(error, input);
    } finally {
      if (!isUnderWay) this.#release(input, decoding);
    }
  }

  /** Nobody looks any more at the rows that were decoded last. */
  releasePixels(): void {
    if (this.#pixels !== null) this.#decoder.arena.release(this.#pixels);
    this.#pixels = null;
  }

  async #await(running: Promise<void>, decoding: Decoding): Promise<PixelRows> {
    try {
      await running;
      return this.#finish(decoding);
    } catch (error) {
      throw this.#nameTile(error, decoding.input);
    } finally {
      this.#release(decoding.input, decoding);
    }
  }

  /** Whether the heap has all of the chunk's streams, and what lies between them, as it mostly does. */
  #hasAll(parts: TileParts, { present }: CachedHeap): boolean {
    const { firstTile, offsets, lengths } = this.#columns;
    const masks = this.#masks;
    let first = Infinity;
    let end = 0;
    parts.restart();
    while (parts.next()) {
      const row = parts.tile - firstTile;
      const offset = offsets[row];
      if (offset < first) first = offset;
      if (offset + lengths[row] > end) end = offset + lengths[row];
      if (masks === null || masks.lengths[row] === 0) continue;
      first = Math.min(first, masks.offsets[row]);
      end = Math.max(end, masks.offsets[row] + masks.lengths[row]);
    }
    return present.has(first, end);
  }

  /** What is to be read of each tile's stream; where the image has masks, each followed by its mask's. */
  #rangesOf(parts: TileParts): RangeList {
    const { seekStride } = this.#image.data;
    const { firstTile, storages, offsets, lengths } = this.#columns;
    const masks = this.#masks;
    // A heap that is kept gets whole tiles, for the windows that follow.
    const index = this.#heap === null ? this.#index : null;
    const ranges = new RangeList(masks === null ? parts.count : 2 * parts.count);
    parts.restart();
    while (parts.next()) {
      const { tile } = parts;
      const row = tile - firstTile;
      const streamLength = lengths[row];
      let start = 0;
      let end = streamLength;
      if (index !== null && storages[row] === STORAGE.compressed) {
        start = index.startByteOf(tile, parts.firstPixel, seekStride);
        end = index.endByteOf(tile, parts.endPixel, seekStride) ?? streamLength;
        // The entries may come out of a file.
        if (start >= end || end > streamLength) {
          start = 0;
          end = streamLength;
        }
      }
      ranges.add(offsets[row] + start, end - start);
      if (masks === null) continue;
      if (masks.lengths[row] > 0) ranges.add(masks.offsets[row], masks.lengths[row]);
      else ranges.add(offsets[row], 0); // keeps its place in the list
    }
    return ranges;
  }

  /** Reserves what decoding takes, and writes its jobs. */
  #prepare(input: ChunkInput): Decoding {
    const { arena } = this.#decoder;
    const { chunk, parts } = input;
    const jobs = arena.allocate(parts.count * JOB_BYTES);
    try {
      const out = this.#placeOf(chunk);
      const work = this.#writeJobs(input, jobs, out);
      return { input, out, run: { plane: this.#image.data.planeAddress, jobs, count: parts.count }, work };
    } catch (error) {
      arena.release(jobs);
      throw error;
    }
  }

  /** The address of a chunk's rows. */
  #placeOf({ plane, y0, y1 }: Chunk): number {
    const window = this.#window;
    const rowBytes = window.width * this.#bytesPerPixel;
    if (this.#target !== null) return this.#target + (plane * window.height + y0 - window.y0) * rowBytes;
    this.#pixels = this.#decoder.arena.allocate((y1 - y0) * rowBytes);
    return this.#pixels;
  }

  #release({ blocks }: ChunkInput, decoding: Decoding | null): void {
    if (decoding !== null) this.#decoder.arena.release(decoding.run.jobs);
    blocks?.release();
  }

  #writeJobs({ parts, blocks }: ChunkInput, jobs: number, out: number): DecodeWork {
    const { words, doubles } = this.#decoder.arena;
    const { table, planeAddress, decodesInPart, seekStride } = this.#image.data;
    const { firstTile, storages, offsets, lengths, scales, zeros, nullValues } = this.#columns;
    const masks = this.#masks;
    const index = this.#index;
    const heapAddress = this.#heap?.address ?? 0;
    const bytesPerPixel = this.#bytesPerPixel;
    const outStride = this.#window.width * bytesPerPixel;
    const hasBlank = nullValues === null && table.nullValue === undefined ? 0 : 1;
    let pixels = 0;
    let largest = 0;
    let scratchBytes = 0;
    let next = 0;
    let lastPixels = -1;
    let isIndexed = true;
    parts.restart();
    while (parts.next()) {
      const { tile, tilePixels } = parts;
      const row = tile - firstTile;
      const storage = storages[row];
      const isCompressed = storage === STORAGE.compressed;
      let stream = heapAddress + offsets[row];
      let streamLength = lengths[row];
      if (blocks !== null) {
        // As if all of it were there: the seek entries lead to the bytes that are. Written as u32, it may wrap.
        const firstByte = blocks.ranges.starts[next] - offsets[row];
        stream = blocks.ranges.offsets[next] - firstByte;
        streamLength = firstByte + blocks.ranges.lengths[next];
        next++;
      }
      const indexed = index === null || !isCompressed ? 0 : index.indexed[tile];
      const at = (jobs >>> 2) + (parts.done - 1) * (JOB_BYTES >> 2);
      words[at + (JOB.stream >> 2)] = stream;
      words[at + (JOB.streamLength >> 2)] = streamLength;
      words[at + (JOB.fallback >> 2)] = FALLBACK_OF[storage];
      words[at + (JOB.tile >> 2)] = tile;
      words[at + (JOB.tileWidth >> 2)] = parts.tileWidth;
      words[at + (JOB.tileRows >> 2)] = tilePixels / parts.tileWidth;
      words[at + (JOB.tilePixels >> 2)] = tilePixels;
      words[at + (JOB.firstPixel >> 2)] = parts.firstPixel;
      words[at + (JOB.rows >> 2)] = parts.height;
      words[at + (JOB.rowLength >> 2)] = parts.width;
      words[at + (JOB.out >> 2)] = out + parts.outPixel * bytesPerPixel;
      words[at + (JOB.outStride >> 2)] = outStride;
      words[at + (JOB.hasBlank >> 2)] = hasBlank;
      words[at + (JOB.blank >> 2)] = nullValues === null ? (table.nullValue ?? 0) : nullValues[row];
      words[at + (JOB.index >> 2)] = index === null ? 0 : index.addressOf(tile);
      words[at + (JOB.indexed >> 2)] = indexed;
      words[at + (JOB.indexStep >> 2)] = index === null ? 0 : index.steps.entry;
      words[at + (JOB.status >> 2)] = 0;
      doubles[(at + (JOB.scale >> 2)) >>> 1] = scales === null ? table.scale : scales[row];
      doubles[(at + (JOB.zero >> 2)) >>> 1] = zeros === null ? table.zero : zeros[row];
      this.#writeCursor(at, tile);
      const hasMask = masks !== null && masks.lengths[row] > 0;
      words[at + (JOB.maskStream >> 2)] = 0;
      words[at + (JOB.maskLength >> 2)] = hasMask ? masks.lengths[row] : 0;
      words[at + (JOB.maskCodec >> 2)] = hasMask ? masks.codec : 0;
      if (hasMask) {
        words[at + (JOB.maskStream >> 2)] =
          blocks === null ? heapAddress + masks.offsets[row] : blocks.ranges.offsets[next];
      }
      if (masks !== null) next++;
      if (indexed * seekStride < parts.endPixel) isIndexed = false;
      const leadIn = decodesInPart ? parts.endPixel - Math.min(parts.firstPixel, indexed * seekStride) : tilePixels;
      pixels += decodesInPart && isCompressed ? leadIn : workOf(leadIn, streamLength);
      if (hasMask) pixels += workOf(tilePixels, masks.lengths[row]);
      // A Rice tile is decoded block by block; all others, and masks, need room for the tile.
      const wholePixels = decodesInPart && isCompressed && !hasMask ? 0 : tilePixels;
      largest = Math.max(largest, wholePixels === 0 ? leadIn : Infinity);
      if (wholePixels !== lastPixels) {
        lastPixels = wholePixels;
        const need = { tilePixels: wholePixels, tileWidth: parts.tileWidth, maskCodec: masks?.codec ?? 0 };
        scratchBytes = Math.max(scratchBytes, this.#decoder.scratchBytes(planeAddress, need));
      }
    }
    this.#isIndexed = isIndexed;
    return { pixels, scratchBytes, awaitedPixels: this.isAwaited ? largest : undefined };
  }

  /** Where the chunk before stopped in this tile; 0 0 0: at its start. `at`: the job, in words. */
  #writeCursor(at: number, tile: number): void {
    const { words } = this.#decoder.arena;
    const cursors = this.#cursors;
    const from = (tile - this.#cursorTile) * CURSOR_WORDS;
    const isKnown = cursors !== null && from >= 0 && from < cursors.length;
    for (let i = 0; i < CURSOR_WORDS; i++) words[at + (JOB.cursorPixel >> 2) + i] = isKnown ? cursors[from + i] : 0;
  }

  #finish({ input, run, out }: Decoding): PixelRows {
    const { chunk } = input;
    if (this.#image.data.decodesInPart) this.#keepProgress(input, run.jobs);
    const rowCount = chunk.y1 - chunk.y0;
    const end = out + rowCount * this.#window.width * this.#bytesPerPixel;
    const bytes = this.#decoder.arena.bytes.subarray(out, end);
    return { plane: chunk.plane, firstRow: chunk.y0 - this.#window.y0, rowCount, bytes };
  }

  /** Notes new seek entries, and where the last row of tiles stopped: another chunk may go on there. */
  #keepProgress({ chunk, parts }: ChunkInput, jobs: number): void {
    const { words } = this.#decoder.arena;
    const { firstTile, storages } = this.#columns;
    if (this.#index !== null && !this.#isIndexed) {
      parts.restart();
      while (parts.next()) {
        if (storages[parts.tile - firstTile] !== STORAGE.compressed) continue;
        const job = jobs + (parts.done - 1) * JOB_BYTES;
        this.#index.extend(parts.tile, words[(job + JOB.indexed) >>> 2]);
      }
    }
    const { y0, height } = this.#window;
    const isLast = chunk.y1 === y0 + height && chunk.plane === this.#image.planes - 1;
    if (isLast) return;
    const { columns, count } = parts;
    this.#cursors ??= new Uint32Array(columns * CURSOR_WORDS);
    for (let i = 0; i < columns; i++) {
      const at = (jobs + (count - columns + i) * JOB_BYTES) >>> 2;
      if (i === 0) this.#cursorTile = words[at + (JOB.tile >> 2)];
      const cursor = at + (JOB.cursorPixel >> 2);
      for (let word = 0; word < CURSOR_WORDS; word++) this.#cursors[i * CURSOR_WORDS + word] = words[cursor + word];
    }
  }

  #nameTile(error: unknown, { parts }: ChunkInput): unknown {
    if (!(error instanceof DecodeFailure)) return error;
    parts.restart();
    while (parts.done <= error.jobIndex) parts.next();
    return new ServiceError(
      error.unsupported ? "unsupported" : "corrupt-data",
      `Cannot decode tile ${parts.tile} of ${this.#image.name}: ${error.reason}`,
      { cause: error },
    );
  }
}

/**
 * The work in a stream that is not decoded pixel by pixel, in pixels of Rice, 2 ns each: a byte of an honest gzip stream takes
 * some 10 ns. Of blocks that hold nothing it takes 2 µs, so that the calling thread may be held up for 0.2 s.
 */
function workOf(pixels: number, streamLength: number): number {
  return Math.max(pixels, 4 * streamLength);
}
