import { expect, test } from "vitest";
import { formatBytes, formatBytesExactly } from "../../src/format-bytes.ts";

test("bytes have three digits and a decimal unit", () => {
  const values = [0, 1, 999, 1000, 1234, 999_499, 999_500, 1_500_000, 20e9, 7.8e13, 1e15, 1e18];
  expect(values.map(formatBytes)).toEqual([
    ...["0 bytes", "1 byte", "999 bytes", "1 kB", "1.23 kB", "999 kB", "1 MB", "1.5 MB", "20 GB", "78 TB", "1 PB"],
    "1000 PB",
  ]);
});

test("bytes that are a limit have their number beside them", () => {
  expect([1, 999, 50_001, 2 ** 25].map(formatBytesExactly)).toEqual([
    ...["1 byte", "999 bytes", "50 kB (50001 bytes)", "33.6 MB (33554432 bytes)"],
  ]);
});
