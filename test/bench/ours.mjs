// Our side of the benches: the shipped modules, from dist/, called as the service calls them.

import { readFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { Arena } from "../../dist/codec/arena.js";
import { Decoder } from "../../dist/codec/decoder.js";
import { LentBlocks } from "../../dist/codec/lent-blocks.js";
import { WorkerThreads } from "../../dist/codec/worker-threads.js";
import { openImage } from "../../dist/cutout/open-image.js";
import { WHOLE_CUTOUT_BYTES } from "../../dist/cutout/chunks.js";
import { PlaneCache } from "../../dist/cutout/plane-cache.js";
import { preparePlan, startPixelRows } from "../../dist/cutout/read.js";
import { localStore } from "../../dist/storage/local.js";

const module = await WebAssembly.compile(await readFile(new URL("../../build/recorte.wasm", import.meta.url)));
const GiB = 2 ** 30;

/**
 * How much is remembered between requests:
 *   open     nothing: the file is opened for each window
 *   first    open file and header; each tile is decoded from its start, from the page cache
 *   indexed  and the seek index of the plane
 *   hot      and the plane's compressed bytes
 */
const BUDGETS = {
  open: { heapBytes: 0, indexBytes: 0 },
  first: { heapBytes: 0, indexBytes: 0 },
  indexed: { heapBytes: 0, indexBytes: GiB },
  hot: { heapBytes: GiB, indexBytes: GiB },
};

/** Opens an image for windows. */
export async function openReader({ folder, file, hdu, memory, threads }) {
  const arena = new Arena();
  const workers = threads > 0 ? new WorkerThreads(arena, module, threads) : null;
  const decoder = new Decoder(arena, module, { threads: workers });
  const planes = new PlaneCache(arena, BUDGETS[memory]);
  const services = { decoder, planes, limits: { maxTileBytes: GiB } };
  const openOnce = async () => {
    const store = localStore({ roots: [folder] });
    const source = await store.open(file);
    const image = await openImage(source, { index: hdu }, decoder);
    const close = async () => {
      image.dispose();
      await source.close();
      await store.close();
    };
    return { image, close };
  };
  const kept = await openOnce();

  /** As /sync does it: small cutouts are decoded to the memory that they are sent from, others go piece by piece. */
  const blocks = new LentBlocks(arena, 2 * WHOLE_CUTOUT_BYTES);
  async function eachPiece(image, window, use) {
    const preparing = preparePlan(image, window, services);
    const plan = preparing instanceof Promise ? await preparing : preparing;
    const { outputBytes } = plan.cost;
    const into = outputBytes <= WHOLE_CUTOUT_BYTES ? blocks.take(outputBytes) : undefined;
    const pieces = startPixelRows(image, plan, services, { into });
    if (Symbol.iterator in pieces) for (const { bytes } of pieces) use(bytes);
    else for await (const { bytes } of pieces) use(bytes);
    if (into !== undefined) blocks.give(into);
  }

  async function read(window) {
    const opened = memory === "open" ? await openOnce() : kept;
    await eachPiece(opened.image, window, (bytes) => (sink = bytes[0]));
    if (opened !== kept) await opened.close();
  }

  if (memory === "indexed" || memory === "hot") {
    // The first time over a plane fills its index, the second keeps its bytes.
    const whole = { x0: 0, y0: 0, width: kept.image.width, height: kept.image.height };
    for (let i = 0; i < 2; i++) await read(whole);
  }

  return {
    side: Math.min(kept.image.width, kept.image.height),
    read,
    async checksum(window) {
      let sum = 0;
      await eachPiece(kept.image, window, (bytes) => (sum = crc32(oneKindOfNaN(bytes, kept.image.bitpix), sum)));
      return sum;
    },
    async close() {
      await kept.close();
      await workers?.close?.();
    },
  };
}

/** Keeps the read from being optimised away. */
export let sink = 0;

/** Null pixels are NaN; which of the many NaNs is the reader's choice. */
function oneKindOfNaN(bytes, bitpix) {
  if (bitpix !== -32) return bytes;
  const copy = new DataView(Uint8Array.from(bytes).buffer);
  for (let at = 0; at < copy.byteLength; at += 4) if (Number.isNaN(copy.getFloat32(at))) copy.setUint32(at, 0x7fc00000);
  return new Uint8Array(copy.buffer);
}
