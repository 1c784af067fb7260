import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { openImage, type OpenImage } from "../../src/cutout/open-image.ts";
import { preparePlan, readPixelRows, startPixelRows, type PixelServices } from "../../src/cutout/read.ts";
import type { SeekIndexStore } from "../../src/cutout/seek-index.ts";
import type { PixelWindow } from "../../src/raster/pixel-window.ts";
import { countingSource } from "../support/counting-source.ts";
import { memorySource } from "../support/memory-source.ts";
import { pageCacheSource } from "../support/page-cache-source.ts";
import { createPixelServices, type TestPixelServices } from "../support/pixel-services.ts";
import { tiledFile } from "../support/tiled-file.ts";
import { hcompressCases } from "../codec/codec-streams.ts";

const fixtures = join(import.meta.dirname, "../fixtures");
const bytesOfFile = (name: string) => new Uint8Array(readFileSync(join(fixtures, name)));

const IMAGES = [
  { file: "fits/DESJ035621.6-524840.0_g.fits.fz", hdu: 1, what: "Rice rows with dither 2" },
  { file: "fits/DESJ035621.6-524840.0_g.fits.fz", hdu: 2, what: "PLIO rows" },
  { file: "fits/bok_170430_ooi_r_ccd4.fits.fz", hdu: 1, what: "Rice rows with dither 1" },
  { file: "pixels/m13_gzip.fits", hdu: 1, what: "gzipped rows" },
  { file: "pixels/astropy_comp.fits", hdu: 1, what: "Rice rows of int16" },
  { file: "pixels/galsim_test_cubeUI.fits.fz", hdu: 1, what: "a Rice cube" },
  { file: "pixels/HST_WFPC_II_bis.fits", hdu: 0, what: "an uncompressed image" },
];

async function readWindow(image: OpenImage, window: PixelWindow, services: PixelServices, signal?: AbortSignal) {
  const plan = await preparePlan(image, window, services, signal);
  const out = new Uint8Array(plan.cost.outputBytes);
  let at = 0;
  for await (const rows of readPixelRows(image, plan, services, signal)) {
    out.set(rows.bytes, at);
    at += rows.bytes.length;
  }
  expect(at).toBe(out.length);
  return out;
}

/** The same, where the pixels are made where they are wanted, all before any is given. */
async function awaitWindow(image: OpenImage, window: PixelWindow, services: TestPixelServices) {
  const plan = await preparePlan(image, window, services);
  const address = services.arena.allocate(plan.cost.outputBytes);
  const into = services.arena.bytes.subarray(address, address + plan.cost.outputBytes);
  let at = 0;
  for await (const { bytes } of startPixelRows(image, plan, services, { into })) {
    if (image.data.kind === "tiled") expect(bytes.byteOffset).toBe(address + at);
    else into.set(bytes, at);
    at += bytes.length;
  }
  const got = into.slice();
  services.arena.release(address);
  return got;
}

const wholeOf = ({ width, height }: OpenImage) => ({ x0: 0, y0: 0, width, height });

/** The same pixels out of the whole image. */
function cutFrom(whole: Uint8Array, image: OpenImage, { x0, y0, width, height }: PixelWindow): Uint8Array {
  const bytes = Math.abs(image.bitpix) / 8;
  const rows: Uint8Array[] = [];
  for (let plane = 0; plane < image.planes; plane++) {
    for (let y = y0; y < y0 + height; y++) {
      const at = ((plane * image.height + y) * image.width + x0) * bytes;
      rows.push(whole.subarray(at, at + width * bytes));
    }
  }
  return new Uint8Array(Buffer.concat(rows));
}

describe.each(IMAGES)("$what ($file)", ({ file, hdu }) => {
  it("give the same pixels for every window, cold, indexed, from memory, and on threads", async () => {
    const bytes = bytesOfFile(file);
    const modes = {
      cold: await createPixelServices(),
      indexed: await createPixelServices({ indexBytes: 1e7 }),
      "page cache": await createPixelServices({ indexBytes: 1e7 }),
      "hot, page cache": await createPixelServices({ indexBytes: 1e7, heapBytes: 1e7 }),
      hot: await createPixelServices({ indexBytes: 1e7, heapBytes: 1e7 }),
      threads: await createPixelServices({ indexBytes: 1e7, threads: 2, inlinePixels: 0 }),
      "awaited from threads": await createPixelServices({ threads: 2, inlinePixels: 0 }),
    };
    let whole: Uint8Array | undefined;
    for (const [mode, services] of Object.entries(modes)) {
      const inMemory = memorySource(file, bytes);
      const source = mode.includes("page cache") ? pageCacheSource(inMemory, bytes) : inMemory;
      const image = await openImage(source, { index: hdu }, services.decoder);
      const expected = (whole ??= await readWindow(image, wholeOf(image), services));
      const arbitraryWindow = fc
        .tuple(fc.nat(image.width - 1), fc.nat(image.height - 1), fc.nat(image.width), fc.nat(image.height))
        .map(([x0, y0, w, h]) => ({
          x0,
          y0,
          width: 1 + (w % (image.width - x0)),
          height: 1 + (h % (image.height - y0)),
        }));
      await fc.assert(
        fc.asyncProperty(arbitraryWindow, async (window) => {
          const got = await (mode.startsWith("awaited") ? awaitWindow : readWindow)(image, window, services);
          expect(Buffer.compare(got, cutFrom(expected, image, window)), `${mode} ${JSON.stringify(window)}`).toBe(0);
        }),
        { numRuns: 40 },
      );
      image.dispose();
      services.planes.clear();
      await services.decoder.close();
    }
  });
});

