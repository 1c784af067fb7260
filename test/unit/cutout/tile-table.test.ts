import { expect, it } from "vitest";

import { STORAGE, TileTable } from "../../../src/cutout/tile-table.ts";
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
