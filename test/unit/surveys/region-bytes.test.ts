import { expect, test } from "vitest";
import type { Region } from "../../../src/sky/region.ts";
import { decodeRegion, encodeRegion } from "../../../src/surveys/region-bytes.ts";

test("a footprint comes back to the last bit", () => {
  const region: Region = {
    shape: "polygon",
    vertices: [
      { raDegrees: 0.1 + 0.2, decDegrees: -90 },
      { raDegrees: 359.99999999999994, decDegrees: 1e-300 },
      { raDegrees: 0, decDegrees: 90 },
    ],
  };
  expect(encodeRegion(region)).toHaveLength(48);
  expect(decodeRegion(encodeRegion(region))).toEqual(region);
  expect(decodeRegion(encodeRegion({ shape: "all-sky" }))).toEqual({ shape: "all-sky" });
});

test("bytes are read where they lie in a larger buffer", () => {
  const bytes = encodeRegion({ shape: "polygon", vertices: Array.from({ length: 3 }, (_, i) => at(i)) });
  const shifted = new Uint8Array(bytes.length + 5);
  shifted.set(bytes, 3);
  expect(decodeRegion(shifted.subarray(3, 3 + bytes.length))).toEqual(decodeRegion(bytes));
});

test("bytes of another length are refused", () => {
  for (const length of [1, 16, 32, 47, 49]) {
    expect(() => decodeRegion(new Uint8Array(length))).toThrow(`footprint of ${length} bytes`);
  }
});

function at(degrees: number) {
  return { raDegrees: degrees, decDegrees: degrees };
}
