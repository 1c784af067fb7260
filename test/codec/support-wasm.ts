import { readFileSync } from "node:fs";
import type { DecoderExports } from "../../src/codec/module.ts";
import {
  CODEC,
  FALLBACK,
  JOB,
  JOB_BYTES,
  PLANE,
  PLANE_BYTES,
  SEEK_ENTRY_BYTES,
  SEEK_PIXELS,
  STREAM_PADDING,
} from "../../src/codec/layout.ts";

const FIRST_ADDRESS = 128 * 1024;
const GUARD = 0xa5;
const GUARD_BYTES = 64;

type Region = { readonly address: number; readonly length: number };

/** The decoder on a memory of its own. Every region lies between guard bytes that `checkGuards` finds unchanged. */
export class TestDecoder {
  readonly exports: DecoderExports;
  readonly memory: WebAssembly.Memory;
  #regions: Region[] = [];
  #next = FIRST_ADDRESS;

  constructor(megabytes = 16) {
    this.memory = new WebAssembly.Memory({ initial: megabytes * 16, maximum: 65536, shared: true });
    this.exports = new WebAssembly.Instance(decoderModule(), { env: { memory: this.memory } })
      .exports as unknown as DecoderExports;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** Forgets all regions. */
  reset(): void {
    this.#regions = [];
    this.#next = FIRST_ADDRESS;
  }

  reserve(length: number): number {
    const address = (this.#next + GUARD_BYTES + 15) & ~15;
    this.bytes.fill(GUARD, this.#next, address + length + GUARD_BYTES);
    this.#next = address + length + GUARD_BYTES;
    this.#regions.push({ address, length });
    return address;
  }

  put(content: Uint8Array, padding = 0): number {
    const address = this.reserve(content.length + padding);
    this.bytes.set(content, address);
    return address;
  }

  /** Addresses of bytes that changed just before or after a region. */
  checkGuards(): number[] {
    const bytes = this.bytes;
    const changed: number[] = [];
    for (const { address, length } of this.#regions) {
      for (let i = 1; i <= GUARD_BYTES; i++) {
        if (bytes[address - i] !== GUARD && i <= 16) changed.push(address - i);
        if (bytes[address + length + i - 1] !== GUARD) changed.push(address + length + i - 1);
      }
    }
    return changed;
  }

  ditherTable(): number {
    const address = this.reserve(this.exports.DITHER_TABLE_BYTES.value as number);
    this.exports.initDitherTable(address);
    return address;
  }

  /** Fields by the names of `src/codec/layout.ts`; what is not given is 0. */
  plane(fields: Partial<Record<keyof typeof PLANE, number>>): number {
    const address = this.reserve(PLANE_BYTES);
    this.bytes.fill(0, address, address + PLANE_BYTES);
    for (const [name, value] of Object.entries(fields)) {
      this.view.setInt32(address + PLANE[name as keyof typeof PLANE], value, true);
    }
    return address;
  }

  jobs(list: readonly Partial<Record<keyof typeof JOB, number>>[]): number {
    const address = this.reserve(JOB_BYTES * list.length);
    this.bytes.fill(0, address, address + JOB_BYTES * list.length);
    list.forEach((fields, i) => {
      for (const [name, value] of Object.entries(fields)) this.setJob(address, i, name as keyof typeof JOB, value);
    });
    return address;
  }

  setJob(jobs: number, i: number, field: keyof typeof JOB, value: number): void {
    const at = jobs + i * JOB_BYTES + JOB[field];
    if (field === "scale" || field === "zero") this.view.setFloat64(at, value, true);
    else this.view.setInt32(at, value, true);
  }

  job(jobs: number, i: number, field: keyof typeof JOB): number {
    return this.view.getInt32(jobs + i * JOB_BYTES + JOB[field], true);
  }
}

let compiled: WebAssembly.Module | undefined;

function decoderModule(): WebAssembly.Module {
  const file = process.env.RECORTE_TEST_WASM ?? new URL("../../build/recorte.wasm", import.meta.url);
  return (compiled ??= new WebAssembly.Module(readFileSync(file)));
}

// ── Compressed images in FITS files, read by the shortest way: the files are ours ────────────────────────────────────

export type CompressedTile = {
  readonly stream: Uint8Array;
  /** As in `src/codec/layout.ts`. */
  readonly fallback: number;
  readonly scale: number;
  readonly zero: number;
  readonly blank: number | undefined;
};

export type CompressedHdu = {
  readonly cards: ReadonlyMap<string, string>;
  readonly codec: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly width: number;
  readonly height: number;
  readonly tiles: readonly CompressedTile[];
};

const CODECS: Record<string, number> = {
  RICE_1: CODEC.rice,
  RICE_ONE: CODEC.rice,
  GZIP_1: CODEC.gzip1,
  GZIP_2: CODEC.gzip2,
  PLIO_1: CODEC.plio,
  HCOMPRESS_1: CODEC.hcompress,
  NOCOMPRESS: CODEC.none,
};

/** The compressed image at HDU `number`, counted from 0. */
export function readCompressedHdu(file: Uint8Array, number: number): CompressedHdu {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 0;
  for (let hdu = 0; ; hdu++) {
    const { cards, end } = readCards(file, at);
    const size = (name: string, other = 0) => Number(cards.get(name) ?? other);
    let bytes = size("NAXIS") ? 1 : 0;
    for (let i = 1; i <= size("NAXIS"); i++) bytes *= size(`NAXIS${i}`);
    bytes = ((bytes + size("PCOUNT")) * Math.abs(size("BITPIX"))) / 8;
    if (hdu === number) return readTiles(file, view, end, cards);
    at = end + Math.ceil(bytes / 2880) * 2880;
  }
}

function readCards(file: Uint8Array, start: number): { cards: Map<string, string>; end: number } {
  const cards = new Map<string, string>();
  for (let at = start; ; at += 80) {
    const card = Buffer.from(file.buffer, file.byteOffset + at, 80).toString("latin1");
    if (card.startsWith("END     ")) return { cards, end: start + Math.ceil((at + 80 - start) / 2880) * 2880 };
    const text = /^'([^']*)'/.exec(card.slice(10));
    if (card[8] === "=") cards.set(card.slice(0, 8).trim(), (text ? text[1] : card.slice(10).split("/")[0]).trim());
  }
}

function readTiles(file: Uint8Array, view: DataView, start: number, cards: Map<string, string>): CompressedHdu {
  const number = (name: string, other = 0) => Number(cards.get(name) ?? other);
  const columns = new Map<string, { at: number; form: string }>();
  let rowBytes = 0;
  for (let i = 1; i <= number("TFIELDS"); i++) {
    const form = cards.get(`TFORM${i}`) ?? "";
    columns.set(cards.get(`TTYPE${i}`) ?? "", { at: rowBytes, form });
    rowBytes += /^1?Q/.test(form) ? 16 : /^1?[PD]/.test(form) ? 8 : /^1?J/.test(form) ? 4 : NaN;
  }
  const heap = start + number("THEAP", rowBytes * number("NAXIS2"));
  const tiles: CompressedTile[] = [];
  for (let i = 0; i < number("NAXIS2"); i++) {
    const row = start + i * rowBytes;
    const bytesOf = (name: string) => {
      const column = columns.get(name);
      if (!column) return new Uint8Array();
      const [, long, type] = /^1?(?:(Q)|P)(.)/.exec(column.form) ?? [];
      const [first, second] = long ? [4, 12] : [0, 4]; // the upper halves are 0 here
      const length = view.getInt32(row + column.at + first) * ({ I: 2, E: 4, J: 4, D: 8 }[type] ?? 1);
      const offset = heap + view.getInt32(row + column.at + second);
      return file.subarray(offset, offset + length);
    };
    const numberOf = (name: string, other: number) => {
      const column = columns.get(name);
      return column ? view.getFloat64(row + column.at) : number(name, other);
    };
    const blank = columns.get("ZBLANK");
    const compressed = bytesOf("COMPRESSED_DATA");
    const gzipped = bytesOf("GZIP_COMPRESSED_DATA");
    tiles.push({
      ...(compressed.length
        ? { stream: compressed, fallback: FALLBACK.none }
        : gzipped.length
          ? { stream: gzipped, fallback: FALLBACK.gzip }
          : { stream: bytesOf("UNCOMPRESSED_DATA"), fallback: FALLBACK.uncompressed }),
      scale: numberOf("ZSCALE", 1),
      zero: numberOf("ZZERO", 0),
      blank: blank ? view.getInt32(row + blank.at) : cards.has("ZBLANK") ? number("ZBLANK") : undefined,
    });
  }
  return {
    cards,
    codec: CODECS[cards.get("ZCMPTYPE") ?? ""],
    width: number("ZNAXIS1"),
    height: number("ZNAXIS2", 1),
    tileWidth: number("ZTILE1", number("ZNAXIS1")),
    tileHeight: number("ZTILE2", 1),
    tiles,
  };
}

// ── Windows of compressed images ─────────────────────────────────────────────────────────────────────────────────────

export type Window = { readonly x0: number; readonly y0: number; readonly width: number; readonly height: number };

/** A compressed image laid out in a decoder's memory, of which windows can be decoded again and again. */
export class LoadedImage {
  readonly #decoder: TestDecoder;
  readonly #hdu: CompressedHdu;
  readonly #plane: number;
  readonly #jobs: number;
  readonly #scratch: number;
  readonly #scratchBytes: number;
  readonly #pixelBytes: number;
  readonly #outs: number[];
  readonly #tilePixels: number;

