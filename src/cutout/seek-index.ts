import type { Arena } from "../codec/arena.ts";
import { SEEK_ENTRY_BYTES } from "../codec/layout.ts";
import { formatHexadecimal } from "../storage/hexadecimal.ts";

/** Where indices outlive the process. Keys are file names; a lost or refused write costs time only. */
export interface SeekIndexStore {
  read(name: string): Promise<Uint8Array | null>;
  write(name: string, bytes: Uint8Array): Promise<void>;
}

export type SeekShape = {
  readonly tileCount: number;
  readonly entriesPerTile: number;
  /** Whether each tile is one row of pixels, or part of one. */
  readonly tilesAreRows: boolean;
};

type SeekSteps = { readonly tile: number; readonly entry: number; readonly byteLength: number };

/**
 * Bytes from one tile's first entry to the next one's, from one entry of a tile to its next, and of all.
 *
 * A tile's entries lie side by side. But where tiles are rows, a window needs the same entry or two of hundreds of them:
 * then these do, and are a few lines of memory that the processor fetches ahead, not hundreds that no cache holds. The
 * step is an odd number of cache lines, since a power of two would have a tile's entries compete for a few places.
 */
export function seekStepsOf({ tileCount, entriesPerTile, tilesAreRows }: SeekShape): SeekSteps {
  const lines = Math.ceil((tileCount * SEEK_ENTRY_BYTES) / CACHE_LINE) | 1;
  return tilesAreRows && lines >= MIN_LINES
    ? { tile: SEEK_ENTRY_BYTES, entry: lines * CACHE_LINE, byteLength: entriesPerTile * lines * CACHE_LINE }
    : {
        tile: entriesPerTile * SEEK_ENTRY_BYTES,
        entry: SEEK_ENTRY_BYTES,
        byteLength: tileCount * entriesPerTile * SEEK_ENTRY_BYTES,
      };
}

const CACHE_LINE = 64;
/** For fewer, filling the last one would cost more than a tenth of the memory. */
const MIN_LINES = 20;

/**
 * The seek entries of one plane's Rice tiles, in the arena: bit offset and value before it, about every 128 pixels.
 * Filled by the decoder as it passes. `indexed[tile]` entries of a tile are valid, from the first.
 */
export class SeekIndex {
  readonly #arena: Arena;
  readonly #address: number;
  readonly #entriesPerTile: number;
  readonly steps: SeekSteps;
  readonly indexed: Uint32Array<ArrayBuffer>;
  #savedEntries = 0;
  #loading: Promise<void> | null = null;
  #isLoaded = false;

  /** `address`: of as many bytes as `seekStepsOf(shape)` says. */
  constructor(arena: Arena, address: number, shape: SeekShape) {
    this.#arena = arena;
    this.#address = address;
    this.#entriesPerTile = shape.entriesPerTile;
    this.steps = seekStepsOf(shape);
    this.indexed = new Uint32Array(shape.tileCount);
  }

  /** Of its first entry. */
  addressOf(tile: number): number {
    return this.#address + tile * this.steps.tile;
  }

  /** Entries beyond what is known are taken; two decoders that passed the same place wrote the same. */
  extend(tile: number, indexed: number): void {
    if (indexed > this.indexed[tile]) this.indexed[tile] = indexed;
  }

  /**
   * From which byte of a tile's stream its pixels from `first` on are, as far as the entries tell; and up to which, for
   * those before `end`. A decoder with these entries, or more, touches none before them. Entries out of a file that was
   * kept on disk may be of any value: the caller checks that start < end.
   */
  startByteOf(tile: number, first: number, stride: number): number {
    const entry = Math.min(Math.floor(first / stride), this.indexed[tile] - 1);
    return entry <= 0 ? 0 : this.#bitOf(tile, entry) >>> 3; // pixel 0 starts with the value before it
  }

  /** undefined: where the stream ends. */
  endByteOf(tile: number, end: number, stride: number): number | undefined {
    const entry = Math.ceil(end / stride);
    return entry < this.indexed[tile] ? (this.#bitOf(tile, entry) + 7) >>> 3 : undefined;
  }

  #bitOf(tile: number, entry: number): number {
    return this.#arena.words[this.#placeOf(tile, entry)];
  }

