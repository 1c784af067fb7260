import { describe, expect, it } from "vitest";
import { compare, readCases } from "./wcs-truth.ts";

describe("headers of archives mean what WCSLIB says", () => {
  for (const one of readCases("real-headers.json")) {
    it(one.name, () => {
      const { toWorld, toPixel, thereAndBack, ...wrong } = compare(one);
      expect(wrong).toEqual({ missing: [], extraWorld: [], extraPixel: [] });
      expect(toWorld).toBeLessThan(1e-9);
      expect(toPixel).toBeLessThan(1e-9);
      expect(thereAndBack).toBeLessThan(1e-9);
    });
  }
});