  constructor(decoder: TestDecoder, hdu: CompressedHdu, options: { withIndex: boolean }) {
    const number = (name: string, other: number) => Number(hdu.cards.get(name) ?? other);
    const parameter = (name: string, other: number) => {
      for (let i = 1; hdu.cards.has(`ZNAME${i}`); i++)
        if (hdu.cards.get(`ZNAME${i}`) === name) return number(`ZVAL${i}`, 0);
      return other;
    };
    this.#decoder = decoder;
    this.#hdu = hdu;
    const bitpix = number("ZBITPIX", 0);
    this.#pixelBytes = Math.abs(bitpix) / 8;
    const scaled = hdu.tiles.some((tile) => tile.scale !== 1 || tile.zero !== 0);
    const method = hdu.cards.get("ZQUANTIZ") ?? (scaled && bitpix < 0 ? "NO_DITHER" : "NONE");
    this.#plane = decoder.plane({
      codec: hdu.codec,
      bytePixel: parameter("BYTEPIX", method === "NONE" && hdu.codec !== CODEC.rice ? this.#pixelBytes : 4),
      blockSize: parameter("BLOCKSIZE", 32),
      bitpix,
      quantiser: { NONE: 0, NO_DITHER: 1, SUBTRACTIVE_DITHER_1: 2, SUBTRACTIVE_DITHER_2: 3 }[method],
      ditherSeed: number("ZDITHER0", 1),
      ditherTable: decoder.ditherTable(),
      smooth: parameter("SMOOTH", 0),
      offset: hdu.codec === CODEC.plio && bitpix === 16 && number("BZERO", 0) === 32768 ? -32768 : 0,
    });
    this.#tilePixels = hdu.tileWidth * hdu.tileHeight;
    this.#scratchBytes = decoder.exports.scratchBytes(this.#plane, this.#tilePixels, hdu.tileWidth) >>> 0;
    this.#scratch = decoder.reserve(this.#scratchBytes);
    this.#outs = hdu.tiles.map(() => decoder.reserve(this.#tilePixels * this.#pixelBytes));
    this.#jobs = decoder.jobs(
      hdu.tiles.map((tile, i) => {
        const { width, height } = this.#tileSize(i);
        return {
          stream: decoder.put(tile.stream, STREAM_PADDING),
          streamLength: tile.stream.length,
          fallback: tile.fallback,
          tile: i,
          tileWidth: width,
          tileRows: height,
          tilePixels: width * height,
          out: this.#outs[i],
          hasBlank: tile.blank === undefined ? 0 : 1,
          blank: tile.blank ?? 0,
          index: options.withIndex ? decoder.reserve(Math.ceil(this.#tilePixels / SEEK_PIXELS) * SEEK_ENTRY_BYTES) : 0,
          indexStep: SEEK_ENTRY_BYTES,
          scale: tile.scale,
          zero: tile.zero,
        };
      }),
    );
  }

