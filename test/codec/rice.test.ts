import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CODEC, JOB_BYTES, SEEK_ENTRY_BYTES, STREAM_PADDING, seekStride } from "../../src/codec/layout.ts";
import { TestDecoder } from "./support-wasm.ts";

const OK = 0;
const TRUNCATED = 1;
const CORRUPT = 2;

type Line = {
  readonly bytePixel: number;
  readonly blockSize: number;
  readonly stream: Uint8Array;
  readonly pixels: Int32Array;
};

/** Lines of pixels and CFITSIO's streams of them; see fixtures/codec/rice-blocks.c. */
const lines = readLines(readFileSync(new URL("../fixtures/codec/rice-blocks.bin", import.meta.url)));
const groups = [1, 2, 4].flatMap((bytePixel) =>
  [1, 8, 16, 32, 33, 100, 1000].map((blockSize) => ({
    bytePixel,
    blockSize,
    lines: lines.filter((line) => line.bytePixel === bytePixel && line.blockSize === blockSize),
  })),
);

function readLines(file: Buffer): Line[] {
  const found: Line[] = [];
  for (let at = 0; at < file.length; ) {
    const [bytePixel, blockSize, count, length] = [0, 4, 8, 12].map((offset) => file.readUInt32LE(at + offset));
    at += 16;
    const stream = Uint8Array.from(file.subarray(at, at + length));
    at += length;
    const pixels = Int32Array.from({ length: count }, (_, i) => file.readInt32LE(at + 4 * i));
    at += 4 * count;
    found.push({ bytePixel, blockSize, stream, pixels });
  }
  return found;
}

type Part = { readonly from: number; readonly to: number };

/** One memory for all tiles: thousands of them would be slow. */
const shared = [new TestDecoder(1), new TestDecoder(1)];

/** One line as a tile of one row or, by `width`, of several. */
class Tile {
  readonly decoder: TestDecoder;
  readonly #line: Line;
  readonly #plane: number;
  readonly #job: number;
  readonly #out: number;
  readonly #scratch: number;
  readonly #scratchBytes: number;

