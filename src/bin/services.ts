import { hash } from "node:crypto";
import type { ImageCache } from "../cutout/image-cache.ts";
import type { CutoutServices } from "../cutout/open-cutout.ts";
import type { PixelServices } from "../cutout/read.ts";
import { migrateIndex, openIndexDatabase, type IndexDatabase } from "../db/index-database.ts";
import { isAddress } from "../surveys/archive-files.ts";
import { createImageIndex, type ImageIndex } from "../surveys/image-index.ts";
import { createRegistry, type SurveyRegistry } from "../surveys/registry.ts";
import { BytePool } from "./byte-pool.ts";
import type { Configuration } from "./configuration.ts";
import { indexDatabaseFile } from "./data-files.ts";
import { closePixelCore, createPixelCore, type PixelCore } from "./pixel-core.ts";
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

/** How often the indices are to be written: what a crash loses costs time, and nothing else. */
export const SAVE_INDICES_MILLISECONDS = 5 * 60 * 1000;

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
      digest: (text) => hash("sha256", text, "base64url"),
    },
    saveIndices: () => core.pixels.planes.saveIndices().catch(() => undefined),
    close: () => closeAll(core, database),
  };
}

async function closeAll(core: PixelCore, database: IndexDatabase): Promise<void> {
  await closePixelCore(core);
  database.close();
}
