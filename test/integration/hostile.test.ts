import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { windowOfStencil } from "../../src/cutout/cutout.ts";
import { JOB_BYTES, PLANE_BYTES } from "../../src/codec/layout.ts";
import { gunzipIfWrapped } from "../../src/cutout/gzip-source.ts";
import { openImage } from "../../src/cutout/open-image.ts";
import { PlaneCache } from "../../src/cutout/plane-cache.ts";
import { preparePlan, readPixelRows } from "../../src/cutout/read.ts";
import { ServiceError, type ErrorCode } from "../../src/errors.ts";
import { readHdus } from "../../src/fits/hdu.ts";
import type { PixelWindow } from "../../src/raster/pixel-window.ts";
import { readCorpus } from "../fuzz/corpus.ts";
import { createExaminer } from "../fuzz/examine.ts";
import { mutate } from "../fuzz/mutate.ts";
import { createRandom } from "../fuzz/random.ts";
import { countingSource } from "../support/counting-source.ts";
import { editHeader, headerOnly, replaceCards } from "../support/edit-header.ts";
import { GuardedArena, GuardedDecoder } from "../support/guarded-arena.ts";
import { memorySource } from "../support/memory-source.ts";
import { createPixelServices, decoderModule } from "../support/pixel-services.ts";
import { tiledFile } from "../support/tiled-file.ts";

const fixture = (name: string) => new Uint8Array(readFileSync(join(import.meta.dirname, "../fixtures", name)));

const RICE = "pixels/galsim_testI.fits.fz"; // 7 × 5 int32, a row a tile
const FLOATS = "fits/galsim_testF.fits.fz"; // 7 × 5 float32, dithered
const HCOMPRESS = "fits/m13_hcomp.fits"; // 300 × 300 int16, one tile
const GZIP = "pixels/m13_gzip.fits"; // 300 × 300 int16, a row a tile
const MEBI = 2 ** 20;
/** Degrees, some distance away from M13. */
const SQUARE = { raMinDegrees: 70.42, raMaxDegrees: 72.24, decMinDegrees: 54.56, decMaxDegrees: 56.38 };

/** Reads the window, the whole image without one; the error that ends it. */
async function readAll(bytes: Uint8Array, { hdu = 1, window }: { hdu?: number; window?: PixelWindow } = {}) {
  const arena = new GuardedArena(512 * MEBI);
  const decoder = new GuardedDecoder(arena, await decoderModule());
  const planes = new PlaneCache(arena, { heapBytes: MEBI, indexBytes: MEBI });
  const services = { decoder, planes, limits: { maxTileBytes: 16 * MEBI } };
  try {
    const image = await openImage(memorySource("lie.fits", bytes), { index: hdu }, decoder);
    const { width, height } = image;
    const plan = await preparePlan(image, window ?? { x0: 0, y0: 0, width, height }, services);
    let length = 0;
    for await (const rows of readPixelRows(image, plan, services)) length += rows.bytes.length;
    expect(length).toBe(plan.cost.outputBytes);
    return null;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    expect(arena.peakBytes).toBeLessThan(100 * MEBI);
    return error;
  }
}

type Lie = readonly [what: string, file: string, values: Record<string, string | null>, code: ErrorCode, said: RegExp];

