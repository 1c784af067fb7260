import type { Decoder } from "../codec/decoder.ts";
import type { PixelRows } from "../raster/pixel-rows.ts";
import { joinChunks, MAX_INPUT_BYTES, type Chunk } from "./chunks.ts";
import type { CutoutPlan } from "./plan.ts";
import type { PlaneCache, PlaneLease } from "./plane-cache.ts";
import { TileChunks, type Fetching, type OpenTiledImage } from "./tile-chunks.ts";

export type TileReading = { readonly decoder: Decoder; readonly planes: PlaneCache };

export type ReadOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Memory for all rows of the plan. Where it lies in the arena, the rows are decoded into it, and are that part of it. */
  readonly into?: Uint8Array | undefined;
};

/** What one cutout reads ahead of its decoder, at most: a slow client holds it for as long as it likes. */
const MAX_BYTES_AHEAD = 2 * 1024 * 1024;
const MAX_AHEAD = 4;
/** Decoded in one go: some 10 ms of one core. */
const MAX_JOINED_PIXELS = 4_000_000;

/**
 * The pixels of a window of a tile-compressed image, chunk by chunk. The compressed bytes of the next chunks are read
 * while one is decoded and on its way. While its reader waits, a cutout holds one chunk of pixels, and what it has read
 * ahead.
 */
export async function* readTiles(
  ...reading: Parameters<typeof startTiles>
): AsyncGenerator<PixelRows, void, undefined> {
  yield* startTiles(...reading);
}

/**
 * The same, begun: whoever calls this reads the rows. A small cutout whose bytes are in memory is decoded here, with
 * nothing to wait for.
 */
export function startTiles(
  image: OpenTiledImage,
  plan: CutoutPlan,
  { decoder, planes }: TileReading,
  options: ReadOptions = {},
): Iterable<PixelRows> | AsyncIterable<PixelRows> {
  const open = (lease: PlaneLease) => openTiles(image, plan, decoder, lease, options);
  const lease = planes.acquire(image.data);
  return lease instanceof Promise ? readWith(lease.then(open), options) : startChunks(open(lease), options);
}

type OpenTiles = { readonly tiles: TileChunks; readonly chunks: readonly Chunk[]; readonly lease: PlaneLease };

/** Takes the lease. */
function openTiles(
  image: OpenTiledImage,
  plan: CutoutPlan,
  decoder: Decoder,
  lease: PlaneLease,
  { into }: ReadOptions,
): OpenTiles {
  try {
    const target = into !== undefined && decoder.arena.holds(into) ? into.byteOffset : null;
    const tiles = new TileChunks(image, plan.window, decoder, lease, target);
    return { tiles, chunks: chunksOf(plan, tiles), lease };
  } catch (error) {
    lease.release();
    throw error;
  }
}

function startChunks(opened: OpenTiles, { signal }: ReadOptions): Iterable<PixelRows> | AsyncIterable<PixelRows> {
  const { tiles, chunks } = opened;
  try {
    const first = tiles.fetch(chunks[0], signal);
    if (chunks.length > 1 || first.input instanceof Promise) return readChunks(opened, [first], signal);
    const rows = tiles.decode(first.input, signal);
    return rows instanceof Promise ? lendLater(rows, opened) : lendOnce(rows, opened);
  } catch (error) {
    close(opened);
    throw error;
  }
}

async function* readWith(
  opening: Promise<OpenTiles>,
  { signal }: ReadOptions,
): AsyncGenerator<PixelRows, void, undefined> {
  yield* readChunks(await opening, [], signal);
}

function close({ tiles, lease }: OpenTiles): void {
  tiles.releasePixels();
  lease.release();
}

function* lendOnce(rows: PixelRows, opened: OpenTiles): Generator<PixelRows, void, undefined> {
  try {
    yield rows;
  } finally {
    close(opened);
  }
}

async function* lendLater(rows: Promise<PixelRows>, opened: OpenTiles): AsyncGenerator<PixelRows, void, undefined> {
  try {
    yield await rows;
  } finally {
    close(opened);
  }
}

/** `ahead`: of the first chunks, what is being read already. */
async function* readChunks(
  opened: OpenTiles,
  ahead: Fetching[],
  signal: AbortSignal | undefined,
): AsyncGenerator<PixelRows, void, undefined> {
  const { tiles, chunks } = opened;
  try {
    let next = ahead.length;
    let bytesAhead = ahead.reduce((sum, { byteLength }) => sum + byteLength, 0);
    let waits = ahead.every(({ input }) => input instanceof Promise); // What is had at once is not read ahead.
    for (let done = 0; done < chunks.length; done++) {
      while (
        next < chunks.length &&
        (next === done || (waits && next - done < MAX_AHEAD && bytesAhead < MAX_BYTES_AHEAD))
      ) {
        const fetching = tiles.fetch(chunks[next++], signal);
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
        const rows = tiles.decode(arrived, signal);
        yield rows instanceof Promise ? await rows : rows;
      } finally {
        tiles.releasePixels();
      }
    }
  } finally {
    // Reads under way write to memory that they and the lease keep.
    for (const { input } of ahead) {
      await Promise.resolve(input).then(
        ({ blocks }) => blocks?.release(),
        () => undefined,
      );
    }
    close(opened);
  }
}

function chunksOf(plan: CutoutPlan, tiles: TileChunks): readonly Chunk[] {
  if (plan.chunks.length === 1) return plan.chunks;
  const joined = joinChunks(plan.chunks, plan.window.width * plan.bytesPerPixel);
  // In one piece there is nothing to read ahead, and the decoder looks for itself whether that is much to do at once.
  if (joined.length === 1 && tiles.isAwaited && isLittle(plan.cost)) return joined;
  const isAtHand = (joined.length === 1 && tiles.isPresent()) || tiles.isIndexed();
  return isAtHand ? joined : plan.chunks;
}

/** Whether the memory for what is read, and the time until some of it is decoded, are those of a chunk. */
function isLittle({ bytesToRead, pixelsToDecode }: CutoutPlan["cost"]): boolean {
  return bytesToRead <= MAX_INPUT_BYTES && pixelsToDecode <= MAX_JOINED_PIXELS;
}
