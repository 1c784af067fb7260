import { describe, expect, it } from "vitest";
import { compare, readCases } from "./wcs-truth.ts";

const cases = readCases("projections.json");
const MAX_DEGREES = 1e-9;
// WCSLIB computes CSC in single precision. The two polynomials of CSC undo each other to 45" at worst, WCSLIB's as well.
const MAX_CSC_DEGREES = 3e-5;
const MAX_CSC_ROUND_TRIP_DEGREES = 46 / 3600;

describe("each projection meets WCSLIB on random points of pixel plane and sky", () => {
  for (const one of cases) {
    it(one.name, () => {
      const isCsc = one.name.startsWith("CSC");
      const { toWorld, toPixel, thereAndBack, missing, extraWorld, extraPixel } = compare(one);
      expect(missing).toEqual([]);
      expect(extraWorld).toEqual([]);
      // WCSLIB 7.12 hides some degrees before the limb of SZP; what we show there must be there: it comes back (below).
      if (!one.name.startsWith("SZP")) expect(extraPixel).toEqual([]);
      expect(toWorld).toBeLessThan(isCsc ? MAX_CSC_DEGREES : MAX_DEGREES);
      if (one.name !== "style: no CTYPE code") expect(toPixel).toBeLessThan(isCsc ? MAX_CSC_DEGREES : MAX_DEGREES);
      expect(thereAndBack).toBeLessThan(isCsc ? MAX_CSC_ROUND_TRIP_DEGREES : MAX_DEGREES);
    });
  }

  it("and there are points of each of the 28 codes", () => {
    const codes = new Set(cases.map(({ cards }) => /'RA---(...)/.exec(cards.join("\n"))?.[1]));
    const all =
      "AZP SZP TAN STG SIN ARC ZPN ZEA AIR CYP CEA CAR MER SFL PAR MOL AIT COP COE COD COO BON PCO TSC CSC QSC";
    for (const code of [...all.split(" "), "HPX", "XPH"]) expect(codes, code).toContain(code);
  });
});

// On the limb itself a pixel says the direction to 1e-8 radian at best: R = sin and the like have no slope there.
const MAX_LIMB_DEGREES = 5e-6;

describe("poles, limbs and seams at whole degrees are in or out as for WCSLIB", () => {
  for (const one of readCases("edges.json")) {
    it(one.name, () => {
      const { toWorld, toPixel, thereAndBack, missing, extraWorld, extraPixel } = compare(one);
      expect(missing).toEqual([]);
      expect(extraWorld).toEqual([]);
      // Of points exactly on the limb of AZP and SZP either may see more.
      if (!one.name.startsWith("SZP") && !one.name.startsWith("AZP")) expect(extraPixel).toEqual([]);
      expect(toWorld).toBeLessThan(MAX_DEGREES);
      expect(toPixel).toBeLessThan(MAX_DEGREES);
      expect(thereAndBack).toBeLessThan(MAX_LIMB_DEGREES);
    });
  }
});