const LIES: readonly Lie[] = [
  ["a table of 2^53 rows", RICE, { NAXIS2: "9007199254740991" }, "corrupt-data", /HDU 1 of lie.fits: its axes make/],
  ["a table of 10^18 rows", RICE, { NAXIS2: "999999999999999999" }, "corrupt-data", /HDU 1 of lie.fits.*NAXIS2/],
  ["rows of 2^40 bytes", RICE, { NAXIS1: "1099511627776" }, "corrupt-data", /HDU 1 of lie.fits: its data need/],
  ["a negative axis", RICE, { NAXIS1: "-8" }, "corrupt-data", /NAXIS1 is -8/],
  ["a negative heap", RICE, { PCOUNT: "-50" }, "corrupt-data", /PCOUNT is -50/],
  ["a heap longer than the file", RICE, { PCOUNT: "5000000000" }, "corrupt-data", /its data need 5000000040 bytes/],
  [
    "a heap without room for its tiles",
    RICE,
    { PCOUNT: "5" },
    "corrupt-data",
    /lie.fits\[1\].*tile 0: .*the heap has 5/,
  ],
  ["2^31 groups", RICE, { GCOUNT: "2147483648" }, "corrupt-data", /its data need/],
  ["BITPIX 7", RICE, { BITPIX: "7" }, "corrupt-data", /BITPIX is 7/],
  ["tiles of width 0", RICE, { ZTILE1: "0" }, "corrupt-data", /lie.fits\[1\].*ZTILE1 is 0/],
  ["tiles of negative height", RICE, { ZTILE2: "-1" }, "corrupt-data", /ZTILE2 is -1/],
  ["fewer tiles than rows", RICE, { ZTILE2: "2147483647" }, "corrupt-data", /its 1 tiles are in a table of 5 rows/],
  ["more tiles than rows", RICE, { ZNAXIS2: "6" }, "corrupt-data", /its 6 tiles are in a table of 5 rows/],
  [
    "2^40 pixels in a tile",
    RICE,
    { ZNAXIS1: "1099511627776", ZTILE1: "1099511627776" },
    "unsupported",
    /lie.fits\[1\]/,
  ],
  [
    "2^30 pixels in a row",
    RICE,
    { ZNAXIS1: "1073741824", ZTILE1: "1073741824" },
    "over-limit",
    /lie.fits\[1\].*row of/,
  ],
  [
    "an HCOMPRESS tile of 10^9 pixels",
    HCOMPRESS,
    { ZNAXIS1: "1000000000", ZTILE1: "1000000000", ZTILE2: "300" },
    "unsupported",
    /lie.fits\[1\]/,
  ],
  [
    "an HCOMPRESS tile of 9·10^6 pixels",
    HCOMPRESS,
    { ZNAXIS1: "30000", ZTILE1: "30000" },
    "over-limit",
    /lie.fits\[1\].*tile/,
  ],
  [
    "an HCOMPRESS tile of another size",
    HCOMPRESS,
    { ZNAXIS1: "299", ZTILE1: "299" },
    "corrupt-data",
    /tile 0 of lie.fits\[1\]/,
  ],
  ["two axes too many", RICE, { ZNAXIS: "4" }, "corrupt-data", /ZNAXIS3 is not there/],
  ["a million axes", RICE, { ZNAXIS: "1000000" }, "corrupt-data", /ZNAXIS is 1000000/],
  ["pixels of 7 bits", RICE, { ZBITPIX: "7" }, "corrupt-data", /ZBITPIX is 7/],
  ["BLOCKSIZE 0", RICE, { ZVAL1: "0" }, "corrupt-data", /BLOCKSIZE is 0/],
  ["BLOCKSIZE 2^31", RICE, { ZVAL1: "2147483648" }, "corrupt-data", /BLOCKSIZE is 2147483648/],
  ["BYTEPIX 3", RICE, { ZVAL2: "3" }, "corrupt-data", /BYTEPIX is 3/],
  ["BYTEPIX 8", RICE, { ZVAL2: "8" }, "unsupported", /tile 0 of lie.fits\[1\]/],
  ["an unknown codec", RICE, { ZCMPTYPE: "'LZW'" }, "unsupported", /lie.fits\[1\].*"LZW"/],
  ["another codec", RICE, { ZCMPTYPE: "'HCOMPRESS_1'" }, "corrupt-data", /tile 0 of lie.fits\[1\]/],
  ["gzip that is none", RICE, { ZCMPTYPE: "'GZIP_2'" }, "corrupt-data", /tile 0 of lie.fits\[1\]/],
  ["columns wider than the rows", RICE, { TFORM1: "'9J'" }, "corrupt-data", /lie.fits\[1\].*columns have 36/],
  ["a column of 10^15 numbers", RICE, { TFORM1: "'999999999999999J'" }, "corrupt-data", /lie.fits\[1\].*columns/],
  ["tiles in a column of numbers", RICE, { TFORM1: "'1D'" }, "corrupt-data", /COMPRESSED_DATA has the format code D/],
  ["no column of tiles", RICE, { TTYPE1: "'NOTHING'" }, "corrupt-data", /no column of compressed data/],
  ["more columns than there are", RICE, { TFIELDS: "999" }, "corrupt-data", /TFORM2/],
  ["10^6 columns", RICE, { TFIELDS: "1000000" }, "corrupt-data", /TFIELDS = 1000000/],
  ["a dither seed of 0", FLOATS, { ZDITHER0: "0" }, "corrupt-data", /ZDITHER0 is 0/],
  ["a dither seed of 10001", FLOATS, { ZDITHER0: "10001" }, "corrupt-data", /ZDITHER0 is 10001/],
];

