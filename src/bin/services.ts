import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Arena } from "../codec/arena.ts";
import { Decoder } from "../codec/decoder.ts";
import { WorkerThreads } from "../codec/worker-threads.ts";
import { ImageCache } from "../cutout/image-cache.ts";
import type { CutoutServices } from "../cutout/open-cutout.ts";
import { PlaneCache } from "../cutout/plane-cache.ts";
import type { PixelServices } from "../cutout/read.ts";
import { migrateIndex, openIndexDatabase, type IndexDatabase } from "../db/index-database.ts";
import { ServiceError } from "../errors.ts";
import { BlobFolder } from "../storage/blob-folder.ts";
import { newReadTally, type ReadTally } from "../storage/read-tally.ts";
import { createStore, type Store } from "../storage/store.ts";
import { isAddress } from "../surveys/archive-files.ts";
import { createImageIndex, type ImageIndex } from "../surveys/image-index.ts";
import { createRegistry, type SurveyRegistry } from "../surveys/registry.ts";
import { BytePool } from "./byte-pool.ts";
import type { Configuration } from "./configuration.ts";
import { indexDatabaseFile, seekIndexFolder } from "./data-files.ts";
import { remoteStores } from "./remote-stores.ts";
import { SOFTWARE } from "./version.ts";

/** Everything a process needs to cut, made from its configuration. */
export type Services = {
  readonly cutouts: CutoutServices;
  readonly registry: SurveyRegistry;
  readonly index: ImageIndex;
  readonly database: IndexDatabase;
  readonly images: ImageCache;
  readonly pixels: PixelServices;
  /** The same for work that nobody waits for. */
  readonly background: PixelServices;
  readonly reads: PixelCore["reads"];
  /** Where cutouts take the memory of what is sent; the server gives it back. */
  readonly sentBytes: BytePool;
  /** Writes the seek indices that have grown; what cannot be written is made again when it is needed. */
  saveIndices(): Promise<void>;
  close(): Promise<void>;
};

/** Headers and tables of opened images: some 300 KB each for a DES tile. */
const IMAGE_CACHE_BYTES = 32 * 1024 * 1024;
/** What waits to be used again for sending: a few pieces of large cutouts, or some dozen small cutouts. */
const SENT_BYTES = 8 * 1024 * 1024;

export async function createServices(configuration: Configuration): Promise<Services> {
  const database = openIndexDatabase(indexDatabaseFile(configuration));
  migrateIndex(database);
  const index = createImageIndex(database, configuration.authority);
  const registry = createRegistry(index);
  const { archiveRoots } = configuration;
  // Asked for when a file is opened: what is ingested while the server runs is served without a restart.
  const ingestedRoots = () => index.roots().filter((root) => !isAddress(root));
  const core = await createPixelCore(configuration, archiveRoots.length > 0 ? () => archiveRoots : ingestedRoots);
  const sentBytes = new BytePool(SENT_BYTES);
  return {
    ...core,
    registry,
    index,
    database,
    sentBytes,
    cutouts: {
      registry,
      images: core.images,
      pixels: core.pixels,
      limits: { maxPixels: configuration.syncMaxPixels },
      software: SOFTWARE,
      now: () => new Date(),
      allocate: (byteLength) => sentBytes.take(byteLength),
      digest: (text) => createHash("sha256").update(text).digest("base64url"),
    },
    saveIndices: () => core.pixels.planes.saveIndices().catch(() => undefined),
    close: () => closeAll(core, database),
  };
}

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
  const decoder = new Decoder(arena, module, threads);
  const budgets = { heapBytes: planeCacheBytes, indexBytes: seekIndexCacheBytes };
  const planes = new PlaneCache(
    arena,
    budgets,
    new BlobFolder(seekIndexFolder(configuration), configuration.seekIndexDiskBytes),
  );
  const images = new ImageCache(store, decoder, { maxBytes: IMAGE_CACHE_BYTES, maxGzipBytes });
  const pixels = { decoder, planes, limits: { maxTileBytes } };
  // Small work, too, goes to a thread, where there is one: the main thread answers those who wait.
  const background = threads === null ? pixels : { ...pixels, decoder: new Decoder(arena, module, threads, 0) };
  return { images, pixels, background, store, reads };
}

export async function closePixelCore({ images, pixels, store }: PixelCore): Promise<void> {
  await pixels.planes.saveIndices().catch(() => undefined); // what is lost is only made again
  images.clear();
  await pixels.decoder.close();
  await store.close();
}

async function closeAll(core: PixelCore, database: IndexDatabase): Promise<void> {
  await closePixelCore(core);
  database.close();
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
