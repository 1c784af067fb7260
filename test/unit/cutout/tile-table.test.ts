import { expect, it } from "vitest";

import { isReadable, STORAGE, TileTable } from "../../../src/cutout/tile-table.ts";
import type { TiledImage } from "../../../src/fits/tiled-image.ts";
import { memorySource } from "../../support/memory-source.ts";

/** A table of descriptors (int32 number of bytes, int32 offset) of a heap of 100 bytes. */
function tableOf(descriptors: readonly (readonly [number, number])[]): TileTable {
  const rows = Buffer.alloc(8 * descriptors.length);
  descriptors.forEach(([count, offset], i) => rows.writeInt32BE(offset, rows.writeInt32BE(count, 8 * i)));
  const compressed = {
    name: "COMPRESSED_DATA",
    offset: 0,
    form: { code: "P", repeat: 1, elementCode: "B", width: 8 },
  };
  const image = {
    tileCount: descriptors.length,
    rowLength: 8,
    tableStart: 0,
    heapLength: 100,
    columns: { compressed },
  };
  return new TileTable(memorySource("a.fits", rows), image as unknown as TiledImage, "a.fits[1]");
}

it("keeps no more of rows that make no sense than it says that it takes", async () => {
  const count = 100_000;
  const table = tableOf(Array.from({ length: count }, (_, i) => [1, 1000 + i]));
  expect(table.byteLength).toBe(count * (1 + 8 + 8) + 16 * 1024);
  await table.load(0, count);
  expect(table.columns.storages.every((storage) => storage === STORAGE.unreadable)).toBe(true);
  const first = "Cannot use a descriptor of COMPRESSED_DATA with 1 elements at 1007: the heap has 100 bytes";
  expect(table.failureOf(7)).toMatchObject({
    code: "corrupt-data",
    message: `Cannot cut a.fits[1]: Cannot read tile 7: ${first}`,
  });
  expect(table.failureOf(count - 1)).toMatchObject({
    code: "corrupt-data",
    message:
      "Cannot cut a.fits[1]: Cannot read tile 99999: its row points to bytes that are not in the heap, or to none",
  });
});

it("tells a row that was not loaded from one that makes no sense", async () => {
  const table = tableOf(Array.from({ length: 3000 }, (_, i) => [i === 5 ? 0 : 1, 0]));
  await table.load(0, 10);
  expect(table.failureOf(5).message).toContain("none of its columns has any bytes");
  expect(table.failureOf(2999)).toMatchObject({ code: "internal" });
});

it("has columns of the rows that a first window needs, and of all once another needs more", async () => {
  const table = tableOf(Array.from({ length: 50_000 }, (_, i) => [1 + (i % 7), i % 90]));
  const streamOf = (tile: number) => {
    const { firstTile, storages, offsets, lengths } = table.columns;
    const row = tile - firstTile;
    return [storages[row], offsets[row], lengths[row]];
  };
  expect(isReadable(streamOf(20_000)[0])).toBe(false);
  await table.load(20_000, 20_010);
  expect(table.columns.storages.length).toBeLessThan(3000);
  expect(streamOf(20_005)).toEqual([STORAGE.compressed, 20_005 % 90, 1 + (20_005 % 7)]);
  for (const tile of [0, 49_999]) {
    expect(isReadable(streamOf(tile)[0])).toBe(false);
    expect(table.failureOf(tile)).toMatchObject({ code: "internal" });
  }
  const before = table.columns;
  await table.load(20_003, 20_012);
  expect(table.columns).toBe(before);
  for (const first of [10, 49_990]) await table.load(first, first + 10);
  for (const tile of [12, 20_005, 49_999]) {
    expect(streamOf(tile)).toEqual([STORAGE.compressed, tile % 90, 1 + (tile % 7)]);
  }
  expect(isReadable(streamOf(30_000)[0])).toBe(false);
});

it("holds what was asked for at once from two places", async () => {
  const table = tableOf(Array.from({ length: 50_000 }, (_, i) => [1, i % 90]));
  await Promise.all([table.load(40_000, 40_010), table.load(5, 15)]);
  const { firstTile, offsets, lengths } = table.columns;
  for (const tile of [40_005, 7])
    expect([offsets[tile - firstTile], lengths[tile - firstTile]]).toEqual([tile % 90, 1]);
});

it("keeps rows that make no sense once, also where two load them at the same time", async () => {
  const table = tableOf(Array.from({ length: 4096 }, (_, i) => [1, 1000 + i]));
  await Promise.all([table.load(0, 10), table.load(0, 10)]);
  await table.load(1024, 1034);
  for (const tile of [0, 1024]) expect(table.failureOf(tile).message).toContain(`with 1 elements at ${1000 + tile}`);
});