describe("a header that lies", () => {
  it.each(LIES)("about %s ends in an error that says so", async (_, file, values, code, said) => {
    const error = await readAll(editHeader(fixture(file), 1, values));
    expect(error?.message).toMatch(said);
    expect(error?.code).toBe(code);
    expect(error?.message).toContain("lie.fits");
  });

  it.each([
    ["GZIP_COMPRESSED_DATA", gzipSync(Buffer.alloc(8))],
    ["UNCOMPRESSED_DATA", Buffer.alloc(8)],
  ])("does not make room for more pixels of a tile of %s than one may have", async (column, stream) => {
    const [width, height] = [30_000, 1000];
    const streams = { COMPRESSED_DATA: Buffer.alloc(0), [column]: stream };
    const file = tiledFile({ codec: "RICE_1", bitpix: 32, width, height, streams });
    expect(await readAll(file, { window: { x0: 0, y0: 0, width: 1, height: 1 } })).toMatchObject({
      code: "over-limit",
      message: "Cannot cut lie.fits[1]: the bytes of a decoded tile are 120000000, and 16777216 are allowed",
    });
  });

  it("does not make a plan that is longer than memory", async () => {
    // 300 tiles, as before, each 2^31 - 1 pixels high: 10^12 pixels, in 10^6 chunks.
    const high = editHeader(fixture(GZIP), 1, {
      ZNAXIS2: "644245094100",
      ZTILE2: "2147483647",
      ZNAXIS1: "1",
      ZTILE1: "1",
    });
    expect(await readAll(high)).toMatchObject({ code: "over-limit" });
    // 5 tiles, each of 10^8 planes.
    const deep = replaceCards(fixture(RICE), 1, {
      DATE: "ZNAXIS3 =            100000000",
      EXTNAME: "ZTILE3  =            100000000",
    });
    const error = await readAll(editHeader(deep, 1, { ZNAXIS: "3", ZNAXIS1: "1", ZTILE1: "1" }));
    expect(error).toMatchObject({ code: "over-limit", message: expect.stringContaining("planes") as string });
  });

  it("about where the heap begins is told from its tiles", async () => {
    const withTheap = (value: string) => replaceCards(fixture(RICE), 1, { DATE: `THEAP   = ${value.padStart(20)}` });
    expect((await readAll(withTheap("39")))?.message).toMatch(/lie.fits\[1\].*THEAP is 39/);
    expect((await readAll(withTheap("91")))?.message).toMatch(/lie.fits\[1\].*THEAP is 91/);
    expect((await readAll(withTheap("-1")))?.message).toMatch(/lie.fits\[1\].*THEAP is -1/);
    expect((await readAll(withTheap("90")))?.message).toMatch(/lie.fits\[1\].*tile 0.*the heap has 0/);
  });

  it("about how much sky the image has is found out in time", async () => {
    // 300 pixels high it is a piece of sky; twenty million pixels high its plane goes far beyond the sphere.
    const high = editHeader(fixture("pixels/m13_rice.fits"), 1, { ZNAXIS2: "19660799", ZTILE2: "65536" });
    const image = await openImage(memorySource("lie.fits", high), { index: 1 }, (await createPixelServices()).decoder);
    const started = performance.now();
    const stencil = { shape: "range", ...SQUARE } as const;
    expect(() => windowOfStencil(image, stencil)).toThrow(/lie.fits\[1\].*positions were not enough/);
    expect(performance.now() - started).toBeLessThan(4000);
  });

  it("reads the bytes of tiles that overlap once", async () => {
    // Every tile begins where the last did, and one byte later, and goes on to the end of the heap.
    const bytes = fixture(GZIP);
    const source = countingSource(memorySource("lie.fits", bytes));
    const services = await createPixelServices();
    const image = await openImage(source, { index: 1 }, services.decoder);
    if (image.data.kind !== "tiled") throw new Error("expected a tiled image");
    const { heapStart, heapLength, tileCount } = image.data;
    const view = new DataView(bytes.buffer);
    for (let tile = 0; tile < tileCount; tile++) {
      const row = heapStart - (tileCount - tile) * 8;
      view.setUint32(row, heapLength - tile);
      view.setUint32(row + 4, tile);
    }
    const plan = await preparePlan(image, { x0: 0, y0: 0, width: 300, height: 300 }, services);
    source.reset();
    await expect(readPixelRows(image, plan, services).next()).rejects.toThrow(/tile \d+ of lie.fits\[1\]/);
    expect(source.bytes).toBeLessThanOrEqual(2 * heapLength); // the first chunk, and the next that is read ahead
  });
});

