import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { placedRange, type RangeStore } from "../../../src/storage/range-source.ts";
import { placedRanges } from "../../support/placed-ranges.ts";

/** A place with one store in front of it, and a way to put files there that goes around the store. */
export type StorePlace = {
  readonly store: RangeStore;
  /** Writes the file anew, whole, so that its version changes. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  locationOf(name: string): string;
  stop(): Promise<void>;
};

/** What every store promises. `start` makes an empty place. */
export function describeRangeStore(name: string, start: () => Promise<StorePlace>): void {
  describe(`${name}, as a range store`, () => {
    let place: StorePlace;
    const bytes = patternOf(100_000, 1);
    const open = (file: string, signal?: AbortSignal) => place.store.open(place.locationOf(file), { signal });

    beforeAll(async () => {
      place = await start();
      await place.put("plain.fits", bytes);
    });
    afterAll(() => place?.stop()); // it may not have started

    it("knows the length, and gives the same version and key for the same bytes", async () => {
      const [first, second] = [await open("plain.fits"), await open("plain.fits")];
      expect(first.byteLength).toBe(100_000);
      expect(second.version).toBe(first.version);
      expect(second.key).toBe(first.key);
    });

    it.each([
      [0, 1],
      [0, 100_000],
      [99_999, 1],
      [12_345, 54_321],
    ])("reads %i + %i bytes, exactly", async (start, length) => {
      const source = await open("plain.fits");
      const read = await source.read({ start, length });
      expect(Buffer.compare(read, bytes.subarray(start, start + length))).toBe(0);
    });

    it("reads nothing where nothing is asked for", async () => {
      const source = await open("plain.fits");
      expect(await source.read({ start: 100_000, length: 0 })).toHaveLength(0);
    });

    it("fills memory shared with WASM, and not a byte beside it", async () => {
      const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
      const all = new Uint8Array(memory.buffer);
      const into = all.subarray(1000, 1000 + 70_000);
      const source = await open("plain.fits");
      expect(await source.read({ start: 5, length: 70_000 }, { into })).toBe(into);
      expect(Buffer.from(into).equals(Buffer.from(bytes.subarray(5, 70_005)))).toBe(true);
      expect(all[999]).toBe(0);
      expect(all[71_000]).toBe(0);
    });

    it("refuses memory of another length than the range", async () => {
      const source = await open("plain.fits");
      const reading = source.read({ start: 0, length: 10 }, { into: new Uint8Array(11) });
      await expect(reading).rejects.toMatchObject({ code: "internal" });
    });

    it.each([
      [0, 100_001],
      [100_001, 0],
      [-1, 2],
      [1.5, 2],
      [Number.NaN, 2],
      [2 ** 53, 2],
      [10, Number.MAX_SAFE_INTEGER],
    ])("refuses the range %d + %d, which is not in the file", async (start, length) => {
      const source = await open("plain.fits");
      await expect(source.read({ start, length })).rejects.toMatchObject({ code: "corrupt-data" });
    });

    it("serves many reads of one source at once", async () => {
      const source = await open("plain.fits");
      const starts = Array.from({ length: 40 }, (_, index) => index * 2_000);
      const read = await Promise.all(starts.map((start) => source.read({ start, length: 1_500 })));
      starts.forEach((start, index) => {
        expect(read[index]).toEqual(bytes.slice(start, start + 1_500));
      });
    });

    it("reads at once, where it can, the same bytes into their places and nothing beside them", async () => {
      const source = await open("plain.fits");
      if (source.readNow === undefined) return;
      const ranges = Array.from({ length: 30 }, (_, i) => ({ start: i * 3_000, length: i * 5, offset: 10 + i * 200 }));
      const target = new Uint8Array(6_000);
      const done = source.readNow(placedRanges(ranges), target);
      expect(done).toBeGreaterThan(0); // of bytes that were written a moment ago
      const expected = new Uint8Array(6_000);
      for (const { start, length, offset } of ranges.slice(0, done))
        expected.set(bytes.subarray(start, start + length), offset);
      expect(Buffer.compare(target, expected)).toBe(0);
      expect(() => source.readNow?.(placedRange({ start: 99_999, length: 2 }), target)).toThrow(/100000 bytes/);
      await source.close();
      expect(() => source.readNow?.(placedRange({ start: 0, length: 2 }), target)).toThrow(/closed/);
    });

    it("notices at once that a file was replaced", async () => {
      await place.put("gone.fits", patternOf(5_000, 2));
      const source = await open("gone.fits");
      await place.put("gone.fits", patternOf(5_000, 3));
      if (source.readNow === undefined) return;
      expect(() => source.readNow?.(placedRange({ start: 0, length: 100 }), new Uint8Array(100))).toThrow(
        expect.objectContaining({ code: "source-changed" }),
      );
    });

    it("reports a file that is not there", async () => {
      await expect(open("absent.fits")).rejects.toMatchObject({ code: "missing-file" });
    });

    it("opens an empty file", async () => {
      await place.put("empty.fits", new Uint8Array(0));
      const source = await open("empty.fits");
      expect(source.byteLength).toBe(0);
      expect(await source.read({ start: 0, length: 0 })).toHaveLength(0);
    });

    it("notices a file replaced by another of the same length, and opens the new one", async () => {
      await place.put("replaced.fits", patternOf(5_000, 2));
      const old = await open("replaced.fits");
      await old.read({ start: 0, length: 100 });
      await place.put("replaced.fits", patternOf(5_000, 3));
      await expect(old.read({ start: 0, length: 100 })).rejects.toMatchObject({ code: "source-changed" });
      const fresh = await open("replaced.fits");
      expect(fresh.version).not.toBe(old.version);
      expect(await fresh.read({ start: 7, length: 100 })).toEqual(patternOf(5_000, 3).slice(7, 107));
    });

    it("notices a file replaced between open and the first read", async () => {
      await place.put("early.fits", patternOf(5_000, 2));
      const old = await open("early.fits");
      await place.put("early.fits", patternOf(6_000, 3));
      await expect(old.read({ start: 0, length: 100 })).rejects.toMatchObject({ code: "source-changed" });
    });

    it("opens and reads nothing for a caller who has gone", async () => {
      const gone = AbortSignal.abort(new Error("gone"));
      await expect(open("plain.fits", gone)).rejects.toMatchObject({ code: "canceled" });
      const source = await open("plain.fits");
      await expect(source.read({ start: 0, length: 10 }, { signal: gone })).rejects.toMatchObject({ code: "canceled" });
    });

    it("ends the reads under way when it is closed, whole, and refuses new ones", async () => {
      const source = await open("plain.fits");
      let over = false;
      const reading = source.read({ start: 10, length: 50_000 }).finally(() => (over = true));
      await source.close();
      expect(over).toBe(true);
      expect(Buffer.compare(await reading, bytes.subarray(10, 50_010))).toBe(0);
      await expect(source.read({ start: 0, length: 1 })).rejects.toMatchObject({ code: "internal" });
      await source.close();
    });
  });
}

/** Bytes without a short period, different for each seed. */
export function patternOf(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
