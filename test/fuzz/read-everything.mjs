// All that the service would do with a file, on bytes in memory.

import { readFile } from "node:fs/promises";
import { Arena } from "../../dist/codec/arena.js";
import { Decoder } from "../../dist/codec/decoder.js";
import { gunzipIfWrapped } from "../../dist/cutout/gzip-source.js";
import { openImage } from "../../dist/cutout/open-image.js";
import { PlaneCache } from "../../dist/cutout/plane-cache.js";
import { preparePlan, readPixelRows } from "../../dist/cutout/read.js";
import { ServiceError } from "../../dist/errors.js";
import { readHdus } from "../../dist/fits/hdu.js";
import { summarizeHdu } from "../../dist/fits/listing.js";
import { verifyHdu } from "../../dist/fits/verify.js";
import { pixelToSky, skyToPixel } from "../../dist/wcs/wcs.js";

const MiB = 2 ** 20;
const LIMITS = { maxTileBytes: 16 * MiB };
const MOST_GZIP_BYTES = 16 * MiB;

// The checks of the debug build turn a read outside of memory's reserved parts into a trap.
const module = await WebAssembly.compile(await readFile(new URL("../../build/recorte.debug.wasm", import.meta.url)));
const arena = new Arena();
const decoder = new Decoder(arena, module, null);
let version = 0;

/** `code`: "ok", or that of the first ServiceError; `fault`: what must not be. */
export async function readEverything(bytes, below) {
  const planes = new PlaneCache(arena, { heapBytes: 4 * MiB, indexBytes: 4 * MiB });
  const services = { decoder, planes, limits: LIMITS };
  const codes = [];
  const attempt = async (work) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code === "internal") throw error;
      if (error.code !== "not-found") codes.push(error.code); // an HDU without an image is no error
    }
  };
  try {
    const hdus = [];
    let file;
    await attempt(async () => {
      ({ readable: file } = await gunzipIfWrapped(memorySource(bytes), MOST_GZIP_BYTES));
      for await (const hdu of readHdus(file)) hdus.push(hdu);
    });
    for (const hdu of hdus) {
      await attempt(() => verifyHdu(file, hdu));
      summarizeHdu(hdu);
      await attempt(() => readImage(file, hdu.index, services, below));
    }
    return { code: codes[0] ?? "ok" };
  } catch (fault) {
    return { code: "fault", fault };
  } finally {
    planes.clear();
  }
}

async function readImage(file, index, services, below) {
  const image = await openImage(file, { index }, services.decoder);
  try {
    if (image.wcs !== null) {
      const sky = pixelToSky(image.wcs, below(image.width), below(image.height));
      if (sky !== null) skyToPixel(image.wcs, sky);
    }
    const [x0, y0] = [below(image.width), below(image.height)];
    const [width, height] = [Math.min(image.width - x0, 1 + below(200)), Math.min(image.height - y0, 1 + below(200))];
    const plan = await preparePlan(image, { x0, y0, width, height }, services);
    if (plan.cost.outputBytes > 64 * MiB) return; // planes of planes: valid, and too much for here
    let read = 0;
    for await (const rows of readPixelRows(image, plan, services)) read += rows.bytes.length;
    if (read !== plan.cost.outputBytes) throw new Error(`${read} bytes came, ${plan.cost.outputBytes} were planned`);
  } finally {
    image.dispose();
  }
}

function memorySource(bytes) {
  return {
    key: "memory",
    version: String(++version),
    byteLength: bytes.length,
    read({ start, length }, { into } = {}) {
      if (start < 0 || length < 0 || !Number.isSafeInteger(start) || !Number.isSafeInteger(length)) {
        return Promise.reject(new Error(`A range that is none: ${start} ${length}`));
      }
      if (length > bytes.length - start) {
        return Promise.reject(new ServiceError("corrupt-data", "Cannot read beyond the end"));
      }
      const part = bytes.subarray(start, start + length);
      if (into === undefined) return Promise.resolve(Uint8Array.from(part));
      into.set(part);
      return Promise.resolve(into);
    },
    close: () => Promise.resolve(),
  };
}
