import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { CODEC, FALLBACK, QUANTISER, STREAM_PADDING } from "../../src/codec/layout.ts";
import { LoadedImage, TestDecoder, readCompressedHdu } from "./support-wasm.ts";
import type { CompressedHdu, Window } from "./support-wasm.ts";

const FIXTURES = new URL("../fixtures/codec/", import.meta.url);
const OK = 0;
const TRUNCATED = 1;
const CORRUPT = 2;
const UNSUPPORTED = 3;
const SCRATCH_TOO_SMALL = 4;

/** What CFITSIO decodes; see fixtures/codec/make_images.py. */
const truth = JSON.parse(readFileSync(new URL("truth.json", FIXTURES), "utf8")) as Record<string, { sha256: string }>;

const load = (name: string) => readCompressedHdu(readFileSync(new URL(name, FIXTURES)), 1);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function cut(image: Uint8Array, hdu: CompressedHdu, window: Window): Uint8Array {
  const pixelBytes = image.length / (hdu.width * hdu.height);
  const rows = Array.from({ length: window.height }, (_, row) => {
    const from = ((window.y0 + row) * hdu.width + window.x0) * pixelBytes;
    return image.subarray(from, from + window.width * pixelBytes);
  });
  return Buffer.concat(rows);
}

describe.each(Object.keys(truth))("%s", (name) => {
  let hdu: CompressedHdu;
  let whole: Uint8Array;
  beforeAll(() => {
    hdu = load(name);
    whole = new LoadedImage(new TestDecoder(), hdu, { withIndex: false }).decode({
      x0: 0,
      y0: 0,
      width: hdu.width,
      height: hdu.height,
    });
  });

  it("has the pixels that CFITSIO decodes", () => {
    expect(sha256(whole)).toBe(truth[name].sha256);
  });

  it.each([false, true])("has the same pixels in every window, with seek index: %s", (withIndex) => {
    const decoder = new TestDecoder();
    const image = new LoadedImage(decoder, hdu, { withIndex });
    const { width, height } = hdu;
    const windows: Window[] = [
      { x0: 0, y0: 0, width: 1, height: 1 },
      { x0: width - 1, y0: height - 1, width: 1, height: 1 },
      { x0: width >> 1, y0: 0, width: width >> 2, height },
      { x0: 1, y0: height >> 1, width: width - 2, height: 1 },
      { x0: 31, y0: 1, width: 34, height: height - 1 },
      { x0: 0, y0: 0, width, height },
    ];
    for (const window of [...windows, ...windows.reverse()]) {
      const same = Buffer.compare(image.decode(window), cut(whole, hdu, window)) === 0;
      expect(same, JSON.stringify(window)).toBe(true);
    }
    expect(decoder.checkGuards()).toEqual([]);
  });
});

describe("a list of jobs", () => {
  /** Rows of the 16-bit Rice image, as one job each. */
  function rowJobs(decoder: TestDecoder, changes: (i: number) => object = () => ({})) {
    const hdu = load("i16-rice-rows.fits.fz");
    const plane = decoder.plane({ codec: CODEC.rice, bytePixel: 2, blockSize: 32, bitpix: 16, ditherTable: 0 });
    const jobs = decoder.jobs(
      hdu.tiles.map((tile, i) => ({
        stream: decoder.put(tile.stream, STREAM_PADDING),
        streamLength: tile.stream.length,
        tile: i,
        tileWidth: hdu.width,
        tileRows: 1,
        tilePixels: hdu.width,
        rows: 1,
        rowLength: hdu.width,
        out: decoder.reserve(hdu.width * 2),
        outStride: hdu.width * 2,
        ...changes(i),
      })),
    );
    const scratchBytes = decoder.exports.scratchBytes(plane, hdu.width, hdu.width) >>> 0;
    const scratch = decoder.reserve(scratchBytes);
    const run = (length = scratchBytes) => decoder.exports.decodeTiles(plane, jobs, hdu.tiles.length, scratch, length);
    return { count: hdu.tiles.length, jobs, run };
  }

  it("is done to its end", () => {
    const { count, run } = rowJobs(new TestDecoder());
    expect(run()).toBe(count);
  });

  it("reports the first job that fails, and does those before it", () => {
    const decoder = new TestDecoder();
    const { jobs, run } = rowJobs(decoder, (i) => (i === 9 || i === 11 ? { streamLength: 20 } : {}));
    expect(run()).toBe(9);
    expect(decoder.job(jobs, 8, "status")).toBe(OK);
    expect(decoder.job(jobs, 9, "status")).toBe(TRUNCATED);
    expect(decoder.checkGuards()).toEqual([]);
  });

  it("passes over jobs without pixels", () => {
    const { count, run } = rowJobs(new TestDecoder(), (i) => (i % 3 === 0 ? { rows: 0 } : {}));
    expect(run()).toBe(count);
  });

  it.each([
    ["a row too many", { rows: 2 }],
    ["a pixel too many", { firstPixel: 1 }],
    ["a far first pixel", { firstPixel: 0xffffffff }],
    ["many rows", { rows: 0xffffffff }],
  ])("refuses a window beyond its tile: %s", (_, change) => {
    const decoder = new TestDecoder();
    const { jobs, run } = rowJobs(decoder, (i) => (i === 5 ? change : {}));
    expect(run()).toBe(5);
    expect(decoder.job(jobs, 5, "status")).toBe(CORRUPT);
    expect(decoder.checkGuards()).toEqual([]);
  });

  it("says when the scratch is too small", () => {
    const decoder = new TestDecoder();
    const { jobs, run } = rowJobs(decoder);
    expect(run(1000)).toBe(0);
    expect(decoder.job(jobs, 0, "status")).toBe(SCRATCH_TOO_SMALL);
  });
});

