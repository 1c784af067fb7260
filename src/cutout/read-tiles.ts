import type { Decoder } from "../codec/decoder.ts";
import type { PixelRows } from "../raster/pixel-rows.ts";
import { joinChunks, type Chunk } from "./chunks.ts";
import type { CutoutPlan } from "./plan.ts";
import type { PlaneCache } from "./plane-cache.ts";
import { TileChunks, type Fetching, type OpenTiledImage } from "./tile-chunks.ts";

export type TileReading = { readonly decoder: Decoder; readonly planes: PlaneCache };

/** What one cutout reads ahead of its decoder, at most: a slow client holds it for as long as it likes. */
const MAX_BYTES_AHEAD = 2 * 1024 * 1024;
const MAX_AHEAD = 4;

/**
 * The pixels of a window of a tile-compressed image, chunk by chunk. The compressed bytes of the next chunks are read
 * while one is decoded and on its way. While its reader waits, a cutout holds one chunk of pixels, and what it has read
 * ahead.
 */
export async function* readTiles(
  image: OpenTiledImage,
  plan: CutoutPlan,
  { decoder, planes }: TileReading,
  signal: AbortSignal | undefined,
): AsyncGenerator<PixelRows, void, undefined> {
  const acquired = planes.acquire(image.data);
  const lease = acquired instanceof Promise ? await acquired : acquired;
  const ahead: Fetching[] = [];
  try {
    const tiles = new TileChunks(image, plan.window, decoder, lease);
    const chunks = chunksOf(plan, tiles);
    let next = 0;
    let bytesAhead = 0;
    let waits = true; // What is had at once is not read ahead.
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
        ({ blocks }) => blocks?.bytes.release(),
        () => undefined,
      );
    }
    lease.release();
  }
}

function chunksOf(plan: CutoutPlan, tiles: TileChunks): readonly Chunk[] {
  if (plan.chunks.length === 1 || !tiles.isIndexed()) return plan.chunks;
  return joinChunks(plan.chunks, plan.window.width * plan.bytesPerPixel);
}
