import { describe, expect, it } from "vitest";
import { Arena } from "../../../src/codec/arena.ts";
import { PlaneCache } from "../../../src/cutout/plane-cache.ts";

const plane = (cacheKey: string) => ({
  cacheKey,
  heapLength: 1000,
  tileCount: 10,
  seekEntriesPerTile: 4,
  tilesAreRows: false,
});
const INDEX_BYTES = 10 * 4 * 8;

describe("PlaneCache", () => {
  it("keeps the compressed bytes of a plane from its second use on, so that one pass over an archive evicts nothing", async () => {
    const cache = new PlaneCache(new Arena(), { heapBytes: 5000, indexBytes: 0 });
    const use = async (key: string) => {
      const lease = await cache.acquire(plane(key));
      lease.release();
      return lease.heap;
    };
    expect(await use("hot")).toBeNull();
    const heap = await use("hot");
    expect(heap).not.toBeNull();
    for (let i = 0; i < 100; i++) expect(await use(`once ${i}`)).toBeNull();
    expect(await use("hot")).toBe(heap);
  });

  it("stays below its budgets, drops what was unused for longest, and never what is in use", async () => {
    const arena = new Arena();
    const cache = new PlaneCache(arena, { heapBytes: 0, indexBytes: 2 * INDEX_BYTES });
    const first = await cache.acquire(plane("1"));
    const second = await cache.acquire(plane("2"));
    second.release();
    const third = await cache.acquire(plane("3"));
    expect(third.index).not.toBeNull(); // took the place of 2
    expect((await cache.acquire(plane("4"))).index).toBeNull(); // 1 and 3 are in use
    expect(cache.usage.indexBytes).toBe(2 * INDEX_BYTES);
    third.release();
    const again = await cache.acquire(plane("1"));
    expect(again.index).toBe(first.index);
    again.release();
    first.release();
    cache.clear();
    expect(arena.allocatedBytes).toBe(0);
  });

  it("does without where a plane is larger than the budget", async () => {
    const cache = new PlaneCache(new Arena(), { heapBytes: 999, indexBytes: INDEX_BYTES - 1 });
    (await cache.acquire(plane("1"))).release();
    expect(await cache.acquire(plane("1"))).toMatchObject({ heap: null, index: null });
  });
});