  get #columns(): number {
    return Math.ceil(this.#hdu.width / this.#hdu.tileWidth);
  }

  #tileSize(tile: number): { x: number; y: number; width: number; height: number } {
    const { tileWidth, tileHeight, width, height } = this.#hdu;
    const x = (tile % this.#columns) * tileWidth;
    const y = Math.floor(tile / this.#columns) * tileHeight;
    return { x, y, width: Math.min(tileWidth, width - x), height: Math.min(tileHeight, height - y) };
  }

  /** Forgets where earlier windows stopped, but not the seek entries. */
  clearCursors(): void {
    this.#hdu.tiles.forEach((_, i) => {
      for (const field of ["cursorPixel", "cursorBit", "cursorValue"] as const) {
        this.#decoder.setJob(this.#jobs, i, field, 0);
      }
    });
  }

  /** The pixels of a window, big-endian; each tile is a call of its own. */
  decode(window: Window): Uint8Array {
    const out = new Uint8Array(window.width * window.height * this.#pixelBytes);
    for (let i = 0; i < this.#hdu.tiles.length; i++) {
      const tile = this.#tileSize(i);
      const x0 = Math.max(tile.x, window.x0);
      const y0 = Math.max(tile.y, window.y0);
      const x1 = Math.min(tile.x + tile.width, window.x0 + window.width);
      const y1 = Math.min(tile.y + tile.height, window.y0 + window.height);
      if (x0 >= x1 || y0 >= y1) continue;
      const rowBytes = (x1 - x0) * this.#pixelBytes;
      const set = (field: keyof typeof JOB, value: number) => this.#decoder.setJob(this.#jobs, i, field, value);
      set("firstPixel", (y0 - tile.y) * tile.width + (x0 - tile.x));
      set("rows", y1 - y0);
      set("rowLength", x1 - x0);
      set("outStride", rowBytes);
      const job = this.#jobs + i * JOB_BYTES;
      const done = this.#decoder.exports.decodeTiles(this.#plane, job, 1, this.#scratch, this.#scratchBytes);
      if (done !== 1) throw new Error(`tile ${i}: status ${this.#decoder.job(this.#jobs, i, "status")}`);
      for (let y = y0; y < y1; y++) {
        const from = this.#outs[i] + (y - y0) * rowBytes;
        const to = ((y - window.y0) * window.width + (x0 - window.x0)) * this.#pixelBytes;
        out.set(this.#decoder.bytes.subarray(from, from + rowBytes), to);
      }
    }
    return out;
  }
}