describe("a file that is cut off", () => {
  it.each([RICE, "fits/bok_170430_ooi_r_ccd4.fits.fz", HCOMPRESS])("%s is whole or an error", async (name) => {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; length += 997) {
      const source = memorySource("short.fits", bytes.subarray(0, length));
      const listing = (async () => {
        const hdus = [];
        for await (const hdu of readHdus(source)) hdus.push(hdu);
        return hdus;
      })();
      const hdus = await listing.catch((error: unknown) => {
        expect(error).toMatchObject({ code: "corrupt-data", message: expect.stringContaining("short.fits") as string });
        return [];
      });
      // Nothing is listed whose data are not all there.
      for (const { dataStart, dataLength } of hdus) {
        if (dataLength > 0) expect(dataStart + dataLength).toBeLessThanOrEqual(length);
      }
    }
  });

  it("gives no pixels of an image whose heap ends early, at any length", async () => {
    const examiner = await createExaminer();
    for (const name of ["fits/bok_170430_ooi_r_ccd4.fits.fz", "pixels/m13_plio.fits"]) {
      const bytes = fixture(name);
      for (let length = 0; length < bytes.length - 2880; length += name.endsWith("fz") ? 997 : 9973) {
        await examiner.examine(name, bytes.subarray(0, length), createRandom(length));
      }
    }
    expect(examiner.counts.images).toBe(0);
  });
});

