import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Arena } from "../codec/arena.ts";
import { Decoder } from "../codec/decoder.ts";
import { WorkerThreads } from "../codec/worker-threads.ts";
import { ImageCache } from "../cutout/image-cache.ts";
import { PlaneCache } from "../cutout/plane-cache.ts";
import type { PixelServices } from "../cutout/read.ts";
import { ServiceError } from "../errors.ts";
import { BlobFolder } from "../storage/blob-folder.ts";
import { newReadTally, type ReadTally } from "../storage/read-tally.ts";
import { createStore, type Store } from "../storage/store.ts";
import type { Configuration } from "./configuration.ts";
import { seekIndexFolder } from "./data-files.ts";
import { remoteStores } from "./remote-stores.ts";
import { createLoadWatch } from "./load-watch.ts";

/** Headers and tables of opened images: some 300 KB each for a DES tile. */
const IMAGE_CACHE_BYTES = 32 * 1024 * 1024;

export type PixelCore = {
  readonly images: ImageCache;
  readonly pixels: PixelServices & { readonly planes: PlaneCache };
  /** The same for work that nobody waits for. */
  readonly background: PixelServices;
  readonly store: Store;
  /** What was read of archives on local disks, and of those that are asked over the network. */
  readonly reads: { readonly local: ReadTally; readonly remote: ReadTally };
};

/** What reads pixels, without surveys: for files that are named by hand too. `roots` tells the folders that may be read. */
export async function createPixelCore(
  configuration: Configuration,
  roots: () => readonly string[],
): Promise<PixelCore> {
  const reads = { local: newReadTally(), remote: newReadTally() };
  const store = createStore({ roots, tally: reads.local, ...remoteStores(configuration, reads.remote) });
  const module = await loadDecoderModule();
  const arena = new Arena();
  const { decodeWorkers, planeCacheBytes, seekIndexCacheBytes, maxTileBytes, maxGzipBytes } = configuration;
  const threads = decodeWorkers > 0 ? new WorkerThreads(arena, module, decodeWorkers) : null;
  const decoder = new Decoder(arena, module, { threads, othersWait: createLoadWatch() });
  const budgets = { heapBytes: planeCacheBytes, indexBytes: seekIndexCacheBytes };
  const planes = new PlaneCache(
    arena,
    budgets,
    new BlobFolder(seekIndexFolder(configuration), configuration.seekIndexDiskBytes),
  );
  const images = new ImageCache(store, decoder, { maxBytes: IMAGE_CACHE_BYTES, maxGzipBytes });
  const pixels = { decoder, planes, limits: { maxTileBytes } };
  // Small work, too, goes to a thread, where there is one: the main thread answers those who wait.
  const background =
    threads === null ? pixels : { ...pixels, decoder: new Decoder(arena, module, { threads, inlinePixels: 0 }) };
  return { images, pixels, background, store, reads };
}

export async function closePixelCore({ images, pixels, store }: PixelCore): Promise<void> {
  await pixels.planes.saveIndices().catch(() => undefined); // what is lost is only made again
  images.clear();
  await pixels.decoder.close();
  await store.close();
}

/** `build/recorte.wasm` at the top of the package, from `dist/bin` and from `src/bin` alike. */
async function loadDecoderModule(): Promise<WebAssembly.Module> {
  const path = join(import.meta.dirname, "../../build/recorte.wasm");
  try {
    return await WebAssembly.compile(await readFile(path));
  } catch (cause) {
    throw new ServiceError("internal", `Cannot load the decoder ${path}: run "npm run build"`, { cause });
  }
}