  /** In words. */
  #placeOf(tile: number, entry: number): number {
    return (this.addressOf(tile) + entry * this.steps.entry) >>> 2;
  }

  get entryCount(): number {
    let sum = 0;
    for (const count of this.indexed) sum += count;
    return sum;
  }

  /** Takes up what was saved, once; concurrent callers wait for the same read. null: it is done. */
  load(store: SeekIndexStore | null, cacheKey: string): Promise<void> | null {
    if (store === null || this.#isLoaded) return null;
    this.#loading ??= this.#load(store, cacheKey);
    return this.#loading;
  }

  async save(store: SeekIndexStore | null, cacheKey: string): Promise<void> {
    const entries = this.entryCount;
    if (store === null || entries <= this.#savedEntries) return;
    this.#savedEntries = entries;
    const bytes = this.#format(cacheKey); // Before the first await: an evicted index loses its memory.
    await store.write(await fileNameOf(cacheKey), bytes);
  }

  async #load(store: SeekIndexStore, cacheKey: string): Promise<void> {
    const bytes = await store.read(await fileNameOf(cacheKey)).catch(() => null);
    if (bytes !== null) this.#parse(bytes, cacheKey);
    this.#savedEntries = this.entryCount;
    this.#isLoaded = true;
  }

  /**
   * All numbers little-endian:
   *
   *   8 bytes  MAGIC
   *   u32      length of the key in bytes, and the key (UTF-8), zero-padded to a multiple of 4
   *   u32      tiles, u32 entries a tile can have
   *   u32      for each tile: its entries in this file
   *   8 bytes  each of them, tile by tile
   *   u32      sum of all before, so that a torn file is not believed
   */
  #format(cacheKey: string): Uint8Array<ArrayBuffer> {
    const key = new TextEncoder().encode(cacheKey);
    const keyLength = Math.ceil(key.length / 4) * 4;
    const tileCount = this.indexed.length;
    const head = MAGIC.length + 4 + keyLength + 8;
    const bytes = new Uint8Array(head + 4 * tileCount + SEEK_ENTRY_BYTES * this.entryCount + 4);
    const view = new DataView(bytes.buffer);
    bytes.set(MAGIC);
    view.setUint32(MAGIC.length, key.length, true);
    bytes.set(key, MAGIC.length + 4);
    view.setUint32(head - 8, tileCount, true);
    view.setUint32(head - 4, this.#entriesPerTile, true);
    const { words } = this.#arena;
    let at = head + 4 * tileCount;
    for (let tile = 0; tile < tileCount; tile++) {
      const count = this.indexed[tile];
      view.setUint32(head + 4 * tile, count, true);
      for (let entry = 0; entry < count; entry++, at += SEEK_ENTRY_BYTES) {
        const place = this.#placeOf(tile, entry);
        view.setUint32(at, words[place], true);
        view.setUint32(at + 4, words[place + 1], true);
      }
    }
    view.setUint32(at, sumOf(bytes.subarray(0, at)), true);
    return bytes;
  }

  /** Takes nothing from a file that is not whole or not of this plane. */
  #parse(bytes: Uint8Array, cacheKey: string): void {
    const key = new TextEncoder().encode(cacheKey);
    const keyLength = Math.ceil(key.length / 4) * 4;
    const tileCount = this.indexed.length;
    const head = MAGIC.length + 4 + keyLength + 8;
    if (bytes.length < head + 4 * tileCount + 4) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const sameKey =
      MAGIC.every((byte, i) => bytes[i] === byte) &&
      view.getUint32(MAGIC.length, true) === key.length &&
      key.every((byte, i) => bytes[MAGIC.length + 4 + i] === byte);
    if (!sameKey || view.getUint32(head - 8, true) !== tileCount) return;
    if (view.getUint32(head - 4, true) !== this.#entriesPerTile) return;
    if (view.getUint32(bytes.length - 4, true) !== sumOf(bytes.subarray(0, bytes.length - 4))) return;
    const { words } = this.#arena;
    let at = head + 4 * tileCount;
    for (let tile = 0; tile < tileCount; tile++) {
      const count = view.getUint32(head + 4 * tile, true);
      if (count > this.#entriesPerTile || count * SEEK_ENTRY_BYTES > bytes.length - 4 - at) return;
      for (let entry = 1; entry < count; entry++) {
        const bit = at + entry * SEEK_ENTRY_BYTES;
        if (view.getUint32(bit, true) < view.getUint32(bit - SEEK_ENTRY_BYTES, true)) return;
      }
      for (let entry = 0; entry < count; entry++, at += SEEK_ENTRY_BYTES) {
        const place = this.#placeOf(tile, entry);
        words[place] = view.getUint32(at, true);
        words[place + 1] = view.getUint32(at + 4, true);
      }
      this.extend(tile, count);
    }
  }
}

const MAGIC = new TextEncoder().encode("RCSEEK01");

/** Fletcher's sum over 32-bit words: finds torn and shuffled files, not malice. */
function sumOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let first = 1;
  let second = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    first = (first + view.getUint32(at, true)) >>> 0;
    second = (second + first) >>> 0;
  }
  return (first ^ second) >>> 0;
}

async function fileNameOf(cacheKey: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(cacheKey)));
  return `${formatHexadecimal(digest.subarray(0, 20))}.seek`;
}
