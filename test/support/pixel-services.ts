import { readFile } from "node:fs/promises";
import { Arena } from "../../src/codec/arena.ts";
import { Decoder, type DecodeThreads } from "../../src/codec/decoder.ts";
import { WorkerThreads } from "../../src/codec/worker-threads.ts";
import { PlaneCache } from "../../src/cutout/plane-cache.ts";
import type { SeekIndexStore } from "../../src/cutout/seek-index.ts";
import type { PixelServices } from "../../src/cutout/read.ts";

let compiled: Promise<WebAssembly.Module> | null = null;

/** The decoder module as built by `npm run build:wasm`. */
export function decoderModule(): Promise<WebAssembly.Module> {
  compiled ??= readFile(new URL("../../build/recorte.wasm", import.meta.url)).then((bytes) =>
    WebAssembly.compile(bytes),
  );
  return compiled;
}

export type TestPixelServices = PixelServices & { readonly arena: Arena };

export async function createPixelServices(
  options: {
    heapBytes?: number;
    indexBytes?: number;
    maxTileBytes?: number;
    threads?: number;
    /** Work from this size on goes to the threads. */
    inlinePixels?: number;
    store?: SeekIndexStore;
    arenaBytes?: number;
  } = {},
): Promise<TestPixelServices> {
  const module = await decoderModule();
  const arena = new Arena(options.arenaBytes);
  const threads: DecodeThreads | null = options.threads ? new WorkerThreads(arena, module, options.threads) : null;
  const decoder = new Decoder(arena, module, { threads, inlinePixels: options.inlinePixels });
  const budgets = { heapBytes: options.heapBytes ?? 0, indexBytes: options.indexBytes ?? 0 };
  return {
    arena,
    decoder,
    planes: new PlaneCache(arena, budgets, options.store ?? null),
    limits: { maxTileBytes: options.maxTileBytes ?? 256 * 2 ** 20 },
  };
}