describe("a file without end", () => {
  it("of a gzip that grows and grows is given up at its limit", async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(64 * MEBI), { level: 9 }));
    const before = process.memoryUsage().arrayBuffers;
    const unwrapping = gunzipIfWrapped(memorySource("bomb.fits.gz", bomb), MEBI);
    await expect(unwrapping).rejects.toMatchObject({ code: "over-limit", message: /bomb.fits.gz.*1048576/ });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MEBI);
  });

  it("of cards is given up at 16 MiB", async () => {
    const bytes = new Uint8Array(17 * MEBI).fill(0x20);
    bytes.set(headerOnly(["SIMPLE  =                    T"]).subarray(0, 80));
    const source = countingSource(memorySource("cards.fits", bytes));
    await expect(openImage(source, { index: 0 }, (await createPixelServices()).decoder)).rejects.toMatchObject({
      code: "over-limit",
      message: /cards.fits.*END/,
    });
    expect(source.bytes).toBeLessThanOrEqual(16 * MEBI);
  });

  it("of CONTINUE cards is one long string", async () => {
    const pieces = Array.from({ length: 20_000 }, () => `CONTINUE  '${"x".repeat(60)}&'`);
    const cards = [
      "SIMPLE  =                    T",
      "BITPIX  =                    8",
      "NAXIS   =                    0",
    ];
    const bytes = headerOnly([...cards, "LONG    = 'x&'", ...pieces]);
    const { value } = await readHdus(memorySource("long.fits", bytes)).next();
    expect(value?.header.getString("LONG")).toHaveLength(1 + 20_000 * 60 + 1); // the last & stands for itself
  });

  it("of HDUs is given up at 10 000", async () => {
    const cards = ["BITPIX  =                    8", "NAXIS   =                    0"];
    const first = headerOnly(["SIMPLE  =                    T", ...cards]);
    const next = headerOnly(["XTENSION= 'IMAGE   '", ...cards]);
    const bytes = new Uint8Array(10_002 * 2880);
    for (let i = 0; i < 10_002; i++) bytes.set(i === 0 ? first : next, i * 2880);
    const services = await createPixelServices();
    await expect(
      openImage(memorySource("many.fits", bytes), { firstImage: true }, services.decoder),
    ).rejects.toMatchObject({ code: "over-limit", message: /many.fits/ });
  });
});

describe("files broken at random, as `npm run fuzz` breaks them", () => {
  it("give pixels or a proper error, write nowhere else, and keep nothing", { timeout: 60_000 }, async () => {
    const corpus = readCorpus("fixtures");
    const examiner = await createExaminer();
    for (let number = 0; number < 120; number++) {
      const random = createRandom(20_261_121, number);
      const file = random.pick(corpus);
      const { bytes, what } = mutate(file.bytes, random);
      await examiner.examine(file.name, bytes, random).catch((cause: unknown) => {
        throw new Error(`case ${number}, ${file.name}: ${what}`, { cause });
      });
    }
    expect(examiner.counts.images).toBeGreaterThan(20);
    expect(examiner.counts.errors.get("corrupt-data")).toBeGreaterThan(20);
  });
});

describe("the guards", () => {
  it("notice a byte written before or after a block", () => {
    const arena = new GuardedArena();
    for (const offset of [-1, -64, 100, 163]) {
      const address = arena.allocate(100);
      arena.bytes[address + offset] ^= 1;
      expect(() => arena.release(address)).toThrow(/Somebody wrote \d+ bytes (before|after) a block/);
    }
    arena.release(arena.allocate(100));
  });

  it("notice a decoder that writes to another block than its own", async () => {
    const arena = new GuardedArena();
    const decoder = new GuardedDecoder(arena, await decoderModule());
    const planes = new PlaneCache(arena, { heapBytes: 0, indexBytes: 0 });
    const image = await openImage(memorySource("a", fixture(RICE)), { index: 1 }, decoder);
    const services = { decoder, planes, limits: { maxTileBytes: MEBI } };
    const plan = await preparePlan(image, { x0: 0, y0: 0, width: 7, height: 5 }, services);
    expect((await readPixelRows(image, plan, services).next()).done).toBe(false);
    // The same run, as if another decoder had changed the plane meanwhile.
    const planeAddress = image.data.kind === "tiled" ? image.data.planeAddress : 0;
    const run = { plane: planeAddress, jobs: arena.allocate(JOB_BYTES), count: 0 };
    const sabotage = Object.defineProperty({ pixels: 0 } as { pixels: number; scratchBytes: number }, "scratchBytes", {
      get: () => (arena.bytes[planeAddress]++, 100_000),
    });
    await expect(decoder.decode(run, sabotage)).rejects.toThrow(
      `A decoder wrote to byte 0 of a block of ${PLANE_BYTES}`,
    );
  });
});
