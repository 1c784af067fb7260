import { DecodeFailure, type Decoder, type JobRun } from "../codec/decoder.ts";
import { JOB_BYTES } from "../codec/layout.ts";
import { readCursor, readIndexed, TILE_START, writeJob, type TileCursor, type TileJob } from "../codec/tile-job.ts";
import { ServiceError } from "../errors.ts";
import type { TileStream } from "../fits/tile-stream.ts";
import type { PixelRows } from "../raster/pixel-rows.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { TilePlace } from "../raster/tile-grid.ts";
import type { ByteRange } from "../storage/range-source.ts";
import { joinChunks, type Chunk } from "./chunks.ts";
import type { OpenImage, TiledData } from "./open-image.ts";
import { tilesOf, type CutoutPlan, type PlannedTile } from "./plan.ts";
import type { PlaneCache, PlaneLease } from "./plane-cache.ts";
import { readStreams, type StreamBytes } from "./stream-bytes.ts";

export type TileReading = { readonly decoder: Decoder; readonly planes: PlaneCache };

/**
 * The pixels of a window of a tile-compressed image, chunk by chunk. The compressed bytes of the next chunks are read
 * while one is decoded and on its way. While its reader waits, a cutout holds one chunk of pixels, and what it has read
 * ahead.
 */
export async function* readTiles(
  image: OpenImage & { readonly data: TiledData },
  plan: CutoutPlan,
  { decoder, planes }: TileReading,
  signal: AbortSignal | undefined,
): AsyncGenerator<PixelRows, void, undefined> {
  const lease = await planes.acquire(image.data);
  const ahead: { input: ChunkInput | Promise<ChunkInput>; byteLength: number }[] = [];
  try {
    const reader = new ChunkReader(image, plan, decoder, lease);
    const chunks = reader.isIndexed() ? joinChunks(plan.chunks, plan.window.width * plan.bytesPerPixel) : plan.chunks;
    let next = 0;
    let bytesAhead = 0;
    let waits = true; // What is had at once is not read ahead.
    for (let done = 0; done < chunks.length; done++) {
      while (
        next < chunks.length &&
        (next === done || (waits && next - done < MAX_AHEAD && bytesAhead < MAX_BYTES_AHEAD))
      ) {
        const fetching = reader.fetch(chunks[next++], signal);
        waits = fetching.input instanceof Promise;
        // Its failure is met where it is awaited, or no longer matters.
        if (fetching.input instanceof Promise) fetching.input.catch(() => undefined);
        ahead.push(fetching);
        bytesAhead += fetching.byteLength;
      }
      const { input, byteLength } = ahead[0];
      const arrived = input instanceof Promise ? await input : input;
      ahead.shift();
      bytesAhead -= byteLength;
      try {
        yield await reader.decode(arrived, signal);
      } finally {
        reader.releasePixels();
      }
    }
  } finally {
    // Reads under way write to memory that they and the lease keep.
    for (const { input } of ahead) {
      await Promise.resolve(input).then(
        ({ bytes }) => bytes.release(),
        () => undefined,
      );
    }
    lease.release();
  }
}

/** What one cutout reads ahead of its decoder, at most: a slow client holds it for as long as it likes. */
const MAX_BYTES_AHEAD = 2 * 1024 * 1024;
const MAX_AHEAD = 4;

/** One tile's part in a chunk. As a range: the bytes of its stream that are read, in the heap. */
type TilePart = ByteRange & {
  readonly place: TilePlace;
  readonly stream: TileStream;
  /** Tile-relative position of the first pixel, in tile order. */
  readonly firstPixel: number;
  readonly width: number;
  readonly height: number;
  /** Bytes from the start of the chunk's pixels to this part's first. */
  readonly outOffset: number;
};

type ChunkInput = { readonly chunk: Chunk; readonly parts: readonly TilePart[]; readonly bytes: StreamBytes };

const FALLBACKS = { compressed: "none", gzip: "gzip", uncompressed: "uncompressed" } as const;

const ANY_JOB: { -readonly [field in keyof TileJob]: TileJob[field] } = {
  stream: 0,
  streamLength: 0,
  fallback: "none",
  tile: 0,
  tileWidth: 0,
  tileRows: 0,
  tilePixels: 0,
  firstPixel: 0,
  rows: 0,
  rowLength: 0,
  out: 0,
  outStride: 0,
  scale: 0,
  zero: 0,
  blank: undefined,
  index: 0,
  indexed: 0,
  cursor: TILE_START,
  mask: null,
};

/** The ranges of tiles, each with that of its null-pixel mask behind it, where it has one. */
function withMasks(parts: readonly TilePart[]): ByteRange[] {
  return parts.flatMap((part) =>
    part.stream.mask === undefined
      ? [part]
      : [part, { start: part.stream.mask.offset, length: part.stream.mask.length }],
  );
}

