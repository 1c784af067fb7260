import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readerOfBytes } from "../../../src/fits/byte-reader.ts";
import { gunzipReader, isGzip } from "../../../src/fits/gunzip.ts";
import { countingReader, fixture } from "./fixtures.ts";

const original = fixture("dss_14.29.56-62.41.05.fits.gz"); // unwrapped by zlib
const wrapped = new Uint8Array(gzipSync(original));

describe("gunzipReader", () => {
  test("unwraps a file", async () => {
    const reader = await gunzipReader(readerOfBytes("dss.fits.gz", wrapped), { maxBytes: original.length });
    expect(reader.byteLength).toBe(original.length);
    expect(await reader.read({ start: 0, length: original.length })).toEqual(original);
  });

  test("a file that grows past the limit is stopped, without reading all of it", async () => {
    // 16 MiB of zeros in 16 kB, 300 times over; the source is read in pieces of 1 MiB.
    const zeros = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    const reader = countingReader(new Uint8Array(Buffer.concat(Array.from({ length: 300 }, () => zeros))));
    expect(reader.byteLength).toBeGreaterThan(4 * 1024 * 1024);
    await expect(gunzipReader(reader, { maxBytes: 8 * 1024 * 1024 })).rejects.toMatchObject({ code: "over-limit" });
    expect(reader.ranges.length).toBeLessThanOrEqual(2);
  });

  test.each([
    ["cut short", wrapped.subarray(0, wrapped.length - 20)],
    ["changed", wrapped.map((byte, i) => (i === 2000 ? byte ^ 255 : byte))],
    ["empty", new Uint8Array(0)],
    ["no gzip", original],
  ])("a file that is %s is corrupt", async (_what, bytes) => {
    const reading = gunzipReader(readerOfBytes("bad.fits.gz", bytes), { maxBytes: 1e8 });
    await expect(reading).rejects.toMatchObject({ code: "corrupt-data" });
  });

  test("errors of the source and of the caller are passed on", async () => {
    const reader = { ...readerOfBytes("a.gz", wrapped), read: () => Promise.reject(new Error("disk")) };
    await expect(gunzipReader(reader, { maxBytes: 1e8 })).rejects.toThrow("disk");
    const aborted = { maxBytes: 1e8, signal: AbortSignal.abort() };
    await expect(gunzipReader(readerOfBytes("a.gz", wrapped), aborted)).rejects.toMatchObject({ code: "canceled" });
  });
});

test("gzip is told by its first bytes", () => {
  expect([isGzip(wrapped), isGzip(original), isGzip(new Uint8Array(0))]).toEqual([true, false, false]);
});