describe("a tile", () => {
  const pixels = Uint8Array.from({ length: 40 }, (_, i) => 17 * i);

  function decode(plane: object, job: object, content: Uint8Array = pixels) {
    const decoder = new TestDecoder();
    const out = decoder.reserve(40);
    const planeAddress = decoder.plane({ blockSize: 32, ...plane });
    const jobs = decoder.jobs([
      {
        stream: decoder.put(content, STREAM_PADDING),
        streamLength: content.length,
        tileWidth: 10,
        tileRows: 1,
        tilePixels: 10,
        rows: 1,
        rowLength: 10,
        out,
        outStride: 40,
        ...job,
      },
    ]);
    const scratchBytes = decoder.exports.scratchBytes(planeAddress, 10, 10) >>> 0;
    decoder.exports.decodeTiles(planeAddress, jobs, 1, decoder.reserve(scratchBytes), scratchBytes);
    expect(decoder.checkGuards()).toEqual([]);
    return { status: decoder.job(jobs, 0, "status"), out: decoder.bytes.slice(out, out + 40) };
  }

  it("stored without quantisation is copied as it is", () => {
    const plane = { codec: CODEC.rice, bytePixel: 4, bitpix: -32, quantiser: QUANTISER.dither1 };
    expect(decode(plane, { fallback: FALLBACK.uncompressed })).toEqual({ status: OK, out: pixels });
  });

  it("that is shorter than its pixels is truncated", () => {
    const plane = { codec: CODEC.none, bytePixel: 4, bitpix: 32 };
    expect(decode(plane, { streamLength: 39 }).status).toBe(TRUNCATED);
  });

  it.each([
    ["an unknown codec", { codec: 99, bytePixel: 4, bitpix: 32 }, UNSUPPORTED],
    ["Rice integers of 8 bytes", { codec: CODEC.rice, bytePixel: 8, bitpix: 64 }, UNSUPPORTED],
    ["Rice floats that are not quantised", { codec: CODEC.rice, bytePixel: 4, bitpix: -32 }, UNSUPPORTED],
    ["blocks of no pixels", { codec: CODEC.rice, bytePixel: 4, bitpix: 32, blockSize: 0 }, CORRUPT],
    ["integers of no bytes", { codec: CODEC.none, bytePixel: 0, bitpix: 32 }, CORRUPT],
  ])("with %s is refused", (_, plane, status) => {
    expect(decode(plane, {}).status).toBe(status);
  });

  it.each([
    ["GZIP_1", { codec: CODEC.gzip1 }, {}],
    ["GZIP_2", { codec: CODEC.gzip2 }, {}],
    ["gzip in place of RICE_1", { codec: CODEC.rice, quantiser: QUANTISER.dither1 }, { fallback: FALLBACK.gzip }],
  ])("with %s is corrupt where a bit of its pixels is another", (_, coding, storage) => {
    const plane = { bytePixel: 4, bitpix: -32, ...coding };
    const stream = gzipSync(pixels, { level: 0 });
    expect(decode(plane, storage, stream).status).toBe(OK);
    for (let at = 15; at < 15 + pixels.length; at++) {
      stream[at] ^= 16;
      expect(decode(plane, storage, stream).status).toBe(CORRUPT);
      stream[at] ^= 16;
    }
  });

  it("loses the pixels that its null mask marks", () => {
    const mask = Buffer.from([0, 0, 1, 0, 255, 0, 0, 0, 0, 2]);
    const masked = [2, 4, 9];
    for (const [bitpix, blank, nullBytes] of [
      [-32, 0, [255, 255, 255, 255]],
      [32, -5, [255, 255, 255, 251]],
    ] as const) {
      const decoder = new TestDecoder();
      const out = decoder.reserve(40);
      const plane = decoder.plane({ codec: CODEC.none, bytePixel: 4, bitpix });
      const jobs = decoder.jobs([
        {
          stream: decoder.put(pixels, STREAM_PADDING),
          streamLength: 40,
          tileWidth: 10,
          tileRows: 1,
          tilePixels: 10,
          rows: 1,
          rowLength: 10,
          out,
          outStride: 40,
          blank,
          maskStream: decoder.put(mask, STREAM_PADDING),
          maskLength: 10,
          maskCodec: CODEC.none,
        },
      ]);
      const scratchBytes = decoder.exports.scratchBytes(plane, 10, 10) >>> 0;
      expect(decoder.exports.decodeTiles(plane, jobs, 1, decoder.reserve(scratchBytes), scratchBytes)).toBe(1);
      const expected = Uint8Array.from(pixels);
      for (const pixel of masked) expected.set(nullBytes, pixel * 4);
      expect(decoder.bytes.slice(out, out + 40)).toEqual(expected);
    }
  });

  /** 15 × 10 pixels, coded with blocks of so many by CFITSIO's fits_rcomp_byte; see there for the bytes. */
  const maskBytes = Buffer.from(
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAAAAAAABAP8AAAcA" +
      "AQcABwAAAP//AAAAB/8ABwAABwAHB/8AAAAHAAH/AAcABwEHAAAHBwABAAcABwAHAP8H/wH/B/8BAQAAAAAH",
    "base64",
  );
  const riceMasks: [number, string][] = [
    [32, "AAf8////VVVVdUvUAgNAQGAgOuekGHwwsGFGg+kGF3wwoxxBYNBXqMKMKMLQg6cIOkskGA=="],
    [16, "AAD/n+D/9963QYXCCjCyWPSDD4YWDCjQfSQ5tXTmuWxsOhsqXNc1zZIflkPw3gAE"],
  ];
  const window: Window = { x0: 3, y0: 2, width: 11, height: 7 };

  function runMasked(blockSize: number, mask: Uint8Array, maskCodec: number = CODEC.rice) {
    const values = Buffer.alloc(600);
    for (let i = 0; i < 150; i++) values.writeInt32BE(1000 + i, 4 * i);
    const decoder = new TestDecoder();
    const out = decoder.reserve(window.width * window.height * 4);
    const plane = decoder.plane({ codec: CODEC.none, bytePixel: 4, bitpix: 32, blockSize });
    const jobs = decoder.jobs([
      {
        stream: decoder.put(values, STREAM_PADDING),
        streamLength: 600,
        tileWidth: 15,
        tileRows: 10,
        tilePixels: 150,
        firstPixel: window.y0 * 15 + window.x0,
        rows: window.height,
        rowLength: window.width,
        out,
        outStride: window.width * 4,
        blank: -1,
        maskStream: decoder.put(mask, STREAM_PADDING),
        maskLength: mask.length,
        maskCodec,
      },
    ]);
    const scratchBytes = decoder.exports.scratchBytes(plane, 150, 15, maskCodec) >>> 0;
    const done = decoder.exports.decodeTiles(plane, jobs, 1, decoder.reserve(scratchBytes), scratchBytes);
    expect(decoder.checkGuards()).toEqual([]);
    const view = new DataView(decoder.bytes.buffer, out);
    const found = Array.from({ length: window.width * window.height }, (_, i) => view.getInt32(4 * i));
    return { done, found };
  }

  /** The pixels of the window, those null that the mask marks. */
  const maskedValues = Array.from({ length: window.width * window.height }, (_, i) => {
    const pixel = (window.y0 + Math.floor(i / window.width)) * 15 + window.x0 + (i % window.width);
    return maskBytes[pixel] === 0 ? 1000 + pixel : -1;
  });

  it.each(riceMasks)("loses the pixels that a mask coded as RICE_1 marks, in blocks of %i", (blockSize, text) => {
    expect(runMasked(blockSize, Buffer.from(text, "base64"))).toEqual({ done: 1, found: maskedValues });
  });

  it("loses the pixels that a mask coded as HCOMPRESS_1 marks", () => {
    // The same bytes, coded by CFITSIO with scale 0.
    const text =
      "3ZkAAAAKAAAADwAAAAAAAAAAAAADIAoJCfbX406TYj8trGlaNj8trzSZcflteaTL1+W580kzxfja0ruOAAAZ3mZCZ4T/76QevNq/Nq/Nq/Nq/y2S00f/" +
      "QLZ/HcQ7thn/vqwkfqw2vqw2vqw2vqw2v7dw02h9xDSAGZBubgRAf9+mWP/si0Nf/ZFoa/+yLQ1/9kWhr/7gJGNfl3Aau63r8u4DVqta/Lsh3dz+AKqI" +
      "EHFDg6SWAwA=";
    const mask = Buffer.from(text, "base64");
    expect(runMasked(32, mask, CODEC.hcompress)).toEqual({ done: 1, found: maskedValues });
  });

  it("loses the pixels that a mask of int32 coded as GZIP_2 marks", () => {
    // The lowest bytes are the last of four planes.
    const mask = gzipSync(Buffer.concat([Buffer.alloc(450), maskBytes]));
    expect(runMasked(32, mask, CODEC.gzip2)).toEqual({ done: 1, found: maskedValues });
  });

  it("is not decoded where its RICE_1 mask ends too early, or has codes of another size", () => {
    const mask = Buffer.from(riceMasks[0][1], "base64");
    for (let length = 0; length < 40; length++) expect(runMasked(32, mask.subarray(0, length)).done).toBe(0);
    expect(runMasked(0, mask).done).toBe(0);
  });
});
