import { expect, it } from "vitest";
import { Arena } from "../../../src/codec/arena.ts";
import { SEEK_ENTRY_BYTES } from "../../../src/codec/layout.ts";
import { SeekIndex, seekStepsOf, type SeekIndexStore, type SeekShape } from "../../../src/cutout/seek-index.ts";

const SHAPE = { tileCount: 500, entriesPerTile: 7 };
const LAYOUTS = [
  ["tile by tile", false],
  ["entry by entry", true],
] as const;

function createIndex(shape: SeekShape): { index: SeekIndex; words: Uint32Array; address: number; byteLength: number } {
  const arena = new Arena();
  const { byteLength } = seekStepsOf(shape);
  const address = arena.allocate(byteLength);
  return { index: new SeekIndex(arena, address, shape), words: arena.words, address, byteLength };
}

/** Some tiles have fewer entries than others. */
const countOf = (tile: number) => tile % (SHAPE.entriesPerTile + 1);
const bitOf = (tile: number, entry: number) => 1000 * tile + 8 * entry;

function fillIndex({ index, words }: ReturnType<typeof createIndex>): void {
  for (let tile = 0; tile < SHAPE.tileCount; tile++) {
    for (let entry = 0; entry < countOf(tile); entry++) {
      const place = (index.addressOf(tile) + entry * index.steps.entry) >>> 2;
      words[place] = bitOf(tile, entry);
      words[place + 1] = tile + entry;
    }
    index.extend(tile, countOf(tile));
  }
}

function memoryStore(): SeekIndexStore {
  const files = new Map<string, Uint8Array>();
  return {
    read: (name) => Promise.resolve(files.get(name) ?? null),
    write: (name, bytes) => Promise.resolve(void files.set(name, bytes)),
  };
}

it.each(LAYOUTS)("every entry of every tile has a place of its own: %s", (_, tilesAreRows) => {
  const { index, address, byteLength } = createIndex({ ...SHAPE, tilesAreRows });
  const places = new Set<number>();
  for (let tile = 0; tile < SHAPE.tileCount; tile++)
    for (let entry = 0; entry < SHAPE.entriesPerTile; entry++)
      places.add(index.addressOf(tile) + entry * index.steps.entry);
  expect(places.size).toBe(SHAPE.tileCount * SHAPE.entriesPerTile);
  expect(Math.min(...places)).toBe(address);
  expect(Math.max(...places)).toBeLessThanOrEqual(address + byteLength - SEEK_ENTRY_BYTES);
  expect([...places].every((place) => (place - address) % SEEK_ENTRY_BYTES === 0)).toBe(true);
});

it("the same entry of neighbouring rows lies side by side, and takes a tenth more memory at most", () => {
  expect(seekStepsOf({ ...SHAPE, tilesAreRows: true })).toMatchObject({ tile: SEEK_ENTRY_BYTES });
  expect(seekStepsOf({ ...SHAPE, tilesAreRows: false })).toMatchObject({ entry: SEEK_ENTRY_BYTES });
  for (let tileCount = 1; tileCount < 2000; tileCount++) {
    const { byteLength } = seekStepsOf({ tileCount, entriesPerTile: 79, tilesAreRows: true });
    expect(byteLength).toBeLessThanOrEqual(1.1 * tileCount * 79 * SEEK_ENTRY_BYTES);
  }
});

it.each(LAYOUTS)(
  "what was saved is what is loaded, and does not depend on how it lay in memory: %s",
  async (_, rows) => {
    const saved = createIndex({ ...SHAPE, tilesAreRows: rows });
    fillIndex(saved);
    const store = memoryStore();
    await saved.index.save(store, "image");
    const { index } = createIndex({ ...SHAPE, tilesAreRows: !rows });
    await index.load(store, "image");
    expect(index.indexed).toEqual(saved.index.indexed);
    for (let tile = 0; tile < SHAPE.tileCount; tile++) {
      const last = countOf(tile) - 1;
      expect(index.startByteOf(tile, 100 * SHAPE.entriesPerTile, 100)).toBe(last <= 0 ? 0 : bitOf(tile, last) >>> 3);
      if (last >= 2) expect(index.endByteOf(tile, 101, 100)).toBe(bitOf(tile, 2) >>> 3);
    }
  },
);