/** What CFITSIO decodes; see fixtures/codec/make_images.py. */
const codecTruth = JSON.parse(readFileSync(join(fixtures, "codec/truth.json"), "utf8")) as Record<
  string,
  { sha256: string }
>;

it.each(Object.keys(codecTruth))("%s has the pixels that CFITSIO decodes", async (name) => {
  const services = await createPixelServices();
  const image = await openImage(memorySource(name, bytesOfFile(`codec/${name}`)), { index: 1 }, services.decoder);
  const pixels = await readWindow(image, wholeOf(image), services);
  expect(createHash("sha256").update(pixels).digest("hex")).toBe(codecTruth[name].sha256);
  image.dispose();
  await services.decoder.close();
});

const RICE = { file: "fits/DESJ035621.6-524840.0_g.fits.fz", hdu: 1 };

describe("readPixelRows", () => {
  it("takes from the arena only while it reads, and gives all back", async () => {
    const services = await createPixelServices({ threads: 1, inlinePixels: 0 });
    const image = await openImage(memorySource("f", bytesOfFile(RICE.file)), { index: RICE.hdu }, services.decoder);
    const before = services.arena.allocatedBytes;
    await readWindow(image, wholeOf(image), services);
    expect(services.arena.allocatedBytes).toBe(before);
    image.dispose();
    expect(services.arena.allocatedBytes).toBeLessThan(before);
    await services.decoder.close();
  });

  it("stops reading, and gives all back, when its reader stops or its signal fires", async () => {
    const services = await createPixelServices({ indexBytes: 1e7, heapBytes: 1e7 });
    const source = countingSource(memorySource("f", bytesOfFile(RICE.file)));
    const image = await openImage(source, { index: RICE.hdu }, services.decoder);
    const plan = await preparePlan(image, wholeOf(image), services);
    // One row a chunk, so that there is something to stop.
    const long = { ...plan, chunks: Array.from({ length: 228 }, (_, y) => ({ plane: 0, y0: y, y1: y + 1 })) };
    const before = services.arena.allocatedBytes;
    source.reset();
    let rows = 0;
    for await (const _ of readPixelRows(image, long, services)) if (++rows === 3) break;
    expect(source.reads).toBe(6); // three more were on their way

    source.reset();
    const abort = new AbortController();
    const reading = async () => {
      for await (const _ of readPixelRows(image, long, services, abort.signal))
        abort.abort(new Error("the client left"));
    };
    await expect(reading()).rejects.toThrow("the client left");
    expect(source.reads).toBeLessThanOrEqual(5);
    services.planes.clear(); // fails if anything is still in use
    expect(services.arena.allocatedBytes).toBeLessThanOrEqual(before);
  });

  it("makes what is awaited in one piece, unless that is much to read or to decode", async () => {
    const services = await createPixelServices();
    const image = await openImage(memorySource("f", bytesOfFile(RICE.file)), { index: RICE.hdu }, services.decoder);
    const plan = await preparePlan(image, wholeOf(image), services);
    const chunks = Array.from({ length: 228 }, (_, y) => ({ plane: 0, y0: y, y1: y + 1 }));
    const address = services.arena.allocate(plan.cost.outputBytes);
    const into = services.arena.bytes.subarray(address, address + plan.cost.outputBytes);
    const piecesOf = async (cost: Partial<typeof plan.cost>) => {
      let pieces = 0;
      const costly = { ...plan, chunks, cost: { ...plan.cost, ...cost } };
      for await (const _ of startPixelRows(image, costly, services, { into })) pieces++;
      return pieces;
    };
    expect(await piecesOf({})).toBe(1);
    expect(await piecesOf({ bytesToRead: 5e6 })).toBe(228);
    expect(await piecesOf({ pixelsToDecode: 5e6 })).toBe(228);
  });

  it("reads the tiles of the window once, and nothing else", async () => {
    const services = await createPixelServices({ indexBytes: 1e7, heapBytes: 1e7 });
    const source = countingSource(memorySource("f", bytesOfFile(RICE.file)));
    const image = await openImage(source, { index: RICE.hdu }, services.decoder);
    const window = { x0: 100, y0: 100, width: 50, height: 50 };
    const plan = await preparePlan(image, window, services);
    source.reset();
    await readWindow(image, window, services);
    expect(source.bytes).toBe(plan.cost.bytesToRead);
    await readWindow(image, window, services); // met again: now it is kept
    source.reset();
    await readWindow(image, { ...window, y0: 110, height: 40 }, services);
    expect(source.reads).toBe(0);
  });

  it("does not write again to bytes of a kept plane that are there: another cutout may be decoding them", async () => {
    const services = await createPixelServices({ heapBytes: 1e7 });
    const source = countingSource(memorySource("f", bytesOfFile(RICE.file)));
    const image = await openImage(source, { index: RICE.hdu }, services.decoder);
    const rows = (y0: number, height: number) => ({ x0: 0, y0, width: image.width, height });
    await readWindow(image, rows(200, 1), services); // met once: kept from now on
    await readWindow(image, rows(10, 10), services);
    const { cost } = await preparePlan(image, rows(10, 10), services);
    const all = await preparePlan(image, rows(0, 30), services);
    source.reset();
    await readWindow(image, rows(0, 30), services);
    expect(source.bytes).toBe(all.cost.bytesToRead - cost.bytesToRead);
  });

  it("names file, HDU and tile where a tile is damaged", async () => {
    const services = await createPixelServices();
    const bytes = bytesOfFile(RICE.file);
    const image = await openImage(memorySource("tile.fits.fz", bytes), { index: RICE.hdu }, services.decoder);
    if (image.data.kind !== "tiled") throw new Error("expected a tiled image");
    // The descriptor of row 17 says that its stream has 10 bytes.
    const { heapStart, tileCount } = image.data;
    const row = heapStart - (tileCount - 17) * 24; // of three columns, 8 bytes each
    new DataView(bytes.buffer).setUint32(row, 10);
    await expect(readWindow(image, wholeOf(image), services)).rejects.toThrow(
      /Cannot decode tile 17 of tile.fits.fz\[1\]: .+/,
    );
    image.dispose();
  });

  it("says that a gzipped tile contradicts itself whose sum is not that of its bytes", async () => {
    const services = await createPixelServices();
    const bytes = bytesOfFile("codec/f32-gzip2-tiles-lossless.fits.fz");
    const image = await openImage(memorySource("tile.fits.fz", bytes), { index: 1 }, services.decoder);
    if (image.data.kind !== "tiled") throw new Error("expected a tiled image");
    await readWindow(image, wholeOf(image), services);
    const { heapStart, table } = image.data;
    const { offsets, lengths } = table.columns;
    bytes[heapStart + offsets[3] + lengths[3] - 8] ^= 1;
    await expect(readWindow(image, wholeOf(image), services)).rejects.toMatchObject({
      code: "corrupt-data",
      message: "Cannot decode tile 3 of tile.fits.fz[1]: its compressed bytes contradict themselves",
    });
    image.dispose();
  });

  /** An image of pixels 0, 1, 2 … with an HCOMPRESS_1 mask, and what CFITSIO makes of that mask. */
  function maskedFile(codec: string, maskName: string) {
    const mask = hcompressCases.find(({ name }) => name === maskName);
    if (mask === undefined) throw new Error("expected that stream");
    const { width, height } = mask;
    const marks = new DataView(mask.pixels.buffer, mask.pixels.byteOffset);
    const values = Buffer.alloc(4 * width * height);
    const expected = Buffer.alloc(4 * width * height);
    for (let i = 0; i < width * height; i++) {
      values.writeInt32BE(i, 4 * i);
      expected.writeInt32BE(marks.getInt32(4 * i, true) === 0 ? i : -99, 4 * i);
    }
    const file = tiledFile({
      codec,
      bitpix: 32,
      width,
      height,
      streams: { COMPRESSED_DATA: codec === "GZIP_1" ? gzipSync(values) : values, NULL_PIXEL_MASK: mask.stream },
      cards: { ZMASKCMP: "HCOMPRESS_1", ZBLANK: -99 },
    });
    return { file, expected };
  }

  it.each([
    ["GZIP_1", "one pixel, 5 x 6, scale 1, 64 bits"],
    ["NOCOMPRESS", "one pixel, 4 x 4, scale 0, 64 bits"],
    ["GZIP_1", "int32 noise, 33 x 17, scale 0, 64 bits"], // all are null; takes more memory than the image does
  ])("reads a mask coded as HCOMPRESS_1 of an image in %s: %s", async (codec, maskName) => {
    const { file, expected } = maskedFile(codec, maskName);
    const services = await createPixelServices();
    const image = await openImage(memorySource("masked", file), { index: 1 }, services.decoder);
    expect(Buffer.compare(await readWindow(image, wholeOf(image), services), expected)).toBe(0);
    image.dispose();
  });

  it("refuses a mask that was compressed with loss: one null pixel has become 49", async () => {
    const { file } = maskedFile("GZIP_1", "one pixel, 33 x 17, scale 17, 64 bits");
    const services = await createPixelServices();
    const image = await openImage(memorySource("masked", file), { index: 1 }, services.decoder);
    await expect(readWindow(image, wholeOf(image), services)).rejects.toMatchObject({
      code: "unsupported",
      message:
        "Cannot decode tile 0 of masked[1]: its mask of null pixels is compressed with loss, and no longer tells which they are",
    });
    image.dispose();
  });

  it("decodes a long stream of few pixels on another thread", async () => {
    const pixel = Buffer.from([0, 0, 0, 7]);
    const member = gzipSync(pixel);
    const nothing = Buffer.from([0, 0, 0, 0xff, 0xff]); // a stored block of no bytes
    const stream = Buffer.concat([member.subarray(0, 10), Buffer.alloc(2e6, nothing), member.subarray(10)]);
    const streams = { COMPRESSED_DATA: stream };
    const file = tiledFile({ codec: "GZIP_1", bitpix: 32, width: 1, height: 1, streams });
    const services = await createPixelServices({ threads: 1 });
    const decode = vi.spyOn(services.decoder, "decode");
    const image = await openImage(memorySource("long", file), { index: 1 }, services.decoder);
    expect(Buffer.from(await readWindow(image, wholeOf(image), services))).toEqual(pixel);
    expect(decode).toHaveReturnedTimes(1);
    expect(decode).not.toHaveReturnedWith(null);
    image.dispose();
    await services.decoder.close();
  });

  it("reads no more of an indexed row than the window needs", async () => {
    const services = await createPixelServices({ indexBytes: 1e7 });
    const source = countingSource(memorySource("remote", bytesOfFile(RICE.file)));
    const image = await openImage(source, { index: RICE.hdu }, services.decoder);
    const window = { x0: 130, y0: 50, width: 20, height: 1 };
    source.reset();
    await readWindow(image, window, services);
    const whole = source.ranges.at(-1)?.length ?? 0;
    await readWindow(image, wholeOf(image), services);
    source.reset();
    await readWindow(image, window, services);
    expect(source.reads).toBe(1);
    expect(source.bytes).toBeLessThan(0.75 * whole); // 228 pixels a row: entries at 0 and 128
  });

  it("goes on with a saved index after a restart, and believes no file of another plane", async () => {
    const files = new Map<string, Uint8Array>();
    const store: SeekIndexStore = {
      read: (name) => Promise.resolve(files.get(name) ?? null),
      write: (name, bytes) => Promise.resolve(void files.set(name, bytes)),
    };
    const bytes = bytesOfFile("pixels/m13_rice.fits");
    const open = async (version: string) => {
      const services = await createPixelServices({ indexBytes: 1e7, store });
      const image = await openImage(memorySource("m13", bytes, version), { index: 1 }, services.decoder);
      return { services, image };
    };
    const first = await open("1");
    const expected = await readWindow(first.image, wholeOf(first.image), first.services);
    await first.services.planes.saveIndices();
    expect(files.size).toBe(1);

    const indexOf = async ({ services, image }: typeof first) => {
      if (image.data.kind !== "tiled") throw new Error("expected a tiled image");
      const lease = await services.planes.acquire(image.data);
      lease.release();
      return lease.index?.entryCount;
    };
    const again = await open("1");
    expect(await indexOf(again)).toBe(await indexOf(first));
    expect(Buffer.compare(await readWindow(again.image, wholeOf(again.image), again.services), expected)).toBe(0);

    expect(await indexOf(await open("2"))).toBe(0); // another version of the file
    const [name, saved] = [...files][0];
    files.set(name, saved.subarray(0, saved.length - 8)); // torn
    expect(await indexOf(await open("1"))).toBe(0);
    files.set(name, saved.with(saved.length >> 1, saved[saved.length >> 1] ^ 1)); // one bit off
    expect(await indexOf(await open("1"))).toBe(0);
  });
});