class ChunkReader {
  readonly #image: OpenImage & { readonly data: TiledData };
  readonly #window: PixelWindow;
  readonly #tiles: readonly PlannedTile[];
  readonly #decoder: Decoder;
  readonly #lease: PlaneLease;
  readonly #bytesPerPixel: number;
  /** Address of the rows that are lent out. */
  #pixels: number | null = null;
  /** Where decoding stopped in tiles that the next chunk goes on with. */
  #cursors = new Map<number, TileCursor>();

  constructor(
    image: OpenImage & { readonly data: TiledData },
    { window, tiles }: CutoutPlan,
    decoder: Decoder,
    lease: PlaneLease,
  ) {
    this.#image = image;
    this.#window = window;
    this.#tiles = tiles;
    this.#decoder = decoder;
    this.#lease = lease;
    this.#bytesPerPixel = Math.abs(image.bitpix) / 8;
  }

  /** Whether every tile can be entered near its pixels of the window. */
  isIndexed(): boolean {
    const { index } = this.#lease;
    const { seekStride } = this.#image.data;
    const right = this.#window.x0 + this.#window.width;
    const bottom = this.#window.y0 + this.#window.height;
    return (
      index !== null &&
      this.#tiles.every(({ place, stream }) => {
        const last = (Math.min(bottom - place.y0, place.height) - 1) * place.width + right - place.x0;
        const known = index.indexed[place.index] * seekStride;
        return stream.storage === "compressed" && known >= Math.min(place.planeOffset + last, place.pixels);
      })
    );
  }

  /** Starts to read a chunk's compressed bytes; has read them, where the source has them in memory. */
  fetch(chunk: Chunk, signal: AbortSignal | undefined) {
    const { data, source } = this.#image;
    const parts = this.#partsOf(chunk);
    const ranges = data.maskCodec === undefined ? parts : withMasks(parts);
    let byteLength = 0;
    for (const { length } of ranges) byteLength += length;
    const from = { source, heapStart: data.heapStart, arena: this.#decoder.arena, heap: this.#lease.heap };
    const bytes = readStreams(from, ranges, signal);
    const input: ChunkInput | Promise<ChunkInput> =
      bytes instanceof Promise ? bytes.then((arrived) => ({ chunk, parts, bytes: arrived })) : { chunk, parts, bytes };
    return { input, byteLength };
  }

  /** Decodes a chunk, and gives its compressed bytes back. The rows are lent until `releasePixels`. */
  async decode({ chunk, parts, bytes: streams }: ChunkInput, signal: AbortSignal | undefined): Promise<PixelRows> {
    const { arena } = this.#decoder;
    const { data } = this.#image;
    const rowCount = chunk.y1 - chunk.y0;
    const outBytes = rowCount * this.#window.width * this.#bytesPerPixel;
    let jobs: number | null = null;
    try {
      signal?.throwIfAborted();
      jobs = arena.allocate(parts.length * JOB_BYTES);
      const out = (this.#pixels = arena.allocate(outBytes));
      const work = this.#writeJobs(parts, streams, { jobs, out });
      const run: JobRun = { plane: data.planeAddress, jobs, count: parts.length };
      await this.#decoder.decode(run, work, signal).catch((cause: unknown) => {
        throw cause instanceof DecodeFailure ? this.#tileError(parts, cause) : cause;
      });
      this.#keepProgress(parts, jobs, chunk.y1);
      const bytes = arena.bytes.subarray(out, out + outBytes);
      return { plane: chunk.plane, firstRow: chunk.y0 - this.#window.y0, rowCount, bytes };
    } finally {
      if (jobs !== null) arena.release(jobs);
      streams.release();
    }
  }

  /** Nobody looks any more at the rows that were decoded last. */
  releasePixels(): void {
    if (this.#pixels !== null) this.#decoder.arena.release(this.#pixels);
    this.#pixels = null;
  }

  #partsOf(chunk: Chunk): TilePart[] {
    const { grid } = this.#image.data;
    const window = this.#window;
    const { column0, column1, row0, row1 } = tilesOf(grid, chunk, window);
    const all = tilesOf(grid, { y0: window.y0, y1: window.y0 + window.height }, window);
    const parts: TilePart[] = [];
    // A heap that is kept gets whole tiles, for the windows that follow.
    const inPart = this.#lease.index !== null && this.#lease.heap === null;
    for (let row = row0; row < row1; row++) {
      let next = (chunk.plane * (all.row1 - all.row0) + row - all.row0) * (column1 - column0);
      for (let column = column0; column < column1; column++) {
        const { place, stream } = this.#tiles[next++];
        const left = Math.max(window.x0, place.x0);
        const right = Math.min(window.x0 + window.width, place.x0 + place.width);
        const top = Math.max(chunk.y0, place.y0);
        const bottom = Math.min(chunk.y1, place.y0 + place.height);
        const firstPixel = place.planeOffset + (top - place.y0) * place.width + left - place.x0;
        const width = right - left;
        const height = bottom - top;
        let start = 0;
        let end = stream.length;
        if (inPart && stream.storage === "compressed") {
          const pixels = { first: firstPixel, last: firstPixel + (height - 1) * place.width + width };
          ({ start, end } = this.#bytesToRead(place, stream, pixels));
        }
        parts.push({
          start: stream.offset + start,
          length: end - start,
          place,
          stream,
          firstPixel,
          width,
          height,
          outOffset: ((top - chunk.y0) * window.width + (left - window.x0)) * this.#bytesPerPixel,
        });
      }
    }
    return parts;
  }

  /** Of a tile's stream, for its pixels [first, last). */
  #bytesToRead(place: TilePlace, stream: TileStream, { first, last }: { first: number; last: number }) {
    const { index } = this.#lease;
    if (index === null) return { start: 0, end: stream.length };
    const stride = this.#image.data.seekStride;
    return index.bytesOf(place.index, { first, last, stride }, stream.length);
  }

  #writeJobs(parts: readonly TilePart[], bytes: StreamBytes, { jobs, out }: { jobs: number; out: number }) {
    const { arena } = this.#decoder;
    const { data } = this.#image;
    const { index } = this.#lease;
    const { words, doubles } = arena;
    const outStride = this.#window.width * this.#bytesPerPixel;
    let pixels = 0;
    let scratchBytes = 0;
    let next = 0;
    let lastPixels = -1;
    const job = { ...ANY_JOB, outStride }; // one for all: they are copied out of it
    for (let i = 0; i < parts.length; i++) {
      const { place, stream, firstPixel, width, height } = parts[i];
      const indexed = index === null || stream.storage !== "compressed" ? 0 : index.indexed[place.index];
      const address = bytes.addresses[next++];
      const firstByte = parts[i].start - stream.offset;
      // As if all of it were there: the seek entries lead to the bytes that are. Written as u32, it may wrap.
      job.stream = address - firstByte;
      job.streamLength = firstByte + parts[i].length;
      job.fallback = FALLBACKS[stream.storage];
      job.tile = place.index;
      job.tileWidth = place.width;
      job.tileRows = place.pixels / place.width;
      job.tilePixels = place.pixels;
      job.firstPixel = firstPixel;
      job.rows = height;
      job.rowLength = width;
      job.out = out + parts[i].outOffset;
      job.scale = stream.scale;
      job.zero = stream.zero;
      job.blank = stream.nullValue;
      job.index = index === null ? 0 : index.addressOf(place.index);
      job.indexed = indexed;
      job.cursor = this.#cursors.get(place.index) ?? TILE_START;
      job.mask =
        stream.mask === undefined || data.maskCodec === undefined
          ? null
          : { stream: bytes.addresses[next++], length: stream.mask.length, codec: data.maskCodec };
      writeJob(words, doubles, jobs + i * JOB_BYTES, job);
      const lastPixel = firstPixel + (height - 1) * place.width + width;
      pixels += data.decodesInPart ? lastPixel - Math.min(firstPixel, indexed * data.seekStride) : place.pixels;
      // A Rice tile is decoded block by block; all others, and masks, need room for the tile.
      const wholePixels = data.decodesInPart && stream.storage === "compressed" && job.mask === null ? 0 : place.pixels;
      if (wholePixels !== lastPixels) {
        lastPixels = wholePixels;
        const need = { tilePixels: wholePixels, tileWidth: place.width };
        scratchBytes = Math.max(scratchBytes, this.#decoder.scratchBytes(data.planeAddress, need));
      }
    }
    return { pixels, scratchBytes };
  }

  /** Notes new seek entries, and where tiles stopped that reach below `y1`. */
  #keepProgress(parts: readonly TilePart[], jobs: number, y1: number): void {
    const { words } = this.#decoder.arena;
    const { index } = this.#lease;
    const { data } = this.#image;
    if (!data.decodesInPart) return;
    if (this.#cursors.size > 0) this.#cursors = new Map();
    for (let i = 0; i < parts.length; i++) {
      const { place, stream } = parts[i];
      if (stream.storage !== "compressed") continue;
      const job = jobs + i * JOB_BYTES;
      if (index !== null) index.extend(place.index, readIndexed(words, job));
      if (place.y0 + place.height > y1) this.#cursors.set(place.index, readCursor(words, job));
    }
  }

  #tileError(parts: readonly TilePart[], failure: DecodeFailure): ServiceError {
    const tile = parts[failure.jobIndex].place.index;
    return new ServiceError(
      failure.unsupported ? "unsupported" : "corrupt-data",
      `Cannot decode tile ${tile} of ${this.#image.name}: ${failure.reason}`,
      { cause: failure },
    );
  }
}