  constructor(line: Line, { stream = line.stream, withIndex = false, width = line.pixels.length } = {}) {
    const count = line.pixels.length;
    const decoder = shared[withIndex ? 1 : 0];
    decoder.reset();
    this.decoder = decoder;
    this.#line = line;
    this.#plane = decoder.plane({
      codec: CODEC.rice,
      bytePixel: line.bytePixel,
      blockSize: line.blockSize,
      bitpix: 32,
    });
    this.#out = decoder.reserve(count * 4);
    const entries = Math.ceil(count / seekStride(line.blockSize));
    this.#job = decoder.jobs([
      {
        stream: decoder.put(stream, STREAM_PADDING),
        streamLength: stream.length,
        tileWidth: width,
        tileRows: 1,
        tilePixels: count,
        index: withIndex ? decoder.reserve(entries * SEEK_ENTRY_BYTES) : 0,
        indexStep: SEEK_ENTRY_BYTES,
        out: this.#out,
      },
    ]);
    this.#scratchBytes = decoder.exports.scratchBytes(this.#plane, count, width) >>> 0;
    this.#scratch = decoder.reserve(this.#scratchBytes);
  }

  /** The status, and the pixels where it is OK. */
  decode(part: Part, rows = 1): { status: number; pixels: number[] } {
    const { decoder } = this;
    const length = part.to - part.from;
    const fields = { firstPixel: part.from, rows, rowLength: length, outStride: length * 4 } as const;
    for (const [name, value] of Object.entries(fields)) {
      decoder.setJob(this.#job, 0, name as keyof typeof fields, value);
    }
    decoder.bytes.fill(0xa5, this.#out, this.#out + this.#line.pixels.length * 4);
    decoder.exports.decodeTiles(this.#plane, this.#job, 1, this.#scratch, this.#scratchBytes);
    const pixels = Array.from({ length: length * rows }, (_, i) => decoder.view.getInt32(this.#out + 4 * i));
    return { status: decoder.job(this.#job, 0, "status"), pixels };
  }

  get indexed(): number {
    return this.decoder.job(this.#job, 0, "indexed");
  }

  restart(): void {
    for (const field of ["cursorPixel", "cursorBit", "cursorValue"] as const) {
      this.decoder.setJob(this.#job, 0, field, 0);
    }
  }
}

const whole = (line: Line): Part => ({ from: 0, to: line.pixels.length });

it("the fixture has lines of every kind", () => {
  expect(lines).toHaveLength(3 * 4 * 7 * 3);
});

describe.each(groups)("BYTEPIX $bytePixel, BLOCKSIZE $blockSize", ({ lines }) => {
  it("gives the pixels that were encoded", () => {
    for (const line of lines) {
      const tile = new Tile(line);
      expect(tile.decode(whole(line))).toEqual({ status: OK, pixels: [...line.pixels] });
      expect(tile.decoder.checkGuards()).toEqual([]);
    }
  });

  it("gives the same pixels for every part, from the start, the cursor or the index", () => {
    for (const line of lines) {
      const count = line.pixels.length;
      const tiles = [new Tile(line), new Tile(line, { withIndex: true })];
      for (let i = 0; i < 40; i++) {
        const from = (i * 67) % count;
        const part = { from, to: Math.min(count, from + 1 + ((i * 29) % 90)) };
        for (const tile of tiles) {
          if (i % 3 === 0) tile.restart();
          expect(tile.decode(part), JSON.stringify(part)).toEqual({
            status: OK,
            pixels: [...line.pixels.subarray(part.from, part.to)],
          });
        }
      }
      for (const tile of tiles) expect(tile.decoder.checkGuards()).toEqual([]);
      expect(tiles[1].indexed).toBe(Math.ceil(count / seekStride(line.blockSize)));
    }
  });

  it("gives the same pixels for windows of rows", () => {
    for (const line of lines.filter(({ pixels }) => pixels.length === 300)) {
      for (const width of [10, 60, 150]) {
        for (const withIndex of [false, true]) {
          const tile = new Tile(line, { width, withIndex });
          const rows = 300 / width;
          for (let time = 0; time < 2; time++) {
            const part = { from: 3, to: width - 2 };
            const expected = Array.from({ length: rows }, (_, row) => [
              ...line.pixels.subarray(row * width + part.from, row * width + part.to),
            ]).flat();
            expect(tile.decode(part, rows)).toEqual({ status: OK, pixels: expected });
            tile.restart();
          }
          expect(tile.decoder.checkGuards()).toEqual([]);
        }
      }
    }
  });

  it("finds every truncation", () => {
    for (const line of lines.filter(({ pixels }) => pixels.length > 1)) {
      for (let length = 0; length < line.stream.length; length += 1 + (line.stream.length >> 8)) {
        const tile = new Tile(line, { stream: line.stream.subarray(0, length) });
        expect(tile.decode(whole(line)).status, `${length} of ${line.stream.length} bytes`).toBe(TRUNCATED);
        expect(tile.decoder.checkGuards()).toEqual([]);
      }
    }
  });

  it("survives random bytes", () => {
    let state = 1;
    const random = () => (state = (state * 48271) % 2147483647) & 0xff;
    const line = lines[0];
    for (let i = 0; i < 200; i++) {
      // Every third is mostly zeros: long unary codes.
      const stream = Uint8Array.from({ length: random() }, () => (i % 3 === 0 && random() < 200 ? 0 : random()));
      const tile = new Tile(line, { stream, withIndex: i % 2 === 0 });
      expect([OK, TRUNCATED, CORRUPT]).toContain(tile.decode(whole(line)).status);
      expect(tile.decoder.checkGuards()).toEqual([]);
    }
  });
});

it("a split that no encoder writes is corrupt", () => {
  const line = { bytePixel: 4, blockSize: 32, stream: new Uint8Array(100).fill(0xff), pixels: new Int32Array(64) };
  expect(new Tile(line).decode(whole(line)).status).toBe(CORRUPT);
});

it("a unary code of a million bits is followed to its end", () => {
  // First value 0; split 0; 1,000,003 zeros and a one: the difference is odd and negative.
  const stream = new Uint8Array(125_010);
  stream[4] = 0b00001_000;
  stream[4 + 125_001] = 0b10000000;
  const line = { bytePixel: 4, blockSize: 32, stream, pixels: new Int32Array(1) };
  expect(new Tile(line).decode(whole(line))).toEqual({ status: OK, pixels: [-500_002] });
});

it("four tiles of unlike rows are decoded in turns as if each were alone", () => {
  const some = lines.filter((line) => line.bytePixel === 2 && line.blockSize === 32 && line.pixels.length === 300);
  const decoder = shared[0];
  decoder.reset();
  const plane = decoder.plane({ codec: CODEC.rice, bytePixel: 2, blockSize: 32, bitpix: 32 });
  const windows = Array.from({ length: 24 }, (_, i) => ({
    line: some[i % some.length],
    from: 7 * i,
    rows: 1 + (i % 3),
  }));
  const outs = windows.map(({ rows }) => decoder.reserve(rows * 30 * 4));
  const jobs = decoder.jobs(
    windows.map(({ line, from, rows }, i) => ({
      stream: decoder.put(line.stream, STREAM_PADDING),
      streamLength: line.stream.length,
      tileWidth: 40,
      tilePixels: 300,
      firstPixel: from,
      rows,
      rowLength: 30,
      out: outs[i],
      outStride: 120,
    })),
  );
  const scratchBytes = decoder.exports.scratchBytes(plane, 300, 40) >>> 0;
  expect(JOB_BYTES % 8).toBe(0);
  expect(decoder.exports.decodeTiles(plane, jobs, 24, decoder.reserve(scratchBytes), scratchBytes)).toBe(24);
  windows.forEach(({ line, from, rows }, i) => {
    const got = Array.from({ length: rows * 30 }, (_, pixel) => decoder.view.getInt32(outs[i] + 4 * pixel));
    const expected = Array.from({ length: rows }, (_, row) => [
      ...line.pixels.subarray(from + row * 40, from + row * 40 + 30),
    ]).flat();
    expect(got).toEqual(expected);
  });
  expect(decoder.checkGuards()).toEqual([]);
});
